
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <openssl/evp.h>
#include "ngx_tiktok_identity.h"
#include "ngx_tiktok_utf8.h"


#define NGX_TIKTOK_SHA256_LEN      32

#if (OPENSSL_VERSION_NUMBER >= 0x30000000L && !defined LIBRESSL_VERSION_NUMBER)
#define NGX_TIKTOK_EVP_FETCH       1
#endif


static ngx_int_t ngx_tiktok_identifier_hashed(u_char *dst, ngx_str_t *text);


#if (NGX_TIKTOK_EVP_FETCH)
static EVP_MD        *ngx_tiktok_hash_md;
#else
static const EVP_MD  *ngx_tiktok_hash_md;
#endif

static EVP_MD_CTX    *ngx_tiktok_hash_ctx;

/* the digits of each byte */

static u_char         ngx_tiktok_hash_hex[256][2];


ngx_int_t
ngx_tiktok_hash_init(ngx_log_t *log)
{
    u_char      byte;
    ngx_uint_t  i;

    if (ngx_tiktok_hash_ctx) {
        return NGX_OK;
    }

    for (i = 0; i < 256; i++) {
        byte = (u_char) i;
        ngx_hex_dump(ngx_tiktok_hash_hex[i], &byte, 1);
    }

    /* looking the digest up anew costs more than the hash itself */

#if (NGX_TIKTOK_EVP_FETCH)
    ngx_tiktok_hash_md = EVP_MD_fetch(NULL, "SHA256", NULL);
#else
    ngx_tiktok_hash_md = EVP_sha256();
#endif

    if (ngx_tiktok_hash_md == NULL) {
        ngx_log_error(NGX_LOG_EMERG, log, 0,
                      "tiktok: the library has no SHA-256");
        return NGX_ERROR;
    }

    ngx_tiktok_hash_ctx = EVP_MD_CTX_new();

    if (ngx_tiktok_hash_ctx == NULL) {
        ngx_tiktok_hash_done();
        return NGX_ERROR;
    }

    return NGX_OK;
}


void
ngx_tiktok_hash_done(void)
{
    EVP_MD_CTX_free(ngx_tiktok_hash_ctx);
    ngx_tiktok_hash_ctx = NULL;

#if (NGX_TIKTOK_EVP_FETCH)
    EVP_MD_free(ngx_tiktok_hash_md);
#endif

    ngx_tiktok_hash_md = NULL;
}


ngx_int_t
ngx_tiktok_hash(u_char *dst, u_char *data, size_t len)
{
    u_char      digest[NGX_TIKTOK_SHA256_LEN];
    ngx_uint_t  i;

#if (NGX_TIKTOK_EVP_FETCH)

    if (!EVP_DigestInit_ex2(ngx_tiktok_hash_ctx, ngx_tiktok_hash_md, NULL)) {
        return NGX_ERROR;
    }

#else

    if (!EVP_DigestInit_ex(ngx_tiktok_hash_ctx, ngx_tiktok_hash_md, NULL)) {
        return NGX_ERROR;
    }

#endif

    if (!EVP_DigestUpdate(ngx_tiktok_hash_ctx, data, len)
        || !EVP_DigestFinal_ex(ngx_tiktok_hash_ctx, digest, NULL))
    {
        return NGX_ERROR;
    }

    for (i = 0; i < NGX_TIKTOK_SHA256_LEN; i++) {
        ngx_memcpy(dst + 2 * i, ngx_tiktok_hash_hex[digest[i]], 2);
    }

    return NGX_OK;
}


ngx_int_t
ngx_tiktok_identifier_hash(u_char *dst, ngx_str_t *value,
    ngx_tiktok_normal_pt normal, ngx_tiktok_place_t *place,
    ngx_uint_t hashed_only)
{
    u_char     *last;
    u_char      buf[NGX_TIKTOK_IDENTIFIER_SIZE];
    ngx_int_t   rc;
    ngx_str_t   text;

    text = *value;
    ngx_tiktok_utf8_trim(&text);

    if (ngx_tiktok_identifier_hashed(dst, &text) == NGX_OK) {
        return NGX_OK;
    }

    if (hashed_only || text.len > NGX_TIKTOK_IDENTIFIER_LEN) {
        return NGX_DECLINED;
    }

    last = normal(buf, &text, place);

    if (last == NULL) {
        return NGX_DECLINED;
    }

    rc = ngx_tiktok_hash(dst, buf, last - buf);

    ngx_explicit_memzero(buf, last - buf);

    return rc;
}


u_char *
ngx_tiktok_identifier(u_char *dst, ngx_str_t *value,
    ngx_tiktok_normal_pt normal, ngx_tiktok_place_t *place)
{
    ngx_str_t  text;

    text = *value;
    ngx_tiktok_utf8_trim(&text);

    if (text.len > NGX_TIKTOK_IDENTIFIER_LEN) {
        return NULL;
    }

    return normal(dst, &text, place);
}


static ngx_int_t
ngx_tiktok_identifier_hashed(u_char *dst, ngx_str_t *text)
{
    u_char  *p, *last;

    if (text->len != NGX_TIKTOK_HASH_LEN) {
        return NGX_DECLINED;
    }

    last = text->data + text->len;

    for (p = text->data; p < last; p++) {
        if (ngx_hextoi(p, 1) == NGX_ERROR) {
            return NGX_DECLINED;
        }
    }

    ngx_strlow(dst, text->data, NGX_TIKTOK_HASH_LEN);

    return NGX_OK;
}


u_char *
ngx_tiktok_normal_email(u_char *dst, ngx_str_t *text,
    ngx_tiktok_place_t *place)
{
    u_char  *p, *at, *last;

    at = NULL;
    last = text->data + text->len;

    for (p = text->data; p < last; p++) {

        if (*p == '@') {

            if (at) {
                return NULL;
            }

            at = p;
            continue;
        }

        /* several of them, or one with a name beside it */

        if (*p <= ' ' || *p == 0x7f
            || *p == ',' || *p == ';' || *p == '<' || *p == '>')
        {
            return NULL;
        }
    }

    if (at == NULL || at == text->data || at + 1 == last) {
        return NULL;
    }

    return ngx_tiktok_lower(dst, text->data, text->len);
}


u_char *
ngx_tiktok_normal_phone(u_char *dst, ngx_str_t *text,
    ngx_tiktok_place_t *place)
{
    return ngx_tiktok_phone(dst, text, place->plan);
}


u_char *
ngx_tiktok_normal_external_id(u_char *dst, ngx_str_t *text,
    ngx_tiktok_place_t *place)
{
    return text->len ? ngx_cpymem(dst, text->data, text->len) : NULL;
}
