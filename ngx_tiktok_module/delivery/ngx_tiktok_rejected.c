
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * The file of the events that are not delivered.
 */


#include "ngx_tiktok_rejected.h"


static void ngx_tiktok_rejected_write(ngx_tiktok_writer_t *w,
    ngx_tiktok_refusal_t *refusal);
static ngx_int_t ngx_tiktok_rejected_append(ngx_tiktok_queue_t *queue,
    ngx_tiktok_writer_t *w);
static u_char *ngx_tiktok_rejected_path(ngx_tiktok_queue_t *queue,
    const char *suffix);


ngx_int_t
ngx_tiktok_rejected_add(ngx_tiktok_queue_t *queue,
    ngx_tiktok_refusal_t *refusals, ngx_uint_t n)
{
    ngx_int_t             rc;
    ngx_uint_t            i;
    ngx_pool_t           *pool;
    ngx_tiktok_writer_t   w;

    pool = ngx_create_pool(4096, queue->store->log);
    if (pool == NULL) {
        return NGX_ERROR;
    }

    rc = ngx_tiktok_writer_init(&w, pool, 1024 * n);

    if (rc == NGX_OK) {
        for (i = 0; i < n; i++) {
            ngx_tiktok_rejected_write(&w, &refusals[i]);
        }

        rc = w.failed ? NGX_ERROR : ngx_tiktok_rejected_append(queue, &w);
    }

    ngx_destroy_pool(pool);

    if (rc != NGX_OK) {
        return NGX_ERROR;
    }

    for (i = 0; i < n; i++) {
        ngx_tiktok_queue_done(queue, &refusals[i].lease, refusals[i].fate);
    }

    return NGX_OK;
}


static void
ngx_tiktok_rejected_write(ngx_tiktok_writer_t *w,
    ngx_tiktok_refusal_t *refusal)
{
    ngx_str_t  json, test_code;

    ngx_tiktok_lease_json(&refusal->lease, &json);
    ngx_tiktok_lease_test_code(&refusal->lease, &test_code);

    ngx_tiktok_write_literal(w, "{\"time\":");
    ngx_tiktok_write_number(w, (double) ngx_time());
    ngx_tiktok_write_literal(w, ",\"queued\":");
    ngx_tiktok_write_number(w, (double) refusal->lease.record->time);

    if (refusal->fate == NGX_TIKTOK_FATE_EXPIRED) {
        ngx_tiktok_write_literal(w, ",\"reason\":\"expired\"");

    } else {
        ngx_tiktok_write_literal(w, ",\"reason\":\"rejected\",\"code\":");
        ngx_tiktok_write_number(w, (double) refusal->code);
        ngx_tiktok_write_literal(w, ",\"message\":");
        ngx_tiktok_write_string(w, refusal->message.data,
                                refusal->message.len);
        ngx_tiktok_write_literal(w, ",\"request_id\":");
        ngx_tiktok_write_string(w, refusal->request_id.data,
                                refusal->request_id.len);
    }

    if (test_code.len) {
        ngx_tiktok_write_literal(w, ",\"test_event_code\":");
        ngx_tiktok_write_string(w, test_code.data, test_code.len);
    }

    ngx_tiktok_write_literal(w, ",\"event\":");
    ngx_tiktok_write(w, json.data, json.len);
    ngx_tiktok_write_literal(w, "}\n");
}


static ngx_int_t
ngx_tiktok_rejected_append(ngx_tiktok_queue_t *queue, ngx_tiktok_writer_t *w)
{
    size_t       len;
    u_char      *path;
    ssize_t      n;
    ngx_fd_t     fd;
    ngx_err_t    err;
    const char  *failed;

    path = ngx_tiktok_rejected_path(queue, "");
    if (path == NULL) {
        return NGX_ERROR;
    }

    len = w->pos - w->start;
    n = -1;
    failed = ngx_open_file_n;

    fd = ngx_open_file(path, NGX_FILE_APPEND|O_CLOEXEC,
                       NGX_FILE_CREATE_OR_OPEN, NGX_FILE_OWNER_ACCESS);

    if (fd != NGX_INVALID_FILE) {

        /* one write of whole lines: workers do not tear each other's */

        n = ngx_write_fd(fd, w->start, len);
        failed = ngx_write_fd_n;
        err = (n == -1) ? ngx_errno : NGX_ENOSPC;

        if (n > 0 && (size_t) n < len) {
            /* half a line must not spoil the next one */
            (void) ngx_write_fd(fd, "\n", 1);
        }

        (void) ngx_close_file(fd);

    } else {
        err = ngx_errno;
    }

    if (n == (ssize_t) len) {
        queue->unwritten = 0;

    } else if (!queue->unwritten) {
        queue->unwritten = 1;
        ngx_log_error(NGX_LOG_CRIT, queue->store->log, err,
                      "tiktok_queue: %s \"%s\" failed, what stands for it "
                      "waits in the queue", failed, path);
    }

    ngx_free(path);

    return (n == (ssize_t) len) ? NGX_OK : NGX_ERROR;
}


void
ngx_tiktok_rejected_rotate(ngx_tiktok_queue_t *queue)
{
    u_char           *path, *old;
    ngx_file_info_t   fi;

    path = ngx_tiktok_rejected_path(queue, "");
    if (path == NULL) {
        return;
    }

    if (ngx_file_info(path, &fi) != NGX_FILE_ERROR
        && ngx_file_size(&fi) > NGX_TIKTOK_REJECTED_SIZE)
    {
        old = ngx_tiktok_rejected_path(queue, ".1");

        if (old && ngx_rename_file(path, old) == NGX_FILE_ERROR) {
            ngx_log_error(NGX_LOG_CRIT, queue->store->log, ngx_errno,
                          "tiktok_queue: " ngx_rename_file_n " \"%s\" failed",
                          path);
        }

        if (old) {
            ngx_free(old);
        }
    }

    ngx_free(path);
}


static u_char *
ngx_tiktok_rejected_path(ngx_tiktok_queue_t *queue, const char *suffix)
{
    u_char  *path;

    path = ngx_alloc(queue->store->dir.len + 1 + queue->pixel.len
                     + sizeof(".rejected.1"), queue->store->log);

    if (path) {
        ngx_sprintf(path, "%V/%V.rejected%s%Z", &queue->store->dir,
                    &queue->pixel, suffix);
    }

    return path;
}
