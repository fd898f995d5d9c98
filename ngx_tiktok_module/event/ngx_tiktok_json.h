
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#ifndef _NGX_TIKTOK_JSON_H_INCLUDED_
#define _NGX_TIKTOK_JSON_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <cjson/cJSON.h>


#define NGX_TIKTOK_JSON_NODES     4096
#define NGX_TIKTOK_JSON_MEMBERS   128       /* of one object */


/*
 * A parsed text.  The tree lives in one block of the pool; destroy wipes it,
 * since it holds clear text of identifiers.
 */

typedef struct {
    cJSON        *root;
    u_char       *arena;
    size_t        size;
    ngx_pool_t   *pool;
    ngx_uint_t    spilled;          /* some of the tree is beyond the arena */
    const char   *error;            /* constant text where parse refused */
} ngx_tiktok_json_t;


/*
 * Parses a JSON text in two steps: a strict scan by RFC 8259 (UTF-8, at most
 * "depth" levels, NGX_TIKTOK_JSON_NODES values, no \u0000, no unpaired
 * surrogate, nothing behind the text), then cJSON on what is known to be
 * good.  Members of one name in one object are refused.  Numbers that a
 * double would change (more than 15 significant digits, or out of its range)
 * become strings with the same digits.
 *
 * Returns NGX_OK, NGX_DECLINED with json->error set, or NGX_ERROR without
 * memory.  After NGX_OK the caller must destroy the tree.
 */
ngx_int_t ngx_tiktok_json_parse(ngx_pool_t *pool, ngx_str_t *text,
    ngx_uint_t depth, ngx_tiktok_json_t *json);

/*
 * Makes the tree of an event from "name=value&..." of a query string or an
 * urlencoded form (percent-decoded, "+" is a space): event, event_id, url,
 * referrer, email, phone, external_id, ttclid, ttp, value, currency,
 * order_id, content_type, content_ids (comma list), query, description,
 * limited_data_use, ip, user_agent, event_time, consent.
 * Other names are ignored, a name that comes twice is refused, and so are
 * bytes that are not UTF-8 or NUL.  Results as for ngx_tiktok_json_parse().
 */
ngx_int_t ngx_tiktok_form_parse(ngx_pool_t *pool, ngx_str_t *text,
    ngx_tiktok_json_t *json);

/* wipes and frees the tree */
void ngx_tiktok_json_destroy(ngx_tiktok_json_t *json);


/*
 * A writer of JSON text into memory of the pool, growing as needed.  Once
 * memory is short, it writes nothing more and "failed" is set.
 */

typedef struct {
    ngx_pool_t   *pool;
    u_char       *start;
    u_char       *pos;
    u_char       *end;
    ngx_uint_t    failed;
} ngx_tiktok_writer_t;


ngx_int_t ngx_tiktok_writer_init(ngx_tiktok_writer_t *w, ngx_pool_t *pool,
    size_t size);

/* makes room for len bytes where there is none; NGX_OK or NGX_ERROR */
ngx_int_t ngx_tiktok_writer_grow(ngx_tiktok_writer_t *w, size_t len);

#define ngx_tiktok_writer_reserve(w, len)                                     \
    ((size_t) (len) <= (size_t) ((w)->end - (w)->pos)                         \
     ? NGX_OK : ngx_tiktok_writer_grow(w, len))


/* bytes as they are */

static ngx_inline void
ngx_tiktok_write(ngx_tiktok_writer_t *w, const void *data, size_t len)
{
    if (ngx_tiktok_writer_reserve(w, len) == NGX_OK) {
        w->pos = ngx_cpymem(w->pos, data, len);
    }
}


#define ngx_tiktok_write_literal(w, text)                                     \
    ngx_tiktok_write(w, text, sizeof(text) - 1)

/* where the writer stands, and back to there: what came since is left out */

#define ngx_tiktok_writer_mark(w)  ((size_t) ((w)->pos - (w)->start))
#define ngx_tiktok_writer_back(w, mark)  (w)->pos = (w)->start + (mark)

/* text by a format of ngx_sprintf() */
void ngx_tiktok_write_format(ngx_tiktok_writer_t *w, const char *fmt, ...);

/* a comma, unless this is the first in an object or array */
void ngx_tiktok_write_comma(ngx_tiktok_writer_t *w);

/* a member's name, with the comma before and the colon behind it */
void ngx_tiktok_write_name(ngx_tiktok_writer_t *w, const char *name);

/* the same of one that has nothing to escape */
void ngx_tiktok_write_plain_name(ngx_tiktok_writer_t *w, ngx_str_t *name);

#define ngx_tiktok_write_literal_name(w, name)                                \
    (ngx_tiktok_write_comma(w), ngx_tiktok_write_literal(w, "\"" name "\":"))

/* UTF-8 text as a JSON string, in quotes and escaped */
void ngx_tiktok_write_string(ngx_tiktok_writer_t *w, u_char *data, size_t len);

/* the same of a text that is known to have nothing to escape */
void ngx_tiktok_write_quoted(ngx_tiktok_writer_t *w, u_char *data, size_t len);

/* the same without the quotes: a part of a string */
void ngx_tiktok_write_text(ngx_tiktok_writer_t *w, u_char *data, size_t len);

/* a finite number, integers and up to 15 digits kept exactly */
void ngx_tiktok_write_number(ngx_tiktok_writer_t *w, double number);


#endif /* _NGX_TIKTOK_JSON_H_INCLUDED_ */
