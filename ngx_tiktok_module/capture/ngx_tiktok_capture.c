
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * The one way from what was captured to the queue, whoever captured it.
 */


#include "ngx_tiktok_capture.h"


#define NGX_TIKTOK_MISMATCH_INTERVAL  86400     /* between two warnings */


static void ngx_tiktok_capture_seen(ngx_tiktok_destination_t *d,
    ngx_tiktok_item_t *items, ngx_uint_t n);
static ngx_int_t ngx_tiktok_capture_test_code(ngx_http_request_t *r,
    ngx_str_t *code);
static void ngx_tiktok_capture_mismatch(ngx_http_request_t *r,
    ngx_tiktok_queue_t *queue);
static void ngx_tiktok_capture_count(ngx_tiktok_stats_t *stats,
    ngx_tiktok_event_t *event);
static void ngx_tiktok_capture_results(ngx_http_request_t *r,
    ngx_tiktok_ctx_t *ctx, ngx_uint_t *counts, ngx_uint_t refused);


ngx_tiktok_item_t *
ngx_tiktok_capture_items(ngx_http_request_t *r, ngx_tiktok_ctx_t *ctx,
    ngx_tiktok_visitor_t *visitor, cJSON *root, ngx_uint_t n)
{
    cJSON              *source;
    ngx_uint_t          i;
    ngx_tiktok_item_t  *items;

    items = ngx_pcalloc(r->pool, n * sizeof(ngx_tiktok_item_t));
    if (items == NULL) {
        return NULL;
    }

    visitor->person = ngx_tiktok_identity_known(r, ctx);

    source = cJSON_IsArray(root) ? root->child : root;

    for (i = 0; i < n; i++, source = source->next) {
        items[i].result = NGX_TIKTOK_RESULT_NONE;

        if (visitor->trusted && cJSON_IsObject(source)) {
            items[i].result = ngx_tiktok_trusted_refused(ctx, source);

            if (items[i].result != NGX_TIKTOK_RESULT_NONE) {
                continue;
            }
        }

        if (ngx_tiktok_event_create(r->pool, source, visitor, &items[i].event)
            == NGX_ERROR)
        {
            return NULL;
        }
    }

    return items;
}


ngx_int_t
ngx_tiktok_capture(ngx_http_request_t *r, ngx_tiktok_ctx_t *ctx,
    ngx_tiktok_item_t *items, ngx_uint_t n, ngx_uint_t *queued)
{
    ngx_int_t                  rc;
    ngx_str_t                  test_code;
    ngx_uint_t                 i, refused, counts[NGX_TIKTOK_RESULTS];
    ngx_tiktok_entry_t        *entries;
    ngx_tiktok_loc_conf_t     *tlcf;
    ngx_tiktok_destination_t  *d;

    tlcf = ngx_http_get_module_loc_conf(r, ngx_tiktok_module);
    d = tlcf->destination;

    entries = ngx_palloc(r->pool, n * sizeof(ngx_tiktok_entry_t));
    if (entries == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(counts, sizeof(counts));

    *queued = 0;

    for (i = 0; i < n; i++) {
        ngx_tiktok_capture_seen(d, items, i);

        counts[items[i].result]++;

        if (items[i].result == NGX_TIKTOK_RESULT_QUEUED) {
            entries[*queued].json = items[i].event.json;
            entries[*queued].name = items[i].event.name;
            (*queued)++;
        }

        if (items[i].event.error == NULL && items[i].event.event_id.len) {
            ctx->event_id = items[i].event.event_id;
            ctx->ttclid = items[i].event.ttclid;

            if (items[i].event.new_click) {
                ctx->click_id = items[i].event.ttclid;
            }
        }
    }

    if (*queued) {
        if (ngx_tiktok_capture_test_code(r, &test_code) != NGX_OK) {
            return NGX_ERROR;
        }

        rc = ngx_tiktok_queue_append(&d->queue, &test_code, entries, *queued);

        if (rc == NGX_BUSY || rc == NGX_DECLINED) {

            /* none of them went in; the others have their own words */

            refused = (rc == NGX_BUSY) ? NGX_TIKTOK_RESULT_QUEUE_FULL
                                       : NGX_TIKTOK_RESULT_INVALID;

            counts[NGX_TIKTOK_RESULT_QUEUED] = 0;
            counts[refused] += *queued;

            ngx_tiktok_capture_results(r, ctx, counts, refused);

            return rc;
        }

        if (rc != NGX_OK) {
            return rc;
        }

        for (i = 0; i < n; i++) {
            if (items[i].result == NGX_TIKTOK_RESULT_QUEUED) {
                if (ngx_tiktok_seen_add(d->queue.store->seen, &items[i].key,
                                        ngx_time()))
                {
                    ngx_tiktok_capture_mismatch(r, &d->queue);
                }

                ngx_tiktok_capture_count(d->queue.stats, &items[i].event);
            }
        }

        ngx_tiktok_delivery_wake(d);
    }

    ngx_tiktok_capture_results(r, ctx, counts, NGX_TIKTOK_RESULT_NONE);

    return NGX_OK;
}


/* whether an event is new, also among those before it */

static void
ngx_tiktok_capture_seen(ngx_tiktok_destination_t *d, ngx_tiktok_item_t *items,
    ngx_uint_t n)
{
    ngx_uint_t          i;
    ngx_tiktok_item_t  *item;

    item = &items[n];

    if (item->result != NGX_TIKTOK_RESULT_NONE) {
        return;
    }

    if (item->event.error) {
        item->result = NGX_TIKTOK_RESULT_INVALID;
        return;
    }

    ngx_tiktok_seen_key(&item->key, &d->queue.pixel, &item->event);

    for (i = 0; i < n; i++) {
        if (ngx_tiktok_seen_same(&item->key, &items[i].key)) {
            item->result = NGX_TIKTOK_RESULT_DUPLICATE;
            return;
        }
    }

    item->result = ngx_tiktok_seen_check(d->queue.store->seen, &item->key,
                                         ngx_time());

    if (item->result == NGX_TIKTOK_RESULT_NONE) {
        item->result = NGX_TIKTOK_RESULT_QUEUED;
    }
}


/* a test event code may come out of a visitor's request: plain or nothing */

static ngx_int_t
ngx_tiktok_capture_test_code(ngx_http_request_t *r, ngx_str_t *code)
{
    u_char                  ch;
    ngx_uint_t              i;
    ngx_tiktok_loc_conf_t  *tlcf;

    ngx_str_null(code);

    tlcf = ngx_http_get_module_loc_conf(r, ngx_tiktok_module);

    if (tlcf->test_event_code == NULL) {
        return NGX_OK;
    }

    if (ngx_http_complex_value(r, tlcf->test_event_code, code) != NGX_OK) {
        return NGX_ERROR;
    }

    if (code->len > NGX_TIKTOK_TEST_CODE_LEN) {
        code->len = 0;
    }

    for (i = 0; i < code->len; i++) {
        ch = ngx_tolower(code->data[i]);

        if (!((ch >= 'a' && ch <= 'z') || (ch >= '0' && ch <= '9')
              || ch == '_' || ch == '-'))
        {
            code->len = 0;
        }
    }

    return NGX_OK;
}


/* an order that comes under two ids is two purchases for TikTok */

static void
ngx_tiktok_capture_mismatch(ngx_http_request_t *r, ngx_tiktok_queue_t *queue)
{
    ngx_atomic_uint_t       told, now;
    ngx_tiktok_stats_t     *stats;
    ngx_tiktok_counters_t  *counters;

    stats = queue->stats;
    counters = ngx_tiktok_counters(stats);

    ngx_tiktok_count(counters->mismatched, 1);

    now = ngx_time();
    told = stats->mismatch_told;

    if (now - told < NGX_TIKTOK_MISMATCH_INTERVAL
        || !ngx_atomic_cmp_set(&stats->mismatch_told, told, now))
    {
        return;
    }

    ngx_log_error(NGX_LOG_WARN, r->connection->log, 0,
                  "tiktok: pixel \"%V\" got one order under two event ids, "
                  "which TikTok counts twice: all paths must send the same "
                  "event_id, or none and the same order_id", &queue->pixel);
}


static void
ngx_tiktok_capture_count(ngx_tiktok_stats_t *stats, ngx_tiktok_event_t *event)
{
    ngx_uint_t              i;
    ngx_tiktok_counters_t  *counters;

    counters = ngx_tiktok_counters(stats);

    ngx_tiktok_count(counters->events[event->name].queued, 1);
    ngx_tiktok_count(counters->id_sources[event->id_source], 1);

    for (i = 0; i < NGX_TIKTOK_KEYS; i++) {
        if (event->keys & (1 << i)) {
            ngx_tiktok_count(counters->events[event->name].keys[i], 1);
        }
    }

    for (i = 0; i < NGX_TIKTOK_LEFT_OUTS; i++) {
        if (event->left_out[i]) {
            ngx_tiktok_count(counters->left_out[i], event->left_out[i]);
        }
    }
}


/* what refused them as a whole is the word that the request has of them */

static void
ngx_tiktok_capture_results(ngx_http_request_t *r, ngx_tiktok_ctx_t *ctx,
    ngx_uint_t *counts, ngx_uint_t refused)
{
    ngx_uint_t  i, result;

    result = ngx_min(ctx->result, refused);

    for (i = 0; i < NGX_TIKTOK_RESULTS; i++) {
        if (counts[i]) {
            /* the queue itself counts what it takes */
            ngx_tiktok_capture_result(r, ctx, i,
                                      i == NGX_TIKTOK_RESULT_QUEUED
                                      ? 0 : counts[i]);
        }
    }

    if (refused != NGX_TIKTOK_RESULT_NONE) {
        ctx->result = result;
    }
}


ngx_uint_t
ngx_tiktok_capture_refused(ngx_http_request_t *r, ngx_tiktok_ctx_t *ctx)
{
    ngx_str_t                  text;
    ngx_uint_t                 refused;
    ngx_tiktok_consent_t       reason;
    ngx_tiktok_loc_conf_t     *tlcf;
    ngx_tiktok_destination_t  *d;
    u_char                     buf[NGX_TIKTOK_REASON_LEN];

    refused = ngx_tiktok_ctx_refused(r, ctx);

    if (ctx->counted
        || refused == NGX_TIKTOK_RESULT_PREFETCH
        || refused == NGX_TIKTOK_RESULT_BOT)
    {
        return refused;
    }

    ctx->counted = 1;

    tlcf = ngx_http_get_module_loc_conf(r, ngx_tiktok_module);
    d = tlcf->destination;

    ngx_tiktok_ctx_reason(ctx, &reason);

    text.data = buf;
    text.len = ngx_tiktok_reason_write(buf, buf + NGX_TIKTOK_REASON_LEN,
                                       &reason)
               - buf;

    ngx_tiktok_stats_reason(d->queue.store->zone, d->queue.stats, &text);

    return refused;
}


void
ngx_tiktok_capture_result(ngx_http_request_t *r, ngx_tiktok_ctx_t *ctx,
    ngx_uint_t result, ngx_uint_t n)
{
    ngx_tiktok_loc_conf_t  *tlcf;
    ngx_tiktok_counters_t  *counters;

    if (ctx->ahead) {
        return;
    }

    ctx->result = ngx_min(ctx->result, result);

    if (result >= NGX_TIKTOK_RESULTS || n == 0) {
        return;
    }

    tlcf = ngx_http_get_module_loc_conf(r, ngx_tiktok_module);
    counters = ngx_tiktok_counters(tlcf->destination->queue.stats);

    ngx_tiktok_count(counters->results[result], n);
}
