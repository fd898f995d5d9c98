
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#include "event.h"
#include "ngx_tiktok_fields.h"


static ngx_tiktok_event_field_t  contents = {
    ngx_string("contents"), NGX_TIKTOK_FIELD_PROPERTIES, NGX_TIKTOK_FIELD_JSON
};


/* a text of a field that is JSON, and the event that holds it */

static const unit_pair_t  texts[] = {
    { "[]",
      "{\"event\":\"E\",\"page\":{},\"user\":{},\"properties\":"
      "{\"contents\":[]}}" },
    { " [{\"content_id\":\"a\",\"price\":1.50}] ",
      "{\"event\":\"E\",\"page\":{},\"user\":{},\"properties\":"
      "{\"contents\":[{\"content_id\":\"a\",\"price\":1.5}]}}" },
    { "\"]},\"", "{\"event\":\"E\",\"page\":{},\"user\":{},\"properties\":"
      "{\"contents\":\"]},\"}}" },

    /* what would become a part of the event itself */
    { "1},\"user\":{\"email\":\"x@example.com\"", NULL },
    { "1,\"order_id\":7", NULL },
    { "[1]}", NULL },
    { "[1", NULL },
    { "", NULL },
    { "text", NULL },
    { "\"\xff\"", NULL },
    { "\"\\u0000\"", NULL },
    { "{\"a\":1,\"a\":2}", NULL },
    { "[[[[[1]]]]]", NULL }
};


static void
test_json(void)
{
    char                      *printed;
    ngx_int_t                  rc, check;
    ngx_str_t                  name = ngx_string("event");
    ngx_uint_t                 i;
    ngx_tiktok_json_t          json;
    ngx_tiktok_event_value_t   values[2];

    values[0].field = &contents;
    values[1].field = ngx_tiktok_event_field(&name);
    values[1].value = unit_str("E");

    for (i = 0; i < unit_count(texts); i++) {
        values[0].value = unit_exact(texts[i].text, strlen(texts[i].text));

        check = ngx_tiktok_event_field_check(unit_pool, &contents,
                                       &values[0].value);
        rc = ngx_tiktok_fields_parse(unit_pool, values, 2, &json);

        if (texts[i].result == NULL) {
            unit_ok(check == NGX_DECLINED && rc == NGX_DECLINED,
                    "refuses the JSON %s", texts[i].text);

        } else if (rc != NGX_OK) {
            unit_ok(0, "takes the JSON %s: %s", texts[i].text, json.error);

        } else {
            printed = cJSON_PrintUnformatted(json.root);
            unit_is((u_char *) printed, strlen(printed), texts[i].result,
                    "takes the JSON %s", texts[i].text);
            unit_ok(check == NGX_OK, "and has it checked");
            free(printed);
        }

        if (rc == NGX_OK) {
            ngx_tiktok_json_destroy(&json);
        }

        free(values[0].value.data);
    }
}


static void
test_text(void)
{
    ngx_str_t            name = ngx_string("email"), value;
    ngx_uint_t           i;
    ngx_tiktok_event_field_t  *email;

    static const struct {
        const char  *text;
        size_t       len;
        ngx_int_t    rc;
    } values[] = {
        { "", 0, NGX_OK },
        { "J\xc3\xa4ne@example.com", 17, NGX_OK },
        { "a\nb", 3, NGX_OK },
        { "a\0b", 3, NGX_DECLINED },
        { "\xc3", 1, NGX_DECLINED },
        { "\xed\xa0\x80", 3, NGX_DECLINED }
    };

    email = ngx_tiktok_event_field(&name);

    for (i = 0; i < unit_count(values); i++) {
        value = unit_exact(values[i].text, values[i].len);

        unit_ok(ngx_tiktok_event_field_check(unit_pool, email, &value)
                == values[i].rc, "checks text %d", (int) i);

        free(value.data);
    }
}


static void
test_many(void)
{
    ngx_str_t                  name = ngx_string("value"), written;
    ngx_uint_t                 i;
    ngx_tiktok_json_t          json;
    ngx_tiktok_event_value_t   values[NGX_TIKTOK_FIELDS];

    /* of one name in one object, so that the parser refuses them */

    for (i = 0; i < NGX_TIKTOK_FIELDS; i++) {
        values[i].field = ngx_tiktok_event_field(&name);
        values[i].value = unit_str("1");
    }

    unit_ok(ngx_tiktok_fields_parse(unit_pool, values, NGX_TIKTOK_FIELDS,
                                    &json)
            == NGX_DECLINED, "a field has one value");

    name = unit_str("e-mail");
    unit_ok(ngx_tiktok_event_field(&name) == NULL, "knows no other field");

    written = unit_exact("a%40b+c", 7);
    written.len = ngx_tiktok_form_decode(written.data, written.data,
                                         written.data + written.len)
                  - written.data;

    unit_is(written.data, written.len, "a@b c", "decodes in place");
    free(written.data);
}


void
unit_event_fields(void)
{
    test_json();
    test_text();
    test_many();
}
