
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#include "event.h"


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
test_numbers(void)
{
    char               *printed;
    ngx_str_t           text;
    ngx_uint_t          i;
    ngx_tiktok_json_t   json;

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
    test_numbers();
    test_limits();
    test_wipe();
}
