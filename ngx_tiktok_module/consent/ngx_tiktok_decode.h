
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#ifndef _NGX_TIKTOK_DECODE_H_INCLUDED_
#define _NGX_TIKTOK_DECODE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


/*
 * Percent-decodes *value once; it is moved to buf, of at least its length,
 * if need be.  What is not an escape stays as it is.
 */
void ngx_tiktok_decode_percent(ngx_str_t *value, u_char *buf);

/* the same for base64, with or without padding; NGX_DECLINED for any else */
ngx_int_t ngx_tiktok_decode_base64(ngx_str_t *value, u_char *buf);

/* the same for what a valid JSON text has between the quotes of a string */
void ngx_tiktok_decode_json(ngx_str_t *value, u_char *buf);


/* takes the next of the parts between any of the separators off *rest */
ngx_int_t ngx_tiktok_token_next(ngx_str_t *rest, char *separators,
    ngx_str_t *token);

/* leaves what follows the head, if the token starts with it */
ngx_uint_t ngx_tiktok_token_cut(ngx_str_t *token, char *head);

ngx_uint_t ngx_tiktok_token_is(ngx_str_t *token, char *text);


#endif /* _NGX_TIKTOK_DECODE_H_INCLUDED_ */
