
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#ifndef _NGX_TIKTOK_STATUS_H_INCLUDED_
#define _NGX_TIKTOK_STATUS_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>


/* content handler of "tiktok_status" */
ngx_int_t ngx_tiktok_status_handler(ngx_http_request_t *r);


#endif /* _NGX_TIKTOK_STATUS_H_INCLUDED_ */
