
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * The module's place among nginx's output filters.  Those stand in the order
 * of nginx's modules, so it takes a module of its own, which the config script
 * puts where answers are as the client gets them, but not compressed yet.
 */


#include "ngx_tiktok_module.h"
#include "ngx_tiktok_capture.h"
#include "ngx_tiktok_copies.h"


static ngx_int_t ngx_tiktok_filter_init(ngx_conf_t *cf);


static ngx_http_module_t  ngx_tiktok_filter_module_ctx = {
    NULL,                                  /* preconfiguration */
    ngx_tiktok_filter_init,                /* postconfiguration */

    NULL,                                  /* create main configuration */
    NULL,                                  /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    NULL,                                  /* create location configuration */
    NULL                                   /* merge location configuration */
};


ngx_module_t  ngx_tiktok_filter_module = {
    NGX_MODULE_V1,
    &ngx_tiktok_filter_module_ctx,         /* module context */
    NULL,                                  /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    NULL,                                  /* init module */
    NULL,                                  /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    NULL,                                  /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


/* what is not configured is not there */

static ngx_int_t
ngx_tiktok_filter_init(ngx_conf_t *cf)
{
    ngx_tiktok_main_conf_t  *tmcf;

    tmcf = ngx_http_conf_get_module_main_conf(cf, ngx_tiktok_module);

    if (tmcf->destinations.nelts) {
        ngx_tiktok_cookies_init();
    }

    if (tmcf->variables.nelts) {
        ngx_tiktok_copies_init();
    }

    return NGX_OK;
}
