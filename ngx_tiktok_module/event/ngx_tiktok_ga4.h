
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * Hits of Google Analytics 4 ("/g/collect"), as browsers send them: what all
 * of them share stands in the query string, and each has a line of the body.
 * A single one may have everything in the query string.
 */


#ifndef _NGX_TIKTOK_GA4_H_INCLUDED_
#define _NGX_TIKTOK_GA4_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_tiktok_json.h"


typedef struct {
    ngx_str_t    query;
    ngx_str_t    line;              /* of the present hit */
    u_char      *pos;
    u_char      *last;
    ngx_uint_t   single;            /* there is no body */

    ngx_str_t    gcs;               /* Google's consent mode, or empty */
    ngx_str_t    gcd;
} ngx_tiktok_ga4_t;


/* NGX_OK, or NGX_DECLINED where the query string is none of GA4 */
ngx_int_t ngx_tiktok_ga4_init(ngx_tiktok_ga4_t *ga4, ngx_str_t *query,
    ngx_str_t *body);

/*
 * The next hit of an event that TikTok has a name for; NGX_OK or NGX_DONE.
 */
ngx_int_t ngx_tiktok_ga4_next(ngx_tiktok_ga4_t *ga4);

/*
 * Makes the event of the present hit, in GA4's own names.  Results as for
 * ngx_tiktok_json_parse().
 */
ngx_int_t ngx_tiktok_ga4_parse(ngx_pool_t *pool, ngx_tiktok_ga4_t *ga4,
    ngx_tiktok_json_t *json);


#endif /* _NGX_TIKTOK_GA4_H_INCLUDED_ */
