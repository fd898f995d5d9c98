
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * What one event has told of a visitor, and another one gets.
 */


#include "event.h"


#define OTHER                                                                 \
    "0000000000000000000000000000000000000000000000000000000000000001"

#define USER(fields)  LEAD ",\"user\":{" fields "}}"
#define SENT(fields)  HEAD ",\"user\":{" fields "}}"

#define NAMED(kind)   (1 << NGX_TIKTOK_PERSON_##kind)


/*
 * The events of one visitor, one after the other: what came, what goes out,
 * and what is known after it
 */

typedef struct {
    const char  *what;
    const char  *text;
    const char  *json;
    ngx_uint_t   known;
    ngx_uint_t   changed;
    ngx_uint_t   confirmed;
} unit_person_t;


static const unit_person_t  persons[] = {

    { "nobody", LEAD "}", HEAD "}", 0, 0, 0 },
    { "an e-mail", USER("\"email\":\" JANE.DOE@example.com\""),
      SENT("\"email\":\"" JANE "\""), NAMED(EMAIL), 1, 0 },
    { "is filled in", LEAD "}", SENT("\"email\":\"" JANE "\""), NAMED(EMAIL),
      0, 0 },
    { "at its place", USER("\"email\":\"" JANE "\",\"phone\":"
                           "\"+4915123456789\",\"ttp\":\"p\""),
      SENT("\"ttp\":\"p\",\"email\":\"" JANE "\",\"phone\":\"" PHONE "\""),
      NAMED(EMAIL)|NAMED(PHONE), 1, 1 },
    { "one that is known", USER("\"email\":\"" JANE "\""),
      SENT("\"email\":\"" JANE "\",\"phone\":\"" PHONE "\""),
      NAMED(EMAIL)|NAMED(PHONE), 0, 1 },
    { "and one that cannot be sent", USER("\"email\":\"jane\",\"phone\":\""
                                          PHONE "\""),
      SENT("\"phone\":\"" PHONE "\""), NAMED(EMAIL)|NAMED(PHONE), 0, 1 },
    { "nothing at all", USER("\"email\":\"\",\"phone\":null"),
      SENT("\"email\":\"" JANE "\",\"phone\":\"" PHONE "\""),
      NAMED(EMAIL)|NAMED(PHONE), 0, 0 },
    { "one of two that agrees",
      USER("\"phone\":\"" OTHER "\",\"email\":\"" JANE "\""),
      SENT("\"email\":\"" JANE "\",\"phone\":\"" OTHER "\""),
      NAMED(EMAIL)|NAMED(PHONE), 1, 1 },
    { "a name", USER("\"first_name\":\"" OTHER "\",\"city\":\"Berlin\""),
      SENT("\"email\":\"" JANE "\",\"phone\":\"" OTHER "\",\"first_name\":\""
           OTHER "\",\"city\":\"berlin\""),
      NAMED(EMAIL)|NAMED(PHONE)|NAMED(FIRST_NAME), 1, 0 },
    { "another name", USER("\"first_name\":\"" JANE "\",\"zip_code\":\""
                           OTHER "\""),
      SENT("\"email\":\"" JANE "\",\"phone\":\"" OTHER "\",\"first_name\":\""
           JANE "\",\"zip_code\":\"" OTHER "\""),
      NAMED(EMAIL)|NAMED(PHONE)|NAMED(FIRST_NAME)|NAMED(ZIP_CODE), 1, 0 },
    { "several e-mails", USER("\"email\":[\"" JANE "\",\"" OTHER "\"]"),
      SENT("\"email\":[\"" JANE "\",\"" OTHER "\"],\"phone\":\"" OTHER
           "\",\"first_name\":\"" JANE "\",\"zip_code\":\"" OTHER "\""),
      NAMED(EMAIL)|NAMED(PHONE)|NAMED(FIRST_NAME)|NAMED(ZIP_CODE), 0, 1 },
    { "somebody else", USER("\"phone\":\"" PHONE "\",\"last_name\":\"" OTHER
                            "\""),
      SENT("\"phone\":\"" PHONE "\",\"last_name\":\"" OTHER "\""),
      NAMED(PHONE)|NAMED(LAST_NAME), 1, 0 },
    { "and another customer", USER("\"external_id\":\"" CUSTOMER
                                   "\",\"phone\":\"" OTHER "\""),
      SENT("\"phone\":\"" OTHER "\",\"external_id\":\"" CUSTOMER "\""),
      NAMED(PHONE)|NAMED(EXTERNAL_ID), 1, 0 },
    { "one of a kind that is not known", USER("\"email\":\"" JANE "\""),
      SENT("\"email\":\"" JANE "\""), NAMED(EMAIL), 1, 0 },
    { "several of them", USER("\"phone\":\"" PHONE "\",\"external_id\":\""
                              CUSTOMER "\""),
      SENT("\"phone\":\"" PHONE "\",\"external_id\":\"" CUSTOMER "\""),
      NAMED(PHONE)|NAMED(EXTERNAL_ID), 1, 0 },
    { "one that cannot be sent", USER("\"email\":\"jane\""), HEAD "}",
      0, 0, 0 },
    { "a name alone", USER("\"first_name\":\"" OTHER "\""),
      SENT("\"first_name\":\"" OTHER "\""), NAMED(FIRST_NAME), 1, 0 },
    { "is not of whoever comes", USER("\"external_id\":\"" CUSTOMER "\""),
      SENT("\"external_id\":\"" CUSTOMER "\""), NAMED(EXTERNAL_ID), 1, 0 },
    { "an event that is none", "{\"event\":\"!\",\"user\":{\"email\":\"" JANE
                               "\"}}",
      NULL, NAMED(EXTERNAL_ID), 0, 0 },
};


static void
test_events(void)
{
    ngx_uint_t             i;
    ngx_tiktok_event_t     event;
    ngx_tiktok_person_t    person;
    ngx_tiktok_visitor_t   visitor;

    ngx_memzero(&person, sizeof(person));
    ngx_memzero(&visitor, sizeof(visitor));

    visitor.now = NOW;
    visitor.person = &person;

    for (i = 0; i < unit_count(persons); i++) {
        person.changed = 0;
        person.confirmed = 0;

        unit_create(persons[i].text, &visitor, &event);

        if (persons[i].json) {
            unit_is(event.json.data, event.json.len, persons[i].json,
                    "%s", persons[i].what);
        }

        unit_ok(person.known == persons[i].known
                && person.changed == persons[i].changed
                && person.confirmed == persons[i].confirmed,
                "%s: is remembered", persons[i].what);
    }
}


/* who is filled in counts, and is no news where an event brings him again */

static void
test_same(void)
{
    ngx_tiktok_event_t     brought, filled, lacking;
    ngx_tiktok_person_t    person;
    ngx_tiktok_visitor_t   visitor;

    ngx_memzero(&person, sizeof(person));
    ngx_memzero(&visitor, sizeof(visitor));

    visitor.now = NOW;
    unit_create(LEAD "}", &visitor, &lacking);

    visitor.person = &person;
    unit_create(USER("\"email\":\"" JANE "\",\"phone\":\"" PHONE
                     "\",\"external_id\":\"" CUSTOMER "\""),
                &visitor, &brought);
    unit_create(LEAD "}", &visitor, &filled);

    unit_ok(filled.keys == (1 << NGX_TIKTOK_KEY_EMAIL
                            | 1 << NGX_TIKTOK_KEY_PHONE
                            | 1 << NGX_TIKTOK_KEY_EXTERNAL_ID),
            "what is filled in is among the match keys");
    unit_ok(memcmp(&filled.identity, &brought.identity,
                   sizeof(ngx_tiktok_identity_t))
            == 0,
            "an event that is filled in is one that has it itself");
    unit_ok(memcmp(&filled.identity, &lacking.identity,
                   sizeof(ngx_tiktok_identity_t))
            != 0,
            "and not one without");
    unit_ok(filled.left_out[NGX_TIKTOK_LEFT_USER] == 0, "nothing is left out");

    visitor.hashed_only = 1;
    unit_create(USER("\"email\":\"jane.doe@example.com\",\"external_id\":\""
                     CUSTOMER "\""),
                &visitor, &filled);
    unit_is(filled.json.data, filled.json.len,
            SENT("\"phone\":\"" PHONE "\",\"external_id\":\"" CUSTOMER "\""),
            "where only hashes are taken, nothing takes the place of another");
}


static void
test_packed(void)
{
    u_char                buf[NGX_TIKTOK_PERSON_LEN], *last;
    time_t                t;
    ngx_str_t             text;
    ngx_uint_t            i, known, ok, strict;
    ngx_tiktok_person_t   person, got;

    ngx_memzero(&person, sizeof(person));

    for (i = 0; i < NGX_TIKTOK_PERSON_KINDS; i++) {
        ngx_memset(person.hashes[i], '0' + i, NGX_TIKTOK_HASH_LEN);
        person.hashes[i][1] = 'f';
        person.hashes[i][NGX_TIKTOK_HASH_LEN - 1] = 'a';
    }

    ok = 1;
    strict = 1;

    for (known = 0; known < 1 << NGX_TIKTOK_PERSON_KINDS; known++) {
        person.known = known;
        last = ngx_tiktok_person_pack(buf, &person, 0xfedcba98);

        ok &= (last - buf <= NGX_TIKTOK_PERSON_LEN);

        text = unit_exact(buf, last - buf);
        ngx_memzero(&got, sizeof(got));

        ok &= (ngx_tiktok_person_unpack(&got, &text, &t) == NGX_OK
               && t == 0xfedcba98 && got.known == known && !got.changed);

        for (i = 0; i < NGX_TIKTOK_PERSON_KINDS; i++) {
            ok &= !(known & 1 << i)
                  || memcmp(got.hashes[i], person.hashes[i],
                            NGX_TIKTOK_HASH_LEN)
                     == 0;
        }

        /* one byte less, and one more than it says */

        while (text.len) {
            text.len--;
            strict &= (ngx_tiktok_person_unpack(&got, &text, &t)
                       == NGX_DECLINED);
        }

        text.len = last - buf;
        text.data[4] |= 1 << NGX_TIKTOK_PERSON_KINDS;
        strict &= (ngx_tiktok_person_unpack(&got, &text, &t) == NGX_DECLINED);

        text.data[4] = 0;
        strict &= (known == 0
                   || ngx_tiktok_person_unpack(&got, &text, &t)
                      == NGX_DECLINED);

        free(text.data);
    }

    unit_ok(ok, "a person is packed and unpacked");
    unit_ok(strict, "what was not packed is not unpacked");
    unit_ok(last - buf == NGX_TIKTOK_PERSON_LEN, "no byte is wasted");
}


void
unit_event_person(void)
{
    test_events();
    test_same();
    test_packed();
}
