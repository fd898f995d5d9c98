
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * When a batch is sent: at once when nothing is in flight; a further request
 * starts only for a full batch.  What the workers know of a destination, its
 * state and when it may be tried again, stands in shared memory.
 */


#include "ngx_tiktok_delivery.h"
#include "ngx_tiktok_batch.h"


#define NGX_TIKTOK_DELIVERY_TICK   1000     /* ms between looks at the clock */
#define NGX_TIKTOK_DELIVERY_BURST  100000   /* us that "rate" may be ahead */
#define NGX_TIKTOK_DELIVERY_SPARE  8        /* connections left to visitors */


static void ngx_tiktok_delivery_generation(ngx_tiktok_store_t *store,
    ngx_array_t *destinations);
static void ngx_tiktok_delivery_tick(ngx_event_t *ev);
static void ngx_tiktok_delivery_unhold(ngx_tiktok_destination_t *d);
static void ngx_tiktok_delivery_leave(ngx_array_t *destinations);
static void ngx_tiktok_delivery_run(ngx_event_t *ev);
static ngx_msec_t ngx_tiktok_delivery_wait(ngx_tiktok_destination_t *d);
static ngx_uint_t ngx_tiktok_delivery_probing(ngx_tiktok_destination_t *d);
static ngx_msec_t ngx_tiktok_delivery_rate(ngx_tiktok_destination_t *d);


static ngx_event_t          ngx_tiktok_tick;
static ngx_msec_t           ngx_tiktok_ticked;
static ngx_tiktok_store_t  *ngx_tiktok_tick_store;
static ngx_array_t         *ngx_tiktok_tick_destinations;


void
ngx_tiktok_delivery_start(ngx_tiktok_store_t *store, ngx_array_t *destinations)
{
    ngx_uint_t                  i;
    ngx_tiktok_destination_t   *d, **ds;

    ds = destinations->elts;

    for (i = 0; i < destinations->nelts; i++) {
        d = ds[i];

        d->log = store->log;
        d->shpool = (ngx_slab_pool_t *) store->zone->shm.addr;

        ngx_queue_init(&d->waiting);
        ngx_queue_init(&d->held);

        ngx_tiktok_gauge(d->queue.stats->in_flight, 0);

        d->wake.handler = ngx_tiktok_delivery_run;
        d->wake.data = d;
        d->wake.log = store->log;

        d->timer.handler = ngx_tiktok_delivery_run;
        d->timer.data = d;
        d->timer.log = store->log;
        d->timer.cancelable = 1;
    }

    ngx_tiktok_tick_store = store;
    ngx_tiktok_tick_destinations = destinations;

    ngx_memzero(&ngx_tiktok_tick, sizeof(ngx_event_t));

    ngx_tiktok_tick.handler = ngx_tiktok_delivery_tick;
    ngx_tiktok_tick.data = &ngx_tiktok_tick;
    ngx_tiktok_tick.log = store->log;
    ngx_tiktok_tick.cancelable = 1;

    ngx_tiktok_delivery_generation(store, destinations);

    ngx_tiktok_ticked = ngx_current_msec - NGX_TIKTOK_DELIVERY_TICK;

    ngx_add_timer(&ngx_tiktok_tick, 1);
}


/*
 * The first worker of a new configuration asks at once, since it may have
 * mended what was in the way; those of the old one would ask with what they
 * know, and do so no more.
 */

static void
ngx_tiktok_delivery_generation(ngx_tiktok_store_t *store,
    ngx_array_t *destinations)
{
    ngx_uint_t                  i;
    ngx_slab_pool_t            *shpool;
    ngx_tiktok_zone_t          *zone;
    ngx_tiktok_stats_t         *stats;
    ngx_tiktok_destination_t  **ds;

    zone = store->zone->data;
    shpool = (ngx_slab_pool_t *) store->zone->shm.addr;
    ds = destinations->elts;

    ngx_shmtx_lock(&shpool->mutex);

    if (zone->generation < store->generation) {
        zone->generation = store->generation;

        for (i = 0; i < destinations->nelts; i++) {
            stats = ds[i]->queue.stats;

            if (stats->state != NGX_TIKTOK_STATE_OK) {
                stats->retry_at = ngx_max(ngx_current_msec, 1);
            }
        }
    }

    ngx_shmtx_unlock(&shpool->mutex);
}


void
ngx_tiktok_delivery_wake(ngx_tiktok_destination_t *d)
{
    if (!d->wake.posted) {
        ngx_post_event(&d->wake, &ngx_posted_events);
    }
}


/* a step in the search for orphans, and once a second all that needs a look */

static void
ngx_tiktok_delivery_tick(ngx_event_t *ev)
{
    ngx_msec_t                  next;
    ngx_uint_t                  i;
    ngx_tiktok_store_t         *store;
    ngx_tiktok_destination_t  **ds;

    store = ngx_tiktok_tick_store;
    next = NGX_TIKTOK_DELIVERY_TICK;

    if (ngx_exiting) {
        ngx_tiktok_delivery_leave(ngx_tiktok_tick_destinations);
        ngx_tiktok_store_release(store);

    } else {
        next = ngx_tiktok_store_scan(store);

        if (ngx_current_msec - ngx_tiktok_ticked >= NGX_TIKTOK_DELIVERY_TICK) {
            ngx_tiktok_ticked = ngx_current_msec;

            ngx_tiktok_store_trim(store);
            ngx_tiktok_age_check(store, ngx_tiktok_tick_destinations);
        }

        ds = ngx_tiktok_tick_destinations->elts;

        for (i = 0; i < ngx_tiktok_tick_destinations->nelts; i++) {

            if (ngx_current_msec - ds[i]->held_at >= ds[i]->conf.retry_max) {
                ngx_tiktok_delivery_unhold(ds[i]);
            }

            ngx_tiktok_delivery_wake(ds[i]);
        }
    }

    ngx_add_timer(ev, next);
}


static void
ngx_tiktok_delivery_unhold(ngx_tiktok_destination_t *d)
{
    if (!ngx_queue_empty(&d->held)) {
        ngx_queue_add(&d->waiting, &d->held);
        ngx_queue_init(&d->held);
    }
}


/* a worker that leaves starts nothing: others send what it has */

static void
ngx_tiktok_delivery_leave(ngx_array_t *destinations)
{
    ngx_uint_t                  i;
    ngx_queue_t                *q;
    ngx_tiktok_destination_t   *d, **ds;

    ds = destinations->elts;

    for (i = 0; i < destinations->nelts; i++) {
        d = ds[i];

        ngx_tiktok_delivery_unhold(d);

        while (!ngx_queue_empty(&d->waiting)) {
            q = ngx_queue_head(&d->waiting);
            ngx_queue_remove(q);

            ngx_tiktok_batch_requeue(ngx_queue_data(q, ngx_tiktok_batch_t,
                                                    queue));
        }
    }
}


/* starts as many requests as there is reason for */

static void
ngx_tiktok_delivery_run(ngx_event_t *ev)
{
    ngx_msec_t                 wait;
    ngx_tiktok_batch_t        *batch;
    ngx_tiktok_destination_t  *d;

    d = ev->data;

    if (d->queue.store->hurry) {
        /* segments that wait to be taken over may be, now */
        ngx_add_timer(&ngx_tiktok_tick, 1);
    }

    while (!ngx_exiting && d->in_flight < d->conf.in_flight) {

        if (ngx_queue_empty(&d->waiting)) {

            if (d->queue.pending == 0) {
                return;
            }

            if (d->in_flight && d->queue.pending < d->conf.batch) {
                return;
            }
        }

        wait = ngx_tiktok_delivery_wait(d);

        if (wait) {
            ngx_add_timer(&d->timer, wait);
            return;
        }

        batch = ngx_tiktok_batch_next(d);

        if (batch == NULL) {
            return;
        }

        if (ngx_tiktok_batch_send(batch) != NGX_OK) {
            ngx_tiktok_batch_requeue(batch);

            ngx_add_timer(&d->timer, d->conf.retry_min);
            return;
        }
    }
}


/* milliseconds until a request may start, 0 for now */

static ngx_msec_t
ngx_tiktok_delivery_wait(ngx_tiktok_destination_t *d)
{
    ngx_msec_t           wait;
    ngx_msec_int_t       left;
    ngx_atomic_uint_t    retry_at;
    ngx_tiktok_stats_t  *stats;

    stats = d->queue.stats;

    if (ngx_cycle->free_connection_n + ngx_cycle->reusable_connections_n
        < NGX_TIKTOK_DELIVERY_SPARE)
    {
        return 100;
    }

    retry_at = stats->retry_at;

    if (retry_at && ngx_tiktok_delivery_outdated(d)) {
        /* others know better how to try, as with a new token */
        return d->conf.retry_min;
    }

    if (retry_at && !ngx_tiktok_delivery_probing(d)) {
        left = (ngx_msec_int_t) (retry_at - ngx_current_msec);

        if (left > 0) {
            return left;
        }
    }

    wait = ngx_tiktok_delivery_rate(d);

    if (wait || retry_at == 0 || ngx_tiktok_delivery_probing(d)) {
        return wait;
    }

    /*
     * one request of one worker probes a destination in trouble; should its
     * worker die, another one does
     */

    if (!ngx_atomic_cmp_set(&stats->retry_at, retry_at,
                            ngx_max(ngx_current_msec + d->conf.timeout
                                    + d->conf.retry_min, 1)))
    {
        return d->conf.retry_min;
    }

    return 0;
}


/* the parts of a batch that was refused are one probe */

static ngx_uint_t
ngx_tiktok_delivery_probing(ngx_tiktok_destination_t *d)
{
    ngx_tiktok_batch_t  *batch;

    if (!d->splitting
        || d->queue.stats->state != NGX_TIKTOK_STATE_STOPPED
        || ngx_queue_empty(&d->waiting))
    {
        return 0;
    }

    batch = ngx_queue_data(ngx_queue_head(&d->waiting), ngx_tiktok_batch_t,
                           queue);

    return batch->split != NULL;
}


static ngx_msec_t
ngx_tiktok_delivery_rate(ngx_tiktok_destination_t *d)
{
    ngx_atomic_uint_t    now, next, start;
    ngx_tiktok_stats_t  *stats;

    stats = d->queue.stats;
    now = (ngx_atomic_uint_t) ngx_current_msec * 1000;

    do {
        next = stats->next_request;
        start = next;

        if ((ngx_atomic_int_t) (now - start) > 0) {
            start = now;
        }

        if (start - now > NGX_TIKTOK_DELIVERY_BURST) {
            return (start - now) / 1000;
        }

    } while (!ngx_atomic_cmp_set(&stats->next_request, next,
                                 start + 1000000 / d->conf.rate));

    return 0;
}


