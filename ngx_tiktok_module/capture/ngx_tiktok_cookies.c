
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * The cookies that the module sets, and takes back where consent is denied.
 */


#include "ngx_tiktok_capture.h"
#include "ngx_tiktok_compat.h"
#include "ngx_tiktok_exchange.h"


#define NGX_TIKTOK_COOKIE_EXPIRED  0


/*
 * NGX_OK with what the cookie has to be set to, or NGX_DECLINED.  It is asked
 * for every page, before consent is known.
 */
typedef ngx_int_t (*ngx_tiktok_cookie_value_pt)(ngx_http_request_t *r,
    ngx_str_t *value);


typedef struct {
    size_t                       conf;      /* in the location's */
    ngx_tiktok_cookie_value_pt   value;
    ngx_uint_t                   secret;    /* to scripts, net, caches */
} ngx_tiktok_set_cookie_t;


static ngx_int_t ngx_tiktok_cookie_domain(ngx_conf_t *cf,
    ngx_tiktok_cookie_conf_t *conf, ngx_str_t *text);
static ngx_int_t ngx_tiktok_cookies_header_filter(ngx_http_request_t *r);
static void ngx_tiktok_cookies(ngx_http_request_t *r,
    ngx_tiktok_loc_conf_t *tlcf);
static ngx_uint_t ngx_tiktok_cookies_came(ngx_http_request_t *r);
static ngx_uint_t ngx_tiktok_answer_storable(ngx_http_request_t *r);
static void ngx_tiktok_cookie_expire(ngx_http_request_t *r,
    ngx_tiktok_ctx_t *ctx, ngx_uint_t n, ngx_str_t *domain);
static ngx_uint_t ngx_tiktok_cookie_host(ngx_str_t *host, ngx_str_t *domain);
static void ngx_tiktok_cookie_set(ngx_http_request_t *r,
    ngx_tiktok_ctx_t *ctx, ngx_uint_t n, ngx_str_t *value, time_t max_age,
    ngx_str_t *domain);


static ngx_str_t  ngx_tiktok_set_cookie_header = ngx_string("Set-Cookie");


/* the cookie "tiktok_consent" is the browser's own, and not among them */

#define NGX_TIKTOK_SET_COOKIES  2


static ngx_tiktok_cookie_name_t  ngx_tiktok_set_cookie_names[] = {
    { ngx_string("ttclid"), 0 },
    { ngx_string(NGX_TIKTOK_IDENTITY_COOKIE), 0 }
};


static ngx_tiktok_set_cookie_t  ngx_tiktok_set_cookies[] = {

    { offsetof(ngx_tiktok_loc_conf_t, click_id),
      ngx_tiktok_click_id, 0 },

    { offsetof(ngx_tiktok_loc_conf_t, identity),
      ngx_tiktok_identity_cookie, 1 }
};


static ngx_http_output_header_filter_pt  ngx_tiktok_next_header_filter;


void
ngx_tiktok_cookies_init(void)
{
    ngx_tiktok_next_header_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = ngx_tiktok_cookies_header_filter;
}


ngx_int_t
ngx_tiktok_cookie_parameter(ngx_conf_t *cf, ngx_tiktok_cookie_conf_t *conf,
    ngx_str_t *value)
{
    time_t     age;
    ngx_str_t  s;

    if (ngx_strncmp(value->data, "max_age=", 8) == 0) {
        s.data = value->data + 8;
        s.len = value->len - 8;

        age = ngx_parse_time(&s, 1);

        if (age == (time_t) NGX_ERROR || age == 0) {
            return NGX_ERROR;
        }

        conf->max_age = age;

        return NGX_OK;
    }

    if (ngx_strncmp(value->data, "domain=", 7) != 0) {
        return NGX_ERROR;
    }

    s.data = value->data + 7;
    s.len = value->len - 7;

    return ngx_tiktok_cookie_domain(cf, conf, &s);
}


/* each is kept once: a cookie of any of them may have to be taken back */

static ngx_int_t
ngx_tiktok_cookie_domain(ngx_conf_t *cf, ngx_tiktok_cookie_conf_t *conf,
    ngx_str_t *text)
{
    u_char                   c;
    ngx_str_t               *domain;
    ngx_uint_t               i;
    ngx_tiktok_main_conf_t  *tmcf;

    for (i = 0; i < text->len; i++) {
        c = text->data[i] | 0x20;

        if ((c < '0' || c > '9') && (c < 'a' || c > 'z')
            && text->data[i] != '.' && text->data[i] != '-')
        {
            return NGX_ERROR;
        }
    }

    /* a dot in front is ignored by browsers as well */

    if (text->len && text->data[0] == '.') {
        text->data++;
        text->len--;
    }

    if (text->len == 0) {
        return NGX_ERROR;
    }

    tmcf = ngx_http_conf_get_module_main_conf(cf, ngx_tiktok_module);

    domain = tmcf->domains.elts;

    for (i = 0; i < tmcf->domains.nelts; i++) {
        if (domain[i].len == text->len
            && ngx_strncasecmp(domain[i].data, text->data, text->len) == 0)
        {
            conf->domain = domain[i];
            return NGX_OK;
        }
    }

    domain = ngx_array_push(&tmcf->domains);
    if (domain == NULL) {
        return NGX_ERROR;
    }

    *domain = *text;
    conf->domain = *text;

    return NGX_OK;
}


static ngx_int_t
ngx_tiktok_cookies_header_filter(ngx_http_request_t *r)
{
    ngx_tiktok_loc_conf_t  *tlcf;

    tlcf = ngx_http_get_module_loc_conf(r, ngx_tiktok_module);

    if (r == r->main
        && tlcf->destination
        && !tlcf->trusted
        && r->headers_out.status >= NGX_HTTP_OK
        && r->headers_out.status != NGX_HTTP_NOT_MODIFIED)
    {
        ngx_tiktok_cookies(r, tlcf);
    }

    return ngx_tiktok_next_header_filter(r);
}


/* a page without its cookie is better than none: nothing fails here */

static void
ngx_tiktok_cookies(ngx_http_request_t *r, ngx_tiktok_loc_conf_t *tlcf)
{
    ngx_str_t                  value;
    ngx_uint_t                 i, came, wanted;
    ngx_tiktok_ctx_t          *ctx;
    ngx_tiktok_set_cookie_t   *cookie;
    ngx_tiktok_cookie_conf_t  *conf;

    came = ngx_tiktok_cookies_came(r);

    /* the header of the answer has a say; a beacon has had its own */

    if (!ngx_tiktok_exchange_own(r)) {
        ngx_tiktok_ctx_again(r);
    }

    for (i = 0; i < NGX_TIKTOK_SET_COOKIES; i++) {

        cookie = &ngx_tiktok_set_cookies[i];
        conf = *(ngx_tiktok_cookie_conf_t **) ((char *) tlcf + cookie->conf);

        /* where it is off, another location may have set it all the same */

        wanted = (conf->enabled && cookie->value(r, &value) == NGX_OK);

        if (!wanted && !(came & (1 << i))) {
            continue;
        }

        /* few requests come this far, so only they pay for consent */

        if (ngx_tiktok_answer_says(r, "Cache-Control", "public")
            || ngx_tiktok_answer_says(r, "Cache-Control", "s-maxage"))
        {
            /* caches may give the answer, and a cookie on it, to others */
            return;
        }

        ctx = ngx_tiktok_ctx(r);
        if (ctx == NULL) {
            return;
        }

        if (ctx->consent.verdict == NGX_TIKTOK_DENIED
            || ngx_tiktok_ctx_opted_out(ctx))
        {
            if (came & (1 << i)) {
                ngx_tiktok_cookie_expire(r, ctx, i, &conf->domain);
            }

            continue;
        }

        if (wanted
            && !(cookie->secret && ngx_tiktok_answer_storable(r))
            && ngx_tiktok_ctx_refused(r, ctx) == NGX_TIKTOK_RESULT_NONE)
        {
            ngx_tiktok_cookie_set(r, ctx, i, &value, conf->max_age,
                                  &conf->domain);
        }
    }
}


/* which of them the request has brought, bits 1 << number */

static ngx_uint_t
ngx_tiktok_cookies_came(ngx_http_request_t *r)
{
    ngx_str_t                lines[NGX_TIKTOK_COOKIE_LINES];
    ngx_uint_t               came;
    ngx_tiktok_cookie_t      cookie;
    ngx_tiktok_cookies_t     cookies;
    ngx_tiktok_cookie_pos_t  pos;

    cookies.lines = lines;
    cookies.nlines = ngx_tiktok_compat_cookies(r, lines,
                                               NGX_TIKTOK_COOKIE_LINES);
    cookies.nlines = ngx_min(cookies.nlines, NGX_TIKTOK_COOKIE_LINES);

    ngx_memzero(&pos, sizeof(ngx_tiktok_cookie_pos_t));

    came = 0;

    while (ngx_tiktok_cookie_next(&cookies, ngx_tiktok_set_cookie_names,
                                  NGX_TIKTOK_SET_COOKIES, &pos, &cookie)
           == NGX_OK)
    {
        came |= 1 << cookie.index;
    }

    return came;
}


/* caches of others may keep what says how long, and not whose it is */

static ngx_uint_t
ngx_tiktok_answer_storable(ngx_http_request_t *r)
{
    time_t            expires;
    ngx_table_elt_t  *h;

    if (ngx_tiktok_answer_says(r, "Cache-Control", "private")
        || ngx_tiktok_answer_says(r, "Cache-Control", "no-store")
        || ngx_tiktok_answer_says(r, "Cache-Control", "no-cache"))
    {
        return 0;
    }

    if (ngx_tiktok_answer_says(r, "Cache-Control", "max-age")) {
        return 1;
    }

    h = r->headers_out.expires;

    if (h == NULL || h->hash == 0) {
        return 0;
    }

    expires = ngx_parse_http_time(h->value.data, h->value.len);

    return expires != (time_t) NGX_ERROR && expires > ngx_time();
}


static void
ngx_tiktok_cookie_expire(ngx_http_request_t *r, ngx_tiktok_ctx_t *ctx,
    ngx_uint_t n, ngx_str_t *domain)
{
    ngx_str_t                none, *known;
    ngx_uint_t               i;
    ngx_tiktok_main_conf_t  *tmcf;

    ngx_str_null(&none);

    ngx_tiktok_cookie_set(r, ctx, n, &none, NGX_TIKTOK_COOKIE_EXPIRED, &none);

    /*
     * A browser keeps one for each domain, and does not say which: it may be
     * from another location, or from before the domain was configured.
     */

    tmcf = ngx_http_get_module_main_conf(r, ngx_tiktok_module);

    known = tmcf->domains.elts;

    for (i = 0; i < tmcf->domains.nelts; i++) {

        /* what a proxy before us has as "Host" may be another one */

        if (known[i].data == domain->data
            || ngx_tiktok_cookie_host(&r->headers_in.server, &known[i]))
        {
            ngx_tiktok_cookie_set(r, ctx, n, &none, NGX_TIKTOK_COOKIE_EXPIRED,
                                  &known[i]);
        }
    }
}


/* whether a host may have cookies of a domain: it is one, or below it */

static ngx_uint_t
ngx_tiktok_cookie_host(ngx_str_t *host, ngx_str_t *domain)
{
    u_char  *p;

    if (host->len < domain->len) {
        return 0;
    }

    p = host->data + host->len - domain->len;

    return ngx_strncasecmp(p, domain->data, domain->len) == 0
           && (p == host->data || p[-1] == '.');
}


static void
ngx_tiktok_cookie_set(ngx_http_request_t *r, ngx_tiktok_ctx_t *ctx,
    ngx_uint_t n, ngx_str_t *value, time_t max_age, ngx_str_t *domain)
{
    u_char     *p;
    size_t      len;
    ngx_str_t   text, *name;

    name = &ngx_tiktok_set_cookie_names[n].name;

    len = name->len + sizeof("=") - 1 + value->len
          + sizeof("; Path=/; Max-Age=") - 1 + NGX_TIME_T_LEN
          + sizeof("; Domain=") - 1 + domain->len
          + sizeof("; SameSite=Lax; HttpOnly; Secure") - 1;

    text.data = ngx_pnalloc(r->pool, len);
    if (text.data == NULL) {
        return;
    }

    p = ngx_sprintf(text.data, "%V=%V; Path=/; Max-Age=%T", name, value,
                    max_age);

    if (domain->len) {
        p = ngx_sprintf(p, "; Domain=%V", domain);
    }

    p = ngx_cpymem(p, "; SameSite=Lax", sizeof("; SameSite=Lax") - 1);

    if (ngx_tiktok_set_cookies[n].secret) {
        p = ngx_cpymem(p, "; HttpOnly", sizeof("; HttpOnly") - 1);
    }

    if (ngx_tiktok_set_cookies[n].secret || ngx_tiktok_https(r, ctx)) {
        p = ngx_cpymem(p, "; Secure", sizeof("; Secure") - 1);
    }

    text.len = p - text.data;

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                   "tiktok cookie \"%V\" for %T", name, max_age);

    (void) ngx_tiktok_header(r, &ngx_tiktok_set_cookie_header, &text);
}


ngx_uint_t
ngx_tiktok_answer_says(ngx_http_request_t *r, const char *name,
    const char *word)
{
    size_t            len;
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    len = ngx_strlen(name);
    part = &r->headers_out.headers.part;
    h = part->elts;

    for (i = 0; /* void */ ; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                return 0;
            }

            part = part->next;
            h = part->elts;
            i = 0;
        }

        if (h[i].hash != 0
            && h[i].key.len == len
            && ngx_strncasecmp(h[i].key.data, (u_char *) name, len) == 0
            && ngx_strlcasestrn(h[i].value.data,
                                h[i].value.data + h[i].value.len,
                                (u_char *) word, ngx_strlen(word) - 1))
        {
            return 1;
        }
    }
}


/* "none" and "identity" are what applications say to be left alone */

ngx_uint_t
ngx_tiktok_answer_compressed(ngx_http_request_t *r)
{
    ngx_str_t  *coding;

    if (r->headers_out.content_encoding == NULL) {
        return 0;
    }

    coding = &r->headers_out.content_encoding->value;

    return coding->len
           && !(coding->len == 4
                && ngx_strncasecmp(coding->data, (u_char *) "none", 4) == 0)
           && !(coding->len == 8
                && ngx_strncasecmp(coding->data, (u_char *) "identity", 8)
                   == 0);
}
