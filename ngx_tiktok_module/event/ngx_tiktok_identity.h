
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#ifndef _NGX_TIKTOK_IDENTITY_H_INCLUDED_
#define _NGX_TIKTOK_IDENTITY_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


#define NGX_TIKTOK_HASH_LEN  64             /* SHA-256 in lower-case hex */


/*
 * Fetches the digest and makes the context that all hashes of this process
 * use.  Returns NGX_OK or NGX_ERROR.
 */
ngx_int_t ngx_tiktok_hash_init(ngx_log_t *log);
void ngx_tiktok_hash_done(void);

/* SHA-256 of the text as NGX_TIKTOK_HASH_LEN hex digits */
ngx_int_t ngx_tiktok_hash(u_char *dst, u_char *data, size_t len);

/*
 * Normalise and hash an identifier by the rules of the Events API (UTF-8 in,
 * NGX_TIKTOK_HASH_LEN bytes to dst):
 *
 * email        trimmed, lower-cased by Unicode; needs an "@" inside
 * phone        E.164 with "+"; blanks, dots, dashes, parentheses and slashes
 *              are cut; a number without "+" or "00" is national and declined
 * external_id  trimmed, case kept
 *
 * 64 hex digits, after trimming, are taken as hashed already and only
 * lower-cased.
 *
 * Return NGX_OK, NGX_DECLINED when the value can't be an identifier of the
 * kind and has to be left out, or NGX_ERROR.  With hashed_only everything
 * but 64 hex digits is declined.
 */
ngx_int_t ngx_tiktok_hash_email(u_char *dst, ngx_str_t *value,
    ngx_uint_t hashed_only);
ngx_int_t ngx_tiktok_hash_phone(u_char *dst, ngx_str_t *value,
    ngx_uint_t hashed_only);
ngx_int_t ngx_tiktok_hash_external_id(u_char *dst, ngx_str_t *value,
    ngx_uint_t hashed_only);


#endif /* _NGX_TIKTOK_IDENTITY_H_INCLUDED_ */
