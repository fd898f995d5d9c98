
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * Readers of cookies that are lists of tokens.  Whatever they do not
 * recognise as the visitor's own, complete decision says nothing.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_tiktok_consent.h"
#include "ngx_tiktok_decode.h"
#include "ngx_tiktok_presets.h"


static ngx_uint_t ngx_tiktok_token_open(ngx_tiktok_policy_t *policy,
    ngx_str_t *token, char *open);
static ngx_uint_t ngx_tiktok_token_says(ngx_tiktok_policy_t *policy,
    ngx_str_t *token);


ngx_uint_t
ngx_tiktok_word_read(ngx_tiktok_reading_t *reading)
{
    const ngx_tiktok_word_t  *word;

    for (word = reading->source->what; word->word; word++) {
        if (ngx_tiktok_token_is(&reading->value, word->word)) {
            break;
        }
    }

    return word->says;
}


ngx_uint_t
ngx_tiktok_list_read(ngx_tiktok_reading_t *reading)
{
    ngx_str_t                 rest, token;
    ngx_uint_t                says;
    const ngx_tiktok_list_t  *list;

    says = 0;
    list = reading->source->what;
    rest = reading->value;

    while (ngx_tiktok_token_next(&rest, list->separators, &token) == NGX_OK) {
        says |= ngx_tiktok_token_says(reading->policy, &token);

        if (list->chosen && ngx_tiktok_token_is(&token, list->chosen)) {
            says |= NGX_TIKTOK_SAYS_CHOSEN;
        }

        if (list->open
            && ngx_tiktok_token_open(reading->policy, &token, list->open))
        {
            says |= NGX_TIKTOK_SAYS_OPEN;
        }
    }

    return says;
}


static ngx_uint_t
ngx_tiktok_token_open(ngx_tiktok_policy_t *policy, ngx_str_t *token,
    char *open)
{
    ngx_str_t  rest;

    rest = *token;

    if (rest.len < policy->id.len
        || ngx_memcmp(rest.data, policy->id.data, policy->id.len) != 0)
    {
        return 0;
    }

    rest.data += policy->id.len;
    rest.len -= policy->id.len;

    return ngx_tiktok_token_is(&rest, open);
}


/* isGpcEnabled=0&interactionCount=2&groups=C0001%3A1%2CC0004%3A1&... */

ngx_uint_t
ngx_tiktok_onetrust_read(ngx_tiktok_reading_t *reading)
{
    ngx_str_t   rest, field, group;
    ngx_uint_t  says;
    u_char      buf[NGX_TIKTOK_CONSENT_SIZE];

    says = 0;
    rest = reading->value;

    while (ngx_tiktok_token_next(&rest, "&", &field) == NGX_OK) {

        if (ngx_tiktok_token_is(&field, "AwaitingReconsent=true")) {
            ngx_str_set(&reading->detail, "awaiting reconsent");
            return NGX_TIKTOK_SAYS_OPEN;
        }

        if (ngx_tiktok_token_cut(&field, "interactionCount=")) {

            if (ngx_atoi(field.data, field.len) >= 1) {
                says |= NGX_TIKTOK_SAYS_CHOSEN;
            }

            continue;
        }

        if (ngx_tiktok_token_cut(&field, "groups=")) {
            ngx_tiktok_decode_percent(&field, buf);

            while (ngx_tiktok_token_next(&field, ",", &group) == NGX_OK) {
                says |= ngx_tiktok_token_says(reading->policy, &group);
            }
        }
    }

    return says;
}


/* {stamp:'...',necessary:true,marketing:false,method:'explicit',ver:1,...} */

ngx_uint_t
ngx_tiktok_cookiebot_read(ngx_tiktok_reading_t *reading)
{
    ngx_str_t   rest, token;
    ngx_uint_t  says;

    rest = reading->value;

    if (ngx_tiktok_token_is(&rest, "0")) {
        ngx_str_set(&reading->detail, "0");
        return NGX_TIKTOK_SAYS_NO;
    }

    if (ngx_tiktok_token_is(&rest, "-1")) {
        return NGX_TIKTOK_SAYS_YES|NGX_TIKTOK_SAYS_IMPLIED;
    }

    /* a value cut short may have lost its method */

    if (rest.len < 2 || rest.data[0] != '{' || rest.data[rest.len - 1] != '}')
    {
        return NGX_TIKTOK_SAYS_BROKEN;
    }

    says = 0;

    rest.data++;
    rest.len -= 2;

    while (ngx_tiktok_token_next(&rest, ",", &token) == NGX_OK) {
        says |= ngx_tiktok_token_says(reading->policy, &token);

        if (ngx_tiktok_token_is(&token, "stamp:'-1'")) {
            says |= NGX_TIKTOK_SAYS_IMPLIED;

        } else if (ngx_tiktok_token_cut(&token, "method:")
                   && !ngx_tiktok_token_is(&token, "'explicit'"))
        {
            /* values of old have no method, and were explicit */
            says |= NGX_TIKTOK_SAYS_IMPLIED;
        }
    }

    return says;
}


/* 0,1,2: or 0,1,2::implied,eu or 0,1,2:<hex> */

ngx_uint_t
ngx_tiktok_trustarc_read(ngx_tiktok_reading_t *reading)
{
    ngx_str_t   rest, list, token;
    ngx_uint_t  says;

    rest = reading->value;

    if (ngx_tiktok_token_next(&rest, ":", &list) != NGX_OK || list.len == 0) {
        return NGX_TIKTOK_SAYS_BROKEN;
    }

    says = NGX_TIKTOK_SAYS_LIST;

    while (ngx_tiktok_token_next(&list, ",", &token) == NGX_OK) {
        if (ngx_tiktok_policy_has_id(reading->policy, &token)) {
            says |= NGX_TIKTOK_SAYS_YES;
        }
    }

    while (ngx_tiktok_token_next(&rest, ":,", &token) == NGX_OK) {
        if (ngx_tiktok_token_is(&token, "implied")) {
            says |= NGX_TIKTOK_SAYS_IMPLIED;
        }
    }

    return says;
}


/* expressed,eu or implied,us */

ngx_uint_t
ngx_tiktok_trustarc_behavior_read(ngx_tiktok_reading_t *reading)
{
    ngx_str_t  rest, token;

    rest = reading->value;

    if (ngx_tiktok_token_next(&rest, ",", &token) == NGX_OK
        && ngx_tiktok_token_is(&token, "implied"))
    {
        return NGX_TIKTOK_SAYS_IMPLIED;
    }

    return 0;
}


/* ,facebook_pixel,google_analytics, */

ngx_uint_t
ngx_tiktok_axeptio_read(ngx_tiktok_reading_t *reading)
{
    ngx_str_t   rest, token;
    ngx_uint_t  says;

    rest = reading->value;

    /* a value cut short may have lost the vendor, or the end of its name */

    if (rest.len < 2 || rest.data[0] != ',' || rest.data[rest.len - 1] != ',')
    {
        return NGX_TIKTOK_SAYS_BROKEN;
    }

    says = NGX_TIKTOK_SAYS_LIST;

    while (ngx_tiktok_token_next(&rest, ",", &token) == NGX_OK) {
        if (ngx_tiktok_policy_has_id(reading->policy, &token)) {
            says |= NGX_TIKTOK_SAYS_YES;
        }
    }

    return says;
}


/* <0 in, 1 out>@<version>|...@<categories>@<blocked>@<times>@<vendors> */

ngx_uint_t
ngx_tiktok_commandersact_read(ngx_tiktok_reading_t *reading)
{
    ngx_str_t   rest, status, version, list, token;
    ngx_uint_t  says;

    rest = reading->value;

    if (ngx_tiktok_token_next(&rest, "@", &status) != NGX_OK
        || ngx_tiktok_token_next(&rest, "@", &version) != NGX_OK)
    {
        return NGX_TIKTOK_SAYS_BROKEN;
    }

    if (ngx_tiktok_token_is(&status, "1")) {
        return NGX_TIKTOK_SAYS_NO;
    }

    /* without a separator behind them, there may have been more */

    if (!ngx_tiktok_token_is(&status, "0")
        || memchr(rest.data, '@', rest.len) == NULL)
    {
        return NGX_TIKTOK_SAYS_BROKEN;
    }

    (void) ngx_tiktok_token_next(&rest, "@", &list);

    if (ngx_tiktok_token_is(&list, "ALL")) {
        return NGX_TIKTOK_SAYS_YES;
    }

    says = NGX_TIKTOK_SAYS_LIST;

    while (ngx_tiktok_token_next(&list, ",", &token) == NGX_OK) {
        if (ngx_tiktok_policy_has_id(reading->policy, &token)) {
            says |= NGX_TIKTOK_SAYS_YES;
        }
    }

    return says;
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
