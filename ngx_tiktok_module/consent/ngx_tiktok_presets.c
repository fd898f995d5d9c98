
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * The consent presets.  To add one is to add a row to the table and, unless
 * an existing one fits, a reader.  Whatever a reader does not recognise as
 * the visitor's own, complete decision is undecided.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_tiktok_consent.h"
#include "ngx_tiktok_presets.h"


/* what a list of tokens says about the policy's id */
#define NGX_TIKTOK_SAYS_YES  0x01
#define NGX_TIKTOK_SAYS_NO   0x02
#define NGX_TIKTOK_SAYS_BOTH (NGX_TIKTOK_SAYS_YES|NGX_TIKTOK_SAYS_NO)


static ngx_int_t ngx_tiktok_cookie_parse(ngx_conf_t *cf, ngx_str_t *args,
    ngx_tiktok_policy_t *policy, ngx_str_t *error);
static ngx_int_t ngx_tiktok_regex_parse(ngx_conf_t *cf,
    ngx_tiktok_policy_t *policy, ngx_str_t *error);
static ngx_int_t ngx_tiktok_variable_parse(ngx_conf_t *cf, ngx_str_t *args,
    ngx_tiktok_policy_t *policy, ngx_str_t *error);

static ngx_tiktok_verdict_e ngx_tiktok_onetrust_read(
    ngx_tiktok_policy_t *policy, ngx_tiktok_signals_t *signals,
    ngx_str_t *value, ngx_str_t *detail);
static ngx_uint_t ngx_tiktok_onetrust_closed(ngx_tiktok_signals_t *signals);
static ngx_tiktok_verdict_e ngx_tiktok_cookiebot_read(
    ngx_tiktok_policy_t *policy, ngx_tiktok_signals_t *signals,
    ngx_str_t *value, ngx_str_t *detail);
static ngx_tiktok_verdict_e ngx_tiktok_cookie_read(
    ngx_tiktok_policy_t *policy, ngx_tiktok_signals_t *signals,
    ngx_str_t *value, ngx_str_t *detail);
#if (NGX_PCRE)
static ngx_tiktok_verdict_e ngx_tiktok_regex_read(
    ngx_tiktok_policy_t *policy, ngx_str_t *value, ngx_str_t *detail);
#endif
static ngx_tiktok_verdict_e ngx_tiktok_variable_read(
    ngx_tiktok_policy_t *policy, ngx_tiktok_signals_t *signals,
    ngx_str_t *value, ngx_str_t *detail);
static ngx_tiktok_verdict_e ngx_tiktok_assumed_read(
    ngx_tiktok_policy_t *policy, ngx_tiktok_signals_t *signals,
    ngx_str_t *value, ngx_str_t *detail);

static ngx_tiktok_verdict_e ngx_tiktok_says(ngx_uint_t says,
    ngx_str_t *detail);
static ngx_uint_t ngx_tiktok_token_says(ngx_tiktok_policy_t *policy,
    ngx_str_t *token);
static ngx_int_t ngx_tiktok_token_next(ngx_str_t *rest, u_char separator,
    ngx_str_t *token);
static ngx_uint_t ngx_tiktok_token_cut(ngx_str_t *token, char *head);
static ngx_uint_t ngx_tiktok_token_is(ngx_str_t *token, char *text);
static ngx_uint_t ngx_tiktok_token_in(ngx_str_t *token, char **words);


ngx_tiktok_preset_t  ngx_tiktok_presets[] = {

    { ngx_string("onetrust"),
      ngx_string("onetrust [id=C0004]"),
      ngx_string("OptanonConsent"),
      ngx_string("C0004"),
      ngx_string(":1"),
      ngx_string(":0"),
      NGX_TIKTOK_PRESET_ID,
      0,
      NULL,
      ngx_tiktok_onetrust_read },

    { ngx_string("cookiebot"),
      ngx_string("cookiebot [id=marketing]"),
      ngx_string("CookieConsent"),
      ngx_string("marketing"),
      ngx_string(":true"),
      ngx_string(":false"),
      NGX_TIKTOK_PRESET_ID|NGX_TIKTOK_PRESET_DECODE,
      0,
      NULL,
      ngx_tiktok_cookiebot_read },

    { ngx_string("cookie"),
      ngx_string("cookie NAME VALUE | ~RE | ~*RE"),
      ngx_null_string,
      ngx_null_string,
      ngx_string(" matches"),
      ngx_string(" does not match"),
      NGX_TIKTOK_PRESET_DECODE,
      2,
      ngx_tiktok_cookie_parse,
      ngx_tiktok_cookie_read },

    { ngx_string("variable"),
      ngx_string("variable $name"),
      ngx_null_string,
      ngx_null_string,
      ngx_string(" grants"),
      ngx_string(" denies"),
      0,
      1,
      ngx_tiktok_variable_parse,
      ngx_tiktok_variable_read },

    { ngx_string("assumed"),
      ngx_string("assumed"),
      ngx_null_string,
      ngx_null_string,
      ngx_string(""),
      ngx_string(""),
      0,
      0,
      NULL,
      ngx_tiktok_assumed_read },

    { ngx_null_string,
      ngx_null_string,
      ngx_null_string,
      ngx_null_string,
      ngx_null_string,
      ngx_null_string,
      0,
      0,
      NULL,
      NULL }
};


/* isGpcEnabled=0&interactionCount=2&groups=C0001%3A1%2CC0004%3A1&... */

static ngx_tiktok_verdict_e
ngx_tiktok_onetrust_read(ngx_tiktok_policy_t *policy,
    ngx_tiktok_signals_t *signals, ngx_str_t *value, ngx_str_t *detail)
{
    ngx_str_t   rest, field, group;
    ngx_uint_t  says, decided;
    u_char      buf[NGX_TIKTOK_CONSENT_SIZE];

    says = 0;
    decided = 0;
    rest = *value;

    while (ngx_tiktok_token_next(&rest, '&', &field) == NGX_OK) {

        if (ngx_tiktok_token_is(&field, "AwaitingReconsent=true")) {
            ngx_str_set(detail, "awaiting reconsent");
            return NGX_TIKTOK_UNDECIDED;
        }

        if (ngx_tiktok_token_cut(&field, "interactionCount=")) {
            decided = (ngx_atoi(field.data, field.len) >= 1);
            continue;
        }

        if (ngx_tiktok_token_cut(&field, "groups=")) {
            ngx_tiktok_consent_unescape(&field, buf);

            while (ngx_tiktok_token_next(&field, ',', &group) == NGX_OK) {
                says |= ngx_tiktok_token_says(policy, &group);
            }
        }
    }

    /* the cookie, with defaults, is there before any choice */

    if (!decided && !ngx_tiktok_onetrust_closed(signals)) {
        ngx_str_set(detail, "not decided");
        return NGX_TIKTOK_UNDECIDED;
    }

    return ngx_tiktok_says(says, detail);
}


static ngx_uint_t
ngx_tiktok_onetrust_closed(ngx_tiktok_signals_t *signals)
{
    ngx_str_t                value;
    ngx_tiktok_cookie_pos_t  pos;

    static ngx_str_t  name = ngx_string("OptanonAlertBoxClosed");

    ngx_memzero(&pos, sizeof(ngx_tiktok_cookie_pos_t));

    while (ngx_tiktok_cookie_next(&signals->cookies, &name, &pos, &value)
           == NGX_OK)
    {
        if (value.len) {
            return 1;
        }
    }

    return 0;
}


/* {stamp:'...',necessary:true,marketing:false,method:'explicit',ver:1,...} */

static ngx_tiktok_verdict_e
ngx_tiktok_cookiebot_read(ngx_tiktok_policy_t *policy,
    ngx_tiktok_signals_t *signals, ngx_str_t *value, ngx_str_t *detail)
{
    ngx_str_t             rest, token;
    ngx_uint_t            says, implied;
    ngx_tiktok_verdict_e  verdict;

    if (ngx_tiktok_token_is(value, "0")) {
        ngx_str_set(detail, "0");
        return NGX_TIKTOK_DENIED;
    }

    if (ngx_tiktok_token_is(value, "-1")) {
        ngx_str_set(detail, "implied");
        return NGX_TIKTOK_UNDECIDED;
    }

    /* a value cut short may have lost its method */

    if (value->len < 2
        || value->data[0] != '{' || value->data[value->len - 1] != '}')
    {
        ngx_str_set(detail, "not readable");
        return NGX_TIKTOK_UNDECIDED;
    }

    says = 0;
    implied = 0;

    rest.data = value->data + 1;
    rest.len = value->len - 2;

    while (ngx_tiktok_token_next(&rest, ',', &token) == NGX_OK) {
        says |= ngx_tiktok_token_says(policy, &token);

        if (ngx_tiktok_token_is(&token, "stamp:'-1'")) {
            implied = 1;

        } else if (ngx_tiktok_token_cut(&token, "method:")) {
            /* values of old have no method, and were explicit */
            implied |= !ngx_tiktok_token_is(&token, "'explicit'");
        }
    }

    verdict = ngx_tiktok_says(says, detail);

    if (verdict == NGX_TIKTOK_GRANTED && implied) {
        ngx_str_set(detail, "implied");
        return NGX_TIKTOK_UNDECIDED;
    }

    return verdict;
}


static ngx_int_t
ngx_tiktok_cookie_parse(ngx_conf_t *cf, ngx_str_t *args,
    ngx_tiktok_policy_t *policy, ngx_str_t *error)
{
    size_t  n;

    policy->cookie = args[0];
    policy->pattern = args[1];

    for (n = 0; n < args[0].len; n++) {
        if (ngx_strchr("=; \t", args[0].data[n]) != NULL) {
            break;
        }
    }

    if (n == 0 || n < args[0].len) {
        return ngx_tiktok_policy_error(cf, error,
                                       "has an invalid cookie name \"%V\"; "
                                       "it must not be empty or hold \"=\", "
                                       "\";\" or blanks", &args[0]);
    }

    if (args[1].len == 0) {
        return ngx_tiktok_policy_error(cf, error,
                                       "has an empty value for the cookie "
                                       "\"%V\"; write \"%V\"", &args[0],
                                       &policy->preset->usage);
    }

    if (args[1].data[0] == '~') {
        return ngx_tiktok_regex_parse(cf, policy, error);
    }

    return NGX_OK;
}


static ngx_tiktok_verdict_e
ngx_tiktok_cookie_read(ngx_tiktok_policy_t *policy,
    ngx_tiktok_signals_t *signals, ngx_str_t *value, ngx_str_t *detail)
{
#if (NGX_PCRE)
    if (policy->regex) {
        return ngx_tiktok_regex_read(policy, value, detail);
    }
#endif

    if (value->len == policy->pattern.len
        && ngx_memcmp(value->data, policy->pattern.data, value->len) == 0)
    {
        return NGX_TIKTOK_GRANTED;
    }

    return NGX_TIKTOK_DENIED;
}


#if (NGX_PCRE)

static ngx_int_t
ngx_tiktok_regex_parse(ngx_conf_t *cf, ngx_tiktok_policy_t *policy,
    ngx_str_t *error)
{
    ngx_str_t            *pattern;
    ngx_regex_compile_t   rc;
    u_char                errstr[NGX_MAX_CONF_ERRSTR];

    ngx_memzero(&rc, sizeof(ngx_regex_compile_t));

    pattern = &rc.pattern;

    pattern->data = policy->pattern.data + 1;
    pattern->len = policy->pattern.len - 1;

    if (pattern->len && pattern->data[0] == '*') {
        pattern->data++;
        pattern->len--;
        rc.options = NGX_REGEX_CASELESS;
    }

    if (pattern->len == 0) {
        /* it would match whatever the visitor chose */
        return ngx_tiktok_policy_error(cf, error,
                                       "has an empty regular expression "
                                       "\"%V\"; write \"%V\"",
                                       &policy->pattern,
                                       &policy->preset->usage);
    }

    rc.pool = cf->pool;
    rc.err.data = errstr;
    rc.err.len = NGX_MAX_CONF_ERRSTR;

    if (ngx_regex_compile(&rc) != NGX_OK) {
        return ngx_tiktok_policy_error(cf, error,
                                       "has an invalid regular expression, "
                                       "correct it: %V", &rc.err);
    }

    policy->regex = rc.regex;

    return NGX_OK;
}


static ngx_tiktok_verdict_e
ngx_tiktok_regex_read(ngx_tiktok_policy_t *policy, ngx_str_t *value,
    ngx_str_t *detail)
{
    ngx_int_t  rc;

    rc = ngx_regex_exec(policy->regex, value, NULL, 0);

    if (rc >= 0) {
        return NGX_TIKTOK_GRANTED;
    }

    if (rc == NGX_REGEX_NO_MATCHED) {
        return NGX_TIKTOK_DENIED;
    }

    ngx_str_set(detail, "regular expression failed");
    return NGX_TIKTOK_UNDECIDED;
}

#else

static ngx_int_t
ngx_tiktok_regex_parse(ngx_conf_t *cf, ngx_tiktok_policy_t *policy,
    ngx_str_t *error)
{
    return ngx_tiktok_policy_error(cf, error,
                                   "has the regular expression \"%V\", but "
                                   "nginx was built without PCRE; write a "
                                   "plain value", &policy->pattern);
}

#endif


/* the value itself is a complex one, which is the caller's to compile */

static ngx_int_t
ngx_tiktok_variable_parse(ngx_conf_t *cf, ngx_str_t *args,
    ngx_tiktok_policy_t *policy, ngx_str_t *error)
{
    policy->pattern = args[0];

    if (memchr(args[0].data, '$', args[0].len) == NULL) {
        return ngx_tiktok_policy_error(cf, error,
                                       "has no variable in \"%V\"; "
                                       "write \"%V\"", &args[0],
                                       &policy->preset->usage);
    }

    return NGX_OK;
}


static ngx_tiktok_verdict_e
ngx_tiktok_variable_read(ngx_tiktok_policy_t *policy,
    ngx_tiktok_signals_t *signals, ngx_str_t *value, ngx_str_t *detail)
{
    static char  *yes[] = { "1", "granted", "yes", "true", NULL };
    static char  *no[] = { "0", "denied", "no", "false", NULL };

    if (ngx_tiktok_token_in(value, yes)) {
        return NGX_TIKTOK_GRANTED;
    }

    if (ngx_tiktok_token_in(value, no)) {
        return NGX_TIKTOK_DENIED;
    }

    if (value->len == 0) {
        ngx_str_set(detail, "empty");

    } else {
        ngx_str_set(detail, "unknown value");
    }

    return NGX_TIKTOK_UNDECIDED;
}


static ngx_tiktok_verdict_e
ngx_tiktok_assumed_read(ngx_tiktok_policy_t *policy,
    ngx_tiktok_signals_t *signals, ngx_str_t *value, ngx_str_t *detail)
{
    return NGX_TIKTOK_GRANTED;
}


static ngx_tiktok_verdict_e
ngx_tiktok_says(ngx_uint_t says, ngx_str_t *detail)
{
    switch (says) {

    case NGX_TIKTOK_SAYS_YES:
        return NGX_TIKTOK_GRANTED;

    case NGX_TIKTOK_SAYS_NO:
        return NGX_TIKTOK_DENIED;

    case NGX_TIKTOK_SAYS_BOTH:
        ngx_str_set(detail, "ambiguous");
        return NGX_TIKTOK_UNDECIDED;

    default: /* not said */
        return NGX_TIKTOK_UNDECIDED;
    }
}


/* the details for reasons are the very tokens: "C0004:1" and "C0004:0" */

static ngx_uint_t
ngx_tiktok_token_says(ngx_tiktok_policy_t *policy, ngx_str_t *token)
{
    if (token->len == policy->granted.len
        && ngx_memcmp(token->data, policy->granted.data, token->len) == 0)
    {
        return NGX_TIKTOK_SAYS_YES;
    }

    if (token->len == policy->denied.len
        && ngx_memcmp(token->data, policy->denied.data, token->len) == 0)
    {
        return NGX_TIKTOK_SAYS_NO;
    }

    return 0;
}


static ngx_int_t
ngx_tiktok_token_next(ngx_str_t *rest, u_char separator, ngx_str_t *token)
{
    u_char  *p;

    if (rest->len == 0) {
        return NGX_DECLINED;
    }

    *token = *rest;

    p = memchr(rest->data, separator, rest->len);

    if (p == NULL) {
        rest->len = 0;
        return NGX_OK;
    }

    token->len = p - token->data;

    rest->data += token->len + 1;
    rest->len -= token->len + 1;

    return NGX_OK;
}


/* leaves what follows the head, if the token starts with it */

static ngx_uint_t
ngx_tiktok_token_cut(ngx_str_t *token, char *head)
{
    size_t  len;

    len = ngx_strlen(head);

    if (token->len < len || ngx_memcmp(token->data, head, len) != 0) {
        return 0;
    }

    token->data += len;
    token->len -= len;

    return 1;
}


static ngx_uint_t
ngx_tiktok_token_is(ngx_str_t *token, char *text)
{
    return token->len == ngx_strlen(text)
           && ngx_memcmp(token->data, text, token->len) == 0;
}


static ngx_uint_t
ngx_tiktok_token_in(ngx_str_t *token, char **words)
{
    while (*words) {
        if (ngx_tiktok_token_is(token, *words++)) {
            return 1;
        }
    }

    return 0;
}
