
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * Internal to the room: opt-outs in the strings of IAB Tech Lab, GPP and its
 * predecessor for California alone.
 */


#ifndef _NGX_TIKTOK_GPP_H_INCLUDED_
#define _NGX_TIKTOK_GPP_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


/*
 * Both return NGX_OK if the visitor has opted out, with *reason set to
 * constant text such as "usca sale opt-out", NGX_DECLINED if not, or
 * NGX_ERROR if the string can't be read.
 */

/* of the sale, the sharing or targeted advertising, or by his browser */
ngx_int_t ngx_tiktok_gpp_opt_out(ngx_str_t *text, ngx_str_t *reason);

/* "1YNN": of the sale, if the third letter is "Y" */
ngx_int_t ngx_tiktok_us_privacy_opt_out(ngx_str_t *text, ngx_str_t *reason);


#endif /* _NGX_TIKTOK_GPP_H_INCLUDED_ */
