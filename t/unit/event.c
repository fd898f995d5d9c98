
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#include "unit.h"
#include "ngx_tiktok_event.h"
#include "ngx_tiktok_identity.h"
#include "ngx_tiktok_json.h"
#include "ngx_tiktok_lower.h"
#include "ngx_tiktok_scan.h"
#include "ngx_tiktok_url.h"
#include "ngx_tiktok_utf8.h"
#include "ngx_tiktok_visitor.h"

#include <stdio.h>
#include <time.h>


#define NOW    1700000000
#define DEPTH  16

/* of "printf %s TEXT | sha256sum" */

#define JANE                                                                  \
    "86e0b9e56c17cc4d12387e1949b85053fbe73bc3ce5a1188713a9d300cc6133d"
#define PHONE                                                                 \
    "663a4322addcdcc2be9435bfd2505066dc1048b89d33e48f363119f18bdd71e8"
#define CUSTOMER                                                              \
    "3335c80bf680bfaa5245dd28c8c930a6cbce0f13da00e5f462a2dd0521d5a4e5"
#define DIGITS                                                                \
    "5994471abb01112afcc18159f6cc74b4f511b99806da59b3caf5a9c173cacfc5"
#define LONG_DIGITS                                                           \
    "6ed645ef0e1abea1bf1e4e935ff04f9e18d39812387f63cda3415b46240f0405"

/* node hashed toLowerCase() and a line feed of each code point above 0 */

#define ALL_LOWER                                                             \
    "9c7cffe34edc2f7d4cb5e3444c2614c3a0ef9c1923fbc87378ff2c3402515763"


typedef struct {
    const char  *text;
    const char  *result;
} pair_t;


typedef struct {
    const char  *text;
    const char  *json;              /* what becomes of it, or NULL */
    const char  *error;
    const char  *field;
    const char  *left_out;          /* a digit for each counter, or NULL */
} event_t;


static ngx_pool_t  *pool;


static ngx_str_t
str(const char *text)
{
    ngx_str_t  s;

    s.data = (u_char *) text;
    s.len = strlen(text);

    return s;
}


/* a copy in memory of exactly its size, so that reading on is seen */

static ngx_str_t
exact(const u_char *data, size_t len)
{
    ngx_str_t  s;

    s.data = malloc(len ? len : 1);
    s.len = len;

    if (s.data == NULL) {
        abort();
    }

    memcpy(s.data, data, len);

    return s;
}


/* -- JSON ---------------------------------------------------------------- */

static const char  *good[] = {
    "{}", "[]", "0", "-0", "1", "10", "-1.5", "1e5", "1E+5", "1e-5", "0.1",
    "0e1", "0.0", "-0.0e-0", "true", "false", "null", "\"\"", "\"a\"",
    " {} ", "\t\r\n[\t\r\n]\t\r\n", "[1]", "[1,2]", "[ 1 , 2 ]", "[[]]",
    "[{}]", "{\"a\":{}}", "{\"a\":[]}", "{\"\":1}", "{\"a\":1,\"b\":2}",
    "{ \"a\" : 1 , \"b\" : 2 }", "{\"a\":1,\"A\":2}", "[null,true,false]",
    "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\u0041\"", "\"\\u00e9\"",
    "\"\\uD83D\\uDE00\"", "\"\\ud83d\\ude00x\"", "\"\xc3\xa9\"",
    "\"\xe2\x82\xac\"", "\"\xf0\x9f\x98\x80\"", "\"\x7f\"",
    "\"\xc2\x80\"", "\"\xdf\xbf\"", "\"\xe0\xa0\x80\"", "\"\xef\xbf\xbf\"",
    "\"\xed\x9f\xbf\"", "\"\xee\x80\x80\"", "\"\xf0\x90\x80\x80\"",
    "\"\xf4\x8f\xbf\xbf\"", "\"\\u0001\"", "\"\\uFFFF\"", "\"\\u2028\"",
    "[\"a\",{\"b\":[\"c\",{\"d\":null}]}]", "1e307", "1e-307", "\"//\"",
    "123456789012345", "1234567890123456", "0.1234567890123456", "1e400",
    "-1e400", "1e-400", "[12345678901234567890,1]",
    "{\"a\":0.30000000000000004,\"b\":\"12345678901234567890\"}",
    "[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]", "\"plain text of 16 b\"",
    "\"1234567\\\"\"", "\"12345678\xc3\xa9\"", "[1e000000000000000000005]"
};


static const pair_t  bad[] = {
    { "", "unexpected end" },
    { " ", "unexpected end" },
    { "{", "unexpected end" },
    { "[", "unexpected end" },
    { "[1", "unexpected end" },
    { "[1,", "unexpected end" },
    { "{\"a\"", "unexpected end" },
    { "{\"a\":", "unexpected end" },
    { "{\"a\":1", "unexpected end" },
    { "{\"a\":1,", "unexpected end" },
    { "\"", "unexpected end" },
    { "\"a", "unexpected end" },
    { "\"12345678", "unexpected end" },
    { "\"\\", "unexpected end" },
    { "]", "unexpected character" },
    { "}", "unexpected character" },
    { ",", "unexpected character" },
    { ":", "unexpected character" },
    { "[,]", "unexpected character" },
    { "[1,]", "unexpected character" },
    { "[1,,2]", "unexpected character" },
    { "[,1]", "unexpected character" },
    { "[1 2]", "unexpected character" },
    { "[1}", "unexpected character" },
    { "[}", "unexpected character" },
    { "{]", "unexpected character" },
    { "{\"a\":1]", "unexpected character" },
    { "{,}", "unexpected character" },
    { "{1:2}", "unexpected character" },
    { "{a:1}", "unexpected character" },
    { "{'a':1}", "unexpected character" },
    { "{\"a\" 1}", "unexpected character" },
    { "{\"a\"}", "unexpected character" },
    { "{\"a\",1}", "unexpected character" },
    { "{\"a\":}", "unexpected character" },
    { "{\"a\":1,}", "unexpected character" },
    { "{\"a\":1 \"b\":2}", "unexpected character" },
    { "{\"a\"::1}", "unexpected character" },
    { "[\"a\":1]", "unexpected character" },
    { "tru", "unexpected character" },
    { "True", "unexpected character" },
    { "nul", "unexpected character" },
    { "NaN", "unexpected character" },
    { "nan", "unexpected character" },
    { "Infinity", "unexpected character" },
    { "-Infinity", "unexpected character" },
    { "undefined", "unexpected character" },
    { "+1", "unexpected character" },
    { ".5", "unexpected character" },
    { "-", "unexpected character" },
    { "--1", "unexpected character" },
    { "1.", "unexpected character" },
    { "[1.]", "unexpected character" },
    { "[1.e5]", "unexpected character" },
    { "1e", "unexpected character" },
    { "1e+", "unexpected character" },
    { "-.5", "unexpected character" },
    { "[01]", "unexpected character" },
    { "[-01]", "unexpected character" },
    { "[0x10]", "unexpected character" },
    { "[1_000]", "unexpected character" },
    { "[1,000]", "unexpected character" },
    { "'a'", "unexpected character" },
    { "`a`", "unexpected character" },
    { "/**/1", "unexpected character" },
    { "[1]//", "bytes after the JSON text" },
    { "\xef\xbb\xbf{}", "unexpected character" },
    { "\v1", "unexpected character" },
    { "\f[]", "unexpected character" },
    { "\xc2\xa0[]", "unexpected character" },
    { "01", "bytes after the JSON text" },
    { "1 2", "bytes after the JSON text" },
    { "{}{}", "bytes after the JSON text" },
    { "[]]", "bytes after the JSON text" },
    { "{}}", "bytes after the JSON text" },
    { "{},", "bytes after the JSON text" },
    { "truefalse", "bytes after the JSON text" },
    { "nullx", "bytes after the JSON text" },
    { "\"a\"b", "bytes after the JSON text" },
    { "1.5.5", "bytes after the JSON text" },
    { "\"\n\"", "control character in a string" },
    { "\"\t\"", "control character in a string" },
    { "\"\x01\"", "control character in a string" },
    { "\"\x1f\"", "control character in a string" },
    { "\"1234567\x1f\"", "control character in a string" },
    { "\"\\a\"", "invalid escape in a string" },
    { "\"\\x41\"", "invalid escape in a string" },
    { "\"\\'\"", "invalid escape in a string" },
    { "\"\\u\"", "invalid escape in a string" },
    { "\"\\u12\"", "invalid escape in a string" },
    { "\"\\u12G4\"", "invalid escape in a string" },
    { "\"\\u-123\"", "invalid escape in a string" },
    { "\"\\u 123\"", "invalid escape in a string" },
    { "\"\\U0041\"", "invalid escape in a string" },
    { "\"\\u0000\"", "NUL in a string" },
    { "{\"a\\u0000b\":1}", "NUL in a string" },
    { "\"\\ud800\"", "unpaired surrogate" },
    { "\"\\udc00\"", "unpaired surrogate" },
    { "\"\\ud800\\ud800\"", "unpaired surrogate" },
    { "\"\\ud800x\"", "unpaired surrogate" },
    { "\"\\ud800\\n\"", "unpaired surrogate" },
    { "\"\\ud800\\u0041\"", "unpaired surrogate" },
    { "\"\\udc00\\ud800\"", "unpaired surrogate" },
    { "\"\\ud83d", "unpaired surrogate" },
    { "\"\x80\"", "invalid UTF-8" },
    { "\"\xbf\"", "invalid UTF-8" },
    { "\"\xc3\"", "invalid UTF-8" },
    { "\"\xc3", "invalid UTF-8" },
    { "\"\xc3(\"", "invalid UTF-8" },
    { "\"\xc0\x80\"", "invalid UTF-8" },
    { "\"\xc1\xbf\"", "invalid UTF-8" },
    { "\"\xe0\x80\x80\"", "invalid UTF-8" },
    { "\"\xe0\x9f\xbf\"", "invalid UTF-8" },
    { "\"\xe2\x82\"", "invalid UTF-8" },
    { "\"\xed\xa0\x80\"", "invalid UTF-8" },
    { "\"\xed\xbf\xbf\"", "invalid UTF-8" },
    { "\"\xf0\x80\x80\x80\"", "invalid UTF-8" },
    { "\"\xf0\x8f\xbf\xbf\"", "invalid UTF-8" },
    { "\"\xf4\x90\x80\x80\"", "invalid UTF-8" },
    { "\"\xf5\x80\x80\x80\"", "invalid UTF-8" },
    { "\"\xf8\x88\x80\x80\x80\"", "invalid UTF-8" },
    { "\"\xfe\"", "invalid UTF-8" },
    { "\"\xff\"", "invalid UTF-8" },
    { "\"M\xfcller\"", "invalid UTF-8" },
    { "{\"\xff\":1}", "invalid UTF-8" },
    { "{\"a\":1,\"a\":1}", "duplicate name in an object" },
    { "{\"a\":1,\"b\":2,\"a\":3}", "duplicate name in an object" },
    { "{\"a\":1,\"\\u0061\":2}", "duplicate name in an object" },
    { "{\"\":1,\"\":2}", "duplicate name in an object" },
    { "[{\"x\":{\"abc\":1,\"abd\":2,\"abc\":3}}]",
      "duplicate name in an object" },
    { "[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]", "nesting is too deep" },
    { "[[[[[[[[[[[[[[[[{}]]]]]]]]]]]]]]]]", "nesting is too deep" }
};


/* what cJSON prints of a tree: numbers that became strings show */

static const pair_t  numbers[] = {
    { "[123456789012345]", "[123456789012345]" },
    { "[1234567890123456]", "[\"1234567890123456\"]" },
    { "[-12345678901234567890]", "[\"-12345678901234567890\"]" },
    { "[0.30000000000000004]", "[\"0.30000000000000004\"]" },
    { "[0.000000000000000000123]", "[1.23e-19]" },
    { "[1e307,1e308,-1e400,1e-400]",
      "[1e+307,\"1e308\",\"-1e400\",\"1e-400\"]" },
    { "[0e400]", "[0]" },
    { "[12345678901234567e-400]", "[\"12345678901234567e-400\"]" },
    { "[1.0000000000000000]", "[\"1.0000000000000000\"]" },
    { "[0.0000000000000000000000000000000000000000000000000000000000001]",
      "[1e-61]" },
    { "[0.00000000000000000000000000000000000000000000000000000000000001]",
      "[\"0.00000000000000000000000000000000000000000000000000000000000001\""
      "]" },
    { "[0.0000000000000000000000000000000000000000000000000000000000000001]",
      "[\"0.0000000000000000000000000000000000000000000000000000000000000001"
      "\"]" },
    { "{\"9\":\"x\\\"1234567890123456789\",\"b\":1234567890123456789,\"c\":1}",
      "{\"9\":\"x\\\"1234567890123456789\",\"b\":\"1234567890123456789\","
      "\"c\":1}" }
};


static ngx_int_t
parse(ngx_str_t *text, ngx_tiktok_json_t *json)
{
    return ngx_tiktok_json_parse(pool, text, DEPTH, json);
}


static void
test_json_corpus(void)
{
    char               *printed;
    ngx_str_t           text;
    ngx_int_t           rc;
    ngx_uint_t          i;
    ngx_tiktok_json_t   json;

    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        text = exact((u_char *) good[i], strlen(good[i]));
        rc = parse(&text, &json);
        unit_ok(rc == NGX_OK && json.root && !json.spilled,
                "accepts %s", good[i]);
        ngx_tiktok_json_destroy(&json);
        free(text.data);
    }

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        text = exact((u_char *) bad[i].text, strlen(bad[i].text));
        rc = parse(&text, &json);
        unit_ok(rc == NGX_DECLINED && json.root == NULL
                && strcmp(json.error, bad[i].result) == 0,
                "refuses text %d: %s", (int) i, json.error);
        ngx_tiktok_json_destroy(&json);
        free(text.data);
    }

    text = exact((u_char *) "[\"a\0b\"]", 7);
    unit_ok(parse(&text, &json) == NGX_DECLINED, "refuses a NUL in a string");
    free(text.data);

    text = exact((u_char *) "[1]\0", 4);
    unit_ok(parse(&text, &json) == NGX_DECLINED, "refuses a NUL at the end");
    free(text.data);

    for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        text = exact((u_char *) numbers[i].text, strlen(numbers[i].text));

        if (parse(&text, &json) != NGX_OK) {
            unit_ok(0, "parses %s", numbers[i].text);
            continue;
        }

        printed = cJSON_PrintUnformatted(json.root);
        unit_is((u_char *) printed, strlen(printed), numbers[i].result,
                "keeps the digits of %s", numbers[i].text);
        free(printed);
        ngx_tiktok_json_destroy(&json);
        free(text.data);
    }
}


static void
test_json_limits(void)
{
    u_char             *p, *buf;
    ngx_str_t           text;
    ngx_uint_t          i, n;
    ngx_tiktok_json_t   json;

    buf = malloc(70000);

    for (n = 4095; n <= 4096; n++) {
        p = buf;
        *p++ = '[';

        for (i = 0; i < n; i++) {
            p = ngx_cpymem(p, "1,", 2);
        }

        p[-1] = ']';
        text = exact(buf, p - buf);

        unit_ok(parse(&text, &json) == (n == 4095 ? NGX_OK : NGX_DECLINED),
                "4096 values with %d in the array", (int) n);
        unit_ok(n == 4095 || strcmp(json.error, "too many values") == 0,
                "the error with %d", (int) n);

        ngx_tiktok_json_destroy(&json);
        free(text.data);
    }

    memset(buf, '[', 65536);
    text = exact(buf, 65536);
    unit_ok(parse(&text, &json) == NGX_DECLINED
            && strcmp(json.error, "nesting is too deep") == 0,
            "64 kB of opening brackets");
    unit_ok(ngx_tiktok_json_parse(pool, &text, 100000, &json) == NGX_DECLINED,
            "depth has a limit of its own");
    free(text.data);

    for (i = 0; i < 65536; i += 2) {
        memcpy(buf + i, i ? "1," : "[1", 2);
    }

    text = exact(buf, 65536);
    unit_ok(parse(&text, &json) == NGX_DECLINED, "64 kB of [1,1,...");
    free(text.data);

    for (n = NGX_TIKTOK_JSON_MEMBERS; n <= NGX_TIKTOK_JSON_MEMBERS + 1; n++) {
        p = buf;
        *p++ = '{';

        for (i = 0; i < n; i++) {
            p += sprintf((char *) p, "\"name%d\":0,", (int) i);
        }

        p[-1] = '}';
        text = exact(buf, p - buf);

        unit_ok(parse(&text, &json)
                == (n == NGX_TIKTOK_JSON_MEMBERS ? NGX_OK : NGX_DECLINED),
                "%d members", (int) n);

        ngx_tiktok_json_destroy(&json);
        free(text.data);
    }

    /* a big one of each kind fits in the arena, and is wiped */

    p = buf;
    *p++ = '[';

    for (i = 0; i < 1300; i++) {
        p += sprintf((char *) p, "{\"\\u0041%d\":\"secret\"},", (int) i);
    }

    p[-1] = ']';
    text = exact(buf, p - buf);

    unit_ok(parse(&text, &json) == NGX_OK && !json.spilled,
            "no byte of a big tree is beyond the arena");
    ngx_tiktok_json_destroy(&json);
    unit_ok(json.root == NULL, "destroyed");
    ngx_tiktok_json_destroy(&json);

    free(text.data);
    free(buf);
}


static void
test_json_wipe(void)
{
    ngx_str_t           text;
    ngx_tiktok_json_t   json;
#if !(NGX_DEBUG_PALLOC)
    u_char             *arena;
    size_t              i, size;
    ngx_uint_t          dirt;
#endif

    text = str("{\"user\":{\"email\":\"jane.doe@example.com\"}}");

    if (parse(&text, &json) != NGX_OK) {
        unit_ok(0, "parses for the wipe");
        return;
    }

    unit_ok(json.size < 1000, "a small tree");

#if !(NGX_DEBUG_PALLOC)

    /* it was in the pool's own block, so it can still be looked at */

    arena = json.arena;
    size = json.size;
    dirt = 0;

    ngx_tiktok_json_destroy(&json);

    for (i = 0; i < size; i++) {
        dirt |= arena[i];
    }

    unit_ok(dirt == 0, "the tree is wiped");

#else

    ngx_tiktok_json_destroy(&json);

#endif

    json.root = cJSON_Parse("[1,2,3,\"of others\"]");
    unit_ok(json.root != NULL, "cJSON still works for others");
    cJSON_Delete(json.root);
}


/* -- forms --------------------------------------------------------------- */

static const pair_t  forms[] = {
    { "", "{\"page\":{},\"user\":{},\"properties\":{}}" },
    { "event=Purchase",
      "{\"event\":\"Purchase\",\"page\":{},\"user\":{},\"properties\":{}}" },
    { "&&event=Lead&=&x=1&x=2&event_id=a%2Bb+c%zz%4",
      "{\"event\":\"Lead\",\"event_id\":\"a+b c%zz%4\",\"page\":{},"
      "\"user\":{},\"properties\":{}}" },
    { "url=https%3A%2F%2Fshop.example%2F&referrer=r&email=e&phone=%2B49"
      "&external_id=x&ttclid=t&ttp=p&value=1.5&currency=EUR&order_id=7"
      "&content_type=product&content_ids=a,b,,c%2Cd&query=q&description=d"
      "&event=E&event_id=I",
      "{\"event\":\"E\",\"event_id\":\"I\",\"page\":{\"url\":"
      "\"https://shop.example/\",\"referrer\":\"r\"},\"user\":{\"email\":"
      "\"e\",\"phone\":\"+49\",\"external_id\":\"x\",\"ttclid\":\"t\","
      "\"ttp\":\"p\"},\"properties\":{\"value\":\"1.5\",\"currency\":\"EUR\","
      "\"order_id\":\"7\",\"content_type\":\"product\",\"content_ids\":"
      "[\"a\",\"b\",\"c\",\"d\"],\"query\":\"q\",\"description\":\"d\"}}" },
    { "event=%22%5C%0A%01&ev%65nt_id=1",
      "{\"event\":\"\\\"\\\\\\n\\u0001\",\"event_id\":\"1\",\"page\":{},"
      "\"user\":{},\"properties\":{}}" },
    { "event", "{\"event\":\"\",\"page\":{},\"user\":{},\"properties\":{}}" },
    { "event=a&event=b", NULL },
    { "event=a&ev%65nt=", NULL },
    { "event&event", NULL },
    { "event=%00", NULL },
    { "event=%ff", NULL },
    { "event=%c3", NULL },
    { "event=%ed%a0%80", NULL }
};


static void
test_forms(void)
{
    char               *printed;
    ngx_int_t           rc;
    ngx_str_t           text;
    ngx_uint_t          i;
    ngx_tiktok_json_t   json;

    for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        text = exact((u_char *) forms[i].text, strlen(forms[i].text));
        rc = ngx_tiktok_form_parse(pool, &text, &json);

        if (forms[i].result == NULL) {
            unit_ok(rc == NGX_DECLINED && json.error, "refuses form %s: %s",
                    forms[i].text, json.error);
            free(text.data);
            continue;
        }

        if (rc != NGX_OK) {
            unit_ok(0, "form %s: %s", forms[i].text, json.error);
            continue;
        }

        printed = cJSON_PrintUnformatted(json.root);
        unit_is((u_char *) printed, strlen(printed), forms[i].result,
                "form %s", forms[i].text);
        free(printed);
        ngx_tiktok_json_destroy(&json);
        free(text.data);
    }
}


/* -- writer -------------------------------------------------------------- */

static void
test_writer(void)
{
    char                  expected[32];
    double                n;
    ngx_uint_t            i, wrong;
    ngx_tiktok_writer_t   w;

    static const struct {
        double       number;
        const char  *text;
    } texts[] = {
        { 0, "0" }, { -0.0, "0" }, { 1, "1" }, { -1, "-1" }, { 0.5, "0.5" },
        { 129.97, "129.97" }, { -129.97, "-129.97" }, { 19.9, "19.9" },
        { 0.07, "0.07" }, { 0.001, "0.001" }, { 1.005, "1.005" },
        { 0.0001, "0.0001" }, { 1e15, "1000000000000000" },
        { 123456789012345., "123456789012345" },
        { 1700000000000., "1700000000000" }, { 1e16, "1e+16" },
        { 0.1 + 0.2, "0.30000000000000004" }, { 1e-7, "1e-07" },
        { 1.5e300, "1.5e+300" }, { 1 / 3., "0.33333333333333331" },
        { 0.000001, "0.000001" }, { 1234567.891, "1234567.891" }
    };

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        ngx_tiktok_writer_init(&w, pool, 4);
        ngx_tiktok_write_number(&w, texts[i].number);
        unit_is(w.start, w.pos - w.start, texts[i].text, "number %s",
                texts[i].text);
    }

    wrong = 0;
    ngx_tiktok_writer_init(&w, pool, 64);

    for (i = 0; i < 200000; i++) {
        snprintf(expected, sizeof(expected), "%d.%02d",
                 (int) (i * 7919 % 100000), (int) (i % 100));
        n = strtod(expected, NULL);
        w.pos = w.start;
        ngx_tiktok_write_number(&w, n);
        *w.pos = '\0';

        snprintf(expected, sizeof(expected), "%.15g", n);
        wrong += (strcmp(expected, (char *) w.start) != 0);
    }

    unit_ok(wrong == 0, "200000 prices are written as %%.15g does");

    ngx_tiktok_writer_init(&w, pool, 1);
    ngx_tiktok_write_string(&w, (u_char *) "a\"b\\c\x01\x1f\b\f\n\r\t/\xc3\xa9"
                            "\x7f", 16);
    unit_is(w.start, w.pos - w.start, "\"a\\\"b\\\\c\\u0001\\u001f\\b\\f\\n"
            "\\r\\t/\xc3\xa9\x7f\"", "escapes");

    ngx_tiktok_writer_init(&w, pool, 1);

    for (i = 0; i < 5000; i++) {
        ngx_tiktok_write_literal(&w, "0123456789");
    }

    unit_ok(w.pos - w.start == 50000 && !w.failed
            && memcmp(w.start + 49990, "0123456789", 10) == 0, "grows");
}


/* -- identity ------------------------------------------------------------ */

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
        text = exact((u_char *) list[i].text, strlen(list[i].text));
        rc = hash(got, &text, 0);

        if (list[i].normal == NULL) {
            unit_ok(rc == NGX_DECLINED, "%s \"%s\" is left out", kind,
                    list[i].text);
            free(text.data);
            continue;
        }

        normal = str(list[i].normal);
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

    text = str(" 86E0B9E56C17CC4D12387E1949B85053FBE73BC3CE5A1188713A9D300CC"
               "6133D ");
    unit_ok(hash(got, &text, 1) == NGX_OK, "%s that is hashed", kind);
    unit_is(got, NGX_TIKTOK_HASH_LEN, JANE, "%s in lower-case hex", kind);

    text.data = malloc(600);
    text.len = 600;
    memset(text.data, '1', 600);
    memcpy(text.data, "+9@", 3);
    unit_ok(hash(got, &text, 0) == NGX_DECLINED, "%s of 600 bytes", kind);
    free(text.data);
}


static void
test_identity(void)
{
    u_char      got[NGX_TIKTOK_HASH_LEN], one[4];
    u_char     *p, *end, *all, *dst;
    uint32_t    c;
    ngx_str_t   text;

    text = str("Jane.Doe@Example.com ");
    ngx_tiktok_hash_email(got, &text, 0);
    unit_is(got, NGX_TIKTOK_HASH_LEN, JANE, "sha256sum's e-mail");

    text = str("+49 151 23456789");
    ngx_tiktok_hash_phone(got, &text, 0);
    unit_is(got, NGX_TIKTOK_HASH_LEN, PHONE, "sha256sum's phone");

    text = str("cust-8842");
    ngx_tiktok_hash_external_id(got, &text, 0);
    unit_is(got, NGX_TIKTOK_HASH_LEN, CUSTOMER, "sha256sum's customer");

    test_identities("e-mail", emails, sizeof(emails) / sizeof(emails[0]),
                    ngx_tiktok_hash_email);
    test_identities("phone", phones, sizeof(phones) / sizeof(phones[0]),
                    ngx_tiktok_hash_phone);
    test_identities("external_id", ids, sizeof(ids) / sizeof(ids[0]),
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


/* -- URLs ---------------------------------------------------------------- */

static const pair_t  urls[] = {
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


static const pair_t  texts[] = {
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

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        text = exact((u_char *) texts[i].text, strlen(texts[i].text));
        unit_ok(ngx_tiktok_has_email(text.data, text.len)
                == (ngx_uint_t) (texts[i].result[0] == '1'),
                "%s e-mail address in \"%s\"",
                texts[i].result[0] == '1' ? "an" : "no", texts[i].text);
        free(text.data);
    }

    /* a megabyte each: minutes if it were quadratic */

    buf = malloc(1024 * 1024);

    for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
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

    static const pair_t  hosts[] = {
        { "https://shop.example/x", "shop.example" },
        { "https://SHOP.example:443/x", "shop.example" },
        { "http://shop.example:80?x", "Shop.Example:443" },
        { "https://u@shop.example#x", "shop.example" },
        { "https://shop.example:8443", "shop.example:8443" },
        { "https://[2001:db8::1]:443/", "[2001:db8::1]" }
    };

    static const pair_t  others[] = {
        { "https://shop.example/x", "www.shop.example" },
        { "https://shop.example:8443/", "shop.example" },
        { "https://shop.example@evil.example/", "shop.example" },
        { "https://evil.example\\@shop.example/", "shop.example" },
        { "https://evil.example/shop.example", "shop.example" },
        { "https://shop.example/", "" },
        { "/x", "shop.example" }
    };

    for (i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        text = exact((u_char *) urls[i].text, strlen(urls[i].text));
        ngx_tiktok_writer_init(&w, pool, 16);
        count = ngx_tiktok_write_url(&w, &text);
        ngx_sprintf(n, "%ui%Z", count);

        unit_is(n, strlen((char *) n),
                (char[]) { urls[i].result[0], '\0' }, "left out of %s",
                urls[i].text);
        unit_is(w.start + 1, w.pos - w.start - 2, urls[i].result + 2,
                "URL %s", urls[i].text);
        free(text.data);
    }

    for (i = 0; i < sizeof(valid) / sizeof(valid[0]); i++) {
        text = exact((u_char *) valid[i], strlen(valid[i]));
        unit_ok(ngx_tiktok_url_valid(&text), "valid URL %s", valid[i]);
        free(text.data);
    }

    for (i = 0; i < sizeof(invalid) / sizeof(invalid[0]); i++) {
        text = exact((u_char *) invalid[i], strlen(invalid[i]));
        unit_ok(!ngx_tiktok_url_valid(&text), "no URL: %d", (int) i);
        free(text.data);
    }

    for (i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
        text = str(hosts[i].text);
        host = str(hosts[i].result);
        unit_ok(ngx_tiktok_url_same_host(&text, &host), "%s is at %s",
                hosts[i].text, hosts[i].result);
    }

    for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        text = str(others[i].text);
        host = str(others[i].result);
        unit_ok(!ngx_tiktok_url_same_host(&text, &host), "%s is not at %s",
                others[i].text, others[i].result);
    }

    /* click ids */

    text = str("https://s/?a=1&ttclid=E.C.P.x-_&b");
    unit_ok(ngx_tiktok_url_click_id(&text, buf, &value) == NGX_OK, "ttclid");
    unit_is(value.data, value.len, "E.C.P.x-_", "ttclid in a URL");

    text = str("https://s/?ttclid=E%2EC%2Bx#ttclid=no");
    unit_ok(ngx_tiktok_url_click_id(&text, buf, &value) == NGX_OK, "ttclid");
    unit_is(value.data, value.len, "E.C+x", "ttclid decoded");

    text = str("https://s/ttclid=x?xttclid=y&ttclid=&TTCLID=z&ttclid");
    unit_ok(ngx_tiktok_url_click_id(&text, buf, &value) == NGX_DECLINED,
            "no ttclid");

    text = str("https://s/?ttclid=a%22b&x#?ttclid=x");
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


/* -- visitors ------------------------------------------------------------ */

static void
test_visitors(void)
{
    u_char       buf[NGX_TIKTOK_LOCALE_LEN], *last;
    ngx_str_t    text;
    ngx_uint_t   i;

    static const char  *public[] = {
        "8.8.8.8", "1.1.1.1", "100.63.255.255", "100.128.0.0", "172.15.0.1",
        "172.32.0.1", "192.167.1.1", "223.255.255.255", "198.17.0.1",
        "2a00:1450:4001::1", "2001:4860:4860::8888", "2606:4700::1111",
        "2001:200::1", "2001:db9::1", "11.0.0.0", "126.255.255.255",
        "128.0.0.1"
    };

    static const char  *private[] = {
        "", "x", "unix:", "0.0.0.0", "10.1.2.3", "100.64.0.1",
        "100.127.255.255", "127.0.0.1", "169.254.1.1", "172.16.0.1",
        "172.31.255.255", "192.0.2.1", "192.168.1.1", "198.18.0.1",
        "198.19.255.255", "198.51.100.7", "203.0.113.9", "224.0.0.1",
        "239.1.1.1", "240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1",
        "fc00::1", "fd12::1", "ff02::1", "2001:db8::1", "2001::1",
        "3fff::1", "::ffff:10.0.0.1", "::ffff:127.0.0.1", "8.8.8", "8.8.8.8.8",
        "256.1.1.1", "8.8.8.8, 1.1.1.1", "fe80::1%eth0", "64:ff9b::808:808"
    };

    static const pair_t  locales[] = {
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

    for (i = 0; i < sizeof(public) / sizeof(public[0]); i++) {
        text = exact((u_char *) public[i], strlen(public[i]));
        unit_ok(ngx_tiktok_ip_public(&text), "%s is public", public[i]);
        free(text.data);
    }

    for (i = 0; i < sizeof(private) / sizeof(private[0]); i++) {
        text = str(private[i]);
        unit_ok(!ngx_tiktok_ip_public(&text), "\"%s\" is not public",
                private[i]);
    }

    text = str("::ffff:8.8.4.4");
    unit_ok(ngx_tiktok_ip_public(&text), "a mapped address");
    unit_is(text.data, text.len, "8.8.4.4", "is sent as what it is");

    for (i = 0; i < sizeof(locales) / sizeof(locales[0]); i++) {
        text = exact((u_char *) locales[i].text, strlen(locales[i].text));
        last = ngx_tiktok_locale(buf, &text);
        unit_is(buf, last - buf, locales[i].result, "Accept-Language: %s",
                locales[i].text);
        free(text.data);
    }
}


/* -- events -------------------------------------------------------------- */

#define HEAD  "{\"event\":\"Lead\",\"event_time\":1700000000,\"event_id\":"   \
              "\"1\""
#define LEAD  "{\"event\":\"Lead\",\"event_id\":\"1\""


static const event_t  events[] = {

    /* the whole of it */

    { "{\"event\": \"Purchase\", \"event_id\": \"order.100042\","
      " \"page\": {\"url\": \"https://shop.example/thanks?order=100042\","
      " \"referrer\": \"https://shop.example/pay\"},"
      " \"user\": {\"email\": \"Jane.Doe@Example.com \","
      " \"phone\": \"+49 151 23456789\", \"external_id\": \"cust-8842\"},"
      " \"properties\": {\"value\": 129.97, \"currency\": \"EUR\","
      " \"order_id\": \"100042\", \"contents\": [{\"content_id\": \"SKU-1\","
      " \"quantity\": 1, \"price\": 129.97}]}}",
      "{\"event\":\"Purchase\",\"event_time\":1700000000,\"event_id\":"
      "\"order.100042\",\"user\":{\"email\":\"" JANE "\",\"phone\":\"" PHONE
      "\",\"external_id\":\"" CUSTOMER "\"},\"page\":{\"url\":"
      "\"https://shop.example/thanks?order=100042\",\"referrer\":"
      "\"https://shop.example/pay\"},\"properties\":{\"value\":129.97,"
      "\"currency\":\"EUR\",\"order_id\":\"100042\",\"contents\":["
      "{\"content_id\":\"SKU-1\",\"quantity\":1,\"price\":129.97}]}}",
      NULL, NULL, "0000000" },

    /* names */

    { "{}", NULL, "is missing", "event", NULL },
    { "[]", NULL, "is not an object", NULL, NULL },
    { "1", NULL, "is not an object", NULL, NULL },
    { "{\"event\":null}", NULL, "is missing", "event", NULL },
    { "{\"event\":\"\"}", NULL, "is missing", "event", NULL },
    { "{\"event\":7}", NULL, "is not a string", "event", NULL },
    { "{\"event\":true}", NULL, "is not a string", "event", NULL },
    { "{\"event\":\"1a\"}", NULL, "is not a valid event name", "event", NULL },
    { "{\"event\":\"a \"}", NULL, "is not a valid event name", "event", NULL },
    { "{\"event\":\" a\"}", NULL, "is not a valid event name", "event", NULL },
    { "{\"event\":\"a.b\"}", NULL, "is not a valid event name", "event",
      NULL },
    { "{\"event\":\"\xc3\xa9\"}", NULL, "is not a valid event name", "event",
      NULL },
    { "{\"event\":\"a23456789012345678901234567890123456789012345678901\"}",
      NULL, "is not a valid event name", "event", NULL },
    { "{\"Event\":\"Lead\"}", NULL, "is missing", "event", NULL },
    { "{\"event\":\"a2345678901234567890123456789012345678901234567 _-z\"}",
      NULL, "is not a valid event name", "event", NULL },
    { "{\"event\":\"My event_2-b\",\"event_id\":\"1\"}",
      "{\"event\":\"My event_2-b\",\"event_time\":1700000000,\"event_id\":"
      "\"1\"}", NULL, NULL, NULL },

    /* ids */

    { "{\"event\":\"Lead\",\"event_id\":12345}",
      "{\"event\":\"Lead\",\"event_time\":1700000000,\"event_id\":\"12345\"}",
      NULL, NULL, NULL },
    { "{\"event\":\"Lead\",\"event_id\":12345678901234567890}",
      "{\"event\":\"Lead\",\"event_time\":1700000000,\"event_id\":"
      "\"12345678901234567890\"}", NULL, NULL, NULL },
    { "{\"event\":\"Lead\",\"event_id\":1.5}", NULL, "is not a string",
      "event_id", NULL },
    { "{\"event\":\"Lead\",\"event_id\":1e300}", NULL, "is not a string",
      "event_id", NULL },
    { "{\"event\":\"Lead\",\"event_id\":true}", NULL, "is not a string",
      "event_id", NULL },
    { "{\"event\":\"Lead\",\"event_id\":[]}", NULL, "is not a string",
      "event_id", NULL },
    { "{\"event\":\"Lead\",\"event_id\":{\"a\":1}}", NULL, "is not a string",
      "event_id", NULL },
    { "{\"event\":\"CompletePayment\",\"event_id\":\"\",\"properties\":{"
      "\"order_id\":\" A\\u00e4/1\"}}",
      "{\"event\":\"CompletePayment\",\"event_time\":1700000000,"
      "\"event_id\":\"order. A\xc3\xa4/1\",\"properties\":{\"order_id\":"
      "\" A\xc3\xa4/1\"}}", NULL, NULL, NULL },
    { "{\"event\":\"Purchase\",\"properties\":{\"order_id\":100042}}",
      "{\"event\":\"Purchase\",\"event_time\":1700000000,"
      "\"event_id\":\"order.100042\",\"properties\":{\"order_id\":"
      "\"100042\"}}", NULL, NULL, NULL },

    /* time */

    { LEAD ",\"event_time\":1699999000}",
      "{\"event\":\"Lead\",\"event_time\":1699999000,\"event_id\":\"1\"}",
      NULL, NULL, NULL },
    { LEAD ",\"event_time\":1699913600}",
      "{\"event\":\"Lead\",\"event_time\":1699913600,\"event_id\":\"1\"}",
      NULL, NULL, NULL },
    { LEAD ",\"event_time\":1699913599}", HEAD "}", NULL, NULL, NULL },
    { LEAD ",\"event_time\":1700000001}", HEAD "}", NULL, NULL, NULL },
    { LEAD ",\"event_time\":1699999000000}", HEAD "}", NULL, NULL, NULL },
    { LEAD ",\"event_time\":1699999000.5}", HEAD "}", NULL, NULL, NULL },
    { LEAD ",\"event_time\":\"1699999000\"}", HEAD "}", NULL, NULL, NULL },
    { LEAD ",\"event_time\":1e300}", HEAD "}", NULL, NULL, NULL },
    { LEAD ",\"event_time\":-1}", HEAD "}", NULL, NULL, NULL },

    /* objects */

    { LEAD ",\"user\":[],\"page\":{},\"properties\":[]}", HEAD "}", NULL,
      NULL, "0000000" },
    { LEAD ",\"user\":\"x\"}", NULL, "is not an object", "user", NULL },
    { LEAD ",\"page\":1}", NULL, "is not an object", "page", NULL },
    { LEAD ",\"properties\":[1]}", NULL, "is not an object", "properties",
      NULL },
    { LEAD ",\"limited_data_use\":true,\"consent\":1}",
      HEAD ",\"limited_data_use\":true}", NULL, NULL, NULL },
    { LEAD ",\"limited_data_use\":\"true\"}", HEAD "}", NULL, NULL, NULL },

    /* user */

    { LEAD ",\"user\":{\"email\":[\"jane.doe@example.com\",\"x\",null,"
      "\"JANE.DOE@example.com\",\"" CUSTOMER "\"],\"phone\":7,"
      "\"phone_number\":\"+4915123456789\",\"external_id\":[12345,"
      "12345678901234567890,1.5],\"gender\":\"f\",\"name\":null}}",
      HEAD ",\"user\":{\"email\":[\"" JANE "\",\"" CUSTOMER "\"],\"phone\":\""
      PHONE "\",\"external_id\":[\"" DIGITS "\",\"" LONG_DIGITS "\"]}}",
      NULL, NULL, "1100002" },
    { LEAD ",\"user\":{\"email\":\"\",\"phone\":[],\"ttclid\":\"\","
      "\"ttp\":null,\"external_id\":{}}}", HEAD "}", NULL, NULL, "0000000" },
    { LEAD ",\"user\":{\"ttclid\":\"a b\",\"ttp\":\"a b\",\"ip\":\"8.8.8.8\","
      "\"user_agent\":\"x\",\"locale\":\"?\"}}", HEAD "}", NULL, NULL,
      "0000005" },
    { LEAD ",\"user\":{\"ttclid\":5,\"ttp\":true,\"locale\":\"de_at\"}}",
      HEAD ",\"user\":{\"locale\":\"de-AT\"}}", NULL, NULL, "0000002" },
    { LEAD ",\"user\":{\"ttp\":\"A1-_b.tt.1\",\"ttclid\":\"E.C.P.1\"}}",
      HEAD ",\"user\":{\"ttclid\":\"E.C.P.1\",\"ttp\":\"A1-_b.tt.1\"}}",
      NULL, NULL, "0000000" },

    /* page */

    { LEAD ",\"page\":{\"url\":\"about:blank\",\"referrer\":7}}", HEAD "}",
      NULL, NULL, "0000200" },
    { LEAD ",\"page\":{\"url\":\"https://s/?email=x&a=b@c.de\",\"referrer\":"
      "\"\",\"title\":\"x\"}}",
      HEAD ",\"page\":{\"url\":\"https://s/?email=&a=\"}}", NULL, NULL,
      "0000200" },
    { LEAD ",\"page\":{\"url\":\"https://s/?ttclid=E.C.P.2\"}}",
      HEAD ",\"user\":{\"ttclid\":\"E.C.P.2\"},\"page\":{\"url\":"
      "\"https://s/?ttclid=E.C.P.2\"}}", NULL, NULL, "0000000" },

    /* properties */

    { LEAD ",\"properties\":{\"value\":\" 129.90 \",\"price\":\"1e2\","
      "\"quantity\":\"2\",\"num_items\":3.0,\"currency\":\"eur \"}}",
      HEAD ",\"properties\":{\"value\":129.90,\"price\":1e2,\"quantity\":2,"
      "\"num_items\":3,\"currency\":\"EUR\"}}", NULL, NULL, "0000000" },
    { LEAD ",\"properties\":{\"value\":0.30000000000000004}}",
      HEAD ",\"properties\":{\"value\":0.30000000000000004}}", NULL, NULL,
      NULL },
    { LEAD ",\"properties\":{\"value\":\"129,97\",\"price\":-1,\"quantity\":"
      "1.5,\"num_items\":\"x\"}}", HEAD "}", NULL, NULL, "0000040" },
    { LEAD ",\"properties\":{\"value\":\"-5\",\"price\":\"1e999\","
      "\"quantity\":-1,\"num_items\":1e10}}", HEAD "}", NULL, NULL,
      "0000040" },
    { LEAD ",\"properties\":{\"value\":123456789012345678901234567890123}}",
      HEAD "}", NULL, NULL, "0000010" },
    { LEAD ",\"properties\":{\"value\":true,\"price\":[1],\"quantity\":\"\","
      "\"num_items\":null}}", HEAD "}", NULL, NULL, "0000020" },
    { LEAD ",\"properties\":{\"value\":5,\"currency\":\"XXX\",\"a\":1}}",
      HEAD ",\"properties\":{\"a\":1}}", NULL, NULL, "0001000" },
    { LEAD ",\"properties\":{\"currency\":978,\"value\":5}}", HEAD "}", NULL,
      NULL, "0001000" },
    { LEAD ",\"properties\":{\"currency\":\"\",\"value\":5}}",
      HEAD ",\"properties\":{\"value\":5}}", NULL, NULL, "0000000" },
    { LEAD ",\"properties\":{\"currency\":\"D E\",\"value\":5}}", HEAD "}",
      NULL, NULL, "0001000" },
    { LEAD ",\"properties\":{\"content_ids\":\"a\",\"contents\":{"
      "\"content_id\":7,\"x\":{\"y\":1},\"z\":true,\"price\":\"2.50\"}}}",
      HEAD ",\"properties\":{\"content_ids\":[\"a\"],\"contents\":[{"
      "\"content_id\":\"7\",\"z\":true,\"price\":2.50}]}}", NULL, NULL,
      "0000010" },
    { LEAD ",\"properties\":{\"content_ids\":[1,\"b\",null,\"\",true,"
      "12345678901234567890],\"contents\":[1,{},{\"content_id\":\"\"}]}}",
      HEAD ",\"properties\":{\"content_ids\":[\"1\",\"b\","
      "\"12345678901234567890\"]}}", NULL, NULL, "0000020" },
    { LEAD ",\"properties\":{\"content_type\":\"Product\",\"customer_type\":"
      "\"new\",\"order_id\":5,\"shop_id\":\"s\",\"content_id\":9}}",
      HEAD ",\"properties\":{\"content_type\":\"product\",\"customer_type\":"
      "\"new\",\"order_id\":\"5\",\"shop_id\":\"s\",\"content_id\":\"9\"}}",
      NULL, NULL, "0000000" },
    { LEAD ",\"properties\":{\"content_type\":\"thing\",\"customer_type\":1}}",
      HEAD "}", NULL, NULL, "0000020" },
    { LEAD ",\"properties\":{\"a\":null,\"b\":\"\",\"c\":[],\"d\":{},\"e\":["
      "{\"f\":[null]}],\"g\":true,\"h\":false,\"i\":[1,\"x\",{\"j\":-1.5}],"
      "\"\":1}}",
      HEAD ",\"properties\":{\"g\":true,\"h\":false,\"i\":[1,\"x\",{\"j\":"
      "-1.5}]}}", NULL, NULL, "0000010" },
    { LEAD ",\"properties\":{\"a\":\"to jane@example.com\",\"jane@example.com"
      "\":1,\"b\":[\"x@y.zz\",1],\"query\":\"x@y.zz\",\"email\":\"jane\","
      "\"u\":\"https://s/?email=jane\"}}",
      HEAD ",\"properties\":{\"b\":[1],\"u\":\"https://s/?email=\"}}", NULL,
      NULL, "0000150" },
    { LEAD ",\"properties\":{\"a\":\"\\\"\\\\\\u0001\\u20ac\","
      "\"b\":1e20,\"c\":1700000000123}}",
      HEAD ",\"properties\":{\"a\":\"\\\"\\\\\\u0001\xe2\x82\xac\",\"b\":"
      "1e+20,\"c\":1700000000123}}", NULL, NULL, NULL }
};


static ngx_int_t
create(const char *text, ngx_tiktok_visitor_t *visitor,
    ngx_tiktok_event_t *event)
{
    ngx_int_t           rc;
    ngx_str_t           source;
    ngx_tiktok_json_t   json;

    source = str(text);

    if (parse(&source, &json) != NGX_OK) {
        printf("# %s: %s\n", text, json.error);
        return NGX_ABORT;
    }

    rc = ngx_tiktok_event_create(pool, json.root, visitor, event);

    ngx_tiktok_json_destroy(&json);

    return rc;
}


static void
test_events(void)
{
    char                   left[NGX_TIKTOK_LEFT_OUTS + 1];
    ngx_int_t              rc;
    ngx_uint_t             i, k;
    const event_t         *e;
    ngx_tiktok_event_t     event;
    ngx_tiktok_visitor_t   visitor;

    ngx_memzero(&visitor, sizeof(visitor));
    visitor.now = NOW;

    for (i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
        e = &events[i];
        rc = create(e->text, &visitor, &event);

        if (e->json == NULL) {
            unit_ok(rc == NGX_DECLINED && event.error
                    && strcmp(event.error, e->error) == 0,
                    "%s: error \"%s\"", e->text, e->error);
            unit_ok((event.field == NULL) == (e->field == NULL)
                    && (e->field == NULL
                        || strcmp(event.field, e->field) == 0),
                    "field is %s", e->field ? e->field : "none");
            continue;
        }

        unit_ok(rc == NGX_OK && event.error == NULL, "event %d", (int) i);
        unit_is(event.json.data, event.json.len, e->json, "event %s", e->text);

        if (e->left_out) {
            for (k = 0; k < NGX_TIKTOK_LEFT_OUTS; k++) {
                left[k] = (char) ('0' + event.left_out[k]);
            }

            unit_is((u_char *) left, NGX_TIKTOK_LEFT_OUTS, e->left_out,
                    "left out of event %d", (int) i);
        }
    }
}


static void
test_event_visitor(void)
{
    char                   text[4096], id[1002];
    uint32_t               first, second;
    ngx_tiktok_event_t     event, other;
    ngx_tiktok_visitor_t   visitor;

    ngx_memzero(&visitor, sizeof(visitor));

    visitor.now = NOW;
    visitor.ip = str("8.8.8.8");
    visitor.user_agent = str("Mozilla/5.0 (\"x\")");
    visitor.accept_language = str("de-DE,de;q=0.9");
    visitor.referer = str("https://shop.example/p?ttclid=E.C.P.referer");
    visitor.host = str("shop.example");
    visitor.ttclid = str("E.C.P.cookie");
    visitor.ttp = str("01ABC_.tt.1");

    unit_ok(create(LEAD "}", &visitor, &event) == NGX_OK, "a visitor");
    unit_is(event.json.data, event.json.len,
            HEAD ",\"user\":{\"ttclid\":\"E.C.P.referer\",\"ttp\":"
            "\"01ABC_.tt.1\",\"ip\":\"8.8.8.8\",\"user_agent\":"
            "\"Mozilla/5.0 (\\\"x\\\")\",\"locale\":\"de-DE\"},\"page\":{"
            "\"url\":\"https://shop.example/p?ttclid=E.C.P.referer\"}}",
            "all that nginx knows");
    unit_ok(event.keys == (1 << NGX_TIKTOK_KEY_TTCLID | 1 << NGX_TIKTOK_KEY_TTP
                           | 1 << NGX_TIKTOK_KEY_IP
                           | 1 << NGX_TIKTOK_KEY_USER_AGENT), "keys");
    unit_ok(event.name == NGX_TIKTOK_EVENT_LEAD && event.time == NOW
            && event.id_source == NGX_TIKTOK_ID_GIVEN
            && event.event_id.len == 1, "about the event");
    first = event.identity;

    visitor.ip = str("1.1.1.1");
    visitor.user_agent = str("other");
    create(LEAD "}", &visitor, &event);
    unit_ok(event.identity == first, "the address is no identifier");

    visitor.ttp = str("other");
    create(LEAD "}", &visitor, &event);
    second = event.identity;
    unit_ok(second != first, "the cookie is one");

    create(LEAD ",\"user\":{\"email\":\"jane@example.com\"}}", &visitor,
           &event);
    unit_ok(event.identity != second
            && (event.keys & 1 << NGX_TIKTOK_KEY_EMAIL), "an e-mail, too");

    create(LEAD ",\"user\":{\"email\":\" JANE@example.com\"}}", &visitor,
           &other);
    unit_ok(event.identity == other.identity, "as it is sent");

    /* the nearest click id, uncut */

    memset(id, 'E', 1001);
    id[1000] = '\0';
    snprintf(text, sizeof(text), LEAD ",\"user\":{\"ttclid\":\"%s\"},"
             "\"page\":{\"url\":\"https://a/?ttclid=page\"}}", id);
    create(text, &visitor, &event);
    snprintf(text, sizeof(text), "\"ttclid\":\"%s\",", id);
    unit_ok(ngx_strlcasestrn(event.json.data,
                             event.json.data + event.json.len,
                             (u_char *) text, strlen(text) - 1) != NULL,
            "1000 characters of the body");

    id[1000] = 'E';
    id[1001] = '\0';
    snprintf(text, sizeof(text), LEAD ",\"user\":{\"ttclid\":\"%s\"},"
             "\"page\":{\"url\":\"https://a/?ttclid=page\"}}", id);
    create(text, &visitor, &event);
    unit_ok(memmem(event.json.data, event.json.len, "{\"ttclid\":\"page\"",
                   16) && event.left_out[NGX_TIKTOK_LEFT_USER] == 1,
            "1001 are none: the page's");

    create(LEAD ",\"page\":{\"url\":\"https://shop.example/\",\"referrer\":"
           "\"https://SHOP.example:443/?ttclid=before\"}}", &visitor, &event);
    unit_ok(memmem(event.json.data, event.json.len, "{\"ttclid\":\"before\"",
                   18) != NULL, "the referrer's of the same host");

    create(LEAD ",\"page\":{\"url\":\"https://shop.example/\",\"referrer\":"
           "\"https://other.example/?ttclid=before\"}}", &visitor, &event);
    unit_ok(memmem(event.json.data, event.json.len,
                   "{\"ttclid\":\"E.C.P.cookie\"", 24) != NULL,
            "else the cookie's");

    /* what can't be sent */

    visitor.ip = str("10.0.0.1");
    visitor.user_agent = str("x\xff");
    visitor.referer = str("android-app://x");
    visitor.accept_language = str("*");
    visitor.ttclid = str("a\"b");
    visitor.ttp = str("a;b");
    create(LEAD "}", &visitor, &event);
    unit_is(event.json.data, event.json.len, HEAD "}", "a bad visitor");
    unit_ok(event.left_out[NGX_TIKTOK_LEFT_IP] == 1
            && event.left_out[NGX_TIKTOK_LEFT_USER] == 1
            && event.left_out[NGX_TIKTOK_LEFT_URL] == 1, "is counted");
    unit_ok(event.keys == 0 && event.identity == 0, "no keys");

    /* what the caller took from the body is not lost */

    visitor.ip = str("9.9.9.9");
    visitor.user_agent = str("app");
    create(LEAD ",\"user\":{\"ip\":\"9.9.9.9\",\"user_agent\":\"app\"}}",
           &visitor, &event);
    unit_ok(event.left_out[NGX_TIKTOK_LEFT_USER] == 0, "a trusted body");

    /* a GET */

    ngx_memzero(&visitor, sizeof(visitor));
    visitor.now = NOW;
    visitor.hashed_only = 1;
    create(LEAD ",\"user\":{\"email\":[\"jane@example.com\",\"" JANE
           "\"],\"phone\":\"+4915123456789\",\"external_id\":\"x\"}}",
           &visitor, &event);
    unit_is(event.json.data, event.json.len,
            HEAD ",\"user\":{\"email\":\"" JANE "\"}}", "hashed only");
    unit_ok(event.left_out[NGX_TIKTOK_LEFT_EMAIL] == 1
            && event.left_out[NGX_TIKTOK_LEFT_PHONE] == 1
            && event.left_out[NGX_TIKTOK_LEFT_USER] == 1, "is counted");
}


static void
test_event_ids(void)
{
    char                   text[1024], id[260];
    ngx_uint_t             i;
    ngx_tiktok_event_t     event, other;
    ngx_tiktok_visitor_t   visitor;

    ngx_memzero(&visitor, sizeof(visitor));
    visitor.now = NOW;

    for (i = 256; i <= 257; i++) {
        memset(id, 'i', i);
        id[i] = '\0';
        snprintf(text, sizeof(text),
                 "{\"event\":\"Lead\",\"event_id\":\"%s\"}", id);
        unit_ok(create(text, &visitor, &event)
                == (i == 256 ? NGX_OK : NGX_DECLINED),
                "an event_id of %d bytes", (int) i);
        unit_ok(i == 256 || strcmp(event.field, "event_id") == 0, "field");
    }

    for (i = 250; i <= 251; i++) {
        memset(id, 'i', i);
        id[i] = '\0';
        snprintf(text, sizeof(text), "{\"event\":\"Purchase\",\"properties\":"
                 "{\"order_id\":\"%s\"}}", id);
        create(text, &visitor, &event);
        unit_ok(event.id_source == (i == 250 ? NGX_TIKTOK_ID_ORDER
                                             : NGX_TIKTOK_ID_GENERATED),
                "an order_id of %d bytes", (int) i);
    }

    create("{\"event\":\"Lead\",\"properties\":{\"order_id\":\"1\"}}",
           &visitor, &event);
    create("{\"event\":\"Lead\"}", &visitor, &other);
    unit_ok(event.id_source == NGX_TIKTOK_ID_GENERATED
            && event.event_id.len == 32 && other.event_id.len == 32
            && memcmp(event.event_id.data, other.event_id.data, 32) != 0,
            "random ids");

    event = other;
    ngx_pid++;
    create("{\"event\":\"Lead\"}", &visitor, &other);
    ngx_pid--;
    unit_ok(memcmp(event.event_id.data, other.event_id.data, 32) != 0,
            "another process has others");

    create("{\"event\":\"Lead\",\"event_id\":\"x.jane@example.com\"}",
           &visitor, &event);
    unit_ok(event.id_source == NGX_TIKTOK_ID_GENERATED
            && event.left_out[NGX_TIKTOK_LEFT_TEXT] == 1,
            "an event_id with an e-mail address");

    create("{\"event\":\"Purchase\",\"properties\":{\"order_id\":"
           "\"jane@example.com\"}}", &visitor, &event);
    unit_ok(event.id_source == NGX_TIKTOK_ID_GENERATED
            && event.left_out[NGX_TIKTOK_LEFT_TEXT] == 1,
            "an order_id with an e-mail address");
}


static void
test_event_sizes(void)
{
    char                  *text;
    ngx_tiktok_event_t     event;
    ngx_tiktok_visitor_t   visitor;
    int                    i, n;

    ngx_memzero(&visitor, sizeof(visitor));
    visitor.now = NOW;

    text = malloc(200000);

    n = sprintf(text, LEAD ",\"properties\":{\"a\":\"");
    memset(text + n, 'a', 140000);
    strcpy(text + n + 140000, "\"}}");
    unit_ok(create(text, &visitor, &event) == NGX_DECLINED
            && strcmp(event.error, "is too large") == 0, "an event too large");

    n = sprintf(text, LEAD ",\"page\":{\"url\":\"https://a/?ttclid=x&");
    memset(text + n, 'a', 8200);
    strcpy(text + n + 8200, "\"}}");
    unit_ok(create(text, &visitor, &event) == NGX_OK
            && event.left_out[NGX_TIKTOK_LEFT_URL] == 1, "a URL too long");
    unit_is(event.json.data, event.json.len,
            HEAD ",\"user\":{\"ttclid\":\"x\"},\"page\":{\"url\":"
            "\"https://a/\"}}", "is cut at its arguments");

    n = sprintf(text, LEAD ",\"page\":{\"url\":\"https://a/");
    memset(text + n, 'a', 8200);
    strcpy(text + n + 8200, "\"}}");
    create(text, &visitor, &event);
    unit_is(event.json.data, event.json.len, HEAD "}", "or left out");

    n = sprintf(text, LEAD ",\"user\":{\"external_id\":[0");

    for (i = 1; i < 20; i++) {
        n += sprintf(text + n, ",%d", i);
    }

    strcpy(text + n, "]}}");
    create(text, &visitor, &event);
    unit_ok(event.left_out[NGX_TIKTOK_LEFT_USER] == 4, "16 of one kind");

    free(text);
}


static void
test_names(void)
{
    ngx_str_t   name;
    ngx_uint_t  i, wrong;

    wrong = 0;

    for (i = 1; i < NGX_TIKTOK_EVENT_NAMES; i++) {
        wrong += (ngx_tiktok_event_number(ngx_tiktok_event_name(i)) != i);
    }

    unit_ok(wrong == 0, "names and numbers");

    name = str("CompletePayment");
    unit_ok(ngx_tiktok_event_number(&name) == NGX_TIKTOK_EVENT_PURCHASE,
            "CompletePayment");
    name = str("SubmitForm");
    unit_ok(ngx_tiktok_event_number(&name) == NGX_TIKTOK_EVENT_LEAD,
            "SubmitForm");
    name = str("PageView");
    unit_ok(ngx_tiktok_event_number(&name) == NGX_TIKTOK_EVENT_PAGEVIEW,
            "PageView");
    name = str("custom");
    unit_ok(ngx_tiktok_event_number(&name) == NGX_TIKTOK_EVENT_CUSTOM,
            "custom");
    name = str("purchase");
    unit_ok(ngx_tiktok_event_number(&name) == NGX_TIKTOK_EVENT_CUSTOM,
            "case matters");
}


/* -- at random ----------------------------------------------------------- */

static uint32_t
next_random(void)
{
    static uint32_t  x = 2463534242U;

    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;

    return x;
}


static void
mutate(u_char *text, size_t *len)
{
    size_t  at, n;

    static const char  *bits[] = {
        "\"", "\\", "\\u0000", "\\ud800", "{", "}", "[", "]", ",", ":", "@",
        "%40", "\xff", "\xc3", "\xe2\x82\xac", "null", "1e999", "-", "0",
        "12345678901234567890", "\"\"", "[]", "{}", "\x01", "?", "#", "&",
        "email", "https://", "=", "jane@example.com", " "
    };

    at = *len ? next_random() % *len : 0;

    switch (next_random() % 4) {

    case 0:
        if (*len) {
            text[at] ^= (u_char) (1 << next_random() % 8);
        }
        break;

    case 1:
        n = next_random() % 8;
        n = ngx_min(n, *len - at);
        memmove(text + at, text + at + n, *len - at - n);
        *len -= n;
        break;

    case 2:
        n = next_random() % (sizeof(bits) / sizeof(bits[0]));
        memmove(text + at + strlen(bits[n]), text + at, *len - at);
        memcpy(text + at, bits[n], strlen(bits[n]));
        *len += strlen(bits[n]);
        break;

    default:
        n = next_random() % 24;
        n = ngx_min(n, *len - at);
        memmove(text + at + n, text + at, *len - at);
        *len += n;
    }
}


static void
test_mutations(void)
{
    u_char                 buf[4096];
    size_t                 len;
    ngx_int_t              rc;
    ngx_str_t              text, copy;
    ngx_uint_t             i, k, accepted, parsed, broken;
    ngx_pool_t            *saved;
    const char            *source;
    ngx_tiktok_scan_t      s;
    ngx_tiktok_json_t      json;
    ngx_tiktok_event_t     event;
    ngx_tiktok_visitor_t   visitor;

    ngx_memzero(&visitor, sizeof(visitor));
    visitor.now = NOW;

    accepted = 0;
    parsed = 0;
    broken = 0;
    saved = pool;
    pool = ngx_create_pool(16384, ngx_cycle->log);

    for (i = 0; i < 100000; i++) {

        if (i % 5 == 4) {
            source = forms[next_random()
                           % (sizeof(forms) / sizeof(forms[0]))].text;
        } else {
            source = events[next_random()
                            % (sizeof(events) / sizeof(events[0]))].text;
        }

        len = strlen(source);
        memcpy(buf, source, len);

        for (k = next_random() % 4 + 1; k; k--) {
            mutate(buf, &len);
        }

        text = exact(buf, len);

        if (i % 5 == 4) {
            rc = ngx_tiktok_form_parse(pool, &text, &json);
        } else {
            rc = parse(&text, &json);
        }

        /* the visitor's headers come from outside as well */

        copy = text;
        visitor.referer = copy;
        visitor.user_agent = copy;
        visitor.accept_language = copy;
        visitor.ip = copy;
        visitor.ttclid = copy;
        visitor.host = copy;

        if (rc == NGX_OK) {
            parsed++;

            rc = ngx_tiktok_event_create(pool, json.root, &visitor, &event);

            ngx_tiktok_json_destroy(&json);

            if (rc == NGX_OK) {
                accepted++;

                if (ngx_tiktok_scan(&s, &event.json, 64) != NGX_OK
                    || ngx_tiktok_has_email(event.event_id.data,
                                            event.event_id.len))
                {
                    broken++;
                    printf("# %.*s\n# %.*s\n", (int) text.len, text.data,
                           (int) event.json.len, event.json.data);
                }
            }

        } else if (rc == NGX_ERROR || json.error == NULL) {
            broken++;
        }

        (void) ngx_tiktok_url_same_host(&text, &copy);

        free(text.data);
        ngx_reset_pool(pool);
    }

    ngx_destroy_pool(pool);
    pool = saved;

    unit_ok(broken == 0, "100000 mutations, %d parsed, %d accepted",
            (int) parsed, (int) accepted);
}


/* -- speed --------------------------------------------------------------- */

static double
clock_ns(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);

    return ts.tv_sec * 1e9 + ts.tv_nsec;
}


enum { BENCH_SCAN, BENCH_PARSE, BENCH_EVENT, BENCH_HASHES, BENCHES };


static void
bench_once(ngx_uint_t what, ngx_str_t *text, ngx_tiktok_visitor_t *visitor,
    ngx_pool_t *p)
{
    u_char               hash[NGX_TIKTOK_HASH_LEN];
    ngx_uint_t           i;
    ngx_tiktok_scan_t    s;
    ngx_tiktok_json_t    json;
    ngx_tiktok_event_t   event;

    switch (what) {

    case BENCH_SCAN:
        ngx_tiktok_scan(&s, text, DEPTH);
        return;

    case BENCH_HASHES:
        for (i = 0; i < 3; i++) {
            ngx_tiktok_hash(hash, text->data, 20);
        }
        return;
    }

    ngx_tiktok_json_parse(p, text, DEPTH, &json);

    if (what == BENCH_EVENT) {
        ngx_tiktok_event_create(p, json.root, visitor, &event);
    }

    ngx_tiktok_json_destroy(&json);
    ngx_reset_pool(p);
}


/* the best of many short runs: other processes are not what is measured */

static void
bench(void)
{
    double                 start, ns, best[BENCHES];
    ngx_str_t              text;
    ngx_uint_t             i, k, what;
    ngx_pool_t            *p;
    ngx_tiktok_visitor_t   visitor;

    static const char  checkout[] =
        "{\"event\":\"Purchase\",\"event_id\":\"order.100042\",\"page\":{"
        "\"url\":\"https://shop.example/checkout/thanks?order=100042\","
        "\"referrer\":\"https://shop.example/checkout/pay\"},\"user\":{"
        "\"email\":\"Jane.Doe@Example.com \",\"phone\":\"+49 151 23456789\","
        "\"external_id\":\"cust-8842\"},\"properties\":{\"value\":129.97,"
        "\"currency\":\"EUR\",\"order_id\":\"100042\",\"content_type\":"
        "\"product\",\"contents\":[{\"content_id\":\"SKU-1\",\"content_name\":"
        "\"Running shoe, blue\",\"quantity\":1,\"price\":89.99},{"
        "\"content_id\":\"SKU-22\",\"content_name\":\"Socks, 3 pairs\","
        "\"quantity\":2,\"price\":19.99}],\"description\":\"Order of two\"}}";

    ngx_memzero(&visitor, sizeof(visitor));

    visitor.now = NOW;
    visitor.ip = str("8.8.8.8");
    visitor.user_agent = str("Mozilla/5.0 (Windows NT 10.0; Win64; x64) "
                             "AppleWebKit/537.36 (KHTML, like Gecko) "
                             "Chrome/126.0.0.0 Safari/537.36");
    visitor.accept_language = str("de-DE,de;q=0.9,en-US;q=0.8,en;q=0.7");
    visitor.referer = str("https://shop.example/checkout/thanks");
    visitor.host = str("shop.example");
    visitor.ttclid = str("E.C.P.CrABcDeFgHiJkLmNoPqRsTuVwXyZ0123456789");
    visitor.ttp = str("01J8ABCDEFGHJKMNPQRSTVWXYZ_.tt.1");

    text = str(checkout);
    p = ngx_create_pool(8192, ngx_cycle->log);

    for (what = 0; what < BENCHES; what++) {
        best[what] = 1e9;
    }

    for (i = 0; i < 500; i++) {

        for (what = 0; what < BENCHES; what++) {
            start = clock_ns();

            for (k = 0; k < 100; k++) {
                bench_once(what, &text, &visitor, p);
            }

            ns = (clock_ns() - start) / 100;
            best[what] = ns < best[what] ? ns : best[what];
        }
    }

    printf("# %d bytes: %.0f ns per event; parse %.0f (scan %.0f), "
           "make %.0f (3 hashes %.0f)\n", (int) text.len, best[BENCH_EVENT],
           best[BENCH_PARSE], best[BENCH_SCAN],
           best[BENCH_EVENT] - best[BENCH_PARSE], best[BENCH_HASHES]);

    ngx_destroy_pool(p);
}


void
unit_event(ngx_conf_t *cf)
{
    pool = ngx_create_pool(4096, cf->log);

    if (pool == NULL || ngx_tiktok_hash_init(cf->log) != NGX_OK) {
        unit_ok(0, "starts");
        return;
    }

    test_json_corpus();
    test_json_limits();
    test_json_wipe();
    test_forms();
    test_writer();
    test_identity();
    test_email_texts();
    test_urls();
    test_visitors();
    test_names();
    test_events();
    test_event_visitor();
    test_event_ids();
    test_event_sizes();
    test_mutations();
    bench();

    ngx_tiktok_hash_done();
    ngx_destroy_pool(pool);
}
