
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * "tiktok_ga4": hits of Google Analytics 4 on their way through nginx become
 * events, and go on as they are.
 */


#include "ngx_tiktok_copies.h"
#include "ngx_tiktok_exchange.h"
#include "ngx_tiktok_ga4.h"
#include "ngx_tiktok_google.h"


static ngx_int_t ngx_tiktok_hits_body(ngx_http_request_t *r, ngx_str_t *body);
static ngx_int_t ngx_tiktok_hit(ngx_http_request_t *r, ngx_tiktok_ctx_t *ctx,
    ngx_tiktok_ga4_t *ga4);


char *
ngx_tiktok_ga4_set(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_tiktok_loc_conf_t *tlcf = conf;

    ngx_tiktok_main_conf_t  *tmcf;

    if (tlcf->ga4 != NGX_CONF_UNSET) {
        return "is duplicate";
    }

    tlcf->ga4 = 1;

    if (tlcf->pixel.data == NULL) {
        tlcf->file = cf->conf_file->file.name.data;
        tlcf->line = cf->conf_file->line;
    }

    tmcf = ngx_http_conf_get_module_main_conf(cf, ngx_tiktok_module);
    tmcf->copies = 1;

    return NGX_CONF_OK;
}


ngx_int_t
ngx_tiktok_hits(ngx_http_request_t *r)
{
    ngx_int_t               rc;
    ngx_str_t               body;
    ngx_uint_t              n, refused;
    ngx_tiktok_ctx_t       *ctx;
    ngx_tiktok_ga4_t        ga4;
    ngx_tiktok_loc_conf_t  *tlcf;

    tlcf = ngx_http_get_module_loc_conf(r, ngx_tiktok_module);

    if (tlcf->ga4 != 1) {
        return NGX_OK;
    }

    /*
     * A hit is what the visitor says, whatever becomes of it on the other
     * side; but nginx itself may have turned it away.
     */

    if (r->upstream == NULL
        && ngx_tiktok_exchange_status(r) >= NGX_HTTP_BAD_REQUEST)
    {
        return NGX_OK;
    }

    rc = ngx_tiktok_hits_body(r, &body);

    if (ngx_tiktok_ga4_init(&ga4, &r->args, &body) != NGX_OK) {
        return NGX_OK;
    }

    ctx = ngx_tiktok_ctx(r);
    if (ctx == NULL) {
        return NGX_ERROR;
    }

    if (rc != NGX_OK) {

        /* what may not be captured was not looked into, and counts as one */

        refused = ngx_tiktok_capture_refused(r, ctx);
        ngx_tiktok_capture_result(r, ctx, refused, 1);

        return NGX_OK;
    }

    for (n = 0; ngx_tiktok_ga4_next(&ga4) == NGX_OK; n++) {

        if (n >= tlcf->events) {
            ngx_tiktok_capture_result(r, ctx, NGX_TIKTOK_RESULT_INVALID, 1);
            continue;
        }

        if (ngx_tiktok_hit(r, ctx, &ga4) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* NGX_DECLINED where there is a body that we have not got as a whole */

static ngx_int_t
ngx_tiktok_hits_body(ngx_http_request_t *r, ngx_str_t *body)
{
    ngx_tiktok_copies_t  *copies;

    ngx_str_null(body);

    if (r->headers_in.content_length_n <= 0 && !r->headers_in.chunked) {
        return NGX_OK;
    }

    copies = ngx_tiktok_copies(r, 0);

    if (copies == NULL || !copies->request.taken || !copies->request.complete)
    {
        return NGX_DECLINED;
    }

    body->data = copies->request.body.data;
    body->len = copies->request.body.len;

    return NGX_OK;
}


static ngx_int_t
ngx_tiktok_hit(ngx_http_request_t *r, ngx_tiktok_ctx_t *ctx,
    ngx_tiktok_ga4_t *ga4)
{
    ngx_int_t          rc;
    ngx_uint_t         refused;
    ngx_tiktok_json_t  json;

    static ngx_str_t  name = ngx_string("tiktok_ga4");

    refused = ngx_tiktok_capture_refused(r, ctx);

    if (refused == NGX_TIKTOK_RESULT_NONE) {

        switch (ngx_tiktok_google_consent(&ga4->gcs, &ga4->gcd)) {

        case NGX_TIKTOK_GRANTED:
            break;

        case NGX_TIKTOK_DENIED:
            refused = NGX_TIKTOK_RESULT_DENIED;
            break;

        default: /* NGX_TIKTOK_UNDECIDED */
            refused = NGX_TIKTOK_RESULT_UNDECIDED;
        }
    }

    if (refused != NGX_TIKTOK_RESULT_NONE) {
        ngx_tiktok_capture_result(r, ctx, refused, 1);
        return NGX_OK;
    }

    rc = ngx_tiktok_ga4_parse(r->pool, ga4, &json);

    if (rc == NGX_DECLINED) {
        ngx_tiktok_capture_result(r, ctx, NGX_TIKTOK_RESULT_INVALID, 1);
        return NGX_OK;
    }

    if (rc != NGX_OK) {
        return NGX_ERROR;
    }

    rc = ngx_tiktok_exchange_capture(r, ctx, json.root, "hit of", &name);

    ngx_tiktok_json_destroy(&json);

    return rc;
}
