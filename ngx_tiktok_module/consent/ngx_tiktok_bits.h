
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * Internal to the room: bits out of the base64url text of IAB's strings,
 * read where they stand.
 */


#ifndef _NGX_TIKTOK_BITS_H_INCLUDED_
#define _NGX_TIKTOK_BITS_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


#define NGX_TIKTOK_BITS_MAX  26             /* of one number */


typedef struct {
    u_char      *data;
    size_t       size;                      /* in bits, as is pos */
    size_t       pos;
    ngx_uint_t   failed;                    /* there were fewer bits */
} ngx_tiktok_bits_t;


/*
 * NGX_DECLINED if the text is empty, or has a byte that is not of the
 * alphabet
 */
ngx_int_t ngx_tiktok_bits_init(ngx_tiktok_bits_t *bits, ngx_str_t *text);

/* a number of n bits, the first is the highest; 0 beyond the end */
uint32_t ngx_tiktok_bits_read(ngx_tiktok_bits_t *bits, ngx_uint_t n);

void ngx_tiktok_bits_skip(ngx_tiktok_bits_t *bits, size_t n);

/*
 * Ranges of numbers from 1 to max: whether the id is in one of them.  They
 * fail where they go backwards, or beyond.
 */
ngx_uint_t ngx_tiktok_bits_ranges(ngx_tiktok_bits_t *bits, ngx_uint_t max,
    ngx_uint_t id);

/* a number from 1 on, in Fibonacci coding */
uint32_t ngx_tiktok_bits_fibonacci(ngx_tiktok_bits_t *bits);

/* whether nothing failed, and nothing but padding is left */
ngx_uint_t ngx_tiktok_bits_done(ngx_tiktok_bits_t *bits);

/*
 * Cuts the part up to a separator off *text.  With the last part the text's
 * data becomes NULL; a text of n separators has n + 1 parts.
 */
void ngx_tiktok_bits_part(ngx_str_t *text, u_char separator, ngx_str_t *part);


#endif /* _NGX_TIKTOK_BITS_H_INCLUDED_ */
