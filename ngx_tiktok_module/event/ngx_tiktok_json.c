
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_tiktok_json.h"
#include "ngx_tiktok_scan.h"


/*
 * cJSON takes a copy of a string, its NUL and up to one byte more.  Newer
 * versions also take a number's text, and give it back before anything else.
 */

#define NGX_TIKTOK_ARENA_ALIGN   8
#define NGX_TIKTOK_ARENA_STRING  (2 + NGX_TIKTOK_ARENA_ALIGN - 1)
#define NGX_TIKTOK_ARENA_SLACK   128


typedef struct {
    u_char      *start;
    u_char      *pos;
    u_char      *end;
    u_char      *previous;
    ngx_uint_t   spilled;
} ngx_tiktok_arena_t;


static ngx_int_t ngx_tiktok_json_build(ngx_tiktok_json_t *json,
    ngx_str_t *text, ngx_tiktok_scan_t *s);
static ngx_int_t ngx_tiktok_json_quote(ngx_pool_t *pool, ngx_str_t *text,
    ngx_uint_t numbers, ngx_str_t *quoted);
static u_char *ngx_tiktok_json_skip_string(u_char *p);
static const char *ngx_tiktok_json_check_names(cJSON *item);
static ngx_uint_t ngx_tiktok_json_repeated(cJSON *first, cJSON *member);
static void ngx_tiktok_arena_enter(ngx_tiktok_arena_t *arena);
static void ngx_tiktok_arena_leave(void);
static void *ngx_tiktok_arena_alloc(size_t size);
static void ngx_tiktok_arena_free(void *p);


static ngx_tiktok_arena_t  *ngx_tiktok_arena;


ngx_int_t
ngx_tiktok_json_parse(ngx_pool_t *pool, ngx_str_t *text, ngx_uint_t depth,
    ngx_tiktok_json_t *json)
{
    ngx_int_t           rc;
    ngx_str_t           quoted;
    ngx_tiktok_scan_t   s;

    ngx_memzero(json, sizeof(ngx_tiktok_json_t));

    json->pool = pool;

    if (ngx_tiktok_scan(&s, text, depth) != NGX_OK) {
        json->error = s.error;
        return NGX_DECLINED;
    }

    if (s.numbers == 0) {
        return ngx_tiktok_json_build(json, text, &s);
    }

    if (ngx_tiktok_json_quote(pool, text, s.numbers, &quoted) != NGX_OK) {
        return NGX_ERROR;
    }

    rc = ngx_tiktok_json_build(json, &quoted, &s);

    ngx_explicit_memzero(quoted.data, quoted.len);
    ngx_pfree(pool, quoted.data);

    return rc;
}


static ngx_int_t
ngx_tiktok_json_build(ngx_tiktok_json_t *json, ngx_str_t *text,
    ngx_tiktok_scan_t *s)
{
    const char          *end;
    ngx_tiktok_arena_t   arena;

    json->size = s->values * ngx_align(sizeof(cJSON), NGX_TIKTOK_ARENA_ALIGN)
                 + s->strings * NGX_TIKTOK_ARENA_STRING + s->length
                 + NGX_TIKTOK_ARENA_SLACK;

    json->arena = ngx_palloc(json->pool, json->size);
    if (json->arena == NULL) {
        return NGX_ERROR;
    }

    arena.start = json->arena;
    arena.pos = json->arena;
    arena.end = json->arena + json->size;
    arena.previous = NULL;
    arena.spilled = 0;

    ngx_tiktok_arena_enter(&arena);

    json->root = cJSON_ParseWithLengthOpts((char *) text->data, text->len,
                                           &end, 0);
    ngx_tiktok_arena_leave();

    json->spilled = arena.spilled;

    if (json->root == NULL) {

        /* the text is good, so this is memory */

        ngx_tiktok_json_destroy(json);
        return NGX_ERROR;
    }

    json->error = ngx_tiktok_json_check_names(json->root);

    if (json->error) {
        ngx_tiktok_json_destroy(json);
        return NGX_DECLINED;
    }

    return NGX_OK;
}


void
ngx_tiktok_json_destroy(ngx_tiktok_json_t *json)
{
    ngx_tiktok_arena_t  arena;

    if (json->arena == NULL) {
        return;
    }

    if (json->spilled) {
        arena.start = json->arena;
        arena.pos = json->arena + json->size;
        arena.end = arena.pos;
        arena.previous = NULL;

        ngx_tiktok_arena_enter(&arena);
        cJSON_Delete(json->root);
        ngx_tiktok_arena_leave();
    }

    ngx_explicit_memzero(json->arena, json->size);
    ngx_pfree(json->pool, json->arena);

    json->root = NULL;
    json->arena = NULL;
}


/* copies a good text, with quotes around the numbers a double would change */

static ngx_int_t
ngx_tiktok_json_quote(ngx_pool_t *pool, ngx_str_t *text, ngx_uint_t numbers,
    ngx_str_t *quoted)
{
    u_char               *p, *next, *last, *dst;
    ngx_tiktok_number_e   kind;

    quoted->data = ngx_pnalloc(pool, text->len + 2 * numbers);
    if (quoted->data == NULL) {
        return NGX_ERROR;
    }

    dst = quoted->data;
    p = text->data;
    last = text->data + text->len;

    while (p < last) {

        if (*p == '"') {
            next = ngx_tiktok_json_skip_string(p);
            dst = ngx_cpymem(dst, p, next - p);
            p = next;
            continue;
        }

        next = ngx_tiktok_scan_number(p, last, &kind);

        if (next == NULL) {
            *dst++ = *p++;
            continue;
        }

        if (kind == NGX_TIKTOK_NUMBER_EXACT) {
            dst = ngx_cpymem(dst, p, next - p);

        } else {
            *dst++ = '"';
            dst = ngx_cpymem(dst, p, next - p);
            *dst++ = '"';
        }

        p = next;
    }

    quoted->len = dst - quoted->data;

    return NGX_OK;
}


static u_char *
ngx_tiktok_json_skip_string(u_char *p)
{
    for (p++; *p != '"'; p++) {
        if (*p == '\\') {
            p++;
        }
    }

    return p + 1;
}


/* as deep as the text is, so the stack is safe */

static const char *
ngx_tiktok_json_check_names(cJSON *item)
{
    cJSON       *child;
    uint64_t     seen, bit;
    const char  *error;
    ngx_uint_t   n;

    n = 0;
    seen = 0;

    for (child = item->child; child; child = child->next) {

        if (child->string) {

            if (++n > NGX_TIKTOK_JSON_MEMBERS) {
                return "too many members in an object";
            }

            /* two letters tell most names apart */

            bit = (u_char) child->string[0];
            bit = bit ? bit * 31 + (u_char) child->string[1] : 0;
            bit = (uint64_t) 1 << (bit & 63);

            if ((seen & bit)
                && ngx_tiktok_json_repeated(item->child, child))
            {
                return "duplicate name in an object";
            }

            seen |= bit;
        }

        if (child->child) {
            error = ngx_tiktok_json_check_names(child);

            if (error) {
                return error;
            }
        }
    }

    return NULL;
}


static ngx_uint_t
ngx_tiktok_json_repeated(cJSON *first, cJSON *member)
{
    cJSON  *item;

    for (item = first; item != member; item = item->next) {
        if (ngx_strcmp(item->string, member->string) == 0) {
            return 1;
        }
    }

    return 0;
}


/*
 * The hooks are the whole process's.  They are ours only while cJSON works
 * for us, so that other users of the library never meet them.
 */

static void
ngx_tiktok_arena_enter(ngx_tiktok_arena_t *arena)
{
    cJSON_Hooks  hooks;

    ngx_tiktok_arena = arena;

    hooks.malloc_fn = ngx_tiktok_arena_alloc;
    hooks.free_fn = ngx_tiktok_arena_free;

    cJSON_InitHooks(&hooks);
}


static void
ngx_tiktok_arena_leave(void)
{
    cJSON_InitHooks(NULL);

    ngx_tiktok_arena = NULL;
}


static void *
ngx_tiktok_arena_alloc(size_t size)
{
    ngx_tiktok_arena_t  *arena;

    arena = ngx_tiktok_arena;
    size = ngx_align(size, NGX_TIKTOK_ARENA_ALIGN);

    if (size > (size_t) (arena->end - arena->pos)) {

        /* a cJSON that takes more than expected */

        arena->spilled = 1;
        return malloc(size);
    }

    arena->previous = arena->pos;
    arena->pos += size;

    return arena->previous;
}


static void
ngx_tiktok_arena_free(void *p)
{
    ngx_tiktok_arena_t  *arena;

    arena = ngx_tiktok_arena;

    if ((u_char *) p < arena->start || (u_char *) p >= arena->end) {
        free(p);
        return;
    }

    if (p == arena->previous) {
        arena->pos = p;
    }
}
