
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * The file behind the queue: how it is made, locked, written and read.
 */


#include "ngx_tiktok_segment.h"

#include <sys/file.h>


#define NGX_TIKTOK_SEGMENT_MAGIC  "TTQUEUE1"

/* of zeros written at once; the kernel's pages get as large as that */

#define NGX_TIKTOK_SEGMENT_ZEROS  262144


static ngx_tiktok_segment_t *ngx_tiktok_segment_alloc(ngx_str_t *path,
    ngx_log_t *log);
static ngx_int_t ngx_tiktok_segment_zero(ngx_tiktok_segment_t *segment,
    size_t size);
static ngx_int_t ngx_tiktok_segment_map(ngx_tiktok_segment_t *segment,
    size_t size, ngx_uint_t populate);
static void ngx_tiktok_segment_free(ngx_tiktok_segment_t *segment);
static uint32_t ngx_tiktok_record_checksum(ngx_tiktok_record_t *record,
    size_t length);
static ngx_uint_t ngx_tiktok_record_valid(ngx_tiktok_segment_t *segment,
    u_char *p);


ngx_tiktok_segment_t *
ngx_tiktok_segment_create(ngx_str_t *path, size_t size, uint64_t zone,
    ngx_uint_t level, ngx_log_t *log)
{
    u_char                     *temp;
    ngx_err_t                   err;
    const char                 *failed;
    ngx_tiktok_segment_t       *segment;
    ngx_tiktok_segment_head_t  *head;

    segment = ngx_tiktok_segment_alloc(path, log);
    if (segment == NULL) {
        return NULL;
    }

    temp = ngx_alloc(path->len + sizeof(".new"), log);
    if (temp == NULL) {
        ngx_tiktok_segment_free(segment);
        return NULL;
    }

    ngx_sprintf(temp, "%V.new%Z", path);

    segment->fd = ngx_open_file(temp, NGX_FILE_RDWR,
                                NGX_FILE_CREATE_OR_OPEN|O_EXCL|O_CLOEXEC,
                                NGX_FILE_OWNER_ACCESS);

    if (segment->fd == NGX_INVALID_FILE) {
        failed = ngx_open_file_n;
        goto failed;
    }

    /* locked before anybody can know the file by its final name */

    if (flock(segment->fd, LOCK_EX|LOCK_NB) == -1) {
        failed = "flock()";
        goto failed;
    }

    do {
        err = posix_fallocate(segment->fd, 0, size);
    } while (err == NGX_EINTR);

    if (err) {
        ngx_set_errno(err);
        failed = "posix_fallocate()";
        goto failed;
    }

    if (ngx_tiktok_segment_zero(segment, size) != NGX_OK) {
        failed = "write()";
        goto failed;
    }

    if (ngx_tiktok_segment_map(segment, size, 1) != NGX_OK) {
        failed = "mmap()";
        goto failed;
    }

    head = ngx_tiktok_segment_head(segment);

    ngx_memcpy(head->magic, NGX_TIKTOK_SEGMENT_MAGIC, sizeof(head->magic));
    head->zone = zone;
    head->generation = 1;

    segment->own = 1;

    if (ngx_rename_file(temp, segment->path.data) == NGX_FILE_ERROR) {
        failed = ngx_rename_file_n;
        goto failed;
    }

    ngx_free(temp);

    return segment;

failed:

    if (level) {
        ngx_log_error(level, log, ngx_errno, "tiktok_queue: %s \"%s\" failed",
                      failed, temp);
    }

    if (segment->fd != NGX_INVALID_FILE) {
        (void) ngx_delete_file(temp);
    }

    ngx_free(temp);
    ngx_tiktok_segment_free(segment);

    return NULL;
}


ngx_int_t
ngx_tiktok_segment_adopt(ngx_tiktok_segment_t **result, ngx_str_t *path,
    uint64_t known, size_t *size, ngx_log_t *log)
{
    ngx_int_t                  rc;
    ngx_err_t                  err;
    ngx_file_info_t            fi;
    ngx_tiktok_segment_t      *segment;
    ngx_tiktok_segment_head_t  head;

    *size = 0;

    segment = ngx_tiktok_segment_alloc(path, log);
    if (segment == NULL) {
        return NGX_DECLINED;
    }

    rc = NGX_DECLINED;

    segment->fd = ngx_open_file(segment->path.data, NGX_FILE_RDWR,
                                NGX_FILE_OPEN|O_CLOEXEC, 0);

    if (segment->fd == NGX_INVALID_FILE) {
        rc = (ngx_errno == NGX_ENOENT) ? NGX_DECLINED : NGX_ERROR;
        goto failed;
    }

    if (ngx_fd_info(segment->fd, &fi) == NGX_FILE_ERROR) {
        goto failed;
    }

    *size = (size_t) ngx_file_size(&fi);

    if (flock(segment->fd, LOCK_EX|LOCK_NB) == -1) {
        goto failed;
    }

    if (ngx_fd_info(segment->fd, &fi) == NGX_FILE_ERROR || fi.st_nlink == 0) {
        /* its owner has removed it between our open() and flock() */
        *size = 0;
        goto failed;
    }

    if (pread(segment->fd, &head, sizeof(head), 0) != sizeof(head)
        || ngx_memcmp(head.magic, NGX_TIKTOK_SEGMENT_MAGIC, sizeof(head.magic))
           != 0)
    {
        rc = NGX_ABORT;
        goto failed;
    }

    if (known && head.zone == known) {
        rc = NGX_AGAIN;
        goto failed;
    }

    if (ngx_tiktok_segment_map(segment, *size, 0) != NGX_OK) {
        /* no fault of the file */
        rc = NGX_ERROR;
        goto failed;
    }

    /* where the records end is found by reading them */
    segment->last = segment->end;

    *result = segment;

    return NGX_OK;

failed:

    err = ngx_errno;

    ngx_tiktok_segment_free(segment);

    ngx_set_errno(err);

    return rc;
}


static ngx_tiktok_segment_t *
ngx_tiktok_segment_alloc(ngx_str_t *path, ngx_log_t *log)
{
    ngx_tiktok_segment_t  *segment;

    segment = ngx_calloc(sizeof(ngx_tiktok_segment_t) + path->len + 1, log);
    if (segment == NULL) {
        return NULL;
    }

    segment->fd = NGX_INVALID_FILE;
    segment->log = log;
    segment->path.len = path->len;
    segment->path.data = (u_char *) (segment + 1);

    ngx_memcpy(segment->path.data, path->data, path->len);

    return segment;
}


/*
 * A page that a write has put into the cache costs a fraction of one that a
 * page fault has to bring there.
 */

static ngx_int_t
ngx_tiktok_segment_zero(ngx_tiktok_segment_t *segment, size_t size)
{
    size_t   done;
    ssize_t  n;

    static u_char  zeros[NGX_TIKTOK_SEGMENT_ZEROS];

    for (done = 0; done < size; done += n) {

        n = ngx_write_fd(segment->fd, zeros,
                         ngx_min(size - done, NGX_TIKTOK_SEGMENT_ZEROS));

        if (n == -1 && ngx_errno == NGX_EINTR) {
            n = 0;
        }

        if (n == -1) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_tiktok_segment_map(ngx_tiktok_segment_t *segment, size_t size,
    ngx_uint_t populate)
{
    u_char  *p;

    p = mmap(NULL, size, PROT_READ|PROT_WRITE, MAP_SHARED, segment->fd, 0);
    if (p == MAP_FAILED) {
        return NGX_ERROR;
    }

#ifdef MADV_POPULATE_WRITE

    /*
     * page faults now, and not one by one within the visitors' requests;
     * MAP_POPULATE would leave those of the first write to each page
     */

    if (populate) {
        (void) madvise(p, size, MADV_POPULATE_WRITE);
    }

#endif

    segment->start = p;
    segment->end = p + size;
    segment->read = p + sizeof(ngx_tiktok_segment_head_t);
    segment->first = segment->read;
    segment->last = segment->read;

    return NGX_OK;
}


static void
ngx_tiktok_segment_free(ngx_tiktok_segment_t *segment)
{
    if (segment->start) {
        (void) munmap(segment->start, segment->end - segment->start);
    }

    if (segment->fd != NGX_INVALID_FILE) {
        (void) ngx_close_file(segment->fd);
    }

    ngx_free(segment);
}


void
ngx_tiktok_segment_append(ngx_tiktok_segment_t *segment,
    ngx_tiktok_record_t *record, u_char *test_code, u_char *json)
{
    size_t                size;
    u_char               *p;
    ngx_tiktok_record_t  *to;

    size = ngx_tiktok_record_size(record->length);

    to = (ngx_tiktok_record_t *) segment->last;

    to->done = 0;
    to->generation = ngx_tiktok_segment_head(segment)->generation;
    to->time = record->time;
    to->name = record->name;
    to->test_code = record->test_code;
    to->reserved = 0;

    p = ngx_tiktok_record_data(to);

    if (record->test_code) {
        p = ngx_cpymem(p, test_code, record->test_code);
    }

    ngx_memcpy(p, json, record->length - record->test_code);

    segment->last += size;

    /* the record behind is none, whatever stood there in an earlier use */

    if (segment->end - segment->last >= (ssize_t) sizeof(ngx_tiktok_record_t))
    {
        ((ngx_tiktok_record_t *) segment->last)->length = 0;
    }

    to->checksum = ngx_tiktok_record_checksum(to, record->length);

    ngx_memory_barrier();

    *(volatile uint32_t *) &to->length = record->length;

    segment->records++;
}


static uint32_t
ngx_tiktok_record_checksum(ngx_tiktok_record_t *record, size_t length)
{
    size_t  head;

    head = offsetof(ngx_tiktok_record_t, generation);

    return ngx_murmur_hash2((u_char *) record + head,
                            sizeof(ngx_tiktok_record_t) - head + length);
}


static ngx_uint_t
ngx_tiktok_record_valid(ngx_tiktok_segment_t *segment, u_char *p)
{
    size_t                room;
    ngx_tiktok_record_t  *record;

    record = (ngx_tiktok_record_t *) p;
    room = segment->last - p;

    return record->length != 0
           && record->generation
              == ngx_tiktok_segment_head(segment)->generation
           && record->length <= room
           && ngx_tiktok_record_size(record->length) <= room
           && record->test_code <= record->length
           && record->checksum == ngx_tiktok_record_checksum(record,
                                                             record->length);
}


ngx_tiktok_record_t *
ngx_tiktok_segment_next(ngx_tiktok_segment_t *segment, ngx_uint_t *corrupt)
{
    u_char               *p;
    ngx_tiktok_record_t  *record;

    for ( ;; ) {

        p = segment->read;
        record = (ngx_tiktok_record_t *) p;

        if (segment->last - p < (ssize_t) sizeof(ngx_tiktok_record_t)) {
            break;
        }

        if (!ngx_tiktok_record_valid(segment, p)) {

            /* the end, or damage with good records behind it */

            do {
                p += 8;
            } while (segment->last - p >= (ssize_t) sizeof(ngx_tiktok_record_t)
                     && !ngx_tiktok_record_valid(segment, p));

            if (segment->last - p < (ssize_t) sizeof(ngx_tiktok_record_t)
                && record->length == 0)
            {
                break;
            }

            (*corrupt)++;
            segment->read = p;

            continue;
        }

        segment->read += ngx_tiktok_record_size(record->length);

        if (!record->done) {
            return record;
        }
    }

    segment->last = segment->read;

    return NULL;
}


void
ngx_tiktok_segment_reset(ngx_tiktok_segment_t *segment)
{
    ngx_tiktok_segment_head_t  *head;

    head = ngx_tiktok_segment_head(segment);

    segment->read = segment->start + sizeof(ngx_tiktok_segment_head_t);
    segment->first = segment->read;
    segment->last = segment->read;
    segment->records = 0;

    head->corrupt = 0;

    /* empty first, so that no moment shows the old records as damaged */

    ((ngx_tiktok_record_t *) segment->last)->length = 0;

    ngx_memory_barrier();

    head->generation++;
}


ngx_int_t
ngx_tiktok_segment_sync(ngx_tiktok_segment_t *segment, u_char *from)
{
    u_char  *page;

    page = segment->start
           + (from - segment->start) / ngx_pagesize * ngx_pagesize;

    if (msync(page, segment->last - page, MS_SYNC) == -1) {
        ngx_log_error(NGX_LOG_CRIT, segment->log, ngx_errno,
                      "tiktok_queue: msync() \"%V\" failed", &segment->path);
        return NGX_ERROR;
    }

    return NGX_OK;
}


ngx_tiktok_record_t *
ngx_tiktok_segment_oldest(ngx_tiktok_segment_t *segment)
{
    size_t                size;
    ngx_tiktok_record_t  *record;

    while (segment->first < segment->read) {

        record = (ngx_tiktok_record_t *) segment->first;
        size = ngx_tiktok_record_size(record->length);

        if (record->length == 0
            || size > (size_t) (segment->read - segment->first))
        {
            /* a damaged place, which only reading finds the end of */
            segment->first = segment->read;
            break;
        }

        if (!record->done) {
            return record;
        }

        segment->first += size;
    }

    return segment->records ? (ngx_tiktok_record_t *) segment->read : NULL;
}


ngx_int_t
ngx_tiktok_segment_close(ngx_tiktok_segment_t *segment, ngx_uint_t remove)
{
    ngx_int_t  rc;

    rc = NGX_OK;

    if (remove && ngx_delete_file(segment->path.data) == NGX_FILE_ERROR
        && ngx_errno != NGX_ENOENT)
    {
        rc = NGX_ERROR;
        ngx_log_error(NGX_LOG_CRIT, segment->log, ngx_errno,
                      "tiktok_queue: " ngx_delete_file_n " \"%V\" failed",
                      &segment->path);
    }

    ngx_tiktok_segment_free(segment);

    return rc;
}
