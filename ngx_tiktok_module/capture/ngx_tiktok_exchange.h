
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * Events of an exchange that is over: a request of a visitor to the shop,
 * and the answer to it.
 */


#ifndef _NGX_TIKTOK_EXCHANGE_H_INCLUDED_
#define _NGX_TIKTOK_EXCHANGE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "ngx_tiktok_capture.h"


/* handler of the log phase; to stand there before the access log's */
ngx_int_t ngx_tiktok_exchange_handler(ngx_http_request_t *r);

/*
 * Looks at the events of an answer before it goes out, as far as they are
 * known: the visitor's identity learns from them, and nothing is captured.
 * Returns NGX_OK or NGX_ERROR.
 */
ngx_int_t ngx_tiktok_exchange_ahead(ngx_http_request_t *r);

/* the sources of events; an error is one of memory */
ngx_int_t ngx_tiktok_app_events(ngx_http_request_t *r);
ngx_int_t ngx_tiktok_rules(ngx_http_request_t *r);
ngx_int_t ngx_tiktok_hits(ngx_http_request_t *r);

/* whether the application has named any */
ngx_uint_t ngx_tiktok_app_has_events(ngx_http_request_t *r);

/* whether one of the rules, if there are any, tells who the visitor is */
ngx_uint_t ngx_tiktok_rules_identify(ngx_array_t *rules);

/* reader of "tiktok_ga4" */
char *ngx_tiktok_ga4_set(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/* installs the filter that hides the application's header from visitors */
void ngx_tiktok_app_events_init(void);

/* whether the answer is one of the module's own, and the shop has no part */
ngx_uint_t ngx_tiktok_exchange_own(ngx_http_request_t *r);

/* as $status has it */
ngx_uint_t ngx_tiktok_exchange_status(ngx_http_request_t *r);

/* whether the answer is a page that a visitor has gone to */
ngx_uint_t ngx_tiktok_exchange_page(ngx_http_request_t *r,
    ngx_tiktok_ctx_t *ctx);

/*
 * Makes the events of a source object, or of an array of them, and queues
 * them.  "what" has named the source, for the log; what is lost is counted.
 * Returns NGX_OK or NGX_ERROR without memory.
 */
ngx_int_t ngx_tiktok_exchange_capture(ngx_http_request_t *r,
    ngx_tiktok_ctx_t *ctx, cJSON *root, const char *what, ngx_str_t *name);


#endif /* _NGX_TIKTOK_EXCHANGE_H_INCLUDED_ */
