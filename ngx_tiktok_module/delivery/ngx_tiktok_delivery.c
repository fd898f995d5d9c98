
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * Batches: when one is sent, and what becomes of it.
 *
 * An event goes out at once when nothing is in flight; a further request
 * starts only for a full batch.  What the workers know of a destination,
 * its state and when it may be tried again, stands in shared memory.
 */


#include "ngx_tiktok_delivery.h"
#include "ngx_tiktok_answer.h"
#include "ngx_tiktok_rejected.h"


#define NGX_TIKTOK_DELIVERY_TICK   1000     /* ms between looks for orphans */
#define NGX_TIKTOK_DELIVERY_NEXT   10       /* where there are more of them */
#define NGX_TIKTOK_DELIVERY_BURST  100000   /* us that "rate" may be ahead */
#define NGX_TIKTOK_DELIVERY_SPARE  8        /* connections left to visitors */


typedef struct {
    ngx_queue_t                queue;
    ngx_pool_t                *pool;
    ngx_tiktok_destination_t  *destination;
    ngx_tiktok_lease_t        *leases;
    ngx_uint_t                 n;
    ngx_str_t                  body;
    ngx_msec_t                 started;
} ngx_tiktok_batch_t;


static void ngx_tiktok_delivery_tick(ngx_event_t *ev);
static void ngx_tiktok_delivery_run(ngx_event_t *ev);
static ngx_msec_t ngx_tiktok_delivery_wait(ngx_tiktok_destination_t *d);
static ngx_msec_t ngx_tiktok_delivery_rate(ngx_tiktok_destination_t *d);
static ngx_tiktok_batch_t *ngx_tiktok_batch_next(ngx_tiktok_destination_t *d);
static ngx_tiktok_batch_t *ngx_tiktok_batch_create(
    ngx_tiktok_destination_t *d, ngx_uint_t n);
static void ngx_tiktok_batch_requeue(ngx_tiktok_batch_t *batch);
static ngx_int_t ngx_tiktok_batch_send(ngx_tiktok_batch_t *batch);
static ngx_int_t ngx_tiktok_batch_body(ngx_tiktok_batch_t *batch);
static void ngx_tiktok_batch_reply(void *data, ngx_tiktok_reply_t *reply);
static void ngx_tiktok_batch_delivered(ngx_tiktok_batch_t *batch);
static void ngx_tiktok_batch_refused(ngx_tiktok_batch_t *batch,
    ngx_tiktok_answer_t *answer);
static void ngx_tiktok_delivery_state(ngx_tiktok_destination_t *d,
    ngx_tiktok_answer_t *answer, ngx_tiktok_reply_t *reply,
    ngx_msec_t latency);
static void ngx_tiktok_delivery_say(ngx_tiktok_destination_t *d,
    ngx_tiktok_answer_t *answer, ngx_tiktok_reply_t *reply, ngx_uint_t level,
    ngx_msec_t delay);


static ngx_event_t          ngx_tiktok_tick;
static ngx_tiktok_store_t  *ngx_tiktok_tick_store;
static ngx_array_t         *ngx_tiktok_tick_destinations;


ngx_int_t
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

    ngx_add_timer(&ngx_tiktok_tick, 1);

    return NGX_OK;
}


void
ngx_tiktok_delivery_wake(ngx_tiktok_destination_t *d)
{
    if (!d->wake.posted) {
        ngx_post_event(&d->wake, &ngx_posted_events);
    }
}


/* once a second: orphans, idle files, and the release of a leaving worker */

static void
ngx_tiktok_delivery_tick(ngx_event_t *ev)
{
    ngx_msec_t                  next;
    ngx_uint_t                  i;
    ngx_queue_t                *q;
    ngx_tiktok_destination_t   *d, **ds;

    ds = ngx_tiktok_tick_destinations->elts;

    next = NGX_TIKTOK_DELIVERY_TICK;

    if (!ngx_exiting) {
        if (ngx_tiktok_store_scan(ngx_tiktok_tick_store)
            == NGX_TIKTOK_ADOPT_MAX)
        {
            /* there may be more */
            next = NGX_TIKTOK_DELIVERY_NEXT;
        }

        ngx_tiktok_store_trim(ngx_tiktok_tick_store);
    }

    for (i = 0; i < ngx_tiktok_tick_destinations->nelts; i++) {
        d = ds[i];

        if (!ngx_exiting) {
            ngx_tiktok_delivery_wake(d);
            continue;
        }

        while (!ngx_queue_empty(&d->waiting)) {
            q = ngx_queue_head(&d->waiting);
            ngx_queue_remove(q);

            ngx_tiktok_batch_requeue(ngx_queue_data(q, ngx_tiktok_batch_t,
                                                    queue));
        }
    }

    if (ngx_exiting) {
        ngx_tiktok_store_release(ngx_tiktok_tick_store);
    }

    ngx_add_timer(ev, next);
}


/* starts as many requests as there is reason for */

static void
ngx_tiktok_delivery_run(ngx_event_t *ev)
{
    ngx_msec_t                 wait;
    ngx_tiktok_batch_t        *batch;
    ngx_tiktok_destination_t  *d;

    d = ev->data;

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

    if (retry_at) {
        left = (ngx_msec_int_t) (retry_at - ngx_current_msec);

        if (left > 0) {
            return left;
        }
    }

    wait = ngx_tiktok_delivery_rate(d);

    if (wait || retry_at == 0) {
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


static ngx_tiktok_batch_t *
ngx_tiktok_batch_next(ngx_tiktok_destination_t *d)
{
    ngx_uint_t           n;
    ngx_queue_t         *q;
    ngx_tiktok_batch_t  *batch;

    while (!ngx_queue_empty(&d->waiting)) {
        q = ngx_queue_head(&d->waiting);
        ngx_queue_remove(q);

        batch = ngx_queue_data(q, ngx_tiktok_batch_t, queue);

        n = ngx_tiktok_queue_expire(&d->queue, batch->leases, batch->n);

        if (n == 0) {
            ngx_destroy_pool(batch->pool);
            continue;
        }

        if (n < batch->n) {
            batch->n = n;

            if (batch->body.len) {
                ngx_pfree(batch->pool, batch->body.data);
                ngx_str_null(&batch->body);
            }
        }

        return batch;
    }

    if (d->queue.pending == 0) {
        return NULL;
    }

    batch = ngx_tiktok_batch_create(d, ngx_min(d->conf.batch,
                                               d->queue.pending));
    if (batch == NULL) {
        return NULL;
    }

    batch->n = ngx_tiktok_queue_lease(&d->queue, batch->leases, batch->n);

    if (batch->n == 0) {
        ngx_destroy_pool(batch->pool);
        return NULL;
    }

    return batch;
}


static ngx_tiktok_batch_t *
ngx_tiktok_batch_create(ngx_tiktok_destination_t *d, ngx_uint_t n)
{
    ngx_pool_t          *pool;
    ngx_tiktok_batch_t  *batch;

    pool = ngx_create_pool(1024, d->log);
    if (pool == NULL) {
        return NULL;
    }

    batch = ngx_pcalloc(pool, sizeof(ngx_tiktok_batch_t));

    if (batch == NULL
        || (batch->leases = ngx_palloc(pool, n * sizeof(ngx_tiktok_lease_t)))
           == NULL)
    {
        ngx_destroy_pool(pool);
        return NULL;
    }

    batch->pool = pool;
    batch->destination = d;
    batch->n = n;

    return batch;
}


/* sent again later, or by the worker that adopts it */

static void
ngx_tiktok_batch_requeue(ngx_tiktok_batch_t *batch)
{
    ngx_uint_t                 i;
    ngx_tiktok_destination_t  *d;

    d = batch->destination;

    if (!ngx_exiting) {
        ngx_queue_insert_head(&d->waiting, &batch->queue);
        return;
    }

    for (i = 0; i < batch->n; i++) {
        ngx_tiktok_queue_return(&d->queue, &batch->leases[i]);
    }

    ngx_destroy_pool(batch->pool);
}


static ngx_int_t
ngx_tiktok_batch_send(ngx_tiktok_batch_t *batch)
{
    ngx_tiktok_request_t       request;
    ngx_tiktok_counters_t     *counters;
    ngx_tiktok_destination_t  *d;

    d = batch->destination;

    if (ngx_tiktok_batch_body(batch) != NGX_OK) {
        return NGX_ERROR;
    }

    request.ctx = d->ctx;
    request.uri = d->send;
    request.access_token = d->access_token;
    request.body = batch->body;
    request.timeout = d->conf.timeout;
    request.handler = ngx_tiktok_batch_reply;
    request.data = batch;
    request.log = d->log;

    batch->started = ngx_current_msec;

    counters = ngx_tiktok_counters(d->queue.stats);

    /* the reply may come before the call returns */

    d->in_flight++;
    ngx_tiktok_gauge(d->queue.stats->in_flight, d->in_flight);

    if (ngx_tiktok_request_send(&request) != NGX_OK) {
        d->in_flight--;
        ngx_tiktok_gauge(d->queue.stats->in_flight, d->in_flight);
        return NGX_ERROR;
    }

    ngx_tiktok_count(counters->requests, 1);

    return NGX_OK;
}


/* the body of a request: a batch has one pixel and one test event code */

static ngx_int_t
ngx_tiktok_batch_body(ngx_tiktok_batch_t *batch)
{
    size_t                     len;
    ngx_str_t                  json, code;
    ngx_uint_t                 i;
    ngx_tiktok_writer_t        w;
    ngx_tiktok_destination_t  *d;

    if (batch->body.len) {
        return NGX_OK;
    }

    d = batch->destination;
    len = 256;

    for (i = 0; i < batch->n; i++) {
        ngx_tiktok_lease_json(&batch->leases[i], &json);
        len += json.len + 1;
    }

    if (ngx_tiktok_writer_init(&w, batch->pool, len) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_tiktok_write_literal(&w, "{\"event_source\":\"web\","
                                 "\"event_source_id\":");
    ngx_tiktok_write_string(&w, d->queue.pixel.data, d->queue.pixel.len);

    ngx_tiktok_lease_test_code(&batch->leases[0], &code);

    if (code.len) {
        ngx_tiktok_write_literal(&w, ",\"test_event_code\":");
        ngx_tiktok_write_string(&w, code.data, code.len);
    }

    ngx_tiktok_write_literal(&w, ",\"data\":[");

    for (i = 0; i < batch->n; i++) {
        if (i) {
            ngx_tiktok_write_literal(&w, ",");
        }

        ngx_tiktok_lease_json(&batch->leases[i], &json);
        ngx_tiktok_write(&w, json.data, json.len);
    }

    ngx_tiktok_write_literal(&w, "]}");

    if (w.failed) {
        return NGX_ERROR;
    }

    batch->body.data = w.start;
    batch->body.len = w.pos - w.start;

    return NGX_OK;
}


/* the one exit of a batch */

static void
ngx_tiktok_batch_reply(void *data, ngx_tiktok_reply_t *reply)
{
    ngx_tiktok_batch_t *batch = data;

    ngx_pool_t                *pool;
    ngx_tiktok_answer_t        answer;
    ngx_tiktok_counters_t     *counters;
    ngx_tiktok_destination_t  *d;

    d = batch->destination;
    counters = ngx_tiktok_counters(d->queue.stats);

    d->in_flight--;
    ngx_tiktok_gauge(d->queue.stats->in_flight, d->in_flight);

    /* a batch may see many answers: they must not pile up in its pool */

    pool = ngx_create_pool(2048, d->log);

    ngx_tiktok_answer_read(pool ? pool : batch->pool, reply, &d->access_token,
                           &answer);

    ngx_tiktok_delivery_state(d, &answer, reply,
                              ngx_current_msec - batch->started);

    switch (answer.verdict) {

    case NGX_TIKTOK_ANSWER_DONE:
        ngx_tiktok_batch_delivered(batch);
        break;

    case NGX_TIKTOK_ANSWER_SPLIT:
        ngx_tiktok_batch_refused(batch, &answer);
        break;

    default: /* AUTH, STOPPED, RETRY */
        ngx_tiktok_count(counters->retries, 1);
        ngx_tiktok_batch_requeue(batch);
    }

    if (pool) {
        ngx_destroy_pool(pool);
    }

    ngx_tiktok_delivery_wake(d);
}


static void
ngx_tiktok_batch_delivered(ngx_tiktok_batch_t *batch)
{
    time_t                     age;
    ngx_uint_t                 i, name;
    ngx_tiktok_record_t       *record;
    ngx_tiktok_counters_t     *counters;
    ngx_tiktok_destination_t  *d;

    d = batch->destination;
    counters = ngx_tiktok_counters(d->queue.stats);

    for (i = 0; i < batch->n; i++) {
        record = batch->leases[i].record;

        name = record->name;
        age = ngx_time() - (time_t) record->time;

        if (name >= NGX_TIKTOK_EVENT_NAMES) {
            /* of a later version */
            name = NGX_TIKTOK_EVENT_CUSTOM;
        }

        ngx_tiktok_count(counters->events[name].delivered, 1);
        ngx_tiktok_count(counters->ages[age <= 300 ? 0 : age <= 3600 ? 1 : 2],
                         1);

        ngx_tiktok_queue_done(&d->queue, &batch->leases[i],
                              NGX_TIKTOK_FATE_DELIVERED);
    }

    ngx_destroy_pool(batch->pool);
}


/*
 * One bad event costs a whole batch: halves are sent until the culprit
 * stands alone.
 */

static void
ngx_tiktok_batch_refused(ngx_tiktok_batch_t *batch,
    ngx_tiktok_answer_t *answer)
{
    ngx_uint_t                 n;
    ngx_tiktok_batch_t        *half[2];
    ngx_tiktok_counters_t     *counters;
    ngx_tiktok_destination_t  *d;

    d = batch->destination;
    counters = ngx_tiktok_counters(d->queue.stats);

    if (batch->n == 1) {
        ngx_tiktok_rejected_add(&d->queue, &batch->leases[0], batch->pool,
                                answer->code, &answer->message,
                                &answer->request_id);

        ngx_log_error(NGX_LOG_ERR, d->log, 0,
                      "tiktok: an event of pixel \"%V\" was refused with "
                      "code %i, request id \"%V\", and stands in "
                      "\"%V/%V.rejected\"", &d->queue.pixel, answer->code,
                      &answer->request_id, &d->queue.store->dir,
                      &d->queue.pixel);

        ngx_tiktok_queue_done(&d->queue, &batch->leases[0],
                              NGX_TIKTOK_FATE_REJECTED);

        ngx_destroy_pool(batch->pool);
        return;
    }

    n = batch->n / 2;

    half[0] = ngx_tiktok_batch_create(d, n);
    half[1] = ngx_tiktok_batch_create(d, batch->n - n);

    if (half[0] == NULL || half[1] == NULL) {

        for (n = 0; n < 2; n++) {
            if (half[n]) {
                ngx_destroy_pool(half[n]->pool);
            }
        }

        ngx_tiktok_batch_requeue(batch);
        return;
    }

    ngx_memcpy(half[0]->leases, batch->leases,
               half[0]->n * sizeof(ngx_tiktok_lease_t));
    ngx_memcpy(half[1]->leases, batch->leases + n,
               half[1]->n * sizeof(ngx_tiktok_lease_t));

    ngx_destroy_pool(batch->pool);

    ngx_tiktok_count(counters->splits, 1);

    ngx_tiktok_batch_requeue(half[1]);
    ngx_tiktok_batch_requeue(half[0]);
}


/* what all workers are to know of a destination after an answer */

static void
ngx_tiktok_delivery_state(ngx_tiktok_destination_t *d,
    ngx_tiktok_answer_t *answer, ngx_tiktok_reply_t *reply, ngx_msec_t latency)
{
    ngx_msec_t           delay;
    ngx_uint_t           state, was, late, level;
    ngx_tiktok_stats_t  *stats;

    if (!reply->answered && ngx_exiting) {
        /* our own doing, it says nothing of the destination */
        return;
    }

    stats = d->queue.stats;
    delay = 0;
    late = 0;

    ngx_shmtx_lock(&d->shpool->mutex);

    was = stats->state;

    stats->last_code = answer->code;
    stats->latency = latency;

    ngx_memcpy(stats->last_message, answer->message.data, answer->message.len);
    stats->last_message_len = answer->message.len;

    ngx_memcpy(stats->last_request_id, answer->request_id.data,
               answer->request_id.len);
    stats->last_request_id_len = answer->request_id.len;

    switch (answer->verdict) {

    case NGX_TIKTOK_ANSWER_DONE:
        stats->last_delivered = ngx_time();
        /* fall through */

    case NGX_TIKTOK_ANSWER_SPLIT:
        state = NGX_TIKTOK_STATE_OK;
        break;

    case NGX_TIKTOK_ANSWER_AUTH:
        state = NGX_TIKTOK_STATE_AUTH;
        delay = d->conf.retry_max;
        break;

    case NGX_TIKTOK_ANSWER_STOPPED:
        state = NGX_TIKTOK_STATE_STOPPED;
        delay = d->conf.retry_max;
        break;

    default: /* NGX_TIKTOK_ANSWER_RETRY */
        state = NGX_TIKTOK_STATE_BACKOFF;

        /* requests that were under way together fail as one */

        late = (was == NGX_TIKTOK_STATE_BACKOFF
                && stats->started
                && (ngx_msec_int_t) (ngx_current_msec - latency
                                     - stats->started)
                   <= 0);

        if (!late) {
            stats->failures++;
        }

        delay = ngx_min(d->conf.retry_max,
                        d->conf.retry_min
                        << ngx_min(stats->failures - 1, 16));

        delay = ngx_max(delay / 2 + ngx_random() % (delay / 2 + 1),
                        (ngx_msec_t) ngx_min(reply->retry_after, 86400)
                        * 1000);
    }

    stats->state = state;

    if (state == NGX_TIKTOK_STATE_OK) {
        stats->failures = 0;
        stats->retry_at = 0;

    } else if (!late) {
        stats->started = ngx_current_msec;
        stats->retry_at = ngx_max(ngx_current_msec + delay, 1);
    }

    ngx_shmtx_unlock(&d->shpool->mutex);

    if (state == NGX_TIKTOK_STATE_OK) {

        if (was != NGX_TIKTOK_STATE_OK) {
            ngx_log_error(NGX_LOG_NOTICE, d->log, 0,
                          "tiktok: events of pixel \"%V\" are delivered again",
                          &d->queue.pixel);
        }

        return;
    }

    level = (state != was) ? NGX_LOG_ERR : NGX_LOG_INFO;

    ngx_tiktok_delivery_say(d, answer, reply, level, delay);
}


/* one line that tells the operator whose move it is */

static void
ngx_tiktok_delivery_say(ngx_tiktok_destination_t *d,
    ngx_tiktok_answer_t *answer, ngx_tiktok_reply_t *reply, ngx_uint_t level,
    ngx_msec_t delay)
{
    const char  *text;

    if (reply->answered && !reply->upstream) {
        ngx_log_error(level, d->log, 0,
                      "tiktok: events of pixel \"%V\" wait: nginx itself "
                      "answered %i to tiktok_send \"%V\", look in that server "
                      "and location for \"return\", \"rewrite\", "
                      "\"limit_req\" or a missing \"proxy_pass\"; "
                      "next try in %Mms",
                      &d->queue.pixel, reply->rc ? reply->rc
                                                 : (ngx_int_t) reply->status,
                      &d->send, delay);
        return;
    }

    switch (answer->verdict) {

    case NGX_TIKTOK_ANSWER_AUTH:
        text = "check tiktok_access_token_file and the pixel";
        break;

    case NGX_TIKTOK_ANSWER_STOPPED:
        text = "the API refuses all of them";
        break;

    default:
        text = "no usable answer";
    }

    ngx_log_error(level, d->log, 0,
                  "tiktok: events of pixel \"%V\" wait: %s, code %i, "
                  "HTTP status %ui, request id \"%V\"; next try in %Mms",
                  &d->queue.pixel, text, answer->code,
                  reply->status ? reply->status
                                : (ngx_uint_t) ngx_max(reply->rc, 0),
                  &answer->request_id, delay);
}
