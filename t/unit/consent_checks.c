
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * Policies and Cookie headers; those that HTTP can carry are in t/consent as
 * well, and more of them.
 */


#include "consent.h"


/* values as consent tools write them, with made-up ids */

#define ONETRUST(count, groups, awaiting)                                     \
    "OptanonConsent=isGpcEnabled=0&datestamp=Wed+Dec+03+2025+14%3A57%3A50+"   \
    "GMT%2B0530+(India+Standard+Time)&version=202510.2.0&browserGpcFlag=0&"   \
    "isIABGlobal=false&hosts=&consentId=00000000-0000-4000-8000-00000000000a" \
    "&interactionCount=" count "&isAnonUser=1&landingPath=NotLandingPage"     \
    "&groups=" groups "&AwaitingReconsent=" awaiting                          \
    "&intType=1&geolocation=IN%3BMH"

#define ONETRUST_ALL                                                          \
    "C0001%3A1%2CC0002%3A1%2CC0003%3A1%2CC0004%3A1%2CC0005%3A1"

#define ONETRUST_NONE                                                         \
    "C0001%3A1%2CC0002%3A0%2CC0003%3A0%2CC0004%3A0%2CC0005%3A0"

#define CLOSED  "OptanonAlertBoxClosed=2024-03-14T09:14:46.676Z"

#define COOKIEBOT(stamp, marketing, method)                                   \
    "CookieConsent={stamp:%27" stamp "%27%2Cnecessary:true"                   \
    "%2Cpreferences:false%2Cstatistics:false%2Cmarketing:" marketing          \
    method "%2Cver:1%2Cutc:1705162226478%2Cregion:%27ae%27}"

#define EXPLICIT  "%2Cmethod:%27explicit%27"
#define IMPLIED   "%2Cmethod:%27implied%27"
#define STAMP     "AbCdEf+gHiJk/LmNoP0123456789=="


unit_check_t  unit_checks[] = {

    /* OneTrust */

    { "onetrust",
      { ngx_string(ONETRUST("2", ONETRUST_ALL, "false") "; " CLOSED) },
      GRANTED, "C0004:1" },
    { "onetrust",
      { ngx_string("a=b; " CLOSED "; "
                   ONETRUST("2", ONETRUST_NONE, "false") "; c=d") },
      DENIED, "C0004:0" },
    { "onetrust",
      { ngx_string(ONETRUST("0", ONETRUST_ALL, "false")), ngx_string(CLOSED) },
      GRANTED, "C0004:1" },
    { "onetrust",
      { ngx_string(ONETRUST("1", ONETRUST_ALL, "false")) },
      GRANTED, "C0004:1" },
    { "onetrust",
      { ngx_string(ONETRUST("12", ONETRUST_NONE, "false")) },
      DENIED, "C0004:0" },
    { "onetrust id=BG36",
      { ngx_string("OptanonConsent=groups=BG36%3a1%2cC0004%3a0; " CLOSED) },
      GRANTED, "BG36:1" },
    { "onetrust id=4",
      { ngx_string("OptanonConsent=groups=1:1,14:0,4:1,41:0; " CLOSED) },
      GRANTED, "4:1" },
    { "onetrust", { ngx_null_string }, UNDECIDED, "no cookie" },
    { "onetrust", { ngx_string(CLOSED) }, UNDECIDED, "no cookie" },
    { "onetrust",
      { ngx_string(ONETRUST("0", ONETRUST_ALL, "false")) },
      UNDECIDED, "not decided" },
    { "onetrust",
      { ngx_string(ONETRUST("0", ONETRUST_NONE, "false")) },
      UNDECIDED, "not decided" },
    { "onetrust",
      { ngx_string(ONETRUST("", ONETRUST_ALL, "false")
                   "; OptanonAlertBoxClosed=") },
      UNDECIDED, "not decided" },
    { "onetrust",
      { ngx_string(ONETRUST("-1", ONETRUST_ALL, "false")) },
      UNDECIDED, "not decided" },
    { "onetrust",
      { ngx_string(ONETRUST("1e9", ONETRUST_ALL, "false")
                   "; optanonalertboxclosed=1") },
      UNDECIDED, "not decided" },
    { "onetrust",
      { ngx_string(ONETRUST("9999999999999999999999", ONETRUST_ALL, "false")) },
      UNDECIDED, "not decided" },
    { "onetrust",
      { ngx_string(ONETRUST("2", ONETRUST_ALL, "true") "; " CLOSED) },
      UNDECIDED, "awaiting reconsent" },
    { "onetrust",
      { ngx_string(ONETRUST("2", "1%3A1%2C2%3A1%2C3%3A1%2C4%3A1", "false")) },
      UNDECIDED, "no C0004" },
    { "onetrust",
      { ngx_string(ONETRUST("2", "", "false") "; " CLOSED) },
      UNDECIDED, "no C0004" },
    { "onetrust",
      { ngx_string(ONETRUST("2", "C00041%3A1%2CxC0004%3A1%2CC0004%3A11"
                                 "%2Cc0004%3A1%2CC0004%3A2%2CC0004%3A"
                                 "%2C C0004%3A1%2CC0004", "false")) },
      UNDECIDED, "no C0004" },
    { "onetrust id=3",
      { ngx_string(ONETRUST("2", "13%3A1%2C33%3A1", "false")) },
      UNDECIDED, "no 3" },
    { "onetrust",
      { ngx_string(ONETRUST("2", "C0004%3A1%2CC0004%3A0", "false")) },
      UNDECIDED, "ambiguous" },
    { "onetrust",
      { ngx_string("OptanonConsent=interactionCount=1&groups=C0004:0"
                   "&groups=C0004:1") },
      UNDECIDED, "ambiguous" },
    { "onetrust",
      { ngx_string("OptanonConsent=interactionCount=1&xgroups=C0004:1"
                   "&hosts=C0004:1&Groups=C0004:1") },
      UNDECIDED, "no C0004" },
    { "onetrust",
      { ngx_string("OptanonConsent=interactionCount=1"
                   "&hosts=x%26groups%3DC0004%3A1") },
      UNDECIDED, "no C0004" },
    { "onetrust",
      { ngx_string("OptanonConsent=interactionCount=1"
                   "&groups=C0004%253A1") },
      UNDECIDED, "no C0004" },
    { "onetrust",
      { ngx_string("OptanonConsent=interactionCount=1"
                   "&groups=%2CC0004%:1%2C%%2CC0004%3%2CC0004%zz1,%") },
      UNDECIDED, "no C0004" },
    { "onetrust",
      { ngx_string("OptanonConsent=interactionCount=1"
                   "&groups=C0004:1\0,C0004%3A1%00,\0C0004:1") },
      UNDECIDED, "no C0004" },
    { "onetrust",
      { ngx_string("OptanonConsent; OptanonConsent=; " CLOSED) },
      UNDECIDED, "no C0004" },
    { "onetrust",
      { ngx_string("optanonconsent=groups=C0004:1; " CLOSED) },
      UNDECIDED, "no cookie" },
    { "onetrust",
      { ngx_string("x=1,OptanonConsent=groups=C0004:1; " CLOSED) },
      UNDECIDED, "no cookie" },
    { "onetrust",
      { ngx_string("x=1,OptanonAlertBoxClosed=1; "
                   "OptanonConsent=groups=C0004:1") },
      UNDECIDED, "not decided" },
    { "onetrust",
      { ngx_string(ONETRUST("2", ONETRUST_ALL, "false") "; "
                   ONETRUST("1", ONETRUST_ALL, "false")) },
      GRANTED, "C0004:1" },
    { "onetrust",
      { ngx_string(ONETRUST("2", ONETRUST_ALL, "false")),
        ngx_string(ONETRUST("1", ONETRUST_NONE, "false")) },
      UNDECIDED, "ambiguous" },
    { "onetrust",
      { ngx_string(ONETRUST("2", ONETRUST_NONE, "false") "; "
                   ONETRUST("2", ONETRUST_NONE, "false") "; "
                   ONETRUST("1", ONETRUST_ALL, "false")) },
      UNDECIDED, "ambiguous" },
    { "onetrust",
      { ngx_string("OptanonConsent=; "
                   ONETRUST("2", ONETRUST_ALL, "false") "; " CLOSED) },
      UNDECIDED, "ambiguous" },

    /* Cookiebot */

    { "cookiebot",
      { ngx_string("a=b; " COOKIEBOT(STAMP, "true", EXPLICIT)) },
      GRANTED, "marketing:true" },
    { "cookiebot",
      { ngx_string(COOKIEBOT(STAMP, "false", EXPLICIT) "; a=b") },
      DENIED, "marketing:false" },
    { "cookiebot",
      { ngx_string("CookieConsent={stamp:'x',necessary:true,statistics:false,"
                   "marketing:true,method:'explicit',ver:1,region:'de'}") },
      GRANTED, "marketing:true" },
    { "cookiebot",
      { ngx_string(COOKIEBOT(STAMP, "true", "")) },
      GRANTED, "marketing:true" },
    { "cookiebot",
      { ngx_string("CookieConsent=%7Bmarketing%3Atrue%7D") },
      GRANTED, "marketing:true" },
    { "cookiebot",
      { ngx_string(COOKIEBOT(STAMP, "true", EXPLICIT
                             "%2Ciab2:%27CQSbk4AQSbk4ANwAAAENAwCgAAAAAA%27"
                             "%2Cgacm:%272~61.89~dv.%27")) },
      GRANTED, "marketing:true" },
    { "cookiebot id=statistics",
      { ngx_string(COOKIEBOT(STAMP, "true", EXPLICIT)) },
      DENIED, "statistics:false" },
    { "cookiebot id=necessary",
      { ngx_string(COOKIEBOT(STAMP, "false", EXPLICIT)) },
      GRANTED, "necessary:true" },
    { "cookiebot", { ngx_string("CookieConsent=0") }, DENIED, "0" },
    { "cookiebot", { ngx_string("CookieConsent=-1") }, UNDECIDED, "implied" },
    { "cookiebot",
      { ngx_string(COOKIEBOT("-1", "true", IMPLIED)) },
      UNDECIDED, "implied" },
    { "cookiebot",
      { ngx_string(COOKIEBOT(STAMP, "true", IMPLIED)) },
      UNDECIDED, "implied" },
    { "cookiebot",
      { ngx_string(COOKIEBOT("-1", "true", "")) },
      UNDECIDED, "implied" },
    { "cookiebot",
      { ngx_string(COOKIEBOT("-1", "true", EXPLICIT)) },
      UNDECIDED, "implied" },
    { "cookiebot",
      { ngx_string(COOKIEBOT(STAMP, "true", IMPLIED EXPLICIT)) },
      UNDECIDED, "implied" },
    { "cookiebot",
      { ngx_string(COOKIEBOT(STAMP, "true", "%2Cmethod:explicit")) },
      UNDECIDED, "implied" },
    { "cookiebot",
      { ngx_string(COOKIEBOT("-1", "false", IMPLIED)) },
      DENIED, "marketing:false" },
    { "cookiebot", { ngx_null_string }, UNDECIDED, "no cookie" },
    { "cookiebot",
      { ngx_string("cookieconsent={marketing:true}") },
      UNDECIDED, "no cookie" },
    { "cookiebot",
      { ngx_string("a=b,CookieConsent={marketing:true}") },
      UNDECIDED, "no cookie" },
    { "cookiebot",
      { ngx_string("CookieConsent=") }, UNDECIDED, "not readable" },
    { "cookiebot",
      { ngx_string("CookieConsent={") }, UNDECIDED, "not readable" },
    { "cookiebot",
      { ngx_string("CookieConsent={}") }, UNDECIDED, "no marketing" },
    { "cookiebot",
      { ngx_string("CookieConsent={stamp:%27x%27%2Cmarketing:true%2Cmeth") },
      UNDECIDED, "not readable" },
    { "cookiebot",
      { ngx_string("CookieConsent=00") }, UNDECIDED, "not readable" },
    { "cookiebot",
      { ngx_string("CookieConsent=true") }, UNDECIDED, "not readable" },
    { "cookiebot",
      { ngx_string("CookieConsent={marketing:trueish,xmarketing:true,"
                   "marketing:True,marketing:true ,marketing:,marketing}") },
      UNDECIDED, "no marketing" },
    { "cookiebot",
      { ngx_string("CookieConsent={marketing:true\0,marketing:true%00}") },
      UNDECIDED, "no marketing" },
    { "cookiebot",
      { ngx_string("CookieConsent={marketing:%2574rue}") },
      UNDECIDED, "no marketing" },
    { "cookiebot",
      { ngx_string("CookieConsent={marketing:true%,%,%2}") },
      UNDECIDED, "no marketing" },
    { "cookiebot",
      { ngx_string("CookieConsent={marketing:true,marketing:false}") },
      UNDECIDED, "ambiguous" },
    { "cookiebot",
      { ngx_string("CookieConsent={marketing:true}; "
                   COOKIEBOT(STAMP, "true", EXPLICIT)) },
      GRANTED, "marketing:true" },
    { "cookiebot",
      { ngx_string(COOKIEBOT(STAMP, "true", EXPLICIT) "; CookieConsent=0") },
      UNDECIDED, "ambiguous" },
    { "cookiebot",
      { ngx_string(COOKIEBOT(STAMP, "false", EXPLICIT)),
        ngx_string(COOKIEBOT(STAMP, "true", EXPLICIT)) },
      UNDECIDED, "ambiguous" },
    { "cookiebot",
      { ngx_string("CookieConsent=-1; "
                   COOKIEBOT(STAMP, "true", EXPLICIT)) },
      UNDECIDED, "ambiguous" },

    /* a cookie of the shop's own */

    { "cookie ads yes", { ngx_string("x=y; ads=yes") },
      GRANTED, "ads matches" },
    { "cookie ads yes", { ngx_string("ads=%79e%73") },
      GRANTED, "ads matches" },
    { "cookie ads yes", { ngx_string("ads=no") },
      DENIED, "ads does not match" },
    { "cookie ads yes", { ngx_string("ads=") },
      DENIED, "ads does not match" },
    { "cookie ads yes", { ngx_string("ads=yes1") },
      DENIED, "ads does not match" },
    { "cookie ads yes", { ngx_string("ads=Yes") },
      DENIED, "ads does not match" },
    { "cookie ads yes", { ngx_string("ads=yes%00") },
      DENIED, "ads does not match" },
    { "cookie ads yes", { ngx_string("ads=%2579es") },
      DENIED, "ads does not match" },
    { "cookie ads o", { { 6, (u_char *) "ads=%6F" } },
      DENIED, "ads does not match" },
    { "cookie ads yes", { ngx_string("Ads=yes; badads=yes; x=1,ads=yes") },
      UNDECIDED, "no cookie" },
    { "cookie ads yes", { ngx_string("ads") }, UNDECIDED, "no cookie" },
    { "cookie ads yes", { ngx_string("ads=yes; ads=yes") },
      GRANTED, "ads matches" },
    { "cookie ads yes", { ngx_string("ads=yes"), ngx_string("ads=no") },
      UNDECIDED, "ambiguous" },
    { "cookie ads id=5", { ngx_string("ads=id=5") },
      GRANTED, "ads matches" },
    { "cookie v:1-x a%20b", { ngx_string("v:1-x=a%20b") },
      DENIED, "v:1-x does not match" },
    { "cookie v:1-x a%20b", { ngx_string("v:1-x=a%2520b") },
      GRANTED, "v:1-x matches" },
    { "cookie ads +", { ngx_string("ads=+") }, GRANTED, "ads matches" },

#if (NGX_PCRE)
    { "cookie ads ~^(yes|on)$", { ngx_string("ads=on") },
      GRANTED, "ads matches" },
    { "cookie ads ~^(yes|on)$", { ngx_string("ads=%6Fn") },
      GRANTED, "ads matches" },
    { "cookie ads ~^(yes|on)$", { ngx_string("ads=On") },
      DENIED, "ads does not match" },
    { "cookie ads ~^(yes|on)$", { ngx_string("ads=only") },
      DENIED, "ads does not match" },
    { "cookie ads ~*^(yes|on)$", { ngx_string("ads=YES") },
      GRANTED, "ads matches" },
    { "cookie ads ~*^(yes|on)$", { ngx_string("ads=off") },
      DENIED, "ads does not match" },
    { "cookie ads ~^(yes|on)$", { ngx_string("ads=") },
      DENIED, "ads does not match" },
    { "cookie ads ~^$", { ngx_string("ads=") }, GRANTED, "ads matches" },
    { "cookie ads ~^a.c$", { ngx_string("ads=a\0c") },
      GRANTED, "ads matches" },
    { "cookie ads ~^(yes|on)$", { ngx_string("x=on") },
      UNDECIDED, "no cookie" },
    { "cookie ads ~*^(yes|on)$", { ngx_string("ads=ON; ads=off") },
      UNDECIDED, "ambiguous" },
    { "cookie ads ~(?:a+)+$",
      { ngx_string("ads=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab") },
      UNDECIDED, "regular expression failed" },
#endif

    { "assumed", { ngx_null_string }, GRANTED, "" },
    { "assumed", { ngx_string("CookieConsent=0") }, GRANTED, "" },

    { NULL, { ngx_null_string }, UNDECIDED, NULL }
};


void
unit_consent_checks(ngx_conf_t *cf)
{
    char                  name[128];
    ngx_str_t             error;
    unit_check_t         *test;
    ngx_tiktok_policy_t   policy;
    ngx_tiktok_signals_t  signals;

    for (test = unit_checks; test->args; test++) {

        if (unit_policy(cf, test->args, &policy, &error) != NGX_OK) {
            unit_ok(0, "%s: %.*s", test->args, (int) error.len, error.data);
            continue;
        }

        ngx_memzero(&signals, sizeof(ngx_tiktok_signals_t));

        signals.cookies.lines = test->lines;
        signals.cookies.nlines = unit_lines(test->lines);

        ngx_snprintf((u_char *) name, sizeof(name), "%s, row %ui%Z",
                     test->args, (ngx_uint_t) (test - unit_checks));

        unit_verdict(&policy, &signals, test->verdict, test->detail, name);
    }
}
