
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * What readers of cookies share: decoders and tokens.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_tiktok_decode.h"


#define ngx_tiktok_hex(c)                                                     \
    (ngx_tiktok_hex_digits[(c) >> 5] & (1U << ((c) & 0x1f)))

#define ngx_tiktok_hex_value(c)  (((c) & 0x0f) + ((c) >> 6) * 9)


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
ngx_tiktok_token_next(ngx_str_t *rest, u_char separator, ngx_str_t *token)
{
    u_char  *p;

    if (rest->len == 0) {
        return NGX_DECLINED;
    }

    *token = *rest;

    p = memchr(rest->data, separator, rest->len);

    if (p == NULL) {
        rest->len = 0;
        return NGX_OK;
    }

    token->len = p - token->data;

    rest->data += token->len + 1;
    rest->len -= token->len + 1;

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
