
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * Counters in shared memory.  Each worker adds to a stripe of its own, so
 * that workers do not pull cache lines from each other; the status adds the
 * stripes up.
 */


#include "ngx_tiktok_stats.h"
#include "ngx_tiktok_utf8.h"


static ngx_uint_t ngx_tiktok_stats_reason_find(ngx_tiktok_stats_t *stats,
    ngx_str_t *text);
static ngx_uint_t ngx_tiktok_stats_reason_add(ngx_tiktok_stats_t *stats,
    ngx_str_t *text);


static ngx_atomic_t  ngx_tiktok_nobody;

ngx_atomic_t  *ngx_tiktok_keeper = &ngx_tiktok_nobody;


size_t
ngx_tiktok_zone_size(ngx_uint_t pixels)
{
    /*
     * rounded up, since a zone whose size changes on reload starts empty,
     * and with room for pixels that come and go; the slab gives whole pages
     */

    pixels = ngx_align(ngx_max(pixels, 1), 8) + 32;

    return 8 * ngx_pagesize
           + ngx_align(sizeof(ngx_tiktok_zone_t), ngx_pagesize)
           + pixels * (ngx_align(sizeof(ngx_tiktok_stats_t), ngx_pagesize)
                       + ngx_pagesize);
}


ngx_int_t
ngx_tiktok_zone_init(ngx_shm_zone_t *shm_zone, void *data)
{
    ngx_time_t         *tp;
    ngx_slab_pool_t    *shpool;
    ngx_tiktok_zone_t  *zone;

    if (data) {
        /* a reload keeps the counters */
        shm_zone->data = data;
        return NGX_OK;
    }

    shpool = (ngx_slab_pool_t *) shm_zone->shm.addr;

    if (shm_zone->shm.exists) {
        shm_zone->data = shpool->data;
        return NGX_OK;
    }

    zone = ngx_slab_calloc(shpool, sizeof(ngx_tiktok_zone_t));
    if (zone == NULL) {
        return NGX_ERROR;
    }

    tp = ngx_timeofday();

    ngx_queue_init(&zone->pixels);

    zone->since = tp->sec;
    zone->id = ((uint64_t) tp->sec << 32)
               ^ ((uint64_t) ngx_random() << 16) ^ (uint64_t) ngx_pid
               ^ ((uint64_t) tp->msec << 22);

    shpool->data = zone;
    shpool->log_nomem = 0;

    shm_zone->data = zone;

    return NGX_OK;
}


ngx_tiktok_stats_t *
ngx_tiktok_stats(ngx_shm_zone_t *shm_zone, ngx_str_t *pixel)
{
    ngx_queue_t         *q;
    ngx_slab_pool_t     *shpool;
    ngx_tiktok_zone_t   *zone;
    ngx_tiktok_stats_t  *stats;

    zone = shm_zone->data;
    shpool = (ngx_slab_pool_t *) shm_zone->shm.addr;

    ngx_shmtx_lock(&shpool->mutex);

    for (q = ngx_queue_head(&zone->pixels);
         q != ngx_queue_sentinel(&zone->pixels);
         q = ngx_queue_next(q))
    {
        stats = ngx_queue_data(q, ngx_tiktok_stats_t, queue);

        if (ngx_strlen(stats->pixel) == pixel->len
            && ngx_memcmp(stats->pixel, pixel->data, pixel->len) == 0)
        {
            goto done;
        }
    }

    stats = ngx_slab_calloc_locked(shpool, sizeof(ngx_tiktok_stats_t));

    if (stats) {
        ngx_memcpy(stats->pixel, pixel->data, pixel->len);
        ngx_queue_insert_tail(&zone->pixels, &stats->queue);
    }

done:

    ngx_shmtx_unlock(&shpool->mutex);

    return stats;
}


void
ngx_tiktok_stats_reason(ngx_shm_zone_t *shm_zone, ngx_tiktok_stats_t *stats,
    ngx_str_t *text)
{
    ngx_uint_t        i;
    ngx_slab_pool_t  *shpool;

    i = ngx_tiktok_stats_reason_find(stats, text);

    if (i == NGX_TIKTOK_REASONS && stats->nreasons < NGX_TIKTOK_REASONS) {
        shpool = (ngx_slab_pool_t *) shm_zone->shm.addr;

        ngx_shmtx_lock(&shpool->mutex);
        i = ngx_tiktok_stats_reason_add(stats, text);
        ngx_shmtx_unlock(&shpool->mutex);
    }

    ngx_tiktok_count(ngx_tiktok_counters(stats)->reasons[i], 1);
}


static ngx_uint_t
ngx_tiktok_stats_reason_find(ngx_tiktok_stats_t *stats, ngx_str_t *text)
{
    ngx_uint_t            i, n;
    ngx_tiktok_reason_t  *reason;

    n = stats->nreasons;

    for (i = 0; i < n; i++) {
        reason = &stats->reasons[i];

        if (reason->len == text->len
            && ngx_memcmp(reason->text, text->data, text->len) == 0)
        {
            return i;
        }
    }

    return NGX_TIKTOK_REASONS;
}


static ngx_uint_t
ngx_tiktok_stats_reason_add(ngx_tiktok_stats_t *stats, ngx_str_t *text)
{
    ngx_uint_t            i;
    ngx_tiktok_reason_t  *reason;

    /* another worker may have been faster */

    i = ngx_tiktok_stats_reason_find(stats, text);

    if (i < NGX_TIKTOK_REASONS || stats->nreasons == NGX_TIKTOK_REASONS
        || text->len > NGX_TIKTOK_REASON_LEN
        || !ngx_tiktok_utf8_printable(text))
    {
        return i;
    }

    i = stats->nreasons;
    reason = &stats->reasons[i];

    ngx_memcpy(reason->text, text->data, text->len);
    reason->len = text->len;

    /* they are read without the lock, and never change */

    ngx_memory_barrier();

    stats->nreasons = i + 1;

    return i;
}


void
ngx_tiktok_stats_keep(ngx_tiktok_zone_t *zone)
{
    ngx_tiktok_keeper = &zone->keepers[ngx_worker % NGX_TIKTOK_WORKERS];

    *ngx_tiktok_keeper = ngx_pid;
}


/* a reload may add one at any time, and none is ever removed */

ngx_tiktok_stats_t *
ngx_tiktok_stats_next(ngx_shm_zone_t *shm_zone, ngx_tiktok_stats_t *stats)
{
    ngx_queue_t        *q;
    ngx_slab_pool_t    *shpool;
    ngx_tiktok_zone_t  *zone;

    zone = shm_zone->data;
    shpool = (ngx_slab_pool_t *) shm_zone->shm.addr;

    ngx_shmtx_lock(&shpool->mutex);

    q = ngx_queue_next(stats ? &stats->queue : &zone->pixels);

    ngx_shmtx_unlock(&shpool->mutex);

    if (q == ngx_queue_sentinel(&zone->pixels)) {
        return NULL;
    }

    return ngx_queue_data(q, ngx_tiktok_stats_t, queue);
}


void
ngx_tiktok_stats_sum(ngx_tiktok_stats_t *stats, ngx_tiktok_counters_t *sum)
{
    ngx_uint_t     i, k, n;
    ngx_atomic_t  *from, *to;

    ngx_memzero(sum, sizeof(ngx_tiktok_counters_t));

    to = (ngx_atomic_t *) sum;
    n = sizeof(ngx_tiktok_counters_t) / sizeof(ngx_atomic_t);

    for (i = 0; i < NGX_TIKTOK_STRIPES; i++) {
        from = (ngx_atomic_t *) &stats->counters[i];

        for (k = 0; k < n; k++) {
            to[k] += from[k];
        }
    }
}


time_t
ngx_tiktok_stats_oldest(ngx_tiktok_stats_t *stats)
{
    time_t      oldest, queued;
    ngx_uint_t  i, n;

    n = ngx_tiktok_stats_workers();
    oldest = 0;

    for (i = 0; i < n; i++) {
        queued = (time_t) stats->oldest[i];

        if (queued && (oldest == 0 || queued < oldest)) {
            oldest = queued;
        }
    }

    return oldest;
}


ngx_uint_t
ngx_tiktok_stats_workers(void)
{
    ngx_core_conf_t  *ccf;

    ccf = (ngx_core_conf_t *) ngx_get_conf(ngx_cycle->conf_ctx,
                                           ngx_core_module);

    return ngx_min(ngx_max(ccf->worker_processes, 1), NGX_TIKTOK_WORKERS);
}


ngx_atomic_uint_t
ngx_tiktok_stats_pending(ngx_tiktok_counters_t *sum)
{
    ngx_atomic_uint_t  in, out;

    in = sum->results[NGX_TIKTOK_RESULT_QUEUED]
         + sum->fates[NGX_TIKTOK_FATE_RECOVERED];

    out = sum->fates[NGX_TIKTOK_FATE_DELIVERED]
          + sum->fates[NGX_TIKTOK_FATE_REJECTED]
          + sum->fates[NGX_TIKTOK_FATE_EXPIRED]
          + sum->fates[NGX_TIKTOK_FATE_CORRUPT];

    return (in > out) ? in - out : 0;
}
