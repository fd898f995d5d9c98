
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * The status as a page for people.  It is whole without its script, which
 * only fetches it again; style and script are page.css and page.js.
 */


#include "ngx_tiktok_status.h"
#include "ngx_tiktok_compat.h"
#include "ngx_tiktok_page.h"
#include "ngx_tiktok_page_parts.h"

#include <openssl/evp.h>


#define NGX_TIKTOK_MERGE  300               /* seconds that TikTok merges */

#define NGX_TIKTOK_HASH_TEXT                                                  \
    (sizeof("sha256-") - 1 + ngx_base64_encoded_length(32))


static ngx_int_t ngx_tiktok_page_policy(ngx_pool_t *pool, ngx_str_t *policy);
static u_char *ngx_tiktok_page_hash(u_char *p, ngx_str_t *text);
static void ngx_tiktok_page_head(ngx_tiktok_writer_t *w,
    ngx_tiktok_report_t *report);
static void ngx_tiktok_page_overview(ngx_tiktok_writer_t *w,
    ngx_tiktok_report_t *report);
static void ngx_tiktok_page_pixel(ngx_tiktok_writer_t *w,
    ngx_tiktok_report_pixel_t *pixel);
static void ngx_tiktok_page_tiles(ngx_tiktok_writer_t *w,
    ngx_tiktok_report_pixel_t *pixel);
static void ngx_tiktok_page_group(ngx_tiktok_writer_t *w,
    ngx_tiktok_group_t *group, ngx_tiktok_report_pixel_t *pixel);
static void ngx_tiktok_page_reasons(ngx_tiktok_writer_t *w,
    ngx_tiktok_report_pixel_t *pixel);
static void ngx_tiktok_page_answer(ngx_tiktok_writer_t *w, char *name,
    ngx_str_t *text);
static void ngx_tiktok_page_events(ngx_tiktok_writer_t *w,
    ngx_tiktok_report_pixel_t *pixel);
static void ngx_tiktok_page_value(ngx_tiktok_writer_t *w,
    ngx_tiktok_field_t *field, ngx_atomic_int_t value);


/* the worst one of several pixels shows in the title */

static struct {
    ngx_uint_t   level;
    const char  *color;
} ngx_tiktok_state_marks[NGX_TIKTOK_STATES] = {
    { 1, "12805c" },                        /* ok */
    { 3, "d98e04" },                        /* backoff */
    { 4, "d92149" },                        /* auth */
    { 4, "d92149" },                        /* stopped */
    { 2, "8a92a3" }                         /* removed */
};


static ngx_str_t  ngx_tiktok_page_csp = ngx_string("Content-Security-Policy");


ngx_int_t
ngx_tiktok_status_html_headers(ngx_http_request_t *r)
{
    ngx_str_t  policy;

    if (ngx_tiktok_page_policy(r->pool, &policy) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_tiktok_header(r, &ngx_tiktok_page_csp, &policy);
}


/* nothing but our own style and script, told by their hashes */

static ngx_int_t
ngx_tiktok_page_policy(ngx_pool_t *pool, ngx_str_t *policy)
{
    u_char  *p, css[NGX_TIKTOK_HASH_TEXT], js[NGX_TIKTOK_HASH_TEXT];

    static char  format[] = "default-src 'none'; style-src '%*s'; "
                            "script-src '%*s'; connect-src 'self'; "
                            "img-src data:; base-uri 'none'; "
                            "form-action 'none'; frame-ancestors 'none'";

    p = ngx_pnalloc(pool, sizeof(format) + 2 * NGX_TIKTOK_HASH_TEXT);

    if (p == NULL
        || ngx_tiktok_page_hash(css, &ngx_tiktok_page_css) == NULL
        || ngx_tiktok_page_hash(js, &ngx_tiktok_page_js) == NULL)
    {
        return NGX_ERROR;
    }

    policy->data = p;
    policy->len = ngx_sprintf(p, format, NGX_TIKTOK_HASH_TEXT, css,
                              NGX_TIKTOK_HASH_TEXT, js)
                  - p;

    return NGX_OK;
}


static u_char *
ngx_tiktok_page_hash(u_char *p, ngx_str_t *text)
{
    u_char     digest[EVP_MAX_MD_SIZE];
    ngx_str_t  from, to;

    if (EVP_Digest(text->data, text->len, digest, NULL, EVP_sha256(), NULL)
        != 1)
    {
        return NULL;
    }

    from.data = digest;
    from.len = 32;

    to.data = ngx_cpymem(p, "sha256-", sizeof("sha256-") - 1);

    ngx_encode_base64(&to, &from);

    return to.data + to.len;
}


void
ngx_tiktok_status_html(ngx_tiktok_writer_t *w, ngx_tiktok_report_t *report)
{
    ngx_uint_t                  i;
    ngx_tiktok_report_pixel_t  *pixels;

    ngx_tiktok_page_head(w, report);

    ngx_tiktok_write_literal(w, "<main>\n");

    pixels = report->pixels.elts;

    if (report->pixels.nelts > 1) {
        ngx_tiktok_page_overview(w, report);
    }

    for (i = 0; i < report->pixels.nelts; i++) {
        ngx_tiktok_page_pixel(w, &pixels[i]);
    }

    if (report->pixels.nelts == 0) {
        ngx_tiktok_write_literal(w, "<section class=\"pixel\"><p>No pixel is "
                                 "in effect: set <code>tiktok_pixel</code>."
                                 "</p></section>\n");
    }

    ngx_tiktok_write_literal(w, "</main>\n<script>");
    ngx_tiktok_write(w, ngx_tiktok_page_js.data, ngx_tiktok_page_js.len);
    ngx_tiktok_write_literal(w, "</script>\n</body>\n</html>\n");
}


static void
ngx_tiktok_page_head(ngx_tiktok_writer_t *w, ngx_tiktok_report_t *report)
{
    ngx_uint_t                  i, level, worst;
    const char                 *color;
    ngx_str_t                   title;
    ngx_tiktok_report_pixel_t  *pixels;

    level = 0;
    color = ngx_tiktok_state_marks[NGX_TIKTOK_STATE_REMOVED].color;
    ngx_str_set(&title, "no pixel");

    pixels = report->pixels.elts;

    for (i = 0; i < report->pixels.nelts; i++) {
        worst = pixels[i].state;

        if (ngx_tiktok_state_marks[worst].level > level) {
            level = ngx_tiktok_state_marks[worst].level;
            color = ngx_tiktok_state_marks[worst].color;
            title = ngx_tiktok_states[worst].name;
        }
    }

    ngx_tiktok_write_format(w,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n"
        "<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" "
        "content=\"width=device-width, initial-scale=1\">\n"
        "<noscript><meta http-equiv=\"refresh\" content=\"10\"></noscript>\n"
        "<title>%V: TikTok tracking</title>\n"
        "<link rel=\"icon\" href=\"data:image/svg+xml,"
        "%%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 8 8'%%3E"
        "%%3Ccircle cx='4' cy='4' r='4' fill='%%23%s'/%%3E%%3C/svg%%3E\">\n"
        "<style>%V</style>\n</head>\n<body>\n",
        &title, color, &ngx_tiktok_page_css);

    ngx_tiktok_write_literal(w,
        "<header>\n<span class=\"logo\"></span>\n<div>\n"
        "<h1>TikTok tracking</h1>\n<p>ngx_tiktok_module "
        NGX_TIKTOK_VERSION ", counting for <span id=\"since\">");
    ngx_tiktok_page_duration(w, ngx_time() - report->since);
    ngx_tiktok_write_literal(w,
        "</span></p>\n</div>\n<p id=\"live\" role=\"status\"></p>\n"
        "</header>\n");
}


/* a link to each pixel, in the colour of its state */

static void
ngx_tiktok_page_overview(ngx_tiktok_writer_t *w, ngx_tiktok_report_t *report)
{
    ngx_uint_t                  i;
    ngx_str_t                  *state;
    ngx_tiktok_report_pixel_t  *pixel;

    ngx_tiktok_write_literal(w, "<nav>\n");

    pixel = report->pixels.elts;

    for (i = 0; i < report->pixels.nelts; i++, pixel++) {
        state = &ngx_tiktok_states[pixel->state].name;

        ngx_tiktok_write_format(w, "<a class=\"%V\" href=\"#%V\">%V "
                                "<b class=\"state\">%V</b></a>\n",
                                state, &pixel->pixel, &pixel->pixel, state);
    }

    ngx_tiktok_write_literal(w, "</nav>\n");
}


static void
ngx_tiktok_page_pixel(ngx_tiktok_writer_t *w, ngx_tiktok_report_pixel_t *pixel)
{
    ngx_tiktok_group_t       *group;
    ngx_tiktok_state_name_t  *state;

    state = &ngx_tiktok_states[pixel->state];

    ngx_tiktok_write_format(w, "<section class=\"pixel %V\" id=\"%V\">\n"
                            "<h2>%V <b class=\"state\">%V</b></h2>\n"
                            "<p class=\"advice\">%s", &state->name,
                            &pixel->pixel, &pixel->pixel, &state->name,
                            state->text);

    if (pixel->retry) {
        ngx_tiktok_write_literal(w, " Next try in ");
        ngx_tiktok_page_duration(w, pixel->retry);
        ngx_tiktok_write_literal(w, ".");
    }

    ngx_tiktok_write_literal(w, "</p>\n");

    if (pixel->testing) {
        ngx_tiktok_write_literal(w, "<p class=\"note\">The test event code "
                                 "<code>");
        ngx_tiktok_page_text(w, &pixel->test_event_code);
        ngx_tiktok_write_literal(w, "</code> is set: TikTok does not count "
                                 "events that carry one.</p>\n");
    }

    if (pixel->assumed) {
        ngx_tiktok_write_literal(w, "<p class=\"note\">Consent is assumed: "
                                 "it has to be taken care of elsewhere.</p>\n");
    }

    ngx_tiktok_page_tiles(w, pixel);

    ngx_tiktok_write_literal(w, "<div class=\"cards\">\n");

    ngx_tiktok_page_events(w, pixel);

    for (group = ngx_tiktok_groups; group->object; group++) {
        ngx_tiktok_page_group(w, group, pixel);
    }

    ngx_tiktok_page_reasons(w, pixel);

    ngx_tiktok_write_literal(w, "</div>\n</section>\n");
}


/* what one looks at first */

static void
ngx_tiktok_page_tiles(ngx_tiktok_writer_t *w, ngx_tiktok_report_pixel_t *pixel)
{
    ngx_atomic_int_t   lost;
    ngx_atomic_t      *fates;

    fates = pixel->sum.fates;

    lost = fates[NGX_TIKTOK_FATE_REJECTED] + fates[NGX_TIKTOK_FATE_EXPIRED]
           + fates[NGX_TIKTOK_FATE_CORRUPT];

    ngx_tiktok_write_literal(w, "<dl class=\"tiles\">\n"
                             "<div><dt>delivered</dt><dd>");
    ngx_tiktok_page_number(w, fates[NGX_TIKTOK_FATE_DELIVERED]);
    ngx_tiktok_write_literal(w, "</dd><dd class=\"more\">");
    ngx_tiktok_page_ago(w, pixel->last_delivered);

    ngx_tiktok_write_format(w, "</dd></div>\n<div%s><dt>waiting</dt><dd>",
                            pixel->sum.bytes > pixel->capacity / 5 * 4
                            ? " class=\"bad\"" : "");
    ngx_tiktok_page_number(w, pixel->events);
    ngx_tiktok_write_literal(w, "</dd><dd class=\"more\">");
    ngx_tiktok_page_bytes(w, pixel->sum.bytes);
    ngx_tiktok_write_literal(w, " of ");
    ngx_tiktok_page_bytes(w, pixel->capacity);
    ngx_tiktok_page_bar(w, pixel->sum.bytes, pixel->capacity);

    ngx_tiktok_write_format(w, "</dd></div>\n<div%s><dt>oldest</dt><dd>",
                            pixel->oldest > NGX_TIKTOK_MERGE
                            ? " class=\"warn\"" : "");

    if (pixel->events) {
        ngx_tiktok_page_duration(w, pixel->oldest);

    } else {
        ngx_tiktok_write_literal(w, "&ndash;");
    }

    ngx_tiktok_write_literal(w, "</dd><dd class=\"more\">TikTok merges for "
                             "5 min");

    ngx_tiktok_write_format(w, "</dd></div>\n<div%s><dt>given up</dt><dd>",
                            lost ? " class=\"bad\"" : "");
    ngx_tiktok_page_number(w, lost);
    ngx_tiktok_write_literal(w, "</dd><dd class=\"more\">rejected, expired, "
                             "corrupt</dd></div>\n"
                             "<div><dt>answer time</dt><dd>");
    ngx_tiktok_page_number(w, pixel->latency);
    ngx_tiktok_write_literal(w, "&nbsp;ms</dd><dd class=\"more\">");
    ngx_tiktok_page_number(w, pixel->in_flight);
    ngx_tiktok_write_literal(w, " under way</dd></div>\n</dl>\n");
}


static void
ngx_tiktok_page_group(ngx_tiktok_writer_t *w, ngx_tiktok_group_t *group,
    ngx_tiktok_report_pixel_t *pixel)
{
    ngx_uint_t           i;
    ngx_atomic_int_t     value, sum;
    ngx_tiktok_field_t  *field;

    ngx_tiktok_write_format(w, "<div class=\"card\">\n<h3>%s</h3>\n<table>\n",
                            group->title);
    sum = 0;

    if (group->label) {
        for (i = 0; i < group->n; i++) {
            sum += ngx_tiktok_field_value(pixel, &group->fields[i]);
        }
    }

    for (i = 0; i < group->n; i++) {
        field = &group->fields[i];
        value = ngx_tiktok_field_value(pixel, field);

        ngx_tiktok_write_format(w, "<tr%s><th>%V<small>%s</small>",
                                value ? "" : " class=\"zero\"", &field->name,
                                field->text);

        if (sum && value) {
            ngx_tiktok_page_bar(w, value, sum);
        }

        ngx_tiktok_write_literal(w, "<td>");
        ngx_tiktok_page_value(w, field, value);
        ngx_tiktok_write_literal(w, "\n");
    }

    if (ngx_strcmp(group->object, "delivery") == 0) {
        ngx_tiktok_page_answer(w, "last_message", &pixel->last_message);
        ngx_tiktok_page_answer(w, "last_request_id", &pixel->last_request_id);
    }

    ngx_tiktok_write_literal(w, "</table>\n</div>\n");
}


static void
ngx_tiktok_page_reasons(ngx_tiktok_writer_t *w,
    ngx_tiktok_report_pixel_t *pixel)
{
    ngx_uint_t                   i;
    ngx_atomic_int_t             sum;
    ngx_tiktok_report_reason_t  *reason;

    sum = 0;
    reason = pixel->reasons.elts;

    for (i = 0; i < pixel->reasons.nelts; i++) {
        sum += reason[i].n;
    }

    if (sum == 0) {
        return;
    }

    ngx_tiktok_write_literal(w, "<div class=\"card\">\n<h3>Why consent was "
                             "granted or not</h3>\n<table>\n");

    for (i = 0; i < pixel->reasons.nelts; i++) {
        ngx_tiktok_write_literal(w, "<tr><th>");
        ngx_tiktok_page_text(w, &reason[i].text);
        ngx_tiktok_page_bar(w, reason[i].n, sum);
        ngx_tiktok_write_literal(w, "<td>");
        ngx_tiktok_page_number(w, reason[i].n);
        ngx_tiktok_write_literal(w, "\n");
    }

    ngx_tiktok_write_literal(w, "</table>\n</div>\n");
}


/* anybody's text: TikTok's, or of who stands in for it */

static void
ngx_tiktok_page_answer(ngx_tiktok_writer_t *w, char *name, ngx_str_t *text)
{
    if (text->len == 0) {
        return;
    }

    ngx_tiktok_write_format(w, "<tr><th colspan=\"2\">%s<bdi>", name);
    ngx_tiktok_page_text(w, text);
    ngx_tiktok_write_literal(w, "</bdi>\n");
}


/* the events that were seen, and how many of them TikTok can match by what */

static void
ngx_tiktok_page_events(ngx_tiktok_writer_t *w,
    ngx_tiktok_report_pixel_t *pixel)
{
    ngx_uint_t                    i, k, name, percent;
    ngx_atomic_int_t              value;
    ngx_tiktok_field_t           *field;
    ngx_tiktok_event_counters_t  *event;

    ngx_tiktok_write_literal(w, "<div class=\"card wide\">\n<h3>Events, and "
                             "what TikTok can match them by</h3>\n"
                             "<table class=\"events\">\n<tr><th>event");

    for (i = 0; i < ngx_tiktok_event_group.n; i++) {
        ngx_tiktok_write_format(w, "<th>%V",
                                &ngx_tiktok_event_group.fields[i].name);
    }

    for (k = 0; k < ngx_tiktok_key_group.n; k++) {
        field = &ngx_tiktok_key_group.fields[k];

        ngx_tiktok_write_format(w, "<th title=\"%s\">%V", field->text,
                                &field->name);
    }

    ngx_tiktok_write_literal(w, "\n");

    for (i = 1; i <= NGX_TIKTOK_EVENT_NAMES; i++) {

        /* custom ones are the last */
        name = i % NGX_TIKTOK_EVENT_NAMES;
        event = &pixel->sum.events[name];

        if (!ngx_tiktok_event_seen(event)) {
            continue;
        }

        ngx_tiktok_write_format(w, "<tr><th>%V", ngx_tiktok_event_name(name));

        for (k = 0; k < ngx_tiktok_event_group.n; k++) {
            field = &ngx_tiktok_event_group.fields[k];

            ngx_tiktok_write_literal(w, "<td>");
            ngx_tiktok_page_number(w, ngx_tiktok_field_value(event, field));
        }

        for (k = 0; k < ngx_tiktok_key_group.n; k++) {
            field = &ngx_tiktok_key_group.fields[k];
            value = ngx_tiktok_field_value(event, field);

            /* those that were recovered are delivered, but not queued */

            percent = event->queued ? value * 100 / event->queued : 0;

            ngx_tiktok_write_format(w, "<td class=\"q%ui\">%ui&nbsp;%%",
                                    (percent + 12) / 25, percent);
        }

        ngx_tiktok_write_literal(w, "\n");
    }

    ngx_tiktok_write_literal(w, "</table>\n</div>\n");
}


/* a number with its unit, which the metric's name tells */

static void
ngx_tiktok_page_value(ngx_tiktok_writer_t *w, ngx_tiktok_field_t *field,
    ngx_atomic_int_t value)
{
    const char  *metric;

    metric = field->metric ? field->metric : "";

    if (ngx_strstr(metric, "_code")) {
        ngx_tiktok_write_format(w, "%A", value);

    } else if (ngx_strstr(metric, "_timestamp_seconds")) {
        ngx_tiktok_page_ago(w, value);

    } else if (ngx_strstr(metric, "_bytes")) {
        ngx_tiktok_page_bytes(w, value);

    } else if (field->scale == 1000) {
        ngx_tiktok_page_number(w, value);
        ngx_tiktok_write_literal(w, "&nbsp;ms");

    } else if (ngx_strstr(metric, "_seconds")) {
        ngx_tiktok_page_duration(w, value);

    } else {
        ngx_tiktok_page_number(w, value);
    }
}
