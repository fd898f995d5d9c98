
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_tiktok_url.h"
#include "ngx_tiktok_utf8.h"


#define NGX_TIKTOK_PRIVATE_NAME_LEN  64

/* sets of delimiters */

#define NGX_TIKTOK_URL_PATH       1         /* / */
#define NGX_TIKTOK_URL_QUERY      2         /* ? */
#define NGX_TIKTOK_URL_FRAGMENT   4         /* # */
#define NGX_TIKTOK_URL_PORT       8         /* : */
#define NGX_TIKTOK_URL_BACKSLASH  16        /* that browsers read as a / */
#define NGX_TIKTOK_URL_VALUE      32        /* = */

#define NGX_TIKTOK_URL_ARGS                                                   \
    (NGX_TIKTOK_URL_QUERY|NGX_TIKTOK_URL_FRAGMENT)

#define NGX_TIKTOK_URL_AUTHORITY                                              \
    (NGX_TIKTOK_URL_PATH|NGX_TIKTOK_URL_QUERY|NGX_TIKTOK_URL_FRAGMENT         \
     |NGX_TIKTOK_URL_BACKSLASH)


static u_char *ngx_tiktok_url_authority(ngx_str_t *url);
static u_char *ngx_tiktok_url_find(u_char *p, u_char *last, ngx_uint_t set);
static u_char *ngx_tiktok_url_user_end(u_char *p, u_char *last);
static ngx_uint_t ngx_tiktok_url_harmless(ngx_str_t *url);
static ngx_uint_t ngx_tiktok_write_path(ngx_tiktok_writer_t *w, u_char *p,
    u_char *last);
static ngx_uint_t ngx_tiktok_write_args(ngx_tiktok_writer_t *w, u_char *p,
    u_char *last);
static ngx_uint_t ngx_tiktok_write_arg(ngx_tiktok_writer_t *w, u_char *p,
    u_char *last);
static void ngx_tiktok_innermost_name(ngx_str_t *name);
static ngx_int_t ngx_tiktok_url_decode(u_char *buf, size_t size, u_char *p,
    u_char *last, ngx_str_t *value);
static void ngx_tiktok_host_trim(ngx_str_t *host);


ngx_uint_t
ngx_tiktok_url_http(ngx_str_t *text)
{
    return ngx_tiktok_url_authority(text) != NULL;
}


ngx_uint_t
ngx_tiktok_url_valid(ngx_str_t *url)
{
    u_char  *p, *last;

    p = ngx_tiktok_url_authority(url);

    if (p == NULL) {
        return 0;
    }

    last = url->data + url->len;

    p = ngx_tiktok_url_user_end(p, last);

    if (p == ngx_tiktok_url_find(p, last, NGX_TIKTOK_URL_AUTHORITY
                                          |NGX_TIKTOK_URL_PORT))
    {
        return 0;
    }

    return ngx_tiktok_utf8_printable(url);
}


static u_char *
ngx_tiktok_url_authority(ngx_str_t *url)
{
    /* few texts are one */

    if (url->len < 8 || (url->data[4] != ':' && url->data[5] != ':')) {
        return NULL;
    }

    if (url->len > 7
        && ngx_strncasecmp(url->data, (u_char *) "http://", 7) == 0)
    {
        return url->data + 7;
    }

    if (url->len > 8
        && ngx_strncasecmp(url->data, (u_char *) "https://", 8) == 0)
    {
        return url->data + 8;
    }

    return NULL;
}


/* the first delimiter out of a set, or the end */

static u_char *
ngx_tiktok_url_find(u_char *p, u_char *last, ngx_uint_t set)
{
    static u_char  delimiters[256] = {
        ['/'] = NGX_TIKTOK_URL_PATH,
        ['?'] = NGX_TIKTOK_URL_QUERY,
        ['#'] = NGX_TIKTOK_URL_FRAGMENT,
        [':'] = NGX_TIKTOK_URL_PORT,
        ['='] = NGX_TIKTOK_URL_VALUE,
        ['\\'] = NGX_TIKTOK_URL_BACKSLASH
    };

    while (p < last && !(delimiters[*p] & set)) {
        p++;
    }

    return p;
}


static u_char *
ngx_tiktok_url_user_end(u_char *p, u_char *last)
{
    u_char  *at;

    last = ngx_tiktok_url_find(p, last, NGX_TIKTOK_URL_AUTHORITY);

    for (at = last; at > p; at--) {
        if (at[-1] == '@') {
            break;
        }
    }

    return at;
}


ngx_uint_t
ngx_tiktok_write_url(ngx_tiktok_writer_t *w, ngx_str_t *url)
{
    u_char      *p, *end, *last, *host;
    ngx_uint_t   n;

    if (ngx_tiktok_url_harmless(url)) {
        ngx_tiktok_write_string(w, url->data, url->len);
        return 0;
    }

    n = 0;
    p = ngx_tiktok_url_authority(url);

    if (p == NULL) {
        p = url->data;
    }

    last = url->data + url->len;

    ngx_tiktok_write_literal(w, "\"");
    ngx_tiktok_write_text(w, url->data, p - url->data);

    host = ngx_tiktok_url_user_end(p, last);

    if (host > p) {
        n++;
    }

    end = ngx_tiktok_url_find(host, last, NGX_TIKTOK_URL_ARGS);
    n += ngx_tiktok_write_path(w, host, end);

    if (end < last && *end == '?') {
        p = end + 1;
        end = ngx_tiktok_url_find(p, last, NGX_TIKTOK_URL_FRAGMENT);

        ngx_tiktok_write_literal(w, "?");
        n += ngx_tiktok_write_args(w, p, end);
    }

    if (end < last) {
        ngx_tiktok_write_literal(w, "#");
        n += ngx_tiktok_write_args(w, end + 1, last);
    }

    ngx_tiktok_write_literal(w, "\"");

    return n;
}


/* most have nothing that could be a user, an address or an identifier */

static ngx_uint_t
ngx_tiktok_url_harmless(ngx_str_t *url)
{
    u_char  *p, *name, *start, *last;

    if (memchr(url->data, '@', url->len) || memchr(url->data, '%', url->len)) {
        return 0;
    }

    start = url->data;
    last = url->data + url->len;

    for ( ;; ) {
        p = memchr(start, '=', last - start);

        if (p == NULL) {
            return 1;
        }

        for (name = p; name > start; name--) {
            if (name[-1] == '?' || name[-1] == '&' || name[-1] == '#') {
                break;
            }
        }

        if (ngx_tiktok_private_name(name, p - name)) {
            return 0;
        }

        start = p + 1;
    }
}


static ngx_uint_t
ngx_tiktok_write_path(ngx_tiktok_writer_t *w, u_char *p, u_char *last)
{
    u_char      *end;
    ngx_uint_t   n;

    if (!ngx_tiktok_has_email(p, last - p)) {
        ngx_tiktok_write_text(w, p, last - p);
        return 0;
    }

    n = 0;

    for ( ;; ) {
        end = ngx_tiktok_url_find(p, last, NGX_TIKTOK_URL_PATH);

        if (ngx_tiktok_has_email(p, end - p)) {
            n++;

        } else {
            ngx_tiktok_write_text(w, p, end - p);
        }

        if (end == last) {
            return n;
        }

        ngx_tiktok_write_literal(w, "/");
        p = end + 1;
    }
}


static ngx_uint_t
ngx_tiktok_write_args(ngx_tiktok_writer_t *w, u_char *p, u_char *last)
{
    u_char      *end;
    ngx_uint_t   n;

    n = 0;

    for ( ;; ) {
        end = ngx_strlchr(p, last, '&');
        if (end == NULL) {
            end = last;
        }

        n += ngx_tiktok_write_arg(w, p, end);

        if (end == last) {
            return n;
        }

        ngx_tiktok_write_literal(w, "&");
        p = end + 1;
    }
}


/*
 * A value may be a path with arguments of its own, as in "#/route?name=value"
 * of one-page applications or in "next=/page?name=value".
 */

static ngx_uint_t
ngx_tiktok_write_arg(ngx_tiktok_writer_t *w, u_char *p, u_char *last)
{
    u_char      *value, *end;
    ngx_uint_t   n;

    for (n = 0; /* void */ ; p = end + 1) {

        value = ngx_tiktok_url_find(p, last, NGX_TIKTOK_URL_QUERY
                                             |NGX_TIKTOK_URL_VALUE);

        if (ngx_tiktok_has_email(p, value - p)) {
            return n + 1;
        }

        ngx_tiktok_write_text(w, p, value - p);

        end = value;

        if (value < last && *value == '=') {
            ngx_tiktok_write_literal(w, "=");

            if (ngx_tiktok_private_name(p, value++ - p)) {
                return n + (value < last);
            }

            end = ngx_tiktok_url_find(value, last, NGX_TIKTOK_URL_QUERY);

            if (ngx_tiktok_has_email(value, end - value)) {
                n++;

            } else {
                ngx_tiktok_write_text(w, value, end - value);
            }
        }

        if (end == last) {
            return n;
        }

        ngx_tiktok_write_literal(w, "?");
    }
}


ngx_uint_t
ngx_tiktok_private_name(u_char *name, size_t len)
{
    u_char       buf[NGX_TIKTOK_PRIVATE_NAME_LEN];
    ngx_str_t    text, *known;

    static ngx_str_t  names[] = {
        ngx_string("email"),
        ngx_string("mail"),
        ngx_string("phone"),
        ngx_string("tel"),
        ngx_string("first_name"),
        ngx_string("last_name"),
        ngx_string("password"),
        ngx_string("token"),
        ngx_null_string
    };

    if (ngx_tiktok_url_decode(buf, NGX_TIKTOK_PRIVATE_NAME_LEN, name,
                              name + len, &text)
        != NGX_OK)
    {
        return 0;
    }

    ngx_tiktok_innermost_name(&text);

    for (known = names; known->len; known++) {
        if (known->len == text.len
            && ngx_strncasecmp(known->data, text.data, text.len) == 0)
        {
            return 1;
        }
    }

    return 0;
}


/* forms have names as "checkout[address][phone]" and "email[]" */

static void
ngx_tiktok_innermost_name(ngx_str_t *name)
{
    u_char  *p;

    while (name->len && name->data[name->len - 1] == ']') {

        for (p = name->data + name->len - 1; p > name->data; p--) {
            if (p[-1] == '[') {
                break;
            }
        }

        if (p == name->data) {
            return;
        }

        if (*p != ']') {
            name->len -= p - name->data + 1;
            name->data = p;
            return;
        }

        name->len = p - 1 - name->data;
    }
}


ngx_int_t
ngx_tiktok_url_click_id(ngx_str_t *url, u_char *buf, ngx_str_t *value)
{
    u_char  *p, *end, *last;

    p = url->len ? memchr(url->data, '?', url->len) : NULL;

    if (p == NULL) {
        return NGX_DECLINED;
    }

    /* what follows a "#" is no query, even if it has a "?" */

    last = memchr(url->data, '#', url->len);

    if (last == NULL) {
        last = url->data + url->len;
    }

    while (p < last) {
        p++;

        end = ngx_strlchr(p, last, '&');
        if (end == NULL) {
            end = last;
        }

        if (end - p > 7
            && ngx_memcmp(p, "ttclid=", 7) == 0
            && ngx_tiktok_url_decode(buf, NGX_TIKTOK_CLICK_ID_LEN, p + 7,
                                     end, value)
               == NGX_OK
            && ngx_tiktok_click_id_valid(value))
        {
            return NGX_OK;
        }

        p = end;
    }

    return NGX_DECLINED;
}


/* NGX_DECLINED if the decoded text is longer than size */

static ngx_int_t
ngx_tiktok_url_decode(u_char *buf, size_t size, u_char *p, u_char *last,
    ngx_str_t *value)
{
    u_char     *dst, *end;
    ngx_int_t   c;

    if (ngx_strlchr(p, last, '%') == NULL) {
        value->data = p;
        value->len = last - p;
        return value->len > size ? NGX_DECLINED : NGX_OK;
    }

    dst = buf;
    end = buf + size;

    while (p < last) {

        if (dst == end) {
            return NGX_DECLINED;
        }

        c = (*p == '%' && last - p > 2) ? ngx_hextoi(p + 1, 2) : NGX_ERROR;

        if (c == NGX_ERROR) {
            *dst++ = *p++;
            continue;
        }

        *dst++ = (u_char) c;
        p += 3;
    }

    value->data = buf;
    value->len = dst - buf;

    return NGX_OK;
}


ngx_uint_t
ngx_tiktok_click_id_valid(ngx_str_t *value)
{
    u_char  *p, *last;

    if (value->len == 0 || value->len > NGX_TIKTOK_CLICK_ID_LEN) {
        return 0;
    }

    last = value->data + value->len;

    for (p = value->data; p < last; p++) {
        if (*p <= ' ' || *p >= 0x7f || *p == '"' || *p == '\\'
            || *p == ',' || *p == ';')
        {
            return 0;
        }
    }

    return 1;
}


ngx_uint_t
ngx_tiktok_url_same_host(ngx_str_t *url, ngx_str_t *host)
{
    u_char     *p, *last;
    ngx_str_t   a, b;

    p = ngx_tiktok_url_authority(url);

    if (p == NULL || host->len == 0) {
        return 0;
    }

    last = ngx_tiktok_url_find(p, url->data + url->len,
                               NGX_TIKTOK_URL_AUTHORITY);

    a.data = ngx_tiktok_url_user_end(p, last);
    a.len = last - a.data;
    b = *host;

    ngx_tiktok_host_trim(&a);
    ngx_tiktok_host_trim(&b);

    return a.len == b.len && ngx_strncasecmp(a.data, b.data, a.len) == 0;
}


/* the scheme of the Host header is not known: cut either default port */

static void
ngx_tiktok_host_trim(ngx_str_t *host)
{
    u_char  *end;

    end = host->data + host->len;

    if (host->len > 3 && ngx_memcmp(end - 3, ":80", 3) == 0) {
        host->len -= 3;

    } else if (host->len > 4 && ngx_memcmp(end - 4, ":443", 4) == 0) {
        host->len -= 4;
    }
}
