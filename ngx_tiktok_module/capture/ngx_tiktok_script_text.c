
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * The text of the browser script: its parts, which scripts/gen-script has made
 * of the sources in capture/script, and what the configuration says.
 */


#include "ngx_tiktok_script.h"
#include "ngx_tiktok_json.h"
#include "ngx_tiktok_opt_out.h"

#if (NGX_HTTP_GZIP)
#include <zlib.h>
#endif


#define NGX_TIKTOK_SCRIPT_SIZE  16384


typedef struct {
    ngx_str_t       name;
    ngx_str_t       text;
} ngx_tiktok_script_part_t;


static void ngx_tiktok_script_write(ngx_tiktok_loc_conf_t *conf,
    ngx_tiktok_writer_t *w);
static void ngx_tiktok_script_write_names(ngx_tiktok_script_t *script,
    ngx_tiktok_writer_t *w, ngx_uint_t legacy);
static void ngx_tiktok_script_write_cookies(ngx_tiktok_script_t *script,
    ngx_tiktok_writer_t *w, ngx_array_t *consent);
static void ngx_tiktok_script_write_parts(ngx_tiktok_script_t *script,
    ngx_tiktok_writer_t *w, ngx_array_t *consent);
static void ngx_tiktok_script_write_quoted(ngx_tiktok_writer_t *w,
    ngx_str_t *text);
static void ngx_tiktok_script_write_pattern(ngx_tiktok_writer_t *w,
    ngx_str_t *text);
static void ngx_tiktok_script_write_str(ngx_tiktok_writer_t *w,
    ngx_str_t *text);
#if (NGX_HTTP_GZIP)
static ngx_int_t ngx_tiktok_script_compress(ngx_conf_t *cf,
    ngx_tiktok_script_t *script);
#endif
static ngx_int_t ngx_tiktok_script_validators(ngx_conf_t *cf,
    ngx_tiktok_script_t *script);


#include "ngx_tiktok_script_parts.h"


ngx_str_t *
ngx_tiktok_script_tool(ngx_str_t *name)
{
    ngx_tiktok_script_part_t  *part;

    for (part = ngx_tiktok_script_mirrors; part->name.len; part++) {
        if (ngx_strcmp(name->data, part->name.data) == 0) {
            return &part->text;
        }
    }

    return NULL;
}


ngx_int_t
ngx_tiktok_script_text(ngx_conf_t *cf, ngx_tiktok_loc_conf_t *conf)
{
    ngx_tiktok_script_t  *script;
    ngx_tiktok_writer_t   w;

    script = conf->script;

    if (ngx_tiktok_writer_init(&w, cf->pool, NGX_TIKTOK_SCRIPT_SIZE)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_tiktok_script_write(conf, &w);

    if (w.failed) {
        return NGX_ERROR;
    }

    script->body.data = w.start;
    script->body.len = w.pos - w.start;

#if (NGX_HTTP_GZIP)

    if (ngx_tiktok_script_compress(cf, script) != NGX_OK) {
        return NGX_ERROR;
    }

#endif

    return ngx_tiktok_script_validators(cf, script);
}


/* a function, called with what the configuration says */

static void
ngx_tiktok_script_write(ngx_tiktok_loc_conf_t *conf, ngx_tiktok_writer_t *w)
{
    ngx_tiktok_script_t  *script;

    script = conf->script;

    ngx_tiktok_write_literal(w, "(");
    ngx_tiktok_script_write_str(w, &ngx_tiktok_script_core);
    ngx_tiktok_write_literal(w, ")(");

    ngx_tiktok_script_write_quoted(w, &conf->pixel);
    ngx_tiktok_write_literal(w, ",");
    ngx_tiktok_script_write_quoted(w, &script->beacon);
    ngx_tiktok_write_literal(w, ",");
    ngx_tiktok_script_write_quoted(w, &script->sdk);
    ngx_tiktok_write_literal(w, ",");
    ngx_tiktok_script_write_quoted(w, &script->layer);

    ngx_tiktok_script_write_names(script, w, conf->legacy_names);
    ngx_tiktok_script_write_cookies(script, w, conf->consent);
    ngx_tiktok_script_write_parts(script, w, conf->consent);

    ngx_tiktok_write_literal(w, ")\n");
}


/* TikTok's names for GA4's, and 0 for those of events that rules tell */

static void
ngx_tiktok_script_write_names(ngx_tiktok_script_t *script,
    ngx_tiktok_writer_t *w, ngx_uint_t legacy)
{
    ngx_str_t           *alias, *name, *told;
    ngx_uint_t           i;
    ngx_tiktok_event_e   event, last;

    ngx_tiktok_write_literal(w, ",{");

    last = NGX_TIKTOK_EVENT_CUSTOM;

    for (i = 0; /* void */ ; i++) {
        alias = ngx_tiktok_event_alias_at(i, &event);

        if (alias == NULL) {
            break;
        }

        /*
         * The script has page views of its own; GA4 measures downloads and
         * the second name for a search itself, shops push neither.
         */

        if (event == NGX_TIKTOK_EVENT_PAGEVIEW
            || event == NGX_TIKTOK_EVENT_DOWNLOAD
            || event == last)
        {
            continue;
        }

        last = event;

        name = ngx_tiktok_event_spelling(event, legacy);

        if (ngx_tiktok_script_left(script, name)) {
            continue;
        }

        ngx_tiktok_script_write_str(w, alias);
        ngx_tiktok_write_literal(w, ":");
        ngx_tiktok_script_write_quoted(w, name);
        ngx_tiktok_write_literal(w, ",");
    }

    told = script->told.elts;

    for (i = 0; i < script->told.nelts; i++) {
        ngx_tiktok_script_write_quoted(w, &told[i]);
        ngx_tiktok_write_literal(w, ":0,");
    }

    ngx_tiktok_write_literal(w, "}");
}


/* a regular expression: names, or beginnings of names */

static void
ngx_tiktok_script_write_cookies(ngx_tiktok_script_t *script,
    ngx_tiktok_writer_t *w, ngx_array_t *consent)
{
    ngx_str_t                 *watch, *signal;
    ngx_uint_t                 i, n;
    ngx_tiktok_rule_t         *rules;
    ngx_tiktok_cookie_name_t  *name;

    rules = consent->elts;

    ngx_tiktok_write_literal(w, ",/^(");

    for (i = 0; i < consent->nelts; i++) {
        for (n = 0; n < rules[i].policy.nnames; n++) {
            name = &rules[i].policy.names[n];

            ngx_tiktok_script_write_pattern(w, &name->name);
            ngx_tiktok_write_literal(w, "|");
        }
    }

    watch = script->watch.elts;

    for (i = 0; i < script->watch.nelts; i++) {
        ngx_tiktok_script_write_pattern(w, &watch[i]);
        ngx_tiktok_write_literal(w, "|");
    }

    for (i = 0; /* void */ ; i++) {
        signal = ngx_tiktok_opt_out_cookie(i);

        if (signal == NULL) {
            break;
        }

        if (i) {
            ngx_tiktok_write_literal(w, "|");
        }

        ngx_tiktok_script_write_pattern(w, signal);
    }

    ngx_tiktok_write_literal(w, ")/");
}


/* what learns of a change of consent, and whatever else was asked for */

static void
ngx_tiktok_script_write_parts(ngx_tiktok_script_t *script,
    ngx_tiktok_writer_t *w, ngx_array_t *consent)
{
    ngx_uint_t                 i;
    ngx_tiktok_rule_t         *rules;
    ngx_tiktok_script_part_t  *part;

    rules = consent->elts;

    for (i = 0; i < consent->nelts; i++) {
        for (part = ngx_tiktok_script_signals; part->name.len; part++) {
            if (ngx_tiktok_policy_is(&rules[i].policy,
                                     (char *) part->name.data))
            {
                ngx_tiktok_write_literal(w, ",");
                ngx_tiktok_script_write_str(w, &part->text);
            }
        }
    }

    if (script->mirror) {
        ngx_tiktok_write_literal(w, ",(");
        ngx_tiktok_script_write_str(w, &ngx_tiktok_script_mirror);
        ngx_tiktok_write_literal(w, ")((");
        ngx_tiktok_script_write_str(w, script->mirror);
        ngx_tiktok_write_literal(w, ")(");

        /* without an id the tool's own default */

        if (script->id.len) {
            ngx_tiktok_script_write_quoted(w, &script->id);
        }

        ngx_tiktok_write_literal(w, "))");
    }

    if (script->forms) {
        ngx_tiktok_write_literal(w, ",");
        ngx_tiktok_script_write_str(w, &ngx_tiktok_script_forms);
    }
}


static void
ngx_tiktok_script_write_quoted(ngx_tiktok_writer_t *w, ngx_str_t *text)
{
    ngx_tiktok_write_string(w, text->data, text->len);
}


/* a text in a regular expression: it stands for itself, as far as it can */

static void
ngx_tiktok_script_write_pattern(ngx_tiktok_writer_t *w, ngx_str_t *text)
{
    u_char  *p, *last, ch;

    last = text->data + text->len;

    for (p = text->data; p < last; p++) {

        if (*p <= ' ' || *p >= 0x7f) {

            /* one for a character of several bytes */

            if ((*p & 0xc0) != 0x80) {
                ngx_tiktok_write_literal(w, ".");
            }

            continue;
        }

        ch = *p | 0x20;

        if ((ch < 'a' || ch > 'z') && (*p < '0' || *p > '9') && *p != '_') {
            ngx_tiktok_write_literal(w, "\\");
        }

        ngx_tiktok_write(w, p, 1);
    }
}


static void
ngx_tiktok_script_write_str(ngx_tiktok_writer_t *w, ngx_str_t *text)
{
    ngx_tiktok_write(w, text->data, text->len);
}


#if (NGX_HTTP_GZIP)

/* once, and as well as can be */

static ngx_int_t
ngx_tiktok_script_compress(ngx_conf_t *cf, ngx_tiktok_script_t *script)
{
    int        rc;
    size_t     size;
    z_stream   zstream;

    ngx_memzero(&zstream, sizeof(z_stream));

    rc = deflateInit2(&zstream, Z_BEST_COMPRESSION, Z_DEFLATED, MAX_WBITS + 16,
                      MAX_MEM_LEVEL, Z_DEFAULT_STRATEGY);

    if (rc != Z_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"tiktok_script\": deflateInit2() failed: %d", rc);
        return NGX_ERROR;
    }

    size = deflateBound(&zstream, script->body.len);

    script->gzip.data = ngx_pnalloc(cf->pool, size);

    if (script->gzip.data == NULL) {
        deflateEnd(&zstream);
        return NGX_ERROR;
    }

    zstream.next_in = script->body.data;
    zstream.avail_in = script->body.len;
    zstream.next_out = script->gzip.data;
    zstream.avail_out = size;

    rc = deflate(&zstream, Z_FINISH);

    script->gzip.len = size - zstream.avail_out;

    deflateEnd(&zstream);

    if (rc != Z_STREAM_END) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"tiktok_script\": deflate() failed: %d", rc);
        return NGX_ERROR;
    }

    return NGX_OK;
}

#endif


static ngx_int_t
ngx_tiktok_script_validators(ngx_conf_t *cf, ngx_tiktok_script_t *script)
{
    u_char  *p;

    p = ngx_pnalloc(cf->pool, sizeof("W/\"-\"") - 1 + 2 * 16
                              + sizeof("public, max-age=") - 1
                              + NGX_TIME_T_LEN);
    if (p == NULL) {
        return NGX_ERROR;
    }

    /* weak: of both encodings */

    script->etag.data = p;
    p = ngx_sprintf(p, "W/\"%xD-%xz\"",
                    ngx_crc32_long(script->body.data, script->body.len),
                    script->body.len);
    script->etag.len = p - script->etag.data;

    script->cache_control.data = p;
    p = ngx_sprintf(p, "public, max-age=%T", script->max_age);
    script->cache_control.len = p - script->cache_control.data;

    return NGX_OK;
}
