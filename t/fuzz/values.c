
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * Values out of bodies: the first byte chooses what the rest is, and what
 * stands before a line end is a name, a path or a query string.
 */


#include "fuzz.h"
#include "ngx_tiktok_event.h"
#include "ngx_tiktok_fields.h"
#include "ngx_tiktok_ga4.h"
#include "ngx_tiktok_path.h"


#define FUZZ_DEPTH  16


static void fuzz_path(ngx_pool_t *pool, ngx_str_t *path, ngx_str_t *text);
static void fuzz_form(ngx_pool_t *pool, ngx_str_t *name, ngx_str_t *text);
static void fuzz_multipart(ngx_str_t *name, ngx_str_t *text);
static void fuzz_ga4(ngx_pool_t *pool, ngx_str_t *query, ngx_str_t *body);
static void fuzz_fields(ngx_pool_t *pool, ngx_str_t *value, ngx_str_t *json);


void
fuzz_values(u_char *data, size_t size)
{
    u_char      *end;
    ngx_str_t    name, text;
    ngx_pool_t  *pool;

    if (size == 0) {
        return;
    }

    name.data = data + 1;

    end = ngx_strlchr(name.data, data + size, '\n');
    if (end == NULL) {
        end = data + size;
    }

    name.len = end - name.data;

    text.data = ngx_min(end + 1, data + size);
    text.len = data + size - text.data;

    pool = ngx_create_pool(1024, ngx_cycle->log);
    fuzz_check(pool != NULL);

    switch (data[0] % 5) {

    case 0:
        fuzz_path(pool, &name, &text);
        break;

    case 1:
        fuzz_form(pool, &name, &text);
        break;

    case 2:
        fuzz_multipart(&name, &text);
        break;

    case 3:
        fuzz_ga4(pool, &name, &text);
        break;

    default:
        fuzz_fields(pool, &name, &text);
    }

    ngx_destroy_pool(pool);
}


static void
fuzz_path(ngx_pool_t *pool, ngx_str_t *path, ngx_str_t *text)
{
    ngx_int_t           rc;
    ngx_str_t           value;
    ngx_tiktok_json_t   json, again;

    if (path->len == 0
        || ngx_tiktok_json_parse(pool, text, FUZZ_DEPTH, &json) != NGX_OK)
    {
        return;
    }

    rc = ngx_tiktok_path_find(pool, json.root, path, &value);

    fuzz_check(rc == NGX_OK || rc == NGX_DECLINED);

    /* objects and arrays are JSON */

    if (rc == NGX_OK
        && path->len == 1 && path->data[0] == '.'
        && (cJSON_IsObject(json.root) || cJSON_IsArray(json.root)))
    {
        fuzz_check(ngx_tiktok_json_parse(pool, &value, FUZZ_DEPTH, &again)
                   == NGX_OK);
        fuzz_check(cJSON_Compare(json.root, again.root, 1));

        ngx_tiktok_json_destroy(&again);
    }

    ngx_tiktok_json_destroy(&json);
}


static void
fuzz_form(ngx_pool_t *pool, ngx_str_t *name, ngx_str_t *text)
{
    ngx_int_t   rc;
    ngx_str_t   value;

    rc = ngx_tiktok_form_find(pool, text, name, &value);

    fuzz_check(rc == NGX_DECLINED || (rc == NGX_OK && value.len <= text->len));
}


static void
fuzz_multipart(ngx_str_t *name, ngx_str_t *text)
{
    ngx_int_t   rc;
    ngx_str_t   value, field, type;

    /* the name of the field, and with another one the type */

    ngx_str_set(&type, "multipart/form-data; boundary=x");
    ngx_str_set(&field, "a");

    rc = ngx_tiktok_multipart_find(text, &type, name, &value);

    fuzz_check(rc == NGX_DECLINED
               || (value.data >= text->data
                   && value.data + value.len <= text->data + text->len));

    rc = ngx_tiktok_multipart_find(text, name, &field, &value);

    fuzz_check(rc == NGX_DECLINED
               || (value.data >= text->data
                   && value.data + value.len <= text->data + text->len));
}


static void
fuzz_ga4(ngx_pool_t *pool, ngx_str_t *query, ngx_str_t *body)
{
    cJSON              *name;
    ngx_int_t           rc;
    ngx_str_t           event;
    ngx_tiktok_ga4_t    ga4;
    ngx_tiktok_json_t   json;

    if (ngx_tiktok_ga4_init(&ga4, query, body) != NGX_OK) {
        return;
    }

    while (ngx_tiktok_ga4_next(&ga4) == NGX_OK) {

        rc = ngx_tiktok_ga4_parse(pool, &ga4, &json);

        fuzz_check(rc == NGX_OK || rc == NGX_DECLINED);

        if (rc != NGX_OK) {
            continue;
        }

        name = cJSON_GetObjectItemCaseSensitive(json.root, "event");

        fuzz_check(cJSON_IsString(name));

        event.data = (u_char *) name->valuestring;
        event.len = ngx_strlen(event.data);

        fuzz_check(ngx_tiktok_event_alias(&event) != NGX_TIKTOK_EVENT_CUSTOM);

        ngx_tiktok_json_destroy(&json);
    }
}


/* whatever the value of a field is, it stays in its place */

static void
fuzz_fields(ngx_pool_t *pool, ngx_str_t *value, ngx_str_t *json)
{
    ngx_int_t                  rc;
    ngx_tiktok_json_t          tree;
    ngx_tiktok_event_value_t   values[3];

    static ngx_tiktok_event_field_t  event = {
        ngx_string("event"), NGX_TIKTOK_FIELD_EVENT, NGX_TIKTOK_FIELD_TEXT
    };

    static ngx_tiktok_event_field_t  ids = {
        ngx_string("content_ids"), NGX_TIKTOK_FIELD_PROPERTIES,
        NGX_TIKTOK_FIELD_LIST
    };

    static ngx_tiktok_event_field_t  contents = {
        ngx_string("contents"), NGX_TIKTOK_FIELD_PROPERTIES,
        NGX_TIKTOK_FIELD_JSON
    };

    values[0].field = &event;
    values[0].value = *value;
    values[1].field = &ids;
    values[1].value = *value;
    values[2].field = &contents;
    values[2].value = *json;

    rc = ngx_tiktok_fields_parse(pool, values, 3, &tree);

    fuzz_check(rc == NGX_OK || rc == NGX_DECLINED);

    if (rc != NGX_OK) {
        return;
    }

    fuzz_check(cJSON_GetArraySize(tree.root) == 4);
    fuzz_check(cJSON_GetObjectItem(tree.root, "user")->child == NULL);
    fuzz_check(cJSON_GetObjectItem(tree.root, "page")->child == NULL);
    fuzz_check(cJSON_GetArraySize(cJSON_GetObjectItem(tree.root,
                                                      "properties"))
               == 2);

    ngx_tiktok_json_destroy(&tree);
}
