
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#ifndef _NGX_TIKTOK_SCAN_H_INCLUDED_
#define _NGX_TIKTOK_SCAN_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


#define NGX_TIKTOK_SCAN_DEPTH  64           /* a bit of a word each */


/* what becomes of a number's text in a double */

typedef enum {
    NGX_TIKTOK_NUMBER_EXACT = 0,
    NGX_TIKTOK_NUMBER_LONG,                 /* digits get lost */
    NGX_TIKTOK_NUMBER_RANGE                 /* infinite, or zero */
} ngx_tiktok_number_e;


typedef enum {
    NGX_TIKTOK_TOKEN_NAME = 0,              /* of a member */
    NGX_TIKTOK_TOKEN_VALUE,                 /* that is no container */
    NGX_TIKTOK_TOKEN_OPEN,
    NGX_TIKTOK_TOKEN_CLOSE
} ngx_tiktok_token_e;


typedef struct ngx_tiktok_scan_s  ngx_tiktok_scan_t;

/* gets the tokens of a text, as they stand there; strings with their quotes */

typedef void (*ngx_tiktok_scan_token_pt)(ngx_tiktok_scan_t *s,
    ngx_tiktok_token_e kind, ngx_str_t *token);


struct ngx_tiktok_scan_s {
    u_char      *pos;
    u_char      *last;

    uint64_t     objects;           /* open containers, 1 is an object */
    ngx_uint_t   level;
    ngx_uint_t   depth;

    ngx_uint_t   values;
    ngx_uint_t   strings;
    size_t       length;            /* of all strings as they are written */
    ngx_uint_t   numbers;           /* that a double would change */

    const char  *error;

    ngx_tiktok_scan_token_pt   token;       /* or NULL */
};


/* checks a text by RFC 8259; NGX_OK, or NGX_DECLINED with error set */
ngx_int_t ngx_tiktok_scan(ngx_tiktok_scan_t *s, ngx_str_t *text,
    ngx_uint_t depth);

/* the same, and gives away the tokens; a text may turn out bad behind them */
ngx_int_t ngx_tiktok_scan_tokens(ngx_tiktok_scan_t *s, ngx_str_t *text,
    ngx_uint_t depth, ngx_tiktok_scan_token_pt token);

/* the end of the number that begins at p, or NULL if there is none */
u_char *ngx_tiktok_scan_number(u_char *p, u_char *last,
    ngx_tiktok_number_e *kind);


#endif /* _NGX_TIKTOK_SCAN_H_INCLUDED_ */
