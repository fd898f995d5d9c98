
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_tiktok_parts.h"
#include "ngx_tiktok_url.h"


#define NGX_TIKTOK_EVENT_BUFFER    2048
#define NGX_TIKTOK_EVENT_NAME_LEN  50
#define NGX_TIKTOK_EVENT_AGE       86400


typedef enum {
    NGX_TIKTOK_PART_EVENT = 0,
    NGX_TIKTOK_PART_EVENT_ID,
    NGX_TIKTOK_PART_EVENT_TIME,
    NGX_TIKTOK_PART_LIMITED,
    NGX_TIKTOK_PART_IP,                     /* these two of a trusted one */
    NGX_TIKTOK_PART_USER_AGENT,

    /* objects */
    NGX_TIKTOK_PART_USER,
    NGX_TIKTOK_PART_PAGE,
    NGX_TIKTOK_PART_PROPERTIES,
    NGX_TIKTOK_PART_USER_DATA,              /* GA4's "user" */
    NGX_TIKTOK_PART_ECOMMERCE,              /* GA4's "properties" */
    NGX_TIKTOK_PARTS
} ngx_tiktok_part_e;


static ngx_int_t ngx_tiktok_event_read(ngx_tiktok_parts_t *parts,
    cJSON **members, ngx_tiktok_visitor_t *trusted);
static ngx_int_t ngx_tiktok_event_read_name(ngx_tiktok_parts_t *parts,
    cJSON *item);
static time_t ngx_tiktok_event_read_time(cJSON *item, time_t now);
static ngx_int_t ngx_tiktok_event_read_object(ngx_tiktok_event_t *event,
    cJSON *item, ngx_tiktok_part_e part, cJSON **object);
static void ngx_tiktok_event_read_page(ngx_tiktok_parts_t *parts,
    cJSON *page);
static void ngx_tiktok_event_read_url(ngx_tiktok_parts_t *parts, cJSON *item,
    ngx_str_t *url);
static ngx_int_t ngx_tiktok_event_write(ngx_tiktok_parts_t *parts,
    cJSON **members);
static ngx_uint_t ngx_tiktok_event_limited(cJSON *item);
static ngx_int_t ngx_tiktok_write_page(ngx_tiktok_parts_t *parts,
    cJSON *unused);
static void ngx_tiktok_write_page_url(ngx_tiktok_parts_t *parts,
    ngx_str_t *name, ngx_str_t *url);


static ngx_str_t  ngx_tiktok_part_names[] = {
    ngx_string("event"),
    ngx_string("event_id"),
    ngx_string("event_time"),
    ngx_string("limited_data_use"),
    ngx_string("ip"),
    ngx_string("user_agent"),
    ngx_string("user"),
    ngx_string("page"),
    ngx_string("properties"),
    ngx_string("user_data"),
    ngx_string("ecommerce"),
    ngx_null_string
};


static ngx_str_t  ngx_tiktok_page_names[] = {
    ngx_string("url"),
    ngx_string("referrer"),
    ngx_null_string
};


ngx_int_t
ngx_tiktok_event_create(ngx_pool_t *pool, cJSON *source,
    ngx_tiktok_visitor_t *visitor, ngx_tiktok_event_t *event)
{
    cJSON                 *members[NGX_TIKTOK_PARTS];
    ngx_int_t              rc;
    ngx_tiktok_parts_t     parts;
    ngx_tiktok_visitor_t   trusted;

    ngx_memzero(event, sizeof(ngx_tiktok_event_t));
    ngx_memzero(&parts, offsetof(ngx_tiktok_parts_t, others));

    parts.pool = pool;
    parts.visitor = visitor;
    parts.event = event;

    if (!ngx_tiktok_is(source, cJSON_Object)) {
        event->error = "is not an object";
        return NGX_DECLINED;
    }

    (void) ngx_tiktok_parts_sort(source, ngx_tiktok_part_names, members);

    rc = ngx_tiktok_event_read(&parts, members, &trusted);

    if (rc != NGX_OK) {
        return rc;
    }

    return ngx_tiktok_event_write(&parts, members);
}


static ngx_int_t
ngx_tiktok_event_read(ngx_tiktok_parts_t *parts, cJSON **members,
    ngx_tiktok_visitor_t *trusted)
{
    cJSON       *objects[NGX_TIKTOK_PARTS], *properties;
    ngx_uint_t   i;

    if (ngx_tiktok_event_read_name(parts, members[NGX_TIKTOK_PART_EVENT])
        != NGX_OK)
    {
        return NGX_DECLINED;
    }

    for (i = NGX_TIKTOK_PART_USER; i < NGX_TIKTOK_PARTS; i++) {
        if (ngx_tiktok_event_read_object(parts->event, members[i], i,
                                         &objects[i])
            != NGX_OK)
        {
            return NGX_DECLINED;
        }
    }

    parts->users[0] = objects[NGX_TIKTOK_PART_USER];

    if (parts->visitor->trusted) {

        if (ngx_tiktok_read_trusted_time(parts->event,
                                         members[NGX_TIKTOK_PART_EVENT_TIME],
                                         parts->visitor->now)
            != NGX_OK)
        {
            return NGX_DECLINED;
        }

        ngx_tiktok_read_trusted(parts, members[NGX_TIKTOK_PART_IP],
                                members[NGX_TIKTOK_PART_USER_AGENT], trusted);

    } else {
        parts->event->time = ngx_tiktok_event_read_time(
                                          members[NGX_TIKTOK_PART_EVENT_TIME],
                                          parts->visitor->now);
    }

    properties = objects[NGX_TIKTOK_PART_PROPERTIES];

    if (properties == NULL) {
        properties = objects[NGX_TIKTOK_PART_ECOMMERCE];
    }

    ngx_tiktok_event_read_page(parts, objects[NGX_TIKTOK_PART_PAGE]);
    ngx_tiktok_read_properties(parts, properties);

    parts->users[1] = objects[NGX_TIKTOK_PART_USER_DATA];
    parts->users[2] = parts->properties[NGX_TIKTOK_PROPERTY_USER_DATA];

    return ngx_tiktok_parts_event_id(parts,
                                     members[NGX_TIKTOK_PART_EVENT_ID]);
}


static ngx_int_t
ngx_tiktok_event_read_name(ngx_tiktok_parts_t *parts, cJSON *item)
{
    ngx_str_t            name;
    ngx_tiktok_event_t  *event;

    event = parts->event;
    event->field = "event";

    if (item == NULL || ngx_tiktok_parts_empty(item)) {
        event->error = "is missing";
        return NGX_DECLINED;
    }

    if (!ngx_tiktok_is(item, cJSON_String)) {
        event->error = "is not a string";
        return NGX_DECLINED;
    }

    name.data = (u_char *) item->valuestring;
    name.len = ngx_strlen(name.data);

    if (!ngx_tiktok_event_name_valid(&name)) {
        event->error = "is not a valid event name";
        return NGX_DECLINED;
    }

    event->field = NULL;
    event->name = ngx_tiktok_event_number(&name);
    event->spelling = name;

    if (event->name != NGX_TIKTOK_EVENT_CUSTOM) {
        return NGX_OK;
    }

    event->name = ngx_tiktok_event_alias(&name);

    if (event->name != NGX_TIKTOK_EVENT_CUSTOM) {
        event->spelling = *ngx_tiktok_event_spelling(event->name,
                                               parts->visitor->legacy_names);
    }

    return NGX_OK;
}


/* the rule for custom names; the standard ones follow it */

ngx_uint_t
ngx_tiktok_event_name_valid(ngx_str_t *name)
{
    u_char      *p, *last;
    ngx_uint_t   letter;

    if (name->len == 0 || name->len > NGX_TIKTOK_EVENT_NAME_LEN) {
        return 0;
    }

    last = name->data + name->len;

    for (p = name->data; p < last; p++) {

        letter = ((*p | 0x20) >= 'a' && (*p | 0x20) <= 'z');

        if (p == name->data && !letter) {
            return 0;
        }

        if (!letter
            && (*p < '0' || *p > '9')
            && *p != '_' && *p != '-' && *p != ' ')
        {
            return 0;
        }
    }

    return last[-1] != ' ';
}


static time_t
ngx_tiktok_event_read_time(cJSON *item, time_t now)
{
    double  t;

    if (item == NULL || !ngx_tiktok_is(item, cJSON_Number)) {
        return now;
    }

    t = item->valuedouble;

    if (t >= (double) (now - NGX_TIKTOK_EVENT_AGE)
        && t <= (double) now
        && t == (double) (time_t) t)
    {
        return (time_t) t;
    }

    return now;
}


/* some languages write an empty object as an empty array */

static ngx_int_t
ngx_tiktok_event_read_object(ngx_tiktok_event_t *event, cJSON *item,
    ngx_tiktok_part_e part, cJSON **object)
{
    *object = NULL;

    if (item == NULL || ngx_tiktok_parts_empty(item)) {
        return NGX_OK;
    }

    if (!ngx_tiktok_is(item, cJSON_Object)) {
        event->error = "is not an object";
        event->field = (char *) ngx_tiktok_part_names[part].data;
        return NGX_DECLINED;
    }

    *object = item;

    return NGX_OK;
}


static void
ngx_tiktok_event_read_page(ngx_tiktok_parts_t *parts, cJSON *page)
{
    cJSON  *members[2];

    (void) ngx_tiktok_parts_sort(page, ngx_tiktok_page_names, members);

    ngx_tiktok_event_read_url(parts, members[0], &parts->url);
    ngx_tiktok_event_read_url(parts, members[1], &parts->referrer);

    if (parts->url.len == 0 && parts->visitor->referer.len) {

        if (ngx_tiktok_url_valid(&parts->visitor->referer)) {
            parts->url = parts->visitor->referer;

        } else {
            parts->event->left_out[NGX_TIKTOK_LEFT_URL]++;
        }
    }

    if (parts->referrer.len == 0
        && ngx_tiktok_url_valid(&parts->visitor->page_referrer))
    {
        parts->referrer = parts->visitor->page_referrer;
    }
}


static void
ngx_tiktok_event_read_url(ngx_tiktok_parts_t *parts, cJSON *item,
    ngx_str_t *url)
{
    ngx_str_t  text;

    if (item == NULL || ngx_tiktok_parts_empty(item)) {
        return;
    }

    if (ngx_tiktok_is(item, cJSON_String)) {
        text.data = (u_char *) item->valuestring;
        text.len = ngx_strlen(text.data);

        if (ngx_tiktok_url_valid(&text)) {
            *url = text;
            return;
        }
    }

    parts->event->left_out[NGX_TIKTOK_LEFT_URL]++;
}


static ngx_int_t
ngx_tiktok_event_write(ngx_tiktok_parts_t *parts, cJSON **members)
{
    ngx_tiktok_event_t   *event;
    ngx_tiktok_writer_t  *w;

    w = &parts->w;
    event = parts->event;

    if (ngx_tiktok_writer_init(w, parts->pool, NGX_TIKTOK_EVENT_BUFFER)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_tiktok_write_literal(w, "{\"event\":");
    ngx_tiktok_write_string(w, event->spelling.data, event->spelling.len);

    ngx_tiktok_write_literal(w, ",\"event_time\":");
    ngx_tiktok_write_number(w, (double) event->time);

    ngx_tiktok_write_literal(w, ",\"event_id\":");
    ngx_tiktok_write_string(w, event->event_id.data, event->event_id.len);

    if (ngx_tiktok_write_member(parts,
                                &ngx_tiktok_part_names[NGX_TIKTOK_PART_USER],
                                ngx_tiktok_write_user, NULL)
        == NGX_ERROR)
    {
        return NGX_ERROR;
    }

    (void) ngx_tiktok_write_member(parts,
                           &ngx_tiktok_part_names[NGX_TIKTOK_PART_PAGE],
                           ngx_tiktok_write_page, NULL);

    (void) ngx_tiktok_write_member(parts,
                           &ngx_tiktok_part_names[NGX_TIKTOK_PART_PROPERTIES],
                           ngx_tiktok_write_properties, NULL);

    if (parts->visitor->limited_data_use
        || ngx_tiktok_event_limited(members[NGX_TIKTOK_PART_LIMITED]))
    {
        ngx_tiktok_write_literal(w, ",\"limited_data_use\":true");
    }

    ngx_tiktok_write_literal(w, "}");

    if (w->failed) {
        return NGX_ERROR;
    }

    event->json.data = w->start;
    event->json.len = w->pos - w->start;

    if (event->json.len > NGX_TIKTOK_EVENT_SIZE) {
        event->error = "is too large";
        return NGX_DECLINED;
    }

    return NGX_OK;
}


/* who asks for it in another type is understood, too */

static ngx_uint_t
ngx_tiktok_event_limited(cJSON *item)
{
    u_char     buf[NGX_TIKTOK_DIGITS_LEN];
    ngx_str_t  text;

    if (item == NULL) {
        return 0;
    }

    if (ngx_tiktok_is(item, cJSON_True)) {
        return 1;
    }

    if (ngx_tiktok_parts_text(item, buf, &text) != NGX_OK) {
        return 0;
    }

    return (text.len == 1 && text.data[0] == '1')
           || (text.len == 4 && ngx_memcmp(text.data, "true", 4) == 0);
}


static ngx_int_t
ngx_tiktok_write_page(ngx_tiktok_parts_t *parts, cJSON *unused)
{
    size_t                mark;
    ngx_tiktok_writer_t  *w;

    w = &parts->w;

    ngx_tiktok_write_literal(w, "{");

    mark = ngx_tiktok_writer_mark(w);

    ngx_tiktok_write_page_url(parts, &ngx_tiktok_page_names[0], &parts->url);
    ngx_tiktok_write_page_url(parts, &ngx_tiktok_page_names[1],
                              &parts->referrer);

    if (ngx_tiktok_writer_mark(w) == mark) {
        return NGX_DECLINED;
    }

    ngx_tiktok_write_literal(w, "}");

    return NGX_OK;
}


static void
ngx_tiktok_write_page_url(ngx_tiktok_parts_t *parts, ngx_str_t *name,
    ngx_str_t *url)
{
    u_char               *p;
    ngx_str_t             text;
    ngx_uint_t           *left;
    ngx_tiktok_writer_t  *w;

    text = *url;
    left = &parts->event->left_out[NGX_TIKTOK_LEFT_URL];

    if (text.len > NGX_TIKTOK_URL_LEN) {
        (*left)++;

        /* the page can still be told without the arguments */

        for (p = text.data; p < text.data + NGX_TIKTOK_URL_LEN; p++) {
            if (*p == '?' || *p == '#') {
                break;
            }
        }

        text.len = p - text.data;

        if (text.len == NGX_TIKTOK_URL_LEN) {
            return;
        }
    }

    if (text.len == 0) {
        return;
    }

    w = &parts->w;

    ngx_tiktok_write_plain_name(w, name);

    *left += ngx_tiktok_write_url(w, &text);
}
