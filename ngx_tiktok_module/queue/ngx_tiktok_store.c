
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * The directory of the queue: looking through it for segments whose owner is
 * gone, and giving back what is idle or, in a process that leaves, all.
 *
 * One process at a time looks, the one with the lock on the directory.  It
 * goes through the files in small steps, so that neither their number nor
 * their size stops the worker that does it.
 */


#include "ngx_tiktok_queue.h"

#include <sys/file.h>


#define NGX_TIKTOK_STORE_PASS     1000      /* ms from one look to the next */
#define NGX_TIKTOK_STORE_STEP     5         /* ms between steps of a look */
#define NGX_TIKTOK_STORE_FILES    64        /* files in a step */
#define NGX_TIKTOK_STORE_BYTES    1048576   /* bytes read in a step, about */
#define NGX_TIKTOK_STORE_IDLE     60        /* seconds until files go */


static ngx_uint_t ngx_tiktok_store_locked(ngx_tiktok_store_t *store);
static ngx_int_t ngx_tiktok_store_begin(ngx_tiktok_store_t *store);
static void ngx_tiktok_store_end(ngx_tiktok_store_t *store);
static void ngx_tiktok_store_disk(ngx_tiktok_queue_t *queue);
static size_t ngx_tiktok_store_file(ngx_tiktok_store_t *store, u_char *name,
    size_t len);
static ngx_uint_t ngx_tiktok_store_suffix(u_char *name, size_t len,
    const char *suffix);
static void ngx_tiktok_store_unfinished(ngx_str_t *path);
static size_t ngx_tiktok_store_adopt(ngx_tiktok_store_t *store,
    ngx_tiktok_queue_t *queue, ngx_str_t *path);
static ngx_tiktok_queue_t *ngx_tiktok_store_queue(ngx_tiktok_store_t *store,
    u_char *pixel, size_t len);
static ngx_tiktok_queue_t *ngx_tiktok_store_removed(ngx_tiktok_store_t *store,
    u_char *pixel, size_t len);
static void ngx_tiktok_store_unreadable(ngx_tiktok_queue_t *queue,
    ngx_str_t *path, ngx_err_t err);
static void ngx_tiktok_store_set_aside(ngx_tiktok_queue_t *queue,
    ngx_str_t *path);


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

    /* a worker takes no more than its share of what the dead have left */

    store->adopt = ngx_max(NGX_TIKTOK_ADOPTED / workers, NGX_TIKTOK_SEGMENTS);

    return NGX_OK;
}


void
ngx_tiktok_store_open(ngx_tiktok_store_t *store)
{
    ngx_queue_t  *q;

    store->lock = NGX_INVALID_FILE;
    store->looked = ngx_current_msec - NGX_TIKTOK_STORE_PASS;

    for (q = ngx_queue_head(&store->queues);
         q != ngx_queue_sentinel(&store->queues);
         q = ngx_queue_next(q))
    {
        ngx_tiktok_queue_open(ngx_queue_data(q, ngx_tiktok_queue_t, link));
    }
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


ngx_msec_t
ngx_tiktok_store_scan(ngx_tiktok_store_t *store)
{
    size_t          bytes;
    ngx_uint_t      n;
    ngx_msec_int_t  left;

    if (!ngx_tiktok_store_locked(store)) {
        return NGX_TIKTOK_STORE_PASS;
    }

    if (!store->looking) {
        left = (ngx_msec_int_t) (store->looked + NGX_TIKTOK_STORE_PASS
                                 - ngx_current_msec);

        if (left > 0 && !store->hurry) {
            return left;
        }

        if (store->more && !store->hurry) {

            /* our hands are full, those of others may be free */

            (void) flock(store->lock, LOCK_UN);
            store->scanner = 0;
            store->more = 0;

            return NGX_TIKTOK_STORE_PASS;
        }

        if (ngx_tiktok_store_begin(store) != NGX_OK) {
            store->hurry = 0;
            return NGX_TIKTOK_STORE_PASS;
        }
    }

    bytes = 0;

    for (n = 0; n < NGX_TIKTOK_STORE_FILES; n++) {

        if (bytes >= NGX_TIKTOK_STORE_BYTES) {
            break;
        }

        if (ngx_read_dir(&store->files) != NGX_OK) {
            ngx_tiktok_store_end(store);
            return NGX_TIKTOK_STORE_PASS;
        }

        bytes += ngx_tiktok_store_file(store, ngx_de_name(&store->files),
                                       ngx_de_namelen(&store->files));
    }

    return NGX_TIKTOK_STORE_STEP;
}


/*
 * The lock is on the directory and not on a file in it, which the workers
 * could not open any more once their user is another.
 */

static ngx_uint_t
ngx_tiktok_store_locked(ngx_tiktok_store_t *store)
{
    if (store->scanner) {
        return 1;
    }

    if (store->lock == NGX_INVALID_FILE) {
        store->lock = ngx_open_file(store->dir.data,
                                    NGX_FILE_RDONLY|O_DIRECTORY|O_CLOEXEC,
                                    NGX_FILE_OPEN, 0);

        if (store->lock == NGX_INVALID_FILE) {

            if (!store->failed) {
                store->failed = 1;
                ngx_log_error(NGX_LOG_CRIT, store->log, ngx_errno,
                              "tiktok_queue: " ngx_open_file_n " \"%V\" failed",
                              &store->dir);
            }

            return 0;
        }

        store->failed = 0;
    }

    if (flock(store->lock, LOCK_EX|LOCK_NB) == -1) {
        return 0;
    }

    store->scanner = 1;

    return 1;
}


static ngx_int_t
ngx_tiktok_store_begin(ngx_tiktok_store_t *store)
{
    ngx_queue_t         *q;
    ngx_tiktok_queue_t  *queue;

    if (ngx_open_dir(&store->dir, &store->files) == NGX_ERROR) {
        return NGX_ERROR;
    }

    store->looking = 1;
    store->looked = ngx_current_msec;
    store->hurry = 0;
    store->more = 0;

    for (q = ngx_queue_head(&store->queues);
         q != ngx_queue_sentinel(&store->queues);
         q = ngx_queue_next(q))
    {
        queue = ngx_queue_data(q, ngx_tiktok_queue_t, link);

        queue->found = 0;
        queue->unreadable = 0;
        queue->disk = queue->stats->disk;
    }

    return NGX_OK;
}


static void
ngx_tiktok_store_end(ngx_tiktok_store_t *store)
{
    ngx_queue_t         *q;
    ngx_tiktok_queue_t  *queue;

    (void) ngx_close_dir(&store->files);

    store->looking = 0;

    for (q = ngx_queue_head(&store->queues);
         q != ngx_queue_sentinel(&store->queues);
         q = ngx_queue_next(q))
    {
        queue = ngx_queue_data(q, ngx_tiktok_queue_t, link);

        queue->stats->unreadable = queue->unreadable;

        ngx_tiktok_store_disk(queue);
    }
}


/*
 * What stands on the disk is what the counter says, unless a process died
 * between the one and the other.  A look takes its time, and others work
 * meanwhile: only what is wrong by the same bytes twice is set right.
 */

static void
ngx_tiktok_store_disk(ngx_tiktok_queue_t *queue)
{
    ngx_atomic_int_t  wrong;

    wrong = (ngx_atomic_int_t) (queue->disk - queue->found);

    if (wrong && wrong == queue->wrong) {
        (void) ngx_atomic_cmp_set(&queue->stats->disk, queue->disk,
                                  queue->found);
        wrong = 0;
    }

    queue->wrong = wrong;
}


/* one file of the directory; answers how many bytes were read */

static size_t
ngx_tiktok_store_file(ngx_tiktok_store_t *store, u_char *name, size_t len)
{
    u_char              *p;
    size_t               bytes;
    ngx_str_t            path;
    ngx_uint_t           unfinished;
    ngx_tiktok_queue_t  *queue;

    unfinished = ngx_tiktok_store_suffix(name, len, ".queue.new");

    if (!unfinished && !ngx_tiktok_store_suffix(name, len, ".queue")) {
        return 0;
    }

    p = ngx_strlchr(name, name + len, '.');

    queue = ngx_tiktok_store_queue(store, name, p - name);
    if (queue == NULL) {
        return 0;
    }

    path.len = store->dir.len + 1 + len;
    path.data = ngx_alloc(path.len + 1, store->log);

    if (path.data == NULL) {
        return 0;
    }

    ngx_sprintf(path.data, "%V/%*s%Z", &store->dir, len, name);

    bytes = 0;

    if (unfinished) {
        ngx_tiktok_store_unfinished(&path);

    } else {
        bytes = ngx_tiktok_store_adopt(store, queue, &path);
    }

    ngx_free(path.data);

    return bytes;
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
ngx_tiktok_store_unfinished(ngx_str_t *path)
{
    ngx_file_info_t  fi;

    if (ngx_file_info(path->data, &fi) != NGX_FILE_ERROR
        && ngx_time() - ngx_file_mtime(&fi) > NGX_TIKTOK_STORE_IDLE)
    {
        (void) ngx_delete_file(path->data);
    }
}


/* takes over a segment, if it has no owner */

static size_t
ngx_tiktok_store_adopt(ngx_tiktok_store_t *store, ngx_tiktok_queue_t *queue,
    ngx_str_t *path)
{
    size_t                 size;
    uint64_t               known;
    ngx_int_t              rc;
    ngx_uint_t             full;
    ngx_tiktok_zone_t     *zone;
    ngx_tiktok_segment_t  *segment;

    /*
     * files and memory are limited: of more segments only the events are
     * counted, and they are taken when others are drained
     */

    full = (queue->adopted >= store->adopt);

    zone = store->zone->data;
    known = full ? zone->id : 0;

    rc = ngx_tiktok_segment_adopt(&segment, path, known, &size, store->log);

    if (rc == NGX_ERROR) {
        ngx_tiktok_store_unreadable(queue, path, ngx_errno);
        return 0;
    }

    queue->found += size;

    switch (rc) {

    case NGX_OK:
        ngx_tiktok_queue_recover(queue, segment);

        if (full) {
            store->more = 1;
            (void) ngx_tiktok_segment_close(segment, 0);

        } else {
            ngx_tiktok_queue_take(queue, segment);
        }

        return size;

    case NGX_AGAIN:
        store->more = 1;
        return 0;

    case NGX_ABORT:
        ngx_tiktok_store_set_aside(queue, path);
        return 0;

    default: /* NGX_DECLINED */
        return 0;
    }
}


static ngx_tiktok_queue_t *
ngx_tiktok_store_queue(ngx_tiktok_store_t *store, u_char *pixel, size_t len)
{
    ngx_queue_t         *q;
    ngx_tiktok_queue_t  *queue;

    for (q = ngx_queue_head(&store->queues);
         q != ngx_queue_sentinel(&store->queues);
         q = ngx_queue_next(q))
    {
        queue = ngx_queue_data(q, ngx_tiktok_queue_t, link);

        if (queue->pixel.len == len
            && ngx_memcmp(queue->pixel.data, pixel, len) == 0)
        {
            return queue;
        }
    }

    return ngx_tiktok_store_removed(store, pixel, len);
}


/*
 * The queue of a pixel that left the configuration: its events are shown in
 * the status, and wait until it returns or they are too old.
 */

static ngx_tiktok_queue_t *
ngx_tiktok_store_removed(ngx_tiktok_store_t *store, u_char *pixel, size_t len)
{
    size_t               i;
    ngx_tiktok_queue_t  *queue;

    if (len == 0 || len > NGX_TIKTOK_PIXEL_LEN) {
        return NULL;
    }

    for (i = 0; i < len; i++) {
        if (!isalnum(pixel[i])) {
            return NULL;
        }
    }

    queue = ngx_calloc(sizeof(ngx_tiktok_queue_t) + len, store->log);
    if (queue == NULL) {
        return NULL;
    }

    queue->store = store;
    queue->removed = 1;
    queue->pixel.len = len;
    queue->pixel.data = (u_char *) (queue + 1);

    ngx_memcpy(queue->pixel.data, pixel, len);

    queue->stats = ngx_tiktok_stats(store->zone, &queue->pixel);

    if (queue->stats == NULL) {
        /* no room for its counters; its files stay where they are */
        ngx_free(queue);
        return NULL;
    }

    /* what its last workers said of it stands there no longer */

    ngx_memzero((void *) queue->stats->oldest, sizeof(queue->stats->oldest));
    ngx_memzero((void *) queue->stats->in_flight,
                sizeof(queue->stats->in_flight));

    ngx_tiktok_queue_open(queue);

    ngx_queue_insert_tail(&store->queues, &queue->link);

    ngx_log_error(NGX_LOG_WARN, store->log, 0,
                  "tiktok_queue: \"%V\" holds events of pixel \"%V\", which "
                  "is not in the configuration", &store->dir, &queue->pixel);

    return queue;
}


/* as those of another user are: their events can't be sent */

static void
ngx_tiktok_store_unreadable(ngx_tiktok_queue_t *queue, ngx_str_t *path,
    ngx_err_t err)
{
    ngx_file_info_t  fi;

    queue->unreadable++;

    if (ngx_file_info(path->data, &fi) != NGX_FILE_ERROR) {
        queue->found += (size_t) ngx_file_size(&fi);
    }

    if (!queue->told) {
        queue->told = 1;
        ngx_log_error(NGX_LOG_CRIT, queue->store->log, err,
                      "tiktok_queue: " ngx_open_file_n " \"%V\" failed, "
                      "its events are not sent", path);
    }
}


/* a file that is no segment must not be tried each second */

static void
ngx_tiktok_store_set_aside(ngx_tiktok_queue_t *queue, ngx_str_t *path)
{
    u_char                 *bad;
    ngx_log_t              *log;
    ngx_tiktok_counters_t  *counters;

    log = queue->store->log;

    bad = ngx_alloc(path->len + sizeof(".bad"), log);
    if (bad == NULL) {
        return;
    }

    ngx_sprintf(bad, "%V.bad%Z", path);

    if (ngx_rename_file(path->data, bad) == NGX_FILE_ERROR) {
        ngx_log_error(NGX_LOG_CRIT, log, ngx_errno,
                      "tiktok_queue: " ngx_rename_file_n " \"%V\" failed",
                      path);

    } else {
        ngx_log_error(NGX_LOG_ERR, log, 0,
                      "tiktok_queue: \"%V\" is damaged and was set aside "
                      "as \"%s\"", path, bad);

        /* how many events it held nobody knows: it counts as one */

        counters = ngx_tiktok_counters(queue->stats);

        ngx_tiktok_count(counters->fates[NGX_TIKTOK_FATE_RECOVERED], 1);
        ngx_tiktok_count(counters->fates[NGX_TIKTOK_FATE_CORRUPT], 1);
    }

    ngx_free(bad);
}


void
ngx_tiktok_store_trim(ngx_tiktok_store_t *store)
{
    ngx_queue_t           *q;
    ngx_tiktok_queue_t    *queue;
    ngx_tiktok_segment_t  *tail;

    for (q = ngx_queue_head(&store->queues);
         q != ngx_queue_sentinel(&store->queues);
         q = ngx_queue_next(q))
    {
        queue = ngx_queue_data(q, ngx_tiktok_queue_t, link);
        tail = queue->tail;

        if (ngx_time() - queue->used < NGX_TIKTOK_STORE_IDLE) {
            continue;
        }

        if (queue->spare) {
            ngx_tiktok_queue_remove(queue, queue->spare);
            queue->spare = NULL;
        }

        if (tail && tail->records == 0 && tail->leased == 0
            && tail->returned == 0)
        {
            queue->tail = NULL;
            ngx_queue_remove(&tail->queue);
            ngx_tiktok_queue_remove(queue, tail);
        }
    }
}


void
ngx_tiktok_store_release(ngx_tiktok_store_t *store)
{
    ngx_queue_t  *q;

    for (q = ngx_queue_head(&store->queues);
         q != ngx_queue_sentinel(&store->queues);
         q = ngx_queue_next(q))
    {
        ngx_tiktok_queue_release(ngx_queue_data(q, ngx_tiktok_queue_t, link));
    }

    if (store->looking) {
        (void) ngx_close_dir(&store->files);
        store->looking = 0;
    }

    if (store->scanner) {
        (void) flock(store->lock, LOCK_UN);
        store->scanner = 0;
    }
}
