
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * What a log format or a map may ask of a request.
 */


#include "ngx_tiktok_capture.h"


static ngx_int_t ngx_tiktok_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_tiktok_variable_reason(ngx_http_request_t *r,
    ngx_tiktok_ctx_t *ctx, ngx_str_t *value);


typedef enum {
    NGX_TIKTOK_VARIABLE_CONSENT = 0,
    NGX_TIKTOK_VARIABLE_REASON,
    NGX_TIKTOK_VARIABLE_RESULT,
    NGX_TIKTOK_VARIABLE_EVENT_ID,
    NGX_TIKTOK_VARIABLE_TTCLID
} ngx_tiktok_variable_e;


static ngx_http_variable_t  ngx_tiktok_variables[] = {

    { ngx_string("tiktok_consent"), NULL, ngx_tiktok_variable,
      NGX_TIKTOK_VARIABLE_CONSENT, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("tiktok_consent_reason"), NULL, ngx_tiktok_variable,
      NGX_TIKTOK_VARIABLE_REASON, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("tiktok_result"), NULL, ngx_tiktok_variable,
      NGX_TIKTOK_VARIABLE_RESULT, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("tiktok_event_id"), NULL, ngx_tiktok_variable,
      NGX_TIKTOK_VARIABLE_EVENT_ID, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("tiktok_ttclid"), NULL, ngx_tiktok_variable,
      NGX_TIKTOK_VARIABLE_TTCLID, NGX_HTTP_VAR_NOCACHEABLE, 0 },

      ngx_http_null_variable
};


ngx_int_t
ngx_tiktok_variables_add(ngx_conf_t *cf)
{
    ngx_http_variable_t  *var, *v;

    for (v = ngx_tiktok_variables; v->name.len; v++) {
        var = ngx_http_add_variable(cf, &v->name, v->flags);
        if (var == NULL) {
            return NGX_ERROR;
        }

        var->get_handler = v->get_handler;
        var->data = v->data;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_tiktok_variable(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    uintptr_t data)
{
    ngx_str_t               value;
    ngx_tiktok_ctx_t       *ctx;
    ngx_tiktok_loc_conf_t  *tlcf;

    tlcf = ngx_http_get_module_loc_conf(r, ngx_tiktok_module);

    if (tlcf->destination == NULL) {
        v->not_found = 1;
        return NGX_OK;
    }

    ctx = ngx_tiktok_ctx(r);
    if (ctx == NULL) {
        return NGX_ERROR;
    }

    ngx_str_null(&value);

    switch (data) {

    case NGX_TIKTOK_VARIABLE_CONSENT:
        value = *ngx_tiktok_ctx_consent(ctx);
        break;

    case NGX_TIKTOK_VARIABLE_REASON:
        if (ngx_tiktok_variable_reason(r, ctx, &value) != NGX_OK) {
            return NGX_ERROR;
        }

        break;

    case NGX_TIKTOK_VARIABLE_RESULT:
        if (ctx->result != NGX_TIKTOK_RESULT_NONE) {
            value = *ngx_tiktok_result_name(ctx->result);
        }

        break;

    case NGX_TIKTOK_VARIABLE_EVENT_ID:
        value = ctx->event_id;
        break;

    default: /* NGX_TIKTOK_VARIABLE_TTCLID */
        if (ngx_tiktok_click_id_known(r, ctx, &value) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    if (value.len == 0) {
        v->not_found = 1;
        return NGX_OK;
    }

    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;
    v->len = value.len;
    v->data = value.data;

    return NGX_OK;
}


static ngx_int_t
ngx_tiktok_variable_reason(ngx_http_request_t *r, ngx_tiktok_ctx_t *ctx,
    ngx_str_t *value)
{
    size_t                len;
    ngx_tiktok_consent_t  reason;

    ngx_tiktok_ctx_reason(ctx, &reason);

    len = ngx_tiktok_reason_len(&reason);

    value->data = ngx_pnalloc(r->pool, len);
    if (value->data == NULL) {
        return NGX_ERROR;
    }

    value->len = ngx_tiktok_reason_write(value->data, value->data + len,
                                         &reason)
                 - value->data;

    return NGX_OK;
}
