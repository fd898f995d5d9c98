
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * A policy in the first line, as "tiktok_consent" has it, and a Cookie header
 * in the others.
 */


#include "fuzz.h"
#include "ngx_tiktok_consent.h"


#define NOW   1764720000                    /* as in corpus/consent */

#define ARGS  8


static void fuzz_cookies(ngx_tiktok_policy_t *policy, ngx_str_t *cookies);
static ngx_tiktok_verdict_e fuzz_verdict(ngx_tiktok_policy_t *policy,
    ngx_str_t *lines, ngx_uint_t n, ngx_str_t *cookies);


void
fuzz_consent(u_char *data, size_t size)
{
    u_char               *p, *end;
    ngx_str_t             args[ARGS], cookies, error;
    ngx_uint_t            n;
    ngx_conf_t            cf;
    ngx_tiktok_policy_t   policy;

    end = memchr(data, '\n', size);

    if (end == NULL) {
        return;
    }

    cf = *fuzz_cf;

    cf.pool = ngx_create_pool(4096, cf.log);
    if (cf.pool == NULL) {
        return;
    }

    /* arguments are terminated, as nginx's own are */

    *end = '\0';

    for (p = data, n = 0; p < end && n < ARGS; n++) {
        args[n].data = p;
        args[n].len = strcspn((char *) p, " ");

        p += args[n].len;
        *p++ = '\0';
    }

    if (ngx_tiktok_policy_parse(&cf, args, n, &policy, &error) == NGX_OK) {
        cookies.data = end + 1;
        cookies.len = data + size - cookies.data;

        fuzz_cookies(&policy, &cookies);

    } else {
        fuzz_check(error.len != 0);
    }

    ngx_destroy_pool(cf.pool);
}


static void
fuzz_cookies(ngx_tiktok_policy_t *policy, ngx_str_t *cookies)
{
    ngx_str_t             lines[3];
    ngx_tiktok_verdict_e  verdict, again;

    static ngx_str_t  other = ngx_string("a=b; c=d");

    lines[0] = *cookies;
    lines[1] = other;
    lines[2] = *cookies;

    verdict = fuzz_verdict(policy, lines, 1, cookies);

    /* other cookies change nothing, unless they are the policy's */

    again = fuzz_verdict(policy, lines, 2, cookies);

    fuzz_check(again == verdict || policy->names[0].name.len <= 1
               || policy->nnames == 0);

    /* what comes twice says no more, and too much of it says nothing */

    again = fuzz_verdict(policy, lines, 3, cookies);

    fuzz_check(again == verdict || again == NGX_TIKTOK_UNDECIDED
               || policy->names[0].name.len <= 1 || policy->nnames == 0);

    /* nobody has to say anything */

    verdict = fuzz_verdict(policy, lines, 0, cookies);

    fuzz_check(verdict == NGX_TIKTOK_UNDECIDED || policy->nnames == 0);
}


static ngx_tiktok_verdict_e
fuzz_verdict(ngx_tiktok_policy_t *policy, ngx_str_t *lines, ngx_uint_t n,
    ngx_str_t *cookies)
{
    ngx_tiktok_consent_t  consent;
    ngx_tiktok_signals_t  signals;

    ngx_memzero(&signals, sizeof(ngx_tiktok_signals_t));

    signals.cookies.lines = lines;
    signals.cookies.nlines = n;
    signals.now = NOW;

    if (policy->nnames == 0) {
        signals.value = *cookies;
    }

    ngx_tiktok_policy_check(policy, &signals, &consent);

    fuzz_check(consent.verdict <= NGX_TIKTOK_GRANTED);
    fuzz_check(consent.preset.len != 0);
    fuzz_check(consent.detail.len != 0
               || ngx_tiktok_policy_is(policy, "assumed"));

    /* a reason has no bytes of a request */

    fuzz_check(consent.detail.data < cookies->data
               || consent.detail.data >= cookies->data + cookies->len);

    return consent.verdict;
}
