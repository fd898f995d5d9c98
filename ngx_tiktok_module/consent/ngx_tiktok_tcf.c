
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * A TC string is a core segment and up to three more, joined by dots, each
 * base64url of its own.  All of it is read, though little of it is asked
 * for: a string that is damaged anywhere grants nothing.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_tiktok_consent.h"
#include "ngx_tiktok_bits.h"
#include "ngx_tiktok_presets.h"
#include "ngx_tiktok_tcf.h"


#define NGX_TIKTOK_TCF_PURPOSES   24
#define NGX_TIKTOK_TCF_VENDORS    65535
#define NGX_TIKTOK_TCF_POLICY     4         /* TCF 2.2 */

#define NGX_TIKTOK_TCF_LETTERS    ('z' - 'A')

#define NGX_TIKTOK_TCF_NOT_ALLOWED  0       /* a publisher restriction */

#define ngx_tiktok_tcf_purpose(n)                                             \
    ((uint32_t) 1 << (NGX_TIKTOK_TCF_PURPOSES - (n)))


/* segments behind the core, by number */

typedef enum {
    NGX_TIKTOK_TCF_CORE = 0,
    NGX_TIKTOK_TCF_DISCLOSED,
    NGX_TIKTOK_TCF_ALLOWED,
    NGX_TIKTOK_TCF_PUBLISHER
} ngx_tiktok_tcf_segment_e;


/* what a string says about what it is asked for */

typedef struct {
    time_t        created;
    uint32_t      purposes;
    uint32_t      restricted;       /* purposes barred for the vendor */
    ngx_uint_t    version;
    ngx_uint_t    policy;
    ngx_uint_t    vendor;           /* has consent */
    ngx_uint_t    segments;         /* bits 1 << segment that are there */
    unsigned      service_specific:1;
    unsigned      untold:1;         /* purpose 1 */
    unsigned      disclosed:1;
} ngx_tiktok_tc_t;


static ngx_int_t ngx_tiktok_tcf_number(u_char **pos, u_char *last,
    ngx_uint_t max);
static ngx_int_t ngx_tiktok_tcf_decode(ngx_str_t *text, ngx_uint_t vendor,
    ngx_tiktok_tc_t *tc);
static void ngx_tiktok_tcf_core(ngx_tiktok_bits_t *bits, ngx_uint_t vendor,
    ngx_tiktok_tc_t *tc);
static void ngx_tiktok_tcf_segment(ngx_tiktok_bits_t *bits,
    ngx_uint_t vendor, ngx_tiktok_tc_t *tc);
static void ngx_tiktok_tcf_letters(ngx_tiktok_bits_t *bits);
static ngx_uint_t ngx_tiktok_tcf_vendors(ngx_tiktok_bits_t *bits,
    ngx_uint_t vendor);
static uint32_t ngx_tiktok_tcf_restrictions(ngx_tiktok_bits_t *bits,
    ngx_uint_t vendor);
static const char *ngx_tiktok_tcf_invalid(ngx_tiktok_tc_t *tc, time_t now);
static void ngx_tiktok_tcf_first(uint32_t purposes, ngx_str_t *details,
    ngx_str_t *detail);


#define ngx_tiktok_tcf_details(what)                                          \
    ngx_string("purpose 1 " what),  ngx_string("purpose 2 " what),            \
    ngx_string("purpose 3 " what),  ngx_string("purpose 4 " what),            \
    ngx_string("purpose 5 " what),  ngx_string("purpose 6 " what),            \
    ngx_string("purpose 7 " what),  ngx_string("purpose 8 " what),            \
    ngx_string("purpose 9 " what),  ngx_string("purpose 10 " what),           \
    ngx_string("purpose 11 " what), ngx_string("purpose 12 " what),           \
    ngx_string("purpose 13 " what), ngx_string("purpose 14 " what),           \
    ngx_string("purpose 15 " what), ngx_string("purpose 16 " what),           \
    ngx_string("purpose 17 " what), ngx_string("purpose 18 " what),           \
    ngx_string("purpose 19 " what), ngx_string("purpose 20 " what),           \
    ngx_string("purpose 21 " what), ngx_string("purpose 22 " what),           \
    ngx_string("purpose 23 " what), ngx_string("purpose 24 " what)


static ngx_str_t  ngx_tiktok_tcf_missing[] = {
    ngx_tiktok_tcf_details("missing")
};


static ngx_str_t  ngx_tiktok_tcf_restricted[] = {
    ngx_tiktok_tcf_details("restricted")
};


ngx_int_t
ngx_tiktok_tcf_set_purposes(ngx_tiktok_tcf_t *tcf, ngx_str_t *text)
{
    u_char     *p, *last;
    uint32_t    purposes;
    ngx_int_t   n;

    p = text->data;
    last = p + text->len;
    purposes = 0;

    for ( ;; ) {
        n = ngx_tiktok_tcf_number(&p, last, NGX_TIKTOK_TCF_PURPOSES);

        if (n == NGX_ERROR) {
            return NGX_DECLINED;
        }

        purposes |= ngx_tiktok_tcf_purpose(n);

        if (p == last) {
            tcf->purposes = purposes;
            return NGX_OK;
        }

        if (*p++ != ',') {
            return NGX_DECLINED;
        }
    }
}


ngx_int_t
ngx_tiktok_tcf_set_vendor(ngx_tiktok_tcf_t *tcf, ngx_str_t *text)
{
    u_char     *p;
    ngx_int_t   n;

    p = text->data;
    n = ngx_tiktok_tcf_number(&p, p + text->len, NGX_TIKTOK_TCF_VENDORS);

    if (n == NGX_ERROR || p != text->data + text->len) {
        return NGX_DECLINED;
    }

    tcf->vendor = n;

    return NGX_OK;
}


static ngx_int_t
ngx_tiktok_tcf_number(u_char **pos, u_char *last, ngx_uint_t max)
{
    u_char     *p;
    ngx_int_t   n;

    for (p = *pos; p < last && *p >= '0' && *p <= '9'; p++) { /* void */ }

    n = ngx_atoi(*pos, p - *pos);

    if (n < 1 || (ngx_uint_t) n > max) {
        return NGX_ERROR;
    }

    *pos = p;

    return n;
}


ngx_int_t
ngx_tiktok_tcf_init(ngx_pool_t *pool, ngx_tiktok_tcf_t *tcf)
{
    size_t       size;
    u_char      *p;
    ngx_uint_t   n;

    if (tcf->purposes == 0) {
        tcf->purposes = ngx_tiktok_tcf_purpose(1) | ngx_tiktok_tcf_purpose(3)
                        | ngx_tiktok_tcf_purpose(4)
                        | ngx_tiktok_tcf_purpose(7);
    }

    size = sizeof("purposes , vendor 65535") - 1
           + NGX_TIKTOK_TCF_PURPOSES * sizeof("24")
           + sizeof("vendor 65535 missing") - 1
           + sizeof("vendor 65535 not disclosed") - 1;

    p = ngx_pnalloc(pool, size);
    if (p == NULL) {
        return NGX_ERROR;
    }

    tcf->granted.data = p;
    p = ngx_sprintf(p, "purposes ");

    for (n = 1; n <= NGX_TIKTOK_TCF_PURPOSES; n++) {
        if (tcf->purposes & ngx_tiktok_tcf_purpose(n)) {
            p = ngx_sprintf(p, "%ui,", n);
        }
    }

    p--;

    if (tcf->vendor) {
        p = ngx_sprintf(p, ", vendor %ui", tcf->vendor);
    }

    tcf->granted.len = p - tcf->granted.data;

    tcf->denied.data = p;
    p = ngx_sprintf(p, "vendor %ui missing", tcf->vendor);
    tcf->denied.len = p - tcf->denied.data;

    tcf->undisclosed.data = p;
    p = ngx_sprintf(p, "vendor %ui not disclosed", tcf->vendor);
    tcf->undisclosed.len = p - tcf->undisclosed.data;

    return NGX_OK;
}


ngx_tiktok_verdict_e
ngx_tiktok_tcf_check(ngx_str_t *text, ngx_tiktok_tcf_t *tcf, time_t now,
    ngx_str_t *detail)
{
    uint32_t          purposes;
    const char       *invalid;
    ngx_tiktok_tc_t   tc;

    if (ngx_tiktok_tcf_decode(text, tcf->vendor, &tc) != NGX_OK) {
        ngx_str_set(detail, "not readable");
        return NGX_TIKTOK_UNDECIDED;
    }

    invalid = ngx_tiktok_tcf_invalid(&tc, now);

    if (invalid) {
        detail->data = (u_char *) invalid;
        detail->len = ngx_strlen(invalid);
        return NGX_TIKTOK_UNDECIDED;
    }

    purposes = tcf->purposes & ~tc.purposes;

    if (tc.untold) {
        purposes &= ~ngx_tiktok_tcf_purpose(1);
    }

    if (purposes) {
        ngx_tiktok_tcf_first(purposes, ngx_tiktok_tcf_missing, detail);
        return NGX_TIKTOK_DENIED;
    }

    if (tcf->vendor && !tc.vendor) {
        *detail = tcf->denied;
        return NGX_TIKTOK_DENIED;
    }

    purposes = tcf->purposes & tc.restricted;

    if (purposes) {
        ngx_tiktok_tcf_first(purposes, ngx_tiktok_tcf_restricted, detail);
        return NGX_TIKTOK_DENIED;
    }

    /* what nobody was asked, nobody can have granted or denied */

    if (tc.untold && (tcf->purposes & ngx_tiktok_tcf_purpose(1))) {
        ngx_str_set(detail, "purpose 1 not disclosed");
        return NGX_TIKTOK_UNDECIDED;
    }

    if (tcf->vendor && !tc.disclosed
        && (tc.segments & 1 << NGX_TIKTOK_TCF_DISCLOSED))
    {
        *detail = tcf->undisclosed;
        return NGX_TIKTOK_UNDECIDED;
    }

    *detail = tcf->granted;

    return NGX_TIKTOK_GRANTED;
}


/* NGX_DECLINED where anything is not as it must be */

static ngx_int_t
ngx_tiktok_tcf_decode(ngx_str_t *text, ngx_uint_t vendor, ngx_tiktok_tc_t *tc)
{
    ngx_str_t          rest, part;
    ngx_tiktok_bits_t  bits;

    ngx_memzero(tc, sizeof(ngx_tiktok_tc_t));

    rest = *text;

    do {
        ngx_tiktok_bits_part(&rest, '.', &part);

        if (ngx_tiktok_bits_init(&bits, &part) != NGX_OK) {
            return NGX_DECLINED;
        }

        if (tc->segments == 0) {
            tc->version = ngx_tiktok_bits_read(&bits, 6);

            if (tc->version != 2) {
                /* whatever follows is not ours to read */
                return NGX_OK;
            }

            ngx_tiktok_tcf_core(&bits, vendor, tc);

        } else {
            ngx_tiktok_tcf_segment(&bits, vendor, tc);
        }

        if (!ngx_tiktok_bits_done(&bits)) {
            return NGX_DECLINED;
        }

    } while (rest.data);

    return NGX_OK;
}


static void
ngx_tiktok_tcf_core(ngx_tiktok_bits_t *bits, ngx_uint_t vendor,
    ngx_tiktok_tc_t *tc)
{
    uint64_t  created;

    tc->segments = 1 << NGX_TIKTOK_TCF_CORE;

    created = (uint64_t) ngx_tiktok_bits_read(bits, 18) << 18;
    created |= ngx_tiktok_bits_read(bits, 18);

    tc->created = (time_t) (created / 10);

    /* last update, CMP and its version, screen */
    ngx_tiktok_bits_skip(bits, 36 + 12 + 12 + 6);

    ngx_tiktok_tcf_letters(bits);           /* language */

    ngx_tiktok_bits_skip(bits, 12);         /* vendor list */

    tc->policy = ngx_tiktok_bits_read(bits, 6);
    tc->service_specific = ngx_tiktok_bits_read(bits, 1);

    ngx_tiktok_bits_skip(bits, 1);          /* non-standard texts */
    ngx_tiktok_bits_skip(bits, 12);         /* special features */

    tc->purposes = ngx_tiktok_bits_read(bits, NGX_TIKTOK_TCF_PURPOSES);

    /* purposes of legitimate interest are no consent */
    ngx_tiktok_bits_skip(bits, NGX_TIKTOK_TCF_PURPOSES);

    tc->untold = ngx_tiktok_bits_read(bits, 1);

    ngx_tiktok_tcf_letters(bits);           /* publisher's country */

    tc->vendor = ngx_tiktok_tcf_vendors(bits, vendor);

    /* vendors of legitimate interest */
    (void) ngx_tiktok_tcf_vendors(bits, vendor);

    tc->restricted = ngx_tiktok_tcf_restrictions(bits, vendor);
}


/* in any order, and each once */

static void
ngx_tiktok_tcf_segment(ngx_tiktok_bits_t *bits, ngx_uint_t vendor,
    ngx_tiktok_tc_t *tc)
{
    ngx_uint_t  n;

    n = ngx_tiktok_bits_read(bits, 3);

    if (tc->segments & 1 << n) {
        bits->failed = 1;
        return;
    }

    tc->segments |= 1 << n;

    switch (n) {

    case NGX_TIKTOK_TCF_DISCLOSED:
        tc->disclosed = ngx_tiktok_tcf_vendors(bits, vendor);
        break;

    case NGX_TIKTOK_TCF_ALLOWED:
        (void) ngx_tiktok_tcf_vendors(bits, vendor);
        break;

    case NGX_TIKTOK_TCF_PUBLISHER:
        ngx_tiktok_bits_skip(bits, 2 * NGX_TIKTOK_TCF_PURPOSES);

        n = ngx_tiktok_bits_read(bits, 6);
        ngx_tiktok_bits_skip(bits, 2 * n);
        break;

    default: /* of a later version */
        bits->pos = bits->size;
    }
}


/* a code of two letters, in either case: some tools take no care of that */

static void
ngx_tiktok_tcf_letters(ngx_tiktok_bits_t *bits)
{
    if (ngx_tiktok_bits_read(bits, 6) > NGX_TIKTOK_TCF_LETTERS
        || ngx_tiktok_bits_read(bits, 6) > NGX_TIKTOK_TCF_LETTERS)
    {
        bits->failed = 1;
    }
}


/* whether the vendor is among those that a bit field or ranges name */

static ngx_uint_t
ngx_tiktok_tcf_vendors(ngx_tiktok_bits_t *bits, ngx_uint_t vendor)
{
    ngx_uint_t  max, named;

    max = ngx_tiktok_bits_read(bits, 16);

    if (ngx_tiktok_bits_read(bits, 1)) {
        return ngx_tiktok_bits_ranges(bits, max, vendor);
    }

    if (vendor == 0 || vendor > max) {
        ngx_tiktok_bits_skip(bits, max);
        return 0;
    }

    ngx_tiktok_bits_skip(bits, vendor - 1);
    named = ngx_tiktok_bits_read(bits, 1);
    ngx_tiktok_bits_skip(bits, max - vendor);

    return named;
}


static uint32_t
ngx_tiktok_tcf_restrictions(ngx_tiktok_bits_t *bits, ngx_uint_t vendor)
{
    uint32_t    restricted;
    ngx_uint_t  n, purpose, type;

    restricted = 0;

    for (n = ngx_tiktok_bits_read(bits, 12); n && !bits->failed; n--) {

        purpose = ngx_tiktok_bits_read(bits, 6);
        type = ngx_tiktok_bits_read(bits, 2);

        if (ngx_tiktok_bits_ranges(bits, NGX_TIKTOK_TCF_VENDORS, vendor)
            && type == NGX_TIKTOK_TCF_NOT_ALLOWED
            && purpose >= 1 && purpose <= NGX_TIKTOK_TCF_PURPOSES)
        {
            restricted |= ngx_tiktok_tcf_purpose(purpose);
        }
    }

    return restricted;
}


/* why a string that can be read is not in force, or NULL */

static const char *
ngx_tiktok_tcf_invalid(ngx_tiktok_tc_t *tc, time_t now)
{
    if (tc->version != 2) {
        return "not version 2";
    }

    if (!tc->service_specific) {
        return "not service-specific";
    }

    if (tc->policy < NGX_TIKTOK_TCF_POLICY) {
        return "policy version below 4";
    }

    if (tc->created > now + NGX_TIKTOK_CONSENT_AHEAD) {
        return "created in the future";
    }

    if (tc->created < now - NGX_TIKTOK_CONSENT_MAX_AGE) {
        return "older than 13 months";
    }

    return NULL;
}


/* the detail for the first of some purposes */

static void
ngx_tiktok_tcf_first(uint32_t purposes, ngx_str_t *details,
    ngx_str_t *detail)
{
    ngx_uint_t  n;

    for (n = 1; !(purposes & ngx_tiktok_tcf_purpose(n)); n++) { /* void */ }

    *detail = details[n - 1];
}
