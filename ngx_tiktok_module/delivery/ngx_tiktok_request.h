
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#ifndef _NGX_TIKTOK_REQUEST_H_INCLUDED_
#define _NGX_TIKTOK_REQUEST_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>


/* what came back from a request of our own */

typedef struct {
    ngx_int_t         rc;               /* of the subrequest */
    ngx_uint_t        status;           /* HTTP status, 0 if there was none */
    ngx_str_t         body;
    time_t            retry_after;      /* seconds, 0 if not said */
    unsigned          answered:1;       /* else aborted on our side */
    unsigned          upstream:1;       /* it got beyond this nginx */
    unsigned          complete:1;       /* the body is whole */
} ngx_tiktok_reply_t;


/*
 * Called exactly once for each request that was started, whatever becomes of
 * it.  It may not start another one in the same call: post an event.
 */
typedef void (*ngx_tiktok_reply_pt)(void *data, ngx_tiktok_reply_t *reply);


typedef struct {
    ngx_http_conf_ctx_t  *ctx;          /* of the server it runs in */
    ngx_str_t             uri;          /* of the location it goes to */
    ngx_str_t             access_token;
    ngx_str_t             body;         /* JSON; must live until the reply */
    ngx_msec_t            timeout;      /* for all of it */
    ngx_tiktok_reply_pt   handler;
    void                 *data;
    ngx_log_t            *log;
} ngx_tiktok_request_t;


/*
 * POSTs through a subrequest of a main request that belongs to no visitor.
 * The handler may have been called when this returns.
 *
 * Returns NGX_OK when it was started, or NGX_ERROR, then without a reply.
 */
ngx_int_t ngx_tiktok_request_send(ngx_tiktok_request_t *request);


#endif /* _NGX_TIKTOK_REQUEST_H_INCLUDED_ */
