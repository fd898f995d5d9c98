
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#ifndef _NGX_TIKTOK_MODULE_H_INCLUDED_
#define _NGX_TIKTOK_MODULE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "ngx_tiktok_consent.h"
#include "ngx_tiktok_delivery.h"
#include "ngx_tiktok_phone.h"


#define NGX_TIKTOK_VERSION  "0.1.0"

#define NGX_TIKTOK_BODY_MAX  1048576


typedef struct {
    ngx_tiktok_store_t          store;          /* "tiktok_queue" */
    ngx_array_t                 destinations;   /* ngx_tiktok_destination_t * */
    ngx_array_t                 variables;      /* ngx_str_t: names of those
                                                   of bodies and answers */
    ngx_flag_t                  copies;         /* some are wanted */
    ngx_flag_t                  inject;         /* "tiktok_inject" is used */
    ngx_flag_t                  identity;       /* "tiktok_identity" is */
    ngx_array_t                 domains;        /* ngx_str_t: of cookies */
    ngx_array_t                 sites;          /* ngx_tiktok_site_t */
} ngx_tiktok_main_conf_t;


/* one "tiktok_consent" with what has to be evaluated for it */

typedef struct {
    ngx_tiktok_policy_t         policy;
    ngx_http_complex_value_t   *filter;         /* "if=", or NULL */
    ngx_http_complex_value_t   *value;          /* "variable", or NULL */
} ngx_tiktok_rule_t;


/* a cookie that the module sets, such as "tiktok_click_id" */

typedef struct {
    ngx_flag_t                  enabled;
    time_t                      max_age;
    ngx_str_t                   domain;         /* empty: this host's alone */
} ngx_tiktok_cookie_conf_t;


/* "tiktok_identity" */

typedef struct {
    ngx_tiktok_cookie_conf_t    cookie;         /* first, as of other cookies */
    ngx_array_t                *keys;           /* ngx_tiktok_seal_key_t */
} ngx_tiktok_identity_conf_t;


/* "tiktok_inject" */

typedef struct {
    ngx_http_complex_value_t   *src;
    ngx_http_complex_value_t   *nonce;          /* or NULL */
    ngx_uint_t                  said;           /* reasons that were logged */
} ngx_tiktok_inject_conf_t;


typedef struct ngx_tiktok_script_s  ngx_tiktok_script_t;


typedef struct {
    ngx_str_t                   pixel;          /* unset: NULL, off: empty */
    ngx_str_t                   token_file;
    ngx_str_t                   send;
    ngx_tiktok_delivery_conf_t  delivery;
    ngx_http_complex_value_t   *test_event_code;
    ngx_array_t                *consent;        /* ngx_tiktok_rule_t */
    ngx_flag_t                  limit;          /* "tiktok_opt_out" */
    ngx_array_t                *origins;        /* ngx_str_t */
    ngx_tiktok_cookie_conf_t   *click_id;
    ngx_tiktok_identity_conf_t *identity;
    ngx_array_t                *event_rules;    /* ngx_tiktok_event_rule_t */
    ngx_array_t                *request_values; /* ngx_tiktok_path_conf_t */
    ngx_array_t                *response_values;
    ngx_uint_t                  said;           /* bits of what this location
                                                   has said of them */
    ngx_tiktok_phone_plan_t    *phone_plan;     /* "tiktok_phone_country" */
    ngx_tiktok_inject_conf_t   *inject;         /* off: NULL */
    size_t                      body;           /* "tiktok_beacon_limits" */
    ngx_uint_t                  events;
    ngx_uint_t                  depth;
    ngx_flag_t                  beacon;
    ngx_uint_t                  trusted;        /* "tiktok_beacon trusted" */
    ngx_flag_t                  ga4;
    ngx_flag_t                  legacy_names;   /* "tiktok_event_names" */
    ngx_tiktok_script_t        *script;

    ngx_tiktok_destination_t   *destination;    /* of the pixel, or NULL */

    u_char                     *file;           /* where the pixel is set, or
                                                   a beacon without one */
    ngx_uint_t                  line;
} ngx_tiktok_loc_conf_t;


/* a location with a pixel, and with rules or the browser script */

typedef struct {
    ngx_http_core_srv_conf_t   *server;
    ngx_tiktok_loc_conf_t      *conf;
} ngx_tiktok_site_t;


/* compiles a value that may contain variables; NGX_OK or NGX_ERROR */
ngx_int_t ngx_tiktok_value(ngx_conf_t *cf, ngx_str_t *text,
    ngx_http_complex_value_t **value);


extern ngx_module_t  ngx_tiktok_module;
extern ngx_module_t  ngx_tiktok_filter_module;


#endif /* _NGX_TIKTOK_MODULE_H_INCLUDED_ */
