
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * Consent in the body of "tiktok_beacon trusted".  It is the shop's own
 * server that knows it, and has to say it with each event.
 */


#include "ngx_tiktok_capture.h"


static void ngx_tiktok_trusted_verdict(cJSON *source,
    ngx_tiktok_consent_t *consent);


ngx_uint_t
ngx_tiktok_trusted_refused(ngx_tiktok_ctx_t *ctx, cJSON *source)
{
    ngx_tiktok_consent_t  consent;

    ngx_tiktok_trusted_verdict(source, &consent);

    /* an array's is what became of its events: the first that is present */

    if (ctx->consent.preset.len == 0
        || consent.verdict == NGX_TIKTOK_GRANTED
        || (consent.verdict == NGX_TIKTOK_DENIED
            && ctx->consent.verdict != NGX_TIKTOK_GRANTED))
    {
        ctx->consent = consent;
    }

    switch (consent.verdict) {

    case NGX_TIKTOK_GRANTED:
        return NGX_TIKTOK_RESULT_NONE;

    case NGX_TIKTOK_DENIED:
        return NGX_TIKTOK_RESULT_DENIED;

    default: /* NGX_TIKTOK_UNDECIDED */
        return NGX_TIKTOK_RESULT_UNDECIDED;
    }
}


static void
ngx_tiktok_trusted_verdict(cJSON *source, ngx_tiktok_consent_t *consent)
{
    cJSON      *item;
    ngx_str_t   word;

    ngx_str_set(&consent->preset, "body");

    item = cJSON_GetObjectItemCaseSensitive(source, "consent");

    if (cJSON_IsBool(item)) {
        consent->verdict = cJSON_IsTrue(item) ? NGX_TIKTOK_GRANTED
                                              : NGX_TIKTOK_DENIED;

    } else if (cJSON_IsNumber(item)
               && (item->valuedouble == 1 || item->valuedouble == 0))
    {
        consent->verdict = item->valuedouble == 1 ? NGX_TIKTOK_GRANTED
                                                  : NGX_TIKTOK_DENIED;

    } else if (cJSON_IsString(item)) {
        word.data = (u_char *) item->valuestring;
        word.len = ngx_strlen(word.data);

        consent->verdict = ngx_tiktok_verdict_word(&word);

    } else {
        consent->verdict = NGX_TIKTOK_UNDECIDED;
    }

    if (consent->verdict == NGX_TIKTOK_UNDECIDED && item == NULL) {
        ngx_str_set(&consent->detail, "no consent");
        return;
    }

    if (consent->verdict == NGX_TIKTOK_UNDECIDED) {
        ngx_str_set(&consent->detail, "unknown value");
        return;
    }

    consent->detail = *ngx_tiktok_verdict_name(consent->verdict);
}
