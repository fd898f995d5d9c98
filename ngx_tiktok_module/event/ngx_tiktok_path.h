
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * Single values out of what a shop was sent, or has answered.
 */


#ifndef _NGX_TIKTOK_PATH_H_INCLUDED_
#define _NGX_TIKTOK_PATH_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_tiktok_json.h"


/*
 * The value at a path such as "order.items.0.sku": names of members and
 * numbers of elements; "*" is every element, and "." alone the whole.  A
 * member is found by what is left of the path, too, if that is its name.
 *
 * A string is its text, true is "1", false "0" and null nothing; objects and
 * arrays are JSON.  Several values are put together with commas.  The value
 * may point into the tree.
 *
 * Return NGX_OK, NGX_DECLINED if there is none, or NGX_ERROR without memory.
 */
ngx_int_t ngx_tiktok_path_find(ngx_pool_t *pool, cJSON *root, ngx_str_t *path,
    ngx_str_t *value);

/* the last value of a name in an urlencoded form or a query string */
ngx_int_t ngx_tiktok_form_find(ngx_pool_t *pool, ngx_str_t *text,
    ngx_str_t *name, ngx_str_t *value);

/*
 * The same in a body of multipart/form-data, whose Content-Type has the
 * boundary; files are no values.  The value points into the text.
 */
ngx_int_t ngx_tiktok_multipart_find(ngx_str_t *text, ngx_str_t *type,
    ngx_str_t *name, ngx_str_t *value);


#endif /* _NGX_TIKTOK_PATH_H_INCLUDED_ */
