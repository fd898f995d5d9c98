
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * Crawlers that name themselves.  HTTP libraries, headless browsers and an
 * empty User-Agent are none, and neither is TikTok's own in-app browser.
 */


#include "ngx_tiktok_capture.h"


#define NGX_TIKTOK_USER_AGENT_MAX  512


/* two letters without regard to case, as an index of a bit */

#define ngx_tiktok_bot_pair(p)  (((p)[0] | 0x20) | (((p)[1] | 0x20) << 8))


static ngx_uint_t ngx_tiktok_bot_at(u_char *start, u_char *p, u_char *last);


/*
 * In lower case.  Most crawlers need no entry: they have a word that ends in
 * "bot", or the address of a page about them.
 */

static ngx_str_t  ngx_tiktok_bots[] = {
    ngx_string("+http"),
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
    ngx_string("uptimerobot"),
    ngx_null_string
};


/* the pairs of letters that a name, or "bot", begins with */

static uint32_t  ngx_tiktok_bot_pairs[65536 / 32];


void
ngx_tiktok_bots_init(void)
{
    ngx_str_t   *name, bot = ngx_string("bot");
    ngx_uint_t   n;

    n = ngx_tiktok_bot_pair(bot.data);
    ngx_tiktok_bot_pairs[n / 32] |= 1U << (n % 32);

    for (name = ngx_tiktok_bots; name->len; name++) {
        n = ngx_tiktok_bot_pair(name->data);
        ngx_tiktok_bot_pairs[n / 32] |= 1U << (n % 32);
    }
}


ngx_uint_t
ngx_tiktok_bot(ngx_str_t *user_agent)
{
    u_char      *p, *start, *last;
    ngx_uint_t   n;

    /* a library that names its home, as crawlers do */

    if (user_agent->len > sizeof("node-fetch/") - 1
        && ngx_strncasecmp(user_agent->data, (u_char *) "node-fetch/",
                           sizeof("node-fetch/") - 1)
           == 0)
    {
        return 0;
    }

    start = user_agent->data;
    last = start + ngx_min(user_agent->len, NGX_TIKTOK_USER_AGENT_MAX);

    for (p = start; last - p > 1; p++) {
        n = ngx_tiktok_bot_pair(p);

        if ((ngx_tiktok_bot_pairs[n / 32] & (1U << (n % 32)))
            && ngx_tiktok_bot_at(start, p, last))
        {
            return 1;
        }
    }

    return 0;
}


static ngx_uint_t
ngx_tiktok_bot_at(u_char *start, u_char *p, u_char *last)
{
    ngx_str_t  *name;

    for (name = ngx_tiktok_bots; name->len; name++) {
        if (name->len <= (size_t) (last - p)
            && ngx_strncasecmp(p, name->data, name->len) == 0)
        {
            return 1;
        }
    }

    /* a word that ends in "bot", but for the telephones of Cubot */

    if (last - p < 3 || ngx_strncasecmp(p, (u_char *) "bot", 3) != 0) {
        return 0;
    }

    if (last - p > 3
        && ((ngx_tolower(p[3]) >= 'a' && ngx_tolower(p[3]) <= 'z')
            || p[3] == '_'))
    {
        return 0;
    }

    return p - start < 2 || ngx_strncasecmp(p - 2, (u_char *) "cu", 2) != 0;
}
