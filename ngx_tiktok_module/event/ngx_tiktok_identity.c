
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <openssl/evp.h>
#include "ngx_tiktok_identity.h"
#include "ngx_tiktok_lower.h"
#include "ngx_tiktok_utf8.h"


#define NGX_TIKTOK_IDENTIFIER_LEN  512
#define NGX_TIKTOK_SHA256_LEN      32

#define NGX_TIKTOK_PHONE_MIN       8        /* digits of E.164 */
#define NGX_TIKTOK_PHONE_MAX       15
#define NGX_TIKTOK_PHONE_ITALY     "39"

#if (OPENSSL_VERSION_NUMBER >= 0x30000000L && !defined LIBRESSL_VERSION_NUMBER)
#define NGX_TIKTOK_EVP_FETCH       1
#endif


static ngx_int_t ngx_tiktok_identity_hashed(u_char *dst, ngx_str_t *value);
static ngx_uint_t ngx_tiktok_email_valid(ngx_str_t *value);
static u_char *ngx_tiktok_phone_digits(u_char *digits, ngx_str_t *value);
static ngx_uint_t ngx_tiktok_phone_separator(uint32_t c);
static ngx_uint_t ngx_tiktok_phone_trunk(u_char **p, u_char *last);


#if (NGX_TIKTOK_EVP_FETCH)
static EVP_MD        *ngx_tiktok_hash_md;
#else
static const EVP_MD  *ngx_tiktok_hash_md;
#endif

static EVP_MD_CTX    *ngx_tiktok_hash_ctx;


ngx_int_t
ngx_tiktok_hash_init(ngx_log_t *log)
{
    if (ngx_tiktok_hash_ctx) {
        return NGX_OK;
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
    u_char  digest[NGX_TIKTOK_SHA256_LEN];

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

    ngx_hex_dump(dst, digest, NGX_TIKTOK_SHA256_LEN);

    return NGX_OK;
}


ngx_int_t
ngx_tiktok_hash_email(u_char *dst, ngx_str_t *value, ngx_uint_t hashed_only)
{
    u_char     *last;
    u_char      lower[ngx_tiktok_lower_size(NGX_TIKTOK_IDENTIFIER_LEN)];
    ngx_int_t   rc;
    ngx_str_t   text;

    text = *value;
    ngx_tiktok_utf8_trim(&text);

    if (ngx_tiktok_identity_hashed(dst, &text) == NGX_OK) {
        return NGX_OK;
    }

    if (hashed_only
        || text.len > NGX_TIKTOK_IDENTIFIER_LEN
        || !ngx_tiktok_email_valid(&text))
    {
        return NGX_DECLINED;
    }

    last = ngx_tiktok_lower(lower, text.data, text.len);

    if (last == NULL) {
        rc = NGX_DECLINED;

    } else {
        rc = ngx_tiktok_hash(dst, lower, last - lower);
    }

    ngx_explicit_memzero(lower, ngx_tiktok_lower_size(text.len));

    return rc;
}


ngx_int_t
ngx_tiktok_hash_phone(u_char *dst, ngx_str_t *value, ngx_uint_t hashed_only)
{
    u_char     *last;
    u_char      phone[1 + NGX_TIKTOK_PHONE_MAX];
    ngx_int_t   rc;
    ngx_str_t   text;

    text = *value;
    ngx_tiktok_utf8_trim(&text);

    if (ngx_tiktok_identity_hashed(dst, &text) == NGX_OK) {
        return NGX_OK;
    }

    if (hashed_only || text.len > NGX_TIKTOK_IDENTIFIER_LEN) {
        return NGX_DECLINED;
    }

    phone[0] = '+';
    last = ngx_tiktok_phone_digits(phone + 1, &text);

    if (last == NULL
        || last - phone - 1 < NGX_TIKTOK_PHONE_MIN
        || phone[1] == '0')
    {
        rc = NGX_DECLINED;

    } else {
        rc = ngx_tiktok_hash(dst, phone, last - phone);
    }

    ngx_explicit_memzero(phone, sizeof(phone));

    return rc;
}


ngx_int_t
ngx_tiktok_hash_external_id(u_char *dst, ngx_str_t *value,
    ngx_uint_t hashed_only)
{
    ngx_str_t  text;

    text = *value;
    ngx_tiktok_utf8_trim(&text);

    if (ngx_tiktok_identity_hashed(dst, &text) == NGX_OK) {
        return NGX_OK;
    }

    if (hashed_only
        || text.len == 0
        || text.len > NGX_TIKTOK_IDENTIFIER_LEN)
    {
        return NGX_DECLINED;
    }

    return ngx_tiktok_hash(dst, text.data, text.len);
}


static ngx_int_t
ngx_tiktok_identity_hashed(u_char *dst, ngx_str_t *value)
{
    u_char  *p, *last;

    if (value->len != NGX_TIKTOK_HASH_LEN) {
        return NGX_DECLINED;
    }

    last = value->data + value->len;

    for (p = value->data; p < last; p++) {
        if (ngx_hextoi(p, 1) == NGX_ERROR) {
            return NGX_DECLINED;
        }
    }

    ngx_strlow(dst, value->data, NGX_TIKTOK_HASH_LEN);

    return NGX_OK;
}


static ngx_uint_t
ngx_tiktok_email_valid(ngx_str_t *value)
{
    u_char  *p, *at, *last;

    at = NULL;
    last = value->data + value->len;

    for (p = value->data; p < last; p++) {

        if (*p <= ' ' || *p == 0x7f) {
            return 0;
        }

        if (*p == '@') {
            at = p;
        }
    }

    return at && at > value->data && at + 1 < last;
}


/*
 * Writes the digits behind "+" or "00".  A number without them is national:
 * its country would have to be guessed.  NULL is for anything that is no
 * such number, letters of an extension among them.
 */

static u_char *
ngx_tiktok_phone_digits(u_char *digits, ngx_str_t *value)
{
    u_char      *p, *start, *last;
    uint32_t     c;
    ngx_uint_t   plus, zeros, n;

    p = value->data;
    last = value->data + value->len;

    if (value->len > 4 && ngx_strncasecmp(p, (u_char *) "tel:", 4) == 0) {
        p += 4;
    }

    n = 0;
    plus = 0;
    zeros = 0;

    while (p < last) {
        start = p;
        c = ngx_tiktok_utf8_decode(&p, last);

        if (c >= '0' && c <= '9') {

            if (!plus) {
                if (c != '0') {
                    return NULL;
                }

                plus = (++zeros == 2);
                continue;
            }

            if (n == NGX_TIKTOK_PHONE_MAX) {
                return NULL;
            }

            digits[n++] = (u_char) c;
            continue;
        }

        if (c == '+') {
            if (plus || zeros) {
                return NULL;
            }

            plus = 1;
            continue;
        }

        if (!ngx_tiktok_phone_separator(c)) {
            return NULL;
        }

        /* the zero of "+49 (0) 30" is for callers at home, save in Italy */

        if (c == '(' && n && ngx_tiktok_phone_trunk(&start, last)
            && !(n == 2 && ngx_memcmp(digits, NGX_TIKTOK_PHONE_ITALY, 2) == 0))
        {
            p = start;
        }
    }

    return digits + n;
}


static ngx_uint_t
ngx_tiktok_phone_trunk(u_char **p, u_char *last)
{
    if (last - *p < 3 || ngx_memcmp(*p, "(0)", 3) != 0) {
        return 0;
    }

    *p += 3;

    return 1;
}


/* also what address books put in: dashes, and marks of direction */

static ngx_uint_t
ngx_tiktok_phone_separator(uint32_t c)
{
    switch (c) {

    case '.':
    case '-':
    case '/':
    case '(':
    case ')':
    case 0x2212:
        return 1;
    }

    return ngx_tiktok_utf8_blank(c)
           || (c >= 0x200b && c <= 0x2015)
           || (c >= 0x202a && c <= 0x202e)
           || (c >= 0x2060 && c <= 0x2069);
}
