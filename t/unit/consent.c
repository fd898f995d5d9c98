
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * Verdicts: of values, of too much, and of several policies.
 */


#include "consent.h"


typedef struct {
    char                  *verdicts;
    char                  *verdict;
    char                  *detail;
} unit_combine_t;


static void unit_consent_long(ngx_conf_t *cf);
static void unit_consent_copies(ngx_conf_t *cf);
static void unit_consent_values(ngx_conf_t *cf);
static void unit_consent_combine(void);
static void unit_consent_names(ngx_conf_t *cf);


static unit_check_t  unit_values[] = {
    { "variable $ads", { ngx_string("1") }, GRANTED, "$ads grants" },
    { "variable $ads", { ngx_string("granted") }, GRANTED, "$ads grants" },
    { "variable $ads", { ngx_string("yes") }, GRANTED, "$ads grants" },
    { "variable $ads", { ngx_string("true") }, GRANTED, "$ads grants" },
    { "variable ${a}$b", { ngx_string("0") }, DENIED, "${a}$b denies" },
    { "variable $ads", { ngx_string("denied") }, DENIED, "$ads denies" },
    { "variable $ads", { ngx_string("no") }, DENIED, "$ads denies" },
    { "variable $ads", { ngx_string("false") }, DENIED, "$ads denies" },
    { "variable $ads", { ngx_null_string }, UNDECIDED, "empty" },
    { "variable $ads", { ngx_string("") }, UNDECIDED, "empty" },
    { "variable $ads", { ngx_string("True") }, UNDECIDED, "unknown value" },
    { "variable $ads", { ngx_string("11") }, UNDECIDED, "unknown value" },
    { "variable $ads", { ngx_string("yes ") }, UNDECIDED, "unknown value" },
    { "variable $ads", { ngx_string("1\0") }, UNDECIDED, "unknown value" },
    { "variable $ads", { ngx_string("%31") }, UNDECIDED, "unknown value" },
    { NULL, { ngx_null_string }, UNDECIDED, NULL }
};


/* one letter for each policy in turn; the detail is its place */

static unit_combine_t  unit_combines[] = {
    { "g", "granted", "0" },
    { "u", "undecided", "0" },
    { "d", "denied", "0" },
    { "gg", "granted", "1" },
    { "gu", "undecided", "1" },
    { "ug", "undecided", "0" },
    { "gd", "denied", "1" },
    { "dg", "denied", "0" },
    { "ud", "denied", "0" },
    { "du", "denied", "0" },
    { "uu", "undecided", "0" },
    { "dd", "denied", "0" },
    { "ggud", "denied", "2" },
    { "gudg", "denied", "1" },
    { NULL, NULL, NULL }
};


void
unit_consent(ngx_conf_t *cf)
{
    unit_consent_cookies();
    unit_consent_decode();
    unit_consent_checks(cf);
    unit_consent_long(cf);
    unit_consent_copies(cf);
    unit_consent_values(cf);
    unit_consent_errors(cf);
    unit_consent_combine();
    unit_consent_names(cf);
    unit_consent_random(cf);
    unit_consent_google();
}


/* what is larger than a cookie can be is not read, whatever it says */

static void
unit_consent_long(ngx_conf_t *cf)
{
    u_char                *p, *start;
    size_t                 size;
    ngx_str_t              line, error;
    ngx_uint_t             i;
    ngx_tiktok_policy_t    policy;
    ngx_tiktok_signals_t   signals;

    static struct {
        char                  *args;
        char                  *head;
        char                  *tail;
        size_t                 size;    /* of the cookie's value */
        ngx_tiktok_verdict_e   verdict;
        char                  *detail;
    } *test, tests[] = {
        { "cookiebot", "CookieConsent={", ",marketing:true}", 4096,
          GRANTED, "marketing:true" },
        { "cookiebot", "CookieConsent={", ",marketing:true}", 4097,
          UNDECIDED, "too long" },
        { "cookiebot", "CookieConsent={", ",marketing:true}", 8192,
          UNDECIDED, "too long" },
        { "cookiebot", "CookieConsent={", "%2Cmarketing:true}", 4096,
          GRANTED, "marketing:true" },
        { "onetrust", "OptanonConsent=interactionCount=1&groups=",
          ",C0004%3A1", 4096, GRANTED, "C0004:1" },
        { "onetrust", "OptanonConsent=interactionCount=1&groups=",
          ",C0004%3A1", 8192, UNDECIDED, "too long" },
        { "onetrust", "OptanonConsent=interactionCount=1&groups=C0004:1; x=",
          "", 8192, GRANTED, "C0004:1" },
        { "cookie ads yes", "ads=", "%", 8192, UNDECIDED, "too long" },
        { NULL, NULL, NULL, 0, UNDECIDED, NULL }
    };

    for (test = tests; test->args; test++) {

        if (unit_policy(cf, test->args, &policy, &error) != NGX_OK) {
            unit_ok(0, "%s", test->args);
            continue;
        }

        start = (u_char *) ngx_strchr(test->head, '=') + 1;
        size = test->size - ngx_strlen(start) - ngx_strlen(test->tail);

        line.len = ngx_strlen(test->head) + size + ngx_strlen(test->tail);

        line.data = ngx_pnalloc(cf->pool, line.len);
        if (line.data == NULL) {
            unit_ok(0, "%s: no memory", test->args);
            continue;
        }

        p = ngx_cpymem(line.data, test->head, ngx_strlen(test->head));

        for (i = 0; i < size; i++) {
            *p++ = 'x';
        }

        ngx_memcpy(p, test->tail, ngx_strlen(test->tail));

        ngx_memzero(&signals, sizeof(ngx_tiktok_signals_t));

        signals.cookies.lines = &line;
        signals.cookies.nlines = 1;

        unit_verdict(&policy, &signals, test->verdict, test->detail,
                     "a long value");
    }
}


static void
unit_consent_copies(ngx_conf_t *cf)
{
    ngx_str_t             error, line[9];
    ngx_uint_t            i;
    ngx_tiktok_policy_t   policy;
    ngx_tiktok_signals_t  signals;

    if (unit_policy(cf, "cookie ads yes", &policy, &error) != NGX_OK) {
        unit_ok(0, "copies");
        return;
    }

    for (i = 0; i < 9; i++) {
        ngx_str_set(&line[i], "ads=yes");
    }

    ngx_memzero(&signals, sizeof(ngx_tiktok_signals_t));

    signals.cookies.lines = line;
    signals.cookies.nlines = 8;

    unit_verdict(&policy, &signals, GRANTED, "ads matches", "8 copies");

    signals.cookies.nlines = 9;

    unit_verdict(&policy, &signals, UNDECIDED, "ambiguous", "9 copies");
}


static void
unit_consent_values(ngx_conf_t *cf)
{
    ngx_str_t             error;
    unit_check_t         *test;
    ngx_tiktok_policy_t   policy;
    ngx_tiktok_signals_t  signals;

    for (test = unit_values; test->args; test++) {

        if (unit_policy(cf, test->args, &policy, &error) != NGX_OK) {
            unit_ok(0, "%s: %.*s", test->args, (int) error.len, error.data);
            continue;
        }

        ngx_memzero(&signals, sizeof(ngx_tiktok_signals_t));

        signals.value = test->lines[0];

        unit_verdict(&policy, &signals, test->verdict, test->detail,
                     test->args);
    }
}


static void
unit_consent_combine(void)
{
    char                  *p;
    ngx_str_t             *verdict;
    unit_combine_t        *test;
    ngx_tiktok_consent_t   total, consent;
    u_char                 place[1];

    static char  *places[] = { "0", "1", "2", "3" };

    for (test = unit_combines; test->verdicts; test++) {

        for (p = test->verdicts; *p; p++) {
            consent.verdict = (*p == 'g') ? GRANTED
                              : (*p == 'd') ? DENIED : UNDECIDED;
            consent.detail.data = (u_char *) places[p - test->verdicts];
            consent.detail.len = 1;
            consent.preset = consent.detail;

            if (p == test->verdicts) {
                total = consent;
                continue;
            }

            ngx_tiktok_consent_combine(&total, &consent);
        }

        verdict = ngx_tiktok_verdict_name(total.verdict);

        unit_is(verdict->data, verdict->len, test->verdict,
                "combine: \"%s\"", test->verdicts);

        /* of several that grant any will do */

        if (total.verdict != GRANTED) {
            place[0] = total.preset.data[0];

            unit_is(place, 1, test->detail, "combine: \"%s\": preset",
                    test->verdicts);
            unit_is(total.detail.data, total.detail.len, test->detail,
                    "combine: \"%s\": detail", test->verdicts);
        }
    }
}


static void
unit_consent_names(ngx_conf_t *cf)
{
    ngx_str_t            error;
    ngx_tiktok_policy_t  policy;

    if (unit_policy(cf, "cookie ads yes", &policy, &error) != NGX_OK) {
        unit_ok(0, "names");
        return;
    }

    unit_ok(ngx_tiktok_policy_is(&policy, "cookie"), "it is \"cookie\"");
    unit_ok(!ngx_tiktok_policy_is(&policy, "cookiebot"),
            "it is not \"cookiebot\"");
    unit_ok(!ngx_tiktok_policy_is(&policy, "cook"), "it is not \"cook\"");

    unit_is(policy.names[0].name.data, policy.names[0].name.len, "ads",
            "its cookie");
    unit_is(policy.pattern.data, policy.pattern.len, "yes", "its value");
}


ngx_int_t
unit_policy(ngx_conf_t *cf, char *text, ngx_tiktok_policy_t *policy,
    ngx_str_t *error)
{
    char        *p;
    size_t       len;
    ngx_str_t    args[8];
    ngx_uint_t   n;

    n = 0;

    while (text && n < 8) {
        p = strchr(text, ' ');
        len = p ? (size_t) (p - text) : ngx_strlen(text);

        args[n].len = len;
        args[n].data = ngx_pcalloc(cf->pool, len + 1);
        if (args[n].data == NULL) {
            return NGX_ERROR;
        }

        ngx_memcpy(args[n++].data, text, len);

        text = p ? p + 1 : NULL;
    }

    return ngx_tiktok_policy_parse(cf, args, n, policy, error);
}


void
unit_verdict(ngx_tiktok_policy_t *policy, ngx_tiktok_signals_t *signals,
    ngx_tiktok_verdict_e verdict, char *detail, const char *name)
{
    u_char                *p;
    ngx_str_t             *word;
    ngx_tiktok_consent_t   consent;
    u_char                 got[256], expected[256];

    ngx_tiktok_policy_check(policy, signals, &consent);

    word = ngx_tiktok_verdict_name(consent.verdict);

    p = ngx_snprintf(got, sizeof(got), "%V: %V: %V", word, &consent.preset,
                     &consent.detail);

    ngx_snprintf(expected, sizeof(expected), "%V: %V: %s%Z",
                 ngx_tiktok_verdict_name(verdict), &consent.preset, detail);

    if (!ngx_tiktok_policy_is(policy, (char *) consent.preset.data)) {
        unit_ok(0, "%s: the preset is not its own", name);
    }

    unit_is(got, p - got, (char *) expected, "%s: %s", name, expected);
}


ngx_uint_t
unit_lines(ngx_str_t *lines)
{
    ngx_uint_t  n;

    for (n = LINES; n && lines[n - 1].data == NULL; n--) { /* void */ }

    return n;
}
