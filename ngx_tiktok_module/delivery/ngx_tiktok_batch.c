
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * Batches: what goes out together, and what becomes of it.
 */


#include "ngx_tiktok_batch.h"


static ngx_tiktok_batch_t *ngx_tiktok_batch_waiting(
    ngx_tiktok_destination_t *d);
static ngx_int_t ngx_tiktok_batch_body(ngx_tiktok_batch_t *batch);
static void ngx_tiktok_batch_reply(void *data, ngx_tiktok_reply_t *reply);
static void ngx_tiktok_batch_delivered(ngx_tiktok_batch_t *batch);


ngx_tiktok_batch_t *
ngx_tiktok_batch_next(ngx_tiktok_destination_t *d)
{
    ngx_tiktok_batch_t  *batch;

    for ( ;; ) {

        batch = ngx_tiktok_batch_waiting(d);

        if (batch == NULL) {

            if (d->queue.pending == 0) {
                return NULL;
            }

            batch = ngx_tiktok_batch_create(d, ngx_min(d->conf.batch,
                                                       d->queue.pending));
            if (batch == NULL) {
                return NULL;
            }

            batch->n = ngx_tiktok_queue_lease(&d->queue, batch->leases,
                                              batch->n, 0);
        }

        if (ngx_tiktok_age_batch(batch) != NGX_OK) {
            ngx_tiktok_batch_hold(batch);
            continue;
        }

        if (batch->n) {
            return batch;
        }

        ngx_tiktok_batch_free(batch);
    }
}


static ngx_tiktok_batch_t *
ngx_tiktok_batch_waiting(ngx_tiktok_destination_t *d)
{
    ngx_queue_t         *q;
    ngx_tiktok_batch_t  *batch;

    if (ngx_queue_empty(&d->waiting)) {
        return NULL;
    }

    q = ngx_queue_head(&d->waiting);
    batch = ngx_queue_data(q, ngx_tiktok_batch_t, queue);

    if (batch->kept
        && d->queue.pending
        && d->queue.stats->state == NGX_TIKTOK_STATE_STOPPED)
    {
        /* others may tell whether the destination takes any */
        return NULL;
    }

    ngx_queue_remove(q);

    return batch;
}


ngx_tiktok_batch_t *
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


void
ngx_tiktok_batch_free(ngx_tiktok_batch_t *batch)
{
    ngx_tiktok_split_t  *split;

    split = batch->split;

    ngx_destroy_pool(batch->pool);

    if (split) {
        ngx_tiktok_split_done(split);
    }
}


void
ngx_tiktok_batch_requeue(ngx_tiktok_batch_t *batch)
{
    ngx_uint_t                 i;
    ngx_tiktok_destination_t  *d;

    d = batch->destination;

    if (!ngx_exiting) {

        if (batch->kept) {
            ngx_queue_insert_tail(&d->waiting, &batch->queue);

        } else {
            ngx_queue_insert_head(&d->waiting, &batch->queue);
        }

        return;
    }

    for (i = 0; i < batch->n; i++) {
        ngx_tiktok_queue_return(&d->queue, &batch->leases[i]);
    }

    ngx_tiktok_batch_free(batch);
}


void
ngx_tiktok_batch_hold(ngx_tiktok_batch_t *batch)
{
    ngx_tiktok_destination_t  *d;

    if (ngx_exiting) {
        ngx_tiktok_batch_requeue(batch);
        return;
    }

    d = batch->destination;

    if (ngx_queue_empty(&d->held)) {
        d->held_at = ngx_current_msec;
    }

    ngx_queue_insert_tail(&d->held, &batch->queue);
}


ngx_int_t
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

    d->splitting = (answer.verdict == NGX_TIKTOK_ANSWER_SPLIT);

    ngx_tiktok_state_answer(d, &answer, reply,
                            ngx_current_msec - batch->started);

    switch (answer.verdict) {

    case NGX_TIKTOK_ANSWER_DONE:
        ngx_tiktok_batch_delivered(batch);
        break;

    case NGX_TIKTOK_ANSWER_SPLIT:
        ngx_tiktok_split_refused(batch, &answer);
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
    ngx_str_t                  json;
    ngx_uint_t                 i, name;
    ngx_tiktok_record_t       *record;
    ngx_tiktok_counters_t     *counters;
    ngx_tiktok_destination_t  *d;

    d = batch->destination;
    counters = ngx_tiktok_counters(d->queue.stats);

    for (i = 0; i < batch->n; i++) {
        record = batch->leases[i].record;

        name = record->name;
        age = ngx_max(ngx_time() - (time_t) record->time, 0);

        if (name >= NGX_TIKTOK_EVENT_NAMES) {
            /* replayed, or of a later version */
            ngx_tiktok_lease_json(&batch->leases[i], &json);
            name = ngx_tiktok_event_written(&json);
        }

        ngx_tiktok_count(counters->events[name].delivered, 1);
        ngx_tiktok_count(counters->ages[age <= 300 ? 0 : age <= 3600 ? 1 : 2],
                         1);
        ngx_tiktok_count(counters->age, age);

        ngx_tiktok_queue_done(&d->queue, &batch->leases[i],
                              NGX_TIKTOK_FATE_DELIVERED);
    }

    if (batch->split) {
        ngx_tiktok_split_delivered(batch->split);
    }

    ngx_tiktok_batch_free(batch);
}
