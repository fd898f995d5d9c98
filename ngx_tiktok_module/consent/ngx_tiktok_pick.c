
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_tiktok_decode.h"
#include "ngx_tiktok_pick.h"


/* consent tools nest a few levels */
#define NGX_TIKTOK_PICK_DEPTH  16

#define NGX_TIKTOK_PICK_TEXT   256


static void ngx_tiktok_pick_token(ngx_tiktok_scan_t *scan,
    ngx_tiktok_token_e kind, ngx_str_t *token);
static uint32_t ngx_tiktok_pick_value(ngx_tiktok_picker_t *picker,
    ngx_str_t *token);
static void ngx_tiktok_pick_open(ngx_tiktok_picker_t *picker,
    ngx_str_t *token);
static void ngx_tiktok_pick_name(ngx_tiktok_picker_t *picker,
    ngx_str_t *token);
static uint32_t ngx_tiktok_pick_part(ngx_tiktok_picker_t *picker,
    uint32_t rules, ngx_uint_t depth, ngx_str_t *name);
static ngx_uint_t ngx_tiktok_pick_equal(ngx_tiktok_picker_t *picker,
    char *value, ngx_str_t *token);
static void ngx_tiktok_pick_text(ngx_str_t *token, ngx_str_t *text,
    u_char *buf);


ngx_uint_t
ngx_tiktok_pick(ngx_tiktok_picker_t *picker, ngx_tiktok_reading_t *reading,
    ngx_str_t *text, const ngx_tiktok_pick_t *picks,
    ngx_tiktok_picker_end_pt end)
{
    picker->policy = reading->policy;
    picker->now = reading->signals->now;
    picker->picks = picks;
    picker->end = end;

    picker->says = 0;
    ngx_str_null(&picker->taken);

    picker->member = 0;
    picker->arrays = 0;
    picker->level = 0;

    if (ngx_tiktok_scan_tokens(&picker->scan, text, NGX_TIKTOK_PICK_DEPTH,
                               ngx_tiktok_pick_token)
        != NGX_OK)
    {
        return NGX_TIKTOK_SAYS_BROKEN;
    }

    return picker->says;
}


static void
ngx_tiktok_pick_token(ngx_tiktok_scan_t *scan, ngx_tiktok_token_e kind,
    ngx_str_t *token)
{
    ngx_tiktok_picker_t *picker = (ngx_tiktok_picker_t *) scan;

    switch (kind) {

    case NGX_TIKTOK_TOKEN_NAME:
        ngx_tiktok_pick_name(picker, token);
        break;

    case NGX_TIKTOK_TOKEN_VALUE:
        (void) ngx_tiktok_pick_value(picker, token);
        break;

    case NGX_TIKTOK_TOKEN_OPEN:
        ngx_tiktok_pick_open(picker, token);
        break;

    default: /* NGX_TIKTOK_TOKEN_CLOSE */
        picker->level--;

        if (picker->level == 1 && picker->end) {
            picker->end(picker);
        }
    }
}


/* returns the rules whose path goes on inside of the value */

static uint32_t
ngx_tiktok_pick_value(ngx_tiktok_picker_t *picker, ngx_str_t *token)
{
    uint32_t                  bit, rules, inside;
    ngx_uint_t                depth, said;
    const ngx_tiktok_pick_t  *pick;

    depth = picker->level;

    if (depth == 0) {
        rules = 0xffffffff;

    } else if (depth > NGX_TIKTOK_PICK_PATH) {
        return 0;

    } else if (picker->arrays & (1U << (depth - 1))) {
        rules = picker->inside[depth - 1];

    } else {
        rules = picker->member;
    }

    said = 0;
    inside = 0;
    bit = 1;

    for (pick = picker->picks; rules && pick->says; pick++, bit <<= 1) {

        if (!(rules & bit)) {
            continue;
        }

        rules &= ~bit;

        if (pick->path[depth]) {
            inside |= bit;
            continue;
        }

        if (!said && ngx_tiktok_pick_equal(picker, pick->value, token)) {
            picker->says |= pick->says;
            said = 1;

            if (pick->says & NGX_TIKTOK_PICK_TAKE) {
                picker->taken = *token;
            }
        }
    }

    return inside;
}


static void
ngx_tiktok_pick_open(ngx_tiktok_picker_t *picker, ngx_str_t *token)
{
    uint32_t    inside;
    ngx_uint_t  depth, array;

    inside = ngx_tiktok_pick_value(picker, token);
    depth = picker->level++;

    if (depth >= NGX_TIKTOK_PICK_PATH) {
        return;
    }

    array = (token->data[0] == '[');

    /* elements are all alike, members are looked at by their names */

    picker->inside[depth] = array ? ngx_tiktok_pick_part(picker, inside,
                                                         depth, NULL)
                                  : inside;

    picker->arrays &= ~(1U << depth);
    picker->arrays |= array << depth;
}


static void
ngx_tiktok_pick_name(ngx_tiktok_picker_t *picker, ngx_str_t *token)
{
    ngx_str_t   name;
    ngx_uint_t  depth;
    u_char      buf[NGX_TIKTOK_PICK_TEXT];

    depth = picker->level - 1;

    if (depth >= NGX_TIKTOK_PICK_PATH) {
        return;
    }

    picker->member = 0;

    if (picker->inside[depth]) {
        ngx_tiktok_pick_text(token, &name, buf);

        picker->member = ngx_tiktok_pick_part(picker, picker->inside[depth],
                                              depth, &name);
    }
}


/* of the rules, those with the name there, or "[]" for none */

static uint32_t
ngx_tiktok_pick_part(ngx_tiktok_picker_t *picker, uint32_t rules,
    ngx_uint_t depth, ngx_str_t *name)
{
    char                     *part;
    uint32_t                  bit, fits;
    ngx_uint_t                fit;
    const ngx_tiktok_pick_t  *pick;

    fits = 0;
    bit = 1;

    for (pick = picker->picks; rules; pick++, bit <<= 1) {

        if (!(rules & bit)) {
            continue;
        }

        rules &= ~bit;
        part = pick->path[depth];

        if (part[0] == '[') {
            fit = (name == NULL);

        } else if (name == NULL) {
            fit = 0;

        } else if (part[0] == '*') {
            fit = 1;

        } else if (part[0] == '$' && part[1] == '\0') {
            fit = ngx_tiktok_policy_has_id(picker->policy, name);

        } else {
            fit = ngx_tiktok_token_is(name, part);
        }

        if (fit) {
            fits |= bit;
        }
    }

    return fits;
}


static ngx_uint_t
ngx_tiktok_pick_equal(ngx_tiktok_picker_t *picker, char *value,
    ngx_str_t *token)
{
    off_t       ms;
    ngx_str_t   text;
    u_char      buf[NGX_TIKTOK_PICK_TEXT];

    if (value == NULL) {
        return 1;
    }

    switch (value[0]) {

    case '$':
        ngx_tiktok_pick_text(token, &text, buf);

        return ngx_tiktok_policy_has_id(picker->policy, &text);

    case '=':
        return token->len == picker->policy->revision.len
               && ngx_memcmp(token->data, picker->policy->revision.data,
                             token->len) == 0;

    case '@':
        ms = ngx_atoof(token->data, token->len);
        return ms / 1000 <= picker->now;

    default:
        return ngx_tiktok_token_is(token, value);
    }
}


/* what a string stands for; numbers and words stand for themselves */

static void
ngx_tiktok_pick_text(ngx_str_t *token, ngx_str_t *text, u_char *buf)
{
    *text = *token;

    if (token->data[0] != '"') {
        return;
    }

    text->data++;
    text->len -= 2;

    /* a longer one is no name that anybody is looking for */

    if (text->len <= NGX_TIKTOK_PICK_TEXT) {
        ngx_tiktok_decode_json(text, buf);
    }
}
