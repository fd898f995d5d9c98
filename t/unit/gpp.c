
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * Opt-outs of the United States.  What IAB's own library reads in thousands
 * of GPP strings is in t/iab.t.
 */


#include "unit.h"
#include "ngx_tiktok_gpp.h"
#include "ngx_tiktok_opt_out.h"


#define LINES  2


typedef struct {
    ngx_str_t   text;
    char       *reason;         /* "-" can't be read, NULL no opt-out */
} unit_gpp_test_t;


typedef struct {
    ngx_str_t   lines[LINES];
    char       *reason;         /* or NULL */
} unit_opt_out_test_t;


/* as they were found, as the specification has them, and damaged ones */

static unit_gpp_test_t  unit_gpp_tests[] = {

    { ngx_string("DBABLA~BVQqAAAAAgA.QA"), NULL },
    { ngx_string("DBABLA~BVQVAAAAAgA.QA"), "usnat sale opt-out" },
    { ngx_string("DBABLA~BVQqAAAAAgA.YA"), "usnat gpc" },
    { ngx_string("DBABLA~CVVVkkkkkpFY.YA"), "usnat sale opt-out" },
    { ngx_string("DBABLA~BAAAAAAAAgA.QA"), NULL },
    { ngx_string("DBABLA~BAAmAAAAAgA"), "usnat sharing opt-out" },
    { ngx_string("DBABLA~BAApAAAAAgA"),
      "usnat targeted advertising opt-out" },
    { ngx_string("DBABBg~BUoAAAKA.QA"), NULL },
    { ngx_string("DBABBg~BUYAAAKA.QA"), "usca sale opt-out" },
    { ngx_string("DBABBg~BUkAAAKA.QA"), "usca sharing opt-out" },
    { ngx_string("DBABBg~BUoAAAKA.YA"), "usca gpc" },

    /* of other laws, or of nobody's that is known */
    { ngx_string("DBABM~CPXxRfAPXxRfAAfKABENB-CgAAAAAAAAAAYgAAAAAAAA"), NULL },
    { ngx_string("DBACNY~CPXxRfAPXxRfAAfKABENB-CgAAAAAAAAAAYgAAAAAAAA~1YNN"),
      NULL },
    { ngx_string("DBACNY~CPXxRfAPXxRfAAfKABENB-CgAAAAAAAAAAYgAAAAAAAA~1YYN"),
      "uspv1 sale opt-out" },
    { ngx_string("DBABjw~CPXxRfAPXxRfAAfKABENB-CgAAAAAAAAAAYgAAAAAAAA~1---"),
      NULL },
    { ngx_string("DBABjw~!!!!~1-Y-"), "uspv1 sale opt-out" },
    { ngx_string("DBAA"), NULL },

    /* usnat is named first, and whichever is read opts out */
    { ngx_string("DBABzw~1YYN~BVQVAAAAAgA.QA"), "usnat sale opt-out" },
    { ngx_string("DBABzw~1YYN~BVQqAAAAAgA.QA"), "uspv1 sale opt-out" },
    { ngx_string("DBABzw~1YYN~?"), "uspv1 sale opt-out" },

    /* damaged */
    { ngx_string(""), "-" },
    { ngx_string("~"), "-" },
    { ngx_string("DB"), "-" },
    { ngx_string("DBA"), "-" },
    { ngx_string("DBAB"), "-" },
    { ngx_string("DBAA~"), "-" },
    { ngx_string("DBAA~1YNN"), "-" },
    { ngx_string("DBABLA"), "-" },
    { ngx_string("DBABLA~"), "-" },
    { ngx_string("DBABLA~~"), "-" },
    { ngx_string("DBABLA~BVQqAAAAAgA.QA~"), "-" },
    { ngx_string("DBABLA~BVQqAAAAAgA.QA~BVQqAAAAAgA"), "-" },
    { ngx_string("DCABLA~BVQqAAAAAgA.QA"), "-" },
    { ngx_string("EBABLA~BVQqAAAAAgA.QA"), "-" },
    { ngx_string("DBABLA~DVQqAAAAAgA.QA"), "-" },
    { ngx_string("DBABLA~AVQqAAAAAgA.QA"), "-" },
    { ngx_string("DBABLA~BVQ"), "-" },
    { ngx_string("DBABLA~BVQ/AAAAAgA.QA"), "-" },
    { ngx_string("DBABLA~BVQ-AAAAAgA.QA"), "-" },
    { ngx_string("DBABLA~BVQqAAAAAgA."), "-" },
    { ngx_string("DBABLA~BVQqAAAAAgA.="), "-" },
    { ngx_string("DBABLA~BVQVAAAAAgA.="), "usnat sale opt-out" },
    { ngx_string("DBACNY~C~1YNN~"), "-" },
    { ngx_string("DBACNY~C~1YN"), "-" },
    { ngx_string("DBACNY~C~2YNN"), "-" },
    { ngx_string("DBA_AAAAAAAAAAAAAAAAAAAA~1YNN"), "-" },
    { ngx_string("1YNN"), "-" },
    { ngx_string("granted"), "-" },

    { ngx_null_string, NULL }
};


static unit_gpp_test_t  unit_us_privacy_tests[] = {

    { ngx_string("1YNN"), NULL },
    { ngx_string("1YNY"), NULL },
    { ngx_string("1---"), NULL },
    { ngx_string("1-N-"), NULL },
    { ngx_string("1N--"), NULL },
    { ngx_string("1YYY"), "1YYY" },
    { ngx_string("1YYN"), "1YYN" },
    { ngx_string("1YY-"), "1YY-" },
    { ngx_string("1NYY"), "1NYY" },
    { ngx_string("1NYN"), "1NYN" },
    { ngx_string("1NY-"), "1NY-" },
    { ngx_string("1-YY"), "1-YY" },
    { ngx_string("1-YN"), "1-YN" },
    { ngx_string("1-Y-"), "1-Y-" },
    { ngx_string("1yyn"), "1YYN" },
    { ngx_string("1ynn"), NULL },

    { ngx_string(""), "-" },
    { ngx_string("1"), "-" },
    { ngx_string("1YY"), "-" },
    { ngx_string("1YYNN"), "-" },
    { ngx_string("2YYN"), "-" },
    { ngx_string("YYN1"), "-" },
    { ngx_string("1Y N"), "-" },
    { ngx_string("1YXN"), "-" },
    { ngx_string("1Y\0N"), "-" },
    { ngx_string("1\377YN"), "-" },

    { ngx_null_string, NULL }
};


static unit_opt_out_test_t  unit_opt_out_tests[] = {

    { { ngx_null_string }, NULL },
    { { ngx_string("a=b; c=1YYN") }, NULL },
    { { ngx_string("usprivacy=1YNN") }, NULL },
    { { ngx_string("usprivacy=1YYN") }, "us_privacy: 1YYN" },
    { { ngx_string("a=b; us_privacy=1NY-; c=d") }, "us_privacy: 1NY-" },
    { { ngx_string("__cmpccpausps=1YYN") }, "us_privacy: 1YYN" },
    { { ngx_string("USPRIVACY=1YYN; usprivacy2=1YYN; xusprivacy=1YYN") },
      NULL },
    { { ngx_string("usprivacy=") }, NULL },
    { { ngx_string("usprivacy=maybe") }, "us_privacy: not readable" },
    { { ngx_string("usprivacy=1Y%59N") }, "us_privacy: 1YYN" },

    { { ngx_string("IABGPP_HDR_GppString=DBABLA~BVQVAAAAAgA.QA") },
      "gpp: usnat sale opt-out" },
    { { ngx_string("IABGPP_HDR_GppString=DBABLA%7EBVQVAAAAAgA.QA") },
      "gpp: usnat sale opt-out" },
    { { ngx_string("OTGPPConsent=DBABBg~BUYAAAKA.QA") },
      "gpp: usca sale opt-out" },
    { { ngx_string("OTGPPConsent=DBABBg~BUoAAAKA.QA") }, NULL },
    { { ngx_string("OTGPPConsent=") }, NULL },
    { { ngx_string("OTGPPConsent=DBABBg") }, "gpp: not readable" },

    /* iubenda */
    { { ngx_string("usprivacy=%7B%22uspString%22%3A%221YN-%22%2C%22firstA"
                   "cknowledgeDate%22%3Anull%7D") }, NULL },
    { { ngx_string("usprivacy=%7B%22uspString%22%3A%221YY-%22%2C%22firstA"
                   "cknowledgeDate%22%3Anull%7D") }, "us_privacy: 1YY-" },
    { { ngx_string("usprivacy={\"uspString\":\"1YYN\"}") },
      "us_privacy: 1YYN" },
    { { ngx_string("usprivacy={\"uspString\":\"1YY") },
      "us_privacy: not readable" },
    { { ngx_string("usprivacy={\"uspString\":") },
      "us_privacy: not readable" },
    { { ngx_string("usprivacy={}") }, "us_privacy: not readable" },

    /* any that opts out does */
    { { ngx_string("usprivacy=1YNN; usprivacy=1YYN") }, "us_privacy: 1YYN" },
    { { ngx_string("usprivacy=x; OTGPPConsent=DBABBg~BUYAAAKA.QA") },
      "gpp: usca sale opt-out" },
    { { ngx_string("usprivacy=1YNN; OTGPPConsent=DBABBg") },
      "gpp: not readable" },
    { { ngx_string("OTGPPConsent=DBABBg~BUoAAAKA.QA"),
        ngx_string("b=c; us_privacy=1YYN") }, "us_privacy: 1YYN" },

    { { ngx_null_string }, "" }
};


static void unit_gpp_strings(void);
static void unit_gpp_cookies(ngx_conf_t *cf);
static void unit_gpp_signals(ngx_str_t *lines, ngx_uint_t nlines,
    ngx_uint_t gpc, ngx_uint_t limited, char *expected);
static void unit_gpp_is(ngx_int_t rc, ngx_str_t *reason, char *expected,
    u_char *name);


void
unit_gpp(ngx_conf_t *cf)
{
    unit_gpp_strings();
    unit_gpp_cookies(cf);
}


static void
unit_gpp_strings(void)
{
    ngx_int_t         rc;
    ngx_str_t         reason;
    unit_gpp_test_t  *test;

    for (test = unit_gpp_tests; test->text.data; test++) {
        rc = ngx_tiktok_gpp_opt_out(&test->text, &reason);
        unit_gpp_is(rc, &reason, test->reason, test->text.data);
    }

    for (test = unit_us_privacy_tests; test->text.data; test++) {
        rc = ngx_tiktok_us_privacy_opt_out(&test->text, &reason);
        unit_gpp_is(rc, &reason, test->reason, test->text.data);
    }
}


static void
unit_gpp_is(ngx_int_t rc, ngx_str_t *reason, char *expected, u_char *name)
{
    if (expected == NULL) {
        unit_ok(rc == NGX_DECLINED, "%s: no opt-out", name);
        return;
    }

    if (*expected == '-') {
        unit_ok(rc == NGX_ERROR, "%s: not readable", name);
        return;
    }

    if (rc != NGX_OK) {
        unit_ok(0, "%s: %s", name, expected);
        return;
    }

    unit_is(reason->data, reason->len, expected, "%s: %s", name, expected);
}


static void
unit_gpp_cookies(ngx_conf_t *cf)
{
    ngx_str_t             line;
    unit_opt_out_test_t  *test;

    for (test = unit_opt_out_tests;
         test->reason == NULL || *test->reason;
         test++)
    {
        unit_gpp_signals(test->lines, LINES, 0, 0, test->reason);
    }

    ngx_str_set(&line, "usprivacy=1YYN");
    unit_gpp_signals(&line, 1, 0, 1, "limited by us_privacy: 1YYN");
    unit_gpp_signals(&line, 1, 1, 0, "gpc: ");
    unit_gpp_signals(&line, 1, 1, 1, "limited by gpc: ");
    unit_gpp_signals(&line, 0, 1, 0, "gpc: ");
    unit_gpp_signals(&line, 0, 0, 1, NULL);

    ngx_str_set(&line, "IABGPP_HDR_GppString=DBABBg~BUkAAAKA.QA");
    unit_gpp_signals(&line, 1, 0, 1, "limited by gpp: usca sharing opt-out");

    /* longer than a cookie can be */

    line.len = sizeof("usprivacy=") - 1 + 4097;
    line.data = ngx_pcalloc(cf->pool, line.len + 1);

    if (line.data == NULL) {
        unit_ok(0, "no memory");
        return;
    }

    ngx_memset(line.data, '1', line.len);
    ngx_memcpy(line.data, "usprivacy=", sizeof("usprivacy=") - 1);

    unit_gpp_signals(&line, 1, 0, 0, "us_privacy: not readable");
}


static void
unit_gpp_signals(ngx_str_t *lines, ngx_uint_t nlines, ngx_uint_t gpc,
    ngx_uint_t limited, char *expected)
{
    u_char                *p;
    ngx_uint_t             opted_out;
    ngx_tiktok_consent_t   reason;
    ngx_tiktok_cookies_t   cookies;
    u_char                 got[256];

    cookies.lines = lines;
    cookies.nlines = nlines;

    opted_out = ngx_tiktok_opt_out(&cookies, gpc, limited, &reason);

    if (expected == NULL) {
        unit_ok(!opted_out, "%.80s: no opt-out",
                lines[0].data ? (char *) lines[0].data : "no cookie");
        return;
    }

    p = ngx_snprintf(got, sizeof(got), "%V: %V", &reason.preset,
                     &reason.detail);

    unit_ok(opted_out, "%.80s: opted out", lines[0].data);
    unit_is(got, p - got, expected, "and why: %s", expected);
}
