
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * The hashed identifiers that events of one visitor have brought, for those
 * of his later events that bring none.
 */


#ifndef _NGX_TIKTOK_PERSON_H_INCLUDED_
#define _NGX_TIKTOK_PERSON_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_tiktok_identity.h"


/* all that is hashed; the first of them tell one person from another */

typedef enum {
    NGX_TIKTOK_PERSON_EMAIL = 0,
    NGX_TIKTOK_PERSON_PHONE,
    NGX_TIKTOK_PERSON_EXTERNAL_ID,
    NGX_TIKTOK_PERSON_KEYS,

    NGX_TIKTOK_PERSON_FIRST_NAME = NGX_TIKTOK_PERSON_KEYS,
    NGX_TIKTOK_PERSON_LAST_NAME,
    NGX_TIKTOK_PERSON_ZIP_CODE,
    NGX_TIKTOK_PERSON_KINDS
} ngx_tiktok_person_e;


#define NGX_TIKTOK_PERSON_LEN                                                 \
    (4 + 1 + NGX_TIKTOK_PERSON_KINDS * NGX_TIKTOK_HASH_LEN / 2)


typedef struct {
    ngx_uint_t   known;             /* bits 1 << kind */
    unsigned     changed:1;         /* an event brought something new */
    unsigned     confirmed:1;       /* or what was known */
    u_char       hashes[NGX_TIKTOK_PERSON_KINDS][NGX_TIKTOK_HASH_LEN];
} ngx_tiktok_person_t;


/*
 * Forgets all that is known where the keys of an event, NULL where it has
 * none, may be somebody else's: there are some, be they unusable, and none of
 * them is known.
 */
void ngx_tiktok_person_meet(ngx_tiktok_person_t *person,
    u_char *keys[NGX_TIKTOK_PERSON_KEYS], ngx_uint_t unusable);

/* takes the hash that an event has brought */
void ngx_tiktok_person_learn(ngx_tiktok_person_t *person,
    ngx_tiktok_person_e kind, u_char *hash);

/*
 * What is known in as few bytes as it takes, at most NGX_TIKTOK_PERSON_LEN,
 * and since when.  Returns the end.
 */
u_char *ngx_tiktok_person_pack(u_char *dst, ngx_tiktok_person_t *person,
    time_t time);

/* the reverse: NGX_OK, or NGX_DECLINED where the text was not made by that */
ngx_int_t ngx_tiktok_person_unpack(ngx_tiktok_person_t *person,
    ngx_str_t *text, time_t *time);


#endif /* _NGX_TIKTOK_PERSON_H_INCLUDED_ */
