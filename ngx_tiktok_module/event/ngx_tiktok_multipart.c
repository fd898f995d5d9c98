
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * What browsers make of a form with enctype="multipart/form-data", or of a
 * FormData object: parts between boundaries, each with headers of its own.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_tiktok_path.h"


#define NGX_TIKTOK_BOUNDARY_LEN  70         /* RFC 2046 */


static ngx_int_t ngx_tiktok_multipart_boundary(ngx_str_t *type,
    u_char *delimiter, size_t *len);
static u_char *ngx_tiktok_multipart_next(u_char *p, u_char *last,
    u_char *delimiter, size_t len);
static ngx_uint_t ngx_tiktok_multipart_named(u_char *p, u_char *last,
    ngx_str_t *name);
static ngx_uint_t ngx_tiktok_multipart_parameter(u_char *p, u_char *last,
    const char *parameter, ngx_str_t *value);


ngx_int_t
ngx_tiktok_multipart_find(ngx_str_t *text, ngx_str_t *type, ngx_str_t *name,
    ngx_str_t *value)
{
    size_t      len;
    u_char     *p, *end, *body, *last;
    u_char      delimiter[sizeof(CRLF "--") - 1 + NGX_TIKTOK_BOUNDARY_LEN];
    ngx_int_t   rc;

    if (ngx_tiktok_multipart_boundary(type, delimiter, &len) != NGX_OK) {
        return NGX_DECLINED;
    }

    rc = NGX_DECLINED;

    last = text->data + text->len;

    /* the first delimiter stands at the start, without the line end */

    if (text->len < len - 2
        || ngx_memcmp(text->data, delimiter + 2, len - 2) != 0)
    {
        return NGX_DECLINED;
    }

    p = text->data + len - 2;

    for ( ;; ) {

        /* the last one has two dashes behind it */

        if (last - p < 2 || p[0] != CR || p[1] != LF) {
            return rc;
        }

        end = ngx_tiktok_multipart_next(p, last, delimiter, len);

        if (end == NULL) {
            /* cut off */
            return NGX_DECLINED;
        }

        body = ngx_tiktok_multipart_next(p, end, (u_char *) CRLF CRLF, 4);

        if (body && ngx_tiktok_multipart_named(p, body, name)) {
            value->data = body + 4;
            value->len = end - value->data;
            rc = NGX_OK;
        }

        p = end + len;
    }
}


static ngx_int_t
ngx_tiktok_multipart_boundary(ngx_str_t *type, u_char *delimiter, size_t *len)
{
    u_char     *p;
    ngx_str_t   boundary;

    if (!ngx_tiktok_multipart_parameter(type->data, type->data + type->len,
                                        "boundary=", &boundary)
        || boundary.len == 0
        || boundary.len > NGX_TIKTOK_BOUNDARY_LEN)
    {
        return NGX_DECLINED;
    }

    p = ngx_cpymem(delimiter, CRLF "--", sizeof(CRLF "--") - 1);
    p = ngx_cpymem(p, boundary.data, boundary.len);

    *len = p - delimiter;

    return NGX_OK;
}


static u_char *
ngx_tiktok_multipart_next(u_char *p, u_char *last, u_char *delimiter,
    size_t len)
{
    for ( /* void */ ; (size_t) (last - p) >= len; p++) {

        p = ngx_strlchr(p, last - len + 1, delimiter[0]);

        if (p == NULL) {
            return NULL;
        }

        if (ngx_memcmp(p, delimiter, len) == 0) {
            return p;
        }
    }

    return NULL;
}


/* whether the headers of a part have the name, and none of a file */

static ngx_uint_t
ngx_tiktok_multipart_named(u_char *p, u_char *last, ngx_str_t *name)
{
    u_char     *end;
    ngx_str_t   value;

    for ( /* void */ ; p < last; p = end) {

        p += 2;

        end = ngx_tiktok_multipart_next(p, last, (u_char *) CRLF, 2);

        if (end == NULL) {
            end = last;
        }

        if (end - p < 20
            || ngx_strncasecmp(p, (u_char *) "Content-Disposition:", 20) != 0)
        {
            continue;
        }

        return !ngx_tiktok_multipart_parameter(p, end, "filename=", &value)
               && !ngx_tiktok_multipart_parameter(p, end, "filename*=",
                                                  &value)
               && ngx_tiktok_multipart_parameter(p, end, "name=", &value)
               && value.len == name->len
               && ngx_memcmp(value.data, name->data, name->len) == 0;
    }

    return 0;
}


/* a parameter of a header, in quotes or without */

static ngx_uint_t
ngx_tiktok_multipart_parameter(u_char *p, u_char *last, const char *parameter,
    ngx_str_t *value)
{
    u_char      *end;
    size_t       len;
    ngx_uint_t   quoted;

    len = ngx_strlen(parameter);

    for ( ;; ) {

        p = ngx_strlchr(p, last, ';');

        if (p == NULL) {
            return 0;
        }

        do {
            p++;
        } while (p < last && (*p == ' ' || *p == '\t'));

        if ((size_t) (last - p) < len
            || ngx_strncasecmp(p, (u_char *) parameter, len) != 0)
        {
            continue;
        }

        p += len;

        quoted = (p < last && *p == '"');
        p += quoted;

        end = ngx_strlchr(p, last, quoted ? '"' : ';');

        if (end == NULL) {

            if (quoted) {
                return 0;
            }

            end = last;
        }

        value->data = p;
        value->len = end - p;

        return 1;
    }
}
