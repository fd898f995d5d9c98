
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_tiktok_google.h"


static ngx_tiktok_verdict_e ngx_tiktok_google_gcs(ngx_str_t *gcs);
static ngx_tiktok_verdict_e ngx_tiktok_google_gcd(ngx_str_t *gcd);


ngx_tiktok_verdict_e
ngx_tiktok_google_consent(ngx_str_t *gcs, ngx_str_t *gcd)
{
    ngx_tiktok_verdict_e  old, new;

    old = gcs->len ? ngx_tiktok_google_gcs(gcs) : NGX_TIKTOK_GRANTED;
    new = gcd->len ? ngx_tiktok_google_gcd(gcd) : NGX_TIKTOK_GRANTED;

    return ngx_min(old, new);
}


/* "G1", then ad_storage and analytics_storage; "-" where nobody has to ask */

static ngx_tiktok_verdict_e
ngx_tiktok_google_gcs(ngx_str_t *gcs)
{
    if (gcs->len != 4 || gcs->data[0] != 'G' || gcs->data[1] != '1') {
        return NGX_TIKTOK_UNDECIDED;
    }

    switch (gcs->data[2]) {

    case '1':
    case '-':
        return NGX_TIKTOK_GRANTED;

    case '0':
        return NGX_TIKTOK_DENIED;

    default:
        return NGX_TIKTOK_UNDECIDED;
    }
}


/*
 * "11" or "13", then a letter for each of ad_storage, analytics_storage,
 * ad_user_data and ad_personalization, with a digit between them.  All that
 * is about advertising must not be denied.
 */

static ngx_tiktok_verdict_e
ngx_tiktok_google_gcd(ngx_str_t *gcd)
{
    ngx_uint_t            i;
    ngx_tiktok_verdict_e  verdict;

    if (gcd->len < 10 || gcd->data[0] != '1') {
        return NGX_TIKTOK_UNDECIDED;
    }

    verdict = NGX_TIKTOK_GRANTED;

    for (i = 2; i < 10; i += 2) {

        if (i == 4) {
            /* analytics */
            continue;
        }

        switch (gcd->data[i]) {

        case 'l':   /* not set */
        case 'n':   /* granted by the visitor */
        case 'r':   /* denied by default, then granted */
        case 'v':   /* both granted */
            break;

        case 'm':   /* denied by the visitor */
        case 'p':   /* denied by default */
        case 'q':   /* both denied */
        case 'u':   /* granted by default, then denied */
            return NGX_TIKTOK_DENIED;

        default:    /* as 't': granted by default is no choice */
            verdict = NGX_TIKTOK_UNDECIDED;
        }
    }

    return verdict;
}
