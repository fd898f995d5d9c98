
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * What the status says, whatever its format.
 */


#ifndef _NGX_TIKTOK_REPORT_H_INCLUDED_
#define _NGX_TIKTOK_REPORT_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_tiktok_module.h"
#include "ngx_tiktok_stats.h"


/* why consent was what it was, and how often */

typedef struct {
    ngx_str_t               text;
    ngx_atomic_t            n;
} ngx_tiktok_report_reason_t;


/*
 * One pixel at one moment.  All numbers are ngx_atomic_t, like the counters,
 * so that a field of the tables below is no more than an offset.
 */

typedef struct {
    ngx_tiktok_counters_t   sum;            /* of all workers */

    ngx_atomic_t            events;         /* in the queue */
    ngx_atomic_t            capacity;
    ngx_atomic_t            oldest;         /* seconds */
    ngx_atomic_t            unreadable;     /* segments of another user */
    ngx_atomic_t            in_flight;
    ngx_atomic_t            retry;          /* seconds */
    ngx_atomic_t            last_code;      /* signed */
    ngx_atomic_t            last_delivered;
    ngx_atomic_t            latency;        /* ms */
    ngx_atomic_t            testing;        /* a test event code is set */
    ngx_atomic_t            assumed;        /* consent is */

    ngx_array_t             reasons;        /* ngx_tiktok_report_reason_t */

    ngx_uint_t              state;          /* ngx_tiktok_state_e */
    ngx_str_t               pixel;
    ngx_str_t               test_event_code;
    ngx_str_t               last_message;
    ngx_str_t               last_request_id;
} ngx_tiktok_report_pixel_t;


typedef struct {
    time_t                  since;
    ngx_array_t             pixels;         /* ngx_tiktok_report_pixel_t */
} ngx_tiktok_report_t;


/*
 * Adds up the counters of all pixels: those of the configuration, then those
 * that have left it.  Returns NGX_OK or NGX_ERROR.
 */
ngx_int_t ngx_tiktok_report_make(ngx_pool_t *pool,
    ngx_tiktok_main_conf_t *tmcf, ngx_tiktok_report_t *report);


/*
 * One number of a pixel, in all formats.  A further counter is a further
 * row, and nothing else.
 */

typedef struct {
    ngx_str_t               name;           /* in JSON, and a label's value */
    const char             *metric;         /* where the group has none */
    size_t                  offset;
    ngx_uint_t              scale;          /* of Prometheus' unit */
    const char             *text;           /* for people */
} ngx_tiktok_field_t;


/* numbers that belong together */

typedef struct {
    const char             *object;         /* in JSON; NULL: not there */
    const char             *title;          /* for people */
    const char             *metric;         /* one for all, with a label */
    const char             *label;
    ngx_uint_t              n;
    ngx_tiktok_field_t     *fields;
} ngx_tiktok_group_t;


/* what was reported, for a field */
#define ngx_tiktok_field_value(reported, field)                               \
    (*(ngx_atomic_int_t *) ((u_char *) (reported) + (field)->offset))


/* of a pixel; one object's follow each other, those of none come last */
extern ngx_tiktok_group_t  ngx_tiktok_groups[];

/* of an event: what became of it, and the match keys it had */
extern ngx_tiktok_group_t  ngx_tiktok_event_group;
extern ngx_tiktok_group_t  ngx_tiktok_key_group;

#define ngx_tiktok_event_seen(event)  ((event)->queued || (event)->delivered)


typedef struct {
    ngx_str_t               name;
    const char             *text;           /* whose move it is */
} ngx_tiktok_state_name_t;


/* by ngx_tiktok_state_e */
extern ngx_tiktok_state_name_t  ngx_tiktok_states[];


#endif /* _NGX_TIKTOK_REPORT_H_INCLUDED_ */
