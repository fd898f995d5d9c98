
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * Internal to the room: batches, and what their parts share.
 */


#ifndef _NGX_TIKTOK_BATCH_H_INCLUDED_
#define _NGX_TIKTOK_BATCH_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_tiktok_delivery.h"
#include "ngx_tiktok_answer.h"
#include "ngx_tiktok_rejected.h"


/* a batch that was refused, while parts of it are sent */

typedef struct {
    ngx_pool_t                *pool;
    ngx_tiktok_destination_t  *destination;
    ngx_tiktok_refusal_t      *refusals;    /* of events that stood alone */
    ngx_uint_t                 nrefusals;
    ngx_uint_t                 parts;       /* without their last answer */
    unsigned                   culprits:1;  /* the fault is the events' */
} ngx_tiktok_split_t;


typedef struct {
    ngx_queue_t                queue;
    ngx_pool_t                *pool;
    ngx_tiktok_destination_t  *destination;
    ngx_tiktok_lease_t        *leases;
    ngx_uint_t                 n;
    ngx_tiktok_split_t        *split;       /* it is a part of, or NULL */
    ngx_str_t                  body;
    ngx_msec_t                 started;
    time_t                     kept;        /* all of it was refused then */
} ngx_tiktok_batch_t;


/* ngx_tiktok_batch.c */

/* a batch with room for n leases, or NULL */
ngx_tiktok_batch_t *ngx_tiktok_batch_create(ngx_tiktok_destination_t *d,
    ngx_uint_t n);

/* frees a batch whose leases have gone elsewhere */
void ngx_tiktok_batch_free(ngx_tiktok_batch_t *batch);

/* the next batch to be sent, or NULL */
ngx_tiktok_batch_t *ngx_tiktok_batch_next(ngx_tiktok_destination_t *d);

/* it is put aside: events of it can't be written to the rejected file */
void ngx_tiktok_batch_hold(ngx_tiktok_batch_t *batch);

/* starts its request; NGX_ERROR leaves the batch to the caller */
ngx_int_t ngx_tiktok_batch_send(ngx_tiktok_batch_t *batch);

/* it is sent again later, or by the worker that adopts its events */
void ngx_tiktok_batch_requeue(ngx_tiktok_batch_t *batch);


/* ngx_tiktok_split.c */

/* sends the halves of a refused batch, or rejects an event that is alone */
void ngx_tiktok_split_refused(ngx_tiktok_batch_t *batch,
    ngx_tiktok_answer_t *answer);

/* events of a part have arrived: those that were refused are to blame */
void ngx_tiktok_split_delivered(ngx_tiktok_split_t *split);

/* a part needs no further answer */
void ngx_tiktok_split_done(ngx_tiktok_split_t *split);


/* ngx_tiktok_state.c */

/* what all workers are to know of a destination after an answer */
void ngx_tiktok_state_answer(ngx_tiktok_destination_t *d,
    ngx_tiktok_answer_t *answer, ngx_tiktok_reply_t *reply,
    ngx_msec_t latency);

/* the same where every event of a batch was refused with one code */
void ngx_tiktok_state_stop(ngx_tiktok_destination_t *d, ngx_int_t code,
    ngx_str_t *message, ngx_str_t *request_id);


/* ngx_tiktok_age.c */

/*
 * Gives up events of the batch that are older than "max_age".  NGX_ERROR when
 * they can't be written to the rejected file: then none is given up.
 */
ngx_int_t ngx_tiktok_age_batch(ngx_tiktok_batch_t *batch);

/* once a second: clock, events that wait too long, and an alarm before that */
void ngx_tiktok_age_check(ngx_tiktok_store_t *store,
    ngx_array_t *destinations);


#endif /* _NGX_TIKTOK_BATCH_H_INCLUDED_ */
