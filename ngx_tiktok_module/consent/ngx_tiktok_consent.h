
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#ifndef _NGX_TIKTOK_CONSENT_H_INCLUDED_
#define _NGX_TIKTOK_CONSENT_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_tiktok_cookie.h"


/* cookies that a preset looks at */
#define NGX_TIKTOK_SOURCES  4


/* in the order in which several policies combine: the lowest wins */

typedef enum {
    NGX_TIKTOK_DENIED = 0,
    NGX_TIKTOK_UNDECIDED,
    NGX_TIKTOK_GRANTED
} ngx_tiktok_verdict_e;


typedef struct ngx_tiktok_preset_s  ngx_tiktok_preset_t;
typedef struct ngx_tiktok_tcf_s  ngx_tiktok_tcf_t;


/* one "tiktok_consent" directive */

typedef struct {
    ngx_tiktok_preset_t       *preset;
    ngx_str_t                  id;      /* marketing category, service, ... */
    ngx_uint_t                 prefix;  /* it is one, and ends with "*" */
    ngx_str_t                  revision;
    ngx_tiktok_tcf_t          *tcf;     /* what a TC string must have */
    ngx_tiktok_cookie_name_t   names[NGX_TIKTOK_SOURCES];
    ngx_uint_t                 nnames;
    ngx_str_t                  pattern; /* "cookie": value, or text of regex */
#if (NGX_PCRE)
    ngx_regex_t               *regex;
#endif
    ngx_str_t                  granted; /* details for reasons, made once: */
    ngx_str_t                  denied;  /* "C0004:1", "C0004:0" */
    ngx_str_t                  missing; /* "no C0004" */
} ngx_tiktok_policy_t;


/* what a policy may look at */

typedef struct {
    ngx_tiktok_cookies_t       cookies;
    ngx_str_t                  value;   /* of the variable, for "variable" */
    time_t                     now;
} ngx_tiktok_signals_t;


/*
 * The reason of a verdict is the preset's name and a detail, for example
 * "onetrust: C0004:0".  The detail is configuration or constant text, never
 * bytes of a request.
 */

typedef struct {
    ngx_tiktok_verdict_e       verdict;
    ngx_str_t                  preset;  /* empty where no policy applied */
    ngx_str_t                  detail;
} ngx_tiktok_consent_t;


/*
 * Reads the arguments of a "tiktok_consent" directive behind its name:
 * args[0] is the preset, the others its values.  "if=" is the caller's and
 * must have been taken out.
 *
 * Returns NGX_OK with the policy filled, or NGX_ERROR with *error set to one
 * line that names the mistake and the remedy.
 */
ngx_int_t ngx_tiktok_policy_parse(ngx_conf_t *cf, ngx_str_t *args,
    ngx_uint_t nargs, ngx_tiktok_policy_t *policy, ngx_str_t *error);

/* whether the policy is of the preset of that name */
ngx_uint_t ngx_tiktok_policy_is(ngx_tiktok_policy_t *policy, char *name);

/*
 * The verdict of one policy.  Never fails: what can't be read is undecided,
 * and so is a cookie that comes twice with different verdicts.
 */
void ngx_tiktok_policy_check(ngx_tiktok_policy_t *policy,
    ngx_tiktok_signals_t *signals, ngx_tiktok_consent_t *consent);

/*
 * Combines the verdict of a further policy into *total: any denied is
 * denied, else any undecided is undecided; the reason is the first that did
 * not grant.  *total starts as the verdict of the first policy that applies.
 */
void ngx_tiktok_consent_combine(ngx_tiktok_consent_t *total,
    ngx_tiktok_consent_t *consent);

/* writes the reason, "onetrust: C0004:0", as far as there is room */
u_char *ngx_tiktok_reason_write(u_char *p, u_char *last,
    ngx_tiktok_consent_t *consent);

#define ngx_tiktok_reason_len(consent)                                        \
    ((consent)->preset.len + sizeof(": ") - 1 + (consent)->detail.len)

/* of "1", "granted", "yes", "true", or "0", "denied", "no", "false" */
ngx_tiktok_verdict_e ngx_tiktok_verdict_word(ngx_str_t *word);

/* "granted", "denied" or "undecided" */
ngx_str_t *ngx_tiktok_verdict_name(ngx_tiktok_verdict_e verdict);


#endif /* _NGX_TIKTOK_CONSENT_H_INCLUDED_ */
