
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_tiktok_event.h"
#include "ngx_tiktok_fields.h"
#include "ngx_tiktok_ga4.h"
#include "ngx_tiktok_utf8.h"


#define NGX_TIKTOK_GA4_ITEMS  200           /* as many as GA4 takes */


/* a parameter of a hit, and what it is of the event */

typedef struct {
    ngx_str_t                  name;
    ngx_tiktok_event_field_t   field;
} ngx_tiktok_ga4_parameter_t;


/* a part of an item, by the two letters that it begins with */

typedef struct {
    char                       code[2];
    const char                *name;
} ngx_tiktok_ga4_item_t;


static ngx_uint_t ngx_tiktok_ga4_read(u_char **p, u_char *last,
    ngx_str_t *name, ngx_str_t *value);
static void ngx_tiktok_ga4_find(ngx_str_t *text, const char *name,
    ngx_str_t *value);
static ngx_int_t ngx_tiktok_ga4_values(ngx_pool_t *pool, ngx_str_t *text,
    ngx_tiktok_event_value_t *values, ngx_uint_t *n);
static ngx_int_t ngx_tiktok_ga4_items(ngx_pool_t *pool, ngx_tiktok_ga4_t *ga4,
    ngx_str_t *items);
static ngx_uint_t ngx_tiktok_ga4_is_item(ngx_str_t *name);
static void ngx_tiktok_ga4_write_item(ngx_tiktok_writer_t *w,
    ngx_str_t *item);
static ngx_int_t ngx_tiktok_ga4_decode(ngx_pool_t *pool, ngx_str_t *value);


static ngx_tiktok_ga4_parameter_t  ngx_tiktok_ga4_parameters[] = {

    { ngx_string("en"),
      { ngx_string("event"),
        NGX_TIKTOK_FIELD_EVENT, NGX_TIKTOK_FIELD_TEXT } },

    { ngx_string("ep.event_id"),
      { ngx_string("event_id"),
        NGX_TIKTOK_FIELD_EVENT, NGX_TIKTOK_FIELD_TEXT } },

    { ngx_string("dl"),
      { ngx_string("url"),
        NGX_TIKTOK_FIELD_PAGE, NGX_TIKTOK_FIELD_TEXT } },

    { ngx_string("dr"),
      { ngx_string("referrer"),
        NGX_TIKTOK_FIELD_PAGE, NGX_TIKTOK_FIELD_TEXT } },

    { ngx_string("uid"),
      { ngx_string("external_id"),
        NGX_TIKTOK_FIELD_USER, NGX_TIKTOK_FIELD_TEXT } },

    { ngx_string("cu"),
      { ngx_string("currency"),
        NGX_TIKTOK_FIELD_PROPERTIES, NGX_TIKTOK_FIELD_TEXT } },

    { ngx_string("ep.currency"),
      { ngx_string("currency"),
        NGX_TIKTOK_FIELD_PROPERTIES, NGX_TIKTOK_FIELD_TEXT } },

    { ngx_string("epn.value"),
      { ngx_string("value"),
        NGX_TIKTOK_FIELD_PROPERTIES, NGX_TIKTOK_FIELD_TEXT } },

    { ngx_string("ep.value"),
      { ngx_string("value"),
        NGX_TIKTOK_FIELD_PROPERTIES, NGX_TIKTOK_FIELD_TEXT } },

    { ngx_string("ep.transaction_id"),
      { ngx_string("transaction_id"),
        NGX_TIKTOK_FIELD_PROPERTIES, NGX_TIKTOK_FIELD_TEXT } },

    { ngx_string("epn.transaction_id"),
      { ngx_string("transaction_id"),
        NGX_TIKTOK_FIELD_PROPERTIES, NGX_TIKTOK_FIELD_TEXT } },

    { ngx_string("ep.search_term"),
      { ngx_string("search_term"),
        NGX_TIKTOK_FIELD_PROPERTIES, NGX_TIKTOK_FIELD_TEXT } },

    { ngx_string("epn.search_term"),
      { ngx_string("search_term"),
        NGX_TIKTOK_FIELD_PROPERTIES, NGX_TIKTOK_FIELD_TEXT } },

    { ngx_null_string, { ngx_null_string, 0, 0 } }
};


static ngx_tiktok_event_field_t  ngx_tiktok_ga4_items_field = {
    ngx_string("items"), NGX_TIKTOK_FIELD_PROPERTIES, NGX_TIKTOK_FIELD_JSON
};


static ngx_tiktok_ga4_item_t  ngx_tiktok_ga4_item_parts[] = {
    { { 'i', 'd' }, "item_id" },
    { { 'n', 'm' }, "item_name" },
    { { 'b', 'r' }, "item_brand" },
    { { 'c', 'a' }, "item_category" },
    { { 'c', '2' }, "item_category2" },
    { { 'c', '3' }, "item_category3" },
    { { 'c', '4' }, "item_category4" },
    { { 'c', '5' }, "item_category5" },
    { { 'p', 'r' }, "price" },
    { { 'q', 't' }, "quantity" },
    { { 0, 0 }, NULL }
};


ngx_int_t
ngx_tiktok_ga4_init(ngx_tiktok_ga4_t *ga4, ngx_str_t *query, ngx_str_t *body)
{
    ngx_str_t  version, property;

    ngx_memzero(ga4, sizeof(ngx_tiktok_ga4_t));

    ngx_tiktok_ga4_find(query, "v", &version);
    ngx_tiktok_ga4_find(query, "tid", &property);

    if (version.len != 1 || version.data[0] != '2' || property.len == 0) {
        return NGX_DECLINED;
    }

    ga4->query = *query;
    ga4->single = (body->len == 0);

    /* without a body there is one hit, as of an empty line */

    ga4->pos = body->len ? body->data : (u_char *) "";
    ga4->last = ga4->pos + body->len;

    return NGX_OK;
}


ngx_int_t
ngx_tiktok_ga4_next(ngx_tiktok_ga4_t *ga4)
{
    u_char     *end;
    ngx_str_t   name;

    while (ga4->pos <= ga4->last) {

        end = ngx_strlchr(ga4->pos, ga4->last, LF);

        if (end == NULL) {
            end = ga4->last;
        }

        ga4->line.data = ga4->pos;
        ga4->line.len = end - ga4->pos;

        ga4->pos = end + 1;

        if (ga4->line.len && ga4->line.data[ga4->line.len - 1] == CR) {
            ga4->line.len--;
        }

        if (ga4->line.len == 0 && !ga4->single) {
            continue;
        }

        ngx_tiktok_ga4_find(&ga4->line, "en", &name);

        if (name.len == 0) {
            ngx_tiktok_ga4_find(&ga4->query, "en", &name);
        }

        if (ngx_tiktok_event_alias(&name) == NGX_TIKTOK_EVENT_CUSTOM) {
            continue;
        }

        ngx_tiktok_ga4_find(&ga4->line, "gcs", &ga4->gcs);

        if (ga4->gcs.len == 0) {
            ngx_tiktok_ga4_find(&ga4->query, "gcs", &ga4->gcs);
        }

        ngx_tiktok_ga4_find(&ga4->line, "gcd", &ga4->gcd);

        if (ga4->gcd.len == 0) {
            ngx_tiktok_ga4_find(&ga4->query, "gcd", &ga4->gcd);
        }

        return NGX_OK;
    }

    return NGX_DONE;
}


ngx_int_t
ngx_tiktok_ga4_parse(ngx_pool_t *pool, ngx_tiktok_ga4_t *ga4,
    ngx_tiktok_json_t *json)
{
    ngx_int_t                 rc;
    ngx_str_t                 items;
    ngx_uint_t                n;
    ngx_tiktok_event_value_t  values[NGX_TIKTOK_FIELDS];

    n = 0;

    if (ngx_tiktok_ga4_values(pool, &ga4->line, values, &n) != NGX_OK
        || ngx_tiktok_ga4_values(pool, &ga4->query, values, &n) != NGX_OK)
    {
        return NGX_ERROR;
    }

    rc = ngx_tiktok_ga4_items(pool, ga4, &items);

    if (rc == NGX_ERROR) {
        return NGX_ERROR;
    }

    if (rc == NGX_OK) {
        values[n].field = &ngx_tiktok_ga4_items_field;
        values[n].value = items;
        n++;
    }

    return ngx_tiktok_fields_parse(pool, values, n, json);
}


static ngx_uint_t
ngx_tiktok_ga4_read(u_char **p, u_char *last, ngx_str_t *name,
    ngx_str_t *value)
{
    u_char  *end, *equals;

    if (*p >= last) {
        return 0;
    }

    end = ngx_strlchr(*p, last, '&');
    if (end == NULL) {
        end = last;
    }

    equals = ngx_strlchr(*p, end, '=');
    if (equals == NULL) {
        equals = end;
    }

    name->data = *p;
    name->len = equals - *p;

    value->data = ngx_min(equals + 1, end);
    value->len = end - value->data;

    *p = end + 1;

    return 1;
}


/* the first value of a name, as it is written */

static void
ngx_tiktok_ga4_find(ngx_str_t *text, const char *name, ngx_str_t *value)
{
    u_char     *p, *last;
    size_t      len;
    ngx_str_t   found;

    p = text->data;
    last = p + text->len;
    len = ngx_strlen(name);

    while (ngx_tiktok_ga4_read(&p, last, &found, value)) {
        if (found.len == len && ngx_memcmp(found.data, name, len) == 0) {
            return;
        }
    }

    ngx_str_null(value);
}


/* of several parameters that are the same of the event, the first one */

static ngx_int_t
ngx_tiktok_ga4_values(ngx_pool_t *pool, ngx_str_t *text,
    ngx_tiktok_event_value_t *values, ngx_uint_t *n)
{
    u_char                      *p, *last;
    ngx_int_t                    rc;
    ngx_str_t                    name, value;
    ngx_uint_t                   i;
    ngx_tiktok_event_field_t    *field;
    ngx_tiktok_ga4_parameter_t  *known;

    p = text->data;
    last = p + text->len;

    while (ngx_tiktok_ga4_read(&p, last, &name, &value)) {

        for (known = ngx_tiktok_ga4_parameters; known->name.len; known++) {
            if (known->name.len == name.len
                && ngx_memcmp(known->name.data, name.data, name.len) == 0)
            {
                break;
            }
        }

        if (known->name.len == 0 || value.len == 0) {
            continue;
        }

        field = &known->field;

        for (i = 0; i < *n; i++) {
            if (values[i].field->name.len == field->name.len
                && ngx_memcmp(values[i].field->name.data, field->name.data,
                              field->name.len)
                   == 0)
            {
                break;
            }
        }

        if (i < *n) {
            continue;
        }

        if (ngx_tiktok_ga4_decode(pool, &value) != NGX_OK) {
            return NGX_ERROR;
        }

        rc = ngx_tiktok_event_field_check(pool, field, &value);

        if (rc == NGX_ERROR) {
            return NGX_ERROR;
        }

        if (rc != NGX_OK) {
            continue;
        }

        values[i].field = field;
        values[i].value = value;

        (*n)++;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_tiktok_ga4_items(ngx_pool_t *pool, ngx_tiktok_ga4_t *ga4,
    ngx_str_t *items)
{
    u_char               *p, *last;
    ngx_str_t             name, item, *text;
    ngx_uint_t            i, n;
    ngx_tiktok_writer_t   w;

    n = 0;

    for (i = 0; i < 2; i++) {

        text = i ? &ga4->line : &ga4->query;

        p = text->data;
        last = p + text->len;

        while (n < NGX_TIKTOK_GA4_ITEMS
               && ngx_tiktok_ga4_read(&p, last, &name, &item))
        {
            if (!ngx_tiktok_ga4_is_item(&name)) {
                continue;
            }

            if (n++ == 0) {
                if (ngx_tiktok_writer_init(&w, pool, text->len) != NGX_OK) {
                    return NGX_ERROR;
                }

                ngx_tiktok_write_literal(&w, "[");
            }

            if (ngx_tiktok_ga4_decode(pool, &item) != NGX_OK) {
                return NGX_ERROR;
            }

            ngx_tiktok_ga4_write_item(&w, &item);
        }
    }

    if (n == 0) {
        return NGX_DECLINED;
    }

    ngx_tiktok_write_literal(&w, "]");

    items->data = w.start;
    items->len = w.pos - w.start;

    return w.failed ? NGX_ERROR : NGX_OK;
}


/* "pr1", "pr2", ... */

static ngx_uint_t
ngx_tiktok_ga4_is_item(ngx_str_t *name)
{
    return name->len > 2
           && name->data[0] == 'p'
           && name->data[1] == 'r'
           && ngx_atoi(name->data + 2, name->len - 2) != NGX_ERROR;
}


/* "idSKU-1~nmA shirt~pr9.99": a tilde within a value is doubled */

static void
ngx_tiktok_ga4_write_item(ngx_tiktok_writer_t *w, ngx_str_t *item)
{
    u_char                 *p, *q, *last;
    ngx_str_t               value;
    ngx_uint_t              i, seen;
    ngx_tiktok_ga4_item_t  *part;

    seen = 0;

    ngx_tiktok_write_comma(w);
    ngx_tiktok_write_literal(w, "{");

    p = item->data;
    last = p + item->len;

    while (p < last) {

        /* what belongs to the value is moved to its start */

        value.data = p;
        q = p;

        for ( /* void */ ; p < last; p++) {

            if (*p == '~') {
                if (last - p < 2 || p[1] != '~') {
                    break;
                }

                p++;
            }

            *q++ = *p;
        }

        value.len = q - value.data;
        p++;

        if (value.len < 3) {
            continue;
        }

        part = ngx_tiktok_ga4_item_parts;

        for (i = 0; part[i].name; i++) {
            if (ngx_memcmp(part[i].code, value.data, 2) == 0) {
                break;
            }
        }

        if (part[i].name == NULL || (seen & (1 << i))) {
            continue;
        }

        value.data += 2;
        value.len -= 2;

        if (!ngx_tiktok_utf8_printable(&value)) {
            continue;
        }

        seen |= 1 << i;

        ngx_tiktok_write_name(w, part[i].name);
        ngx_tiktok_write_string(w, value.data, value.len);
    }

    ngx_tiktok_write_literal(w, "}");
}


static ngx_int_t
ngx_tiktok_ga4_decode(ngx_pool_t *pool, ngx_str_t *value)
{
    u_char  *buf;

    buf = ngx_pnalloc(pool, value->len + 1);
    if (buf == NULL) {
        return NGX_ERROR;
    }

    value->len = ngx_tiktok_form_decode(buf, value->data,
                                        value->data + value->len)
                 - buf;
    value->data = buf;

    return NGX_OK;
}
