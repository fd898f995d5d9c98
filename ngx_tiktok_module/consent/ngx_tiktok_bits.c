
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_tiktok_bits.h"


#define NGX_TIKTOK_FIBONACCI_MAX  24        /* bits, for numbers to 75024 */

#define __  0xff


static ngx_inline uint32_t ngx_tiktok_bits_peek(ngx_tiktok_bits_t *bits,
    size_t pos, ngx_uint_t n);


/* the six bits of a byte of text; "=" does not pad these strings */

static u_char  ngx_tiktok_bits_values[256] = {
    __, __, __, __, __, __, __, __, __, __, __, __, __, __, __, __,
    __, __, __, __, __, __, __, __, __, __, __, __, __, __, __, __,
    __, __, __, __, __, __, __, __, __, __, __, __, __, 62, __, __,
    52, 53, 54, 55, 56, 57, 58, 59, 60, 61, __, __, __, __, __, __,
    __,  0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11, 12, 13, 14,
    15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, __, __, __, __, 63,
    __, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
    41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, __, __, __, __, __,
    __, __, __, __, __, __, __, __, __, __, __, __, __, __, __, __,
    __, __, __, __, __, __, __, __, __, __, __, __, __, __, __, __,
    __, __, __, __, __, __, __, __, __, __, __, __, __, __, __, __,
    __, __, __, __, __, __, __, __, __, __, __, __, __, __, __, __,
    __, __, __, __, __, __, __, __, __, __, __, __, __, __, __, __,
    __, __, __, __, __, __, __, __, __, __, __, __, __, __, __, __,
    __, __, __, __, __, __, __, __, __, __, __, __, __, __, __, __,
    __, __, __, __, __, __, __, __, __, __, __, __, __, __, __, __
};


ngx_int_t
ngx_tiktok_bits_init(ngx_tiktok_bits_t *bits, ngx_str_t *text)
{
    u_char    *p, *last, *values;
    uint32_t   seen;

    bits->data = text->data;
    bits->size = text->len * 6;
    bits->pos = 0;
    bits->failed = 0;

    if (text->len == 0) {
        return NGX_DECLINED;
    }

    values = ngx_tiktok_bits_values;
    p = text->data;
    last = p + text->len;
    seen = 0;

    /* all bytes, and four at a time: most of a string is not read at all */

    for ( /* void */ ; last - p >= 4; p += 4) {
        seen |= values[p[0]] | values[p[1]] | values[p[2]] | values[p[3]];
    }

    while (p < last) {
        seen |= values[*p++];
    }

    return (seen > 63) ? NGX_DECLINED : NGX_OK;
}


uint32_t
ngx_tiktok_bits_read(ngx_tiktok_bits_t *bits, ngx_uint_t n)
{
    size_t    i, end;
    uint32_t  value;

    if (n > bits->size - bits->pos) {
        bits->pos = bits->size;
        bits->failed = 1;
        return 0;
    }

    end = bits->pos + n;
    value = 0;

    for (i = bits->pos / 6; i * 6 < end; i++) {
        value = value << 6 | ngx_tiktok_bits_values[bits->data[i]];
    }

    bits->pos = end;

    return (value >> (i * 6 - end)) & (((uint32_t) 1 << n) - 1);
}


void
ngx_tiktok_bits_skip(ngx_tiktok_bits_t *bits, size_t n)
{
    if (n > bits->size - bits->pos) {
        bits->pos = bits->size;
        bits->failed = 1;
        return;
    }

    bits->pos += n;
}


ngx_uint_t
ngx_tiktok_bits_ranges(ngx_tiktok_bits_t *bits, ngx_uint_t max, ngx_uint_t id)
{
    size_t      pos;
    uint32_t    entry;
    ngx_uint_t  n, start, end, named;

    n = ngx_tiktok_bits_read(bits, 12);
    pos = bits->pos;
    named = 0;

    while (n--) {
        entry = ngx_tiktok_bits_peek(bits, pos, 1 + 16);
        pos += 1 + 16;

        start = entry & 0xffff;
        end = start;

        if (entry >> 16) {
            end = ngx_tiktok_bits_peek(bits, pos, 16);
            pos += 16;
        }

        if (pos > bits->size || start == 0 || end < start || end > max) {
            bits->failed = 1;
            return 0;
        }

        named |= (id >= start && id <= end);
    }

    bits->pos = pos;

    return named;
}


/*
 * Up to 19 bits, with zeros behind the end.  Strings are long because of
 * their ranges, so here is no loop where it can be helped.
 */

static ngx_inline uint32_t
ngx_tiktok_bits_peek(ngx_tiktok_bits_t *bits, size_t pos, ngx_uint_t n)
{
    size_t      i, last;
    u_char     *p, *values;
    uint32_t    value;
    ngx_uint_t  k;

    values = ngx_tiktok_bits_values;
    i = pos / 6;
    last = bits->size / 6;

    if (i + 4 <= last) {
        p = bits->data + i;
        value = values[p[0]] << 18 | values[p[1]] << 12 | values[p[2]] << 6
                | values[p[3]];

    } else {
        for (value = 0, k = 0; k < 4; k++, i++) {
            value = value << 6 | (i < last ? values[bits->data[i]] : 0);
        }
    }

    return (value >> (24 - n - pos % 6)) & (((uint32_t) 1 << n) - 1);
}


/* each bit stands for 1, 2, 3, 5, 8, ...; a second 1 in a row is the end */

uint32_t
ngx_tiktok_bits_fibonacci(ngx_tiktok_bits_t *bits)
{
    uint32_t    value, number, next, bit, previous;
    ngx_uint_t  n;

    value = 0;
    number = 1;
    next = 2;
    previous = 0;

    for (n = 0; n < NGX_TIKTOK_FIBONACCI_MAX; n++) {
        bit = ngx_tiktok_bits_read(bits, 1);

        if (bit && previous) {
            return value;
        }

        if (bit) {
            value += number;
        }

        previous = bit;

        next += number;
        number = next - number;
    }

    bits->failed = 1;

    return 0;
}


ngx_uint_t
ngx_tiktok_bits_done(ngx_tiktok_bits_t *bits)
{
    ngx_uint_t  n;

    while (bits->pos < bits->size) {
        n = ngx_min(bits->size - bits->pos, NGX_TIKTOK_BITS_MAX);

        if (ngx_tiktok_bits_read(bits, n) != 0) {
            return 0;
        }
    }

    return !bits->failed;
}


void
ngx_tiktok_bits_part(ngx_str_t *text, u_char separator, ngx_str_t *part)
{
    u_char  *p;

    *part = *text;

    p = memchr(text->data, separator, text->len);

    if (p == NULL) {
        ngx_str_null(text);
        return;
    }

    part->len = p - part->data;

    text->len -= part->len + 1;
    text->data = p + 1;
}
