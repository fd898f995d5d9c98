
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#include "ngx_tiktok_exchange.h"
#include "ngx_tiktok_status.h"


static ngx_uint_t ngx_tiktok_exchange_has_events(ngx_http_request_t *r);
static ngx_int_t ngx_tiktok_exchange_events(ngx_http_request_t *r);
static ngx_int_t ngx_tiktok_exchange_try(ngx_http_request_t *r);
static ngx_int_t ngx_tiktok_exchange_visitor(ngx_http_request_t *r,
    ngx_tiktok_ctx_t *ctx, ngx_tiktok_visitor_t *visitor);
static ngx_int_t ngx_tiktok_exchange_url(ngx_http_request_t *r,
    ngx_tiktok_ctx_t *ctx, ngx_str_t *host, ngx_str_t *url);


ngx_int_t
ngx_tiktok_exchange_handler(ngx_http_request_t *r)
{
    return ngx_tiktok_exchange_has_events(r) ? ngx_tiktok_exchange_events(r)
                                             : NGX_OK;
}


ngx_int_t
ngx_tiktok_exchange_ahead(ngx_http_request_t *r)
{
    ngx_int_t               rc;
    ngx_str_t              *listed;
    ngx_tiktok_ctx_t       *ctx;
    ngx_tiktok_loc_conf_t  *tlcf;

    tlcf = ngx_http_get_module_loc_conf(r, ngx_tiktok_module);

    if (!ngx_tiktok_exchange_has_events(r)
        || (tlcf->ga4 != 1
            && !ngx_tiktok_rules_identify(tlcf->event_rules)
            && !ngx_tiktok_app_has_events(r)))
    {
        return NGX_OK;
    }

    ctx = ngx_tiktok_ctx(r);
    if (ctx == NULL) {
        return NGX_ERROR;
    }

    /* no other site may say who somebody is from then on */

    if (ngx_tiktok_origin_check(r, &ctx->headers, tlcf->origins, &listed)
        != NGX_OK)
    {
        return NGX_OK;
    }

    if (ngx_tiktok_ctx_refused(r, ctx) != NGX_TIKTOK_RESULT_NONE
        || ngx_tiktok_identity_known(r, ctx) == NULL)
    {
        return NGX_OK;
    }

    ctx->ahead = 1;

    rc = ngx_tiktok_exchange_try(r);

    ctx->ahead = 0;

    return rc;
}


/*
 * Whatever a rule asks for now it asks for again when all is known: nothing
 * of it may stay in the variables.
 */

static ngx_int_t
ngx_tiktok_exchange_try(ngx_http_request_t *r)
{
    size_t                      size;
    ngx_int_t                   rc;
    ngx_http_variable_value_t  *variables;
    ngx_http_core_main_conf_t  *cmcf;
#if (NGX_PCRE)
    int                        *captures;
    u_char                     *captures_data;
    ngx_uint_t                  ncaptures, realloc_captures;
#endif

    cmcf = ngx_http_get_module_main_conf(r, ngx_http_core_module);

    size = cmcf->variables.nelts * sizeof(ngx_http_variable_value_t);

    variables = ngx_palloc(r->pool, size);
    if (variables == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(variables, r->variables, size);

#if (NGX_PCRE)
    captures = r->captures;
    captures_data = r->captures_data;
    ncaptures = r->ncaptures;
    realloc_captures = r->realloc_captures;

    r->realloc_captures = 1;
#endif

    rc = ngx_tiktok_exchange_events(r);

#if (NGX_PCRE)
    r->captures = captures;
    r->captures_data = captures_data;
    r->ncaptures = ncaptures;
    r->realloc_captures = realloc_captures;
#endif

    ngx_memcpy(r->variables, variables, size);

    return rc;
}


static ngx_uint_t
ngx_tiktok_exchange_has_events(ngx_http_request_t *r)
{
    ngx_tiktok_loc_conf_t  *tlcf;

    tlcf = ngx_http_get_module_loc_conf(r, ngx_tiktok_module);

    return tlcf->destination
           && r == r->main
           && !(r->method & (NGX_HTTP_HEAD|NGX_HTTP_OPTIONS))
           && !ngx_tiktok_exchange_own(r);
}


static ngx_int_t
ngx_tiktok_exchange_events(ngx_http_request_t *r)
{
    /* the answer, which has come since, may have a say */

    ngx_tiktok_ctx_again(r);

    /* the application knows best: what comes second is a duplicate */

    if (ngx_tiktok_app_events(r) != NGX_OK
        || ngx_tiktok_hits(r) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_tiktok_rules(r);
}


ngx_uint_t
ngx_tiktok_exchange_own(ngx_http_request_t *r)
{
    return r->content_handler == ngx_tiktok_beacon_handler
           || r->content_handler == ngx_tiktok_script_handler
           || r->content_handler == ngx_tiktok_status_handler;
}


ngx_uint_t
ngx_tiktok_exchange_status(ngx_http_request_t *r)
{
    return r->err_status ? r->err_status : r->headers_out.status;
}


/* HTML, and no part of another page or what a script has asked for */

ngx_uint_t
ngx_tiktok_exchange_page(ngx_http_request_t *r, ngx_tiktok_ctx_t *ctx)
{
    ngx_str_t   *type, *dest;
    ngx_uint_t   document;

    if (r->method != NGX_HTTP_GET || ctx->headers.xhr) {
        return 0;
    }

    dest = &ctx->headers.fetch_dest;

    document = (dest->len == 8
                && ngx_strncmp(dest->data, "document", 8) == 0);

    /* the type of a page that the browser has is not said again */

    if (r->headers_out.status == NGX_HTTP_NOT_MODIFIED) {
        return document;
    }

    type = &r->headers_out.content_type;

    if (!(type->len >= 9
          && ngx_strncasecmp(type->data, (u_char *) "text/html", 9) == 0)
        && !(type->len >= 21
             && ngx_strncasecmp(type->data,
                                (u_char *) "application/xhtml+xml", 21)
                == 0))
    {
        return 0;
    }

    /* older browsers do not say */

    return document || dest->len == 0;
}


ngx_int_t
ngx_tiktok_exchange_capture(ngx_http_request_t *r, ngx_tiktok_ctx_t *ctx,
    cJSON *root, const char *what, ngx_str_t *name)
{
    ngx_int_t                rc;
    ngx_uint_t               i, n, queued;
    ngx_tiktok_item_t       *items;
    ngx_tiktok_visitor_t     visitor;
    ngx_tiktok_loc_conf_t   *tlcf;

    tlcf = ngx_http_get_module_loc_conf(r, ngx_tiktok_module);

    n = cJSON_IsArray(root) ? cJSON_GetArraySize(root) : 1;

    if (n == 0 || n > tlcf->events) {

        if (!ctx->ahead) {
            ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                          "%s \"%V\" has %ui events", what, name, n);
        }

        ngx_tiktok_capture_result(r, ctx, NGX_TIKTOK_RESULT_INVALID, 1);
        return NGX_OK;
    }

    if (ngx_tiktok_exchange_visitor(r, ctx, &visitor) != NGX_OK) {
        return NGX_ERROR;
    }

    items = ngx_tiktok_capture_items(r, ctx, &visitor, root, n);
    if (items == NULL) {
        return NGX_ERROR;
    }

    if (ctx->ahead) {
        return NGX_OK;
    }

    for (i = 0; i < n; i++) {
        if (items[i].event.error) {
            ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                          "%s \"%V\" is invalid: %s %s", what, name,
                          items[i].event.field ? items[i].event.field
                                               : "the event",
                          items[i].event.error);
        }
    }

    rc = ngx_tiktok_capture(r, ctx, items, n, &queued);

    ngx_log_debug3(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                   "tiktok %s \"%V\": %V", what, name,
                   ngx_tiktok_result_name(ctx->result));

    return (rc == NGX_ERROR) ? NGX_ERROR : NGX_OK;
}


/*
 * The page on which it happened is the answer itself where that is one, else
 * the one that "Referer" names.
 */

static ngx_int_t
ngx_tiktok_exchange_visitor(ngx_http_request_t *r, ngx_tiktok_ctx_t *ctx,
    ngx_tiktok_visitor_t *visitor)
{
    if (ngx_tiktok_visitor(r, ctx, visitor) != NGX_OK) {
        return NGX_ERROR;
    }

    /* it is the shop that says what an event has, and no query string */

    visitor->hashed_only = 0;

    if (ngx_tiktok_exchange_page(r, ctx)) {
        visitor->page_referrer = visitor->referer;
        visitor->referer.len = 0;
    }

    if (visitor->referer.len || visitor->host.len == 0) {
        return NGX_OK;
    }

    return ngx_tiktok_exchange_url(r, ctx, &visitor->host, &visitor->referer);
}


static ngx_int_t
ngx_tiktok_exchange_url(ngx_http_request_t *r, ngx_tiktok_ctx_t *ctx,
    ngx_str_t *host, ngx_str_t *url)
{
    u_char  *p;

    p = ngx_pnalloc(r->pool, sizeof("https://") - 1 + host->len
                             + r->unparsed_uri.len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    url->data = p;

    p = ngx_cpymem(p, "http", sizeof("http") - 1);

    if (ngx_tiktok_https(r, ctx)) {
        *p++ = 's';
    }

    p = ngx_cpymem(p, "://", sizeof("://") - 1);
    p = ngx_cpymem(p, host->data, host->len);
    p = ngx_cpymem(p, r->unparsed_uri.data, r->unparsed_uri.len);

    url->len = p - url->data;

    return NGX_OK;
}
