
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * A body gathered into one buffer.  It may hold clear text of identifiers,
 * so it is wiped however the request ends.
 */


#include "ngx_tiktok_capture.h"


#define NGX_TIKTOK_BODY_MIN  1024


static void ngx_tiktok_body_wipe(void *data);


ngx_int_t
ngx_tiktok_body_room(ngx_pool_t *pool, ngx_tiktok_body_t *body, off_t len,
    off_t expected, size_t limit)
{
    u_char              *p;
    size_t               size;
    ngx_pool_cleanup_t  *cln;

    if (len > (off_t) (limit - body->len)) {
        return NGX_DECLINED;
    }

    if (body->len + len <= body->size) {
        return NGX_OK;
    }

    /* a known length needs no second buffer */

    size = ngx_max((size_t) (body->len + len), 2 * body->size);
    size = ngx_max(size, (size_t) ngx_max(expected, NGX_TIKTOK_BODY_MIN));
    size = ngx_min(size, limit);

    p = ngx_pnalloc(pool, size);
    if (p == NULL) {
        return NGX_ERROR;
    }

    if (body->data) {
        ngx_memcpy(p, body->data, body->len);
        ngx_explicit_memzero(body->data, body->len);
        ngx_pfree(pool, body->data);

    } else {
        cln = ngx_pool_cleanup_add(pool, 0);
        if (cln == NULL) {
            return NGX_ERROR;
        }

        cln->handler = ngx_tiktok_body_wipe;
        cln->data = body;
    }

    body->data = p;
    body->size = size;

    return NGX_OK;
}


static void
ngx_tiktok_body_wipe(void *data)
{
    ngx_tiktok_body_t *body = data;

    ngx_explicit_memzero(body->data, body->len);
}
