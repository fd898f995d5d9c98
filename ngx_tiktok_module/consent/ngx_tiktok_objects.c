
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * Readers of cookies that are JSON.  What is to be found there stands in the
 * table of presets; here are those that need more than this.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_tiktok_consent.h"
#include "ngx_tiktok_decode.h"
#include "ngx_tiktok_pick.h"
#include "ngx_tiktok_presets.h"


static void ngx_tiktok_ketch_end(ngx_tiktok_picker_t *picker);


ngx_uint_t
ngx_tiktok_object_read(ngx_tiktok_reading_t *reading)
{
    ngx_tiktok_picker_t  picker;

    return ngx_tiktok_pick(&picker, reading, &reading->value,
                           reading->source->what, NULL);
}


/* services, and there is nothing in it until the first one is chosen */

ngx_uint_t
ngx_tiktok_complianz_read(ngx_tiktok_reading_t *reading)
{
    return reading->value.len ? ngx_tiktok_object_read(reading) : 0;
}


/* 1: the id is that of a service, in any group */

ngx_uint_t
ngx_tiktok_borlabs_read(ngx_tiktok_reading_t *reading)
{
    ngx_uint_t            says;
    ngx_tiktok_policy_t  *policy;

    policy = reading->policy;
    says = ngx_tiktok_object_read(reading);

    if ((says & NGX_TIKTOK_PICK_1)
        && policy->id.data != policy->preset->id.data)
    {
        says |= NGX_TIKTOK_SAYS_YES;
    }

    return says;
}


/*
 * _iub_cs-<id> and _iub_cs-s<id>; there are also _iub_cs-<id>-granular and
 * _iub_cs-<id>-uspr.  1: there are purposes, 2: consent without purposes.
 */

ngx_uint_t
ngx_tiktok_iubenda_read(ngx_tiktok_reading_t *reading)
{
    ngx_str_t   tail;
    ngx_uint_t  says;

    tail = reading->name;

    (void) ngx_tiktok_token_cut(&tail, "_iub_cs-");
    (void) ngx_tiktok_token_cut(&tail, "s");

    while (tail.len && tail.data[0] >= '0' && tail.data[0] <= '9') {
        tail.data++;
        tail.len--;
    }

    if (tail.len) {
        return NGX_TIKTOK_SAYS_NOTHING;
    }

    says = ngx_tiktok_object_read(reading);

    if ((says & NGX_TIKTOK_PICK_2) && !(says & NGX_TIKTOK_PICK_1)) {
        says |= NGX_TIKTOK_SAYS_YES;
    }

    return says;
}


/* 1: accepted, and what is taken are the categories, as text of an array */

ngx_uint_t
ngx_tiktok_cookiescript_read(ngx_tiktok_reading_t *reading)
{
    ngx_str_t            text;
    ngx_uint_t           says;
    ngx_tiktok_picker_t  picker;
    u_char               buf[NGX_TIKTOK_CONSENT_SIZE];

    static const ngx_tiktok_pick_t  categories[] = {
        { { NULL }, "[", NGX_TIKTOK_SAYS_LIST },
        { { "[]" }, "$", NGX_TIKTOK_SAYS_YES },
        { { NULL }, NULL, 0 }
    };

    says = ngx_tiktok_pick(&picker, reading, &reading->value,
                           reading->source->what, NULL);

    if (!(says & NGX_TIKTOK_PICK_1) || !(says & NGX_TIKTOK_PICK_TAKE)
        || picker.taken.data[0] != '"')
    {
        return says;
    }

    text.data = picker.taken.data + 1;
    text.len = picker.taken.len - 2;

    ngx_tiktok_decode_json(&text, buf);

    return says | ngx_tiktok_pick(&picker, reading, &text, categories, NULL);
}


/*
 * real_cookie_banner-v:3_blog:1_path:<hash> with -gcm behind it has the types
 * of Google's consent mode, and without it <time>:<uuids>:<revision>:<groups>
 * with the numbers of services.
 */

ngx_uint_t
ngx_tiktok_realcookiebanner_read(ngx_tiktok_reading_t *reading)
{
    ngx_str_t            rest, part, *name;
    ngx_uint_t           i, number;
    ngx_tiktok_picker_t  picker;

    static const ngx_tiktok_pick_t  services[] = {
        { { NULL }, "{", NGX_TIKTOK_SAYS_LIST },
        { { "*", "[]" }, "$", NGX_TIKTOK_SAYS_YES },
        { { "d", "*", "[]" }, "$", NGX_TIKTOK_SAYS_YES },
        { { NULL }, NULL, 0 }
    };

    name = &reading->name;
    number = ngx_atoi(reading->policy->id.data, reading->policy->id.len)
             != NGX_ERROR;

    if (ngx_memcmp(name->data + name->len - 4, "-gcm", 4) == 0) {
        return number ? NGX_TIKTOK_SAYS_NOTHING
                      : ngx_tiktok_object_read(reading);
    }

    if (!number || ngx_memcmp(name->data + name->len - 4, "-tcf", 4) == 0) {
        return NGX_TIKTOK_SAYS_NOTHING;
    }

    rest = reading->value;

    for (i = 0; i < 3; i++) {
        if (ngx_tiktok_token_next(&rest, ":", &part) != NGX_OK) {
            return NGX_TIKTOK_SAYS_BROKEN;
        }
    }

    return ngx_tiktok_pick(&picker, reading, &rest, services, NULL);
}


/* of a purpose of any name: 1: granted, 2: denied, 3: it is the id's */

ngx_uint_t
ngx_tiktok_ketch_read(ngx_tiktok_reading_t *reading)
{
    ngx_tiktok_picker_t  picker;

    return ngx_tiktok_pick(&picker, reading, &reading->value,
                           reading->source->what, ngx_tiktok_ketch_end);
}


static void
ngx_tiktok_ketch_end(ngx_tiktok_picker_t *picker)
{
    if (picker->says & NGX_TIKTOK_PICK_3) {

        if (picker->says & NGX_TIKTOK_PICK_1) {
            picker->says |= NGX_TIKTOK_SAYS_YES;
        }

        if (picker->says & NGX_TIKTOK_PICK_2) {
            picker->says |= NGX_TIKTOK_SAYS_NO;
        }
    }

    picker->says &= ~(NGX_TIKTOK_PICK_1|NGX_TIKTOK_PICK_2|NGX_TIKTOK_PICK_3);
}


ngx_int_t
ngx_tiktok_cookieconsent_option(ngx_conf_t *cf, ngx_str_t *arg,
    ngx_tiktok_policy_t *policy, ngx_str_t *error)
{
    if (ngx_strncmp(arg->data, "revision=", 9) != 0) {
        return NGX_DECLINED;
    }

    policy->revision.data = arg->data + 9;
    policy->revision.len = arg->len - 9;

    if (ngx_atoi(policy->revision.data, policy->revision.len) == NGX_ERROR) {
        return ngx_tiktok_policy_error(cf, error,
                                       "has an invalid number in \"%V\"; "
                                       "write \"%V\"", arg,
                                       &policy->preset->usage);
    }

    return NGX_OK;
}


/* 1: it is of the revision, 2: its time is over */

ngx_uint_t
ngx_tiktok_cookieconsent_read(ngx_tiktok_reading_t *reading)
{
    ngx_uint_t  says;

    says = ngx_tiktok_object_read(reading);

    if (says & NGX_TIKTOK_SAYS_BROKEN) {
        return says;
    }

    if (reading->policy->revision.len && !(says & NGX_TIKTOK_PICK_1)) {
        ngx_str_set(&reading->detail, "another revision");
        return NGX_TIKTOK_SAYS_OPEN;
    }

    if (says & NGX_TIKTOK_PICK_2) {
        ngx_str_set(&reading->detail, "expired");
        return NGX_TIKTOK_SAYS_OPEN;
    }

    return says;
}
