
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#ifndef _NGX_TIKTOK_BEACON_H_INCLUDED_
#define _NGX_TIKTOK_BEACON_H_INCLUDED_


#include "ngx_tiktok_capture.h"


/*
 * The answers to a beacon.  All of them have the verdict on consent, the
 * request's result and "no-store", and CORS headers for an origin that is
 * listed.  They return what a content handler does.
 */


/* nothing is wrong: 204, or an image for a GET */
ngx_int_t ngx_tiktok_beacon_accepted(ngx_http_request_t *r,
    ngx_tiktok_ctx_t *ctx);

/* the same, and one word says it all, which is counted */
ngx_int_t ngx_tiktok_beacon_success(ngx_http_request_t *r,
    ngx_tiktok_ctx_t *ctx, ngx_uint_t result);

/*
 * {"error": ..., "field": ...} for one event; for an array the number of the
 * queued ones and an error for each other: 200, or 400 where none was good
 */
ngx_int_t ngx_tiktok_beacon_errors(ngx_http_request_t *r,
    ngx_tiktok_ctx_t *ctx, ngx_tiktok_item_t *items, ngx_uint_t n,
    ngx_uint_t queued, ngx_uint_t array);

/* 503 with Retry-After */
ngx_int_t ngx_tiktok_beacon_full(ngx_http_request_t *r,
    ngx_tiktok_ctx_t *ctx);

/* {"error": ...}; the text is constant, and has nothing to escape */
ngx_int_t ngx_tiktok_beacon_error(ngx_http_request_t *r,
    ngx_tiktok_ctx_t *ctx, ngx_uint_t status, const char *error);

/* the same, and counts a result */
ngx_int_t ngx_tiktok_beacon_refuse(ngx_http_request_t *r,
    ngx_tiktok_ctx_t *ctx, ngx_uint_t result, ngx_uint_t status,
    const char *error);

/* the same for "invalid" */
ngx_int_t ngx_tiktok_beacon_invalid(ngx_http_request_t *r,
    ngx_tiktok_ctx_t *ctx, ngx_uint_t status, const char *error);


#endif /* _NGX_TIKTOK_BEACON_H_INCLUDED_ */
