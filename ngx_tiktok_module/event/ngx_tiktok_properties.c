
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * What an event says of itself: its value, its contents, its order.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_tiktok_values.h"


static ngx_int_t ngx_tiktok_write_value(ngx_tiktok_parts_t *parts,
    cJSON *item);
static ngx_int_t ngx_tiktok_write_currency(ngx_tiktok_parts_t *parts,
    cJSON *item);
static ngx_int_t ngx_tiktok_write_type(ngx_tiktok_parts_t *parts,
    cJSON *item);
static ngx_int_t ngx_tiktok_write_customer_type(ngx_tiktok_parts_t *parts,
    cJSON *item);
static void ngx_tiktok_items_currency(ngx_tiktok_parts_t *parts);


static ngx_tiktok_property_t  ngx_tiktok_property_table[] = {

    { ngx_string("value"),
      NGX_TIKTOK_PROPERTY_VALUE, ngx_tiktok_write_value },

    { ngx_string("currency"),
      NGX_TIKTOK_PROPERTY_CURRENCY, ngx_tiktok_write_currency },

    { ngx_string("contents"),
      NGX_TIKTOK_PROPERTY_CONTENTS, ngx_tiktok_write_contents },

    { ngx_string("content_ids"),
      NGX_TIKTOK_PROPERTY_CONTENT_IDS, ngx_tiktok_write_ids },

    { ngx_string("content_type"),
      NGX_TIKTOK_PROPERTY_CONTENT_TYPE, ngx_tiktok_write_type },

    { ngx_string("content_id"),
      NGX_TIKTOK_PROPERTY_CONTENT_ID, ngx_tiktok_write_id },

    { ngx_string("content_name"),
      NGX_TIKTOK_PROPERTY_CONTENT_NAME, ngx_tiktok_write_id },

    { ngx_string("content_category"),
      NGX_TIKTOK_PROPERTY_CONTENT_CATEGORY, ngx_tiktok_write_id },

    { ngx_string("brand"),
      NGX_TIKTOK_PROPERTY_BRAND, ngx_tiktok_write_id },

    { ngx_string("price"),
      NGX_TIKTOK_PROPERTY_PRICE, ngx_tiktok_write_amount },

    { ngx_string("quantity"),
      NGX_TIKTOK_PROPERTY_QUANTITY, ngx_tiktok_write_integer },

    { ngx_string("num_items"),
      NGX_TIKTOK_PROPERTY_NUM_ITEMS, ngx_tiktok_write_integer },

    { ngx_string("order_id"),
      NGX_TIKTOK_PROPERTY_ORDER_ID, ngx_tiktok_write_id },

    { ngx_string("shop_id"),
      NGX_TIKTOK_PROPERTY_SHOP_ID, ngx_tiktok_write_id },

    { ngx_string("customer_type"),
      NGX_TIKTOK_PROPERTY_CUSTOMER_TYPE, ngx_tiktok_write_customer_type },

    { ngx_string("description"),
      NGX_TIKTOK_PROPERTY_DESCRIPTION, ngx_tiktok_write_id },

    { ngx_string("query"),
      NGX_TIKTOK_PROPERTY_QUERY, ngx_tiktok_write_id },

    { ngx_string("search_string"),
      NGX_TIKTOK_PROPERTY_SEARCH_STRING, ngx_tiktok_write_id },

    { ngx_string("status"),
      NGX_TIKTOK_PROPERTY_STATUS, ngx_tiktok_write_id },

    { ngx_string("predicted_ltv"),
      NGX_TIKTOK_PROPERTY_PREDICTED_LTV, ngx_tiktok_write_amount },

    { ngx_string("delivery_category"),
      NGX_TIKTOK_PROPERTY_DELIVERY_CATEGORY, ngx_tiktok_write_id },

    /* GA4's names */

    { ngx_string("items"), NGX_TIKTOK_PROPERTY_CONTENTS, NULL },
    { ngx_string("transaction_id"), NGX_TIKTOK_PROPERTY_ORDER_ID, NULL },
    { ngx_string("search_term"), NGX_TIKTOK_PROPERTY_SEARCH_STRING, NULL },
    { ngx_string("user_data"), NGX_TIKTOK_PROPERTY_USER_DATA, NULL },

    { ngx_null_string, 0, NULL }
};


void
ngx_tiktok_read_properties(ngx_tiktok_parts_t *parts, cJSON *object)
{
    cJSON  **p;

    if (object == NULL) {
        return;
    }

    p = parts->properties;

    parts->nothers = ngx_tiktok_properties_sort(parts, object,
                                                ngx_tiktok_property_table, p,
                                                parts->others);

    /* TikTok's own documents have two names for what was searched for */

    if (p[NGX_TIKTOK_PROPERTY_SEARCH_STRING]
        && p[NGX_TIKTOK_PROPERTY_QUERY] == NULL
        && ngx_strcmp(p[NGX_TIKTOK_PROPERTY_SEARCH_STRING]->string,
                      "search_term")
           == 0)
    {
        p[NGX_TIKTOK_PROPERTY_QUERY] = p[NGX_TIKTOK_PROPERTY_SEARCH_STRING];
    }

    if (p[NGX_TIKTOK_PROPERTY_CONTENTS]
        && ngx_strcmp(p[NGX_TIKTOK_PROPERTY_CONTENTS]->string, "items") == 0)
    {
        parts->items = 1;

        if (p[NGX_TIKTOK_PROPERTY_CURRENCY] == NULL) {
            ngx_tiktok_items_currency(parts);
        }
    }
}


/* in GA4 the items may have a currency each; of several there is no sum */

static void
ngx_tiktok_items_currency(ngx_tiktok_parts_t *parts)
{
    cJSON  *item, *currency, **first;

    first = &parts->properties[NGX_TIKTOK_PROPERTY_CURRENCY];
    item = parts->properties[NGX_TIKTOK_PROPERTY_CONTENTS]->child;

    for ( /* void */ ; item; item = item->next) {
        currency = cJSON_GetObjectItemCaseSensitive(item, "currency");

        if (currency == NULL || ngx_tiktok_parts_empty(currency)) {
            continue;
        }

        if (*first == NULL) {
            *first = currency;

        } else if (!ngx_tiktok_same(*first, currency)) {
            *first = NULL;
            parts->no_value = 1;
            return;
        }
    }
}


ngx_int_t
ngx_tiktok_write_properties(ngx_tiktok_parts_t *parts, cJSON *unused)
{
    cJSON                  *item;
    u_char                  code[NGX_TIKTOK_CURRENCY_LEN];
    size_t                  mark;
    ngx_uint_t              i;
    ngx_tiktok_writer_t    *w;
    ngx_tiktok_property_t  *p;

    item = parts->properties[NGX_TIKTOK_PROPERTY_CURRENCY];

    if (parts->no_value
        || (item && ngx_tiktok_currency(item, code) != NGX_OK))
    {
        /* a value in no currency would be taken for another one */

        parts->no_value = 1;
        parts->event->left_out[NGX_TIKTOK_LEFT_CURRENCY]++;
    }

    w = &parts->w;

    ngx_tiktok_write_literal(w, "{");

    mark = ngx_tiktok_writer_mark(w);

    for (i = 0; i < NGX_TIKTOK_PROPERTIES_WRITTEN; i++) {
        item = parts->properties[i];

        if (item
            || (i == NGX_TIKTOK_PROPERTY_VALUE && parts->items)
            || (i == NGX_TIKTOK_PROPERTY_CONTENT_TYPE && parts->content_type))
        {
            p = &ngx_tiktok_property_table[i];

            (void) ngx_tiktok_write_member(parts, &p->name, p->write, item);
        }
    }

    ngx_tiktok_write_others(parts, parts->others, parts->nothers,
                            ngx_tiktok_write_any);

    if (ngx_tiktok_writer_mark(w) == mark) {
        return NGX_DECLINED;
    }

    ngx_tiktok_write_literal(w, "}");

    return NGX_OK;
}


/* GA4's items have one without it being said */

static ngx_int_t
ngx_tiktok_write_value(ngx_tiktok_parts_t *parts, cJSON *item)
{
    if (parts->no_value) {
        return NGX_DECLINED;
    }

    if (item) {
        return ngx_tiktok_write_amount(parts, item);
    }

    return ngx_tiktok_write_sum(parts,
                             parts->properties[NGX_TIKTOK_PROPERTY_CONTENTS]);
}


static ngx_int_t
ngx_tiktok_write_currency(ngx_tiktok_parts_t *parts, cJSON *item)
{
    u_char  code[NGX_TIKTOK_CURRENCY_LEN];

    /* one that is not supported is counted already */

    if (ngx_tiktok_currency(item, code) != NGX_OK) {
        return NGX_DECLINED;
    }

    ngx_tiktok_write_string(&parts->w, code, NGX_TIKTOK_CURRENCY_LEN);

    return NGX_OK;
}


static ngx_int_t
ngx_tiktok_write_type(ngx_tiktok_parts_t *parts, cJSON *item)
{
    if (item && ngx_tiktok_write_content_type(parts, item) == NGX_OK) {
        return NGX_OK;
    }

    if (parts->content_type == NULL) {
        return NGX_DECLINED;
    }

    ngx_tiktok_write_string(&parts->w, parts->content_type->data,
                            parts->content_type->len);
    return NGX_OK;
}


static ngx_int_t
ngx_tiktok_write_customer_type(ngx_tiktok_parts_t *parts, cJSON *item)
{
    static ngx_str_t  types[] = {
        ngx_string("new"),
        ngx_string("returning"),
        ngx_null_string
    };

    return ngx_tiktok_write_choice(parts, item, types);
}
