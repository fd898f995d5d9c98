
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_tiktok_fields.h"
#include "ngx_tiktok_parts.h"
#include "ngx_tiktok_path.h"


#define NGX_TIKTOK_PATH_BUFFER  128


/* what was found so far: one value, or several in the writer */

typedef struct {
    ngx_str_t             value;
    ngx_uint_t            found;
    ngx_tiktok_writer_t   w;
} ngx_tiktok_path_t;


static void ngx_tiktok_path_walk(ngx_tiktok_path_t *path, cJSON *item,
    u_char *p, u_char *last);
static void ngx_tiktok_path_walk_array(ngx_tiktok_path_t *path, cJSON *array,
    ngx_str_t *part, u_char *p, u_char *last);
static cJSON *ngx_tiktok_path_member(cJSON *object, u_char *name, size_t len);
static void ngx_tiktok_path_add(ngx_tiktok_path_t *path, cJSON *item);
static void ngx_tiktok_path_write(ngx_tiktok_writer_t *w, cJSON *item);


ngx_int_t
ngx_tiktok_path_find(ngx_pool_t *pool, cJSON *root, ngx_str_t *path,
    ngx_str_t *value)
{
    size_t              len;
    ngx_tiktok_path_t   found;

    ngx_memzero(&found, sizeof(ngx_tiktok_path_t));

    found.w.pool = pool;

    len = (path->len == 1 && path->data[0] == '.') ? 0 : path->len;

    ngx_tiktok_path_walk(&found, root, path->data, path->data + len);

    if (found.w.failed) {
        return NGX_ERROR;
    }

    if (!found.found) {
        return NGX_DECLINED;
    }

    *value = found.value;

    if (found.w.start) {
        value->data = found.w.start;
        value->len = found.w.pos - found.w.start;
    }

    return NGX_OK;
}


static void
ngx_tiktok_path_walk(ngx_tiktok_path_t *path, cJSON *item, u_char *p,
    u_char *last)
{
    cJSON      *member;
    u_char     *dot;
    ngx_str_t   part;

    if (item == NULL) {
        return;
    }

    if (p >= last) {
        ngx_tiktok_path_add(path, item);
        return;
    }

    dot = ngx_strlchr(p, last, '.');

    if (dot == NULL) {
        dot = last;
    }

    if (ngx_tiktok_is(item, cJSON_Object)) {

        member = ngx_tiktok_path_member(item, p, last - p);

        if (member) {
            ngx_tiktok_path_add(path, member);
            return;
        }

        ngx_tiktok_path_walk(path, ngx_tiktok_path_member(item, p, dot - p),
                             dot + 1, last);
        return;
    }

    if (ngx_tiktok_is(item, cJSON_Array)) {
        part.data = p;
        part.len = dot - p;

        ngx_tiktok_path_walk_array(path, item, &part, dot + 1, last);
    }
}


static void
ngx_tiktok_path_walk_array(ngx_tiktok_path_t *path, cJSON *array,
    ngx_str_t *part, u_char *p, u_char *last)
{
    cJSON      *item;
    ngx_int_t   n;

    if (part->len == 1 && part->data[0] == '*') {

        for (item = array->child; item; item = item->next) {
            ngx_tiktok_path_walk(path, item, p, last);
        }

        return;
    }

    n = ngx_atoi(part->data, part->len);

    if (n == NGX_ERROR) {
        return;
    }

    for (item = array->child; item && n; item = item->next) {
        n--;
    }

    ngx_tiktok_path_walk(path, item, p, last);
}


static cJSON *
ngx_tiktok_path_member(cJSON *object, u_char *name, size_t len)
{
    cJSON  *item;

    for (item = object->child; item; item = item->next) {
        if (ngx_strncmp(item->string, name, len) == 0
            && item->string[len] == '\0')
        {
            break;
        }
    }

    return item;
}


static void
ngx_tiktok_path_add(ngx_tiktok_path_t *path, cJSON *item)
{
    ngx_uint_t            several;
    ngx_tiktok_writer_t  *w;

    if (ngx_tiktok_is(item, cJSON_NULL)) {
        return;
    }

    several = path->found++;

    if (!several) {

        switch (item->type & 0xff) {

        case cJSON_String:
            path->value.data = (u_char *) item->valuestring;
            path->value.len = ngx_strlen(path->value.data);
            return;

        case cJSON_True:
            ngx_str_set(&path->value, "1");
            return;

        case cJSON_False:
            ngx_str_set(&path->value, "0");
            return;
        }
    }

    w = &path->w;

    if (w->failed) {
        return;
    }

    if (w->start == NULL) {

        if (ngx_tiktok_writer_init(w, w->pool, NGX_TIKTOK_PATH_BUFFER)
            != NGX_OK)
        {
            w->failed = 1;
            return;
        }

        if (path->value.len) {
            ngx_tiktok_write(w, path->value.data, path->value.len);
        }
    }

    if (several) {
        ngx_tiktok_write_literal(w, ",");
    }

    switch (item->type & 0xff) {

    case cJSON_String:
        ngx_tiktok_write(w, item->valuestring, ngx_strlen(item->valuestring));
        break;

    case cJSON_True:
        ngx_tiktok_write_literal(w, "1");
        break;

    case cJSON_False:
        ngx_tiktok_write_literal(w, "0");
        break;

    default:
        ngx_tiktok_path_write(w, item);
    }
}


/* as JSON; the tree is no deeper than its parser has allowed */

static void
ngx_tiktok_path_write(ngx_tiktok_writer_t *w, cJSON *item)
{
    cJSON  *child;

    switch (item->type & 0xff) {

    case cJSON_Object:
        ngx_tiktok_write_literal(w, "{");

        for (child = item->child; child; child = child->next) {
            ngx_tiktok_write_name(w, child->string);
            ngx_tiktok_path_write(w, child);
        }

        ngx_tiktok_write_literal(w, "}");
        break;

    case cJSON_Array:
        ngx_tiktok_write_literal(w, "[");

        for (child = item->child; child; child = child->next) {
            ngx_tiktok_write_comma(w);
            ngx_tiktok_path_write(w, child);
        }

        ngx_tiktok_write_literal(w, "]");
        break;

    case cJSON_String:
        ngx_tiktok_write_string(w, (u_char *) item->valuestring,
                                ngx_strlen(item->valuestring));
        break;

    case cJSON_Number:
        ngx_tiktok_write_number(w, item->valuedouble);
        break;

    case cJSON_True:
        ngx_tiktok_write_literal(w, "true");
        break;

    case cJSON_False:
        ngx_tiktok_write_literal(w, "false");
        break;

    default: /* cJSON_NULL */
        ngx_tiktok_write_literal(w, "null");
    }
}
