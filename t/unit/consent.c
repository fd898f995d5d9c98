
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#include "unit.h"
#include "ngx_tiktok_consent.h"


#define GRANTED    NGX_TIKTOK_GRANTED
#define DENIED     NGX_TIKTOK_DENIED
#define UNDECIDED  NGX_TIKTOK_UNDECIDED

#define LINES      3
#define ROUNDS     200000

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


typedef struct {
    ngx_str_t              lines[LINES];
    char                  *name;
    char                  *values;      /* each within "[]" */
} unit_cookie_t;


typedef struct {
    char                  *args;
    ngx_str_t              lines[LINES];
    ngx_tiktok_verdict_e   verdict;
    char                  *detail;
} unit_check_t;


typedef struct {
    char                  *args;
    char                  *text;
} unit_text_t;


typedef struct {
    char                  *verdicts;
    char                  *verdict;
    char                  *detail;
} unit_combine_t;


static void unit_consent_cookies(void);
static void unit_consent_checks(ngx_conf_t *cf);
static void unit_consent_long(ngx_conf_t *cf);
static void unit_consent_copies(ngx_conf_t *cf);
static void unit_consent_values(ngx_conf_t *cf);
static void unit_consent_errors(ngx_conf_t *cf);
static void unit_consent_combine(void);
static void unit_consent_names(ngx_conf_t *cf);
static void unit_consent_random(ngx_conf_t *cf);

static void unit_verdict(ngx_tiktok_policy_t *policy,
    ngx_tiktok_signals_t *signals, ngx_tiktok_verdict_e verdict, char *detail,
    const char *name);
static ngx_uint_t unit_lines(ngx_str_t *lines);
static size_t unit_mutate(u_char *buf, size_t len, size_t size);
static ngx_uint_t unit_holds(u_char *buf, size_t len, ngx_str_t *token);
static uint32_t unit_random(uint32_t n);


static unit_cookie_t  unit_cookies[] = {

    { { ngx_string("a=1; b=2; c=3") }, "b", "[2]" },
    { { ngx_string("a=1; b=2; c=3") }, "a", "[1]" },
    { { ngx_string("a=1; b=2; c=3") }, "c", "[3]" },
    { { ngx_string("a=1; b=2; c=3") }, "d", "" },
    { { ngx_string("a=1;b=2;c=3") }, "b", "[2]" },
    { { ngx_null_string }, "a", "" },
    { { ngx_string("") }, "a", "" },
    { { ngx_string("a") }, "a", "" },
    { { ngx_string("=") }, "a", "" },
    { { ngx_string(";;; ; ;\t;") }, "a", "" },
    { { ngx_string(";;a=1;;") }, "a", "[1]" },

    /* the name is whole and of the same case */
    { { ngx_string("ab=1; xa=2; A=3") }, "a", "" },
    { { ngx_string("cookieconsent=1; CookieConsent=2; cookieConsent=3") },
      "CookieConsent", "[2]" },
    { { ngx_string("a b=1; a\tb=2") }, "a", "" },
    { { ngx_string("v:3_blog:1-x=1") }, "v:3_blog:1-x", "[1]" },

    /* a comma splits nothing */
    { { ngx_string("x=1,a=2; y=3") }, "a", "" },
    { { ngx_string("x=1,a=2; y=3") }, "x", "[1,a=2]" },

    /* the first "=" splits, others are of the value */
    { { ngx_string("a==b=c=&d=") }, "a", "[=b=c=&d=]" },
    { { ngx_string("x=a=1") }, "a", "" },

    /* blanks around are cut, those within are kept */
    { { ngx_string("  \t a \t = \t1 2\t ; b=3") }, "a", "[1 2]" },
    { { ngx_string("a=  ") }, "a", "[]" },
    { { ngx_string("a=;b=") }, "a", "[]" },
    { { ngx_string("a=;b=") }, "b", "[]" },
    { { ngx_string("a=") }, "a", "[]" },
    { { ngx_string("a ") }, "a", "" },

    /* any bytes */
    { { ngx_string("a={\"x\":[1,2],\\$@+ %zz}") }, "a",
      "[{\"x\":[1,2],\\$@+ %zz}]" },
    { { ngx_string("a=\"q\"") }, "a", "[\"q\"]" },
    { { ngx_string("\0=1; \377=2; a=\344\377\1") }, "a", "[\344\377\1]" },
    { { ngx_string("a\0=1; a=2") }, "a", "[2]" },

    /* all of the name, in order, over all lines */
    { { ngx_string("a=1; b=2; a=3"), ngx_string(""), ngx_string("c=4; a=5") },
      "a", "[1][3][5]" },
    { { ngx_string("x=1; "), ngx_string("a=2") }, "a", "[2]" },
    { { ngx_string("a=1;"), ngx_string(";a=2;") }, "a", "[1][2]" },

    /* the beginning of names */
    { { ngx_string("ab=1; a=2; ba=3; ab\t = 4;abc = 5=6; a b c =7; ab; A=8") },
      "a*", "[1](ab)[2](a)[4](ab)[5=6](abc)[7](a b c)" },
    { { ngx_string("abc=1; ab=2; ab-=3") }, "ab*", "[1](abc)[2](ab)[3](ab-)" },
    { { ngx_string("ab"), ngx_string("a=b"), ngx_string("=ab") }, "ab*", "" },

    { { ngx_null_string }, NULL, NULL }
};


static unit_check_t  unit_checks[] = {

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


#define KNOWN  "known are onetrust, cookiebot, "
#define USAGE  "write \"cookie NAME VALUE | ~RE | ~*RE\""
#define REVISION                                                              \
    "write \"cookieconsent id=CATEGORY [revision=NUMBER] [cookie=cc_cookie]\""
#define NAME   "it must not be empty or hold \"=\", \";\" or blanks"

/* the lists of presets grow: those texts are compared as far as they go */

static unit_text_t  unit_errors[] = {
    { NULL, "lacks a preset; " KNOWN "*" },
    { "foo", "has an unknown preset \"foo\"; " KNOWN "*" },
    { "", "has an unknown preset \"\"; " KNOWN "*" },
    { "OneTrust", "has an unknown preset \"OneTrust\"; " KNOWN "*" },
    { "onetrus", "has an unknown preset \"onetrus\"; " KNOWN "*" },
    { "onetrust2", "has an unknown preset \"onetrust2\"; " KNOWN "*" },
    { "onetrust id=",
      "has an empty \"id=\"; write \"onetrust [id=C0004]\"" },
    { "onetrust id=C0004 id=C0005",
      "has a second id in \"id=C0005\"; leave one, several can be said by "
      "several directives" },
    { "onetrust C0004",
      "has an unknown argument \"C0004\"; write \"onetrust [id=C0004]\"" },
    { "onetrust ID=C0004",
      "has an unknown argument \"ID=C0004\"; write \"onetrust [id=C0004]\"" },
    { "cookiebot name=x",
      "has an unknown argument \"name=x\"; "
      "write \"cookiebot [id=marketing]\"" },
    { "klaro",
      "lacks the id that this shop's tool gives it; "
      "write \"klaro id=SERVICE [cookie=klaro]\"" },
    { "klaro cookie=consent",
      "lacks the id that this shop's tool gives it; "
      "write \"klaro id=SERVICE [cookie=klaro]\"" },
    { "klaro id=tiktok cookie=",
      "has an invalid cookie name \"\"; " NAME },
    { "klaro id=tiktok cookie=a;b",
      "has an invalid cookie name \"a;b\"; " NAME },
    { "klaro id=tiktok cookie=a cookie=b",
      "has a second cookie \"b\"; leave one" },
    { "cookiebot cookie=a",
      "has an unknown argument \"cookie=a\"; "
      "write \"cookiebot [id=marketing]\"" },
    { "cookieconsent id=ads revision=",
      "has an invalid number in \"revision=\"; " REVISION },
    { "cookieconsent id=ads revision=1x",
      "has an invalid number in \"revision=1x\"; " REVISION },
    { "cookieconsent id=ads revisions=1",
      "has an unknown argument \"revisions=1\"; " REVISION },
    { "mirror id=5",
      "has \"id=5\", but \"mirror\" takes no id; remove it" },
    { "cookie", "lacks arguments; " USAGE },
    { "cookie ads", "lacks arguments; " USAGE },
    { "cookie ads yes no", "has an unknown argument \"no\"; " USAGE },
    { "cookie ads yes id=5",
      "has \"id=5\", but \"cookie\" takes no id; remove it" },
    { "cookie ads ",
      "has an empty value for the cookie \"ads\"; " USAGE },
    { "cookie  yes", "has an invalid cookie name \"\"; " NAME },
    { "cookie ads=yes x", "has an invalid cookie name \"ads=yes\"; " NAME },
    { "cookie ads; x", "has an invalid cookie name \"ads;\"; " NAME },
    { "cookie ads\t x", "has an invalid cookie name \"ads\t\"; " NAME },
#if (NGX_PCRE)
    { "cookie ads ~", "has an empty regular expression \"~\"; " USAGE },
    { "cookie ads ~*", "has an empty regular expression \"~*\"; " USAGE },
    { "cookie ads ~(yes",
      "has an invalid regular expression, correct it: pcre*" },
#else
    { "cookie ads ~yes",
      "has the regular expression \"~yes\", but nginx was built without PCRE; "
      "write a plain value" },
#endif
    { "variable", "lacks arguments; write \"variable $name\"" },
    { "variable ads",
      "has no variable in \"ads\"; write \"variable $name\"" },
    { "variable $a $b",
      "has an unknown argument \"$b\"; write \"variable $name\"" },
    { "variable $a id=x",
      "has \"id=x\", but \"variable\" takes no id; remove it" },
    { "assumed id=x",
      "has \"id=x\", but \"assumed\" takes no id; remove it" },
    { "assumed yes", "has an unknown argument \"yes\"; write \"assumed\"" },
    { NULL, NULL }
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
    unit_consent_checks(cf);
    unit_consent_long(cf);
    unit_consent_copies(cf);
    unit_consent_values(cf);
    unit_consent_errors(cf);
    unit_consent_combine();
    unit_consent_names(cf);
    unit_consent_random(cf);
}


static void
unit_consent_cookies(void)
{
    u_char                    *p, *last;
    ngx_uint_t                 n;
    unit_cookie_t             *test;
    ngx_tiktok_cookie_t        cookie;
    ngx_tiktok_cookies_t       cookies;
    ngx_tiktok_cookie_pos_t    pos;
    ngx_tiktok_cookie_name_t   name;
    u_char                     got[256];

    for (test = unit_cookies; test->name; test++) {
        cookies.lines = test->lines;
        cookies.nlines = unit_lines(test->lines);

        ngx_memzero(&name, sizeof(ngx_tiktok_cookie_name_t));

        name.name.data = (u_char *) test->name;
        name.name.len = ngx_strlen(test->name);

        if (name.name.data[name.name.len - 1] == '*') {
            name.name.len--;
            name.prefix = 1;
        }

        ngx_memzero(&pos, sizeof(ngx_tiktok_cookie_pos_t));

        p = got;
        last = got + sizeof(got);

        while (ngx_tiktok_cookie_next(&cookies, &name, 1, &pos, &cookie)
               == NGX_OK)
        {
            p = ngx_slprintf(p, last, "[%V]", &cookie.value);

            if (name.prefix) {
                p = ngx_slprintf(p, last, "(%V)", &cookie.name);
            }
        }

        unit_is(got, p - got, test->values, "cookies: \"%s\" of \"%.*s\"",
                test->name, (int) test->lines[0].len, test->lines[0].data);

        /* the end stays the end */

        n = ngx_tiktok_cookie_next(&cookies, &name, 1, &pos, &cookie)
            == NGX_DECLINED;

        if (!n) {
            unit_ok(0, "cookies: \"%s\" again after the end", test->name);
        }
    }
}


static void
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
unit_consent_errors(ngx_conf_t *cf)
{
    size_t                len;
    ngx_int_t             rc;
    ngx_str_t             error;
    unit_text_t          *test;
    ngx_tiktok_policy_t   policy;
    char                  text[512];

    for (test = unit_errors; test->text; test++) {
        ngx_str_set(&error, "");

        rc = unit_policy(cf, test->args, &policy, &error);

        if (rc != NGX_ERROR) {
            unit_ok(0, "error: \"%s\" is refused", test->args);
            continue;
        }

        len = ngx_strlen(test->text);
        ngx_cpystrn((u_char *) text, (u_char *) test->text, sizeof(text));

        if (text[len - 1] == '*' && error.len > len - 1) {
            text[len - 1] = '\0';
            error.len = len - 1;
        }

        unit_is(error.data, error.len, text, "error: \"%s\"",
                test->args ? test->args : "");
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


/* real cookies with a few bytes broken, in memory of just their size */

static void
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

    n = sizeof(unit_checks) / sizeof(unit_check_t) - 1;

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


static void
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


static ngx_uint_t
unit_lines(ngx_str_t *lines)
{
    ngx_uint_t  n;

    for (n = LINES; n && lines[n - 1].data == NULL; n--) { /* void */ }

    return n;
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
