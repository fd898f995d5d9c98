
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * The status page: what became of everything that was captured.
 */


#include "ngx_tiktok_status.h"
#include "ngx_tiktok_module.h"


#define NGX_TIKTOK_STATUS_SIZE  8192


static void ngx_tiktok_status_pixels(ngx_tiktok_writer_t *w,
    ngx_tiktok_main_conf_t *tmcf);
static void ngx_tiktok_status_pixel(ngx_tiktok_writer_t *w,
    ngx_tiktok_main_conf_t *tmcf, ngx_tiktok_stats_t *stats);
static ngx_tiktok_destination_t *ngx_tiktok_status_destination(
    ngx_tiktok_main_conf_t *tmcf, ngx_tiktok_stats_t *stats);
static void ngx_tiktok_status_queue(ngx_tiktok_writer_t *w,
    ngx_tiktok_main_conf_t *tmcf, ngx_tiktok_stats_t *stats,
    ngx_tiktok_counters_t *sum);
static ngx_uint_t ngx_tiktok_status_workers(ngx_tiktok_main_conf_t *tmcf,
    ngx_tiktok_stats_t *stats);
static void ngx_tiktok_status_events(ngx_tiktok_writer_t *w,
    ngx_tiktok_counters_t *sum);
static void ngx_tiktok_status_delivery(ngx_tiktok_writer_t *w,
    ngx_tiktok_main_conf_t *tmcf, ngx_tiktok_stats_t *stats,
    ngx_tiktok_counters_t *sum);
static void ngx_tiktok_status_object(ngx_tiktok_writer_t *w, char *name,
    ngx_str_t *names, ngx_atomic_t *values, ngx_uint_t n);
static void ngx_tiktok_status_name(ngx_tiktok_writer_t *w, char *name);
static void ngx_tiktok_status_number(ngx_tiktok_writer_t *w, char *name,
    int64_t value);


static ngx_str_t  ngx_tiktok_status_type = ngx_string("application/json");
static ngx_str_t  ngx_tiktok_status_cache = ngx_string("Cache-Control");
static ngx_str_t  ngx_tiktok_status_no_store = ngx_string("no-store");


static char  *ngx_tiktok_states[] = { "ok", "backoff", "auth", "stopped" };


static ngx_str_t  ngx_tiktok_fates[] = {
    ngx_string("recovered"),
    ngx_string("delivered"),
    ngx_string("rejected"),
    ngx_string("expired"),
    ngx_string("corrupt")
};


static ngx_str_t  ngx_tiktok_keys[] = {
    ngx_string("ttclid"),
    ngx_string("ttp"),
    ngx_string("email"),
    ngx_string("phone"),
    ngx_string("external_id"),
    ngx_string("ip"),
    ngx_string("user_agent")
};


static ngx_str_t  ngx_tiktok_left_outs[] = {
    ngx_string("email"),
    ngx_string("phone"),
    ngx_string("ip"),
    ngx_string("currency"),
    ngx_string("url"),
    ngx_string("text"),
    ngx_string("user")
};


static ngx_str_t  ngx_tiktok_id_sources[] = {
    ngx_string("given"),
    ngx_string("order"),
    ngx_string("generated")
};


static ngx_str_t  ngx_tiktok_ages[] = {
    ngx_string("5m"),
    ngx_string("1h"),
    ngx_string("47h")
};


ngx_int_t
ngx_tiktok_status_handler(ngx_http_request_t *r)
{
    ngx_int_t                rc;
    ngx_buf_t               *b;
    ngx_chain_t              out;
    ngx_table_elt_t         *h;
    ngx_tiktok_zone_t       *zone;
    ngx_tiktok_writer_t      w;
    ngx_tiktok_main_conf_t  *tmcf;

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return NGX_HTTP_NOT_ALLOWED;
    }

    rc = ngx_http_discard_request_body(r);

    if (rc != NGX_OK) {
        return rc;
    }

    tmcf = ngx_http_get_module_main_conf(r, ngx_tiktok_module);

    if (ngx_tiktok_writer_init(&w, r->pool, NGX_TIKTOK_STATUS_SIZE)
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    zone = tmcf->store.zone ? tmcf->store.zone->data : NULL;

    ngx_tiktok_write_literal(&w, "{\"version\":\"" NGX_TIKTOK_VERSION "\"");
    ngx_tiktok_status_number(&w, "since", zone ? zone->since : ngx_time());
    ngx_tiktok_status_name(&w, "pixels");
    ngx_tiktok_write_literal(&w, "[");

    if (zone) {
        ngx_tiktok_status_pixels(&w, tmcf);
    }

    ngx_tiktok_write_literal(&w, "]}\n");

    if (w.failed) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_memzero(h, sizeof(ngx_table_elt_t));

    h->hash = 1;
    h->key = ngx_tiktok_status_cache;
    h->value = ngx_tiktok_status_no_store;

    r->headers_out.status = NGX_HTTP_OK;
    r->headers_out.content_type = ngx_tiktok_status_type;
    r->headers_out.content_type_len = ngx_tiktok_status_type.len;
    r->headers_out.content_length_n = w.pos - w.start;

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    b->pos = w.start;
    b->last = w.pos;
    b->temporary = 1;
    b->last_buf = (r == r->main);
    b->last_in_chain = 1;

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}


/* those of the configuration first, then those that have left it */

static void
ngx_tiktok_status_pixels(ngx_tiktok_writer_t *w, ngx_tiktok_main_conf_t *tmcf)
{
    ngx_uint_t                  i;
    ngx_queue_t                *q;
    ngx_slab_pool_t            *shpool;
    ngx_tiktok_zone_t          *zone;
    ngx_tiktok_stats_t         *stats;
    ngx_tiktok_destination_t  **ds;

    ds = tmcf->destinations.elts;

    for (i = 0; i < tmcf->destinations.nelts; i++) {
        if (i) {
            ngx_tiktok_write_literal(w, ",");
        }

        ngx_tiktok_status_pixel(w, tmcf, ds[i]->queue.stats);
    }

    zone = tmcf->store.zone->data;
    shpool = (ngx_slab_pool_t *) tmcf->store.zone->shm.addr;

    ngx_shmtx_lock(&shpool->mutex);
    q = ngx_queue_head(&zone->pixels);
    ngx_shmtx_unlock(&shpool->mutex);

    /* only a reload makes new ones, and none is ever removed */

    for ( /* void */ ;
         q != ngx_queue_sentinel(&zone->pixels);
         q = ngx_queue_next(q))
    {
        stats = ngx_queue_data(q, ngx_tiktok_stats_t, queue);

        if (ngx_tiktok_status_destination(tmcf, stats) == NULL) {
            ngx_tiktok_write_literal(w, ",");
            ngx_tiktok_status_pixel(w, tmcf, stats);
        }
    }
}


static ngx_tiktok_destination_t *
ngx_tiktok_status_destination(ngx_tiktok_main_conf_t *tmcf,
    ngx_tiktok_stats_t *stats)
{
    ngx_uint_t                  i;
    ngx_tiktok_destination_t  **ds;

    ds = tmcf->destinations.elts;

    for (i = 0; i < tmcf->destinations.nelts; i++) {
        if (ds[i]->queue.stats == stats) {
            return ds[i];
        }
    }

    return NULL;
}


static void
ngx_tiktok_status_pixel(ngx_tiktok_writer_t *w, ngx_tiktok_main_conf_t *tmcf,
    ngx_tiktok_stats_t *stats)
{
    char                      *state;
    ngx_uint_t                 i;
    ngx_str_t                  names[NGX_TIKTOK_RESULTS];
    ngx_tiktok_counters_t      sum;
    ngx_tiktok_destination_t  *d;

    d = ngx_tiktok_status_destination(tmcf, stats);
    state = d ? ngx_tiktok_states[stats->state] : "removed";

    ngx_tiktok_stats_sum(stats, &sum);

    for (i = 0; i < NGX_TIKTOK_RESULTS; i++) {
        names[i] = *ngx_tiktok_result_name(i);
    }

    ngx_tiktok_write_literal(w, "{\"pixel\":");
    ngx_tiktok_write_string(w, stats->pixel, ngx_strlen(stats->pixel));
    ngx_tiktok_status_name(w, "state");
    ngx_tiktok_write_string(w, (u_char *) state, ngx_strlen(state));

    if (d && d->test_event_code.len) {
        ngx_tiktok_status_name(w, "test_event_code");
        ngx_tiktok_write_string(w, d->test_event_code.data,
                                d->test_event_code.len);
    }

    if (d && d->assumed) {
        ngx_tiktok_status_name(w, "consent");
        ngx_tiktok_write_literal(w, "\"assumed\"");
    }

    ngx_tiktok_status_object(w, "results", names, sum.results,
                             NGX_TIKTOK_RESULTS);
    ngx_tiktok_status_queue(w, tmcf, stats, &sum);
    ngx_tiktok_status_events(w, &sum);
    ngx_tiktok_status_object(w, "left_out", ngx_tiktok_left_outs,
                             sum.left_out, NGX_TIKTOK_LEFT_OUTS);
    ngx_tiktok_status_object(w, "event_id", ngx_tiktok_id_sources,
                             sum.id_sources, NGX_TIKTOK_ID_SOURCES);
    ngx_tiktok_status_object(w, "age_at_delivery", ngx_tiktok_ages, sum.ages,
                             NGX_TIKTOK_AGES);
    ngx_tiktok_status_delivery(w, tmcf, stats, &sum);

    ngx_tiktok_write_literal(w, "}");
}


static void
ngx_tiktok_status_queue(ngx_tiktok_writer_t *w, ngx_tiktok_main_conf_t *tmcf,
    ngx_tiktok_stats_t *stats, ngx_tiktok_counters_t *sum)
{
    time_t      oldest;
    ngx_uint_t  i, n;

    n = ngx_tiktok_status_workers(tmcf, stats);
    oldest = 0;

    for (i = 0; i < n; i++) {
        if (stats->oldest[i]
            && (oldest == 0 || (time_t) stats->oldest[i] < oldest))
        {
            oldest = stats->oldest[i];
        }
    }

    ngx_tiktok_status_name(w, "queue");
    ngx_tiktok_write_literal(w, "{\"events\":");
    ngx_tiktok_write_number(w, (double) ngx_tiktok_stats_pending(sum));
    ngx_tiktok_status_number(w, "bytes", (ngx_atomic_int_t) sum->bytes);
    ngx_tiktok_status_number(w, "capacity", tmcf->store.size);
    ngx_tiktok_status_number(w, "oldest_seconds",
                             oldest ? ngx_max(ngx_time() - oldest, 0) : 0);

    for (i = 0; i < NGX_TIKTOK_FATES; i++) {
        ngx_tiktok_status_number(w, (char *) ngx_tiktok_fates[i].data,
                                 sum->fates[i]);
    }

    ngx_tiktok_write_literal(w, "}");
}


/* how many workers keep the gauges of a pixel; those of former ones stand */

static ngx_uint_t
ngx_tiktok_status_workers(ngx_tiktok_main_conf_t *tmcf,
    ngx_tiktok_stats_t *stats)
{
    ngx_core_conf_t  *ccf;

    if (ngx_tiktok_status_destination(tmcf, stats) == NULL) {
        return 0;
    }

    ccf = (ngx_core_conf_t *) ngx_get_conf(ngx_cycle->conf_ctx,
                                           ngx_core_module);

    return ngx_min(ngx_max(ccf->worker_processes, 1), NGX_TIKTOK_WORKERS);
}


/* only the events that were seen: a shop uses a few of them */

static void
ngx_tiktok_status_events(ngx_tiktok_writer_t *w, ngx_tiktok_counters_t *sum)
{
    ngx_str_t                    *name;
    ngx_uint_t                    i, n;
    ngx_tiktok_event_counters_t  *event;

    ngx_tiktok_status_name(w, "events");
    ngx_tiktok_write_literal(w, "{");

    for (i = 0, n = 0; i < NGX_TIKTOK_EVENT_NAMES; i++) {
        event = &sum->events[i];

        if (event->queued == 0 && event->delivered == 0) {
            continue;
        }

        if (n++) {
            ngx_tiktok_write_literal(w, ",");
        }

        name = ngx_tiktok_event_name(i);

        ngx_tiktok_write_string(w, name->data, name->len);
        ngx_tiktok_write_literal(w, ":{\"queued\":");
        ngx_tiktok_write_number(w, (double) event->queued);
        ngx_tiktok_status_number(w, "delivered", event->delivered);
        ngx_tiktok_status_object(w, "match_keys", ngx_tiktok_keys,
                                 event->keys, NGX_TIKTOK_KEYS);
        ngx_tiktok_write_literal(w, "}");
    }

    ngx_tiktok_write_literal(w, "}");
}


static void
ngx_tiktok_status_delivery(ngx_tiktok_writer_t *w,
    ngx_tiktok_main_conf_t *tmcf, ngx_tiktok_stats_t *stats,
    ngx_tiktok_counters_t *sum)
{
    ngx_uint_t        i, n, in_flight;
    ngx_slab_pool_t  *shpool;

    shpool = (ngx_slab_pool_t *) tmcf->store.zone->shm.addr;
    n = ngx_tiktok_status_workers(tmcf, stats);
    in_flight = 0;

    for (i = 0; i < n; i++) {
        in_flight += stats->in_flight[i];
    }

    ngx_tiktok_status_name(w, "delivery");
    ngx_tiktok_write_literal(w, "{\"requests\":");
    ngx_tiktok_write_number(w, (double) sum->requests);
    ngx_tiktok_status_number(w, "retries", sum->retries);
    ngx_tiktok_status_number(w, "splits", sum->splits);
    ngx_tiktok_status_number(w, "in_flight", in_flight);

    ngx_shmtx_lock(&shpool->mutex);

    ngx_tiktok_status_number(w, "last_code", stats->last_code);
    ngx_tiktok_status_name(w, "last_message");
    ngx_tiktok_write_string(w, stats->last_message, stats->last_message_len);
    ngx_tiktok_status_name(w, "last_request_id");
    ngx_tiktok_write_string(w, stats->last_request_id,
                            stats->last_request_id_len);
    ngx_tiktok_status_number(w, "last_delivered", stats->last_delivered);
    ngx_tiktok_status_number(w, "latency_ms", stats->latency);

    ngx_shmtx_unlock(&shpool->mutex);

    ngx_tiktok_write_literal(w, "}");
}


static void
ngx_tiktok_status_object(ngx_tiktok_writer_t *w, char *name, ngx_str_t *names,
    ngx_atomic_t *values, ngx_uint_t n)
{
    ngx_uint_t  i;

    ngx_tiktok_status_name(w, name);
    ngx_tiktok_write_literal(w, "{");

    for (i = 0; i < n; i++) {
        if (i) {
            ngx_tiktok_write_literal(w, ",");
        }

        ngx_tiktok_write_string(w, names[i].data, names[i].len);
        ngx_tiktok_write_literal(w, ":");
        ngx_tiktok_write_number(w, (double) values[i]);
    }

    ngx_tiktok_write_literal(w, "}");
}


/* a further member of an object */

static void
ngx_tiktok_status_name(ngx_tiktok_writer_t *w, char *name)
{
    ngx_tiktok_write_literal(w, ",\"");
    ngx_tiktok_write(w, name, ngx_strlen(name));
    ngx_tiktok_write_literal(w, "\":");
}


static void
ngx_tiktok_status_number(ngx_tiktok_writer_t *w, char *name, int64_t value)
{
    ngx_tiktok_status_name(w, name);
    ngx_tiktok_write_number(w, (double) value);
}
