
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#include "event.h"
#include "ngx_tiktok_identity.h"
#include "ngx_tiktok_lower.h"
#include "ngx_tiktok_utf8.h"


/* node hashed toLowerCase() and a line feed of each code point above 0 */

#define ALL_LOWER                                                             \
    "9c7cffe34edc2f7d4cb5e3444c2614c3a0ef9c1923fbc87378ff2c3402515763"


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
    { "jane@x.com\xff", NULL }, { "jane@x.com\xc2\xa0\x80", NULL }
};


static const identity_t  phones[] = {
    { "+49 151 23456789", "+4915123456789" },
    { "+4915123456789", "+4915123456789" },
    { "0049 151 23456789", "+4915123456789" },
    { "00 49-151/234.567.89", "+4915123456789" },
    { "+49 (0) 151 23456789", "+4915123456789" },
    { "+49(0)15123456789", "+4915123456789" },
    { "tel:+49-151-23456789", "+4915123456789" },
    { "TEL:+4915123456789", "+4915123456789" },
    { "\t+1 (212) 555-0123 ", "+12125550123" },
    { "(+49) 151 23456789", "+4915123456789" },
    { "+39 (0)2 1234 5678", "+390212345678" },
    { "\xe2\x80\xaa+49\xc2\xa0" "151\xe2\x80\x91" "23456789\xe2\x80\xac",
      "+4915123456789" },
    { "+12345678", "+12345678" },
    { "+123456789012345", "+123456789012345" },
    { "", NULL }, { "+", NULL }, { "0", NULL }, { "00", NULL },
    { "0151 23456789", NULL }, { "4915123456789", NULL },
    { "+1234567", NULL }, { "+1234567890123456", NULL },
    { "+0151234567", NULL }, { "000491512345678", NULL },
    { "+49 151 23456789 ext 5", NULL }, { "+49151CALLME12", NULL },
    { "+49+15123456789", NULL }, { "0+4915123456789", NULL },
    { "jane@example.com", NULL }, { "+4915123456789x", NULL },
    { "+49 151 2345678\xff", NULL }, { "+49,15123456789", NULL }
};


static const identity_t  ids[] = {
    { "cust-8842", "cust-8842" },
    { " CUST-8842\n", "CUST-8842" },
    { "12345", "12345" },
    { "a b", "a b" },
    { "", NULL }, { " \t", NULL }
};


static void
test_identities(const char *kind, const identity_t *list, ngx_uint_t n,
    ngx_int_t (*hash)(u_char *dst, ngx_str_t *value, ngx_uint_t hashed_only))
{
    u_char      got[NGX_TIKTOK_HASH_LEN], expected[NGX_TIKTOK_HASH_LEN + 1];
    ngx_int_t   rc;
    ngx_str_t   text, normal;
    ngx_uint_t  i;

    for (i = 0; i < n; i++) {
        text = unit_exact(list[i].text, strlen(list[i].text));
        rc = hash(got, &text, 0);

        if (list[i].normal == NULL) {
            unit_ok(rc == NGX_DECLINED, "%s \"%s\" is left out", kind,
                    list[i].text);
            free(text.data);
            continue;
        }

        normal = unit_str(list[i].normal);
        ngx_tiktok_hash(expected, normal.data, normal.len);
        expected[NGX_TIKTOK_HASH_LEN] = '\0';

        unit_ok(rc == NGX_OK, "%s \"%s\"", kind, list[i].text);
        unit_is(got, NGX_TIKTOK_HASH_LEN, (char *) expected,
                "%s \"%s\" is hashed as \"%s\"", kind, list[i].text,
                list[i].normal);
        unit_ok(hash(got, &text, 1) == NGX_DECLINED,
                "%s \"%s\" is not taken where only hashes are", kind,
                list[i].text);
        free(text.data);
    }

    text = unit_str(" 86E0B9E56C17CC4D12387E1949B85053FBE73BC3CE5A1188713A9D3"
                    "00CC6133D ");
    unit_ok(hash(got, &text, 1) == NGX_OK, "%s that is hashed", kind);
    unit_is(got, NGX_TIKTOK_HASH_LEN, JANE, "%s in lower-case hex", kind);

    text.data = malloc(600);
    text.len = 600;
    memset(text.data, '1', 600);
    memcpy(text.data, "+9@", 3);
    unit_ok(hash(got, &text, 0) == NGX_DECLINED, "%s of 600 bytes", kind);
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
    ngx_tiktok_hash_email(got, &text, 0);
    unit_is(got, NGX_TIKTOK_HASH_LEN, JANE, "sha256sum's e-mail");

    text = unit_str("+49 151 23456789");
    ngx_tiktok_hash_phone(got, &text, 0);
    unit_is(got, NGX_TIKTOK_HASH_LEN, PHONE, "sha256sum's phone");

    text = unit_str("cust-8842");
    ngx_tiktok_hash_external_id(got, &text, 0);
    unit_is(got, NGX_TIKTOK_HASH_LEN, CUSTOMER, "sha256sum's customer");

    test_identities("e-mail", emails, unit_count(emails),
                    ngx_tiktok_hash_email);
    test_identities("phone", phones, unit_count(phones),
                    ngx_tiktok_hash_phone);
    test_identities("external_id", ids, unit_count(ids),
                    ngx_tiktok_hash_external_id);

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
    free(all);

    ngx_tiktok_hash_done();
    unit_ok(ngx_tiktok_hash_init(ngx_cycle->log) == NGX_OK, "hash again");
}

