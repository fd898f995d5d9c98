
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * Readers of directives about beacons.
 */


#include "ngx_tiktok_capture.h"


char *
ngx_tiktok_beacon_set(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_tiktok_loc_conf_t *tlcf = conf;

    ngx_str_t                 *value;
    ngx_http_core_loc_conf_t  *clcf;

    if (tlcf->beacon != NGX_CONF_UNSET) {
        return "is duplicate";
    }

    tlcf->beacon = 1;

    value = cf->args->elts;

    if (cf->args->nelts == 2) {

        if (ngx_strcmp(value[1].data, "trusted") != 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"tiktok_beacon\" has an invalid parameter "
                               "\"%V\", known is \"trusted\", for what the "
                               "shop's own servers send", &value[1]);
            return NGX_CONF_ERROR;
        }

        tlcf->trusted = 1;
    }

    if (tlcf->pixel.data == NULL) {
        tlcf->file = cf->conf_file->file.name.data;
        tlcf->line = cf->conf_file->line;
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    clcf->handler = ngx_tiktok_beacon_handler;

    return NGX_CONF_OK;
}


char *
ngx_tiktok_event_names_set(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_tiktok_loc_conf_t *tlcf = conf;

    ngx_str_t  *value;

    if (tlcf->legacy_names != NGX_CONF_UNSET) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "current") == 0) {
        tlcf->legacy_names = 0;
        return NGX_CONF_OK;
    }

    if (ngx_strcmp(value[1].data, "legacy") == 0) {
        tlcf->legacy_names = 1;
        return NGX_CONF_OK;
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "\"tiktok_event_names\" has an invalid value \"%V\", "
                       "it is \"current\" (Purchase, Lead) or \"legacy\" "
                       "(CompletePayment, SubmitForm)", &value[1]);

    return NGX_CONF_ERROR;
}
