
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * How a destination stands: what an answer tells of it, for all workers.
 */


#include "ngx_tiktok_batch.h"


static ngx_msec_t ngx_tiktok_state_backoff(ngx_tiktok_destination_t *d,
    time_t retry_after);
static void ngx_tiktok_state_say(ngx_tiktok_destination_t *d,
    ngx_tiktok_answer_t *answer, ngx_tiktok_reply_t *reply, ngx_uint_t level,
    ngx_msec_t delay);


void
ngx_tiktok_state_answer(ngx_tiktok_destination_t *d,
    ngx_tiktok_answer_t *answer, ngx_tiktok_reply_t *reply, ngx_msec_t latency)
{
    ngx_msec_t           delay;
    ngx_uint_t           state, was, late, level;
    ngx_tiktok_stats_t  *stats;

    if (!reply->answered && ngx_exiting) {
        /* our own doing, it says nothing of the destination */
        return;
    }

    if (ngx_tiktok_delivery_outdated(d)
        && answer->verdict != NGX_TIKTOK_ANSWER_DONE)
    {
        /* what an old token met says nothing of the new one */
        return;
    }

    stats = d->queue.stats;
    delay = 0;

    ngx_shmtx_lock(&d->shpool->mutex);

    was = stats->state;

    /* it was asked before the trouble that others have met since */

    late = (was != NGX_TIKTOK_STATE_OK
            && stats->started
            && (ngx_msec_int_t) (ngx_current_msec - latency - stats->started)
               <= 0);

    stats->last_code = answer->code;
    stats->latency = latency;

    stats->last_message_len = answer->message.len;

    if (answer->message.len) {
        ngx_memcpy(stats->last_message, answer->message.data,
                   answer->message.len);
    }

    stats->last_request_id_len = answer->request_id.len;

    if (answer->request_id.len) {
        ngx_memcpy(stats->last_request_id, answer->request_id.data,
                   answer->request_id.len);
    }

    switch (answer->verdict) {

    case NGX_TIKTOK_ANSWER_DONE:
        stats->last_delivered = ngx_time();
        state = late ? was : NGX_TIKTOK_STATE_OK;
        break;

    case NGX_TIKTOK_ANSWER_SPLIT:

        /* a destination that refused all has to take some to be well again */

        if (late) {
            state = was;

        } else if (was == NGX_TIKTOK_STATE_STOPPED) {
            state = was;
            delay = d->conf.timeout + d->conf.retry_min;

        } else {
            state = NGX_TIKTOK_STATE_OK;
        }

        break;

    case NGX_TIKTOK_ANSWER_AUTH:
        state = NGX_TIKTOK_STATE_AUTH;
        delay = d->conf.retry_max;
        late = 0;
        break;

    case NGX_TIKTOK_ANSWER_STOPPED:
        state = NGX_TIKTOK_STATE_STOPPED;
        delay = d->conf.retry_max;
        late = 0;
        break;

    default: /* NGX_TIKTOK_ANSWER_RETRY */
        /* requests that were under way together fail as one */

        state = late ? was : NGX_TIKTOK_STATE_BACKOFF;

        if (!late) {
            stats->failures++;
        }

        delay = ngx_tiktok_state_backoff(d, reply->retry_after);
    }

    stats->state = state;

    if (state == NGX_TIKTOK_STATE_OK) {
        stats->failures = 0;
        stats->retry_at = 0;

    } else if (!late) {
        stats->started = ngx_current_msec;
        stats->retry_at = ngx_max(ngx_current_msec + delay, 1);
    }

    ngx_shmtx_unlock(&d->shpool->mutex);

    if (state == NGX_TIKTOK_STATE_OK) {

        if (was != NGX_TIKTOK_STATE_OK) {
            ngx_log_error(NGX_LOG_NOTICE, d->log, 0,
                          "tiktok: events of pixel \"%V\" are delivered again",
                          &d->queue.pixel);
        }

        return;
    }

    if (late || answer->verdict == NGX_TIKTOK_ANSWER_SPLIT) {
        return;
    }

    level = (state != was) ? NGX_LOG_ERR : NGX_LOG_INFO;

    ngx_tiktok_state_say(d, answer, reply, level, delay);
}


void
ngx_tiktok_state_stop(ngx_tiktok_destination_t *d, ngx_int_t code,
    ngx_str_t *message, ngx_str_t *request_id)
{
    ngx_tiktok_reply_t   reply;
    ngx_tiktok_answer_t  answer;

    ngx_memzero(&reply, sizeof(ngx_tiktok_reply_t));

    reply.status = NGX_HTTP_OK;
    reply.answered = 1;
    reply.upstream = 1;

    answer.verdict = NGX_TIKTOK_ANSWER_STOPPED;
    answer.code = code;
    answer.message = *message;
    answer.request_id = *request_id;

    ngx_tiktok_state_answer(d, &answer, &reply, d->queue.stats->latency);
}


/* milliseconds, doubled by each failure in a row, and no less than was said */

static ngx_msec_t
ngx_tiktok_state_backoff(ngx_tiktok_destination_t *d, time_t retry_after)
{
    ngx_msec_t  delay;
    ngx_uint_t  failures;

    failures = d->queue.stats->failures;

    delay = ngx_min(d->conf.retry_max,
                    d->conf.retry_min << ngx_min(failures - 1, 16));

    delay = delay / 2 + ngx_random() % (delay / 2 + 1);

    return ngx_max(delay, (ngx_msec_t) ngx_min(retry_after, 86400) * 1000);
}


/* one line that tells the operator whose move it is */

static void
ngx_tiktok_state_say(ngx_tiktok_destination_t *d,
    ngx_tiktok_answer_t *answer, ngx_tiktok_reply_t *reply, ngx_uint_t level,
    ngx_msec_t delay)
{
    const char  *text;

    if (reply->answered && !reply->upstream) {
        ngx_log_error(level, d->log, 0,
                      "tiktok: events of pixel \"%V\" wait: nginx itself "
                      "answered %i to tiktok_send \"%V\", look in that server "
                      "and location for \"return\", \"rewrite\", "
                      "\"limit_req\" or a missing \"proxy_pass\"; "
                      "next try in %Mms",
                      &d->queue.pixel, reply->rc ? reply->rc
                                                 : (ngx_int_t) reply->status,
                      &d->send, delay);
        return;
    }

    switch (answer->verdict) {

    case NGX_TIKTOK_ANSWER_AUTH:
        text = "check tiktok_access_token_file and the pixel";
        break;

    case NGX_TIKTOK_ANSWER_STOPPED:
        text = "the API refuses all of them";
        break;

    default:
        text = "no usable answer";
    }

    ngx_log_error(level, d->log, 0,
                  "tiktok: events of pixel \"%V\" wait: %s, code %i, "
                  "HTTP status %ui, request id \"%V\"; next try in %Mms",
                  &d->queue.pixel, text, answer->code,
                  reply->status ? reply->status
                                : (ngx_uint_t) ngx_max(reply->rc, 0),
                  &answer->request_id, delay);
}
