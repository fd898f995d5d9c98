
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#ifndef _NGX_TIKTOK_GOOGLE_H_INCLUDED_
#define _NGX_TIKTOK_GOOGLE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_tiktok_consent.h"


/*
 * What Google's consent mode says of advertising in the parameters "gcs"
 * ("G111") and "gcd" ("13r3r3r3r5") of a hit; empty is absent.  It never
 * grants what the shop's own tool did not: granted means that nothing is
 * against it.
 */
ngx_tiktok_verdict_e ngx_tiktok_google_consent(ngx_str_t *gcs,
    ngx_str_t *gcd);


#endif /* _NGX_TIKTOK_GOOGLE_H_INCLUDED_ */
