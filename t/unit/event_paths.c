
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#include "event.h"
#include "ngx_tiktok_path.h"


typedef struct {
    const char  *path;
    const char  *value;             /* or NULL where there is none */
} unit_path_t;


static const char  tree[] =
    "{\"ok\":true,\"paid\":false,\"note\":null,\"empty\":\"\",\"order\":"
    "{\"id\":100042,\"total\":19.90,\"long\":12345678901234567890,"
    "\"items\":[{\"sku\":\"A\",\"n\":1},{\"sku\":\"B\\\"\",\"n\":2},{\"n\":3},"
    "{\"sku\":null}],\"matrix\":[[1,2],[],[3]]},\"a.b\":\"dotted\","
    "\"a\":{\"b.c\":\"rest\",\"b\":{\"d\":1}},\"0\":\"zero\",\"\":\"nameless\","
    "\"J\xc3\xa4ne\":{\"x\":[\"y\"]}}";


static const unit_path_t  paths[] = {
    { "ok", "1" },
    { "paid", "0" },
    { "note", NULL },
    { "empty", "" },
    { "order.id", "100042" },
    { "order.total", "19.9" },
    { "order.long", "12345678901234567890" },
    { "order.items.0.sku", "A" },
    { "order.items.1.sku", "B\"" },
    { "order.items.2.sku", NULL },
    { "order.items.4.sku", NULL },
    { "order.items.-1.sku", NULL },
    { "order.items.99999999999999999999.sku", NULL },
    { "order.items.x.sku", NULL },
    { "order.items.*.sku", "A,B\"" },
    { "order.items.*.n", "1,2,3" },
    { "order.items.*.nothing", NULL },
    { "order.matrix.*.*", "1,2,3" },
    { "order.matrix.*.1", "2" },
    { "order.matrix.0", "[1,2]" },
    { "order.matrix.*", "[1,2],[],[3]" },
    { "order.items.1", "{\"sku\":\"B\\\"\",\"n\":2}" },
    { "order.items.3", "{\"sku\":null}" },
    { "order.id.x", NULL },
    { "order.*", NULL },
    { "orde", NULL },
    { ".order", NULL },
    { "..", NULL },
    { "a.b", "dotted" },
    { "a.b.c", "rest" },
    { "a.b.d", "1" },
    { "0", "zero" },
    { "J\xc3\xa4ne.x", "[\"y\"]" },
    { "Order.id", NULL }
};


/* a form, its name, the value */

static const struct {
    const char  *text;
    const char  *name;
    const char  *value;
} forms[] = {
    { "", "a", NULL },
    { "a=1", "a", "1" },
    { "a=1&b=2", "b", "2" },
    { "a=1&a=2", "a", "2" },
    { "a=1&a", "a", "" },
    { "a", "a", "" },
    { "a=", "a", "" },
    { "a=1=2", "a", "1=2" },
    { "%61=x+y%2Bz", "a", "x y+z" },
    { "billing%5Bemail%5D=e%40b", "billing[email]", "e@b" },
    { "a=%zz%4&", "a", "%zz%4" },
    { "&&=x&", "a", NULL },
    { "aa=1", "a", NULL },
    { "A=1", "a", NULL }
};


#define PART(disposition, value)                                              \
    "--x\r\nContent-Disposition: " disposition "\r\n\r\n" value "\r\n"


static const struct {
    const char  *text;
    const char  *name;
    const char  *value;
} multiparts[] = {
    { PART("form-data; name=\"a\"", "1") "--x--\r\n", "a", "1" },
    { PART("form-data; name=a", "1") "--x--", "a", "1" },
    { PART("form-data; name=\"a\"", "1") PART("form-data; name=\"b\"", "2")
      "--x--\r\n", "b", "2" },
    { PART("form-data; name=\"a\"", "1") PART("form-data; name=\"a\"", "2")
      "--x--\r\n", "a", "2" },
    { PART("form-data; name=\"a\"", "") "--x--\r\n", "a", "" },
    { PART("form-data; name=\"a\"", "1\r\n--y\r\n2") "--x--\r\n", "a",
      "1\r\n--y\r\n2" },
    { "--x\r\nX: y\r\ncontent-disposition: form-data; NAME=\"a\"\r\n"
      "Content-Type: text/plain\r\n\r\n1\r\n--x--\r\n", "a", "1" },
    { PART("form-data; name=\"a\"; filename=\"f\"", "1") "--x--\r\n", "a",
      NULL },
    { PART("form-data; name=\"a\"; filename*=UTF-8''f", "1") "--x--\r\n", "a",
      NULL },
    { PART("form-data; name=\"a", "1") "--x--\r\n", "a", NULL },
    { PART("form-data", "1") "--x--\r\n", "a", NULL },
    { "--x\r\n\r\n1\r\n--x--\r\n", "a", NULL },
    { "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n--x--\r\n", "a",
      NULL },
    { "--x--\r\n", "a", NULL },
    { "--x\r\n", "a", NULL },
    { "--x", "a", NULL },
    { "--", "a", NULL },
    { "", "a", NULL },
    { "--y\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--y--",
      "a", NULL },

    /* cut off: what is there may not be all of it */
    { PART("form-data; name=\"a\"", "1"), "a", NULL },
    { "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1", "a", NULL }
};


static void
test_paths(void)
{
    ngx_int_t           rc;
    ngx_str_t           text, path, value;
    ngx_uint_t          i;
    ngx_tiktok_json_t   json;

    text = unit_exact(tree, sizeof(tree) - 1);

    if (unit_parse(&text, &json) != NGX_OK) {
        unit_ok(0, "the tree: %s", json.error);
        return;
    }

    for (i = 0; i < unit_count(paths); i++) {
        path = unit_exact(paths[i].path, strlen(paths[i].path));
        rc = ngx_tiktok_path_find(unit_pool, json.root, &path, &value);

        if (paths[i].value == NULL) {
            unit_ok(rc == NGX_DECLINED, "nothing at %s", paths[i].path);

        } else if (rc != NGX_OK) {
            unit_ok(0, "something at %s", paths[i].path);

        } else {
            unit_is(value.data, value.len, paths[i].value, "%s",
                    paths[i].path);
        }

        free(path.data);
    }

    ngx_tiktok_json_destroy(&json);
    free(text.data);

    text = unit_exact("\"000000123\"", 11);
    path = unit_str(".");

    if (unit_parse(&text, &json) == NGX_OK) {
        rc = ngx_tiktok_path_find(unit_pool, json.root, &path, &value);
        unit_is(value.data, rc == NGX_OK ? value.len : 0, "000000123",
                "the whole");
        ngx_tiktok_json_destroy(&json);
    }

    free(text.data);
}


static void
test_forms(void)
{
    ngx_int_t   rc;
    ngx_str_t   text, name, value;
    ngx_uint_t  i;

    for (i = 0; i < unit_count(forms); i++) {
        text = unit_exact(forms[i].text, strlen(forms[i].text));
        name = unit_exact(forms[i].name, strlen(forms[i].name));

        rc = ngx_tiktok_form_find(unit_pool, &text, &name, &value);

        if (forms[i].value == NULL) {
            unit_ok(rc == NGX_DECLINED, "no %s in %s", forms[i].name,
                    forms[i].text);

        } else if (rc != NGX_OK) {
            unit_ok(0, "%s in %s", forms[i].name, forms[i].text);

        } else {
            unit_is(value.data, value.len, forms[i].value, "%s in %s",
                    forms[i].name, forms[i].text);
        }

        free(text.data);
        free(name.data);
    }
}


static void
test_multiparts(void)
{
    ngx_int_t   rc;
    ngx_str_t   text, name, type, value;
    ngx_uint_t  i, n, found;

    static const char *const  types[] = {
        "multipart/form-data; boundary=x",
        "multipart/form-data;charset=utf-8;Boundary=\"x\"",
        "multipart/form-data; boundary=x; y=z"
    };

    static const char *const  bad[] = {
        "multipart/form-data", "multipart/form-data; boundary=",
        "multipart/form-data; boundary=\"x",
        ("multipart/form-data; boundary="
         "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
         "xxxxxxxxxxxx")
    };

    for (i = 0; i < unit_count(multiparts); i++) {
        n = strlen(multiparts[i].text);
        text = unit_exact(multiparts[i].text, n);
        name = unit_exact(multiparts[i].name, strlen(multiparts[i].name));
        type = unit_str(types[i % unit_count(types)]);

        rc = ngx_tiktok_multipart_find(&text, &type, &name, &value);

        if (multiparts[i].value == NULL) {
            unit_ok(rc == NGX_DECLINED, "no value in multipart %d", (int) i);

        } else if (rc != NGX_OK) {
            unit_ok(0, "multipart %d", (int) i);

        } else {
            unit_is(value.data, value.len, multiparts[i].value,
                    "multipart %d", (int) i);
        }

        free(text.data);

        /* no byte behind its end is looked at, wherever it ends */

        for (found = 0; n; n--) {
            text = unit_exact(multiparts[i].text, n - 1);
            found += ngx_tiktok_multipart_find(&text, &type, &name, &value)
                     == NGX_OK;
            free(text.data);
        }

        unit_ok(found <= 8, "multipart %d, cut off", (int) i);

        free(name.data);
    }

    text = unit_str(multiparts[0].text);
    name = unit_str(multiparts[0].name);

    for (i = 0; i < unit_count(bad); i++) {
        type = unit_exact(bad[i], strlen(bad[i]));
        unit_ok(ngx_tiktok_multipart_find(&text, &type, &name, &value)
                == NGX_DECLINED, "no boundary in %s", bad[i]);
        free(type.data);
    }
}


void
unit_event_paths(void)
{
    test_paths();
    test_forms();
    test_multiparts();
}
