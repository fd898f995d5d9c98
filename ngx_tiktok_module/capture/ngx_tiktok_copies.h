
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * Copies of what a visitor sends to the shop, and of what the shop answers,
 * taken on their way where a rule may ask for values of them.
 */


#ifndef _NGX_TIKTOK_COPIES_H_INCLUDED_
#define _NGX_TIKTOK_COPIES_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "ngx_tiktok_capture.h"


typedef enum {
    NGX_TIKTOK_COPY_NONE = 0,
    NGX_TIKTOK_COPY_FORM,
    NGX_TIKTOK_COPY_MULTIPART,
    NGX_TIKTOK_COPY_JSON,
    NGX_TIKTOK_COPY_TEXT                    /* JSON if it begins like that */
} ngx_tiktok_copy_kind_e;


typedef struct {
    ngx_tiktok_body_t          body;
    ngx_tiktok_copy_kind_e     kind;
    ngx_tiktok_json_t          json;
    unsigned                   decided:1;   /* whether it is taken */
    unsigned                   taken:1;
    unsigned                   complete:1;
    unsigned                   parsed:1;
} ngx_tiktok_copy_t;


typedef struct {
    ngx_tiktok_copy_t          request;
    ngx_tiktok_copy_t          answer;
} ngx_tiktok_copies_t;


/* a variable, by its number in the main configuration, and its path here */

typedef struct {
    ngx_uint_t                 variable;
    ngx_str_t                  path;
} ngx_tiktok_path_conf_t;


/*
 * The copies of a main request, which outlive internal redirects; NULL
 * without memory, or where there are none and "create" is not set.
 */
ngx_tiktok_copies_t *ngx_tiktok_copies(ngx_http_request_t *r,
    ngx_uint_t create);

/* installs the filters that take them */
void ngx_tiktok_copies_init(void);

/* counts a body that could not be looked into, and says so */
void ngx_tiktok_copies_unread(ngx_http_request_t *r,
    ngx_tiktok_unread_e reason, const char *what, const char *error);

/* reader of "tiktok_request_value" and "tiktok_response_value" */
char *ngx_tiktok_path_set(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);


#endif /* _NGX_TIKTOK_COPIES_H_INCLUDED_ */
