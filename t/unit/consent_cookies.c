
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * The Cookie header, and what is encoded within.
 */


#include "consent.h"
#include "ngx_tiktok_decode.h"


typedef enum {
    PERCENT,
    BASE64,
    JSON
} unit_encoding_e;


typedef struct {
    unit_encoding_e        encoding;
    ngx_str_t              encoded;
    char                  *decoded;     /* NULL where it is none */
} unit_decode_t;


typedef struct {
    ngx_str_t              lines[LINES];
    char                  *name;
    char                  *values;      /* each within "[]" */
} unit_cookie_t;


static unit_cookie_t  unit_cookies[] = {

    { { ngx_string("a=1; b=2; c=3") }, "b", "[2]" },
    { { ngx_string("a=1; b=2; c=3") }, "a", "[1]" },
    { { ngx_string("a=1; b=2; c=3") }, "c", "[3]" },
    { { ngx_string("a=1; b=2; c=3") }, "d", "" },
    { { ngx_string("a=1;b=2;c=3") }, "b", "[2]" },
    { { ngx_null_string }, "a", "" },
    { { ngx_string("") }, "a", "" },
    { { ngx_string("a") }, "a", "" },
    { { ngx_string("=") }, "a", "" },
    { { ngx_string(";;; ; ;\t;") }, "a", "" },
    { { ngx_string(";;a=1;;") }, "a", "[1]" },

    /* the name is whole and of the same case */
    { { ngx_string("ab=1; xa=2; A=3") }, "a", "" },
    { { ngx_string("cookieconsent=1; CookieConsent=2; cookieConsent=3") },
      "CookieConsent", "[2]" },
    { { ngx_string("a b=1; a\tb=2") }, "a", "" },
    { { ngx_string("v:3_blog:1-x=1") }, "v:3_blog:1-x", "[1]" },

    /* a comma splits nothing */
    { { ngx_string("x=1,a=2; y=3") }, "a", "" },
    { { ngx_string("x=1,a=2; y=3") }, "x", "[1,a=2]" },

    /* the first "=" splits, others are of the value */
    { { ngx_string("a==b=c=&d=") }, "a", "[=b=c=&d=]" },
    { { ngx_string("x=a=1") }, "a", "" },

    /* blanks around are cut, those within are kept */
    { { ngx_string("  \t a \t = \t1 2\t ; b=3") }, "a", "[1 2]" },
    { { ngx_string("a=  ") }, "a", "[]" },
    { { ngx_string("a=;b=") }, "a", "[]" },
    { { ngx_string("a=;b=") }, "b", "[]" },
    { { ngx_string("a=") }, "a", "[]" },
    { { ngx_string("a ") }, "a", "" },

    /* any bytes */
    { { ngx_string("a={\"x\":[1,2],\\$@+ %zz}") }, "a",
      "[{\"x\":[1,2],\\$@+ %zz}]" },
    { { ngx_string("a=\"q\"") }, "a", "[\"q\"]" },
    { { ngx_string("\0=1; \377=2; a=\344\377\1") }, "a", "[\344\377\1]" },
    { { ngx_string("a\0=1; a=2") }, "a", "[2]" },

    /* all of the name, in order, over all lines */
    { { ngx_string("a=1; b=2; a=3"), ngx_string(""), ngx_string("c=4; a=5") },
      "a", "[1][3][5]" },
    { { ngx_string("x=1; "), ngx_string("a=2") }, "a", "[2]" },
    { { ngx_string("a=1;"), ngx_string(";a=2;") }, "a", "[1][2]" },

    /* the beginning of names */
    { { ngx_string("ab=1; a=2; ba=3; ab\t = 4;abc = 5=6; a b c =7; ab; A=8") },
      "a*", "[1](ab)[2](a)[4](ab)[5=6](abc)[7](a b c)" },
    { { ngx_string("abc=1; ab=2; ab-=3") }, "ab*", "[1](abc)[2](ab)[3](ab-)" },
    { { ngx_string("ab"), ngx_string("a=b"), ngx_string("=ab") }, "ab*", "" },

    { { ngx_null_string }, NULL, NULL }
};


void
unit_consent_cookies(void)
{
    u_char                    *p, *last;
    ngx_uint_t                 n;
    unit_cookie_t             *test;
    ngx_tiktok_cookie_t        cookie;
    ngx_tiktok_cookies_t       cookies;
    ngx_tiktok_cookie_pos_t    pos;
    ngx_tiktok_cookie_name_t   name;
    u_char                     got[256];

    for (test = unit_cookies; test->name; test++) {
        cookies.lines = test->lines;
        cookies.nlines = unit_lines(test->lines);

        ngx_memzero(&name, sizeof(ngx_tiktok_cookie_name_t));

        name.name.data = (u_char *) test->name;
        name.name.len = ngx_strlen(test->name);

        if (name.name.data[name.name.len - 1] == '*') {
            name.name.len--;
            name.prefix = 1;
        }

        ngx_memzero(&pos, sizeof(ngx_tiktok_cookie_pos_t));

        p = got;
        last = got + sizeof(got);

        while (ngx_tiktok_cookie_next(&cookies, &name, 1, &pos, &cookie)
               == NGX_OK)
        {
            p = ngx_slprintf(p, last, "[%V]", &cookie.value);

            if (name.prefix) {
                p = ngx_slprintf(p, last, "(%V)", &cookie.name);
            }
        }

        unit_is(got, p - got, test->values, "cookies: \"%s\" of \"%.*s\"",
                test->name, (int) test->lines[0].len, test->lines[0].data);

        /* the end stays the end */

        n = ngx_tiktok_cookie_next(&cookies, &name, 1, &pos, &cookie)
            == NGX_DECLINED;

        if (!n) {
            unit_ok(0, "cookies: \"%s\" again after the end", test->name);
        }
    }
}


static unit_decode_t  unit_decodes[] = {

    /* what is no escape stays as it is, and nothing is decoded twice */
    { PERCENT, ngx_string(""), "" },
    { PERCENT, ngx_string("plain+text"), "plain+text" },
    { PERCENT, ngx_string("%7B%22a%22%3a1%7d"), "{\"a\":1}" },
    { PERCENT, ngx_string("%C3%A4%ff"), "\303\244\377" },
    { PERCENT, ngx_string("%"), "%" },
    { PERCENT, ngx_string("%4"), "%4" },
    { PERCENT, ngx_string("%4%41"), "%4A" },
    { PERCENT, ngx_string("%%41"), "%A" },
    { PERCENT, ngx_string("%g1%1g%/1%:1%@1%`1"), "%g1%1g%/1%:1%@1%`1" },
    { PERCENT, ngx_string("%2541"), "%41" },
    { PERCENT, ngx_string("%u0041"), "%u0041" },

    { BASE64, ngx_string(""), "" },
    { BASE64, ngx_string("eyJhIjoxfQ=="), "{\"a\":1}" },
    { BASE64, ngx_string("eyJhIjoxfQ"), "{\"a\":1}" },
    { BASE64, ngx_string("Pz8/Pj4+"), "??" "?>>>" },
    { BASE64, ngx_string("e"), NULL },
    { BASE64, ngx_string("eyJhI"), NULL },
    { BASE64, ngx_string("eyJh IjoxfQ"), NULL },
    { BASE64, ngx_string("{\"a\":1}"), NULL },
    { BASE64, ngx_string("Pz8_Pj4-"), NULL },

    { JSON, ngx_string(""), "" },
    { JSON, ngx_string("plain"), "plain" },
    { JSON, ngx_string("\\\"\\\\\\/\\b\\f\\n\\r\\t"), "\"\\/\b\f\n\r\t" },
    { JSON, ngx_string("c:\\u0074ikt\\u006fk"), "c:tiktok" },
    { JSON, ngx_string("\\u00e4\\u20AC\\uD83D\\ude00."),
      "\303\244\342\202\254\360\237\230\200." },

    { PERCENT, ngx_null_string, NULL }
};


/* each out of memory of just its size, into such memory, and in place */

void
unit_consent_decode(void)
{
    u_char         *from, *to;
    size_t          len;
    ngx_int_t       rc;
    ngx_str_t       value;
    ngx_uint_t      i;
    unit_decode_t  *test;

    for (test = unit_decodes; test->encoded.data; test++) {

        for (i = 0; i < 2; i++) {
            len = test->encoded.len;

            from = malloc(len ? len : 1);
            to = malloc(len ? len : 1);

            if (from == NULL || to == NULL) {
                unit_ok(0, "decode: no memory");
                return;
            }

            ngx_memcpy(from, test->encoded.data, len);

            value.data = from;
            value.len = len;

            rc = NGX_OK;

            switch (test->encoding) {

            case PERCENT:
                ngx_tiktok_decode_percent(&value, i ? from : to);
                break;

            case BASE64:
                rc = ngx_tiktok_decode_base64(&value, i ? from : to);
                break;

            default: /* JSON */
                ngx_tiktok_decode_json(&value, i ? from : to);
            }

            if (test->decoded == NULL) {
                unit_ok(rc == NGX_DECLINED, "decode: \"%s\" is none",
                        test->encoded.data);

            } else if (rc != NGX_OK) {
                unit_ok(0, "decode: \"%s\"", test->encoded.data);

            } else {
                unit_is(value.data, value.len, test->decoded,
                        "decode: \"%s\"", test->encoded.data);
            }

            free(from);
            free(to);
        }
    }
}
