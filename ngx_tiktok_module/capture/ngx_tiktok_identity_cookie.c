
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * "tiktok_identity": the hashed identifiers that a visitor's events bring, in
 * a cookie that only nginx can read, for those of his later events that bring
 * none.
 */


#include "ngx_tiktok_capture.h"
#include "ngx_tiktok_exchange.h"
#include "ngx_tiktok_seal.h"
#include "ngx_tiktok_secret.h"


#define NGX_TIKTOK_IDENTITY_AGE    86400    /* a day */
#define NGX_TIKTOK_IDENTITY_SKEW   300      /* between clocks of hosts */
#define NGX_TIKTOK_IDENTITY_KEYS   4
#define NGX_TIKTOK_IDENTITY_TRIES  2        /* cookies of one name */

/* what a cookie is for: it, and one pixel */

#define NGX_TIKTOK_PURPOSE         NGX_TIKTOK_IDENTITY_COOKIE ":"
#define NGX_TIKTOK_PURPOSE_LEN                                                \
    (sizeof(NGX_TIKTOK_PURPOSE) - 1 + NGX_TIKTOK_PIXEL_LEN)


static char *ngx_tiktok_identity_key(ngx_conf_t *cf,
    ngx_tiktok_identity_conf_t *conf, ngx_str_t *path);
static void ngx_tiktok_identity_cleanup(void *data);
static void ngx_tiktok_identity_read(ngx_http_request_t *r,
    ngx_tiktok_ctx_t *ctx, ngx_tiktok_loc_conf_t *tlcf);
static const char *ngx_tiktok_identity_open(ngx_tiktok_ctx_t *ctx,
    ngx_tiktok_loc_conf_t *tlcf, ngx_str_t *sealed);
static void ngx_tiktok_identity_purpose(ngx_tiktok_loc_conf_t *tlcf,
    u_char *buf, ngx_str_t *purpose);


ngx_tiktok_identity_conf_t  ngx_tiktok_identity_default = {
    { 0, NGX_TIKTOK_IDENTITY_AGE, ngx_null_string }, NULL
};


static ngx_tiktok_cookie_name_t  ngx_tiktok_identity_name = {
    ngx_string(NGX_TIKTOK_IDENTITY_COOKIE), 0
};


char *
ngx_tiktok_identity_set(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_tiktok_loc_conf_t *tlcf = conf;

    char                        *rv;
    ngx_str_t                   *value, path;
    ngx_uint_t                   i;
    ngx_tiktok_main_conf_t      *tmcf;
    ngx_tiktok_identity_conf_t  *icf;

    if (tlcf->identity != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0) {
        i = 2;

        if (cf->args->nelts > 2) {
            goto invalid;
        }

        tlcf->identity = &ngx_tiktok_identity_default;
        return NGX_CONF_OK;
    }

    icf = ngx_palloc(cf->pool, sizeof(ngx_tiktok_identity_conf_t));
    if (icf == NULL) {
        return NGX_CONF_ERROR;
    }

    *icf = ngx_tiktok_identity_default;
    icf->cookie.enabled = 1;

    tlcf->identity = icf;

    i = 1;

    if (ngx_strcmp(value[1].data, "on") != 0) {
        goto invalid;
    }

    for (i = 2; i < cf->args->nelts; i++) {

        if (ngx_strncmp(value[i].data, "key=", 4) == 0 && value[i].len > 4) {
            path.data = value[i].data + 4;
            path.len = value[i].len - 4;

            rv = ngx_tiktok_identity_key(cf, icf, &path);

            if (rv != NGX_CONF_OK) {
                return rv;
            }

            continue;
        }

        if (ngx_tiktok_cookie_parameter(cf, &icf->cookie, &value[i])
            != NGX_OK)
        {
            goto invalid;
        }
    }

    if (icf->keys == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"tiktok_identity\" has no \"key=\", all hosts of "
                           "a shop have the same one: make it by \"openssl "
                           "rand -out FILE 32\" and set \"key=FILE\"");
        return NGX_CONF_ERROR;
    }

    tmcf = ngx_http_conf_get_module_main_conf(cf, ngx_tiktok_module);
    tmcf->identity = 1;

    return NGX_CONF_OK;

invalid:

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "\"tiktok_identity\" has an invalid parameter \"%V\", "
                       "it is \"off\", or \"on\" and then key=FILE, "
                       "max_age=1d and domain=shop.example", &value[i]);

    return NGX_CONF_ERROR;
}


static char *
ngx_tiktok_identity_key(ngx_conf_t *cf, ngx_tiktok_identity_conf_t *conf,
    ngx_str_t *path)
{
    ssize_t                 n;
    ngx_err_t               err;
    const char             *mistake;
    ngx_pool_cleanup_t     *cln;
    ngx_tiktok_seal_key_t  *key;
    u_char                  buf[NGX_TIKTOK_SEAL_KEY_LEN + 1];

    if (conf->keys == NULL) {
        conf->keys = ngx_array_create(cf->pool, NGX_TIKTOK_IDENTITY_KEYS,
                                      sizeof(ngx_tiktok_seal_key_t));
        if (conf->keys == NULL) {
            return NGX_CONF_ERROR;
        }

        cln = ngx_pool_cleanup_add(cf->pool, 0);
        if (cln == NULL) {
            return NGX_CONF_ERROR;
        }

        cln->handler = ngx_tiktok_identity_cleanup;
        cln->data = conf->keys;
    }

    if (conf->keys->nelts == NGX_TIKTOK_IDENTITY_KEYS) {
        return "has more than four keys: leave out the oldest";
    }

    n = ngx_tiktok_secret(cf, "tiktok_identity", path, buf, sizeof(buf),
                          &mistake, &err);

    if (n != NGX_TIKTOK_SEAL_KEY_LEN) {

        if (n != NGX_ERROR) {
            mistake = "is not of 32 bytes";
        }

        ngx_conf_log_error(NGX_LOG_EMERG, cf, err,
                           "\"tiktok_identity\" has a key \"%V\" that %s: "
                           "make one by \"openssl rand -out FILE 32\"",
                           path, mistake);

        ngx_explicit_memzero(buf, sizeof(buf));
        return NGX_CONF_ERROR;
    }

    /* there is room for it, the array does not move */

    key = ngx_array_push(conf->keys);
    if (key == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memcpy(key->bytes, buf, NGX_TIKTOK_SEAL_KEY_LEN);
    ngx_explicit_memzero(buf, sizeof(buf));

    return NGX_CONF_OK;
}


static void
ngx_tiktok_identity_cleanup(void *data)
{
    ngx_array_t *keys = data;

    ngx_explicit_memzero(keys->elts, keys->nelts * keys->size);
}


ngx_tiktok_person_t *
ngx_tiktok_identity_known(ngx_http_request_t *r, ngx_tiktok_ctx_t *ctx)
{
    ngx_tiktok_loc_conf_t  *tlcf;

    tlcf = ngx_http_get_module_loc_conf(r, ngx_tiktok_module);

    /* who limits the use of his data has them put together by nobody */

    if (!tlcf->identity->cookie.enabled
        || tlcf->trusted
        || ctx->consent.verdict != NGX_TIKTOK_GRANTED
        || ngx_tiktok_ctx_opted_out(ctx)
        || ctx->limited)
    {
        return NULL;
    }

    if (ctx->person == NULL) {
        ctx->person = ngx_pcalloc(r->pool, sizeof(ngx_tiktok_person_t));
        if (ctx->person == NULL) {
            return NULL;
        }

        ngx_tiktok_identity_read(r, ctx, tlcf);
    }

    return ctx->person;
}


static void
ngx_tiktok_identity_read(ngx_http_request_t *r, ngx_tiktok_ctx_t *ctx,
    ngx_tiktok_loc_conf_t *tlcf)
{
    ngx_uint_t                i;
    const char               *mistake;
    ngx_tiktok_cookie_t       cookie;
    ngx_tiktok_cookies_t      cookies;
    ngx_tiktok_cookie_pos_t   pos;

    ctx->person_time = 0;

    cookies.lines = ctx->headers.cookies;
    cookies.nlines = ctx->headers.ncookies;

    ngx_memzero(&pos, sizeof(ngx_tiktok_cookie_pos_t));

    for (i = 0; i < NGX_TIKTOK_IDENTITY_TRIES; i++) {

        if (ngx_tiktok_cookie_next(&cookies, &ngx_tiktok_identity_name, 1,
                                   &pos, &cookie)
            != NGX_OK)
        {
            return;
        }

        mistake = ngx_tiktok_identity_open(ctx, tlcf, &cookie.value);

        if (mistake == NULL) {
            return;
        }

        ngx_log_debug1(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                       "tiktok identity cookie: %s", mistake);
    }
}


/* NULL, or what is wrong with it */

static const char *
ngx_tiktok_identity_open(ngx_tiktok_ctx_t *ctx, ngx_tiktok_loc_conf_t *tlcf,
    ngx_str_t *sealed)
{
    time_t                 now, issued;
    ngx_str_t              text, purpose;
    ngx_array_t           *keys;
    ngx_tiktok_person_t    person;
    u_char                 buf[NGX_TIKTOK_SEAL_MAX];
    u_char                 name[NGX_TIKTOK_PURPOSE_LEN];

    keys = tlcf->identity->keys;
    text.data = buf;

    ngx_tiktok_identity_purpose(tlcf, name, &purpose);

    if (ngx_tiktok_seal_open(&text, sealed, &purpose, keys->elts, keys->nelts)
        != NGX_OK)
    {
        return "does not open";
    }

    ngx_memzero(&person, sizeof(ngx_tiktok_person_t));

    if (ngx_tiktok_person_unpack(&person, &text, &issued) != NGX_OK) {
        return "has another format";
    }

    now = ngx_time();

    if (now - issued >= tlcf->identity->cookie.max_age) {
        return "is too old";
    }

    if (issued - now > NGX_TIKTOK_IDENTITY_SKEW) {
        return "is of the future";
    }

    *ctx->person = person;
    ctx->person_time = issued;

    return NULL;
}


static void
ngx_tiktok_identity_purpose(ngx_tiktok_loc_conf_t *tlcf, u_char *buf,
    ngx_str_t *purpose)
{
    u_char  *p;

    p = ngx_cpymem(buf, NGX_TIKTOK_PURPOSE, sizeof(NGX_TIKTOK_PURPOSE) - 1);
    p = ngx_cpymem(p, tlcf->pixel.data, tlcf->pixel.len);

    purpose->data = buf;
    purpose->len = p - buf;
}


ngx_int_t
ngx_tiktok_identity_cookie(ngx_http_request_t *r, ngx_str_t *value)
{
    ngx_str_t               text, purpose;
    ngx_tiktok_ctx_t       *ctx;
    ngx_tiktok_person_t    *person;
    ngx_tiktok_loc_conf_t  *tlcf;
    u_char                  buf[NGX_TIKTOK_PERSON_LEN];
    u_char                  name[NGX_TIKTOK_PURPOSE_LEN];

    /* a beacon's events are captured before it is answered, others after */

    if (ngx_tiktok_exchange_ahead(r) != NGX_OK) {
        return NGX_ERROR;
    }

    tlcf = ngx_http_get_module_loc_conf(r, ngx_tiktok_module);
    ctx = ngx_http_get_module_ctx(r, ngx_tiktok_module);

    if (ctx == NULL || ctx->person == NULL) {
        return NGX_DECLINED;
    }

    person = ctx->person;

    /* what comes again and again must not run out in between */

    if (!person->changed
        && !(person->confirmed
             && ngx_time() - ctx->person_time
                > tlcf->identity->cookie.max_age / 2))
    {
        return NGX_DECLINED;
    }

    text.data = buf;
    text.len = ngx_tiktok_person_pack(buf, person, ngx_time()) - buf;

    ngx_tiktok_identity_purpose(tlcf, name, &purpose);

    value->data = ngx_pnalloc(r->pool, ngx_tiktok_seal_size(text.len));
    if (value->data == NULL) {
        return NGX_ERROR;
    }

    return ngx_tiktok_seal(value, &text, &purpose,
                           tlcf->identity->keys->elts);
}
