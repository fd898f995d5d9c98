
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * Verdicts: of one policy, and of several.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_tiktok_consent.h"
#include "ngx_tiktok_decode.h"
#include "ngx_tiktok_presets.h"


/* domains and paths explain a few cookies of one name, not more */
#define NGX_TIKTOK_CONSENT_COPIES  8


/* what one cookie says */

typedef struct {
    ngx_uint_t   says;
    ngx_str_t    detail;
} ngx_tiktok_vote_t;


static void ngx_tiktok_policy_read(ngx_tiktok_policy_t *policy,
    ngx_tiktok_signals_t *signals, ngx_tiktok_cookie_t *cookie,
    ngx_tiktok_vote_t *vote);
static void ngx_tiktok_policy_conclude(ngx_tiktok_policy_t *policy,
    ngx_tiktok_vote_t *vote, ngx_uint_t beside, ngx_tiktok_consent_t *consent);
static ngx_tiktok_verdict_e ngx_tiktok_policy_verdict(
    ngx_tiktok_policy_t *policy, ngx_uint_t says, ngx_str_t *detail);


static ngx_str_t  ngx_tiktok_verdict_names[] = {
    ngx_string("denied"),
    ngx_string("undecided"),
    ngx_string("granted")
};


void
ngx_tiktok_policy_check(ngx_tiktok_policy_t *policy,
    ngx_tiktok_signals_t *signals, ngx_tiktok_consent_t *consent)
{
    ngx_uint_t                i, n, beside;
    ngx_tiktok_vote_t         vote, votes[NGX_TIKTOK_CONSENT_COPIES];
    ngx_tiktok_cookie_t       cookie;
    ngx_tiktok_consent_t      copy;
    ngx_tiktok_cookie_pos_t   pos;

    consent->preset = policy->preset->name;

    n = 0;
    beside = 0;

    if (policy->nnames == 0) {
        ngx_memzero(&cookie, sizeof(ngx_tiktok_cookie_t));
        cookie.value = signals->value;

        ngx_tiktok_policy_read(policy, signals, &cookie, &votes[n++]);
    }

    ngx_memzero(&pos, sizeof(ngx_tiktok_cookie_pos_t));

    while (policy->nnames
           && ngx_tiktok_cookie_next(&signals->cookies, policy->names,
                                     policy->nnames, &pos, &cookie)
              == NGX_OK)
    {
        ngx_tiktok_policy_read(policy, signals, &cookie, &vote);

        if (vote.says & NGX_TIKTOK_SAYS_NOTHING) {
            continue;
        }

        if (policy->preset->sources[cookie.index].flags
            & NGX_TIKTOK_SOURCE_BESIDE)
        {
            beside |= vote.says;
            continue;
        }

        if (n == NGX_TIKTOK_CONSENT_COPIES) {
            consent->verdict = NGX_TIKTOK_UNDECIDED;
            ngx_str_set(&consent->detail, "ambiguous");
            return;
        }

        votes[n++] = vote;
    }

    if (n == 0) {

        if (!(beside & (NGX_TIKTOK_SAYS_YES|NGX_TIKTOK_SAYS_NO))) {
            consent->verdict = NGX_TIKTOK_UNDECIDED;
            ngx_str_set(&consent->detail, "no cookie");
            return;
        }

        ngx_memzero(&votes[n++], sizeof(ngx_tiktok_vote_t));
    }

    ngx_tiktok_policy_conclude(policy, &votes[0], beside, consent);

    for (i = 1; i < n; i++) {
        ngx_tiktok_policy_conclude(policy, &votes[i], beside, &copy);

        if (copy.verdict != consent->verdict) {
            consent->verdict = NGX_TIKTOK_UNDECIDED;
            ngx_str_set(&consent->detail, "ambiguous");
            return;
        }
    }
}


static void
ngx_tiktok_policy_read(ngx_tiktok_policy_t *policy,
    ngx_tiktok_signals_t *signals, ngx_tiktok_cookie_t *cookie,
    ngx_tiktok_vote_t *vote)
{
    ngx_tiktok_source_t   *source;
    ngx_tiktok_reading_t   reading;
    u_char                 buf[NGX_TIKTOK_CONSENT_SIZE];

    if (cookie->value.len > NGX_TIKTOK_CONSENT_SIZE) {
        vote->says = NGX_TIKTOK_SAYS_BROKEN;
        ngx_str_set(&vote->detail, "too long");
        return;
    }

    source = &policy->preset->sources[cookie->index];

    reading.policy = policy;
    reading.signals = signals;
    reading.source = source;
    reading.name = cookie->name;
    reading.value = cookie->value;
    ngx_str_null(&reading.detail);

    if (!(source->flags & NGX_TIKTOK_SOURCE_RAW)) {
        ngx_tiktok_decode_percent(&reading.value, buf);
    }

    if ((source->flags & NGX_TIKTOK_SOURCE_BASE64)
        && ngx_tiktok_decode_base64(&reading.value, buf) != NGX_OK)
    {
        vote->says = NGX_TIKTOK_SAYS_BROKEN;
        ngx_str_null(&vote->detail);
        return;
    }

    vote->says = source->read(&reading);
    vote->detail = reading.detail;
}


static void
ngx_tiktok_policy_conclude(ngx_tiktok_policy_t *policy,
    ngx_tiktok_vote_t *vote, ngx_uint_t beside, ngx_tiktok_consent_t *consent)
{
    consent->verdict = ngx_tiktok_policy_verdict(policy, vote->says | beside,
                                                 &consent->detail);

    if (vote->detail.len && consent->verdict != NGX_TIKTOK_GRANTED) {
        consent->detail = vote->detail;
    }
}


static ngx_tiktok_verdict_e
ngx_tiktok_policy_verdict(ngx_tiktok_policy_t *policy, ngx_uint_t says,
    ngx_str_t *detail)
{
    if (says & NGX_TIKTOK_SAYS_BROKEN) {
        ngx_str_set(detail, "not readable");
        return NGX_TIKTOK_UNDECIDED;
    }

    if ((says & NGX_TIKTOK_SAYS_OPEN)
        || ((policy->preset->flags & NGX_TIKTOK_PRESET_CHOICE)
            && !(says & NGX_TIKTOK_SAYS_CHOSEN)))
    {
        ngx_str_set(detail, "not decided");
        return NGX_TIKTOK_UNDECIDED;
    }

    if ((says & NGX_TIKTOK_SAYS_YES) && (says & NGX_TIKTOK_SAYS_NO)) {
        ngx_str_set(detail, "ambiguous");
        return NGX_TIKTOK_UNDECIDED;
    }

    if (says & NGX_TIKTOK_SAYS_NO) {
        *detail = policy->denied;
        return NGX_TIKTOK_DENIED;
    }

    if (says & NGX_TIKTOK_SAYS_YES) {

        if (says & NGX_TIKTOK_SAYS_IMPLIED) {
            ngx_str_set(detail, "implied");
            return NGX_TIKTOK_UNDECIDED;
        }

        *detail = policy->granted;
        return NGX_TIKTOK_GRANTED;
    }

    if (says & NGX_TIKTOK_SAYS_LIST) {
        *detail = policy->denied;
        return NGX_TIKTOK_DENIED;
    }

    *detail = policy->missing;

    return NGX_TIKTOK_UNDECIDED;
}


void
ngx_tiktok_consent_combine(ngx_tiktok_consent_t *total,
    ngx_tiktok_consent_t *consent)
{
    if (total->verdict == NGX_TIKTOK_GRANTED) {
        *total = *consent;
        return;
    }

    /* the reason stays with the first that did not grant */

    total->verdict = ngx_min(total->verdict, consent->verdict);
}


u_char *
ngx_tiktok_reason_write(u_char *p, u_char *last, ngx_tiktok_consent_t *consent)
{
    return ngx_slprintf(p, last, "%V%s%V", &consent->preset,
                        consent->preset.len && consent->detail.len ? ": " : "",
                        &consent->detail);
}


ngx_str_t *
ngx_tiktok_verdict_name(ngx_tiktok_verdict_e verdict)
{
    return &ngx_tiktok_verdict_names[verdict];
}
