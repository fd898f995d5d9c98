
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * The status for Prometheus: its own text format 0.0.4 and OpenMetrics 1.0.
 * Labels have few values, and none that comes from a visitor.
 */


#include "ngx_tiktok_status.h"


static void ngx_tiktok_metrics_write(ngx_tiktok_writer_t *w,
    ngx_tiktok_report_t *report, ngx_uint_t open);
static void ngx_tiktok_metrics_group(ngx_tiktok_writer_t *w,
    ngx_tiktok_report_t *report, ngx_tiktok_group_t *group, ngx_uint_t open);
static void ngx_tiktok_metrics_states(ngx_tiktok_writer_t *w,
    ngx_tiktok_report_t *report, ngx_uint_t open);
static void ngx_tiktok_metrics_reasons(ngx_tiktok_writer_t *w,
    ngx_tiktok_report_t *report, ngx_uint_t open);
static void ngx_tiktok_metrics_label(ngx_tiktok_writer_t *w, ngx_str_t *text);
static void ngx_tiktok_metrics_ages(ngx_tiktok_writer_t *w,
    ngx_tiktok_report_t *report, ngx_tiktok_group_t *group, ngx_uint_t open);
static void ngx_tiktok_metrics_family(ngx_tiktok_writer_t *w,
    const char *metric, const char *text, const char *type, ngx_uint_t open);
static void ngx_tiktok_metrics_sample(ngx_tiktok_writer_t *w,
    ngx_tiktok_group_t *group, ngx_tiktok_field_t *field, ngx_str_t *pixel,
    ngx_str_t *event, void *reported);


/* upper bounds of the ages, as OpenMetrics wants numbers to be written */

static const char  *ngx_tiktok_age_bounds[NGX_TIKTOK_AGES] = {
    "300.0", "3600.0", "+Inf"
};


void
ngx_tiktok_status_openmetrics(ngx_tiktok_writer_t *w,
    ngx_tiktok_report_t *report)
{
    ngx_tiktok_metrics_write(w, report, 1);
    ngx_tiktok_write_literal(w, "# EOF\n");
}


void
ngx_tiktok_status_prometheus(ngx_tiktok_writer_t *w,
    ngx_tiktok_report_t *report)
{
    ngx_tiktok_metrics_write(w, report, 0);
}


static void
ngx_tiktok_metrics_write(ngx_tiktok_writer_t *w, ngx_tiktok_report_t *report,
    ngx_uint_t open)
{
    ngx_tiktok_group_t  *group;

    ngx_tiktok_metrics_family(w, "build_info", "version of the module",
                              "gauge", open);
    ngx_tiktok_write_literal(w, "tiktok_build_info{version=\""
                                NGX_TIKTOK_VERSION "\"} 1\n");

    ngx_tiktok_metrics_family(w, "start_time_seconds",
                              "when counting began", "gauge", open);
    ngx_tiktok_write_format(w, "tiktok_start_time_seconds %T\n",
                            report->since);

    ngx_tiktok_metrics_states(w, report, open);

    for (group = ngx_tiktok_groups; group->title; group++) {

        if (group->label && ngx_strcmp(group->label, "le") == 0) {
            ngx_tiktok_metrics_ages(w, report, group, open);

        } else {
            ngx_tiktok_metrics_group(w, report, group, open);
        }
    }

    ngx_tiktok_metrics_reasons(w, report, open);
    ngx_tiktok_metrics_group(w, report, &ngx_tiktok_event_group, open);
    ngx_tiktok_metrics_group(w, report, &ngx_tiktok_key_group, open);
}


static void
ngx_tiktok_metrics_group(ngx_tiktok_writer_t *w, ngx_tiktok_report_t *report,
    ngx_tiktok_group_t *group, ngx_uint_t open)
{
    ngx_uint_t                    f, p, e;
    ngx_tiktok_field_t           *field;
    ngx_tiktok_report_pixel_t    *pixel;
    ngx_tiktok_event_counters_t  *event;

    for (f = 0; f < group->n; f++) {
        field = &group->fields[f];

        if (group->metric == NULL) {
            ngx_tiktok_metrics_family(w, field->metric, field->text, NULL,
                                      open);
        } else if (f == 0) {
            ngx_tiktok_metrics_family(w, group->metric, group->title, NULL,
                                      open);
        }

        pixel = report->pixels.elts;

        for (p = 0; p < report->pixels.nelts; p++, pixel++) {

            if (group != &ngx_tiktok_event_group
                && group != &ngx_tiktok_key_group)
            {
                ngx_tiktok_metrics_sample(w, group, field, &pixel->pixel,
                                          NULL, pixel);
                continue;
            }

            for (e = 0; e < NGX_TIKTOK_EVENT_NAMES; e++) {
                event = &pixel->sum.events[e];

                /* a counter is there before it counts, but not all those */

                if (group == &ngx_tiktok_event_group
                    || ngx_tiktok_event_seen(event))
                {
                    ngx_tiktok_metrics_sample(w, group, field, &pixel->pixel,
                                              ngx_tiktok_event_name(e),
                                              event);
                }
            }
        }
    }
}


static void
ngx_tiktok_metrics_states(ngx_tiktok_writer_t *w, ngx_tiktok_report_t *report,
    ngx_uint_t open)
{
    ngx_uint_t                  i, state;
    ngx_tiktok_report_pixel_t  *pixel;

    ngx_tiktok_metrics_family(w, "state", "1 for the state that a pixel is in",
                              "gauge", open);

    pixel = report->pixels.elts;

    for (i = 0; i < report->pixels.nelts; i++, pixel++) {
        for (state = 0; state < NGX_TIKTOK_STATES; state++) {
            ngx_tiktok_write_format(w, "tiktok_state{pixel=\"%V\","
                                    "state=\"%V\"} %d\n", &pixel->pixel,
                                    &ngx_tiktok_states[state].name,
                                    state == pixel->state);
        }
    }
}


static void
ngx_tiktok_metrics_reasons(ngx_tiktok_writer_t *w, ngx_tiktok_report_t *report,
    ngx_uint_t open)
{
    ngx_uint_t                   p, i;
    ngx_tiktok_report_pixel_t   *pixel;
    ngx_tiktok_report_reason_t  *reason;

    ngx_tiktok_metrics_family(w, "consent_reasons_total",
                              "why consent was granted or not", NULL, open);

    pixel = report->pixels.elts;

    for (p = 0; p < report->pixels.nelts; p++, pixel++) {
        reason = pixel->reasons.elts;

        for (i = 0; i < pixel->reasons.nelts; i++) {
            ngx_tiktok_write_format(w, "tiktok_consent_reasons_total{"
                                    "pixel=\"%V\",reason=\"", &pixel->pixel);
            ngx_tiktok_metrics_label(w, &reason[i].text);
            ngx_tiktok_write_format(w, "\"} %uA\n", reason[i].n);
        }
    }
}


/* the configuration may have put quotes into a name */

static void
ngx_tiktok_metrics_label(ngx_tiktok_writer_t *w, ngx_str_t *text)
{
    size_t  i;

    for (i = 0; i < text->len; i++) {

        if (text->data[i] == '"' || text->data[i] == '\\') {
            ngx_tiktok_write_literal(w, "\\");
        }

        ngx_tiktok_write(w, &text->data[i], 1);
    }
}


/* each bucket of a histogram has those below it in it */

static void
ngx_tiktok_metrics_ages(ngx_tiktok_writer_t *w, ngx_tiktok_report_t *report,
    ngx_tiktok_group_t *group, ngx_uint_t open)
{
    ngx_uint_t                  i, age;
    ngx_atomic_int_t            n;
    ngx_tiktok_report_pixel_t  *pixel;

    ngx_tiktok_metrics_family(w, group->metric, group->title, "histogram",
                              open);

    pixel = report->pixels.elts;

    for (i = 0; i < report->pixels.nelts; i++, pixel++) {

        n = 0;

        for (age = 0; age < NGX_TIKTOK_AGES; age++) {
            n += ngx_tiktok_field_value(pixel, &group->fields[age]);

            ngx_tiktok_write_format(w, "tiktok_%s_bucket{pixel=\"%V\","
                                    "le=\"%s\"} %A\n", group->metric,
                                    &pixel->pixel, ngx_tiktok_age_bounds[age],
                                    n);
        }

        ngx_tiktok_write_format(w, "tiktok_%s_sum{pixel=\"%V\"} %uA\n"
                                "tiktok_%s_count{pixel=\"%V\"} %A\n",
                                group->metric, &pixel->pixel, pixel->sum.age,
                                group->metric, &pixel->pixel, n);
    }
}


/* the type is told by the name, unless it is given */

static void
ngx_tiktok_metrics_family(ngx_tiktok_writer_t *w, const char *metric,
    const char *text, const char *type, ngx_uint_t open)
{
    size_t  len;

    len = ngx_strlen(metric);

    if (type == NULL) {
        type = "gauge";

        if (len > 6 && ngx_strcmp(metric + len - 6, "_total") == 0) {
            type = "counter";

            /* in OpenMetrics that is only the sample's name */
            len -= open ? 6 : 0;
        }
    }

    ngx_tiktok_write_format(w, "# HELP tiktok_%*s %c%s.\n"
                            "# TYPE tiktok_%*s %s\n",
                            len, metric, ngx_toupper(text[0]), text + 1,
                            len, metric, type);
}


static void
ngx_tiktok_metrics_sample(ngx_tiktok_writer_t *w, ngx_tiktok_group_t *group,
    ngx_tiktok_field_t *field, ngx_str_t *pixel, ngx_str_t *event,
    void *reported)
{
    ngx_tiktok_write_format(w, "tiktok_%s{pixel=\"%V\"",
                            group->metric ? group->metric : field->metric,
                            pixel);
    if (event) {
        ngx_tiktok_write_format(w, ",event=\"%V\"", event);
    }

    if (group->label) {
        ngx_tiktok_write_format(w, ",%s=\"%V\"", group->label, &field->name);
    }

    ngx_tiktok_write_literal(w, "} ");
    ngx_tiktok_write_number(w,
                        (double) ngx_tiktok_field_value(reported, field)
                        / field->scale);
    ngx_tiktok_write_literal(w, "\n");
}
