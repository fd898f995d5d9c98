
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


/* browsers store no larger cookie; buffers for decoding are of this size */
#define NGX_TIKTOK_CONSENT_SIZE     4096


/*
 * What a source says.  The bits of all sources add up to the verdict, see
 * ngx_tiktok_policy_conclude().
 */

#define NGX_TIKTOK_SAYS_YES         0x01
#define NGX_TIKTOK_SAYS_NO          0x02
#define NGX_TIKTOK_SAYS_LIST        0x04  /* all that is on: the rest is off */
#define NGX_TIKTOK_SAYS_CHOSEN      0x08  /* the visitor has chosen */
#define NGX_TIKTOK_SAYS_OPEN        0x10  /* has not, or is asked once more */
#define NGX_TIKTOK_SAYS_IMPLIED     0x20  /* a yes is not the visitor's own */
#define NGX_TIKTOK_SAYS_BROKEN      0x40  /* can't be read */
#define NGX_TIKTOK_SAYS_NOTHING     0x80  /* a cookie of another purpose */


#define NGX_TIKTOK_PRESET_ID        0x01  /* takes "id=" */
#define NGX_TIKTOK_PRESET_NEEDS_ID  0x03  /* and has no default */
#define NGX_TIKTOK_PRESET_COOKIE    0x04  /* takes "cookie=", first source */
#define NGX_TIKTOK_PRESET_CHOICE    0x08  /* counts with SAYS_CHOSEN only */

#define NGX_TIKTOK_SOURCE_PERCENT   0x01  /* is percent-encoded */
#define NGX_TIKTOK_SOURCE_BESIDE    0x02  /* complements those without it */


typedef struct ngx_tiktok_source_s  ngx_tiktok_source_t;


/* what a reader gets, and may say besides */

typedef struct {
    ngx_tiktok_policy_t         *policy;
    ngx_tiktok_signals_t        *signals;
    ngx_tiktok_source_t         *source;
    ngx_str_t                    name;      /* of the cookie, as sent */
    ngx_str_t                    value;     /* decoded */
    ngx_str_t                    detail;    /* why not granted */
} ngx_tiktok_reading_t;


/*
 * Reads one value of a source, of at most NGX_TIKTOK_CONSENT_SIZE bytes, and
 * returns what it says.  A reader that leaves the detail alone gets the usual
 * one of the verdict.
 */

typedef ngx_uint_t (*ngx_tiktok_source_read_pt)(
    ngx_tiktok_reading_t *reading);

/* takes the preset->nargs arguments that follow the preset's name */

typedef ngx_int_t (*ngx_tiktok_preset_parse_pt)(ngx_conf_t *cf,
    ngx_str_t *args, ngx_tiktok_policy_t *policy, ngx_str_t *error);

/*
 * Takes a further argument, "name=value".  Returns NGX_OK, NGX_DECLINED if
 * it does not know the name, or NGX_ERROR with *error set.
 */

typedef ngx_int_t (*ngx_tiktok_preset_option_pt)(ngx_conf_t *cf,
    ngx_str_t *arg, ngx_tiktok_policy_t *policy, ngx_str_t *error);


/*
 * A cookie that a preset looks at.  In its name, "$" stands for the policy's
 * id, and "*" at the end for whatever follows.  Without a name, the value of
 * the policy's variable is read.
 */

struct ngx_tiktok_source_s {
    ngx_str_t                    name;
    ngx_uint_t                   flags;
    ngx_tiktok_source_read_pt    read;
    const void                  *what;      /* for the reader */
};


struct ngx_tiktok_preset_s {
    ngx_str_t                    name;
    ngx_str_t                    usage;     /* for error messages */
    ngx_str_t                    id;        /* if not said by "id=" */

    ngx_str_t                    granted;   /* what follows the id, or the */
    ngx_str_t                    denied;    /* cookie's name, in a reason */

    ngx_uint_t                   flags;
    ngx_uint_t                   nargs;
    ngx_tiktok_preset_parse_pt   parse;
    ngx_tiktok_preset_option_pt  option;

    ngx_tiktok_source_t          sources[NGX_TIKTOK_SOURCES];
};


/* ends with an empty name */
extern ngx_tiktok_preset_t  ngx_tiktok_presets[];


/* fills *error and returns NGX_ERROR */
ngx_int_t ngx_tiktok_policy_error(ngx_conf_t *cf, ngx_str_t *error,
    const char *fmt, ...);

/* sets a policy's cookie to what the configuration says */
ngx_int_t ngx_tiktok_policy_cookie(ngx_conf_t *cf, ngx_str_t *name,
    ngx_tiktok_policy_t *policy, ngx_str_t *error);


/* ngx_tiktok_general.c */

ngx_int_t ngx_tiktok_cookie_parse(ngx_conf_t *cf, ngx_str_t *args,
    ngx_tiktok_policy_t *policy, ngx_str_t *error);
ngx_uint_t ngx_tiktok_cookie_read(ngx_tiktok_reading_t *reading);
ngx_int_t ngx_tiktok_variable_parse(ngx_conf_t *cf, ngx_str_t *args,
    ngx_tiktok_policy_t *policy, ngx_str_t *error);
ngx_uint_t ngx_tiktok_variable_read(ngx_tiktok_reading_t *reading);
ngx_uint_t ngx_tiktok_assumed_read(ngx_tiktok_reading_t *reading);


/* ngx_tiktok_tokens.c */

ngx_uint_t ngx_tiktok_onetrust_read(ngx_tiktok_reading_t *reading);
ngx_uint_t ngx_tiktok_closed_read(ngx_tiktok_reading_t *reading);
ngx_uint_t ngx_tiktok_cookiebot_read(ngx_tiktok_reading_t *reading);


#endif /* _NGX_TIKTOK_PRESETS_H_INCLUDED_ */
