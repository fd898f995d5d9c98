
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * Who may call the beacon from a browser: pages of this host, and those of
 * the origins listed.
 */


#include "ngx_tiktok_capture.h"


static void ngx_tiktok_origin_host(ngx_str_t *origin, ngx_str_t *host);
static void ngx_tiktok_elide_port(ngx_str_t *host);


static ngx_str_t  ngx_tiktok_allow_origin =
                                    ngx_string("Access-Control-Allow-Origin");
static ngx_str_t  ngx_tiktok_allow_credentials =
                               ngx_string("Access-Control-Allow-Credentials");
static ngx_str_t  ngx_tiktok_true = ngx_string("true");
static ngx_str_t  ngx_tiktok_allow_methods =
                                   ngx_string("Access-Control-Allow-Methods");
static ngx_str_t  ngx_tiktok_methods = ngx_string("GET, POST");
static ngx_str_t  ngx_tiktok_allow_headers =
                                   ngx_string("Access-Control-Allow-Headers");
static ngx_str_t  ngx_tiktok_content_type = ngx_string("Content-Type");
static ngx_str_t  ngx_tiktok_max_age = ngx_string("Access-Control-Max-Age");
static ngx_str_t  ngx_tiktok_day = ngx_string("86400");
static ngx_str_t  ngx_tiktok_expose_headers =
                                  ngx_string("Access-Control-Expose-Headers");
static ngx_str_t  ngx_tiktok_exposed =
                             ngx_string("X-Tiktok-Consent, X-Tiktok-Result");
static ngx_str_t  ngx_tiktok_vary = ngx_string("Vary");
static ngx_str_t  ngx_tiktok_vary_origin = ngx_string("Origin");


char *
ngx_tiktok_origin_set(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_tiktok_loc_conf_t *tlcf = conf;

    u_char      *p, *host, *last;
    ngx_str_t   *value, *origin;
    ngx_uint_t   i;

    if (tlcf->origins == NGX_CONF_UNSET_PTR) {
        tlcf->origins = ngx_array_create(cf->pool, 2, sizeof(ngx_str_t));
        if (tlcf->origins == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        p = value[i].data;
        last = p + value[i].len;

        if (ngx_strncmp(p, "https://", 8) == 0) {
            p += 8;

        } else if (ngx_strncmp(p, "http://", 7) == 0) {
            p += 7;

        } else {
            p = last;
        }

        /* what browsers send, host and port and nothing else */

        for (host = p; host < last; host++) {
            if (!((*host >= '0' && *host <= '9')
                  || (*host >= 'a' && *host <= 'z')
                  || (*host >= 'A' && *host <= 'Z')
                  || ngx_strchr(".-_:[]", *host)))
            {
                break;
            }
        }

        if (p == last || host < last) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"tiktok_origin\" has an invalid origin "
                               "\"%V\", it is like "
                               "\"https://www.shop.example\"", &value[i]);
            return NGX_CONF_ERROR;
        }

        origin = ngx_array_push(tlcf->origins);
        if (origin == NULL) {
            return NGX_CONF_ERROR;
        }

        *origin = value[i];
    }

    return NGX_CONF_OK;
}


ngx_int_t
ngx_tiktok_origin_check(ngx_http_request_t *r, ngx_tiktok_headers_t *headers,
    ngx_array_t *origins, ngx_str_t **listed)
{
    ngx_str_t   *origin, host, ours;
    ngx_uint_t   i;

    *listed = NULL;

    if (headers->origin.len == 0) {

        /* no browser sends a cross-site POST without Origin, but an <img> */

        if (headers->fetch_site.len == sizeof("cross-site") - 1
            && ngx_strncmp(headers->fetch_site.data, "cross-site",
                           sizeof("cross-site") - 1)
               == 0)
        {
            return NGX_DECLINED;
        }

        return NGX_OK;
    }

    if (origins) {
        origin = origins->elts;

        for (i = 0; i < origins->nelts; i++) {
            if (origin[i].len == headers->origin.len
                && ngx_strncasecmp(origin[i].data, headers->origin.data,
                                   origin[i].len)
                   == 0)
            {
                *listed = &origin[i];
                return NGX_OK;
            }
        }
    }

    ngx_tiktok_origin_host(&headers->origin, &host);

    ngx_tiktok_host(r, &ours);
    ngx_tiktok_elide_port(&ours);

    if (host.len == 0 || host.len != ours.len
        || ngx_strncasecmp(host.data, ours.data, host.len) != 0)
    {
        return NGX_DECLINED;
    }

    return NGX_OK;
}


/* host and port of "scheme://host:port"; empty for "null" and the like */

static void
ngx_tiktok_origin_host(ngx_str_t *origin, ngx_str_t *host)
{
    u_char  *p, *last;

    last = origin->data + origin->len;

    p = ngx_strlchr(origin->data, last, ':');

    if (p == NULL || last - p < 3 || p[1] != '/' || p[2] != '/') {
        ngx_str_null(host);
        return;
    }

    host->data = p + 3;
    host->len = last - host->data;

    ngx_tiktok_elide_port(host);
}


static void
ngx_tiktok_elide_port(ngx_str_t *host)
{
    if (host->len > 3
        && ngx_strncmp(host->data + host->len - 3, ":80", 3) == 0)
    {
        host->len -= 3;

    } else if (host->len > 4
               && ngx_strncmp(host->data + host->len - 4, ":443", 4) == 0)
    {
        host->len -= 4;
    }
}


ngx_int_t
ngx_tiktok_origin_headers(ngx_http_request_t *r, ngx_str_t *origin)
{
    if (ngx_tiktok_header(r, &ngx_tiktok_allow_origin, origin) != NGX_OK
        || ngx_tiktok_header(r, &ngx_tiktok_allow_credentials,
                             &ngx_tiktok_true)
           != NGX_OK
        || ngx_tiktok_header(r, &ngx_tiktok_expose_headers,
                             &ngx_tiktok_exposed)
           != NGX_OK
        || ngx_tiktok_header(r, &ngx_tiktok_vary, &ngx_tiktok_vary_origin)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (r->method != NGX_HTTP_OPTIONS) {
        return NGX_OK;
    }

    if (ngx_tiktok_header(r, &ngx_tiktok_allow_methods, &ngx_tiktok_methods)
        != NGX_OK
        || ngx_tiktok_header(r, &ngx_tiktok_allow_headers,
                             &ngx_tiktok_content_type)
           != NGX_OK
        || ngx_tiktok_header(r, &ngx_tiktok_max_age, &ngx_tiktok_day)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}
