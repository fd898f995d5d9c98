
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * What a beacon brings, on its whole way to the JSON of an event: the first
 * byte chooses how it comes, JSON or a form, and with which settings; what
 * stands behind the first line end is in the visitor's headers.
 */


#include "fuzz.h"
#include "ngx_tiktok_event.h"
#include "ngx_tiktok_identity.h"
#include "ngx_tiktok_scan.h"


#define FUZZ_DEPTH  16
#define FUZZ_NOW    1795000000


static void fuzz_create(ngx_pool_t *pool, cJSON *source,
    ngx_tiktok_visitor_t *visitor);


void
fuzz_event(u_char *data, size_t size)
{
    u_char                *p, *end;
    cJSON                 *item;
    ngx_int_t              rc;
    ngx_str_t              text, headers;
    ngx_uint_t             how;
    ngx_pool_t            *pool;
    ngx_tiktok_json_t      json;
    ngx_tiktok_person_t    person;
    ngx_tiktok_visitor_t   visitor;

    static ngx_uint_t      hash;

    if (size == 0) {
        return;
    }

    if (!hash) {
        fuzz_check(ngx_tiktok_hash_init(ngx_cycle->log) == NGX_OK);
        hash = 1;
    }

    how = data[0];

    text.data = data + 1;

    end = ngx_strlchr(text.data, data + size, '\n');
    if (end == NULL) {
        end = data + size;
    }

    text.len = end - text.data;

    headers.data = ngx_min(end + 1, data + size);
    headers.len = data + size - headers.data;

    pool = ngx_create_pool(16384, ngx_cycle->log);
    fuzz_check(pool != NULL);

    ngx_memzero(&person, sizeof(ngx_tiktok_person_t));
    ngx_memzero(&visitor, sizeof(ngx_tiktok_visitor_t));

    person.known = (1 << NGX_TIKTOK_PERSON_KINDS) - 1;
    ngx_memset(person.hashes, 'a', sizeof(person.hashes));

    visitor.now = FUZZ_NOW;
    visitor.hashed_only = (how >> 1) & 1;
    visitor.trusted = (how >> 2) & 1;
    visitor.legacy_names = (how >> 3) & 1;
    visitor.person = (how & 16) ? &person : NULL;
    visitor.ip = headers;
    visitor.user_agent = headers;
    visitor.accept_language = headers;
    visitor.referer = headers;
    visitor.host = headers;
    visitor.ttclid = headers;
    visitor.ttp = headers;

    rc = (how & 1) ? ngx_tiktok_form_parse(pool, &text, &json)
                   : ngx_tiktok_json_parse(pool, &text, FUZZ_DEPTH, &json);

    fuzz_check(rc == NGX_OK || rc == NGX_DECLINED);

    if (rc == NGX_OK) {

        if (cJSON_IsArray(json.root)) {
            cJSON_ArrayForEach(item, json.root) {
                fuzz_create(pool, item, &visitor);
            }

        } else {
            fuzz_create(pool, json.root, &visitor);
        }

        ngx_tiktok_json_destroy(&json);
    }

    ngx_destroy_pool(pool);

    fuzz_check(person.known >> NGX_TIKTOK_PERSON_KINDS == 0);

    p = (u_char *) person.hashes;

    for (end = p + sizeof(person.hashes); p < end; p++) {
        fuzz_check(ngx_hextoi(p, 1) != NGX_ERROR);
    }
}


/* whatever came, what goes out is JSON, and has what the API asks for */

static void
fuzz_create(ngx_pool_t *pool, cJSON *source, ngx_tiktok_visitor_t *visitor)
{
    cJSON                *id;
    ngx_int_t             rc;
    ngx_tiktok_json_t     json;
    ngx_tiktok_event_t    event;

    ngx_memzero(&event, sizeof(ngx_tiktok_event_t));

    rc = ngx_tiktok_event_create(pool, source, visitor, &event);

    fuzz_check(rc == NGX_OK || rc == NGX_DECLINED);

    if (rc != NGX_OK) {
        fuzz_check(event.error != NULL);
        return;
    }

    fuzz_check(event.json.len <= NGX_TIKTOK_EVENT_SIZE);
    fuzz_check(ngx_tiktok_json_parse(pool, &event.json, 64, &json) == NGX_OK);
    fuzz_check(cJSON_IsString(cJSON_GetObjectItemCaseSensitive(json.root,
                                                               "event")));

    id = cJSON_GetObjectItemCaseSensitive(json.root, "event_id");

    fuzz_check(cJSON_IsString(id)
               && ngx_strlen(id->valuestring) == event.event_id.len);
    fuzz_check(ngx_tiktok_event_written(&event.json) == event.name);

    ngx_tiktok_json_destroy(&json);
}
