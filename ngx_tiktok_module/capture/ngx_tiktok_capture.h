
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#ifndef _NGX_TIKTOK_CAPTURE_H_INCLUDED_
#define _NGX_TIKTOK_CAPTURE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "ngx_tiktok_module.h"
#include "ngx_tiktok_compat.h"
#include "ngx_tiktok_seen.h"


#define NGX_TIKTOK_COOKIE_LINES   8
#define NGX_TIKTOK_TEST_CODE_LEN  64

#define NGX_TIKTOK_IDENTITY_COOKIE  "tiktok_identity"


/* the headers of a request that capture looks at, found in one pass */

typedef struct {
    ngx_str_t              origin;
    ngx_str_t              fetch_site;      /* Sec-Fetch-Site */
    ngx_str_t              fetch_dest;      /* Sec-Fetch-Dest */
    ngx_str_t              accept_language;
    ngx_str_t              cookies[NGX_TIKTOK_COOKIE_LINES];
    ngx_uint_t             ncookies;
    unsigned               gpc:1;           /* Sec-GPC: 1 */
    unsigned               prefetch:1;
    unsigned               https:1;         /* X-Forwarded-Proto: https */
    unsigned               xhr:1;           /* X-Requested-With */
    unsigned               cookies_lost:1;  /* there were more lines */
} ngx_tiktok_headers_t;


typedef struct {
    u_char                 *data;
    size_t                  len;
    size_t                  size;           /* of the buffer */
} ngx_tiktok_body_t;


/* what is known of a request, as far as it was asked for */

typedef struct {
    ngx_tiktok_headers_t    headers;
    ngx_tiktok_consent_t    consent;
    ngx_tiktok_consent_t    signal;         /* what opts out, or limits */
    ngx_tiktok_loc_conf_t  *conf;           /* by which that was decided */
    ngx_uint_t              result;         /* ngx_tiktok_result_e */
    ngx_str_t               event_id;       /* of the last event */
    ngx_str_t               ttclid;         /* of the last event */
    ngx_str_t               click_id;       /* to be kept in the cookie */
    ngx_str_t              *origin;         /* from "tiktok_origin" */

    ngx_tiktok_person_t    *person;         /* "tiktok_identity", or NULL */
    time_t                  person_time;    /* of the cookie, or 0 */

    ngx_tiktok_body_t       body;           /* of a beacon */
    unsigned                body_ours:1;    /* we have it read */
    unsigned                opted_out:1;    /* of what was granted */
    unsigned                limited:1;      /* likewise: limited_data_use */
    unsigned                counted:1;      /* the reason of consent is */
    unsigned                ahead:1;        /* events are looked at before
                                               they are captured */
} ngx_tiktok_ctx_t;


/* an event on its way into the queue */

typedef struct {
    ngx_tiktok_event_t     event;
    ngx_tiktok_seen_key_t  key;
    ngx_uint_t             result;          /* ngx_tiktok_result_e */
} ngx_tiktok_item_t;


/*
 * The request's context, with its headers read, made at the first call, and
 * consent decided by the location in effect.  Returns NULL without memory.
 */
ngx_tiktok_ctx_t *ngx_tiktok_ctx(ngx_http_request_t *r);

/* has consent decided anew where variables, which may have changed, say it */
void ngx_tiktok_ctx_again(ngx_http_request_t *r);

/* "granted", "denied", "undecided" or "opted_out" */
ngx_str_t *ngx_tiktok_ctx_consent(ngx_tiktok_ctx_t *ctx);

/* whether consent was granted, and a signal opts out of it */
#define ngx_tiktok_ctx_opted_out(ctx)  ((ctx)->opted_out)

/* why consent is what it is, or what opts out of it */
void ngx_tiktok_ctx_reason(ngx_tiktok_ctx_t *ctx,
    ngx_tiktok_consent_t *reason);

/*
 * Why nothing may be captured of this request, as a result to be counted:
 * prefetch, bot, denied, undecided or opted_out; NGX_TIKTOK_RESULT_NONE
 * where it may.
 */
ngx_uint_t ngx_tiktok_ctx_refused(ngx_http_request_t *r,
    ngx_tiktok_ctx_t *ctx);

/*
 * The same for what is captured now, or would be: the reason of consent is
 * counted, once for a request.
 */
ngx_uint_t ngx_tiktok_capture_refused(ngx_http_request_t *r,
    ngx_tiktok_ctx_t *ctx);

/* the host, and port, that a request is for; empty if it does not say */
void ngx_tiktok_host(ngx_http_request_t *r, ngx_str_t *host);

/* whether the visitor's connection is TLS, be it with a proxy before us */
ngx_uint_t ngx_tiktok_https(ngx_http_request_t *r, ngx_tiktok_ctx_t *ctx);

/* as nginx has it for "if=" elsewhere: neither empty nor "0" */
ngx_uint_t ngx_tiktok_true_value(ngx_str_t *value);

/* what nginx knows of the visitor; everything points into the request */
ngx_int_t ngx_tiktok_visitor(ngx_http_request_t *r, ngx_tiktok_ctx_t *ctx,
    ngx_tiktok_visitor_t *visitor);

/*
 * Makes the event of a source object, or those of an array of n.  Returns
 * NULL without memory; an event that is invalid says so itself, and of a
 * trusted visitor one without consent has its result.
 */
ngx_tiktok_item_t *ngx_tiktok_capture_items(ngx_http_request_t *r,
    ngx_tiktok_ctx_t *ctx, ngx_tiktok_visitor_t *visitor, cJSON *root,
    ngx_uint_t n);

/*
 * Why a trusted event may not be captured: denied or undecided, unless it
 * says that consent is granted.  The request's consent follows.
 */
ngx_uint_t ngx_tiktok_trusted_refused(ngx_tiktok_ctx_t *ctx, cJSON *source);

/*
 * Queues those of n events that are new, all or none, and counts what became
 * of each; the request gets the first result that is present, and the id of
 * the last event.  *queued is set to the number of new events.
 *
 * Returns NGX_OK, NGX_BUSY when the queue has no room, NGX_DECLINED when the
 * events are larger than it takes, or NGX_ERROR.
 */
ngx_int_t ngx_tiktok_capture(ngx_http_request_t *r, ngx_tiktok_ctx_t *ctx,
    ngx_tiktok_item_t *items, ngx_uint_t n, ngx_uint_t *queued);

/* counts a result; of several the request has the first in their order */
void ngx_tiktok_capture_result(ngx_http_request_t *r, ngx_tiktok_ctx_t *ctx,
    ngx_uint_t result, ngx_uint_t n);

/*
 * Makes room in a body for len more bytes; "expected" are those of the whole
 * as far as that is known, or -1.  Returns NGX_OK, NGX_DECLINED where the
 * body becomes larger than the limit, or NGX_ERROR.
 */
ngx_int_t ngx_tiktok_body_room(ngx_pool_t *pool, ngx_tiktok_body_t *body,
    off_t len, off_t expected, size_t limit);

/* once, before the first question */
void ngx_tiktok_bots_init(void);

/* whether a User-Agent is of a crawler that names itself */
ngx_uint_t ngx_tiktok_bot(ngx_str_t *user_agent);

/* reader of "tiktok_origin" */
char *ngx_tiktok_origin_set(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/*
 * Whether a request may come from where it says.  *listed is set to the
 * entry of "tiktok_origin" that allows it, or NULL for the same origin.
 * Returns NGX_OK or NGX_DECLINED.
 */
ngx_int_t ngx_tiktok_origin_check(ngx_http_request_t *r,
    ngx_tiktok_headers_t *headers, ngx_array_t *origins, ngx_str_t **listed);

/* the CORS headers for a listed origin; NGX_OK or NGX_ERROR */
ngx_int_t ngx_tiktok_origin_headers(ngx_http_request_t *r, ngx_str_t *origin);

/* reader of "tiktok_click_id" */
char *ngx_tiktok_click_id_set(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* what is in effect without the directive */
extern ngx_tiktok_cookie_conf_t  ngx_tiktok_click_id_default;

/*
 * The click id that a request brings, to be kept in a cookie: of a beacon's
 * events, or of the query.  Returns NGX_OK, NGX_DECLINED if it brings none, or
 * NGX_ERROR.
 */
ngx_int_t ngx_tiktok_click_id(ngx_http_request_t *r, ngx_str_t *value);

/* the one that holds for a request, be it from the cookie; or empty */
ngx_int_t ngx_tiktok_click_id_known(ngx_http_request_t *r,
    ngx_tiktok_ctx_t *ctx, ngx_str_t *value);

/* reader of "tiktok_identity" */
char *ngx_tiktok_identity_set(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* what is in effect without the directive */
extern ngx_tiktok_identity_conf_t  ngx_tiktok_identity_default;

/*
 * What is known of a visitor who has agreed, read from the cookie at the
 * first call; NULL where nothing may be remembered, or without memory.
 */
ngx_tiktok_person_t *ngx_tiktok_identity_known(ngx_http_request_t *r,
    ngx_tiktok_ctx_t *ctx);

/*
 * The cookie for what the events of a request have brought.  Returns NGX_OK,
 * NGX_DECLINED if that was nothing new, or NGX_ERROR.
 */
ngx_int_t ngx_tiktok_identity_cookie(ngx_http_request_t *r,
    ngx_str_t *value);

/*
 * Reads "max_age=" or "domain=" of a cookie; NGX_ERROR where it is neither,
 * or not right.
 */
ngx_int_t ngx_tiktok_cookie_parameter(ngx_conf_t *cf,
    ngx_tiktok_cookie_conf_t *conf, ngx_str_t *value);

/* adds the header filter for the cookies that the module sets */
void ngx_tiktok_cookies_init(void);

/* reader of "tiktok_inject" */
char *ngx_tiktok_inject_set(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/* adds the filters that put the script's tag into pages */
void ngx_tiktok_inject_init(void);

/* whether the answer got the tag */
ngx_uint_t ngx_tiktok_inject_placed(ngx_http_request_t *r);

/* whether a header of the answer has a word in it, given in lower case */
ngx_uint_t ngx_tiktok_answer_says(ngx_http_request_t *r, const char *name,
    const char *word);

/* whether the answer comes compressed from where it comes */
ngx_uint_t ngx_tiktok_answer_compressed(ngx_http_request_t *r);

/* adds the module's variables; NGX_OK or NGX_ERROR */
ngx_int_t ngx_tiktok_variables_add(ngx_conf_t *cf);

/* readers of "tiktok_consent" and "tiktok_opt_out" */
char *ngx_tiktok_consent_set(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_tiktok_opt_out_set(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/* readers of "tiktok_beacon" and "tiktok_event_names" */
char *ngx_tiktok_beacon_set(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_tiktok_event_names_set(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* content handler of "tiktok_beacon" */
ngx_int_t ngx_tiktok_beacon_handler(ngx_http_request_t *r);

/* reader of "tiktok_script" */
char *ngx_tiktok_script_set(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/*
 * Called for each location with a script or with rules as it is merged, and
 * when all are: what a rule tells, the script of the same server leaves out.
 */
char *ngx_tiktok_script_site(ngx_conf_t *cf, ngx_tiktok_loc_conf_t *conf);
ngx_int_t ngx_tiktok_script_make(ngx_conf_t *cf, ngx_array_t *sites);

/* content handler of "tiktok_script" */
ngx_int_t ngx_tiktok_script_handler(ngx_http_request_t *r);


#endif /* _NGX_TIKTOK_CAPTURE_H_INCLUDED_ */
