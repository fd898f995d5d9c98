
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * Reader of "tiktok_script".
 */


#include "ngx_tiktok_script.h"


#define NGX_TIKTOK_SCRIPT_SDK                                                 \
    "https://analytics.tiktok.com/i18n/pixel/events.js"

#define NGX_TIKTOK_SCRIPT_LAYER    "dataLayer"
#define NGX_TIKTOK_SCRIPT_MAX_AGE  3600


typedef ngx_int_t (*ngx_tiktok_script_option_pt)(ngx_tiktok_script_t *script,
    ngx_str_t *value);

typedef struct {
    ngx_str_t                    name;
    ngx_tiktok_script_option_pt  handler;
    const char                  *usage;
} ngx_tiktok_script_option_t;


static ngx_int_t ngx_tiktok_script_option(ngx_conf_t *cf,
    ngx_tiktok_script_t *script, ngx_str_t *arg);
static ngx_int_t ngx_tiktok_script_sdk_option(ngx_tiktok_script_t *script,
    ngx_str_t *value);
static ngx_int_t ngx_tiktok_script_layer_option(ngx_tiktok_script_t *script,
    ngx_str_t *value);
static ngx_int_t ngx_tiktok_script_mirror_option(ngx_tiktok_script_t *script,
    ngx_str_t *value);
static ngx_int_t ngx_tiktok_script_id_option(ngx_tiktok_script_t *script,
    ngx_str_t *value);
static ngx_int_t ngx_tiktok_script_watch_option(ngx_tiktok_script_t *script,
    ngx_str_t *value);
static ngx_int_t ngx_tiktok_script_forms_option(ngx_tiktok_script_t *script,
    ngx_str_t *value);
static ngx_int_t ngx_tiktok_script_age_option(ngx_tiktok_script_t *script,
    ngx_str_t *value);
static ngx_uint_t ngx_tiktok_script_address(ngx_str_t *value);
static ngx_int_t ngx_tiktok_script_check(ngx_conf_t *cf,
    ngx_tiktok_loc_conf_t *conf);


static ngx_tiktok_script_option_t  ngx_tiktok_script_options[] = {

    { ngx_string("sdk="),
      ngx_tiktok_script_sdk_option,
      "the address of TikTok's script, or \"off\"" },

    { ngx_string("data_layer="),
      ngx_tiktok_script_layer_option,
      "the name of a variable of the page, or \"off\"" },

    { ngx_string("mirror="),
      ngx_tiktok_script_mirror_option,
      "axeptio, cookieconsent, gcm, klaro, osano, shopify, termly, "
      "usercentrics or usercentrics2" },

    { ngx_string("id="),
      ngx_tiktok_script_id_option,
      "a category or service of the tool of \"mirror=\"" },

    { ngx_string("watch="),
      ngx_tiktok_script_watch_option,
      "the name of a cookie" },

    { ngx_string("forms="),
      ngx_tiktok_script_forms_option,
      "\"on\" or \"off\"" },

    { ngx_string("max_age="),
      ngx_tiktok_script_age_option,
      "a time like \"1h\"" },

    { ngx_null_string, NULL, NULL }
};


char *
ngx_tiktok_script_set(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_tiktok_loc_conf_t *tlcf = conf;

    ngx_str_t                 *value;
    ngx_uint_t                 i;
    ngx_tiktok_script_t       *script;
    ngx_http_core_loc_conf_t  *clcf;

    if (tlcf->script) {
        return "is duplicate";
    }

    script = ngx_pcalloc(cf->pool, sizeof(ngx_tiktok_script_t));

    if (script == NULL
        || ngx_array_init(&script->watch, cf->pool, 2, sizeof(ngx_str_t))
           != NGX_OK
        || ngx_array_init(&script->told, cf->pool, 4, sizeof(ngx_str_t))
           != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;

    if (!ngx_tiktok_script_address(&value[1])) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"tiktok_script\" has an invalid address \"%V\" "
                           "of the beacon, it is the URI of a location with "
                           "\"tiktok_beacon\", such as \"/_t/e\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    script->beacon = value[1];
    ngx_str_set(&script->sdk, NGX_TIKTOK_SCRIPT_SDK);
    ngx_str_set(&script->layer, NGX_TIKTOK_SCRIPT_LAYER);
    script->max_age = NGX_TIKTOK_SCRIPT_MAX_AGE;
    script->file = cf->conf_file->file.name.data;
    script->line = cf->conf_file->line;

    for (i = 2; i < cf->args->nelts; i++) {
        if (ngx_tiktok_script_option(cf, script, &value[i]) != NGX_OK) {
            return NGX_CONF_ERROR;
        }
    }

    if (script->id.len && script->mirror == NULL) {
        return "has an \"id=\", but no \"mirror=\" that it is for";
    }

    tlcf->script = script;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    clcf->handler = ngx_tiktok_script_handler;

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_tiktok_script_option(ngx_conf_t *cf, ngx_tiktok_script_t *script,
    ngx_str_t *arg)
{
    ngx_str_t                    value;
    ngx_tiktok_script_option_t  *option;

    for (option = ngx_tiktok_script_options; option->name.len; option++) {

        if (ngx_strncmp(arg->data, option->name.data, option->name.len) != 0) {
            continue;
        }

        value.data = arg->data + option->name.len;
        value.len = arg->len - option->name.len;

        if (value.len && option->handler(script, &value) == NGX_OK) {
            return NGX_OK;
        }

        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"tiktok_script\" has an invalid \"%V\", it is %s",
                           arg, option->usage);
        return NGX_ERROR;
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "\"tiktok_script\" has an invalid parameter \"%V\", "
                       "known are sdk=, data_layer=, mirror=, id=, watch=, "
                       "forms= and max_age=", arg);

    return NGX_ERROR;
}


static ngx_int_t
ngx_tiktok_script_sdk_option(ngx_tiktok_script_t *script, ngx_str_t *value)
{
    if (ngx_strcmp(value->data, "off") == 0) {
        ngx_str_set(&script->sdk, "");
        return NGX_OK;
    }

    /* arguments are added to it */

    if (!ngx_tiktok_script_address(value)
        || ngx_strlchr(value->data, value->data + value->len, '?'))
    {
        return NGX_ERROR;
    }

    script->sdk = *value;

    return NGX_OK;
}


static ngx_int_t
ngx_tiktok_script_layer_option(ngx_tiktok_script_t *script, ngx_str_t *value)
{
    u_char      ch;
    ngx_uint_t  i;

    if (ngx_strcmp(value->data, "off") == 0) {
        ngx_str_set(&script->layer, "");
        return NGX_OK;
    }

    for (i = 0; i < value->len; i++) {
        ch = value->data[i];

        if (!(((ch | 0x20) >= 'a' && (ch | 0x20) <= 'z') || ch == '_'
              || ch == '$' || (i && ch >= '0' && ch <= '9')))
        {
            return NGX_ERROR;
        }
    }

    script->layer = *value;

    return NGX_OK;
}


static ngx_int_t
ngx_tiktok_script_mirror_option(ngx_tiktok_script_t *script, ngx_str_t *value)
{
    script->mirror = ngx_tiktok_script_tool(value);

    return script->mirror ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_tiktok_script_id_option(ngx_tiktok_script_t *script, ngx_str_t *value)
{
    script->id = *value;

    return NGX_OK;
}


static ngx_int_t
ngx_tiktok_script_watch_option(ngx_tiktok_script_t *script, ngx_str_t *value)
{
    ngx_str_t  *name;

    name = ngx_array_push(&script->watch);
    if (name == NULL) {
        return NGX_ERROR;
    }

    *name = *value;

    return NGX_OK;
}


static ngx_int_t
ngx_tiktok_script_forms_option(ngx_tiktok_script_t *script, ngx_str_t *value)
{
    script->forms = (ngx_strcmp(value->data, "on") == 0);

    return (script->forms || ngx_strcmp(value->data, "off") == 0) ? NGX_OK
                                                                  : NGX_ERROR;
}


static ngx_int_t
ngx_tiktok_script_age_option(ngx_tiktok_script_t *script, ngx_str_t *value)
{
    script->max_age = ngx_parse_time(value, 1);

    return (script->max_age == (time_t) NGX_ERROR) ? NGX_ERROR : NGX_OK;
}


/* a path of this host, or a URL; nothing of it needs to be escaped */

static ngx_uint_t
ngx_tiktok_script_address(ngx_str_t *value)
{
    ngx_uint_t  i;

    if (value->data[0] != '/'
        && ngx_strncmp(value->data, "https://", 8) != 0
        && ngx_strncmp(value->data, "http://", 7) != 0)
    {
        return 0;
    }

    for (i = 0; i < value->len; i++) {
        if (value->data[i] <= ' ' || value->data[i] >= 0x7f
            || ngx_strchr("\"#$'<>\\`", value->data[i]))
        {
            return 0;
        }
    }

    return 1;
}


char *
ngx_tiktok_script_site(ngx_conf_t *cf, ngx_tiktok_loc_conf_t *conf)
{
    ngx_tiktok_site_t       *site;
    ngx_tiktok_main_conf_t  *tmcf;

    if (conf->script && ngx_tiktok_script_check(cf, conf) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    tmcf = ngx_http_conf_get_module_main_conf(cf, ngx_tiktok_module);

    site = ngx_array_push(&tmcf->sites);
    if (site == NULL) {
        return NGX_CONF_ERROR;
    }

    site->server = ngx_http_conf_get_module_srv_conf(cf,
                                                    ngx_http_core_module);
    site->conf = conf;

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_tiktok_script_check(ngx_conf_t *cf, ngx_tiktok_loc_conf_t *conf)
{
    ngx_uint_t            i, mirrored;
    ngx_tiktok_rule_t    *rules;
    ngx_tiktok_script_t  *script;

    script = conf->script;

    if (conf->pixel.len == 0) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"tiktok_script\" is in a location where no "
                      "\"tiktok_pixel\" is in effect, in %s:%ui",
                      script->file, script->line);
        return NGX_ERROR;
    }

    rules = conf->consent->elts;

    for (i = 0, mirrored = 0; i < conf->consent->nelts; i++) {
        if (ngx_tiktok_policy_is(&rules[i].policy, "mirror")) {
            mirrored = 1;
        }
    }

    if (mirrored != (script->mirror != NULL)) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"tiktok_consent mirror\" and the parameter "
                      "\"mirror=\" of \"tiktok_script\" need each other: the "
                      "one reads the cookie that the other writes, in %s:%ui",
                      script->file, script->line);
        return NGX_ERROR;
    }

    return NGX_OK;
}
