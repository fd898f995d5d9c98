
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#include "event.h"


static const unit_event_t  events[] = {

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


void
unit_event_properties(void)
{
    unit_events(events, unit_count(events), NULL);
}
