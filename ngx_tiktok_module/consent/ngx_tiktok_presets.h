
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * Internal to the room: the table of presets and what its rows are made of.
 */


#ifndef _NGX_TIKTOK_PRESETS_H_INCLUDED_
#define _NGX_TIKTOK_PRESETS_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_tiktok_consent.h"


/* browsers store no larger cookie; readers' buffers are of this size */
#define NGX_TIKTOK_CONSENT_SIZE   4096

#define NGX_TIKTOK_PRESET_ID      0x0001    /* takes "id=" */
#define NGX_TIKTOK_PRESET_DECODE  0x0002    /* reads a percent-decoded value */


/* takes the preset->nargs arguments that follow the preset's name */

typedef ngx_int_t (*ngx_tiktok_preset_parse_pt)(ngx_conf_t *cf,
    ngx_str_t *args, ngx_tiktok_policy_t *policy, ngx_str_t *error);

/*
 * Reads one value of the policy's cookie, at most NGX_TIKTOK_CONSENT_SIZE
 * bytes, or the variable's value if the policy has no cookie.  A reader that
 * leaves *detail alone gets policy->granted, denied, or missing.
 */

typedef ngx_tiktok_verdict_e (*ngx_tiktok_preset_read_pt)(
    ngx_tiktok_policy_t *policy, ngx_tiktok_signals_t *signals,
    ngx_str_t *value, ngx_str_t *detail);


struct ngx_tiktok_preset_s {
    ngx_str_t                    name;
    ngx_str_t                    usage;     /* for error messages */

    ngx_str_t                    cookie;    /* defaults */
    ngx_str_t                    id;

    ngx_str_t                    granted;   /* what follows the id, or the */
    ngx_str_t                    denied;    /* cookie's name, in a reason */

    ngx_uint_t                   flags;
    ngx_uint_t                   nargs;
    ngx_tiktok_preset_parse_pt   parse;
    ngx_tiktok_preset_read_pt    read;
};


/* ends with an empty name */
extern ngx_tiktok_preset_t  ngx_tiktok_presets[];


/* fills *error and returns NGX_ERROR */
ngx_int_t ngx_tiktok_policy_error(ngx_conf_t *cf, ngx_str_t *error,
    const char *fmt, ...);

/*
 * Percent-decodes *value once; it is moved to buf, of at least its length,
 * if need be.  What is not an escape stays as it is.
 */
void ngx_tiktok_consent_unescape(ngx_str_t *value, u_char *buf);


#endif /* _NGX_TIKTOK_PRESETS_H_INCLUDED_ */
