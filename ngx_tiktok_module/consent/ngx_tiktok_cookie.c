
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_tiktok_cookie.h"


#define ngx_tiktok_blank(c)  ((c) == ' ' || (c) == '\t')


static ngx_int_t ngx_tiktok_cookie_match(u_char *p, u_char *last,
    ngx_tiktok_cookie_name_t *wanted, ngx_tiktok_cookie_t *cookie);


ngx_int_t
ngx_tiktok_cookie_next(ngx_tiktok_cookies_t *cookies,
    ngx_tiktok_cookie_name_t *names, ngx_uint_t n,
    ngx_tiktok_cookie_pos_t *pos, ngx_tiktok_cookie_t *cookie)
{
    u_char      *p, *last;
    ngx_str_t   *line;
    ngx_uint_t   i;

    while (pos->line < cookies->nlines) {
        line = &cookies->lines[pos->line];

        while (pos->offset < line->len) {
            p = line->data + pos->offset;

            last = memchr(p, ';', line->len - pos->offset);
            if (last == NULL) {
                last = line->data + line->len;
            }

            pos->offset = last + 1 - line->data;

            while (p < last && ngx_tiktok_blank(*p)) {
                p++;
            }

            for (i = 0; i < n; i++) {
                if (ngx_tiktok_cookie_match(p, last, &names[i], cookie)
                    == NGX_OK)
                {
                    cookie->index = i;
                    return NGX_OK;
                }
            }
        }

        pos->line++;
        pos->offset = 0;
    }

    return NGX_DECLINED;
}


static ngx_int_t
ngx_tiktok_cookie_match(u_char *p, u_char *last,
    ngx_tiktok_cookie_name_t *wanted, ngx_tiktok_cookie_t *cookie)
{
    u_char  *end;

    /* no "=" in the name, so the one behind it is the first of the pair */

    if ((size_t) (last - p) <= wanted->name.len
        || *p != *wanted->name.data
        || ngx_memcmp(p, wanted->name.data, wanted->name.len) != 0)
    {
        return NGX_DECLINED;
    }

    cookie->name.data = p;

    p += wanted->name.len;

    if (wanted->prefix) {
        p = memchr(p, '=', last - p);

        if (p == NULL) {
            return NGX_DECLINED;
        }

        end = p;

        while (ngx_tiktok_blank(end[-1])) {
            end--;
        }

        cookie->name.len = end - cookie->name.data;

    } else {
        cookie->name.len = wanted->name.len;

        while (p < last && ngx_tiktok_blank(*p)) {
            p++;
        }

        if (p == last || *p != '=') {
            return NGX_DECLINED;
        }
    }

    p++;

    while (p < last && ngx_tiktok_blank(*p)) {
        p++;
    }

    while (p < last && ngx_tiktok_blank(last[-1])) {
        last--;
    }

    cookie->value.data = p;
    cookie->value.len = last - p;

    return NGX_OK;
}
