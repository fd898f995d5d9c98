
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#ifndef _NGX_TIKTOK_IDENTITY_H_INCLUDED_
#define _NGX_TIKTOK_IDENTITY_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_tiktok_lower.h"
#include "ngx_tiktok_phone.h"


#define NGX_TIKTOK_HASH_LEN         64      /* SHA-256 in lower-case hex */
#define NGX_TIKTOK_IDENTIFIER_LEN   512     /* bytes of a value, at most */
#define NGX_TIKTOK_COUNTRY_LEN      2
#define NGX_TIKTOK_IDENTIFIER_SIZE                                            \
    ngx_tiktok_lower_size(NGX_TIKTOK_IDENTIFIER_LEN)


/* what the form of some identifiers depends on */

typedef struct {
    ngx_tiktok_phone_plan_t  *plan;         /* of national phone numbers */
    ngx_str_t                 country;      /* of an address, as it goes out */
} ngx_tiktok_place_t;


/*
 * Brings a value into the form that the Events API wants, hashed or not:
 * UTF-8 in, trimmed, at most NGX_TIKTOK_IDENTIFIER_LEN bytes; dst is for
 * NGX_TIKTOK_IDENTIFIER_SIZE.  Returns the end of what was written, or NULL
 * when the value can't be of its kind and has to be left out.
 *
 * email        lower-cased by Unicode; needs one "@" inside
 * phone        E.164
 * external_id  as it is
 * name         lower-cased, without punctuation
 * zip          lower-cased, without blanks and dashes; in the US five digits
 * city, state  lower-cased, without blanks and punctuation; a state of the US
 *              in two letters
 * country      the two letters of ISO 3166, in lower case
 */
typedef u_char *(*ngx_tiktok_normal_pt)(u_char *dst, ngx_str_t *text,
    ngx_tiktok_place_t *place);

u_char *ngx_tiktok_normal_email(u_char *dst, ngx_str_t *text,
    ngx_tiktok_place_t *place);
u_char *ngx_tiktok_normal_phone(u_char *dst, ngx_str_t *text,
    ngx_tiktok_place_t *place);
u_char *ngx_tiktok_normal_external_id(u_char *dst, ngx_str_t *text,
    ngx_tiktok_place_t *place);
u_char *ngx_tiktok_normal_name(u_char *dst, ngx_str_t *text,
    ngx_tiktok_place_t *place);
u_char *ngx_tiktok_normal_zip(u_char *dst, ngx_str_t *text,
    ngx_tiktok_place_t *place);
u_char *ngx_tiktok_normal_city(u_char *dst, ngx_str_t *text,
    ngx_tiktok_place_t *place);
u_char *ngx_tiktok_normal_state(u_char *dst, ngx_str_t *text,
    ngx_tiktok_place_t *place);
u_char *ngx_tiktok_normal_country(u_char *dst, ngx_str_t *text,
    ngx_tiktok_place_t *place);

/* the same of any value: it is trimmed, and its length is checked */
u_char *ngx_tiktok_identifier(u_char *dst, ngx_str_t *value,
    ngx_tiktok_normal_pt normal, ngx_tiktok_place_t *place);

/*
 * Writes the hash of that, NGX_TIKTOK_HASH_LEN bytes.  64 hex digits, after
 * trimming, are taken as hashed already and only lower-cased.
 *
 * Returns NGX_OK, NGX_DECLINED or NGX_ERROR.  With hashed_only everything but
 * 64 hex digits is declined.
 */
ngx_int_t ngx_tiktok_identifier_hash(u_char *dst, ngx_str_t *value,
    ngx_tiktok_normal_pt normal, ngx_tiktok_place_t *place,
    ngx_uint_t hashed_only);

/*
 * Fetches the digest and makes the context that all hashes of this process
 * use.  Returns NGX_OK or NGX_ERROR.
 */
ngx_int_t ngx_tiktok_hash_init(ngx_log_t *log);
void ngx_tiktok_hash_done(void);

/* SHA-256 of the text as NGX_TIKTOK_HASH_LEN hex digits */
ngx_int_t ngx_tiktok_hash(u_char *dst, u_char *data, size_t len);


#endif /* _NGX_TIKTOK_IDENTITY_H_INCLUDED_ */
