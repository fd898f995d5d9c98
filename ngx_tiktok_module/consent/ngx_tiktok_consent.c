
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_tiktok_consent.h"
#include "ngx_tiktok_presets.h"


/* domains and paths explain a few cookies of one name, not more */
#define NGX_TIKTOK_CONSENT_COPIES  8


static ngx_tiktok_preset_t *ngx_tiktok_policy_preset(ngx_str_t *name);
static ngx_int_t ngx_tiktok_policy_unknown(ngx_conf_t *cf, ngx_str_t *name,
    ngx_str_t *error);
static ngx_int_t ngx_tiktok_policy_option(ngx_conf_t *cf, ngx_str_t *arg,
    ngx_tiktok_policy_t *policy, ngx_str_t *error);
static ngx_int_t ngx_tiktok_policy_details(ngx_conf_t *cf,
    ngx_tiktok_policy_t *policy, ngx_str_t *error);
static ngx_int_t ngx_tiktok_policy_detail(ngx_conf_t *cf, ngx_str_t *head,
    ngx_str_t *tail, ngx_str_t *detail);
static void ngx_tiktok_policy_read(ngx_tiktok_policy_t *policy,
    ngx_tiktok_signals_t *signals, ngx_str_t *value,
    ngx_tiktok_consent_t *consent);


static ngx_str_t  ngx_tiktok_verdict_names[] = {
    ngx_string("denied"),
    ngx_string("undecided"),
    ngx_string("granted")
};


ngx_int_t
ngx_tiktok_policy_parse(ngx_conf_t *cf, ngx_str_t *args, ngx_uint_t nargs,
    ngx_tiktok_policy_t *policy, ngx_str_t *error)
{
    ngx_uint_t            i;
    ngx_tiktok_preset_t  *preset;

    ngx_memzero(policy, sizeof(ngx_tiktok_policy_t));
    ngx_str_set(&policy->pattern, "");

    if (nargs == 0) {
        return ngx_tiktok_policy_unknown(cf, NULL, error);
    }

    preset = ngx_tiktok_policy_preset(&args[0]);

    if (preset == NULL) {
        return ngx_tiktok_policy_unknown(cf, &args[0], error);
    }

    if (nargs <= preset->nargs) {
        return ngx_tiktok_policy_error(cf, error,
                                       "lacks arguments; write \"%V\"",
                                       &preset->usage);
    }

    policy->preset = preset;
    policy->cookie = preset->cookie;

    if (preset->parse
        && preset->parse(cf, &args[1], policy, error) != NGX_OK)
    {
        return NGX_ERROR;
    }

    for (i = 1 + preset->nargs; i < nargs; i++) {
        if (ngx_tiktok_policy_option(cf, &args[i], policy, error) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    if (policy->id.len == 0) {
        policy->id = preset->id;
    }

    return ngx_tiktok_policy_details(cf, policy, error);
}


static ngx_tiktok_preset_t *
ngx_tiktok_policy_preset(ngx_str_t *name)
{
    ngx_tiktok_preset_t  *preset;

    for (preset = ngx_tiktok_presets; preset->name.len; preset++) {
        if (preset->name.len == name->len
            && ngx_memcmp(preset->name.data, name->data, name->len) == 0)
        {
            return preset;
        }
    }

    return NULL;
}


static ngx_int_t
ngx_tiktok_policy_unknown(ngx_conf_t *cf, ngx_str_t *name, ngx_str_t *error)
{
    u_char               *p, *last;
    ngx_str_t             known;
    ngx_tiktok_preset_t  *preset;
    u_char                buf[NGX_MAX_CONF_ERRSTR];

    p = buf;
    last = buf + NGX_MAX_CONF_ERRSTR;

    for (preset = ngx_tiktok_presets; preset->name.len; preset++) {
        p = ngx_slprintf(p, last, "%s%V", p == buf ? "" : ", ", &preset->name);
    }

    known.data = buf;
    known.len = p - buf;

    if (name == NULL) {
        return ngx_tiktok_policy_error(cf, error,
                                       "lacks a preset; known are %V", &known);
    }

    return ngx_tiktok_policy_error(cf, error,
                                   "has an unknown preset \"%V\"; "
                                   "known are %V", name, &known);
}


static ngx_int_t
ngx_tiktok_policy_option(ngx_conf_t *cf, ngx_str_t *arg,
    ngx_tiktok_policy_t *policy, ngx_str_t *error)
{
    ngx_tiktok_preset_t  *preset;

    preset = policy->preset;

    if (arg->len < 3 || ngx_memcmp(arg->data, "id=", 3) != 0) {
        return ngx_tiktok_policy_error(cf, error,
                                       "has an unknown argument \"%V\"; "
                                       "write \"%V\"", arg, &preset->usage);
    }

    if (!(preset->flags & NGX_TIKTOK_PRESET_ID)) {
        return ngx_tiktok_policy_error(cf, error,
                                       "has \"%V\", but \"%V\" takes no id; "
                                       "remove it", arg, &preset->name);
    }

    if (policy->id.len) {
        return ngx_tiktok_policy_error(cf, error,
                                       "has a second id in \"%V\"; leave one, "
                                       "several can be said by several "
                                       "directives", arg);
    }

    policy->id.data = arg->data + 3;
    policy->id.len = arg->len - 3;

    if (policy->id.len == 0) {
        return ngx_tiktok_policy_error(cf, error,
                                       "has an empty \"id=\"; write \"%V\"",
                                       &preset->usage);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_tiktok_policy_details(ngx_conf_t *cf, ngx_tiktok_policy_t *policy,
    ngx_str_t *error)
{
    ngx_str_t            *subject;
    ngx_tiktok_preset_t  *preset;

    static ngx_str_t  no = ngx_string("no ");

    preset = policy->preset;

    if (policy->id.len) {
        subject = &policy->id;

    } else if (policy->cookie.len) {
        subject = &policy->cookie;

    } else {
        subject = &policy->pattern;
    }

    if (ngx_tiktok_policy_detail(cf, subject, &preset->granted,
                                 &policy->granted)
        != NGX_OK
        || ngx_tiktok_policy_detail(cf, subject, &preset->denied,
                                    &policy->denied)
           != NGX_OK
        || ngx_tiktok_policy_detail(cf, &no, subject, &policy->missing)
           != NGX_OK)
    {
        ngx_str_set(error, "could not be read: no memory");
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_tiktok_policy_detail(ngx_conf_t *cf, ngx_str_t *head, ngx_str_t *tail,
    ngx_str_t *detail)
{
    u_char  *p;

    detail->len = head->len + tail->len;

    detail->data = ngx_pnalloc(cf->pool, detail->len + 1);
    if (detail->data == NULL) {
        return NGX_ERROR;
    }

    p = ngx_sprintf(detail->data, "%V%V", head, tail);
    *p = '\0';

    return NGX_OK;
}


ngx_int_t
ngx_tiktok_policy_error(ngx_conf_t *cf, ngx_str_t *error, const char *fmt, ...)
{
    u_char   *p;
    va_list   args;

    error->data = ngx_pnalloc(cf->pool, NGX_MAX_CONF_ERRSTR);
    if (error->data == NULL) {
        ngx_str_set(error, "could not be read: no memory");
        return NGX_ERROR;
    }

    va_start(args, fmt);
    p = ngx_vslprintf(error->data, error->data + NGX_MAX_CONF_ERRSTR, fmt,
                      args);
    va_end(args);

    error->len = p - error->data;

    return NGX_ERROR;
}


void
ngx_tiktok_policy_check(ngx_tiktok_policy_t *policy,
    ngx_tiktok_signals_t *signals, ngx_tiktok_consent_t *consent)
{
    ngx_str_t                value;
    ngx_uint_t               n;
    ngx_tiktok_consent_t     copy;
    ngx_tiktok_cookie_pos_t  pos;

    consent->preset = policy->preset->name;

    if (policy->cookie.len == 0) {
        ngx_tiktok_policy_read(policy, signals, &signals->value, consent);
        return;
    }

    consent->verdict = NGX_TIKTOK_UNDECIDED;
    ngx_str_set(&consent->detail, "no cookie");

    ngx_memzero(&pos, sizeof(ngx_tiktok_cookie_pos_t));

    for (n = 0;
         ngx_tiktok_cookie_next(&signals->cookies, &policy->cookie, &pos,
                                &value)
         == NGX_OK;
         n++)
    {
        if (n == 0) {
            ngx_tiktok_policy_read(policy, signals, &value, consent);
            continue;
        }

        /* the bound keeps a hostile header from costing its square */

        if (n < NGX_TIKTOK_CONSENT_COPIES) {
            ngx_tiktok_policy_read(policy, signals, &value, &copy);

            if (copy.verdict == consent->verdict) {
                continue;
            }
        }

        consent->verdict = NGX_TIKTOK_UNDECIDED;
        ngx_str_set(&consent->detail, "ambiguous");
        return;
    }
}


static void
ngx_tiktok_policy_read(ngx_tiktok_policy_t *policy,
    ngx_tiktok_signals_t *signals, ngx_str_t *value,
    ngx_tiktok_consent_t *consent)
{
    ngx_str_t             decoded;
    ngx_tiktok_preset_t  *preset;
    u_char                buf[NGX_TIKTOK_CONSENT_SIZE];

    if (value->len > NGX_TIKTOK_CONSENT_SIZE) {
        consent->verdict = NGX_TIKTOK_UNDECIDED;
        ngx_str_set(&consent->detail, "too long");
        return;
    }

    preset = policy->preset;
    decoded = *value;

    if (preset->flags & NGX_TIKTOK_PRESET_DECODE) {
        ngx_tiktok_consent_unescape(&decoded, buf);
    }

    ngx_str_null(&consent->detail);

    consent->verdict = preset->read(policy, signals, &decoded,
                                    &consent->detail);

    if (consent->detail.len) {
        return;
    }

    switch (consent->verdict) {

    case NGX_TIKTOK_GRANTED:
        consent->detail = policy->granted;
        break;

    case NGX_TIKTOK_DENIED:
        consent->detail = policy->denied;
        break;

    default: /* NGX_TIKTOK_UNDECIDED */
        consent->detail = policy->missing;
        break;
    }
}


void
ngx_tiktok_consent_unescape(ngx_str_t *value, u_char *buf)
{
    u_char     *p, *dst, *last;
    ngx_int_t   ch;

    if (value->len == 0 || memchr(value->data, '%', value->len) == NULL) {
        return;
    }

    dst = buf;
    last = value->data + value->len;

    for (p = value->data; p < last; p++) {

        if (*p == '%' && last - p > 2) {
            ch = ngx_hextoi(p + 1, 2);

            if (ch != NGX_ERROR) {
                *dst++ = (u_char) ch;
                p += 2;
                continue;
            }
        }

        *dst++ = *p;
    }

    value->data = buf;
    value->len = dst - buf;
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


ngx_str_t *
ngx_tiktok_verdict_name(ngx_tiktok_verdict_e verdict)
{
    return &ngx_tiktok_verdict_names[verdict];
}


ngx_uint_t
ngx_tiktok_policy_is(ngx_tiktok_policy_t *policy, char *name)
{
    return ngx_strcmp(policy->preset->name.data, name) == 0;
}
