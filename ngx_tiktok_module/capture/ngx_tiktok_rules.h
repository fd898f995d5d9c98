
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#ifndef _NGX_TIKTOK_RULES_H_INCLUDED_
#define _NGX_TIKTOK_RULES_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "ngx_tiktok_event.h"
#include "ngx_tiktok_fields.h"


/* how a value is written where it comes from */

typedef enum {
    NGX_TIKTOK_RULE_PLAIN = 0,
    NGX_TIKTOK_RULE_ARGUMENT,               /* of a query string */
    NGX_TIKTOK_RULE_COOKIE
} ngx_tiktok_rule_coding_e;


/*
 * A text with variables.  One variable and nothing else is asked without a
 * script: every request of the shop comes here, and a script shows what it
 * makes in the debug log.
 */

typedef struct {
    ngx_http_complex_value_t  *script;      /* or NULL */
    ngx_int_t                  variable;    /* its index */
} ngx_tiktok_rule_text_t;


typedef struct {
    ngx_tiktok_event_field_t  *field;
    ngx_tiktok_rule_text_t     text;
    ngx_tiktok_rule_coding_e   coding;
} ngx_tiktok_rule_value_t;


/* one "tiktok_event" */

typedef struct {
    ngx_str_t                  event;
    ngx_tiktok_event_e         number;      /* of that event */
    ngx_tiktok_rule_text_t     filter;      /* "if=" */
    ngx_array_t                values;      /* ngx_tiktok_rule_value_t */
    unsigned                   filtered:1;
    unsigned                   page:1;      /* a page view, and no more said */
    unsigned                   identify:1;  /* it tells who the visitor is */
    unsigned                   shared:1;    /* its event id can be made by
                                               others, too */
} ngx_tiktok_event_rule_t;


/* reader of "tiktok_event" */
char *ngx_tiktok_event_rule(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

#endif /* _NGX_TIKTOK_RULES_H_INCLUDED_ */
