
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#include "event.h"

#include <stdio.h>


void
unit_event_writer(void)
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

    for (i = 0; i < unit_count(texts); i++) {
        ngx_tiktok_writer_init(&w, unit_pool, 4);
        ngx_tiktok_write_number(&w, texts[i].number);
        unit_is(w.start, w.pos - w.start, texts[i].text, "number %s",
                texts[i].text);
    }

    wrong = 0;
    ngx_tiktok_writer_init(&w, unit_pool, 64);

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

    ngx_tiktok_writer_init(&w, unit_pool, 1);
    ngx_tiktok_write_string(&w, (u_char *) "a\"b\\c\x01\x1f\b\f\n\r\t/\xc3\xa9"
                            "\x7f", 16);
    unit_is(w.start, w.pos - w.start, "\"a\\\"b\\\\c\\u0001\\u001f\\b\\f\\n"
            "\\r\\t/\xc3\xa9\x7f\"", "escapes");

    ngx_tiktok_writer_init(&w, unit_pool, 1);

    for (i = 0; i < 5000; i++) {
        ngx_tiktok_write_literal(&w, "0123456789");
    }

    unit_ok(w.pos - w.start == 50000 && !w.failed
            && memcmp(w.start + 49990, "0123456789", 10) == 0, "grows");
}

