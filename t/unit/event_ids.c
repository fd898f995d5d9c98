
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#include "event.h"

#include <stdio.h>


void
unit_event_ids(void)
{
    char                   text[1024], id[260];
    ngx_uint_t             i;
    ngx_tiktok_event_t     event, other;
    ngx_tiktok_visitor_t   visitor;

    ngx_memzero(&visitor, sizeof(visitor));
    visitor.now = NOW;

    for (i = 256; i <= 257; i++) {
        memset(id, 'i', i);
        id[i] = '\0';
        snprintf(text, sizeof(text),
                 "{\"event\":\"Lead\",\"event_id\":\"%s\"}", id);
        unit_ok(unit_create(text, &visitor, &event)
                == (i == 256 ? NGX_OK : NGX_DECLINED),
                "an event_id of %d bytes", (int) i);
        unit_ok(i == 256 || strcmp(event.field, "event_id") == 0, "field");
    }

    for (i = 250; i <= 251; i++) {
        memset(id, 'i', i);
        id[i] = '\0';
        snprintf(text, sizeof(text), "{\"event\":\"Purchase\",\"properties\":"
                 "{\"order_id\":\"%s\"}}", id);
        unit_create(text, &visitor, &event);
        unit_ok(event.id_source == (i == 250 ? NGX_TIKTOK_ID_ORDER
                                             : NGX_TIKTOK_ID_GENERATED),
                "an order_id of %d bytes", (int) i);
    }

    unit_create("{\"event\":\"Lead\",\"properties\":{\"order_id\":\"1\"}}",
           &visitor, &event);
    unit_create("{\"event\":\"Lead\"}", &visitor, &other);
    unit_ok(event.id_source == NGX_TIKTOK_ID_GENERATED
            && event.event_id.len == 32 && other.event_id.len == 32
            && memcmp(event.event_id.data, other.event_id.data, 32) != 0,
            "random ids");

    event = other;
    ngx_pid++;
    unit_create("{\"event\":\"Lead\"}", &visitor, &other);
    ngx_pid--;
    unit_ok(memcmp(event.event_id.data, other.event_id.data, 32) != 0,
            "another process has others");

    unit_create("{\"event\":\"Lead\",\"event_id\":\"x.jane@example.com\"}",
           &visitor, &event);
    unit_ok(event.id_source == NGX_TIKTOK_ID_GENERATED
            && event.left_out[NGX_TIKTOK_LEFT_TEXT] == 1,
            "an event_id with an e-mail address");

    unit_create("{\"event\":\"Purchase\",\"properties\":{\"order_id\":"
           "\"jane@example.com\"}}", &visitor, &event);
    unit_ok(event.id_source == NGX_TIKTOK_ID_GENERATED
            && event.left_out[NGX_TIKTOK_LEFT_TEXT] == 1,
            "an order_id with an e-mail address");
}
