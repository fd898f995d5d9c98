
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * Events that wait too long.  TikTok merges an event of the browser's Pixel
 * and one of the server within 5 minutes, drops the later one within 48 hours
 * and counts both beyond that: an older event does harm.
 *
 * Ages come from the system's clock, which may be wrong: at boot, before it
 * is set, or when it jumps.  While it is in doubt nothing is given up.
 */


#include "ngx_tiktok_batch.h"


#define NGX_TIKTOK_AGE_DOUBT     600000     /* ms after boot or a jump */
#define NGX_TIKTOK_AGE_JUMP      5000       /* ms */
#define NGX_TIKTOK_AGE_BEYOND    (30 * 24 * 3600)
#define NGX_TIKTOK_AGE_WRITE     64         /* events in one write */
#define NGX_TIKTOK_AGE_MAX       1024       /* of a pixel in a second */

#define NGX_TIKTOK_AGE_MERGED    300        /* the alarms, in seconds */
#define NGX_TIKTOK_AGE_LATE      (40 * 3600)


static void ngx_tiktok_age_clock(ngx_log_t *log);
static ngx_uint_t ngx_tiktok_age_expired(ngx_tiktok_queue_t *queue,
    time_t queued);
static void ngx_tiktok_age_refusal(ngx_tiktok_refusal_t *refusal,
    ngx_tiktok_lease_t *lease);
static void ngx_tiktok_age_queue(ngx_tiktok_queue_t *queue);
static void ngx_tiktok_age_waiting(ngx_tiktok_destination_t *d);
static void ngx_tiktok_age_alarm(ngx_tiktok_queue_t *queue);


static int64_t     ngx_tiktok_age_offset;   /* of the clock to the timers */
static ngx_msec_t  ngx_tiktok_age_jumped;   /* 0 is boot */


void
ngx_tiktok_age_check(ngx_tiktok_store_t *store, ngx_array_t *destinations)
{
    ngx_uint_t                  i;
    ngx_queue_t                *q;
    ngx_tiktok_queue_t         *queue;
    ngx_tiktok_destination_t  **ds;

    ngx_tiktok_age_clock(store->log);

    ds = destinations->elts;

    for (i = 0; i < destinations->nelts; i++) {
        ngx_tiktok_age_waiting(ds[i]);
    }

    for (q = ngx_queue_head(&store->queues);
         q != ngx_queue_sentinel(&store->queues);
         q = ngx_queue_next(q))
    {
        queue = ngx_queue_data(q, ngx_tiktok_queue_t, link);

        ngx_tiktok_age_queue(queue);

        if (store->scanner) {
            ngx_tiktok_age_alarm(queue);
            ngx_tiktok_rejected_rotate(queue);
        }
    }
}


/* the timers go on steadily since boot, whatever the clock does */

static void
ngx_tiktok_age_clock(ngx_log_t *log)
{
    int64_t      offset, jump;
    ngx_time_t  *tp;

    tp = ngx_timeofday();

    offset = (int64_t) tp->sec * 1000 + tp->msec - (int64_t) ngx_current_msec;
    jump = offset - ngx_tiktok_age_offset;

    if (ngx_tiktok_age_offset
        && (jump > NGX_TIKTOK_AGE_JUMP || jump < -NGX_TIKTOK_AGE_JUMP))
    {
        ngx_tiktok_age_jumped = ngx_current_msec;

        ngx_log_error(NGX_LOG_WARN, log, 0,
                      "tiktok_queue: the clock jumped by %L s, no event is "
                      "given up for its age in the next 10 minutes",
                      jump / 1000);
    }

    ngx_tiktok_age_offset = offset;
}


/*
 * An age far beyond the limit is that of a wrong clock sooner than that of
 * an event, and TikTok will tell.
 */

static ngx_uint_t
ngx_tiktok_age_expired(ngx_tiktok_queue_t *queue, time_t queued)
{
    time_t      age, max_age;
    ngx_msec_t  doubt;

    age = ngx_time() - queued;
    max_age = queue->store->max_age;

    if (age <= max_age || age > max_age + NGX_TIKTOK_AGE_BEYOND) {
        return 0;
    }

    doubt = ngx_min(NGX_TIKTOK_AGE_DOUBT, (ngx_msec_t) max_age * 1000);

    return ngx_current_msec - ngx_tiktok_age_jumped >= doubt;
}


static void
ngx_tiktok_age_refusal(ngx_tiktok_refusal_t *refusal,
    ngx_tiktok_lease_t *lease)
{
    ngx_memzero(refusal, sizeof(ngx_tiktok_refusal_t));

    refusal->lease = *lease;
    refusal->fate = NGX_TIKTOK_FATE_EXPIRED;
}


ngx_int_t
ngx_tiktok_age_batch(ngx_tiktok_batch_t *batch)
{
    ngx_int_t              rc;
    ngx_uint_t             i, n, left;
    ngx_tiktok_queue_t    *queue;
    ngx_tiktok_refusal_t  *refusals;

    queue = &batch->destination->queue;
    n = 0;

    ngx_tiktok_age_clock(queue->store->log);

    for (i = 0; i < batch->n; i++) {
        if (ngx_tiktok_age_expired(queue, batch->leases[i].record->time)) {
            n++;
        }
    }

    if (n == 0) {
        return NGX_OK;
    }

    refusals = ngx_alloc(n * sizeof(ngx_tiktok_refusal_t), queue->store->log);
    if (refusals == NULL) {
        return NGX_ERROR;
    }

    for (i = 0, n = 0; i < batch->n; i++) {
        if (ngx_tiktok_age_expired(queue, batch->leases[i].record->time)) {
            ngx_tiktok_age_refusal(&refusals[n++], &batch->leases[i]);
            batch->leases[i].segment = NULL;
        }
    }

    rc = ngx_tiktok_rejected_add(queue, refusals, n);

    for (i = 0, n = 0, left = 0; i < batch->n; i++) {

        if (batch->leases[i].segment) {
            batch->leases[left++] = batch->leases[i];

        } else if (rc == NGX_OK) {
            n++;

        } else {
            batch->leases[left++] = refusals[n++].lease;
        }
    }

    ngx_free(refusals);

    if (left < batch->n) {
        batch->n = left;

        if (batch->body.len) {
            ngx_pfree(batch->pool, batch->body.data);
            ngx_str_null(&batch->body);
        }
    }

    return rc;
}


/* events that were not lent to any batch, the oldest first */

static void
ngx_tiktok_age_queue(ngx_tiktok_queue_t *queue)
{
    time_t                 queued;
    ngx_uint_t             n, total;
    ngx_tiktok_lease_t     lease;
    ngx_tiktok_refusal_t   refusals[NGX_TIKTOK_AGE_WRITE];

    for (total = 0; total < NGX_TIKTOK_AGE_MAX; total += n) {

        for (n = 0; n < NGX_TIKTOK_AGE_WRITE; n++) {

            queued = ngx_tiktok_queue_head(queue);

            if (queued == 0 || !ngx_tiktok_age_expired(queue, queued)
                || ngx_tiktok_queue_lease(queue, &lease, 1, queued) == 0)
            {
                break;
            }

            ngx_tiktok_age_refusal(&refusals[n], &lease);
        }

        if (n == 0) {
            return;
        }

        if (ngx_tiktok_rejected_add(queue, refusals, n) != NGX_OK) {

            while (n) {
                ngx_tiktok_queue_unlease(queue, &refusals[--n].lease);
            }

            return;
        }
    }
}


static void
ngx_tiktok_age_waiting(ngx_tiktok_destination_t *d)
{
    ngx_queue_t         *q, *next;
    ngx_tiktok_batch_t  *batch;

    for (q = ngx_queue_head(&d->waiting);
         q != ngx_queue_sentinel(&d->waiting);
         q = next)
    {
        next = ngx_queue_next(q);
        batch = ngx_queue_data(q, ngx_tiktok_batch_t, queue);

        if (!ngx_tiktok_age_expired(&d->queue, batch->leases[0].record->time)
            || ngx_tiktok_age_batch(batch) != NGX_OK
            || batch->n)
        {
            continue;
        }

        ngx_queue_remove(q);
        ngx_tiktok_batch_free(batch);
    }
}


/* once when the oldest event passes either age */

static void
ngx_tiktok_age_alarm(ngx_tiktok_queue_t *queue)
{
    time_t               oldest, age;
    ngx_tiktok_stats_t  *stats;

    stats = queue->stats;
    oldest = ngx_tiktok_stats_oldest(stats);
    age = oldest ? ngx_time() - oldest : 0;

    if (age <= NGX_TIKTOK_AGE_MERGED || age > NGX_TIKTOK_AGE_BEYOND) {
        stats->alarm = 0;
        return;
    }

    if (age > NGX_TIKTOK_AGE_LATE) {

        if (stats->alarm < NGX_TIKTOK_AGE_LATE) {
            stats->alarm = NGX_TIKTOK_AGE_LATE;
            ngx_log_error(NGX_LOG_ERR, queue->store->log, 0,
                          "tiktok: events of pixel \"%V\" wait for more than "
                          "40 hours, they are given up after %T hours "
                          "(\"max_age\")", &queue->pixel,
                          queue->store->max_age / 3600);
        }

        return;
    }

    if (stats->alarm < NGX_TIKTOK_AGE_MERGED) {
        stats->alarm = NGX_TIKTOK_AGE_MERGED;
        ngx_log_error(NGX_LOG_ERR, queue->store->log, 0,
                      "tiktok: events of pixel \"%V\" wait for more than 5 "
                      "minutes, TikTok does not merge them with those of the "
                      "browser any more", &queue->pixel);
    }
}
