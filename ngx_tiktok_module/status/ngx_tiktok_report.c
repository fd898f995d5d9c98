
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * The one walk over the counters, for all formats of the status.
 */


#include "ngx_tiktok_report.h"


static ngx_int_t ngx_tiktok_report_pixel(ngx_pool_t *pool,
    ngx_tiktok_main_conf_t *tmcf, ngx_tiktok_stats_t *stats,
    ngx_tiktok_destination_t *d, ngx_array_t *pixels);
static ngx_int_t ngx_tiktok_report_reasons(ngx_pool_t *pool,
    ngx_tiktok_stats_t *stats, ngx_tiktok_report_pixel_t *pixel);
static void ngx_tiktok_report_gauges(ngx_tiktok_stats_t *stats,
    ngx_tiktok_report_pixel_t *pixel);
static ngx_int_t ngx_tiktok_report_delivery(ngx_pool_t *pool,
    ngx_slab_pool_t *shpool, ngx_tiktok_stats_t *stats,
    ngx_tiktok_report_pixel_t *pixel);


ngx_int_t
ngx_tiktok_report_make(ngx_pool_t *pool, ngx_tiktok_main_conf_t *tmcf,
    ngx_tiktok_report_t *report)
{
    ngx_uint_t                  i;
    ngx_shm_zone_t             *shm_zone;
    ngx_tiktok_zone_t          *zone;
    ngx_tiktok_stats_t         *stats;
    ngx_tiktok_destination_t  **ds;

    shm_zone = tmcf->store.zone;
    ds = tmcf->destinations.elts;

    if (ngx_array_init(&report->pixels, pool,
                       ngx_max(tmcf->destinations.nelts, 1),
                       sizeof(ngx_tiktok_report_pixel_t))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (shm_zone == NULL) {
        report->since = ngx_time();
        return NGX_OK;
    }

    zone = shm_zone->data;
    report->since = zone->since;

    for (i = 0; i < tmcf->destinations.nelts; i++) {

        if (ngx_tiktok_report_pixel(pool, tmcf, ds[i]->queue.stats, ds[i],
                                    &report->pixels)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    for (stats = ngx_tiktok_stats_next(shm_zone, NULL);
         stats;
         stats = ngx_tiktok_stats_next(shm_zone, stats))
    {
        for (i = 0; i < tmcf->destinations.nelts; i++) {
            if (ds[i]->queue.stats == stats) {
                break;
            }
        }

        if (i == tmcf->destinations.nelts
            && ngx_tiktok_report_pixel(pool, tmcf, stats, NULL,
                                       &report->pixels)
               != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* the destination is NULL for a pixel that has left the configuration */

static ngx_int_t
ngx_tiktok_report_pixel(ngx_pool_t *pool, ngx_tiktok_main_conf_t *tmcf,
    ngx_tiktok_stats_t *stats, ngx_tiktok_destination_t *d,
    ngx_array_t *pixels)
{
    ngx_slab_pool_t            *shpool;
    ngx_tiktok_report_pixel_t  *pixel;

    pixel = ngx_array_push(pixels);
    if (pixel == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(pixel, sizeof(ngx_tiktok_report_pixel_t));

    ngx_tiktok_stats_sum(stats, &pixel->sum);

    pixel->pixel.data = stats->pixel;
    pixel->pixel.len = ngx_strlen(stats->pixel);

    pixel->events = ngx_tiktok_stats_pending(&pixel->sum);
    pixel->capacity = tmcf->store.size;

    shpool = (ngx_slab_pool_t *) tmcf->store.zone->shm.addr;

    if (ngx_tiktok_report_delivery(pool, shpool, stats, pixel) != NGX_OK
        || ngx_tiktok_report_reasons(pool, stats, pixel) != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_tiktok_report_gauges(stats, pixel);

    if (d == NULL) {
        /* what its last workers have left here is nobody's any more */

        pixel->state = NGX_TIKTOK_STATE_REMOVED;
        pixel->in_flight = 0;
        pixel->retry = 0;
        return NGX_OK;
    }

    pixel->test_event_code = d->test_event_code;
    pixel->testing = (d->test_event_code.len > 0);
    pixel->assumed = d->assumed;

    return NGX_OK;
}


static ngx_int_t
ngx_tiktok_report_reasons(ngx_pool_t *pool, ngx_tiktok_stats_t *stats,
    ngx_tiktok_report_pixel_t *pixel)
{
    ngx_uint_t                   i, n;
    ngx_tiktok_report_reason_t  *reason;

    n = stats->nreasons;

    if (ngx_array_init(&pixel->reasons, pool, n + 1,
                       sizeof(ngx_tiktok_report_reason_t))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    for (i = 0; i <= NGX_TIKTOK_REASONS; i++) {

        if (i >= n && pixel->sum.reasons[i] == 0) {
            continue;
        }

        reason = ngx_array_push(&pixel->reasons);
        if (reason == NULL) {
            return NGX_ERROR;
        }

        reason->n = pixel->sum.reasons[i];

        if (i == NGX_TIKTOK_REASONS) {
            ngx_str_set(&reason->text, "other");

        } else {
            reason->text.data = stats->reasons[i].text;
            reason->text.len = stats->reasons[i].len;
        }
    }

    return NGX_OK;
}


static void
ngx_tiktok_report_gauges(ngx_tiktok_stats_t *stats,
    ngx_tiktok_report_pixel_t *pixel)
{
    time_t      oldest;
    ngx_uint_t  i, n;

    pixel->unreadable = stats->unreadable;

    n = ngx_tiktok_stats_workers();

    for (i = 0; i < n; i++) {
        pixel->in_flight += stats->in_flight[i];
    }

    oldest = ngx_tiktok_stats_oldest(stats);

    if (oldest && pixel->events) {
        pixel->oldest = ngx_max(ngx_time() - oldest, 0);
    }
}


static ngx_int_t
ngx_tiktok_report_delivery(ngx_pool_t *pool, ngx_slab_pool_t *shpool,
    ngx_tiktok_stats_t *stats, ngx_tiktok_report_pixel_t *pixel)
{
    u_char             *p;
    ngx_msec_int_t      left;
    ngx_atomic_uint_t   retry_at;

    p = ngx_pnalloc(pool, NGX_TIKTOK_MESSAGE_LEN + NGX_TIKTOK_REQUEST_LEN);
    if (p == NULL) {
        return NGX_ERROR;
    }

    pixel->last_message.data = p;
    pixel->last_request_id.data = p + NGX_TIKTOK_MESSAGE_LEN;

    ngx_shmtx_lock(&shpool->mutex);

    pixel->state = stats->state;
    pixel->last_code = stats->last_code;
    pixel->last_delivered = stats->last_delivered;
    pixel->latency = stats->latency;

    pixel->last_message.len = stats->last_message_len;
    ngx_memcpy(pixel->last_message.data, stats->last_message,
               stats->last_message_len);

    pixel->last_request_id.len = stats->last_request_id_len;
    ngx_memcpy(pixel->last_request_id.data, stats->last_request_id,
               stats->last_request_id_len);

    retry_at = stats->retry_at;

    ngx_shmtx_unlock(&shpool->mutex);

    if (retry_at) {
        left = (ngx_msec_int_t) (retry_at - ngx_current_msec);
        pixel->retry = ngx_max(left, 0) / 1000;
    }

    return NGX_OK;
}
