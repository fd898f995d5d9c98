
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#ifndef _NGX_TIKTOK_REJECTED_H_INCLUDED_
#define _NGX_TIKTOK_REJECTED_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_tiktok_queue.h"


#define NGX_TIKTOK_REJECTED_SIZE  16777216  /* then the file is rotated */


/* an event that is not delivered, and why */

typedef struct {
    ngx_tiktok_lease_t   lease;
    ngx_tiktok_fate_e    fate;              /* rejected or expired */
    ngx_int_t            code;              /* where rejected, the API's */
    ngx_str_t            message;
    ngx_str_t            request_id;
} ngx_tiktok_refusal_t;


/*
 * Appends events to DIR/PIXEL.rejected, each as one line of JSON, and ends
 * their loans.  Returns NGX_OK, or NGX_ERROR when they could not be written;
 * then they are still on loan.
 */
ngx_int_t ngx_tiktok_rejected_add(ngx_tiktok_queue_t *queue,
    ngx_tiktok_refusal_t *refusals, ngx_uint_t n);

/*
 * Renames a file that has become larger than NGX_TIKTOK_REJECTED_SIZE to
 * DIR/PIXEL.rejected.1; an older one of that name is lost.  Only one process
 * may do this, the one that looks through the directory.
 */
void ngx_tiktok_rejected_rotate(ngx_tiktok_queue_t *queue);


#endif /* _NGX_TIKTOK_REJECTED_H_INCLUDED_ */
