
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * A phone number: the first two bytes are the country, if there is one.
 */


#include "fuzz.h"
#include "ngx_tiktok_phone.h"


void
fuzz_phone(u_char *data, size_t size)
{
    u_char     *p, *last, *again;
    u_char      e164[NGX_TIKTOK_PHONE_LEN], other[NGX_TIKTOK_PHONE_LEN];
    ngx_str_t   text, country;

    if (size < 2) {
        return;
    }

    country.data = data;
    country.len = 2;

    text.data = data + 2;
    text.len = size - 2;

    last = ngx_tiktok_phone(e164, &text, ngx_tiktok_phone_plan(&country));

    if (last == NULL) {
        return;
    }

    fuzz_check(last - e164 <= NGX_TIKTOK_PHONE_LEN);
    fuzz_check(last - e164 > 6 && e164[0] == '+' && e164[1] != '0');

    for (p = e164 + 1; p < last; p++) {
        fuzz_check(*p >= '0' && *p <= '9');
    }

    /* once more, as it came out: in a few countries a bit more is taken off */

    text.data = e164;
    text.len = last - e164;

    again = ngx_tiktok_phone(other, &text, NULL);

    fuzz_check(again != NULL && again - other <= last - e164);
}
