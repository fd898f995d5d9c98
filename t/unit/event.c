
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#include "event.h"
#include "ngx_tiktok_identity.h"

#include <stdio.h>


/* of "printf %s TEXT | sha256sum" */

#define DIGITS                                                                \
    "5994471abb01112afcc18159f6cc74b4f511b99806da59b3caf5a9c173cacfc5"
#define LONG_DIGITS                                                           \
    "6ed645ef0e1abea1bf1e4e935ff04f9e18d39812387f63cda3415b46240f0405"


ngx_pool_t  *unit_pool;


static const unit_event_t  events[] = {

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
      "\"currency\":\"EUR\",\"contents\":[{\"content_id\":\"SKU-1\",\"price\":"
      "129.97,\"quantity\":1}],\"content_type\":\"product\",\"order_id\":"
      "\"100042\"}}",
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
    { LEAD ",\"limited_data_use\":\"true\"}",
      HEAD ",\"limited_data_use\":true}", NULL, NULL, NULL },
    { LEAD ",\"limited_data_use\":1}", HEAD ",\"limited_data_use\":true}",
      NULL, NULL, NULL },
    { LEAD ",\"limited_data_use\":\"1\"}",
      HEAD ",\"limited_data_use\":true}", NULL, NULL, NULL },
    { LEAD ",\"limited_data_use\":\"yes\"}", HEAD "}", NULL, NULL, NULL },
    { LEAD ",\"limited_data_use\":0}", HEAD "}", NULL, NULL, NULL },
    { LEAD ",\"limited_data_use\":false}", HEAD "}", NULL, NULL, NULL },
    { LEAD ",\"limited_data_use\":[true]}", HEAD "}", NULL, NULL, NULL },

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
      "\"https://s/?ttclid=E.C.P.2\"}}", NULL, NULL, "0000000" }
};


ngx_str_t
unit_str(const char *text)
{
    ngx_str_t  s;

    s.data = (u_char *) text;
    s.len = strlen(text);

    return s;
}


ngx_str_t
unit_exact(const void *data, size_t len)
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


ngx_int_t
unit_parse(ngx_str_t *text, ngx_tiktok_json_t *json)
{
    return ngx_tiktok_json_parse(unit_pool, text, DEPTH, json);
}


ngx_int_t
unit_create(const char *text, ngx_tiktok_visitor_t *visitor,
    ngx_tiktok_event_t *event)
{
    ngx_int_t           rc;
    ngx_str_t           source;
    ngx_tiktok_json_t   json;

    source = unit_str(text);

    if (unit_parse(&source, &json) != NGX_OK) {
        printf("# %s: %s\n", text, json.error);
        return NGX_ABORT;
    }

    rc = ngx_tiktok_event_create(unit_pool, json.root, visitor, event);

    ngx_tiktok_json_destroy(&json);

    return rc;
}


/* easier to read in C than what JSON needs */

static char *
quotes(const char *text)
{
    char  *copy, *p;

    copy = (char *) unit_exact(text, strlen(text) + 1).data;

    for (p = copy; *p; p++) {
        if (*p == '\'') {
            *p = '"';
        }
    }

    return copy;
}


void
unit_events(const unit_event_t *rows, ngx_uint_t n,
    ngx_tiktok_visitor_t *visitor)
{
    char                  *text, *json;
    char                   left[NGX_TIKTOK_LEFT_OUTS + 1];
    ngx_int_t              rc;
    ngx_uint_t             i, k;
    const unit_event_t    *e;
    ngx_tiktok_event_t     event;
    ngx_tiktok_visitor_t   nobody;

    if (visitor == NULL) {
        ngx_memzero(&nobody, sizeof(nobody));
        nobody.now = NOW;
        visitor = &nobody;
    }

    for (i = 0; i < n; i++) {
        e = &rows[i];
        text = quotes(e->text);
        rc = unit_create(text, visitor, &event);
        free(text);

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

        unit_ok(rc == NGX_OK && event.error == NULL, "event %s", e->text);

        json = quotes(e->json);
        unit_is(event.json.data, event.json.len, json, "goes out");
        free(json);

        if (e->left_out) {
            for (k = 0; k < NGX_TIKTOK_LEFT_OUTS; k++) {
                left[k] = (char) ('0' + event.left_out[k]);
            }

            unit_is((u_char *) left, NGX_TIKTOK_LEFT_OUTS, e->left_out,
                    "left out");
        }
    }
}


const char *
unit_event_text(ngx_uint_t i)
{
    return events[i % unit_count(events)].text;
}


static void
test_visitor(void)
{
    char                    text[4096], id[1002];
    ngx_tiktok_event_t      event, other;
    ngx_tiktok_visitor_t    visitor;
    ngx_tiktok_identity_t   first, second, none;

    ngx_memzero(&visitor, sizeof(visitor));
    ngx_memzero(&none, sizeof(none));

    visitor.now = NOW;
    visitor.ip = unit_str("8.8.8.8");
    visitor.user_agent = unit_str("Mozilla/5.0 (\"x\")");
    visitor.accept_language = unit_str("de-DE,de;q=0.9");
    visitor.referer = unit_str("https://shop.example/p?ttclid=E.C.P.referer");
    visitor.host = unit_str("shop.example");
    visitor.ttclid = unit_str("E.C.P.cookie");
    visitor.ttp = unit_str("01ABC_.tt.1");

    unit_ok(unit_create(LEAD "}", &visitor, &event) == NGX_OK, "a visitor");
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

    visitor.ip = unit_str("1.1.1.1");
    visitor.user_agent = unit_str("other");
    unit_create(LEAD "}", &visitor, &event);
    unit_ok(unit_same(event.identity, first), "the address is no identifier");

    visitor.ttp = unit_str("other");
    unit_create(LEAD "}", &visitor, &event);
    second = event.identity;
    unit_ok(!unit_same(second, first), "the cookie is one");

    unit_create(LEAD ",\"user\":{\"email\":\"jane@example.com\"}}", &visitor,
           &event);
    unit_ok(!unit_same(event.identity, second)
            && (event.keys & 1 << NGX_TIKTOK_KEY_EMAIL), "an e-mail, too");

    unit_create(LEAD ",\"user\":{\"email\":\" JANE@example.com\"}}", &visitor,
           &other);
    unit_ok(unit_same(event.identity, other.identity), "as it is sent");

    visitor.ttp.len = 0;
    unit_create("{\"event\":\"Lead\",\"user\":{\"email\":\"jane@example.com\","
                "\"city\":\"Bonn\"}}", &visitor, &other);
    unit_ok(other.identity.hashes[NGX_TIKTOK_IDENTITY_EMAIL]
            == event.identity.hashes[NGX_TIKTOK_IDENTITY_EMAIL]
            && other.identity.hashes[NGX_TIKTOK_IDENTITY_TTP] == 0
            && other.identity.hashes[NGX_TIKTOK_IDENTITY_PERSON] != 0,
            "each kind on its own");
    visitor.ttp = unit_str("other");

    /* the nearest click id, uncut */

    memset(id, 'E', 1001);
    id[1000] = '\0';
    snprintf(text, sizeof(text), LEAD ",\"user\":{\"ttclid\":\"%s\"},"
             "\"page\":{\"url\":\"https://a/?ttclid=page\"}}", id);
    unit_create(text, &visitor, &event);
    snprintf(text, sizeof(text), "\"ttclid\":\"%s\",", id);
    unit_ok(ngx_strlcasestrn(event.json.data,
                             event.json.data + event.json.len,
                             (u_char *) text, strlen(text) - 1) != NULL,
            "1000 characters of the body");

    id[1000] = 'E';
    id[1001] = '\0';
    snprintf(text, sizeof(text), LEAD ",\"user\":{\"ttclid\":\"%s\"},"
             "\"page\":{\"url\":\"https://a/?ttclid=page\"}}", id);
    unit_create(text, &visitor, &event);
    unit_ok(memmem(event.json.data, event.json.len, "{\"ttclid\":\"page\"",
                   16) && event.left_out[NGX_TIKTOK_LEFT_USER] == 1,
            "1001 are none: the page's");

    unit_create(LEAD ",\"page\":{\"url\":\"https://shop.example/\","
                "\"referrer\":\"https://SHOP.example:443/?ttclid=before\"}}",
                &visitor, &event);
    unit_ok(memmem(event.json.data, event.json.len, "{\"ttclid\":\"before\"",
                   18) != NULL, "the referrer's of the same host");

    visitor.referer = unit_str("https://other.example/?ttclid=header");
    unit_create(LEAD ",\"page\":{\"url\":\"https://shop.example/\","
                "\"referrer\":\"https://other.example/?ttclid=before\"}}",
                &visitor, &event);
    unit_ok(memmem(event.json.data, event.json.len,
                   "{\"ttclid\":\"E.C.P.cookie\"", 24) != NULL,
            "else the cookie's");

    visitor.referer = unit_str("https://shop.example/?ttclid=header");
    unit_create(LEAD ",\"page\":{\"url\":\"https://shop.example/\","
                "\"referrer\":\"https://other.example/?ttclid=before\"}}",
                &visitor, &event);
    unit_ok(memmem(event.json.data, event.json.len, "{\"ttclid\":\"header\"",
                   18) != NULL, "or that of the page by its header");

    /* what can't be sent */

    visitor.ip = unit_str("10.0.0.1");
    visitor.user_agent = unit_str("x\xff");
    visitor.referer = unit_str("android-app://x");
    visitor.accept_language = unit_str("*");
    visitor.ttclid = unit_str("a\"b");
    visitor.ttp = unit_str("a;b");
    unit_create(LEAD "}", &visitor, &event);
    unit_is(event.json.data, event.json.len, HEAD "}", "a bad visitor");
    unit_ok(event.left_out[NGX_TIKTOK_LEFT_IP] == 1
            && event.left_out[NGX_TIKTOK_LEFT_USER] == 1
            && event.left_out[NGX_TIKTOK_LEFT_URL] == 1, "is counted");
    unit_ok(event.keys == 0 && unit_same(event.identity, none), "no keys");

    /* what the caller took from the body is not lost */

    visitor.ip = unit_str("9.9.9.9");
    visitor.user_agent = unit_str("app");
    unit_create(LEAD ",\"user\":{\"ip\":\"9.9.9.9\",\"user_agent\":\"app\"}}",
           &visitor, &event);
    unit_ok(event.left_out[NGX_TIKTOK_LEFT_USER] == 0, "a trusted body");

    /* a GET */

    ngx_memzero(&visitor, sizeof(visitor));
    visitor.now = NOW;
    visitor.hashed_only = 1;
    unit_create(LEAD ",\"user\":{\"email\":[\"jane@example.com\",\"" JANE
           "\"],\"phone\":\"+4915123456789\",\"external_id\":\"x\"}}",
           &visitor, &event);
    unit_is(event.json.data, event.json.len,
            HEAD ",\"user\":{\"email\":\"" JANE "\"}}", "hashed only");
    unit_ok(event.left_out[NGX_TIKTOK_LEFT_EMAIL] == 1
            && event.left_out[NGX_TIKTOK_LEFT_PHONE] == 1
            && event.left_out[NGX_TIKTOK_LEFT_USER] == 1, "is counted");
}


static void
test_sizes(void)
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
    unit_ok(unit_create(text, &visitor, &event) == NGX_DECLINED
            && strcmp(event.error, "is too large") == 0, "an event too large");

    n = sprintf(text, LEAD ",\"page\":{\"url\":\"https://a/?ttclid=x&");
    memset(text + n, 'a', 8200);
    strcpy(text + n + 8200, "\"}}");
    unit_ok(unit_create(text, &visitor, &event) == NGX_OK
            && event.left_out[NGX_TIKTOK_LEFT_URL] == 1, "a URL too long");
    unit_is(event.json.data, event.json.len,
            HEAD ",\"user\":{\"ttclid\":\"x\"},\"page\":{\"url\":"
            "\"https://a/\"}}", "is cut at its arguments");

    n = sprintf(text, LEAD ",\"page\":{\"url\":\"https://a/");
    memset(text + n, 'a', 8200);
    strcpy(text + n + 8200, "\"}}");
    unit_create(text, &visitor, &event);
    unit_is(event.json.data, event.json.len, HEAD "}", "or left out");

    n = sprintf(text, LEAD ",\"user\":{\"external_id\":[0");

    for (i = 1; i < 20; i++) {
        n += sprintf(text + n, ",%d", i);
    }

    strcpy(text + n, "]}}");
    unit_create(text, &visitor, &event);
    unit_ok(event.left_out[NGX_TIKTOK_LEFT_USER] == 4, "16 of one kind");

    free(text);
}


void
unit_event(ngx_conf_t *cf)
{
    unit_pool = ngx_create_pool(4096, cf->log);

    if (unit_pool == NULL || ngx_tiktok_hash_init(cf->log) != NGX_OK) {
        unit_ok(0, "starts");
        return;
    }

    unit_event_corpus();
    unit_event_json();
    unit_event_fields();
    unit_event_forms();
    unit_event_ga4();
    unit_event_paths();
    unit_event_writer();
    unit_event_identity();
    unit_event_phone();
    unit_event_user();
    unit_event_person();
    unit_event_urls();
    unit_event_visitors();
    unit_event_names();
    unit_event_ids();
    unit_event_properties();

    unit_events(events, unit_count(events), NULL);
    test_visitor();
    test_sizes();

    unit_event_mutations();

    ngx_tiktok_hash_done();
    ngx_destroy_pool(unit_pool);
}
