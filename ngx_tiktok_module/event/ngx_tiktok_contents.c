
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * What was looked at, put into the cart or bought: TikTok's "contents", and
 * GA4's "items".
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_tiktok_url.h"
#include "ngx_tiktok_values.h"


#define NGX_TIKTOK_CONTENT_LEVELS                                             \
    (NGX_TIKTOK_CONTENT_NUMBERS - NGX_TIKTOK_CONTENT_LEVEL)

#define NGX_TIKTOK_SUM_DECIMALS  6
#define NGX_TIKTOK_SUM_UNIT      1000000ULL
#define NGX_TIKTOK_SUM_MAX       1000000000000000000ULL


typedef enum {
    NGX_TIKTOK_CONTENT_ID = 0,
    NGX_TIKTOK_CONTENT_NAME,
    NGX_TIKTOK_CONTENT_CATEGORY,
    NGX_TIKTOK_CONTENT_BRAND,
    NGX_TIKTOK_CONTENT_PRICE,
    NGX_TIKTOK_CONTENT_QUANTITY,
    NGX_TIKTOK_CONTENT_TYPE,
    NGX_TIKTOK_CONTENTS_WRITTEN,

    /* GA4 has a category's levels one by one */
    NGX_TIKTOK_CONTENT_LEVEL = NGX_TIKTOK_CONTENTS_WRITTEN,
    NGX_TIKTOK_CONTENT_LEVEL2,
    NGX_TIKTOK_CONTENT_LEVEL3,
    NGX_TIKTOK_CONTENT_LEVEL4,
    NGX_TIKTOK_CONTENT_LEVEL5,
    NGX_TIKTOK_CONTENT_NUMBERS
} ngx_tiktok_content_e;


static ngx_int_t ngx_tiktok_write_content(ngx_tiktok_parts_t *parts,
    cJSON *item);
static void ngx_tiktok_content_type(ngx_tiktok_parts_t *parts, cJSON *item);
static void ngx_tiktok_content_category(ngx_tiktok_parts_t *parts,
    cJSON **levels);
static ngx_int_t ngx_tiktok_write_levels(ngx_tiktok_parts_t *parts,
    cJSON **levels);
static ngx_int_t ngx_tiktok_sum_add(ngx_tiktok_parts_t *parts, cJSON *item,
    uint64_t *sum);
static ngx_int_t ngx_tiktok_sum_number(ngx_tiktok_parts_t *parts,
    cJSON *item, ngx_tiktok_part_pt handler, ngx_uint_t decimals,
    uint64_t *number);


static ngx_tiktok_property_t  ngx_tiktok_content_table[] = {

    { ngx_string("content_id"),
      NGX_TIKTOK_CONTENT_ID, ngx_tiktok_write_id },

    { ngx_string("content_name"),
      NGX_TIKTOK_CONTENT_NAME, ngx_tiktok_write_id },

    { ngx_string("content_category"),
      NGX_TIKTOK_CONTENT_CATEGORY, ngx_tiktok_write_id },

    { ngx_string("brand"),
      NGX_TIKTOK_CONTENT_BRAND, ngx_tiktok_write_id },

    { ngx_string("price"),
      NGX_TIKTOK_CONTENT_PRICE, ngx_tiktok_write_amount },

    { ngx_string("quantity"),
      NGX_TIKTOK_CONTENT_QUANTITY, ngx_tiktok_write_integer },

    { ngx_string("content_type"),
      NGX_TIKTOK_CONTENT_TYPE, ngx_tiktok_write_content_type },

    /* GA4's names, and those before GA4 */

    { ngx_string("item_id"), NGX_TIKTOK_CONTENT_ID, NULL },
    { ngx_string("item_name"), NGX_TIKTOK_CONTENT_NAME, NULL },
    { ngx_string("item_brand"), NGX_TIKTOK_CONTENT_BRAND, NULL },
    { ngx_string("item_category"), NGX_TIKTOK_CONTENT_LEVEL, NULL },
    { ngx_string("item_category2"), NGX_TIKTOK_CONTENT_LEVEL2, NULL },
    { ngx_string("item_category3"), NGX_TIKTOK_CONTENT_LEVEL3, NULL },
    { ngx_string("item_category4"), NGX_TIKTOK_CONTENT_LEVEL4, NULL },
    { ngx_string("item_category5"), NGX_TIKTOK_CONTENT_LEVEL5, NULL },
    { ngx_string("id"), NGX_TIKTOK_CONTENT_ID, NULL },
    { ngx_string("name"), NGX_TIKTOK_CONTENT_NAME, NULL },
    { ngx_string("category"), NGX_TIKTOK_CONTENT_CATEGORY, NULL },

    { ngx_null_string, 0, NULL }
};


ngx_int_t
ngx_tiktok_write_contents(ngx_tiktok_parts_t *parts, cJSON *contents)
{
    return ngx_tiktok_write_list(parts, contents, ngx_tiktok_write_content);
}


static ngx_int_t
ngx_tiktok_write_content(ngx_tiktok_parts_t *parts, cJSON *item)
{
    cJSON                  *members[NGX_TIKTOK_CONTENT_NUMBERS];
    cJSON                  *others[NGX_TIKTOK_JSON_MEMBERS];
    size_t                  mark;
    ngx_int_t               rc;
    ngx_uint_t              i, n;
    ngx_tiktok_writer_t    *w;
    ngx_tiktok_property_t  *p;

    if (!ngx_tiktok_is(item, cJSON_Object)) {
        return ngx_tiktok_left_text(parts, item);
    }

    ngx_memzero(members, sizeof(members));

    n = ngx_tiktok_properties_sort(parts, item, ngx_tiktok_content_table,
                                   members, others);
    w = &parts->w;

    ngx_tiktok_write_literal(w, "{");

    mark = ngx_tiktok_writer_mark(w);

    for (i = 0; i < NGX_TIKTOK_CONTENTS_WRITTEN; i++) {

        if (members[i]) {
            p = &ngx_tiktok_content_table[i];

            rc = ngx_tiktok_write_member(parts, &p->name, p->write,
                                         members[i]);

            if (i == NGX_TIKTOK_CONTENT_ID && rc == NGX_OK) {
                ngx_tiktok_content_type(parts,
                                        members[NGX_TIKTOK_CONTENT_TYPE]);
            }

        } else if (i == NGX_TIKTOK_CONTENT_CATEGORY) {
            ngx_tiktok_content_category(parts,
                                        &members[NGX_TIKTOK_CONTENT_LEVEL]);
        }
    }

    ngx_tiktok_write_others(parts, others, n, ngx_tiktok_write_scalar);

    if (ngx_tiktok_writer_mark(w) == mark) {
        return NGX_DECLINED;
    }

    ngx_tiktok_write_literal(w, "}");

    return NGX_OK;
}


/* the Pixel has the type with each of the contents, the API has one for all */

static void
ngx_tiktok_content_type(ngx_tiktok_parts_t *parts, cJSON *item)
{
    if (parts->content_type == NULL && item) {
        parts->content_type = ngx_tiktok_choice(item,
                                                ngx_tiktok_content_types);
    }

    if (parts->content_type == NULL) {
        parts->content_type = &ngx_tiktok_content_types[0];
    }
}


static void
ngx_tiktok_content_category(ngx_tiktok_parts_t *parts, cJSON **levels)
{
    size_t                mark;
    ngx_tiktok_writer_t  *w;

    w = &parts->w;
    mark = ngx_tiktok_writer_mark(w);

    ngx_tiktok_write_literal_name(w, "content_category");

    if (ngx_tiktok_write_levels(parts, levels) != NGX_OK) {
        ngx_tiktok_writer_back(w, mark);
    }
}


/* as catalogues have them: "Home > Lamps" */

static ngx_int_t
ngx_tiktok_write_levels(ngx_tiktok_parts_t *parts, cJSON **levels)
{
    u_char                buf[NGX_TIKTOK_DIGITS_LEN];
    size_t                mark;
    ngx_str_t             text;
    ngx_uint_t            i;
    ngx_tiktok_writer_t  *w;

    w = &parts->w;

    ngx_tiktok_write_literal(w, "\"");

    mark = ngx_tiktok_writer_mark(w);

    for (i = 0; i < NGX_TIKTOK_CONTENT_LEVELS; i++) {

        if (levels[i] == NULL) {
            continue;
        }

        if (ngx_tiktok_parts_text(levels[i], buf, &text) != NGX_OK
            || ngx_tiktok_url_http(&text)
            || ngx_tiktok_has_email(text.data, text.len))
        {
            (void) ngx_tiktok_left_text(parts, levels[i]);
            continue;
        }

        if (ngx_tiktok_writer_mark(w) != mark) {
            ngx_tiktok_write_literal(w, " > ");
        }

        ngx_tiktok_write_text(w, text.data, text.len);
    }

    if (ngx_tiktok_writer_mark(w) == mark) {
        return NGX_DECLINED;
    }

    ngx_tiktok_write_literal(w, "\"");

    return NGX_OK;
}


/*
 * In millionths, so that no digit is lost.  An item without a price, or one
 * that can't be told, leaves no sum: a wrong value is worse than none.
 */

ngx_int_t
ngx_tiktok_write_sum(ngx_tiktok_parts_t *parts, cJSON *contents)
{
    u_char     buf[NGX_INT64_LEN + NGX_TIKTOK_SUM_DECIMALS + 1], *p;
    cJSON     *item;
    uint64_t   sum;

    sum = 0;
    item = ngx_tiktok_is(contents, cJSON_Array) ? contents->child : contents;

    for ( /* void */ ; item; item = (item == contents) ? NULL : item->next) {
        if (ngx_tiktok_sum_add(parts, item, &sum) != NGX_OK) {
            return NGX_DECLINED;
        }
    }

    p = ngx_sprintf(buf, "%uL", sum / NGX_TIKTOK_SUM_UNIT);

    if (sum % NGX_TIKTOK_SUM_UNIT) {
        p = ngx_sprintf(p, ".%06uL", sum % NGX_TIKTOK_SUM_UNIT);

        while (p[-1] == '0') {
            p--;
        }
    }

    ngx_tiktok_write(&parts->w, buf, p - buf);

    return NGX_OK;
}


static ngx_int_t
ngx_tiktok_sum_add(ngx_tiktok_parts_t *parts, cJSON *item, uint64_t *sum)
{
    cJSON     *price, *quantity;
    uint64_t   unit, n;

    price = cJSON_GetObjectItemCaseSensitive(item, "price");
    quantity = cJSON_GetObjectItemCaseSensitive(item, "quantity");

    if (ngx_tiktok_sum_number(parts, price, ngx_tiktok_write_amount,
                              NGX_TIKTOK_SUM_DECIMALS, &unit)
        != NGX_OK)
    {
        return NGX_DECLINED;
    }

    n = 1;

    if (quantity && !ngx_tiktok_parts_empty(quantity)
        && ngx_tiktok_sum_number(parts, quantity, ngx_tiktok_write_integer, 0,
                                 &n)
           != NGX_OK)
    {
        return NGX_DECLINED;
    }

    if (n && unit > NGX_TIKTOK_SUM_MAX / n) {
        return NGX_DECLINED;
    }

    *sum += unit * n;

    return *sum > NGX_TIKTOK_SUM_MAX ? NGX_DECLINED : NGX_OK;
}


/* what the handler would write of an item */

static ngx_int_t
ngx_tiktok_sum_number(ngx_tiktok_parts_t *parts, cJSON *item,
    ngx_tiktok_part_pt handler, ngx_uint_t decimals, uint64_t *number)
{
    size_t                mark;
    ngx_int_t             rc;
    ngx_str_t             digits;
    ngx_uint_t            left;
    ngx_tiktok_writer_t  *w;

    if (item == NULL) {
        return NGX_DECLINED;
    }

    w = &parts->w;
    mark = ngx_tiktok_writer_mark(w);

    /* counted where the item itself is written */

    left = parts->event->left_out[NGX_TIKTOK_LEFT_TEXT];

    rc = handler(parts, item);

    parts->event->left_out[NGX_TIKTOK_LEFT_TEXT] = left;

    if (rc == NGX_OK) {
        digits.data = w->start + mark;
        digits.len = ngx_tiktok_writer_mark(w) - mark;

        rc = ngx_tiktok_amount_scale(&digits, decimals, number);
    }

    ngx_tiktok_writer_back(w, mark);

    return rc;
}
