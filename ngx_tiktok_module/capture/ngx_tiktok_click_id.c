
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * The click id of a TikTok ad: it comes in the query of the page that the
 * visitor lands on, and later events need it.
 */


#include "ngx_tiktok_capture.h"
#include "ngx_tiktok_url.h"


#define NGX_TIKTOK_CLICK_ID_AGE  2592000    /* 30 days */


ngx_tiktok_cookie_conf_t  ngx_tiktok_click_id_default = {
    1, NGX_TIKTOK_CLICK_ID_AGE, ngx_null_string
};


char *
ngx_tiktok_click_id_set(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_tiktok_loc_conf_t *tlcf = conf;

    ngx_str_t                 *value;
    ngx_uint_t                 i;
    ngx_tiktok_cookie_conf_t  *ccf;

    if (tlcf->click_id != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    ccf = ngx_palloc(cf->pool, sizeof(ngx_tiktok_cookie_conf_t));
    if (ccf == NULL) {
        return NGX_CONF_ERROR;
    }

    *ccf = ngx_tiktok_click_id_default;
    tlcf->click_id = ccf;

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        if (i == 1 && ngx_strcmp(value[i].data, "off") == 0) {
            ccf->enabled = 0;
            continue;
        }

        if (i == 1 && ngx_strcmp(value[i].data, "on") == 0) {
            continue;
        }

        if (i == 1
            || ngx_tiktok_cookie_parameter(cf, ccf, &value[i]) != NGX_OK)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"tiktok_click_id\" has an invalid parameter "
                               "\"%V\", it is \"on\" or \"off\", and then "
                               "max_age=30d and domain=shop.example",
                               &value[i]);
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


ngx_int_t
ngx_tiktok_click_id(ngx_http_request_t *r, ngx_str_t *value)
{
    u_char                  buf[NGX_TIKTOK_CLICK_ID_LEN];
    ngx_tiktok_ctx_t       *ctx;
    ngx_tiktok_loc_conf_t  *tlcf;

    tlcf = ngx_http_get_module_loc_conf(r, ngx_tiktok_module);

    if (tlcf->beacon == 1) {

        /* its own query is an event */

        ctx = ngx_http_get_module_ctx(r, ngx_tiktok_module);

        if (ctx == NULL || ctx->click_id.len == 0) {
            return NGX_DECLINED;
        }

        *value = ctx->click_id;

        return NGX_OK;
    }

    /* as the client sent it: rewrites and error pages have their own */

    if (ngx_tiktok_url_click_id(&r->unparsed_uri, buf, value) != NGX_OK) {
        return NGX_DECLINED;
    }

    if (value->data == buf) {
        value->data = ngx_pstrdup(r->pool, value);
        if (value->data == NULL) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


ngx_int_t
ngx_tiktok_click_id_known(ngx_http_request_t *r, ngx_tiktok_ctx_t *ctx,
    ngx_str_t *value)
{
    ngx_int_t             rc;
    ngx_tiktok_visitor_t  visitor;

    ngx_str_null(value);

    /* without consent it is nobody's business, not even a log's */

    if (ctx->consent.verdict != NGX_TIKTOK_GRANTED
        || ngx_tiktok_ctx_opted_out(ctx))
    {
        return NGX_OK;
    }

    if (ctx->ttclid.len) {
        *value = ctx->ttclid;
        return NGX_OK;
    }

    rc = ngx_tiktok_click_id(r, value);

    if (rc != NGX_DECLINED) {
        return rc;
    }

    if (ngx_tiktok_visitor(r, ctx, &visitor) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ngx_tiktok_click_id_valid(&visitor.ttclid)) {
        *value = visitor.ttclid;
    }

    return NGX_OK;
}
