
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * The beacon: it takes events from browsers and answers them.  Everything
 * that can be decided without the body is decided before it is read.
 */


#include "ngx_tiktok_capture.h"


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
static ngx_int_t ngx_tiktok_beacon_errors(ngx_http_request_t *r,
    ngx_tiktok_ctx_t *ctx, ngx_tiktok_item_t *items, ngx_uint_t n,
    ngx_uint_t queued, ngx_uint_t array);
static void ngx_tiktok_beacon_error_members(ngx_tiktok_writer_t *w,
    ngx_tiktok_event_t *event, ngx_uint_t i, ngx_uint_t array);
static ngx_int_t ngx_tiktok_beacon_success(ngx_http_request_t *r,
    ngx_tiktok_ctx_t *ctx, ngx_uint_t result);
static ngx_int_t ngx_tiktok_beacon_accepted(ngx_http_request_t *r,
    ngx_tiktok_ctx_t *ctx);
static ngx_int_t ngx_tiktok_beacon_full(ngx_http_request_t *r,
    ngx_tiktok_ctx_t *ctx);
static ngx_int_t ngx_tiktok_beacon_invalid(ngx_http_request_t *r,
    ngx_tiktok_ctx_t *ctx, ngx_uint_t status, const char *error);
static ngx_int_t ngx_tiktok_beacon_refuse(ngx_http_request_t *r,
    ngx_tiktok_ctx_t *ctx, ngx_uint_t result, ngx_uint_t status,
    const char *error);
static ngx_int_t ngx_tiktok_beacon_error(ngx_http_request_t *r,
    ngx_tiktok_ctx_t *ctx, ngx_uint_t status, const char *error);
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
static ngx_str_t  ngx_tiktok_allow = ngx_string("Allow");
static ngx_str_t  ngx_tiktok_allowed = ngx_string("GET, POST, OPTIONS");
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


/*
 * {"error": ..., "field": ...} for one event; for an array the number of the
 * queued ones and an error for each other
 */

static ngx_int_t
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


/* nothing is wrong, and one word says it all */

static ngx_int_t
ngx_tiktok_beacon_success(ngx_http_request_t *r, ngx_tiktok_ctx_t *ctx,
    ngx_uint_t result)
{
    ngx_tiktok_capture_result(r, ctx, result, 1);

    return ngx_tiktok_beacon_accepted(r, ctx);
}


/* 204, or an image for a GET */

static ngx_int_t
ngx_tiktok_beacon_accepted(ngx_http_request_t *r, ngx_tiktok_ctx_t *ctx)
{
    if (r->method == NGX_HTTP_GET) {
        return ngx_tiktok_beacon_send(r, ctx, NGX_HTTP_OK,
                                      &ngx_tiktok_type_gif,
                                      &ngx_tiktok_gif_body);
    }

    return ngx_tiktok_beacon_send(r, ctx, NGX_HTTP_NO_CONTENT, NULL, NULL);
}


static ngx_int_t
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


static ngx_int_t
ngx_tiktok_beacon_invalid(ngx_http_request_t *r, ngx_tiktok_ctx_t *ctx,
    ngx_uint_t status, const char *error)
{
    return ngx_tiktok_beacon_refuse(r, ctx, NGX_TIKTOK_RESULT_INVALID, status,
                                    error);
}


static ngx_int_t
ngx_tiktok_beacon_refuse(ngx_http_request_t *r, ngx_tiktok_ctx_t *ctx,
    ngx_uint_t result, ngx_uint_t status, const char *error)
{
    ngx_tiktok_capture_result(r, ctx, result, 1);

    return ngx_tiktok_beacon_error(r, ctx, status, error);
}


/* error is constant text without anything to escape */

static ngx_int_t
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
    ngx_buf_t    *b;
    ngx_int_t     rc;
    ngx_chain_t   out;

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

    /* what was not read of the request must not be taken for the next one */

    rc = ngx_http_discard_request_body(r);

    if (rc != NGX_OK) {
        return rc;
    }

    r->headers_out.status = status;

    if (body == NULL) {
        r->header_only = 1;
        return ngx_http_send_header(r);
    }

    r->headers_out.content_type = *type;
    r->headers_out.content_type_len = type->len;
    r->headers_out.content_length_n = body->len;

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    b->pos = body->data;
    b->last = body->data + body->len;
    b->memory = 1;
    b->last_buf = (r == r->main);
    b->last_in_chain = 1;

    out.buf = b;
    out.next = NULL;

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    return ngx_http_output_filter(r, &out);
}
