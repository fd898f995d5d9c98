
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#include "event.h"
#include "ngx_tiktok_values.h"


static const unit_event_t  events[] = {

    { LEAD ",\"properties\":{\"value\":\" 129.90 \",\"price\":\"1e2\","
      "\"quantity\":\"2\",\"num_items\":3.0,\"currency\":\"eur \"}}",
      HEAD ",\"properties\":{\"value\":129.90,\"currency\":\"EUR\",\"price\":"
      "1e2,\"quantity\":2,\"num_items\":3}}", NULL, NULL, "0000000" },
    { LEAD ",\"properties\":{\"value\":0.30000000000000004}}",
      HEAD ",\"properties\":{\"value\":0.30000000000000004}}", NULL, NULL,
      NULL },
    { LEAD ",\"properties\":{\"value\":\"129,9,7\",\"price\":-1,\"quantity\":"
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
      HEAD ",\"properties\":{\"contents\":[{\"content_id\":\"7\",\"price\":"
      "2.50,\"z\":true}],\"content_ids\":[\"a\"],\"content_type\":"
      "\"product\"}}",
      NULL, NULL, "0000010" },
    { LEAD ",\"properties\":{\"content_ids\":[1,\"b\",null,\"\",true,"
      "12345678901234567890],\"contents\":[1,{},{\"content_id\":\"\"}]}}",
      HEAD ",\"properties\":{\"content_ids\":[\"1\",\"b\","
      "\"12345678901234567890\"]}}", NULL, NULL, "0000020" },
    { LEAD ",\"properties\":{\"content_type\":\"Product\",\"customer_type\":"
      "\"new\",\"order_id\":5,\"shop_id\":\"s\",\"content_id\":9}}",
      HEAD ",\"properties\":{\"content_type\":\"product\",\"content_id\":\"9\","
      "\"order_id\":\"5\",\"shop_id\":\"s\",\"customer_type\":\"new\"}}",
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
      "1e+20,\"c\":1700000000123}}", NULL, NULL, NULL },

    /* every field that TikTok knows, out of other types */

    { LEAD ",'properties':{'value':'10','currency':'eur','content_ids':[7,8],"
      "'content_type':' PRODUCT_GROUP','content_id':7,'content_name':8,"
      "'content_category':9,'brand':10,'price':'1,5','quantity':'2',"
      "'num_items':'3.0','order_id':12345678901234567,'shop_id':4,"
      "'customer_type':'Returning','description':5,'query':6,"
      "'search_string':7,'status':8,'predicted_ltv':'12,5',"
      "'delivery_category':9}}",
      HEAD ",'properties':{'value':10,'currency':'EUR','content_ids':['7',"
      "'8'],'content_type':'product_group','content_id':'7','content_name':"
      "'8','content_category':'9','brand':'10','price':1.5,'quantity':2,"
      "'num_items':3,'order_id':'12345678901234567','shop_id':'4',"
      "'customer_type':'returning','description':'5','query':'6',"
      "'search_string':'7','status':'8','predicted_ltv':12.5,"
      "'delivery_category':'9'}}", NULL, NULL, "0000000" },
    { LEAD ",'properties':{'content_ids':[true,{}],'content_id':1.5,"
      "'order_id':false,'description':[1],'quantity':'1,5','num_items':1e10,"
      "'predicted_ltv':-1,'customer_type':'old'}}", HEAD "}", NULL, NULL,
      "0000080" },
    { LEAD ",'properties':{'contents':[{'content_id':12345678901234567,"
      "'content_name':1,'content_category':2,'brand':3,'price':'19.99',"
      "'quantity':'1','content_type':'product'}]}}",
      HEAD ",'properties':{'contents':[{'content_id':'12345678901234567',"
      "'content_name':'1','content_category':'2','brand':'3','price':19.99,"
      "'quantity':1,'content_type':'product'}],'content_type':'product'}}",
      NULL, NULL, "0000000" },

    /* the type of contents, said for all, for each, or not at all */

    { LEAD ",'properties':{'contents':[{'content_id':'a'}]}}",
      HEAD ",'properties':{'contents':[{'content_id':'a'}],'content_type':"
      "'product'}}", NULL, NULL, "0000000" },
    { LEAD ",'properties':{'contents':[{'content_id':'a'}],'content_type':"
      "'product_group'}}",
      HEAD ",'properties':{'contents':[{'content_id':'a'}],'content_type':"
      "'product_group'}}", NULL, NULL, "0000000" },
    { LEAD ",'properties':{'contents':[{'content_id':'a'}],'content_type':"
      "'thing'}}",
      HEAD ",'properties':{'contents':[{'content_id':'a'}],'content_type':"
      "'product'}}", NULL, NULL, "0000010" },
    { LEAD ",'properties':{'contents':[{'content_id':'a','content_type':"
      "'product_group'},{'content_id':'b','content_type':'product'}]}}",
      HEAD ",'properties':{'contents':[{'content_id':'a','content_type':"
      "'product_group'},{'content_id':'b','content_type':'product'}],"
      "'content_type':'product_group'}}", NULL, NULL, "0000000" },
    { LEAD ",'properties':{'contents':[{'content_name':'a'}]}}",
      HEAD ",'properties':{'contents':[{'content_name':'a'}]}}", NULL, NULL,
      "0000000" },
    { LEAD ",'properties':{'contents':[{'content_id':'x@y.zz'}]}}", HEAD "}",
      NULL, NULL, "0000010" },
    { LEAD ",'properties':{'content_ids':['a']}}",
      HEAD ",'properties':{'content_ids':['a']}}", NULL, NULL, "0000000" },

    /* names of persons, wherever they stand */

    { LEAD ",'properties':{'phone_number':'1','a':{'email_address':'x',"
      "'first_name':'Jane','b':[{'tel':1}]},'page_path':'/t?phone=1&a=2'}}",
      HEAD ",'properties':{'page_path':'/t?phone=&a=2'}}", NULL, NULL,
      "0000140" },
    { LEAD ",'properties':{'description':'/u/jane@example.com/x','status':"
      "'/'}}",
      HEAD ",'properties':{'description':'/u//x','status':'/'}}", NULL, NULL,
      "0000100" }
};


/* what amounts are sent as; NULL is left out */

static const unit_pair_t  amounts[] = {
    { "0", "0" }, { "0.00", "0.00" }, { "19.99", "19.99" },
    { "129.90", "129.90" }, { "1e2", "1e2" }, { " 5 ", "5" },
    { "\xc2\xa0" "5\xe2\x80\xaf", "5" }, { "1.234", "1.234" },
    { "12345678901234567", "12345678901234567" },
    { "12,5", "12.5" }, { "12,50", "12.50" }, { "0,5", "0.5" },
    { "0,123", "0.123" }, { "1,2345", "1.2345" }, { "1234,567", "1234.567" },
    { "1.234,5", "1234.5" }, { "1.234,567", "1234.567" },
    { "1,234.50", "1234.50" }, { "1,234,567", "1234567" },
    { "1.234.567", "1234567" }, { "1.234.567,89", "1234567.89" },
    { "1,234,567.89", "1234567.89" }, { "12.345,00", "12345.00" },
    { "1 234", "1234" }, { "1 234,5", "1234.5" }, { "1 234.5", "1234.5" },
    { "1 234 567,891", "1234567.891" }, { "1\xc2\xa0" "234,50", "1234.50" },
    { "1\xe2\x80\xaf" "234,50", "1234.50" }, { "1'234.50", "1234.50" },
    { "1\xe2\x80\x99" "234.50", "1234.50" }, { "1'234'567", "1234567" },
    { "1 234\xc2\xa0" "567", "1234567" },
    { "1,234", NULL }, { "12,345", NULL }, { "123,456", NULL },
    { "", NULL }, { " ", NULL }, { ",", NULL }, { ".", NULL }, { "-", NULL },
    { "-1", NULL }, { "-1,5", NULL }, { "+1", NULL }, { ",5", NULL },
    { ".5", NULL }, { "5,", NULL }, { "5.", NULL }, { "1,,5", NULL },
    { "1..5", NULL }, { "1,5,5", NULL }, { "1.5.5", NULL }, { "1,5.5", NULL },
    { "1.5,5", NULL }, { "01", NULL }, { "01,5", NULL }, { "0,123,456", NULL },
    { "0 123", NULL }, { "00,5", NULL }, { "1 23", NULL }, { "1 2345", NULL },
    { "1234 567", NULL }, { "1,23,456", NULL }, { "12,34,567.8", NULL },
    { "1,2345,678", NULL }, { "1234.567,8", NULL }, { "1,234 567", NULL },
    { "1,234.567,8", NULL }, { "1.234,567.8", NULL }, { "1 234,567.8", NULL },
    { "1,5 ,5", NULL }, { "12,-", NULL }, { "12,50 EUR", NULL },
    { "\xe2\x82\xac" "12,50", NULL }, { "$12.50", NULL }, { "1,5e2", NULL },
    { "1e999", NULL }, { "0x10", NULL }, { "NaN", NULL }, { "abc", NULL },
    { "\xd9\xa1\xd9\xa2", NULL }, { "1\xe2\x80", NULL }, { "1_000", NULL },
    { "12345678901234567890123456789012", "12345678901234567890123456789012" },
    { "123456789012345678901234567890123", NULL },
    { "1234567890123456789012345678901,2", NULL },
    { "1234567890123456789012345678901,", NULL },
    { "1 234 567 890 123 456 789 012 345", "1234567890123456789012345" },
    { "1 234 567 890 123 456 789 012 345 678 901 234 567 890", NULL }
};


static void
test_amounts(void)
{
    u_char      buf[NGX_TIKTOK_AMOUNT_LEN];
    ngx_int_t   rc;
    ngx_str_t   text, digits;
    ngx_uint_t  i;

    for (i = 0; i < unit_count(amounts); i++) {
        text = unit_exact(amounts[i].text, strlen(amounts[i].text));
        rc = ngx_tiktok_amount(&text, buf, &digits);

        if (rc == NGX_OK && digits.len && digits.data[0] == '-') {
            rc = NGX_DECLINED;              /* the caller's matter */
        }

        if (amounts[i].result == NULL) {
            unit_ok(rc == NGX_DECLINED, "\"%s\" is no amount",
                    amounts[i].text);

        } else if (rc == NGX_OK) {
            unit_is(digits.data, digits.len, amounts[i].result, "amount %s",
                    amounts[i].text);

        } else {
            unit_ok(0, "\"%s\" is an amount", amounts[i].text);
        }

        free(text.data);
    }
}


static void
test_scales(void)
{
    uint64_t    n;
    ngx_int_t   rc;
    ngx_str_t   text;
    ngx_uint_t  i;

    static const struct {
        const char  *text;
        ngx_uint_t   decimals;
        int64_t      number;                /* -1 is declined */
    } scales[] = {
        { "0", 0, 0 }, { "12", 0, 12 }, { "12.0", 0, 12 }, { "12.5", 0, -1 },
        { "12.5", 1, 125 }, { "12.5", 6, 12500000 }, { "12", 6, 12000000 },
        { "0.000001", 6, 1 }, { "0.0000001", 6, -1 }, { "1e2", 6, -1 },
        { "-1", 6, -1 }, { "1000000000000000000", 0, 1000000000000000000 },
        { "1000000000000", 6, 1000000000000000000 },
        { "99999999999999999999", 0, -1 }, { "10000000000000", 6, -1 }
    };

    for (i = 0; i < unit_count(scales); i++) {
        text = unit_str(scales[i].text);
        rc = ngx_tiktok_amount_scale(&text, scales[i].decimals, &n);

        unit_ok(scales[i].number < 0
                ? rc == NGX_DECLINED
                : rc == NGX_OK && n == (uint64_t) scales[i].number,
                "%s with %d decimals", scales[i].text,
                (int) scales[i].decimals);
    }
}


void
unit_event_properties(void)
{
    unit_events(events, unit_count(events), NULL);

    test_amounts();
    test_scales();
}
