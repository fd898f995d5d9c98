
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * Who it is: identifiers, names and addresses, hashed or in clear.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_tiktok_identity.h"
#include "ngx_tiktok_user.h"


#define NGX_TIKTOK_PERSON_CLEAR  NGX_TIKTOK_PERSON_KINDS


/* what becomes of a field that is brought into a form */

typedef struct {
    ngx_tiktok_user_e       field;
    ngx_str_t               name;
    ngx_tiktok_normal_pt    normal;
    ngx_tiktok_person_e     kind;           /* of its hash, or in clear */
    ngx_uint_t              most;           /* that the API takes */
    ngx_uint_t              keys;
    ngx_tiktok_identity_e   identity;
    ngx_tiktok_left_out_e   left;
} ngx_tiktok_user_form_t;


/* the hashes of a field, each of them once */

typedef struct {
    ngx_uint_t              n;
    u_char                  hashes[NGX_TIKTOK_IDENTIFIERS]
                                  [NGX_TIKTOK_HASH_LEN];
} ngx_tiktok_user_hashes_t;


static ngx_int_t ngx_tiktok_read_hashes(ngx_tiktok_parts_t *parts,
    ngx_tiktok_user_form_t *form, ngx_tiktok_user_field_t *field,
    ngx_tiktok_place_t *place, ngx_tiktok_user_hashes_t *set);
static void ngx_tiktok_person_meet_event(ngx_tiktok_person_t *person,
    ngx_tiktok_user_field_t *fields, ngx_tiktok_user_hashes_t *sets);
static void ngx_tiktok_person_exchange(ngx_tiktok_person_t *person,
    ngx_tiktok_person_e kind, ngx_tiktok_user_field_t *field,
    ngx_tiktok_user_hashes_t *set);
static void ngx_tiktok_write_hashes(ngx_tiktok_parts_t *parts,
    ngx_tiktok_user_form_t *form, ngx_tiktok_user_hashes_t *set);
static void ngx_tiktok_write_clear(ngx_tiktok_parts_t *parts,
    ngx_tiktok_user_form_t *form, ngx_tiktok_user_field_t *field,
    ngx_tiktok_place_t *place);


/* the keys come first, and the country before what depends on it */

static ngx_tiktok_user_form_t  ngx_tiktok_user_forms[] = {

    { NGX_TIKTOK_USER_EMAIL, ngx_string("email"),
      ngx_tiktok_normal_email, NGX_TIKTOK_PERSON_EMAIL,
      NGX_TIKTOK_IDENTIFIERS,
      1 << NGX_TIKTOK_KEY_EMAIL, NGX_TIKTOK_IDENTITY_EMAIL,
      NGX_TIKTOK_LEFT_EMAIL },

    { NGX_TIKTOK_USER_PHONE, ngx_string("phone"),
      ngx_tiktok_normal_phone, NGX_TIKTOK_PERSON_PHONE,
      NGX_TIKTOK_IDENTIFIERS,
      1 << NGX_TIKTOK_KEY_PHONE, NGX_TIKTOK_IDENTITY_PHONE,
      NGX_TIKTOK_LEFT_PHONE },

    { NGX_TIKTOK_USER_EXTERNAL_ID, ngx_string("external_id"),
      ngx_tiktok_normal_external_id, NGX_TIKTOK_PERSON_EXTERNAL_ID,
      NGX_TIKTOK_IDENTIFIERS,
      1 << NGX_TIKTOK_KEY_EXTERNAL_ID, NGX_TIKTOK_IDENTITY_EXTERNAL_ID,
      NGX_TIKTOK_LEFT_USER },

    { NGX_TIKTOK_USER_FIRST_NAME, ngx_string("first_name"),
      ngx_tiktok_normal_name, NGX_TIKTOK_PERSON_FIRST_NAME, 1,
      0, NGX_TIKTOK_IDENTITY_PERSON, NGX_TIKTOK_LEFT_USER },

    { NGX_TIKTOK_USER_LAST_NAME, ngx_string("last_name"),
      ngx_tiktok_normal_name, NGX_TIKTOK_PERSON_LAST_NAME, 1,
      0, NGX_TIKTOK_IDENTITY_PERSON, NGX_TIKTOK_LEFT_USER },

    { NGX_TIKTOK_USER_COUNTRY, ngx_string("country"),
      ngx_tiktok_normal_country, NGX_TIKTOK_PERSON_CLEAR, 1,
      0, NGX_TIKTOK_IDENTITY_PERSON, NGX_TIKTOK_LEFT_USER },

    { NGX_TIKTOK_USER_STATE, ngx_string("state"),
      ngx_tiktok_normal_state, NGX_TIKTOK_PERSON_CLEAR, 1,
      0, NGX_TIKTOK_IDENTITY_PERSON, NGX_TIKTOK_LEFT_USER },

    { NGX_TIKTOK_USER_CITY, ngx_string("city"),
      ngx_tiktok_normal_city, NGX_TIKTOK_PERSON_CLEAR, 1,
      0, NGX_TIKTOK_IDENTITY_PERSON, NGX_TIKTOK_LEFT_USER },

    { NGX_TIKTOK_USER_ZIP_CODE, ngx_string("zip_code"),
      ngx_tiktok_normal_zip, NGX_TIKTOK_PERSON_ZIP_CODE, 1,
      0, NGX_TIKTOK_IDENTITY_PERSON, NGX_TIKTOK_LEFT_USER },

    { 0, ngx_null_string, NULL, 0, 0, 0, 0, 0 }
};


ngx_int_t
ngx_tiktok_write_person(ngx_tiktok_parts_t *parts,
    ngx_tiktok_user_field_t *fields)
{
    u_char                     country[NGX_TIKTOK_COUNTRY_LEN];
    size_t                     mark;
    ngx_uint_t                 i;
    ngx_tiktok_place_t         place;
    ngx_tiktok_person_t       *person;
    ngx_tiktok_user_form_t    *form;
    ngx_tiktok_user_field_t   *field;
    ngx_tiktok_user_hashes_t   keys[NGX_TIKTOK_PERSON_KEYS], other, *set;

    place.plan = parts->visitor->phone_plan;
    place.country.len = 0;
    place.country.data = country;

    form = ngx_tiktok_user_forms;

    for (i = 0; i < NGX_TIKTOK_PERSON_KEYS; i++) {
        if (ngx_tiktok_read_hashes(parts, &form[i], &fields[form[i].field],
                                   &place, &keys[i])
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    person = parts->visitor->person;

    if (person) {
        ngx_tiktok_person_meet_event(person, fields, keys);
    }

    for ( /* void */ ; form->name.len; form++) {
        field = &fields[form->field];
        mark = ngx_tiktok_writer_mark(&parts->w);

        if (form->kind == NGX_TIKTOK_PERSON_CLEAR) {
            ngx_tiktok_write_clear(parts, form, field, &place);

        } else {
            set = (form->kind < NGX_TIKTOK_PERSON_KEYS) ? &keys[form->kind]
                                                        : &other;

            if (set == &other) {

                if (ngx_tiktok_read_hashes(parts, form, field, &place, set)
                    != NGX_OK)
                {
                    return NGX_ERROR;
                }
            }

            if (person) {
                ngx_tiktok_person_exchange(person, form->kind, field, set);
            }

            ngx_tiktok_write_hashes(parts, form, set);
        }

        ngx_tiktok_user_identity(parts, form->identity, mark);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_tiktok_read_hashes(ngx_tiktok_parts_t *parts,
    ngx_tiktok_user_form_t *form, ngx_tiktok_user_field_t *field,
    ngx_tiktok_place_t *place, ngx_tiktok_user_hashes_t *set)
{
    u_char       buf[NGX_TIKTOK_DIGITS_LEN];
    ngx_int_t    rc;
    ngx_str_t    text;
    ngx_uint_t   i, k, n, *left;

    n = 0;
    left = &parts->event->left_out[form->left];

    for (i = 0; i < field->n; i++) {

        rc = NGX_DECLINED;

        if (i < NGX_TIKTOK_IDENTIFIERS
            && ngx_tiktok_parts_text(field->items[i], buf, &text) == NGX_OK)
        {
            rc = ngx_tiktok_identifier_hash(set->hashes[n], &text,
                                            form->normal, place,
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
            if (ngx_memcmp(set->hashes[k], set->hashes[n],
                           NGX_TIKTOK_HASH_LEN)
                == 0)
            {
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

    set->n = n;

    return NGX_OK;
}


/* before any key is filled in: the next one may be somebody else's */

static void
ngx_tiktok_person_meet_event(ngx_tiktok_person_t *person,
    ngx_tiktok_user_field_t *fields, ngx_tiktok_user_hashes_t *sets)
{
    u_char      *keys[NGX_TIKTOK_PERSON_KEYS];
    ngx_uint_t   i, unusable;

    unusable = 0;

    for (i = 0; i < NGX_TIKTOK_PERSON_KEYS; i++) {
        keys[i] = NULL;

        if (sets[i].n) {
            keys[i] = sets[i].hashes[0];

        } else if (fields[ngx_tiktok_user_forms[i].field].n) {
            unusable = 1;
        }
    }

    ngx_tiktok_person_meet(person, keys, unusable);
}


/* what came, if unusable, has no other put in its place */

static void
ngx_tiktok_person_exchange(ngx_tiktok_person_t *person,
    ngx_tiktok_person_e kind, ngx_tiktok_user_field_t *field,
    ngx_tiktok_user_hashes_t *set)
{
    if (set->n) {
        ngx_tiktok_person_learn(person, kind, set->hashes[0]);
        return;
    }

    if (field->n == 0 && (person->known & (1 << kind))) {
        ngx_memcpy(set->hashes[0], person->hashes[kind], NGX_TIKTOK_HASH_LEN);
        set->n = 1;
    }
}


static void
ngx_tiktok_write_hashes(ngx_tiktok_parts_t *parts,
    ngx_tiktok_user_form_t *form, ngx_tiktok_user_hashes_t *set)
{
    ngx_uint_t            i;
    ngx_tiktok_writer_t  *w;

    if (set->n == 0) {
        return;
    }

    w = &parts->w;
    parts->event->keys |= form->keys;

    ngx_tiktok_write_plain_name(w, &form->name);

    if (set->n == 1) {
        ngx_tiktok_write_quoted(w, set->hashes[0], NGX_TIKTOK_HASH_LEN);
        return;
    }

    ngx_tiktok_write_literal(w, "[");

    for (i = 0; i < set->n; i++) {
        ngx_tiktok_write_comma(w);
        ngx_tiktok_write_quoted(w, set->hashes[i], NGX_TIKTOK_HASH_LEN);
    }

    ngx_tiktok_write_literal(w, "]");
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
