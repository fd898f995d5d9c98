
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * A cookie that was sealed, or pretends to be; what may be in it; and a text
 * that is sealed and opened, with one letter of it exchanged in between.
 */


#include "fuzz.h"
#include "ngx_tiktok_person.h"
#include "ngx_tiktok_seal.h"


static void fuzz_packed(ngx_str_t *text);
static void fuzz_sealed(ngx_str_t *text);


static ngx_str_t              fuzz_purpose = ngx_string("fuzz");
static ngx_tiktok_seal_key_t  fuzz_keys[2] = { { "one" }, { "two" } };


void
fuzz_seal(u_char *data, size_t size)
{
    u_char      buf[NGX_TIKTOK_SEAL_MAX];
    ngx_str_t   text, opened;

    fuzz_check(ngx_tiktok_seal_init(ngx_cycle->log) == NGX_OK);

    text.data = data;
    text.len = size;
    opened.data = buf;

    /* nobody has the keys */

    fuzz_check(ngx_tiktok_seal_open(&opened, &text, &fuzz_purpose, fuzz_keys,
                                    2)
               == NGX_DECLINED);

    fuzz_packed(&text);

    if (size <= NGX_TIKTOK_SEAL_MAX) {
        fuzz_sealed(&text);
    }
}


static void
fuzz_packed(ngx_str_t *text)
{
    u_char                buf[NGX_TIKTOK_PERSON_LEN], *last;
    time_t                t;
    ngx_tiktok_person_t   person;

    ngx_memzero(&person, sizeof(person));

    if (ngx_tiktok_person_unpack(&person, text, &t) != NGX_OK) {
        fuzz_check(person.known == 0);
        return;
    }

    last = ngx_tiktok_person_pack(buf, &person, t);

    fuzz_check((size_t) (last - buf) == text->len
               && ngx_memcmp(buf, text->data, text->len) == 0);
}


static void
fuzz_sealed(ngx_str_t *text)
{
    u_char      buf[NGX_TIKTOK_SEAL_MAX];
    size_t      n;
    ngx_str_t   sealed, opened;

    /* on the heap, and of just this size */

    sealed.data = malloc(ngx_tiktok_seal_size(text->len));
    if (sealed.data == NULL) {
        return;
    }

    opened.data = buf;

    fuzz_check(ngx_tiktok_seal(&sealed, text, &fuzz_purpose, &fuzz_keys[1])
               == NGX_OK);
    fuzz_check(sealed.len <= ngx_tiktok_seal_size(text->len));

    fuzz_check(ngx_tiktok_seal_open(&opened, &sealed, &fuzz_purpose, fuzz_keys,
                                    2)
               == NGX_OK);
    fuzz_check(opened.len == text->len
               && ngx_memcmp(buf, text->data, text->len) == 0);

    /* of the last letter not all bits count */

    n = text->len ? text->data[0] % (sealed.len - 1) : 0;
    sealed.data[n] ^= 1;

    fuzz_check(ngx_tiktok_seal_open(&opened, &sealed, &fuzz_purpose, fuzz_keys,
                                    2)
               == NGX_DECLINED);

    free(sealed.data);
}
