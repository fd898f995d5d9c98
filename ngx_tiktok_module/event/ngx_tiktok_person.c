
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_tiktok_person.h"


#define NGX_TIKTOK_PERSON_HEAD  5           /* bytes: time and kinds */
#define NGX_TIKTOK_PERSON_HASH  (NGX_TIKTOK_HASH_LEN / 2)


void
ngx_tiktok_person_meet(ngx_tiktok_person_t *person,
    u_char *keys[NGX_TIKTOK_PERSON_KEYS], ngx_uint_t unusable)
{
    ngx_uint_t  i, other;

    other = unusable;

    for (i = 0; i < NGX_TIKTOK_PERSON_KEYS; i++) {

        if (keys[i] == NULL) {
            continue;
        }

        if ((person->known & (1 << i))
            && ngx_memcmp(keys[i], person->hashes[i], NGX_TIKTOK_HASH_LEN)
               == 0)
        {
            return;
        }

        other = 1;
    }

    if (other) {
        person->known = 0;
    }
}


void
ngx_tiktok_person_learn(ngx_tiktok_person_t *person, ngx_tiktok_person_e kind,
    u_char *hash)
{
    u_char  *known;

    known = person->hashes[kind];

    if ((person->known & (1 << kind))
        && ngx_memcmp(known, hash, NGX_TIKTOK_HASH_LEN) == 0)
    {
        person->confirmed = 1;
        return;
    }

    ngx_memcpy(known, hash, NGX_TIKTOK_HASH_LEN);

    person->known |= 1 << kind;
    person->changed = 1;
}


u_char *
ngx_tiktok_person_pack(u_char *dst, ngx_tiktok_person_t *person, time_t time)
{
    u_char      *hash;
    ngx_uint_t   i, k;

    *dst++ = (u_char) (time >> 24);
    *dst++ = (u_char) (time >> 16);
    *dst++ = (u_char) (time >> 8);
    *dst++ = (u_char) time;

    *dst++ = (u_char) person->known;

    for (i = 0; i < NGX_TIKTOK_PERSON_KINDS; i++) {

        if (!(person->known & (1 << i))) {
            continue;
        }

        hash = person->hashes[i];

        for (k = 0; k < NGX_TIKTOK_PERSON_HASH; k++) {
            *dst++ = (u_char) ngx_hextoi(hash + 2 * k, 2);
        }
    }

    return dst;
}


ngx_int_t
ngx_tiktok_person_unpack(ngx_tiktok_person_t *person, ngx_str_t *text,
    time_t *time)
{
    u_char      *p;
    size_t       len;
    ngx_uint_t   i, known;

    if (text->len < NGX_TIKTOK_PERSON_HEAD) {
        return NGX_DECLINED;
    }

    p = text->data;

    *time = (time_t) ((uint32_t) p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3]);
    known = p[4];

    len = NGX_TIKTOK_PERSON_HEAD;

    for (i = 0; i < NGX_TIKTOK_PERSON_KINDS; i++) {
        if (known & (1 << i)) {
            len += NGX_TIKTOK_PERSON_HASH;
        }
    }

    if (known >> NGX_TIKTOK_PERSON_KINDS || text->len != len) {
        return NGX_DECLINED;
    }

    p += NGX_TIKTOK_PERSON_HEAD;

    for (i = 0; i < NGX_TIKTOK_PERSON_KINDS; i++) {
        if (known & (1 << i)) {
            (void) ngx_hex_dump(person->hashes[i], p, NGX_TIKTOK_PERSON_HASH);
            p += NGX_TIKTOK_PERSON_HASH;
        }
    }

    person->known = known;

    return NGX_OK;
}
