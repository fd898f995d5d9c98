
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * Events from what nginx itself sees: a rule is asked once the answer is
 * known, by the location in which processing has ended.
 */


#include "ngx_tiktok_decode.h"
#include "ngx_tiktok_exchange.h"
#include "ngx_tiktok_rules.h"


static ngx_int_t ngx_tiktok_rule_holds(ngx_http_request_t *r,
    ngx_tiktok_event_rule_t *rule);
static ngx_int_t ngx_tiktok_rule_capture(ngx_http_request_t *r,
    ngx_tiktok_ctx_t *ctx, ngx_tiktok_event_rule_t *rule);
static ngx_int_t ngx_tiktok_rule_values(ngx_http_request_t *r,
    ngx_tiktok_ctx_t *ctx, ngx_tiktok_event_rule_t *rule,
    ngx_tiktok_event_value_t *values, ngx_uint_t *n);
static void ngx_tiktok_rule_left_out(ngx_http_request_t *r,
    ngx_tiktok_event_rule_t *rule, ngx_tiktok_event_field_t *field);
static ngx_int_t ngx_tiktok_rule_value(ngx_http_request_t *r,
    ngx_tiktok_rule_value_t *value, ngx_str_t *text);
static ngx_int_t ngx_tiktok_rule_text(ngx_http_request_t *r,
    ngx_tiktok_rule_text_t *text, ngx_str_t *value);


static ngx_tiktok_event_field_t  ngx_tiktok_rule_event = {
    ngx_string("event"), NGX_TIKTOK_FIELD_EVENT, NGX_TIKTOK_FIELD_TEXT
};


ngx_int_t
ngx_tiktok_rules(ngx_http_request_t *r)
{
    ngx_uint_t                i, ahead;
    ngx_tiktok_ctx_t         *ctx;
    ngx_tiktok_loc_conf_t    *tlcf;
    ngx_tiktok_event_rule_t  *rules;

    tlcf = ngx_http_get_module_loc_conf(r, ngx_tiktok_module);

    if (tlcf->event_rules == NULL) {
        return NGX_OK;
    }

    rules = tlcf->event_rules->elts;

    ctx = ngx_http_get_module_ctx(r, ngx_tiktok_module);
    ahead = (ctx && ctx->ahead);

    for (i = 0; i < tlcf->event_rules->nelts; i++) {

        if (ahead && !rules[i].identify) {
            continue;
        }

        if (ngx_tiktok_rule_holds(r, &rules[i]) != NGX_OK) {
            continue;
        }

        ctx = ngx_tiktok_ctx(r);

        if (ctx == NULL
            || ngx_tiktok_rule_capture(r, ctx, &rules[i]) != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


ngx_uint_t
ngx_tiktok_rules_identify(ngx_array_t *rules)
{
    ngx_uint_t                i;
    ngx_tiktok_event_rule_t  *rule;

    if (rules == NULL) {
        return 0;
    }

    rule = rules->elts;

    for (i = 0; i < rules->nelts; i++) {
        if (rule[i].identify) {
            return 1;
        }
    }

    return 0;
}


static ngx_int_t
ngx_tiktok_rule_holds(ngx_http_request_t *r, ngx_tiktok_event_rule_t *rule)
{
    ngx_str_t          value;
    ngx_uint_t         status;
    ngx_tiktok_ctx_t  *ctx;

    if (rule->filtered) {
        if (ngx_tiktok_rule_text(r, &rule->filter, &value) != NGX_OK) {
            return NGX_ERROR;
        }

        return ngx_tiktok_true_value(&value) ? NGX_OK : NGX_DECLINED;
    }

    status = ngx_tiktok_exchange_status(r);

    if (status < NGX_HTTP_OK || status >= NGX_HTTP_BAD_REQUEST) {
        return NGX_DECLINED;
    }

    if (!rule->page) {
        return NGX_OK;
    }

    if (status >= NGX_HTTP_SPECIAL_RESPONSE
        && status != NGX_HTTP_NOT_MODIFIED)
    {
        return NGX_DECLINED;
    }

    /* a page that has the script's tag reports its view by the script */

    if (ngx_tiktok_inject_placed(r)) {
        return NGX_DECLINED;
    }

    ctx = ngx_tiktok_ctx(r);
    if (ctx == NULL) {
        return NGX_ERROR;
    }

    return ngx_tiktok_exchange_page(r, ctx) ? NGX_OK : NGX_DECLINED;
}


static ngx_int_t
ngx_tiktok_rule_capture(ngx_http_request_t *r, ngx_tiktok_ctx_t *ctx,
    ngx_tiktok_event_rule_t *rule)
{
    ngx_int_t                  rc;
    ngx_uint_t                 n, refused;
    ngx_tiktok_json_t          json;
    ngx_tiktok_event_value_t   values[NGX_TIKTOK_FIELDS];

    refused = ngx_tiktok_capture_refused(r, ctx);

    if (refused != NGX_TIKTOK_RESULT_NONE) {
        ngx_tiktok_capture_result(r, ctx, refused, 1);
        return NGX_OK;
    }

    if (ngx_tiktok_rule_values(r, ctx, rule, values, &n) != NGX_OK) {
        return NGX_ERROR;
    }

    rc = ngx_tiktok_fields_parse(r->pool, values, n, &json);

    if (rc == NGX_DECLINED) {
        if (!ctx->ahead) {
            ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                          "\"tiktok_event %V\" has values that are no event: "
                          "%s", &rule->event, json.error);
        }

        ngx_tiktok_capture_result(r, ctx, NGX_TIKTOK_RESULT_INVALID, 1);
        return NGX_OK;
    }

    if (rc != NGX_OK) {
        return NGX_ERROR;
    }

    rc = ngx_tiktok_exchange_capture(r, ctx, json.root, "tiktok_event",
                                     &rule->event);

    ngx_tiktok_json_destroy(&json);

    return rc;
}


/* the values of a rule that are there and can be used */

static ngx_int_t
ngx_tiktok_rule_values(ngx_http_request_t *r, ngx_tiktok_ctx_t *ctx,
    ngx_tiktok_event_rule_t *rule, ngx_tiktok_event_value_t *values,
    ngx_uint_t *n)
{
    ngx_int_t                  rc;
    ngx_uint_t                 i;
    ngx_tiktok_rule_value_t   *given;
    ngx_tiktok_event_value_t  *value;

    value = values;

    value->field = &ngx_tiktok_rule_event;
    value->value = rule->event;
    value++;

    given = rule->values.elts;

    for (i = 0; i < rule->values.nelts; i++) {

        if (ngx_tiktok_rule_value(r, &given[i], &value->value) != NGX_OK) {
            return NGX_ERROR;
        }

        if (value->value.len == 0) {
            continue;
        }

        rc = ngx_tiktok_event_field_check(r->pool, given[i].field,
                                          &value->value);
        if (rc == NGX_ERROR) {
            return NGX_ERROR;
        }

        if (rc == NGX_DECLINED) {

            if (!ctx->ahead) {
                ngx_tiktok_rule_left_out(r, rule, given[i].field);
            }

            continue;
        }

        value->field = given[i].field;
        value++;
    }

    *n = value - values;

    return NGX_OK;
}


static void
ngx_tiktok_rule_left_out(ngx_http_request_t *r, ngx_tiktok_event_rule_t *rule,
    ngx_tiktok_event_field_t *field)
{
    ngx_tiktok_loc_conf_t  *tlcf;
    ngx_tiktok_counters_t  *counters;

    tlcf = ngx_http_get_module_loc_conf(r, ngx_tiktok_module);
    counters = ngx_tiktok_counters(tlcf->destination->queue.stats);

    ngx_tiktok_count(counters->left_out[NGX_TIKTOK_LEFT_TEXT], 1);

    ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                  "\"tiktok_event %V\" goes without \"%V=\", whose value is "
                  "not %s", &rule->event, &field->name,
                  field->kind == NGX_TIKTOK_FIELD_JSON ? "JSON" : "UTF-8");
}


static ngx_int_t
ngx_tiktok_rule_value(ngx_http_request_t *r, ngx_tiktok_rule_value_t *value,
    ngx_str_t *text)
{
    u_char     *buf;
    ngx_str_t   encoded;

    if (ngx_tiktok_rule_text(r, &value->text, text) != NGX_OK) {
        return NGX_ERROR;
    }

    if (value->coding == NGX_TIKTOK_RULE_PLAIN || text->len == 0) {
        return NGX_OK;
    }

    buf = ngx_pnalloc(r->pool, text->len);
    if (buf == NULL) {
        return NGX_ERROR;
    }

    if (value->coding == NGX_TIKTOK_RULE_COOKIE) {
        ngx_tiktok_decode_percent(text, buf);
        return NGX_OK;
    }

    encoded = *text;

    text->data = buf;
    text->len = ngx_tiktok_form_decode(buf, encoded.data,
                                       encoded.data + encoded.len)
                - buf;

    return NGX_OK;
}


static ngx_int_t
ngx_tiktok_rule_text(ngx_http_request_t *r, ngx_tiktok_rule_text_t *text,
    ngx_str_t *value)
{
    ngx_http_variable_value_t  *vv;

    if (text->script) {
        return ngx_http_complex_value(r, text->script, value);
    }

    vv = ngx_http_get_flushed_variable(r, text->variable);
    if (vv == NULL) {
        return NGX_ERROR;
    }

    value->data = vv->data;
    value->len = vv->not_found ? 0 : vv->len;

    return NGX_OK;
}
