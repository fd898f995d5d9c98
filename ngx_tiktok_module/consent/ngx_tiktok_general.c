
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * The presets that suit any tool: "cookie", "variable", "mirror" and
 * "assumed".
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_tiktok_consent.h"
#include "ngx_tiktok_decode.h"
#include "ngx_tiktok_presets.h"


static ngx_int_t ngx_tiktok_regex_parse(ngx_conf_t *cf,
    ngx_tiktok_policy_t *policy, ngx_str_t *error);
#if (NGX_PCRE)
static ngx_uint_t ngx_tiktok_regex_read(ngx_tiktok_reading_t *reading);
#endif
static ngx_uint_t ngx_tiktok_token_in(ngx_str_t *token, char **words);


ngx_int_t
ngx_tiktok_cookie_parse(ngx_conf_t *cf, ngx_str_t *args,
    ngx_tiktok_policy_t *policy, ngx_str_t *error)
{
    policy->pattern = args[1];

    if (ngx_tiktok_policy_cookie(cf, &args[0], policy, error) != NGX_OK) {
        return NGX_ERROR;
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


ngx_uint_t
ngx_tiktok_cookie_read(ngx_tiktok_reading_t *reading)
{
    ngx_str_t  *value, *pattern;

#if (NGX_PCRE)
    if (reading->policy->regex) {
        return ngx_tiktok_regex_read(reading);
    }
#endif

    value = &reading->value;
    pattern = &reading->policy->pattern;

    if (value->len == pattern->len
        && ngx_memcmp(value->data, pattern->data, value->len) == 0)
    {
        return NGX_TIKTOK_SAYS_YES;
    }

    return NGX_TIKTOK_SAYS_NO;
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


static ngx_uint_t
ngx_tiktok_regex_read(ngx_tiktok_reading_t *reading)
{
    ngx_int_t  rc;

    rc = ngx_regex_exec(reading->policy->regex, &reading->value, NULL, 0);

    if (rc >= 0) {
        return NGX_TIKTOK_SAYS_YES;
    }

    if (rc == NGX_REGEX_NO_MATCHED) {
        return NGX_TIKTOK_SAYS_NO;
    }

    ngx_str_set(&reading->detail, "regular expression failed");
    return NGX_TIKTOK_SAYS_BROKEN;
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

ngx_int_t
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


ngx_uint_t
ngx_tiktok_variable_read(ngx_tiktok_reading_t *reading)
{
    switch (ngx_tiktok_verdict_word(&reading->value)) {

    case NGX_TIKTOK_GRANTED:
        return NGX_TIKTOK_SAYS_YES;

    case NGX_TIKTOK_DENIED:
        return NGX_TIKTOK_SAYS_NO;

    default: /* NGX_TIKTOK_UNDECIDED */
        break;
    }

    if (reading->value.len == 0) {
        ngx_str_set(&reading->detail, "empty");

    } else {
        ngx_str_set(&reading->detail, "unknown value");
    }

    return 0;
}


ngx_tiktok_verdict_e
ngx_tiktok_verdict_word(ngx_str_t *word)
{
    static char  *yes[] = { "1", "granted", "yes", "true", NULL };
    static char  *no[] = { "0", "denied", "no", "false", NULL };

    if (ngx_tiktok_token_in(word, yes)) {
        return NGX_TIKTOK_GRANTED;
    }

    return ngx_tiktok_token_in(word, no) ? NGX_TIKTOK_DENIED
                                         : NGX_TIKTOK_UNDECIDED;
}


/* 1.EPOCH or 0.EPOCH, as the browser script writes it */

ngx_uint_t
ngx_tiktok_mirror_read(ngx_tiktok_reading_t *reading)
{
    time_t     at;
    ngx_str_t  value;

    value = reading->value;

    if (value.len < 3 || value.data[1] != '.'
        || (value.data[0] != '0' && value.data[0] != '1'))
    {
        return NGX_TIKTOK_SAYS_BROKEN;
    }

    at = ngx_atotm(value.data + 2, value.len - 2);

    if (at == (time_t) NGX_ERROR) {
        return NGX_TIKTOK_SAYS_BROKEN;
    }

    if (value.data[0] == '0') {
        return NGX_TIKTOK_SAYS_NO;
    }

    if (at > reading->signals->now + NGX_TIKTOK_CONSENT_AHEAD) {
        ngx_str_set(&reading->detail, "of the future");
        return NGX_TIKTOK_SAYS_OPEN;
    }

    if (at < reading->signals->now - NGX_TIKTOK_CONSENT_MAX_AGE) {
        ngx_str_set(&reading->detail, "too old");
        return NGX_TIKTOK_SAYS_OPEN;
    }

    return NGX_TIKTOK_SAYS_YES;
}


ngx_uint_t
ngx_tiktok_assumed_read(ngx_tiktok_reading_t *reading)
{
    return NGX_TIKTOK_SAYS_YES;
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
