
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#include "ngx_tiktok_seen.h"
#include "ngx_tiktok_stats.h"


#define NGX_TIKTOK_SEEN_WAYS  8


typedef struct {
    uint64_t    key;                        /* 0 is free */
    uint32_t    time;
    uint32_t    tag;                        /* what came under the key */
} ngx_tiktok_seen_entry_t;


/* a key may stand anywhere in its bucket, the oldest gives way */

typedef struct {
    ngx_tiktok_seen_entry_t  entries[NGX_TIKTOK_SEEN_WAYS];
} ngx_tiktok_seen_bucket_t;


/* purchases are remembered longer: other events must not push them out */

typedef struct {
    ngx_uint_t                nevents;
    ngx_uint_t                norders;
    ngx_tiktok_seen_bucket_t  buckets[1];   /* events, then orders */
} ngx_tiktok_seen_t;


static uint64_t ngx_tiktok_seen_hash(u_char *text, size_t len);
static ngx_tiktok_seen_bucket_t *ngx_tiktok_seen_event(ngx_tiktok_seen_t *seen,
    uint64_t key);
static ngx_tiktok_seen_bucket_t *ngx_tiktok_seen_order(ngx_tiktok_seen_t *seen,
    uint64_t key);
static time_t ngx_tiktok_seen_age(ngx_tiktok_seen_bucket_t *bucket,
    uint64_t key, time_t now);
static ngx_uint_t ngx_tiktok_seen_put(ngx_tiktok_seen_bucket_t *bucket,
    uint64_t key, uint32_t tag, time_t now, ngx_uint_t keep);


ngx_int_t
ngx_tiktok_seen_init(ngx_shm_zone_t *shm_zone, void *data)
{
    size_t              size;
    ngx_uint_t          n;
    ngx_slab_pool_t    *shpool;
    ngx_tiktok_seen_t  *seen;

    if (data) {
        shm_zone->data = data;
        return NGX_OK;
    }

    shpool = (ngx_slab_pool_t *) shm_zone->shm.addr;

    if (shm_zone->shm.exists) {
        shm_zone->data = shpool->data;
        return NGX_OK;
    }

    /* one block: what the slab's own tables leave, as far as it is whole */

    size = (shpool->end - shpool->start) / ngx_pagesize * ngx_pagesize;

    do {
        size -= ngx_pagesize;
        seen = ngx_slab_calloc(shpool, size);
    } while (seen == NULL && size > ngx_pagesize);

    if (seen == NULL) {
        return NGX_ERROR;
    }

    n = (size - sizeof(ngx_tiktok_seen_t)) / sizeof(ngx_tiktok_seen_bucket_t);

    seen->norders = n / 4;
    seen->nevents = n - seen->norders;

    shpool->data = seen;
    shm_zone->data = seen;

    return NGX_OK;
}


void
ngx_tiktok_seen_key(ngx_tiktok_seen_key_t *key, ngx_str_t *pixel,
    ngx_tiktok_event_t *event)
{
    u_char     *p, text[1024];
    ngx_str_t  *name;

    /* an old and a new spelling are one event, custom ones are as spelt */

    name = (event->name == NGX_TIKTOK_EVENT_CUSTOM)
           ? &event->spelling : ngx_tiktok_event_name(event->name);

    p = ngx_snprintf(text, sizeof(text) - sizeof(uint32_t), "?%V%Z%V%Z%V",
                     pixel, name, &event->event_id);

    key->order = (event->name == NGX_TIKTOK_EVENT_PURCHASE)
                 ? ngx_tiktok_seen_hash(text, p - text) : 0;

    p = ngx_cpymem(p, &event->identity, sizeof(uint32_t));

    key->event = ngx_tiktok_seen_hash(text, p - text);
    key->order_id = 0;

    if (event->order_id.len) {
        p = ngx_snprintf(text, sizeof(text), "?%V%Zorder_id%Z%V", pixel,
                         &event->order_id);

        key->order_id = ngx_tiktok_seen_hash(text, p - text);
    }
}


/* the first byte of the text is for us */

static uint64_t
ngx_tiktok_seen_hash(u_char *text, size_t len)
{
    uint64_t  hash;

    text[0] = 'a';
    hash = ngx_murmur_hash2(text, len);

    text[0] = 'b';
    hash = (hash << 32) | ngx_murmur_hash2(text, len);

    return hash ? hash : 1;
}


static ngx_tiktok_seen_bucket_t *
ngx_tiktok_seen_event(ngx_tiktok_seen_t *seen, uint64_t key)
{
    return &seen->buckets[key % seen->nevents];
}


static ngx_tiktok_seen_bucket_t *
ngx_tiktok_seen_order(ngx_tiktok_seen_t *seen, uint64_t key)
{
    return &seen->buckets[seen->nevents + key % seen->norders];
}


ngx_uint_t
ngx_tiktok_seen_check(ngx_shm_zone_t *shm_zone, ngx_tiktok_seen_key_t *key,
    time_t now)
{
    time_t              event, order;
    ngx_slab_pool_t    *shpool;
    ngx_tiktok_seen_t  *seen;

    seen = shm_zone->data;
    shpool = (ngx_slab_pool_t *) shm_zone->shm.addr;
    order = -1;

    ngx_shmtx_lock(&shpool->mutex);

    event = ngx_tiktok_seen_age(ngx_tiktok_seen_event(seen, key->event),
                                key->event, now);
    if (key->order) {
        order = ngx_tiktok_seen_age(ngx_tiktok_seen_order(seen, key->order),
                                    key->order, now);
    }

    ngx_shmtx_unlock(&shpool->mutex);

    if (order > NGX_TIKTOK_SEEN_DUPLICATE && order < NGX_TIKTOK_SEEN_REPEATED)
    {
        return NGX_TIKTOK_RESULT_REPEATED;
    }

    if (event >= 0 && event <= NGX_TIKTOK_SEEN_DUPLICATE) {
        return NGX_TIKTOK_RESULT_DUPLICATE;
    }

    return NGX_TIKTOK_RESULT_NONE;
}


ngx_uint_t
ngx_tiktok_seen_add(ngx_shm_zone_t *shm_zone, ngx_tiktok_seen_key_t *key,
    time_t now)
{
    ngx_uint_t          other;
    ngx_slab_pool_t    *shpool;
    ngx_tiktok_seen_t  *seen;

    seen = shm_zone->data;
    shpool = (ngx_slab_pool_t *) shm_zone->shm.addr;
    other = 0;

    ngx_shmtx_lock(&shpool->mutex);

    (void) ngx_tiktok_seen_put(ngx_tiktok_seen_event(seen, key->event),
                               key->event, 0, now, NGX_TIKTOK_SEEN_DUPLICATE);

    if (key->order) {
        /* counts from the first time */
        (void) ngx_tiktok_seen_put(ngx_tiktok_seen_order(seen, key->order),
                                   key->order, 0, now,
                                   NGX_TIKTOK_SEEN_REPEATED);
    }

    if (key->order_id) {
        other = ngx_tiktok_seen_put(ngx_tiktok_seen_event(seen, key->order_id),
                                    key->order_id, (uint32_t) key->order, now,
                                    NGX_TIKTOK_SEEN_DUPLICATE);
    }

    ngx_shmtx_unlock(&shpool->mutex);

    return other;
}


/* seconds since the key was put there, -1 if it was not */

static time_t
ngx_tiktok_seen_age(ngx_tiktok_seen_bucket_t *bucket, uint64_t key, time_t now)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_TIKTOK_SEEN_WAYS; i++) {
        if (bucket->entries[i].key == key) {
            return ngx_max(now - (time_t) bucket->entries[i].time, 0);
        }
    }

    return -1;
}


/*
 * The time and tag of a key that is there are kept until it has run out.
 * Returns whether it is there with another tag.
 */

static ngx_uint_t
ngx_tiktok_seen_put(ngx_tiktok_seen_bucket_t *bucket, uint64_t key,
    uint32_t tag, time_t now, ngx_uint_t keep)
{
    ngx_uint_t                i;
    ngx_tiktok_seen_entry_t  *entry, *oldest;

    oldest = &bucket->entries[0];

    for (i = 0; i < NGX_TIKTOK_SEEN_WAYS; i++) {
        entry = &bucket->entries[i];

        if (entry->key == key) {

            if (now - (time_t) entry->time <= (time_t) keep) {
                return entry->tag != tag;
            }

            oldest = entry;
            break;
        }

        if (entry->time < oldest->time) {
            oldest = entry;
        }
    }

    oldest->key = key;
    oldest->time = (uint32_t) now;
    oldest->tag = tag;

    return 0;
}
