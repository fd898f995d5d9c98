
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * Events that the application itself names, in a header of its answer that
 * no visitor gets to see.
 */


#include "ngx_tiktok_exchange.h"


#define NGX_TIKTOK_APP_HEADERS  8           /* of one answer */


static ngx_int_t ngx_tiktok_app_header_filter(ngx_http_request_t *r);
static ngx_int_t ngx_tiktok_app_early_hints_filter(ngx_http_request_t *r);
static ngx_int_t ngx_tiktok_app_body_filter(ngx_http_request_t *r,
    ngx_chain_t *in);
static void ngx_tiktok_app_hide(ngx_list_t *headers);
#if (NGX_HTTP_CACHE)
static void ngx_tiktok_app_wipe(ngx_http_request_t *r);
static ngx_int_t ngx_tiktok_app_wipe_value(u_char *p, u_char *last,
    ngx_str_t *value);
#endif
static ngx_int_t ngx_tiktok_app_event(ngx_http_request_t *r,
    ngx_tiktok_ctx_t *ctx, ngx_str_t *text);
static ngx_list_part_t *ngx_tiktok_app_headers(ngx_http_request_t *r);
static ngx_uint_t ngx_tiktok_app_aged(ngx_list_part_t *part);
static ngx_table_elt_t *ngx_tiktok_app_next(ngx_list_part_t **part,
    ngx_uint_t *i);
static ngx_table_elt_t *ngx_tiktok_app_find(ngx_list_part_t **part,
    ngx_uint_t *i, ngx_str_t *name);


static ngx_str_t  ngx_tiktok_app_header = ngx_string("X-Tiktok-Event");
static ngx_str_t  ngx_tiktok_app_age = ngx_string("Age");


static ngx_http_output_header_filter_pt  ngx_tiktok_next_header_filter;
static ngx_http_output_header_filter_pt  ngx_tiktok_next_early_hints_filter;
static ngx_http_output_body_filter_pt    ngx_tiktok_next_body_filter;


void
ngx_tiktok_app_events_init(void)
{
    ngx_http_output_header_filter_pt  *early_hints;

    ngx_tiktok_next_header_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = ngx_tiktok_app_header_filter;

    ngx_tiktok_next_body_filter = ngx_http_top_body_filter;
    ngx_http_top_body_filter = ngx_tiktok_app_body_filter;

    early_hints = ngx_tiktok_compat_early_hints();

    if (early_hints) {
        ngx_tiktok_next_early_hints_filter = *early_hints;
        *early_hints = ngx_tiktok_app_early_hints_filter;
    }
}


/* whether or not there is a pixel, and whoever has put the header there */

static ngx_int_t
ngx_tiktok_app_header_filter(ngx_http_request_t *r)
{
    ngx_tiktok_app_hide(&r->headers_out.headers);

#if (NGX_HTTP_CACHE)
    ngx_tiktok_app_wipe(r);
#endif

    return ngx_tiktok_next_header_filter(r);
}


/* means nothing in these two places, and is hidden all the same */

static ngx_int_t
ngx_tiktok_app_early_hints_filter(ngx_http_request_t *r)
{
    ngx_tiktok_app_hide(&r->headers_out.headers);

    return ngx_tiktok_next_early_hints_filter(r);
}


static ngx_int_t
ngx_tiktok_app_body_filter(ngx_http_request_t *r, ngx_chain_t *in)
{
    /* trailers are there before the end of the body is */

    if (r->headers_out.trailers.part.nelts) {
        ngx_tiktok_app_hide(&r->headers_out.trailers);
    }

    return ngx_tiktok_next_body_filter(r, in);
}


static void
ngx_tiktok_app_hide(ngx_list_t *headers)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    part = &headers->part;
    i = 0;

    for ( ;; ) {
        h = ngx_tiktok_app_next(&part, &i);

        if (h == NULL) {
            break;
        }

        h->hash = 0;
    }
}


#if (NGX_HTTP_CACHE)

/*
 * A cache is a file, and keeps the header as the upstream sent it: it must
 * not have identifiers in clear text.
 */

static void
ngx_tiktok_app_wipe(ngx_http_request_t *r)
{
    ngx_uint_t            i;
    ngx_list_part_t      *part;
    ngx_table_elt_t      *h;
    ngx_http_upstream_t  *u;

    u = r->upstream;

    if (u == NULL || r->cache == NULL || r->cached || !u->cacheable) {
        return;
    }

    part = &u->headers_in.headers.part;
    i = 0;

    for ( ;; ) {
        h = ngx_tiktok_app_next(&part, &i);

        if (h == NULL) {
            return;
        }

        if (ngx_tiktok_app_wipe_value(u->buffer.start + r->cache->header_start,
                                      u->buffer.pos, &h->value)
            != NGX_OK)
        {
            /* in pieces, as FastCGI may have it */
            u->cacheable = 0;
        }
    }
}


static ngx_int_t
ngx_tiktok_app_wipe_value(u_char *p, u_char *last, ngx_str_t *value)
{
    static u_char  name[] = "x-tiktok-event:";

    while (value->len) {

        p = ngx_strlcasestrn(p, last, name, sizeof(name) - 2);
        if (p == NULL) {
            return NGX_DECLINED;
        }

        p += sizeof(name) - 1;

        while (p < last && *p == ' ') {
            p++;
        }

        if ((size_t) (last - p) >= value->len
            && ngx_memcmp(p, value->data, value->len) == 0)
        {
            ngx_memset(p, ' ', value->len);
            return NGX_OK;
        }
    }

    return NGX_OK;
}

#endif


ngx_uint_t
ngx_tiktok_app_has_events(ngx_http_request_t *r)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;

    part = ngx_tiktok_app_headers(r);
    i = 0;

    return ngx_tiktok_app_next(&part, &i) != NULL;
}


/*
 * As the upstream sent them: it has got as far as this, whatever became of
 * the answer after it.  What comes out of a cache happened to somebody else.
 */

static ngx_list_part_t *
ngx_tiktok_app_headers(ngx_http_request_t *r)
{
    if (r->upstream == NULL) {
        return NULL;
    }

#if (NGX_HTTP_CACHE)
    if (r->cached) {
        return NULL;
    }
#endif

    return &r->upstream->headers_in.headers.part;
}


ngx_int_t
ngx_tiktok_app_events(ngx_http_request_t *r)
{
    ngx_uint_t         i, n;
    ngx_list_part_t   *part;
    ngx_table_elt_t   *h;
    ngx_tiktok_ctx_t  *ctx;

    part = ngx_tiktok_app_headers(r);
    i = 0;

    for (n = 0; /* void */ ; n++) {
        h = ngx_tiktok_app_next(&part, &i);

        if (h == NULL) {
            break;
        }

        if (n == 0 && ngx_tiktok_app_aged(ngx_tiktok_app_headers(r))) {
            break;
        }

        ctx = ngx_tiktok_ctx(r);
        if (ctx == NULL) {
            return NGX_ERROR;
        }

        if (n >= NGX_TIKTOK_APP_HEADERS) {
            ngx_tiktok_capture_result(r, ctx, NGX_TIKTOK_RESULT_INVALID, 1);
            continue;
        }

        if (ngx_tiktok_app_event(r, ctx, &h->value) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_tiktok_app_event(ngx_http_request_t *r, ngx_tiktok_ctx_t *ctx,
    ngx_str_t *text)
{
    ngx_int_t               rc;
    ngx_uint_t              refused;
    ngx_tiktok_json_t       json;
    ngx_tiktok_loc_conf_t  *tlcf;

    refused = ngx_tiktok_capture_refused(r, ctx);

    if (refused != NGX_TIKTOK_RESULT_NONE) {
        ngx_tiktok_capture_result(r, ctx, refused, 1);
        return NGX_OK;
    }

    tlcf = ngx_http_get_module_loc_conf(r, ngx_tiktok_module);

    rc = ngx_tiktok_json_parse(r->pool, text, tlcf->depth, &json);

    if (rc == NGX_DECLINED) {
        if (!ctx->ahead) {
            ngx_log_error(NGX_LOG_WARN, r->connection->log, 0,
                          "upstream sent \"%V\" that is no JSON: %s",
                          &ngx_tiktok_app_header, json.error);
        }

        ngx_tiktok_capture_result(r, ctx, NGX_TIKTOK_RESULT_INVALID, 1);
        return NGX_OK;
    }

    if (rc != NGX_OK) {
        return NGX_ERROR;
    }

    rc = ngx_tiktok_exchange_capture(r, ctx, json.root, "header",
                                     &ngx_tiktok_app_header);

    ngx_tiktok_json_destroy(&json);

    return rc;
}


/* a cache between nginx and the application says how old its answers are */

static ngx_uint_t
ngx_tiktok_app_aged(ngx_list_part_t *part)
{
    ngx_uint_t        i;
    ngx_table_elt_t  *h;

    i = 0;

    h = ngx_tiktok_app_find(&part, &i, &ngx_tiktok_app_age);

    return h && !(h->value.len == 1 && h->value.data[0] == '0');
}


static ngx_table_elt_t *
ngx_tiktok_app_next(ngx_list_part_t **part, ngx_uint_t *i)
{
    return ngx_tiktok_app_find(part, i, &ngx_tiktok_app_header);
}


static ngx_table_elt_t *
ngx_tiktok_app_find(ngx_list_part_t **part, ngx_uint_t *i, ngx_str_t *name)
{
    ngx_table_elt_t  *h;

    for ( /* void */ ; *part; *part = (*part)->next, *i = 0) {

        h = (*part)->elts;

        while (*i < (*part)->nelts) {
            h = (ngx_table_elt_t *) (*part)->elts + (*i)++;

            if (h->key.len == name->len
                && ngx_strncasecmp(h->key.data, name->data, name->len) == 0)
            {
                return h;
            }
        }
    }

    return NULL;
}
