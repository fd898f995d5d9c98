
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * What a beacon is answered.
 */


#include "ngx_tiktok_beacon.h"


static void ngx_tiktok_beacon_error_members(ngx_tiktok_writer_t *w,
    ngx_tiktok_event_t *event, ngx_uint_t i, ngx_uint_t array);
static ngx_int_t ngx_tiktok_beacon_limited(ngx_http_request_t *r,
    ngx_tiktok_ctx_t *ctx);
static ngx_int_t ngx_tiktok_beacon_send(ngx_http_request_t *r,
    ngx_tiktok_ctx_t *ctx, ngx_uint_t status, ngx_str_t *type,
    ngx_str_t *body);


static ngx_str_t  ngx_tiktok_consent_header = ngx_string("X-Tiktok-Consent");
static ngx_str_t  ngx_tiktok_result_header = ngx_string("X-Tiktok-Result");
static ngx_str_t  ngx_tiktok_limited_header = ngx_string("X-Tiktok-Limited");
static ngx_str_t  ngx_tiktok_limited = ngx_string("1");
static ngx_str_t  ngx_tiktok_expose =
                                  ngx_string("Access-Control-Expose-Headers");
static ngx_str_t  ngx_tiktok_cache_control = ngx_string("Cache-Control");
static ngx_str_t  ngx_tiktok_no_store = ngx_string("no-store");
static ngx_str_t  ngx_tiktok_retry_after = ngx_string("Retry-After");
static ngx_str_t  ngx_tiktok_retry_seconds = ngx_string("60");
static ngx_str_t  ngx_tiktok_type_json = ngx_string("application/json");
static ngx_str_t  ngx_tiktok_type_gif = ngx_string("image/gif");


/* a transparent image of one pixel */

static u_char  ngx_tiktok_gif[] = {
    'G', 'I', 'F', '8', '9', 'a', 1, 0, 1, 0, 0x80, 0, 0,
    0xff, 0xff, 0xff, 0, 0, 0,
    0x21, 0xf9, 4, 1, 0, 0, 0, 0,
    0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0, 0x3b
};

static ngx_str_t  ngx_tiktok_gif_body = {
    sizeof(ngx_tiktok_gif), ngx_tiktok_gif
};


ngx_int_t
ngx_tiktok_beacon_errors(ngx_http_request_t *r, ngx_tiktok_ctx_t *ctx,
    ngx_tiktok_item_t *items, ngx_uint_t n, ngx_uint_t queued,
    ngx_uint_t array)
{
    ngx_str_t            body;
    ngx_uint_t           i, good, errors;
    ngx_tiktok_writer_t  w;

    if (ngx_tiktok_writer_init(&w, r->pool, 256) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    good = (ctx->result != NGX_TIKTOK_RESULT_INVALID);

    ngx_tiktok_write_literal(&w, "{");

    if (good) {
        ngx_tiktok_write_literal(&w, "\"queued\":");
        ngx_tiktok_write_number(&w, (double) queued);

    } else {
        /* the first error stands for all */
        ngx_tiktok_beacon_error_members(&w, &items[0].event, 0, array);
    }

    if (array) {
        ngx_tiktok_write_literal(&w, ",\"errors\":[");

        for (i = 0, errors = 0; i < n; i++) {

            if (items[i].event.error == NULL) {
                continue;
            }

            if (errors++) {
                ngx_tiktok_write_literal(&w, ",");
            }

            ngx_tiktok_write_literal(&w, "{");
            ngx_tiktok_beacon_error_members(&w, &items[i].event, i, 1);
            ngx_tiktok_write_literal(&w, "}");
        }

        ngx_tiktok_write_literal(&w, "]");
    }

    ngx_tiktok_write_literal(&w, "}");

    if (w.failed) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    body.data = w.start;
    body.len = w.pos - w.start;

    return ngx_tiktok_beacon_send(r, ctx,
                                  good ? NGX_HTTP_OK : NGX_HTTP_BAD_REQUEST,
                                  &ngx_tiktok_type_json, &body);
}


static void
ngx_tiktok_beacon_error_members(ngx_tiktok_writer_t *w,
    ngx_tiktok_event_t *event, ngx_uint_t i, ngx_uint_t array)
{
    u_char  index[sizeof("data[]") + NGX_INT_T_LEN], *p;

    ngx_tiktok_write_literal(w, "\"error\":");
    ngx_tiktok_write_string(w, (u_char *) event->error,
                            ngx_strlen(event->error));

    if (event->field == NULL && !array) {
        return;
    }

    ngx_tiktok_write_literal(w, ",\"field\":\"");

    if (array) {
        p = ngx_sprintf(index, "data[%ui]", i);
        ngx_tiktok_write(w, index, p - index);

        if (event->field) {
            ngx_tiktok_write_literal(w, ".");
        }
    }

    if (event->field) {
        ngx_tiktok_write(w, event->field, ngx_strlen(event->field));
    }

    ngx_tiktok_write_literal(w, "\"");
}


ngx_int_t
ngx_tiktok_beacon_success(ngx_http_request_t *r, ngx_tiktok_ctx_t *ctx,
    ngx_uint_t result)
{
    ngx_tiktok_capture_result(r, ctx, result, 1);

    return ngx_tiktok_beacon_accepted(r, ctx);
}


ngx_int_t
ngx_tiktok_beacon_accepted(ngx_http_request_t *r, ngx_tiktok_ctx_t *ctx)
{
    if (r->method == NGX_HTTP_GET) {
        return ngx_tiktok_beacon_send(r, ctx, NGX_HTTP_OK,
                                      &ngx_tiktok_type_gif,
                                      &ngx_tiktok_gif_body);
    }

    return ngx_tiktok_beacon_send(r, ctx, NGX_HTTP_NO_CONTENT, NULL, NULL);
}


ngx_int_t
ngx_tiktok_beacon_full(ngx_http_request_t *r, ngx_tiktok_ctx_t *ctx)
{
    if (ngx_tiktok_header(r, &ngx_tiktok_retry_after,
                          &ngx_tiktok_retry_seconds)
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_tiktok_beacon_error(r, ctx, NGX_HTTP_SERVICE_UNAVAILABLE,
                                   "the queue is full");
}


ngx_int_t
ngx_tiktok_beacon_invalid(ngx_http_request_t *r, ngx_tiktok_ctx_t *ctx,
    ngx_uint_t status, const char *error)
{
    return ngx_tiktok_beacon_refuse(r, ctx, NGX_TIKTOK_RESULT_INVALID, status,
                                    error);
}


ngx_int_t
ngx_tiktok_beacon_refuse(ngx_http_request_t *r, ngx_tiktok_ctx_t *ctx,
    ngx_uint_t result, ngx_uint_t status, const char *error)
{
    ngx_tiktok_capture_result(r, ctx, result, 1);

    return ngx_tiktok_beacon_error(r, ctx, status, error);
}


ngx_int_t
ngx_tiktok_beacon_error(ngx_http_request_t *r, ngx_tiktok_ctx_t *ctx,
    ngx_uint_t status, const char *error)
{
    ngx_str_t  body;

    body.len = sizeof("{\"error\":\"\"}") - 1 + ngx_strlen(error);
    body.data = ngx_pnalloc(r->pool, body.len);

    if (body.data == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_sprintf(body.data, "{\"error\":\"%s\"}", error);

    return ngx_tiktok_beacon_send(r, ctx, status, &ngx_tiktok_type_json,
                                  &body);
}


/* the browser's pixel has to be told, too */

static ngx_int_t
ngx_tiktok_beacon_limited(ngx_http_request_t *r, ngx_tiktok_ctx_t *ctx)
{
    if (ctx->origin
        && ngx_tiktok_header(r, &ngx_tiktok_expose, &ngx_tiktok_limited_header)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_tiktok_header(r, &ngx_tiktok_limited_header,
                             &ngx_tiktok_limited);
}


/* every answer goes out here */

static ngx_int_t
ngx_tiktok_beacon_send(ngx_http_request_t *r, ngx_tiktok_ctx_t *ctx,
    ngx_uint_t status, ngx_str_t *type, ngx_str_t *body)
{
    ngx_int_t                 rc;
    ngx_http_complex_value_t  text;

    if (ngx_tiktok_header(r, &ngx_tiktok_cache_control, &ngx_tiktok_no_store)
        != NGX_OK
        || ngx_tiktok_header(r, &ngx_tiktok_consent_header,
                             ngx_tiktok_ctx_consent(ctx))
           != NGX_OK
        || ngx_tiktok_header(r, &ngx_tiktok_result_header,
                             ngx_tiktok_result_name(ctx->result))
           != NGX_OK
        || (ctx->limited && ngx_tiktok_beacon_limited(r, ctx) != NGX_OK)
        || (ctx->origin
            && ngx_tiktok_origin_headers(r, ctx->origin) != NGX_OK))
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (body) {
        ngx_memzero(&text, sizeof(ngx_http_complex_value_t));
        text.value = *body;

        return ngx_http_send_response(r, status, type, &text);
    }

    /* what was not read of the request must not be taken for the next one */

    rc = ngx_http_discard_request_body(r);

    if (rc != NGX_OK) {
        return rc;
    }

    r->headers_out.status = status;
    r->header_only = 1;

    return ngx_http_send_header(r);
}
