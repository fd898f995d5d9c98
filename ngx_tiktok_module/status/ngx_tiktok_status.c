
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * The status: what became of everything that was captured, in the format
 * that the client likes best.
 */


#include "ngx_tiktok_status.h"
#include "ngx_tiktok_compat.h"


#define NGX_TIKTOK_STATUS_SIZE  8192


typedef struct {
    ngx_str_t    name;          /* of "format=" */
    ngx_str_t    type;
    void       (*write)(ngx_tiktok_writer_t *w, ngx_tiktok_report_t *report);
    ngx_int_t  (*headers)(ngx_http_request_t *r);
} ngx_tiktok_format_t;


static ngx_tiktok_format_t *ngx_tiktok_status_format(ngx_http_request_t *r);
static size_t ngx_tiktok_status_media(ngx_str_t *type);
static ngx_int_t ngx_tiktok_status_send(ngx_http_request_t *r,
    ngx_tiktok_format_t *format, ngx_tiktok_writer_t *w);


static ngx_tiktok_format_t  ngx_tiktok_formats[] = {

    { ngx_string("json"), ngx_string("application/json"),
      ngx_tiktok_status_json, NULL },

    { ngx_string("html"), ngx_string("text/html; charset=utf-8"),
      ngx_tiktok_status_html, ngx_tiktok_status_html_headers },

    { ngx_string("prometheus"),
      ngx_string("text/plain; version=0.0.4; charset=utf-8"),
      ngx_tiktok_status_prometheus, NULL },

    { ngx_string("openmetrics"),
      ngx_string("application/openmetrics-text; version=1.0.0; "
                 "charset=utf-8"),
      ngx_tiktok_status_openmetrics, NULL }
};

#define NGX_TIKTOK_FORMATS                                                    \
    (sizeof(ngx_tiktok_formats) / sizeof(ngx_tiktok_format_t))


static ngx_str_t  ngx_tiktok_status_headers[][2] = {
    { ngx_string("Cache-Control"), ngx_string("no-store") },
    { ngx_string("Vary"), ngx_string("Accept") },
    { ngx_string("X-Content-Type-Options"), ngx_string("nosniff") }
};

#define NGX_TIKTOK_STATUS_HEADERS                                             \
    (sizeof(ngx_tiktok_status_headers) / (2 * sizeof(ngx_str_t)))

static ngx_str_t  ngx_tiktok_status_allow = ngx_string("Allow");
static ngx_str_t  ngx_tiktok_status_allowed = ngx_string("GET, HEAD");


ngx_int_t
ngx_tiktok_status_handler(ngx_http_request_t *r)
{
    ngx_int_t                rc;
    ngx_tiktok_format_t     *format;
    ngx_tiktok_report_t      report;
    ngx_tiktok_writer_t      w;
    ngx_tiktok_main_conf_t  *tmcf;

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {

        if (ngx_tiktok_header(r, &ngx_tiktok_status_allow,
                              &ngx_tiktok_status_allowed)
            != NGX_OK)
        {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        return NGX_HTTP_NOT_ALLOWED;
    }

    rc = ngx_http_discard_request_body(r);

    if (rc != NGX_OK) {
        return rc;
    }

    tmcf = ngx_http_get_module_main_conf(r, ngx_tiktok_module);

    if (ngx_tiktok_report_make(r->pool, tmcf, &report) != NGX_OK
        || ngx_tiktok_writer_init(&w, r->pool, NGX_TIKTOK_STATUS_SIZE)
           != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    format = ngx_tiktok_status_format(r);

    format->write(&w, &report);

    if (w.failed) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_tiktok_status_send(r, format, &w);
}


/* "?format=" decides, or else the client's taste */

static ngx_tiktok_format_t *
ngx_tiktok_status_format(ngx_http_request_t *r)
{
    ngx_str_t             value, types[NGX_TIKTOK_FORMATS];
    ngx_uint_t            i;
    ngx_tiktok_format_t  *format;

    for (i = 0; i < NGX_TIKTOK_FORMATS; i++) {
        format = &ngx_tiktok_formats[i];

        if (ngx_http_arg(r, (u_char *) "format", sizeof("format") - 1, &value)
            == NGX_OK
            && value.len == format->name.len
            && ngx_memcmp(value.data, format->name.data, value.len) == 0)
        {
            return format;
        }

        types[i].data = format->type.data;
        types[i].len = ngx_tiktok_status_media(&format->type);
    }

    return &ngx_tiktok_formats[ngx_tiktok_accept(r, types,
                                                 NGX_TIKTOK_FORMATS)];
}


/* the length of a media type without its parameters */

static size_t
ngx_tiktok_status_media(ngx_str_t *type)
{
    u_char  *p;

    p = ngx_strlchr(type->data, type->data + type->len, ';');

    return p ? (size_t) (p - type->data) : type->len;
}


static ngx_int_t
ngx_tiktok_status_send(ngx_http_request_t *r, ngx_tiktok_format_t *format,
    ngx_tiktok_writer_t *w)
{
    ngx_buf_t    *b;
    ngx_int_t     rc;
    ngx_uint_t    i;
    ngx_chain_t   out;

    for (i = 0; i < NGX_TIKTOK_STATUS_HEADERS; i++) {

        if (ngx_tiktok_header(r, &ngx_tiktok_status_headers[i][0],
                              &ngx_tiktok_status_headers[i][1])
            != NGX_OK)
        {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
    }

    if (format->headers && format->headers(r) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    r->headers_out.status = NGX_HTTP_OK;
    r->headers_out.content_type = format->type;
    r->headers_out.content_type_len = ngx_tiktok_status_media(&format->type);
    r->headers_out.content_length_n = w->pos - w->start;

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    b->pos = w->start;
    b->last = w->pos;
    b->temporary = 1;
    b->last_buf = (r == r->main);
    b->last_in_chain = 1;

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}
