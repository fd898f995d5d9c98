
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * Nothing is read, held back or changed for a copy: the filters look at what
 * passes, buffered or not, and whatever fails here fails for us alone.
 */


#include "ngx_tiktok_copies.h"
#include "ngx_tiktok_exchange.h"


static void ngx_tiktok_copies_cleanup(void *data);
static ngx_uint_t ngx_tiktok_copies_wanted(ngx_http_request_t *r,
    ngx_tiktok_loc_conf_t *tlcf);
static ngx_int_t ngx_tiktok_copies_request_filter(ngx_http_request_t *r,
    ngx_chain_t *in);
static void ngx_tiktok_copies_request(ngx_http_request_t *r,
    ngx_tiktok_loc_conf_t *tlcf, ngx_tiktok_copy_t *copy);
static ngx_int_t ngx_tiktok_copies_header_filter(ngx_http_request_t *r);
static void ngx_tiktok_copies_answer(ngx_http_request_t *r,
    ngx_tiktok_loc_conf_t *tlcf, ngx_tiktok_copy_t *copy);
static ngx_int_t ngx_tiktok_copies_body_filter(ngx_http_request_t *r,
    ngx_chain_t *in);
static ngx_tiktok_copy_kind_e ngx_tiktok_copies_kind(ngx_str_t *type);
static ngx_uint_t ngx_tiktok_copies_type(ngx_str_t *type, const char *name);
static void ngx_tiktok_copies_add(ngx_http_request_t *r,
    ngx_tiktok_copy_t *copy, ngx_chain_t *in, off_t expected,
    const char *what);


static const char  ngx_tiktok_copies_of_request[] = "the request body";
static const char  ngx_tiktok_copies_of_answer[] = "the answer";


static ngx_http_request_body_filter_pt   ngx_tiktok_next_request_body_filter;
static ngx_http_output_header_filter_pt  ngx_tiktok_next_header_filter;
static ngx_http_output_body_filter_pt    ngx_tiktok_next_body_filter;


void
ngx_tiktok_copies_init(void)
{
    ngx_tiktok_next_request_body_filter = ngx_http_top_request_body_filter;
    ngx_http_top_request_body_filter = ngx_tiktok_copies_request_filter;

    ngx_tiktok_next_header_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = ngx_tiktok_copies_header_filter;

    ngx_tiktok_next_body_filter = ngx_http_top_body_filter;
    ngx_http_top_body_filter = ngx_tiktok_copies_body_filter;
}


/* an internal redirect takes a module's context away, but no cleanup */

ngx_tiktok_copies_t *
ngx_tiktok_copies(ngx_http_request_t *r, ngx_uint_t create)
{
    ngx_pool_cleanup_t   *cln;
    ngx_tiktok_copies_t  *copies;

    for (cln = r->pool->cleanup; cln; cln = cln->next) {
        if (cln->handler == ngx_tiktok_copies_cleanup) {
            return cln->data;
        }
    }

    if (!create) {
        return NULL;
    }

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_tiktok_copies_t));
    if (cln == NULL) {
        return NULL;
    }

    copies = cln->data;
    ngx_memzero(copies, sizeof(ngx_tiktok_copies_t));

    cln->handler = ngx_tiktok_copies_cleanup;

    return copies;
}


static void
ngx_tiktok_copies_cleanup(void *data)
{
    ngx_tiktok_copies_t *copies = data;

    ngx_tiktok_json_destroy(&copies->request.json);
    ngx_tiktok_json_destroy(&copies->answer.json);
}


/* whether there is a rule that could ask, and a visitor who has agreed */

static ngx_uint_t
ngx_tiktok_copies_wanted(ngx_http_request_t *r, ngx_tiktok_loc_conf_t *tlcf)
{
    ngx_tiktok_ctx_t  *ctx;

    if ((tlcf->event_rules == NULL && tlcf->ga4 != 1)
        || tlcf->destination == NULL
        || ngx_tiktok_exchange_own(r))
    {
        return 0;
    }

    ctx = ngx_tiktok_ctx(r);

    return ctx && ngx_tiktok_ctx_refused(r, ctx) == NGX_TIKTOK_RESULT_NONE;
}


static ngx_int_t
ngx_tiktok_copies_request_filter(ngx_http_request_t *r, ngx_chain_t *in)
{
    ngx_tiktok_copy_t      *copy;
    ngx_tiktok_copies_t    *copies;
    ngx_tiktok_loc_conf_t  *tlcf;

    tlcf = ngx_http_get_module_loc_conf(r, ngx_tiktok_module);

    if ((tlcf->request_values == NULL && tlcf->ga4 != 1) || r != r->main) {
        return ngx_tiktok_next_request_body_filter(r, in);
    }

    copies = ngx_tiktok_copies(r, 1);

    if (copies) {
        copy = &copies->request;

        if (!copy->decided) {
            copy->decided = 1;

            ngx_tiktok_copies_request(r, tlcf, copy);
        }

        ngx_tiktok_copies_add(r, copy, in, r->headers_in.content_length_n,
                              ngx_tiktok_copies_of_request);
    }

    return ngx_tiktok_next_request_body_filter(r, in);
}


static void
ngx_tiktok_copies_request(ngx_http_request_t *r, ngx_tiktok_loc_conf_t *tlcf,
    ngx_tiktok_copy_t *copy)
{
    ngx_str_t  none = ngx_null_string;

    copy->kind = ngx_tiktok_copies_kind(r->headers_in.content_type
                                        ? &r->headers_in.content_type->value
                                        : &none);

    if ((copy->kind == NGX_TIKTOK_COPY_NONE && tlcf->ga4 != 1)
        || !ngx_tiktok_copies_wanted(r, tlcf))
    {
        return;
    }

    if (r->headers_in.content_length_n > (off_t) tlcf->body) {
        ngx_tiktok_copies_unread(r, NGX_TIKTOK_UNREAD_LARGE,
                                 ngx_tiktok_copies_of_request, NULL);
        return;
    }

    copy->taken = 1;
}


static ngx_int_t
ngx_tiktok_copies_header_filter(ngx_http_request_t *r)
{
    ngx_tiktok_copies_t    *copies;
    ngx_tiktok_loc_conf_t  *tlcf;

    tlcf = ngx_http_get_module_loc_conf(r, ngx_tiktok_module);

    if (tlcf->response_values == NULL || r != r->main || r->header_only) {
        return ngx_tiktok_next_header_filter(r);
    }

    copies = ngx_tiktok_copies(r, 1);

    if (copies) {
        ngx_tiktok_copies_answer(r, tlcf, &copies->answer);
    }

    return ngx_tiktok_next_header_filter(r);
}


static void
ngx_tiktok_copies_answer(ngx_http_request_t *r, ngx_tiktok_loc_conf_t *tlcf,
    ngx_tiktok_copy_t *copy)
{
    copy->kind = ngx_tiktok_copies_kind(&r->headers_out.content_type);

    if (copy->kind != NGX_TIKTOK_COPY_JSON
        || !ngx_tiktok_copies_wanted(r, tlcf))
    {
        return;
    }

    if (ngx_tiktok_answer_compressed(r)) {
        ngx_tiktok_copies_unread(r, NGX_TIKTOK_UNREAD_COMPRESSED,
                                 ngx_tiktok_copies_of_answer, NULL);
        return;
    }

    if (r->headers_out.content_length_n > (off_t) tlcf->body) {
        ngx_tiktok_copies_unread(r, NGX_TIKTOK_UNREAD_LARGE,
                                 ngx_tiktok_copies_of_answer, NULL);
        return;
    }

    copy->taken = 1;

    r->filter_need_in_memory = 1;
}


static ngx_int_t
ngx_tiktok_copies_body_filter(ngx_http_request_t *r, ngx_chain_t *in)
{
    ngx_tiktok_copies_t    *copies;
    ngx_tiktok_loc_conf_t  *tlcf;

    tlcf = ngx_http_get_module_loc_conf(r, ngx_tiktok_module);

    if (tlcf->response_values == NULL || r != r->main) {
        return ngx_tiktok_next_body_filter(r, in);
    }

    copies = ngx_tiktok_copies(r, 0);

    if (copies) {
        ngx_tiktok_copies_add(r, &copies->answer, in,
                              r->headers_out.content_length_n,
                              ngx_tiktok_copies_of_answer);
    }

    return ngx_tiktok_next_body_filter(r, in);
}


static ngx_tiktok_copy_kind_e
ngx_tiktok_copies_kind(ngx_str_t *type)
{
    u_char  *p, *last;

    if (type->len == 0) {
        return NGX_TIKTOK_COPY_TEXT;
    }

    if (ngx_tiktok_copies_type(type, "application/x-www-form-urlencoded")) {
        return NGX_TIKTOK_COPY_FORM;
    }

    if (ngx_tiktok_copies_type(type, "multipart/form-data")) {
        return NGX_TIKTOK_COPY_MULTIPART;
    }

    /* "application/json", "application/vnd.api+json" */

    last = type->data + type->len;
    p = ngx_strlchr(type->data, last, ';');

    if (ngx_strlcasestrn(type->data, p ? p : last, (u_char *) "json", 4 - 1)) {
        return NGX_TIKTOK_COPY_JSON;
    }

    /* what fetch() says of a string */

    if (ngx_tiktok_copies_type(type, "text/plain")) {
        return NGX_TIKTOK_COPY_TEXT;
    }

    return NGX_TIKTOK_COPY_NONE;
}


static ngx_uint_t
ngx_tiktok_copies_type(ngx_str_t *type, const char *name)
{
    size_t  len;

    len = ngx_strlen(name);

    return type->len >= len
           && ngx_strncasecmp(type->data, (u_char *) name, len) == 0;
}


static void
ngx_tiktok_copies_add(ngx_http_request_t *r, ngx_tiktok_copy_t *copy,
    ngx_chain_t *in, off_t expected, const char *what)
{
    off_t                   len;
    ngx_buf_t              *b;
    ngx_int_t               rc;
    ngx_tiktok_loc_conf_t  *tlcf;

    tlcf = ngx_http_get_module_loc_conf(r, ngx_tiktok_module);

    for ( /* void */ ; in && copy->taken; in = in->next) {

        b = in->buf;
        len = ngx_buf_size(b);

        if (b->last_buf) {
            copy->complete = 1;
        }

        if (len == 0) {
            continue;
        }

        rc = ngx_buf_in_memory(b)
             ? ngx_tiktok_body_room(r->pool, &copy->body, len, expected,
                                    tlcf->body)
             : NGX_DECLINED;

        if (rc != NGX_OK) {
            copy->taken = 0;

            if (rc == NGX_DECLINED) {
                ngx_tiktok_copies_unread(r, NGX_TIKTOK_UNREAD_LARGE, what,
                                         NULL);
            }

            return;
        }

        (void) ngx_cpymem(copy->body.data + copy->body.len, b->pos, len);
        copy->body.len += len;
    }
}


/* a location says it once, and then to those who listen to everything */

void
ngx_tiktok_copies_unread(ngx_http_request_t *r, ngx_tiktok_unread_e reason,
    const char *what, const char *error)
{
    ngx_uint_t              level;
    ngx_tiktok_loc_conf_t  *tlcf;
    ngx_tiktok_counters_t  *counters;

    tlcf = ngx_http_get_module_loc_conf(r, ngx_tiktok_module);

    if (tlcf->destination == NULL) {
        /* a redirect led on to a place without a pixel */
        return;
    }

    counters = ngx_tiktok_counters(tlcf->destination->queue.stats);

    ngx_tiktok_count(counters->unread[reason], 1);

    level = (tlcf->said & (1 << reason)) ? NGX_LOG_INFO : NGX_LOG_WARN;
    tlcf->said |= 1 << reason;

    switch (reason) {

    case NGX_TIKTOK_UNREAD_COMPRESSED:
        ngx_log_error(level, r->connection->log, 0,
                      "%s is compressed, so that no rule finds a value in it: "
                      "set \"proxy_set_header Accept-Encoding \"\"\" in this "
                      "location", what);
        break;

    case NGX_TIKTOK_UNREAD_LARGE:
        ngx_log_error(level, r->connection->log, 0,
                      "%s is larger than body=%uz of \"tiktok_beacon_limits\", "
                      "so that no rule finds a value in it",
                      what, tlcf->body);
        break;

    default: /* NGX_TIKTOK_UNREAD_BROKEN */
        ngx_log_error(level, r->connection->log, 0,
                      "%s is not what it says, so that no rule finds a value "
                      "in it: %s", what, error);
    }
}
