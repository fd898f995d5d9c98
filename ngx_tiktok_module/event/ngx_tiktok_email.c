
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_tiktok_url.h"


static size_t ngx_tiktok_email_at(u_char *p, u_char *last);
static ngx_uint_t ngx_tiktok_email_local(u_char c);
static u_char *ngx_tiktok_email_domain(u_char *p, u_char *last,
    ngx_uint_t *found);
static ngx_uint_t ngx_tiktok_email_label(u_char c);


/*
 * Something before an "@", and a domain with a dot behind it.  Nothing is
 * decoded: a percent sign with two digits may stand for a character of an
 * address, so it counts as one.  What was looked at as a domain is not
 * looked at again, so the time is linear.
 */

ngx_uint_t
ngx_tiktok_has_email(u_char *data, size_t len)
{
    u_char      *p, *last;
    size_t       at;
    ngx_uint_t   found;

    if (len == 0
        || (memchr(data, '@', len) == NULL && memchr(data, '%', len) == NULL))
    {
        return 0;
    }

    p = data;
    last = data + len;

    while (p < last) {
        at = ngx_tiktok_email_at(p, last);

        if (at == 0 || p == data || !ngx_tiktok_email_local(p[-1])) {
            p += ngx_max(at, 1);
            continue;
        }

        p = ngx_tiktok_email_domain(p + at, last, &found);

        if (found) {
            return 1;
        }
    }

    return 0;
}


/* the length of an "@", also encoded once or more: "%40", "%2540" */

static size_t
ngx_tiktok_email_at(u_char *p, u_char *last)
{
    u_char  *start;

    if (*p == '@') {
        return 1;
    }

    if (*p != '%') {
        return 0;
    }

    start = p;

    for (p++; last - p >= 2; p += 2) {

        if (p[0] == '4' && p[1] == '0') {
            return p + 2 - start;
        }

        if (p[0] != '2' || p[1] != '5') {
            break;
        }
    }

    return 0;
}


static ngx_uint_t
ngx_tiktok_email_local(u_char c)
{
    if (c <= ' ' || c == 0x7f) {
        return 0;
    }

    return strchr("@,;:<>()[]'/=&?\\", c) == NULL;
}


/* returns where the domain ends; linear over all calls for one text */

static u_char *
ngx_tiktok_email_domain(u_char *p, u_char *last, ngx_uint_t *found)
{
    u_char      *start;
    ngx_uint_t   dot;

    *found = 0;

    for (start = p; p < last; p++) {

        dot = (*p == '.');

        if (*p == '%' && last - p > 2 && p[1] == '2' && (p[2] | 0x20) == 'e') {
            dot = 3;
        }

        if (!dot) {
            if (!ngx_tiktok_email_label(*p)) {
                break;
            }

            continue;
        }

        if (p > start
            && last - p >= (ssize_t) dot + 2
            && ngx_tiktok_email_label(p[dot])
            && (p[dot] < '0' || p[dot] > '9')
            && ngx_tiktok_email_label(p[dot + 1]))
        {
            *found = 1;
            break;
        }
    }

    return p;
}


static ngx_uint_t
ngx_tiktok_email_label(u_char c)
{
    return (c >= '0' && c <= '9')
           || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z')
           || c == '-' || c == '_' || c == '%' || c >= 0x80;
}
