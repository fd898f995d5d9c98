
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_tiktok_user.h"


typedef struct {
    ngx_str_t           name;
    ngx_tiktok_user_e   field;
    ngx_uint_t          hashed;             /* and nothing else */
} ngx_tiktok_user_name_t;


static void ngx_tiktok_user_read(ngx_tiktok_parts_t *parts,
    ngx_tiktok_user_field_t *fields, cJSON *object);
static void ngx_tiktok_user_read_address(ngx_tiktok_parts_t *parts,
    ngx_tiktok_user_field_t *fields, cJSON *address);
static void ngx_tiktok_user_read_member(ngx_tiktok_parts_t *parts,
    ngx_tiktok_user_field_t *fields, cJSON *member);
static void ngx_tiktok_user_add(ngx_tiktok_user_field_t *field,
    ngx_uint_t hashed, cJSON *item);


/* the API's names, those of the browser's Pixel, and those of GA4 */

static ngx_tiktok_user_name_t  ngx_tiktok_user_names[] = {
    { ngx_string("ttclid"), NGX_TIKTOK_USER_TTCLID, 0 },
    { ngx_string("ttp"), NGX_TIKTOK_USER_TTP, 0 },
    { ngx_string("email"), NGX_TIKTOK_USER_EMAIL, 0 },
    { ngx_string("email_address"), NGX_TIKTOK_USER_EMAIL, 0 },
    { ngx_string("sha256_email"), NGX_TIKTOK_USER_EMAIL, 1 },
    { ngx_string("sha256_email_address"), NGX_TIKTOK_USER_EMAIL, 1 },
    { ngx_string("phone"), NGX_TIKTOK_USER_PHONE, 0 },
    { ngx_string("phone_number"), NGX_TIKTOK_USER_PHONE, 0 },
    { ngx_string("sha256_phone_number"), NGX_TIKTOK_USER_PHONE, 1 },
    { ngx_string("external_id"), NGX_TIKTOK_USER_EXTERNAL_ID, 0 },
    { ngx_string("first_name"), NGX_TIKTOK_USER_FIRST_NAME, 0 },
    { ngx_string("sha256_first_name"), NGX_TIKTOK_USER_FIRST_NAME, 1 },
    { ngx_string("last_name"), NGX_TIKTOK_USER_LAST_NAME, 0 },
    { ngx_string("sha256_last_name"), NGX_TIKTOK_USER_LAST_NAME, 1 },
    { ngx_string("country"), NGX_TIKTOK_USER_COUNTRY, 0 },
    { ngx_string("state"), NGX_TIKTOK_USER_STATE, 0 },
    { ngx_string("region"), NGX_TIKTOK_USER_STATE, 0 },
    { ngx_string("city"), NGX_TIKTOK_USER_CITY, 0 },
    { ngx_string("zip_code"), NGX_TIKTOK_USER_ZIP_CODE, 0 },
    { ngx_string("postal_code"), NGX_TIKTOK_USER_ZIP_CODE, 0 },
    { ngx_string("ip"), NGX_TIKTOK_USER_IP, 0 },
    { ngx_string("user_agent"), NGX_TIKTOK_USER_USER_AGENT, 0 },
    { ngx_string("locale"), NGX_TIKTOK_USER_LOCALE, 0 }
};


#define NGX_TIKTOK_USER_NAMES                                                 \
    (sizeof(ngx_tiktok_user_names) / sizeof(ngx_tiktok_user_name_t))


static ngx_str_t  ngx_tiktok_user_address = ngx_string("address");


ngx_int_t
ngx_tiktok_write_user(ngx_tiktok_parts_t *parts, cJSON *unused)
{
    size_t                    mark;
    ngx_uint_t                i;
    ngx_tiktok_writer_t      *w;
    ngx_tiktok_user_field_t   fields[NGX_TIKTOK_USER_FIELDS];

    for (i = 0; i < NGX_TIKTOK_USER_FIELDS; i++) {
        fields[i].n = 0;
        fields[i].hashed = 0;
    }

    /* where the API takes one value, it is that of the first of them */

    for (i = 0; i < NGX_TIKTOK_USERS; i++) {
        if (parts->users[i]) {
            ngx_tiktok_user_read(parts, fields, parts->users[i]);
        }
    }

    w = &parts->w;

    ngx_tiktok_write_literal(w, "{");

    mark = ngx_tiktok_writer_mark(w);

    /* in an order of ours, so that an identity does not depend on it */

    if (ngx_tiktok_write_click(parts, fields) != NGX_OK
        || ngx_tiktok_write_person(parts, fields) != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_tiktok_write_visitor(parts, fields);

    if (ngx_tiktok_writer_mark(w) == mark) {
        return NGX_DECLINED;
    }

    ngx_tiktok_write_literal(w, "}");

    return NGX_OK;
}


void
ngx_tiktok_user_identity(ngx_tiktok_parts_t *parts,
    ngx_tiktok_identity_e kind, size_t mark)
{
    u_char    *p, *last;
    uint16_t  *hash;
    uint32_t   all;

    p = parts->w.start + mark;
    last = parts->w.pos;

    if (p == last) {
        return;
    }

    if (*p == ',') {
        /* of what stands before it */
        p++;
    }

    hash = &parts->event->identity.hashes[kind];

    all = ngx_murmur_hash2(p, last - p) + *hash * 31;
    all ^= all >> 16;

    *hash = (all & 0xffff) ? (all & 0xffff) : 1;
}


static void
ngx_tiktok_user_read(ngx_tiktok_parts_t *parts,
    ngx_tiktok_user_field_t *fields, cJSON *object)
{
    cJSON  *member, *address;

    if (!ngx_tiktok_is(object, cJSON_Object)) {
        parts->event->left_out[NGX_TIKTOK_LEFT_USER]++;
        return;
    }

    for (member = object->child; member; member = member->next) {

        if (ngx_strcmp(member->string, ngx_tiktok_user_address.data) != 0) {
            ngx_tiktok_user_read_member(parts, fields, member);
            continue;
        }

        if (!ngx_tiktok_is(member, cJSON_Array)) {
            ngx_tiktok_user_read_address(parts, fields, member);
            continue;
        }

        for (address = member->child; address; address = address->next) {
            ngx_tiktok_user_read_address(parts, fields, address);
        }
    }
}


static void
ngx_tiktok_user_read_address(ngx_tiktok_parts_t *parts,
    ngx_tiktok_user_field_t *fields, cJSON *address)
{
    cJSON  *member;

    if (ngx_tiktok_parts_empty(address)) {
        return;
    }

    if (!ngx_tiktok_is(address, cJSON_Object)) {
        parts->event->left_out[NGX_TIKTOK_LEFT_USER]++;
        return;
    }

    for (member = address->child; member; member = member->next) {
        ngx_tiktok_user_read_member(parts, fields, member);
    }
}


static void
ngx_tiktok_user_read_member(ngx_tiktok_parts_t *parts,
    ngx_tiktok_user_field_t *fields, cJSON *member)
{
    cJSON                    *item;
    size_t                    len;
    ngx_uint_t                i;
    ngx_tiktok_user_name_t   *name;
    ngx_tiktok_user_field_t  *field;

    if (ngx_tiktok_parts_empty(member)) {
        return;
    }

    len = ngx_strlen(member->string);

    for (i = 0; i < NGX_TIKTOK_USER_NAMES; i++) {
        name = &ngx_tiktok_user_names[i];

        if (name->name.len != len
            || ngx_memcmp(name->name.data, member->string, len) != 0)
        {
            continue;
        }

        field = &fields[name->field];

        if (!ngx_tiktok_is(member, cJSON_Array)) {
            ngx_tiktok_user_add(field, name->hashed, member);
            return;
        }

        for (item = member->child; item; item = item->next) {
            ngx_tiktok_user_add(field, name->hashed, item);
        }

        return;
    }

    /* it could be anything, in clear text */

    parts->event->left_out[NGX_TIKTOK_LEFT_USER]++;
}


static void
ngx_tiktok_user_add(ngx_tiktok_user_field_t *field, ngx_uint_t hashed,
    cJSON *item)
{
    if (ngx_tiktok_parts_empty(item)) {
        return;
    }

    if (field->n < NGX_TIKTOK_IDENTIFIERS) {
        field->hashed |= hashed << field->n;
        field->items[field->n] = item;
    }

    field->n++;
}
