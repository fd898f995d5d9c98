
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * Where the event comes from: the click, and the connection.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_tiktok_url.h"
#include "ngx_tiktok_user.h"
#include "ngx_tiktok_utf8.h"
#include "ngx_tiktok_visitor.h"


#define NGX_TIKTOK_TTP_LEN  128


typedef ngx_uint_t (*ngx_tiktok_user_valid_pt)(ngx_str_t *text);


static ngx_int_t ngx_tiktok_write_ttclid(ngx_tiktok_parts_t *parts,
    ngx_tiktok_user_field_t *field);
static ngx_int_t ngx_tiktok_find_referrer(ngx_tiktok_parts_t *parts,
    ngx_str_t *referrer, u_char *buf, ngx_str_t *value);
static ngx_int_t ngx_tiktok_find_ttclid(ngx_tiktok_parts_t *parts,
    ngx_tiktok_user_field_t *field, u_char *buf, ngx_str_t *value);
static void ngx_tiktok_write_ttp(ngx_tiktok_parts_t *parts,
    ngx_tiktok_user_field_t *field);
static ngx_uint_t ngx_tiktok_ttp_valid(ngx_str_t *value);
static void ngx_tiktok_write_locale(ngx_tiktok_parts_t *parts,
    ngx_tiktok_user_field_t *field);
static ngx_uint_t ngx_tiktok_locale_valid(ngx_str_t *value);
static ngx_int_t ngx_tiktok_user_text(ngx_tiktok_parts_t *parts,
    ngx_tiktok_user_field_t *field, ngx_tiktok_user_valid_pt valid,
    ngx_str_t *value);
static void ngx_tiktok_count_other(ngx_tiktok_parts_t *parts,
    ngx_tiktok_user_field_t *field, ngx_str_t *used);
static void ngx_tiktok_write_key(ngx_tiktok_parts_t *parts,
    ngx_tiktok_key_e key, ngx_str_t *value);


/* a bit for each byte: letters, digits, ".", "-" and "_" */

static uint32_t  ngx_tiktok_ttp_bytes[] = {
    0x00000000, 0x03ff6000, 0x87fffffe, 0x07fffffe, 0, 0, 0, 0
};


ngx_int_t
ngx_tiktok_write_click(ngx_tiktok_parts_t *parts,
    ngx_tiktok_user_field_t *fields)
{
    size_t  mark;

    mark = ngx_tiktok_writer_mark(&parts->w);

    if (ngx_tiktok_write_ttclid(parts, &fields[NGX_TIKTOK_USER_TTCLID])
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_tiktok_user_identity(parts, NGX_TIKTOK_IDENTITY_TTCLID, mark);

    mark = ngx_tiktok_writer_mark(&parts->w);

    ngx_tiktok_write_ttp(parts, &fields[NGX_TIKTOK_USER_TTP]);

    ngx_tiktok_user_identity(parts, NGX_TIKTOK_IDENTITY_TTP, mark);

    return NGX_OK;
}


static ngx_int_t
ngx_tiktok_write_ttclid(ngx_tiktok_parts_t *parts,
    ngx_tiktok_user_field_t *field)
{
    u_char               buf[NGX_TIKTOK_CLICK_ID_LEN];
    ngx_str_t            value;
    ngx_tiktok_event_t  *event;

    event = parts->event;

    if (ngx_tiktok_find_ttclid(parts, field, buf, &value) != NGX_OK) {
        return NGX_OK;
    }

    ngx_tiktok_write_key(parts, NGX_TIKTOK_KEY_TTCLID, &value);

    /* the event is asked for it when its source is gone */

    event->ttclid.len = value.len;
    event->ttclid.data = ngx_pstrdup(parts->pool, &value);

    return event->ttclid.data ? NGX_OK : NGX_ERROR;
}


/* the nearest to the event wins; the cookie may be of an older click */

static ngx_int_t
ngx_tiktok_find_ttclid(ngx_tiktok_parts_t *parts,
    ngx_tiktok_user_field_t *field, u_char *buf, ngx_str_t *value)
{
    ngx_uint_t  cookie;

    cookie = ngx_tiktok_click_id_valid(&parts->visitor->ttclid);

    if (ngx_tiktok_user_text(parts, field, ngx_tiktok_click_id_valid, value)
        == NGX_OK)
    {
        /* of which click it is nobody knows */
        parts->event->new_click = !cookie;
        return NGX_OK;
    }

    if (ngx_tiktok_url_click_id(&parts->url, buf, value) == NGX_OK
        || ngx_tiktok_find_referrer(parts, &parts->referrer, buf, value)
           == NGX_OK
        || ngx_tiktok_find_referrer(parts, &parts->visitor->referer, buf,
                                    value)
           == NGX_OK)
    {
        parts->event->new_click = 1;
        return NGX_OK;
    }

    *value = parts->visitor->ttclid;

    return cookie ? NGX_OK : NGX_DECLINED;
}


/* what another host has in its address is none of ours */

static ngx_int_t
ngx_tiktok_find_referrer(ngx_tiktok_parts_t *parts, ngx_str_t *referrer,
    u_char *buf, ngx_str_t *value)
{
    if (ngx_tiktok_url_click_id(referrer, buf, value) == NGX_OK
        && ngx_tiktok_url_same_host(referrer, &parts->visitor->host))
    {
        return NGX_OK;
    }

    return NGX_DECLINED;
}


static void
ngx_tiktok_write_ttp(ngx_tiktok_parts_t *parts,
    ngx_tiktok_user_field_t *field)
{
    ngx_str_t  value;

    if (ngx_tiktok_user_text(parts, field, ngx_tiktok_ttp_valid, &value)
        != NGX_OK)
    {
        value = parts->visitor->ttp;

        if (!ngx_tiktok_ttp_valid(&value)) {
            return;
        }
    }

    ngx_tiktok_write_key(parts, NGX_TIKTOK_KEY_TTP, &value);
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
        if (!(ngx_tiktok_ttp_bytes[*p >> 5] & (1U << (*p & 0x1f)))) {
            return 0;
        }
    }

    return 1;
}


void
ngx_tiktok_write_visitor(ngx_tiktok_parts_t *parts,
    ngx_tiktok_user_field_t *fields)
{
    ngx_str_t              value;
    ngx_uint_t            *left_out;
    ngx_tiktok_visitor_t  *visitor;

    visitor = parts->visitor;
    left_out = parts->event->left_out;

    ngx_tiktok_count_other(parts, &fields[NGX_TIKTOK_USER_IP], &visitor->ip);
    ngx_tiktok_count_other(parts, &fields[NGX_TIKTOK_USER_USER_AGENT],
                           &visitor->user_agent);

    if (visitor->ip.len) {
        value = visitor->ip;

        if (ngx_tiktok_ip_public(&value)) {
            ngx_tiktok_write_key(parts, NGX_TIKTOK_KEY_IP, &value);

        } else {
            left_out[NGX_TIKTOK_LEFT_IP]++;
        }
    }

    value = visitor->user_agent;

    if (value.len) {

        if (ngx_tiktok_utf8_plain(value.data, value.data + value.len)
            == value.data + value.len)
        {
            ngx_tiktok_write_key(parts, NGX_TIKTOK_KEY_USER_AGENT, &value);

        } else if (ngx_tiktok_utf8_printable(&value)) {
            parts->event->keys |= 1 << NGX_TIKTOK_KEY_USER_AGENT;

            ngx_tiktok_write_literal_name(&parts->w, "user_agent");
            ngx_tiktok_write_string(&parts->w, value.data, value.len);

        } else {
            left_out[NGX_TIKTOK_LEFT_USER]++;
        }
    }

    ngx_tiktok_write_locale(parts, &fields[NGX_TIKTOK_USER_LOCALE]);
}


static void
ngx_tiktok_write_locale(ngx_tiktok_parts_t *parts,
    ngx_tiktok_user_field_t *field)
{
    u_char     *last;
    u_char      buf[NGX_TIKTOK_LOCALE_LEN];
    ngx_str_t   value;

    if (ngx_tiktok_user_text(parts, field, ngx_tiktok_locale_valid, &value)
        == NGX_OK)
    {
        last = ngx_tiktok_locale_tag(buf, &value);

    } else {
        last = ngx_tiktok_locale(buf, &parts->visitor->accept_language);
    }

    if (last == buf) {
        return;
    }

    value.data = buf;
    value.len = last - buf;

    ngx_tiktok_write_literal_name(&parts->w, "locale");
    ngx_tiktok_write_quoted(&parts->w, value.data, value.len);
}


static ngx_uint_t
ngx_tiktok_locale_valid(ngx_str_t *value)
{
    u_char  buf[NGX_TIKTOK_LOCALE_LEN];

    return ngx_tiktok_locale_tag(buf, value) != NULL;
}


/* the first string of a field that is valid; what else came is counted */

static ngx_int_t
ngx_tiktok_user_text(ngx_tiktok_parts_t *parts,
    ngx_tiktok_user_field_t *field, ngx_tiktok_user_valid_pt valid,
    ngx_str_t *value)
{
    ngx_int_t   rc;
    ngx_str_t   text;
    ngx_uint_t  i;

    rc = NGX_DECLINED;

    for (i = 0; i < field->n; i++) {

        if (i < NGX_TIKTOK_IDENTIFIERS
            && ngx_tiktok_is(field->items[i], cJSON_String))
        {
            text.data = (u_char *) field->items[i]->valuestring;
            text.len = ngx_strlen(text.data);

            if (rc == NGX_DECLINED && valid(&text)) {
                *value = text;
                rc = NGX_OK;
                continue;
            }

            if (rc == NGX_OK
                && text.len == value->len
                && ngx_memcmp(text.data, value->data, text.len) == 0)
            {
                continue;
            }
        }

        parts->event->left_out[NGX_TIKTOK_LEFT_USER]++;
    }

    return rc;
}


/* the connection's own are used; nothing is lost where the body has them */

static void
ngx_tiktok_count_other(ngx_tiktok_parts_t *parts,
    ngx_tiktok_user_field_t *field, ngx_str_t *used)
{
    cJSON       *item;
    ngx_uint_t   i;

    for (i = 0; i < field->n; i++) {
        item = (i < NGX_TIKTOK_IDENTIFIERS) ? field->items[i] : NULL;

        if (item == NULL
            || !ngx_tiktok_is(item, cJSON_String)
            || ngx_strlen(item->valuestring) != used->len
            || ngx_memcmp(item->valuestring, used->data, used->len) != 0)
        {
            parts->event->left_out[NGX_TIKTOK_LEFT_USER]++;
        }
    }
}


/* the value has nothing to escape */

static void
ngx_tiktok_write_key(ngx_tiktok_parts_t *parts, ngx_tiktok_key_e key,
    ngx_str_t *value)
{
    static ngx_str_t  names[] = {
        [NGX_TIKTOK_KEY_TTCLID] = ngx_string("ttclid"),
        [NGX_TIKTOK_KEY_TTP] = ngx_string("ttp"),
        [NGX_TIKTOK_KEY_IP] = ngx_string("ip"),
        [NGX_TIKTOK_KEY_USER_AGENT] = ngx_string("user_agent")
    };

    parts->event->keys |= 1 << key;

    ngx_tiktok_write_plain_name(&parts->w, &names[key]);
    ngx_tiktok_write_quoted(&parts->w, value->data, value->len);
}
