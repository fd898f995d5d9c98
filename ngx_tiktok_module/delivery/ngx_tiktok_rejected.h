
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#ifndef _NGX_TIKTOK_REJECTED_H_INCLUDED_
#define _NGX_TIKTOK_REJECTED_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_tiktok_queue.h"


#define NGX_TIKTOK_REJECTED_SIZE  16777216  /* then the file is rotated */


/*
 * Appends an event to DIR/PIXEL.rejected, as one line of JSON with the time,
 * the API's code, message and request id.  At NGX_TIKTOK_REJECTED_SIZE bytes
 * the file becomes DIR/PIXEL.rejected.1, and an older one is lost.  Errors
 * are logged; the event is lost then, but for the counters.
 */
void ngx_tiktok_rejected_add(ngx_tiktok_queue_t *queue,
    ngx_tiktok_lease_t *lease, ngx_pool_t *pool, ngx_int_t code,
    ngx_str_t *message, ngx_str_t *request_id);


#endif /* _NGX_TIKTOK_REJECTED_H_INCLUDED_ */
