
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#ifndef _NGX_TIKTOK_UTF8_H_INCLUDED_
#define _NGX_TIKTOK_UTF8_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


#define NGX_TIKTOK_UTF8_INVALID  0xffffffff


/*
 * Reads one character and moves *p behind it: shortest form only, no
 * surrogates, nothing above U+10FFFF.  *p must be before last; it stays
 * where it is at NGX_TIKTOK_UTF8_INVALID.
 */
uint32_t ngx_tiktok_utf8_decode(u_char **p, u_char *last);

/* writes one character, up to 4 bytes */
u_char *ngx_tiktok_utf8_encode(u_char *dst, uint32_t c);

/*
 * Skips ASCII characters that mean nothing within a JSON string: no control
 * characters, no quote and no backslash.
 */
u_char *ngx_tiktok_utf8_plain(u_char *p, u_char *last);

/* cuts what JavaScript's trim() cuts */
void ngx_tiktok_utf8_trim(ngx_str_t *text);

/* UTF-8 without control characters */
ngx_uint_t ngx_tiktok_utf8_printable(ngx_str_t *text);

/* the white space of JavaScript */
ngx_uint_t ngx_tiktok_utf8_blank(uint32_t c);


#endif /* _NGX_TIKTOK_UTF8_H_INCLUDED_ */
