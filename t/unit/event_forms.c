
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#include "event.h"


static const unit_pair_t  forms[] = {
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
    { "limited_data_use=true&event=E",
      "{\"limited_data_use\":\"true\",\"event\":\"E\",\"page\":{},\"user\":{},"
      "\"properties\":{}}" },
    { "event=a&event=b", NULL },
    { "event=a&ev%65nt=", NULL },
    { "event&event", NULL },
    { "event=%00", NULL },
    { "event=%ff", NULL },
    { "event=%c3", NULL },
    { "event=%ed%a0%80", NULL }
};


const char *
unit_form_text(ngx_uint_t i)
{
    return forms[i % unit_count(forms)].text;
}


void
unit_event_forms(void)
{
    char               *printed;
    ngx_int_t           rc;
    ngx_str_t           text;
    ngx_uint_t          i;
    ngx_tiktok_json_t   json;

    for (i = 0; i < unit_count(forms); i++) {
        text = unit_exact(forms[i].text, strlen(forms[i].text));
        rc = ngx_tiktok_form_parse(unit_pool, &text, &json);

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

