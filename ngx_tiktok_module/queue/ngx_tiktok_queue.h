
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#ifndef _NGX_TIKTOK_QUEUE_H_INCLUDED_
#define _NGX_TIKTOK_QUEUE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include "ngx_tiktok_segment.h"
#include "ngx_tiktok_stats.h"


#define NGX_TIKTOK_SEGMENTS      4          /* of each worker, at least */
#define NGX_TIKTOK_ADOPTED       16         /* by all workers, about */
#define NGX_TIKTOK_SEGMENT_MIN   262144
#define NGX_TIKTOK_SEGMENT_MAX   4194304


/* the directory with the segments of all pixels */

typedef struct {
    ngx_str_t              dir;
    u_char                *file;            /* of "tiktok_queue" */
    ngx_uint_t             line;
    size_t                 size;            /* budget of a pixel */
    size_t                 segment_size;
    ngx_uint_t             adopt;           /* segments of others, at most */
    ngx_uint_t             generation;      /* of the configuration */
    time_t                 max_age;         /* of an event, in seconds */
    ngx_flag_t             fsync;
    size_t                 dedup;           /* bytes for what was seen */
    ngx_shm_zone_t        *zone;            /* counters */
    ngx_shm_zone_t        *seen;
    ngx_queue_t            queues;          /* ngx_tiktok_queue_t */
    ngx_uint_t             serial;          /* for names */
    ngx_log_t             *log;

    ngx_fd_t               lock;            /* on the directory */
    ngx_dir_t              files;           /* while looking through them */
    ngx_msec_t             looked;          /* when that began */
    unsigned               scanner:1;       /* we hold the lock */
    unsigned               looking:1;
    unsigned               more:1;          /* than may be adopted at once */
    unsigned               hurry:1;         /* some of these may be now */
    unsigned               failed:1;        /* to open it, this was said */
} ngx_tiktok_store_t;


/* the events of one pixel that this worker owns */

typedef struct {
    ngx_queue_t            link;            /* in the store */
    ngx_str_t              pixel;
    ngx_tiktok_store_t    *store;
    ngx_tiktok_stats_t    *stats;
    ngx_queue_t            segments;        /* in reading order */
    ngx_tiktok_segment_t  *tail;            /* the one we append to, or NULL */
    ngx_tiktok_segment_t  *spare;           /* made beforehand, or NULL */
    ngx_uint_t             pending;         /* events to be leased */
    ngx_uint_t             adopted;         /* segments made by others */
    ngx_event_t            prepare;         /* makes the spare */
    time_t                 used;            /* the last append */
    ngx_msec_t             retry;           /* no segment is made before */

    /* while looking through the directory */
    size_t                 found;           /* bytes */
    ngx_uint_t             unreadable;      /* files */
    ngx_atomic_uint_t      disk;            /* the counter before it */
    ngx_atomic_int_t       wrong;           /* it was by so much */

    unsigned               removed:1;       /* not in the configuration */
    unsigned               failed:1;        /* no segment, this was said */
    unsigned               full:1;          /* as was this */
    unsigned               told:1;          /* and that one is unreadable */
    unsigned               unwritten:1;     /* a rejected one, as was this */
} ngx_tiktok_queue_t;


/* an event to append */

typedef struct {
    ngx_str_t              json;
    ngx_uint_t             name;            /* ngx_tiktok_event_e */
} ngx_tiktok_entry_t;


/* an event on loan: it stays in the queue until it is done */

typedef struct {
    ngx_tiktok_segment_t  *segment;
    ngx_tiktok_record_t   *record;
} ngx_tiktok_lease_t;


/*
 * Divides the budget between the workers.  Returns NGX_OK, or NGX_ERROR with
 * *min set to the bytes that "size" would need.
 */
ngx_int_t ngx_tiktok_store_divide(ngx_tiktok_store_t *store,
    ngx_uint_t workers, size_t *min);

/* in each worker, with the queues of the configuration in the list */
void ngx_tiktok_store_open(ngx_tiktok_store_t *store);
void ngx_tiktok_store_close(ngx_tiktok_store_t *store);

/*
 * Takes over the segments that a dead or leaving process has left: a step of
 * a look through the directory, which only one process at a time does, once
 * a second.  Returns the milliseconds until the next call is worth it.
 */
ngx_msec_t ngx_tiktok_store_scan(ngx_tiktok_store_t *store);

/* gives back what is idle: spare and drained segments */
void ngx_tiktok_store_trim(ngx_tiktok_store_t *store);

/* in a worker that leaves: unlocks all segments with nothing on loan */
void ngx_tiktok_store_release(ngx_tiktok_store_t *store);

/*
 * Queues all events or none.  After NGX_OK they survive the death of every
 * process.  NGX_BUSY when the budget or the disk has no room, NGX_DECLINED
 * when they are more than a segment ever takes.
 */
ngx_int_t ngx_tiktok_queue_append(ngx_tiktok_queue_t *queue,
    ngx_str_t *test_code, ngx_tiktok_entry_t *entries, ngx_uint_t n);

/*
 * Takes up to n events with one test event code on loan, oldest first; with
 * before, only those that were queued by then (Unix time).  Returns the
 * number of leases.
 */
ngx_uint_t ngx_tiktok_queue_lease(ngx_tiktok_queue_t *queue,
    ngx_tiktok_lease_t *leases, ngx_uint_t n, time_t before);

/* when the next event to be leased was queued, 0 if there is none */
time_t ngx_tiktok_queue_head(ngx_tiktok_queue_t *queue);

/* the fate of an event on loan; its record must not be used any more */
void ngx_tiktok_queue_done(ngx_tiktok_queue_t *queue,
    ngx_tiktok_lease_t *lease, ngx_tiktok_fate_e fate);

/* takes loans back, the latest first, as if they had not been made */
void ngx_tiktok_queue_unlease(ngx_tiktok_queue_t *queue,
    ngx_tiktok_lease_t *lease);

/* gives an event back: a leaving worker lets another one send it */
void ngx_tiktok_queue_return(ngx_tiktok_queue_t *queue,
    ngx_tiktok_lease_t *lease);

/* what a leased event says; both point into the segment */
void ngx_tiktok_lease_test_code(ngx_tiktok_lease_t *lease, ngx_str_t *code);
void ngx_tiktok_lease_json(ngx_tiktok_lease_t *lease, ngx_str_t *json);

/*
 * For the store: a queue begins; it counts the events of a segment that was
 * adopted; it takes that segment; it gives up its segments, or one of them
 * with its file.
 */
void ngx_tiktok_queue_open(ngx_tiktok_queue_t *queue);
void ngx_tiktok_queue_recover(ngx_tiktok_queue_t *queue,
    ngx_tiktok_segment_t *segment);
void ngx_tiktok_queue_take(ngx_tiktok_queue_t *queue,
    ngx_tiktok_segment_t *segment);
void ngx_tiktok_queue_release(ngx_tiktok_queue_t *queue);
void ngx_tiktok_queue_remove(ngx_tiktok_queue_t *queue,
    ngx_tiktok_segment_t *segment);


#endif /* _NGX_TIKTOK_QUEUE_H_INCLUDED_ */
