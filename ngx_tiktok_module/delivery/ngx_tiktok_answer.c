
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * The verdict of the Events API on a batch.
 */


#include "ngx_tiktok_answer.h"
#include "ngx_tiktok_json.h"
#include "ngx_tiktok_stats.h"


#define NGX_TIKTOK_ANSWER_DEPTH  16


typedef struct {
    ngx_int_t            first;
    ngx_int_t            last;
    ngx_tiktok_answer_e  verdict;
} ngx_tiktok_code_t;


static void ngx_tiktok_answer_string(ngx_pool_t *pool, cJSON *item,
    ngx_str_t *access_token, size_t max, ngx_str_t *to);
static ngx_tiktok_answer_e ngx_tiktok_answer_verdict(ngx_int_t code);


/*
 * Codes as in TikTok's own SDK; 40100 is "too frequent" and, like all that
 * stand nowhere here, worth a retry.
 */

static ngx_tiktok_code_t  ngx_tiktok_codes[] = {
    { 0,     0,     NGX_TIKTOK_ANSWER_DONE },
    { 20001, 20001, NGX_TIKTOK_ANSWER_DONE },       /* partial success */
    { 40000, 40000, NGX_TIKTOK_ANSWER_SPLIT },      /* invalid parameters */
    { 40001, 40001, NGX_TIKTOK_ANSWER_AUTH },       /* no permission */
    { 40002, 40002, NGX_TIKTOK_ANSWER_SPLIT },      /* parameter error */
    { 40003, 40003, NGX_TIKTOK_ANSWER_AUTH },       /* forbidden */
    { 40006, 40007, NGX_TIKTOK_ANSWER_STOPPED },    /* version, not found */
    { 40050, 40050, NGX_TIKTOK_ANSWER_DONE },       /* duplicated request */
    { 40051, 40051, NGX_TIKTOK_ANSWER_STOPPED },    /* version */
    { 40061, 40062, NGX_TIKTOK_ANSWER_SPLIT },      /* batch size, not hashed */
    { 40063, 40063, NGX_TIKTOK_ANSWER_STOPPED },    /* partner name */
    { 40101, 40118, NGX_TIKTOK_ANSWER_AUTH },       /* tokens */
    { 40130, 40130, NGX_TIKTOK_ANSWER_AUTH },       /* scope */
    { 40300, 40301, NGX_TIKTOK_ANSWER_AUTH },       /* advertiser, role */
    { 40400, 40400, NGX_TIKTOK_ANSWER_STOPPED },    /* route not found */
    { 40700, 40700, NGX_TIKTOK_ANSWER_STOPPED },    /* RPC validation */
    { 41000, 41001, NGX_TIKTOK_ANSWER_STOPPED }     /* blocked, offline */
};


void
ngx_tiktok_answer_read(ngx_pool_t *pool, ngx_tiktok_reply_t *reply,
    ngx_str_t *access_token, ngx_tiktok_answer_t *answer)
{
    cJSON              *code;
    ngx_tiktok_json_t   json;

    ngx_memzero(answer, sizeof(ngx_tiktok_answer_t));

    answer->verdict = NGX_TIKTOK_ANSWER_RETRY;
    answer->code = -1;

    if (!reply->complete) {

        if (reply->upstream
            && reply->status == NGX_HTTP_REQUEST_ENTITY_TOO_LARGE)
        {
            /* whatever its page was to say */
            answer->verdict = NGX_TIKTOK_ANSWER_SPLIT;
        }

        return;
    }

    if (ngx_tiktok_json_parse(pool, &reply->body, NGX_TIKTOK_ANSWER_DEPTH,
                              &json)
        != NGX_OK)
    {
        if (reply->status == NGX_HTTP_REQUEST_ENTITY_TOO_LARGE) {
            answer->verdict = NGX_TIKTOK_ANSWER_SPLIT;
        }

        return;
    }

    code = cJSON_GetObjectItemCaseSensitive(json.root, "code");

    if (cJSON_IsNumber(code)
        && code->valuedouble == (double) code->valueint
        && code->valueint >= 0)
    {
        answer->code = code->valueint;
        answer->verdict = ngx_tiktok_answer_verdict(answer->code);

    } else if (reply->status == NGX_HTTP_REQUEST_ENTITY_TOO_LARGE) {
        answer->verdict = NGX_TIKTOK_ANSWER_SPLIT;
    }

    ngx_tiktok_answer_string(pool,
                      cJSON_GetObjectItemCaseSensitive(json.root, "message"),
                      access_token, NGX_TIKTOK_MESSAGE_LEN, &answer->message);

    ngx_tiktok_answer_string(pool,
                      cJSON_GetObjectItemCaseSensitive(json.root, "request_id"),
                      access_token, NGX_TIKTOK_REQUEST_LEN,
                      &answer->request_id);

    ngx_tiktok_json_destroy(&json);
}


/* copies a string of the answer, capped, with the token masked */

static void
ngx_tiktok_answer_string(ngx_pool_t *pool, cJSON *item,
    ngx_str_t *access_token, size_t max, ngx_str_t *to)
{
    u_char  *p, *last;
    size_t   len;

    if (!cJSON_IsString(item)) {
        return;
    }

    len = ngx_strlen(item->valuestring);

    to->data = ngx_pnalloc(pool, len);
    if (to->data == NULL) {
        return;
    }

    ngx_memcpy(to->data, item->valuestring, len);

    last = to->data + len;

    for (p = to->data; (size_t) (last - p) >= access_token->len; p++) {

        if (ngx_memcmp(p, access_token->data, access_token->len) == 0) {
            ngx_memset(p, '*', access_token->len);
        }
    }

    /* these go into a log */

    for (p = to->data; p < last; p++) {
        if (*p < ' ' || *p == 0x7f) {
            *p = ' ';
        }
    }

    if (len > max) {
        /* no character is cut in two */

        for (len = max; len && (to->data[len] & 0xc0) == 0x80; len--) {
            /* void */
        }
    }

    to->len = len;
}


static ngx_tiktok_answer_e
ngx_tiktok_answer_verdict(ngx_int_t code)
{
    ngx_uint_t  i;

    for (i = 0; i < sizeof(ngx_tiktok_codes) / sizeof(ngx_tiktok_code_t); i++)
    {
        if (code >= ngx_tiktok_codes[i].first
            && code <= ngx_tiktok_codes[i].last)
        {
            return ngx_tiktok_codes[i].verdict;
        }
    }

    return NGX_TIKTOK_ANSWER_RETRY;
}
