
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#ifndef _NGX_TIKTOK_COMPAT_H_INCLUDED_
#define _NGX_TIKTOK_COMPAT_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>


#if (nginx_version < 1022000)
#error "ngx_tiktok_module needs nginx 1.22.0 or later"
#endif


/*
 * Distributions have changed nginx's structures without changing its
 * version.  Compares our offsets with those that the running binary was
 * compiled with, as its own tables show them.  Returns NGX_OK, or NGX_ERROR
 * with the reason logged.
 */
ngx_int_t ngx_tiktok_compat_check(ngx_conf_t *cf);

/*
 * The values of the Cookie headers, up to n of them.  Returns how many the
 * request has.
 */
ngx_uint_t ngx_tiktok_compat_cookies(ngx_http_request_t *r, ngx_str_t *lines,
    ngx_uint_t n);

/*
 * Pushes a header of an answer, in which nginx 1.23 has more to set.  Name
 * and value must live as long as the request.  NGX_OK or NGX_ERROR.
 */
ngx_int_t ngx_tiktok_header(ngx_http_request_t *r, ngx_str_t *name,
    ngx_str_t *value);

/* the same, for whom the header itself is of interest; NULL without memory */
ngx_table_elt_t *ngx_tiktok_header_push(ngx_http_request_t *r,
    ngx_str_t *name, ngx_str_t *value);

/* the first filter of early hints, or NULL before nginx 1.29 */
ngx_http_output_header_filter_pt *ngx_tiktok_compat_early_hints(void);


#endif /* _NGX_TIKTOK_COMPAT_H_INCLUDED_ */
