
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#include "ngx_tiktok_seen.h"
#include "ngx_tiktok_stats.h"


#define NGX_TIKTOK_SEEN_WAYS  8


/* what came under a key: an event's identifiers, or the id of an order */

typedef union {
    ngx_tiktok_identity_t     identity;
    uint32_t                  order;
} ngx_tiktok_seen_value_t;


typedef struct {
    uint64_t                  key;          /* 0 is free */
    uint32_t                  time;
    ngx_tiktok_seen_value_t   value;
} ngx_tiktok_seen_entry_t;


/* what the identifiers of an event say beyond those that are known */

typedef enum {
    NGX_TIKTOK_SEEN_NOTHING = 0,
    NGX_TIKTOK_SEEN_MORE,                   /* of the same visitor */
    NGX_TIKTOK_SEEN_OTHER
} ngx_tiktok_seen_more_e;


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
static ngx_uint_t ngx_tiktok_seen_event_known(ngx_tiktok_seen_t *seen,
    ngx_tiktok_seen_key_t *key, time_t now);
static void ngx_tiktok_seen_event_add(ngx_tiktok_seen_t *seen,
    ngx_tiktok_seen_key_t *key, time_t now);
static ngx_tiktok_seen_more_e ngx_tiktok_seen_compare(
    ngx_tiktok_identity_t *identity, ngx_tiktok_identity_t *known);
static uint64_t ngx_tiktok_seen_exact(ngx_tiktok_seen_key_t *key);
static ngx_tiktok_seen_entry_t *ngx_tiktok_seen_find(
    ngx_tiktok_seen_bucket_t *bucket, uint64_t key);
static time_t ngx_tiktok_seen_age(ngx_tiktok_seen_entry_t *entry, time_t now);
static ngx_tiktok_seen_entry_t *ngx_tiktok_seen_young(
    ngx_tiktok_seen_bucket_t *bucket, uint64_t key, time_t now, time_t keep);
static ngx_tiktok_seen_entry_t *ngx_tiktok_seen_put(
    ngx_tiktok_seen_bucket_t *bucket, uint64_t key, time_t now);


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

    p = ngx_snprintf(text, sizeof(text), "?%V%Z%V%Z%V", pixel, name,
                     &event->event_id);

    key->event = ngx_tiktok_seen_hash(text, p - text);
    key->identity = event->identity;
    key->order = (event->name == NGX_TIKTOK_EVENT_PURCHASE) ? key->event : 0;
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
    time_t                    order;
    ngx_uint_t                known;
    ngx_slab_pool_t          *shpool;
    ngx_tiktok_seen_t        *seen;
    ngx_tiktok_seen_entry_t  *entry;

    seen = shm_zone->data;
    shpool = (ngx_slab_pool_t *) shm_zone->shm.addr;
    order = -1;

    ngx_shmtx_lock(&shpool->mutex);

    known = ngx_tiktok_seen_event_known(seen, key, now);

    if (key->order) {
        entry = ngx_tiktok_seen_find(ngx_tiktok_seen_order(seen, key->order),
                                     key->order);
        if (entry) {
            order = ngx_tiktok_seen_age(entry, now);
        }
    }

    ngx_shmtx_unlock(&shpool->mutex);

    if (order > NGX_TIKTOK_SEEN_DUPLICATE && order < NGX_TIKTOK_SEEN_REPEATED)
    {
        return NGX_TIKTOK_RESULT_REPEATED;
    }

    return known ? NGX_TIKTOK_RESULT_DUPLICATE : NGX_TIKTOK_RESULT_NONE;
}


ngx_uint_t
ngx_tiktok_seen_add(ngx_shm_zone_t *shm_zone, ngx_tiktok_seen_key_t *key,
    time_t now)
{
    ngx_uint_t                 other;
    ngx_slab_pool_t           *shpool;
    ngx_tiktok_seen_t         *seen;
    ngx_tiktok_seen_entry_t   *entry;
    ngx_tiktok_seen_bucket_t  *bucket;

    seen = shm_zone->data;
    shpool = (ngx_slab_pool_t *) shm_zone->shm.addr;
    other = 0;

    ngx_shmtx_lock(&shpool->mutex);

    ngx_tiktok_seen_event_add(seen, key, now);

    if (key->order) {
        bucket = ngx_tiktok_seen_order(seen, key->order);

        /* counts from the first time */

        if (ngx_tiktok_seen_young(bucket, key->order, now,
                                  NGX_TIKTOK_SEEN_REPEATED)
            == NULL)
        {
            (void) ngx_tiktok_seen_put(bucket, key->order, now);
        }
    }

    if (key->order_id) {
        bucket = ngx_tiktok_seen_event(seen, key->order_id);

        entry = ngx_tiktok_seen_young(bucket, key->order_id, now,
                                      NGX_TIKTOK_SEEN_DUPLICATE);
        if (entry) {
            other = (entry->value.order != (uint32_t) key->order);

        } else {
            entry = ngx_tiktok_seen_put(bucket, key->order_id, now);
            entry->value.order = (uint32_t) key->order;
        }
    }

    ngx_shmtx_unlock(&shpool->mutex);

    return other;
}


ngx_uint_t
ngx_tiktok_seen_same(ngx_tiktok_seen_key_t *key, ngx_tiktok_seen_key_t *before)
{
    return key->event == before->event
           && ngx_tiktok_seen_compare(&key->identity, &before->identity)
              == NGX_TIKTOK_SEEN_NOTHING;
}


static ngx_uint_t
ngx_tiktok_seen_event_known(ngx_tiktok_seen_t *seen,
    ngx_tiktok_seen_key_t *key, time_t now)
{
    uint64_t                  exact;
    ngx_tiktok_seen_entry_t  *entry;

    /* both keys first: the memory of both is then waited for at once */

    exact = ngx_tiktok_seen_exact(key);

    entry = ngx_tiktok_seen_young(ngx_tiktok_seen_event(seen, key->event),
                                  key->event, now, NGX_TIKTOK_SEEN_DUPLICATE);
    if (entry
        && ngx_tiktok_seen_compare(&key->identity, &entry->value.identity)
           == NGX_TIKTOK_SEEN_NOTHING)
    {
        return 1;
    }

    return ngx_tiktok_seen_young(ngx_tiktok_seen_event(seen, exact), exact,
                                 now, NGX_TIKTOK_SEEN_DUPLICATE)
           != NULL;
}


/*
 * What is known under an event_id grows with those who know more of the
 * visitor.  Who says that it is somebody else has an entry of its own.
 */

static void
ngx_tiktok_seen_event_add(ngx_tiktok_seen_t *seen,
    ngx_tiktok_seen_key_t *key, time_t now)
{
    uint64_t                   exact;
    ngx_uint_t                 i;
    ngx_tiktok_seen_entry_t   *entry;
    ngx_tiktok_seen_bucket_t  *bucket;

    bucket = ngx_tiktok_seen_event(seen, key->event);

    entry = ngx_tiktok_seen_young(bucket, key->event, now,
                                  NGX_TIKTOK_SEEN_DUPLICATE);
    if (entry == NULL) {
        entry = ngx_tiktok_seen_put(bucket, key->event, now);
        entry->value.identity = key->identity;
        return;
    }

    switch (ngx_tiktok_seen_compare(&key->identity, &entry->value.identity)) {

    case NGX_TIKTOK_SEEN_NOTHING:
        /* counts from the first time */
        break;

    case NGX_TIKTOK_SEEN_MORE:
        for (i = 0; i < NGX_TIKTOK_IDENTITIES; i++) {
            if (key->identity.hashes[i]) {
                entry->value.identity.hashes[i] = key->identity.hashes[i];
            }
        }

        entry->time = (uint32_t) now;
        break;

    default: /* NGX_TIKTOK_SEEN_OTHER */
        exact = ngx_tiktok_seen_exact(key);
        bucket = ngx_tiktok_seen_event(seen, exact);

        if (ngx_tiktok_seen_young(bucket, exact, now,
                                  NGX_TIKTOK_SEEN_DUPLICATE)
            == NULL)
        {
            (void) ngx_tiktok_seen_put(bucket, exact, now);
        }
    }
}


static ngx_tiktok_seen_more_e
ngx_tiktok_seen_compare(ngx_tiktok_identity_t *identity,
    ngx_tiktok_identity_t *known)
{
    ngx_uint_t              i;
    ngx_tiktok_seen_more_e  more;

    more = NGX_TIKTOK_SEEN_NOTHING;

    for (i = 0; i < NGX_TIKTOK_IDENTITIES; i++) {

        if (identity->hashes[i] == 0
            || identity->hashes[i] == known->hashes[i])
        {
            continue;
        }

        if (known->hashes[i]) {
            return NGX_TIKTOK_SEEN_OTHER;
        }

        more = NGX_TIKTOK_SEEN_MORE;
    }

    return more;
}


/* the key of an event with just these identifiers */

static uint64_t
ngx_tiktok_seen_exact(ngx_tiktok_seen_key_t *key)
{
    u_char  *p, text[1 + sizeof(uint64_t) + sizeof(ngx_tiktok_identity_t)];

    p = ngx_cpymem(text + 1, &key->event, sizeof(uint64_t));
    p = ngx_cpymem(p, &key->identity, sizeof(ngx_tiktok_identity_t));

    return ngx_tiktok_seen_hash(text, p - text);
}


static ngx_tiktok_seen_entry_t *
ngx_tiktok_seen_find(ngx_tiktok_seen_bucket_t *bucket, uint64_t key)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_TIKTOK_SEEN_WAYS; i++) {
        if (bucket->entries[i].key == key) {
            return &bucket->entries[i];
        }
    }

    return NULL;
}


static time_t
ngx_tiktok_seen_age(ngx_tiktok_seen_entry_t *entry, time_t now)
{
    return ngx_max(now - (time_t) entry->time, 0);
}


/* the entry of a key that has not run out */

static ngx_tiktok_seen_entry_t *
ngx_tiktok_seen_young(ngx_tiktok_seen_bucket_t *bucket, uint64_t key,
    time_t now, time_t keep)
{
    ngx_tiktok_seen_entry_t  *entry;

    entry = ngx_tiktok_seen_find(bucket, key);

    return (entry && ngx_tiktok_seen_age(entry, now) <= keep) ? entry : NULL;
}


/* in the place of one that has run out, or of the oldest */

static ngx_tiktok_seen_entry_t *
ngx_tiktok_seen_put(ngx_tiktok_seen_bucket_t *bucket, uint64_t key, time_t now)
{
    ngx_uint_t                i;
    ngx_tiktok_seen_entry_t  *entry;

    entry = ngx_tiktok_seen_find(bucket, key);

    if (entry == NULL) {
        entry = &bucket->entries[0];

        for (i = 1; i < NGX_TIKTOK_SEEN_WAYS; i++) {
            if (bucket->entries[i].time < entry->time) {
                entry = &bucket->entries[i];
            }
        }
    }

    entry->key = key;
    entry->time = (uint32_t) now;
    ngx_memzero(&entry->value, sizeof(ngx_tiktok_seen_value_t));

    return entry;
}
