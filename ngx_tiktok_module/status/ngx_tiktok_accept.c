
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * Content negotiation by RFC 9110, 12.5.1.
 */


#include "ngx_tiktok_status.h"


#define NGX_TIKTOK_ACCEPT_TYPES  8


/* what is known of one of the media types on offer */

typedef struct {
    ngx_uint_t  exact;          /* by its name 2, half of it 1, at all 0 */
    ngx_uint_t  quality;        /* in thousandths */
    ngx_uint_t  order;          /* where it was found, from 1 on */
} ngx_tiktok_liking_t;


static void ngx_tiktok_accept_range(ngx_tiktok_liking_t *likings,
    ngx_str_t *types, ngx_uint_t n, u_char *p, u_char *last, ngx_uint_t order);
static ngx_uint_t ngx_tiktok_accept_quality(u_char *p, u_char *last);


ngx_uint_t
ngx_tiktok_accept(ngx_http_request_t *r, ngx_str_t *types, ngx_uint_t n)
{
    u_char               *p, *comma, *last;
    ngx_uint_t            i, best, order;
    ngx_list_part_t      *part;
    ngx_table_elt_t      *h;
    ngx_tiktok_liking_t   likings[NGX_TIKTOK_ACCEPT_TYPES];

    ngx_memzero(likings, sizeof(likings));

    order = 0;
    part = &r->headers_in.headers.part;
    h = part->elts;

    for (i = 0; /* void */ ; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                break;
            }

            part = part->next;
            h = part->elts;
            i = 0;
        }

        if (h[i].key.len != sizeof("accept") - 1
            || ngx_memcmp(h[i].lowcase_key, "accept", sizeof("accept") - 1)
               != 0)
        {
            continue;
        }

        p = h[i].value.data;
        last = p + h[i].value.len;

        for ( ;; ) {
            comma = ngx_strlchr(p, last, ',');

            ngx_tiktok_accept_range(likings, types, n, p,
                                    comma ? comma : last, ++order);
            if (comma == NULL) {
                break;
            }

            p = comma + 1;
        }
    }

    best = 0;

    for (i = 1; i < n; i++) {

        if (likings[i].quality > likings[best].quality
            || (likings[i].quality
                && likings[i].quality == likings[best].quality
                && likings[i].order < likings[best].order))
        {
            best = i;
        }
    }

    return best;
}


/* of the ranges that a type is in, the most specific one counts */

static void
ngx_tiktok_accept_range(ngx_tiktok_liking_t *likings, ngx_str_t *types,
    ngx_uint_t n, u_char *p, u_char *last, ngx_uint_t order)
{
    u_char      *end, *slash;
    size_t       len;
    ngx_uint_t   i, exact, quality;

    while (p < last && (*p == ' ' || *p == '\t')) {
        p++;
    }

    for (end = p; end < last; end++) {
        if (*end == ';' || *end == ' ' || *end == '\t') {
            break;
        }
    }

    len = end - p;
    quality = ngx_tiktok_accept_quality(end, last);

    for (i = 0; i < n; i++) {

        slash = ngx_strlchr(types[i].data, types[i].data + types[i].len, '/');

        if (len == types[i].len
            && ngx_strncasecmp(p, types[i].data, len) == 0)
        {
            exact = 2;

        } else if (len == (size_t) (slash - types[i].data) + 2
                   && ngx_strncasecmp(p, types[i].data, len - 1) == 0
                   && p[len - 1] == '*')
        {
            exact = 1;

        } else if (len == 3 && ngx_strncmp(p, "*/*", 3) == 0) {
            exact = 0;

        } else {
            continue;
        }

        if (likings[i].order
            && (exact < likings[i].exact
                || (exact == likings[i].exact
                    && quality <= likings[i].quality)))
        {
            continue;
        }

        likings[i].exact = exact;
        likings[i].quality = quality;
        likings[i].order = order;
    }
}


/* "q=0.75" of the parameters, in thousandths */

static ngx_uint_t
ngx_tiktok_accept_quality(u_char *p, u_char *last)
{
    ngx_uint_t  quality, digit;

    for ( ;; ) {
        p = ngx_strlchr(p, last, ';');

        if (p == NULL) {
            return 1000;
        }

        p++;

        while (p < last && (*p == ' ' || *p == '\t')) {
            p++;
        }

        if (last - p > 2 && ngx_tolower(*p) == 'q' && p[1] == '=') {
            p += 2;
            break;
        }
    }

    if (*p != '0') {
        return 1000;
    }

    quality = 0;
    p++;

    if (p < last && *p == '.') {
        p++;
    }

    for (digit = 100; digit && p < last; digit /= 10, p++) {

        if (*p < '0' || *p > '9') {
            break;
        }

        quality += digit * (*p - '0');
    }

    return quality;
}
