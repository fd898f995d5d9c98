
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * What a request says of its visitor: headers, consent and identity.
 */


#include "ngx_tiktok_capture.h"
#include "ngx_tiktok_compat.h"
#include "ngx_tiktok_opt_out.h"


static void ngx_tiktok_headers(ngx_http_request_t *r,
    ngx_tiktok_headers_t *headers);
static ngx_uint_t ngx_tiktok_header_is(ngx_table_elt_t *header, char *name,
    size_t len);
static ngx_int_t ngx_tiktok_consent(ngx_http_request_t *r,
    ngx_tiktok_ctx_t *ctx);


static ngx_str_t  ngx_tiktok_opted_out = ngx_string("opted_out");


static ngx_tiktok_cookie_name_t  ngx_tiktok_own_cookies[] = {
    { ngx_string("ttclid"), 0 },
    { ngx_string("_ttp"), 0 }
};


#define ngx_tiktok_header_literal(header, name)                               \
    ngx_tiktok_header_is(header, name, sizeof(name) - 1)


ngx_tiktok_ctx_t *
ngx_tiktok_ctx(ngx_http_request_t *r)
{
    ngx_tiktok_ctx_t       *ctx;
    ngx_tiktok_loc_conf_t  *tlcf;

    ctx = ngx_http_get_module_ctx(r, ngx_tiktok_module);

    if (ctx == NULL) {
        ctx = ngx_pcalloc(r->pool, sizeof(ngx_tiktok_ctx_t));
        if (ctx == NULL) {
            return NULL;
        }

        ctx->result = NGX_TIKTOK_RESULT_NONE;

        ngx_tiktok_headers(r, &ctx->headers);

        ngx_http_set_ctx(r, ctx, ngx_tiktok_module);
    }

    /* the server may have asked before the location was found */

    tlcf = ngx_http_get_module_loc_conf(r, ngx_tiktok_module);

    if (ctx->conf != tlcf) {
        if (ngx_tiktok_consent(r, ctx) != NGX_OK) {
            return NULL;
        }

        ctx->conf = tlcf;
        ctx->person = NULL;
    }

    return ctx;
}


void
ngx_tiktok_ctx_again(ngx_http_request_t *r)
{
    ngx_uint_t              i;
    ngx_tiktok_ctx_t       *ctx;
    ngx_tiktok_rule_t      *rules;
    ngx_tiktok_loc_conf_t  *tlcf;

    ctx = ngx_http_get_module_ctx(r, ngx_tiktok_module);
    tlcf = ngx_http_get_module_loc_conf(r, ngx_tiktok_module);

    if (ctx == NULL || tlcf->consent == NULL) {
        return;
    }

    rules = tlcf->consent->elts;

    for (i = 0; i < tlcf->consent->nelts; i++) {
        if (rules[i].filter || rules[i].value) {
            ctx->conf = NULL;
            return;
        }
    }
}


static void
ngx_tiktok_headers(ngx_http_request_t *r, ngx_tiktok_headers_t *headers)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    headers->ncookies = ngx_tiktok_compat_cookies(r, headers->cookies,
                                                  NGX_TIKTOK_COOKIE_LINES);

    if (headers->ncookies > NGX_TIKTOK_COOKIE_LINES) {
        headers->ncookies = NGX_TIKTOK_COOKIE_LINES;
        headers->cookies_lost = 1;
    }

    part = &r->headers_in.headers.part;
    h = part->elts;

    for (i = 0; /* void */ ; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                return;
            }

            part = part->next;
            h = part->elts;
            i = 0;
        }

        if (ngx_tiktok_header_literal(&h[i], "origin")) {
            headers->origin = h[i].value;

        } else if (ngx_tiktok_header_literal(&h[i], "sec-fetch-site")) {
            headers->fetch_site = h[i].value;

        } else if (ngx_tiktok_header_literal(&h[i], "sec-fetch-dest")) {
            headers->fetch_dest = h[i].value;

        } else if (ngx_tiktok_header_literal(&h[i], "x-requested-with")) {
            headers->xhr = 1;

        } else if (ngx_tiktok_header_literal(&h[i], "accept-language")) {
            headers->accept_language = h[i].value;

        } else if (ngx_tiktok_header_literal(&h[i], "sec-gpc")) {

            if (h[i].value.len == 1 && h[i].value.data[0] == '1') {
                headers->gpc = 1;
            }

        } else if (ngx_tiktok_header_literal(&h[i], "x-forwarded-proto")) {

            /* of several the one next to the visitor comes first */

            if (ngx_strncasecmp(h[i].value.data, (u_char *) "https",
                                sizeof("https") - 1)
                == 0)
            {
                headers->https = 1;
            }

        } else if (ngx_tiktok_header_literal(&h[i], "sec-purpose")
                   || ngx_tiktok_header_literal(&h[i], "purpose")
                   || ngx_tiktok_header_literal(&h[i], "x-moz"))
        {
            if (ngx_strncasecmp(h[i].value.data, (u_char *) "prefetch",
                                sizeof("prefetch") - 1)
                == 0)
            {
                headers->prefetch = 1;
            }
        }
    }
}


static ngx_uint_t
ngx_tiktok_header_is(ngx_table_elt_t *header, char *name, size_t len)
{
    return header->key.len == len
           && ngx_memcmp(header->lowcase_key, name, len) == 0;
}


/* the policies that apply here and now, combined */

static ngx_int_t
ngx_tiktok_consent(ngx_http_request_t *r, ngx_tiktok_ctx_t *ctx)
{
    ngx_str_t               value;
    ngx_uint_t              i, applied;
    ngx_tiktok_rule_t      *rules;
    ngx_tiktok_consent_t    consent;
    ngx_tiktok_signals_t    signals;
    ngx_tiktok_loc_conf_t  *tlcf;

    ctx->consent.verdict = NGX_TIKTOK_UNDECIDED;
    ngx_str_null(&ctx->consent.preset);
    ngx_str_set(&ctx->consent.detail, "no policy applies");

    ctx->opted_out = 0;
    ctx->limited = 0;

    tlcf = ngx_http_get_module_loc_conf(r, ngx_tiktok_module);

    if (tlcf->trusted) {
        /* each event says it itself */
        ngx_str_set(&ctx->consent.detail, "no event");
        return NGX_OK;
    }

    if (tlcf->consent == NULL) {
        return NGX_OK;
    }

    if (ctx->headers.cookies_lost) {
        /* the one that denies may be among those we have not seen */
        ngx_str_set(&ctx->consent.detail, "too many Cookie headers");
        return NGX_OK;
    }

    signals.cookies.lines = ctx->headers.cookies;
    signals.cookies.nlines = ctx->headers.ncookies;
    signals.now = ngx_time();

    rules = tlcf->consent->elts;
    applied = 0;

    for (i = 0; i < tlcf->consent->nelts; i++) {

        if (rules[i].filter) {
            if (ngx_http_complex_value(r, rules[i].filter, &value) != NGX_OK) {
                return NGX_ERROR;
            }

            if (!ngx_tiktok_true_value(&value)) {
                continue;
            }
        }

        ngx_str_null(&signals.value);

        if (rules[i].value
            && ngx_http_complex_value(r, rules[i].value, &signals.value)
               != NGX_OK)
        {
            return NGX_ERROR;
        }

        ngx_tiktok_policy_check(&rules[i].policy, &signals, &consent);

        if (applied++) {
            ngx_tiktok_consent_combine(&ctx->consent, &consent);

        } else {
            ctx->consent = consent;
        }
    }

    if (ctx->consent.verdict == NGX_TIKTOK_GRANTED
        && ngx_tiktok_opt_out(&signals.cookies, ctx->headers.gpc,
                              tlcf->limit, &ctx->signal))
    {
        ctx->limited = tlcf->limit;
        ctx->opted_out = !tlcf->limit;
    }

    return NGX_OK;
}


ngx_uint_t
ngx_tiktok_https(ngx_http_request_t *r, ngx_tiktok_ctx_t *ctx)
{
#if (NGX_SSL || NGX_COMPAT)
    if (r->connection->ssl) {
        return 1;
    }
#endif

    /*
     * A proxy before us may have ended TLS.  Who lies about it to himself
     * gets a cookie that his browser does not take.
     */

    return ctx->headers.https;
}


ngx_uint_t
ngx_tiktok_true_value(ngx_str_t *value)
{
    return value->len != 0 && !(value->len == 1 && value->data[0] == '0');
}


ngx_str_t *
ngx_tiktok_ctx_consent(ngx_tiktok_ctx_t *ctx)
{
    if (ngx_tiktok_ctx_opted_out(ctx)) {
        return &ngx_tiktok_opted_out;
    }

    return ngx_tiktok_verdict_name(ctx->consent.verdict);
}


void
ngx_tiktok_ctx_reason(ngx_tiktok_ctx_t *ctx, ngx_tiktok_consent_t *reason)
{
    *reason = ctx->consent;

    if (ctx->opted_out || ctx->limited) {
        reason->preset = ctx->signal.preset;
        reason->detail = ctx->signal.detail;
    }
}


ngx_uint_t
ngx_tiktok_ctx_refused(ngx_http_request_t *r, ngx_tiktok_ctx_t *ctx)
{
    ngx_uint_t  trusted;

    /* headers of a shop's server say nothing about the visitor */

    trusted = ctx->conf->trusted;

    if (ctx->headers.prefetch && !trusted) {
        return NGX_TIKTOK_RESULT_PREFETCH;
    }

    if (r->headers_in.user_agent && !trusted
        && ngx_tiktok_bot(&r->headers_in.user_agent->value))
    {
        return NGX_TIKTOK_RESULT_BOT;
    }

    switch (ctx->consent.verdict) {

    case NGX_TIKTOK_GRANTED:
        break;

    case NGX_TIKTOK_DENIED:
        return NGX_TIKTOK_RESULT_DENIED;

    default: /* NGX_TIKTOK_UNDECIDED */
        return NGX_TIKTOK_RESULT_UNDECIDED;
    }

    if (ngx_tiktok_ctx_opted_out(ctx)) {
        return NGX_TIKTOK_RESULT_OPTED_OUT;
    }

    return NGX_TIKTOK_RESULT_NONE;
}


ngx_int_t
ngx_tiktok_visitor(ngx_http_request_t *r, ngx_tiktok_ctx_t *ctx,
    ngx_tiktok_visitor_t *visitor)
{
    ngx_str_t               *value;
    ngx_tiktok_cookie_t      cookie;
    ngx_tiktok_cookies_t     cookies;
    ngx_tiktok_loc_conf_t   *tlcf;
    ngx_tiktok_cookie_pos_t  pos;

    tlcf = ngx_http_get_module_loc_conf(r, ngx_tiktok_module);

    ngx_memzero(visitor, sizeof(ngx_tiktok_visitor_t));

    visitor->now = ngx_time();
    visitor->hashed_only = (r->method == NGX_HTTP_GET);
    visitor->legacy_names = tlcf->legacy_names;
    visitor->phone_plan = tlcf->phone_plan;
    visitor->trusted = tlcf->trusted;

    if (visitor->trusted) {
        return NGX_OK;
    }

    cookies.lines = ctx->headers.cookies;
    cookies.nlines = ctx->headers.ncookies;

    ngx_memzero(&pos, sizeof(ngx_tiktok_cookie_pos_t));

    while (ngx_tiktok_cookie_next(&cookies, ngx_tiktok_own_cookies, 2, &pos,
                                  &cookie)
           == NGX_OK)
    {
        value = (cookie.index == 0) ? &visitor->ttclid : &visitor->ttp;

        if (value->data == NULL) {
            *value = cookie.value;
        }
    }

    /* realip has put the client's address there */
    visitor->ip = r->connection->addr_text;

    if (r->headers_in.user_agent) {
        visitor->user_agent = r->headers_in.user_agent->value;
    }

    if (r->headers_in.referer) {
        visitor->referer = r->headers_in.referer->value;
    }

    ngx_tiktok_host(r, &visitor->host);

    visitor->accept_language = ctx->headers.accept_language;
    visitor->limited_data_use = ctx->limited;

    return NGX_OK;
}


/* with HTTP/3, and an absolute URI of HTTP/1.0, there may be no header of it */

void
ngx_tiktok_host(ngx_http_request_t *r, ngx_str_t *host)
{
    if (r->headers_in.host) {
        *host = r->headers_in.host->value;
        return;
    }

    if (r->headers_in.server.len && r->host_end) {
        host->data = r->host_start;
        host->len = r->host_end - r->host_start;
        return;
    }

    ngx_str_null(host);
}
