
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * Reads "tiktok_event".
 */


#include "ngx_tiktok_capture.h"
#include "ngx_tiktok_rules.h"


static ngx_uint_t ngx_tiktok_event_rule_has(ngx_tiktok_event_rule_t *rule,
    const char *name);
static char *ngx_tiktok_event_rule_filter(ngx_conf_t *cf,
    ngx_tiktok_event_rule_t *rule, ngx_str_t *text);
static char *ngx_tiktok_event_rule_value(ngx_conf_t *cf,
    ngx_tiktok_event_rule_t *rule, ngx_str_t *arg);
static ngx_tiktok_event_field_t *ngx_tiktok_event_rule_field(ngx_conf_t *cf,
    ngx_str_t *name);
static ngx_tiktok_event_field_t *ngx_tiktok_event_rule_lookup(ngx_str_t *name);
static char *ngx_tiktok_event_rule_text(ngx_conf_t *cf, ngx_str_t *value,
    ngx_tiktok_rule_text_t *text);
static ngx_tiktok_rule_coding_e ngx_tiktok_event_rule_coding(ngx_str_t *value);
static ngx_uint_t ngx_tiktok_event_rule_variable(ngx_str_t *value,
    ngx_str_t *name);


/* what an event object of a beacon may have, and a form has not */

static ngx_tiktok_event_field_t  ngx_tiktok_event_rule_fields[] = {

    { ngx_string("first_name"),
      NGX_TIKTOK_FIELD_USER, NGX_TIKTOK_FIELD_TEXT },

    { ngx_string("last_name"),
      NGX_TIKTOK_FIELD_USER, NGX_TIKTOK_FIELD_TEXT },

    { ngx_string("city"),
      NGX_TIKTOK_FIELD_USER, NGX_TIKTOK_FIELD_TEXT },

    { ngx_string("state"),
      NGX_TIKTOK_FIELD_USER, NGX_TIKTOK_FIELD_TEXT },

    { ngx_string("country"),
      NGX_TIKTOK_FIELD_USER, NGX_TIKTOK_FIELD_TEXT },

    { ngx_string("zip_code"),
      NGX_TIKTOK_FIELD_USER, NGX_TIKTOK_FIELD_TEXT },

    { ngx_string("contents"),
      NGX_TIKTOK_FIELD_PROPERTIES, NGX_TIKTOK_FIELD_JSON },

    { ngx_string("content_name"),
      NGX_TIKTOK_FIELD_PROPERTIES, NGX_TIKTOK_FIELD_TEXT },

    { ngx_string("content_category"),
      NGX_TIKTOK_FIELD_PROPERTIES, NGX_TIKTOK_FIELD_TEXT },

    { ngx_string("brand"),
      NGX_TIKTOK_FIELD_PROPERTIES, NGX_TIKTOK_FIELD_TEXT },

    { ngx_string("price"),
      NGX_TIKTOK_FIELD_PROPERTIES, NGX_TIKTOK_FIELD_TEXT },

    { ngx_string("quantity"),
      NGX_TIKTOK_FIELD_PROPERTIES, NGX_TIKTOK_FIELD_TEXT },

    { ngx_string("num_items"),
      NGX_TIKTOK_FIELD_PROPERTIES, NGX_TIKTOK_FIELD_TEXT },

    { ngx_string("shop_id"),
      NGX_TIKTOK_FIELD_PROPERTIES, NGX_TIKTOK_FIELD_TEXT },

    { ngx_string("customer_type"),
      NGX_TIKTOK_FIELD_PROPERTIES, NGX_TIKTOK_FIELD_TEXT },

    { ngx_string("search_string"),
      NGX_TIKTOK_FIELD_PROPERTIES, NGX_TIKTOK_FIELD_TEXT },

    { ngx_string("status"),
      NGX_TIKTOK_FIELD_PROPERTIES, NGX_TIKTOK_FIELD_TEXT },

    { ngx_null_string, 0, 0 }
};


char *
ngx_tiktok_event_rule(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_tiktok_loc_conf_t *tlcf = conf;

    char                     *rv;
    ngx_str_t                *value;
    ngx_uint_t                i;
    ngx_tiktok_event_rule_t  *rule;

    if (tlcf->event_rules == NGX_CONF_UNSET_PTR) {
        tlcf->event_rules = ngx_array_create(cf->pool, 4,
                                             sizeof(ngx_tiktok_event_rule_t));
        if (tlcf->event_rules == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    rule = ngx_array_push(tlcf->event_rules);
    if (rule == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(rule, sizeof(ngx_tiktok_event_rule_t));

    if (ngx_array_init(&rule->values, cf->pool, 4,
                       sizeof(ngx_tiktok_rule_value_t))
        != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;

    if (!ngx_tiktok_event_name_valid(&value[1])) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"tiktok_event\" has an invalid name \"%V\", it "
                           "is a standard event like \"Purchase\", or one of "
                           "your own: up to 50 letters, digits, \"_\" and "
                           "\"-\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    rule->event = value[1];
    rule->number = ngx_tiktok_event_number(&rule->event);

    if (rule->number == NGX_TIKTOK_EVENT_CUSTOM) {
        rule->number = ngx_tiktok_event_alias(&rule->event);
    }

    for (i = 2; i < cf->args->nelts; i++) {

        if (ngx_strncmp(value[i].data, "if=", 3) == 0) {
            rv = ngx_tiktok_event_rule_filter(cf, rule, &value[i]);

        } else {
            rv = ngx_tiktok_event_rule_value(cf, rule, &value[i]);
        }

        if (rv != NGX_CONF_OK) {
            return rv;
        }
    }

    rule->page = (rule->number == NGX_TIKTOK_EVENT_PAGEVIEW
                  && cf->args->nelts == 2);
    rule->shared = ngx_tiktok_event_rule_has(rule, "event_id")
                   || (rule->number == NGX_TIKTOK_EVENT_PURCHASE
                       && ngx_tiktok_event_rule_has(rule, "order_id"));

    return NGX_CONF_OK;
}


static ngx_uint_t
ngx_tiktok_event_rule_has(ngx_tiktok_event_rule_t *rule, const char *name)
{
    ngx_uint_t                i;
    ngx_tiktok_rule_value_t  *value;

    value = rule->values.elts;

    for (i = 0; i < rule->values.nelts; i++) {
        if (value[i].field->name.len == ngx_strlen(name)
            && ngx_strncmp(value[i].field->name.data, name,
                           value[i].field->name.len)
               == 0)
        {
            return 1;
        }
    }

    return 0;
}


static char *
ngx_tiktok_event_rule_filter(ngx_conf_t *cf, ngx_tiktok_event_rule_t *rule,
    ngx_str_t *text)
{
    ngx_str_t  filter;

    if (rule->filtered) {
        return "has several \"if=\"";
    }

    rule->filtered = 1;

    filter.data = text->data + 3;
    filter.len = text->len - 3;

    if (filter.len == 0) {
        return "has an empty \"if=\"";
    }

    return ngx_tiktok_event_rule_text(cf, &filter, &rule->filter);
}


static char *
ngx_tiktok_event_rule_value(ngx_conf_t *cf, ngx_tiktok_event_rule_t *rule,
    ngx_str_t *arg)
{
    u_char                    *p;
    ngx_str_t                  name, text;
    ngx_uint_t                 i;
    ngx_tiktok_rule_value_t   *value;
    ngx_tiktok_event_field_t  *field;

    p = (u_char *) ngx_strchr(arg->data, '=');

    if (p == NULL || p == arg->data) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"tiktok_event\" has an invalid parameter "
                           "\"%V\", it is \"if=value\" or \"name=value\"",
                           arg);
        return NGX_CONF_ERROR;
    }

    name.data = arg->data;
    name.len = p - arg->data;

    text.data = p + 1;
    text.len = arg->data + arg->len - text.data;

    field = ngx_tiktok_event_rule_field(cf, &name);
    if (field == NULL) {
        return NGX_CONF_ERROR;
    }

    value = rule->values.elts;

    for (i = 0; i < rule->values.nelts; i++) {
        if (value[i].field->part == field->part
            && value[i].field->name.len == field->name.len
            && ngx_memcmp(value[i].field->name.data, field->name.data,
                          field->name.len)
               == 0)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"tiktok_event\" has \"%V=\" twice", &name);
            return NGX_CONF_ERROR;
        }
    }

    /* the event itself is one more */

    if (rule->values.nelts == NGX_TIKTOK_FIELDS - 1) {
        return "has too many parameters";
    }

    value = ngx_array_push(&rule->values);
    if (value == NULL) {
        return NGX_CONF_ERROR;
    }

    rule->identify |= (field->part == NGX_TIKTOK_FIELD_USER);

    value->field = field;
    value->coding = ngx_tiktok_event_rule_coding(&text);

    return ngx_tiktok_event_rule_text(cf, &text, &value->text);
}


/* a field by its name alone, or as "user.name", "properties.name" */

static ngx_tiktok_event_field_t *
ngx_tiktok_event_rule_field(ngx_conf_t *cf, ngx_str_t *name)
{
    size_t                     prefix;
    ngx_str_t                  member;
    ngx_tiktok_event_part_e    part;
    ngx_tiktok_event_field_t  *field;

    part = NGX_TIKTOK_FIELD_EVENT;
    prefix = 0;

    if (ngx_strncmp(name->data, "user.", 5) == 0) {
        part = NGX_TIKTOK_FIELD_USER;
        prefix = 5;

    } else if (ngx_strncmp(name->data, "properties.", 11) == 0) {
        part = NGX_TIKTOK_FIELD_PROPERTIES;
        prefix = 11;
    }

    member.data = name->data + prefix;
    member.len = name->len - prefix;

    field = ngx_tiktok_event_rule_lookup(&member);

    if (field && (prefix == 0 || field->part == part)) {
        return field;
    }

    if (prefix == 0 || member.len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"tiktok_event\" has an unknown field \"%V=\", a "
                           "property of your own is \"properties.name=\"",
                           name);
        return NULL;
    }

    field = ngx_palloc(cf->pool, sizeof(ngx_tiktok_event_field_t));
    if (field == NULL) {
        return NULL;
    }

    field->name = member;
    field->part = part;
    field->kind = NGX_TIKTOK_FIELD_TEXT;

    return field;
}


static ngx_tiktok_event_field_t *
ngx_tiktok_event_rule_lookup(ngx_str_t *name)
{
    ngx_tiktok_event_field_t  *field;

    /* the rule's name is that of the event */

    if (name->len == 5 && ngx_strncmp(name->data, "event", 5) == 0) {
        return NULL;
    }

    field = ngx_tiktok_event_field(name);

    if (field) {
        return field;
    }

    for (field = ngx_tiktok_event_rule_fields; field->name.len; field++) {
        if (field->name.len == name->len
            && ngx_memcmp(field->name.data, name->data, name->len) == 0)
        {
            return field;
        }
    }

    return NULL;
}


static char *
ngx_tiktok_event_rule_text(ngx_conf_t *cf, ngx_str_t *value,
    ngx_tiktok_rule_text_t *text)
{
    ngx_str_t  name;

    text->script = NULL;

    if (!ngx_tiktok_event_rule_variable(value, &name)) {
        return (ngx_tiktok_value(cf, value, &text->script) == NGX_OK)
               ? NGX_CONF_OK : NGX_CONF_ERROR;
    }

    text->variable = ngx_http_get_variable_index(cf, &name);

    return (text->variable == NGX_ERROR) ? NGX_CONF_ERROR : NGX_CONF_OK;
}


/* nginx hands out arguments and cookies as they were sent */

static ngx_tiktok_rule_coding_e
ngx_tiktok_event_rule_coding(ngx_str_t *value)
{
    ngx_str_t  name;

    if (!ngx_tiktok_event_rule_variable(value, &name)) {
        return NGX_TIKTOK_RULE_PLAIN;
    }

    if (ngx_strncmp(name.data, "arg_", 4) == 0) {
        return NGX_TIKTOK_RULE_ARGUMENT;
    }

    if (ngx_strncmp(name.data, "cookie_", 7) == 0) {
        return NGX_TIKTOK_RULE_COOKIE;
    }

    return NGX_TIKTOK_RULE_PLAIN;
}


/*
 * Whether a value is one variable and nothing else.  Those of a regular
 * expression that have a number and no name are for scripts alone.
 */

static ngx_uint_t
ngx_tiktok_event_rule_variable(ngx_str_t *value, ngx_str_t *name)
{
    u_char  *p, *last;

    p = value->data;
    last = p + value->len;

    if (p == last || *p++ != '$') {
        return 0;
    }

    if (last - p > 1 && *p == '{' && last[-1] == '}') {
        p++;
        last--;
    }

    if (p == last || (*p >= '0' && *p <= '9')) {
        return 0;
    }

    name->data = p;
    name->len = last - p;

    for ( /* void */ ; p < last; p++) {
        if (!((*p >= '0' && *p <= '9')
              || (*p >= 'a' && *p <= 'z')
              || (*p >= 'A' && *p <= 'Z')
              || *p == '_'))
        {
            return 0;
        }
    }

    return 1;
}
