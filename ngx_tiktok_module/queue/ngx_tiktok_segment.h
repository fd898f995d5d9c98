
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#ifndef _NGX_TIKTOK_SEGMENT_H_INCLUDED_
#define _NGX_TIKTOK_SEGMENT_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


/*
 * A segment is a file of fixed size, mapped into the memory of the one
 * process that holds its flock.  It starts with a head, records follow:
 *
 *     head | record | record | ... | zero length
 *
 * A record is in the queue once its length is stored, which is the last
 * store of an append, and leaves it once "done" is stored.  Both survive the
 * death of every process.  The checksum covers the head's generation, so
 * that a record of an earlier use of the segment is none.
 */

typedef struct {
    u_char               magic[8];
    uint64_t             zone;          /* the counters that know the events */
    uint32_t             generation;
    uint32_t             corrupt;       /* damaged places that were counted */
    u_char               reserved[40];
} ngx_tiktok_segment_head_t;


typedef struct {
    uint32_t             length;        /* of test code and JSON */
    uint32_t             done;
    uint32_t             checksum;      /* of all that follows */
    uint32_t             generation;
    uint64_t             time;          /* when it was queued, in seconds */
    uint16_t             name;          /* ngx_tiktok_event_e */
    uint16_t             test_code;     /* length of the test event code */
    uint32_t             reserved;
} ngx_tiktok_record_t;


#define ngx_tiktok_record_data(record)                                        \
    ((u_char *) (record) + sizeof(ngx_tiktok_record_t))

#define ngx_tiktok_record_size(length)                                        \
    ngx_align(sizeof(ngx_tiktok_record_t) + (length), 8)


typedef struct {
    ngx_queue_t          queue;
    ngx_fd_t             fd;
    u_char              *start;         /* of the mapping */
    u_char              *end;
    u_char              *first;         /* all before it are done */
    u_char              *read;          /* next record to lease */
    u_char              *last;          /* end of the records */
    ngx_uint_t           records;       /* unread */
    ngx_uint_t           leased;        /* read, and not yet done */
    ngx_uint_t           returned;      /* read, and left for its next owner */
    ngx_uint_t           own;           /* made by us, with all its blocks */
    ngx_str_t            path;          /* with a zero at the end */
    ngx_log_t           *log;
} ngx_tiktok_segment_t;


/*
 * Makes a file of that size, locked, with all its blocks allocated, so that
 * a full disk shows here and not as a signal at some later store.  The file
 * has its final name only when it is whole.  Returns NULL when it can't be
 * made; the reason is logged at the level given (0: it is not).
 */
ngx_tiktok_segment_t *ngx_tiktok_segment_create(ngx_str_t *path, size_t size,
    uint64_t zone, ngx_uint_t level, ngx_log_t *log);

/*
 * Takes over a file that no living process holds.  Returns NGX_OK with
 * *segment, NGX_AGAIN when its events are known to that zone and it is left
 * (known, or 0), NGX_DECLINED when it is another's, or is gone, NGX_ERROR
 * with errno when it can't be opened, or NGX_ABORT when it is no segment.
 * *size is that of the file, or 0.
 */
ngx_int_t ngx_tiktok_segment_adopt(ngx_tiktok_segment_t **segment,
    ngx_str_t *path, uint64_t known, size_t *size, ngx_log_t *log);

/* bytes that may still be appended */
#define ngx_tiktok_segment_room(segment)                                      \
    ((size_t) ((segment)->end - (segment)->last))

/* bytes of records that an empty segment of that size takes */
#define ngx_tiktok_segment_capacity(size)                                     \
    ((size) - sizeof(ngx_tiktok_segment_head_t))

/*
 * Appends a record; the caller has seen to the room.  Only length, time,
 * name and test_code of the record are looked at, the data are test code and
 * JSON in two pieces.
 */
void ngx_tiktok_segment_append(ngx_tiktok_segment_t *segment,
    ngx_tiktok_record_t *record, u_char *test_code, u_char *json);

/*
 * Moves on to the next record that is not done.  Returns NULL at the end.
 * Records that do not match their checksum are passed over and added to
 * *corrupt, a run of bytes between two good records being one.
 */
ngx_tiktok_record_t *ngx_tiktok_segment_next(ngx_tiktok_segment_t *segment,
    ngx_uint_t *corrupt);

/* empties a segment for its next use */
void ngx_tiktok_segment_reset(ngx_tiktok_segment_t *segment);

/* writes the bytes behind "from" to the disk; NGX_OK or NGX_ERROR */
ngx_int_t ngx_tiktok_segment_sync(ngx_tiktok_segment_t *segment, u_char *from);

/* the oldest record that is not done, or NULL */
ngx_tiktok_record_t *ngx_tiktok_segment_oldest(ngx_tiktok_segment_t *segment);

/*
 * Unlocks and unmaps it; the file stays, or is removed.  Returns NGX_OK, or
 * NGX_ERROR when it can't be removed.
 */
ngx_int_t ngx_tiktok_segment_close(ngx_tiktok_segment_t *segment,
    ngx_uint_t remove);

/* the counters' zone that knows the events of the segment */
#define ngx_tiktok_segment_head(segment)                                      \
    ((ngx_tiktok_segment_head_t *) (segment)->start)


#endif /* _NGX_TIKTOK_SEGMENT_H_INCLUDED_ */
