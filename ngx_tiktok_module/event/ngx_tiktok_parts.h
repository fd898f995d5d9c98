
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * What the parts of an event share while it is made.
 */


#ifndef _NGX_TIKTOK_PARTS_H_INCLUDED_
#define _NGX_TIKTOK_PARTS_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_tiktok_event.h"


#define NGX_TIKTOK_DIGITS_LEN  24           /* of an integer */
#define NGX_TIKTOK_USERS       3            /* objects that tell of the user */

/* cJSON's own tests are calls into the library, and there are many */

#define ngx_tiktok_is(item, kind)  (((item)->type & 0xff) == (kind))


/* properties that mean something to us, in the order they are written in */

typedef enum {
    NGX_TIKTOK_PROPERTY_VALUE = 0,
    NGX_TIKTOK_PROPERTY_CURRENCY,
    NGX_TIKTOK_PROPERTY_CONTENTS,
    NGX_TIKTOK_PROPERTY_CONTENT_IDS,
    NGX_TIKTOK_PROPERTY_CONTENT_TYPE,       /* behind the contents */
    NGX_TIKTOK_PROPERTY_CONTENT_ID,
    NGX_TIKTOK_PROPERTY_CONTENT_NAME,
    NGX_TIKTOK_PROPERTY_CONTENT_CATEGORY,
    NGX_TIKTOK_PROPERTY_BRAND,
    NGX_TIKTOK_PROPERTY_PRICE,
    NGX_TIKTOK_PROPERTY_QUANTITY,
    NGX_TIKTOK_PROPERTY_NUM_ITEMS,
    NGX_TIKTOK_PROPERTY_ORDER_ID,
    NGX_TIKTOK_PROPERTY_SHOP_ID,
    NGX_TIKTOK_PROPERTY_CUSTOMER_TYPE,
    NGX_TIKTOK_PROPERTY_DESCRIPTION,
    NGX_TIKTOK_PROPERTY_QUERY,
    NGX_TIKTOK_PROPERTY_SEARCH_STRING,
    NGX_TIKTOK_PROPERTY_STATUS,
    NGX_TIKTOK_PROPERTY_PREDICTED_LTV,
    NGX_TIKTOK_PROPERTY_DELIVERY_CATEGORY,
    NGX_TIKTOK_PROPERTIES_WRITTEN,

    NGX_TIKTOK_PROPERTY_USER_DATA = NGX_TIKTOK_PROPERTIES_WRITTEN,
    NGX_TIKTOK_PROPERTIES
} ngx_tiktok_property_e;


typedef struct {
    ngx_pool_t            *pool;
    ngx_tiktok_visitor_t  *visitor;
    ngx_tiktok_event_t    *event;
    ngx_tiktok_writer_t    w;

    cJSON                 *users[NGX_TIKTOK_USERS];   /* or NULL */

    ngx_str_t              url;             /* as they came, or empty */
    ngx_str_t              referrer;

    ngx_uint_t             no_value;        /* its currency is unsupported */
    ngx_uint_t             items;           /* the contents are GA4's */
    ngx_str_t             *content_type;    /* of the contents, or NULL */

    ngx_uint_t             nothers;
    cJSON                 *properties[NGX_TIKTOK_PROPERTIES];
    cJSON                 *others[NGX_TIKTOK_JSON_MEMBERS];
} ngx_tiktok_parts_t;


/* writes one member's value; NGX_DECLINED if there is nothing to send */
typedef ngx_int_t (*ngx_tiktok_part_pt)(ngx_tiktok_parts_t *parts,
    cJSON *item);


/*
 * Sorts the members of an object by a list of names, which ends with an
 * empty one.  Members that are absent or null are NULL.  Returns how many
 * were not in the list and not null.
 */
ngx_uint_t ngx_tiktok_parts_sort(cJSON *object, ngx_str_t *names,
    cJSON **members);

/* the number of a name in a list, or of the list's end */
ngx_uint_t ngx_tiktok_parts_find(ngx_str_t *names, u_char *name, size_t len);

/*
 * Writes "name": and what the handler writes, or nothing at all where the
 * handler declines.  The name has nothing to escape.
 */
ngx_int_t ngx_tiktok_write_member(ngx_tiktok_parts_t *parts,
    ngx_str_t *name, ngx_tiktok_part_pt handler, cJSON *item);

/*
 * The text of a string, or the digits of an integer (in buf of
 * NGX_TIKTOK_DIGITS_LEN bytes); NGX_DECLINED for anything else.
 */
ngx_int_t ngx_tiktok_parts_text(cJSON *item, u_char *buf, ngx_str_t *text);

/* NULL in a JSON sense: null, "", [] and {} */
ngx_uint_t ngx_tiktok_parts_empty(cJSON *item);

/* chooses or makes the event's id; NGX_OK, NGX_DECLINED or NGX_ERROR */
ngx_int_t ngx_tiktok_parts_event_id(ngx_tiktok_parts_t *parts, cJSON *id);

/*
 * Of a trusted source: its own time, NGX_OK or NGX_DECLINED, and a copy of the
 * visitor with its address and user agent, which takes the visitor's place.
 */
ngx_int_t ngx_tiktok_read_trusted_time(ngx_tiktok_event_t *event,
    cJSON *item, time_t now);
void ngx_tiktok_read_trusted(ngx_tiktok_parts_t *parts, cJSON *ip,
    cJSON *user_agent, ngx_tiktok_visitor_t *visitor);

/* sorts the properties of an object, or of none, by what they mean */
void ngx_tiktok_read_properties(ngx_tiktok_parts_t *parts, cJSON *object);

/* the handlers of the event's objects */
ngx_int_t ngx_tiktok_write_user(ngx_tiktok_parts_t *parts, cJSON *unused);
ngx_int_t ngx_tiktok_write_properties(ngx_tiktok_parts_t *parts,
    cJSON *unused);
ngx_int_t ngx_tiktok_write_contents(ngx_tiktok_parts_t *parts,
    cJSON *contents);

/* the value of contents: each price as often as its quantity says */
ngx_int_t ngx_tiktok_write_sum(ngx_tiktok_parts_t *parts, cJSON *contents);


#endif /* _NGX_TIKTOK_PARTS_H_INCLUDED_ */
