
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * The tables of the status: every number, with its names in JSON and for
 * Prometheus, and what it means.
 */


#include "ngx_tiktok_report.h"


/* a row of a group with a metric of its own, and of one without */

#define ngx_tiktok_row(name, member, text)                                    \
    { ngx_string(name), NULL,                                                 \
      offsetof(ngx_tiktok_report_pixel_t, member), 1, text }

#define ngx_tiktok_metric(name, metric, member, scale, text)                  \
    { ngx_string(name), metric,                                               \
      offsetof(ngx_tiktok_report_pixel_t, member), scale, text }

/* the same for one event */

#define ngx_tiktok_event_row(name, member, text)                              \
    { ngx_string(name), NULL,                                                 \
      offsetof(ngx_tiktok_event_counters_t, member), 1, text }

#define ngx_tiktok_event_metric(name, metric, member, text)                   \
    { ngx_string(name), metric,                                               \
      offsetof(ngx_tiktok_event_counters_t, member), 1, text }

#define ngx_tiktok_fields(array)                                              \
    sizeof(array) / sizeof(ngx_tiktok_field_t), array


/* the order of ngx_tiktok_result_e; the last one is not counted */

static ngx_tiktok_field_t  ngx_tiktok_results[] = {

    ngx_tiktok_row("queued", sum.results[NGX_TIKTOK_RESULT_QUEUED],
                   "accepted: on disk until TikTok has them"),

    ngx_tiktok_row("duplicate", sum.results[NGX_TIKTOK_RESULT_DUPLICATE],
                   "the same event, id and identifiers within 48 hours"),

    ngx_tiktok_row("repeated", sum.results[NGX_TIKTOK_RESULT_REPEATED],
                   "a purchase whose id came within 30 days"),

    ngx_tiktok_row("denied", sum.results[NGX_TIKTOK_RESULT_DENIED],
                   "the visitor has denied consent"),

    ngx_tiktok_row("undecided", sum.results[NGX_TIKTOK_RESULT_UNDECIDED],
                   "no consent that can be read; the reasons say why"),

    ngx_tiktok_row("opted_out", sum.results[NGX_TIKTOK_RESULT_OPTED_OUT],
                   "consent, but an opt-out signal"),

    ngx_tiktok_row("bot", sum.results[NGX_TIKTOK_RESULT_BOT],
                   "crawlers that name themselves"),

    ngx_tiktok_row("prefetch", sum.results[NGX_TIKTOK_RESULT_PREFETCH],
                   "pages that nobody has seen yet"),

    ngx_tiktok_row("invalid", sum.results[NGX_TIKTOK_RESULT_INVALID],
                   "no event; the answer to the beacon names the field"),

    ngx_tiktok_row("queue_full", sum.results[NGX_TIKTOK_RESULT_QUEUE_FULL],
                   "refused for want of room: mend the delivery, or raise "
                   "size= of tiktok_queue"),

    ngx_tiktok_row("origin", sum.results[NGX_TIKTOK_RESULT_ORIGIN],
                   "pages of another host; tiktok_origin lets them in"),

    { ngx_string("checked"), NULL, 0, 1, NULL }
};


static ngx_tiktok_field_t  ngx_tiktok_queue_fields[] = {

    ngx_tiktok_metric("events", "queue_events", events, 1,
                      "events that wait for delivery"),

    ngx_tiktok_metric("bytes", "queue_bytes", sum.bytes, 1,
                      "bytes of the events that wait"),

    ngx_tiktok_metric("capacity", "queue_capacity_bytes", capacity, 1,
                      "bytes that may wait: size= of tiktok_queue"),

    ngx_tiktok_metric("oldest_seconds", "queue_oldest_seconds", oldest, 1,
                      "how long the oldest event has been waiting"),

    ngx_tiktok_metric("unreadable", "queue_unreadable_files", unreadable, 1,
                      "files of events that nginx may not read, as of "
                      "another user; the error log names one"),

    ngx_tiktok_metric("recovered", "queue_recovered_total",
                      sum.fates[NGX_TIKTOK_FATE_RECOVERED], 1,
                      "events found on disk that were queued before "
                      "counting began")
};


static ngx_tiktok_field_t  ngx_tiktok_fates[] = {

    ngx_tiktok_row("delivered", sum.fates[NGX_TIKTOK_FATE_DELIVERED],
                   "TikTok has taken them"),

    ngx_tiktok_row("rejected", sum.fates[NGX_TIKTOK_FATE_REJECTED],
                   "refused by TikTok for their content: they stand in "
                   "PIXEL.rejected with the reason"),

    ngx_tiktok_row("expired", sum.fates[NGX_TIKTOK_FATE_EXPIRED],
                   "could not be delivered within max_age= of tiktok_queue"),

    ngx_tiktok_row("corrupt", sum.fates[NGX_TIKTOK_FATE_CORRUPT],
                   "damaged on the disk; the error log names the file")
};


static ngx_tiktok_field_t  ngx_tiktok_left_outs[] = {

    ngx_tiktok_row("email", sum.left_out[NGX_TIKTOK_LEFT_EMAIL],
                   "e-mail addresses without an @"),

    ngx_tiktok_row("phone", sum.left_out[NGX_TIKTOK_LEFT_PHONE],
                   "phone numbers that are not international"),

    ngx_tiktok_row("ip", sum.left_out[NGX_TIKTOK_LEFT_IP],
                   "addresses that are not public; behind a balancer set "
                   "real_ip_header"),

    ngx_tiktok_row("currency", sum.left_out[NGX_TIKTOK_LEFT_CURRENCY],
                   "currencies that TikTok does not take, with their value"),

    ngx_tiktok_row("url", sum.left_out[NGX_TIKTOK_LEFT_URL],
                   "arguments of URLs that could be clear text, emptied"),

    ngx_tiktok_row("text", sum.left_out[NGX_TIKTOK_LEFT_TEXT],
                   "texts with an e-mail address in them"),

    ngx_tiktok_row("user", sum.left_out[NGX_TIKTOK_LEFT_USER],
                   "unknown or unusable fields of user")
};


static ngx_tiktok_field_t  ngx_tiktok_unread[] = {

    ngx_tiktok_row("compressed", sum.unread[NGX_TIKTOK_UNREAD_COMPRESSED],
                   "compressed: let the location set proxy_set_header "
                   "Accept-Encoding \"\""),

    ngx_tiktok_row("too_large", sum.unread[NGX_TIKTOK_UNREAD_LARGE],
                   "larger than body= of tiktok_beacon_limits"),

    ngx_tiktok_row("broken", sum.unread[NGX_TIKTOK_UNREAD_BROKEN],
                   "no JSON, though they say so; the error log tells more")
};


static ngx_tiktok_field_t  ngx_tiktok_id_sources[] = {

    ngx_tiktok_row("given", sum.id_sources[NGX_TIKTOK_ID_GIVEN],
                   "by the page"),

    ngx_tiktok_row("order", sum.id_sources[NGX_TIKTOK_ID_ORDER],
                   "made from the order id"),

    ngx_tiktok_row("generated", sum.id_sources[NGX_TIKTOK_ID_GENERATED],
                   "random: TikTok cannot match them with the browser's")
};


static ngx_tiktok_field_t  ngx_tiktok_mismatches[] = {

    ngx_tiktok_metric("mismatched", "event_id_mismatches_total",
                      sum.mismatched, 1,
                      "purchases whose order came before under another "
                      "event_id: TikTok counts both")
};


static ngx_tiktok_field_t  ngx_tiktok_calls[] = {

    ngx_tiktok_metric("foreign", "foreign_calls_total", sum.foreign, 1,
                      "calls of a ttq in pages for pixels of other codes: "
                      "they are not reported")
};


static ngx_tiktok_field_t  ngx_tiktok_ages[] = {

    ngx_tiktok_row("5m", sum.ages[0],
                   "within 5 minutes, while TikTok merges browser and "
                   "server"),

    ngx_tiktok_row("1h", sum.ages[1],
                   "within an hour"),

    ngx_tiktok_row("47h", sum.ages[2],
                   "later")
};


static ngx_tiktok_field_t  ngx_tiktok_delivery_fields[] = {

    ngx_tiktok_metric("requests", "requests_total", sum.requests, 1,
                      "requests to the Events API"),

    ngx_tiktok_metric("retries", "retries_total", sum.retries, 1,
                      "requests whose batch has to be sent again"),

    ngx_tiktok_metric("splits", "splits_total", sum.splits, 1,
                      "batches that were halved to find a refused event"),

    ngx_tiktok_metric("in_flight", "requests_in_flight", in_flight, 1,
                      "requests under way"),

    ngx_tiktok_metric("retry_seconds", "retry_seconds", retry, 1,
                      "time to the next try of a destination in trouble"),

    ngx_tiktok_metric("last_code", "last_code", last_code, 1,
                      "code of the last answer, -1 if it had none"),

    ngx_tiktok_metric("last_delivered", "last_delivered_timestamp_seconds",
                      last_delivered, 1,
                      "when a batch was delivered last, 0 for never"),

    ngx_tiktok_metric("latency_ms", "last_latency_seconds", latency, 1000,
                      "time that the last request took")
};


/* in JSON these are texts */

static ngx_tiktok_field_t  ngx_tiktok_flags[] = {

    ngx_tiktok_metric("test_event_code", "test_event_code", testing, 1,
                      "whether a test event code is set: TikTok does not "
                      "count such events"),

    ngx_tiktok_metric("consent", "consent_assumed", assumed, 1,
                      "whether consent is assumed somewhere")
};


ngx_tiktok_group_t  ngx_tiktok_groups[] = {

    { "results", "What became of captures", "results_total", "result",
      NGX_TIKTOK_RESULTS, ngx_tiktok_results },

    { "queue", "The queue", NULL, NULL,
      ngx_tiktok_fields(ngx_tiktok_queue_fields) },

    { "queue", "What became of queued events", "fates_total", "fate",
      ngx_tiktok_fields(ngx_tiktok_fates) },

    { "left_out", "Parts of events that could not be sent right",
      "left_out_total", "part",
      ngx_tiktok_fields(ngx_tiktok_left_outs) },

    { "unread", "Requests and answers that rules could not look into",
      "unread_total", "reason",
      ngx_tiktok_fields(ngx_tiktok_unread) },

    { "event_id", "Where event ids came from", "event_ids_total", "source",
      ngx_tiktok_fields(ngx_tiktok_id_sources) },

    { "event_id", "Event ids that do not match", NULL, NULL,
      ngx_tiktok_fields(ngx_tiktok_mismatches) },

    { "ttq", "Calls of a ttq", NULL, NULL,
      ngx_tiktok_fields(ngx_tiktok_calls) },

    { "age_at_delivery", "Age of events at their delivery",
      "delivery_age_seconds", "le",
      ngx_tiktok_fields(ngx_tiktok_ages) },

    { "delivery", "Delivery", NULL, NULL,
      ngx_tiktok_fields(ngx_tiktok_delivery_fields) },

    { NULL, "Configuration", NULL, NULL,
      ngx_tiktok_fields(ngx_tiktok_flags) },

    { NULL, NULL, NULL, NULL, 0, NULL }
};


static ngx_tiktok_field_t  ngx_tiktok_event_fields[] = {

    ngx_tiktok_event_metric("queued", "events_queued_total", queued,
                            "accepted events by name"),

    ngx_tiktok_event_metric("delivered", "events_delivered_total", delivered,
                            "delivered events by name")
};


static ngx_tiktok_field_t  ngx_tiktok_keys[] = {

    ngx_tiktok_event_row("ttclid", keys[NGX_TIKTOK_KEY_TTCLID],
                         "click id"),

    ngx_tiktok_event_row("ttp", keys[NGX_TIKTOK_KEY_TTP],
                         "cookie _ttp"),

    ngx_tiktok_event_row("email", keys[NGX_TIKTOK_KEY_EMAIL],
                         "e-mail, hashed"),

    ngx_tiktok_event_row("phone", keys[NGX_TIKTOK_KEY_PHONE],
                         "phone, hashed"),

    ngx_tiktok_event_row("external_id", keys[NGX_TIKTOK_KEY_EXTERNAL_ID],
                         "customer id, hashed"),

    ngx_tiktok_event_row("ip", keys[NGX_TIKTOK_KEY_IP],
                         "address"),

    ngx_tiktok_event_row("user_agent", keys[NGX_TIKTOK_KEY_USER_AGENT],
                         "user agent")
};


ngx_tiktok_group_t  ngx_tiktok_event_group = {
    "events", "Events", NULL, NULL,
    ngx_tiktok_fields(ngx_tiktok_event_fields)
};


ngx_tiktok_group_t  ngx_tiktok_key_group = {
    "match_keys", "Queued events that had a match key", "match_keys_total",
    "key",
    ngx_tiktok_fields(ngx_tiktok_keys)
};


ngx_tiktok_state_name_t  ngx_tiktok_states[] = {

    { ngx_string("ok"),
      "Events are sent as they come." },

    { ngx_string("backoff"),
      "No usable answer from TikTok. Events wait and are sent again by "
      "themselves; the error log says what came instead." },

    { ngx_string("auth"),
      "TikTok refuses the access token, or its permission for this pixel. "
      "Mend the file of tiktok_access_token_file and reload; events wait." },

    { ngx_string("stopped"),
      "TikTok refuses all requests for a reason that no retry mends. See its "
      "last answer; events wait." },

    { ngx_string("removed"),
      "The pixel is not in the configuration. Its events wait until it is "
      "back, or are too old." }
};


ngx_str_t *
ngx_tiktok_result_name(ngx_uint_t result)
{
    return &ngx_tiktok_results[result].name;
}
