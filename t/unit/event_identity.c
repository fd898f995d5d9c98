
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#include "event.h"
#include "ngx_tiktok_identity.h"
#include "ngx_tiktok_lower.h"
#include "ngx_tiktok_utf8.h"

#include <stdio.h>


/* node hashed toLowerCase() and a line feed of each code point above 0 */

#define ALL_LOWER                                                             \
    "9c7cffe34edc2f7d4cb5e3444c2614c3a0ef9c1923fbc87378ff2c3402515763"

/* the code points of /[\p{P}\x21-\x7e]/u but letters and digits, in hex */

#define ALL_PUNCTUATION                                                       \
    "2d8bc91aae7061045ed532e762edfbc0a9a57126cf013fcc3251ef193046cf3b"


typedef struct {
    const char  *text;
    const char  *normal;            /* NULL is declined */
} identity_t;


static const identity_t  emails[] = {
    { "jane.doe@example.com", "jane.doe@example.com" },
    { " Jane.Doe@Example.COM\t\r\n", "jane.doe@example.com" },
    { "\xc2\xa0\xe3\x80\x80" "Jane.Doe@example.com\xef\xbb\xbf\xe2\x80\xa8",
      "jane.doe@example.com" },
    { "J\xc3\x9cRGEN@M\xc3\x9cLLER.example", "j\xc3\xbcrgen@m\xc3\xbcller."
      "example" },
    { "jane+tag@example.com", "jane+tag@example.com" },
    { "\xce\x9f\xce\x94\xce\xa5\xce\xa3\xce\xa3\xce\x95\xce\x8e\xce\xa3@"
      "EXAMPLE.GR", "\xce\xbf\xce\xb4\xcf\x85\xcf\x83\xcf\x83\xce\xb5\xcf\x8d"
      "\xcf\x82@example.gr" },
    { "\xc4\xb0STANBUL@example.com", "i\xcc\x87stanbul@example.com" },
    { "I@example.com", "i@example.com" },
    { "\xd0\x96\xd0\xaf@\xd0\x9f\xd0\xa0.\xd0\xa0\xd0\xa4",
      "\xd0\xb6\xd1\x8f@\xd0\xbf\xd1\x80.\xd1\x80\xd1\x84" },
    { "a@b", "a@b" },
    { "", NULL }, { " ", NULL }, { "jane", NULL }, { "@", NULL },
    { "jane@", NULL }, { "@example.com", NULL }, { "jane doe@x.com", NULL },
    { "jane@@x.com", NULL }, { "jane@x.com@", NULL },
    { "jane@x.com,joe@x.com", NULL }, { "jane@x.com;", NULL },
    { "<jane@x.com>", NULL }, { "Jane<jane@x.com", NULL },
    { "jane@x.com\xff", NULL }, { "jane@x.com\xc2\xa0\x80", NULL }
};


/* phone.c has more of them */

static const identity_t  phones[] = {
    { "+49 151 23456789", "+4915123456789" },
    { "\t+1 (212) 555-0123 ", "+12125550123" },
    { "", NULL }, { "+", NULL }, { "0151 23456789", NULL }
};


static const identity_t  ids[] = {
    { "cust-8842", "cust-8842" },
    { " CUST-8842\n", "CUST-8842" },
    { "12345", "12345" },
    { "a b", "a b" },
    { "", NULL }, { " \t", NULL }
};


static const identity_t  names[] = {
    { "Jane", "jane" },
    { " Jane \t", "jane" },
    { "Mary Ann", "mary ann" },
    { "O'Brien", "obrien" },
    { "O\xe2\x80\x99" "Brien", "obrien" },
    { "Jean-Luc", "jeanluc" },
    { "Dr. J. Doe", "dr j doe" },
    { "- Jane -", "jane" },
    { "M\xc3\x9cLLER", "m\xc3\xbcller" },
    { "\xc3\x89lodie", "\xc3\xa9lodie" },
    { "\xe5\xb1\xb1\xe7\x94\xb0", "\xe5\xb1\xb1\xe7\x94\xb0" },
    { "\xe3\x80\x8c\xe5\xb1\xb1\xe3\x80\x8d", "\xe5\xb1\xb1" },
    { "", NULL }, { "-", NULL }, { ".,;:!?", NULL }, { "' '", NULL },
    { "jane@example.com", NULL }, { "Ja\x01ne", NULL }, { "Ja\xff", NULL }
};


static const identity_t  zips[] = {
    { "10115", "10115" },
    { "SW1A 1AA", "sw1a1aa" },
    { " sw1a\xc2\xa0" "1aa ", "sw1a1aa" },
    { "01310-100", "01310100" },
    { "1012 AB", "1012ab" },
    { "100\xe2\x88\x92" "0001", "1000001" },
    { "94105-1234", "94105" },
    { "941051234", "941051234" },
    { "", NULL }, { "-", NULL }, { "1\x7f", NULL }, { "1\xff", NULL }
};


static const identity_t  zips_us[] = {
    { "94105", "94105" },
    { "94105-1234", "94105" },
    { "94105 1234", "94105" },
    { "941051234", "94105" },
    { "9410", NULL }, { "9410-", NULL }, { "SW1A 1AA", NULL }, { "-", NULL }
};


static const identity_t  zips_sa[] = {
    { "12345-6789", "123456789" }
};


static const identity_t  cities[] = {
    { "Berlin", "berlin" },
    { "New York", "newyork" },
    { "S\xc3\xa3o Paulo", "s\xc3\xa3opaulo" },
    { "Saint-\xc3\x89tienne", "saint\xc3\xa9tienne" },
    { "St. John's", "stjohns" },
    { "Wien 1010", "wien1010" },
    { "\xe6\x9d\xb1\xe4\xba\xac", "\xe6\x9d\xb1\xe4\xba\xac" },
    { "", NULL }, { "-", NULL }, { "jane@example.com", NULL },
    { "Berlin 0151234", NULL }, { "a\nb", NULL }
};


static const identity_t  states[] = {
    { "Bayern", "bayern" },
    { "California", "california" },
    { "CA", "ca" },
    { "Nordrhein-Westfalen", "nordrheinwestfalen" },
    { "", NULL }
};


static const identity_t  states_us[] = {
    { "California", "ca" },
    { "new  YORK", "ny" },
    { "N.Y.", "ny" },
    { "District of Columbia", "dc" },
    { "wyoming", "wy" },
    { "TX", "tx" },
    { "Bayern", NULL }, { "", NULL }
};


static const identity_t  countries[] = {
    { "DE", "de" },
    { "us", "us" },
    { "USA", "us" },
    { "UK", "gb" },
    { "xk", "xk" },
    { "", NULL }, { "Germany", NULL }, { "DEU", NULL }, { "XX", NULL },
    { "D", NULL }, { "\xc3\xa4", NULL }
};


static void
test_normal(const char *kind, const identity_t *list, ngx_uint_t n,
    ngx_tiktok_normal_pt normal, const char *country)
{
    u_char              *last, *got;
    ngx_str_t            text;
    ngx_uint_t           i;
    ngx_tiktok_place_t   place;

    place.plan = NULL;
    place.country = unit_str(country);

    got = malloc(NGX_TIKTOK_IDENTIFIER_SIZE);

    for (i = 0; i < n; i++) {
        text = unit_exact(list[i].text, strlen(list[i].text));
        last = ngx_tiktok_identifier(got, &text, normal, &place);

        if (list[i].normal == NULL || last == NULL) {
            unit_ok(list[i].normal == NULL && last == NULL,
                    "%s \"%s\" is left out", kind, list[i].text);

        } else {
            unit_is(got, last - got, list[i].normal, "%s \"%s\"", kind,
                    list[i].text);
        }

        free(text.data);
    }

    free(got);
}


static ngx_int_t
hash(u_char *dst, ngx_str_t *text, ngx_tiktok_normal_pt normal,
    ngx_uint_t hashed_only)
{
    ngx_tiktok_place_t  place;

    ngx_memzero(&place, sizeof(place));

    return ngx_tiktok_identifier_hash(dst, text, normal, &place, hashed_only);
}


static void
test_identities(const char *kind, const identity_t *list, ngx_uint_t n,
    ngx_tiktok_normal_pt normal)
{
    u_char      got[NGX_TIKTOK_HASH_LEN], expected[NGX_TIKTOK_HASH_LEN + 1];
    ngx_int_t   rc;
    ngx_str_t   text, form;
    ngx_uint_t  i;

    for (i = 0; i < n; i++) {
        text = unit_exact(list[i].text, strlen(list[i].text));
        rc = hash(got, &text, normal, 0);

        if (list[i].normal == NULL) {
            unit_ok(rc == NGX_DECLINED, "%s \"%s\" is left out", kind,
                    list[i].text);
            free(text.data);
            continue;
        }

        form = unit_str(list[i].normal);
        ngx_tiktok_hash(expected, form.data, form.len);
        expected[NGX_TIKTOK_HASH_LEN] = '\0';

        unit_ok(rc == NGX_OK, "%s \"%s\"", kind, list[i].text);
        unit_is(got, NGX_TIKTOK_HASH_LEN, (char *) expected,
                "%s \"%s\" is hashed as \"%s\"", kind, list[i].text,
                list[i].normal);
        unit_ok(hash(got, &text, normal, 1) == NGX_DECLINED,
                "%s \"%s\" is not taken where only hashes are", kind,
                list[i].text);
        free(text.data);
    }

    text = unit_str(" 86E0B9E56C17CC4D12387E1949B85053FBE73BC3CE5A1188713A9D3"
                    "00CC6133D ");
    unit_ok(hash(got, &text, normal, 1) == NGX_OK, "%s that is hashed", kind);
    unit_is(got, NGX_TIKTOK_HASH_LEN, JANE, "%s in lower-case hex", kind);

    text.data = malloc(600);
    text.len = 600;
    memset(text.data, '1', 600);
    memcpy(text.data, "+9@", 3);
    unit_ok(hash(got, &text, normal, 0) == NGX_DECLINED, "%s of 600 bytes",
            kind);
    free(text.data);
}


void
unit_event_identity(void)
{
    u_char      got[NGX_TIKTOK_HASH_LEN], one[4];
    u_char     *p, *end, *all, *dst;
    uint32_t    c;
    ngx_str_t   text;

    text = unit_str("Jane.Doe@Example.com ");
    hash(got, &text, ngx_tiktok_normal_email, 0);
    unit_is(got, NGX_TIKTOK_HASH_LEN, JANE, "sha256sum's e-mail");

    text = unit_str("+49 151 23456789");
    hash(got, &text, ngx_tiktok_normal_phone, 0);
    unit_is(got, NGX_TIKTOK_HASH_LEN, PHONE, "sha256sum's phone");

    text = unit_str("cust-8842");
    hash(got, &text, ngx_tiktok_normal_external_id, 0);
    unit_is(got, NGX_TIKTOK_HASH_LEN, CUSTOMER, "sha256sum's customer");

    test_identities("e-mail", emails, unit_count(emails),
                    ngx_tiktok_normal_email);
    test_identities("phone", phones, unit_count(phones),
                    ngx_tiktok_normal_phone);
    test_identities("external_id", ids, unit_count(ids),
                    ngx_tiktok_normal_external_id);
    test_identities("name", names, unit_count(names), ngx_tiktok_normal_name);
    test_identities("zip", zips, unit_count(zips), ngx_tiktok_normal_zip);

    test_normal("zip of the US", zips_us, unit_count(zips_us),
                ngx_tiktok_normal_zip, "us");
    test_normal("zip of elsewhere", zips_sa, unit_count(zips_sa),
                ngx_tiktok_normal_zip, "sa");
    test_normal("city", cities, unit_count(cities), ngx_tiktok_normal_city,
                "");
    test_normal("state", states, unit_count(states), ngx_tiktok_normal_state,
                "de");
    test_normal("state", states, unit_count(states), ngx_tiktok_normal_state,
                "");
    test_normal("state of the US", states_us, unit_count(states_us),
                ngx_tiktok_normal_state, "us");
    test_normal("country", countries, unit_count(countries),
                ngx_tiktok_normal_country, "");

    all = malloc(8 * 1024 * 1024);
    dst = all;

    for (c = 1; c <= 0x10ffff; c++) {
        if (c >= 0xd800 && c <= 0xdfff) {
            continue;
        }

        p = one;
        end = ngx_tiktok_utf8_encode(one, c);

        if (ngx_tiktok_utf8_decode(&p, end) != c || p != end) {
            unit_ok(0, "U+%04x by UTF-8", c);
        }

        dst = ngx_tiktok_lower(dst, one, end - one);
        *dst++ = '\n';
    }

    ngx_tiktok_hash(got, all, dst - all);
    unit_is(got, NGX_TIKTOK_HASH_LEN, ALL_LOWER,
            "lower case of all of Unicode is JavaScript's");

    dst = all;

    for (c = 0; c <= 0x10ffff; c++) {
        if (ngx_tiktok_punctuation(c)) {
            dst += sprintf((char *) dst, "%x\n", c);
        }
    }

    ngx_tiktok_hash(got, all, dst - all);
    unit_is(got, NGX_TIKTOK_HASH_LEN, ALL_PUNCTUATION,
            "and so is its punctuation");
    free(all);

    ngx_tiktok_hash_done();
    unit_ok(ngx_tiktok_hash_init(ngx_cycle->log) == NGX_OK, "hash again");
}

