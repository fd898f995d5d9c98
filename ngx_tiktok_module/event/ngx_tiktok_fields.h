
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * An event told by single fields: a form, a query string, a rule.
 */


#ifndef _NGX_TIKTOK_FIELDS_H_INCLUDED_
#define _NGX_TIKTOK_FIELDS_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_tiktok_json.h"


#define NGX_TIKTOK_FIELDS  32               /* of one event, at most */


/* the objects of an event, in the order in which they are written */

typedef enum {
    NGX_TIKTOK_FIELD_EVENT = 0,
    NGX_TIKTOK_FIELD_PAGE,
    NGX_TIKTOK_FIELD_USER,
    NGX_TIKTOK_FIELD_PROPERTIES,
    NGX_TIKTOK_FIELD_PARTS
} ngx_tiktok_event_part_e;


typedef enum {
    NGX_TIKTOK_FIELD_TEXT = 0,
    NGX_TIKTOK_FIELD_LIST,                  /* values between commas */
    NGX_TIKTOK_FIELD_JSON                   /* JSON as it is */
} ngx_tiktok_event_kind_e;


typedef struct {
    ngx_str_t                  name;        /* a member of its part */
    ngx_tiktok_event_part_e    part;
    ngx_tiktok_event_kind_e    kind;
} ngx_tiktok_event_field_t;


typedef struct {
    ngx_tiktok_event_field_t  *field;
    ngx_str_t                  value;
} ngx_tiktok_event_value_t;


/*
 * The fields of beacons: event, event_id, url, referrer, email, phone,
 * external_id, ttclid, ttp, value, currency, order_id, content_type,
 * content_ids (a list), query, description, limited_data_use.  NULL for
 * another name.
 */
ngx_tiktok_event_field_t *ngx_tiktok_event_field(ngx_str_t *name);

/* those and ip, user_agent, event_time, consent: a form may be trusted */
ngx_tiktok_event_field_t *ngx_tiktok_form_field(ngx_str_t *name);

/*
 * Whether a value can be that of a field: UTF-8 without NUL, or JSON.
 * Returns NGX_OK, NGX_DECLINED or NGX_ERROR.
 */
ngx_int_t ngx_tiktok_event_field_check(ngx_pool_t *pool,
    ngx_tiktok_event_field_t *field, ngx_str_t *value);

/*
 * Makes the tree of an event, as ngx_tiktok_json_parse() would of its text,
 * with the same results: one value that cannot be makes it decline.
 */
ngx_int_t ngx_tiktok_fields_parse(ngx_pool_t *pool,
    ngx_tiktok_event_value_t *values, ngx_uint_t n, ngx_tiktok_json_t *json);

/*
 * Decodes what a form or a query string has between its "&" and "=": as
 * browsers do, "%" without two digits stays.  Returns the end of dst, which
 * needs as many bytes as there are from src to last, and may be src.
 */
u_char *ngx_tiktok_form_decode(u_char *dst, u_char *src, u_char *last);


#endif /* _NGX_TIKTOK_FIELDS_H_INCLUDED_ */
