
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#ifndef _NGX_TIKTOK_PAGE_H_INCLUDED_
#define _NGX_TIKTOK_PAGE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_tiktok_json.h"


/* 1,234,567 */
void ngx_tiktok_page_number(ngx_tiktok_writer_t *w, ngx_atomic_int_t n);

/* 12 kB */
void ngx_tiktok_page_bytes(ngx_tiktok_writer_t *w, ngx_atomic_int_t n);

/* 3 h 20 min */
void ngx_tiktok_page_duration(ngx_tiktok_writer_t *w, time_t seconds);

/* 5 s ago; 0 is never */
void ngx_tiktok_page_ago(ngx_tiktok_writer_t *w, time_t when);

/* a bar as long as n is of another number */
void ngx_tiktok_page_bar(ngx_tiktok_writer_t *w, ngx_atomic_int_t n,
    ngx_atomic_int_t of);

/* anybody's text, escaped */
void ngx_tiktok_page_text(ngx_tiktok_writer_t *w, ngx_str_t *text);


#endif /* _NGX_TIKTOK_PAGE_H_INCLUDED_ */
