
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * What the tests of the consent room share.
 */


#ifndef _UNIT_CONSENT_H_INCLUDED_
#define _UNIT_CONSENT_H_INCLUDED_


#include "unit.h"
#include "ngx_tiktok_consent.h"


#define GRANTED    NGX_TIKTOK_GRANTED
#define DENIED     NGX_TIKTOK_DENIED
#define UNDECIDED  NGX_TIKTOK_UNDECIDED

#define LINES      3


/* a policy, the lines of a Cookie header, and what comes of them */

typedef struct {
    char                  *args;
    ngx_str_t              lines[LINES];
    ngx_tiktok_verdict_e   verdict;
    char                  *detail;
} unit_check_t;


/* ends with no policy */
extern unit_check_t  unit_checks[];


/* reads the arguments of a "tiktok_consent" from a text, split at blanks */
ngx_int_t unit_policy(ngx_conf_t *cf, char *text, ngx_tiktok_policy_t *policy,
    ngx_str_t *error);

/* compares the verdict on signals, and its reason */
void unit_verdict(ngx_tiktok_policy_t *policy, ngx_tiktok_signals_t *signals,
    ngx_tiktok_verdict_e verdict, char *detail, const char *name);

/* how many of LINES there are */
ngx_uint_t unit_lines(ngx_str_t *lines);

/* the parts */
void unit_consent_cookies(void);
void unit_consent_decode(void);
void unit_consent_checks(ngx_conf_t *cf);
void unit_consent_errors(ngx_conf_t *cf);
void unit_consent_random(ngx_conf_t *cf);
void unit_consent_google(void);


#endif /* _UNIT_CONSENT_H_INCLUDED_ */
