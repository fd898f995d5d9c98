
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * A value of a user: the first byte is its kind, and the next two are the
 * country.
 */


#include "fuzz.h"
#include "ngx_tiktok_identity.h"
#include "ngx_tiktok_utf8.h"


static ngx_tiktok_normal_pt  kinds[] = {
    ngx_tiktok_normal_email,
    ngx_tiktok_normal_external_id,
    ngx_tiktok_normal_name,
    ngx_tiktok_normal_zip,
    ngx_tiktok_normal_city,
    ngx_tiktok_normal_state,
    ngx_tiktok_normal_country
};


#define KINDS  (sizeof(kinds) / sizeof(kinds[0]))


void
fuzz_identity(u_char *data, size_t size)
{
    u_char                 *p, *q, *last, *again;
    u_char                  hash[NGX_TIKTOK_HASH_LEN];
    u_char                  once[NGX_TIKTOK_IDENTIFIER_SIZE];
    u_char                  twice[NGX_TIKTOK_IDENTIFIER_SIZE];
    uint32_t                c;
    ngx_str_t               text;
    ngx_tiktok_place_t      place;
    ngx_tiktok_normal_pt    normal;

    if (size < 3) {
        return;
    }

    normal = kinds[data[0] % KINDS];

    place.plan = NULL;
    place.country.data = data + 1;
    place.country.len = data[1] ? 2 : 0;

    text.data = data + 3;
    text.len = size - 3;

    last = ngx_tiktok_identifier(once, &text, normal, &place);

    fuzz_check(ngx_tiktok_hash_init(ngx_cycle->log) == NGX_OK);
    fuzz_check(ngx_tiktok_identifier_hash(hash, &text, normal, &place, 1)
               == NGX_DECLINED || text.len >= NGX_TIKTOK_HASH_LEN);

    if (last == NULL) {
        return;
    }

    fuzz_check(last > once && last - once <= NGX_TIKTOK_IDENTIFIER_SIZE);
    fuzz_check(ngx_tiktok_identifier_hash(hash, &text, normal, &place, 0)
               == NGX_OK);

    /* what is in clear can do no harm, and what is right stays as it is */

    if (normal == ngx_tiktok_normal_email
        || normal == ngx_tiktok_normal_external_id)
    {
        return;
    }

    for (p = once; p < last; p = q) {
        q = p;
        c = ngx_tiktok_utf8_decode(&q, last);

        fuzz_check(c != NGX_TIKTOK_UTF8_INVALID && c >= ' ' && c != '@');
    }

    text.data = once;
    text.len = last - once;

    if (text.len > NGX_TIKTOK_IDENTIFIER_LEN) {
        return;
    }

    again = ngx_tiktok_identifier(twice, &text, normal, &place);

    fuzz_check(again != NULL && again - twice == last - once);
    fuzz_check(ngx_memcmp(twice, once, last - once) == 0);
}
