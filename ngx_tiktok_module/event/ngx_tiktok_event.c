
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
    NGX_TIKTOK_PART_USER,
    NGX_TIKTOK_PART_PAGE,
    NGX_TIKTOK_PART_PROPERTIES,
    NGX_TIKTOK_PART_LIMITED,
    NGX_TIKTOK_PARTS
} ngx_tiktok_part_e;


typedef struct {
    ngx_str_t            spelling;
    ngx_tiktok_event_e   name;
} ngx_tiktok_spelling_t;


static ngx_int_t ngx_tiktok_event_read(ngx_tiktok_parts_t *parts,
    cJSON **members);
static ngx_int_t ngx_tiktok_event_read_name(ngx_tiktok_event_t *event,
    cJSON *item);
static time_t ngx_tiktok_event_read_time(cJSON *item, time_t now);
static ngx_int_t ngx_tiktok_event_read_object(ngx_tiktok_event_t *event,
    cJSON *item, const char *field, cJSON **object);
static void ngx_tiktok_event_read_page(ngx_tiktok_parts_t *parts,
    cJSON *page);
static void ngx_tiktok_event_read_url(ngx_tiktok_parts_t *parts, cJSON *item,
    ngx_str_t *url);
static ngx_int_t ngx_tiktok_event_write(ngx_tiktok_parts_t *parts,
    cJSON **members);
static ngx_int_t ngx_tiktok_write_page(ngx_tiktok_parts_t *parts,
    cJSON *unused);
static void ngx_tiktok_write_page_url(ngx_tiktok_parts_t *parts,
    const char *name, ngx_str_t *url);


static ngx_str_t  ngx_tiktok_part_names[] = {
    ngx_string("event"),
    ngx_string("event_id"),
    ngx_string("event_time"),
    ngx_string("user"),
    ngx_string("page"),
    ngx_string("properties"),
    ngx_string("limited_data_use"),
    ngx_null_string
};


static ngx_str_t  ngx_tiktok_page_names[] = {
    ngx_string("url"),
    ngx_string("referrer"),
    ngx_null_string
};


static ngx_str_t  ngx_tiktok_event_names[] = {
    ngx_string("custom"),
    ngx_string("Pageview"),
    ngx_string("ViewContent"),
    ngx_string("AddToCart"),
    ngx_string("AddToWishlist"),
    ngx_string("InitiateCheckout"),
    ngx_string("AddPaymentInfo"),
    ngx_string("Purchase"),
    ngx_string("PlaceAnOrder"),
    ngx_string("Lead"),
    ngx_string("CompleteRegistration"),
    ngx_string("Search"),
    ngx_string("Subscribe"),
    ngx_string("Contact"),
    ngx_string("Download"),
    ngx_string("ClickButton"),
    ngx_string("Schedule"),
    ngx_string("StartTrial"),
    ngx_string("SubmitApplication"),
    ngx_string("ApplicationApproval"),
    ngx_string("CustomizeProduct"),
    ngx_string("FindLocation"),
    ngx_null_string
};


/* other spellings that TikTok takes for the same */

static ngx_tiktok_spelling_t  ngx_tiktok_event_spellings[] = {
    { ngx_string("CompletePayment"), NGX_TIKTOK_EVENT_PURCHASE },
    { ngx_string("SubmitForm"), NGX_TIKTOK_EVENT_LEAD },
    { ngx_string("PageView"), NGX_TIKTOK_EVENT_PAGEVIEW },
    { ngx_null_string, NGX_TIKTOK_EVENT_CUSTOM }
};


ngx_str_t *
ngx_tiktok_event_name(ngx_tiktok_event_e name)
{
    return &ngx_tiktok_event_names[name];
}


ngx_tiktok_event_e
ngx_tiktok_event_number(ngx_str_t *name)
{
    ngx_uint_t              i;
    ngx_tiktok_spelling_t  *s;

    i = ngx_tiktok_parts_find(&ngx_tiktok_event_names[1], name->data,
                              name->len)
        + 1;

    if (i < NGX_TIKTOK_EVENT_NAMES) {
        return i;
    }

    for (s = ngx_tiktok_event_spellings; s->spelling.len; s++) {
        if (s->spelling.len == name->len
            && ngx_memcmp(s->spelling.data, name->data, name->len) == 0)
        {
            break;
        }
    }

    return s->name;
}


ngx_int_t
ngx_tiktok_event_create(ngx_pool_t *pool, cJSON *source,
    ngx_tiktok_visitor_t *visitor, ngx_tiktok_event_t *event)
{
    cJSON               *members[NGX_TIKTOK_PARTS];
    ngx_int_t            rc;
    ngx_tiktok_parts_t   parts;

    ngx_memzero(event, sizeof(ngx_tiktok_event_t));
    ngx_memzero(&parts, sizeof(ngx_tiktok_parts_t));

    parts.pool = pool;
    parts.visitor = visitor;
    parts.event = event;

    if (!ngx_tiktok_is(source, cJSON_Object)) {
        event->error = "is not an object";
        return NGX_DECLINED;
    }

    (void) ngx_tiktok_parts_sort(source, ngx_tiktok_part_names, members);

    rc = ngx_tiktok_event_read(&parts, members);

    if (rc != NGX_OK) {
        return rc;
    }

    return ngx_tiktok_event_write(&parts, members);
}


static ngx_int_t
ngx_tiktok_event_read(ngx_tiktok_parts_t *parts, cJSON **members)
{
    cJSON               *page;
    ngx_tiktok_event_t  *event;

    event = parts->event;

    if (ngx_tiktok_event_read_name(event, members[NGX_TIKTOK_PART_EVENT])
        != NGX_OK
        || ngx_tiktok_event_read_object(event,
                                        members[NGX_TIKTOK_PART_USER],
                                        "user", &parts->user)
           != NGX_OK
        || ngx_tiktok_event_read_object(event,
                                        members[NGX_TIKTOK_PART_PAGE],
                                        "page", &page)
           != NGX_OK
        || ngx_tiktok_event_read_object(event,
                                        members[NGX_TIKTOK_PART_PROPERTIES],
                                        "properties", &parts->properties)
           != NGX_OK)
    {
        return NGX_DECLINED;
    }

    event->time = ngx_tiktok_event_read_time(
                                          members[NGX_TIKTOK_PART_EVENT_TIME],
                                          parts->visitor->now);

    ngx_tiktok_event_read_page(parts, page);

    return ngx_tiktok_parts_event_id(parts,
                                     members[NGX_TIKTOK_PART_EVENT_ID]);
}


static ngx_int_t
ngx_tiktok_event_read_name(ngx_tiktok_event_t *event, cJSON *item)
{
    ngx_str_t  name;

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
    const char *field, cJSON **object)
{
    *object = NULL;

    if (item == NULL || ngx_tiktok_parts_empty(item)) {
        return NGX_OK;
    }

    if (!ngx_tiktok_is(item, cJSON_Object)) {
        event->error = "is not an object";
        event->field = field;
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
    char                 *name;
    cJSON                *limited;
    ngx_tiktok_event_t   *event;
    ngx_tiktok_writer_t  *w;

    w = &parts->w;
    event = parts->event;

    if (ngx_tiktok_writer_init(w, parts->pool, NGX_TIKTOK_EVENT_BUFFER)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    name = members[NGX_TIKTOK_PART_EVENT]->valuestring;

    ngx_tiktok_write_literal(w, "{\"event\":");
    ngx_tiktok_write_string(w, (u_char *) name, ngx_strlen(name));

    ngx_tiktok_write_literal(w, ",\"event_time\":");
    ngx_tiktok_write_number(w, (double) event->time);

    ngx_tiktok_write_literal(w, ",\"event_id\":");
    ngx_tiktok_write_string(w, event->event_id.data, event->event_id.len);

    if (ngx_tiktok_write_member(parts, "user", ngx_tiktok_write_user,
                                parts->user)
        == NGX_ERROR)
    {
        return NGX_ERROR;
    }

    (void) ngx_tiktok_write_member(parts, "page", ngx_tiktok_write_page,
                                   NULL);

    if (parts->properties) {
        (void) ngx_tiktok_write_member(parts, "properties",
                                       ngx_tiktok_write_properties,
                                       parts->properties);
    }

    limited = members[NGX_TIKTOK_PART_LIMITED];

    if (limited && ngx_tiktok_is(limited, cJSON_True)) {
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


static ngx_int_t
ngx_tiktok_write_page(ngx_tiktok_parts_t *parts, cJSON *unused)
{
    size_t                mark;
    ngx_tiktok_writer_t  *w;

    w = &parts->w;

    ngx_tiktok_write_literal(w, "{");

    mark = ngx_tiktok_writer_mark(w);

    ngx_tiktok_write_page_url(parts, "url", &parts->url);
    ngx_tiktok_write_page_url(parts, "referrer", &parts->referrer);

    if (ngx_tiktok_writer_mark(w) == mark) {
        return NGX_DECLINED;
    }

    ngx_tiktok_write_literal(w, "}");

    return NGX_OK;
}


static void
ngx_tiktok_write_page_url(ngx_tiktok_parts_t *parts, const char *name,
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

    ngx_tiktok_write_name(w, name);

    *left += ngx_tiktok_write_url(w, &text);
}
