
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * A pixel has one destination, wherever in the configuration it is in effect.
 */


#include "ngx_tiktok_delivery.h"
#include "ngx_tiktok_secret.h"


#define NGX_TIKTOK_TOKEN_SIZE  4096


static ngx_int_t ngx_tiktok_destination_check(ngx_conf_t *cf,
    ngx_tiktok_destination_t *wanted);
static ngx_int_t ngx_tiktok_destination_agree(ngx_conf_t *cf,
    ngx_tiktok_destination_t *d, ngx_tiktok_destination_t *wanted);
static ngx_int_t ngx_tiktok_destination_error(ngx_conf_t *cf,
    ngx_tiktok_destination_t *wanted, const char *text);
static ngx_int_t ngx_tiktok_access_token(ngx_conf_t *cf,
    ngx_tiktok_destination_t *d);


ngx_tiktok_destination_t *
ngx_tiktok_destination_get(ngx_conf_t *cf, ngx_array_t *destinations,
    ngx_tiktok_destination_t *wanted)
{
    ngx_uint_t                  i;
    ngx_tiktok_destination_t   *d, **ds;

    if (ngx_tiktok_destination_check(cf, wanted) != NGX_OK) {
        return NULL;
    }

    ds = destinations->elts;

    for (i = 0; i < destinations->nelts; i++) {
        d = ds[i];

        if (d->queue.pixel.len == wanted->queue.pixel.len
            && ngx_memcmp(d->queue.pixel.data, wanted->queue.pixel.data,
                          d->queue.pixel.len)
               == 0)
        {
            return (ngx_tiktok_destination_agree(cf, d, wanted) == NGX_OK)
                   ? d : NULL;
        }
    }

    ds = ngx_array_push(destinations);
    d = ngx_palloc(cf->pool, sizeof(ngx_tiktok_destination_t));

    if (ds == NULL || d == NULL) {
        return NULL;
    }

    *d = *wanted;
    *ds = d;

    if (ngx_tiktok_access_token(cf, d) != NGX_OK) {
        return NULL;
    }

    return d;
}


static ngx_int_t
ngx_tiktok_destination_check(ngx_conf_t *cf, ngx_tiktok_destination_t *wanted)
{
    if (wanted->token_file.len == 0) {
        return ngx_tiktok_destination_error(cf, wanted, "has no "
                   "\"tiktok_access_token_file\": put the token that Events "
                   "Manager generates into a file and name it");
    }

    if (wanted->send.len == 0) {
        return ngx_tiktok_destination_error(cf, wanted, "has no "
                   "\"tiktok_send\": name the location that passes events "
                   "on to the Events API, such as \"/_tiktok/api\"");
    }

    if (wanted->conf.retry_min > wanted->conf.retry_max) {
        return ngx_tiktok_destination_error(cf, wanted, "has in "
                   "\"tiktok_delivery\" a retry_min above its retry_max: "
                   "swap them");
    }

    return NGX_OK;
}


static ngx_int_t
ngx_tiktok_destination_agree(ngx_conf_t *cf, ngx_tiktok_destination_t *d,
    ngx_tiktok_destination_t *wanted)
{
    if (d->token_file.len != wanted->token_file.len
        || ngx_memcmp(d->token_file.data, wanted->token_file.data,
                      d->token_file.len)
           != 0)
    {
        return ngx_tiktok_destination_error(cf, wanted, "has different "
                   "\"tiktok_access_token_file\" in different places: a "
                   "pixel has one, set it in http or use another pixel");
    }

    if (d->send.len != wanted->send.len
        || ngx_memcmp(d->send.data, wanted->send.data, d->send.len) != 0)
    {
        return ngx_tiktok_destination_error(cf, wanted, "has different "
                   "\"tiktok_send\" in different places: a pixel has one, "
                   "set it in http or use another pixel");
    }

    if (ngx_memcmp(&d->conf, &wanted->conf, sizeof(ngx_tiktok_delivery_conf_t))
        != 0)
    {
        return ngx_tiktok_destination_error(cf, wanted, "has different "
                   "\"tiktok_delivery\" in different places: a pixel has "
                   "one, set it in http or use another pixel");
    }

    return NGX_OK;
}


/* merging knows no line of its own: the pixel's is what the user looks for */

static ngx_int_t
ngx_tiktok_destination_error(ngx_conf_t *cf, ngx_tiktok_destination_t *wanted,
    const char *text)
{
    ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                  "\"tiktok_pixel %V\" %s, in %s:%ui",
                  &wanted->queue.pixel, text, wanted->file, wanted->line);

    return NGX_ERROR;
}


/* reads the token, which stands in no configuration and in no log */

static ngx_int_t
ngx_tiktok_access_token(ngx_conf_t *cf, ngx_tiktok_destination_t *d)
{
    u_char      *p, *last;
    ssize_t      n;
    ngx_err_t    err;
    ngx_str_t    path;
    const char  *mistake;
    u_char       text[NGX_MAX_CONF_ERRSTR + 1];

    path = d->token_file;

    p = ngx_pcalloc(cf->pool, NGX_TIKTOK_TOKEN_SIZE);
    if (p == NULL) {
        return NGX_ERROR;
    }

    n = ngx_tiktok_secret(cf, "tiktok_access_token_file", &path, p,
                          NGX_TIKTOK_TOKEN_SIZE, &mistake, &err);

    if (n == NGX_ERROR) {
        goto failed;
    }

    last = p + n;

    while (last > p && last[-1] <= ' ') {
        last--;
    }

    while (p < last && *p <= ' ') {
        p++;
    }

    d->access_token.data = p;
    d->access_token.len = last - p;

    for ( /* void */ ; p < last; p++) {
        if (*p <= ' ' || *p > '~') {
            break;
        }
    }

    if (d->access_token.len == 0) {
        mistake = "is empty, it must hold the token of Events Manager";
        goto failed;
    }

    if (p < last || n == NGX_TIKTOK_TOKEN_SIZE) {
        mistake = "holds something else than a token, it must hold the token "
                  "of Events Manager and nothing else";
        goto failed;
    }

    return NGX_OK;

failed:

    p = ngx_snprintf(text, NGX_MAX_CONF_ERRSTR,
                     "has a \"tiktok_access_token_file\" \"%V\" that %s",
                     &path, mistake);

    if (err) {
        p = ngx_log_errno(p, text + NGX_MAX_CONF_ERRSTR, err);
    }

    *p = '\0';

    return ngx_tiktok_destination_error(cf, d, (char *) text);
}
