
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * The queue on real files.  A flock belongs to an open file and not to a
 * process, so that several stores in this process are as several workers,
 * and one that is forgotten without any clean-up is a worker that was killed.
 */


#include "unit.h"
#include "ngx_tiktok_queue.h"
#include "ngx_tiktok_seen.h"

#include <sys/resource.h>


#define PIXEL    "CUNITPIXEL0000000001"

#define SEGMENT  8192
#define LEASES   64
#define EVENTS   200000
#define ROUNDS   20000
#define SEED     20260117


typedef struct {
    ngx_tiktok_store_t     store;
    ngx_tiktok_queue_t     queue;

    ngx_tiktok_lease_t     leases[LEASES];
    ngx_uint_t             n;               /* of them */
} unit_worker_t;


/* what the model knows of an event, whose number its JSON begins with */

typedef enum {
    UNIT_NONE = 0,                          /* refused */
    UNIT_QUEUED,
    UNIT_LEASED,
    UNIT_DONE
} unit_state_e;


typedef struct {
    unsigned               state:2;         /* unit_state_e */
    unsigned               code:2;
    unsigned               pad:12;
} unit_event_t;


static void unit_queue_basics(void);
static void unit_queue_budget(void);
static void unit_queue_codes(void);
static void unit_queue_ownership(void);
static void unit_queue_age(void);
static void unit_queue_adopted(void);
static void unit_queue_disk(void);
static void unit_queue_removed(void);
static void unit_queue_generation(void);
static void unit_queue_torn(void);
static void unit_queue_damage(void);
static void unit_queue_files(void);
static void unit_queue_full_disk(void);
static void unit_queue_divide(void);
static void unit_queue_model(ngx_uint_t workers, ngx_uint_t rounds);
static void unit_queue_seen(void);

static void unit_fresh(void);
static void unit_reset(void);
static void unit_open(unit_worker_t *w);
static void unit_close(unit_worker_t *w);
static void unit_kill(unit_worker_t *w);
static void unit_posted(unit_worker_t *w);
static void unit_clock(ngx_msec_t ms);
static ngx_uint_t unit_scan(unit_worker_t *w);
static ngx_int_t unit_append(unit_worker_t *w, char *code, char *text);
static ngx_int_t unit_append_n(unit_worker_t *w, char *code, char *text,
    size_t len, ngx_uint_t n);
static char *unit_drain(unit_worker_t *w, ngx_uint_t n);
static ngx_tiktok_counters_t *unit_sum(void);
static ngx_uint_t unit_left(void);
static ngx_uint_t unit_balanced(void);
static ngx_uint_t unit_files(char *suffix, char *path, size_t *bytes);
static void unit_empty(void);
static size_t unit_read(char *path, u_char *data, size_t size);
static void unit_write(char *path, u_char *data, size_t size);
static void unit_log_writer(ngx_log_t *log, ngx_uint_t level, u_char *buf,
    size_t len);

static ngx_uint_t unit_random(ngx_uint_t n);
static ngx_uint_t unit_model_append(unit_worker_t *w);
static ngx_uint_t unit_model_lease(unit_worker_t *w, ngx_uint_t n,
    ngx_uint_t sorted);
static void unit_model_done(unit_worker_t *w);
static void unit_model_return(unit_worker_t *w);
static ngx_uint_t unit_model_right(void);
static ngx_uint_t unit_model_number(ngx_tiktok_lease_t *lease);
static size_t unit_model_text(ngx_uint_t n, u_char *to);

static void unit_seen_identity(ngx_tiktok_event_t *event, uint32_t identity);
static uint64_t unit_seen_order(char *id, uint32_t identity, time_t now);
static ngx_uint_t unit_seen_other(char *order, char *id, uint32_t identity,
    time_t now);
static ngx_uint_t unit_seen(ngx_tiktok_event_e name, char *spelling, char *id,
    uint32_t identity, time_t now, ngx_uint_t add);


static char                unit_dir[256];
static ngx_log_t           unit_log;
static ngx_uint_t          unit_said[NGX_LOG_DEBUG + 1];
static time_t              unit_max_age = 7200;
static ngx_uint_t          unit_serial;
static ngx_shm_zone_t      unit_zone;
static ngx_shm_zone_t      unit_seen_zone;
static ngx_tiktok_zone_t   unit_counters;
static ngx_tiktok_stats_t  unit_stats;

static ngx_str_t           unit_codes[] = {
    ngx_null_string, ngx_string("TEST1"), ngx_string("TEST12345")
};

static unit_event_t        unit_events[EVENTS];
static ngx_uint_t          unit_nevents;
static ngx_uint_t          unit_first;      /* none before it is queued */
static uint64_t            unit_seed;
static const char         *unit_wrong;


void
unit_queue(ngx_conf_t *cf)
{
    char             *tmp;
    size_t            size;
    ngx_time_t        time, *tp;
    ngx_msec_t        msec;
    ngx_uint_t        use_stderr;
    ngx_slab_pool_t  *sp;

    tmp = getenv("TMPDIR");

    (void) snprintf(unit_dir, sizeof(unit_dir), "%s/tiktok-queue-XXXXXX",
                    tmp ? tmp : "/tmp");

    if (mkdtemp(unit_dir) == NULL) {
        unit_ok(0, "a directory for the queue, %s", strerror(errno));
        return;
    }

    /* what is said of the damage we do is counted and not shown */

    use_stderr = ngx_use_stderr;
    ngx_use_stderr = 0;

    unit_log.log_level = NGX_LOG_NOTICE;
    unit_log.writer = unit_log_writer;

    /* counters of pixels that are found on the disk are made in the zone */

    size = ngx_tiktok_zone_size(1);
    sp = mmap(NULL, size, PROT_READ|PROT_WRITE, MAP_SHARED|MAP_ANONYMOUS, -1,
              0);

    if (sp == MAP_FAILED) {
        unit_ok(0, "a zone for the counters, %s", strerror(errno));
        return;
    }

    sp->end = (u_char *) sp + size;
    sp->min_shift = 3;
    sp->addr = sp;

    (void) ngx_shmtx_create(&sp->mutex, &sp->lock, NULL);
    ngx_slab_init(sp);

    unit_zone.data = &unit_counters;
    unit_zone.shm.addr = (u_char *) sp;

    ngx_queue_init(&unit_counters.pixels);
    ngx_queue_init(&ngx_posted_events);

    tp = ngx_timeofday();
    time = *tp;
    msec = ngx_current_msec;

    unit_queue_basics();
    unit_queue_budget();
    unit_queue_codes();
    unit_queue_ownership();
    unit_queue_age();
    unit_queue_adopted();
    unit_queue_disk();
    unit_queue_removed();
    unit_queue_generation();
    unit_queue_torn();
    unit_queue_damage();
    unit_queue_files();
    unit_queue_full_disk();
    unit_queue_divide();

    unit_max_age = 100 * ROUNDS;

    unit_queue_model(1, ROUNDS);
    unit_queue_model(3, ROUNDS);
    unit_queue_seen();

    *tp = time;
    ngx_current_msec = msec;
    ngx_use_stderr = use_stderr;

    unit_empty();
    (void) rmdir(unit_dir);
}


static void
unit_queue_basics(void)
{
    unit_worker_t       w;
    ngx_uint_t          i, n;
    ngx_str_t           json, none;
    ngx_tiktok_entry_t  entries[3];

    unit_fresh();
    unit_open(&w);

    unit_ok(ngx_tiktok_queue_lease(&w.queue, w.leases, LEASES, 0) == 0,
            "nothing to lease");
    unit_ok(unit_files(".queue", NULL, NULL) == 0,
            "no file before there is an event");

    unit_ok(unit_append(&w, "", "a") == NGX_OK
            && unit_append(&w, "", "b") == NGX_OK
            && unit_append(&w, "", "c") == NGX_OK,
            "appends");
    unit_ok(w.queue.pending == 3 && unit_left() == 3, "three are pending");
    unit_ok(unit_files(".queue", NULL, NULL) == 1, "in one file");

    n = ngx_tiktok_queue_lease(&w.queue, w.leases, 2, 0);
    ngx_tiktok_lease_json(&w.leases[1], &json);
    unit_ok(n == 2 && json.len == 1 && json.data[0] == 'b', "leases in order");
    unit_ok(w.queue.pending == 1, "one is pending");

    ngx_tiktok_queue_done(&w.queue, &w.leases[1], NGX_TIKTOK_FATE_DELIVERED);
    ngx_tiktok_queue_done(&w.queue, &w.leases[0], NGX_TIKTOK_FATE_REJECTED);

    unit_ok(unit_sum()->fates[NGX_TIKTOK_FATE_DELIVERED] == 1
            && unit_sum()->fates[NGX_TIKTOK_FATE_REJECTED] == 1
            && unit_left() == 1,
            "each has its fate");

    unit_ok(strcmp(unit_drain(&w, 10), "c") == 0, "the last one");
    unit_ok(unit_balanced() && unit_sum()->bytes == 0, "the counters agree");

    /* several are one */

    ngx_str_null(&none);

    for (i = 0; i < 3; i++) {
        entries[i].json.data = (u_char *) &"def"[i];
        entries[i].json.len = 1;
        entries[i].name = NGX_TIKTOK_EVENT_SEARCH;
    }

    unit_ok(ngx_tiktok_queue_append(&w.queue, &none, entries, 3) == NGX_OK
            && strcmp(unit_drain(&w, 2), "d e f") == 0,
            "several at once");

    unit_ok(unit_append_n(&w, "", "x", SEGMENT, 1) == NGX_DECLINED,
            "an event that no segment takes");
    unit_ok(unit_append_n(&w, "", "x", SEGMENT / 2, 2) == NGX_DECLINED,
            "events that no segment takes together");
    unit_ok(w.queue.pending == 0
            && unit_sum()->results[NGX_TIKTOK_RESULT_QUEUED] == 6,
            "none of them is queued");

    n = ngx_tiktok_segment_capacity(SEGMENT) - sizeof(ngx_tiktok_record_t);

    unit_ok(unit_append_n(&w, "", "y", n + 1, 1) == NGX_DECLINED
            && unit_append_n(&w, "", "y", n, 1) == NGX_OK,
            "the largest event");
    unit_ok(unit_append(&w, "", "z") == NGX_OK
            && unit_files(".queue", NULL, NULL) == 2,
            "has a segment of its own");
    unit_ok(strlen(unit_drain(&w, 1)) == n + 2 && unit_balanced(),
            "and is read again");

    unit_clock(61000);
    ngx_tiktok_store_trim(&w.store);
    unit_ok(unit_files(".queue", NULL, NULL) == 0 && unit_stats.disk == 0,
            "files that are idle go");

    unit_ok(unit_append(&w, "", "g") == NGX_OK
            && strcmp(unit_drain(&w, 1), "g") == 0, "and come again");

    unit_close(&w);
    unit_ok(unit_files(".queue", NULL, NULL) == 0 && unit_stats.disk == 0,
            "nothing is left behind");
}


static void
unit_queue_budget(void)
{
    size_t         bytes;
    ngx_int_t      rc;
    ngx_uint_t     n;
    unit_worker_t  w, other;

    unit_fresh();
    unit_open(&w);
    unit_open(&other);

    w.store.size = 4 * SEGMENT;
    other.store.size = 4 * SEGMENT;

    for (n = 0; (rc = unit_append_n(&w, "", "a", 1000, 1)) == NGX_OK; n++) {
        unit_posted(&w);
    }

    (void) unit_files(".queue", NULL, &bytes);

    unit_ok(rc == NGX_BUSY && n == 4 * 7, "the budget has room for %d events",
            (int) n);
    unit_ok(bytes == 4 * SEGMENT && unit_stats.disk == bytes,
            "and is what there is on disk");
    unit_ok(unit_append(&other, "", "b") == NGX_BUSY,
            "all workers have one budget");

    unit_ok(unit_append_n(&w, "", "c", 1000, 3) == NGX_BUSY
            && w.queue.pending == n && unit_left() == n,
            "all or none");

    (void) unit_drain(&w, 7);
    unit_ok(unit_balanced(), "all are read");

    unit_clock(1000);
    unit_ok(unit_append_n(&w, "", "c", 1000, 3) == NGX_OK,
            "there is room again");
    unit_ok(unit_append(&other, "", "b") == NGX_OK, "for both");

    unit_close(&w);
    unit_kill(&other);
}


static void
unit_queue_codes(void)
{
    ngx_uint_t     n;
    ngx_str_t      code;
    unit_worker_t  w;

    unit_fresh();
    unit_open(&w);

    (void) unit_append(&w, "", "a");
    (void) unit_append(&w, "T1", "b");
    (void) unit_append(&w, "T1", "c");
    (void) unit_append_n(&w, "T12", "d", 7500, 1);
    (void) unit_append_n(&w, "T12", "e", 7500, 1);
    (void) unit_append(&w, "", "f");

    n = ngx_tiktok_queue_lease(&w.queue, w.leases, LEASES, 0);
    ngx_tiktok_lease_test_code(&w.leases[0], &code);
    unit_ok(n == 1 && code.len == 0, "an event without test event code");

    n = ngx_tiktok_queue_lease(&w.queue, w.leases + 1, LEASES, 0);
    ngx_tiktok_lease_test_code(&w.leases[2], &code);
    unit_ok(n == 2, "two with one code");
    unit_is(code.data, code.len, "T1", "the code");

    n = ngx_tiktok_queue_lease(&w.queue, w.leases + 3, LEASES, 0);
    unit_ok(n == 2, "one code across segments");

    n = ngx_tiktok_queue_lease(&w.queue, w.leases + 5, LEASES, 0);
    unit_ok(n == 1 && w.queue.pending == 0, "and the last without");

    for (n = 0; n < 6; n++) {
        ngx_tiktok_queue_done(&w.queue, &w.leases[5 - n],
                              NGX_TIKTOK_FATE_DELIVERED);
    }

    unit_ok(unit_balanced() && unit_sum()->bytes == 0,
            "done from the last to the first");

    unit_close(&w);
    unit_ok(unit_files(".queue", NULL, NULL) == 0, "all files are gone");
}


static void
unit_queue_ownership(void)
{
    unit_worker_t  a, b;

    unit_fresh();
    unit_open(&a);
    unit_open(&b);

    (void) unit_append(&a, "", "a");
    (void) unit_append(&a, "", "b");
    (void) unit_append(&a, "", "c");

    unit_ok(unit_scan(&b) == 0 && b.queue.pending == 0,
            "a segment belongs to the worker that holds it");
    unit_ok(unit_scan(&a) == 0 && !a.store.scanner,
            "only one worker looks for others' segments");

    (void) ngx_tiktok_queue_lease(&a.queue, a.leases, 2, 0);
    ngx_tiktok_queue_done(&a.queue, &a.leases[0], NGX_TIKTOK_FATE_DELIVERED);

    ngx_exiting = 1;

    ngx_tiktok_store_release(&a.store);
    unit_ok(unit_scan(&b) == 0,
            "a leaving worker keeps what is on loan");

    ngx_tiktok_queue_return(&a.queue, &a.leases[1]);
    ngx_tiktok_store_release(&a.store);

    ngx_exiting = 0;

    unit_ok(unit_scan(&b) == 2,
            "and lets others have it then");
    unit_ok(unit_sum()->fates[NGX_TIKTOK_FATE_RECOVERED] == 0,
            "which the counters knew");

    (void) unit_append(&b, "", "d");
    unit_ok(strcmp(unit_drain(&b, 10), "b c d") == 0 && unit_balanced(),
            "nothing comes twice, nothing is lost");

    /* killed */

    unit_close(&a);
    unit_open(&a);

    (void) unit_append(&a, "", "e");
    (void) unit_append(&a, "", "f");
    (void) ngx_tiktok_queue_lease(&a.queue, a.leases, 1, 0);
    unit_kill(&a);

    unit_ok(unit_scan(&b) == 2
            && strcmp(unit_drain(&b, 10), "e f") == 0 && unit_balanced(),
            "what a killed worker had on loan comes again");

    unit_kill(&b);
    unit_open(&b);
    unit_ok(unit_scan(&b) == 0
            && unit_files(".queue", NULL, NULL) == 0 && unit_stats.disk == 0,
            "and of an idle one nothing is left");

    /* everything was killed: the counters are new */

    (void) unit_append(&b, "", "g");
    (void) unit_append(&b, "", "h");
    (void) unit_drain(&b, 1);
    (void) unit_append(&b, "", "i");
    (void) unit_append(&b, "", "j");
    unit_kill(&b);

    unit_reset();
    unit_open(&b);

    unit_ok(unit_scan(&b) == 2
            && unit_sum()->fates[NGX_TIKTOK_FATE_RECOVERED] == 2
            && unit_left() == 2 && unit_stats.disk == SEGMENT,
            "new counters learn what there is");
    unit_ok(strcmp(unit_drain(&b, 1), "i j") == 0 && unit_balanced()
            && unit_sum()->bytes == 0,
            "and agree in the end");

    unit_close(&b);
}


static void
unit_queue_age(void)
{
    time_t              now;
    ngx_uint_t          n;
    unit_worker_t       w;
    ngx_tiktok_lease_t  leases[4];

    unit_fresh();
    unit_open(&w);

    unit_ok(ngx_tiktok_queue_head(&w.queue) == 0, "an empty queue has no age");

    now = ngx_time();

    (void) unit_append(&w, "", "a");
    (void) unit_append_n(&w, "T", "b", 7500, 1);
    unit_clock(3600 * 1000);
    (void) unit_append_n(&w, "T", "c", 7500, 1);

    unit_ok(ngx_tiktok_queue_head(&w.queue) == now, "that of the oldest");
    unit_ok(ngx_tiktok_queue_lease(&w.queue, leases, 4, now - 1) == 0
            && w.queue.pending == 3,
            "none is older");

    n = ngx_tiktok_queue_lease(&w.queue, leases, 4, now);
    n += ngx_tiktok_queue_lease(&w.queue, leases + 1, 3, now);

    unit_ok(n == 2 && w.queue.pending == 1
            && ngx_tiktok_queue_lease(&w.queue, leases + 2, 2, now) == 0,
            "two are not younger");

    ngx_tiktok_queue_unlease(&w.queue, &leases[1]);
    ngx_tiktok_queue_unlease(&w.queue, &leases[0]);

    unit_ok(w.queue.pending == 3 && ngx_tiktok_queue_head(&w.queue) == now,
            "as if they had not been lent");

    n = ngx_tiktok_queue_lease(&w.queue, leases, 4, 0);
    n += ngx_tiktok_queue_lease(&w.queue, leases + 1, 3, 0);

    unit_ok(n == 3, "and are again");

    while (n--) {
        ngx_tiktok_queue_done(&w.queue, &leases[n], NGX_TIKTOK_FATE_EXPIRED);
    }

    unit_ok(unit_sum()->fates[NGX_TIKTOK_FATE_EXPIRED] == 3
            && unit_balanced() && unit_sum()->bytes == 0,
            "all of them are counted");

    /* one that is done between others, as its former owner left it */

    (void) unit_append(&w, "", "a");
    (void) unit_append(&w, "", "b");
    unit_clock(3600 * 1000);
    (void) unit_append(&w, "", "c");

    (void) ngx_tiktok_queue_lease(&w.queue, leases, 2, 0);
    ngx_tiktok_queue_done(&w.queue, &leases[1], NGX_TIKTOK_FATE_DELIVERED);
    unit_kill(&w);
    unit_open(&w);

    unit_ok(unit_scan(&w) == 2, "a hole in a segment");

    now = ngx_tiktok_queue_head(&w.queue);
    (void) ngx_tiktok_queue_lease(&w.queue, leases, 1, now);
    (void) ngx_tiktok_queue_lease(&w.queue, leases + 1, 1,
                                  ngx_tiktok_queue_head(&w.queue));
    now = ngx_tiktok_queue_head(&w.queue);

    unit_ok(ngx_tiktok_queue_lease(&w.queue, leases + 1, 1, now) == 1,
            "does not hide the age of what stands behind it");

    ngx_tiktok_queue_done(&w.queue, &leases[1], NGX_TIKTOK_FATE_EXPIRED);
    ngx_tiktok_queue_done(&w.queue, &leases[0], NGX_TIKTOK_FATE_EXPIRED);

    unit_close(&w);
}


static void
unit_queue_adopted(void)
{
    ngx_uint_t     i, n;
    unit_worker_t  a, b;

    unit_fresh();
    unit_open(&a);

    a.store.size = 40 * SEGMENT;
    n = NGX_TIKTOK_ADOPTED + 5;

    for (i = 0; i < n; i++) {
        (void) unit_append_n(&a, "", "x", 7500, 1);
    }

    unit_kill(&a);
    unit_reset();
    unit_open(&b);

    unit_ok(unit_scan(&b) == NGX_TIKTOK_ADOPTED
            && b.queue.adopted == NGX_TIKTOK_ADOPTED,
            "segments of others are taken over up to a number");
    unit_ok(unit_sum()->fates[NGX_TIKTOK_FATE_RECOVERED] == n
            && unit_stats.disk == n * SEGMENT && unit_left() == n,
            "and the rest is known");
    unit_ok(unit_scan(&b) == 0
            && unit_sum()->fates[NGX_TIKTOK_FATE_RECOVERED] == n,
            "once");

    unit_clock(1001);
    (void) ngx_tiktok_store_scan(&b.store);
    unit_ok(!b.store.scanner, "another worker may look for the rest");
    (void) unit_scan(&b);

    (void) ngx_tiktok_queue_lease(&b.queue, b.leases, 2, 0);
    ngx_tiktok_queue_done(&b.queue, &b.leases[0], NGX_TIKTOK_FATE_DELIVERED);
    ngx_tiktok_queue_done(&b.queue, &b.leases[1], NGX_TIKTOK_FATE_DELIVERED);

    unit_ok(!b.store.hurry && unit_scan(&b) == 2,
            "the next ones come when some are drained");

    i = 2 + strlen(unit_drain(&b, 8)) / 7500;

    unit_ok(b.store.hurry && b.queue.adopted == 0, "at once when all are");

    (void) unit_scan(&b);
    i += strlen(unit_drain(&b, 8)) / 7500;

    unit_ok(i == n && unit_balanced() && unit_left() == 0
            && unit_stats.disk == 0,
            "until all are");

    unit_close(&b);
}


/* a process that dies leaves a counter wrong, and a look sets it right */

static void
unit_queue_disk(void)
{
    unit_worker_t  w;

    unit_fresh();
    unit_open(&w);

    (void) unit_append(&w, "", "a");

    unit_stats.disk += 3 * SEGMENT;

    (void) unit_scan(&w);
    unit_ok(unit_stats.disk == 4 * SEGMENT,
            "one look may have come between, and changes nothing");

    (void) unit_scan(&w);
    unit_ok(unit_stats.disk == SEGMENT, "two find the bytes on the disk");

    unit_stats.disk -= 2 * SEGMENT;

    (void) unit_scan(&w);
    (void) unit_scan(&w);
    unit_ok(unit_stats.disk == SEGMENT, "in both directions");

    unit_stats.disk += SEGMENT;
    (void) unit_scan(&w);
    unit_stats.disk -= SEGMENT;
    (void) unit_scan(&w);
    unit_ok(unit_stats.disk == SEGMENT, "what others change is left alone");

    unit_close(&w);
}


/* events of a pixel that is in no configuration */

static void
unit_queue_removed(void)
{
    u_char               data[4096];
    char                 path[512], *p;
    ngx_uint_t           n;
    ngx_queue_t         *q;
    unit_worker_t        w;
    ngx_tiktok_queue_t  *queue;

    unit_fresh();
    unit_open(&w);

    (void) unit_append(&w, "", "a");
    (void) unit_append(&w, "", "b");
    unit_kill(&w);

    (void) unit_files(".queue", path, NULL);
    n = unit_read(path, data, sizeof(data));

    p = strstr(path, PIXEL);
    ngx_memcpy(p, "CGONE", 5);

    unit_write(path, data, n);

    unit_reset();
    unit_open(&w);

    (void) unit_scan(&w);

    q = ngx_queue_last(&w.store.queues);
    queue = ngx_queue_data(q, ngx_tiktok_queue_t, link);

    unit_ok(queue != &w.queue && queue->removed, "has a queue of its own");
    unit_ok(queue->pixel.len == sizeof(PIXEL) - 1
            && ngx_strncmp(queue->pixel.data, "CGONE", 5) == 0
            && queue->pending == 2 && w.queue.pending == 2,
            "with its events");

    ngx_tiktok_store_release(&w.store);
    unit_ok(queue->pending == 0, "which it gives back");

    ngx_queue_remove(q);
    ngx_free(queue);
    unit_close(&w);
    unit_empty();
}


static void
unit_queue_generation(void)
{
    ngx_uint_t     i, n;
    unit_worker_t  w;

    unit_fresh();
    unit_open(&w);

    /*
     * the new records end where an old one begins, and where one has its
     * middle
     */

    for (n = 1; n <= 3; n++) {

        for (i = 0; i < 7; i++) {
            (void) unit_append_n(&w, "", "o", 1000, 1);
        }

        (void) unit_drain(&w, 7);

        for (i = 0; i < n; i++) {
            (void) unit_append_n(&w, "", "n", i == 1 ? 1000 : 500, 1);
        }

        unit_kill(&w);
        unit_open(&w);

        unit_ok(unit_scan(&w) == n
                && unit_sum()->fates[NGX_TIKTOK_FATE_CORRUPT] == 0,
                "%d records over old ones", (int) n);
        unit_ok(strchr(unit_drain(&w, 1), 'o') == NULL && unit_balanced(),
                "and the old ones are gone");
    }

    unit_kill(&w);
}


static void
unit_queue_torn(void)
{
    char           path[512], *got;
    u_char         whole[SEGMENT], torn[SEGMENT];
    size_t         last, end, at, k;
    ngx_uint_t     how, n, wrong;
    unit_worker_t  w;

    static char   *names[] = {
        "zeros to the end", "noise to the end", "one byte", "cut"
    };

    unit_fresh();
    unit_open(&w);

    (void) unit_append(&w, "", "first");
    (void) unit_append(&w, "T", "second");

    last = w.queue.tail->last - w.queue.tail->start;
    (void) unit_append(&w, "TEST", "the last one, which was being written");
    end = w.queue.tail->last - w.queue.tail->start;

    (void) unit_files(".queue", path, NULL);
    (void) unit_read(path, whole, SEGMENT);

    unit_kill(&w);

    for (how = 0; how < 4; how++) {
        wrong = 0;
        n = 0;

        for (at = last; at < end; at++) {

            ngx_memcpy(torn, whole, SEGMENT);

            switch (how) {

            case 0:
                ngx_memzero(torn + at, SEGMENT - at);
                break;

            case 1:
                for (k = at; k < SEGMENT; k++) {
                    torn[k] = (u_char) unit_random(256);
                }

                break;

            case 2:
                torn[at] ^= (u_char) (1 + unit_random(255));
                break;
            }

            unit_empty();
            unit_reset();
            unit_write(path, torn, how == 3 ? at : SEGMENT);

            unit_open(&w);
            (void) unit_scan(&w);

            got = unit_drain(&w, 10);

            if (strncmp(got, "first second", 12) != 0) {
                wrong++;

            } else if (got[12]) {
                /* what did not change is there */
                n++;

                wrong += (strcmp(got + 12,
                                 " the last one, which was being written")
                          != 0);
            }

            wrong += !unit_balanced();
            wrong += (unit_append(&w, "", "new") != NGX_OK);
            wrong += (strcmp(unit_drain(&w, 1), "new") != 0);
            unit_close(&w);

            wrong += (unit_stats.disk != 0);
        }

        unit_ok(wrong == 0,
                "%s, at each of %d bytes of the last record (%d whole)",
                names[how], (int) (end - last), (int) n);
    }
}


static void
unit_queue_damage(void)
{
    char                  path[512];
    u_char                whole[SEGMENT], bad[SEGMENT];
    size_t                at, len, places[5];
    ngx_uint_t            i, wrong;
    unit_worker_t         w;
    ngx_tiktok_record_t  *record;

    static uint32_t       lengths[] = {
        1, 8, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffff8, 0xffffffe0,
        0xffffffd8, SEGMENT, SEGMENT - 64, SEGMENT - 96
    };

    unit_fresh();
    unit_open(&w);

    for (i = 0; i < 5; i++) {
        (void) unit_append_n(&w, "", &"a\0b\0c\0d\0e"[2 * i], 100, 1);

        places[i] = w.queue.tail->last - w.queue.tail->start
                    - ngx_tiktok_record_size(100);
    }

    (void) unit_files(".queue", path, NULL);
    (void) unit_read(path, whole, SEGMENT);
    unit_kill(&w);

    wrong = 0;

    for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {

        ngx_memcpy(bad, whole, SEGMENT);
        record = (ngx_tiktok_record_t *) (bad + places[1]);
        record->length = lengths[i];

        unit_empty();
        unit_reset();
        unit_write(path, bad, SEGMENT);
        unit_open(&w);

        wrong += (unit_scan(&w) != 4);
        wrong += (unit_sum()->fates[NGX_TIKTOK_FATE_CORRUPT] != 1);
        wrong += (unit_sum()->fates[NGX_TIKTOK_FATE_RECOVERED] != 5);
        wrong += (strlen(unit_drain(&w, 10)) != 4 * 101 - 1);
        wrong += !unit_balanced();

        unit_close(&w);
    }

    unit_ok(wrong == 0, "a wrong length costs one event");

    /* a page that never reached the disk, with later ones that did */

    ngx_memcpy(bad, whole, SEGMENT);
    ngx_memzero(bad + places[1], places[3] - places[1]);

    unit_empty();
    unit_reset();
    unit_write(path, bad, SEGMENT);
    unit_open(&w);

    unit_ok(unit_scan(&w) == 3
            && unit_sum()->fates[NGX_TIKTOK_FATE_CORRUPT] == 1
            && strlen(unit_drain(&w, 10)) == 3 * 101 - 1,
            "zeros in the middle do not hide what is behind them");
    unit_close(&w);

    /* a damage is one, however often the segment changes hands */

    ngx_memcpy(bad, whole, SEGMENT);
    bad[places[2] + 50] ^= 1;

    unit_empty();
    unit_reset();
    unit_write(path, bad, SEGMENT);

    for (i = 0; i < 3; i++) {
        unit_open(&w);
        (void) unit_scan(&w);
        unit_close(&w);
    }

    unit_open(&w);
    (void) unit_scan(&w);

    unit_ok(unit_sum()->fates[NGX_TIKTOK_FATE_CORRUPT] == 1
            && unit_left() == 4,
            "a damaged place is counted once");
    (void) unit_drain(&w, 10);
    unit_ok(unit_balanced(), "and the counters agree");
    unit_kill(&w);

    /* while it is in use */

    unit_fresh();
    unit_open(&w);

    for (i = 0; i < 4; i++) {
        (void) unit_append(&w, "", &"a\0b\0c\0d"[2 * i]);
    }

    w.queue.tail->read[2 * ngx_tiktok_record_size(1)
                       + sizeof(ngx_tiktok_record_t)]
        = 'X';

    unit_ok(strcmp(unit_drain(&w, 10), "a b d") == 0
            && w.queue.pending == 0 && unit_balanced(),
            "a record that goes bad in use is given up and counted");
    unit_close(&w);

    /* noise in all places: any outcome but a crash */

    wrong = 0;

    for (i = 0; i < 300; i++) {
        ngx_memcpy(bad, whole, SEGMENT);

        at = sizeof(ngx_tiktok_segment_head_t) + unit_random(700);
        len = 1 + unit_random(100);

        while (len--) {
            bad[at++] = (u_char) unit_random(256);
        }

        unit_empty();
        unit_reset();
        unit_write(path, bad, SEGMENT - unit_random(2) * unit_random(8100));
        unit_open(&w);
        (void) unit_scan(&w);
        (void) unit_drain(&w, 3);
        wrong += !unit_balanced();
        wrong += (unit_append(&w, "", "new") != NGX_OK);
        unit_close(&w);
    }

    unit_ok(wrong == 0, "noise");
}


static void
unit_queue_files(void)
{
    int            fd;
    char           path[512], bad[512];
    u_char         data[SEGMENT];
    ngx_uint_t     i, said;
    unit_worker_t  w, other;

    static size_t  sizes[] = { 0, 63, 64, SEGMENT };

    for (i = 0; i < 4; i++) {

        unit_fresh();
        ngx_memset(data, 'x', SEGMENT);
        (void) snprintf(path, sizeof(path), "%s/" PIXEL ".1.queue", unit_dir);
        unit_write(path, data, sizes[i]);

        unit_open(&w);
        said = unit_said[NGX_LOG_ERR];

        unit_ok(unit_scan(&w) == 0
                && unit_files(".queue", NULL, NULL) == 0
                && unit_files(".queue.bad", bad, NULL) == 1
                && unit_sum()->fates[NGX_TIKTOK_FATE_CORRUPT] == 1
                && unit_said[NGX_LOG_ERR] == said + 1,
                "a file of %d bytes that is no segment is set aside",
                (int) sizes[i]);

        (void) unit_scan(&w);
        unit_ok(unit_balanced() && unit_said[NGX_LOG_ERR] == said + 1,
                "and said and counted once");
        unit_ok(unit_append(&w, "", "a") == NGX_OK
                && strcmp(unit_drain(&w, 1), "a") == 0, "the queue goes on");
        unit_close(&w);
    }

    /* names that are none of ours */

    unit_fresh();
    unit_open(&w);

    (void) snprintf(path, sizeof(path), "%s/OTHER-PIXEL.1.queue", unit_dir);
    unit_write(path, data, 100);
    (void) snprintf(path, sizeof(path), "%s/.queue", unit_dir);
    unit_write(path, data, 100);
    (void) snprintf(path, sizeof(path), "%s/queue", unit_dir);
    unit_write(path, data, 100);
    (void) snprintf(path, sizeof(path), "%s/" PIXEL ".rejected", unit_dir);
    unit_write(path, data, 100);
    (void) snprintf(path, sizeof(path), "%s/" PIXEL ".2.queue.new", unit_dir);
    unit_write(path, data, 100);
    (void) snprintf(path, sizeof(path), "%s/" PIXEL ".3.queue", unit_dir);
    (void) mkdir(path, 0700);

    said = unit_said[NGX_LOG_CRIT];

    unit_ok(unit_scan(&w) == 0
            && unit_scan(&w) == 0
            && unit_files(".bad", NULL, NULL) == 0
            && unit_said[NGX_LOG_CRIT] == said + 1,
            "other names are left alone, what can't be opened is said once");
    (void) rmdir(path);
    unit_close(&w);

    /* somebody cleans up */

    unit_fresh();
    unit_open(&w);
    (void) unit_append(&w, "", "a");
    unit_empty();
    unit_ok(strcmp(unit_drain(&w, 1), "a") == 0, "removed while in use");
    unit_close(&w);

    /* removed between open() and flock() */

    unit_fresh();
    unit_open(&w);
    (void) unit_append(&w, "", "a");
    (void) unit_files(".queue", path, NULL);
    fd = open(path, O_RDWR);
    (void) unit_drain(&w, 1);
    unit_close(&w);
    unit_ok(fd != -1 && unit_files(".queue", NULL, NULL) == 0,
            "an open file does not keep a name");
    (void) close(fd);

    /* a directory that is not there */

    unit_open(&w);
    unit_open(&other);
    (void) unit_append(&other, "", "a");
    w.store.dir.len -= 2;
    said = unit_said[NGX_LOG_CRIT];
    unit_ok(unit_append(&w, "", "a") == NGX_BUSY
            && unit_append(&w, "", "a") == NGX_BUSY
            && unit_scan(&w) == 0
            && unit_said[NGX_LOG_CRIT] == said + 1
            && unit_stats.disk == SEGMENT,
            "without a directory the queue is full, which is said once");
    w.store.dir.len += 2;
    unit_clock(1001);
    unit_ok(unit_append(&w, "", "b") == NGX_OK, "until it is there");
    unit_close(&other);
    unit_ok(unit_scan(&w) == 1
            && strcmp(unit_drain(&w, 1), "a b") == 0
            && unit_balanced(), "older events are sent before newer ones");
    unit_close(&w);

    /* segments of another size */

    unit_fresh();
    unit_open(&other);
    (void) unit_append(&other, "", "a");
    unit_kill(&other);
    unit_open(&w);
    w.store.segment_size = 2 * SEGMENT;
    (void) unit_scan(&w);
    unit_ok(unit_append_n(&w, "", "b", SEGMENT, 1) == NGX_OK
            && strlen(unit_drain(&w, 1)) == SEGMENT + 2
            && unit_append_n(&w, "", "b", 2 * SEGMENT - 96, 1) == NGX_OK,
            "segments of another size are read, and not written");
    unit_kill(&w);

    unit_open(&w);
    (void) unit_scan(&w);
    unit_ok(strlen(unit_drain(&w, 1)) == 2 * SEGMENT - 96
            && unit_append_n(&w, "", "b", SEGMENT - 96, 1) == NGX_OK
            && unit_left() == 1,
            "also larger ones");
    unit_close(&w);
}


/* the file size limit stands in for a disk that is full */

static void
unit_queue_full_disk(void)
{
    ngx_int_t      rc;
    unit_worker_t  w;
    ngx_uint_t     said;
    struct rlimit  was, limit;

    unit_fresh();
    unit_open(&w);

    (void) signal(SIGXFSZ, SIG_IGN);
    (void) getrlimit(RLIMIT_FSIZE, &was);
    limit = was;
    limit.rlim_cur = SEGMENT / 2;
    (void) setrlimit(RLIMIT_FSIZE, &limit);

    said = unit_said[NGX_LOG_CRIT];
    rc = unit_append(&w, "", "a");

    unit_ok(rc == NGX_BUSY && unit_said[NGX_LOG_CRIT] == said + 1,
            "a full disk is a full queue");
    unit_clock(1001);
    unit_ok(unit_append(&w, "", "a") == NGX_BUSY
            && unit_said[NGX_LOG_CRIT] == said + 1, "and said once");
    unit_ok(unit_files("", NULL, NULL) == 0 && unit_stats.disk == 0,
            "it leaves nothing behind");

    (void) setrlimit(RLIMIT_FSIZE, &was);
    (void) signal(SIGXFSZ, SIG_DFL);

    unit_ok(unit_append(&w, "", "a") == NGX_BUSY,
            "it is not tried at each event");
    unit_clock(1001);
    unit_ok(unit_append(&w, "", "b") == NGX_OK
            && strcmp(unit_drain(&w, 1), "b") == 0, "but a second later");

    unit_close(&w);
}


static void
unit_queue_divide(void)
{
    size_t              min;
    ngx_tiktok_store_t  store;

    store.size = 64 * 1024 * 1024;

    unit_ok(ngx_tiktok_store_divide(&store, 1, &min) == NGX_OK
            && store.segment_size == NGX_TIKTOK_SEGMENT_MAX,
            "64m for one worker");
    unit_ok(ngx_tiktok_store_divide(&store, 64, &min) == NGX_OK
            && store.segment_size == NGX_TIKTOK_SEGMENT_MIN,
            "64m for 64 workers");
    unit_ok(ngx_tiktok_store_divide(&store, 65, &min) == NGX_ERROR
            && min > store.size, "and not for more");
    store.size = min;
    unit_ok(ngx_tiktok_store_divide(&store, 65, &min) == NGX_OK,
            "the size that it asks for is enough");
}


/*
 * Random operations on the queue, and the same on a table.  With one worker
 * the events come in the order in which they were queued.
 */

static void
unit_queue_model(ngx_uint_t workers, ngx_uint_t rounds)
{
    ngx_uint_t            i, k, op;
    unit_worker_t        *w;

    static unit_worker_t  all[3];

    unit_fresh();
    unit_seed = SEED + workers;
    unit_nevents = 0;
    unit_first = 0;
    unit_wrong = NULL;
    op = 0;

    ngx_memzero(unit_events, sizeof(unit_events));

    for (i = 0; i < workers; i++) {
        unit_open(&all[i]);
    }

    for (i = 0; i < rounds && unit_wrong == NULL; i++) {

        w = &all[unit_random(workers)];
        op = unit_random(100);

        unit_clock(1000);

        if (op < 40) {
            (void) unit_model_append(w);

        } else if (op < 64) {
            (void) unit_model_lease(w, 1 + unit_random(8), workers == 1);

        } else if (op < 90) {
            unit_model_done(w);

        } else if (op < 92) {
            (void) unit_scan(w);

        } else if (op < 93) {
            unit_clock(61000);
            ngx_tiktok_store_trim(&w->store);

        } else if (op < 96) {
            unit_kill(w);
            unit_open(w);

            if (workers == 1) {
                (void) unit_scan(w);
            }

        } else if (op < 99) {

            /* with what is on loan done or returned before or later */

            ngx_exiting = 1;

            if (op == 96) {
                ngx_tiktok_store_release(&w->store);
                unit_model_done(w);
            }

            if (op < 98) {
                unit_model_return(w);
            }

            ngx_tiktok_store_release(&w->store);
            unit_close(w);

            ngx_exiting = 0;

            unit_open(w);

            if (workers == 1) {
                (void) unit_scan(w);
            }

        } else {
            /* the whole of nginx */

            for (k = 0; k < workers; k++) {
                unit_kill(&all[k]);
            }

            unit_reset();

            for (k = 0; k < workers; k++) {
                unit_open(&all[k]);
            }

            (void) unit_scan(w);
        }

        if (unit_random(4)) {
            unit_posted(w);
        }

        if (unit_random(20) == 0 && !unit_model_right()) {
            break;
        }
    }

    if (unit_wrong) {
        printf("# round %d, operation %d\n", (int) i, (int) op);
    }

    unit_ok(unit_wrong == NULL,
            "model: %d workers, %d operations, %d events, seed %d: %s",
            (int) workers, (int) i, (int) unit_nevents, SEED,
            unit_wrong ? unit_wrong : "right");

    /* one is left and finds everything */

    for (i = 0; i < workers; i++) {
        unit_kill(&all[i]);
    }

    w = &all[0];
    unit_open(w);
    (void) unit_scan(w);

    while (unit_model_lease(w, 8, workers == 1)) {

        while (w->n) {
            unit_model_done(w);
        }
    }

    for (i = 0, k = 0; i < unit_nevents; i++) {
        k += (unit_events[i].state == UNIT_QUEUED
              || unit_events[i].state == UNIT_LEASED);
    }

    unit_ok(k == 0, "model: no event is lost");
    unit_ok(unit_model_right(), "model: the counters agree, %s",
            unit_wrong ? unit_wrong : "right");

    unit_close(w);
    unit_ok(unit_files(".queue", NULL, NULL) == 0 && unit_stats.disk == 0,
            "model: no file is left");
    unit_ok(unit_files(".new", NULL, NULL) == 0
            && unit_files(".bad", NULL, NULL) == 0,
            "model: nor another one");
}


static ngx_uint_t
unit_model_append(unit_worker_t *w)
{
    ngx_int_t           rc;
    ngx_uint_t          i, n, code;
    ngx_tiktok_entry_t  entries[5];

    static u_char       texts[5][4096 + 32];

    n = 1 + unit_random(5);
    code = unit_random(4) ? 0 : unit_random(3);

    if (unit_nevents + n > EVENTS) {
        return 0;
    }

    for (i = 0; i < n; i++) {
        unit_events[unit_nevents + i].code = code;
        unit_events[unit_nevents + i].pad = unit_random(50) ? unit_random(300)
                                                            : unit_random(4096);
        entries[i].json.data = texts[i];
        entries[i].json.len = unit_model_text(unit_nevents + i, texts[i]);
        entries[i].name = unit_random(NGX_TIKTOK_EVENT_NAMES);
    }

    rc = ngx_tiktok_queue_append(&w->queue, &unit_codes[code], entries, n);

    for (i = 0; i < n; i++) {
        unit_events[unit_nevents + i].state = (rc == NGX_OK) ? UNIT_QUEUED
                                                             : UNIT_NONE;
    }

    unit_nevents += n;

    return (rc == NGX_OK);
}


static ngx_uint_t
unit_model_lease(unit_worker_t *w, ngx_uint_t n, ngx_uint_t sorted)
{
    ngx_str_t      json, code;
    ngx_uint_t     i, number, first;
    unit_event_t  *event;

    static u_char  text[4096 + 32];

    if (w->n + n > LEASES) {
        return 0;
    }

    first = 0;

    n = ngx_tiktok_queue_lease(&w->queue, w->leases + w->n, n, 0);

    for (i = w->n; i < w->n + n; i++) {

        ngx_tiktok_lease_json(&w->leases[i], &json);
        ngx_tiktok_lease_test_code(&w->leases[i], &code);

        number = unit_model_number(&w->leases[i]);

        if (number >= unit_nevents
            || unit_model_text(number, text) != json.len
            || ngx_memcmp(text, json.data, json.len) != 0)
        {
            unit_wrong = "an event is not as it was queued";
            return 0;
        }

        event = &unit_events[number];

        if (i == w->n) {
            first = event->code;
        }

        if (event->state != UNIT_QUEUED) {
            unit_wrong = (event->state == UNIT_DONE) ? "an event comes again"
                         : (event->state == UNIT_LEASED) ? "an event is twice"
                         : "an event was refused, and comes";
            return 0;
        }

        if (code.len != unit_codes[event->code].len
            || (code.len
                && ngx_memcmp(code.data, unit_codes[event->code].data,
                              code.len)
                   != 0)
            || event->code != first)
        {
            unit_wrong = "another test event code";
            return 0;
        }

        if (sorted) {

            while (unit_events[unit_first].state != UNIT_QUEUED) {
                unit_first++;
            }

            if (number != unit_first) {
                unit_wrong = "an event comes before an older one";
                return 0;
            }
        }

        event->state = UNIT_LEASED;
    }

    w->n += n;

    return n;
}


/* some of what is on loan, in any order */

static void
unit_model_done(unit_worker_t *w)
{
    ngx_uint_t         i, k, n;
    ngx_tiktok_fate_e  fate;

    if (w->n == 0) {
        return;
    }

    n = 1 + unit_random(w->n);

    for (k = 0; k < n; k++) {
        i = unit_random(w->n);

        unit_events[unit_model_number(&w->leases[i])].state = UNIT_DONE;

        fate = unit_random(8) ? NGX_TIKTOK_FATE_DELIVERED
                              : NGX_TIKTOK_FATE_REJECTED;

        ngx_tiktok_queue_done(&w->queue, &w->leases[i], fate);

        w->leases[i] = w->leases[--w->n];
    }
}


static void
unit_model_return(unit_worker_t *w)
{
    ngx_uint_t  n;

    while (w->n) {
        w->n--;

        n = unit_model_number(&w->leases[w->n]);

        unit_events[n].state = UNIT_QUEUED;
        unit_first = ngx_min(unit_first, n);

        ngx_tiktok_queue_return(&w->queue, &w->leases[w->n]);
    }
}


/* what the counters say, against the table and the directory */

static ngx_uint_t
unit_model_right(void)
{
    size_t                  bytes, disk;
    ngx_uint_t              i, left;
    ngx_tiktok_counters_t  *sum;

    static u_char           text[4096 + 32];

    if (unit_wrong) {
        return 0;
    }

    left = 0;
    bytes = 0;

    for (i = 0; i < unit_nevents; i++) {

        if (unit_events[i].state == UNIT_QUEUED
            || unit_events[i].state == UNIT_LEASED)
        {
            left++;
            bytes += ngx_tiktok_record_size(unit_model_text(i, text)
                                        + unit_codes[unit_events[i].code].len);
        }
    }

    sum = unit_sum();
    (void) unit_files(".queue", NULL, &disk);

    if (unit_left() != left) {
        unit_wrong = "the number of events is wrong";

    } else if (sum->bytes != bytes) {
        unit_wrong = "the number of bytes is wrong";

    } else if (sum->fates[NGX_TIKTOK_FATE_CORRUPT]) {
        unit_wrong = "an event was damaged";

    } else if (unit_stats.disk != disk) {
        unit_wrong = "the budget is not what stands on disk";
    }

    return (unit_wrong == NULL);
}


static ngx_uint_t
unit_model_number(ngx_tiktok_lease_t *lease)
{
    u_char     *colon;
    ngx_str_t   json;

    ngx_tiktok_lease_json(lease, &json);

    colon = ngx_strlchr(json.data, json.data + json.len, ':');

    return colon ? (ngx_uint_t) ngx_atoi(json.data, colon - json.data) : EVENTS;
}


static size_t
unit_model_text(ngx_uint_t n, u_char *to)
{
    u_char  *p;

    p = ngx_sprintf(to, "%ui:", n);
    ngx_memset(p, 'a' + n % 26, unit_events[n].pad);

    return p + unit_events[n].pad - to;
}


static ngx_uint_t
unit_random(ngx_uint_t n)
{
    unit_seed = unit_seed * 6364136223846793005ULL + 1442695040888963407ULL;

    return (ngx_uint_t) (unit_seed >> 33) % n;
}


static void
unit_queue_seen(void)
{
    void             *p;
    char              id[32];
    size_t            size;
    time_t            now, day;
    ngx_uint_t        i, n, known, forgotten;
    ngx_slab_pool_t  *sp;

    size = NGX_TIKTOK_SEEN_MIN;

    if (posix_memalign(&p, ngx_pagesize, size) != 0) {
        unit_ok(0, "memory");
        return;
    }

    ngx_memzero(p, size);

    sp = p;
    sp->end = (u_char *) p + size;
    sp->min_shift = 3;
    sp->addr = p;

    if (ngx_shmtx_create(&sp->mutex, &sp->lock, NULL) != NGX_OK) {
        unit_ok(0, "a mutex");
        return;
    }

    ngx_slab_init(sp);

    unit_seen_zone.shm.addr = p;
    unit_seen_zone.shm.size = size;
    unit_seen_zone.shm.log = &unit_log;
    ngx_str_set(&unit_seen_zone.shm.name, "unit");

    i = unit_said[NGX_LOG_CRIT];

    unit_ok(ngx_tiktok_seen_init(&unit_seen_zone, NULL) == NGX_OK
            && unit_said[NGX_LOG_CRIT] == i,
            "seen: the smallest zone");

    now = 1700000000;
    day = 24 * 3600;

#define seen(name, id, identity, now)                                         \
    unit_seen(NGX_TIKTOK_EVENT_##name, "Mine", id, identity, now, 0)
#define add(name, id, identity, now)                                          \
    (void) unit_seen(NGX_TIKTOK_EVENT_##name, "Mine", id, identity, now, 1)

    unit_ok(seen(SEARCH, "1", 7, now) == NGX_TIKTOK_RESULT_NONE, "seen: new");
    add(SEARCH, "1", 7, now);
    unit_ok(seen(SEARCH, "1", 7, now) == NGX_TIKTOK_RESULT_DUPLICATE,
            "seen: a duplicate");
    unit_ok(seen(SEARCH, "1", 7, now + 2 * day) == NGX_TIKTOK_RESULT_DUPLICATE,
            "seen: within 48 hours");
    unit_ok(seen(SEARCH, "1", 7, now + 2 * day + 1) == NGX_TIKTOK_RESULT_NONE,
            "seen: not later");
    unit_ok(seen(SEARCH, "1", 7, now - 3600) == NGX_TIKTOK_RESULT_DUPLICATE,
            "seen: a clock that was set back");

    unit_ok(seen(SEARCH, "2", 7, now) == NGX_TIKTOK_RESULT_NONE,
            "seen: another id");
    unit_ok(seen(SEARCH, "1", 8, now) == NGX_TIKTOK_RESULT_NONE,
            "seen: other identifiers");
    unit_ok(seen(CONTACT, "1", 7, now) == NGX_TIKTOK_RESULT_NONE,
            "seen: another event");
    unit_ok(seen(CUSTOM, "1", 7, now) == NGX_TIKTOK_RESULT_NONE,
            "seen: a custom event");

    add(CUSTOM, "1", 7, now);
    unit_ok(seen(CUSTOM, "1", 7, now) == NGX_TIKTOK_RESULT_DUPLICATE
            && unit_seen(NGX_TIKTOK_EVENT_CUSTOM, "mine", "1", 7, now, 0)
               == NGX_TIKTOK_RESULT_NONE,
            "seen: custom events are as they are spelt");
    unit_ok(unit_seen(NGX_TIKTOK_EVENT_SEARCH, "search", "1", 7, now, 0)
            == NGX_TIKTOK_RESULT_DUPLICATE,
            "seen: standard events are not");

    /* the second one does not make the first one younger */

    add(SEARCH, "1", 7, now + day);
    unit_ok(seen(SEARCH, "1", 7, now + 2 * day + 1) == NGX_TIKTOK_RESULT_NONE,
            "seen: counts from the first time");
    add(SEARCH, "1", 7, now + 2 * day + 1);
    unit_ok(seen(SEARCH, "1", 7, now + 4 * day) == NGX_TIKTOK_RESULT_DUPLICATE,
            "seen: and then from the next");

    /* who knows less, who knows more, and who knows somebody else */

#define BOTH   0x10007
#define PHONE  0x10000

    add(SEARCH, "m", BOTH, now);
    unit_ok(seen(SEARCH, "m", 7, now) == NGX_TIKTOK_RESULT_DUPLICATE
            && seen(SEARCH, "m", PHONE, now) == NGX_TIKTOK_RESULT_DUPLICATE
            && seen(SEARCH, "m", 0, now) == NGX_TIKTOK_RESULT_DUPLICATE,
            "seen: some of the identifiers");
    unit_ok(seen(SEARCH, "m", 8, now) == NGX_TIKTOK_RESULT_NONE
            && seen(SEARCH, "m", PHONE | 8, now) == NGX_TIKTOK_RESULT_NONE,
            "seen: another one of a kind");

    add(SEARCH, "n", 0, now);
    unit_ok(seen(SEARCH, "n", 7, now) == NGX_TIKTOK_RESULT_NONE,
            "seen: one more");
    add(SEARCH, "n", 7, now + 1);
    unit_ok(seen(SEARCH, "n", 0, now + 1) == NGX_TIKTOK_RESULT_DUPLICATE
            && seen(SEARCH, "n", PHONE, now + 1) == NGX_TIKTOK_RESULT_NONE,
            "seen: and another");
    add(SEARCH, "n", PHONE, now + day);
    unit_ok(seen(SEARCH, "n", BOTH, now + 3 * day)
            == NGX_TIKTOK_RESULT_DUPLICATE,
            "seen: two came one by one, for 48 hours from the second");
    unit_ok(seen(SEARCH, "n", BOTH, now + 3 * day + 1)
            == NGX_TIKTOK_RESULT_NONE, "seen: and not longer");

    add(SEARCH, "x", 7, now);
    add(SEARCH, "x", 8, now);
    add(SEARCH, "x", 9, now);
    unit_ok(seen(SEARCH, "x", 7, now) == NGX_TIKTOK_RESULT_DUPLICATE
            && seen(SEARCH, "x", 8, now) == NGX_TIKTOK_RESULT_DUPLICATE
            && seen(SEARCH, "x", 9, now) == NGX_TIKTOK_RESULT_DUPLICATE
            && seen(SEARCH, "x", 10, now) == NGX_TIKTOK_RESULT_NONE,
            "seen: several visitors, each by his own");

    /* purchases */

    unit_ok(seen(PURCHASE, "o", 1, now) == NGX_TIKTOK_RESULT_NONE,
            "seen: a purchase");
    add(PURCHASE, "o", 1, now);
    unit_ok(seen(PURCHASE, "o", 1, now + 1) == NGX_TIKTOK_RESULT_DUPLICATE
            && seen(PURCHASE, "o", 1, now + 2 * day)
               == NGX_TIKTOK_RESULT_DUPLICATE,
            "seen: is a duplicate for 48 hours");
    unit_ok(seen(PURCHASE, "o", 2, now + day) == NGX_TIKTOK_RESULT_NONE,
            "seen: goes on with other identifiers");
    add(PURCHASE, "o", 2, now + day);
    unit_ok(seen(PURCHASE, "o", 1, now + 2 * day + 1)
            == NGX_TIKTOK_RESULT_REPEATED
            && seen(PURCHASE, "o", 3, now + 3 * day)
               == NGX_TIKTOK_RESULT_REPEATED
            && seen(PURCHASE, "o", 2, now + 30 * day - 1)
               == NGX_TIKTOK_RESULT_REPEATED,
            "seen: then it is repeated");
    unit_ok(seen(PURCHASE, "o", 1, now + 30 * day + 1)
            == NGX_TIKTOK_RESULT_NONE, "seen: until 30 days have passed");
    add(PURCHASE, "o", 1, now + 30 * day + 1);
    unit_ok(seen(PURCHASE, "o", 1, now + 32 * day)
            == NGX_TIKTOK_RESULT_DUPLICATE
            && seen(PURCHASE, "o", 1, now + 33 * day)
               == NGX_TIKTOK_RESULT_REPEATED,
            "seen: and then all begins again");
    unit_ok(unit_seen_order("p", 1, now) == unit_seen_order("p", 2, now)
            && unit_seen_order("p", 1, now) != unit_seen_order("q", 1, now),
            "seen: an order is known by its id");

    /* one order under two ids */

    unit_ok(!unit_seen_other("7", "order.7", 1, now)
            && !unit_seen_other("7", "order.7", 2, now + 1),
            "seen: an order, and again with other identifiers");
    unit_ok(!unit_seen_other("8", "order.7", 1, now),
            "seen: another order");
    unit_ok(unit_seen_other("7", "7", 1, now + 2)
            && unit_seen_other("7", "7", 2, now + 2),
            "seen: the order under another id");
    unit_ok(!unit_seen_other("7", "order.7", 3, now + 3),
            "seen: the first id stays right");
    unit_ok(!unit_seen_other("7", "7", 3, now + 2 * day + 1)
            && unit_seen_other("7", "order.7", 4, now + 2 * day + 2),
            "seen: for 48 hours");
    unit_ok(!unit_seen_other("", "1", 1, now)
            && !unit_seen_other("", "2", 1, now), "seen: no order at all");

    /* more than there is room for */

    add(PURCHASE, "old", 1, now);

    known = 0;
    forgotten = 0;

    for (i = 0; i < 20000; i++) {
        (void) snprintf(id, sizeof(id), "%d", (int) i);
        add(SEARCH, id, 1, now + i);
    }

    for (i = 0; i < 20000; i++) {
        (void) snprintf(id, sizeof(id), "%d", (int) i);
        n = (seen(SEARCH, id, 1, now + 20000) == NGX_TIKTOK_RESULT_DUPLICATE);

        known += (n && i >= 19500);
        forgotten += (!n && i < 10000);
    }

    unit_ok(known == 500 && forgotten == 10000,
            "seen: the oldest are forgotten first (%d, %d)", (int) known,
            (int) forgotten);
    unit_ok(seen(PURCHASE, "old", 1, now + 3 * day)
            == NGX_TIKTOK_RESULT_REPEATED,
            "seen: but no order because of other events");

    /* a reload */

    p = unit_seen_zone.data;
    unit_seen_zone.data = NULL;
    unit_ok(ngx_tiktok_seen_init(&unit_seen_zone, p) == NGX_OK
            && seen(SEARCH, "19999", 1, now + 20000)
               == NGX_TIKTOK_RESULT_DUPLICATE,
            "seen: a reload forgets nothing");

    free(sp);
}


/* an e-mail address in the lower half, a phone in the upper one */

static void
unit_seen_identity(ngx_tiktok_event_t *event, uint32_t identity)
{
    event->identity.hashes[NGX_TIKTOK_IDENTITY_EMAIL] = identity & 0xffff;
    event->identity.hashes[NGX_TIKTOK_IDENTITY_PHONE] = identity >> 16;
}


static ngx_uint_t
unit_seen(ngx_tiktok_event_e name, char *spelling, char *id,
    uint32_t identity, time_t now, ngx_uint_t add)
{
    ngx_str_t              pixel;
    ngx_tiktok_event_t     event;
    ngx_tiktok_seen_key_t  key;

    ngx_memzero(&event, sizeof(ngx_tiktok_event_t));

    event.name = name;
    event.spelling.data = (u_char *) spelling;
    event.spelling.len = strlen(spelling);
    event.event_id.data = (u_char *) id;
    event.event_id.len = strlen(id);
    unit_seen_identity(&event, identity);

    ngx_str_set(&pixel, PIXEL);

    ngx_tiktok_seen_key(&key, &pixel, &event);

    if (add) {
        ngx_tiktok_seen_add(&unit_seen_zone, &key, now);
        return 0;
    }

    return ngx_tiktok_seen_check(&unit_seen_zone, &key, now);
}


static ngx_uint_t
unit_seen_other(char *order, char *id, uint32_t identity, time_t now)
{
    ngx_str_t              pixel;
    ngx_tiktok_event_t     event;
    ngx_tiktok_seen_key_t  key;

    ngx_memzero(&event, sizeof(ngx_tiktok_event_t));

    event.name = NGX_TIKTOK_EVENT_PURCHASE;
    event.event_id.data = (u_char *) id;
    event.event_id.len = strlen(id);
    event.order_id.data = (u_char *) order;
    event.order_id.len = strlen(order);
    unit_seen_identity(&event, identity);

    ngx_str_set(&pixel, PIXEL);

    ngx_tiktok_seen_key(&key, &pixel, &event);

    return ngx_tiktok_seen_add(&unit_seen_zone, &key, now);
}


static uint64_t
unit_seen_order(char *id, uint32_t identity, time_t now)
{
    ngx_str_t              pixel;
    ngx_tiktok_event_t     event;
    ngx_tiktok_seen_key_t  key;

    ngx_memzero(&event, sizeof(ngx_tiktok_event_t));

    event.name = NGX_TIKTOK_EVENT_PURCHASE;
    event.event_id.data = (u_char *) id;
    event.event_id.len = strlen(id);
    unit_seen_identity(&event, identity);

    ngx_str_set(&pixel, PIXEL);

    ngx_tiktok_seen_key(&key, &pixel, &event);

    return key.order;
}


/* an empty directory and new counters */

static void
unit_fresh(void)
{
    unit_empty();
    unit_reset();
}


/* counters as after the start of nginx */

static void
unit_reset(void)
{
    ngx_memzero(&unit_stats, sizeof(ngx_tiktok_stats_t));

    unit_counters.id++;
    unit_counters.since = ngx_time();
}


static void
unit_open(unit_worker_t *w)
{
    ngx_memzero(w, sizeof(unit_worker_t));

    w->store.dir.data = (u_char *) unit_dir;
    w->store.dir.len = strlen(unit_dir);
    w->store.size = 16 * SEGMENT;
    w->store.segment_size = SEGMENT;
    w->store.adopt = NGX_TIKTOK_ADOPTED;
    w->store.max_age = unit_max_age;
    w->store.serial = unit_serial;          /* our pid is always the same */
    w->store.zone = &unit_zone;
    w->store.log = &unit_log;

    unit_serial += 10000;

    ngx_str_set(&w->queue.pixel, PIXEL);
    w->queue.store = &w->store;
    w->queue.stats = &unit_stats;

    ngx_queue_init(&w->store.queues);
    ngx_queue_insert_tail(&w->store.queues, &w->queue.link);

    ngx_tiktok_store_open(&w->store);
}


static void
unit_close(unit_worker_t *w)
{
    if (w->queue.prepare.posted) {
        ngx_delete_posted_event(&w->queue.prepare);
    }

    ngx_tiktok_store_close(&w->store);

    if (w->n) {
        /* with something on loan a worker only ends as if killed */
        unit_kill(w);
    }
}


/* the kernel does no more when it ends a process */

static void
unit_kill(unit_worker_t *w)
{
    ngx_uint_t             n;
    ngx_queue_t           *q;
    ngx_tiktok_segment_t  *segment;

    if (unit_nevents) {

        /* what was on loan to nobody will be so again */

        while (w->n) {
            w->n--;

            n = unit_model_number(&w->leases[w->n]);

            unit_events[n].state = UNIT_QUEUED;
            unit_first = ngx_min(unit_first, n);
        }

        unit_first = 0;
    }

    if (w->queue.prepare.posted) {
        ngx_delete_posted_event(&w->queue.prepare);
    }

    if (w->queue.spare) {
        ngx_queue_insert_tail(&w->queue.segments, &w->queue.spare->queue);
    }

    while (!ngx_queue_empty(&w->queue.segments)) {
        q = ngx_queue_head(&w->queue.segments);
        ngx_queue_remove(q);

        segment = ngx_queue_data(q, ngx_tiktok_segment_t, queue);

        (void) munmap(segment->start, segment->end - segment->start);
        (void) close(segment->fd);
        ngx_free(segment);
    }

    if (w->store.lock != NGX_INVALID_FILE) {
        (void) close(w->store.lock);
    }
}


/* what the event loop does after a request */

static void
unit_posted(unit_worker_t *w)
{
    if (w->queue.prepare.posted) {
        ngx_delete_posted_event(&w->queue.prepare);
        w->queue.prepare.handler(&w->queue.prepare);
    }
}


static void
unit_clock(ngx_msec_t ms)
{
    ngx_time_t  *tp;

    tp = ngx_timeofday();
    tp->sec += (ngx_msec_int_t) ms / 1000;
    tp->msec = (tp->msec + 1) % 1000;

    ngx_current_msec += ms;
}


/* looks for segments until there are no more, and returns the new events */

static ngx_uint_t
unit_scan(unit_worker_t *w)
{
    ngx_uint_t  pending;

    pending = w->queue.pending;

    do {
        w->store.hurry = 1;

        do {
            (void) ngx_tiktok_store_scan(&w->store);
        } while (w->store.looking);

    } while (w->store.hurry && w->store.scanner);

    return w->queue.pending - pending;
}


static ngx_int_t
unit_append(unit_worker_t *w, char *code, char *text)
{
    return unit_append_n(w, code, text, strlen(text), 1);
}


/* n events of that length, all of the first character if text is shorter */

static ngx_int_t
unit_append_n(unit_worker_t *w, char *code, char *text, size_t len,
    ngx_uint_t n)
{
    ngx_str_t           c;
    ngx_uint_t          i;
    ngx_tiktok_entry_t  entries[3];

    static u_char       data[2 * SEGMENT];

    if (len == strlen(text)) {
        ngx_memcpy(data, text, len);

    } else {
        ngx_memset(data, text[0], len);
    }

    for (i = 0; i < n; i++) {
        entries[i].json.data = data;
        entries[i].json.len = len;
        entries[i].name = NGX_TIKTOK_EVENT_PURCHASE;
    }

    c.data = (u_char *) code;
    c.len = strlen(code);

    unit_clock(1);

    return ngx_tiktok_queue_append(&w->queue, &c, entries, n);
}


/* reads all events, n at a time, and returns them with blanks between them */

static char *
unit_drain(unit_worker_t *w, ngx_uint_t n)
{
    char                *p;
    ngx_str_t            json;
    ngx_uint_t           i;
    ngx_tiktok_lease_t   leases[16];

    static char          got[32 * SEGMENT];

    p = got;

    for ( ;; ) {
        n = ngx_tiktok_queue_lease(&w->queue, leases, n, 0);

        if (n == 0) {
            break;
        }

        for (i = 0; i < n; i++) {
            ngx_tiktok_lease_json(&leases[i], &json);

            if (p != got) {
                *p++ = ' ';
            }

            p = (char *) ngx_cpymem(p, json.data, json.len);

            ngx_tiktok_queue_done(&w->queue, &leases[i],
                                  NGX_TIKTOK_FATE_DELIVERED);
        }
    }

    *p = '\0';

    return got;
}


static ngx_tiktok_counters_t *
unit_sum(void)
{
    static ngx_tiktok_counters_t  sum;

    ngx_tiktok_stats_sum(&unit_stats, &sum);

    return &sum;
}


static ngx_uint_t
unit_left(void)
{
    return ngx_tiktok_stats_pending(unit_sum());
}


/* nothing is in the queue, and that is what the counters say */

static ngx_uint_t
unit_balanced(void)
{
    ngx_tiktok_counters_t  *sum;

    sum = unit_sum();

    return (sum->results[NGX_TIKTOK_RESULT_QUEUED]
            + sum->fates[NGX_TIKTOK_FATE_RECOVERED]
            == sum->fates[NGX_TIKTOK_FATE_DELIVERED]
               + sum->fates[NGX_TIKTOK_FATE_REJECTED]
               + sum->fates[NGX_TIKTOK_FATE_EXPIRED]
               + sum->fates[NGX_TIKTOK_FATE_CORRUPT]);
}


/* counts files, and tells the path of one and the bytes of all */

static ngx_uint_t
unit_files(char *suffix, char *path, size_t *bytes)
{
    char            name[512];
    size_t          len;
    ngx_uint_t      n;
    DIR            *dir;
    struct stat     st;
    struct dirent  *de;

    n = 0;

    if (bytes) {
        *bytes = 0;
    }

    dir = opendir(unit_dir);
    if (dir == NULL) {
        return 0;
    }

    while ((de = readdir(dir)) != NULL) {

        (void) snprintf(name, sizeof(name), "%s/%s", unit_dir, de->d_name);

        len = strlen(name);

        if (len < strlen(suffix)
            || strcmp(name + len - strlen(suffix), suffix) != 0
            || stat(name, &st) == -1
            || !S_ISREG(st.st_mode))
        {
            continue;
        }

        n++;

        if (path) {
            (void) strcpy(path, name);
        }

        if (bytes) {
            *bytes += st.st_size;
        }
    }

    (void) closedir(dir);

    return n;
}


static void
unit_empty(void)
{
    char  path[512];

    while (unit_files("", path, NULL)) {
        if (unlink(path) == -1) {
            return;
        }
    }
}


static size_t
unit_read(char *path, u_char *data, size_t size)
{
    int      fd;
    ssize_t  n;

    fd = open(path, O_RDONLY);
    n = read(fd, data, size);
    (void) close(fd);

    return n;
}


static void
unit_write(char *path, u_char *data, size_t size)
{
    int      fd;
    ssize_t  n;

    fd = open(path, O_RDWR|O_CREAT|O_TRUNC, 0600);
    n = write(fd, data, size);
    (void) close(fd);

    if (n != (ssize_t) size) {
        unit_ok(0, "a file can be written");
    }
}


static void
unit_log_writer(ngx_log_t *log, ngx_uint_t level, u_char *buf, size_t len)
{
    unit_said[level]++;
}
