
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * Counters of many workers: none is lost, and a gauge has one keeper.
 */


#include "unit.h"
#include "ngx_tiktok_stats.h"


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
}
