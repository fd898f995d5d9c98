
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * Opt-outs as they are told in the United States.  To add a cookie is to add
 * a row.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_tiktok_opt_out.h"
#include "ngx_tiktok_decode.h"
#include "ngx_tiktok_gpp.h"
#include "ngx_tiktok_presets.h"


static ngx_int_t ngx_tiktok_opt_out_cookies(ngx_tiktok_cookies_t *cookies,
    ngx_uint_t *signal, ngx_str_t *detail);
static ngx_int_t ngx_tiktok_opt_out_read(ngx_tiktok_cookie_t *cookie,
    ngx_str_t *detail);
static ngx_int_t ngx_tiktok_opt_out_us_privacy(ngx_str_t *text,
    ngx_str_t *detail);


typedef enum {
    NGX_TIKTOK_SIGNAL_GPC = 0,
    NGX_TIKTOK_SIGNAL_US_PRIVACY,
    NGX_TIKTOK_SIGNAL_GPP,
    NGX_TIKTOK_SIGNALS
} ngx_tiktok_signal_e;


static ngx_str_t  ngx_tiktok_signal_names[2][NGX_TIKTOK_SIGNALS] = {
    { ngx_string("gpc"), ngx_string("us_privacy"), ngx_string("gpp") },
    { ngx_string("limited by gpc"), ngx_string("limited by us_privacy"),
      ngx_string("limited by gpp") }
};


static ngx_tiktok_cookie_name_t  ngx_tiktok_signal_cookies[] = {
    { ngx_string("usprivacy"), 0 },
    { ngx_string("us_privacy"), 0 },
    { ngx_string("__cmpccpausps"), 0 },         /* consentmanager */
#define NGX_TIKTOK_SIGNAL_COOKIES_GPP  3        /* from here on */
    { ngx_string("IABGPP_HDR_GppString"), 0 },
    { ngx_string("OTGPPConsent"), 0 }           /* OneTrust */
};


#define NGX_TIKTOK_SIGNAL_COOKIES                                             \
    (sizeof(ngx_tiktok_signal_cookies) / sizeof(ngx_tiktok_cookie_name_t))

#define ngx_tiktok_cookie_signal(cookie)                                      \
    ((cookie)->index < NGX_TIKTOK_SIGNAL_COOKIES_GPP                          \
     ? NGX_TIKTOK_SIGNAL_US_PRIVACY : NGX_TIKTOK_SIGNAL_GPP)


ngx_uint_t
ngx_tiktok_opt_out(ngx_tiktok_cookies_t *cookies, ngx_uint_t gpc,
    ngx_uint_t limited, ngx_tiktok_consent_t *reason)
{
    ngx_uint_t  signal;

    ngx_str_null(&reason->detail);

    signal = NGX_TIKTOK_SIGNAL_GPC;

    if (!gpc
        && ngx_tiktok_opt_out_cookies(cookies, &signal, &reason->detail)
           != NGX_OK)
    {
        return 0;
    }

    reason->preset = ngx_tiktok_signal_names[limited][signal];

    return 1;
}


ngx_str_t *
ngx_tiktok_opt_out_cookie(ngx_uint_t i)
{
    return (i < NGX_TIKTOK_SIGNAL_COOKIES)
           ? &ngx_tiktok_signal_cookies[i].name : NULL;
}


/* the first that can be read, else the first that can't */

static ngx_int_t
ngx_tiktok_opt_out_cookies(ngx_tiktok_cookies_t *cookies, ngx_uint_t *signal,
    ngx_str_t *detail)
{
    ngx_int_t                rc;
    ngx_uint_t               broken;
    ngx_tiktok_cookie_t      cookie;
    ngx_tiktok_cookie_pos_t  pos;

    broken = 0;
    ngx_memzero(&pos, sizeof(ngx_tiktok_cookie_pos_t));

    while (ngx_tiktok_cookie_next(cookies, ngx_tiktok_signal_cookies,
                                  NGX_TIKTOK_SIGNAL_COOKIES, &pos, &cookie)
           == NGX_OK)
    {
        if (cookie.value.len == 0) {
            /* it was cleared */
            continue;
        }

        rc = ngx_tiktok_opt_out_read(&cookie, detail);

        if (rc == NGX_OK) {
            *signal = ngx_tiktok_cookie_signal(&cookie);
            return NGX_OK;
        }

        if (rc == NGX_ERROR && !broken) {
            *signal = ngx_tiktok_cookie_signal(&cookie);
            broken = 1;
        }
    }

    if (broken) {
        ngx_str_set(detail, "not readable");
        return NGX_OK;
    }

    return NGX_DECLINED;
}


static ngx_int_t
ngx_tiktok_opt_out_read(ngx_tiktok_cookie_t *cookie, ngx_str_t *detail)
{
    u_char  buf[NGX_TIKTOK_CONSENT_SIZE];

    if (cookie->value.len > NGX_TIKTOK_CONSENT_SIZE) {
        return NGX_ERROR;
    }

    ngx_tiktok_decode_percent(&cookie->value, buf);

    if (ngx_tiktok_cookie_signal(cookie) == NGX_TIKTOK_SIGNAL_US_PRIVACY) {
        return ngx_tiktok_opt_out_us_privacy(&cookie->value, detail);
    }

    return ngx_tiktok_gpp_opt_out(&cookie->value, detail);
}


/* iubenda wraps it: {"uspString":"1YN-",...} */

static ngx_int_t
ngx_tiktok_opt_out_us_privacy(ngx_str_t *text, ngx_str_t *detail)
{
    u_char     *p;
    ngx_str_t   string;

    static char  head[] = "\"uspString\":\"";

    if (text->len == 0 || text->data[0] != '{') {
        return ngx_tiktok_us_privacy_opt_out(text, detail);
    }

    p = ngx_strnstr(text->data, head, text->len);

    if (p == NULL) {
        return NGX_ERROR;
    }

    string.data = p + sizeof(head) - 1;
    string.len = text->data + text->len - string.data;
    string.len = ngx_min(string.len, 4);

    return ngx_tiktok_us_privacy_opt_out(&string, detail);
}
