
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * Values of properties, with their JSON types mended.  Each function writes
 * one, or declines where there is nothing that can be sent; what is left out
 * is counted.
 */


#ifndef _NGX_TIKTOK_VALUES_H_INCLUDED_
#define _NGX_TIKTOK_VALUES_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_tiktok_parts.h"


#define NGX_TIKTOK_AMOUNT_LEN  32           /* more is no amount */


/* a property that means something to us */

typedef struct {
    ngx_str_t             name;
    ngx_uint_t            number;           /* of what it means */
    ngx_tiktok_part_pt    write;            /* once for each number */
} ngx_tiktok_property_t;


/*
 * Sorts the members of an object by a table that ends with an empty name.
 * Where one has two names, the first row of its number wins.  Members whose
 * names are not in the table, NGX_TIKTOK_JSON_MEMBERS at most, become
 * others; returns their number.
 */
ngx_uint_t ngx_tiktok_properties_sort(ngx_tiktok_parts_t *parts,
    cJSON *object, ngx_tiktok_property_t *table, cJSON **members,
    cJSON **others);

/* the same string or number */
ngx_uint_t ngx_tiktok_same(cJSON *a, cJSON *b);

/* anything JSON has, less what names a person; and no arrays nor objects */
ngx_int_t ngx_tiktok_write_any(ngx_tiktok_parts_t *parts, cJSON *item);
ngx_int_t ngx_tiktok_write_scalar(ngx_tiktok_parts_t *parts, cJSON *item);

/* the members of an object that have no meaning for us, each by a handler */
void ngx_tiktok_write_others(ngx_tiktok_parts_t *parts, cJSON **items,
    ngx_uint_t n, ngx_tiktok_part_pt handler);

/* an array by the handler of its elements; of one where it is none */
ngx_int_t ngx_tiktok_write_list(ngx_tiktok_parts_t *parts, cJSON *list,
    ngx_tiktok_part_pt handler);

/* a number of money, 0 or more, also out of a text; digits are kept */
ngx_int_t ngx_tiktok_write_amount(ngx_tiktok_parts_t *parts, cJSON *item);

/* a whole number, 0 or more */
ngx_int_t ngx_tiktok_write_integer(ngx_tiktok_parts_t *parts, cJSON *item);

/* a string, also out of an integer; and an array of them */
ngx_int_t ngx_tiktok_write_id(ngx_tiktok_parts_t *parts, cJSON *item);
ngx_int_t ngx_tiktok_write_ids(ngx_tiktok_parts_t *parts, cJSON *item);

/* one of the words in a list that ends with an empty one, or NULL */
ngx_str_t *ngx_tiktok_choice(cJSON *item, ngx_str_t *choices);

ngx_int_t ngx_tiktok_write_choice(ngx_tiktok_parts_t *parts, cJSON *item,
    ngx_str_t *choices);

/* "product", which is the default, or "product_group" */
extern ngx_str_t  ngx_tiktok_content_types[];

ngx_int_t ngx_tiktok_write_content_type(ngx_tiktok_parts_t *parts,
    cJSON *item);

/* a text, unless it holds an e-mail address; a URL less what names a person */
ngx_int_t ngx_tiktok_write_clean(ngx_tiktok_parts_t *parts, ngx_str_t *text);

/* counts what is left out; always NGX_DECLINED */
ngx_int_t ngx_tiktok_left_text(ngx_tiktok_parts_t *parts, cJSON *item);

/*
 * The digits of an amount as JSON has them: "1.234,50" and "1 234.5" are
 * 1234.50 and 1234.5.  Blanks around it are cut.  buf has
 * NGX_TIKTOK_AMOUNT_LEN bytes.  NGX_DECLINED for what is no number, and for
 * what could be two, such as "1,234".
 */
ngx_int_t ngx_tiktok_amount(ngx_str_t *text, u_char *buf, ngx_str_t *digits);

/* an amount as an integer with so many decimals; NGX_OK or NGX_DECLINED */
ngx_int_t ngx_tiktok_amount_scale(ngx_str_t *digits, ngx_uint_t decimals,
    uint64_t *number);

/* whether TikTok takes a currency; its code of 3 bytes is written to code */
ngx_int_t ngx_tiktok_currency(cJSON *item, u_char *code);


#define NGX_TIKTOK_CURRENCY_LEN  3


#endif /* _NGX_TIKTOK_VALUES_H_INCLUDED_ */
