
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * Events from what nginx itself sees: a rule is asked once the answer is
 * known, by the location in which processing has ended.
 */


#include "ngx_tiktok_capture.h"
#include "ngx_tiktok_decode.h"
#include "ngx_tiktok_rules.h"
#include "ngx_tiktok_status.h"


static ngx_int_t ngx_tiktok_rule_holds(ngx_http_request_t *r,
    ngx_tiktok_event_rule_t *rule);
static ngx_uint_t ngx_tiktok_rule_status(ngx_http_request_t *r);
static ngx_uint_t ngx_tiktok_rule_html(ngx_http_request_t *r);
static ngx_uint_t ngx_tiktok_rule_navigation(ngx_http_request_t *r,
    ngx_tiktok_ctx_t *ctx);
static ngx_int_t ngx_tiktok_rule_capture(ngx_http_request_t *r,
    ngx_tiktok_ctx_t *ctx, ngx_tiktok_event_rule_t *rule);
static ngx_int_t ngx_tiktok_rule_values(ngx_http_request_t *r,
    ngx_tiktok_ctx_t *ctx, ngx_tiktok_event_rule_t *rule,
    ngx_tiktok_event_value_t *values, ngx_uint_t *n, ngx_uint_t *left);
static ngx_int_t ngx_tiktok_rule_value(ngx_http_request_t *r,
    ngx_tiktok_rule_value_t *value, ngx_str_t *text);
static ngx_int_t ngx_tiktok_rule_page(ngx_http_request_t *r,
    ngx_tiktok_ctx_t *ctx, ngx_tiktok_event_rule_t *rule,
    ngx_tiktok_event_value_t **value);
static ngx_int_t ngx_tiktok_rule_url(ngx_http_request_t *r,
    ngx_tiktok_ctx_t *ctx, ngx_str_t *url);


static ngx_tiktok_event_field_t  ngx_tiktok_rule_event_field = {
    ngx_string("event"), NGX_TIKTOK_FIELD_EVENT, NGX_TIKTOK_FIELD_TEXT
};

static ngx_tiktok_event_field_t  ngx_tiktok_rule_url_field = {
    ngx_string("url"), NGX_TIKTOK_FIELD_PAGE, NGX_TIKTOK_FIELD_TEXT
};

static ngx_tiktok_event_field_t  ngx_tiktok_rule_referrer_field = {
    ngx_string("referrer"), NGX_TIKTOK_FIELD_PAGE, NGX_TIKTOK_FIELD_TEXT
};


ngx_int_t
ngx_tiktok_rules_handler(ngx_http_request_t *r)
{
    ngx_uint_t                i, result;
    ngx_tiktok_ctx_t         *ctx;
    ngx_tiktok_loc_conf_t    *tlcf;
    ngx_tiktok_event_rule_t  *rules;

    tlcf = ngx_http_get_module_loc_conf(r, ngx_tiktok_module);

    if (tlcf->event_rules == NULL
        || tlcf->destination == NULL
        || r != r->main
        || (r->method & (NGX_HTTP_HEAD|NGX_HTTP_OPTIONS))
        || r->content_handler == ngx_tiktok_beacon_handler
        || r->content_handler == ngx_tiktok_status_handler)
    {
        return NGX_OK;
    }

    rules = tlcf->event_rules->elts;

    for (i = 0; i < tlcf->event_rules->nelts; i++) {

        if (ngx_tiktok_rule_holds(r, &rules[i]) != NGX_OK) {
            continue;
        }

        ctx = ngx_tiktok_ctx(r);
        if (ctx == NULL) {
            return NGX_ERROR;
        }

        result = ctx->result;

        if (ngx_tiktok_rule_capture(r, ctx, &rules[i]) != NGX_OK) {
            return NGX_ERROR;
        }

        ngx_log_debug2(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                       "tiktok event \"%V\": %V", &rules[i].event,
                       ngx_tiktok_result_name(ctx->result));

        /* of several rules the first result that is present */

        ctx->result = ngx_min(ctx->result, result);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_tiktok_rule_holds(ngx_http_request_t *r, ngx_tiktok_event_rule_t *rule)
{
    ngx_str_t          value;
    ngx_uint_t         status;
    ngx_tiktok_ctx_t  *ctx;

    if (rule->filter) {
        if (ngx_http_complex_value(r, rule->filter, &value) != NGX_OK) {
            return NGX_ERROR;
        }

        return ngx_tiktok_true_value(&value) ? NGX_OK : NGX_DECLINED;
    }

    status = ngx_tiktok_rule_status(r);

    if (status < NGX_HTTP_OK || status >= NGX_HTTP_BAD_REQUEST) {
        return NGX_DECLINED;
    }

    if (!rule->page) {
        return NGX_OK;
    }

    if (status >= NGX_HTTP_SPECIAL_RESPONSE || !ngx_tiktok_rule_html(r)) {
        return NGX_DECLINED;
    }

    ctx = ngx_tiktok_ctx(r);
    if (ctx == NULL) {
        return NGX_ERROR;
    }

    return ngx_tiktok_rule_navigation(r, ctx) ? NGX_OK : NGX_DECLINED;
}


/* as $status has it */

static ngx_uint_t
ngx_tiktok_rule_status(ngx_http_request_t *r)
{
    return  r->err_status ? r->err_status : r->headers_out.status;
}


static ngx_uint_t
ngx_tiktok_rule_html(ngx_http_request_t *r)
{
    ngx_str_t  *type;

    type = &r->headers_out.content_type;

    return (type->len >= 9
            && ngx_strncasecmp(type->data, (u_char *) "text/html", 9) == 0)
           || (type->len >= 21
               && ngx_strncasecmp(type->data,
                                  (u_char *) "application/xhtml+xml", 21)
                  == 0);
}


/* a page of its own, and not a part of one or what a script has asked for */

static ngx_uint_t
ngx_tiktok_rule_navigation(ngx_http_request_t *r, ngx_tiktok_ctx_t *ctx)
{
    ngx_str_t  *dest;

    dest = &ctx->headers.fetch_dest;

    if (r->method != NGX_HTTP_GET || ctx->headers.xhr) {
        return 0;
    }

    /* older browsers do not say */

    return dest->len == 0
           || (dest->len == 8
               && ngx_strncmp(dest->data, "document", 8) == 0);
}


/* an event that is lost was counted; an error is one of memory */

static ngx_int_t
ngx_tiktok_rule_capture(ngx_http_request_t *r, ngx_tiktok_ctx_t *ctx,
    ngx_tiktok_event_rule_t *rule)
{
    ngx_int_t                  rc;
    ngx_uint_t                 n, left, refused, queued;
    ngx_tiktok_json_t          json;
    ngx_tiktok_item_t         *item;
    ngx_tiktok_visitor_t       visitor;
    ngx_tiktok_event_value_t   values[NGX_TIKTOK_FIELDS];

    refused = ngx_tiktok_capture_refused(r, ctx);

    if (refused != NGX_TIKTOK_RESULT_NONE) {
        ngx_tiktok_capture_result(r, ctx, refused, 1);
        return NGX_OK;
    }

    if (ngx_tiktok_visitor(r, ctx, &visitor) != NGX_OK
        || ngx_tiktok_rule_values(r, ctx, rule, values, &n, &left) != NGX_OK)
    {
        return NGX_ERROR;
    }

    /* it is the configuration that names them, and not a query string */

    visitor.hashed_only = 0;

    rc = ngx_tiktok_fields_parse(r->pool, values, n, &json);

    if (rc == NGX_ERROR) {
        return NGX_ERROR;
    }

    if (rc == NGX_DECLINED) {
        ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                      "\"tiktok_event %V\": its values %s", &rule->event,
                      json.error);
        ngx_tiktok_capture_result(r, ctx, NGX_TIKTOK_RESULT_INVALID, 1);
        return NGX_OK;
    }

    item = ngx_tiktok_capture_items(r, &visitor, json.root, 1);

    if (item == NULL) {
        ngx_tiktok_json_destroy(&json);
        return NGX_ERROR;
    }

    if (item->event.error) {
        ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                      "\"tiktok_event %V\": its %s %s", &rule->event,
                      item->event.field ? item->event.field : "event",
                      item->event.error);
    }

    item->event.left_out[NGX_TIKTOK_LEFT_TEXT] += left;

    rc = ngx_tiktok_capture(r, ctx, item, 1, &queued);

    if (rc == NGX_DECLINED) {
        ngx_tiktok_capture_result(r, ctx, NGX_TIKTOK_RESULT_INVALID, 1);
    }

    ngx_tiktok_json_destroy(&json);

    return (rc == NGX_ERROR) ? NGX_ERROR : NGX_OK;
}


/* the values of a rule that can be used, and those that every event needs */

static ngx_int_t
ngx_tiktok_rule_values(ngx_http_request_t *r, ngx_tiktok_ctx_t *ctx,
    ngx_tiktok_event_rule_t *rule, ngx_tiktok_event_value_t *values,
    ngx_uint_t *n, ngx_uint_t *left)
{
    ngx_int_t                  rc;
    ngx_uint_t                 i;
    ngx_tiktok_rule_value_t   *given;
    ngx_tiktok_event_value_t  *value;

    *left = 0;

    value = values;

    value->field = &ngx_tiktok_rule_event_field;
    value->value = rule->event;
    value++;

    if (ngx_tiktok_rule_page(r, ctx, rule, &value) != NGX_OK) {
        return NGX_ERROR;
    }

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
            ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                          "\"tiktok_event %V\": the value of \"%V\" is %s",
                          &rule->event, &given[i].field->name,
                          given[i].field->kind == NGX_TIKTOK_FIELD_JSON
                          ? "not JSON" : "not UTF-8");
            (*left)++;
            continue;
        }

        value->field = given[i].field;
        value++;
    }

    *n = value - values;

    return NGX_OK;
}


static ngx_int_t
ngx_tiktok_rule_value(ngx_http_request_t *r, ngx_tiktok_rule_value_t *value,
    ngx_str_t *text)
{
    u_char     *buf;
    ngx_str_t   encoded;

    if (ngx_http_complex_value(r, value->value, text) != NGX_OK) {
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


/*
 * The page on which it happened: the answer itself where that is one, else
 * the one that "Referer" names, which needs no word of ours.
 */

static ngx_int_t
ngx_tiktok_rule_page(ngx_http_request_t *r, ngx_tiktok_ctx_t *ctx,
    ngx_tiktok_event_rule_t *rule, ngx_tiktok_event_value_t **value)
{
    ngx_uint_t  page;

    page = ngx_tiktok_rule_navigation(r, ctx) && ngx_tiktok_rule_html(r);

    if (!rule->url
        && r->headers_in.host
        && (page || r->headers_in.referer == NULL))
    {
        (*value)->field = &ngx_tiktok_rule_url_field;

        if (ngx_tiktok_rule_url(r, ctx, &(*value)->value) != NGX_OK) {
            return NGX_ERROR;
        }

        (*value)++;
    }

    if (!rule->referrer && page && r->headers_in.referer) {
        (*value)->field = &ngx_tiktok_rule_referrer_field;
        (*value)->value = r->headers_in.referer->value;
        (*value)++;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_tiktok_rule_url(ngx_http_request_t *r, ngx_tiktok_ctx_t *ctx,
    ngx_str_t *url)
{
    u_char     *p;
    ngx_str_t  *host;

    host = &r->headers_in.host->value;

    p = ngx_pnalloc(r->pool, sizeof("https://") - 1 + host->len
                             + r->unparsed_uri.len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    url->data = p;

    p = ngx_cpymem(p, "http", sizeof("http") - 1);

    if (ngx_tiktok_https(r, ctx)) {
        *p++ = 's';
    }

    p = ngx_cpymem(p, "://", sizeof("://") - 1);
    p = ngx_cpymem(p, host->data, host->len);
    p = ngx_cpymem(p, r->unparsed_uri.data, r->unparsed_uri.len);

    url->len = p - url->data;

    return NGX_OK;
}
