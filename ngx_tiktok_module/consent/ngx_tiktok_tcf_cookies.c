
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * The preset "tcf": a TC string, and where in a cookie it stands.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_tiktok_consent.h"
#include "ngx_tiktok_decode.h"
#include "ngx_tiktok_pick.h"
#include "ngx_tiktok_presets.h"
#include "ngx_tiktok_tcf.h"


#define NGX_TIKTOK_FCCDCF_DEPTH  16
#define NGX_TIKTOK_FCCDCF_INDEX  3


/*
 * Finds the string in a cookie that has more than this.  Returns NGX_OK,
 * NGX_DECLINED if there is none, or NGX_DONE if it is another cookie.
 */

typedef ngx_int_t (*ngx_tiktok_tcf_find_pt)(ngx_tiktok_reading_t *reading,
    ngx_str_t *text);


typedef struct {
    ngx_tiktok_cookie_name_t  cookie;
    ngx_tiktok_tcf_find_pt    find;
} ngx_tiktok_tcf_carrier_t;


typedef struct {
    ngx_tiktok_scan_t        scan;
    ngx_uint_t               level;
    ngx_uint_t               outer;         /* where in the arrays it is */
    ngx_uint_t               inner;
    ngx_str_t                text;
} ngx_tiktok_fccdcf_t;


static ngx_int_t ngx_tiktok_tcf_find(ngx_tiktok_reading_t *reading,
    ngx_str_t *text);
static ngx_int_t ngx_tiktok_tcf_cookiebot(ngx_tiktok_reading_t *reading,
    ngx_str_t *text);
static ngx_int_t ngx_tiktok_tcf_civic(ngx_tiktok_reading_t *reading,
    ngx_str_t *text);
static ngx_int_t ngx_tiktok_tcf_realcookiebanner(
    ngx_tiktok_reading_t *reading, ngx_str_t *text);
static ngx_int_t ngx_tiktok_tcf_fccdcf(ngx_tiktok_reading_t *reading,
    ngx_str_t *text);
static void ngx_tiktok_tcf_fccdcf_token(ngx_tiktok_scan_t *scan,
    ngx_tiktok_token_e kind, ngx_str_t *token);
static ngx_int_t ngx_tiktok_tcf_unquote(ngx_str_t *text, u_char quote);


/* in all other cookies the value is the string */

static ngx_tiktok_tcf_carrier_t  ngx_tiktok_tcf_carriers[] = {
    { { ngx_string("CookieConsent"), 0 }, ngx_tiktok_tcf_cookiebot },
    { { ngx_string("CookieControl"), 0 }, ngx_tiktok_tcf_civic },
    { { ngx_string("FCCDCF"), 0 }, ngx_tiktok_tcf_fccdcf },
    { { ngx_string("real_cookie_banner-"), 1 },
      ngx_tiktok_tcf_realcookiebanner },
    { { ngx_null_string, 0 }, NULL }
};


ngx_int_t
ngx_tiktok_tcf_parse(ngx_conf_t *cf, ngx_str_t *args,
    ngx_tiktok_policy_t *policy, ngx_str_t *error)
{
    policy->tcf = ngx_pcalloc(cf->pool, sizeof(ngx_tiktok_tcf_t));

    if (policy->tcf == NULL
        || ngx_tiktok_tcf_init(cf->pool, policy->tcf) != NGX_OK)
    {
        ngx_str_set(error, "could not be read: no memory");
        return NGX_ERROR;
    }

    policy->granted = policy->tcf->granted;

    return NGX_OK;
}


ngx_int_t
ngx_tiktok_tcf_option(ngx_conf_t *cf, ngx_str_t *arg,
    ngx_tiktok_policy_t *policy, ngx_str_t *error)
{
    ngx_int_t   rc;
    ngx_str_t   text;

    text = *arg;

    if (ngx_tiktok_token_cut(&text, "purposes=")) {
        rc = ngx_tiktok_tcf_set_purposes(policy->tcf, &text);

    } else if (ngx_tiktok_token_cut(&text, "vendor=")) {
        rc = ngx_tiktok_tcf_set_vendor(policy->tcf, &text);

    } else {
        return NGX_DECLINED;
    }

    if (rc == NGX_DECLINED) {
        return ngx_tiktok_policy_error(cf, error,
                                       "has an invalid \"%V\": purposes are "
                                       "a list of numbers from 1 to 24, a "
                                       "vendor is one number; write \"%V\"",
                                       arg, &policy->preset->usage);
    }

    /* its texts tell what was set */

    if (ngx_tiktok_tcf_init(cf->pool, policy->tcf) != NGX_OK) {
        ngx_str_set(error, "could not be read: no memory");
        return NGX_ERROR;
    }

    policy->granted = policy->tcf->granted;

    return NGX_OK;
}


ngx_uint_t
ngx_tiktok_tcf_read(ngx_tiktok_reading_t *reading)
{
    ngx_str_t             text;
    ngx_tiktok_verdict_e  verdict;

    switch (ngx_tiktok_tcf_find(reading, &text)) {

    case NGX_OK:
        break;

    case NGX_DONE:
        return NGX_TIKTOK_SAYS_NOTHING;

    default: /* NGX_DECLINED */
        ngx_str_set(&reading->detail, "no TC string");
        return NGX_TIKTOK_SAYS_OPEN;
    }

    verdict = ngx_tiktok_tcf_check(&text, reading->policy->tcf,
                                   reading->signals->now, &reading->detail);

    switch (verdict) {

    case NGX_TIKTOK_GRANTED:
        return NGX_TIKTOK_SAYS_YES;

    case NGX_TIKTOK_DENIED:
        return NGX_TIKTOK_SAYS_NO;

    default: /* NGX_TIKTOK_UNDECIDED */
        return NGX_TIKTOK_SAYS_OPEN;
    }
}


static ngx_int_t
ngx_tiktok_tcf_find(ngx_tiktok_reading_t *reading, ngx_str_t *text)
{
    ngx_str_t                 *name;
    ngx_tiktok_tcf_carrier_t  *carrier;

    for (carrier = ngx_tiktok_tcf_carriers; carrier->find; carrier++) {
        name = &carrier->cookie.name;

        if (reading->name.len >= name->len
            && (reading->name.len == name->len || carrier->cookie.prefix)
            && ngx_memcmp(reading->name.data, name->data, name->len) == 0)
        {
            return carrier->find(reading, text);
        }
    }

    *text = reading->value;

    return text->len ? NGX_OK : NGX_DECLINED;
}


/* {stamp:'...',necessary:true,...,iab2:'CP...',gacm:'...'} */

static ngx_int_t
ngx_tiktok_tcf_cookiebot(ngx_tiktok_reading_t *reading, ngx_str_t *text)
{
    ngx_str_t  rest;

    rest = reading->value;

    if (rest.len && rest.data[rest.len - 1] == '}') {
        rest.len--;
    }

    while (ngx_tiktok_token_next(&rest, ",", text) == NGX_OK) {
        if (ngx_tiktok_token_cut(text, "iab2:")) {
            return ngx_tiktok_tcf_unquote(text, '\'');
        }
    }

    return NGX_DECLINED;
}


/* {"necessaryCookies":[...],...,"iabConsent":"CP...",...} */

static ngx_int_t
ngx_tiktok_tcf_civic(ngx_tiktok_reading_t *reading, ngx_str_t *text)
{
    ngx_uint_t           says;
    ngx_tiktok_picker_t  picker;

    static const ngx_tiktok_pick_t  picks[] = {
        { { "iabConsent" }, NULL, NGX_TIKTOK_PICK_TAKE },
        { { NULL }, NULL, 0 }
    };

    says = ngx_tiktok_pick(&picker, reading, &reading->value, picks, NULL);

    if (!(says & NGX_TIKTOK_PICK_TAKE)) {
        return NGX_DECLINED;
    }

    *text = picker.taken;

    return ngx_tiktok_tcf_unquote(text, '"');
}


/* real_cookie_banner-v:3_blog:1_path:<hash>-tcf, of several with this head */

static ngx_int_t
ngx_tiktok_tcf_realcookiebanner(ngx_tiktok_reading_t *reading,
    ngx_str_t *text)
{
    ngx_str_t  *name;

    name = &reading->name;

    if (ngx_memcmp(name->data + name->len - 4, "-tcf", 4) != 0) {
        return NGX_DONE;
    }

    *text = reading->value;

    return text->len ? NGX_OK : NGX_DECLINED;
}


/* [null,null,null,["CP...","..."],...] */

static ngx_int_t
ngx_tiktok_tcf_fccdcf(ngx_tiktok_reading_t *reading, ngx_str_t *text)
{
    ngx_tiktok_fccdcf_t  fccdcf;

    ngx_memzero(&fccdcf, sizeof(ngx_tiktok_fccdcf_t));

    if (reading->value.len == 0 || reading->value.data[0] != '[') {
        return NGX_DECLINED;
    }

    if (ngx_tiktok_scan_tokens(&fccdcf.scan, &reading->value,
                               NGX_TIKTOK_FCCDCF_DEPTH,
                               ngx_tiktok_tcf_fccdcf_token)
        != NGX_OK
        || fccdcf.text.data == NULL)
    {
        return NGX_DECLINED;
    }

    *text = fccdcf.text;

    return ngx_tiktok_tcf_unquote(text, '"');
}


static void
ngx_tiktok_tcf_fccdcf_token(ngx_tiktok_scan_t *scan, ngx_tiktok_token_e kind,
    ngx_str_t *token)
{
    ngx_tiktok_fccdcf_t *fccdcf = (ngx_tiktok_fccdcf_t *) scan;

    if (kind == NGX_TIKTOK_TOKEN_CLOSE) {
        fccdcf->level--;
        return;
    }

    if (kind == NGX_TIKTOK_TOKEN_NAME) {
        return;
    }

    /* an element begins */

    if (fccdcf->level == 1) {
        fccdcf->outer++;
        fccdcf->inner = 0;

    } else if (fccdcf->level == 2) {
        fccdcf->inner++;

        if (fccdcf->outer == NGX_TIKTOK_FCCDCF_INDEX + 1
            && fccdcf->inner == 1)
        {
            fccdcf->text = *token;
        }
    }

    fccdcf->level += (kind == NGX_TIKTOK_TOKEN_OPEN);
}


static ngx_int_t
ngx_tiktok_tcf_unquote(ngx_str_t *text, u_char quote)
{
    if (text->len <= 2
        || text->data[0] != quote || text->data[text->len - 1] != quote)
    {
        return NGX_DECLINED;
    }

    text->data++;
    text->len -= 2;

    return NGX_OK;
}
