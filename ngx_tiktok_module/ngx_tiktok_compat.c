
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#include "ngx_tiktok_compat.h"


typedef struct {
    char     *name;
    size_t    offset;
} ngx_tiktok_offset_t;


static ngx_int_t ngx_tiktok_compat_compare(ngx_conf_t *cf, char *name,
    size_t theirs, size_t ours);


/* the first and the last fields show whatever was put between them */

static ngx_tiktok_offset_t  ngx_tiktok_header_offsets[] = {
    { "Host", offsetof(ngx_http_headers_in_t, host) },
    { "User-Agent", offsetof(ngx_http_headers_in_t, user_agent) },
    { "Referer", offsetof(ngx_http_headers_in_t, referer) },
    { "Content-Length", offsetof(ngx_http_headers_in_t, content_length) },
    { "Content-Type", offsetof(ngx_http_headers_in_t, content_type) },
    { "Authorization", offsetof(ngx_http_headers_in_t, authorization) },
    { NULL, 0 }
};


static ngx_tiktok_offset_t  ngx_tiktok_conf_offsets[] = {
    { "types_hash_max_size",
      offsetof(ngx_http_core_loc_conf_t, types_hash_max_size) },
    { "client_body_buffer_size",
      offsetof(ngx_http_core_loc_conf_t, client_body_buffer_size) },
    { "server_tokens", offsetof(ngx_http_core_loc_conf_t, server_tokens) },
    { NULL, 0 }
};


ngx_int_t
ngx_tiktok_compat_check(ngx_conf_t *cf)
{
    ngx_command_t        *cmd;
    ngx_http_header_t    *header;
    ngx_tiktok_offset_t  *o;

    for (o = ngx_tiktok_header_offsets; o->name; o++) {
        for (header = ngx_http_headers_in; header->name.len; header++) {

            if (ngx_strcmp(header->name.data, o->name) == 0
                && ngx_tiktok_compat_compare(cf, o->name, header->offset,
                                             o->offset)
                   != NGX_OK)
            {
                return NGX_ERROR;
            }
        }
    }

    for (o = ngx_tiktok_conf_offsets; o->name; o++) {
        for (cmd = ngx_http_core_module.commands; cmd->name.len; cmd++) {

            if (ngx_strcmp(cmd->name.data, o->name) == 0
                && ngx_tiktok_compat_compare(cf, o->name, cmd->offset,
                                             o->offset)
                   != NGX_OK)
            {
                return NGX_ERROR;
            }
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_tiktok_compat_compare(ngx_conf_t *cf, char *name, size_t theirs,
    size_t ours)
{
    if (theirs == ours) {
        return NGX_OK;
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "ngx_tiktok_module was built for another nginx: "
                       "\"%s\" is at %uz, expected at %uz; build it again "
                       "with the headers of this nginx", name, theirs, ours);
    return NGX_ERROR;
}


ngx_uint_t
ngx_tiktok_compat_cookies(ngx_http_request_t *r, ngx_str_t *lines,
    ngx_uint_t n)
{
    ngx_uint_t         i;
#if (nginx_version >= 1023000)
    ngx_table_elt_t   *h;

    for (i = 0, h = r->headers_in.cookie; h; h = h->next, i++) {
        if (i < n) {
            lines[i] = h->value;
        }
    }
#else
    ngx_table_elt_t  **h;

    h = r->headers_in.cookies.elts;

    for (i = 0; i < r->headers_in.cookies.nelts; i++) {
        if (i < n) {
            lines[i] = h[i]->value;
        }
    }
#endif

    return i;
}


ngx_int_t
ngx_tiktok_header(ngx_http_request_t *r, ngx_str_t *name, ngx_str_t *value)
{
    return ngx_tiktok_header_push(r, name, value) ? NGX_OK : NGX_ERROR;
}


ngx_table_elt_t *
ngx_tiktok_header_push(ngx_http_request_t *r, ngx_str_t *name,
    ngx_str_t *value)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NULL;
    }

    ngx_memzero(h, sizeof(ngx_table_elt_t));

    h->hash = 1;
    h->key = *name;
    h->value = *value;

    return h;
}


ngx_http_output_header_filter_pt *
ngx_tiktok_compat_early_hints(void)
{
#if (nginx_version >= 1029000)
    return &ngx_http_top_early_hints_filter;
#else
    return NULL;
#endif
}
