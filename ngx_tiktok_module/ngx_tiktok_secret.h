
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#ifndef _NGX_TIKTOK_SECRET_H_INCLUDED_
#define _NGX_TIKTOK_SECRET_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


/*
 * Reads a file that a directive names, and that is for nginx's master process
 * alone: where everybody can read it there is a warning.  The path becomes
 * the full one.
 *
 * Returns how many bytes there are, up to size, or NGX_ERROR with *mistake
 * set, and *err where the system has said why.
 */
ssize_t ngx_tiktok_secret(ngx_conf_t *cf, const char *directive,
    ngx_str_t *path, u_char *buf, size_t size, const char **mistake,
    ngx_err_t *err);


#endif /* _NGX_TIKTOK_SECRET_H_INCLUDED_ */
