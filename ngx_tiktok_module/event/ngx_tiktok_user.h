
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * What the parts of an event's user share while they are written.
 */


#ifndef _NGX_TIKTOK_USER_H_INCLUDED_
#define _NGX_TIKTOK_USER_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_tiktok_parts.h"


typedef enum {
    NGX_TIKTOK_USER_TTCLID = 0,
    NGX_TIKTOK_USER_TTP,
    NGX_TIKTOK_USER_EMAIL,
    NGX_TIKTOK_USER_PHONE,
    NGX_TIKTOK_USER_EXTERNAL_ID,
    NGX_TIKTOK_USER_FIRST_NAME,
    NGX_TIKTOK_USER_LAST_NAME,
    NGX_TIKTOK_USER_COUNTRY,
    NGX_TIKTOK_USER_STATE,
    NGX_TIKTOK_USER_CITY,
    NGX_TIKTOK_USER_ZIP_CODE,
    NGX_TIKTOK_USER_IP,
    NGX_TIKTOK_USER_USER_AGENT,
    NGX_TIKTOK_USER_LOCALE,
    NGX_TIKTOK_USER_FIELDS
} ngx_tiktok_user_e;


/* the values that came for one field, the first of them if they are many */

typedef struct {
    ngx_uint_t              n;
    ngx_uint_t              hashed;         /* bits 1 << i */
    cJSON                  *items[NGX_TIKTOK_IDENTIFIERS];
} ngx_tiktok_user_field_t;


/* adds what was written since the mark to the event's identity */
void ngx_tiktok_user_identity(ngx_tiktok_parts_t *parts,
    ngx_tiktok_identity_e kind, size_t mark);

/* ttclid and ttp; NGX_OK or NGX_ERROR */
ngx_int_t ngx_tiktok_write_click(ngx_tiktok_parts_t *parts,
    ngx_tiktok_user_field_t *fields);

/* what identifies a person, in a form of the API; NGX_OK or NGX_ERROR */
ngx_int_t ngx_tiktok_write_person(ngx_tiktok_parts_t *parts,
    ngx_tiktok_user_field_t *fields);

/* what the connection tells */
void ngx_tiktok_write_visitor(ngx_tiktok_parts_t *parts,
    ngx_tiktok_user_field_t *fields);


#endif /* _NGX_TIKTOK_USER_H_INCLUDED_ */
