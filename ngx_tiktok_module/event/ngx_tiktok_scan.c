
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_tiktok_json.h"
#include "ngx_tiktok_scan.h"
#include "ngx_tiktok_utf8.h"


#define ngx_tiktok_digit(c)  ((u_char) ((c) - '0') <= 9)

/* longer texts of numbers do not fit in the parser's own buffer */

#define NGX_TIKTOK_NUMBER_LEN     63
#define NGX_TIKTOK_NUMBER_DIGITS  15
#define NGX_TIKTOK_NUMBER_POWER   307


static ngx_inline void ngx_tiktok_scan_token(ngx_tiktok_scan_t *s,
    ngx_tiktok_token_e kind, u_char *start);
static ngx_int_t ngx_tiktok_scan_value(ngx_tiktok_scan_t *s);
static ngx_int_t ngx_tiktok_scan_digits(ngx_tiktok_scan_t *s);
static ngx_int_t ngx_tiktok_scan_next(ngx_tiktok_scan_t *s);
static ngx_int_t ngx_tiktok_scan_container(ngx_tiktok_scan_t *s);
static ngx_int_t ngx_tiktok_scan_name(ngx_tiktok_scan_t *s);
static ngx_int_t ngx_tiktok_scan_string(ngx_tiktok_scan_t *s);
static u_char *ngx_tiktok_scan_escape(ngx_tiktok_scan_t *s, u_char *p);
static ngx_int_t ngx_tiktok_scan_hex4(u_char *p, u_char *last);
static ngx_int_t ngx_tiktok_scan_literal(ngx_tiktok_scan_t *s);
static ngx_inline ngx_int_t ngx_tiktok_scan_blanks(ngx_tiktok_scan_t *s);
static ngx_int_t ngx_tiktok_scan_error(ngx_tiktok_scan_t *s,
    const char *error);


ngx_int_t
ngx_tiktok_scan(ngx_tiktok_scan_t *s, ngx_str_t *text, ngx_uint_t depth)
{
    return ngx_tiktok_scan_tokens(s, text, depth, NULL);
}


ngx_int_t
ngx_tiktok_scan_tokens(ngx_tiktok_scan_t *s, ngx_str_t *text, ngx_uint_t depth,
    ngx_tiktok_scan_token_pt token)
{
    ngx_int_t  rc;

    ngx_memzero(s, sizeof(ngx_tiktok_scan_t));

    s->token = token;
    s->pos = text->data;
    s->last = text->data + text->len;
    s->depth = ngx_min(depth, NGX_TIKTOK_SCAN_DEPTH);

    do {
        rc = ngx_tiktok_scan_value(s);

        if (rc == NGX_OK) {
            rc = ngx_tiktok_scan_next(s);
        }

    } while (rc == NGX_AGAIN);

    return rc;
}


static ngx_inline void
ngx_tiktok_scan_token(ngx_tiktok_scan_t *s, ngx_tiktok_token_e kind,
    u_char *start)
{
    ngx_str_t  token;

    if (s->token) {
        token.data = start;
        token.len = s->pos - start;

        s->token(s, kind, &token);
    }
}


/* NGX_OK behind a whole value, NGX_AGAIN before the first one inside it */

static ngx_int_t
ngx_tiktok_scan_value(ngx_tiktok_scan_t *s)
{
    u_char     *start;
    ngx_int_t   rc;

    if (ngx_tiktok_scan_blanks(s) != NGX_OK) {
        return NGX_DECLINED;
    }

    start = s->pos;

    if (++s->values > NGX_TIKTOK_JSON_NODES) {
        return ngx_tiktok_scan_error(s, "too many values");
    }

    switch (*s->pos) {

    case '{':
    case '[':
        return ngx_tiktok_scan_container(s);

    case '"':
        rc = ngx_tiktok_scan_string(s);
        break;

    case 't':
    case 'f':
    case 'n':
        rc = ngx_tiktok_scan_literal(s);
        break;

    default:
        rc = ngx_tiktok_scan_digits(s);
        break;
    }

    if (rc == NGX_OK) {
        ngx_tiktok_scan_token(s, NGX_TIKTOK_TOKEN_VALUE, start);
    }

    return rc;
}


static ngx_int_t
ngx_tiktok_scan_digits(ngx_tiktok_scan_t *s)
{
    u_char               *p;
    ngx_tiktok_number_e   kind;

    p = ngx_tiktok_scan_number(s->pos, s->last, &kind);

    if (p == NULL) {
        return ngx_tiktok_scan_error(s, "unexpected character");
    }

    if (kind != NGX_TIKTOK_NUMBER_EXACT) {
        s->numbers++;
        s->strings++;
        s->length += p - s->pos;
    }

    s->pos = p;

    return NGX_OK;
}


/* NGX_OK at the end of the text, NGX_AGAIN before another value */

static ngx_int_t
ngx_tiktok_scan_next(ngx_tiktok_scan_t *s)
{
    u_char      c;
    ngx_uint_t  object;

    while (s->level) {

        if (ngx_tiktok_scan_blanks(s) != NGX_OK) {
            return NGX_DECLINED;
        }

        c = *s->pos;
        object = s->objects & 1;

        if (c == ',') {
            s->pos++;
            return object ? ngx_tiktok_scan_name(s) : NGX_AGAIN;
        }

        if (c != (object ? '}' : ']')) {
            return ngx_tiktok_scan_error(s, "unexpected character");
        }

        s->pos++;
        s->level--;
        s->objects >>= 1;

        ngx_tiktok_scan_token(s, NGX_TIKTOK_TOKEN_CLOSE, s->pos - 1);
    }

    if (ngx_tiktok_scan_blanks(s) == NGX_OK) {
        return ngx_tiktok_scan_error(s, "bytes after the JSON text");
    }

    s->error = NULL;

    return NGX_OK;
}


static ngx_int_t
ngx_tiktok_scan_container(ngx_tiktok_scan_t *s)
{
    u_char      close;
    ngx_uint_t  object;

    if (s->level == s->depth) {
        return ngx_tiktok_scan_error(s, "nesting is too deep");
    }

    object = (*s->pos++ == '{');
    close = object ? '}' : ']';

    ngx_tiktok_scan_token(s, NGX_TIKTOK_TOKEN_OPEN, s->pos - 1);

    if (ngx_tiktok_scan_blanks(s) != NGX_OK) {
        return NGX_DECLINED;
    }

    if (*s->pos == close) {
        s->pos++;
        ngx_tiktok_scan_token(s, NGX_TIKTOK_TOKEN_CLOSE, s->pos - 1);
        return NGX_OK;
    }

    s->level++;
    s->objects = s->objects << 1 | object;

    return object ? ngx_tiktok_scan_name(s) : NGX_AGAIN;
}


static ngx_int_t
ngx_tiktok_scan_name(ngx_tiktok_scan_t *s)
{
    u_char  *start;

    if (ngx_tiktok_scan_blanks(s) != NGX_OK) {
        return NGX_DECLINED;
    }

    if (*s->pos != '"') {
        return ngx_tiktok_scan_error(s, "unexpected character");
    }

    start = s->pos;

    if (ngx_tiktok_scan_string(s) != NGX_OK) {
        return NGX_DECLINED;
    }

    ngx_tiktok_scan_token(s, NGX_TIKTOK_TOKEN_NAME, start);

    if (ngx_tiktok_scan_blanks(s) != NGX_OK) {
        return NGX_DECLINED;
    }

    if (*s->pos != ':') {
        return ngx_tiktok_scan_error(s, "unexpected character");
    }

    s->pos++;

    return NGX_AGAIN;
}


static ngx_int_t
ngx_tiktok_scan_string(ngx_tiktok_scan_t *s)
{
    u_char  *p;

    p = s->pos + 1;

    for ( ;; ) {
        p = ngx_tiktok_utf8_plain(p, s->last);

        if (p == s->last) {
            return ngx_tiktok_scan_error(s, "unexpected end");
        }

        if (*p == '"') {
            break;
        }

        if (*p == '\\') {
            p = ngx_tiktok_scan_escape(s, p + 1);

            if (p == NULL) {
                return NGX_DECLINED;
            }

            continue;
        }

        if (*p < 0x20) {
            return ngx_tiktok_scan_error(s, "control character in a string");
        }

        if (ngx_tiktok_utf8_decode(&p, s->last) == NGX_TIKTOK_UTF8_INVALID) {
            return ngx_tiktok_scan_error(s, "invalid UTF-8");
        }
    }

    s->strings++;
    s->length += p - s->pos - 1;
    s->pos = p + 1;

    return NGX_OK;
}


static u_char *
ngx_tiktok_scan_escape(ngx_tiktok_scan_t *s, u_char *p)
{
    ngx_int_t  c;

    if (p == s->last) {
        s->error = "unexpected end";
        return NULL;
    }

    switch (*p++) {

    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
        return p;

    case 'u':
        break;

    default:
        s->error = "invalid escape in a string";
        return NULL;
    }

    c = ngx_tiktok_scan_hex4(p, s->last);

    if (c == NGX_ERROR) {
        s->error = "invalid escape in a string";
        return NULL;
    }

    if (c == 0) {
        s->error = "NUL in a string";
        return NULL;
    }

    p += 4;

    if (c < 0xd800 || c > 0xdfff) {
        return p;
    }

    if (c <= 0xdbff && s->last - p >= 6 && p[0] == '\\' && p[1] == 'u') {
        c = ngx_tiktok_scan_hex4(p + 2, s->last);

        if (c >= 0xdc00 && c <= 0xdfff) {
            return p + 6;
        }
    }

    s->error = "unpaired surrogate";

    return NULL;
}


static ngx_int_t
ngx_tiktok_scan_hex4(u_char *p, u_char *last)
{
    if (last - p < 4) {
        return NGX_ERROR;
    }

    return ngx_hextoi(p, 4);
}


static ngx_int_t
ngx_tiktok_scan_literal(ngx_tiktok_scan_t *s)
{
    ngx_str_t   *word;
    ngx_uint_t   i;

    static ngx_str_t  words[] = {
        ngx_string("true"),
        ngx_string("false"),
        ngx_string("null"),
        ngx_null_string
    };

    for (i = 0; words[i].len; i++) {
        word = &words[i];

        if ((size_t) (s->last - s->pos) >= word->len
            && ngx_memcmp(s->pos, word->data, word->len) == 0)
        {
            s->pos += word->len;
            return NGX_OK;
        }
    }

    return ngx_tiktok_scan_error(s, "unexpected character");
}


u_char *
ngx_tiktok_scan_number(u_char *p, u_char *last, ngx_tiktok_number_e *kind)
{
    u_char      *start;
    ngx_int_t    power, exponent, sign;
    ngx_uint_t   digits;

    start = p;

    /* significant digits, and the power of ten of the first one */

    digits = 0;
    power = -1;

    if (p < last && *p == '-') {
        p++;
    }

    if (p == last || !ngx_tiktok_digit(*p)) {
        return NULL;
    }

    if (*p == '0') {
        p++;

    } else {
        for ( /* void */ ; p < last && ngx_tiktok_digit(*p); p++) {
            digits++;
            power++;
        }
    }

    if (p < last && *p == '.') {
        p++;

        if (p == last || !ngx_tiktok_digit(*p)) {
            return NULL;
        }

        for ( /* void */ ; p < last && ngx_tiktok_digit(*p); p++) {

            if (digits || *p != '0') {
                digits++;

            } else {
                power--;
            }
        }
    }

    exponent = 0;

    if (p < last && (*p == 'e' || *p == 'E')) {
        p++;
        sign = 1;

        if (p < last && (*p == '+' || *p == '-')) {
            sign = (*p++ == '-') ? -1 : 1;
        }

        if (p == last || !ngx_tiktok_digit(*p)) {
            return NULL;
        }

        for ( /* void */ ; p < last && ngx_tiktok_digit(*p); p++) {
            if (exponent < 100000000) {
                exponent = exponent * 10 + (*p - '0');
            }
        }

        exponent *= sign;
    }

    power += exponent;

    if (digits && (power > NGX_TIKTOK_NUMBER_POWER
                   || power < -NGX_TIKTOK_NUMBER_POWER))
    {
        *kind = NGX_TIKTOK_NUMBER_RANGE;

    } else if (digits > NGX_TIKTOK_NUMBER_DIGITS
               || p - start > NGX_TIKTOK_NUMBER_LEN)
    {
        *kind = NGX_TIKTOK_NUMBER_LONG;

    } else {
        *kind = NGX_TIKTOK_NUMBER_EXACT;
    }

    return p;
}


static ngx_inline ngx_int_t
ngx_tiktok_scan_blanks(ngx_tiktok_scan_t *s)
{
    u_char  *p;

    for (p = s->pos; p < s->last; p++) {

        if (*p > ' ') {
            s->pos = p;
            return NGX_OK;
        }

        if (*p != ' ' && *p != '\t' && *p != '\n' && *p != '\r') {
            s->pos = p;
            return NGX_OK;
        }
    }

    s->pos = p;

    return ngx_tiktok_scan_error(s, "unexpected end");
}


static ngx_int_t
ngx_tiktok_scan_error(ngx_tiktok_scan_t *s, const char *error)
{
    s->error = error;

    return NGX_DECLINED;
}
