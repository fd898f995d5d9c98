
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#ifndef _NGX_TIKTOK_EVENT_H_INCLUDED_
#define _NGX_TIKTOK_EVENT_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_tiktok_json.h"
#include "ngx_tiktok_person.h"
#include "ngx_tiktok_phone.h"


#define NGX_TIKTOK_EVENT_ID_LEN   256       /* bytes, at most */
#define NGX_TIKTOK_EVENT_SIZE     131072    /* bytes of an event's JSON */
#define NGX_TIKTOK_IDENTIFIERS    16        /* of one kind in one event */


/* where the event_id came from */

typedef enum {
    NGX_TIKTOK_ID_GIVEN = 0,
    NGX_TIKTOK_ID_ORDER,
    NGX_TIKTOK_ID_GENERATED,
    NGX_TIKTOK_ID_SOURCES
} ngx_tiktok_id_source_e;


/* keys by which TikTok matches an event to a person, bits 1 << key */

typedef enum {
    NGX_TIKTOK_KEY_TTCLID = 0,
    NGX_TIKTOK_KEY_TTP,
    NGX_TIKTOK_KEY_EMAIL,
    NGX_TIKTOK_KEY_PHONE,
    NGX_TIKTOK_KEY_EXTERNAL_ID,
    NGX_TIKTOK_KEY_IP,
    NGX_TIKTOK_KEY_USER_AGENT,
    NGX_TIKTOK_KEYS
} ngx_tiktok_key_e;


/*
 * The identifiers of an event, by which a repeat is told from what knows more
 * of the visitor: a hash for each kind, or 0 where there is none.
 */

typedef enum {
    NGX_TIKTOK_IDENTITY_TTCLID = 0,
    NGX_TIKTOK_IDENTITY_TTP,
    NGX_TIKTOK_IDENTITY_EMAIL,
    NGX_TIKTOK_IDENTITY_PHONE,
    NGX_TIKTOK_IDENTITY_EXTERNAL_ID,
    NGX_TIKTOK_IDENTITY_PERSON,             /* names and places */
    NGX_TIKTOK_IDENTITIES
} ngx_tiktok_identity_e;


typedef struct {
    uint16_t                 hashes[NGX_TIKTOK_IDENTITIES];
} ngx_tiktok_identity_t;


/* what was left out of an event because it could not be sent right */

typedef enum {
    NGX_TIKTOK_LEFT_EMAIL = 0,
    NGX_TIKTOK_LEFT_PHONE,
    NGX_TIKTOK_LEFT_IP,
    NGX_TIKTOK_LEFT_CURRENCY,
    NGX_TIKTOK_LEFT_URL,
    NGX_TIKTOK_LEFT_TEXT,
    NGX_TIKTOK_LEFT_USER,
    NGX_TIKTOK_LEFT_OUTS
} ngx_tiktok_left_out_e;


/*
 * Standard events by number; an old and a new spelling have one number, so
 * that counters and duplicates see one event.  Others are custom.
 */

typedef enum {
    NGX_TIKTOK_EVENT_CUSTOM = 0,
    NGX_TIKTOK_EVENT_PAGEVIEW,
    NGX_TIKTOK_EVENT_VIEW_CONTENT,
    NGX_TIKTOK_EVENT_ADD_TO_CART,
    NGX_TIKTOK_EVENT_ADD_TO_WISHLIST,
    NGX_TIKTOK_EVENT_INITIATE_CHECKOUT,
    NGX_TIKTOK_EVENT_ADD_PAYMENT_INFO,
    NGX_TIKTOK_EVENT_PURCHASE,
    NGX_TIKTOK_EVENT_PLACE_AN_ORDER,
    NGX_TIKTOK_EVENT_LEAD,
    NGX_TIKTOK_EVENT_COMPLETE_REGISTRATION,
    NGX_TIKTOK_EVENT_SEARCH,
    NGX_TIKTOK_EVENT_SUBSCRIBE,
    NGX_TIKTOK_EVENT_CONTACT,
    NGX_TIKTOK_EVENT_DOWNLOAD,
    NGX_TIKTOK_EVENT_CLICK_BUTTON,
    NGX_TIKTOK_EVENT_SCHEDULE,
    NGX_TIKTOK_EVENT_START_TRIAL,
    NGX_TIKTOK_EVENT_SUBMIT_APPLICATION,
    NGX_TIKTOK_EVENT_APPLICATION_APPROVAL,
    NGX_TIKTOK_EVENT_CUSTOMIZE_PRODUCT,
    NGX_TIKTOK_EVENT_FIND_LOCATION,
    NGX_TIKTOK_EVENT_NAMES
} ngx_tiktok_event_e;


/*
 * What nginx itself knows of the visitor, an empty string being absent, and
 * how it was told to treat the events.
 */

typedef struct {
    ngx_str_t                ip;
    ngx_str_t                user_agent;
    ngx_str_t                accept_language;
    ngx_str_t                referer;       /* the page's URL if none came */
    ngx_str_t                page_referrer; /* likewise */
    ngx_str_t                host;          /* Host header, with the port */
    ngx_str_t                ttclid;        /* cookie "ttclid" */
    ngx_str_t                ttp;           /* cookie "_ttp" */
    time_t                   now;
    ngx_uint_t               hashed_only;   /* drop clear identifiers */
    ngx_uint_t               legacy_names;  /* for names of our choice */
    ngx_uint_t               limited_data_use;
    ngx_uint_t               trusted;       /* the source knows the visitor */
    ngx_tiktok_phone_plan_t *phone_plan;    /* of national numbers, or NULL */
    ngx_tiktok_person_t     *person;        /* fills in what an event lacks,
                                               and learns what it brings; or
                                               NULL */
} ngx_tiktok_visitor_t;


typedef struct {
    ngx_str_t                json;          /* an element of "data" */
    ngx_tiktok_event_e       name;
    ngx_str_t                spelling;      /* as it goes out */
    ngx_str_t                event_id;
    ngx_tiktok_id_source_e   id_source;
    ngx_str_t                order_id;      /* of a purchase, or empty */
    time_t                   time;          /* event_time */
    ngx_uint_t               keys;          /* bits of ngx_tiktok_key_e */
    ngx_str_t                ttclid;        /* empty if there is none */
    ngx_uint_t               new_click;     /* newer than the cookie's */
    ngx_tiktok_identity_t    identity;
    ngx_uint_t               left_out[NGX_TIKTOK_LEFT_OUTS];

    const char              *error;         /* where the event is invalid: */
    const char              *field;         /* path in the event, or NULL */
} ngx_tiktok_event_t;


/*
 * Makes the Events API's JSON of one event out of what a beacon brought and
 * what nginx knows of the visitor.  The source is not trusted in any way.
 *
 * Returns NGX_OK, NGX_DECLINED with event->error and event->field set
 * (constant text), or NGX_ERROR without memory.
 */
ngx_int_t ngx_tiktok_event_create(ngx_pool_t *pool, cJSON *source,
    ngx_tiktok_visitor_t *visitor, ngx_tiktok_event_t *event);

/* whether TikTok takes an event of this name */
ngx_uint_t ngx_tiktok_event_name_valid(ngx_str_t *name);

/* the current spelling of a standard event, or "custom" */
ngx_str_t *ngx_tiktok_event_name(ngx_tiktok_event_e event);

/* the same, or the spelling before 2025 */
ngx_str_t *ngx_tiktok_event_spelling(ngx_tiktok_event_e event,
    ngx_uint_t legacy);

/* the number of an event whose JSON was written by this module */
ngx_tiktok_event_e ngx_tiktok_event_written(ngx_str_t *json);

/* the number of an event in any spelling of TikTok's */
ngx_tiktok_event_e ngx_tiktok_event_number(ngx_str_t *name);

/* the number of an event in GA4's spelling, else NGX_TIKTOK_EVENT_CUSTOM */
ngx_tiktok_event_e ngx_tiktok_event_alias(ngx_str_t *name);

/* these spellings one by one from 0 on, and their events; NULL at the end */
ngx_str_t *ngx_tiktok_event_alias_at(ngx_uint_t i, ngx_tiktok_event_e *event);


#endif /* _NGX_TIKTOK_EVENT_H_INCLUDED_ */
