
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
#include "ngx_tiktok_exchange.h"


static ngx_int_t ngx_tiktok_filter_init(ngx_conf_t *cf);
static void ngx_tiktok_filter_order(ngx_conf_t *cf);


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


/*
 * What is not configured is not there.  The last to be added is called first:
 * values are read of what the shop sent, without the tag.
 */

static ngx_int_t
ngx_tiktok_filter_init(ngx_conf_t *cf)
{
    ngx_tiktok_main_conf_t  *tmcf;

    tmcf = ngx_http_conf_get_module_main_conf(cf, ngx_tiktok_module);

    ngx_tiktok_app_events_init();

    if (tmcf->destinations.nelts) {
        ngx_tiktok_cookies_init();
    }

    if (tmcf->inject) {
        ngx_tiktok_filter_order(cf);
        ngx_tiktok_inject_init();
    }

    if (tmcf->copies) {
        ngx_tiktok_copies_init();
    }

    return NGX_OK;
}


/* the last to be loaded comes first where both want to be before "gzip" */

static void
ngx_tiktok_filter_order(ngx_conf_t *cf)
{
    ngx_uint_t      i, loaded;
    ngx_module_t  **modules;

    loaded = 0;
    modules = cf->cycle->modules;

    for (i = 0; modules[i]; i++) {

        if (modules[i] == &ngx_tiktok_filter_module) {
            loaded = 1;

        } else if (loaded
                   && ngx_strcmp(modules[i]->name,
                                 "ngx_http_brotli_filter_module")
                      == 0)
        {
            ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                          "\"tiktok_inject\" would find pages compressed by "
                          "brotli, load ngx_http_brotli_filter_module before "
                          "ngx_tiktok_module");
        }
    }
}
