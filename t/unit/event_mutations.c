
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#include "event.h"
#include "ngx_tiktok_scan.h"
#include "ngx_tiktok_url.h"

#include <stdio.h>


static uint32_t
next_random(void)
{
    static uint32_t  x = 2463534242U;

    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;

    return x;
}


static void
mutate(u_char *text, size_t *len)
{
    size_t  at, n;

    static const char  *bits[] = {
        "\"", "\\", "\\u0000", "\\ud800", "{", "}", "[", "]", ",", ":", "@",
        "%40", "\xff", "\xc3", "\xe2\x82\xac", "null", "1e999", "-", "0",
        "12345678901234567890", "\"\"", "[]", "{}", "\x01", "?", "#", "&",
        "email", "https://", "=", "jane@example.com", " "
    };

    at = *len ? next_random() % *len : 0;

    switch (next_random() % 4) {

    case 0:
        if (*len) {
            text[at] ^= (u_char) (1 << next_random() % 8);
        }
        break;

    case 1:
        n = next_random() % 8;
        n = ngx_min(n, *len - at);
        memmove(text + at, text + at + n, *len - at - n);
        *len -= n;
        break;

    case 2:
        n = next_random() % (unit_count(bits));
        memmove(text + at + strlen(bits[n]), text + at, *len - at);
        memcpy(text + at, bits[n], strlen(bits[n]));
        *len += strlen(bits[n]);
        break;

    default:
        n = next_random() % 24;
        n = ngx_min(n, *len - at);
        memmove(text + at + n, text + at, *len - at);
        *len += n;
    }
}


void
unit_event_mutations(void)
{
    u_char                 buf[4096];
    size_t                 len;
    ngx_int_t              rc;
    ngx_str_t              text, copy;
    ngx_uint_t             i, k, accepted, parsed, broken;
    ngx_pool_t            *saved;
    const char            *source;
    ngx_tiktok_scan_t      s;
    ngx_tiktok_json_t      json;
    ngx_tiktok_event_t     event;
    ngx_tiktok_visitor_t   visitor;

    ngx_memzero(&visitor, sizeof(visitor));
    visitor.now = NOW;

    accepted = 0;
    parsed = 0;
    broken = 0;
    saved = unit_pool;
    unit_pool = ngx_create_pool(16384, ngx_cycle->log);

    for (i = 0; i < 100000; i++) {

        if (i % 5 == 4) {
            source = unit_form_text(next_random());

        } else if (i % 5 == 3) {
            source = unit_ga4_text(next_random());

        } else {
            source = unit_event_text(next_random());
        }

        len = strlen(source);
        memcpy(buf, source, len);

        for (k = 0; k < len; k++) {
            if (buf[k] == '\'') {
                buf[k] = '"';
            }
        }

        for (k = next_random() % 4 + 1; k; k--) {
            mutate(buf, &len);
        }

        text = unit_exact(buf, len);

        if (i % 5 == 4) {
            rc = ngx_tiktok_form_parse(unit_pool, &text, &json);
        } else {
            rc = unit_parse(&text, &json);
        }

        visitor.trusted = (i % 3 == 0);
        visitor.legacy_names = (i % 2);

        /* the visitor's headers come from outside as well */

        copy = text;
        visitor.referer = copy;
        visitor.user_agent = copy;
        visitor.accept_language = copy;
        visitor.ip = copy;
        visitor.ttclid = copy;
        visitor.host = copy;

        if (rc == NGX_OK) {
            parsed++;

            rc = ngx_tiktok_event_create(unit_pool, json.root, &visitor,
                                         &event);

            ngx_tiktok_json_destroy(&json);

            if (rc == NGX_OK) {
                accepted++;

                if (ngx_tiktok_scan(&s, &event.json, 64) != NGX_OK
                    || ngx_tiktok_has_email(event.event_id.data,
                                            event.event_id.len))
                {
                    broken++;
                    printf("# %.*s\n# %.*s\n", (int) text.len, text.data,
                           (int) event.json.len, event.json.data);
                }
            }

        } else if (rc == NGX_ERROR || json.error == NULL) {
            broken++;
        }

        (void) ngx_tiktok_url_same_host(&text, &copy);

        free(text.data);
        ngx_reset_pool(unit_pool);
    }

    ngx_destroy_pool(unit_pool);
    unit_pool = saved;

    unit_ok(broken == 0, "100000 mutations, %d parsed, %d accepted",
            (int) parsed, (int) accepted);
}

