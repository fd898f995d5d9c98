
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_tiktok_cookie.h"


#define ngx_tiktok_blank(c)  ((c) == ' ' || (c) == '\t')


static ngx_int_t ngx_tiktok_cookie_match(u_char *p, u_char *last,
    ngx_str_t *name, ngx_str_t *value);


ngx_int_t
ngx_tiktok_cookie_next(ngx_tiktok_cookies_t *cookies, ngx_str_t *name,
    ngx_tiktok_cookie_pos_t *pos, ngx_str_t *value)
{
    u_char     *p, *last;
    ngx_str_t  *line;

    while (pos->line < cookies->nlines) {
        line = &cookies->lines[pos->line];

        while (pos->offset < line->len) {
            p = line->data + pos->offset;

            last = memchr(p, ';', line->len - pos->offset);
            if (last == NULL) {
                last = line->data + line->len;
            }

            pos->offset = last + 1 - line->data;

            if (ngx_tiktok_cookie_match(p, last, name, value) == NGX_OK) {
                return NGX_OK;
            }
        }

        pos->line++;
        pos->offset = 0;
    }

    return NGX_DECLINED;
}


static ngx_int_t
ngx_tiktok_cookie_match(u_char *p, u_char *last, ngx_str_t *name,
    ngx_str_t *value)
{
    while (p < last && ngx_tiktok_blank(*p)) {
        p++;
    }

    /* no "=" in the name, so the one behind it is the first of the pair */

    if ((size_t) (last - p) <= name->len
        || ngx_memcmp(p, name->data, name->len) != 0)
    {
        return NGX_DECLINED;
    }

    p += name->len;

    while (p < last && ngx_tiktok_blank(*p)) {
        p++;
    }

    if (p == last || *p != '=') {
        return NGX_DECLINED;
    }

    p++;

    while (p < last && ngx_tiktok_blank(*p)) {
        p++;
    }

    while (p < last && ngx_tiktok_blank(last[-1])) {
        last--;
    }

    value->data = p;
    value->len = last - p;

    return NGX_OK;
}
