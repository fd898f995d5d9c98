
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * Crawlers that name themselves.  HTTP libraries, headless browsers and an
 * empty User-Agent are none, and neither is TikTok's own in-app browser.
 */


#include "ngx_tiktok_capture.h"


#define NGX_TIKTOK_USER_AGENT_MAX  512


static ngx_uint_t ngx_tiktok_bot_word(u_char *start, u_char *p, u_char *last);


/* lower case; most names hold "bot" and are found by that word */

static ngx_str_t  ngx_tiktok_bots[] = {
    ngx_string("+http"),                    /* a crawler's own page */
    ngx_string("adsbot-google"),
    ngx_string("chrome-lighthouse"),
    ngx_string("crawler"),
    ngx_string("facebookexternalhit"),
    ngx_string("google-inspectiontool"),
    ngx_string("gtmetrix"),
    ngx_string("ia_archiver"),
    ngx_string("mediapartners-google"),
    ngx_string("meta-externalagent"),
    ngx_string("pingdom"),
    ngx_string("pinterest/0."),
    ngx_string("screaming frog"),
    ngx_string("slurp"),
    ngx_string("spider"),
    ngx_string("storebot-google"),
    ngx_string("uptimerobot")
};


ngx_uint_t
ngx_tiktok_bot(ngx_str_t *user_agent)
{
    u_char             *p, *last, *start, buf[NGX_TIKTOK_USER_AGENT_MAX];
    size_t              len;
    ngx_uint_t          i;
    static ngx_uint_t   first[256];

    if (first['b'] == 0) {
        first['b'] = 1;

        for (i = 0; i < sizeof(ngx_tiktok_bots) / sizeof(ngx_str_t); i++) {
            first[ngx_tiktok_bots[i].data[0]] = 1;
        }
    }

    len = ngx_min(user_agent->len, NGX_TIKTOK_USER_AGENT_MAX);

    ngx_strlow(buf, user_agent->data, len);

    start = buf;
    last = buf + len;

    for (p = start; p < last; p++) {

        if (!first[*p]) {
            continue;
        }

        if (ngx_tiktok_bot_word(start, p, last)) {
            return 1;
        }

        for (i = 0; i < sizeof(ngx_tiktok_bots) / sizeof(ngx_str_t); i++) {

            if (*p == ngx_tiktok_bots[i].data[0]
                && ngx_tiktok_bots[i].len <= (size_t) (last - p)
                && ngx_memcmp(p, ngx_tiktok_bots[i].data,
                              ngx_tiktok_bots[i].len)
                   == 0)
            {
                return 1;
            }
        }
    }

    return 0;
}


/* a word that ends in "bot", but for the telephones of Cubot */

static ngx_uint_t
ngx_tiktok_bot_word(u_char *start, u_char *p, u_char *last)
{
    if (last - p < 3 || p[0] != 'b' || p[1] != 'o' || p[2] != 't') {
        return 0;
    }

    if (last - p > 3 && ((p[3] >= 'a' && p[3] <= 'z') || p[3] == '_')) {
        return 0;
    }

    return !(p - start >= 2 && p[-2] == 'c' && p[-1] == 'u');
}
