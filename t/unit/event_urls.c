
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#include "event.h"
#include "ngx_tiktok_url.h"


static const unit_pair_t  urls[] = {
    { "https://shop.example/", "0 https://shop.example/" },
    { "https://shop.example/a?b=c&d#e", "0 https://shop.example/a?b=c&d#e" },
    { "https://shop.example/?email=jane", "1 https://shop.example/?email=" },
    { "https://shop.example/?EMAIL=jane&x=1&Tel=2",
      "2 https://shop.example/?EMAIL=&x=1&Tel=" },
    { "https://shop.example/?%65mail=jane", "1 https://shop.example/?%65mail="
    },
    { "https://s/?mail=a&phone=b&tel=c&first_name=d&last_name=e&password=f/g?"
      "h&token=i&name=j",
      "7 https://s/?mail=&phone=&tel=&first_name=&last_name=&password=&token="
      "&name=j" },
    { "https://s/?next=/a?email=jane&x", "1 https://s/?next=/a?email=&x" },
    { "https://s/?next=/a?b=x@y.zz&x=?", "1 https://s/?next=/a?b=&x=?" },
    { "https://s/?#?#?", "0 https://s/?#?#?" },
    { "https://s?a=x@y.zz?b=c#", "1 https://s?a=?b=c#" },
    { "https://s/?email=&email", "0 https://s/?email=&email" },
    { "https://s/?checkout[email]=a&b[c][Phone]=d&tel[]=e&x[]=f",
      "3 https://s/?checkout[email]=&b[c][Phone]=&tel[]=&x[]=f" },
    { "https://s/?checkout%5Bemail%5D=a&x=%5Bemail%5D",
      "1 https://s/?checkout%5Bemail%5D=&x=%5Bemail%5D" },
    { "https://s/?a[email]x=1&email]=2&[]=3&]=4&[=5&[email=6&a[[email]]=7",
      "0 https://s/?a[email]x=1&email]=2&[]=3&]=4&[=5&[email=6&a[[email]]=7"
    },
    { "https://s/?x=email=1&y=2", "0 https://s/?x=email=1&y=2" },
    { "https://s/?a=b&c=d#e=f?g=h", "0 https://s/?a=b&c=d#e=f?g=h" },
    { "https://s/?a=b&c=d#e=f?tel=h", "1 https://s/?a=b&c=d#e=f?tel=" },
    { "https://s/?=&==&=#=?=", "0 https://s/?=&==&=#=?=" },
    { "https://s/?q=jane@example.com&p=1", "1 https://s/?q=&p=1" },
    { "https://s/?q=jane%40example.com", "1 https://s/?q=" },
    { "https://s/?q=jane%2540example%2Ecom", "1 https://s/?q=" },
    { "https://s/?jane@example.com&p=1", "1 https://s/?&p=1" },
    { "https://s/?jane@example.com=1", "1 https://s/?" },
    { "https://s/u/jane@example.com/edit?x", "1 https://s/u//edit?x" },
    { "https://s/u/jane%40example.com", "1 https://s/u/" },
    { "https://s/#email=jane&x=2", "1 https://s/#email=&x=2" },
    { "https://s/#/route?email=jane&x=2", "1 https://s/#/route?email=&x=2" },
    { "https://s/#jane@example.com", "1 https://s/#" },
    { "https://jane:pw@shop.example/x", "1 https://shop.example/x" },
    { "https://jane@shop.example", "1 https://shop.example" },
    { "https://s/@user.name/x", "0 https://s/@user.name/x" },
    { "https://s/?x=a@b", "0 https://s/?x=a@b" },
    { "https://s/?x=react@18.2.0", "0 https://s/?x=react@18.2.0" },
    { "https://s/?my_email=x", "0 https://s/?my_email=x" },
    { "HTTPS://S/?TOKEN=1", "1 HTTPS://S/?TOKEN=" },
    { "https://s/\"\\?q=\"", "0 https://s/\\\"\\\\?q=\\\"" },
    { "https://s/?q=%", "0 https://s/?q=%" },
    { "https://s/?q=100%25&email=%", "1 https://s/?q=100%25&email=" }
};


static const unit_pair_t  texts[] = {
    { "jane@example.com", "1" },
    { "write to jane@example.com.", "1" },
    { "<jane@example.co.uk>", "1" },
    { "jane%40example.com", "1" },
    { "jane%252540example.com", "1" },
    { "j\xc3\xbcrgen@m\xc3\xbcller.de", "1" },
    { "\"jane doe\"@example.com", "1" },
    { "x @ y, jane@example.com", "1" },
    { "a@b@example.com", "1" },
    { "jane@example%2ecom", "1" },
    { "jane@my-shop.museum", "1" },
    { "", "0" },
    { "@", "0" },
    { "a@b", "0" },
    { "a@b.c", "0" },
    { "a@.com", "0" },
    { "@example.com", "0" },
    { " @example.com", "0" },
    { "jane@localhost", "0" },
    { "3 @ 4.50", "0" },
    { "3@4.50", "0" },
    { "100% cotton. Really", "0" },
    { "%40", "0" },
    { "a%40", "0" },
    { "a%4", "0" },
    { "a@b. com", "0" }
};


static void
test_email_texts(void)
{
    u_char      *buf, *p;
    ngx_str_t    text;
    ngx_uint_t   i;

    static const char  *parts[] = { "a@", "a%40", "%25", "@a.", "a%40a." };

    for (i = 0; i < unit_count(texts); i++) {
        text = unit_exact(texts[i].text, strlen(texts[i].text));
        unit_ok(ngx_tiktok_has_email(text.data, text.len)
                == (ngx_uint_t) (texts[i].result[0] == '1'),
                "%s e-mail address in \"%s\"",
                texts[i].result[0] == '1' ? "an" : "no", texts[i].text);
        free(text.data);
    }

    /* a megabyte each: minutes if it were quadratic */

    buf = malloc(1024 * 1024);

    for (i = 0; i < unit_count(parts); i++) {
        for (p = buf; p < buf + 1024 * 1024 - 16; /* void */ ) {
            p = ngx_cpymem(p, parts[i], strlen(parts[i]));
        }

        (void) ngx_tiktok_has_email(buf, p - buf);
    }

    unit_ok(1, "the search is linear");
    free(buf);
}


static void
test_urls(void)
{
    u_char                n[8], buf[NGX_TIKTOK_CLICK_ID_LEN];
    u_char               *p, *all;
    ngx_str_t             text, value, host;
    ngx_uint_t            i, count;
    ngx_tiktok_writer_t   w;

    static const char  *valid[] = {
        "http://a", "https://a/", "HTTPS://a:8443?x", "https://[2001:db8::1]/",
        "https://m\xc3\xbcller.de/", "http://u@a"
    };

    static const char  *invalid[] = {
        "", "a", "/a", "//a", "ftp://a", "http:/a", "http://", "https://",
        "https:///x", "https://?x", "https://a/\n", "https://a/\x7f",
        "https://a/\xff", "javascript:alert(1)", "https://u@/", "https://:80"
    };

    static const unit_pair_t  hosts[] = {
        { "https://shop.example/x", "shop.example" },
        { "https://SHOP.example:443/x", "shop.example" },
        { "http://shop.example:80?x", "Shop.Example:443" },
        { "https://u@shop.example#x", "shop.example" },
        { "https://shop.example:8443", "shop.example:8443" },
        { "https://[2001:db8::1]:443/", "[2001:db8::1]" }
    };

    static const unit_pair_t  others[] = {
        { "https://shop.example/x", "www.shop.example" },
        { "https://shop.example:8443/", "shop.example" },
        { "https://shop.example@evil.example/", "shop.example" },
        { "https://evil.example\\@shop.example/", "shop.example" },
        { "https://evil.example/shop.example", "shop.example" },
        { "https://shop.example/", "" },
        { "/x", "shop.example" }
    };

    for (i = 0; i < unit_count(urls); i++) {
        text = unit_exact(urls[i].text, strlen(urls[i].text));
        ngx_tiktok_writer_init(&w, unit_pool, 16);
        count = ngx_tiktok_write_url(&w, &text);
        ngx_sprintf(n, "%ui%Z", count);

        unit_is(n, strlen((char *) n),
                (char[]) { urls[i].result[0], '\0' }, "left out of %s",
                urls[i].text);
        unit_is(w.start + 1, w.pos - w.start - 2, urls[i].result + 2,
                "URL %s", urls[i].text);
        free(text.data);
    }

    for (i = 0; i < unit_count(valid); i++) {
        text = unit_exact(valid[i], strlen(valid[i]));
        unit_ok(ngx_tiktok_url_valid(&text), "valid URL %s", valid[i]);
        free(text.data);
    }

    for (i = 0; i < unit_count(invalid); i++) {
        text = unit_exact(invalid[i], strlen(invalid[i]));
        unit_ok(!ngx_tiktok_url_valid(&text), "no URL: %d", (int) i);
        free(text.data);
    }

    for (i = 0; i < unit_count(hosts); i++) {
        text = unit_str(hosts[i].text);
        host = unit_str(hosts[i].result);
        unit_ok(ngx_tiktok_url_same_host(&text, &host), "%s is at %s",
                hosts[i].text, hosts[i].result);
    }

    for (i = 0; i < unit_count(others); i++) {
        text = unit_str(others[i].text);
        host = unit_str(others[i].result);
        unit_ok(!ngx_tiktok_url_same_host(&text, &host), "%s is not at %s",
                others[i].text, others[i].result);
    }

    /* click ids */

    text = unit_str("https://s/?a=1&ttclid=E.C.P.x-_&b");
    unit_ok(ngx_tiktok_url_click_id(&text, buf, &value) == NGX_OK, "ttclid");
    unit_is(value.data, value.len, "E.C.P.x-_", "ttclid in a URL");

    text = unit_str("https://s/?ttclid=E%2EC%2Bx#ttclid=no");
    unit_ok(ngx_tiktok_url_click_id(&text, buf, &value) == NGX_OK, "ttclid");
    unit_is(value.data, value.len, "E.C+x", "ttclid decoded");

    text = unit_str("https://s/ttclid=x?xttclid=y&ttclid=&TTCLID=z&ttclid");
    unit_ok(ngx_tiktok_url_click_id(&text, buf, &value) == NGX_DECLINED,
            "no ttclid");

    text = unit_str("https://s/?ttclid=a%22b&x#?ttclid=x");
    unit_ok(ngx_tiktok_url_click_id(&text, buf, &value) == NGX_DECLINED,
            "a ttclid with a quote");

    all = malloc(4096);

    for (i = 1000; i <= 1001; i++) {
        p = ngx_cpymem(all, "https://s/?ttclid=%45", 21);
        memset(p, 'E', i - 1);
        text.data = all;
        text.len = 21 + i - 1;
        unit_ok(ngx_tiktok_url_click_id(&text, buf, &value)
                == (i == 1000 ? NGX_OK : NGX_DECLINED),
                "an encoded ttclid of %d", (int) i);
        unit_ok(i > 1000 || value.len == 1000, "is not cut");
    }

    free(all);
}



void
unit_event_urls(void)
{
    test_email_texts();
    test_urls();
}
