
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#ifndef _NGX_TIKTOK_ANSWER_H_INCLUDED_
#define _NGX_TIKTOK_ANSWER_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_tiktok_request.h"


/* what the Events API wants done with a batch */

typedef enum {
    NGX_TIKTOK_ANSWER_DONE = 0,     /* all its events have arrived */
    NGX_TIKTOK_ANSWER_SPLIT,        /* refused for what is in it */
    NGX_TIKTOK_ANSWER_AUTH,         /* refused until the token is mended */
    NGX_TIKTOK_ANSWER_STOPPED,      /* refused, and no retry mends it */
    NGX_TIKTOK_ANSWER_RETRY         /* unknown or passing */
} ngx_tiktok_answer_e;


typedef struct {
    ngx_tiktok_answer_e  verdict;
    ngx_int_t            code;      /* the API's, or -1 where none came */
    ngx_str_t            message;   /* UTF-8, without the token */
    ngx_str_t            request_id;
} ngx_tiktok_answer_t;


/*
 * Reads the reply to a batch.  The JSON "code" decides, whatever the HTTP
 * status (throttling comes as 401, refusals come as 200); the status only
 * where there is no code.  An answer that is not whole is never a success.
 * The strings are allocated from the pool.
 */
void ngx_tiktok_answer_read(ngx_pool_t *pool, ngx_tiktok_reply_t *reply,
    ngx_str_t *access_token, ngx_tiktok_answer_t *answer);


#endif /* _NGX_TIKTOK_ANSWER_H_INCLUDED_ */
