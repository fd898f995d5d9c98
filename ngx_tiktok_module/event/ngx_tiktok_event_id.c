
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <openssl/rand.h>
#include "ngx_tiktok_parts.h"
#include "ngx_tiktok_url.h"


#define NGX_TIKTOK_RANDOM_LEN   16          /* bytes of an id */
#define NGX_TIKTOK_RANDOM_SIZE  1024        /* read at once */

#define NGX_TIKTOK_ORDER_PREFIX  "order."


static ngx_int_t ngx_tiktok_event_order(ngx_tiktok_parts_t *parts);
static ngx_int_t ngx_tiktok_event_id_given(ngx_tiktok_parts_t *parts,
    cJSON *id);
static ngx_int_t ngx_tiktok_event_id_order(ngx_tiktok_parts_t *parts);
static ngx_uint_t ngx_tiktok_event_id_printable(ngx_str_t *text);
static ngx_int_t ngx_tiktok_event_id_random(ngx_tiktok_parts_t *parts);


ngx_int_t
ngx_tiktok_parts_event_id(ngx_tiktok_parts_t *parts, cJSON *id)
{
    ngx_int_t  rc;

    if (parts->event->name == NGX_TIKTOK_EVENT_PURCHASE
        && ngx_tiktok_event_order(parts) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (id && !(ngx_tiktok_is(id, cJSON_String) && *id->valuestring == '\0')) {
        rc = ngx_tiktok_event_id_given(parts, id);

        if (rc != NGX_AGAIN) {
            return rc;
        }
    }

    if (parts->event->order_id.len) {
        return ngx_tiktok_event_id_order(parts);
    }

    return ngx_tiktok_event_id_random(parts);
}


/* the order of a purchase, if an event_id can be made of it */

static ngx_int_t
ngx_tiktok_event_order(ngx_tiktok_parts_t *parts)
{
    cJSON      *item;
    u_char      buf[NGX_TIKTOK_DIGITS_LEN];
    ngx_str_t   text, *order;

    item = parts->properties[NGX_TIKTOK_PROPERTY_ORDER_ID];

    if (item == NULL
        || ngx_tiktok_parts_text(item, buf, &text) != NGX_OK
        || text.len == 0
        || text.len > NGX_TIKTOK_EVENT_ID_LEN
                      - (sizeof(NGX_TIKTOK_ORDER_PREFIX) - 1)
        || !ngx_tiktok_event_id_printable(&text)
        || ngx_tiktok_has_email(text.data, text.len))
    {
        return NGX_OK;
    }

    order = &parts->event->order_id;

    order->len = text.len;
    order->data = ngx_pstrdup(parts->pool, &text);

    return order->data ? NGX_OK : NGX_ERROR;
}


/* NGX_AGAIN asks for another id in its place */

static ngx_int_t
ngx_tiktok_event_id_given(ngx_tiktok_parts_t *parts, cJSON *id)
{
    u_char               buf[NGX_TIKTOK_DIGITS_LEN];
    ngx_str_t            text;
    ngx_tiktok_event_t  *event;

    event = parts->event;
    event->field = "event_id";

    if (ngx_tiktok_parts_text(id, buf, &text) != NGX_OK) {
        event->error = "is not a string";
        return NGX_DECLINED;
    }

    if (text.len > NGX_TIKTOK_EVENT_ID_LEN) {
        event->error = "is longer than 256 bytes";
        return NGX_DECLINED;
    }

    if (!ngx_tiktok_event_id_printable(&text)) {
        event->error = "has control characters";
        return NGX_DECLINED;
    }

    event->field = NULL;

    if (ngx_tiktok_has_email(text.data, text.len)) {
        event->left_out[NGX_TIKTOK_LEFT_TEXT]++;
        return NGX_AGAIN;
    }

    event->event_id.len = text.len;
    event->event_id.data = ngx_pstrdup(parts->pool, &text);

    if (event->event_id.data == NULL) {
        return NGX_ERROR;
    }

    event->id_source = NGX_TIKTOK_ID_GIVEN;

    return NGX_OK;
}


/* every path that knows the order makes the same id, byte for byte */

static ngx_int_t
ngx_tiktok_event_id_order(ngx_tiktok_parts_t *parts)
{
    u_char     *p;
    ngx_str_t  *order, *event_id;

    order = &parts->event->order_id;
    event_id = &parts->event->event_id;

    event_id->len = sizeof(NGX_TIKTOK_ORDER_PREFIX) - 1 + order->len;
    event_id->data = ngx_pnalloc(parts->pool, event_id->len);

    if (event_id->data == NULL) {
        return NGX_ERROR;
    }

    p = ngx_cpymem(event_id->data, NGX_TIKTOK_ORDER_PREFIX,
                   sizeof(NGX_TIKTOK_ORDER_PREFIX) - 1);
    ngx_memcpy(p, order->data, order->len);

    parts->event->id_source = NGX_TIKTOK_ID_ORDER;

    return NGX_OK;
}


/* an id is also a variable, which a configuration may put into a header */

static ngx_uint_t
ngx_tiktok_event_id_printable(ngx_str_t *text)
{
    ngx_uint_t  i;

    for (i = 0; i < text->len; i++) {
        if (text->data[i] < ' ' || text->data[i] == 0x7f) {
            return 0;
        }
    }

    return 1;
}


static ngx_int_t
ngx_tiktok_event_id_random(ngx_tiktok_parts_t *parts)
{
    u_char     *p;
    ngx_str_t  *event_id;

    static u_char      random[NGX_TIKTOK_RANDOM_SIZE];
    static size_t      used;
    static ngx_pid_t   owner;

    /* a forked process must not hand out what its parent has read */

    if (owner != ngx_pid || used == NGX_TIKTOK_RANDOM_SIZE) {

        if (RAND_bytes(random, NGX_TIKTOK_RANDOM_SIZE) != 1) {
            return NGX_ERROR;
        }

        owner = ngx_pid;
        used = 0;
    }

    p = random + used;
    used += NGX_TIKTOK_RANDOM_LEN;

    event_id = &parts->event->event_id;

    event_id->len = 2 * NGX_TIKTOK_RANDOM_LEN;
    event_id->data = ngx_pnalloc(parts->pool, event_id->len);

    if (event_id->data == NULL) {
        return NGX_ERROR;
    }

    ngx_hex_dump(event_id->data, p, NGX_TIKTOK_RANDOM_LEN);

    parts->event->id_source = NGX_TIKTOK_ID_GENERATED;

    return NGX_OK;
}
