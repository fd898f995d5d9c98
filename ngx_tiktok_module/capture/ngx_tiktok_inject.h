
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#ifndef _NGX_TIKTOK_INJECT_H_INCLUDED_
#define _NGX_TIKTOK_INJECT_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "ngx_tiktok_module.h"


/* reasons that each worker says once, as bits */

#define NGX_TIKTOK_INJECT_ENCODED    1
#define NGX_TIKTOK_INJECT_UNCHANGED  2
#define NGX_TIKTOK_INJECT_NO_URI     4


/*
 * The tag for a request.  Returns NGX_OK, NGX_DECLINED if there is nothing to
 * be injected, or NGX_ERROR.
 */
ngx_int_t ngx_tiktok_inject_tag(ngx_http_request_t *r,
    ngx_tiktok_inject_conf_t *conf, ngx_str_t *tag);

/* whether the reason was said before, as it is from now on */
ngx_uint_t ngx_tiktok_inject_said(ngx_tiktok_inject_conf_t *conf,
    ngx_uint_t reason);


#endif /* _NGX_TIKTOK_INJECT_H_INCLUDED_ */
