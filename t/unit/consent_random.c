
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * Real cookies with a few bytes broken, in memory of just their size.
 */


#include "consent.h"


#define ROUNDS  200000


static size_t unit_mutate(u_char *buf, size_t len, size_t size);
static ngx_uint_t unit_holds(u_char *buf, size_t len, ngx_str_t *token);
static uint32_t unit_random(uint32_t n);


void
unit_consent_random(ngx_conf_t *cf)
{
    u_char                 *data;
    size_t                  len;
    ngx_str_t               line, error;
    ngx_uint_t              i, n, wild, leaked, unfounded, granted;
    ngx_tiktok_policy_t    *policies, *policy;
    ngx_tiktok_signals_t    signals;
    ngx_tiktok_consent_t    consent;
    u_char                  buf[4096];

    for (n = 0; unit_checks[n].args; n++) { /* void */ }

    policies = ngx_pcalloc(cf->pool, n * sizeof(ngx_tiktok_policy_t));
    if (policies == NULL) {
        unit_ok(0, "random: no memory");
        return;
    }

    for (i = 0; i < n; i++) {
        if (unit_policy(cf, unit_checks[i].args, &policies[i], &error)
            != NGX_OK)
        {
            unit_ok(0, "random: %s", unit_checks[i].args);
            return;
        }
    }

    wild = 0;
    leaked = 0;
    unfounded = 0;
    granted = 0;

    for (i = 0; i < ROUNDS; i++) {
        policy = &policies[unit_random(n)];
        line = unit_checks[unit_random(n)].lines[0];

        if (line.len) {
            ngx_memcpy(buf, line.data, line.len);
        }

        len = unit_mutate(buf, line.len, sizeof(buf));

        data = ngx_alloc(len ? len : 1, cf->log);
        if (data == NULL) {
            unit_ok(0, "random: no memory");
            return;
        }

        ngx_memcpy(data, buf, len);

        line.data = data;
        line.len = len;

        ngx_memzero(&signals, sizeof(ngx_tiktok_signals_t));

        signals.cookies.lines = &line;
        signals.cookies.nlines = 1;

        ngx_tiktok_policy_check(policy, &signals, &consent);

        if (consent.verdict > NGX_TIKTOK_GRANTED
            || !ngx_tiktok_policy_is(policy, (char *) consent.preset.data)
            || (consent.detail.len == 0
                && !ngx_tiktok_policy_is(policy, "assumed")))
        {
            wild++;
        }

        if (consent.detail.data >= data && consent.detail.data < data + len) {
            leaked++;
        }

        if (consent.verdict == NGX_TIKTOK_GRANTED
            && policy->id.len)
        {
            granted++;

            if (!unit_holds(buf, len, &policy->granted)) {
                unfounded++;
            }
        }

        ngx_free(data);
    }

    unit_ok(wild == 0, "random: every verdict is one, with its reason");
    unit_ok(leaked == 0, "random: no reason is of the request");
    unit_ok(unfounded == 0, "random: nothing granted without its token");
    unit_ok(granted > ROUNDS / 100, "random: %d granted", (int) granted);
}


static size_t
unit_mutate(u_char *buf, size_t len, size_t size)
{
    size_t      at, n;
    ngx_uint_t  times;

    static u_char  odd[] = "=;,&%{}: \t\0\377'01";

    for (times = unit_random(6); times; times--) {
        at = unit_random(len + 1);
        n = unit_random(len - at + 1);

        switch (unit_random(6)) {

        case 0: /* a byte of meaning */
            if (at < len) {
                buf[at] = odd[unit_random(sizeof(odd))];
            }

            break;

        case 1: /* any byte */
            if (at < len) {
                buf[at] = (u_char) unit_random(256);
            }

            break;

        case 2: /* cut short */
            if (unit_random(4) == 0) {
                len = at;
            }

            break;

        case 3: /* a few bytes less */
            n %= 8;
            ngx_memmove(buf + at, buf + at + n, len - at - n);
            len -= n;
            break;

        case 4: /* a part twice */
            n = ngx_min(n, size - len);
            ngx_memmove(buf + at + n, buf + at, len - at);
            len += n;
            break;

        default: /* all from one byte on is noise */
            if (unit_random(8) == 0) {
                for (n = at; n < len; n++) {
                    buf[n] = (u_char) unit_random(256);
                }
            }
        }
    }

    return len;
}


static ngx_uint_t
unit_holds(u_char *buf, size_t len, ngx_str_t *token)
{
    u_char     *p, *dst, *last;
    ngx_int_t   ch;

    dst = buf;
    last = buf + len;

    for (p = buf; p < last; p++) {
        ch = (*p == '%' && last - p > 2) ? ngx_hextoi(p + 1, 2) : NGX_ERROR;

        if (ch == NGX_ERROR) {
            *dst++ = *p;
            continue;
        }

        *dst++ = (u_char) ch;
        p += 2;
    }

    for (p = buf; (size_t) (dst - p) >= token->len; p++) {
        if (ngx_memcmp(p, token->data, token->len) == 0) {
            return 1;
        }
    }

    return 0;
}


/* the same numbers each time */

static uint32_t
unit_random(uint32_t n)
{
    static uint32_t  state = 2463534242u;

    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;

    return state % n;
}
