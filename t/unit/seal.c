
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * Text that nobody else can read, change, or use for something else.
 */


#include "event.h"
#include "ngx_tiktok_seal.h"

#include <openssl/err.h>


static ngx_tiktok_seal_key_t  keys[3];


static void
test_open(size_t len)
{
    size_t      i;
    u_char      text[NGX_TIKTOK_SEAL_MAX], opened[NGX_TIKTOK_SEAL_MAX];
    ngx_str_t   sealed, again, clear, got, purpose;
    ngx_uint_t  ok;

    memset(text, 'x', sizeof(text));

    clear.data = text;
    clear.len = len;
    purpose = unit_str("a:b");

    sealed = unit_exact("", 0);
    sealed.data = realloc(sealed.data, ngx_tiktok_seal_size(len));
    again.data = malloc(ngx_tiktok_seal_size(len));

    unit_ok(ngx_tiktok_seal(&sealed, &clear, &purpose, &keys[0]) == NGX_OK
            && ngx_tiktok_seal(&again, &clear, &purpose, &keys[0]) == NGX_OK,
            "%d bytes", (int) len);
    unit_ok(sealed.len <= ngx_tiktok_seal_size(len)
            && sealed.len >= ngx_tiktok_seal_size(len) - 2,
            "%d bytes are sealed in %d", (int) len, (int) sealed.len);
    unit_ok(sealed.len == again.len
            && memcmp(sealed.data, again.data, sealed.len) != 0,
            "and never twice in the same");

    got.data = opened;
    ok = (ngx_tiktok_seal_open(&got, &sealed, &purpose, keys, 1) == NGX_OK
          && got.len == len && memcmp(opened, text, len) == 0);
    unit_ok(ok, "it opens");

    ok = (ngx_tiktok_seal_open(&got, &sealed, &purpose, keys + 1, 2)
          == NGX_DECLINED);
    unit_ok(ok, "by no other key");

    purpose = unit_str("a:c");
    unit_ok(ngx_tiktok_seal_open(&got, &sealed, &purpose, keys, 3)
            == NGX_DECLINED, "for no other purpose");
    purpose = unit_str("a:b");

    ok = 1;

    /* of the last letter not all bits count */

    for (i = 0; i < sealed.len - 1; i++) {
        sealed.data[i] ^= 4;
        ok &= (ngx_tiktok_seal_open(&got, &sealed, &purpose, keys, 3)
               == NGX_DECLINED);
        sealed.data[i] ^= 4;
    }

    unit_ok(ok, "changed nowhere");

    again.len = sealed.len;
    ok = 1;

    while (again.len) {
        again.len--;
        ok &= (ngx_tiktok_seal_open(&got, &again, &purpose, keys, 3)
               == NGX_DECLINED);
    }

    unit_ok(ok, "and cut nowhere");

    free(sealed.data);
    free(again.data);
}


void
unit_seal(ngx_conf_t *cf)
{
    u_char       buf[NGX_TIKTOK_SEAL_MAX], *long_text;
    size_t       len;
    ngx_str_t    text, got, purpose;
    ngx_uint_t   i;

    /* "\1", a nonce of 12 zeros, "hello" and its tag, by Crypt::AuthEnc::GCM */

    static const char  known[] =
        "AQAAAAAAAAAAAAAAAP1x3N2HATe161nTZLvjQd6MUp2L7A";

    static const char  *none[] = {
        "", "A", "AA", "AQ", "=", "====", "!!!!", "AQAA AAAA",
        "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "AgAAAAAAAAAAAAAAAImM3YMnfmP6S4trHUsy7kOkH66GAA",
        "AQAAAAAAAAAAAAAAAP1x3N2HATe161nTZLvjQd6MUp2L7Q",
        "AQAAAAAAAAAAAAAAAP1x3N2HATe161nTZLvjQd6MUp2L7",
        "AQAAAAAAAAAAAAAAAP1x3N2HATe161nTZLvjQd6MUp2L7AAA"
    };

    if (ngx_tiktok_seal_init(cf->log) != NGX_OK) {
        unit_ok(0, "starts");
        return;
    }

    unit_ok(ngx_tiktok_seal_init(cf->log) == NGX_OK, "starts once");

    memset(keys[0].bytes, 'a', NGX_TIKTOK_SEAL_KEY_LEN);
    memset(keys[1].bytes, 'b', NGX_TIKTOK_SEAL_KEY_LEN);
    memset(keys[2].bytes, 'a', NGX_TIKTOK_SEAL_KEY_LEN);
    keys[2].bytes[NGX_TIKTOK_SEAL_KEY_LEN - 1] = 'b';

    for (len = 0; len <= 4; len++) {
        test_open(len);
    }

    test_open(NGX_TIKTOK_SEAL_MAX);

    got.data = buf;
    purpose = unit_str("a:b");
    text = unit_exact(known, strlen(known));
    unit_ok(ngx_tiktok_seal_open(&got, &text, &purpose, keys + 1, 1)
            == NGX_DECLINED
            && ngx_tiktok_seal_open(&got, &text, &purpose, keys, 3) == NGX_OK,
            "what another library has sealed");
    unit_is(got.data, got.len, "hello", "opens");
    free(text.data);

    for (i = 0; i < unit_count(none); i++) {
        text = unit_exact(none[i], strlen(none[i]));
        unit_ok(ngx_tiktok_seal_open(&got, &text, &purpose, keys, 3)
                == NGX_DECLINED, "\"%s\" does not open", none[i]);
        free(text.data);
    }

    long_text = malloc(70000);
    memset(long_text, 'A', 70000);

    for (len = ngx_tiktok_seal_size(NGX_TIKTOK_SEAL_MAX) - 2; len < 70000;
         len += (len < 400) ? 1 : 997)
    {
        text = unit_exact(long_text, len);

        if (ngx_tiktok_seal_open(&got, &text, &purpose, keys, 3)
            != NGX_DECLINED)
        {
            unit_ok(0, "%d letters", (int) len);
        }

        free(text.data);
    }

    text.data = long_text;
    text.len = NGX_TIKTOK_SEAL_MAX + 1;
    unit_ok(ngx_tiktok_seal(&got, &text, &purpose, keys) == NGX_ERROR,
            "more than that is not sealed");
    free(long_text);

    unit_ok(ERR_peek_error() == 0, "no error is left for a TLS connection");

    ngx_tiktok_seal_done();
    unit_ok(ngx_tiktok_seal_init(cf->log) == NGX_OK, "starts again");
    ngx_tiktok_seal_done();
}
