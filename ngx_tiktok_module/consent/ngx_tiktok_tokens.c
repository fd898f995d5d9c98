
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


static ngx_uint_t ngx_tiktok_token_says(ngx_tiktok_policy_t *policy,
    ngx_str_t *token);


/* isGpcEnabled=0&interactionCount=2&groups=C0001%3A1%2CC0004%3A1&... */

ngx_uint_t
ngx_tiktok_onetrust_read(ngx_tiktok_reading_t *reading)
{
    ngx_str_t   rest, field, group;
    ngx_uint_t  says;
    u_char      buf[NGX_TIKTOK_CONSENT_SIZE];

    says = 0;
    rest = reading->value;

    while (ngx_tiktok_token_next(&rest, '&', &field) == NGX_OK) {

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

            while (ngx_tiktok_token_next(&field, ',', &group) == NGX_OK) {
                says |= ngx_tiktok_token_says(reading->policy, &group);
            }
        }
    }

    return says;
}


/* the time when the banner was closed */

ngx_uint_t
ngx_tiktok_closed_read(ngx_tiktok_reading_t *reading)
{
    return reading->value.len ? NGX_TIKTOK_SAYS_CHOSEN : 0;
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

    while (ngx_tiktok_token_next(&rest, ',', &token) == NGX_OK) {
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
