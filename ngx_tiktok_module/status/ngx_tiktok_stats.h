
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#ifndef _NGX_TIKTOK_STATS_H_INCLUDED_
#define _NGX_TIKTOK_STATS_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_tiktok_event.h"


#define NGX_TIKTOK_PIXEL_LEN     64
#define NGX_TIKTOK_STRIPES       8
#define NGX_TIKTOK_WORKERS       NGX_MAX_PROCESSES
#define NGX_TIKTOK_MESSAGE_LEN   256
#define NGX_TIKTOK_REQUEST_LEN   64
#define NGX_TIKTOK_REASONS       128
#define NGX_TIKTOK_REASON_LEN    120


/*
 * What became of a capture: the words of X-Tiktok-Result, $tiktok_result and
 * the status.  Those before NGX_TIKTOK_RESULTS are counted.
 */

typedef enum {
    NGX_TIKTOK_RESULT_QUEUED = 0,
    NGX_TIKTOK_RESULT_DUPLICATE,
    NGX_TIKTOK_RESULT_REPEATED,
    NGX_TIKTOK_RESULT_DENIED,
    NGX_TIKTOK_RESULT_UNDECIDED,
    NGX_TIKTOK_RESULT_OPTED_OUT,
    NGX_TIKTOK_RESULT_BOT,
    NGX_TIKTOK_RESULT_PREFETCH,
    NGX_TIKTOK_RESULT_INVALID,
    NGX_TIKTOK_RESULT_QUEUE_FULL,
    NGX_TIKTOK_RESULT_ORIGIN,
    NGX_TIKTOK_RESULTS,
    NGX_TIKTOK_RESULT_CHECKED = NGX_TIKTOK_RESULTS,
    NGX_TIKTOK_RESULT_NONE
} ngx_tiktok_result_e;


/* why a body could not be looked into */

typedef enum {
    NGX_TIKTOK_UNREAD_COMPRESSED = 0,
    NGX_TIKTOK_UNREAD_LARGE,
    NGX_TIKTOK_UNREAD_BROKEN,
    NGX_TIKTOK_UNREAD_REASONS
} ngx_tiktok_unread_e;


/* what became of the events in the queue */

typedef enum {
    NGX_TIKTOK_FATE_RECOVERED = 0,  /* found on disk, queued before our time */
    NGX_TIKTOK_FATE_DELIVERED,
    NGX_TIKTOK_FATE_REJECTED,
    NGX_TIKTOK_FATE_EXPIRED,
    NGX_TIKTOK_FATE_CORRUPT,
    NGX_TIKTOK_FATES
} ngx_tiktok_fate_e;


typedef enum {
    NGX_TIKTOK_STATE_OK = 0,
    NGX_TIKTOK_STATE_BACKOFF,
    NGX_TIKTOK_STATE_AUTH,
    NGX_TIKTOK_STATE_STOPPED,
    NGX_TIKTOK_STATE_REMOVED,   /* in the status: has left the configuration */
    NGX_TIKTOK_STATES
} ngx_tiktok_state_e;


/* age at delivery: up to 5 minutes, 1 hour, 47 hours */

#define NGX_TIKTOK_AGES  3


typedef struct {
    ngx_atomic_t           queued;
    ngx_atomic_t           delivered;
    ngx_atomic_t           keys[NGX_TIKTOK_KEYS];
} ngx_tiktok_event_counters_t;


/* nothing but ngx_atomic_t, so that stripes are summed as arrays */

typedef struct {
    ngx_atomic_t                 results[NGX_TIKTOK_RESULTS];
    ngx_atomic_t                 fates[NGX_TIKTOK_FATES];
    ngx_atomic_t                 bytes;     /* of events in the queue */
    ngx_tiktok_event_counters_t  events[NGX_TIKTOK_EVENT_NAMES];
    ngx_atomic_t                 left_out[NGX_TIKTOK_LEFT_OUTS];
    ngx_atomic_t                 unread[NGX_TIKTOK_UNREAD_REASONS];
    ngx_atomic_t                 id_sources[NGX_TIKTOK_ID_SOURCES];
    ngx_atomic_t                 mismatched;
    ngx_atomic_t                 foreign;   /* calls for another pixel */
    ngx_atomic_t                 ages[NGX_TIKTOK_AGES];
    ngx_atomic_t                 age;       /* seconds, of all of these */
    ngx_atomic_t                 reasons[NGX_TIKTOK_REASONS + 1];
    ngx_atomic_t                 requests;
    ngx_atomic_t                 retries;
    ngx_atomic_t                 splits;
    ngx_atomic_t                 padding[8];
} ngx_tiktok_counters_t;


/* why consent was what it was, such as "onetrust: C0004:0" */

typedef struct {
    size_t                 len;
    u_char                 text[NGX_TIKTOK_REASON_LEN];
} ngx_tiktok_reason_t;


/* one pixel in shared memory: counters, and hints between the workers */

typedef struct {
    ngx_queue_t            queue;
    u_char                 pixel[NGX_TIKTOK_PIXEL_LEN + 1];

    ngx_atomic_t           disk;            /* bytes of segments on disk */
    ngx_atomic_t           unreadable;      /* segments of another user */
    ngx_uint_t             alarm;           /* age that was told, seconds */
    ngx_atomic_t           mismatch_told;   /* when the log had it last */

    /* delivery, under the zone's mutex but for retry_at and next_request */
    ngx_uint_t             state;           /* ngx_tiktok_state_e */
    ngx_uint_t             failures;        /* in a row */
    ngx_atomic_t           retry_at;        /* ngx_current_msec, 0 is now */
    ngx_atomic_t           next_request;    /* "rate", in us */
    ngx_msec_t             started;         /* when it came into this state */
    ngx_int_t              last_code;
    u_char                 last_message[NGX_TIKTOK_MESSAGE_LEN];
    size_t                 last_message_len;
    u_char                 last_request_id[NGX_TIKTOK_REQUEST_LEN];
    size_t                 last_request_id_len;
    time_t                 last_delivered;
    ngx_msec_t             latency;

    /* in the order in which they came first; the last counter is for more */
    ngx_tiktok_reason_t    reasons[NGX_TIKTOK_REASONS];
    ngx_atomic_t           nreasons;

    /* of each worker: time of its oldest event or 0, requests under way */
    ngx_atomic_t           oldest[NGX_TIKTOK_WORKERS];
    ngx_atomic_t           in_flight[NGX_TIKTOK_WORKERS];

    ngx_tiktok_counters_t  counters[NGX_TIKTOK_STRIPES];
} ngx_tiktok_stats_t;


typedef struct {
    ngx_queue_t            pixels;          /* ngx_tiktok_stats_t */
    uint64_t               id;              /* tells this zone from others */
    ngx_uint_t             generations;     /* configurations that were read */
    ngx_uint_t             generation;      /* the latest that has workers */
    time_t                 since;

    /* process that keeps the gauges of a worker's number */
    ngx_atomic_t           keepers[NGX_TIKTOK_WORKERS];
} ngx_tiktok_zone_t;


/* bytes of shared memory that the counters of so many pixels need */
size_t ngx_tiktok_zone_size(ngx_uint_t pixels);

/* the zone's init handler; shm_zone->data becomes the ngx_tiktok_zone_t */
ngx_int_t ngx_tiktok_zone_init(ngx_shm_zone_t *shm_zone, void *data);

/* finds a pixel's counters, or makes them; NULL without memory */
ngx_tiktok_stats_t *ngx_tiktok_stats(ngx_shm_zone_t *shm_zone,
    ngx_str_t *pixel);

/* the counters that this worker adds to */
#define ngx_tiktok_counters(stats)                                            \
    (&(stats)->counters[ngx_worker % NGX_TIKTOK_STRIPES])

#define ngx_tiktok_count(counter, n)                                          \
    (void) ngx_atomic_fetch_add(&(counter), (ngx_atomic_int_t) (n))

/*
 * Counts a reason of consent.  Their texts are configuration and constants,
 * so they are few; what is more than there is room for is counted together.
 */
void ngx_tiktok_stats_reason(ngx_shm_zone_t *shm_zone,
    ngx_tiktok_stats_t *stats, ngx_str_t *text);

/* in each worker: its gauges are its own from now on */
void ngx_tiktok_stats_keep(ngx_tiktok_zone_t *zone);

/*
 * A value of this worker.  A reload starts its heir before it is told to
 * leave: then the gauge is the heir's.
 */
#define ngx_tiktok_gauge(gauge, value)                                        \
    if (*ngx_tiktok_keeper == (ngx_atomic_uint_t) ngx_pid) {                  \
        (gauge)[ngx_worker % NGX_TIKTOK_WORKERS] = (value);                   \
    }

extern ngx_atomic_t  *ngx_tiktok_keeper;

/* the pixel behind this one, or the first; NULL if there is none */
ngx_tiktok_stats_t *ngx_tiktok_stats_next(ngx_shm_zone_t *shm_zone,
    ngx_tiktok_stats_t *stats);

/* adds up the stripes; the sums are exact when nothing is under way */
void ngx_tiktok_stats_sum(ngx_tiktok_stats_t *stats,
    ngx_tiktok_counters_t *sum);

/* when the oldest event that waits was queued, 0 if none does */
time_t ngx_tiktok_stats_oldest(ngx_tiktok_stats_t *stats);

/* workers that keep gauges: those of former ones may still stand */
ngx_uint_t ngx_tiktok_stats_workers(void);

/* events in the queue: came in, and neither went out nor were given up */
ngx_atomic_uint_t ngx_tiktok_stats_pending(ngx_tiktok_counters_t *sum);

/* "queued", "duplicate", ... "checked", as in the tables of the status */
ngx_str_t *ngx_tiktok_result_name(ngx_uint_t result);


#endif /* _NGX_TIKTOK_STATS_H_INCLUDED_ */
