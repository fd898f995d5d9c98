
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include "ngx_tiktok_seal.h"


#define NGX_TIKTOK_SEAL_VERSION    1
#define NGX_TIKTOK_SEAL_NONCE_LEN  12
#define NGX_TIKTOK_SEAL_TAG_LEN    16
#define NGX_TIKTOK_SEAL_SIZE       (NGX_TIKTOK_SEAL_MAX + NGX_TIKTOK_SEAL_EXTRA)

#if (OPENSSL_VERSION_NUMBER >= 0x30000000L && !defined LIBRESSL_VERSION_NUMBER)
#define NGX_TIKTOK_CIPHER_FETCH    1
#endif


static ngx_int_t ngx_tiktok_seal_cipher(ngx_uint_t seal, u_char *head,
    ngx_str_t *purpose, ngx_tiktok_seal_key_t *key, u_char *dst, u_char *src,
    size_t len, u_char *tag);


#if (NGX_TIKTOK_CIPHER_FETCH)
static EVP_CIPHER        *ngx_tiktok_seal_aes;
#else
static const EVP_CIPHER  *ngx_tiktok_seal_aes;
#endif

static EVP_CIPHER_CTX    *ngx_tiktok_seal_ctx;


ngx_int_t
ngx_tiktok_seal_init(ngx_log_t *log)
{
    if (ngx_tiktok_seal_ctx) {
        return NGX_OK;
    }

#if (NGX_TIKTOK_CIPHER_FETCH)
    ngx_tiktok_seal_aes = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
#else
    ngx_tiktok_seal_aes = EVP_aes_256_gcm();
#endif

    if (ngx_tiktok_seal_aes == NULL) {
        ngx_log_error(NGX_LOG_EMERG, log, 0,
                      "tiktok: the library has no AES-256-GCM");
        return NGX_ERROR;
    }

    ngx_tiktok_seal_ctx = EVP_CIPHER_CTX_new();

    if (ngx_tiktok_seal_ctx == NULL) {
        ngx_tiktok_seal_done();
        return NGX_ERROR;
    }

    return NGX_OK;
}


void
ngx_tiktok_seal_done(void)
{
    /* the context has a key in it, and is wiped */

    EVP_CIPHER_CTX_free(ngx_tiktok_seal_ctx);
    ngx_tiktok_seal_ctx = NULL;

#if (NGX_TIKTOK_CIPHER_FETCH)
    EVP_CIPHER_free(ngx_tiktok_seal_aes);
#endif

    ngx_tiktok_seal_aes = NULL;
}


ngx_int_t
ngx_tiktok_seal(ngx_str_t *dst, ngx_str_t *text, ngx_str_t *purpose,
    ngx_tiktok_seal_key_t *key)
{
    u_char     *p, buf[NGX_TIKTOK_SEAL_SIZE];
    ngx_str_t   sealed;

    if (text->len > NGX_TIKTOK_SEAL_MAX) {
        return NGX_ERROR;
    }

    buf[0] = NGX_TIKTOK_SEAL_VERSION;

    /* so many texts of one key that two nonces could meet nobody has */

    if (RAND_bytes(buf + 1, NGX_TIKTOK_SEAL_NONCE_LEN) != 1) {
        ERR_clear_error();
        return NGX_ERROR;
    }

    p = buf + 1 + NGX_TIKTOK_SEAL_NONCE_LEN;

    if (ngx_tiktok_seal_cipher(1, buf, purpose, key, p, text->data, text->len,
                               p + text->len)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    sealed.data = buf;
    sealed.len = text->len + NGX_TIKTOK_SEAL_EXTRA;

    ngx_encode_base64url(dst, &sealed);

    return NGX_OK;
}


ngx_int_t
ngx_tiktok_seal_open(ngx_str_t *dst, ngx_str_t *sealed, ngx_str_t *purpose,
    ngx_tiktok_seal_key_t *keys, ngx_uint_t n)
{
    u_char     *p, buf[ngx_base64_decoded_length(
                              ngx_tiktok_seal_size(NGX_TIKTOK_SEAL_MAX)) + 3];
    ngx_str_t   text;
    ngx_uint_t  i;

    if (sealed->len > ngx_tiktok_seal_size(NGX_TIKTOK_SEAL_MAX)) {
        return NGX_DECLINED;
    }

    text.data = buf;

    if (ngx_decode_base64url(&text, sealed) != NGX_OK
        || text.len < NGX_TIKTOK_SEAL_EXTRA
        || text.len > NGX_TIKTOK_SEAL_SIZE
        || buf[0] != NGX_TIKTOK_SEAL_VERSION)
    {
        return NGX_DECLINED;
    }

    p = buf + 1 + NGX_TIKTOK_SEAL_NONCE_LEN;
    dst->len = text.len - NGX_TIKTOK_SEAL_EXTRA;

    for (i = 0; i < n; i++) {
        if (ngx_tiktok_seal_cipher(0, buf, purpose, &keys[i], dst->data, p,
                                   dst->len, p + dst->len)
            == NGX_OK)
        {
            return NGX_OK;
        }
    }

    return NGX_DECLINED;
}


/* the head is version and nonce */

static ngx_int_t
ngx_tiktok_seal_cipher(ngx_uint_t seal, u_char *head, ngx_str_t *purpose,
    ngx_tiktok_seal_key_t *key, u_char *dst, u_char *src, size_t len,
    u_char *tag)
{
    int              n;
    EVP_CIPHER_CTX  *ctx;

    ctx = ngx_tiktok_seal_ctx;

    if (EVP_CipherInit_ex(ctx, ngx_tiktok_seal_aes, NULL, key->bytes, head + 1,
                          seal)
        == 1
        && EVP_CipherUpdate(ctx, NULL, &n, head, 1) == 1
        && EVP_CipherUpdate(ctx, NULL, &n, purpose->data, purpose->len) == 1
        && EVP_CipherUpdate(ctx, dst, &n, src, len) == 1
        && (seal
            || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG,
                                   NGX_TIKTOK_SEAL_TAG_LEN, tag)
               == 1)
        && EVP_CipherFinal_ex(ctx, dst + len, &n) == 1
        && (!seal
            || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG,
                                   NGX_TIKTOK_SEAL_TAG_LEN, tag)
               == 1))
    {
        return NGX_OK;
    }

    /* the next TLS connection would take it for an error of its own */

    ERR_clear_error();

    return NGX_DECLINED;
}
