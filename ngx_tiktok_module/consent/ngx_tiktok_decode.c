
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * What readers of cookies share: decoders and tokens.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_tiktok_decode.h"
#include "ngx_tiktok_utf8.h"


#define ngx_tiktok_hex(c)                                                     \
    (ngx_tiktok_hex_digits[(c) >> 5] & (1U << ((c) & 0x1f)))

#define ngx_tiktok_hex_value(c)  (((c) & 0x0f) + ((c) >> 6) * 9)


static u_char *ngx_tiktok_decode_unicode(u_char **pos, u_char *dst);


/* a bit for each byte */

static uint32_t  ngx_tiktok_hex_digits[] = {
    0, 0x03ff0000, 0x0000007e, 0x0000007e, 0, 0, 0, 0
};


void
ngx_tiktok_decode_percent(ngx_str_t *value, u_char *buf)
{
    u_char  *p, *dst, *last;

    if (value->len == 0 || memchr(value->data, '%', value->len) == NULL) {
        return;
    }

    dst = buf;
    last = value->data + value->len;

    for (p = value->data; p < last; p++) {

        if (*p == '%' && last - p > 2
            && ngx_tiktok_hex(p[1]) && ngx_tiktok_hex(p[2]))
        {
            *dst++ = (u_char) (ngx_tiktok_hex_value(p[1]) << 4
                               | ngx_tiktok_hex_value(p[2]));
            p += 2;
            continue;
        }

        *dst++ = *p;
    }

    value->data = buf;
    value->len = dst - buf;
}


ngx_int_t
ngx_tiktok_decode_base64(ngx_str_t *value, u_char *buf)
{
    ngx_str_t  decoded;

    decoded.data = buf;

    if (ngx_decode_base64(&decoded, value) != NGX_OK) {
        return NGX_DECLINED;
    }

    *value = decoded;

    return NGX_OK;
}


void
ngx_tiktok_decode_json(ngx_str_t *value, u_char *buf)
{
    u_char  *p, *dst, *last;

    if (value->len == 0 || memchr(value->data, '\\', value->len) == NULL) {
        return;
    }

    p = value->data;
    last = p + value->len;
    dst = buf;

    while (p < last) {

        if (*p != '\\') {
            *dst++ = *p++;
            continue;
        }

        p++;

        switch (*p++) {

        case 'b':
            *dst++ = '\b';
            break;

        case 'f':
            *dst++ = '\f';
            break;

        case 'n':
            *dst++ = '\n';
            break;

        case 'r':
            *dst++ = '\r';
            break;

        case 't':
            *dst++ = '\t';
            break;

        case 'u':
            dst = ngx_tiktok_decode_unicode(&p, dst);
            break;

        default: /* '"', '\\', '/' */
            *dst++ = p[-1];
        }
    }

    value->data = buf;
    value->len = dst - buf;
}


static u_char *
ngx_tiktok_decode_unicode(u_char **pos, u_char *dst)
{
    uint32_t  c, low;

    c = (uint32_t) ngx_hextoi(*pos, 4);
    *pos += 4;

    /* a valid text has its surrogates in pairs */

    if (c >= 0xd800 && c <= 0xdfff) {
        low = (uint32_t) ngx_hextoi(*pos + 2, 4);
        *pos += 6;

        c = 0x10000 + ((c & 0x3ff) << 10) + (low & 0x3ff);
    }

    return ngx_tiktok_utf8_encode(dst, c);
}


ngx_int_t
ngx_tiktok_token_next(ngx_str_t *rest, char *separators, ngx_str_t *token)
{
    u_char  *p, *end, *found;

    if (rest->len == 0) {
        return NGX_DECLINED;
    }

    end = rest->data + rest->len;
    p = end;

    for ( /* void */ ; *separators; separators++) {
        found = memchr(rest->data, *separators, p - rest->data);

        if (found) {
            p = found;
        }
    }

    token->data = rest->data;
    token->len = p - rest->data;

    rest->data = (p < end) ? p + 1 : end;
    rest->len = end - rest->data;

    return NGX_OK;
}


ngx_uint_t
ngx_tiktok_token_cut(ngx_str_t *token, char *head)
{
    size_t  len;

    len = ngx_strlen(head);

    if (token->len < len || ngx_memcmp(token->data, head, len) != 0) {
        return 0;
    }

    token->data += len;
    token->len -= len;

    return 1;
}


ngx_uint_t
ngx_tiktok_token_is(ngx_str_t *token, char *text)
{
    return token->len == ngx_strlen(text)
           && ngx_memcmp(token->data, text, token->len) == 0;
}
