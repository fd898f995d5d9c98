
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * What a verdict costs: "consent_bench.txt" beside the configuration has lines
 * of a policy, or "opt-out signals", a tab and a Cookie header.
 */


#include "consent.h"
#include "ngx_tiktok_opt_out.h"

#include <stdio.h>
#include <time.h>


#define LOOPS   200
#define ROUNDS  100


static double
clock_ns(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);

    return ts.tv_sec * 1e9 + ts.tv_nsec;
}


/* the best of many short loops: other processes are not what is measured */

static void
bench_line(ngx_conf_t *cf, char *args, ngx_str_t *cookies)
{
    double                 start, ns, best;
    ngx_str_t              error;
    ngx_uint_t             i, k, signals_only;
    ngx_tiktok_policy_t    policy;
    ngx_tiktok_consent_t   consent;
    ngx_tiktok_signals_t   signals;

    signals_only = (ngx_strcmp(args, "opt-out signals") == 0);

    if (!signals_only && unit_policy(cf, args, &policy, &error) != NGX_OK) {
        printf("# %s %.*s\n", args, (int) error.len, error.data);
        return;
    }

    ngx_memzero(&signals, sizeof(ngx_tiktok_signals_t));

    signals.cookies.lines = cookies;
    signals.cookies.nlines = 1;
    signals.now = ngx_time();

    consent.verdict = NGX_TIKTOK_GRANTED;
    best = 1e9;

    for (i = 0; i < LOOPS; i++) {
        start = clock_ns();

        for (k = 0; k < ROUNDS; k++) {

            if (signals_only) {
                (void) ngx_tiktok_opt_out(&signals.cookies, 0, 0, &consent);
                continue;
            }

            ngx_tiktok_policy_check(&policy, &signals, &consent);
        }

        ns = (clock_ns() - start) / ROUNDS;
        best = ngx_min(best, ns);
    }

    printf("# %s\t%.0f\t%d\t%.*s\n", args, best, (int) cookies->len,
           (int) ngx_tiktok_verdict_name(consent.verdict)->len,
           ngx_tiktok_verdict_name(consent.verdict)->data);
}


void
unit_consent_bench(ngx_conf_t *cf)
{
    char       *p, *args;
    FILE       *file;
    ngx_str_t   name, cookies;
    char        line[8192];

    ngx_str_set(&name, "consent_bench.txt");

    if (ngx_conf_full_name(cf->cycle, &name, 1) != NGX_OK) {
        unit_ok(0, "no memory");
        return;
    }

    file = fopen((char *) name.data, "r");
    if (file == NULL) {
        unit_ok(0, "%s can't be opened", name.data);
        return;
    }

    while (fgets(line, sizeof(line), file)) {
        args = line;

        p = strchr(line, '\t');
        if (p == NULL) {
            continue;
        }

        *p++ = '\0';

        cookies.data = (u_char *) p;
        cookies.len = strcspn(p, "\n");

        bench_line(cf, args, &cookies);
    }

    fclose(file);
}
