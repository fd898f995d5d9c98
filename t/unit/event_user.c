
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#include "event.h"
#include "ngx_tiktok_phone.h"

#include <ctype.h>
#include <stdio.h>


/* of "printf %s TEXT | sha256sum": jane, doe, 94105, 10115 */

#define FIRST                                                                 \
    "81f8f6dde88365f3928796ec7aa53f72820b06db8664f5fe76a7eb13e24546a2"
#define LAST                                                                  \
    "799ef92a11af918e3fb741df42934f3b568ed2d93ac1df74f1b8d41a27932a6f"
#define ZIP_US                                                                \
    "e73ac16e69f060ee98b0fda5f66f48c4648ee26950e9bab3a097389853fd859e"
#define ZIP_DE                                                                \
    "ac7bb74de6884ffce919c15fef4193749d4588026c643973946713ac46da540d"

#define USER(fields)  LEAD ",\"user\":{" fields "}}"
#define SENT(fields)  HEAD ",\"user\":{" fields "}}"


static const unit_event_t  rows[] = {

    /* all of the API's own */

    { USER("\"email\":\" Jane.Doe@Example.com\",\"phone\":\"+49 151 2345 6789\""
           ",\"external_id\":\"cust-8842\",\"first_name\":\"JANE\","
           "\"last_name\":\"Doe\",\"city\":\"Bad Homburg v.d.H.\",\"state\":"
           "\"Hessen\",\"zip_code\":10115,\"country\":\"DE\",\"ttclid\":\"c\","
           "\"ttp\":\"p\",\"locale\":\"de-de\""),
      SENT("\"ttclid\":\"c\",\"ttp\":\"p\",\"email\":\"" JANE "\",\"phone\":\""
           PHONE "\",\"external_id\":\"" CUSTOMER "\",\"first_name\":\"" FIRST
           "\",\"last_name\":\"" LAST "\",\"country\":\"de\",\"state\":"
           "\"hessen\",\"city\":\"badhomburgvdh\",\"zip_code\":\"" ZIP_DE
           "\",\"locale\":\"de-DE\""),
      NULL, NULL, "0000000" },

    /* of the Pixel */

    { USER("\"phone_number\":\"+49 151 2345 6789\",\"email\":"
           "\"jane.doe@example.com\""),
      SENT("\"email\":\"" JANE "\",\"phone\":\"" PHONE "\""),
      NULL, NULL, "0000000" },
    { USER("\"sha256_phone_number\":\"" PHONE "\",\"sha256_email\":\"" JANE
           "\""),
      SENT("\"email\":\"" JANE "\",\"phone\":\"" PHONE "\""),
      NULL, NULL, "0000000" },

    /* of GA4 */

    { USER("\"email_address\":\"jane.doe@example.com\",\"phone_number\":"
           "\"+4915123456789\",\"address\":{\"first_name\":\"Jane\","
           "\"last_name\":\"Doe\",\"street\":\"1 Market St\",\"city\":"
           "\"San Francisco\",\"region\":\"California\",\"postal_code\":"
           "\"94105-1234\",\"country\":\"US\"}"),
      SENT("\"email\":\"" JANE "\",\"phone\":\"" PHONE "\",\"first_name\":\""
           FIRST "\",\"last_name\":\"" LAST "\",\"country\":\"us\",\"state\":"
           "\"ca\",\"city\":\"sanfrancisco\",\"zip_code\":\"" ZIP_US "\""),
      NULL, NULL, "0000001" },
    { USER("\"sha256_email_address\":[\"" JANE "\"],\"sha256_phone_number\":"
           "[\"" PHONE "\"],\"address\":[{\"sha256_first_name\":\"" FIRST
           "\",\"sha256_last_name\":\"" LAST "\",\"postal_code\":\"10115\"},"
           "{\"sha256_first_name\":\"" FIRST "\",\"city\":\"Berlin\"},{}]"),
      SENT("\"email\":\"" JANE "\",\"phone\":\"" PHONE "\",\"first_name\":\""
           FIRST "\",\"last_name\":\"" LAST "\",\"city\":\"berlin\","
           "\"zip_code\":\"" ZIP_DE "\""),
      NULL, NULL, "0000000" },

    /* several names of one thing, and several things of one name */

    { USER("\"sha256_email\":\"" CUSTOMER "\",\"email\":["
           "\"jane.doe@example.com\",\"JANE.DOE@example.com\"],"
           "\"email_address\":\"jane.doe@example.com\""),
      SENT("\"email\":[\"" CUSTOMER "\",\"" JANE "\"]"),
      NULL, NULL, "0000000" },
    { USER("\"first_name\":[\"\",7.5,\"Jane\",\"jane\",\"Mary\"],\"city\":"
           "[null,\"7654321\",\"Bonn\",\"bonn!\",\"Berlin\"],\"ttp\":[\"?\","
           "\"a\",\"a\",\"b\"],\"locale\":[\"de\",\"en\"]"),
      SENT("\"ttp\":\"a\",\"first_name\":\"" FIRST "\",\"city\":\"bonn\","
           "\"locale\":\"de\""),
      NULL, NULL, "0000007" },

    /* of what says it is hashed, nothing else is taken */

    { USER("\"sha256_email\":\"jane.doe@example.com\",\"sha256_phone_number\":"
           "\"+4915123456789\",\"sha256_first_name\":\"Jane\","
           "\"sha256_last_name\":5"),
      HEAD "}", NULL, NULL, "1100002" },

    /* what can't be */

    { USER("\"first_name\":\"...\",\"last_name\":\"jane@example.com\","
           "\"zip_code\":\"-\",\"country\":\"Germany\",\"city\":"
           "\"0151 23456789\",\"state\":{\"a\":1},\"address\":\"1 Market St\","
           "\"gender\":\"f\""),
      HEAD "}", NULL, NULL, "0000008" },
    { USER("\"first_name\":\"\",\"address\":{},\"zip_code\":null,\"gender\":"
           "\"\",\"country\":[null],\"phone\":[\"\"]"),
      HEAD "}", NULL, NULL, "0000000" },
    { USER("\"address\":[1,{\"address\":{\"city\":\"Bonn\"}}]"),
      HEAD "}", NULL, NULL, "0000002" },
    { USER("\"country\":\"us\",\"state\":\"Bayern\",\"zip_code\":\"1234\""),
      SENT("\"country\":\"us\""), NULL, NULL, "0000002" },
    { USER("\"Email\":\"jane.doe@example.com\",\"email \":\"a@b\""),
      HEAD "}", NULL, NULL, "0000002" },
    { USER("\"phone\":\"0151 23456789\""), HEAD "}", NULL, NULL, "0100000" }
};


static const unit_event_t  at_home[] = {
    { USER("\"phone\":[\"0151 23456789\",\"+49 (0)151 23456789\"]"),
      SENT("\"phone\":\"" PHONE "\""), NULL, NULL, "0000000" }
};


/* clear ones are not taken, and places can't be hashed */

static const unit_event_t  hashed_only[] = {
    { USER("\"first_name\":\"Jane\",\"sha256_last_name\":\"" LAST "\","
           "\"city\":\"Bonn\",\"zip_code\":\"" ZIP_DE "\""),
      SENT("\"last_name\":\"" LAST "\",\"zip_code\":\"" ZIP_DE "\""),
      NULL, NULL, "0000002" }
};


/* whatever else is told of the same person makes another identity */

static const char  *identities[] = {
    "", "\"email\":\"a@b\"", "\"email\":[\"a@b\",\"a@c\"]",
    "\"phone\":\"+4915123456789\"", "\"external_id\":\"a\"",
    "\"first_name\":\"a\"", "\"last_name\":\"a\"", "\"country\":\"de\"",
    "\"state\":\"a\"", "\"city\":\"a\"", "\"zip_code\":\"a\"",
    "\"ttclid\":\"a\"", "\"ttp\":\"a\""
};


static void
test_identities(ngx_tiktok_visitor_t *visitor)
{
    char                   text[256];
    ngx_uint_t             i, k;
    ngx_tiktok_event_t     event;
    ngx_tiktok_identity_t  seen[unit_count(identities)];

    for (i = 0; i < unit_count(identities); i++) {
        snprintf(text, sizeof(text), USER("%s"), identities[i]);
        unit_create(text, visitor, &event);

        seen[i] = event.identity;

        for (k = 0; k < i && !unit_same(seen[k], seen[i]); k++) { /* void */ }

        unit_ok(k == i, "identity of %s", identities[i]);
    }

    unit_create(USER("\"ip\":\"8.8.8.8\",\"user_agent\":\"a\",\"locale\":"
                     "\"de\""), visitor, &event);
    unit_ok(unit_same(event.identity, seen[0]), "the connection is no identity");

    unit_create(USER("\"external_id\":\"a\",\"sha256_email\":\"" JANE "\""),
                visitor, &event);
    seen[0] = event.identity;

    unit_create(USER("\"email\":\"jane.doe@example.com\",\"external_id\":"
                     "\"a\""), visitor, &event);
    unit_ok(unit_same(event.identity, seen[0]), "names and order make no other one");
}


/* letters, digits and three marks are all that a cookie "_ttp" has */

static void
test_ttp(ngx_tiktok_visitor_t *visitor)
{
    u_char                 ttp[2];
    ngx_uint_t             c, good;
    ngx_tiktok_event_t     event;
    ngx_tiktok_visitor_t   with;

    with = *visitor;
    with.ttp.data = ttp;
    with.ttp.len = 2;
    ttp[0] = 'a';

    for (c = 0, good = 0; c < 256; c++) {
        ttp[1] = (u_char) c;
        unit_create(USER(""), &with, &event);

        good += ((event.keys & 1 << NGX_TIKTOK_KEY_TTP) != 0)
                == (c < 0x80 && c && (isalnum(c) || strchr("._-", c)));
    }

    unit_ok(good == 256, "the bytes of a ttp");
}


/* no more of one kind than there is room for, the rest is counted */

static void
test_many(ngx_tiktok_visitor_t *visitor)
{
    char                *p, text[4096];
    ngx_uint_t           i;
    ngx_tiktok_event_t   event;

    p = text + sprintf(text, LEAD ",\"user\":{\"email\":[\"a@0\"");

    for (i = 1; i < 20; i++) {
        p += sprintf(p, ",\"a@%d\"", (int) i);
    }

    p += sprintf(p, "],\"sha256_email\":\"" JANE "\",\"city\":[\"a\"");

    for (i = 1; i < 20; i++) {
        p += sprintf(p, ",\"b\"");
    }

    p += sprintf(p, "],\"ttp\":[\"a\"");

    for (i = 1; i < 20; i++) {
        p += sprintf(p, ",\"a\"");
    }

    sprintf(p, "]}}");

    unit_ok(unit_create(text, visitor, &event) == NGX_OK
            && event.left_out[NGX_TIKTOK_LEFT_EMAIL] == 5
            && event.left_out[NGX_TIKTOK_LEFT_USER] == 19 + 4,
            "more than there is room for");
}


void
unit_event_user(void)
{
    ngx_str_t              country;
    ngx_tiktok_visitor_t   visitor;

    ngx_memzero(&visitor, sizeof(visitor));
    visitor.now = NOW;

    unit_events(rows, unit_count(rows), NULL);

    test_identities(&visitor);
    test_ttp(&visitor);
    test_many(&visitor);

    country = unit_str("DE");
    visitor.phone_plan = ngx_tiktok_phone_plan(&country);
    unit_events(at_home, unit_count(at_home), &visitor);

    visitor.hashed_only = 1;
    unit_events(hashed_only, unit_count(hashed_only), &visitor);
}
