
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * Who it is: identifiers, names and addresses, hashed or in clear.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_tiktok_identity.h"
#include "ngx_tiktok_user.h"


/* what becomes of a field that is brought into a form */

typedef struct {
    ngx_tiktok_user_e       field;
    ngx_str_t               name;
    ngx_tiktok_normal_pt    normal;
    ngx_uint_t              clear;          /* not hashed */
    ngx_uint_t              most;           /* that the API takes */
    ngx_uint_t              keys;
    ngx_tiktok_identity_e   identity;
    ngx_tiktok_left_out_e   left;
} ngx_tiktok_user_form_t;


static ngx_int_t ngx_tiktok_write_hashes(ngx_tiktok_parts_t *parts,
    ngx_tiktok_user_form_t *form, ngx_tiktok_user_field_t *field,
    ngx_tiktok_place_t *place);
static void ngx_tiktok_write_clear(ngx_tiktok_parts_t *parts,
    ngx_tiktok_user_form_t *form, ngx_tiktok_user_field_t *field,
    ngx_tiktok_place_t *place);


/* the country comes before what depends on it */

static ngx_tiktok_user_form_t  ngx_tiktok_user_forms[] = {

    { NGX_TIKTOK_USER_EMAIL, ngx_string("email"),
      ngx_tiktok_normal_email, 0, NGX_TIKTOK_IDENTIFIERS,
      1 << NGX_TIKTOK_KEY_EMAIL, NGX_TIKTOK_IDENTITY_EMAIL,
      NGX_TIKTOK_LEFT_EMAIL },

    { NGX_TIKTOK_USER_PHONE, ngx_string("phone"),
      ngx_tiktok_normal_phone, 0, NGX_TIKTOK_IDENTIFIERS,
      1 << NGX_TIKTOK_KEY_PHONE, NGX_TIKTOK_IDENTITY_PHONE,
      NGX_TIKTOK_LEFT_PHONE },

    { NGX_TIKTOK_USER_EXTERNAL_ID, ngx_string("external_id"),
      ngx_tiktok_normal_external_id, 0, NGX_TIKTOK_IDENTIFIERS,
      1 << NGX_TIKTOK_KEY_EXTERNAL_ID, NGX_TIKTOK_IDENTITY_EXTERNAL_ID,
      NGX_TIKTOK_LEFT_USER },

    { NGX_TIKTOK_USER_FIRST_NAME, ngx_string("first_name"),
      ngx_tiktok_normal_name, 0, 1,
      0, NGX_TIKTOK_IDENTITY_PERSON, NGX_TIKTOK_LEFT_USER },

    { NGX_TIKTOK_USER_LAST_NAME, ngx_string("last_name"),
      ngx_tiktok_normal_name, 0, 1,
      0, NGX_TIKTOK_IDENTITY_PERSON, NGX_TIKTOK_LEFT_USER },

    { NGX_TIKTOK_USER_COUNTRY, ngx_string("country"),
      ngx_tiktok_normal_country, 1, 1,
      0, NGX_TIKTOK_IDENTITY_PERSON, NGX_TIKTOK_LEFT_USER },

    { NGX_TIKTOK_USER_STATE, ngx_string("state"),
      ngx_tiktok_normal_state, 1, 1,
      0, NGX_TIKTOK_IDENTITY_PERSON, NGX_TIKTOK_LEFT_USER },

    { NGX_TIKTOK_USER_CITY, ngx_string("city"),
      ngx_tiktok_normal_city, 1, 1,
      0, NGX_TIKTOK_IDENTITY_PERSON, NGX_TIKTOK_LEFT_USER },

    { NGX_TIKTOK_USER_ZIP_CODE, ngx_string("zip_code"),
      ngx_tiktok_normal_zip, 0, 1,
      0, NGX_TIKTOK_IDENTITY_PERSON, NGX_TIKTOK_LEFT_USER },

    { 0, ngx_null_string, NULL, 0, 0, 0, 0, 0 }
};


ngx_int_t
ngx_tiktok_write_person(ngx_tiktok_parts_t *parts,
    ngx_tiktok_user_field_t *fields)
{
    u_char                    country[NGX_TIKTOK_COUNTRY_LEN];
    size_t                    mark;
    ngx_tiktok_place_t        place;
    ngx_tiktok_user_form_t   *form;
    ngx_tiktok_user_field_t  *field;

    place.plan = parts->visitor->phone_plan;
    place.country.len = 0;
    place.country.data = country;

    for (form = ngx_tiktok_user_forms; form->name.len; form++) {
        field = &fields[form->field];

        if (field->n == 0) {
            continue;
        }

        mark = ngx_tiktok_writer_mark(&parts->w);

        if (form->clear) {
            ngx_tiktok_write_clear(parts, form, field, &place);

        } else if (ngx_tiktok_write_hashes(parts, form, field, &place)
                   != NGX_OK)
        {
            return NGX_ERROR;
        }

        ngx_tiktok_user_identity(parts, form->identity, mark);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_tiktok_write_hashes(ngx_tiktok_parts_t *parts,
    ngx_tiktok_user_form_t *form, ngx_tiktok_user_field_t *field,
    ngx_tiktok_place_t *place)
{
    u_char                buf[NGX_TIKTOK_DIGITS_LEN];
    u_char                hashes[NGX_TIKTOK_IDENTIFIERS][NGX_TIKTOK_HASH_LEN];
    ngx_int_t             rc;
    ngx_str_t             text;
    ngx_uint_t            i, k, n, *left;
    ngx_tiktok_writer_t  *w;

    n = 0;
    left = &parts->event->left_out[form->left];

    for (i = 0; i < field->n; i++) {

        rc = NGX_DECLINED;

        if (i < NGX_TIKTOK_IDENTIFIERS
            && ngx_tiktok_parts_text(field->items[i], buf, &text) == NGX_OK)
        {
            rc = ngx_tiktok_identifier_hash(hashes[n], &text, form->normal,
                                            place,
                                            parts->visitor->hashed_only
                                            || (field->hashed & 1 << i));
        }

        if (rc == NGX_ERROR) {
            return NGX_ERROR;
        }

        if (rc == NGX_DECLINED) {
            (*left)++;
            continue;
        }

        for (k = 0; k < n; k++) {
            if (ngx_memcmp(hashes[k], hashes[n], NGX_TIKTOK_HASH_LEN) == 0) {
                break;
            }
        }

        if (k < n) {
            continue;
        }

        if (n == form->most) {
            (*left)++;
            continue;
        }

        n++;
    }

    if (n == 0) {
        return NGX_OK;
    }

    w = &parts->w;
    parts->event->keys |= form->keys;

    ngx_tiktok_write_plain_name(w, &form->name);

    if (n == 1) {
        ngx_tiktok_write_quoted(w, hashes[0], NGX_TIKTOK_HASH_LEN);
        return NGX_OK;
    }

    ngx_tiktok_write_literal(w, "[");

    for (i = 0; i < n; i++) {
        ngx_tiktok_write_comma(w);
        ngx_tiktok_write_quoted(w, hashes[i], NGX_TIKTOK_HASH_LEN);
    }

    ngx_tiktok_write_literal(w, "]");

    return NGX_OK;
}


static void
ngx_tiktok_write_clear(ngx_tiktok_parts_t *parts,
    ngx_tiktok_user_form_t *form, ngx_tiktok_user_field_t *field,
    ngx_tiktok_place_t *place)
{
    u_char      *last, *dst;
    u_char       buf[NGX_TIKTOK_DIGITS_LEN];
    u_char       first[NGX_TIKTOK_IDENTIFIER_SIZE];
    u_char       other[NGX_TIKTOK_IDENTIFIER_SIZE];
    ngx_str_t    text, value;
    ngx_uint_t   i;

    value.len = 0;
    value.data = first;

    for (i = 0; i < field->n; i++) {

        last = NULL;
        dst = value.len ? other : first;

        if (i < NGX_TIKTOK_IDENTIFIERS
            && !parts->visitor->hashed_only
            && ngx_tiktok_parts_text(field->items[i], buf, &text) == NGX_OK)
        {
            last = ngx_tiktok_identifier(dst, &text, form->normal,
                                         place);
        }

        if (last && value.len == 0) {
            value.len = last - dst;
            continue;
        }

        if (last == NULL
            || (size_t) (last - dst) != value.len
            || ngx_memcmp(dst, value.data, value.len) != 0)
        {
            parts->event->left_out[form->left]++;
        }
    }

    if (value.len == 0) {
        return;
    }

    if (form->field == NGX_TIKTOK_USER_COUNTRY) {
        ngx_memcpy(place->country.data, value.data, NGX_TIKTOK_COUNTRY_LEN);
        place->country.len = NGX_TIKTOK_COUNTRY_LEN;
    }

    ngx_tiktok_write_plain_name(&parts->w, &form->name);
    ngx_tiktok_write_string(&parts->w, value.data, value.len);
}
