
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


typedef struct {
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
} ngx_tiktok_scan_t;


/* checks a text by RFC 8259; NGX_OK, or NGX_DECLINED with error set */
ngx_int_t ngx_tiktok_scan(ngx_tiktok_scan_t *s, ngx_str_t *text,
    ngx_uint_t depth);

/* the end of the number that begins at p, or NULL if there is none */
u_char *ngx_tiktok_scan_number(u_char *p, u_char *last,
    ngx_tiktok_number_e *kind);


#endif /* _NGX_TIKTOK_SCAN_H_INCLUDED_ */
