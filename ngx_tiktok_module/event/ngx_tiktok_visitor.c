
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_tiktok_visitor.h"


#define NGX_TIKTOK_QUALITY_MAX  1000


typedef struct {
    uint32_t  address;
    uint32_t  bits;
} ngx_tiktok_net_t;


static ngx_uint_t ngx_tiktok_ip_in(ngx_tiktok_net_t *nets, uint32_t address);
static ngx_uint_t ngx_tiktok_ip_public_v4(in_addr_t address);
static void ngx_tiktok_locale_item(ngx_str_t *item, ngx_uint_t *quality);
static ngx_uint_t ngx_tiktok_locale_quality(u_char *p, u_char *last);
static void ngx_tiktok_locale_trim(ngx_str_t *text);
static u_char *ngx_tiktok_locale_subtag(u_char *dst, u_char *p, size_t len,
    ngx_uint_t first, ngx_uint_t extension);


/* networks that nobody's visitors come from */

static ngx_tiktok_net_t  ngx_tiktok_nets[] = {
    { 0x00000000, 8 },                      /* this network */
    { 0x0a000000, 8 },                      /* private */
    { 0x64400000, 10 },                     /* behind a carrier's NAT */
    { 0x7f000000, 8 },                      /* loopback */
    { 0xa9fe0000, 16 },                     /* link-local */
    { 0xac100000, 12 },                     /* private */
    { 0xc0000000, 24 },                     /* protocol assignments */
    { 0xc0000200, 24 },                     /* documentation */
    { 0xc0586300, 24 },                     /* relays from IPv6 */
    { 0xc0a80000, 16 },                     /* private */
    { 0xc6120000, 15 },                     /* benchmarks */
    { 0xc6336400, 24 },                     /* documentation */
    { 0xcb007100, 24 },                     /* documentation */
    { 0xe0000000, 3 },                      /* multicast and reserved */
    { 0, 0 }
};


#if (NGX_HAVE_INET6)

/* the same within 2000::/3, by the first 32 bits */

static ngx_tiktok_net_t  ngx_tiktok_nets6[] = {
    { 0x20010000, 23 },                     /* protocol assignments */
    { 0x20010db8, 32 },                     /* documentation */
    { 0x3fff0000, 20 },                     /* documentation */
    { 0, 0 }
};

#endif


ngx_uint_t
ngx_tiktok_ip_public(ngx_str_t *ip)
{
    in_addr_t        address;
#if (NGX_HAVE_INET6)
    u_char          *p;
    struct in6_addr  address6;
#endif

    address = ngx_inet_addr(ip->data, ip->len);

    if (address != INADDR_NONE) {
        return ngx_tiktok_ip_public_v4(address);
    }

#if (NGX_HAVE_INET6)

    if (ip->len == 0
        || ngx_inet6_addr(ip->data, ip->len, address6.s6_addr) != NGX_OK)
    {
        return 0;
    }

    p = address6.s6_addr;

    if (IN6_IS_ADDR_V4MAPPED(&address6)) {
        ngx_memcpy(&address, p + 12, 4);

        /* the text ends in it, if it is not hexadecimal */

        p = ip->data + ip->len;

        while (p > ip->data && p[-1] != ':') {
            p--;
        }

        if (!ngx_tiktok_ip_public_v4(address)
            || ngx_inet_addr(p, ip->data + ip->len - p) != address)
        {
            return 0;
        }

        ip->len -= p - ip->data;
        ip->data = p;

        return 1;
    }

    address = (uint32_t) p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];

    return (p[0] & 0xe0) == 0x20 && !ngx_tiktok_ip_in(ngx_tiktok_nets6,
                                                      address);
#else

    return 0;

#endif
}


static ngx_uint_t
ngx_tiktok_ip_public_v4(in_addr_t address)
{
    return !ngx_tiktok_ip_in(ngx_tiktok_nets, ntohl(address));
}


static ngx_uint_t
ngx_tiktok_ip_in(ngx_tiktok_net_t *nets, uint32_t address)
{
    ngx_tiktok_net_t  *net;

    for (net = nets; net->bits; net++) {
        if ((address ^ net->address) >> (32 - net->bits) == 0) {
            return 1;
        }
    }

    return 0;
}


u_char *
ngx_tiktok_locale(u_char *dst, ngx_str_t *accept_language)
{
    u_char      *p, *end, *last, *tag, *written;
    ngx_str_t    item;
    ngx_uint_t   quality, best;

    best = 0;
    written = dst;
    last = accept_language->data + accept_language->len;

    for (p = accept_language->data; p < last; p = end + 1) {

        end = ngx_strlchr(p, last, ',');
        if (end == NULL) {
            end = last;
        }

        item.data = p;
        item.len = end - p;

        ngx_tiktok_locale_item(&item, &quality);

        if (quality <= best) {
            continue;
        }

        tag = ngx_tiktok_locale_tag(dst, &item);

        if (tag) {
            written = tag;
            best = quality;
        }
    }

    return written;
}


/* cuts an item down to its tag */

static void
ngx_tiktok_locale_item(ngx_str_t *item, ngx_uint_t *quality)
{
    u_char  *p, *last;

    *quality = NGX_TIKTOK_QUALITY_MAX;

    last = item->data + item->len;

    p = ngx_strlchr(item->data, last, ';');

    if (p) {
        *quality = ngx_tiktok_locale_quality(p + 1, last);
        item->len = p - item->data;
    }

    ngx_tiktok_locale_trim(item);
}


/* in thousandths; what is no "q=" is the lowest there is */

static ngx_uint_t
ngx_tiktok_locale_quality(u_char *p, u_char *last)
{
    ngx_str_t   text;
    ngx_uint_t  quality, unit;

    text.data = p;
    text.len = last - p;

    ngx_tiktok_locale_trim(&text);

    if (text.len < 3 || (text.data[0] | 0x20) != 'q' || text.data[1] != '=') {
        return 0;
    }

    p = text.data + 2;
    last = text.data + text.len;

    if (*p == '1') {
        return NGX_TIKTOK_QUALITY_MAX;
    }

    if (*p++ != '0' || p == last || *p++ != '.') {
        return 0;
    }

    quality = 0;

    for (unit = NGX_TIKTOK_QUALITY_MAX / 10; p < last && unit; unit /= 10) {

        if (*p < '0' || *p > '9') {
            return 0;
        }

        quality += (*p++ - '0') * unit;
    }

    return quality;
}


static void
ngx_tiktok_locale_trim(ngx_str_t *text)
{
    while (text->len && (*text->data == ' ' || *text->data == '\t')) {
        text->data++;
        text->len--;
    }

    while (text->len
           && (text->data[text->len - 1] == ' '
               || text->data[text->len - 1] == '\t'))
    {
        text->len--;
    }
}


u_char *
ngx_tiktok_locale_tag(u_char *dst, ngx_str_t *tag)
{
    u_char      *p, *start, *last;
    ngx_uint_t   first, extension;

    if (tag->len > NGX_TIKTOK_LOCALE_LEN) {
        return NULL;
    }

    /* the tag that is there already stays if this one is bad */

    p = tag->data;
    last = tag->data + tag->len;

    for (first = 1; /* void */ ; first = 0) {
        start = p;

        while (p < last && *p != '-' && *p != '_') {

            if (!((*p | 0x20) >= 'a' && (*p | 0x20) <= 'z')
                && (first || *p < '0' || *p > '9'))
            {
                return NULL;
            }

            p++;
        }

        if (p == start || p - start > 8 || (first && p - start < 2)) {
            return NULL;
        }

        if (p++ == last) {
            break;
        }
    }

    extension = 0;
    p = tag->data;

    for (first = 1; /* void */ ; first = 0) {
        start = p;

        while (p < last && *p != '-' && *p != '_') {
            p++;
        }

        dst = ngx_tiktok_locale_subtag(dst, start, p - start, first,
                                       extension);

        /* behind "-x-" and the like, two letters are no country */

        extension |= (p - start == 1);

        if (p == last) {
            return dst;
        }

        *dst++ = '-';
        p++;
    }
}


/* "de" and "1996" stay, "Latn" is a script, "DE" a country */

static u_char *
ngx_tiktok_locale_subtag(u_char *dst, u_char *p, size_t len,
    ngx_uint_t first, ngx_uint_t extension)
{
    size_t  i;

    ngx_strlow(dst, p, len);

    if (!first && !extension) {

        if (len == 2) {
            for (i = 0; i < 2; i++) {
                dst[i] = ngx_toupper(dst[i]);
            }

        } else if (len == 4) {
            dst[0] = ngx_toupper(dst[0]);
        }
    }

    return dst + len;
}
