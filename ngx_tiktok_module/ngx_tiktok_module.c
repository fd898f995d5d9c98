
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * The front door: directives, their merging, and where the module enters
 * nginx.
 */


#include "ngx_tiktok_module.h"
#include "ngx_tiktok_compat.h"
#include "ngx_tiktok_capture.h"
#include "ngx_tiktok_copies.h"
#include "ngx_tiktok_exchange.h"
#include "ngx_tiktok_identity.h"
#include "ngx_tiktok_rules.h"
#include "ngx_tiktok_seal.h"
#include "ngx_tiktok_seen.h"
#include "ngx_tiktok_status.h"


static char *ngx_tiktok_pixel(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
static char *ngx_tiktok_send(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
static char *ngx_tiktok_delivery(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_tiktok_queue(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
static char *ngx_tiktok_test_event_code(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_tiktok_beacon_limits(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_tiktok_status(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

static char *ngx_tiktok_number(ngx_conf_t *cf, ngx_command_t *cmd,
    ngx_str_t *arg, ngx_uint_t max, ngx_uint_t *value);
static char *ngx_tiktok_time(ngx_conf_t *cf, ngx_command_t *cmd,
    ngx_str_t *arg, ngx_msec_t *value);

static ngx_int_t ngx_tiktok_preconfiguration(ngx_conf_t *cf);
static ngx_int_t ngx_tiktok_postconfiguration(ngx_conf_t *cf);
static ngx_int_t ngx_tiktok_log_phase(ngx_conf_t *cf);
static void *ngx_tiktok_create_main_conf(ngx_conf_t *cf);
static char *ngx_tiktok_init_main_conf(ngx_conf_t *cf, void *conf);
static void *ngx_tiktok_create_loc_conf(ngx_conf_t *cf);
static char *ngx_tiktok_merge_loc_conf(ngx_conf_t *cf, void *parent,
    void *child);
static char *ngx_tiktok_destination(ngx_conf_t *cf,
    ngx_tiktok_loc_conf_t *conf);

static ngx_int_t ngx_tiktok_init_zone(ngx_shm_zone_t *shm_zone, void *data);
static ngx_int_t ngx_tiktok_init_process(ngx_cycle_t *cycle);
static void ngx_tiktok_exit_process(ngx_cycle_t *cycle);


static ngx_command_t  ngx_tiktok_commands[] = {

    { ngx_string("tiktok_pixel"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_tiktok_pixel,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("tiktok_access_token_file"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_tiktok_loc_conf_t, token_file),
      NULL },

    { ngx_string("tiktok_send"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_CONF_TAKE1,
      ngx_tiktok_send,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("tiktok_delivery"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_CONF_1MORE,
      ngx_tiktok_delivery,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("tiktok_queue"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_1MORE,
      ngx_tiktok_queue,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("tiktok_test_event_code"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_tiktok_test_event_code,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("tiktok_consent"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_tiktok_consent_set,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("tiktok_opt_out"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_tiktok_opt_out_set,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("tiktok_beacon"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS|NGX_CONF_TAKE1,
      ngx_tiktok_beacon_set,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("tiktok_beacon_limits"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_tiktok_beacon_limits,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("tiktok_event_names"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_tiktok_event_names_set,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("tiktok_origin"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_tiktok_origin_set,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("tiktok_inject"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE12,
      ngx_tiktok_inject_set,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("tiktok_script"),
      NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_tiktok_script_set,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("tiktok_click_id"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE123,
      ngx_tiktok_click_id_set,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("tiktok_identity"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_tiktok_identity_set,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("tiktok_event"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_tiktok_event_rule,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("tiktok_phone_country"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_tiktok_phone_set_plan_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_tiktok_loc_conf_t, phone_plan),
      NULL },

    { ngx_string("tiktok_ga4"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_tiktok_ga4_set,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("tiktok_request_value"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE2,
      ngx_tiktok_path_set,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_tiktok_loc_conf_t, request_values),
      NULL },

    { ngx_string("tiktok_response_value"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE2,
      ngx_tiktok_path_set,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_tiktok_loc_conf_t, response_values),
      NULL },

    { ngx_string("tiktok_status"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_tiktok_status,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_tiktok_module_ctx = {
    ngx_tiktok_preconfiguration,           /* preconfiguration */
    ngx_tiktok_postconfiguration,          /* postconfiguration */

    ngx_tiktok_create_main_conf,           /* create main configuration */
    ngx_tiktok_init_main_conf,             /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_tiktok_create_loc_conf,            /* create location configuration */
    ngx_tiktok_merge_loc_conf              /* merge location configuration */
};


ngx_module_t  ngx_tiktok_module = {
    NGX_MODULE_V1,
    &ngx_tiktok_module_ctx,                /* module context */
    ngx_tiktok_commands,                   /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    NULL,                                  /* init module */
    ngx_tiktok_init_process,               /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    ngx_tiktok_exit_process,               /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


static char *
ngx_tiktok_pixel(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_tiktok_loc_conf_t *tlcf = conf;

    u_char      ch;
    ngx_str_t  *value;
    ngx_uint_t  i;

    if (tlcf->pixel.data) {
        return "is duplicate";
    }

    value = cf->args->elts;

    tlcf->file = cf->conf_file->file.name.data;
    tlcf->line = cf->conf_file->line;

    if (ngx_strcmp(value[1].data, "off") == 0) {
        ngx_str_set(&tlcf->pixel, "");
        return NGX_CONF_OK;
    }

    /* the code is part of file names, too */

    for (i = 0; i < value[1].len; i++) {
        ch = value[1].data[i];

        if (!((ch >= '0' && ch <= '9') || (ch >= 'A' && ch <= 'Z')
              || (ch >= 'a' && ch <= 'z')))
        {
            break;
        }
    }

    if (i == 0 || i < value[1].len || i > NGX_TIKTOK_PIXEL_LEN) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"tiktok_pixel\" has an invalid code \"%V\", it "
                           "is up to %d letters and digits, as Events Manager "
                           "shows it", &value[1], NGX_TIKTOK_PIXEL_LEN);
        return NGX_CONF_ERROR;
    }

    tlcf->pixel = value[1];

    return NGX_CONF_OK;
}


static char *
ngx_tiktok_send(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_tiktok_loc_conf_t *tlcf = conf;

    ngx_str_t  *value;

    if (tlcf->send.data) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (value[1].len == 0 || value[1].data[0] != '/'
        || ngx_strlchr(value[1].data, value[1].data + value[1].len, '?'))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"tiktok_send\" has an invalid value \"%V\", it "
                           "must be the URI of a location, such as "
                           "\"/_tiktok/api\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    tlcf->send = value[1];

    return NGX_CONF_OK;
}


static char *
ngx_tiktok_delivery(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_tiktok_loc_conf_t *tlcf = conf;

    char                        *rv;
    ngx_str_t                   *value;
    ngx_uint_t                   i;
    ngx_tiktok_delivery_conf_t  *dcf;

    value = cf->args->elts;
    dcf = &tlcf->delivery;

    for (i = 1; i < cf->args->nelts; i++) {

        /* a batch may have as many events as the API takes */

        if (ngx_strncmp(value[i].data, "batch=", 6) == 0) {
            rv = ngx_tiktok_number(cf, cmd, &value[i], 1000, &dcf->batch);

        } else if (ngx_strncmp(value[i].data, "in_flight=", 10) == 0) {
            rv = ngx_tiktok_number(cf, cmd, &value[i], 256, &dcf->in_flight);

        } else if (ngx_strncmp(value[i].data, "rate=", 5) == 0) {
            rv = ngx_tiktok_number(cf, cmd, &value[i], 100000, &dcf->rate);

        } else if (ngx_strncmp(value[i].data, "timeout=", 8) == 0) {
            rv = ngx_tiktok_time(cf, cmd, &value[i], &dcf->timeout);

        } else if (ngx_strncmp(value[i].data, "retry_min=", 10) == 0) {
            rv = ngx_tiktok_time(cf, cmd, &value[i], &dcf->retry_min);

        } else if (ngx_strncmp(value[i].data, "retry_max=", 10) == 0) {
            rv = ngx_tiktok_time(cf, cmd, &value[i], &dcf->retry_max);

        } else {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"tiktok_delivery\" has an invalid parameter "
                               "\"%V\", known are batch=, in_flight=, rate=, "
                               "timeout=, retry_min= and retry_max=",
                               &value[i]);
            return NGX_CONF_ERROR;
        }

        if (rv != NGX_CONF_OK) {
            return rv;
        }
    }

    return NGX_CONF_OK;
}


static char *
ngx_tiktok_queue(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_tiktok_main_conf_t *tmcf = conf;

    off_t                size;
    time_t               age;
    ngx_str_t           *value, s;
    ngx_path_t          *path;
    ngx_uint_t           i;
    ngx_tiktok_store_t  *store;

    store = &tmcf->store;

    if (store->dir.data) {
        return "is duplicate";
    }

    value = cf->args->elts;

    store->dir = value[1];

    while (store->dir.len > 1 && store->dir.data[store->dir.len - 1] == '/') {
        store->dir.data[--store->dir.len] = '\0';
    }

    if (ngx_conf_full_name(cf->cycle, &store->dir, 0) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    for (i = 2; i < cf->args->nelts; i++) {

        if (ngx_strncmp(value[i].data, "size=", 5) == 0) {
            s.data = value[i].data + 5;
            s.len = value[i].len - 5;

            size = ngx_parse_offset(&s);

            if (size == NGX_ERROR || size == 0) {
                goto invalid;
            }

            store->size = size;
            continue;
        }

        if (ngx_strncmp(value[i].data, "max_age=", 8) == 0) {
            s.data = value[i].data + 8;
            s.len = value[i].len - 8;

            age = ngx_parse_time(&s, 1);

            if (age == (time_t) NGX_ERROR || age == 0) {
                goto invalid;
            }

            store->max_age = age;
            continue;
        }

        if (ngx_strncmp(value[i].data, "dedup=", 6) == 0) {
            s.data = value[i].data + 6;
            s.len = value[i].len - 6;

            size = ngx_parse_size(&s);

            if (size == NGX_ERROR || size < NGX_TIKTOK_SEEN_MIN) {
                goto invalid;
            }

            store->dedup = size;
            continue;
        }

        if (ngx_strcmp(value[i].data, "fsync=on") == 0) {
            store->fsync = 1;
            continue;
        }

        if (ngx_strcmp(value[i].data, "fsync=off") == 0) {
            store->fsync = 0;
            continue;
        }

        goto invalid;
    }

    /* nginx makes it, and gives it to the user of the workers */

    path = ngx_pcalloc(cf->pool, sizeof(ngx_path_t));
    if (path == NULL) {
        return NGX_CONF_ERROR;
    }

    store->file = cf->conf_file->file.name.data;
    store->line = cf->conf_file->line;

    path->name = store->dir;
    path->conf_file = store->file;
    path->line = store->line;

    if (ngx_add_path(cf, &path) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;

invalid:

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "\"tiktok_queue\" has an invalid parameter \"%V\", "
                       "known are size=64m, max_age=47h, dedup=8m (64k at "
                       "least) and fsync=on or off",
                       &value[i]);

    return NGX_CONF_ERROR;
}


static char *
ngx_tiktok_test_event_code(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_tiktok_loc_conf_t *tlcf = conf;

    ngx_str_t  *value;

    if (tlcf->test_event_code != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (value[1].len == 0) {
        tlcf->test_event_code = NULL;
        return NGX_CONF_OK;
    }

    if (ngx_tiktok_value(cf, &value[1], &tlcf->test_event_code) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                       "\"tiktok_test_event_code\" is set: TikTok does not "
                       "count events that carry it");

    return NGX_CONF_OK;
}


static char *
ngx_tiktok_beacon_limits(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_tiktok_loc_conf_t *tlcf = conf;

    char        *rv;
    ssize_t      size;
    ngx_str_t   *value, s;
    ngx_uint_t   i;

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {
        rv = NGX_CONF_OK;

        if (ngx_strncmp(value[i].data, "body=", 5) == 0) {
            s.data = value[i].data + 5;
            s.len = value[i].len - 5;

            size = ngx_parse_size(&s);

            if (size == NGX_ERROR || size == 0 || size > NGX_TIKTOK_BODY_MAX) {
                ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                                   "\"tiktok_beacon_limits\" has an invalid "
                                   "\"%V\", it is a size up to %dk",
                                   &value[i], NGX_TIKTOK_BODY_MAX / 1024);
                return NGX_CONF_ERROR;
            }

            tlcf->body = size;

        } else if (ngx_strncmp(value[i].data, "events=", 7) == 0) {
            rv = ngx_tiktok_number(cf, cmd, &value[i], 1000, &tlcf->events);

        } else if (ngx_strncmp(value[i].data, "depth=", 6) == 0) {
            rv = ngx_tiktok_number(cf, cmd, &value[i], 64, &tlcf->depth);

        } else {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"tiktok_beacon_limits\" has an invalid "
                               "parameter \"%V\", known are body=, events= "
                               "and depth=", &value[i]);
            return NGX_CONF_ERROR;
        }

        if (rv != NGX_CONF_OK) {
            return rv;
        }
    }

    return NGX_CONF_OK;
}


static char *
ngx_tiktok_status(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    clcf->handler = ngx_tiktok_status_handler;

    return NGX_CONF_OK;
}


ngx_int_t
ngx_tiktok_value(ngx_conf_t *cf, ngx_str_t *text,
    ngx_http_complex_value_t **value)
{
    ngx_http_compile_complex_value_t  ccv;

    *value = ngx_palloc(cf->pool, sizeof(ngx_http_complex_value_t));
    if (*value == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));

    ccv.cf = cf;
    ccv.value = text;
    ccv.complex_value = *value;

    return ngx_http_compile_complex_value(&ccv);
}


/* "name=number", the name being known */

static char *
ngx_tiktok_number(ngx_conf_t *cf, ngx_command_t *cmd, ngx_str_t *arg,
    ngx_uint_t max, ngx_uint_t *value)
{
    u_char     *p;
    ngx_int_t   n;

    p = (u_char *) ngx_strchr(arg->data, '=') + 1;
    n = ngx_atoi(p, arg->data + arg->len - p);

    if (n < 1 || (ngx_uint_t) n > max) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" has an invalid \"%V\", it is a number "
                           "from 1 to %ui", &cmd->name, arg, max);
        return NGX_CONF_ERROR;
    }

    *value = n;

    return NGX_CONF_OK;
}


/* "name=time", the name being known */

static char *
ngx_tiktok_time(ngx_conf_t *cf, ngx_command_t *cmd, ngx_str_t *arg,
    ngx_msec_t *value)
{
    ngx_int_t  n;
    ngx_str_t  s;

    s.data = (u_char *) ngx_strchr(arg->data, '=') + 1;
    s.len = arg->data + arg->len - s.data;

    n = ngx_parse_time(&s, 0);

    if (n == NGX_ERROR || n == 0 || n > 86400000) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" has an invalid \"%V\", it is a time "
                           "like \"10s\", up to a day", &cmd->name, arg);
        return NGX_CONF_ERROR;
    }

    *value = n;

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_tiktok_preconfiguration(ngx_conf_t *cf)
{
    if (ngx_tiktok_compat_check(cf) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_tiktok_bots_init();

    return ngx_tiktok_variables_add(cf);
}


static ngx_int_t
ngx_tiktok_postconfiguration(ngx_conf_t *cf)
{
    ngx_str_t                name;
    ngx_uint_t               i;
    ngx_tiktok_main_conf_t   *tmcf;
    ngx_tiktok_destination_t **ds;

    tmcf = ngx_http_conf_get_module_main_conf(cf, ngx_tiktok_module);

    ds = tmcf->destinations.elts;

    if (tmcf->store.dir.data == NULL) {

        if (tmcf->destinations.nelts == 0) {
            return NGX_OK;
        }

        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"tiktok_pixel %V\" has no \"tiktok_queue\": events "
                      "need a directory to wait in, such as \"tiktok_queue "
                      "/var/lib/nginx/tiktok\" in http, in %s:%ui",
                      &ds[0]->queue.pixel, ds[0]->file, ds[0]->line);
        return NGX_ERROR;
    }

    if (ngx_tiktok_script_make(cf, &tmcf->sites) != NGX_OK) {
        return NGX_ERROR;
    }

    for (i = 0; i < tmcf->destinations.nelts; i++) {
        ds[i]->queue.store = &tmcf->store;

        ngx_queue_insert_tail(&tmcf->store.queues, &ds[i]->queue.link);
    }

    ngx_str_set(&name, "tiktok");

    tmcf->store.zone = ngx_shared_memory_add(cf, &name,
                               ngx_tiktok_zone_size(tmcf->destinations.nelts),
                               &ngx_tiktok_module);
    if (tmcf->store.zone == NULL) {
        return NGX_ERROR;
    }

    tmcf->store.zone->init = ngx_tiktok_init_zone;
    tmcf->store.zone->data = cf->cycle;

    ngx_str_set(&name, "tiktok_seen");

    tmcf->store.seen = ngx_shared_memory_add(cf, &name, tmcf->store.dedup,
                                             &ngx_tiktok_module);
    if (tmcf->store.seen == NULL) {
        return NGX_ERROR;
    }

    tmcf->store.seen->init = ngx_tiktok_seen_init;

    return ngx_tiktok_log_phase(cf);
}


/* handlers of this phase are called in their order */

static ngx_int_t
ngx_tiktok_log_phase(ngx_conf_t *cf)
{
    ngx_uint_t                  i;
    ngx_array_t                *handlers;
    ngx_http_handler_pt        *h;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);
    handlers = &cmcf->phases[NGX_HTTP_LOG_PHASE].handlers;

    if (ngx_array_push(handlers) == NULL) {
        return NGX_ERROR;
    }

    h = handlers->elts;

    for (i = handlers->nelts - 1; i > 0; i--) {
        h[i] = h[i - 1];
    }

    /* before the access log, which is told the result */

    h[0] = ngx_tiktok_exchange_handler;

    return NGX_OK;
}


static void *
ngx_tiktok_create_main_conf(ngx_conf_t *cf)
{
    ngx_tiktok_main_conf_t  *tmcf;

    tmcf = ngx_pcalloc(cf->pool, sizeof(ngx_tiktok_main_conf_t));
    if (tmcf == NULL) {
        return NULL;
    }

    /*
     * set by ngx_pcalloc():
     *
     *     tmcf->store.dir = { 0, NULL };
     *     tmcf->store.size = 0;
     *     tmcf->store.max_age = 0;
     *     tmcf->store.dedup = 0;
     *     tmcf->store.fsync = 0;
     *     tmcf->store.zone = NULL;
     *     tmcf->store.seen = NULL;
     *     tmcf->inject = 0;
     *     tmcf->identity = 0;
     */

    ngx_queue_init(&tmcf->store.queues);

    if (ngx_array_init(&tmcf->destinations, cf->pool, 4,
                       sizeof(ngx_tiktok_destination_t *))
        != NGX_OK
        || ngx_array_init(&tmcf->variables, cf->pool, 4, sizeof(ngx_str_t))
           != NGX_OK
        || ngx_array_init(&tmcf->domains, cf->pool, 4, sizeof(ngx_str_t))
           != NGX_OK
        || ngx_array_init(&tmcf->sites, cf->pool, 4,
                          sizeof(ngx_tiktok_site_t))
           != NGX_OK)
    {
        return NULL;
    }

    return tmcf;
}


static char *
ngx_tiktok_init_main_conf(ngx_conf_t *cf, void *conf)
{
    ngx_tiktok_main_conf_t *tmcf = conf;

    if (tmcf->store.size == 0) {
        tmcf->store.size = 64 * 1024 * 1024;
    }

    if (tmcf->store.max_age == 0) {
        tmcf->store.max_age = 47 * 3600;
    }

    if (tmcf->store.dedup == 0) {
        tmcf->store.dedup = 8 * 1024 * 1024;
    }

    return NGX_CONF_OK;
}


static void *
ngx_tiktok_create_loc_conf(ngx_conf_t *cf)
{
    ngx_tiktok_loc_conf_t  *conf;

    conf = ngx_pcalloc(cf->pool, sizeof(ngx_tiktok_loc_conf_t));
    if (conf == NULL) {
        return NULL;
    }

    /*
     * set by ngx_pcalloc():
     *
     *     conf->pixel = { 0, NULL };
     *     conf->token_file = { 0, NULL };
     *     conf->send = { 0, NULL };
     *     conf->trusted = 0;
     *     conf->script = NULL;
     *     conf->destination = NULL;
     *     conf->file = NULL;
     *     conf->line = 0;
     */

    conf->delivery.batch = NGX_CONF_UNSET_UINT;
    conf->delivery.in_flight = NGX_CONF_UNSET_UINT;
    conf->delivery.rate = NGX_CONF_UNSET_UINT;
    conf->delivery.timeout = NGX_CONF_UNSET_MSEC;
    conf->delivery.retry_min = NGX_CONF_UNSET_MSEC;
    conf->delivery.retry_max = NGX_CONF_UNSET_MSEC;

    conf->test_event_code = NGX_CONF_UNSET_PTR;
    conf->consent = NGX_CONF_UNSET_PTR;
    conf->limit = NGX_CONF_UNSET;
    conf->origins = NGX_CONF_UNSET_PTR;
    conf->phone_plan = NGX_CONF_UNSET_PTR;
    conf->click_id = NGX_CONF_UNSET_PTR;
    conf->identity = NGX_CONF_UNSET_PTR;
    conf->event_rules = NGX_CONF_UNSET_PTR;
    conf->request_values = NGX_CONF_UNSET_PTR;
    conf->response_values = NGX_CONF_UNSET_PTR;
    conf->inject = NGX_CONF_UNSET_PTR;
    conf->body = NGX_CONF_UNSET_SIZE;
    conf->events = NGX_CONF_UNSET_UINT;
    conf->depth = NGX_CONF_UNSET_UINT;
    conf->beacon = NGX_CONF_UNSET;
    conf->ga4 = NGX_CONF_UNSET;
    conf->legacy_names = NGX_CONF_UNSET;

    return conf;
}


static char *
ngx_tiktok_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_tiktok_loc_conf_t *prev = parent;
    ngx_tiktok_loc_conf_t *conf = child;

    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->noname) {

        /* "if" and "limit_except" have the handler of their location */

        conf->beacon = prev->beacon;
        conf->trusted = prev->trusted;
        conf->ga4 = prev->ga4;
        conf->script = prev->script;
    }

    if (clcf->lmt_excpt && clcf->handler == NULL) {

        if (conf->beacon == 1) {
            clcf->handler = ngx_tiktok_beacon_handler;

        } else if (conf->script) {
            clcf->handler = ngx_tiktok_script_handler;
        }
    }

    if (conf->pixel.data == NULL && prev->pixel.data) {
        conf->pixel = prev->pixel;
        conf->file = prev->file;
        conf->line = prev->line;
    }

    ngx_conf_merge_str_value(conf->token_file, prev->token_file, "");
    ngx_conf_merge_str_value(conf->send, prev->send, "");

    ngx_conf_merge_uint_value(conf->delivery.batch, prev->delivery.batch, 50);
    ngx_conf_merge_uint_value(conf->delivery.in_flight,
                              prev->delivery.in_flight, 4);
    ngx_conf_merge_uint_value(conf->delivery.rate, prev->delivery.rate, 400);
    ngx_conf_merge_msec_value(conf->delivery.timeout, prev->delivery.timeout,
                              10000);
    ngx_conf_merge_msec_value(conf->delivery.retry_min,
                              prev->delivery.retry_min, 1000);
    ngx_conf_merge_msec_value(conf->delivery.retry_max,
                              prev->delivery.retry_max, 300000);

    ngx_conf_merge_ptr_value(conf->test_event_code, prev->test_event_code,
                             NULL);
    ngx_conf_merge_ptr_value(conf->consent, prev->consent, NULL);
    ngx_conf_merge_value(conf->limit, prev->limit, 0);
    ngx_conf_merge_ptr_value(conf->origins, prev->origins, NULL);
    ngx_conf_merge_ptr_value(conf->phone_plan, prev->phone_plan, NULL);
    ngx_conf_merge_ptr_value(conf->click_id, prev->click_id,
                             &ngx_tiktok_click_id_default);
    ngx_conf_merge_ptr_value(conf->identity, prev->identity,
                             &ngx_tiktok_identity_default);
    ngx_conf_merge_ptr_value(conf->event_rules, prev->event_rules, NULL);
    ngx_conf_merge_ptr_value(conf->request_values, prev->request_values, NULL);
    ngx_conf_merge_ptr_value(conf->response_values, prev->response_values,
                             NULL);
    ngx_conf_merge_ptr_value(conf->inject, prev->inject, NULL);

    ngx_conf_merge_size_value(conf->body, prev->body, 65536);
    ngx_conf_merge_uint_value(conf->events, prev->events, 50);
    ngx_conf_merge_uint_value(conf->depth, prev->depth, 16);
    ngx_conf_merge_value(conf->legacy_names, prev->legacy_names, 0);

    if (conf->pixel.len && ngx_tiktok_destination(cf, conf) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    if (!clcf->noname
        && (conf->script || (conf->pixel.len && conf->event_rules)))
    {
        return ngx_tiktok_script_site(cf, conf);
    }

    if (conf->pixel.len) {
        return NGX_CONF_OK;
    }

    if (conf->beacon == 1 || conf->ga4 == 1) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"%s\" is in a location where no \"tiktok_pixel\" is "
                      "in effect, in %s:%ui",
                      conf->beacon == 1 ? "tiktok_beacon" : "tiktok_ga4",
                      conf->file, conf->line);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/* what a pixel in effect needs */

static char *
ngx_tiktok_destination(ngx_conf_t *cf, ngx_tiktok_loc_conf_t *conf)
{
    ngx_uint_t                 i;
    ngx_tiktok_rule_t         *rules;
    ngx_tiktok_main_conf_t    *tmcf;
    ngx_http_core_srv_conf_t  *cscf;
    ngx_tiktok_destination_t   wanted;

    if (conf->consent == NULL) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"tiktok_pixel %V\" has no \"tiktok_consent\": say "
                      "where this shop keeps a visitor's consent, such as "
                      "\"tiktok_consent onetrust\", in %s:%ui",
                      &conf->pixel, conf->file, conf->line);
        return NGX_CONF_ERROR;
    }

    tmcf = ngx_http_conf_get_module_main_conf(cf, ngx_tiktok_module);
    cscf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_core_module);

    ngx_memzero(&wanted, sizeof(ngx_tiktok_destination_t));

    wanted.queue.pixel = conf->pixel;
    wanted.conf = conf->delivery;
    wanted.token_file = conf->token_file;
    wanted.send = conf->send;
    wanted.ctx = cscf->ctx;
    wanted.file = conf->file;
    wanted.line = conf->line;

    conf->destination = ngx_tiktok_destination_get(cf, &tmcf->destinations,
                                                   &wanted);
    if (conf->destination == NULL) {
        return NGX_CONF_ERROR;
    }

    if (conf->test_event_code) {
        conf->destination->test_event_code = conf->test_event_code->value;
    }

    rules = conf->consent->elts;

    for (i = 0; i < conf->consent->nelts; i++) {
        if (ngx_tiktok_policy_is(&rules[i].policy, "assumed")) {
            conf->destination->assumed = 1;
        }
    }

    return NGX_CONF_OK;
}


/*
 * After the whole configuration was read, also by "nginx -t".  Where this
 * fails on reload, the old configuration stays in effect; a failure of an
 * "init module" handler would be the end of the master.
 */

static ngx_int_t
ngx_tiktok_init_zone(ngx_shm_zone_t *shm_zone, void *data)
{
    ngx_cycle_t *cycle = shm_zone->data;

    size_t                      min;
    ngx_uint_t                  i;
    ngx_core_conf_t            *ccf;
    ngx_tiktok_zone_t          *zone;
    ngx_tiktok_main_conf_t     *tmcf;
    ngx_tiktok_destination_t  **ds;

    if (ngx_tiktok_zone_init(shm_zone, data) != NGX_OK) {
        return NGX_ERROR;
    }

    tmcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_tiktok_module);
    ccf = (ngx_core_conf_t *) ngx_get_conf(cycle->conf_ctx, ngx_core_module);

    if (ngx_tiktok_store_divide(&tmcf->store,
                                ngx_max(ccf->worker_processes, 1), &min)
        != NGX_OK)
    {
        ngx_log_error(NGX_LOG_EMERG, cycle->log, 0,
                      "\"tiktok_queue\" is too small for %i workers, set "
                      "size=%uzk or more, in %s:%ui", ccf->worker_processes,
                      min / 1024, tmcf->store.file, tmcf->store.line);
        return NGX_ERROR;
    }

    ds = tmcf->destinations.elts;

    for (i = 0; i < tmcf->destinations.nelts; i++) {
        ds[i]->queue.stats = ngx_tiktok_stats(tmcf->store.zone,
                                              &ds[i]->queue.pixel);

        if (ds[i]->queue.stats == NULL) {
            ngx_log_error(NGX_LOG_EMERG, cycle->log, 0,
                          "no memory for the counters of pixel \"%V\", "
                          "those of removed pixels are kept until nginx is "
                          "started again",
                          &ds[i]->queue.pixel);
            return NGX_ERROR;
        }
    }

    zone = shm_zone->data;
    tmcf->store.generation = ++zone->generations;

    return NGX_OK;
}


static ngx_int_t
ngx_tiktok_init_process(ngx_cycle_t *cycle)
{
    ngx_tiktok_main_conf_t  *tmcf;

    if (ngx_process != NGX_PROCESS_WORKER && ngx_process != NGX_PROCESS_SINGLE)
    {
        return NGX_OK;
    }

    tmcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_tiktok_module);

    /* a queue without pixels may hold events of those that were removed */

    if (tmcf == NULL || tmcf->store.zone == NULL) {
        return NGX_OK;
    }

    tmcf->store.log = cycle->log;

    ngx_tiktok_stats_keep(tmcf->store.zone->data);

    if (ngx_tiktok_hash_init(cycle->log) != NGX_OK
        || (tmcf->identity && ngx_tiktok_seal_init(cycle->log) != NGX_OK))
    {
        return NGX_ERROR;
    }

    ngx_tiktok_store_open(&tmcf->store);
    ngx_tiktok_delivery_start(&tmcf->store, &tmcf->destinations);

    return NGX_OK;
}


static void
ngx_tiktok_exit_process(ngx_cycle_t *cycle)
{
    ngx_tiktok_main_conf_t  *tmcf;

    if (ngx_process != NGX_PROCESS_WORKER && ngx_process != NGX_PROCESS_SINGLE)
    {
        return;
    }

    tmcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_tiktok_module);

    if (tmcf == NULL || tmcf->store.zone == NULL) {
        return;
    }

    ngx_tiktok_store_close(&tmcf->store);
    ngx_tiktok_hash_done();
    ngx_tiktok_seal_done();
}
