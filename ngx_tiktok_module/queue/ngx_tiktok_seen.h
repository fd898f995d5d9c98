
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#ifndef _NGX_TIKTOK_SEEN_H_INCLUDED_
#define _NGX_TIKTOK_SEEN_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_tiktok_event.h"


#define NGX_TIKTOK_SEEN_MIN        65536
#define NGX_TIKTOK_SEEN_DUPLICATE  (48 * 3600)
#define NGX_TIKTOK_SEEN_REPEATED   (30 * 24 * 3600)


/*
 * The events of the last time, in shared memory of fixed size: where it is
 * full, the oldest are forgotten.  Losing one may cost a repeat, which the
 * Events API drops, and never an event.
 */

typedef struct {
    uint64_t               event;       /* pixel, event and event_id */
    ngx_tiktok_identity_t  identity;
    uint64_t               order;       /* the same as event, or 0 where the
                                           event is no purchase */
    uint64_t               order_id;    /* pixel and order_id of a purchase,
                                           or 0 */
} ngx_tiktok_seen_key_t;


/* init handler of the zone */
ngx_int_t ngx_tiktok_seen_init(ngx_shm_zone_t *shm_zone, void *data);

/* whether an event says nothing that another one has not said before it */
ngx_uint_t ngx_tiktok_seen_same(ngx_tiktok_seen_key_t *key,
    ngx_tiktok_seen_key_t *before);

/* by what an event is known again */
void ngx_tiktok_seen_key(ngx_tiktok_seen_key_t *key, ngx_str_t *pixel,
    ngx_tiktok_event_t *event);

/*
 * Whether the event was queued before, with all of its identifiers:
 * NGX_TIKTOK_RESULT_DUPLICATE when within 48 hours,
 * NGX_TIKTOK_RESULT_REPEATED for a purchase within 30 days, whatever its
 * identifiers, else NGX_TIKTOK_RESULT_NONE.
 */
ngx_uint_t ngx_tiktok_seen_check(ngx_shm_zone_t *shm_zone,
    ngx_tiktok_seen_key_t *key, time_t now);

/*
 * Remembers an event that was queued.  Returns whether it is a purchase whose
 * order came under another event_id within 48 hours.
 */
ngx_uint_t ngx_tiktok_seen_add(ngx_shm_zone_t *shm_zone,
    ngx_tiktok_seen_key_t *key, time_t now);


#endif /* _NGX_TIKTOK_SEEN_H_INCLUDED_ */
