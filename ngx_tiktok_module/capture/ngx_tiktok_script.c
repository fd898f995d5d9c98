
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * The browser script.  It is put together once, when the configuration is
 * read, and is the same for every visitor: whatever differs between visitors
 * the script learns from the beacon.
 */


#include "ngx_tiktok_rules.h"
#include "ngx_tiktok_script.h"


static ngx_int_t ngx_tiktok_script_rules(ngx_tiktok_site_t *own,
    ngx_array_t *sites);
static ngx_int_t ngx_tiktok_script_rule(ngx_tiktok_script_t *script,
    ngx_tiktok_event_rule_t *rule);
static ngx_int_t ngx_tiktok_script_told(ngx_tiktok_script_t *script,
    ngx_str_t *name);
static ngx_int_t ngx_tiktok_script_headers(ngx_http_request_t *r,
    ngx_tiktok_script_t *script);


static ngx_str_t  ngx_tiktok_script_type = ngx_string("text/javascript");
static ngx_str_t  ngx_tiktok_script_etag = ngx_string("ETag");
static ngx_str_t  ngx_tiktok_script_cache = ngx_string("Cache-Control");
#if (NGX_HTTP_GZIP)
static ngx_str_t  ngx_tiktok_script_vary = ngx_string("Vary");
static ngx_str_t  ngx_tiktok_script_accept = ngx_string("Accept-Encoding");
static ngx_str_t  ngx_tiktok_script_encoding = ngx_string("Content-Encoding");
static ngx_str_t  ngx_tiktok_script_gzip = ngx_string("gzip");
#endif


ngx_int_t
ngx_tiktok_script_make(ngx_conf_t *cf, ngx_array_t *sites)
{
    ngx_uint_t          i;
    ngx_tiktok_site_t  *site;

    site = sites->elts;

    for (i = 0; i < sites->nelts; i++) {

        if (site[i].conf->script == NULL) {
            continue;
        }

        if (ngx_tiktok_script_rules(&site[i], sites) != NGX_OK
            || ngx_tiktok_script_text(cf, site[i].conf) != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* finds the events that rules tell of the pixel, anywhere in the server */

static ngx_int_t
ngx_tiktok_script_rules(ngx_tiktok_site_t *own, ngx_array_t *sites)
{
    ngx_uint_t                i, n;
    ngx_tiktok_site_t        *site;
    ngx_tiktok_loc_conf_t    *conf;
    ngx_tiktok_event_rule_t  *rules;

    site = sites->elts;

    for (i = 0; i < sites->nelts; i++) {
        conf = site[i].conf;

        if (site[i].server != own->server
            || conf->destination != own->conf->destination
            || conf->event_rules == NULL)
        {
            continue;
        }

        rules = conf->event_rules->elts;

        for (n = 0; n < conf->event_rules->nelts; n++) {
            if (ngx_tiktok_script_rule(own->conf->script, &rules[n])
                != NGX_OK)
            {
                return NGX_ERROR;
            }
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_tiktok_script_rule(ngx_tiktok_script_t *script,
    ngx_tiktok_event_rule_t *rule)
{
    /* one event for TikTok, or one that yields to the script itself */

    if (rule->shared || rule->page) {
        return NGX_OK;
    }

    if (rule->number == NGX_TIKTOK_EVENT_CUSTOM) {
        return ngx_tiktok_script_told(script, &rule->event);
    }

    if (ngx_tiktok_script_told(script,
                               ngx_tiktok_event_spelling(rule->number, 0))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_tiktok_script_told(script,
                                  ngx_tiktok_event_spelling(rule->number, 1));
}


static ngx_int_t
ngx_tiktok_script_told(ngx_tiktok_script_t *script, ngx_str_t *name)
{
    ngx_str_t  *told;

    if (ngx_tiktok_script_left(script, name)) {
        return NGX_OK;
    }

    told = ngx_array_push(&script->told);
    if (told == NULL) {
        return NGX_ERROR;
    }

    *told = *name;

    return NGX_OK;
}


ngx_uint_t
ngx_tiktok_script_left(ngx_tiktok_script_t *script, ngx_str_t *name)
{
    ngx_str_t   *told;
    ngx_uint_t   i;

    told = script->told.elts;

    for (i = 0; i < script->told.nelts; i++) {
        if (told[i].len == name->len
            && ngx_memcmp(told[i].data, name->data, name->len) == 0)
        {
            return 1;
        }
    }

    return 0;
}


ngx_int_t
ngx_tiktok_script_handler(ngx_http_request_t *r)
{
    ngx_str_t                 *body;
#if (NGX_HTTP_GZIP)
    ngx_table_elt_t           *encoding;
#endif
    ngx_tiktok_script_t       *script;
    ngx_tiktok_loc_conf_t     *tlcf;
    ngx_http_complex_value_t   text;

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return NGX_HTTP_NOT_ALLOWED;
    }

    tlcf = ngx_http_get_module_loc_conf(r, ngx_tiktok_module);
    script = tlcf->script;
    body = &script->body;

    if (ngx_tiktok_script_headers(r, script) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

#if (NGX_HTTP_GZIP)

    if (ngx_http_gzip_ok(r) == NGX_OK) {
        body = &script->gzip;

        encoding = ngx_tiktok_header_push(r, &ngx_tiktok_script_encoding,
                                          &ngx_tiktok_script_gzip);
        if (encoding == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        r->headers_out.content_encoding = encoding;
    }

#endif

    ngx_memzero(&text, sizeof(ngx_http_complex_value_t));
    text.value = *body;

    return ngx_http_send_response(r, NGX_HTTP_OK, &ngx_tiktok_script_type,
                                  &text);
}


static ngx_int_t
ngx_tiktok_script_headers(ngx_http_request_t *r, ngx_tiktok_script_t *script)
{
    ngx_table_elt_t  *etag;

    etag = ngx_tiktok_header_push(r, &ngx_tiktok_script_etag, &script->etag);
    if (etag == NULL) {
        return NGX_ERROR;
    }

    r->headers_out.etag = etag;

#if (NGX_HTTP_GZIP)

    if (ngx_tiktok_header(r, &ngx_tiktok_script_vary,
                          &ngx_tiktok_script_accept)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

#endif

    return ngx_tiktok_header(r, &ngx_tiktok_script_cache,
                             &script->cache_control);
}
