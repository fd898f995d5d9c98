
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#ifndef _NGX_TIKTOK_PHONE_H_INCLUDED_
#define _NGX_TIKTOK_PHONE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


#define NGX_TIKTOK_PHONE_LEN     16         /* "+" and 15 digits */
#define NGX_TIKTOK_PHONE_DIGITS  32         /* with all that is dialled */


/* how numbers are dialled in a country */
typedef struct ngx_tiktok_phone_plan_s  ngx_tiktok_phone_plan_t;


/* the digits of a text, and whether a plus is before them */

typedef struct {
    size_t       len;
    ngx_uint_t   plus;
    u_char       digits[NGX_TIKTOK_PHONE_DIGITS];
} ngx_tiktok_phone_text_t;


/* the plan of a country by its ISO 3166 code of two letters, or NULL */
ngx_tiktok_phone_plan_t *ngx_tiktok_phone_plan(ngx_str_t *country);

/*
 * Writes a phone number as E.164, up to NGX_TIKTOK_PHONE_LEN bytes.  The
 * text is what people write: in international form, or as it is dialled in
 * the plan's country (NULL: national numbers are not taken), with blanks and
 * punctuation, words before and behind it, an extension, as a "tel:" link,
 * and in full-width or Arabic digits.
 *
 * Returns the end of what was written, or NULL if the text is no number that
 * can exist, or could be two.
 */
u_char *ngx_tiktok_phone(u_char *dst, ngx_str_t *text,
    ngx_tiktok_phone_plan_t *plan);

/* the first step of it; NGX_OK or NGX_DECLINED */
ngx_int_t ngx_tiktok_phone_read(ngx_tiktok_phone_text_t *phone,
    ngx_str_t *text);

/* sets a slot of a directive, which holds a plan */
char *ngx_tiktok_phone_set_plan_slot(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);


#endif /* _NGX_TIKTOK_PHONE_H_INCLUDED_ */
