
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_tiktok_json.h"


#define NGX_TIKTOK_FORM_DEPTH  3


/* the objects of an event, in the order in which they are written */

typedef enum {
    NGX_TIKTOK_FORM_EVENT = 0,
    NGX_TIKTOK_FORM_PAGE,
    NGX_TIKTOK_FORM_USER,
    NGX_TIKTOK_FORM_PROPERTIES,
    NGX_TIKTOK_FORM_PARTS
} ngx_tiktok_form_part_e;


typedef struct {
    ngx_str_t                name;
    ngx_tiktok_form_part_e   part;
    ngx_uint_t               list;          /* of values between commas */
} ngx_tiktok_form_field_t;


static ngx_int_t ngx_tiktok_form_read(ngx_str_t *text, u_char *buf,
    ngx_str_t *values);
static u_char *ngx_tiktok_form_decode(u_char *dst, u_char *src,
    u_char *last);
static ngx_uint_t ngx_tiktok_form_lookup(ngx_str_t *name);
static void ngx_tiktok_form_write(ngx_tiktok_writer_t *w, ngx_str_t *values);
static void ngx_tiktok_form_write_part(ngx_tiktok_writer_t *w,
    ngx_str_t *values, ngx_tiktok_form_part_e part);
static void ngx_tiktok_form_write_list(ngx_tiktok_writer_t *w,
    ngx_str_t *value);


static ngx_tiktok_form_field_t  ngx_tiktok_form_fields[] = {
    { ngx_string("event"), NGX_TIKTOK_FORM_EVENT, 0 },
    { ngx_string("event_id"), NGX_TIKTOK_FORM_EVENT, 0 },
    { ngx_string("url"), NGX_TIKTOK_FORM_PAGE, 0 },
    { ngx_string("referrer"), NGX_TIKTOK_FORM_PAGE, 0 },
    { ngx_string("email"), NGX_TIKTOK_FORM_USER, 0 },
    { ngx_string("phone"), NGX_TIKTOK_FORM_USER, 0 },
    { ngx_string("external_id"), NGX_TIKTOK_FORM_USER, 0 },
    { ngx_string("ttclid"), NGX_TIKTOK_FORM_USER, 0 },
    { ngx_string("ttp"), NGX_TIKTOK_FORM_USER, 0 },
    { ngx_string("value"), NGX_TIKTOK_FORM_PROPERTIES, 0 },
    { ngx_string("currency"), NGX_TIKTOK_FORM_PROPERTIES, 0 },
    { ngx_string("order_id"), NGX_TIKTOK_FORM_PROPERTIES, 0 },
    { ngx_string("content_type"), NGX_TIKTOK_FORM_PROPERTIES, 0 },
    { ngx_string("content_ids"), NGX_TIKTOK_FORM_PROPERTIES, 1 },
    { ngx_string("query"), NGX_TIKTOK_FORM_PROPERTIES, 0 },
    { ngx_string("description"), NGX_TIKTOK_FORM_PROPERTIES, 0 }
};


#define NGX_TIKTOK_FORM_FIELDS                                                \
    (sizeof(ngx_tiktok_form_fields) / sizeof(ngx_tiktok_form_field_t))


static ngx_str_t  ngx_tiktok_form_parts[] = {
    ngx_null_string,
    ngx_string("page"),
    ngx_string("user"),
    ngx_string("properties")
};


/*
 * The form is written as JSON and read back: one parser has to be right
 * about UTF-8, limits and memory, not two.
 */

ngx_int_t
ngx_tiktok_form_parse(ngx_pool_t *pool, ngx_str_t *text,
    ngx_tiktok_json_t *json)
{
    u_char               *buf;
    ngx_int_t             rc;
    ngx_str_t             written;
    ngx_str_t             values[NGX_TIKTOK_FORM_FIELDS];
    ngx_tiktok_writer_t   w;

    ngx_memzero(json, sizeof(ngx_tiktok_json_t));

    buf = ngx_pnalloc(pool, text->len + 1);
    if (buf == NULL) {
        return NGX_ERROR;
    }

    if (ngx_tiktok_writer_init(&w, pool, 2 * text->len + 256) != NGX_OK) {
        return NGX_ERROR;
    }

    rc = ngx_tiktok_form_read(text, buf, values);

    if (rc == NGX_OK) {
        ngx_tiktok_form_write(&w, values);

        written.data = w.start;
        written.len = w.pos - w.start;

        rc = w.failed ? NGX_ERROR
                      : ngx_tiktok_json_parse(pool, &written,
                                              NGX_TIKTOK_FORM_DEPTH, json);
    } else {
        json->error = "a name comes twice";
    }

    ngx_explicit_memzero(buf, text->len);
    ngx_explicit_memzero(w.start, w.pos - w.start);

    ngx_pfree(pool, buf);
    ngx_pfree(pool, w.start);

    return rc;
}


static ngx_int_t
ngx_tiktok_form_read(ngx_str_t *text, u_char *buf, ngx_str_t *values)
{
    u_char      *p, *end, *equals, *last;
    ngx_str_t    name;
    ngx_uint_t   i;

    ngx_memzero(values, NGX_TIKTOK_FORM_FIELDS * sizeof(ngx_str_t));

    last = text->data + text->len;

    for (p = text->data; p < last; p = end + 1) {

        end = ngx_strlchr(p, last, '&');
        if (end == NULL) {
            end = last;
        }

        equals = ngx_strlchr(p, end, '=');
        if (equals == NULL) {
            equals = end;
        }

        name.data = buf;
        buf = ngx_tiktok_form_decode(buf, p, equals);
        name.len = buf - name.data;

        i = ngx_tiktok_form_lookup(&name);

        if (i == NGX_TIKTOK_FORM_FIELDS) {
            continue;
        }

        if (values[i].data) {
            return NGX_DECLINED;
        }

        values[i].data = buf;

        if (equals < end) {
            buf = ngx_tiktok_form_decode(buf, equals + 1, end);
        }

        values[i].len = buf - values[i].data;
    }

    return NGX_OK;
}


/* as browsers do, "%" without two digits stays */

static u_char *
ngx_tiktok_form_decode(u_char *dst, u_char *src, u_char *last)
{
    ngx_int_t  c;

    while (src < last) {

        if (*src == '%' && last - src > 2) {
            c = ngx_hextoi(src + 1, 2);

            if (c != NGX_ERROR) {
                *dst++ = (u_char) c;
                src += 3;
                continue;
            }
        }

        *dst++ = (*src == '+') ? ' ' : *src;
        src++;
    }

    return dst;
}


static ngx_uint_t
ngx_tiktok_form_lookup(ngx_str_t *name)
{
    ngx_str_t   *known;
    ngx_uint_t   i;

    for (i = 0; i < NGX_TIKTOK_FORM_FIELDS; i++) {
        known = &ngx_tiktok_form_fields[i].name;

        if (known->len == name->len
            && ngx_memcmp(known->data, name->data, name->len) == 0)
        {
            break;
        }
    }

    return i;
}


static void
ngx_tiktok_form_write(ngx_tiktok_writer_t *w, ngx_str_t *values)
{
    ngx_uint_t   part;
    ngx_str_t   *name;

    ngx_tiktok_write_literal(w, "{");

    ngx_tiktok_form_write_part(w, values, NGX_TIKTOK_FORM_EVENT);

    for (part = NGX_TIKTOK_FORM_PAGE; part < NGX_TIKTOK_FORM_PARTS; part++) {
        name = &ngx_tiktok_form_parts[part];

        ngx_tiktok_write_comma(w);
        ngx_tiktok_write_string(w, name->data, name->len);
        ngx_tiktok_write_literal(w, ":{");

        ngx_tiktok_form_write_part(w, values, part);

        ngx_tiktok_write_literal(w, "}");
    }

    ngx_tiktok_write_literal(w, "}");
}


static void
ngx_tiktok_form_write_part(ngx_tiktok_writer_t *w, ngx_str_t *values,
    ngx_tiktok_form_part_e part)
{
    ngx_uint_t                i;
    ngx_tiktok_form_field_t  *field;

    for (i = 0; i < NGX_TIKTOK_FORM_FIELDS; i++) {
        field = &ngx_tiktok_form_fields[i];

        if (field->part != part || values[i].data == NULL) {
            continue;
        }

        ngx_tiktok_write_comma(w);
        ngx_tiktok_write_string(w, field->name.data, field->name.len);
        ngx_tiktok_write_literal(w, ":");

        if (field->list) {
            ngx_tiktok_form_write_list(w, &values[i]);

        } else {
            ngx_tiktok_write_string(w, values[i].data, values[i].len);
        }
    }
}


static void
ngx_tiktok_form_write_list(ngx_tiktok_writer_t *w, ngx_str_t *value)
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
