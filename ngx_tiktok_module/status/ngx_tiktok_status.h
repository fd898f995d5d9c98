
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#ifndef _NGX_TIKTOK_STATUS_H_INCLUDED_
#define _NGX_TIKTOK_STATUS_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "ngx_tiktok_report.h"
#include "ngx_tiktok_json.h"


/* content handler of "tiktok_status" */
ngx_int_t ngx_tiktok_status_handler(ngx_http_request_t *r);

/*
 * Which of the media types a request likes best, by its "Accept".  Among
 * equals it is the one that the client has named first, or else the first
 * one; with no "Accept", or where none is liked, the first one, too.
 */
ngx_uint_t ngx_tiktok_accept(ngx_http_request_t *r, ngx_str_t *types,
    ngx_uint_t n);

/* the formats */
void ngx_tiktok_status_json(ngx_tiktok_writer_t *w,
    ngx_tiktok_report_t *report);
void ngx_tiktok_status_html(ngx_tiktok_writer_t *w,
    ngx_tiktok_report_t *report);
void ngx_tiktok_status_openmetrics(ngx_tiktok_writer_t *w,
    ngx_tiktok_report_t *report);
void ngx_tiktok_status_prometheus(ngx_tiktok_writer_t *w,
    ngx_tiktok_report_t *report);

/* headers of its own */
ngx_int_t ngx_tiktok_status_html_headers(ngx_http_request_t *r);


#endif /* _NGX_TIKTOK_STATUS_H_INCLUDED_ */
