
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_tiktok_identity.h"
#include "ngx_tiktok_parts.h"
#include "ngx_tiktok_url.h"
#include "ngx_tiktok_utf8.h"
#include "ngx_tiktok_visitor.h"


#define NGX_TIKTOK_TTP_LEN  128


typedef enum {
    NGX_TIKTOK_USER_TTCLID = 0,
    NGX_TIKTOK_USER_TTP,
    NGX_TIKTOK_USER_EMAIL,
    NGX_TIKTOK_USER_PHONE,
    NGX_TIKTOK_USER_PHONE_NUMBER,
    NGX_TIKTOK_USER_EXTERNAL_ID,
    NGX_TIKTOK_USER_LOCALE,
    NGX_TIKTOK_USER_IP,
    NGX_TIKTOK_USER_USER_AGENT,
    NGX_TIKTOK_USER_FIELDS
} ngx_tiktok_user_e;


typedef ngx_int_t (*ngx_tiktok_hash_pt)(u_char *dst, ngx_str_t *value,
    ngx_uint_t hashed_only);


/* the identifiers of one kind */

typedef struct {
    ngx_tiktok_hash_pt      hash;
    ngx_tiktok_left_out_e   left;
    ngx_uint_t              n;
    u_char                  hashes[NGX_TIKTOK_IDENTIFIERS]
                                  [NGX_TIKTOK_HASH_LEN];
} ngx_tiktok_identifiers_t;


static ngx_int_t ngx_tiktok_write_identifiers(ngx_tiktok_parts_t *parts,
    cJSON **members);
static ngx_int_t ngx_tiktok_write_hashes(ngx_tiktok_parts_t *parts,
    const char *name, ngx_tiktok_key_e key, ngx_tiktok_identifiers_t *ids,
    cJSON *item, cJSON *other);
static ngx_int_t ngx_tiktok_add_identifiers(ngx_tiktok_parts_t *parts,
    ngx_tiktok_identifiers_t *ids, cJSON *item);
static ngx_int_t ngx_tiktok_add_identifier(ngx_tiktok_parts_t *parts,
    ngx_tiktok_identifiers_t *ids, cJSON *item);
static ngx_int_t ngx_tiktok_write_ttclid(ngx_tiktok_parts_t *parts,
    cJSON *item);
static ngx_int_t ngx_tiktok_find_ttclid(ngx_tiktok_parts_t *parts,
    cJSON *item, u_char *buf, ngx_str_t *value);
static void ngx_tiktok_write_ttp(ngx_tiktok_parts_t *parts, cJSON *item);
static ngx_uint_t ngx_tiktok_ttp_valid(ngx_str_t *value);
static void ngx_tiktok_write_visitor(ngx_tiktok_parts_t *parts,
    cJSON *locale);
static void ngx_tiktok_write_key(ngx_tiktok_parts_t *parts, const char *name,
    ngx_tiktok_key_e key, ngx_str_t *value);
static void ngx_tiktok_write_field(ngx_tiktok_parts_t *parts,
    const char *name, ngx_str_t *value);
static void ngx_tiktok_count_other(ngx_tiktok_parts_t *parts, cJSON *item,
    ngx_str_t *used);


static ngx_str_t  ngx_tiktok_user_names[] = {
    ngx_string("ttclid"),
    ngx_string("ttp"),
    ngx_string("email"),
    ngx_string("phone"),
    ngx_string("phone_number"),
    ngx_string("external_id"),
    ngx_string("locale"),
    ngx_string("ip"),
    ngx_string("user_agent"),
    ngx_null_string
};


ngx_int_t
ngx_tiktok_write_user(ngx_tiktok_parts_t *parts, cJSON *user)
{
    cJSON                *members[NGX_TIKTOK_USER_FIELDS];
    size_t                mark;
    ngx_int_t             rc;
    ngx_tiktok_event_t   *event;
    ngx_tiktok_writer_t  *w;

    w = &parts->w;
    event = parts->event;

    event->left_out[NGX_TIKTOK_LEFT_USER] +=
                ngx_tiktok_parts_sort(user, ngx_tiktok_user_names, members);

    ngx_tiktok_count_other(parts, members[NGX_TIKTOK_USER_IP],
                           &parts->visitor->ip);
    ngx_tiktok_count_other(parts, members[NGX_TIKTOK_USER_USER_AGENT],
                           &parts->visitor->user_agent);

    ngx_tiktok_write_literal(w, "{");

    mark = ngx_tiktok_writer_mark(w);

    rc = ngx_tiktok_write_identifiers(parts, members);

    if (rc != NGX_OK) {
        return rc;
    }

    event->identity = ngx_murmur_hash2(w->start + mark,
                                       ngx_tiktok_writer_mark(w) - mark);

    ngx_tiktok_write_visitor(parts, members[NGX_TIKTOK_USER_LOCALE]);

    if (ngx_tiktok_writer_mark(w) == mark) {
        return NGX_DECLINED;
    }

    ngx_tiktok_write_literal(w, "}");

    return NGX_OK;
}


/* in an order of ours, so that the hash over them does not depend on it */

static ngx_int_t
ngx_tiktok_write_identifiers(ngx_tiktok_parts_t *parts, cJSON **members)
{
    ngx_tiktok_identifiers_t  ids;

    if (ngx_tiktok_write_ttclid(parts, members[NGX_TIKTOK_USER_TTCLID])
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_tiktok_write_ttp(parts, members[NGX_TIKTOK_USER_TTP]);

    ids.hash = ngx_tiktok_hash_email;
    ids.left = NGX_TIKTOK_LEFT_EMAIL;

    if (ngx_tiktok_write_hashes(parts, "email", NGX_TIKTOK_KEY_EMAIL, &ids,
                                members[NGX_TIKTOK_USER_EMAIL], NULL)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    ids.hash = ngx_tiktok_hash_phone;
    ids.left = NGX_TIKTOK_LEFT_PHONE;

    /* "phone_number" is the browser's name of it */

    if (ngx_tiktok_write_hashes(parts, "phone", NGX_TIKTOK_KEY_PHONE, &ids,
                                members[NGX_TIKTOK_USER_PHONE],
                                members[NGX_TIKTOK_USER_PHONE_NUMBER])
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    ids.hash = ngx_tiktok_hash_external_id;
    ids.left = NGX_TIKTOK_LEFT_USER;

    return ngx_tiktok_write_hashes(parts, "external_id",
                                   NGX_TIKTOK_KEY_EXTERNAL_ID, &ids,
                                   members[NGX_TIKTOK_USER_EXTERNAL_ID],
                                   NULL);
}


static ngx_int_t
ngx_tiktok_write_hashes(ngx_tiktok_parts_t *parts, const char *name,
    ngx_tiktok_key_e key, ngx_tiktok_identifiers_t *ids, cJSON *item,
    cJSON *other)
{
    ngx_str_t             hash;
    ngx_uint_t            i;
    ngx_tiktok_writer_t  *w;

    ids->n = 0;

    if (ngx_tiktok_add_identifiers(parts, ids, item) != NGX_OK
        || ngx_tiktok_add_identifiers(parts, ids, other) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (ids->n == 0) {
        return NGX_OK;
    }

    hash.len = NGX_TIKTOK_HASH_LEN;
    hash.data = ids->hashes[0];

    if (ids->n == 1) {
        ngx_tiktok_write_key(parts, name, key, &hash);
        return NGX_OK;
    }

    w = &parts->w;
    parts->event->keys |= 1 << key;

    ngx_tiktok_write_name(w, name);
    ngx_tiktok_write_literal(w, "[");

    for (i = 0; i < ids->n; i++) {
        ngx_tiktok_write_comma(w);
        ngx_tiktok_write_string(w, ids->hashes[i], NGX_TIKTOK_HASH_LEN);
    }

    ngx_tiktok_write_literal(w, "]");

    return NGX_OK;
}


static ngx_int_t
ngx_tiktok_add_identifiers(ngx_tiktok_parts_t *parts,
    ngx_tiktok_identifiers_t *ids, cJSON *item)
{
    cJSON  *child;

    if (item == NULL) {
        return NGX_OK;
    }

    if (!ngx_tiktok_is(item, cJSON_Array)) {
        return ngx_tiktok_add_identifier(parts, ids, item);
    }

    for (child = item->child; child; child = child->next) {
        if (ngx_tiktok_add_identifier(parts, ids, child) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_tiktok_add_identifier(ngx_tiktok_parts_t *parts,
    ngx_tiktok_identifiers_t *ids, cJSON *item)
{
    u_char      *hash;
    u_char       buf[NGX_TIKTOK_DIGITS_LEN];
    ngx_int_t    rc;
    ngx_str_t    value;
    ngx_uint_t   i;

    if (ngx_tiktok_parts_empty(item)) {
        return NGX_OK;
    }

    rc = ngx_tiktok_parts_text(item, buf, &value);

    if (rc == NGX_OK && ids->n < NGX_TIKTOK_IDENTIFIERS) {
        hash = ids->hashes[ids->n];
        rc = ids->hash(hash, &value, parts->visitor->hashed_only);

        if (rc == NGX_ERROR) {
            return NGX_ERROR;
        }

    } else {
        hash = NULL;
        rc = NGX_DECLINED;
    }

    if (rc != NGX_OK) {
        parts->event->left_out[ids->left]++;
        return NGX_OK;
    }

    for (i = 0; i < ids->n; i++) {
        if (ngx_memcmp(ids->hashes[i], hash, NGX_TIKTOK_HASH_LEN) == 0) {
            return NGX_OK;
        }
    }

    ids->n++;

    return NGX_OK;
}


static ngx_int_t
ngx_tiktok_write_ttclid(ngx_tiktok_parts_t *parts, cJSON *item)
{
    u_char               buf[NGX_TIKTOK_CLICK_ID_LEN];
    ngx_str_t            value;
    ngx_tiktok_event_t  *event;

    event = parts->event;

    if (ngx_tiktok_find_ttclid(parts, item, buf, &value) != NGX_OK) {
        return NGX_OK;
    }

    ngx_tiktok_write_key(parts, "ttclid", NGX_TIKTOK_KEY_TTCLID, &value);

    /* the event is asked for it when its source is gone */

    event->ttclid.len = value.len;
    event->ttclid.data = ngx_pstrdup(parts->pool, &value);

    return event->ttclid.data ? NGX_OK : NGX_ERROR;
}


/* the nearest to the event wins; the cookie may be of an older click */

static ngx_int_t
ngx_tiktok_find_ttclid(ngx_tiktok_parts_t *parts, cJSON *item, u_char *buf,
    ngx_str_t *value)
{
    ngx_uint_t  cookie;

    cookie = ngx_tiktok_click_id_valid(&parts->visitor->ttclid);

    value->len = 0;

    if (item && !ngx_tiktok_parts_empty(item)) {

        if (ngx_tiktok_is(item, cJSON_String)) {
            value->data = (u_char *) item->valuestring;
            value->len = ngx_strlen(value->data);
        }

        if (ngx_tiktok_click_id_valid(value)) {
            /* of which click it is nobody knows */
            parts->event->new_click = !cookie;
            return NGX_OK;
        }

        parts->event->left_out[NGX_TIKTOK_LEFT_USER]++;
    }

    if (ngx_tiktok_url_click_id(&parts->url, buf, value) == NGX_OK
        || (ngx_tiktok_url_same_host(&parts->referrer, &parts->visitor->host)
            && ngx_tiktok_url_click_id(&parts->referrer, buf, value)
               == NGX_OK))
    {
        parts->event->new_click = 1;
        return NGX_OK;
    }

    *value = parts->visitor->ttclid;

    return cookie ? NGX_OK : NGX_DECLINED;
}


static void
ngx_tiktok_write_ttp(ngx_tiktok_parts_t *parts, cJSON *item)
{
    ngx_str_t  value;

    value.len = 0;

    if (item && !ngx_tiktok_parts_empty(item)) {

        if (ngx_tiktok_is(item, cJSON_String)) {
            value.data = (u_char *) item->valuestring;
            value.len = ngx_strlen(value.data);
        }

        if (ngx_tiktok_ttp_valid(&value)) {
            ngx_tiktok_write_key(parts, "ttp", NGX_TIKTOK_KEY_TTP, &value);
            return;
        }

        parts->event->left_out[NGX_TIKTOK_LEFT_USER]++;
    }

    if (ngx_tiktok_ttp_valid(&parts->visitor->ttp)) {
        ngx_tiktok_write_key(parts, "ttp", NGX_TIKTOK_KEY_TTP,
                             &parts->visitor->ttp);
    }
}


static ngx_uint_t
ngx_tiktok_ttp_valid(ngx_str_t *value)
{
    u_char  *p, *last;

    if (value->len == 0 || value->len > NGX_TIKTOK_TTP_LEN) {
        return 0;
    }

    last = value->data + value->len;

    for (p = value->data; p < last; p++) {
        if ((*p < '0' || *p > '9')
            && ((*p | 0x20) < 'a' || (*p | 0x20) > 'z')
            && *p != '.' && *p != '_' && *p != '-')
        {
            return 0;
        }
    }

    return 1;
}


static void
ngx_tiktok_write_visitor(ngx_tiktok_parts_t *parts, cJSON *locale)
{
    u_char                *last;
    u_char                 buf[NGX_TIKTOK_LOCALE_LEN];
    ngx_str_t              value;
    ngx_uint_t            *left_out;
    ngx_tiktok_visitor_t  *visitor;

    visitor = parts->visitor;
    left_out = parts->event->left_out;

    if (visitor->ip.len) {
        value = visitor->ip;

        if (ngx_tiktok_ip_public(&value)) {
            ngx_tiktok_write_key(parts, "ip", NGX_TIKTOK_KEY_IP, &value);

        } else {
            left_out[NGX_TIKTOK_LEFT_IP]++;
        }
    }

    if (visitor->user_agent.len) {

        if (ngx_tiktok_utf8_printable(&visitor->user_agent)) {
            ngx_tiktok_write_key(parts, "user_agent",
                                 NGX_TIKTOK_KEY_USER_AGENT,
                                 &visitor->user_agent);
        } else {
            left_out[NGX_TIKTOK_LEFT_USER]++;
        }
    }

    last = NULL;

    if (locale && !ngx_tiktok_parts_empty(locale)) {

        if (ngx_tiktok_is(locale, cJSON_String)) {
            value.data = (u_char *) locale->valuestring;
            value.len = ngx_strlen(value.data);

            last = ngx_tiktok_locale_tag(buf, &value);
        }

        if (last == NULL) {
            left_out[NGX_TIKTOK_LEFT_USER]++;
        }
    }

    if (last == NULL) {
        last = ngx_tiktok_locale(buf, &visitor->accept_language);
    }

    if (last > buf) {
        value.data = buf;
        value.len = last - buf;

        ngx_tiktok_write_field(parts, "locale", &value);
    }
}


static void
ngx_tiktok_write_key(ngx_tiktok_parts_t *parts, const char *name,
    ngx_tiktok_key_e key, ngx_str_t *value)
{
    parts->event->keys |= 1 << key;

    ngx_tiktok_write_field(parts, name, value);
}


static void
ngx_tiktok_write_field(ngx_tiktok_parts_t *parts, const char *name,
    ngx_str_t *value)
{
    ngx_tiktok_writer_t  *w;

    w = &parts->w;

    ngx_tiktok_write_name(w, name);
    ngx_tiktok_write_string(w, value->data, value->len);
}


/* the connection's own are used; nothing is lost where the body has them */

static void
ngx_tiktok_count_other(ngx_tiktok_parts_t *parts, cJSON *item,
    ngx_str_t *used)
{
    if (item == NULL || ngx_tiktok_parts_empty(item)) {
        return;
    }

    if (ngx_tiktok_is(item, cJSON_String)
        && ngx_strlen(item->valuestring) == used->len
        && ngx_memcmp(item->valuestring, used->data, used->len) == 0)
    {
        return;
    }

    parts->event->left_out[NGX_TIKTOK_LEFT_USER]++;
}
