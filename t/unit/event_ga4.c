
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#include "event.h"
#include "ngx_tiktok_ga4.h"


#define SHARED  "v=2&tid=G-1&cid=1.2"

#define HIT(event, rest)                                                      \
    "{\"event\":\"" event "\",\"page\":{},\"user\":{},\"properties\":{"       \
    rest "}}"


/* query, body, the events in their order, with a line end behind each */

static const struct {
    const char  *query;
    const char  *body;
    const char  *events;
} hits[] = {

    /* none of GA4 */
    { "", "", NULL },
    { "v=1&tid=UA-1&en=purchase", "", NULL },
    { "v=2&en=purchase", "", NULL },
    { "v=2&tid=&en=purchase", "", NULL },
    { "v=22&tid=G-1&en=purchase", "", NULL },

    /* none of ours */
    { SHARED, "", "" },
    { SHARED "&en=", "", "" },
    { SHARED "&en=scroll", "", "" },
    { SHARED "&en=user_engagement", "", "" },
    { SHARED "&en=Purchase", "", "" },
    { SHARED, "\r\n\r\n", "" },

    { SHARED "&en=page_view", "", HIT("page_view", "") "\n" },
    { SHARED "&dl=https%3A%2F%2Fshop.example%2F%3Fa%3D1&dr=https%3A%2F%2Fx"
      "&uid=cust-1&ul=de&en=page_view&ep.other=x&up.y=z", "",
      "{\"event\":\"page_view\",\"page\":{\"url\":"
      "\"https://shop.example/?a=1\",\"referrer\":\"https://x\"},\"user\":"
      "{\"external_id\":\"cust-1\"},\"properties\":{}}\n" },

    { SHARED "&cu=EUR&en=purchase&ep.transaction_id=T%2F1&epn.value=24.98"
      "&epn.tax=1&ep.coupon=c&pr1=idSKU-1~nmA%20shirt%2C%20blue~brAcme"
      "~caShirts~c2Men~pr9.99~qt2~vaL~k0colour~v0blue&pr2=idSKU-2~pr5~qt1",
      "", HIT("purchase", "\"currency\":\"EUR\",\"transaction_id\":\"T/1\","
      "\"value\":\"24.98\",\"items\":[{\"item_id\":\"SKU-1\",\"item_name\":"
      "\"A shirt, blue\",\"item_brand\":\"Acme\",\"item_category\":"
      "\"Shirts\",\"item_category2\":\"Men\",\"price\":\"9.99\","
      "\"quantity\":\"2\"},{\"item_id\":\"SKU-2\",\"price\":\"5\","
      "\"quantity\":\"1\"}]") "\n" },

    /* what all share, and what each has of its own */
    { SHARED "&dl=https%3A%2F%2Fs.example&cu=EUR",
      "en=view_item&pr1=ida\r\nen=scroll\r\n\nen=add_to_cart&cu=USD&pr1=idb"
      "&ep.event_id=e1\r\n",
      "{\"event\":\"view_item\",\"page\":{\"url\":\"https://s.example\"},"
      "\"user\":{},\"properties\":{\"currency\":\"EUR\",\"items\":"
      "[{\"item_id\":\"a\"}]}}\n"
      "{\"event\":\"add_to_cart\",\"event_id\":\"e1\",\"page\":{\"url\":"
      "\"https://s.example\"},\"user\":{},\"properties\":{\"currency\":"
      "\"USD\",\"items\":[{\"item_id\":\"b\"}]}}\n" },

    { SHARED "&en=purchase", "en=search&ep.search_term=a%26b\n",
      HIT("search", "\"search_term\":\"a&b\"") "\n" },
    { SHARED "&en=purchase", "\n", "" },

    /* items */
    { SHARED "&en=view_item&pr1=", "", HIT("view_item", "\"items\":[{}]")
      "\n" },
    { SHARED "&en=view_item&pr1=nmA~~B~idx~~", "",
      HIT("view_item", "\"items\":[{\"item_name\":\"A~B\",\"item_id\":"
      "\"x~\"}]") "\n" },
    { SHARED "&en=view_item&pr1=id1~id2~qt~xx9~i~%22~nm%22%5C", "",
      HIT("view_item", "\"items\":[{\"item_id\":\"1\",\"item_name\":"
      "\"\\\"\\\\\"}]") "\n" },
    { SHARED "&en=view_item&pr1=id%ff~nmx&prx=ida&pr=idb&pr-1=idc&pr2=id%00",
      "", HIT("view_item", "\"items\":[{\"item_name\":\"x\"},{}]") "\n" },

    /* bytes that are no text */
    { SHARED "&en=search&ep.search_term=%ff&dl=%c3", "",
      HIT("search", "") "\n" },
    { SHARED "&en=search&ep.search_term=%00&uid=%zz", "",
      "{\"event\":\"search\",\"page\":{},\"user\":{\"external_id\":\"%zz\"},"
      "\"properties\":{}}\n" },
    { SHARED "&en=search&en=purchase&cu=A&cu=B&ep.currency=C", "",
      HIT("search", "\"currency\":\"A\"") "\n" }
};


static size_t
unit_ga4(ngx_str_t *query, ngx_str_t *body, char *text, size_t size)
{
    char               *printed;
    size_t              len;
    ngx_int_t           rc;
    ngx_tiktok_ga4_t    ga4;
    ngx_tiktok_json_t   json;

    if (ngx_tiktok_ga4_init(&ga4, query, body) != NGX_OK) {
        return (size_t) -1;
    }

    len = 0;
    text[0] = '\0';

    while (ngx_tiktok_ga4_next(&ga4) == NGX_OK) {
        rc = ngx_tiktok_ga4_parse(unit_pool, &ga4, &json);

        if (rc != NGX_OK) {
            len += snprintf(text + len, size - len, "refused\n");
            continue;
        }

        printed = cJSON_PrintUnformatted(json.root);
        len += snprintf(text + len, size - len, "%s\n", printed);
        free(printed);
        ngx_tiktok_json_destroy(&json);
    }

    return len;
}


static void
test_items(void)
{
    char                 text[65536];
    u_char              *p, buf[8192];
    ngx_str_t            query, body;
    ngx_uint_t           i, n;
    ngx_tiktok_ga4_t     ga4;
    ngx_tiktok_json_t    json;

    p = ngx_sprintf(buf, SHARED "&en=purchase");

    for (i = 1; i < 300; i++) {
        p = ngx_sprintf(p, "&pr%ui=id%ui", i, i);
    }

    query = unit_exact(buf, p - buf);
    body = unit_str("");

    (void) ngx_tiktok_ga4_init(&ga4, &query, &body);
    (void) ngx_tiktok_ga4_next(&ga4);

    n = 0;

    if (ngx_tiktok_ga4_parse(unit_pool, &ga4, &json) == NGX_OK) {
        n = cJSON_GetArraySize(cJSON_GetObjectItem(cJSON_GetObjectItem(
                               json.root, "properties"), "items"));
        ngx_tiktok_json_destroy(&json);
    }

    unit_ok(n == 200, "200 items are enough, of %d", (int) n);

    free(query.data);

    /* cut anywhere, it is still read within its bounds */

    for (i = 0; i < unit_count(hits); i++) {
        for (n = strlen(hits[i].query); n; n--) {
            query = unit_exact(hits[i].query, n);
            body = unit_exact(hits[i].body,
                              ngx_min(n, strlen(hits[i].body)));
            (void) unit_ga4(&query, &body, text, sizeof(text));
            free(query.data);
            free(body.data);
        }
    }

    unit_ok(1, "cut hits");
}


void
unit_event_ga4(void)
{
    char        text[8192];
    size_t      len;
    ngx_str_t   query, body;
    ngx_uint_t  i;

    for (i = 0; i < unit_count(hits); i++) {
        query = unit_exact(hits[i].query, strlen(hits[i].query));
        body = unit_exact(hits[i].body, strlen(hits[i].body));

        len = unit_ga4(&query, &body, text, sizeof(text));

        if (hits[i].events == NULL) {
            unit_ok(len == (size_t) -1, "no hit: %s", hits[i].query);

        } else if (len == (size_t) -1) {
            unit_ok(0, "hit %d", (int) i);

        } else {
            unit_is((u_char *) text, len, hits[i].events, "hit %d", (int) i);
        }

        free(query.data);
        free(body.data);
    }

    test_items();
}
