
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#include "event.h"
#include "ngx_tiktok_visitor.h"


void
unit_event_visitors(void)
{
    u_char       buf[NGX_TIKTOK_LOCALE_LEN], *last;
    ngx_str_t    text;
    ngx_uint_t   i;

    static const char  *public[] = {
        "8.8.8.8", "1.1.1.1", "100.63.255.255", "100.128.0.0", "172.15.0.1",
        "172.32.0.1", "192.167.1.1", "223.255.255.255", "198.17.0.1",
        "2a00:1450:4001::1", "2001:4860:4860::8888", "2606:4700::1111",
        "2001:200::1", "2001:db9::1", "11.0.0.0", "126.255.255.255",
        "128.0.0.1", "192.88.98.1", "192.88.100.1"
    };

    static const char  *private[] = {
        "", "x", "unix:", "0.0.0.0", "10.1.2.3", "100.64.0.1",
        "100.127.255.255", "127.0.0.1", "169.254.1.1", "172.16.0.1",
        "172.31.255.255", "192.0.2.1", "192.88.99.1", "192.168.1.1",
        "198.18.0.1",
        "198.19.255.255", "198.51.100.7", "203.0.113.9", "224.0.0.1",
        "239.1.1.1", "240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1",
        "fc00::1", "fd12::1", "ff02::1", "2001:db8::1", "2001::1",
        "3fff::1", "::ffff:10.0.0.1", "::ffff:127.0.0.1", "8.8.8", "8.8.8.8.8",
        "256.1.1.1", "8.8.8.8, 1.1.1.1", "fe80::1%eth0", "64:ff9b::808:808"
    };

    static const unit_pair_t  locales[] = {
        { "de-DE,de;q=0.9,en;q=0.8", "de-DE" },
        { "de-de", "de-DE" },
        { "EN_us", "en-US" },
        { "en;q=0.5, fr ; q=0.9, de;q=0.9", "fr" },
        { "*,de;q=0.1", "de" },
        { "*", "" },
        { "", "" },
        { "de;q=0, en;q=0.000", "" },
        { "zh-hant-tw", "zh-Hant-TW" },
        { "sr-LATN-rs;q=1.0", "sr-Latn-RS" },
        { "de-CH-1996", "de-CH-1996" },
        { "es-419", "es-419" },
        { "x-y,en", "en" },
        { "123,en", "en" },
        { "de-,en", "en" },
        { "-de,en", "en" },
        { "de--de,en;q=0.1", "en" },
        { "abcdefghi,en", "en" },
        { "de\"x,en;q=0.3", "en" },
        { "en-a-de-x-us", "en-a-de-x-us" },
        { ",,, ;q=1,en;q=0.2", "en" },
        { "de;q=x,en;q=0.2", "en" },
        { "de;q=0.12345", "de" },
        { "aaa-bbbbbbbb-cccccccc-dddddddd-eeeeeeee,it", "it" }
    };

    for (i = 0; i < unit_count(public); i++) {
        text = unit_exact(public[i], strlen(public[i]));
        unit_ok(ngx_tiktok_ip_public(&text), "%s is public", public[i]);
        free(text.data);
    }

    for (i = 0; i < unit_count(private); i++) {
        text = unit_str(private[i]);
        unit_ok(!ngx_tiktok_ip_public(&text), "\"%s\" is not public",
                private[i]);
    }

    text = unit_str("::ffff:8.8.4.4");
    unit_ok(ngx_tiktok_ip_public(&text), "a mapped address");
    unit_is(text.data, text.len, "8.8.4.4", "is sent as what it is");

    for (i = 0; i < unit_count(locales); i++) {
        text = unit_exact(locales[i].text, strlen(locales[i].text));
        last = ngx_tiktok_locale(buf, &text);
        unit_is(buf, last - buf, locales[i].result, "Accept-Language: %s",
                locales[i].text);
        free(text.data);
    }
}

