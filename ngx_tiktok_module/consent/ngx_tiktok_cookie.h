
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#ifndef _NGX_TIKTOK_COOKIE_H_INCLUDED_
#define _NGX_TIKTOK_COOKIE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


/*
 * The Cookie header as it was sent.  nginx's own lookup splits at commas
 * in older versions, compares names without regard to case and stops at
 * the first match; consent cookies need none of that.
 */

typedef struct {
    ngx_str_t   *lines;             /* values of the Cookie header lines */
    ngx_uint_t   nlines;
} ngx_tiktok_cookies_t;


/* a name that is looked for, and does not hold "=" */

typedef struct {
    ngx_str_t    name;
    ngx_uint_t   prefix;            /* it is the beginning of names */
} ngx_tiktok_cookie_name_t;


typedef struct {
    ngx_uint_t   index;             /* of the name that fits */
    ngx_str_t    name;              /* both point into the line */
    ngx_str_t    value;
} ngx_tiktok_cookie_t;


/* where a search stands; all zero before the first call */

typedef struct {
    ngx_uint_t   line;
    size_t       offset;
} ngx_tiktok_cookie_pos_t;


/*
 * Finds the next cookie with one of the names, compared byte by byte.
 * Pairs are split at ";" only, name and value at the first "=", blanks
 * around both are cut.  Any bytes are tolerated in the value, which is left
 * encoded.
 *
 * Returns NGX_OK with *cookie filled, or NGX_DECLINED when there is no
 * further one.
 */
ngx_int_t ngx_tiktok_cookie_next(ngx_tiktok_cookies_t *cookies,
    ngx_tiktok_cookie_name_t *names, ngx_uint_t n,
    ngx_tiktok_cookie_pos_t *pos, ngx_tiktok_cookie_t *cookie);


#endif /* _NGX_TIKTOK_COOKIE_H_INCLUDED_ */
