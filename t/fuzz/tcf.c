
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * A TC string: the first two bytes choose the vendor that is asked for.
 */


#include "fuzz.h"
#include "ngx_tiktok_tcf.h"


#define NOW  1764720000                     /* as in t/unit/tcf.c */


void
fuzz_tcf(u_char *data, size_t size)
{
    ngx_str_t              text, detail;
    ngx_tiktok_tcf_t       tcf;
    ngx_tiktok_verdict_e   verdict, again;

    static ngx_tiktok_tcf_t  plain;

    if (size < 2) {
        return;
    }

    if (plain.purposes == 0) {
        fuzz_check(ngx_tiktok_tcf_init(fuzz_cf->pool, &plain) == NGX_OK);
    }

    tcf = plain;
    tcf.vendor = data[0] << 8 | data[1];

    text.data = data + 2;
    text.len = size - 2;

    ngx_str_null(&detail);

    verdict = ngx_tiktok_tcf_check(&text, &tcf, NOW, &detail);

    fuzz_check(verdict <= NGX_TIKTOK_GRANTED);
    fuzz_check(detail.len != 0);
    fuzz_check(detail.data < data || detail.data >= data + size);

    /* whoever asks for less gets no less, and damage is damage for all */

    tcf.vendor = 0;
    again = ngx_tiktok_tcf_check(&text, &tcf, NOW, &detail);

    fuzz_check(again >= verdict);

    /* no verdict but of a string that starts as one of version 2 */

    fuzz_check(verdict == NGX_TIKTOK_UNDECIDED || *text.data == 'C');
}
