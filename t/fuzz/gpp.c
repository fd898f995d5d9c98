
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * A GPP string, which is a us_privacy string, too, and a Cookie header.
 */


#include "fuzz.h"
#include "ngx_tiktok_gpp.h"
#include "ngx_tiktok_opt_out.h"


static ngx_uint_t fuzz_gpp_foreign(ngx_str_t *reason, ngx_str_t *text);


void
fuzz_gpp(u_char *data, size_t size)
{
    ngx_int_t              rc;
    ngx_str_t              text, reason;
    ngx_uint_t             opted_out;
    ngx_tiktok_consent_t   consent;
    ngx_tiktok_cookies_t   cookies;

    text.data = data;
    text.len = size;

    rc = ngx_tiktok_gpp_opt_out(&text, &reason);

    fuzz_check(rc == NGX_OK || rc == NGX_DECLINED || rc == NGX_ERROR);
    fuzz_check(rc != NGX_OK || fuzz_gpp_foreign(&reason, &text));
    fuzz_check(rc == NGX_ERROR || (size > 3 && data[0] == 'D'));

    rc = ngx_tiktok_us_privacy_opt_out(&text, &reason);

    fuzz_check(rc != NGX_OK || fuzz_gpp_foreign(&reason, &text));
    fuzz_check(rc == NGX_ERROR || size == 4);

    cookies.lines = &text;
    cookies.nlines = 1;

    opted_out = ngx_tiktok_opt_out(&cookies, 0, 0, &consent);

    fuzz_check(!opted_out || fuzz_gpp_foreign(&consent.detail, &text));
    fuzz_check(!opted_out || consent.preset.len);
}


/* whether a reason is none of the visitor's bytes */

static ngx_uint_t
fuzz_gpp_foreign(ngx_str_t *reason, ngx_str_t *text)
{
    return reason->len != 0
           && (reason->data < text->data
               || reason->data >= text->data + text->len);
}
