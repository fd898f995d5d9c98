
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <math.h>
#include "ngx_tiktok_url.h"
#include "ngx_tiktok_utf8.h"
#include "ngx_tiktok_values.h"


#define NGX_TIKTOK_INTEGER_MAX  2147483647


static ngx_int_t ngx_tiktok_write_object(ngx_tiktok_parts_t *parts,
    cJSON *object);
static ngx_uint_t ngx_tiktok_private_property(u_char *name, size_t len);
static ngx_int_t ngx_tiktok_amount_text(cJSON *item, u_char *buf,
    ngx_str_t *digits);


ngx_str_t  ngx_tiktok_content_types[] = {
    ngx_string("product"),
    ngx_string("product_group"),
    ngx_null_string
};


static u_char  ngx_tiktok_currencies[] =
    "AED ARS AUD BDT BHD BIF BOB BRL CAD CHF CLP CNY COP CRC CZK DKK DZD EGP "
    "EUR GBP GTQ HKD HNL HUF IDR ILS INR ISK JPY KES KHR KRW KWD KZT MAD MOP "
    "MXN MYR NGN NIO NOK NZD OMR PEN PHP PKR PLN PYG QAR RON RUB SAR SEK SGD "
    "THB TRY TWD UAH USD VES VND ZAR ";


ngx_uint_t
ngx_tiktok_properties_sort(ngx_tiktok_parts_t *parts, cJSON *object,
    ngx_tiktok_property_t *table, cJSON **members, cJSON **others)
{
    size_t                  len;
    cJSON                  *item, **member;
    ngx_uint_t              n;
    ngx_tiktok_property_t  *p;

    n = 0;

    for (item = object->child; item; item = item->next) {

        if (ngx_tiktok_parts_empty(item)) {
            continue;
        }

        len = ngx_strlen(item->string);

        for (p = table; p->name.len; p++) {
            if (p->name.len == len
                && p->name.data[0] == (u_char) item->string[0]
                && ngx_memcmp(p->name.data, item->string, len) == 0)
            {
                break;
            }
        }

        if (p->name.len == 0) {
            others[n++] = item;
            continue;
        }

        member = &members[p->number];

        if (*member == NULL) {
            *member = item;
            continue;
        }

        /* two names: the same under both is no loss */

        if (!ngx_tiktok_same(*member, item)) {
            parts->event->left_out[NGX_TIKTOK_LEFT_TEXT]++;
        }

        if (p->write) {
            *member = item;
        }
    }

    return n;
}


ngx_uint_t
ngx_tiktok_same(cJSON *a, cJSON *b)
{
    if (ngx_tiktok_is(a, cJSON_String) && ngx_tiktok_is(b, cJSON_String)) {
        return ngx_strcmp(a->valuestring, b->valuestring) == 0;
    }

    return ngx_tiktok_is(a, cJSON_Number) && ngx_tiktok_is(b, cJSON_Number)
           && a->valuedouble == b->valuedouble;
}


ngx_int_t
ngx_tiktok_write_any(ngx_tiktok_parts_t *parts, cJSON *item)
{
    if (ngx_tiktok_is(item, cJSON_Array)) {
        return ngx_tiktok_write_list(parts, item, ngx_tiktok_write_any);
    }

    if (ngx_tiktok_is(item, cJSON_Object)) {
        return ngx_tiktok_write_object(parts, item);
    }

    return ngx_tiktok_write_scalar(parts, item);
}


static ngx_int_t
ngx_tiktok_write_object(ngx_tiktok_parts_t *parts, cJSON *object)
{
    cJSON                *item;
    size_t                mark;
    ngx_tiktok_writer_t  *w;

    w = &parts->w;

    ngx_tiktok_write_literal(w, "{");

    mark = ngx_tiktok_writer_mark(w);

    for (item = object->child; item; item = item->next) {
        ngx_tiktok_write_others(parts, &item, 1, ngx_tiktok_write_any);
    }

    if (ngx_tiktok_writer_mark(w) == mark) {
        return NGX_DECLINED;
    }

    ngx_tiktok_write_literal(w, "}");

    return NGX_OK;
}


void
ngx_tiktok_write_others(ngx_tiktok_parts_t *parts, cJSON **items,
    ngx_uint_t n, ngx_tiktok_part_pt handler)
{
    u_char               *name;
    size_t                len, mark;
    ngx_uint_t            i;
    ngx_tiktok_writer_t  *w;

    w = &parts->w;

    for (i = 0; i < n; i++) {

        if (ngx_tiktok_parts_empty(items[i])) {
            continue;
        }

        name = (u_char *) items[i]->string;
        len = ngx_strlen(name);

        if (len == 0
            || ngx_tiktok_private_property(name, len)
            || ngx_tiktok_has_email(name, len))
        {
            (void) ngx_tiktok_left_text(parts, items[i]);
            continue;
        }

        mark = ngx_tiktok_writer_mark(w);

        ngx_tiktok_write_name(w, items[i]->string);

        if (handler(parts, items[i]) != NGX_OK) {
            ngx_tiktok_writer_back(w, mark);
        }
    }
}


/* also the names that identifiers have in "user" alone */

static ngx_uint_t
ngx_tiktok_private_property(u_char *name, size_t len)
{
    static ngx_str_t  names[] = {
        ngx_string("email_address"),
        ngx_string("phone_number"),
        ngx_string("user_data"),
        ngx_null_string
    };

    return names[ngx_tiktok_parts_find(names, name, len)].len
           || ngx_tiktok_private_name(name, len);
}


ngx_int_t
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


ngx_int_t
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


ngx_int_t
ngx_tiktok_write_amount(ngx_tiktok_parts_t *parts, cJSON *item)
{
    u_char     buf[NGX_TIKTOK_AMOUNT_LEN];
    ngx_str_t  digits;

    if (ngx_tiktok_is(item, cJSON_Number) && isfinite(item->valuedouble)
        && item->valuedouble >= 0)
    {
        ngx_tiktok_write_number(&parts->w, item->valuedouble);
        return NGX_OK;
    }

    if (ngx_tiktok_amount_text(item, buf, &digits) == NGX_OK
        && digits.data[0] != '-')
    {
        ngx_tiktok_write(&parts->w, digits.data, digits.len);
        return NGX_OK;
    }

    return ngx_tiktok_left_text(parts, item);
}


ngx_int_t
ngx_tiktok_write_integer(ngx_tiktok_parts_t *parts, cJSON *item)
{
    u_char     buf[NGX_TIKTOK_AMOUNT_LEN];
    double     number;
    uint64_t   n;
    ngx_str_t  digits;

    if (ngx_tiktok_is(item, cJSON_Number)) {
        number = item->valuedouble;

    } else if (ngx_tiktok_amount_text(item, buf, &digits) == NGX_OK
               && ngx_tiktok_amount_scale(&digits, 0, &n) == NGX_OK)
    {
        number = (double) n;

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
ngx_tiktok_amount_text(cJSON *item, u_char *buf, ngx_str_t *digits)
{
    ngx_str_t  text;

    if (!ngx_tiktok_is(item, cJSON_String)) {
        return NGX_DECLINED;
    }

    text.data = (u_char *) item->valuestring;
    text.len = ngx_strlen(text.data);

    return ngx_tiktok_amount(&text, buf, digits);
}


ngx_int_t
ngx_tiktok_write_id(ngx_tiktok_parts_t *parts, cJSON *item)
{
    u_char     buf[NGX_TIKTOK_DIGITS_LEN];
    ngx_str_t  text;

    if (ngx_tiktok_parts_text(item, buf, &text) != NGX_OK) {
        return ngx_tiktok_left_text(parts, item);
    }

    return ngx_tiktok_write_clean(parts, &text);
}


ngx_int_t
ngx_tiktok_write_ids(ngx_tiktok_parts_t *parts, cJSON *item)
{
    return ngx_tiktok_write_list(parts, item, ngx_tiktok_write_id);
}


ngx_int_t
ngx_tiktok_write_clean(ngx_tiktok_parts_t *parts, ngx_str_t *text)
{
    if (ngx_tiktok_url_http(text) || (text->len && *text->data == '/')) {
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


ngx_int_t
ngx_tiktok_write_choice(ngx_tiktok_parts_t *parts, cJSON *item,
    ngx_str_t *choices)
{
    ngx_str_t  *choice;

    choice = ngx_tiktok_choice(item, choices);

    if (choice == NULL) {
        return ngx_tiktok_left_text(parts, item);
    }

    ngx_tiktok_write_string(&parts->w, choice->data, choice->len);

    return NGX_OK;
}


ngx_int_t
ngx_tiktok_write_content_type(ngx_tiktok_parts_t *parts, cJSON *item)
{
    return ngx_tiktok_write_choice(parts, item, ngx_tiktok_content_types);
}


ngx_str_t *
ngx_tiktok_choice(cJSON *item, ngx_str_t *choices)
{
    ngx_str_t  text;

    if (!ngx_tiktok_is(item, cJSON_String)) {
        return NULL;
    }

    text.data = (u_char *) item->valuestring;
    text.len = ngx_strlen(text.data);

    ngx_tiktok_utf8_trim(&text);

    for ( /* void */ ; choices->len; choices++) {
        if (choices->len == text.len
            && (ngx_memcmp(choices->data, text.data, text.len) == 0
                || ngx_strncasecmp(choices->data, text.data, text.len) == 0))
        {
            return choices;
        }
    }

    return NULL;
}


ngx_int_t
ngx_tiktok_left_text(ngx_tiktok_parts_t *parts, cJSON *item)
{
    if (!ngx_tiktok_parts_empty(item)) {
        parts->event->left_out[NGX_TIKTOK_LEFT_TEXT]++;
    }

    return NGX_DECLINED;
}


ngx_int_t
ngx_tiktok_currency(cJSON *item, u_char *code)
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
        if (p[0] == code[0] && p[1] == code[1] && p[2] == code[2]) {
            return NGX_OK;
        }
    }

    return NGX_DECLINED;
}
