
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * Names of people and places as the Events API wants them.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_tiktok_identity.h"
#include "ngx_tiktok_utf8.h"


#define NGX_TIKTOK_ZIP_US        5
#define NGX_TIKTOK_ZIP_US_LONG   10         /* 12345-6789 */
#define NGX_TIKTOK_PLACE_DIGITS  5          /* of a zip beside a city */


typedef struct {
    ngx_str_t    name;
    const char  *code;
} ngx_tiktok_us_state_t;


static u_char *ngx_tiktok_normal_place(u_char *dst, ngx_str_t *text);
static u_char *ngx_tiktok_normal_words(u_char *dst, ngx_str_t *text,
    ngx_uint_t blanks);
static ngx_uint_t ngx_tiktok_zip_us(ngx_str_t *text,
    ngx_tiktok_place_t *place);
static ngx_uint_t ngx_tiktok_zip_digits(u_char *p, size_t len);
static ngx_uint_t ngx_tiktok_dash(uint32_t c);
static ngx_uint_t ngx_tiktok_words(ngx_str_t *text);


#define ngx_tiktok_in_us(place)                                               \
    ((place)->country.len == 2 && ngx_memcmp((place)->country.data, "us", 2)  \
                                  == 0)


static ngx_tiktok_us_state_t  ngx_tiktok_us_states[] = {
    { ngx_string("alabama"), "al" },
    { ngx_string("alaska"), "ak" },
    { ngx_string("americansamoa"), "as" },
    { ngx_string("arizona"), "az" },
    { ngx_string("arkansas"), "ar" },
    { ngx_string("california"), "ca" },
    { ngx_string("colorado"), "co" },
    { ngx_string("connecticut"), "ct" },
    { ngx_string("delaware"), "de" },
    { ngx_string("districtofcolumbia"), "dc" },
    { ngx_string("florida"), "fl" },
    { ngx_string("georgia"), "ga" },
    { ngx_string("guam"), "gu" },
    { ngx_string("hawaii"), "hi" },
    { ngx_string("idaho"), "id" },
    { ngx_string("illinois"), "il" },
    { ngx_string("indiana"), "in" },
    { ngx_string("iowa"), "ia" },
    { ngx_string("kansas"), "ks" },
    { ngx_string("kentucky"), "ky" },
    { ngx_string("louisiana"), "la" },
    { ngx_string("maine"), "me" },
    { ngx_string("maryland"), "md" },
    { ngx_string("massachusetts"), "ma" },
    { ngx_string("michigan"), "mi" },
    { ngx_string("minnesota"), "mn" },
    { ngx_string("mississippi"), "ms" },
    { ngx_string("missouri"), "mo" },
    { ngx_string("montana"), "mt" },
    { ngx_string("nebraska"), "ne" },
    { ngx_string("nevada"), "nv" },
    { ngx_string("newhampshire"), "nh" },
    { ngx_string("newjersey"), "nj" },
    { ngx_string("newmexico"), "nm" },
    { ngx_string("newyork"), "ny" },
    { ngx_string("northcarolina"), "nc" },
    { ngx_string("northdakota"), "nd" },
    { ngx_string("northernmarianaislands"), "mp" },
    { ngx_string("ohio"), "oh" },
    { ngx_string("oklahoma"), "ok" },
    { ngx_string("oregon"), "or" },
    { ngx_string("pennsylvania"), "pa" },
    { ngx_string("puertorico"), "pr" },
    { ngx_string("rhodeisland"), "ri" },
    { ngx_string("southcarolina"), "sc" },
    { ngx_string("southdakota"), "sd" },
    { ngx_string("tennessee"), "tn" },
    { ngx_string("texas"), "tx" },
    { ngx_string("utah"), "ut" },
    { ngx_string("vermont"), "vt" },
    { ngx_string("virginia"), "va" },
    { ngx_string("virginislands"), "vi" },
    { ngx_string("washington"), "wa" },
    { ngx_string("washingtondc"), "dc" },
    { ngx_string("westvirginia"), "wv" },
    { ngx_string("wisconsin"), "wi" },
    { ngx_string("wyoming"), "wy" },
    { ngx_null_string, NULL }
};


u_char *
ngx_tiktok_normal_name(u_char *dst, ngx_str_t *text,
    ngx_tiktok_place_t *place)
{
    u_char     *last;
    ngx_str_t   name;

    last = ngx_tiktok_normal_words(dst, text, 1);

    if (last == NULL) {
        return NULL;
    }

    /* blanks that were beside punctuation */

    name.data = dst;
    name.len = last - dst;

    ngx_tiktok_utf8_trim(&name);

    if (name.len == 0) {
        return NULL;
    }

    ngx_memmove(dst, name.data, name.len);

    return dst + name.len;
}


u_char *
ngx_tiktok_normal_zip(u_char *dst, ngx_str_t *text, ngx_tiktok_place_t *place)
{
    u_char    *p, *q, *d, *last;
    uint32_t   c;

    if (!ngx_tiktok_words(text)) {
        return NULL;
    }

    last = ngx_tiktok_lower(dst, text->data, text->len);

    if (last == NULL) {
        return NULL;
    }

    d = dst;

    for (p = dst; p < last; p = q) {
        q = p;
        c = ngx_tiktok_utf8_decode(&q, last);

        if (!ngx_tiktok_utf8_blank(c) && !ngx_tiktok_dash(c)) {
            d = ngx_movemem(d, p, q - p);
        }
    }

    if (d > dst && ngx_tiktok_zip_us(text, place)) {

        if (!ngx_tiktok_zip_digits(dst, d - dst)
            || d - dst < NGX_TIKTOK_ZIP_US)
        {
            return NULL;
        }

        return dst + NGX_TIKTOK_ZIP_US;
    }

    return d > dst ? d : NULL;
}


/* without a country only the long form tells */

static ngx_uint_t
ngx_tiktok_zip_us(ngx_str_t *text, ngx_tiktok_place_t *place)
{
    if (place->country.len) {
        return ngx_tiktok_in_us(place);
    }

    return text->len == NGX_TIKTOK_ZIP_US_LONG
           && ngx_tiktok_zip_digits(text->data, NGX_TIKTOK_ZIP_US)
           && text->data[NGX_TIKTOK_ZIP_US] == '-'
           && ngx_tiktok_zip_digits(text->data + NGX_TIKTOK_ZIP_US + 1,
                                    NGX_TIKTOK_ZIP_US - 1);
}


static ngx_uint_t
ngx_tiktok_zip_digits(u_char *p, size_t len)
{
    size_t  i;

    for (i = 0; i < len; i++) {
        if (p[i] < '0' || p[i] > '9') {
            return 0;
        }
    }

    return 1;
}


static ngx_uint_t
ngx_tiktok_dash(uint32_t c)
{
    return c == '-' || (c >= 0x2010 && c <= 0x2015) || c == 0x2212
           || c == 0xff0d;
}


u_char *
ngx_tiktok_normal_city(u_char *dst, ngx_str_t *text,
    ngx_tiktok_place_t *place)
{
    return ngx_tiktok_normal_place(dst, text);
}


u_char *
ngx_tiktok_normal_state(u_char *dst, ngx_str_t *text,
    ngx_tiktok_place_t *place)
{
    size_t               len;
    u_char              *last;
    ngx_tiktok_us_state_t  *state;

    last = ngx_tiktok_normal_place(dst, text);

    if (last == NULL || !ngx_tiktok_in_us(place)) {
        return last;
    }

    len = last - dst;

    if (len == 2) {
        return last;
    }

    for (state = ngx_tiktok_us_states; state->code; state++) {
        if (state->name.len == len
            && ngx_memcmp(state->name.data, dst, len) == 0)
        {
            return ngx_cpymem(dst, state->code, 2);
        }
    }

    return NULL;
}


u_char *
ngx_tiktok_normal_country(u_char *dst, ngx_str_t *text,
    ngx_tiktok_place_t *place)
{
    ngx_str_t  country;

    country = *text;

    /* two that are common, though they are not the code */

    if (country.len == 2 && ngx_strncasecmp(country.data, (u_char *) "uk", 2)
                            == 0)
    {
        ngx_str_set(&country, "gb");
    }

    if (country.len == 3 && ngx_strncasecmp(country.data, (u_char *) "usa", 3)
                            == 0)
    {
        ngx_str_set(&country, "us");
    }

    /* where people live, there are telephones */

    if (ngx_tiktok_phone_plan(&country) == NULL) {
        return NULL;
    }

    ngx_strlow(dst, country.data, country.len);

    return dst + country.len;
}


/* it goes out in clear: nothing else may slip in with it */

static u_char *
ngx_tiktok_normal_place(u_char *dst, ngx_str_t *text)
{
    size_t  i, digits;

    digits = 0;

    for (i = 0; i < text->len; i++) {
        if (text->data[i] >= '0' && text->data[i] <= '9') {
            digits++;
        }
    }

    if (digits > NGX_TIKTOK_PLACE_DIGITS) {
        return NULL;
    }

    return ngx_tiktok_normal_words(dst, text, 0);
}


static u_char *
ngx_tiktok_normal_words(u_char *dst, ngx_str_t *text, ngx_uint_t blanks)
{
    u_char    *p, *q, *d, *last;
    uint32_t   c;

    if (!ngx_tiktok_words(text)) {
        return NULL;
    }

    last = ngx_tiktok_lower(dst, text->data, text->len);

    if (last == NULL) {
        return NULL;
    }

    d = dst;

    for (p = dst; p < last; p = q) {
        q = p;
        c = ngx_tiktok_utf8_decode(&q, last);

        if (ngx_tiktok_punctuation(c)
            || (!blanks && ngx_tiktok_utf8_blank(c)))
        {
            continue;
        }

        d = ngx_movemem(d, p, q - p);
    }

    return d > dst ? d : NULL;
}


/* no e-mail address in the wrong field */

static ngx_uint_t
ngx_tiktok_words(ngx_str_t *text)
{
    return ngx_tiktok_utf8_printable(text)
           && memchr(text->data, '@', text->len) == NULL;
}
