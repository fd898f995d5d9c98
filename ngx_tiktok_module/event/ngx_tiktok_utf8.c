
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_tiktok_utf8.h"


#define NGX_TIKTOK_EACH_BYTE  0x0101010101010101ULL


static ngx_inline uint64_t ngx_tiktok_utf8_other(u_char *p);
static ngx_inline u_char *ngx_tiktok_utf8_first(u_char *p, uint64_t other);
static u_char *ngx_tiktok_utf8_previous(u_char *p, u_char *start);


/* a bit for each byte: ASCII but for controls, '"' and '\\' */

static uint32_t  ngx_tiktok_utf8_plains[] = {
    0x00000000, 0xfffffffb, 0xefffffff, 0xffffffff, 0, 0, 0, 0
};


#define ngx_tiktok_utf8_plain_byte(c)                                         \
    (ngx_tiktok_utf8_plains[(c) >> 5] & (1U << ((c) & 0x1f)))


uint32_t
ngx_tiktok_utf8_decode(u_char **p, u_char *last)
{
    size_t       n, i;
    u_char      *s;
    uint32_t     c, min;

    s = *p;
    c = *s;

    if (c < 0x80) {
        *p = s + 1;
        return c;
    }

    if (c >= 0xf0) {
        n = 4;
        c &= 0x0f;
        min = 0x10000;

    } else if (c >= 0xe0) {
        n = 3;
        c &= 0x0f;
        min = 0x800;

    } else if (c >= 0xc0) {
        n = 2;
        c &= 0x1f;
        min = 0x80;

    } else {
        return NGX_TIKTOK_UTF8_INVALID;
    }

    if ((size_t) (last - s) < n) {
        return NGX_TIKTOK_UTF8_INVALID;
    }

    for (i = 1; i < n; i++) {
        if ((s[i] & 0xc0) != 0x80) {
            return NGX_TIKTOK_UTF8_INVALID;
        }

        c = (c << 6) | (s[i] & 0x3f);
    }

    /* a first byte above 0xf4 ends up beyond the last character, too */

    if (c < min || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff)) {
        return NGX_TIKTOK_UTF8_INVALID;
    }

    *p = s + n;

    return c;
}


u_char *
ngx_tiktok_utf8_encode(u_char *dst, uint32_t c)
{
    if (c < 0x80) {
        *dst++ = (u_char) c;
        return dst;
    }

    if (c < 0x800) {
        *dst++ = (u_char) (0xc0 | (c >> 6));
        *dst++ = (u_char) (0x80 | (c & 0x3f));
        return dst;
    }

    if (c < 0x10000) {
        *dst++ = (u_char) (0xe0 | (c >> 12));
        *dst++ = (u_char) (0x80 | ((c >> 6) & 0x3f));
        *dst++ = (u_char) (0x80 | (c & 0x3f));
        return dst;
    }

    *dst++ = (u_char) (0xf0 | (c >> 18));
    *dst++ = (u_char) (0x80 | ((c >> 12) & 0x3f));
    *dst++ = (u_char) (0x80 | ((c >> 6) & 0x3f));
    *dst++ = (u_char) (0x80 | (c & 0x3f));

    return dst;
}


u_char *
ngx_tiktok_utf8_plain(u_char *p, u_char *last)
{
    u_char    *start;
    uint64_t   other;

    start = p;

    for ( /* void */ ; last - p >= 8; p += 8) {
        other = ngx_tiktok_utf8_other(p);

        if (other) {
            return ngx_tiktok_utf8_first(p, other);
        }
    }

    /* a few bytes are left: once more with some before them */

    if (last - start >= 8) {
        other = ngx_tiktok_utf8_other(last - 8);

        return other ? ngx_tiktok_utf8_first(last - 8, other) : last;
    }

    while (p < last && ngx_tiktok_utf8_plain_byte(*p)) {
        p++;
    }

    return p;
}


/* the high bit of a byte tells: not ASCII, control, '"' or '\\' */

static ngx_inline uint64_t
ngx_tiktok_utf8_other(u_char *p)
{
    uint64_t  w, other;

    ngx_memcpy(&w, p, 8);

    other = w | (w - NGX_TIKTOK_EACH_BYTE * 0x20)
            | ((w ^ NGX_TIKTOK_EACH_BYTE * '"') - NGX_TIKTOK_EACH_BYTE)
            | ((w ^ NGX_TIKTOK_EACH_BYTE * '\\') - NGX_TIKTOK_EACH_BYTE);

    return other & NGX_TIKTOK_EACH_BYTE * 0x80;
}


/* a byte may be told because of one before it, but never the first of them */

static ngx_inline u_char *
ngx_tiktok_utf8_first(u_char *p, uint64_t other)
{
#if (NGX_HAVE_LITTLE_ENDIAN && defined __GNUC__)

    return p + __builtin_ctzll(other) / 8;

#else

    while (ngx_tiktok_utf8_plain_byte(*p)) {
        p++;
    }

    return p;

#endif
}


void
ngx_tiktok_utf8_trim(ngx_str_t *text)
{
    u_char  *p, *q, *start, *last;

    start = text->data;
    last = text->data + text->len;

    while (start < last) {
        p = start;

        if (!ngx_tiktok_utf8_blank(ngx_tiktok_utf8_decode(&p, last))) {
            break;
        }

        start = p;
    }

    while (last > start) {
        p = ngx_tiktok_utf8_previous(last, start);
        q = p;

        if (!ngx_tiktok_utf8_blank(ngx_tiktok_utf8_decode(&q, last))
            || q != last)
        {
            break;
        }

        last = p;
    }

    text->data = start;
    text->len = last - start;
}


static u_char *
ngx_tiktok_utf8_previous(u_char *p, u_char *start)
{
    do {
        p--;
    } while (p > start && (*p & 0xc0) == 0x80);

    return p;
}


ngx_uint_t
ngx_tiktok_utf8_blank(uint32_t c)
{
    if (c < 0x80) {
        return c == ' ' || (c >= '\t' && c <= '\r');
    }

    switch (c) {

    case 0xa0:
    case 0x1680:
    case 0x2028:
    case 0x2029:
    case 0x202f:
    case 0x205f:
    case 0x3000:
    case 0xfeff:
        return 1;
    }

    return c >= 0x2000 && c <= 0x200a;
}


ngx_uint_t
ngx_tiktok_utf8_printable(ngx_str_t *text)
{
    u_char    *p, *last;
    uint32_t   c;

    p = text->data;
    last = text->data + text->len;

    if (memchr(p, 0x7f, text->len)) {
        return 0;
    }

    for ( ;; ) {
        p = ngx_tiktok_utf8_plain(p, last);

        if (p == last) {
            return 1;
        }

        c = ngx_tiktok_utf8_decode(&p, last);

        if (c < 0x20
            || (c >= 0x80 && c < 0xa0)
            || c == NGX_TIKTOK_UTF8_INVALID)
        {
            return 0;
        }
    }
}
