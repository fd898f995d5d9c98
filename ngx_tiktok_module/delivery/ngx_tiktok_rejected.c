
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#include "ngx_tiktok_rejected.h"


void
ngx_tiktok_rejected_add(ngx_tiktok_queue_t *queue, ngx_tiktok_lease_t *lease,
    ngx_pool_t *pool, ngx_int_t code, ngx_str_t *message,
    ngx_str_t *request_id)
{
    u_char               *path, *old;
    size_t                len;
    ngx_fd_t              fd;
    ngx_str_t             json;
    ngx_file_info_t       fi;
    ngx_tiktok_writer_t   w;

    ngx_tiktok_lease_json(lease, &json);

    len = queue->store->dir.len + 1 + queue->pixel.len
          + sizeof(".rejected.1");

    path = ngx_pnalloc(pool, 2 * len);

    if (path == NULL
        || ngx_tiktok_writer_init(&w, pool, json.len + 1024) != NGX_OK)
    {
        return;
    }

    old = path + len;

    ngx_sprintf(path, "%V/%V.rejected%Z", &queue->store->dir, &queue->pixel);
    ngx_sprintf(old, "%V/%V.rejected.1%Z", &queue->store->dir, &queue->pixel);

    ngx_tiktok_write_literal(&w, "{\"time\":");
    ngx_tiktok_write_number(&w, (double) ngx_time());
    ngx_tiktok_write_literal(&w, ",\"code\":");
    ngx_tiktok_write_number(&w, (double) code);
    ngx_tiktok_write_literal(&w, ",\"message\":");
    ngx_tiktok_write_string(&w, message->data, message->len);
    ngx_tiktok_write_literal(&w, ",\"request_id\":");
    ngx_tiktok_write_string(&w, request_id->data, request_id->len);
    ngx_tiktok_write_literal(&w, ",\"event\":");
    ngx_tiktok_write(&w, json.data, json.len);
    ngx_tiktok_write_literal(&w, "}\n");

    if (w.failed) {
        return;
    }

    fd = ngx_open_file(path, NGX_FILE_APPEND|O_CLOEXEC,
                       NGX_FILE_CREATE_OR_OPEN, NGX_FILE_OWNER_ACCESS);

    if (fd == NGX_INVALID_FILE) {
        ngx_log_error(NGX_LOG_CRIT, queue->store->log, ngx_errno,
                      ngx_open_file_n " \"%s\" failed", path);
        return;
    }

    /* one write of one line: workers do not tear each other's */

    if (ngx_write_fd(fd, w.start, w.pos - w.start) != w.pos - w.start) {
        ngx_log_error(NGX_LOG_CRIT, queue->store->log, ngx_errno,
                      ngx_write_fd_n " \"%s\" failed", path);
    }

    if (ngx_fd_info(fd, &fi) != NGX_FILE_ERROR
        && ngx_file_size(&fi) > NGX_TIKTOK_REJECTED_SIZE)
    {
        (void) ngx_rename_file(path, old);
    }

    (void) ngx_close_file(fd);
}
