
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * The beacon: it takes events from browsers and answers them.  Everything
 * that can be decided without the body is decided before it is read.
 */


#include "ngx_tiktok_beacon.h"


#define NGX_TIKTOK_FOREIGN_MAX  100             /* calls in one beacon */


static ngx_int_t ngx_tiktok_beacon_check(ngx_http_request_t *r,
    ngx_tiktok_ctx_t *ctx);
static void ngx_tiktok_beacon_read(ngx_http_request_t *r);
static ngx_int_t ngx_tiktok_beacon_gather(ngx_http_request_t *r,
    ngx_tiktok_ctx_t *ctx, size_t limit);
static ngx_int_t ngx_tiktok_beacon_gather_buf(ngx_http_request_t *r,
    ngx_tiktok_ctx_t *ctx, ngx_buf_t *b, size_t limit);
static ngx_int_t ngx_tiktok_beacon_text(ngx_http_request_t *r,
    ngx_tiktok_ctx_t *ctx, ngx_str_t *text);
static ngx_int_t ngx_tiktok_beacon_tree(ngx_http_request_t *r,
    ngx_tiktok_ctx_t *ctx, cJSON *root);
static ngx_uint_t ngx_tiktok_beacon_foreign(ngx_http_request_t *r,
    cJSON *root);
static ngx_int_t ngx_tiktok_beacon_identify(ngx_http_request_t *r,
    ngx_tiktok_ctx_t *ctx, cJSON *root);
static ngx_int_t ngx_tiktok_beacon_queue(ngx_http_request_t *r,
    ngx_tiktok_ctx_t *ctx, ngx_tiktok_item_t *items, ngx_uint_t n,
    ngx_uint_t array);


static ngx_str_t  ngx_tiktok_allow = ngx_string("Allow");
static ngx_str_t  ngx_tiktok_allowed = ngx_string("GET, POST, OPTIONS");


ngx_int_t
ngx_tiktok_beacon_handler(ngx_http_request_t *r)
{
    ngx_int_t          rc;
    ngx_tiktok_ctx_t  *ctx;

    ctx = ngx_tiktok_ctx(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_tiktok_beacon_check(r, ctx);

    if (rc != NGX_DECLINED) {
        return rc;
    }

    if (r->method == NGX_HTTP_GET) {
        return ngx_tiktok_beacon_text(r, ctx, &r->args);
    }

    /* what another module has read, as "mirror" does, it may still need */

    ctx->body_ours = (r->request_body == NULL);

    /* unbuffered: identifiers in clear text must not reach a file */

    r->request_body_no_buffering = 1;

    rc = ngx_http_read_client_request_body(r, ngx_tiktok_beacon_read);

    if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
        return rc;
    }

    return NGX_DONE;
}


/*
 * The checks before the body, in their order.  Returns NGX_DECLINED to go
 * on; otherwise the request was answered, with what is returned.
 */

static ngx_int_t
ngx_tiktok_beacon_check(ngx_http_request_t *r, ngx_tiktok_ctx_t *ctx)
{
    off_t                   length;
    ngx_int_t               rc;
    ngx_uint_t              result;
    ngx_tiktok_loc_conf_t  *tlcf;

    tlcf = ngx_http_get_module_loc_conf(r, ngx_tiktok_module);

    /* a server has no origin, and is trusted already */

    rc = tlcf->trusted ? NGX_OK
                       : ngx_tiktok_origin_check(r, &ctx->headers,
                                                 tlcf->origins, &ctx->origin);

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_POST|NGX_HTTP_OPTIONS))) {

        if (ngx_tiktok_header(r, &ngx_tiktok_allow, &ngx_tiktok_allowed)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        return ngx_tiktok_beacon_invalid(r, ctx, NGX_HTTP_NOT_ALLOWED,
                                         "the method is not allowed");
    }

    if (rc != NGX_OK) {
        return ngx_tiktok_beacon_refuse(r, ctx, NGX_TIKTOK_RESULT_ORIGIN,
                                        NGX_HTTP_FORBIDDEN,
                                        "the origin is not allowed");
    }

    if (r->method == NGX_HTTP_OPTIONS) {

        if (ngx_tiktok_header(r, &ngx_tiktok_allow, &ngx_tiktok_allowed)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        return ngx_tiktok_beacon_success(r, ctx, NGX_TIKTOK_RESULT_CHECKED);
    }

    length = (r->method == NGX_HTTP_GET) ? (off_t) r->args.len
                                         : r->headers_in.content_length_n;

    if (length > (off_t) tlcf->body) {
        return ngx_tiktok_beacon_invalid(r, ctx,
                                         NGX_HTTP_REQUEST_ENTITY_TOO_LARGE,
                                         "the body is too large");
    }

    if (r->method == NGX_HTTP_POST && length <= 0 && !r->headers_in.chunked) {

        /* a consent check */
        (void) ngx_tiktok_capture_refused(r, ctx);

        return ngx_tiktok_beacon_success(r, ctx, NGX_TIKTOK_RESULT_CHECKED);
    }

    if (tlcf->trusted) {
        /* the body has the word */
        return NGX_DECLINED;
    }

    result = ngx_tiktok_capture_refused(r, ctx);

    if (result != NGX_TIKTOK_RESULT_NONE) {
        return ngx_tiktok_beacon_success(r, ctx, result);
    }

    return NGX_DECLINED;
}


/* called when the body is there, or its first part */

static void
ngx_tiktok_beacon_read(ngx_http_request_t *r)
{
    ngx_int_t               rc;
    ngx_str_t               text;
    ngx_tiktok_ctx_t       *ctx;
    ngx_tiktok_loc_conf_t  *tlcf;

    ctx = ngx_http_get_module_ctx(r, ngx_tiktok_module);
    tlcf = ngx_http_get_module_loc_conf(r, ngx_tiktok_module);

    for ( ;; ) {

        rc = ngx_tiktok_beacon_gather(r, ctx, tlcf->body);

        if (rc == NGX_DECLINED) {
            /* the rest of the body is not worth the connection */
            r->keepalive = 0;

            rc = ngx_tiktok_beacon_invalid(r, ctx,
                                           NGX_HTTP_REQUEST_ENTITY_TOO_LARGE,
                                           "the body is too large");
            goto done;
        }

        if (rc != NGX_OK) {
            rc = NGX_HTTP_INTERNAL_SERVER_ERROR;
            goto done;
        }

        if (!r->reading_body) {
            break;
        }

        rc = ngx_http_read_unbuffered_request_body(r);

        if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
            goto done;
        }

        if (rc == NGX_AGAIN && r->request_body->bufs == NULL) {
            r->read_event_handler = ngx_tiktok_beacon_read;
            return;
        }
    }

    text.data = ctx->body.data;
    text.len = ctx->body.len;

    if (text.len == 0) {
        /* a consent check in chunks */
        rc = ngx_tiktok_beacon_success(r, ctx, NGX_TIKTOK_RESULT_CHECKED);

    } else {
        rc = ngx_tiktok_beacon_text(r, ctx, &text);
    }

done:

    r->read_event_handler = ngx_http_block_reading;

    ngx_http_finalize_request(r, rc);
}


/* moves what has come of the body into one buffer */

static ngx_int_t
ngx_tiktok_beacon_gather(ngx_http_request_t *r, ngx_tiktok_ctx_t *ctx,
    size_t limit)
{
    ngx_int_t     rc;
    ngx_chain_t  *cl;

    if (r->request_body == NULL) {
        return NGX_OK;
    }

    for (cl = r->request_body->bufs; cl; cl = cl->next) {
        rc = ngx_tiktok_beacon_gather_buf(r, ctx, cl->buf, limit);

        if (rc != NGX_OK) {
            return rc;
        }
    }

    if (ctx->body_ours) {
        r->request_body->bufs = NULL;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_tiktok_beacon_gather_buf(ngx_http_request_t *r, ngx_tiktok_ctx_t *ctx,
    ngx_buf_t *b, size_t limit)
{
    off_t       len;
    u_char     *p;
    ssize_t     n;
    ngx_int_t   rc;

    len = ngx_buf_size(b);

    if (len == 0) {
        return NGX_OK;
    }

    rc = ngx_tiktok_body_room(r->pool, &ctx->body, len,
                              r->headers_in.content_length_n, limit);
    if (rc != NGX_OK) {
        return rc;
    }

    p = ctx->body.data + ctx->body.len;

    if (ngx_buf_in_memory(b)) {
        ngx_memcpy(p, b->pos, len);

        if (ctx->body_ours) {
            ngx_explicit_memzero(b->pos, len);
            b->pos = b->last;
        }

    } else {

        /* another module has let nginx write the body to a file */

        n = ngx_read_file(b->file, p, (size_t) len, b->file_pos);

        if (n != (ssize_t) len) {
            return NGX_ERROR;
        }
    }

    ctx->body.len += len;

    return NGX_OK;
}


/* JSON or a form, by the first byte that is not blank */

static ngx_int_t
ngx_tiktok_beacon_text(ngx_http_request_t *r, ngx_tiktok_ctx_t *ctx,
    ngx_str_t *text)
{
    u_char                 *p, *last;
    ngx_int_t               rc;
    ngx_tiktok_json_t       json;
    ngx_tiktok_loc_conf_t  *tlcf;

    tlcf = ngx_http_get_module_loc_conf(r, ngx_tiktok_module);

    p = text->data;
    last = p + text->len;

    while (p < last && (*p == ' ' || *p == '\t' || *p == CR || *p == LF)) {
        p++;
    }

    if (p < last && (*p == '{' || *p == '[') && r->method == NGX_HTTP_POST) {
        rc = ngx_tiktok_json_parse(r->pool, text, tlcf->depth, &json);

    } else {
        rc = ngx_tiktok_form_parse(r->pool, text, &json);
    }

    if (rc == NGX_DECLINED) {
        return ngx_tiktok_beacon_invalid(r, ctx, NGX_HTTP_BAD_REQUEST,
                                         json.error);
    }

    if (rc != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_tiktok_beacon_tree(r, ctx, json.root);

    ngx_tiktok_json_destroy(&json);

    return rc;
}


static ngx_int_t
ngx_tiktok_beacon_tree(ngx_http_request_t *r, ngx_tiktok_ctx_t *ctx,
    cJSON *root)
{
    ngx_uint_t              n, array;
    ngx_tiktok_item_t      *items;
    ngx_tiktok_visitor_t    visitor;
    ngx_tiktok_loc_conf_t  *tlcf;

    tlcf = ngx_http_get_module_loc_conf(r, ngx_tiktok_module);

    array = cJSON_IsArray(root);
    n = 1;

    if (array) {
        n = cJSON_GetArraySize(root);

        if (n == 0) {
            return ngx_tiktok_beacon_invalid(r, ctx, NGX_HTTP_BAD_REQUEST,
                                             "the array is empty");
        }

        if (n > tlcf->events) {
            return ngx_tiktok_beacon_invalid(r, ctx,
                                         NGX_HTTP_REQUEST_ENTITY_TOO_LARGE,
                                         "the array has too many events");
        }
    }

    if (!tlcf->trusted && ngx_tiktok_beacon_foreign(r, root)) {
        return ngx_tiktok_beacon_identify(r, ctx, root);
    }

    if (ngx_tiktok_visitor(r, ctx, &visitor) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    items = ngx_tiktok_capture_items(r, ctx, &visitor, root, n);
    if (items == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (visitor.trusted) {
        /* only now is it known; it is counted there */
        (void) ngx_tiktok_capture_refused(r, ctx);
    }

    return ngx_tiktok_beacon_queue(r, ctx, items, n, array);
}


/*
 * The browser script tells how many calls of a ttq were for another pixel.
 * The number is a stranger's, and is not believed beyond reason.  Returns
 * whether that is all: such an object has no event, but it may say who the
 * visitor is.
 */

static ngx_uint_t
ngx_tiktok_beacon_foreign(ngx_http_request_t *r, cJSON *root)
{
    cJSON                  *foreign;
    ngx_tiktok_loc_conf_t  *tlcf;
    ngx_tiktok_counters_t  *counters;

    foreign = cJSON_GetObjectItemCaseSensitive(root, "foreign");

    if (!cJSON_IsNumber(foreign)) {
        return 0;
    }

    if (foreign->valuedouble >= 1) {
        tlcf = ngx_http_get_module_loc_conf(r, ngx_tiktok_module);
        counters = ngx_tiktok_counters(tlcf->destination->queue.stats);

        ngx_tiktok_count(counters->foreign,
                         ngx_min(foreign->valuedouble,
                                 NGX_TIKTOK_FOREIGN_MAX));
    }

    return (cJSON_GetObjectItemCaseSensitive(root, "event") == NULL);
}


/* an event that is nowhere queued: "tiktok_identity" learns from it */

static ngx_int_t
ngx_tiktok_beacon_identify(ngx_http_request_t *r, ngx_tiktok_ctx_t *ctx,
    cJSON *root)
{
    cJSON                  event;
    ngx_tiktok_item_t     *items;
    ngx_tiktok_visitor_t   visitor;

    if (ngx_tiktok_visitor(r, ctx, &visitor) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_memzero(&event, sizeof(cJSON));

    event.type = cJSON_String;
    event.string = "event";
    event.valuestring = "Identify";
    event.next = root->child;

    root->child = &event;
    items = ngx_tiktok_capture_items(r, ctx, &visitor, root, 1);
    root->child = event.next;

    if (items == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_tiktok_beacon_success(r, ctx, NGX_TIKTOK_RESULT_CHECKED);
}


/* queues the new events, all or none, and answers */

static ngx_int_t
ngx_tiktok_beacon_queue(ngx_http_request_t *r, ngx_tiktok_ctx_t *ctx,
    ngx_tiktok_item_t *items, ngx_uint_t n, ngx_uint_t array)
{
    ngx_int_t   rc;
    ngx_uint_t  i, queued;

    rc = ngx_tiktok_capture(r, ctx, items, n, &queued);

    if (rc == NGX_BUSY) {
        return ngx_tiktok_beacon_full(r, ctx);
    }

    if (rc == NGX_DECLINED) {
        return ngx_tiktok_beacon_error(r, ctx,
                                       NGX_HTTP_REQUEST_ENTITY_TOO_LARGE,
                                       "the events are too large");
    }

    if (rc != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    for (i = 0; i < n; i++) {
        if (items[i].result == NGX_TIKTOK_RESULT_INVALID) {
            return ngx_tiktok_beacon_errors(r, ctx, items, n, queued, array);
        }
    }

    return ngx_tiktok_beacon_accepted(r, ctx);
}
