
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * Amounts of money as shops write them.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_tiktok_scan.h"
#include "ngx_tiktok_utf8.h"
#include "ngx_tiktok_values.h"


#define NGX_TIKTOK_AMOUNT_TEXT  64          /* separators have up to 3 bytes */
#define NGX_TIKTOK_AMOUNT_MAX   100000000000000000ULL


/* what stands between digits, by how it is sent */

typedef struct {
    uint32_t     last;              /* the last separator */
    ngx_uint_t   n;                 /* how often that one comes */
    uint32_t     other;             /* another one before it, or 0 */
} ngx_tiktok_separators_t;


static ngx_int_t ngx_tiktok_amount_separators(ngx_str_t *text,
    ngx_tiktok_separators_t *s);
static uint32_t ngx_tiktok_amount_next(u_char **p, u_char *last);
static ngx_int_t ngx_tiktok_amount_join(ngx_str_t *text, u_char *buf,
    uint32_t thousands, uint32_t decimal, ngx_str_t *digits);


ngx_int_t
ngx_tiktok_amount(ngx_str_t *text, u_char *buf, ngx_str_t *digits)
{
    u_char                   *last;
    ngx_tiktok_number_e       kind;
    ngx_tiktok_separators_t   s;

    *digits = *text;

    ngx_tiktok_utf8_trim(digits);

    last = digits->data + digits->len;

    if (ngx_tiktok_scan_number(digits->data, last, &kind) == last) {
        return (digits->len > NGX_TIKTOK_AMOUNT_LEN
                || kind == NGX_TIKTOK_NUMBER_RANGE) ? NGX_DECLINED : NGX_OK;
    }

    if (ngx_tiktok_amount_separators(digits, &s) != NGX_OK) {
        return NGX_DECLINED;
    }

    /* what comes twice, and what is no point or comma, parts thousands */

    if (s.n > 1 || (s.last != '.' && s.last != ',')) {

        if (s.other) {
            return NGX_DECLINED;
        }

        return ngx_tiktok_amount_join(digits, buf, s.last, 0, digits);
    }

    return ngx_tiktok_amount_join(digits, buf, s.other, s.last, digits);
}


/* NGX_DECLINED for other characters, and for more than two separators */

static ngx_int_t
ngx_tiktok_amount_separators(ngx_str_t *text, ngx_tiktok_separators_t *s)
{
    u_char    *p, *last;
    uint32_t   c;

    ngx_memzero(s, sizeof(ngx_tiktok_separators_t));

    if (text->len > NGX_TIKTOK_AMOUNT_TEXT) {
        return NGX_DECLINED;
    }

    p = text->data;
    last = p + text->len;

    while (p < last) {
        c = ngx_tiktok_amount_next(&p, last);

        if (c >= '0' && c <= '9') {
            continue;
        }

        if (c == 0) {
            return NGX_DECLINED;
        }

        if (c == s->last) {
            s->n++;
            continue;
        }

        if (s->other) {
            return NGX_DECLINED;
        }

        s->other = s->last;
        s->last = c;
        s->n = 1;
    }

    return NGX_OK;
}


/* a digit, a separator, blanks and apostrophes being one each, or 0 */

static uint32_t
ngx_tiktok_amount_next(u_char **p, u_char *last)
{
    uint32_t  c;

    c = ngx_tiktok_utf8_decode(p, last);

    if ((c >= '0' && c <= '9') || c == '.' || c == ',' || c == '\'') {
        return c;
    }

    if (c == 0x2019) {
        return '\'';
    }

    return (c != NGX_TIKTOK_UTF8_INVALID && ngx_tiktok_utf8_blank(c)) ? ' ' : 0;
}


/* groups of thousands must be whole, and no comma may be read in two ways */

static ngx_int_t
ngx_tiktok_amount_join(ngx_str_t *text, u_char *buf, uint32_t thousands,
    uint32_t decimal, ngx_str_t *digits)
{
    u_char      *p, *last, *dst, *point;
    uint32_t     c;
    ngx_uint_t   group, groups;

    p = text->data;
    last = p + text->len;
    dst = buf;
    point = NULL;
    group = 0;
    groups = 0;

    while (p < last) {
        c = ngx_tiktok_amount_next(&p, last);

        if (c >= '0' && c <= '9') {

            if (dst == buf + NGX_TIKTOK_AMOUNT_LEN) {
                return NGX_DECLINED;
            }

            *dst++ = (u_char) c;
            group++;
            continue;
        }

        if (group == 0 || (groups && group != 3)
            || (thousands && groups == 0 && group > 3))
        {
            return NGX_DECLINED;
        }

        group = 0;

        if (c == thousands) {

            if (point || *buf == '0') {
                return NGX_DECLINED;
            }

            groups++;
            continue;
        }

        groups = 0;
        point = dst;

        if (dst == buf + NGX_TIKTOK_AMOUNT_LEN) {
            return NGX_DECLINED;
        }

        *dst++ = '.';
    }

    if (group == 0 || (groups && group != 3)) {
        return NGX_DECLINED;
    }

    if (point == NULL) {
        point = dst;
    }

    /* "01,5" is no amount; "1,234" may be one, and a thousand times as much */

    if ((*buf == '0' && point > buf + 1)
        || (decimal == ',' && thousands == 0 && *buf != '0'
            && point - buf <= 3 && group == 3))
    {
        return NGX_DECLINED;
    }

    digits->data = buf;
    digits->len = dst - buf;

    return NGX_OK;
}


ngx_int_t
ngx_tiktok_amount_scale(ngx_str_t *digits, ngx_uint_t decimals,
    uint64_t *number)
{
    u_char      *p, *last;
    uint64_t     n;
    ngx_uint_t   point;

    n = 0;
    point = 0;
    last = digits->data + digits->len;

    for (p = digits->data; p < last; p++) {

        if (*p == '.') {
            point = 1;
            continue;
        }

        if (*p < '0' || *p > '9' || n > NGX_TIKTOK_AMOUNT_MAX) {
            return NGX_DECLINED;
        }

        if (point) {

            if (decimals == 0) {
                if (*p != '0') {
                    return NGX_DECLINED;
                }

                continue;
            }

            decimals--;
        }

        n = n * 10 + (*p - '0');
    }

    for ( /* void */ ; decimals; decimals--) {

        if (n > NGX_TIKTOK_AMOUNT_MAX) {
            return NGX_DECLINED;
        }

        n *= 10;
    }

    *number = n;

    return NGX_OK;
}
