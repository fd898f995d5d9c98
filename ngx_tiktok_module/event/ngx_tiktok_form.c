
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_tiktok_fields.h"
#include "ngx_tiktok_path.h"


static ngx_int_t ngx_tiktok_form_read(ngx_str_t *text, u_char *buf,
    ngx_tiktok_event_value_t *values, ngx_uint_t *n);


ngx_int_t
ngx_tiktok_form_parse(ngx_pool_t *pool, ngx_str_t *text,
    ngx_tiktok_json_t *json)
{
    u_char                    *buf;
    ngx_int_t                  rc;
    ngx_uint_t                 n;
    ngx_tiktok_event_value_t   values[NGX_TIKTOK_FIELDS];

    ngx_memzero(json, sizeof(ngx_tiktok_json_t));

    buf = ngx_pnalloc(pool, text->len + 1);
    if (buf == NULL) {
        return NGX_ERROR;
    }

    rc = ngx_tiktok_form_read(text, buf, values, &n);

    if (rc == NGX_OK) {
        rc = ngx_tiktok_fields_parse(pool, values, n, json);

    } else {
        json->error = "a name comes twice";
    }

    ngx_explicit_memzero(buf, text->len);
    ngx_pfree(pool, buf);

    return rc;
}


static ngx_int_t
ngx_tiktok_form_read(ngx_str_t *text, u_char *buf,
    ngx_tiktok_event_value_t *values, ngx_uint_t *n)
{
    u_char                    *p, *end, *equals, *last;
    ngx_str_t                  name;
    ngx_uint_t                 i;
    ngx_tiktok_event_field_t  *field;

    *n = 0;

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

        field = ngx_tiktok_form_field(&name);

        if (field == NULL) {
            continue;
        }

        for (i = 0; i < *n; i++) {
            if (values[i].field == field) {
                return NGX_DECLINED;
            }
        }

        if (i == NGX_TIKTOK_FIELDS) {
            return NGX_DECLINED;
        }

        values[i].field = field;
        values[i].value.data = buf;

        if (equals < end) {
            buf = ngx_tiktok_form_decode(buf, equals + 1, end);
        }

        values[i].value.len = buf - values[i].value.data;

        (*n)++;
    }

    return NGX_OK;
}


ngx_int_t
ngx_tiktok_form_find(ngx_pool_t *pool, ngx_str_t *text, ngx_str_t *name,
    ngx_str_t *value)
{
    u_char  *p, *end, *equals, *last, *found, *found_end, *buf;
    size_t   len;

    /* nginx leaves it open where an empty query string is */

    if (text->len == 0) {
        return NGX_DECLINED;
    }

    buf = ngx_pnalloc(pool, text->len + 1);
    if (buf == NULL) {
        return NGX_ERROR;
    }

    found = NULL;
    found_end = NULL;

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

        len = ngx_tiktok_form_decode(buf, p, equals) - buf;

        if (len == name->len && ngx_memcmp(buf, name->data, len) == 0) {
            found = ngx_min(equals + 1, end);
            found_end = end;
        }
    }

    if (found == NULL) {
        ngx_pfree(pool, buf);
        return NGX_DECLINED;
    }

    value->data = buf;
    value->len = ngx_tiktok_form_decode(buf, found, found_end) - buf;

    return NGX_OK;
}


u_char *
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
