
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#ifndef _NGX_TIKTOK_OPT_OUT_H_INCLUDED_
#define _NGX_TIKTOK_OPT_OUT_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_tiktok_consent.h"
#include "ngx_tiktok_cookie.h"


/*
 * Whether a signal opts out of what consent was given for: the browser's GPC,
 * or what cookies have of us_privacy and GPP.  A cookie of these that can't
 * be read opts out, too: it may well say so.
 *
 * The reason is put into reason->preset and detail, as constant text: "gpc",
 * "us_privacy: 1YYN", "gpp: usca sale opt-out", or the same with "limited by"
 * before it where the event is sent all the same.
 */
ngx_uint_t ngx_tiktok_opt_out(ngx_tiktok_cookies_t *cookies, ngx_uint_t gpc,
    ngx_uint_t limited, ngx_tiktok_consent_t *reason);

/* the cookies it looks at one by one from 0 on, NULL at the end */
ngx_str_t *ngx_tiktok_opt_out_cookie(ngx_uint_t i);


#endif /* _NGX_TIKTOK_OPT_OUT_H_INCLUDED_ */
