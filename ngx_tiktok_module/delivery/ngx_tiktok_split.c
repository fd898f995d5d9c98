
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * One bad event costs a whole batch: halves of it are sent until the culprits
 * stand alone.  Where every event of a larger batch is refused with one and
 * the same code, the fault is not theirs, and all of them are kept.
 */


#include "ngx_tiktok_batch.h"


#define NGX_TIKTOK_SPLIT_MIN  4     /* events whose common fate says more */


static ngx_tiktok_split_t *ngx_tiktok_split_create(ngx_tiktok_batch_t *batch);
static ngx_int_t ngx_tiktok_split_halves(ngx_tiktok_batch_t *batch);
static void ngx_tiktok_split_add(ngx_tiktok_split_t *split,
    ngx_tiktok_lease_t *lease, ngx_tiktok_answer_t *answer);
static void ngx_tiktok_split_copy(ngx_pool_t *pool, ngx_str_t *to,
    ngx_str_t *from);
static void ngx_tiktok_split_reject(ngx_tiktok_split_t *split);
static void ngx_tiktok_split_keep(ngx_tiktok_split_t *split);


void
ngx_tiktok_split_refused(ngx_tiktok_batch_t *batch,
    ngx_tiktok_answer_t *answer)
{
    ngx_tiktok_split_t     *split;
    ngx_tiktok_counters_t  *counters;

    split = batch->split;

    if (split == NULL) {
        split = ngx_tiktok_split_create(batch);

        if (split == NULL) {
            ngx_tiktok_batch_requeue(batch);
            return;
        }

        batch->split = split;
    }

    if (batch->n > 1) {

        if (ngx_tiktok_split_halves(batch) != NGX_OK) {
            ngx_tiktok_batch_requeue(batch);
            return;
        }

        counters = ngx_tiktok_counters(batch->destination->queue.stats);
        ngx_tiktok_count(counters->splits, 1);

    } else {
        ngx_tiktok_split_add(split, &batch->leases[0], answer);
    }

    ngx_tiktok_batch_free(batch);
}


static ngx_tiktok_split_t *
ngx_tiktok_split_create(ngx_tiktok_batch_t *batch)
{
    ngx_pool_t          *pool;
    ngx_tiktok_split_t  *split;
    ngx_tiktok_stats_t  *stats;

    pool = ngx_create_pool(1024, batch->destination->log);
    if (pool == NULL) {
        return NULL;
    }

    split = ngx_pcalloc(pool, sizeof(ngx_tiktok_split_t));
    if (split == NULL) {
        goto failed;
    }

    split->refusals = ngx_palloc(pool,
                                 batch->n * sizeof(ngx_tiktok_refusal_t));
    if (split->refusals == NULL) {
        goto failed;
    }

    split->pool = pool;
    split->destination = batch->destination;
    split->parts = 1;

    /* what was refused before, while others arrived since, is to blame */

    stats = batch->destination->queue.stats;

    split->culprits = (batch->n < NGX_TIKTOK_SPLIT_MIN
                       || (batch->kept
                           && stats->last_delivered > batch->kept));

    return split;

failed:

    ngx_destroy_pool(pool);

    return NULL;
}


static ngx_int_t
ngx_tiktok_split_halves(ngx_tiktok_batch_t *batch)
{
    ngx_uint_t           n;
    ngx_tiktok_batch_t  *first, *second;

    n = batch->n / 2;

    first = ngx_tiktok_batch_create(batch->destination, n);
    if (first == NULL) {
        return NGX_ERROR;
    }

    second = ngx_tiktok_batch_create(batch->destination, batch->n - n);
    if (second == NULL) {
        ngx_tiktok_batch_free(first);
        return NGX_ERROR;
    }

    ngx_memcpy(first->leases, batch->leases, n * sizeof(ngx_tiktok_lease_t));
    ngx_memcpy(second->leases, batch->leases + n,
               (batch->n - n) * sizeof(ngx_tiktok_lease_t));

    first->split = batch->split;
    second->split = batch->split;
    batch->split->parts += 2;

    ngx_tiktok_batch_requeue(second);
    ngx_tiktok_batch_requeue(first);

    return NGX_OK;
}


static void
ngx_tiktok_split_add(ngx_tiktok_split_t *split, ngx_tiktok_lease_t *lease,
    ngx_tiktok_answer_t *answer)
{
    ngx_tiktok_refusal_t  *refusal;

    refusal = &split->refusals[split->nrefusals++];

    refusal->lease = *lease;
    refusal->fate = NGX_TIKTOK_FATE_REJECTED;
    refusal->code = answer->code;

    ngx_tiktok_split_copy(split->pool, &refusal->message, &answer->message);
    ngx_tiktok_split_copy(split->pool, &refusal->request_id,
                          &answer->request_id);

    if (refusal->code != split->refusals[0].code) {
        split->culprits = 1;
    }

    if (split->culprits) {
        ngx_tiktok_split_reject(split);
    }
}


/* without memory there is no text: the event matters more */

static void
ngx_tiktok_split_copy(ngx_pool_t *pool, ngx_str_t *to, ngx_str_t *from)
{
    to->data = ngx_pstrdup(pool, from);
    to->len = to->data ? from->len : 0;
}


void
ngx_tiktok_split_delivered(ngx_tiktok_split_t *split)
{
    split->culprits = 1;

    ngx_tiktok_split_reject(split);
}


void
ngx_tiktok_split_done(ngx_tiktok_split_t *split)
{
    ngx_tiktok_refusal_t  *last;

    if (--split->parts) {
        return;
    }

    if (split->nrefusals) {

        last = &split->refusals[split->nrefusals - 1];

        if (!split->culprits && !ngx_exiting) {
            ngx_tiktok_state_stop(split->destination, last->code,
                                  &last->message, &last->request_id);
        }

        ngx_tiktok_split_keep(split);
    }

    ngx_destroy_pool(split->pool);
}


static void
ngx_tiktok_split_reject(ngx_tiktok_split_t *split)
{
    ngx_uint_t                 i;
    ngx_tiktok_refusal_t      *refusal;
    ngx_tiktok_destination_t  *d;

    d = split->destination;

    if (split->nrefusals == 0
        || ngx_tiktok_rejected_add(&d->queue, split->refusals,
                                   split->nrefusals)
           != NGX_OK)
    {
        /* they are kept where they are, and with the rest sent again */
        return;
    }

    for (i = 0; i < split->nrefusals; i++) {
        refusal = &split->refusals[i];

        ngx_log_error(NGX_LOG_ERR, d->log, 0,
                      "tiktok: an event of pixel \"%V\" was refused with "
                      "code %i, request id \"%V\", and stands in "
                      "\"%V/%V.rejected\"", &d->queue.pixel, refusal->code,
                      &refusal->request_id, &d->queue.store->dir,
                      &d->queue.pixel);
    }

    split->nrefusals = 0;
}


/* events that were refused, and are not rejected for it, go back as a batch */

static void
ngx_tiktok_split_keep(ngx_tiktok_split_t *split)
{
    ngx_uint_t                 i;
    ngx_tiktok_batch_t        *batch;
    ngx_tiktok_destination_t  *d;

    d = split->destination;

    batch = ngx_tiktok_batch_create(d, split->nrefusals);

    if (batch == NULL) {

        /* they stay in their segment for the next one who reads it */

        for (i = 0; i < split->nrefusals; i++) {
            ngx_tiktok_queue_return(&d->queue, &split->refusals[i].lease);
        }

        return;
    }

    for (i = 0; i < split->nrefusals; i++) {
        batch->leases[i] = split->refusals[i].lease;
    }

    if (split->culprits) {
        ngx_tiktok_batch_hold(batch);
        return;
    }

    batch->kept = ngx_time();

    ngx_tiktok_batch_requeue(batch);
}
