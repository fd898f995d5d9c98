
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

/* cJSON's own tests are calls into the library, and there are many */

#define ngx_tiktok_is(item, kind)  (((item)->type & 0xff) == (kind))


typedef struct {
    ngx_pool_t            *pool;
    ngx_tiktok_visitor_t  *visitor;
    ngx_tiktok_event_t    *event;
    ngx_tiktok_writer_t    w;

    cJSON                 *properties;      /* objects, or NULL */
    cJSON                 *user;

    ngx_str_t              url;             /* as they came, or empty */
    ngx_str_t              referrer;

    ngx_uint_t             no_value;        /* its currency is unsupported */
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
 * handler declines.
 */
ngx_int_t ngx_tiktok_write_member(ngx_tiktok_parts_t *parts,
    const char *name, ngx_tiktok_part_pt handler, cJSON *item);

/*
 * The text of a string, or the digits of an integer (in buf of
 * NGX_TIKTOK_DIGITS_LEN bytes); NGX_DECLINED for anything else.
 */
ngx_int_t ngx_tiktok_parts_text(cJSON *item, u_char *buf, ngx_str_t *text);

/* NULL in a JSON sense: null, "", [] and {} */
ngx_uint_t ngx_tiktok_parts_empty(cJSON *item);

/* chooses or makes the event's id; NGX_OK, NGX_DECLINED or NGX_ERROR */
ngx_int_t ngx_tiktok_parts_event_id(ngx_tiktok_parts_t *parts, cJSON *id);

/* the handlers of the event's objects */
ngx_int_t ngx_tiktok_write_user(ngx_tiktok_parts_t *parts, cJSON *user);
ngx_int_t ngx_tiktok_write_properties(ngx_tiktok_parts_t *parts,
    cJSON *properties);


#endif /* _NGX_TIKTOK_PARTS_H_INCLUDED_ */
