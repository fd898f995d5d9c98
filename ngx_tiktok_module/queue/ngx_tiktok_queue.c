
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * The durable queue.  A worker appends to segments of its own and lends
 * events out of them; the segments of a process that died or leaves are
 * adopted by the worker that holds the lock of the directory.
 */


#include "ngx_tiktok_queue.h"

#include <sys/file.h>


#define NGX_TIKTOK_QUEUE_IDLE  60           /* seconds until files go */


static ngx_tiktok_segment_t *ngx_tiktok_queue_segment(
    ngx_tiktok_queue_t *queue);
static void ngx_tiktok_store_sync(ngx_tiktok_store_t *store,
    ngx_tiktok_segment_t *segment);
static void ngx_tiktok_queue_prepare(ngx_event_t *ev);
static void ngx_tiktok_queue_drained(ngx_tiktok_queue_t *queue,
    ngx_tiktok_segment_t *segment);
static void ngx_tiktok_queue_remove(ngx_tiktok_queue_t *queue,
    ngx_tiktok_segment_t *segment);
static void ngx_tiktok_queue_oldest(ngx_tiktok_queue_t *queue);
static ngx_uint_t ngx_tiktok_store_suffix(u_char *name, size_t len,
    const char *suffix);
static void ngx_tiktok_store_unfinished(ngx_tiktok_store_t *store,
    u_char *name, size_t len);
static ngx_uint_t ngx_tiktok_store_adopt(ngx_tiktok_store_t *store,
    u_char *name, size_t len);
static ngx_tiktok_queue_t *ngx_tiktok_store_queue(ngx_tiktok_store_t *store,
    u_char *pixel, size_t len);
static void ngx_tiktok_store_set_aside(ngx_tiktok_store_t *store,
    ngx_tiktok_queue_t *queue, ngx_str_t *path);
static void ngx_tiktok_queue_adopt(ngx_tiktok_queue_t *queue,
    ngx_tiktok_segment_t *segment);


ngx_int_t
ngx_tiktok_store_divide(ngx_tiktok_store_t *store, ngx_uint_t workers,
    size_t *min)
{
    size_t  size;

    *min = workers * NGX_TIKTOK_SEGMENTS * NGX_TIKTOK_SEGMENT_MIN;

    if (store->size < *min) {
        return NGX_ERROR;
    }

    size = store->size / (workers * NGX_TIKTOK_SEGMENTS);
    size = ngx_min(size, NGX_TIKTOK_SEGMENT_MAX);

    store->segment_size = size / ngx_pagesize * ngx_pagesize;

    return NGX_OK;
}


ngx_int_t
ngx_tiktok_store_open(ngx_tiktok_store_t *store)
{
    u_char               *path;
    ngx_uint_t            i;
    ngx_tiktok_queue_t  **queues;

    path = ngx_alloc(store->dir.len + sizeof("/lock"), store->log);
    if (path == NULL) {
        return NGX_ERROR;
    }

    ngx_sprintf(path, "%V/lock%Z", &store->dir);

    store->lock = ngx_open_file(path, NGX_FILE_RDWR,
                                NGX_FILE_CREATE_OR_OPEN|O_CLOEXEC,
                                NGX_FILE_OWNER_ACCESS);

    if (store->lock == NGX_INVALID_FILE) {
        ngx_log_error(NGX_LOG_CRIT, store->log, ngx_errno,
                      "tiktok_queue: " ngx_open_file_n " \"%s\" failed", path);
    }

    ngx_free(path);

    queues = store->queues.elts;

    for (i = 0; i < store->queues.nelts; i++) {
        ngx_queue_init(&queues[i]->segments);

        queues[i]->prepare.handler = ngx_tiktok_queue_prepare;
        queues[i]->prepare.data = queues[i];
        queues[i]->prepare.log = store->log;
        queues[i]->retry = ngx_current_msec;

        ngx_tiktok_gauge(queues[i]->stats->oldest, 0);
    }

    return NGX_OK;
}


void
ngx_tiktok_store_close(ngx_tiktok_store_t *store)
{
    ngx_tiktok_store_release(store);

    if (store->lock != NGX_INVALID_FILE) {
        (void) ngx_close_file(store->lock);
        store->lock = NGX_INVALID_FILE;
    }
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
        goto failed;
    }

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
        ngx_tiktok_store_sync(store, segment);
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
ngx_tiktok_store_sync(ngx_tiktok_store_t *store, ngx_tiktok_segment_t *segment)
{
    ngx_fd_t  fd;

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
    ngx_uint_t n)
{
    u_char                *read;
    time_t                 now;
    ngx_str_t              code, first;
    ngx_uint_t             i, corrupt;
    ngx_queue_t           *q, *next;
    ngx_tiktok_record_t   *record;
    ngx_tiktok_segment_t  *segment;

    i = 0;
    corrupt = 0;
    now = ngx_time();
    ngx_str_null(&first);

    for (q = ngx_queue_head(&queue->segments);
         q != ngx_queue_sentinel(&queue->segments) && i < n;
         q = next)
    {
        next = ngx_queue_next(q);
        segment = ngx_queue_data(q, ngx_tiktok_segment_t, queue);

        /* our own hold keeps it while events in it expire */
        segment->leased++;

        while (i < n && segment->records) {

            read = segment->read;
            record = ngx_tiktok_segment_next(segment, &corrupt);

            if (record == NULL) {
                /* damaged since it was counted */
                ngx_tiktok_count(ngx_tiktok_counters(queue->stats)
                                 ->fates[NGX_TIKTOK_FATE_CORRUPT],
                                 segment->records);

                queue->pending -= segment->records;
                segment->records = 0;
                break;
            }

            leases[i].segment = segment;
            leases[i].record = record;

            ngx_tiktok_lease_test_code(&leases[i], &code);

            if (i == 0) {
                first = code;

            } else if (code.len != first.len
                       || ngx_memcmp(code.data, first.data, code.len) != 0)
            {
                segment->read = read;
                segment->leased--;
                return i;
            }

            segment->records--;
            segment->leased++;
            queue->pending--;

            if (now - (time_t) record->time > queue->store->max_age) {
                ngx_tiktok_queue_done(queue, &leases[i],
                                      NGX_TIKTOK_FATE_EXPIRED);
                continue;
            }

            i++;
        }

        segment->leased--;

        ngx_tiktok_queue_drained(queue, segment);
    }

    return i;
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


ngx_uint_t
ngx_tiktok_queue_expire(ngx_tiktok_queue_t *queue, ngx_tiktok_lease_t *leases,
    ngx_uint_t n)
{
    time_t      now;
    ngx_uint_t  i, left;

    now = ngx_time();
    left = 0;

    for (i = 0; i < n; i++) {

        if (now - (time_t) leases[i].record->time > queue->store->max_age) {
            ngx_tiktok_queue_done(queue, &leases[i], NGX_TIKTOK_FATE_EXPIRED);
            continue;
        }

        leases[left++] = leases[i];
    }

    return left;
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


static void
ngx_tiktok_queue_remove(ngx_tiktok_queue_t *queue,
    ngx_tiktok_segment_t *segment)
{
    ngx_tiktok_count(queue->stats->disk,
                     -(ngx_atomic_int_t) (segment->end - segment->start));

    ngx_tiktok_segment_close(segment, 1);
}


/* tells the status how long the oldest event of this worker waits */

static void
ngx_tiktok_queue_oldest(ngx_tiktok_queue_t *queue)
{
    time_t                 oldest;
    ngx_queue_t           *q;
    ngx_tiktok_segment_t  *segment;

    oldest = 0;

    for (q = ngx_queue_head(&queue->segments);
         q != ngx_queue_sentinel(&queue->segments);
         q = ngx_queue_next(q))
    {
        segment = ngx_queue_data(q, ngx_tiktok_segment_t, queue);

        if (segment->leased) {
            /* as it was when these were lent */
            return;
        }

        if (segment->records) {
            oldest = ((ngx_tiktok_record_t *) segment->read)->time;
            break;
        }
    }

    ngx_tiktok_gauge(queue->stats->oldest, oldest);
}


ngx_uint_t
ngx_tiktok_store_scan(ngx_tiktok_store_t *store)
{
    u_char      *name;
    size_t       len;
    ngx_dir_t    dir;
    ngx_uint_t   found;

    if (store->lock == NGX_INVALID_FILE) {
        return 0;
    }

    if (!store->scanner) {
        if (flock(store->lock, LOCK_EX|LOCK_NB) == -1) {
            return 0;
        }

        store->scanner = 1;
    }

    if (ngx_open_dir(&store->dir, &dir) == NGX_ERROR) {
        return 0;
    }

    found = 0;

    while (found < NGX_TIKTOK_ADOPT_MAX && ngx_read_dir(&dir) == NGX_OK) {
        name = ngx_de_name(&dir);
        len = ngx_de_namelen(&dir);

        if (ngx_tiktok_store_suffix(name, len, ".queue.new")) {
            ngx_tiktok_store_unfinished(store, name, len);
            continue;
        }

        found += ngx_tiktok_store_adopt(store, name, len);
    }

    (void) ngx_close_dir(&dir);

    return found;
}


static ngx_uint_t
ngx_tiktok_store_suffix(u_char *name, size_t len, const char *suffix)
{
    size_t  n;

    n = ngx_strlen(suffix);

    return len > n && ngx_memcmp(name + len - n, suffix, n) == 0;
}


/* removes what a process that died has left of making a segment */

static void
ngx_tiktok_store_unfinished(ngx_tiktok_store_t *store, u_char *name,
    size_t len)
{
    u_char           *path;
    ngx_file_info_t   fi;

    path = ngx_alloc(store->dir.len + 1 + len + 1, store->log);
    if (path == NULL) {
        return;
    }

    ngx_sprintf(path, "%V/%*s%Z", &store->dir, len, name);

    if (ngx_file_info(path, &fi) != NGX_FILE_ERROR
        && ngx_time() - ngx_file_mtime(&fi) > NGX_TIKTOK_QUEUE_IDLE)
    {
        (void) ngx_delete_file(path);
    }

    ngx_free(path);
}


/* takes over one file of the directory, if it is a segment without owner */

static ngx_uint_t
ngx_tiktok_store_adopt(ngx_tiktok_store_t *store, u_char *name, size_t len)
{
    u_char                *p;
    ngx_int_t              rc;
    ngx_str_t              path;
    ngx_tiktok_queue_t    *queue;
    ngx_tiktok_segment_t  *segment;

    p = ngx_strlchr(name, name + len, '.');

    if (p == NULL || !ngx_tiktok_store_suffix(name, len, ".queue")) {
        return 0;
    }

    queue = ngx_tiktok_store_queue(store, name, p - name);

    if (queue == NULL) {
        /* its pixel may come back to the configuration */
        return 0;
    }

    path.len = store->dir.len + 1 + len;
    path.data = ngx_alloc(path.len + 1, store->log);

    if (path.data == NULL) {
        return 0;
    }

    ngx_sprintf(path.data, "%V/%*s%Z", &store->dir, len, name);

    rc = ngx_tiktok_segment_adopt(&segment, &path, store->log);

    if (rc == NGX_OK) {
        ngx_tiktok_queue_adopt(queue, segment);

    } else if (rc == NGX_ABORT) {
        ngx_tiktok_store_set_aside(store, queue, &path);

    } else if (rc == NGX_ERROR && !queue->unreadable) {
        queue->unreadable = 1;
        ngx_log_error(NGX_LOG_CRIT, store->log, ngx_errno,
                      "tiktok_queue: " ngx_open_file_n " \"%V\" failed, "
                      "its events are not sent", &path);
    }

    ngx_free(path.data);

    return (rc == NGX_OK);
}


static ngx_tiktok_queue_t *
ngx_tiktok_store_queue(ngx_tiktok_store_t *store, u_char *pixel, size_t len)
{
    ngx_uint_t            i;
    ngx_tiktok_queue_t  **queues;

    queues = store->queues.elts;

    for (i = 0; i < store->queues.nelts; i++) {
        if (queues[i]->pixel.len == len
            && ngx_memcmp(queues[i]->pixel.data, pixel, len) == 0)
        {
            return queues[i];
        }
    }

    return NULL;
}


/* a file that is no segment must not be tried each second */

static void
ngx_tiktok_store_set_aside(ngx_tiktok_store_t *store,
    ngx_tiktok_queue_t *queue, ngx_str_t *path)
{
    u_char                 *bad;
    ngx_tiktok_counters_t  *counters;

    bad = ngx_alloc(path->len + sizeof(".bad"), store->log);
    if (bad == NULL) {
        return;
    }

    ngx_sprintf(bad, "%V.bad%Z", path);

    if (ngx_rename_file(path->data, bad) == NGX_FILE_ERROR) {
        ngx_log_error(NGX_LOG_CRIT, store->log, ngx_errno,
                      "tiktok_queue: " ngx_rename_file_n " \"%V\" failed",
                      path);

    } else {
        ngx_log_error(NGX_LOG_ERR, store->log, 0,
                      "tiktok_queue: \"%V\" is damaged and was set aside "
                      "as \"%s\"", path, bad);

        /* how many events it held nobody knows: it counts as one */

        counters = ngx_tiktok_counters(queue->stats);

        ngx_tiktok_count(counters->fates[NGX_TIKTOK_FATE_RECOVERED], 1);
        ngx_tiktok_count(counters->fates[NGX_TIKTOK_FATE_CORRUPT], 1);
    }

    ngx_free(bad);
}


static void
ngx_tiktok_queue_adopt(ngx_tiktok_queue_t *queue,
    ngx_tiktok_segment_t *segment)
{
    size_t                      bytes;
    ngx_uint_t                  corrupt, damaged;
    ngx_queue_t                *q;
    ngx_tiktok_zone_t          *zone;
    ngx_tiktok_record_t        *record, *first;
    ngx_tiktok_segment_t       *other;
    ngx_tiktok_counters_t      *counters;
    ngx_tiktok_segment_head_t  *head;

    bytes = 0;
    corrupt = 0;
    first = NULL;

    while ((record = ngx_tiktok_segment_next(segment, &corrupt)) != NULL) {
        bytes += ngx_tiktok_record_size(record->length);
        segment->records++;

        if (first == NULL) {
            first = record;
        }
    }

    segment->read = (u_char *) first;

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

    if (segment->records == 0) {
        ngx_tiktok_queue_remove(queue, segment);
        return;
    }

    ngx_log_error(NGX_LOG_NOTICE, segment->log, 0,
                  "tiktok_queue: took over %ui events of \"%V\"",
                  segment->records, &segment->path);

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
ngx_tiktok_store_trim(ngx_tiktok_store_t *store)
{
    ngx_uint_t             i;
    ngx_tiktok_queue_t    *queue, **queues;
    ngx_tiktok_segment_t  *tail;

    queues = store->queues.elts;

    for (i = 0; i < store->queues.nelts; i++) {
        queue = queues[i];
        tail = queue->tail;

        if (ngx_time() - queue->used < NGX_TIKTOK_QUEUE_IDLE) {
            continue;
        }

        if (queue->spare) {
            ngx_tiktok_queue_remove(queue, queue->spare);
            queue->spare = NULL;
        }

        if (tail && tail->records == 0 && tail->leased == 0) {
            queue->tail = NULL;
            ngx_queue_remove(&tail->queue);
            ngx_tiktok_queue_remove(queue, tail);
        }
    }
}


void
ngx_tiktok_store_release(ngx_tiktok_store_t *store)
{
    ngx_uint_t             i;
    ngx_queue_t           *q, *next;
    ngx_tiktok_queue_t    *queue, **queues;
    ngx_tiktok_segment_t  *segment;

    queues = store->queues.elts;

    for (i = 0; i < store->queues.nelts; i++) {
        queue = queues[i];

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
                ngx_tiktok_segment_close(segment, 0);

            } else {
                ngx_tiktok_queue_remove(queue, segment);
            }
        }
    }

    if (store->scanner) {
        (void) flock(store->lock, LOCK_UN);
        store->scanner = 0;
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
