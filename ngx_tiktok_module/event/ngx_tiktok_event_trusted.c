
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * Events of a shop's own servers: what is known of the visitor is theirs to
 * tell, and nothing is taken from the connection.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_tiktok_parts.h"


/* a payment may be told late, and a clock be ahead of ours */

#define NGX_TIKTOK_TRUSTED_AGE   (28 * 86400)
#define NGX_TIKTOK_TRUSTED_SKEW  300


static void ngx_tiktok_trusted_text(ngx_tiktok_parts_t *parts,
    const char *name, cJSON *item, ngx_str_t *text);


void
ngx_tiktok_read_trusted(ngx_tiktok_parts_t *parts, cJSON *ip,
    cJSON *user_agent, ngx_tiktok_visitor_t *visitor)
{
    *visitor = *parts->visitor;

    ngx_tiktok_trusted_text(parts, "ip", ip, &visitor->ip);
    ngx_tiktok_trusted_text(parts, "user_agent", user_agent,
                            &visitor->user_agent);

    parts->visitor = visitor;
}


/* of the user, as the Events API has it, or of the event */

static void
ngx_tiktok_trusted_text(ngx_tiktok_parts_t *parts, const char *name,
    cJSON *item, ngx_str_t *text)
{
    cJSON  *member;

    ngx_str_null(text);

    member = cJSON_GetObjectItemCaseSensitive(parts->users[0], name);

    if (member && !ngx_tiktok_parts_empty(member)) {
        item = member;
    }

    if (item == NULL || ngx_tiktok_parts_empty(item)) {
        return;
    }

    if (!ngx_tiktok_is(item, cJSON_String)) {

        /* of the user's it is counted with the others of its fields */

        parts->event->left_out[NGX_TIKTOK_LEFT_USER] += (item != member);
        return;
    }

    text->data = (u_char *) item->valuestring;
    text->len = ngx_strlen(text->data);
}


ngx_int_t
ngx_tiktok_read_trusted_time(ngx_tiktok_event_t *event, cJSON *item,
    time_t now)
{
    u_char     buf[NGX_TIKTOK_DIGITS_LEN];
    time_t     t;
    ngx_str_t  text;

    event->time = now;

    if (item == NULL || ngx_tiktok_parts_empty(item)) {
        return NGX_OK;
    }

    event->field = "event_time";

    if (ngx_tiktok_parts_text(item, buf, &text) != NGX_OK) {
        t = NGX_ERROR;

    } else {
        t = ngx_atotm(text.data, text.len);
    }

    if (t == NGX_ERROR) {
        event->error = "is not a time in seconds since 1970";
        return NGX_DECLINED;
    }

    if (t > now + NGX_TIKTOK_TRUSTED_SKEW) {
        event->error = "is in the future";
        return NGX_DECLINED;
    }

    if (t < now - NGX_TIKTOK_TRUSTED_AGE) {
        event->error = "is more than 28 days ago";
        return NGX_DECLINED;
    }

    event->field = NULL;
    event->time = ngx_min(t, now);

    return NGX_OK;
}
