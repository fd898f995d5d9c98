
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * Readers of directives about consent.
 */


#include "ngx_tiktok_capture.h"


char *
ngx_tiktok_consent_set(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_tiktok_loc_conf_t *tlcf = conf;

    ngx_str_t          *value, *args, filter, error;
    ngx_uint_t          i, n;
    ngx_tiktok_rule_t  *rule;

    if (tlcf->consent == NGX_CONF_UNSET_PTR) {
        tlcf->consent = ngx_array_create(cf->pool, 2,
                                         sizeof(ngx_tiktok_rule_t));
        if (tlcf->consent == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    rule = ngx_array_push(tlcf->consent);
    args = ngx_palloc(cf->pool, cf->args->nelts * sizeof(ngx_str_t));

    if (rule == NULL || args == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(rule, sizeof(ngx_tiktok_rule_t));

    value = cf->args->elts;

    for (i = 1, n = 0; i < cf->args->nelts; i++) {

        if (i == 1 || ngx_strncmp(value[i].data, "if=", 3) != 0) {
            args[n++] = value[i];
            continue;
        }

        if (rule->filter) {
            return "has several \"if=\"";
        }

        filter.data = value[i].data + 3;
        filter.len = value[i].len - 3;

        if (filter.len == 0) {
            return "has an empty \"if=\"";
        }

        if (ngx_tiktok_value(cf, &filter, &rule->filter) != NGX_OK) {
            return NGX_CONF_ERROR;
        }
    }

    if (ngx_tiktok_policy_parse(cf, args, n, &rule->policy, &error) != NGX_OK)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"tiktok_consent\" %V",
                           &error);
        return NGX_CONF_ERROR;
    }

    if (ngx_tiktok_policy_is(&rule->policy, "variable")
        && ngx_tiktok_value(cf, &rule->policy.pattern, &rule->value) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (ngx_tiktok_policy_is(&rule->policy, "assumed")) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "\"tiktok_consent assumed\": events are sent "
                           "without a consent signal, consent has to be "
                           "taken care of elsewhere");
    }

    return NGX_CONF_OK;
}


char *
ngx_tiktok_opt_out_set(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_tiktok_loc_conf_t *tlcf = conf;

    ngx_str_t  *value;

    if (tlcf->limit != NGX_CONF_UNSET) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "deny") == 0) {
        tlcf->limit = 0;
        return NGX_CONF_OK;
    }

    if (ngx_strcmp(value[1].data, "limit") == 0) {
        tlcf->limit = 1;
        return NGX_CONF_OK;
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "\"tiktok_opt_out\" has an invalid value \"%V\", it "
                       "is \"deny\" (nothing is sent) or \"limit\" (sent "
                       "with limited_data_use)", &value[1]);

    return NGX_CONF_ERROR;
}
