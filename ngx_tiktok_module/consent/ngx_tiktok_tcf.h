
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * Internal to the room: IAB Europe's TC string, version 2 (TCF 2.0 to 2.3),
 * for whatever preset has one.
 */


#ifndef _NGX_TIKTOK_TCF_H_INCLUDED_
#define _NGX_TIKTOK_TCF_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_tiktok_consent.h"


/* what a TC string must consent to; all zero before it is set up */

struct ngx_tiktok_tcf_s {
    uint32_t      purposes;         /* a bit each, as in the string */
    ngx_uint_t    vendor;           /* or 0 */
    ngx_str_t     granted;          /* details for reasons, made once: */
    ngx_str_t     denied;           /* "vendor 986 missing", ... */
    ngx_str_t     undisclosed;
};


/*
 * "purposes=" is a list of numbers from 1 to 24, "vendor=" a number from 1
 * to 65535.  NGX_DECLINED for anything else.
 */
ngx_int_t ngx_tiktok_tcf_set_purposes(ngx_tiktok_tcf_t *tcf, ngx_str_t *text);
ngx_int_t ngx_tiktok_tcf_set_vendor(ngx_tiktok_tcf_t *tcf, ngx_str_t *text);

/* after them: purposes 1, 3, 4 and 7 if none were set, and the details */
ngx_int_t ngx_tiktok_tcf_init(ngx_pool_t *pool, ngx_tiktok_tcf_t *tcf);

/*
 * The verdict of a TC string now, with the detail of its reason, which is
 * constant or of *tcf:
 *
 * granted if each purpose, and the vendor if one is set, has consent;
 * denied if one has not;
 * undecided if the string can't be read or is not in force, or if it says
 * that the visitor was not asked.
 */
ngx_tiktok_verdict_e ngx_tiktok_tcf_check(ngx_str_t *text,
    ngx_tiktok_tcf_t *tcf, time_t now, ngx_str_t *detail);


#endif /* _NGX_TIKTOK_TCF_H_INCLUDED_ */
