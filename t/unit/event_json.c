
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#include "event.h"


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


static const unit_pair_t  bad[] = {
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

static const unit_pair_t  numbers[] = {
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


static void
test_corpus(void)
{
    char               *printed;
    ngx_str_t           text;
    ngx_int_t           rc;
    ngx_uint_t          i;
    ngx_tiktok_json_t   json;

    for (i = 0; i < unit_count(good); i++) {
        text = unit_exact(good[i], strlen(good[i]));
        rc = unit_parse(&text, &json);
        unit_ok(rc == NGX_OK && json.root && !json.spilled,
                "accepts %s", good[i]);
        ngx_tiktok_json_destroy(&json);
        free(text.data);
    }

    for (i = 0; i < unit_count(bad); i++) {
        text = unit_exact(bad[i].text, strlen(bad[i].text));
        rc = unit_parse(&text, &json);
        unit_ok(rc == NGX_DECLINED && json.root == NULL
                && strcmp(json.error, bad[i].result) == 0,
                "refuses text %d: %s", (int) i, json.error);
        ngx_tiktok_json_destroy(&json);
        free(text.data);
    }

    text = unit_exact("[\"a\0b\"]", 7);
    unit_ok(unit_parse(&text, &json) == NGX_DECLINED,
            "refuses a NUL in a string");
    free(text.data);

    text = unit_exact("[1]\0", 4);
    unit_ok(unit_parse(&text, &json) == NGX_DECLINED,
            "refuses a NUL at the end");
    free(text.data);

    for (i = 0; i < unit_count(numbers); i++) {
        text = unit_exact(numbers[i].text, strlen(numbers[i].text));

        if (unit_parse(&text, &json) != NGX_OK) {
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
test_limits(void)
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
        text = unit_exact(buf, p - buf);

        unit_ok(unit_parse(&text, &json) == (n == 4095 ? NGX_OK : NGX_DECLINED),
                "4096 values with %d in the array", (int) n);
        unit_ok(n == 4095 || strcmp(json.error, "too many values") == 0,
                "the error with %d", (int) n);

        ngx_tiktok_json_destroy(&json);
        free(text.data);
    }

    memset(buf, '[', 65536);
    text = unit_exact(buf, 65536);
    unit_ok(unit_parse(&text, &json) == NGX_DECLINED
            && strcmp(json.error, "nesting is too deep") == 0,
            "64 kB of opening brackets");
    unit_ok(ngx_tiktok_json_parse(unit_pool, &text, 100000, &json)
            == NGX_DECLINED,
            "depth has a limit of its own");
    free(text.data);

    for (i = 0; i < 65536; i += 2) {
        memcpy(buf + i, i ? "1," : "[1", 2);
    }

    text = unit_exact(buf, 65536);
    unit_ok(unit_parse(&text, &json) == NGX_DECLINED, "64 kB of [1,1,...");
    free(text.data);

    for (n = NGX_TIKTOK_JSON_MEMBERS; n <= NGX_TIKTOK_JSON_MEMBERS + 1; n++) {
        p = buf;
        *p++ = '{';

        for (i = 0; i < n; i++) {
            p += sprintf((char *) p, "\"name%d\":0,", (int) i);
        }

        p[-1] = '}';
        text = unit_exact(buf, p - buf);

        unit_ok(unit_parse(&text, &json)
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
    text = unit_exact(buf, p - buf);

    unit_ok(unit_parse(&text, &json) == NGX_OK && !json.spilled,
            "no byte of a big tree is beyond the arena");
    ngx_tiktok_json_destroy(&json);
    unit_ok(json.root == NULL, "destroyed");
    ngx_tiktok_json_destroy(&json);

    free(text.data);
    free(buf);
}


static void
test_wipe(void)
{
    ngx_str_t           text;
    ngx_tiktok_json_t   json;
#if !(NGX_DEBUG_PALLOC)
    u_char             *arena;
    size_t              i, size;
    ngx_uint_t          dirt;
#endif

    text = unit_str("{\"user\":{\"email\":\"jane.doe@example.com\"}}");

    if (unit_parse(&text, &json) != NGX_OK) {
        unit_ok(0, "parses for the wipe");
        return;
    }

    unit_ok(json.size < 1000, "a small tree");

#if !(NGX_DEBUG_PALLOC)

    /* it was in the unit_pool's own block, so it can still be looked at */

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



void
unit_event_json(void)
{
    test_corpus();
    test_limits();
    test_wipe();
}
