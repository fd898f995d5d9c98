
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * The browser script's tag, put into pages while they pass by.  A page is not
 * held back for it.  All that waits is the header, for the first bytes of the
 * page, and the beginning of a tag that the end of a buffer cuts.
 */


#include "ngx_tiktok_capture.h"
#include "ngx_tiktok_html.h"
#include "ngx_tiktok_inject.h"
#include "ngx_tiktok_status.h"


typedef struct {
    ngx_tiktok_html_t   html;
    ngx_str_t           tag;
    size_t              nheld;
    u_char              held[NGX_TIKTOK_HTML_HELD];
    unsigned            waiting:1;          /* the header has to be sent */
    unsigned            placed:1;           /* the tag is in the page */
    unsigned            done:1;             /* the rest passes untouched */
} ngx_tiktok_inject_ctx_t;


static ngx_int_t ngx_tiktok_inject_header_filter(ngx_http_request_t *r);
static ngx_uint_t ngx_tiktok_inject_page(ngx_http_request_t *r);
static ngx_uint_t ngx_tiktok_inject_html(ngx_str_t *type);
static ngx_uint_t ngx_tiktok_inject_refused(ngx_http_request_t *r,
    ngx_tiktok_inject_conf_t *conf);

static ngx_int_t ngx_tiktok_inject_body_filter(ngx_http_request_t *r,
    ngx_chain_t *in);
static ngx_int_t ngx_tiktok_inject_header(ngx_http_request_t *r,
    ngx_tiktok_inject_ctx_t *ctx);
static void ngx_tiktok_inject_clear(ngx_http_request_t *r);
static ngx_int_t ngx_tiktok_inject_buf(ngx_http_request_t *r,
    ngx_tiktok_inject_ctx_t *ctx, ngx_buf_t *b, ngx_chain_t ***ll);
static ngx_int_t ngx_tiktok_inject_hold(ngx_http_request_t *r,
    ngx_tiktok_inject_ctx_t *ctx, ngx_buf_t *b, u_char *pos,
    ngx_chain_t ***ll);
static ngx_int_t ngx_tiktok_inject_last(ngx_http_request_t *r,
    ngx_tiktok_inject_ctx_t *ctx, ngx_buf_t *b, ngx_chain_t ***ll);
static ngx_int_t ngx_tiktok_inject_add_held(ngx_http_request_t *r,
    ngx_tiktok_inject_ctx_t *ctx, ngx_chain_t ***ll);
static ngx_int_t ngx_tiktok_inject_add_tag(ngx_http_request_t *r,
    ngx_tiktok_inject_ctx_t *ctx, ngx_chain_t ***ll);
static ngx_int_t ngx_tiktok_inject_add_start(ngx_http_request_t *r,
    ngx_buf_t *b, u_char *pos, ngx_chain_t ***ll);
static ngx_int_t ngx_tiktok_inject_add(ngx_http_request_t *r, ngx_buf_t *b,
    ngx_chain_t ***ll);


static ngx_http_output_header_filter_pt  ngx_tiktok_next_header_filter;
static ngx_http_output_body_filter_pt    ngx_tiktok_next_body_filter;


void
ngx_tiktok_inject_init(void)
{
    ngx_tiktok_next_header_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = ngx_tiktok_inject_header_filter;

    ngx_tiktok_next_body_filter = ngx_http_top_body_filter;
    ngx_http_top_body_filter = ngx_tiktok_inject_body_filter;
}


/* a page without the tag is better than none: nothing fails here */

static ngx_int_t
ngx_tiktok_inject_header_filter(ngx_http_request_t *r)
{
    ngx_str_t                 tag;
    ngx_tiktok_loc_conf_t    *tlcf;
    ngx_tiktok_inject_ctx_t  *ctx;

    tlcf = ngx_http_get_module_loc_conf(r, ngx_tiktok_module);

    if (tlcf->inject == NULL
        || (tlcf->pixel.data && tlcf->pixel.len == 0)
        || r != r->main
        || !ngx_tiktok_inject_page(r)
        || ngx_tiktok_inject_tag(r, tlcf->inject, &tag) != NGX_OK
        || ngx_tiktok_inject_refused(r, tlcf->inject))
    {
        return ngx_tiktok_next_header_filter(r);
    }

    /* also where there is no place: ranges are cut before that is known */

    ngx_http_clear_accept_ranges(r);

    if (r->method == NGX_HTTP_HEAD) {
        /* as if the tag were put in, since the page is not known */
        ngx_tiktok_inject_clear(r);

        return ngx_tiktok_next_header_filter(r);
    }

    ctx = ngx_pcalloc(r->pool, sizeof(ngx_tiktok_inject_ctx_t));
    if (ctx == NULL) {
        return ngx_tiktok_next_header_filter(r);
    }

    ctx->tag = tag;
    ctx->waiting = 1;

    ngx_http_set_ctx(r, ctx, ngx_tiktok_filter_module);

    r->main_filter_need_in_memory = 1;

    /* it follows with the first bytes, which show if there is a place */

    return NGX_OK;
}


ngx_uint_t
ngx_tiktok_inject_placed(ngx_http_request_t *r)
{
    ngx_tiktok_inject_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_tiktok_filter_module);

    return ctx && ctx->placed;
}


/* what a browser shows as a page of the shop, by the answer's headers */

static ngx_uint_t
ngx_tiktok_inject_page(ngx_http_request_t *r)
{
    ngx_uint_t  status;

    if (r->header_only || r->content_handler == ngx_tiktok_status_handler)
    {
        return 0;
    }

    status = r->headers_out.status;

    if (status == NGX_HTTP_NO_CONTENT
        || status == NGX_HTTP_PARTIAL_CONTENT
        || status < NGX_HTTP_OK
        || (status >= NGX_HTTP_SPECIAL_RESPONSE
            && status < NGX_HTTP_BAD_REQUEST)
        || status >= NGX_HTTP_INTERNAL_SERVER_ERROR)
    {
        return 0;
    }

    return ngx_tiktok_inject_html(&r->headers_out.content_type)
           && !ngx_tiktok_answer_says(r, "Content-Disposition", "attachment");
}


/* XHTML is none: there the tag would be an error */

static ngx_uint_t
ngx_tiktok_inject_html(ngx_str_t *type)
{
    size_t  len;

    len = sizeof("text/html") - 1;

    return type->len >= len
           && ngx_strncasecmp(type->data, (u_char *) "text/html", len) == 0
           && (type->len == len
               || type->data[len] == ';' || type->data[len] == ' ');
}


/* where an operator would miss the tag, and wonder */

static ngx_uint_t
ngx_tiktok_inject_refused(ngx_http_request_t *r,
    ngx_tiktok_inject_conf_t *conf)
{
    if (ngx_tiktok_answer_compressed(r)) {

        if (!ngx_tiktok_inject_said(conf, NGX_TIKTOK_INJECT_ENCODED)) {
            ngx_log_error(NGX_LOG_WARN, r->connection->log, 0,
                          "\"tiktok_inject\" leaves a page alone that comes "
                          "compressed (\"Content-Encoding: %V\"), keep the "
                          "upstream from it by \"proxy_set_header "
                          "Accept-Encoding '';\" (said once)",
                          &r->headers_out.content_encoding->value);
        }

        return 1;
    }

    if (ngx_tiktok_answer_says(r, "Cache-Control", "no-transform")) {

        if (!ngx_tiktok_inject_said(conf, NGX_TIKTOK_INJECT_UNCHANGED)) {
            ngx_log_error(NGX_LOG_WARN, r->connection->log, 0,
                          "\"tiktok_inject\" leaves a page alone that says "
                          "\"Cache-Control: no-transform\" (said once)");
        }

        return 1;
    }

    return 0;
}


static ngx_int_t
ngx_tiktok_inject_body_filter(ngx_http_request_t *r, ngx_chain_t *in)
{
    ngx_int_t                 rc;
    ngx_chain_t              *cl, *ln, *out, **ll;
    ngx_tiktok_inject_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_tiktok_filter_module);

    if (ctx == NULL || ctx->done || in == NULL) {
        return ngx_tiktok_next_body_filter(r, in);
    }

    out = NULL;
    ll = &out;

    for (cl = in; cl && !ctx->done; cl = cl->next) {
        if (ngx_tiktok_inject_buf(r, ctx, cl->buf, &ll) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    *ll = cl;

    if (out == NULL) {
        return NGX_OK;
    }

    if (ctx->waiting) {
        ctx->waiting = 0;

        rc = ngx_tiktok_inject_header(r, ctx);

        if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
            return rc;
        }
    }

    rc = ngx_tiktok_next_body_filter(r, out);

    /* the links up to the rest are ours */

    while (out != cl) {
        ln = out;
        out = out->next;
        ngx_free_chain(r->pool, ln);
    }

    return rc;
}


static ngx_int_t
ngx_tiktok_inject_header(ngx_http_request_t *r, ngx_tiktok_inject_ctx_t *ctx)
{
    off_t  length;

    if (ctx->done && !ctx->placed) {
        return ngx_tiktok_next_header_filter(r);
    }

    length = r->headers_out.content_length_n;

    ngx_tiktok_inject_clear(r);

    if (ctx->placed && length != -1) {
        r->headers_out.content_length_n = length + ctx->tag.len;
    }

    return ngx_tiktok_next_header_filter(r);
}


/* what is of another page than the one that the client gets */

static void
ngx_tiktok_inject_clear(ngx_http_request_t *r)
{
    ngx_http_clear_content_length(r);
    ngx_http_clear_last_modified(r);
    ngx_http_clear_etag(r);
}


static ngx_int_t
ngx_tiktok_inject_buf(ngx_http_request_t *r, ngx_tiktok_inject_ctx_t *ctx,
    ngx_buf_t *b, ngx_chain_t ***ll)
{
    u_char     *pos;
    ngx_int_t   rc;

    if (ngx_buf_size(b) == 0) {
        return b->last_buf ? ngx_tiktok_inject_last(r, ctx, b, ll)
                           : ngx_tiktok_inject_add(r, b, ll);
    }

    pos = b->pos;

    rc = ngx_buf_in_memory(b) ? ngx_tiktok_html_head_end(&ctx->html, b->pos,
                                                         b->last, &pos)
                              : NGX_DECLINED;

    ngx_log_debug3(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                   "tiktok inject: %i, %uz held, %O", rc, ctx->nheld,
                   ngx_buf_size(b));

    if (rc == NGX_AGAIN) {
        return b->last_buf ? ngx_tiktok_inject_last(r, ctx, b, ll)
                           : ngx_tiktok_inject_hold(r, ctx, b, pos, ll);
    }

    ctx->done = 1;

    if (rc == NGX_OK) {

        if (pos == b->pos) {
            if (ngx_tiktok_inject_add_tag(r, ctx, ll) != NGX_OK
                || ngx_tiktok_inject_add_held(r, ctx, ll) != NGX_OK)
            {
                return NGX_ERROR;
            }

        } else {
            if (ngx_tiktok_inject_add_held(r, ctx, ll) != NGX_OK
                || ngx_tiktok_inject_add_start(r, b, pos, ll) != NGX_OK
                || ngx_tiktok_inject_add_tag(r, ctx, ll) != NGX_OK)
            {
                return NGX_ERROR;
            }
        }

    } else if (ngx_tiktok_inject_add_held(r, ctx, ll) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_tiktok_inject_add(r, b, ll);
}


/* the tag may have to go before what begins at pos */

static ngx_int_t
ngx_tiktok_inject_hold(ngx_http_request_t *r, ngx_tiktok_inject_ctx_t *ctx,
    ngx_buf_t *b, u_char *pos, ngx_chain_t ***ll)
{
    size_t      n;
    ngx_buf_t  *empty;

    if (pos > b->pos && ngx_tiktok_inject_add_held(r, ctx, ll) != NGX_OK) {
        return NGX_ERROR;
    }

    n = b->last - pos;

    ngx_memcpy(ctx->held + ctx->nheld, pos, n);
    ctx->nheld += n;

    b->last = pos;

    if (b->in_file) {
        b->file_last -= n;
    }

    if (ngx_buf_size(b)) {
        return ngx_tiktok_inject_add(r, b, ll);
    }

    /* nothing is left of it but what it says of the stream */

    if (!b->flush && !b->sync && !b->last_in_chain) {
        return NGX_OK;
    }

    empty = ngx_calloc_buf(r->pool);
    if (empty == NULL) {
        return NGX_ERROR;
    }

    empty->flush = b->flush;
    empty->sync = 1;
    empty->last_in_chain = b->last_in_chain;

    return ngx_tiktok_inject_add(r, empty, ll);
}


/* the page ends, and the head may have ended with it */

static ngx_int_t
ngx_tiktok_inject_last(ngx_http_request_t *r, ngx_tiktok_inject_ctx_t *ctx,
    ngx_buf_t *b, ngx_chain_t ***ll)
{
    off_t       size;
    ngx_buf_t  *last;

    ctx->done = 1;

    if (ngx_tiktok_inject_add_held(r, ctx, ll) != NGX_OK) {
        return NGX_ERROR;
    }

    if (!ngx_tiktok_html_ends_here(&ctx->html)) {
        return ngx_tiktok_inject_add(r, b, ll);
    }

    size = ngx_buf_size(b);

    if (size == 0) {
        return ngx_tiktok_inject_add_tag(r, ctx, ll) == NGX_OK
               ? ngx_tiktok_inject_add(r, b, ll) : NGX_ERROR;
    }

    last = ngx_calloc_buf(r->pool);
    if (last == NULL) {
        return NGX_ERROR;
    }

    last->last_buf = 1;
    last->last_in_chain = b->last_in_chain;
    b->last_buf = 0;
    b->last_in_chain = 0;

    if (ngx_tiktok_inject_add(r, b, ll) != NGX_OK
        || ngx_tiktok_inject_add_tag(r, ctx, ll) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_tiktok_inject_add(r, last, ll);
}


static ngx_int_t
ngx_tiktok_inject_add_held(ngx_http_request_t *r,
    ngx_tiktok_inject_ctx_t *ctx, ngx_chain_t ***ll)
{
    ngx_buf_t  *b;

    if (ctx->nheld == 0) {
        return NGX_OK;
    }

    b = ngx_create_temp_buf(r->pool, ctx->nheld);
    if (b == NULL) {
        return NGX_ERROR;
    }

    b->last = ngx_cpymem(b->last, ctx->held, ctx->nheld);

    ctx->nheld = 0;

    return ngx_tiktok_inject_add(r, b, ll);
}


static ngx_int_t
ngx_tiktok_inject_add_tag(ngx_http_request_t *r, ngx_tiktok_inject_ctx_t *ctx,
    ngx_chain_t ***ll)
{
    ngx_buf_t  *b;

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_ERROR;
    }

    b->pos = ctx->tag.data;
    b->last = b->pos + ctx->tag.len;
    b->memory = 1;

    ctx->placed = 1;

    return ngx_tiktok_inject_add(r, b, ll);
}


/* what stands before pos, taken off the buffer */

static ngx_int_t
ngx_tiktok_inject_add_start(ngx_http_request_t *r, ngx_buf_t *b, u_char *pos,
    ngx_chain_t ***ll)
{
    ngx_buf_t  *start;

    start = ngx_palloc(r->pool, sizeof(ngx_buf_t));
    if (start == NULL) {
        return NGX_ERROR;
    }

    *start = *b;

    start->tag = (ngx_buf_tag_t) &ngx_tiktok_filter_module;
    start->shadow = NULL;
    start->recycled = 0;
    start->flush = 0;
    start->sync = 0;
    start->last_buf = 0;
    start->last_in_chain = 0;
    start->last_shadow = 0;

    start->last = pos;

    if (b->in_file) {
        start->file_last = b->file_pos + (pos - b->pos);
        b->file_pos = start->file_last;
    }

    b->pos = pos;

    return ngx_tiktok_inject_add(r, start, ll);
}


static ngx_int_t
ngx_tiktok_inject_add(ngx_http_request_t *r, ngx_buf_t *b, ngx_chain_t ***ll)
{
    ngx_chain_t  *cl;

    cl = ngx_alloc_chain_link(r->pool);
    if (cl == NULL) {
        return NGX_ERROR;
    }

    cl->buf = b;

    **ll = cl;
    *ll = &cl->next;

    return NGX_OK;
}
