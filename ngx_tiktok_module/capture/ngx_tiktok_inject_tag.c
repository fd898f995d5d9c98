
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * The browser script's tag, out of values that may come from anywhere.
 */


#include "ngx_tiktok_capture.h"
#include "ngx_tiktok_inject.h"


static ngx_uint_t ngx_tiktok_inject_uri(ngx_str_t *src);
static ngx_uint_t ngx_tiktok_inject_visible(ngx_str_t *text);
static u_char *ngx_tiktok_inject_escape(u_char *dst, ngx_str_t *text);


char *
ngx_tiktok_inject_set(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_tiktok_loc_conf_t *tlcf = conf;

    ngx_str_t                 *value, nonce;
    ngx_tiktok_main_conf_t    *tmcf;
    ngx_tiktok_inject_conf_t  *icf;

    if (tlcf->inject != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (cf->args->nelts == 3 && ngx_strncmp(value[2].data, "nonce=", 6) != 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"tiktok_inject\" has an invalid parameter "
                           "\"%V\", known is nonce=", &value[2]);
        return NGX_CONF_ERROR;
    }

    if (value[1].len == 0 || ngx_strcmp(value[1].data, "off") == 0) {
        tlcf->inject = NULL;
        return NGX_CONF_OK;
    }

    icf = ngx_pcalloc(cf->pool, sizeof(ngx_tiktok_inject_conf_t));
    if (icf == NULL) {
        return NGX_CONF_ERROR;
    }

    if (ngx_tiktok_value(cf, &value[1], &icf->src) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    if (icf->src->lengths == NULL && !ngx_tiktok_inject_uri(&value[1])) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"tiktok_inject\" has an invalid value \"%V\", it "
                           "must be the URI of the browser script, such as "
                           "\"/_t/s.js\", or \"off\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    if (cf->args->nelts == 3) {
        nonce.data = value[2].data + 6;
        nonce.len = value[2].len - 6;

        if (ngx_tiktok_value(cf, &nonce, &icf->nonce) != NGX_OK) {
            return NGX_CONF_ERROR;
        }
    }

    tlcf->inject = icf;

    tmcf = ngx_http_conf_get_module_main_conf(cf, ngx_tiktok_module);
    tmcf->inject = 1;

    return NGX_CONF_OK;
}


ngx_uint_t
ngx_tiktok_inject_said(ngx_tiktok_inject_conf_t *conf, ngx_uint_t reason)
{
    ngx_uint_t  said;

    said = conf->said & reason;
    conf->said |= reason;

    return said;
}


ngx_int_t
ngx_tiktok_inject_tag(ngx_http_request_t *r, ngx_tiktok_inject_conf_t *conf,
    ngx_str_t *tag)
{
    u_char     *p;
    size_t      len;
    ngx_str_t   src, nonce;

    if (ngx_http_complex_value(r, conf->src, &src) != NGX_OK) {
        return NGX_ERROR;
    }

    if (src.len == 0) {
        return NGX_DECLINED;
    }

    if (!ngx_tiktok_inject_uri(&src)) {

        if (!ngx_tiktok_inject_said(conf, NGX_TIKTOK_INJECT_NO_URI)) {
            ngx_log_error(NGX_LOG_WARN, r->connection->log, 0,
                          "the value of \"tiktok_inject\" is not a URI such "
                          "as \"/_t/s.js\", nothing is injected (said once)");
        }

        return NGX_DECLINED;
    }

    ngx_str_null(&nonce);

    if (conf->nonce
        && ngx_http_complex_value(r, conf->nonce, &nonce) != NGX_OK)
    {
        return NGX_ERROR;
    }

    /* a byte may need as many as "&quot;" has */

    len = sizeof("<script src=\"\" async nonce=\"\"></script>") - 1
          + 6 * (src.len + nonce.len);

    p = ngx_pnalloc(r->pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    tag->data = p;

    p = ngx_cpymem(p, "<script src=\"", sizeof("<script src=\"") - 1);
    p = ngx_tiktok_inject_escape(p, &src);
    p = ngx_cpymem(p, "\" async", sizeof("\" async") - 1);

    /* no policy has a nonce of other bytes */

    if (nonce.len && ngx_tiktok_inject_visible(&nonce)) {
        p = ngx_cpymem(p, " nonce=\"", sizeof(" nonce=\"") - 1);
        p = ngx_tiktok_inject_escape(p, &nonce);
        *p++ = '"';
    }

    p = ngx_cpymem(p, "></script>", sizeof("></script>") - 1);

    tag->len = p - tag->data;

    return NGX_OK;
}


/* not "data:" and the like, wherever the value came from */

static ngx_uint_t
ngx_tiktok_inject_uri(ngx_str_t *src)
{
    return (src->len > 1 && src->data[0] == '/')
           || (src->len > 7
               && ngx_strncasecmp(src->data, (u_char *) "http://", 7) == 0)
           || (src->len > 8
               && ngx_strncasecmp(src->data, (u_char *) "https://", 8) == 0);
}


static ngx_uint_t
ngx_tiktok_inject_visible(ngx_str_t *text)
{
    size_t  i;

    for (i = 0; i < text->len; i++) {
        if (text->data[i] <= ' ' || text->data[i] >= 0x7f) {
            return 0;
        }
    }

    return 1;
}


/*
 * For a quoted attribute: nothing that could end it, and nothing but ASCII,
 * since the page may be in any character set.
 */

static u_char *
ngx_tiktok_inject_escape(u_char *dst, ngx_str_t *text)
{
    u_char   c;
    size_t   i;

    static u_char  hex[] = "0123456789ABCDEF";

    for (i = 0; i < text->len; i++) {

        c = text->data[i];

        if (c <= ' ' || c >= 0x7f) {
            *dst++ = '%';
            *dst++ = hex[c >> 4];
            *dst++ = hex[c & 0xf];

        } else {
            dst = (u_char *) ngx_escape_html(dst, &c, 1);
        }
    }

    return dst;
}
