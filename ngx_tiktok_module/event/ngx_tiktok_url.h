
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#ifndef _NGX_TIKTOK_URL_H_INCLUDED_
#define _NGX_TIKTOK_URL_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_tiktok_json.h"


#define NGX_TIKTOK_URL_LEN       8192
#define NGX_TIKTOK_CLICK_ID_LEN  1000


/* begins with http:// or https:// and a host, and is printable UTF-8 */
ngx_uint_t ngx_tiktok_url_valid(ngx_str_t *url);

/* begins with http:// or https:// */
ngx_uint_t ngx_tiktok_url_http(ngx_str_t *text);

/*
 * Writes a URL as a JSON string, less what names a person: user and password
 * before the host, values of arguments called like an identifier, and
 * whatever part of it holds an e-mail address.  Returns how many there were.
 */
ngx_uint_t ngx_tiktok_write_url(ngx_tiktok_writer_t *w, ngx_str_t *url);

/*
 * Finds the argument "ttclid" of a URL.  The value points into the URL, or
 * into buf of NGX_TIKTOK_CLICK_ID_LEN bytes if it had to be decoded.
 * Returns NGX_OK, or NGX_DECLINED if there is none that can be sent.
 */
ngx_int_t ngx_tiktok_url_click_id(ngx_str_t *url, u_char *buf,
    ngx_str_t *value);

/* a click id as it may be sent and kept: not cut, opaque, of RFC 6265 */
ngx_uint_t ngx_tiktok_click_id_valid(ngx_str_t *value);

/* whether the URL's host and port are those of a Host header */
ngx_uint_t ngx_tiktok_url_same_host(ngx_str_t *url, ngx_str_t *host);

/* whether a text holds an e-mail address, percent-encoded or not */
ngx_uint_t ngx_tiktok_has_email(u_char *data, size_t len);

/* whether a name says that its value is an identifier or a secret */
ngx_uint_t ngx_tiktok_private_name(u_char *name, size_t len);


#endif /* _NGX_TIKTOK_URL_H_INCLUDED_ */
