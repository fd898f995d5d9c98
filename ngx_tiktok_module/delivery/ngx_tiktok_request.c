
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * A main request without a visitor.  It stands on one end of a socket pair,
 * since the core takes a request's connection for a real one wherever it
 * ends, aborts or shuts down; nothing is ever sent over the pair.  Its only
 * purpose is to carry a background subrequest, and with it all that nginx's
 * upstream can do.
 *
 * There is one exit: the cleanup of the main request.
 */


#include "ngx_tiktok_request.h"

#include <sys/un.h>


typedef struct {
    ngx_connection_t           *connection;
    ngx_http_request_t         *main;
    ngx_socket_t                peer;   /* the other end of the pair */
    ngx_event_t                 reap;
    ngx_event_t                 timer;
    ngx_tiktok_reply_t          reply;
    ngx_tiktok_reply_pt         handler;
    void                       *data;
    ngx_http_post_subrequest_t  post;
    ngx_http_log_ctx_t          log_ctx;
    ngx_log_t                   log;
} ngx_tiktok_carrier_t;


static ngx_tiktok_carrier_t *ngx_tiktok_carrier_create(
    ngx_tiktok_request_t *request);
static ngx_int_t ngx_tiktok_carrier_main(ngx_tiktok_carrier_t *carrier,
    ngx_tiktok_request_t *request);
static ngx_int_t ngx_tiktok_carrier_sub(ngx_tiktok_carrier_t *carrier,
    ngx_tiktok_request_t *request);
static ngx_int_t ngx_tiktok_carrier_header(ngx_http_request_t *r, char *key,
    ngx_str_t *value, ngx_table_elt_t **slot);
static ngx_int_t ngx_tiktok_carrier_reply(ngx_http_request_t *r, void *data,
    ngx_int_t rc);
static time_t ngx_tiktok_carrier_after(ngx_str_t *value);
static void ngx_tiktok_carrier_reap(ngx_event_t *ev);
static void ngx_tiktok_carrier_timeout(ngx_event_t *ev);
static void ngx_tiktok_carrier_event(ngx_event_t *ev);
static void ngx_tiktok_carrier_abort(ngx_http_request_t *r);
static void ngx_tiktok_carrier_cleanup(void *data);
static u_char *ngx_tiktok_carrier_log(ngx_log_t *log, u_char *buf, size_t len);


static struct sockaddr_un  ngx_tiktok_sockaddr = { .sun_family = AF_UNIX };
static ngx_str_t           ngx_tiktok_addr_text = ngx_string("unix:");


ngx_int_t
ngx_tiktok_request_send(ngx_tiktok_request_t *request)
{
    ngx_connection_t      *c;
    ngx_http_cleanup_t    *cln;
    ngx_tiktok_carrier_t  *carrier;

    carrier = ngx_tiktok_carrier_create(request);
    if (carrier == NULL) {
        return NGX_ERROR;
    }

    c = carrier->connection;

    if (ngx_tiktok_carrier_main(carrier, request) != NGX_OK) {
        goto failed;
    }

    cln = ngx_http_cleanup_add(carrier->main, 0);
    if (cln == NULL) {
        goto failed;
    }

    if (ngx_tiktok_carrier_sub(carrier, request) != NGX_OK) {
        goto failed;
    }

    cln->handler = ngx_tiktok_carrier_cleanup;
    cln->data = carrier;

    ngx_add_timer(&carrier->timer, request->timeout);

    /* it may be over when this returns */

    ngx_http_run_posted_requests(c);

    return NGX_OK;

failed:

    (void) ngx_close_socket(carrier->peer);

    if (carrier->main) {
        ngx_http_free_request(carrier->main, 0);
    }

    ngx_http_close_connection(c);

    return NGX_ERROR;
}


static ngx_tiktok_carrier_t *
ngx_tiktok_carrier_create(ngx_tiktok_request_t *request)
{
    ngx_socket_t            s[2];
    ngx_pool_t             *pool;
    ngx_connection_t       *c;
    ngx_tiktok_carrier_t   *carrier;
    ngx_http_connection_t  *hc;

    if (socketpair(AF_UNIX, SOCK_STREAM|SOCK_NONBLOCK|SOCK_CLOEXEC, 0, s)
        == -1)
    {
        ngx_log_error(NGX_LOG_CRIT, request->log, ngx_socket_errno,
                      "socketpair() failed");
        return NULL;
    }

    c = ngx_get_connection(s[0], request->log);
    if (c == NULL) {
        (void) ngx_close_socket(s[0]);
        (void) ngx_close_socket(s[1]);
        return NULL;
    }

    pool = ngx_create_pool(2048, request->log);
    if (pool == NULL) {
        goto failed;
    }

    carrier = ngx_pcalloc(pool, sizeof(ngx_tiktok_carrier_t));
    hc = ngx_pcalloc(pool, sizeof(ngx_http_connection_t));

    if (carrier == NULL || hc == NULL) {
        goto failed;
    }

    carrier->connection = c;
    carrier->peer = s[1];
    carrier->handler = request->handler;
    carrier->data = request->data;

    carrier->log = *request->log;
    carrier->log.handler = ngx_tiktok_carrier_log;
    carrier->log.data = &carrier->log_ctx;
    carrier->log.action = NULL;
    carrier->log.next = NULL;
    carrier->log_ctx.connection = c;

    carrier->reap.handler = ngx_tiktok_carrier_reap;
    carrier->reap.data = carrier;
    carrier->reap.log = &carrier->log;

    carrier->timer.handler = ngx_tiktok_carrier_timeout;
    carrier->timer.data = carrier;
    carrier->timer.log = &carrier->log;

    hc->conf_ctx = request->ctx;

    c->pool = pool;
    c->data = hc;
    c->log = &carrier->log;
    c->read->log = &carrier->log;
    c->write->log = &carrier->log;
    c->read->handler = ngx_tiktok_carrier_event;
    c->write->handler = ngx_tiktok_carrier_event;

    c->recv = ngx_recv;
    c->send = ngx_send;
    c->recv_chain = ngx_recv_chain;
    c->send_chain = ngx_send_chain;

    /* as the core does for clients on a unix domain socket */

    c->sockaddr = (struct sockaddr *) &ngx_tiktok_sockaddr;
    c->socklen = sizeof(sa_family_t);
    c->local_sockaddr = c->sockaddr;
    c->local_socklen = c->socklen;
    c->addr_text = ngx_tiktok_addr_text;
    c->tcp_nodelay = NGX_TCP_NODELAY_DISABLED;
    c->tcp_nopush = NGX_TCP_NOPUSH_DISABLED;

    c->number = ngx_atomic_fetch_add(ngx_connection_counter, 1);
    c->start_time = ngx_current_msec;
    carrier->log.connection = c->number;

#if (NGX_STAT_STUB)
    (void) ngx_atomic_fetch_add(ngx_stat_active, 1);
#endif

    return carrier;

failed:

    (void) ngx_close_socket(s[1]);

    if (pool) {
        ngx_destroy_pool(pool);
    }

    ngx_close_connection(c);

    return NULL;
}


static ngx_int_t
ngx_tiktok_carrier_main(ngx_tiktok_carrier_t *carrier,
    ngx_tiktok_request_t *request)
{
    ngx_connection_t    *c;
    ngx_http_request_t  *r;

    c = carrier->connection;

    r = ngx_http_create_request(c);
    if (r == NULL) {
        return NGX_ERROR;
    }

    c->data = r;
    carrier->main = r;

    if (r->main != r || r->connection != c
        || r->uri_changes != NGX_HTTP_MAX_URI_CHANGES + 1)
    {
        ngx_log_error(NGX_LOG_ALERT, c->log, 0,
                      "ngx_tiktok_module was built for another nginx");
        return NGX_ERROR;
    }

    /*
     * the debug log of the proxy shows all headers it sends, and the access
     * token must not get there
     */

    c->log->log_level = ngx_min(c->log->log_level, NGX_LOG_INFO);

#if (NGX_STAT_STUB)
    (void) ngx_atomic_fetch_add(ngx_stat_reading, -1);
    r->stat_reading = 0;
    (void) ngx_atomic_fetch_add(ngx_stat_writing, 1);
    r->stat_writing = 1;
#endif

    r->method = NGX_HTTP_GET;
    ngx_str_set(&r->method_name, "GET");
    ngx_str_set(&r->uri, "/");
    ngx_str_set(&r->unparsed_uri, "/");
    ngx_str_set(&r->request_line, "GET / HTTP/1.1");
    ngx_str_set(&r->http_protocol, "HTTP/1.1");
    r->http_version = NGX_HTTP_VERSION_11;

    r->internal = 1;
    r->logged = 1;

    r->read_event_handler = ngx_http_block_reading;
    r->write_event_handler = ngx_http_request_empty_handler;

    return ngx_list_init(&r->headers_in.headers, r->pool, 1,
                         sizeof(ngx_table_elt_t));
}


static ngx_int_t
ngx_tiktok_carrier_sub(ngx_tiktok_carrier_t *carrier,
    ngx_tiktok_request_t *request)
{
    ngx_buf_t                *b;
    ngx_str_t                 type, length;
    ngx_http_request_t       *r, *sr;
    ngx_http_request_body_t  *rb;

    r = carrier->main;

    /*
     * all that can fail comes before the subrequest: once it is posted, it
     * will run
     */

    rb = ngx_pcalloc(r->pool, sizeof(ngx_http_request_body_t));
    if (rb == NULL) {
        return NGX_ERROR;
    }

    rb->bufs = ngx_alloc_chain_link(r->pool);
    b = ngx_calloc_buf(r->pool);

    if (rb->bufs == NULL || b == NULL) {
        return NGX_ERROR;
    }

    b->pos = request->body.data;
    b->start = b->pos;
    b->last = b->pos + request->body.len;
    b->end = b->last;
    b->memory = 1;
    b->last_buf = 1;
    b->last_in_chain = 1;

    rb->bufs->buf = b;
    rb->bufs->next = NULL;
    rb->buf = b;

    ngx_str_set(&type, "application/json");

    length.data = ngx_pnalloc(r->pool, NGX_SIZE_T_LEN);
    if (length.data == NULL) {
        return NGX_ERROR;
    }

    length.len = ngx_sprintf(length.data, "%uz", request->body.len)
                 - length.data;

    if (ngx_tiktok_carrier_header(r, "Content-Type", &type,
                                  &r->headers_in.content_type)
        != NGX_OK
        || ngx_tiktok_carrier_header(r, "Content-Length", &length,
                                     &r->headers_in.content_length)
           != NGX_OK
        || ngx_tiktok_carrier_header(r, "Access-Token",
                                     &request->access_token, NULL)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    r->headers_in.content_length_n = request->body.len;

    carrier->post.handler = ngx_tiktok_carrier_reply;
    carrier->post.data = carrier;

    if (ngx_http_subrequest(r, &request->uri, NULL, &sr, &carrier->post,
                            NGX_HTTP_SUBREQUEST_IN_MEMORY
                            |NGX_HTTP_SUBREQUEST_BACKGROUND)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    sr->method = NGX_HTTP_POST;
    ngx_str_set(&sr->method_name, "POST");
    sr->request_body = rb;

    /* the core takes a subrequest's body for none */
    sr->headers_in.content_length_n = request->body.len;

    return NGX_OK;
}


static ngx_int_t
ngx_tiktok_carrier_header(ngx_http_request_t *r, char *key, ngx_str_t *value,
    ngx_table_elt_t **slot)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&r->headers_in.headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(h, sizeof(ngx_table_elt_t));

    h->key.len = ngx_strlen(key);
    h->key.data = (u_char *) key;
    h->value = *value;

    h->lowcase_key = ngx_pnalloc(r->pool, h->key.len);
    if (h->lowcase_key == NULL) {
        return NGX_ERROR;
    }

    h->hash = ngx_hash_strlow(h->lowcase_key, h->key.data, h->key.len);

    if (slot) {
        *slot = h;
    }

    return NGX_OK;
}


/*
 * The subrequest has ended.  NGX_OK here says little: a body that was cut,
 * too large or not HTTP at all comes with it as well.
 */

static ngx_int_t
ngx_tiktok_carrier_reply(ngx_http_request_t *r, void *data, ngx_int_t rc)
{
    ngx_tiktok_carrier_t *carrier = data;

    off_t                 length;
    ngx_uint_t            i;
    ngx_list_part_t      *part;
    ngx_table_elt_t      *header;
    ngx_tiktok_reply_t   *reply;
    ngx_http_upstream_t  *u;

    reply = &carrier->reply;

    if (reply->answered) {
        return NGX_OK;
    }

    u = r->upstream;

    reply->answered = 1;
    reply->rc = rc;
    reply->status = r->headers_out.status;
    reply->upstream = (u != NULL);

    if (r->out && r->out->buf) {
        reply->body.data = r->out->buf->pos;
        reply->body.len = r->out->buf->last - r->out->buf->pos;
    }

    if (u) {
        length = u->headers_in.content_length_n;

        reply->complete = (rc == NGX_OK
                           && !r->connection->error
                           && reply->status != 0
                           && (length == -1
                               || length == (off_t) reply->body.len));

        part = &u->headers_in.headers.part;
        header = part->elts;

        for (i = 0; /* void */ ; i++) {

            if (i >= part->nelts) {
                if (part->next == NULL) {
                    break;
                }

                part = part->next;
                header = part->elts;
                i = 0;
            }

            if (header[i].key.len == sizeof("Retry-After") - 1
                && ngx_strncasecmp(header[i].key.data,
                                   (u_char *) "Retry-After",
                                   sizeof("Retry-After") - 1)
                   == 0)
            {
                reply->retry_after =
                                 ngx_tiktok_carrier_after(&header[i].value);
            }
        }
    }

    /* or the core would terminate the main request */
    r->connection->error = 0;

    /* it can't be freed here, the core is going on with it */
    ngx_post_event(&carrier->reap, &ngx_posted_events);

    return NGX_OK;
}


/* Retry-After is seconds or a date */

static time_t
ngx_tiktok_carrier_after(ngx_str_t *value)
{
    time_t  after;

    after = ngx_atotm(value->data, value->len);

    if (after == (time_t) NGX_ERROR) {
        after = ngx_parse_http_time(value->data, value->len);

        if (after != (time_t) NGX_ERROR) {
            after -= ngx_time();
        }
    }

    return ngx_max(after, 0);
}


static void
ngx_tiktok_carrier_reap(ngx_event_t *ev)
{
    ngx_connection_t      *c;
    ngx_http_request_t    *r;
    ngx_tiktok_carrier_t  *carrier;

    carrier = ev->data;
    c = carrier->connection;
    r = carrier->main;

    if (r->count == 1) {
        ngx_http_free_request(r, 0);
        ngx_http_close_connection(c);
        return;
    }

    /* a filter still holds the subrequest, for example its output */

    ngx_tiktok_carrier_abort(r);
}


static void
ngx_tiktok_carrier_timeout(ngx_event_t *ev)
{
    ngx_tiktok_carrier_t  *carrier;

    carrier = ev->data;

    ngx_log_error(NGX_LOG_INFO, &carrier->log, NGX_ETIMEDOUT,
                  "tiktok_delivery: no whole answer within \"timeout\"");

    ngx_tiktok_carrier_abort(carrier->main);
}


/* what the core wants of the connection, for example to close it */

static void
ngx_tiktok_carrier_event(ngx_event_t *ev)
{
    ngx_connection_t    *c;
    ngx_http_request_t  *r;

    c = ev->data;
    r = c->data;

    if (c->close) {
        ngx_tiktok_carrier_abort(r);
        return;
    }

    if (ev->write) {
        r->write_event_handler(r);

    } else {
        r->read_event_handler(r);
    }

    ngx_http_run_posted_requests(c);
}


static void
ngx_tiktok_carrier_abort(ngx_http_request_t *r)
{
    ngx_connection_t  *c;

    c = r->connection;
    c->error = 1;

    /* a "post_action" of the server is not for us */

    r->post_action = 1;
    r->uri_changes = 0;

    ngx_http_finalize_request(r, NGX_ERROR);
    ngx_http_run_posted_requests(c);
}


static void
ngx_tiktok_carrier_cleanup(void *data)
{
    ngx_tiktok_carrier_t *carrier = data;

    if (carrier->timer.timer_set) {
        ngx_del_timer(&carrier->timer);
    }

    if (carrier->reap.posted) {
        ngx_delete_posted_event(&carrier->reap);
    }

    (void) ngx_close_socket(carrier->peer);

    carrier->handler(carrier->data, &carrier->reply);
}


static u_char *
ngx_tiktok_carrier_log(ngx_log_t *log, u_char *buf, size_t len)
{
    u_char              *p;
    ngx_http_request_t  *r;
    ngx_http_log_ctx_t  *ctx;

    if (log->action) {
        p = ngx_snprintf(buf, len, " while %s", log->action);
        len -= p - buf;
        buf = p;
    }

    p = ngx_snprintf(buf, len, ", sending events to tiktok");
    len -= p - buf;
    buf = p;

    ctx = log->data;
    r = ctx->request;

    if (r) {
        return r->log_handler(r, ctx->current_request, buf, len);
    }

    return buf;
}
