
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * Names of events, and events as GA4 has them.
 */


#include "event.h"

#include <stdio.h>


#define NAMED(name)  "{'event':'" name "','event_id':'1'"
#define SENT(name)   "{'event':'" name "','event_time':1700000000,"           \
                     "'event_id':'1'"
#define ITEMS        SENT("AddToCart") ",'properties':{"


/* a name of ours, of TikTok's before, of those it reserves, of GA4 */

static const struct {
    const char          *name;
    ngx_tiktok_event_e   event;
    ngx_uint_t           alias;
} names[] = {
    { "CompletePayment", NGX_TIKTOK_EVENT_PURCHASE, 0 },
    { "SubmitForm", NGX_TIKTOK_EVENT_LEAD, 0 },
    { "PageView", NGX_TIKTOK_EVENT_PAGEVIEW, 0 },
    { "Browse", NGX_TIKTOK_EVENT_PAGEVIEW, 0 },
    { "AddBilling", NGX_TIKTOK_EVENT_ADD_PAYMENT_INFO, 0 },
    { "Checkout", NGX_TIKTOK_EVENT_PLACE_AN_ORDER, 0 },
    { "ClickForm", NGX_TIKTOK_EVENT_LEAD, 0 },
    { "ClickInDownloadPage", NGX_TIKTOK_EVENT_CLICK_BUTTON, 0 },
    { "ClickToDownload", NGX_TIKTOK_EVENT_DOWNLOAD, 0 },
    { "Consult", NGX_TIKTOK_EVENT_CONTACT, 0 },
    { "ConsultByPhone", NGX_TIKTOK_EVENT_CONTACT, 0 },
    { "Registration", NGX_TIKTOK_EVENT_COMPLETE_REGISTRATION, 0 },
    { "StartCheckout", NGX_TIKTOK_EVENT_INITIATE_CHECKOUT, 0 },
    { "ViewConsultationPage", NGX_TIKTOK_EVENT_VIEW_CONTENT, 0 },
    { "ViewDownloadPage", NGX_TIKTOK_EVENT_VIEW_CONTENT, 0 },
    { "ViewForm", NGX_TIKTOK_EVENT_VIEW_CONTENT, 0 },
    { "page_view", NGX_TIKTOK_EVENT_PAGEVIEW, 1 },
    { "view_item", NGX_TIKTOK_EVENT_VIEW_CONTENT, 1 },
    { "add_to_cart", NGX_TIKTOK_EVENT_ADD_TO_CART, 1 },
    { "add_to_wishlist", NGX_TIKTOK_EVENT_ADD_TO_WISHLIST, 1 },
    { "begin_checkout", NGX_TIKTOK_EVENT_INITIATE_CHECKOUT, 1 },
    { "add_payment_info", NGX_TIKTOK_EVENT_ADD_PAYMENT_INFO, 1 },
    { "purchase", NGX_TIKTOK_EVENT_PURCHASE, 1 },
    { "generate_lead", NGX_TIKTOK_EVENT_LEAD, 1 },
    { "sign_up", NGX_TIKTOK_EVENT_COMPLETE_REGISTRATION, 1 },
    { "search", NGX_TIKTOK_EVENT_SEARCH, 1 },
    { "view_search_results", NGX_TIKTOK_EVENT_SEARCH, 1 },
    { "file_download", NGX_TIKTOK_EVENT_DOWNLOAD, 1 },
    { "custom", NGX_TIKTOK_EVENT_CUSTOM, 0 },
    { "PURCHASE", NGX_TIKTOK_EVENT_CUSTOM, 0 },
    { "view_cart", NGX_TIKTOK_EVENT_CUSTOM, 0 },
    { "Add_To_Cart", NGX_TIKTOK_EVENT_CUSTOM, 0 },
    { "ViewContents", NGX_TIKTOK_EVENT_CUSTOM, 0 }
};


static const unit_event_t  events[] = {

    /* names */

    { NAMED("purchase") "}", SENT("Purchase") "}", NULL, NULL, "0000000" },
    { NAMED("generate_lead") "}", SENT("Lead") "}", NULL, NULL, NULL },
    { NAMED("view_cart") "}", SENT("view_cart") "}", NULL, NULL, NULL },
    { NAMED("CompletePayment") "}", SENT("CompletePayment") "}", NULL, NULL,
      NULL },
    { NAMED("StartCheckout") "}", SENT("StartCheckout") "}", NULL, NULL,
      NULL },

    /* an event as it stands in a data layer */

    { "{'event':'purchase','ecommerce':{'transaction_id':'T-1','currency':"
      "'EUR','value':72.05,'tax':3.6,'shipping':5.99,'coupon':'SUMMER',"
      "'items':[{'item_id':'SKU_1','item_name':'A shirt','item_brand':'Acme',"
      "'item_category':'Apparel','item_category2':'Adult','item_category3':"
      "'Shirts','item_variant':'green','price':10.01,'quantity':3,'discount':"
      "2.22,'index':0},{'item_id':7,'price':'20,01','quantity':'2'}]}}",
      "{'event':'Purchase','event_time':1700000000,'event_id':'order.T-1',"
      "'properties':{'value':72.05,'currency':'EUR','contents':[{'content_id':"
      "'SKU_1','content_name':'A shirt','content_category':'Apparel > Adult > "
      "Shirts','brand':'Acme','price':10.01,'quantity':3,'item_variant':"
      "'green','discount':2.22,'index':0},{'content_id':'7','price':20.01,"
      "'quantity':2}],'content_type':'product','order_id':'T-1','tax':3.6,"
      "'shipping':5.99,'coupon':'SUMMER'}}", NULL, NULL, "0000000" },

    /* what was searched for has two names with TikTok */

    { NAMED("search") ",'properties':{'search_term':'red shoes'}}",
      SENT("Search") ",'properties':{'query':'red shoes','search_string':"
      "'red shoes'}}", NULL, NULL, "0000000" },
    { NAMED("search") ",'properties':{'search_term':'a','query':'b'}}",
      SENT("Search") ",'properties':{'query':'b','search_string':'a'}}", NULL,
      NULL, "0000000" },
    { NAMED("search") ",'properties':{'search_term':'a','search_string':'b'}}",
      SENT("Search") ",'properties':{'search_string':'b'}}", NULL, NULL,
      "0000010" },
    { NAMED("search") ",'properties':{'query':'b'}}",
      SENT("Search") ",'properties':{'query':'b'}}", NULL, NULL, "0000000" },
    { NAMED("search") ",'properties':{'search_term':'jane@example.com'}}",
      SENT("Search") "}", NULL, NULL, "0000020" },

    /* the order, whatever it is called */

    { "{'event':'purchase','properties':{'transaction_id':100042}}",
      "{'event':'Purchase','event_time':1700000000,'event_id':'order.100042',"
      "'properties':{'order_id':'100042'}}", NULL, NULL, "0000000" },
    { "{'event':'Purchase','properties':{'order_id':'a','transaction_id':"
      "'a'}}",
      "{'event':'Purchase','event_time':1700000000,'event_id':'order.a',"
      "'properties':{'order_id':'a'}}", NULL, NULL, "0000000" },
    { "{'event':'Purchase','properties':{'transaction_id':'b','order_id':"
      "'a'}}",
      "{'event':'Purchase','event_time':1700000000,'event_id':'order.a',"
      "'properties':{'order_id':'a'}}", NULL, NULL, "0000010" },
    { "{'event':'Purchase','properties':{'transaction_id':'b','order_id':"
      "''}}",
      "{'event':'Purchase','event_time':1700000000,'event_id':'order.b',"
      "'properties':{'order_id':'b'}}", NULL, NULL, "0000000" },

    /* a value out of the items */

    { NAMED("add_to_cart") ",'properties':{'currency':'EUR','items':[{'price':"
      "19.99}]}}",
      ITEMS "'value':19.99,'currency':'EUR','contents':[{'price':19.99}]}}",
      NULL, NULL, "0000000" },
    { NAMED("add_to_cart") ",'properties':{'items':[{'price':9.99,'quantity':"
      "3},{'price':99.98}]}}",
      ITEMS "'value':129.95,'contents':[{'price':9.99,'quantity':3},{'price':"
      "99.98}]}}", NULL, NULL, "0000000" },
    { NAMED("add_to_cart") ",'properties':{'items':[{'price':0.1},{'price':"
      "0.2},{'price':'1.234,50'}]}}",
      ITEMS "'value':1234.8,'contents':[{'price':0.1},{'price':0.2},{'price':"
      "1234.50}]}}", NULL, NULL, "0000000" },
    { NAMED("add_to_cart") ",'properties':{'items':{'price':5,'quantity':"
      "'4'}}}",
      ITEMS "'value':20,'contents':[{'price':5,'quantity':4}]}}", NULL, NULL,
      "0000000" },
    { NAMED("add_to_cart") ",'properties':{'items':[{'price':5,'quantity':"
      "0}]}}",
      ITEMS "'value':0,'contents':[{'price':5,'quantity':0}]}}", NULL, NULL,
      "0000000" },
    { NAMED("add_to_cart") ",'properties':{'items':[{'price':5},{'item_id':"
      "'a'}]}}",
      ITEMS "'contents':[{'price':5},{'content_id':'a'}],'content_type':"
      "'product'}}", NULL, NULL, "0000000" },
    { NAMED("add_to_cart") ",'properties':{'items':[{'price':'x'},{'price':"
      "1}]}}", ITEMS "'contents':[{'price':1}]}}", NULL, NULL, "0000010" },
    { NAMED("add_to_cart") ",'properties':{'items':[{'price':1,'quantity':"
      "1.5}]}}", ITEMS "'contents':[{'price':1}]}}", NULL, NULL, "0000010" },
    { NAMED("add_to_cart") ",'properties':{'items':[{'price':1e12,"
      "'quantity':1000000}]}}",
      ITEMS "'contents':[{'price':1000000000000,'quantity':1000000}]}}", NULL,
      NULL, "0000000" },
    { NAMED("add_to_cart") ",'properties':{'items':[{'price':1e11,"
      "'quantity':9}]}}",
      ITEMS "'value':900000000000,'contents':[{'price':100000000000,"
      "'quantity':9}]}}", NULL, NULL, "0000000" },
    { NAMED("add_to_cart") ",'properties':{'items':[{'price':0.0000001}]}}",
      ITEMS "'contents':[{'price':1e-07}]}}", NULL, NULL, "0000000" },
    { NAMED("add_to_cart") ",'properties':{'items':['a',{'price':1}]}}",
      ITEMS "'contents':[{'price':1}]}}", NULL, NULL, "0000010" },
    { NAMED("add_to_cart") ",'properties':{'items':[]}}",
      SENT("AddToCart") "}", NULL, NULL, "0000000" },
    { NAMED("add_to_cart") ",'properties':{'value':'','items':[{'price':1}]}}",
      ITEMS "'value':1,'contents':[{'price':1}]}}", NULL, NULL, "0000000" },
    { NAMED("add_to_cart") ",'properties':{'value':0,'items':[{'price':1}]}}",
      ITEMS "'value':0,'contents':[{'price':1}]}}", NULL, NULL, "0000000" },
    { NAMED("AddToCart") ",'properties':{'contents':[{'price':1}]}}",
      ITEMS "'contents':[{'price':1}]}}", NULL, NULL, "0000000" },

    /* and its currency */

    { NAMED("add_to_cart") ",'properties':{'items':[{'price':1,'currency':"
      "'usd'},{'price':2,'currency':'usd'},{'price':3}]}}",
      ITEMS "'value':6,'currency':'USD','contents':[{'price':1,'currency':"
      "'usd'},{'price':2,'currency':'usd'},{'price':3}]}}", NULL, NULL,
      "0000000" },
    { NAMED("add_to_cart") ",'properties':{'items':[{'price':1,'currency':"
      "'USD'},{'price':2,'currency':'EUR'}]}}",
      ITEMS "'contents':[{'price':1,'currency':'USD'},{'price':2,'currency':"
      "'EUR'}]}}", NULL, NULL, "0001000" },
    { NAMED("add_to_cart") ",'properties':{'currency':'CHF','items':[{'price':"
      "1,'currency':'USD'}]}}",
      ITEMS "'value':1,'currency':'CHF','contents':[{'price':1,'currency':"
      "'USD'}]}}", NULL, NULL, "0000000" },
    { NAMED("add_to_cart") ",'properties':{'items':[{'price':1,'currency':"
      "'XXX'}]}}",
      ITEMS "'contents':[{'price':1,'currency':'XXX'}]}}", NULL, NULL,
      "0001000" },
    { NAMED("add_to_cart") ",'properties':{'currency':'XXX','items':[{'price':"
      "1}]}}", ITEMS "'contents':[{'price':1}]}}", NULL, NULL, "0001000" },

    /* names of an item's members */

    { NAMED("add_to_cart") ",'properties':{'items':[{'id':'a','name':'b',"
      "'category':'c'}]}}",
      ITEMS "'contents':[{'content_id':'a','content_name':'b',"
      "'content_category':'c'}],'content_type':'product'}}", NULL, NULL,
      "0000000" },
    { NAMED("add_to_cart") ",'properties':{'items':[{'item_id':'a',"
      "'content_id':'b','item_name':'c','name':'c'}]}}",
      ITEMS "'contents':[{'content_id':'b','content_name':'c'}],"
      "'content_type':'product'}}", NULL, NULL, "0000010" },
    { NAMED("add_to_cart") ",'properties':{'items':[{'item_category':'a',"
      "'item_category3':'','item_category5':7,'item_category4':'x@y.zz',"
      "'item_category2':true}]}}",
      ITEMS "'contents':[{'content_category':'a > 7'}]}}", NULL, NULL,
      "0000020" },
    { NAMED("add_to_cart") ",'properties':{'items':[{'item_category2':"
      "'x@y.zz','price':1}]}}",
      ITEMS "'value':1,'contents':[{'price':1}]}}", NULL, NULL, "0000010" },
    { NAMED("add_to_cart") ",'properties':{'items':[{'item_category':'a',"
      "'content_category':'b'}]}}",
      ITEMS "'contents':[{'content_category':'b'}]}}", NULL, NULL, "0000000" },
    { NAMED("add_to_cart") ",'properties':{'contents':[{'content_id':'a'}],"
      "'items':[{'item_id':'b','price':1}]}}",
      ITEMS "'contents':[{'content_id':'a'}],'content_type':'product'}}", NULL,
      NULL, "0000010" },

    /* properties of either, and the user's */

    { NAMED("purchase") ",'properties':{},'ecommerce':{'value':1}}",
      SENT("Purchase") ",'properties':{'value':1}}", NULL, NULL, "0000000" },
    { NAMED("purchase") ",'ecommerce':null}", SENT("Purchase") "}", NULL, NULL,
      "0000000" },
    { NAMED("purchase") ",'ecommerce':[1]}", NULL, "is not an object",
      "ecommerce", NULL },
    { NAMED("purchase") ",'user_data':'x'}", NULL, "is not an object",
      "user_data", NULL },
    { NAMED("purchase") ",'user_data':{'external_id':'cust-8842'}}",
      SENT("Purchase") ",'user':{'external_id':'" CUSTOMER "'}}", NULL, NULL,
      "0000000" },
    { NAMED("purchase") ",'ecommerce':{'user_data':{'external_id':'cust-8842'"
      "}}}",
      SENT("Purchase") ",'user':{'external_id':'" CUSTOMER "'}}", NULL, NULL,
      "0000000" },
    { NAMED("purchase") ",'ecommerce':{'user_data':'jane'}}",
      SENT("Purchase") "}", NULL, NULL, "0000001" },
    { NAMED("purchase") ",'user':{'external_id':'cust-8842'},'user_data':{"
      "'ttp':'a','email':'jane.doe@example.com'},'properties':{'user_data':{"
      "'ttp':'b','email':'" CUSTOMER "','ttclid':'c'}}}",
      SENT("Purchase") ",'user':{'ttclid':'c','ttp':'a','email':['" JANE "','"
      CUSTOMER "'],'external_id':'" CUSTOMER "'}}", NULL, NULL, "0000001" },
    { NAMED("purchase") ",'user':{'external_id':'cust-8842'},'ecommerce':{"
      "'user_data':{}},'user_data':{}}",
      SENT("Purchase") ",'user':{'external_id':'" CUSTOMER "'}}", NULL, NULL,
      "0000000" },
    { NAMED("Lead") ",'properties':{'a':{'user_data':{'x':1},'b':1}}}",
      SENT("Lead") ",'properties':{'a':{'b':1}}}", NULL, NULL, "0000010" }
};


static const unit_event_t  legacy[] = {
    { NAMED("purchase") "}", SENT("CompletePayment") "}", NULL, NULL, NULL },
    { NAMED("generate_lead") "}", SENT("SubmitForm") "}", NULL, NULL, NULL },
    { NAMED("begin_checkout") "}", SENT("InitiateCheckout") "}", NULL, NULL,
      NULL },
    { NAMED("Purchase") "}", SENT("Purchase") "}", NULL, NULL, NULL },
    { NAMED("Lead") "}", SENT("Lead") "}", NULL, NULL, NULL },
    { NAMED("SubmitForm") "}", SENT("SubmitForm") "}", NULL, NULL, NULL }
};


const char *
unit_ga4_text(ngx_uint_t i)
{
    return events[i % unit_count(events)].text;
}


static void
test_numbers(void)
{
    ngx_str_t   name;
    ngx_uint_t  i, event, wrong;

    wrong = 0;

    for (i = 1; i < NGX_TIKTOK_EVENT_NAMES; i++) {
        wrong += (ngx_tiktok_event_number(ngx_tiktok_event_name(i)) != i);
    }

    unit_ok(wrong == 0, "names and numbers");

    for (i = 0; i < unit_count(names); i++) {
        name = unit_str(names[i].name);
        event = names[i].alias ? ngx_tiktok_event_alias(&name)
                               : ngx_tiktok_event_number(&name);

        unit_ok(event == names[i].event, "%s is %s", names[i].name,
                (char *) ngx_tiktok_event_name(names[i].event)->data);

        unit_ok((ngx_tiktok_event_number(&name) == NGX_TIKTOK_EVENT_CUSTOM)
                == (names[i].alias
                    || names[i].event == NGX_TIKTOK_EVENT_CUSTOM),
                "%s and TikTok's own names", names[i].name);
    }
}


void
unit_event_names(void)
{
    ngx_tiktok_visitor_t  visitor;

    test_numbers();

    unit_events(events, unit_count(events), NULL);

    ngx_memzero(&visitor, sizeof(visitor));
    visitor.now = NOW;
    visitor.legacy_names = 1;

    unit_events(legacy, unit_count(legacy), &visitor);
}
