
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * The status as JSON.
 */


#include "ngx_tiktok_status.h"


static void ngx_tiktok_json_pixel(ngx_tiktok_writer_t *w,
    ngx_tiktok_report_pixel_t *pixel);
static void ngx_tiktok_json_reasons(ngx_tiktok_writer_t *w,
    ngx_tiktok_report_pixel_t *pixel);
static void ngx_tiktok_json_events(ngx_tiktok_writer_t *w,
    ngx_tiktok_report_pixel_t *pixel);
static void ngx_tiktok_json_fields(ngx_tiktok_writer_t *w,
    ngx_tiktok_group_t *group, void *reported);
static void ngx_tiktok_json_text(ngx_tiktok_writer_t *w, const char *name,
    ngx_str_t *text);


void
ngx_tiktok_status_json(ngx_tiktok_writer_t *w, ngx_tiktok_report_t *report)
{
    ngx_uint_t                  i;
    ngx_tiktok_report_pixel_t  *pixels;

    ngx_tiktok_write_literal(w, "{\"version\":\"" NGX_TIKTOK_VERSION
                                "\",\"since\":");
    ngx_tiktok_write_number(w, (double) report->since);
    ngx_tiktok_write_name(w, "pixels");
    ngx_tiktok_write_literal(w, "[");

    pixels = report->pixels.elts;

    for (i = 0; i < report->pixels.nelts; i++) {
        ngx_tiktok_write_comma(w);
        ngx_tiktok_json_pixel(w, &pixels[i]);
    }

    ngx_tiktok_write_literal(w, "]}\n");
}


static void
ngx_tiktok_json_pixel(ngx_tiktok_writer_t *w, ngx_tiktok_report_pixel_t *pixel)
{
    const char          *object;
    ngx_str_t            assumed;
    ngx_tiktok_group_t  *group;

    ngx_tiktok_write_literal(w, "{");
    ngx_tiktok_json_text(w, "pixel", &pixel->pixel);
    ngx_tiktok_json_text(w, "state", &ngx_tiktok_states[pixel->state].name);

    if (pixel->testing) {
        ngx_tiktok_json_text(w, "test_event_code", &pixel->test_event_code);
    }

    if (pixel->assumed) {
        ngx_str_set(&assumed, "assumed");
        ngx_tiktok_json_text(w, "consent", &assumed);
    }

    object = NULL;

    for (group = ngx_tiktok_groups; group->object; group++) {

        if (object == NULL || ngx_strcmp(object, group->object) != 0) {

            if (object) {
                ngx_tiktok_write_literal(w, "}");
            }

            object = group->object;

            ngx_tiktok_write_name(w, object);
            ngx_tiktok_write_literal(w, "{");
        }

        ngx_tiktok_json_fields(w, group, pixel);

        if (ngx_strcmp(object, "delivery") == 0) {
            ngx_tiktok_json_text(w, "last_message", &pixel->last_message);
            ngx_tiktok_json_text(w, "last_request_id",
                                 &pixel->last_request_id);
        }
    }

    ngx_tiktok_write_literal(w, "}");

    ngx_tiktok_json_reasons(w, pixel);
    ngx_tiktok_json_events(w, pixel);

    ngx_tiktok_write_literal(w, "}");
}


static void
ngx_tiktok_json_reasons(ngx_tiktok_writer_t *w,
    ngx_tiktok_report_pixel_t *pixel)
{
    ngx_uint_t                   i;
    ngx_tiktok_report_reason_t  *reason;

    ngx_tiktok_write_name(w, "consent_reasons");
    ngx_tiktok_write_literal(w, "{");

    reason = pixel->reasons.elts;

    for (i = 0; i < pixel->reasons.nelts; i++) {
        ngx_tiktok_write_comma(w);
        ngx_tiktok_write_string(w, reason[i].text.data, reason[i].text.len);
        ngx_tiktok_write_literal(w, ":");
        ngx_tiktok_write_number(w, (double) reason[i].n);
    }

    ngx_tiktok_write_literal(w, "}");
}


/* only the events that were seen: a shop uses a few of them */

static void
ngx_tiktok_json_events(ngx_tiktok_writer_t *w,
    ngx_tiktok_report_pixel_t *pixel)
{
    ngx_str_t                    *name;
    ngx_uint_t                    i;
    ngx_tiktok_event_counters_t  *event;

    ngx_tiktok_write_name(w, ngx_tiktok_event_group.object);
    ngx_tiktok_write_literal(w, "{");

    for (i = 0; i < NGX_TIKTOK_EVENT_NAMES; i++) {
        event = &pixel->sum.events[i];

        if (!ngx_tiktok_event_seen(event)) {
            continue;
        }

        name = ngx_tiktok_event_name(i);

        ngx_tiktok_write_name(w, (char *) name->data);
        ngx_tiktok_write_literal(w, "{");

        ngx_tiktok_json_fields(w, &ngx_tiktok_event_group, event);

        ngx_tiktok_write_name(w, ngx_tiktok_key_group.object);
        ngx_tiktok_write_literal(w, "{");

        ngx_tiktok_json_fields(w, &ngx_tiktok_key_group, event);

        ngx_tiktok_write_literal(w, "}}");
    }

    ngx_tiktok_write_literal(w, "}");
}


static void
ngx_tiktok_json_fields(ngx_tiktok_writer_t *w, ngx_tiktok_group_t *group,
    void *reported)
{
    ngx_uint_t           i;
    ngx_tiktok_field_t  *field;

    for (i = 0; i < group->n; i++) {
        field = &group->fields[i];

        ngx_tiktok_write_name(w, (char *) field->name.data);
        ngx_tiktok_write_number(w, (double) ngx_tiktok_field_value(reported,
                                                                   field));
    }
}


static void
ngx_tiktok_json_text(ngx_tiktok_writer_t *w, const char *name, ngx_str_t *text)
{
    ngx_tiktok_write_name(w, name);
    ngx_tiktok_write_string(w, text->data, text->len);
}
