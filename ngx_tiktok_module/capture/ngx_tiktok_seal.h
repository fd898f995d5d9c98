
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * Text that a stranger keeps for us and can neither read nor change:
 * AES-256-GCM, in base64url.
 */


#ifndef _NGX_TIKTOK_SEAL_H_INCLUDED_
#define _NGX_TIKTOK_SEAL_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


#define NGX_TIKTOK_SEAL_KEY_LEN    32
#define NGX_TIKTOK_SEAL_MAX        256      /* bytes of a text */

/* version, nonce, what is sealed, and tag */
#define NGX_TIKTOK_SEAL_EXTRA      (1 + 12 + 16)
#define ngx_tiktok_seal_size(len)                                             \
    ngx_base64_encoded_length((len) + NGX_TIKTOK_SEAL_EXTRA)


typedef struct {
    u_char    bytes[NGX_TIKTOK_SEAL_KEY_LEN];
} ngx_tiktok_seal_key_t;


/*
 * Fetches the cipher and makes the context that this process uses.  Returns
 * NGX_OK or NGX_ERROR.
 */
ngx_int_t ngx_tiktok_seal_init(ngx_log_t *log);
void ngx_tiktok_seal_done(void);

/*
 * Seals a text; dst has ngx_tiktok_seal_size() bytes for it.  It opens only
 * for the same purpose.  Returns NGX_OK or NGX_ERROR.
 */
ngx_int_t ngx_tiktok_seal(ngx_str_t *dst, ngx_str_t *text,
    ngx_str_t *purpose, ngx_tiktok_seal_key_t *key);

/*
 * Opens what one of the keys has sealed; dst has NGX_TIKTOK_SEAL_MAX bytes.
 * Returns NGX_OK or NGX_DECLINED.
 */
ngx_int_t ngx_tiktok_seal_open(ngx_str_t *dst, ngx_str_t *sealed,
    ngx_str_t *purpose, ngx_tiktok_seal_key_t *keys, ngx_uint_t n);


#endif /* _NGX_TIKTOK_SEAL_H_INCLUDED_ */
