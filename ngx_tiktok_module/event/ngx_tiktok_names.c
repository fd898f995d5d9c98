
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * Names of events: TikTok's own, old and new, and what others call them.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_tiktok_event.h"


typedef struct {
    ngx_str_t            name;
    ngx_tiktok_event_e   event;
} ngx_tiktok_name_t;


static ngx_tiktok_event_e ngx_tiktok_name_find(ngx_tiktok_name_t *names,
    ngx_str_t *name);


static ngx_str_t  ngx_tiktok_event_names[] = {
    ngx_string("custom"),
    ngx_string("Pageview"),
    ngx_string("ViewContent"),
    ngx_string("AddToCart"),
    ngx_string("AddToWishlist"),
    ngx_string("InitiateCheckout"),
    ngx_string("AddPaymentInfo"),
    ngx_string("Purchase"),
    ngx_string("PlaceAnOrder"),
    ngx_string("Lead"),
    ngx_string("CompleteRegistration"),
    ngx_string("Search"),
    ngx_string("Subscribe"),
    ngx_string("Contact"),
    ngx_string("Download"),
    ngx_string("ClickButton"),
    ngx_string("Schedule"),
    ngx_string("StartTrial"),
    ngx_string("SubmitApplication"),
    ngx_string("ApplicationApproval"),
    ngx_string("CustomizeProduct"),
    ngx_string("FindLocation")
};


/* renamed in 2025; both are taken */

static ngx_tiktok_name_t  ngx_tiktok_legacy_names[] = {
    { ngx_string("CompletePayment"), NGX_TIKTOK_EVENT_PURCHASE },
    { ngx_string("SubmitForm"), NGX_TIKTOK_EVENT_LEAD },
    { ngx_null_string, NGX_TIKTOK_EVENT_CUSTOM }
};


/* reserved: TikTok takes them for the standard events */

static ngx_tiktok_name_t  ngx_tiktok_reserved_names[] = {
    { ngx_string("PageView"), NGX_TIKTOK_EVENT_PAGEVIEW },
    { ngx_string("Browse"), NGX_TIKTOK_EVENT_PAGEVIEW },
    { ngx_string("ViewConsultationPage"), NGX_TIKTOK_EVENT_VIEW_CONTENT },
    { ngx_string("ViewDownloadPage"), NGX_TIKTOK_EVENT_VIEW_CONTENT },
    { ngx_string("ViewForm"), NGX_TIKTOK_EVENT_VIEW_CONTENT },
    { ngx_string("StartCheckout"), NGX_TIKTOK_EVENT_INITIATE_CHECKOUT },
    { ngx_string("AddBilling"), NGX_TIKTOK_EVENT_ADD_PAYMENT_INFO },
    { ngx_string("Checkout"), NGX_TIKTOK_EVENT_PLACE_AN_ORDER },
    { ngx_string("ClickForm"), NGX_TIKTOK_EVENT_LEAD },
    { ngx_string("Registration"), NGX_TIKTOK_EVENT_COMPLETE_REGISTRATION },
    { ngx_string("Consult"), NGX_TIKTOK_EVENT_CONTACT },
    { ngx_string("ConsultByPhone"), NGX_TIKTOK_EVENT_CONTACT },
    { ngx_string("ClickToDownload"), NGX_TIKTOK_EVENT_DOWNLOAD },
    { ngx_string("ClickInDownloadPage"), NGX_TIKTOK_EVENT_CLICK_BUTTON },
    { ngx_null_string, NGX_TIKTOK_EVENT_CUSTOM }
};


/* recommended events of GA4 that have a counterpart */

static ngx_tiktok_name_t  ngx_tiktok_alias_names[] = {
    { ngx_string("page_view"), NGX_TIKTOK_EVENT_PAGEVIEW },
    { ngx_string("view_item"), NGX_TIKTOK_EVENT_VIEW_CONTENT },
    { ngx_string("add_to_cart"), NGX_TIKTOK_EVENT_ADD_TO_CART },
    { ngx_string("add_to_wishlist"), NGX_TIKTOK_EVENT_ADD_TO_WISHLIST },
    { ngx_string("begin_checkout"), NGX_TIKTOK_EVENT_INITIATE_CHECKOUT },
    { ngx_string("add_payment_info"), NGX_TIKTOK_EVENT_ADD_PAYMENT_INFO },
    { ngx_string("purchase"), NGX_TIKTOK_EVENT_PURCHASE },
    { ngx_string("generate_lead"), NGX_TIKTOK_EVENT_LEAD },
    { ngx_string("sign_up"), NGX_TIKTOK_EVENT_COMPLETE_REGISTRATION },
    { ngx_string("search"), NGX_TIKTOK_EVENT_SEARCH },
    { ngx_string("view_search_results"), NGX_TIKTOK_EVENT_SEARCH },
    { ngx_string("file_download"), NGX_TIKTOK_EVENT_DOWNLOAD },
    { ngx_null_string, NGX_TIKTOK_EVENT_CUSTOM }
};


ngx_str_t *
ngx_tiktok_event_name(ngx_tiktok_event_e event)
{
    return &ngx_tiktok_event_names[event];
}


ngx_str_t *
ngx_tiktok_event_spelling(ngx_tiktok_event_e event, ngx_uint_t legacy)
{
    ngx_tiktok_name_t  *n;

    for (n = ngx_tiktok_legacy_names; legacy && n->name.len; n++) {
        if (n->event == event) {
            return &n->name;
        }
    }

    return ngx_tiktok_event_name(event);
}


ngx_tiktok_event_e
ngx_tiktok_event_number(ngx_str_t *name)
{
    ngx_uint_t           i;
    ngx_str_t           *known;
    ngx_tiktok_event_e   event;

    for (i = NGX_TIKTOK_EVENT_CUSTOM + 1; i < NGX_TIKTOK_EVENT_NAMES; i++) {
        known = &ngx_tiktok_event_names[i];

        if (known->len == name->len
            && ngx_memcmp(known->data, name->data, name->len) == 0)
        {
            return i;
        }
    }

    event = ngx_tiktok_name_find(ngx_tiktok_legacy_names, name);

    if (event == NGX_TIKTOK_EVENT_CUSTOM) {
        event = ngx_tiktok_name_find(ngx_tiktok_reserved_names, name);
    }

    return event;
}


ngx_tiktok_event_e
ngx_tiktok_event_written(ngx_str_t *json)
{
    u_char     *p, *last;
    ngx_str_t   name;

    static ngx_str_t  start = ngx_string("{\"event\":\"");

    if (json->len < start.len
        || ngx_memcmp(json->data, start.data, start.len) != 0)
    {
        return NGX_TIKTOK_EVENT_CUSTOM;
    }

    p = json->data + start.len;
    last = json->data + json->len;

    name.data = p;

    while (p < last && *p != '"') {
        p++;
    }

    name.len = p - name.data;

    return ngx_tiktok_event_number(&name);
}


ngx_tiktok_event_e
ngx_tiktok_event_alias(ngx_str_t *name)
{
    return ngx_tiktok_name_find(ngx_tiktok_alias_names, name);
}


ngx_str_t *
ngx_tiktok_event_alias_at(ngx_uint_t i, ngx_tiktok_event_e *event)
{
    ngx_tiktok_name_t  *n;

    n = &ngx_tiktok_alias_names[i];

    if (n->name.len == 0) {
        return NULL;
    }

    *event = n->event;

    return &n->name;
}


static ngx_tiktok_event_e
ngx_tiktok_name_find(ngx_tiktok_name_t *names, ngx_str_t *name)
{
    for ( /* void */ ; names->name.len; names++) {
        if (names->name.len == name->len
            && ngx_memcmp(names->name.data, name->data, name->len) == 0)
        {
            break;
        }
    }

    return names->event;
}
