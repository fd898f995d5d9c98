
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <math.h>
#include <stdio.h>
#include "ngx_tiktok_json.h"
#include "ngx_tiktok_utf8.h"


#define NGX_TIKTOK_FORMAT_SIZE  256         /* enough for the usual */
#define NGX_TIKTOK_NUMBER_SIZE  32          /* -1.23456789012345e-300 */
#define NGX_TIKTOK_EXACT        1e15        /* all integers up to here */
#define NGX_TIKTOK_FRACTION     6           /* digits, an even number */


static u_char *ngx_tiktok_write_escape(u_char *p, u_char c);
static ngx_uint_t ngx_tiktok_write_decimal(ngx_tiktok_writer_t *w,
    double number);


ngx_int_t
ngx_tiktok_writer_init(ngx_tiktok_writer_t *w, ngx_pool_t *pool, size_t size)
{
    w->pool = pool;
    w->failed = 0;

    w->start = ngx_pnalloc(pool, size);
    if (w->start == NULL) {
        w->pos = NULL;
        w->end = NULL;
        w->failed = 1;
        return NGX_ERROR;
    }

    w->pos = w->start;
    w->end = w->start + size;

    return NGX_OK;
}


/* what is given back is wiped: it may hold clear text */

ngx_int_t
ngx_tiktok_writer_grow(ngx_tiktok_writer_t *w, size_t len)
{
    u_char  *p;
    size_t   used, size;

    used = w->pos - w->start;
    size = ngx_max(2 * (size_t) (w->end - w->start), used + len);

    p = w->failed ? NULL : ngx_pnalloc(w->pool, size);

    if (p == NULL) {
        w->failed = 1;
        w->end = w->pos;
        return NGX_ERROR;
    }

    ngx_memcpy(p, w->start, used);

    ngx_explicit_memzero(w->start, used);
    ngx_pfree(w->pool, w->start);

    w->start = p;
    w->pos = p + used;
    w->end = p + size;

    return NGX_OK;
}


void
ngx_tiktok_write_format(ngx_tiktok_writer_t *w, const char *fmt, ...)
{
    u_char   *p;
    size_t    size;
    va_list   args;

    for (size = NGX_TIKTOK_FORMAT_SIZE; /* void */ ; size *= 2) {

        if (ngx_tiktok_writer_reserve(w, size) != NGX_OK) {
            return;
        }

        va_start(args, fmt);
        p = ngx_vslprintf(w->pos, w->pos + size, fmt, args);
        va_end(args);

        /* filled to the brim, it may have been cut */

        if (p < w->pos + size) {
            w->pos = p;
            return;
        }
    }
}


void
ngx_tiktok_write_comma(ngx_tiktok_writer_t *w)
{
    u_char  c;

    /* a string ends in '"', so these are never a part of one */

    c = (w->pos == w->start) ? '[' : w->pos[-1];

    if (c != '{' && c != '['
        && ngx_tiktok_writer_reserve(w, 1) == NGX_OK)
    {
        *w->pos++ = ',';
    }
}


void
ngx_tiktok_write_name(ngx_tiktok_writer_t *w, const char *name)
{
    ngx_tiktok_write_comma(w);
    ngx_tiktok_write_string(w, (u_char *) name, ngx_strlen(name));
    ngx_tiktok_write_literal(w, ":");
}


void
ngx_tiktok_write_plain_name(ngx_tiktok_writer_t *w, ngx_str_t *name)
{
    u_char  *p;

    if (ngx_tiktok_writer_reserve(w, name->len + sizeof(",\"\":") - 1)
        != NGX_OK)
    {
        return;
    }

    ngx_tiktok_write_comma(w);

    p = w->pos;

    *p++ = '"';
    p = ngx_cpymem(p, name->data, name->len);
    *p++ = '"';
    *p++ = ':';

    w->pos = p;
}


void
ngx_tiktok_write_string(ngx_tiktok_writer_t *w, u_char *data, size_t len)
{
    if (ngx_tiktok_utf8_plain(data, data + len) == data + len) {
        ngx_tiktok_write_quoted(w, data, len);
        return;
    }

    ngx_tiktok_write_literal(w, "\"");
    ngx_tiktok_write_text(w, data, len);
    ngx_tiktok_write_literal(w, "\"");
}


void
ngx_tiktok_write_quoted(ngx_tiktok_writer_t *w, u_char *data, size_t len)
{
    if (ngx_tiktok_writer_reserve(w, len + 2) != NGX_OK) {
        return;
    }

    *w->pos++ = '"';
    w->pos = ngx_cpymem(w->pos, data, len);
    *w->pos++ = '"';
}


void
ngx_tiktok_write_text(ngx_tiktok_writer_t *w, u_char *data, size_t len)
{
    u_char  *p, *run, *last;

    last = data + len;

    for (p = data; p < last; p++) {
        run = p;

        for ( ;; ) {
            p = ngx_tiktok_utf8_plain(p, last);

            if (p == last || *p < 0x80) {
                break;
            }

            p++;
        }

        if (ngx_tiktok_writer_reserve(w, p - run + sizeof("\\u0000") - 1)
            != NGX_OK)
        {
            return;
        }

        w->pos = ngx_cpymem(w->pos, run, p - run);

        if (p == last) {
            return;
        }

        w->pos = ngx_tiktok_write_escape(w->pos, *p);
    }
}


static u_char *
ngx_tiktok_write_escape(u_char *p, u_char c)
{
    static u_char  hex[] = "0123456789abcdef";

    *p++ = '\\';

    switch (c) {

    case '"':
    case '\\':
        *p++ = c;
        return p;

    case '\b':
        *p++ = 'b';
        return p;

    case '\f':
        *p++ = 'f';
        return p;

    case '\n':
        *p++ = 'n';
        return p;

    case '\r':
        *p++ = 'r';
        return p;

    case '\t':
        *p++ = 't';
        return p;
    }

    p = ngx_cpymem(p, "u00", sizeof("u00") - 1);

    *p++ = hex[c >> 4];
    *p++ = hex[c & 0xf];

    return p;
}


void
ngx_tiktok_write_number(ngx_tiktok_writer_t *w, double number)
{
    char    *p;
    char     buf[NGX_TIKTOK_NUMBER_SIZE];
    size_t   len;

    if (!isfinite(number)) {
        w->failed = 1;
        return;
    }

    if (ngx_tiktok_write_decimal(w, number)) {
        return;
    }

    len = snprintf(buf, NGX_TIKTOK_NUMBER_SIZE, "%.15g", number);

    if (strtod(buf, NULL) != number) {
        len = snprintf(buf, NGX_TIKTOK_NUMBER_SIZE, "%.17g", number);
    }

    /* another module may have set a locale */

    p = strchr(buf, ',');
    if (p) {
        *p = '.';
    }

    ngx_tiktok_write(w, buf, len);
}


/*
 * Integers, and amounts of money: n / 100 is the double nearest to the
 * decimal fraction as long as n is exact, so no digits need to be tried.
 */

static ngx_uint_t
ngx_tiktok_write_decimal(ngx_tiktok_writer_t *w, double number)
{
    u_char      *p;
    u_char       buf[NGX_TIKTOK_NUMBER_SIZE];
    double       absolute;
    uint64_t     n, scale;
    ngx_uint_t   digits, i;

    absolute = fabs(number);
    digits = 0;

    for (scale = 1; /* void */ ; scale *= 100) {

        if (digits > NGX_TIKTOK_FRACTION
            || absolute * scale > NGX_TIKTOK_EXACT)
        {
            return 0;
        }

        n = (uint64_t) (absolute * scale + 0.5);

        if ((double) n / scale == absolute) {
            break;
        }

        digits += 2;
    }

    if (digits && n % 10 == 0) {
        n /= 10;
        digits--;
    }

    /* from the last digit to the first, at least one before the point */

    p = buf + NGX_TIKTOK_NUMBER_SIZE;

    for (i = 0; n || i <= digits; i++) {

        if (i && i == digits) {
            *--p = '.';
        }

        *--p = (u_char) ('0' + n % 10);
        n /= 10;
    }

    if (number < 0) {
        *--p = '-';
    }

    ngx_tiktok_write(w, p, buf + NGX_TIKTOK_NUMBER_SIZE - p);

    return 1;
}
