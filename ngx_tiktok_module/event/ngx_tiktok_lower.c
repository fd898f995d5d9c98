
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_tiktok_lower.h"
#include "ngx_tiktok_utf8.h"


#define NGX_TIKTOK_DOTTED_I       0x130
#define NGX_TIKTOK_DOT_ABOVE      0x307
#define NGX_TIKTOK_CAPITAL_SIGMA  0x3a3
#define NGX_TIKTOK_SMALL_SIGMA    0x3c3
#define NGX_TIKTOK_FINAL_SIGMA    0x3c2


/* the characters from first to last in steps of stride become c + delta */

typedef struct {
    uint32_t  first;
    uint32_t  last;
    uint32_t  stride;
    int32_t   delta;
} ngx_tiktok_mapping_t;


typedef struct {
    uint32_t  first;
    uint32_t  last;
} ngx_tiktok_range_t;


#include "ngx_tiktok_lower_tables.h"


static uint32_t ngx_tiktok_lower_char(uint32_t c);
static ngx_uint_t ngx_tiktok_lower_final(u_char *start, u_char *p,
    u_char *next, u_char *last);
static ngx_uint_t ngx_tiktok_lower_in(ngx_tiktok_range_t *ranges,
    ngx_uint_t n, uint32_t c);

#define ngx_tiktok_lower_is(table, c)                                         \
    ngx_tiktok_lower_in(table, sizeof(table) / sizeof(table[0]), c)


u_char *
ngx_tiktok_lower(u_char *dst, u_char *src, size_t len)
{
    u_char    *p, *s, *last;
    uint32_t   c;

    p = src;
    last = src + len;

    while (p < last) {

        if (*p < 0x80) {
            *dst++ = ngx_tolower(*p);
            p++;
            continue;
        }

        s = p;
        c = ngx_tiktok_utf8_decode(&p, last);

        switch (c) {

        case NGX_TIKTOK_UTF8_INVALID:
            return NULL;

        case NGX_TIKTOK_DOTTED_I:
            *dst++ = 'i';
            c = NGX_TIKTOK_DOT_ABOVE;
            break;

        case NGX_TIKTOK_CAPITAL_SIGMA:
            c = ngx_tiktok_lower_final(src, s, p, last)
                ? NGX_TIKTOK_FINAL_SIGMA
                : NGX_TIKTOK_SMALL_SIGMA;
            break;

        default:
            c = ngx_tiktok_lower_char(c);
        }

        dst = ngx_tiktok_utf8_encode(dst, c);
    }

    return dst;
}


static uint32_t
ngx_tiktok_lower_char(uint32_t c)
{
    ngx_uint_t             low, high, i;
    ngx_tiktok_mapping_t  *m;

    low = 0;
    high = sizeof(ngx_tiktok_mappings) / sizeof(ngx_tiktok_mappings[0]);

    while (low < high) {
        i = (low + high) / 2;
        m = &ngx_tiktok_mappings[i];

        if (c < m->first) {
            high = i;

        } else if (c > m->last) {
            low = i + 1;

        } else {
            return (c - m->first) % m->stride ? c : c + m->delta;
        }
    }

    return c;
}


/*
 * A sigma is final behind a letter with case and not before one, whatever
 * of apostrophes, accents and the like stands between them.
 */

static ngx_uint_t
ngx_tiktok_lower_final(u_char *start, u_char *p, u_char *next, u_char *last)
{
    u_char    *q;
    uint32_t   c;

    for ( ;; ) {

        if (p == start) {
            return 0;
        }

        do {
            p--;
        } while (p > start && (*p & 0xc0) == 0x80);

        q = p;
        c = ngx_tiktok_utf8_decode(&q, last);

        if (!ngx_tiktok_lower_is(ngx_tiktok_case_ignorable, c)) {
            break;
        }
    }

    if (!ngx_tiktok_lower_is(ngx_tiktok_cased, c)) {
        return 0;
    }

    while (next < last) {
        c = ngx_tiktok_utf8_decode(&next, last);

        if (c == NGX_TIKTOK_UTF8_INVALID) {
            break;
        }

        if (!ngx_tiktok_lower_is(ngx_tiktok_case_ignorable, c)) {
            return !ngx_tiktok_lower_is(ngx_tiktok_cased, c);
        }
    }

    return 1;
}


ngx_uint_t
ngx_tiktok_punctuation(uint32_t c)
{
    if (c < 0x80) {
        return c > ' ' && c < 0x7f
               && (c < '0' || c > '9')
               && ((c | 0x20) < 'a' || (c | 0x20) > 'z');
    }

    return ngx_tiktok_lower_is(ngx_tiktok_punctuations, c);
}


static ngx_uint_t
ngx_tiktok_lower_in(ngx_tiktok_range_t *ranges, ngx_uint_t n, uint32_t c)
{
    ngx_uint_t  low, high, i;

    low = 0;
    high = n;

    while (low < high) {
        i = (low + high) / 2;

        if (c < ranges[i].first) {
            high = i;

        } else if (c > ranges[i].last) {
            low = i + 1;

        } else {
            return 1;
        }
    }

    return 0;
}
