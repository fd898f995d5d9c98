
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * What a "tiktok_consent" directive says, read at configuration time.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_tiktok_consent.h"
#include "ngx_tiktok_presets.h"


static ngx_tiktok_preset_t *ngx_tiktok_policy_preset(ngx_str_t *name);
static ngx_int_t ngx_tiktok_policy_unknown(ngx_conf_t *cf, ngx_str_t *name,
    ngx_str_t *error);
static ngx_int_t ngx_tiktok_policy_option(ngx_conf_t *cf, ngx_str_t *arg,
    ngx_tiktok_policy_t *policy, ngx_str_t *error);
static ngx_int_t ngx_tiktok_policy_id(ngx_conf_t *cf, ngx_str_t *arg,
    ngx_tiktok_policy_t *policy, ngx_str_t *error);
static ngx_int_t ngx_tiktok_policy_names(ngx_conf_t *cf,
    ngx_tiktok_policy_t *policy);
static ngx_int_t ngx_tiktok_policy_name(ngx_conf_t *cf, ngx_str_t *pattern,
    ngx_str_t *id, ngx_tiktok_cookie_name_t *name);
static ngx_int_t ngx_tiktok_policy_details(ngx_conf_t *cf,
    ngx_tiktok_policy_t *policy);
static ngx_int_t ngx_tiktok_policy_detail(ngx_conf_t *cf, ngx_str_t *head,
    ngx_str_t *tail, ngx_str_t *detail);


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

    if (policy->id.len == 0
        && (preset->flags & NGX_TIKTOK_PRESET_NEEDS_ID)
           == NGX_TIKTOK_PRESET_NEEDS_ID)
    {
        return ngx_tiktok_policy_error(cf, error,
                                       "lacks the id that this shop's tool "
                                       "gives it; write \"%V\"",
                                       &preset->usage);
    }

    policy->prefix = (preset->flags & NGX_TIKTOK_PRESET_PREFIX)
                     && policy->id.len > 1
                     && policy->id.data[policy->id.len - 1] == '*';

    if (ngx_tiktok_policy_names(cf, policy) != NGX_OK
        || ngx_tiktok_policy_details(cf, policy) != NGX_OK)
    {
        ngx_str_set(error, "could not be read: no memory");
        return NGX_ERROR;
    }

    return NGX_OK;
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
    ngx_int_t             rc;
    ngx_str_t             name;
    ngx_uint_t            prefix;
    ngx_tiktok_preset_t  *preset;

    preset = policy->preset;

    if (ngx_strncmp(arg->data, "id=", 3) == 0) {
        return ngx_tiktok_policy_id(cf, arg, policy, error);
    }

    if (ngx_strncmp(arg->data, "cookie=", 7) == 0
        && (preset->flags & NGX_TIKTOK_PRESET_COOKIE))
    {
        name.data = arg->data + 7;
        name.len = arg->len - 7;

        prefix = (name.len > 1 && name.data[name.len - 1] == '*');
        name.len -= prefix;

        policy->names[0].prefix = prefix;

        return ngx_tiktok_policy_cookie(cf, &name, policy, error);
    }

    rc = preset->option ? preset->option(cf, arg, policy, error)
                        : NGX_DECLINED;

    if (rc != NGX_DECLINED) {
        return rc;
    }

    return ngx_tiktok_policy_error(cf, error,
                                   "has an unknown argument \"%V\"; "
                                   "write \"%V\"", arg, &preset->usage);
}


static ngx_int_t
ngx_tiktok_policy_id(ngx_conf_t *cf, ngx_str_t *arg,
    ngx_tiktok_policy_t *policy, ngx_str_t *error)
{
    if (!(policy->preset->flags & NGX_TIKTOK_PRESET_ID)) {
        return ngx_tiktok_policy_error(cf, error,
                                       "has \"%V\", but \"%V\" takes no id; "
                                       "remove it", arg,
                                       &policy->preset->name);
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
                                       &policy->preset->usage);
    }

    return NGX_OK;
}


ngx_int_t
ngx_tiktok_policy_cookie(ngx_conf_t *cf, ngx_str_t *name,
    ngx_tiktok_policy_t *policy, ngx_str_t *error)
{
    size_t  n;

    for (n = 0; n < name->len; n++) {
        if (ngx_strchr("=; \t", name->data[n]) != NULL) {
            break;
        }
    }

    if (n == 0 || n < name->len) {
        return ngx_tiktok_policy_error(cf, error,
                                       "has an invalid cookie name \"%V\"; "
                                       "it must not be empty or hold \"=\", "
                                       "\";\" or blanks", name);
    }

    if (policy->names[0].name.len) {
        return ngx_tiktok_policy_error(cf, error,
                                       "has a second cookie \"%V\"; "
                                       "leave one", name);
    }

    policy->names[0].name = *name;

    return NGX_OK;
}


/* what has been said for the first one stands */

static ngx_int_t
ngx_tiktok_policy_names(ngx_conf_t *cf, ngx_tiktok_policy_t *policy)
{
    ngx_uint_t                 i;
    ngx_tiktok_source_t       *source;
    ngx_tiktok_cookie_name_t  *name;

    for (i = 0; i < NGX_TIKTOK_SOURCES; i++) {
        source = &policy->preset->sources[i];
        name = &policy->names[i];

        if (source->read == NULL
            || (name->name.len == 0 && source->name.len == 0))
        {
            break;
        }

        if (name->name.len == 0
            && ngx_tiktok_policy_name(cf, &source->name, &policy->id, name)
               != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    policy->nnames = i;

    return NGX_OK;
}


static ngx_int_t
ngx_tiktok_policy_name(ngx_conf_t *cf, ngx_str_t *pattern, ngx_str_t *id,
    ngx_tiktok_cookie_name_t *name)
{
    size_t   i;
    u_char  *p;

    name->name.data = ngx_pnalloc(cf->pool, pattern->len + id->len);
    if (name->name.data == NULL) {
        return NGX_ERROR;
    }

    p = name->name.data;

    for (i = 0; i < pattern->len; i++) {

        if (pattern->data[i] == '$') {
            p = ngx_cpymem(p, id->data, id->len);

        } else if (pattern->data[i] == '*') {
            name->prefix = 1;

        } else {
            *p++ = pattern->data[i];
        }
    }

    name->name.len = p - name->name.data;

    return NGX_OK;
}


/* a parser of arguments may have made better ones */

static ngx_int_t
ngx_tiktok_policy_details(ngx_conf_t *cf, ngx_tiktok_policy_t *policy)
{
    ngx_str_t            *subject;
    ngx_tiktok_preset_t  *preset;

    static ngx_str_t  no = ngx_string("no ");

    preset = policy->preset;

    if (policy->id.len) {
        subject = &policy->id;

    } else if (policy->nnames) {
        subject = &policy->names[0].name;

    } else {
        subject = &policy->pattern;
    }

    if (ngx_tiktok_policy_detail(cf, subject, &preset->granted,
                                 &policy->granted)
        != NGX_OK
        || ngx_tiktok_policy_detail(cf, subject, &preset->denied,
                                    &policy->denied)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_tiktok_policy_detail(cf, &no, subject, &policy->missing);
}


static ngx_int_t
ngx_tiktok_policy_detail(ngx_conf_t *cf, ngx_str_t *head, ngx_str_t *tail,
    ngx_str_t *detail)
{
    u_char  *p;

    if (detail->len) {
        return NGX_OK;
    }

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


ngx_uint_t
ngx_tiktok_policy_is(ngx_tiktok_policy_t *policy, char *name)
{
    return ngx_strcmp(policy->preset->name.data, name) == 0;
}


ngx_uint_t
ngx_tiktok_policy_has_id(ngx_tiktok_policy_t *policy, ngx_str_t *text)
{
    size_t  len;

    len = policy->id.len;

    if (policy->prefix) {
        return text->len >= len
               && ngx_memcmp(text->data, policy->id.data, len - 1) == 0;
    }

    return text->len == len
           && ngx_memcmp(text->data, policy->id.data, len) == 0;
}
