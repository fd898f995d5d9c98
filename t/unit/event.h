
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * What the tests of the event room share.
 */


#ifndef _UNIT_EVENT_H_INCLUDED_
#define _UNIT_EVENT_H_INCLUDED_


#include "unit.h"
#include "ngx_tiktok_event.h"


#define unit_count(array)  (sizeof(array) / sizeof((array)[0]))
#define unit_same(a, b)    (memcmp(&(a), &(b), sizeof(a)) == 0)

#define NOW    1700000000
#define DEPTH  16

/* of "printf %s TEXT | sha256sum" */

#define JANE                                                                  \
    "86e0b9e56c17cc4d12387e1949b85053fbe73bc3ce5a1188713a9d300cc6133d"
#define PHONE                                                                 \
    "663a4322addcdcc2be9435bfd2505066dc1048b89d33e48f363119f18bdd71e8"
#define CUSTOMER                                                              \
    "3335c80bf680bfaa5245dd28c8c930a6cbce0f13da00e5f462a2dd0521d5a4e5"

#define LEAD  "{\"event\":\"Lead\",\"event_id\":\"1\""

/* how that one goes out */

#define HEAD                                                                  \
    "{\"event\":\"Lead\",\"event_time\":1700000000,\"event_id\":\"1\""


typedef struct {
    const char  *text;
    const char  *result;
} unit_pair_t;


/* what becomes of an event's text; "'" stands for a quote in both */

typedef struct {
    const char  *text;
    const char  *json;              /* or NULL where it is refused */
    const char  *error;
    const char  *field;
    const char  *left_out;          /* a digit for each counter, or NULL */
} unit_event_t;


extern ngx_pool_t  *unit_pool;


ngx_str_t unit_str(const char *text);

/* a copy in memory of exactly its size, so that reading on is seen */
ngx_str_t unit_exact(const void *data, size_t len);

ngx_int_t unit_parse(ngx_str_t *text, ngx_tiktok_json_t *json);

/* an event out of its text; NGX_ABORT where that is no JSON */
ngx_int_t unit_create(const char *text, ngx_tiktok_visitor_t *visitor,
    ngx_tiktok_event_t *event);

/* the rows of a table, each without a visitor or with this one */
void unit_events(const unit_event_t *rows, ngx_uint_t n,
    ngx_tiktok_visitor_t *visitor);

/* texts for the mutations to begin with */
const char *unit_event_text(ngx_uint_t i);
const char *unit_ga4_text(ngx_uint_t i);
const char *unit_form_text(ngx_uint_t i);


void unit_event_corpus(void);
void unit_event_json(void);
void unit_event_fields(void);
void unit_event_forms(void);
void unit_event_ga4(void);
void unit_event_paths(void);
void unit_event_writer(void);
void unit_event_identity(void);
void unit_event_phone(void);
void unit_event_user(void);
void unit_event_person(void);
void unit_event_urls(void);
void unit_event_visitors(void);
void unit_event_names(void);
void unit_event_ids(void);
void unit_event_properties(void);
void unit_event_mutations(void);


#endif /* _UNIT_EVENT_H_INCLUDED_ */
