
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_tiktok_fields.h"
#include "ngx_tiktok_scan.h"
#include "ngx_tiktok_utf8.h"


#define NGX_TIKTOK_FIELDS_DEPTH  6          /* what is JSON has four of it */


static ngx_tiktok_event_field_t *ngx_tiktok_field_find(
    ngx_tiktok_event_field_t *field, ngx_str_t *name);
static void ngx_tiktok_fields_write(ngx_tiktok_writer_t *w,
    ngx_tiktok_event_value_t *values, ngx_uint_t n);
static void ngx_tiktok_fields_write_part(ngx_tiktok_writer_t *w,
    ngx_tiktok_event_value_t *values, ngx_uint_t n,
    ngx_tiktok_event_part_e part);
static void ngx_tiktok_fields_write_list(ngx_tiktok_writer_t *w,
    ngx_str_t *value);


static ngx_tiktok_event_field_t  ngx_tiktok_fields[] = {

    { ngx_string("event"),
      NGX_TIKTOK_FIELD_EVENT, NGX_TIKTOK_FIELD_TEXT },

    { ngx_string("event_id"),
      NGX_TIKTOK_FIELD_EVENT, NGX_TIKTOK_FIELD_TEXT },

    { ngx_string("limited_data_use"),
      NGX_TIKTOK_FIELD_EVENT, NGX_TIKTOK_FIELD_TEXT },

    { ngx_string("url"),
      NGX_TIKTOK_FIELD_PAGE, NGX_TIKTOK_FIELD_TEXT },

    { ngx_string("referrer"),
      NGX_TIKTOK_FIELD_PAGE, NGX_TIKTOK_FIELD_TEXT },

    { ngx_string("email"),
      NGX_TIKTOK_FIELD_USER, NGX_TIKTOK_FIELD_TEXT },

    { ngx_string("phone"),
      NGX_TIKTOK_FIELD_USER, NGX_TIKTOK_FIELD_TEXT },

    { ngx_string("external_id"),
      NGX_TIKTOK_FIELD_USER, NGX_TIKTOK_FIELD_TEXT },

    { ngx_string("ttclid"),
      NGX_TIKTOK_FIELD_USER, NGX_TIKTOK_FIELD_TEXT },

    { ngx_string("ttp"),
      NGX_TIKTOK_FIELD_USER, NGX_TIKTOK_FIELD_TEXT },

    { ngx_string("value"),
      NGX_TIKTOK_FIELD_PROPERTIES, NGX_TIKTOK_FIELD_TEXT },

    { ngx_string("currency"),
      NGX_TIKTOK_FIELD_PROPERTIES, NGX_TIKTOK_FIELD_TEXT },

    { ngx_string("order_id"),
      NGX_TIKTOK_FIELD_PROPERTIES, NGX_TIKTOK_FIELD_TEXT },

    { ngx_string("content_type"),
      NGX_TIKTOK_FIELD_PROPERTIES, NGX_TIKTOK_FIELD_TEXT },

    { ngx_string("content_ids"),
      NGX_TIKTOK_FIELD_PROPERTIES, NGX_TIKTOK_FIELD_LIST },

    { ngx_string("query"),
      NGX_TIKTOK_FIELD_PROPERTIES, NGX_TIKTOK_FIELD_TEXT },

    { ngx_string("description"),
      NGX_TIKTOK_FIELD_PROPERTIES, NGX_TIKTOK_FIELD_TEXT },

    { ngx_null_string, 0, 0 }
};


static ngx_tiktok_event_field_t  ngx_tiktok_form_fields[] = {

    { ngx_string("event_time"),
      NGX_TIKTOK_FIELD_EVENT, NGX_TIKTOK_FIELD_TEXT },

    { ngx_string("consent"),
      NGX_TIKTOK_FIELD_EVENT, NGX_TIKTOK_FIELD_TEXT },

    { ngx_string("ip"),
      NGX_TIKTOK_FIELD_USER, NGX_TIKTOK_FIELD_TEXT },

    { ngx_string("user_agent"),
      NGX_TIKTOK_FIELD_USER, NGX_TIKTOK_FIELD_TEXT },

    { ngx_null_string, 0, 0 }
};


static ngx_str_t  ngx_tiktok_field_parts[] = {
    ngx_null_string,
    ngx_string("page"),
    ngx_string("user"),
    ngx_string("properties")
};


ngx_tiktok_event_field_t *
ngx_tiktok_event_field(ngx_str_t *name)
{
    return ngx_tiktok_field_find(ngx_tiktok_fields, name);
}


ngx_tiktok_event_field_t *
ngx_tiktok_form_field(ngx_str_t *name)
{
    ngx_tiktok_event_field_t  *field;

    field = ngx_tiktok_field_find(ngx_tiktok_fields, name);

    return field ? field : ngx_tiktok_field_find(ngx_tiktok_form_fields, name);
}


static ngx_tiktok_event_field_t *
ngx_tiktok_field_find(ngx_tiktok_event_field_t *field, ngx_str_t *name)
{
    for ( /* void */ ; field->name.len; field++) {
        if (field->name.len == name->len
            && ngx_memcmp(field->name.data, name->data, name->len) == 0)
        {
            return field;
        }
    }

    return NULL;
}


ngx_int_t
ngx_tiktok_event_field_check(ngx_pool_t *pool,
    ngx_tiktok_event_field_t *field, ngx_str_t *value)
{
    u_char             *p, *last;
    ngx_int_t           rc;
    ngx_tiktok_json_t   json;

    if (field->kind == NGX_TIKTOK_FIELD_JSON) {
        rc = ngx_tiktok_json_parse(pool, value, NGX_TIKTOK_FIELDS_DEPTH - 2,
                                   &json);
        if (rc == NGX_OK) {
            ngx_tiktok_json_destroy(&json);
        }

        return rc;
    }

    p = value->data;
    last = p + value->len;

    while (p < last) {
        if (*p == '\0' || ngx_tiktok_utf8_decode(&p, last)
                          == NGX_TIKTOK_UTF8_INVALID)
        {
            return NGX_DECLINED;
        }
    }

    return NGX_OK;
}


/*
 * The fields are written as JSON and read back: one parser has to be right
 * about UTF-8, limits and memory, not two.
 */

ngx_int_t
ngx_tiktok_fields_parse(ngx_pool_t *pool, ngx_tiktok_event_value_t *values,
    ngx_uint_t n, ngx_tiktok_json_t *json)
{
    size_t               size;
    ngx_int_t            rc;
    ngx_str_t            text;
    ngx_uint_t           i;
    ngx_tiktok_scan_t    scan;
    ngx_tiktok_writer_t  w;

    ngx_memzero(json, sizeof(ngx_tiktok_json_t));

    size = 256;

    for (i = 0; i < n; i++) {
        size += 32 + values[i].value.len;

        /* it must not end the object that it is put into */

        if (values[i].field->kind == NGX_TIKTOK_FIELD_JSON
            && ngx_tiktok_scan(&scan, &values[i].value,
                               NGX_TIKTOK_FIELDS_DEPTH)
               != NGX_OK)
        {
            json->error = scan.error;
            return NGX_DECLINED;
        }
    }

    if (ngx_tiktok_writer_init(&w, pool, size) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_tiktok_fields_write(&w, values, n);

    text.data = w.start;
    text.len = w.pos - w.start;

    rc = w.failed ? NGX_ERROR
                  : ngx_tiktok_json_parse(pool, &text, NGX_TIKTOK_FIELDS_DEPTH,
                                          json);

    ngx_explicit_memzero(w.start, w.pos - w.start);
    ngx_pfree(pool, w.start);

    return rc;
}


static void
ngx_tiktok_fields_write(ngx_tiktok_writer_t *w,
    ngx_tiktok_event_value_t *values, ngx_uint_t n)
{
    ngx_str_t   *name;
    ngx_uint_t   part;

    ngx_tiktok_write_literal(w, "{");

    ngx_tiktok_fields_write_part(w, values, n, NGX_TIKTOK_FIELD_EVENT);

    for (part = NGX_TIKTOK_FIELD_PAGE; part < NGX_TIKTOK_FIELD_PARTS; part++) {
        name = &ngx_tiktok_field_parts[part];

        ngx_tiktok_write_comma(w);
        ngx_tiktok_write_string(w, name->data, name->len);
        ngx_tiktok_write_literal(w, ":{");

        ngx_tiktok_fields_write_part(w, values, n, part);

        ngx_tiktok_write_literal(w, "}");
    }

    ngx_tiktok_write_literal(w, "}");
}


static void
ngx_tiktok_fields_write_part(ngx_tiktok_writer_t *w,
    ngx_tiktok_event_value_t *values, ngx_uint_t n,
    ngx_tiktok_event_part_e part)
{
    ngx_str_t                 *value;
    ngx_uint_t                 i;
    ngx_tiktok_event_field_t  *field;

    for (i = 0; i < n; i++) {
        field = values[i].field;
        value = &values[i].value;

        if (field->part != part) {
            continue;
        }

        ngx_tiktok_write_comma(w);
        ngx_tiktok_write_string(w, field->name.data, field->name.len);
        ngx_tiktok_write_literal(w, ":");

        switch (field->kind) {

        case NGX_TIKTOK_FIELD_LIST:
            ngx_tiktok_fields_write_list(w, value);
            break;

        case NGX_TIKTOK_FIELD_JSON:
            ngx_tiktok_write(w, value->data, value->len);
            break;

        default: /* NGX_TIKTOK_FIELD_TEXT */
            ngx_tiktok_write_string(w, value->data, value->len);
        }
    }
}


static void
ngx_tiktok_fields_write_list(ngx_tiktok_writer_t *w, ngx_str_t *value)
{
    u_char  *p, *end, *last;

    ngx_tiktok_write_literal(w, "[");

    last = value->data + value->len;

    for (p = value->data; p < last; p = end + 1) {

        end = ngx_strlchr(p, last, ',');
        if (end == NULL) {
            end = last;
        }

        if (p < end) {
            ngx_tiktok_write_comma(w);
            ngx_tiktok_write_string(w, p, end - p);
        }
    }

    ngx_tiktok_write_literal(w, "]");
}
