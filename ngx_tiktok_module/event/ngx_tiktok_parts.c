
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_tiktok_parts.h"


#define NGX_TIKTOK_INTEGER_MAX  999999999999999.0


ngx_uint_t
ngx_tiktok_parts_sort(cJSON *object, ngx_str_t *names, cJSON **members)
{
    u_char      *name;
    cJSON       *item;
    ngx_uint_t   i, unknown;

    for (i = 0; names[i].len; i++) {
        members[i] = NULL;
    }

    if (object == NULL) {
        return 0;
    }

    unknown = 0;

    for (item = object->child; item; item = item->next) {

        if (ngx_tiktok_is(item, cJSON_NULL)) {
            continue;
        }

        name = (u_char *) item->string;
        i = ngx_tiktok_parts_find(names, name, ngx_strlen(name));

        if (names[i].len) {
            members[i] = item;

        } else {
            unknown++;
        }
    }

    return unknown;
}


ngx_uint_t
ngx_tiktok_parts_find(ngx_str_t *names, u_char *name, size_t len)
{
    ngx_uint_t  i;

    for (i = 0; names[i].len; i++) {
        if (names[i].len == len
            && names[i].data[0] == name[0]
            && ngx_memcmp(names[i].data, name, len) == 0)
        {
            break;
        }
    }

    return i;
}


ngx_int_t
ngx_tiktok_write_member(ngx_tiktok_parts_t *parts, ngx_str_t *name,
    ngx_tiktok_part_pt handler, cJSON *item)
{
    size_t                mark;
    ngx_int_t             rc;
    ngx_tiktok_writer_t  *w;

    w = &parts->w;
    mark = ngx_tiktok_writer_mark(w);

    ngx_tiktok_write_plain_name(w, name);

    rc = handler(parts, item);

    if (rc != NGX_OK) {
        ngx_tiktok_writer_back(w, mark);
    }

    return rc;
}


ngx_int_t
ngx_tiktok_parts_text(cJSON *item, u_char *buf, ngx_str_t *text)
{
    double  number;

    if (ngx_tiktok_is(item, cJSON_String)) {
        text->data = (u_char *) item->valuestring;
        text->len = ngx_strlen(text->data);
        return NGX_OK;
    }

    if (!ngx_tiktok_is(item, cJSON_Number)) {
        return NGX_DECLINED;
    }

    number = item->valuedouble;

    if (!(number >= -NGX_TIKTOK_INTEGER_MAX
          && number <= NGX_TIKTOK_INTEGER_MAX)
        || number != (double) (int64_t) number)
    {
        return NGX_DECLINED;
    }

    text->data = buf;
    text->len = ngx_sprintf(buf, "%L", (int64_t) number) - buf;

    return NGX_OK;
}


ngx_uint_t
ngx_tiktok_parts_empty(cJSON *item)
{
    if (ngx_tiktok_is(item, cJSON_String)) {
        return *item->valuestring == '\0';
    }

    if (ngx_tiktok_is(item, cJSON_Array)
        || ngx_tiktok_is(item, cJSON_Object))
    {
        return item->child == NULL;
    }

    return ngx_tiktok_is(item, cJSON_NULL);
}
