
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#ifndef _NGX_TIKTOK_DELIVERY_H_INCLUDED_
#define _NGX_TIKTOK_DELIVERY_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "ngx_tiktok_queue.h"


/* "tiktok_delivery" */

typedef struct {
    ngx_uint_t                  batch;      /* events in a request */
    ngx_uint_t                  in_flight;  /* requests of a worker */
    ngx_uint_t                  rate;       /* requests a second, of all */
    ngx_msec_t                  timeout;
    ngx_msec_t                  retry_min;
    ngx_msec_t                  retry_max;
} ngx_tiktok_delivery_conf_t;


/* a pixel, where its events go, and how that stands in this worker */

typedef struct {
    ngx_tiktok_queue_t          queue;      /* its name and its events */
    ngx_tiktok_delivery_conf_t  conf;
    ngx_str_t                   access_token;
    ngx_str_t                   token_file;
    ngx_str_t                   send;       /* URI of "tiktok_send" */
    ngx_http_conf_ctx_t        *ctx;        /* of its first server */
    ngx_str_t                   test_event_code;    /* as configured */
    ngx_uint_t                  assumed;    /* consent is, somewhere */
    u_char                     *file;       /* of the first "tiktok_pixel" */
    ngx_uint_t                  line;

    ngx_event_t                 wake;       /* posted: look what is to send */
    ngx_event_t                 timer;      /* the same, later */
    ngx_uint_t                  in_flight;
    ngx_queue_t                 waiting;    /* batches to be sent again */
    ngx_queue_t                 held;       /* and those put aside */
    ngx_msec_t                  held_at;
    ngx_uint_t                  splitting;  /* the last answer was a refusal */
    ngx_slab_pool_t            *shpool;
    ngx_log_t                  *log;
} ngx_tiktok_destination_t;


/*
 * The destination of wanted->queue.pixel among those of the configuration,
 * made when it is the first; its access token is read then.  Returns NULL
 * with the reason logged when something is missing or disagrees.
 */
ngx_tiktok_destination_t *ngx_tiktok_destination_get(ngx_conf_t *cf,
    ngx_array_t *destinations, ngx_tiktok_destination_t *wanted);

/* in each worker: starts to look for events, new ones and orphans */
void ngx_tiktok_delivery_start(ngx_tiktok_store_t *store,
    ngx_array_t *destinations);

/* whether workers of a later configuration are there */
#define ngx_tiktok_delivery_outdated(d)                                       \
    ((d)->queue.store->generation                                             \
     < ((ngx_tiktok_zone_t *) (d)->queue.store->zone->data)->generation)

/* says that events were queued; they are sent from a posted event */
void ngx_tiktok_delivery_wake(ngx_tiktok_destination_t *destination);


#endif /* _NGX_TIKTOK_DELIVERY_H_INCLUDED_ */
