
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * What an event costs, from the text of a beacon to the text of the API.
 */


#include "event.h"
#include "ngx_tiktok_identity.h"
#include "ngx_tiktok_scan.h"
#include "ngx_tiktok_seal.h"

#include <stdio.h>
#include <time.h>


static double
clock_ns(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);

    return ts.tv_sec * 1e9 + ts.tv_nsec;
}


enum {
    BENCH_SCAN, BENCH_PARSE, BENCH_EVENT, BENCH_HASHES, BENCH_SEAL, BENCH_OPEN,
    BENCHES
};


static u_char  bench_buf[ngx_tiktok_seal_size(NGX_TIKTOK_SEAL_MAX)];

static ngx_str_t              bench_sealed = { 0, bench_buf };
static ngx_tiktok_seal_key_t  bench_key;


/* the cookie of a visitor who has told three identifiers */

static void
bench_cookie(ngx_uint_t what)
{
    u_char                buf[NGX_TIKTOK_SEAL_MAX];
    time_t                t;
    ngx_str_t             text, purpose;
    ngx_tiktok_person_t   person;

    purpose = unit_str("tiktok_identity:CABC123DEF456GHI789J");
    text.data = buf;

    if (what == BENCH_OPEN) {
        ngx_tiktok_seal_open(&text, &bench_sealed, &purpose, &bench_key, 1);
        ngx_tiktok_person_unpack(&person, &text, &t);
        return;
    }

    person.known = 7;
    memset(person.hashes, 'a', sizeof(person.hashes));
    text.len = ngx_tiktok_person_pack(buf, &person, NOW) - buf;

    ngx_tiktok_seal(&bench_sealed, &text, &purpose, &bench_key);
}


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

    case BENCH_SEAL:
    case BENCH_OPEN:
        bench_cookie(what);
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

void
unit_bench(ngx_conf_t *cf)
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
    visitor.ip = unit_str("8.8.8.8");
    visitor.user_agent = unit_str("Mozilla/5.0 (Windows NT 10.0; Win64; x64) "
                                  "AppleWebKit/537.36 (KHTML, like Gecko) "
                                  "Chrome/126.0.0.0 Safari/537.36");
    visitor.accept_language = unit_str("de-DE,de;q=0.9,en-US;q=0.8,en;q=0.7");
    visitor.referer = unit_str("https://shop.example/checkout/thanks");
    visitor.host = unit_str("shop.example");
    visitor.ttclid = unit_str("E.C.P.CrABcDeFgHiJkLmNoPqRsTuVwXyZ0123456789");
    visitor.ttp = unit_str("01J8ABCDEFGHJKMNPQRSTVWXYZ_.tt.1");

    text = unit_str(checkout);
    p = ngx_create_pool(8192, cf->log);

    if (p == NULL
        || ngx_tiktok_hash_init(cf->log) != NGX_OK
        || ngx_tiktok_seal_init(cf->log) != NGX_OK)
    {
        unit_ok(0, "starts");
        return;
    }

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

    printf("# event of %d bytes: %.0f ns; parse %.0f (scan %.0f), make %.0f "
           "(3 hashes %.0f)\n", (int) text.len, best[BENCH_EVENT],
           best[BENCH_PARSE], best[BENCH_SCAN],
           best[BENCH_EVENT] - best[BENCH_PARSE], best[BENCH_HASHES]);
    printf("# identity cookie of %d bytes: seal %.0f ns, open %.0f\n",
           (int) bench_sealed.len, best[BENCH_SEAL], best[BENCH_OPEN]);

    ngx_tiktok_seal_done();
    ngx_tiktok_hash_done();
    ngx_destroy_pool(p);
}
