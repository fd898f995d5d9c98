
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * Counters of many workers: none is lost, and a gauge has one keeper.
 */


#include "unit.h"
#include "ngx_tiktok_stats.h"


static void unit_status_reasons(void);


static ngx_tiktok_zone_t      unit_zone;
static ngx_tiktok_stats_t     unit_stats;
static ngx_tiktok_counters_t  unit_sum;


void
unit_status(ngx_conf_t *cf)
{
    ngx_int_t   worker;
    ngx_pid_t   pid;
    ngx_uint_t  i;

    worker = ngx_worker;
    pid = ngx_pid;

    /* as many as nginx can have */

    for (i = 0; i < NGX_MAX_PROCESSES; i++) {
        ngx_worker = i;
        ngx_pid = 1000 + i;

        ngx_tiktok_stats_keep(&unit_zone);
        ngx_tiktok_gauge(unit_stats.in_flight, i);

        ngx_tiktok_count(ngx_tiktok_counters(&unit_stats)
                         ->results[NGX_TIKTOK_RESULT_QUEUED], i);
        ngx_tiktok_count(ngx_tiktok_counters(&unit_stats)
                         ->fates[NGX_TIKTOK_FATE_DELIVERED], 1);
    }

    for (i = 0; i < NGX_MAX_PROCESSES; i++) {
        if (unit_stats.in_flight[i] != i) {
            break;
        }
    }

    unit_ok(i == NGX_MAX_PROCESSES, "status: every worker has a gauge (%d)",
            (int) i);

    ngx_tiktok_stats_sum(&unit_stats, &unit_sum);

    unit_ok(unit_sum.results[NGX_TIKTOK_RESULT_QUEUED]
            == NGX_MAX_PROCESSES * (NGX_MAX_PROCESSES - 1) / 2,
            "status: the counters of all workers add up");
    unit_ok(ngx_tiktok_stats_pending(&unit_sum)
            == NGX_MAX_PROCESSES * (NGX_MAX_PROCESSES - 1) / 2
               - NGX_MAX_PROCESSES,
            "status: what came and did not go is pending");

    /* a reload: the heir starts while the old worker still works */

    ngx_worker = 5;
    ngx_pid = 1005;
    ngx_tiktok_stats_keep(&unit_zone);
    ngx_tiktok_gauge(unit_stats.in_flight, 3);

    unit_ok(unit_stats.in_flight[5] == 3, "status: a gauge is set");

    unit_zone.keepers[5] = 2005;
    unit_stats.in_flight[5] = 0;

    ngx_tiktok_gauge(unit_stats.in_flight, 4);

    unit_ok(unit_stats.in_flight[5] == 0,
            "status: not by the one who leaves, when its heir is there");

    ngx_pid = 2005;
    ngx_tiktok_gauge(unit_stats.in_flight, 7);

    unit_ok(unit_stats.in_flight[5] == 7, "status: but by the heir");

    ngx_worker = worker;
    ngx_pid = pid;

    unit_status_reasons();
}


/* a reason more than there is room for, and others that can't be shown */

static void
unit_status_reasons(void)
{
    ngx_str_t         text;
    ngx_uint_t        i, k;
    ngx_shmtx_sh_t    lock;
    ngx_shm_zone_t    shm_zone;
    ngx_slab_pool_t   shpool;
    u_char            buf[NGX_TIKTOK_REASON_LEN + 1];

    ngx_memzero(&unit_stats, sizeof(ngx_tiktok_stats_t));
    ngx_memzero(&shm_zone, sizeof(ngx_shm_zone_t));
    ngx_memzero(&shpool, sizeof(ngx_slab_pool_t));
    ngx_memzero(&lock, sizeof(ngx_shmtx_sh_t));

    shm_zone.shm.addr = (u_char *) &shpool;

    if (ngx_shmtx_create(&shpool.mutex, &lock, NULL) != NGX_OK) {
        unit_ok(0, "status: a mutex");
        return;
    }

    text.data = buf;

    ngx_memset(buf, 'x', sizeof(buf));
    text.len = NGX_TIKTOK_REASON_LEN + 1;
    ngx_tiktok_stats_reason(&shm_zone, &unit_stats, &text);

    text.len = ngx_sprintf(buf, "caf\xe9") - buf;
    ngx_tiktok_stats_reason(&shm_zone, &unit_stats, &text);

    text.len = ngx_sprintf(buf, "two\nlines") - buf;
    ngx_tiktok_stats_reason(&shm_zone, &unit_stats, &text);

    unit_ok(unit_stats.nreasons == 0, "status: reasons that can't be shown");

    for (k = 0; k < 3; k++) {
        for (i = 0; i < NGX_TIKTOK_REASONS + 10; i++) {
            text.len = ngx_sprintf(buf, "cookie: %ui", i) - buf;
            ngx_tiktok_stats_reason(&shm_zone, &unit_stats, &text);
        }
    }

    unit_ok(unit_stats.nreasons == NGX_TIKTOK_REASONS,
            "status: as many reasons as there is room for");
    unit_is(unit_stats.reasons[7].text, unit_stats.reasons[7].len,
            "cookie: 7", "status: each has its own place");

    ngx_tiktok_stats_sum(&unit_stats, &unit_sum);

    for (i = 0; i < NGX_TIKTOK_REASONS; i++) {
        if (unit_sum.reasons[i] != 3) {
            break;
        }
    }

    unit_ok(i == NGX_TIKTOK_REASONS, "status: where it is counted");
    unit_ok(unit_sum.reasons[NGX_TIKTOK_REASONS] == 3 + 3 * 10,
            "status: the others are counted together");
}
