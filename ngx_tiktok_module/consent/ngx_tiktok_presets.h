
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
#define NGX_TIKTOK_PRESET_PREFIX    0x10  /* which may end with "*" */
#define NGX_TIKTOK_PRESET_COOKIE    0x04  /* takes "cookie=", first source */
#define NGX_TIKTOK_PRESET_CHOICE    0x08  /* counts with SAYS_CHOSEN only */

#define NGX_TIKTOK_SOURCE_RAW       0x01  /* is not percent-decoded */
#define NGX_TIKTOK_SOURCE_BASE64    0x02  /* is base64, under this */
#define NGX_TIKTOK_SOURCE_BESIDE    0x04  /* complements those without it */

/* what was granted longer ago is asked for once more: 13 months */
#define NGX_TIKTOK_CONSENT_MAX_AGE  (396 * 86400)

/* clocks of visitors are fast by a little */
#define NGX_TIKTOK_CONSENT_AHEAD    300


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


/* whether a name in a cookie is what "id=" says */
ngx_uint_t ngx_tiktok_policy_has_id(ngx_tiktok_policy_t *policy,
    ngx_str_t *text);


/* ngx_tiktok_general.c */

ngx_int_t ngx_tiktok_cookie_parse(ngx_conf_t *cf, ngx_str_t *args,
    ngx_tiktok_policy_t *policy, ngx_str_t *error);
ngx_uint_t ngx_tiktok_cookie_read(ngx_tiktok_reading_t *reading);
ngx_int_t ngx_tiktok_variable_parse(ngx_conf_t *cf, ngx_str_t *args,
    ngx_tiktok_policy_t *policy, ngx_str_t *error);
ngx_uint_t ngx_tiktok_variable_read(ngx_tiktok_reading_t *reading);
ngx_uint_t ngx_tiktok_mirror_read(ngx_tiktok_reading_t *reading);
ngx_uint_t ngx_tiktok_assumed_read(ngx_tiktok_reading_t *reading);


/* ngx_tiktok_tokens.c */

/* words that a value may be, at the end NULL for any other */

typedef struct {
    char                        *word;
    ngx_uint_t                   says;
} ngx_tiktok_word_t;

/* a list with the policy's "granted" or "denied" among its tokens */

typedef struct {
    char                        *separators;
    char                        *chosen;    /* token: the visitor has */
    char                        *open;      /* behind the id: not yet */
} ngx_tiktok_list_t;

ngx_uint_t ngx_tiktok_word_read(ngx_tiktok_reading_t *reading);
ngx_uint_t ngx_tiktok_list_read(ngx_tiktok_reading_t *reading);
ngx_uint_t ngx_tiktok_onetrust_read(ngx_tiktok_reading_t *reading);
ngx_uint_t ngx_tiktok_cookiebot_read(ngx_tiktok_reading_t *reading);
ngx_uint_t ngx_tiktok_trustarc_read(ngx_tiktok_reading_t *reading);
ngx_uint_t ngx_tiktok_trustarc_behavior_read(ngx_tiktok_reading_t *reading);
ngx_uint_t ngx_tiktok_axeptio_read(ngx_tiktok_reading_t *reading);
ngx_uint_t ngx_tiktok_commandersact_read(ngx_tiktok_reading_t *reading);


/* ngx_tiktok_objects.c; source->what is a list of ngx_tiktok_pick_t */

ngx_uint_t ngx_tiktok_object_read(ngx_tiktok_reading_t *reading);
ngx_uint_t ngx_tiktok_complianz_read(ngx_tiktok_reading_t *reading);
ngx_uint_t ngx_tiktok_borlabs_read(ngx_tiktok_reading_t *reading);
ngx_uint_t ngx_tiktok_iubenda_read(ngx_tiktok_reading_t *reading);
ngx_uint_t ngx_tiktok_cookiescript_read(ngx_tiktok_reading_t *reading);
ngx_uint_t ngx_tiktok_realcookiebanner_read(ngx_tiktok_reading_t *reading);
ngx_uint_t ngx_tiktok_ketch_read(ngx_tiktok_reading_t *reading);
ngx_int_t ngx_tiktok_cookieconsent_option(ngx_conf_t *cf, ngx_str_t *arg,
    ngx_tiktok_policy_t *policy, ngx_str_t *error);
ngx_uint_t ngx_tiktok_cookieconsent_read(ngx_tiktok_reading_t *reading);


/* ngx_tiktok_tcf_cookies.c */

ngx_int_t ngx_tiktok_tcf_parse(ngx_conf_t *cf, ngx_str_t *args,
    ngx_tiktok_policy_t *policy, ngx_str_t *error);
ngx_int_t ngx_tiktok_tcf_option(ngx_conf_t *cf, ngx_str_t *arg,
    ngx_tiktok_policy_t *policy, ngx_str_t *error);
ngx_uint_t ngx_tiktok_tcf_read(ngx_tiktok_reading_t *reading);


#endif /* _NGX_TIKTOK_PRESETS_H_INCLUDED_ */
