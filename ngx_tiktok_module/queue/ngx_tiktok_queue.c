
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * The durable queue of a pixel.  A worker appends to segments of its own and
 * lends events out of them, and out of those that it took over.
 */


#include "ngx_tiktok_queue.h"


static ngx_tiktok_segment_t *ngx_tiktok_queue_segment(
    ngx_tiktok_queue_t *queue);
static void ngx_tiktok_queue_sync(ngx_tiktok_queue_t *queue,
    ngx_tiktok_segment_t *segment);
static void ngx_tiktok_queue_prepare(ngx_event_t *ev);
static ngx_tiktok_record_t *ngx_tiktok_queue_next(ngx_tiktok_queue_t *queue,
    ngx_tiktok_segment_t *segment);
static void ngx_tiktok_queue_drained(ngx_tiktok_queue_t *queue,
    ngx_tiktok_segment_t *segment);
static ngx_int_t ngx_tiktok_queue_drop(ngx_tiktok_queue_t *queue,
    ngx_tiktok_segment_t *segment, ngx_uint_t remove);
static void ngx_tiktok_queue_oldest(ngx_tiktok_queue_t *queue);


void
ngx_tiktok_queue_open(ngx_tiktok_queue_t *queue)
{
    ngx_queue_init(&queue->segments);

    queue->prepare.handler = ngx_tiktok_queue_prepare;
    queue->prepare.data = queue;
    queue->prepare.log = queue->store->log;
    queue->retry = ngx_current_msec;

    ngx_tiktok_gauge(queue->stats->oldest, 0);
}


ngx_int_t
ngx_tiktok_queue_append(ngx_tiktok_queue_t *queue, ngx_str_t *test_code,
    ngx_tiktok_entry_t *entries, ngx_uint_t n)
{
    size_t                  size;
    u_char                 *from;
    ngx_uint_t              i;
    ngx_tiktok_store_t     *store;
    ngx_tiktok_record_t     record;
    ngx_tiktok_segment_t   *segment;
    ngx_tiktok_counters_t  *counters;

    store = queue->store;
    size = 0;

    for (i = 0; i < n; i++) {
        size += ngx_tiktok_record_size(test_code->len + entries[i].json.len);
    }

    if (size > ngx_tiktok_segment_capacity(store->segment_size)) {
        return NGX_DECLINED;
    }

    segment = queue->tail;

    if (segment == NULL || ngx_tiktok_segment_room(segment) < size) {

        segment = queue->spare;
        queue->spare = NULL;

        if (segment == NULL) {
            segment = ngx_tiktok_queue_segment(queue);

            if (segment == NULL) {
                return NGX_BUSY;
            }
        }

        ngx_queue_insert_tail(&queue->segments, &segment->queue);
        queue->tail = segment;
    }

    from = segment->last;

    record.time = (uint64_t) ngx_time();
    record.test_code = (uint16_t) test_code->len;

    for (i = 0; i < n; i++) {
        record.length = (uint32_t) (test_code->len + entries[i].json.len);
        record.name = (uint16_t) entries[i].name;

        ngx_tiktok_segment_append(segment, &record, test_code->data,
                                  entries[i].json.data);
    }

    if (store->fsync) {
        (void) ngx_tiktok_segment_sync(segment, from);
    }

    queue->pending += n;
    queue->used = ngx_time();

    counters = ngx_tiktok_counters(queue->stats);

    ngx_tiktok_count(counters->results[NGX_TIKTOK_RESULT_QUEUED], n);
    ngx_tiktok_count(counters->bytes, size);

    if (queue->stats->oldest[ngx_worker % NGX_TIKTOK_WORKERS] == 0) {
        ngx_tiktok_queue_oldest(queue);
    }

    if (queue->spare == NULL
        && ngx_tiktok_segment_room(segment) < store->segment_size / 4)
    {
        ngx_post_event(&queue->prepare, &ngx_posted_events);
    }

    return NGX_OK;
}


/* makes a segment, within the pixel's budget */

static ngx_tiktok_segment_t *
ngx_tiktok_queue_segment(ngx_tiktok_queue_t *queue)
{
    u_char                *p;
    ngx_str_t              path;
    ngx_atomic_uint_t      disk;
    ngx_tiktok_zone_t     *zone;
    ngx_tiktok_store_t    *store;
    ngx_tiktok_segment_t  *segment;

    store = queue->store;

    if ((ngx_msec_int_t) (ngx_current_msec - queue->retry) < 0) {
        return NULL;
    }

    disk = ngx_atomic_fetch_add(&queue->stats->disk, store->segment_size)
           + store->segment_size;

    segment = NULL;

    if (disk > store->size) {

        if (!queue->full) {
            queue->full = 1;
            ngx_log_error(NGX_LOG_ERR, store->log, 0,
                          "tiktok_queue: the queue of pixel \"%V\" is full, "
                          "its events are refused until some are delivered, "
                          "\"size\" is %uz bytes", &queue->pixel,
                          store->size);
        }

        goto failed;
    }

    queue->full = 0;

    zone = store->zone->data;

    path.len = store->dir.len + 1 + queue->pixel.len
               + sizeof(".0123456789abcdef--.01234567") - 1
               + 2 * NGX_INT64_LEN
               + sizeof(".queue") - 1;

    path.data = ngx_alloc(path.len + 1, store->log);
    if (path.data == NULL) {
        goto failed;
    }

    /* oldest first; the random part is for hosts that share a directory */

    p = ngx_sprintf(path.data, "%V/%V.%016xL-%P-%ui-%08xD.queue",
                    &store->dir, &queue->pixel,
                    (int64_t) ngx_time() * 1000 + ngx_timeofday()->msec,
                    ngx_pid, store->serial++, (uint32_t) ngx_random());

    path.len = p - path.data;

    segment = ngx_tiktok_segment_create(&path, store->segment_size, zone->id,
                                        queue->failed ? 0 : NGX_LOG_CRIT,
                                        store->log);
    ngx_free(path.data);

    queue->failed = (segment == NULL);

    if (segment == NULL) {
        goto failed;
    }

    if (store->fsync) {
        ngx_tiktok_queue_sync(queue, segment);
    }

    return segment;

failed:

    ngx_tiktok_count(queue->stats->disk,
                     -(ngx_atomic_int_t) store->segment_size);

    /* a full disk must not cost system calls at each event */
    queue->retry = ngx_current_msec + 1000;

    return NULL;
}


/* a file that is to survive a power loss needs its name on the disk, too */

static void
ngx_tiktok_queue_sync(ngx_tiktok_queue_t *queue, ngx_tiktok_segment_t *segment)
{
    ngx_fd_t             fd;
    ngx_tiktok_store_t  *store;

    store = queue->store;

    fd = ngx_open_file(store->dir.data, NGX_FILE_RDONLY|O_CLOEXEC,
                       NGX_FILE_OPEN, 0);

    if (fd == NGX_INVALID_FILE || fsync(segment->fd) == -1 || fsync(fd) == -1)
    {
        ngx_log_error(NGX_LOG_CRIT, store->log, ngx_errno,
                      "tiktok_queue: fsync() of \"%V\" failed",
                      &segment->path);
    }

    if (fd != NGX_INVALID_FILE) {
        (void) ngx_close_file(fd);
    }
}


static void
ngx_tiktok_queue_prepare(ngx_event_t *ev)
{
    ngx_tiktok_queue_t  *queue;

    queue = ev->data;

    if (queue->spare == NULL && !ngx_exiting) {
        queue->spare = ngx_tiktok_queue_segment(queue);
    }
}


ngx_uint_t
ngx_tiktok_queue_lease(ngx_tiktok_queue_t *queue, ngx_tiktok_lease_t *leases,
    ngx_uint_t n, time_t before)
{
    ngx_str_t              code, first;
    ngx_uint_t             i;
    ngx_queue_t           *q, *next;
    ngx_tiktok_record_t   *record;
    ngx_tiktok_segment_t  *segment;

    i = 0;
    ngx_str_null(&first);

    for (q = ngx_queue_head(&queue->segments);
         q != ngx_queue_sentinel(&queue->segments) && i < n;
         q = next)
    {
        next = ngx_queue_next(q);
        segment = ngx_queue_data(q, ngx_tiktok_segment_t, queue);

        while (i < n && segment->records) {

            record = ngx_tiktok_queue_next(queue, segment);

            if (record == NULL) {
                break;
            }

            leases[i].segment = segment;
            leases[i].record = record;

            ngx_tiktok_lease_test_code(&leases[i], &code);

            if ((before && (time_t) record->time > before)
                || (i && (code.len != first.len
                          || ngx_memcmp(code.data, first.data, code.len)
                             != 0)))
            {
                segment->read = (u_char *) record;
                return i;
            }

            first = code;

            segment->records--;
            segment->leased++;
            queue->pending--;
            i++;
        }

        ngx_tiktok_queue_drained(queue, segment);
    }

    return i;
}


/* the next record of a segment that was said to have some */

static ngx_tiktok_record_t *
ngx_tiktok_queue_next(ngx_tiktok_queue_t *queue, ngx_tiktok_segment_t *segment)
{
    ngx_uint_t            corrupt;
    ngx_tiktok_record_t  *record;

    corrupt = 0;
    record = ngx_tiktok_segment_next(segment, &corrupt);

    if (record == NULL) {

        /* damaged since they were counted */

        ngx_tiktok_count(ngx_tiktok_counters(queue->stats)
                         ->fates[NGX_TIKTOK_FATE_CORRUPT],
                         segment->records);

        queue->pending -= segment->records;
        segment->records = 0;
    }

    return record;
}


time_t
ngx_tiktok_queue_head(ngx_tiktok_queue_t *queue)
{
    ngx_queue_t           *q;
    ngx_tiktok_segment_t  *segment;

    for (q = ngx_queue_head(&queue->segments);
         q != ngx_queue_sentinel(&queue->segments);
         q = ngx_queue_next(q))
    {
        segment = ngx_queue_data(q, ngx_tiktok_segment_t, queue);

        if (segment->records) {
            return (time_t) ((ngx_tiktok_record_t *) segment->read)->time;
        }
    }

    return 0;
}


void
ngx_tiktok_queue_done(ngx_tiktok_queue_t *queue, ngx_tiktok_lease_t *lease,
    ngx_tiktok_fate_e fate)
{
    size_t                  size;
    ngx_tiktok_record_t    *record;
    ngx_tiktok_counters_t  *counters;

    record = lease->record;
    size = ngx_tiktok_record_size(record->length);

    counters = ngx_tiktok_counters(queue->stats);

    ngx_tiktok_count(counters->fates[fate], 1);
    ngx_tiktok_count(counters->bytes, -(ngx_atomic_int_t) size);

    *(volatile uint32_t *) &record->done = 1;

    lease->record = NULL;
    lease->segment->leased--;

    ngx_tiktok_queue_drained(queue, lease->segment);
    ngx_tiktok_queue_oldest(queue);
}


void
ngx_tiktok_queue_unlease(ngx_tiktok_queue_t *queue, ngx_tiktok_lease_t *lease)
{
    ngx_tiktok_segment_t  *segment;

    segment = lease->segment;

    segment->read = (u_char *) lease->record;
    segment->records++;
    segment->leased--;
    queue->pending++;

    lease->record = NULL;
}


void
ngx_tiktok_queue_return(ngx_tiktok_queue_t *queue, ngx_tiktok_lease_t *lease)
{
    lease->record = NULL;
    lease->segment->leased--;
    lease->segment->returned++;
}


/* a segment whose last event is done serves again, or is removed */

static void
ngx_tiktok_queue_drained(ngx_tiktok_queue_t *queue,
    ngx_tiktok_segment_t *segment)
{
    if (segment->records || segment->leased || segment->returned) {
        return;
    }

    if (segment == queue->tail) {
        ngx_tiktok_segment_reset(segment);
        return;
    }

    ngx_queue_remove(&segment->queue);

    /* an adopted one may have holes, or another size */

    if (queue->spare == NULL
        && segment->own
        && (size_t) (segment->end - segment->start)
           == queue->store->segment_size)
    {
        ngx_tiktok_segment_reset(segment);
        queue->spare = segment;
        return;
    }

    ngx_tiktok_queue_remove(queue, segment);
}


void
ngx_tiktok_queue_remove(ngx_tiktok_queue_t *queue,
    ngx_tiktok_segment_t *segment)
{
    size_t  size;

    size = segment->end - segment->start;

    /* what is counted is never less than what stands on the disk */

    if (ngx_tiktok_queue_drop(queue, segment, 1) == NGX_OK) {
        ngx_tiktok_count(queue->stats->disk, -(ngx_atomic_int_t) size);
    }
}


static ngx_int_t
ngx_tiktok_queue_drop(ngx_tiktok_queue_t *queue, ngx_tiktok_segment_t *segment,
    ngx_uint_t remove)
{
    if (!segment->own) {
        queue->adopted--;

        if (queue->adopted == 0) {
            /* there may be more, which need not wait for the next look */
            queue->store->hurry = queue->store->more;
        }
    }

    return ngx_tiktok_segment_close(segment, remove);
}


/* tells the status how long the oldest event of this worker waits */

static void
ngx_tiktok_queue_oldest(ngx_tiktok_queue_t *queue)
{
    time_t                 oldest;
    ngx_queue_t           *q;
    ngx_tiktok_record_t   *record;
    ngx_tiktok_segment_t  *segment;

    oldest = 0;

    for (q = ngx_queue_head(&queue->segments);
         q != ngx_queue_sentinel(&queue->segments);
         q = ngx_queue_next(q))
    {
        segment = ngx_queue_data(q, ngx_tiktok_segment_t, queue);

        record = ngx_tiktok_segment_oldest(segment);

        if (record) {
            oldest = (time_t) record->time;
            break;
        }
    }

    ngx_tiktok_gauge(queue->stats->oldest, oldest);
}


void
ngx_tiktok_queue_recover(ngx_tiktok_queue_t *queue,
    ngx_tiktok_segment_t *segment)
{
    size_t                      bytes;
    u_char                     *first;
    ngx_uint_t                  corrupt, damaged;
    ngx_tiktok_zone_t          *zone;
    ngx_tiktok_record_t        *record;
    ngx_tiktok_counters_t      *counters;
    ngx_tiktok_segment_head_t  *head;

    bytes = 0;
    corrupt = 0;
    first = NULL;

    while ((record = ngx_tiktok_segment_next(segment, &corrupt)) != NULL) {
        bytes += ngx_tiktok_record_size(record->length);
        segment->records++;

        if (first == NULL) {
            first = (u_char *) record;
        }
    }

    segment->read = first;
    segment->first = first;

    head = ngx_tiktok_segment_head(segment);
    zone = queue->store->zone->data;
    counters = ngx_tiktok_counters(queue->stats);

    if (head->zone != zone->id) {
        head->zone = zone->id;
        head->corrupt = 0;

        ngx_tiktok_count(counters->fates[NGX_TIKTOK_FATE_RECOVERED],
                         segment->records + corrupt);
        ngx_tiktok_count(counters->bytes, bytes);
        ngx_tiktok_count(queue->stats->disk, segment->end - segment->start);
    }

    /* what an owner before us has counted and told is not told again */

    damaged = (corrupt > head->corrupt) ? corrupt - head->corrupt : 0;

    if (damaged) {
        head->corrupt = corrupt;

        ngx_tiktok_count(counters->fates[NGX_TIKTOK_FATE_CORRUPT], damaged);

        ngx_log_error(NGX_LOG_ERR, segment->log, 0,
                      "tiktok_queue: %ui damaged places in \"%V\"",
                      damaged, &segment->path);
    }
}


void
ngx_tiktok_queue_take(ngx_tiktok_queue_t *queue, ngx_tiktok_segment_t *segment)
{
    ngx_queue_t           *q;
    ngx_tiktok_record_t   *first, *record;
    ngx_tiktok_segment_t  *other;

    queue->adopted++;

    if (segment->records == 0) {
        ngx_tiktok_queue_remove(queue, segment);
        return;
    }

    ngx_log_error(NGX_LOG_NOTICE, segment->log, 0,
                  "tiktok_queue: took over %ui events of \"%V\"",
                  segment->records, &segment->path);

    first = (ngx_tiktok_record_t *) segment->read;

    /* oldest events first: names do not tell, since segments serve again */

    for (q = ngx_queue_head(&queue->segments);
         q != ngx_queue_sentinel(&queue->segments);
         q = ngx_queue_next(q))
    {
        other = ngx_queue_data(q, ngx_tiktok_segment_t, queue);

        if (other->records == 0) {

            if (other == queue->tail) {
                break;
            }

            continue;
        }

        record = (ngx_tiktok_record_t *) other->read;

        if (record->time > first->time
            || (record->time == first->time
                && ngx_strcmp(other->path.data, segment->path.data) > 0))
        {
            break;
        }
    }

    ngx_queue_insert_tail(q, &segment->queue);

    queue->pending += segment->records;

    ngx_tiktok_queue_oldest(queue);
}


void
ngx_tiktok_queue_release(ngx_tiktok_queue_t *queue)
{
    ngx_queue_t           *q, *next;
    ngx_tiktok_segment_t  *segment;

    if (queue->spare) {
        ngx_tiktok_queue_remove(queue, queue->spare);
        queue->spare = NULL;
    }

    for (q = ngx_queue_head(&queue->segments);
         q != ngx_queue_sentinel(&queue->segments);
         q = next)
    {
        next = ngx_queue_next(q);
        segment = ngx_queue_data(q, ngx_tiktok_segment_t, queue);

        if (segment->leased) {
            continue;
        }

        if (segment == queue->tail) {
            queue->tail = NULL;
        }

        queue->pending -= segment->records;

        ngx_queue_remove(&segment->queue);

        if (segment->records || segment->returned) {
            (void) ngx_tiktok_queue_drop(queue, segment, 0);

        } else {
            ngx_tiktok_queue_remove(queue, segment);
        }
    }
}


void
ngx_tiktok_lease_test_code(ngx_tiktok_lease_t *lease, ngx_str_t *code)
{
    code->len = lease->record->test_code;
    code->data = ngx_tiktok_record_data(lease->record);
}


void
ngx_tiktok_lease_json(ngx_tiktok_lease_t *lease, ngx_str_t *json)
{
    json->len = lease->record->length - lease->record->test_code;
    json->data = ngx_tiktok_record_data(lease->record)
                 + lease->record->test_code;
}
