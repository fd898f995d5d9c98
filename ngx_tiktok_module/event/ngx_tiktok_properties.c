
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <math.h>
#include "ngx_tiktok_parts.h"
#include "ngx_tiktok_scan.h"
#include "ngx_tiktok_url.h"
#include "ngx_tiktok_utf8.h"


#define NGX_TIKTOK_CURRENCY_LEN  3
#define NGX_TIKTOK_NUMBER_LEN    32         /* more is no amount */
#define NGX_TIKTOK_INTEGER_MAX   2147483647.0


typedef struct {
    ngx_str_t             name;
    ngx_tiktok_part_pt    write;
} ngx_tiktok_property_t;


static ngx_int_t ngx_tiktok_write_object(ngx_tiktok_parts_t *parts,
    cJSON *object, ngx_tiktok_property_t *known, ngx_tiktok_part_pt other);
static void ngx_tiktok_write_property(ngx_tiktok_parts_t *parts, cJSON *item,
    ngx_tiktok_property_t *known, ngx_tiktok_part_pt other);
static ngx_int_t ngx_tiktok_write_list(ngx_tiktok_parts_t *parts,
    cJSON *list, ngx_tiktok_part_pt handler);

static ngx_int_t ngx_tiktok_write_any(ngx_tiktok_parts_t *parts,
    cJSON *item);
static ngx_int_t ngx_tiktok_write_scalar(ngx_tiktok_parts_t *parts,
    cJSON *item);
static ngx_int_t ngx_tiktok_write_value(ngx_tiktok_parts_t *parts,
    cJSON *item);
static ngx_int_t ngx_tiktok_write_amount(ngx_tiktok_parts_t *parts,
    cJSON *item);
static ngx_int_t ngx_tiktok_write_integer(ngx_tiktok_parts_t *parts,
    cJSON *item);
static ngx_int_t ngx_tiktok_write_id(ngx_tiktok_parts_t *parts, cJSON *item);
static ngx_int_t ngx_tiktok_write_ids(ngx_tiktok_parts_t *parts,
    cJSON *item);
static ngx_int_t ngx_tiktok_write_contents(ngx_tiktok_parts_t *parts,
    cJSON *item);
static ngx_int_t ngx_tiktok_write_content(ngx_tiktok_parts_t *parts,
    cJSON *item);
static ngx_int_t ngx_tiktok_write_content_type(ngx_tiktok_parts_t *parts,
    cJSON *item);
static ngx_int_t ngx_tiktok_write_customer_type(ngx_tiktok_parts_t *parts,
    cJSON *item);
static ngx_int_t ngx_tiktok_write_currency(ngx_tiktok_parts_t *parts,
    cJSON *item);

static ngx_int_t ngx_tiktok_write_clean(ngx_tiktok_parts_t *parts,
    ngx_str_t *text);
static ngx_int_t ngx_tiktok_write_choice(ngx_tiktok_parts_t *parts,
    cJSON *item, ngx_str_t *choices);
static ngx_int_t ngx_tiktok_left_text(ngx_tiktok_parts_t *parts,
    cJSON *item);
static ngx_int_t ngx_tiktok_property_number(cJSON *item, ngx_str_t *digits);
static ngx_int_t ngx_tiktok_property_currency(cJSON *item, u_char *code);


static ngx_tiktok_property_t  ngx_tiktok_properties[] = {
    { ngx_string("value"), ngx_tiktok_write_value },
    { ngx_string("currency"), ngx_tiktok_write_currency },
    { ngx_string("contents"), ngx_tiktok_write_contents },
    { ngx_string("content_ids"), ngx_tiktok_write_ids },
    { ngx_string("content_id"), ngx_tiktok_write_id },
    { ngx_string("content_type"), ngx_tiktok_write_content_type },
    { ngx_string("content_name"), ngx_tiktok_write_id },
    { ngx_string("content_category"), ngx_tiktok_write_id },
    { ngx_string("brand"), ngx_tiktok_write_id },
    { ngx_string("price"), ngx_tiktok_write_amount },
    { ngx_string("quantity"), ngx_tiktok_write_integer },
    { ngx_string("num_items"), ngx_tiktok_write_integer },
    { ngx_string("order_id"), ngx_tiktok_write_id },
    { ngx_string("shop_id"), ngx_tiktok_write_id },
    { ngx_string("customer_type"), ngx_tiktok_write_customer_type },
    { ngx_string("description"), ngx_tiktok_write_id },
    { ngx_string("query"), ngx_tiktok_write_id },
    { ngx_string("search_string"), ngx_tiktok_write_id },
    { ngx_string("status"), ngx_tiktok_write_id },
    { ngx_null_string, NULL }
};


static ngx_tiktok_property_t  ngx_tiktok_content_properties[] = {
    { ngx_string("content_id"), ngx_tiktok_write_id },
    { ngx_string("content_type"), ngx_tiktok_write_content_type },
    { ngx_string("content_name"), ngx_tiktok_write_id },
    { ngx_string("content_category"), ngx_tiktok_write_id },
    { ngx_string("brand"), ngx_tiktok_write_id },
    { ngx_string("price"), ngx_tiktok_write_amount },
    { ngx_string("quantity"), ngx_tiktok_write_integer },
    { ngx_null_string, NULL }
};


static ngx_tiktok_property_t  ngx_tiktok_no_properties[] = {
    { ngx_null_string, NULL }
};


static u_char  ngx_tiktok_currencies[] =
    "AED ARS AUD BDT BHD BIF BOB BRL CAD CHF CLP CNY COP CRC CZK DKK DZD EGP "
    "EUR GBP GTQ HKD HNL HUF IDR ILS INR ISK JPY KES KHR KRW KWD KZT MAD MOP "
    "MXN MYR NGN NIO NOK NZD OMR PEN PHP PKR PLN PYG QAR RON RUB SAR SEK SGD "
    "THB TRY TWD UAH USD VES VND ZAR ";


ngx_int_t
ngx_tiktok_write_properties(ngx_tiktok_parts_t *parts, cJSON *properties)
{
    cJSON   *currency;
    u_char   code[NGX_TIKTOK_CURRENCY_LEN];

    currency = cJSON_GetObjectItemCaseSensitive(properties, "currency");

    if (currency && !ngx_tiktok_parts_empty(currency)
        && ngx_tiktok_property_currency(currency, code) != NGX_OK)
    {
        /* a value in no currency would be taken for another one */

        parts->no_value = 1;
        parts->event->left_out[NGX_TIKTOK_LEFT_CURRENCY]++;
    }

    return ngx_tiktok_write_object(parts, properties, ngx_tiktok_properties,
                                   ngx_tiktok_write_any);
}


static ngx_int_t
ngx_tiktok_write_object(ngx_tiktok_parts_t *parts, cJSON *object,
    ngx_tiktok_property_t *known, ngx_tiktok_part_pt other)
{
    cJSON                *item;
    size_t                mark;
    ngx_tiktok_writer_t  *w;

    w = &parts->w;

    ngx_tiktok_write_literal(w, "{");

    mark = ngx_tiktok_writer_mark(w);

    for (item = object->child; item; item = item->next) {
        if (!ngx_tiktok_parts_empty(item)) {
            ngx_tiktok_write_property(parts, item, known, other);
        }
    }

    if (ngx_tiktok_writer_mark(w) == mark) {
        return NGX_DECLINED;
    }

    ngx_tiktok_write_literal(w, "}");

    return NGX_OK;
}


static void
ngx_tiktok_write_property(ngx_tiktok_parts_t *parts, cJSON *item,
    ngx_tiktok_property_t *known, ngx_tiktok_part_pt other)
{
    u_char  *name;
    size_t   len;

    name = (u_char *) item->string;
    len = ngx_strlen(name);

    for ( /* void */ ; known->name.len; known++) {
        if (known->name.len == len
            && ngx_memcmp(known->name.data, name, len) == 0)
        {
            (void) ngx_tiktok_write_member(parts, item->string, known->write,
                                           item);
            return;
        }
    }

    if (len == 0
        || ngx_tiktok_private_name(name, len)
        || ngx_tiktok_has_email(name, len))
    {
        (void) ngx_tiktok_left_text(parts, item);
        return;
    }

    (void) ngx_tiktok_write_member(parts, item->string, other, item);
}


/* of one thing, too, where it came without the brackets */

static ngx_int_t
ngx_tiktok_write_list(ngx_tiktok_parts_t *parts, cJSON *list,
    ngx_tiktok_part_pt handler)
{
    cJSON                *item;
    size_t                start, mark;
    ngx_tiktok_writer_t  *w;

    w = &parts->w;

    ngx_tiktok_write_literal(w, "[");

    start = ngx_tiktok_writer_mark(w);

    item = ngx_tiktok_is(list, cJSON_Array) ? list->child : list;

    while (item) {
        mark = ngx_tiktok_writer_mark(w);

        ngx_tiktok_write_comma(w);

        if (ngx_tiktok_parts_empty(item) || handler(parts, item) != NGX_OK) {
            ngx_tiktok_writer_back(w, mark);
        }

        item = (item == list) ? NULL : item->next;
    }

    if (ngx_tiktok_writer_mark(w) == start) {
        return NGX_DECLINED;
    }

    ngx_tiktok_write_literal(w, "]");

    return NGX_OK;
}


static ngx_int_t
ngx_tiktok_write_any(ngx_tiktok_parts_t *parts, cJSON *item)
{
    if (ngx_tiktok_is(item, cJSON_Array)) {
        return ngx_tiktok_write_list(parts, item, ngx_tiktok_write_any);
    }

    if (ngx_tiktok_is(item, cJSON_Object)) {
        return ngx_tiktok_write_object(parts, item, ngx_tiktok_no_properties,
                                       ngx_tiktok_write_any);
    }

    return ngx_tiktok_write_scalar(parts, item);
}


static ngx_int_t
ngx_tiktok_write_scalar(ngx_tiktok_parts_t *parts, cJSON *item)
{
    ngx_str_t  text;

    if (ngx_tiktok_is(item, cJSON_String)) {
        text.data = (u_char *) item->valuestring;
        text.len = ngx_strlen(text.data);

        return ngx_tiktok_write_clean(parts, &text);
    }

    if (ngx_tiktok_is(item, cJSON_Number) && isfinite(item->valuedouble)) {
        ngx_tiktok_write_number(&parts->w, item->valuedouble);
        return NGX_OK;
    }

    if (ngx_tiktok_is(item, cJSON_True)) {
        ngx_tiktok_write_literal(&parts->w, "true");
        return NGX_OK;
    }

    if (ngx_tiktok_is(item, cJSON_False)) {
        ngx_tiktok_write_literal(&parts->w, "false");
        return NGX_OK;
    }

    return ngx_tiktok_left_text(parts, item);
}


static ngx_int_t
ngx_tiktok_write_value(ngx_tiktok_parts_t *parts, cJSON *item)
{
    if (parts->no_value) {
        return NGX_DECLINED;
    }

    return ngx_tiktok_write_amount(parts, item);
}


static ngx_int_t
ngx_tiktok_write_amount(ngx_tiktok_parts_t *parts, cJSON *item)
{
    ngx_str_t  digits;

    if (ngx_tiktok_is(item, cJSON_Number) && isfinite(item->valuedouble)
        && item->valuedouble >= 0)
    {
        ngx_tiktok_write_number(&parts->w, item->valuedouble);
        return NGX_OK;
    }

    if (ngx_tiktok_property_number(item, &digits) == NGX_OK
        && digits.data[0] != '-')
    {
        ngx_tiktok_write(&parts->w, digits.data, digits.len);
        return NGX_OK;
    }

    return ngx_tiktok_left_text(parts, item);
}


static ngx_int_t
ngx_tiktok_write_integer(ngx_tiktok_parts_t *parts, cJSON *item)
{
    double     number;
    ngx_str_t  digits;

    if (ngx_tiktok_is(item, cJSON_Number)) {
        number = item->valuedouble;

    } else if (ngx_tiktok_property_number(item, &digits) == NGX_OK) {
        number = strtod((char *) digits.data, NULL);

    } else {
        number = -1;
    }

    if (!(number >= 0 && number <= NGX_TIKTOK_INTEGER_MAX)
        || number != (double) (int64_t) number)
    {
        return ngx_tiktok_left_text(parts, item);
    }

    ngx_tiktok_write_number(&parts->w, number);

    return NGX_OK;
}


static ngx_int_t
ngx_tiktok_write_id(ngx_tiktok_parts_t *parts, cJSON *item)
{
    u_char     buf[NGX_TIKTOK_DIGITS_LEN];
    ngx_str_t  text;

    if (ngx_tiktok_parts_text(item, buf, &text) != NGX_OK) {
        return ngx_tiktok_left_text(parts, item);
    }

    return ngx_tiktok_write_clean(parts, &text);
}


static ngx_int_t
ngx_tiktok_write_ids(ngx_tiktok_parts_t *parts, cJSON *item)
{
    return ngx_tiktok_write_list(parts, item, ngx_tiktok_write_id);
}


static ngx_int_t
ngx_tiktok_write_contents(ngx_tiktok_parts_t *parts, cJSON *item)
{
    return ngx_tiktok_write_list(parts, item, ngx_tiktok_write_content);
}


static ngx_int_t
ngx_tiktok_write_content(ngx_tiktok_parts_t *parts, cJSON *item)
{
    if (!ngx_tiktok_is(item, cJSON_Object)) {
        return ngx_tiktok_left_text(parts, item);
    }

    return ngx_tiktok_write_object(parts, item,
                                   ngx_tiktok_content_properties,
                                   ngx_tiktok_write_scalar);
}


static ngx_int_t
ngx_tiktok_write_content_type(ngx_tiktok_parts_t *parts, cJSON *item)
{
    static ngx_str_t  types[] = {
        ngx_string("product"),
        ngx_string("product_group"),
        ngx_null_string
    };

    return ngx_tiktok_write_choice(parts, item, types);
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


static ngx_int_t
ngx_tiktok_write_currency(ngx_tiktok_parts_t *parts, cJSON *item)
{
    u_char  code[NGX_TIKTOK_CURRENCY_LEN];

    /* one that is not supported is counted already */

    if (ngx_tiktok_property_currency(item, code) != NGX_OK) {
        return NGX_DECLINED;
    }

    ngx_tiktok_write_string(&parts->w, code, NGX_TIKTOK_CURRENCY_LEN);

    return NGX_OK;
}


/* a string without what names a person, or nothing */

static ngx_int_t
ngx_tiktok_write_clean(ngx_tiktok_parts_t *parts, ngx_str_t *text)
{
    if (ngx_tiktok_url_http(text)) {
        parts->event->left_out[NGX_TIKTOK_LEFT_URL] +=
                                       ngx_tiktok_write_url(&parts->w, text);
        return NGX_OK;
    }

    if (ngx_tiktok_has_email(text->data, text->len)) {
        parts->event->left_out[NGX_TIKTOK_LEFT_TEXT]++;
        return NGX_DECLINED;
    }

    ngx_tiktok_write_string(&parts->w, text->data, text->len);

    return NGX_OK;
}


static ngx_int_t
ngx_tiktok_write_choice(ngx_tiktok_parts_t *parts, cJSON *item,
    ngx_str_t *choices)
{
    ngx_str_t  text;

    if (!ngx_tiktok_is(item, cJSON_String)) {
        return ngx_tiktok_left_text(parts, item);
    }

    text.data = (u_char *) item->valuestring;
    text.len = ngx_strlen(text.data);

    ngx_tiktok_utf8_trim(&text);

    for ( /* void */ ; choices->len; choices++) {
        if (choices->len == text.len
            && ngx_strncasecmp(choices->data, text.data, text.len) == 0)
        {
            ngx_tiktok_write_string(&parts->w, choices->data, choices->len);
            return NGX_OK;
        }
    }

    return ngx_tiktok_left_text(parts, item);
}


static ngx_int_t
ngx_tiktok_left_text(ngx_tiktok_parts_t *parts, cJSON *item)
{
    if (!ngx_tiktok_parts_empty(item)) {
        parts->event->left_out[NGX_TIKTOK_LEFT_TEXT]++;
    }

    return NGX_DECLINED;
}


/* the text of a number, if it is one and others can read it */

static ngx_int_t
ngx_tiktok_property_number(cJSON *item, ngx_str_t *digits)
{
    u_char               *last;
    ngx_tiktok_number_e   kind;

    if (!ngx_tiktok_is(item, cJSON_String)) {
        return NGX_DECLINED;
    }

    digits->data = (u_char *) item->valuestring;
    digits->len = ngx_strlen(digits->data);

    ngx_tiktok_utf8_trim(digits);

    last = digits->data + digits->len;

    if (digits->len > NGX_TIKTOK_NUMBER_LEN
        || ngx_tiktok_scan_number(digits->data, last, &kind) != last
        || kind == NGX_TIKTOK_NUMBER_RANGE)
    {
        return NGX_DECLINED;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_tiktok_property_currency(cJSON *item, u_char *code)
{
    u_char      *p;
    ngx_str_t    text;
    ngx_uint_t   i;

    if (!ngx_tiktok_is(item, cJSON_String)) {
        return NGX_DECLINED;
    }

    text.data = (u_char *) item->valuestring;
    text.len = ngx_strlen(text.data);

    ngx_tiktok_utf8_trim(&text);

    if (text.len != NGX_TIKTOK_CURRENCY_LEN) {
        return NGX_DECLINED;
    }

    for (i = 0; i < NGX_TIKTOK_CURRENCY_LEN; i++) {
        code[i] = ngx_toupper(text.data[i]);
    }

    for (p = ngx_tiktok_currencies; *p; p += NGX_TIKTOK_CURRENCY_LEN + 1) {
        if (ngx_memcmp(p, code, NGX_TIKTOK_CURRENCY_LEN) == 0) {
            return NGX_OK;
        }
    }

    return NGX_DECLINED;
}
