
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * A GPP string is a header, which numbers the sections that follow, and the
 * sections, joined by "~".  Those of the United States and of its states
 * start with a core of fixed fields; a section may go on, behind dots, with
 * further segments, of which one tells what the browser's GPC said.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_tiktok_bits.h"
#include "ngx_tiktok_gpp.h"


#define NGX_TIKTOK_GPP_HEADER      3        /* type */
#define NGX_TIKTOK_GPP_VERSION     1

#define NGX_TIKTOK_GPP_USPV1       6        /* sections */
#define NGX_TIKTOK_GPP_USNAT       7

#define NGX_TIKTOK_GPP_OPTED_OUT   1        /* values of two bits */
#define NGX_TIKTOK_GPP_INVALID     3

#define NGX_TIKTOK_GPP_SEGMENT_GPC 1


typedef enum {
    NGX_TIKTOK_GPP_SALE = 0,
    NGX_TIKTOK_GPP_SHARING,
    NGX_TIKTOK_GPP_ADVERTISING,
    NGX_TIKTOK_GPP_FIELDS,
    NGX_TIKTOK_GPP_GPC = NGX_TIKTOK_GPP_FIELDS,
    NGX_TIKTOK_GPP_REASONS
} ngx_tiktok_gpp_field_e;


/* where a section's core has its fields, in bits; 0 is nowhere */

typedef struct {
    ngx_uint_t          version;            /* the last that is known, or 0 */
    u_char              fields[NGX_TIKTOK_GPP_FIELDS];
    ngx_uint_t          gpc;                /* has such a segment */
    ngx_str_t           reasons[NGX_TIKTOK_GPP_REASONS];
} ngx_tiktok_gpp_section_t;


/* the numbers of the sections, out of the header one by one */

typedef struct {
    ngx_tiktok_bits_t   bits;
    ngx_uint_t          items;              /* that were not begun */
    uint32_t            number;
    uint32_t            more;               /* numbers of this item */
} ngx_tiktok_gpp_numbers_t;


static ngx_int_t ngx_tiktok_gpp_header(ngx_str_t *text,
    ngx_tiktok_gpp_numbers_t *numbers);
static ngx_int_t ngx_tiktok_gpp_next(ngx_tiktok_gpp_numbers_t *numbers);
static ngx_int_t ngx_tiktok_gpp_section(ngx_uint_t number, ngx_str_t *text,
    ngx_str_t *reason);
static ngx_int_t ngx_tiktok_gpp_core(ngx_tiktok_gpp_section_t *section,
    ngx_str_t *text, ngx_str_t *reason);
static ngx_int_t ngx_tiktok_gpp_gpc(ngx_tiktok_gpp_section_t *section,
    ngx_str_t *text, ngx_str_t *reason);


#define ngx_tiktok_gpp_reasons(name)                                          \
    { ngx_string(name " sale opt-out"),                               \
      ngx_string(name " sharing opt-out"),                            \
      ngx_string(name " targeted advertising opt-out"),               \
      ngx_string(name " gpc") }


/* from NGX_TIKTOK_GPP_USNAT on; those of 2024 and later start otherwise */

static ngx_tiktok_gpp_section_t  ngx_tiktok_gpp_sections[] = {
    { 2, { 18, 20, 22 }, 1, ngx_tiktok_gpp_reasons("usnat") },
    { 1, { 12, 14, 0 }, 1, ngx_tiktok_gpp_reasons("usca") },
    { 1, { 12, 0, 14 }, 0, ngx_tiktok_gpp_reasons("usva") },
    { 1, { 12, 0, 14 }, 1, ngx_tiktok_gpp_reasons("usco") },
    { 1, { 14, 0, 16 }, 0, ngx_tiktok_gpp_reasons("usut") },
    { 1, { 12, 0, 14 }, 1, ngx_tiktok_gpp_reasons("usct") },
    { 1, { 12, 0, 14 }, 0, ngx_tiktok_gpp_reasons("usfl") },
    { 1, { 12, 0, 14 }, 1, ngx_tiktok_gpp_reasons("usmt") },
    { 1, { 12, 0, 14 }, 1, ngx_tiktok_gpp_reasons("usor") },
    { 1, { 12, 0, 14 }, 1, ngx_tiktok_gpp_reasons("ustx") },
    { 1, { 12, 0, 14 }, 1, ngx_tiktok_gpp_reasons("usde") },
    { 1, { 14, 0, 16 }, 1, ngx_tiktok_gpp_reasons("usia") },
    { 1, { 12, 0, 14 }, 1, ngx_tiktok_gpp_reasons("usne") },
    { 1, { 12, 0, 14 }, 1, ngx_tiktok_gpp_reasons("usnh") },
    { 1, { 12, 0, 14 }, 1, ngx_tiktok_gpp_reasons("usnj") },
    { 1, { 12, 0, 14 }, 1, ngx_tiktok_gpp_reasons("ustn") },
    { 1, { 12, 0, 14 }, 1, ngx_tiktok_gpp_reasons("usmn") },
    { 0, { 16, 0, 18 }, 1, ngx_tiktok_gpp_reasons("usmd") },
    { 0, { 16, 0, 18 }, 0, ngx_tiktok_gpp_reasons("usin") },
    { 0, { 16, 0, 18 }, 0, ngx_tiktok_gpp_reasons("usky") },
    { 0, { 16, 0, 18 }, 0, ngx_tiktok_gpp_reasons("usri") }
};


static ngx_str_t  ngx_tiktok_gpp_uspv1 = ngx_string("uspv1 sale opt-out");


/* all that say "opted out of sale", by notice and agreement */

static ngx_str_t  ngx_tiktok_us_privacy_reasons[] = {
    ngx_string("1YYY"),
    ngx_string("1YYN"),
    ngx_string("1YY-"),
    ngx_string("1NYY"),
    ngx_string("1NYN"),
    ngx_string("1NY-"),
    ngx_string("1-YY"),
    ngx_string("1-YN"),
    ngx_string("1-Y-")
};


ngx_int_t
ngx_tiktok_gpp_opt_out(ngx_str_t *text, ngx_str_t *reason)
{
    ngx_int_t                  rc;
    ngx_str_t                  rest, part, why;
    ngx_uint_t                 opted_out, broken;
    ngx_tiktok_gpp_numbers_t   numbers;

    rest = *text;

    ngx_tiktok_bits_part(&rest, '~', &part);

    if (ngx_tiktok_gpp_header(&part, &numbers) != NGX_OK) {
        return NGX_ERROR;
    }

    opted_out = 0;
    broken = 0;

    while (rest.data) {
        ngx_tiktok_bits_part(&rest, '~', &part);

        if (ngx_tiktok_gpp_next(&numbers) != NGX_OK || part.len == 0) {
            return NGX_ERROR;
        }

        rc = ngx_tiktok_gpp_section(numbers.number, &part, &why);

        if (rc == NGX_ERROR) {
            broken = 1;
        }

        /* the nation's section speaks for those of the states */

        if (rc == NGX_OK
            && (!opted_out || numbers.number == NGX_TIKTOK_GPP_USNAT))
        {
            opted_out = 1;
            *reason = why;
        }
    }

    /* more sections are announced than there are */

    if (ngx_tiktok_gpp_next(&numbers) != NGX_DECLINED) {
        return NGX_ERROR;
    }

    if (opted_out) {
        return NGX_OK;
    }

    return broken ? NGX_ERROR : NGX_DECLINED;
}


static ngx_int_t
ngx_tiktok_gpp_header(ngx_str_t *text, ngx_tiktok_gpp_numbers_t *numbers)
{
    ngx_memzero(numbers, sizeof(ngx_tiktok_gpp_numbers_t));

    if (ngx_tiktok_bits_init(&numbers->bits, text) != NGX_OK
        || ngx_tiktok_bits_read(&numbers->bits, 6) != NGX_TIKTOK_GPP_HEADER
        || ngx_tiktok_bits_read(&numbers->bits, 6) != NGX_TIKTOK_GPP_VERSION)
    {
        return NGX_ERROR;
    }

    numbers->items = ngx_tiktok_bits_read(&numbers->bits, 12);

    return numbers->bits.failed ? NGX_ERROR : NGX_OK;
}


/*
 * An item is a number, or the first and the last of a range; both are told
 * by their distance to the number before.
 */

static ngx_int_t
ngx_tiktok_gpp_next(ngx_tiktok_gpp_numbers_t *numbers)
{
    uint32_t    distance;
    ngx_uint_t  range;

    if (numbers->more) {
        numbers->more--;
        numbers->number++;
        return NGX_OK;
    }

    if (numbers->items == 0) {
        return ngx_tiktok_bits_done(&numbers->bits) ? NGX_DECLINED
                                                    : NGX_ERROR;
    }

    numbers->items--;

    range = ngx_tiktok_bits_read(&numbers->bits, 1);
    distance = ngx_tiktok_bits_fibonacci(&numbers->bits);

    if (range) {
        numbers->more = ngx_tiktok_bits_fibonacci(&numbers->bits);
    }

    if (numbers->bits.failed) {
        return NGX_ERROR;
    }

    numbers->number += distance;

    return NGX_OK;
}


static ngx_int_t
ngx_tiktok_gpp_section(ngx_uint_t number, ngx_str_t *text, ngx_str_t *reason)
{
    ngx_int_t                  rc;
    ngx_str_t                  rest, part;
    ngx_uint_t                 n, broken;
    ngx_tiktok_gpp_section_t  *section;

    if (number == NGX_TIKTOK_GPP_USPV1) {
        rc = ngx_tiktok_us_privacy_opt_out(text, reason);
        *reason = ngx_tiktok_gpp_uspv1;
        return rc;
    }

    n = sizeof(ngx_tiktok_gpp_sections) / sizeof(ngx_tiktok_gpp_section_t);

    if (number < NGX_TIKTOK_GPP_USNAT || number - NGX_TIKTOK_GPP_USNAT >= n) {
        /* consent of the EU or Canada, or nothing that we know of */
        return NGX_DECLINED;
    }

    section = &ngx_tiktok_gpp_sections[number - NGX_TIKTOK_GPP_USNAT];

    rest = *text;

    ngx_tiktok_bits_part(&rest, '.', &part);

    rc = ngx_tiktok_gpp_core(section, &part, reason);

    broken = (rc == NGX_ERROR);

    while (rc != NGX_OK && section->gpc && rest.data) {
        ngx_tiktok_bits_part(&rest, '.', &part);

        rc = ngx_tiktok_gpp_gpc(section, &part, reason);

        broken |= (rc == NGX_ERROR);
    }

    return (rc != NGX_OK && broken) ? NGX_ERROR : rc;
}


static ngx_int_t
ngx_tiktok_gpp_core(ngx_tiktok_gpp_section_t *section, ngx_str_t *text,
    ngx_str_t *reason)
{
    uint32_t           value;
    ngx_uint_t         n, version, invalid;
    ngx_tiktok_bits_t  bits;

    if (ngx_tiktok_bits_init(&bits, text) != NGX_OK) {
        return NGX_ERROR;
    }

    version = ngx_tiktok_bits_read(&bits, 6);

    if (section->version && (version == 0 || version > section->version)) {
        return NGX_ERROR;
    }

    invalid = 0;

    for (n = 0; n < NGX_TIKTOK_GPP_FIELDS; n++) {

        if (section->fields[n] == 0) {
            continue;
        }

        ngx_tiktok_bits_skip(&bits, section->fields[n] - bits.pos);

        value = ngx_tiktok_bits_read(&bits, 2);

        if (value == NGX_TIKTOK_GPP_OPTED_OUT) {
            *reason = section->reasons[n];
            return NGX_OK;
        }

        invalid |= (value == NGX_TIKTOK_GPP_INVALID);
    }

    return (invalid || bits.failed) ? NGX_ERROR : NGX_DECLINED;
}


static ngx_int_t
ngx_tiktok_gpp_gpc(ngx_tiktok_gpp_section_t *section, ngx_str_t *text,
    ngx_str_t *reason)
{
    ngx_tiktok_bits_t  bits;

    if (ngx_tiktok_bits_init(&bits, text) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ngx_tiktok_bits_read(&bits, 2) == NGX_TIKTOK_GPP_SEGMENT_GPC
        && ngx_tiktok_bits_read(&bits, 1))
    {
        *reason = section->reasons[NGX_TIKTOK_GPP_GPC];
        return NGX_OK;
    }

    return NGX_DECLINED;
}


ngx_int_t
ngx_tiktok_us_privacy_opt_out(ngx_str_t *text, ngx_str_t *reason)
{
    char        *p;
    ngx_uint_t   n, i, letter[3];

    static char  letters[] = "YN-";

    if (text->len != 4 || text->data[0] != '1') {
        return NGX_ERROR;
    }

    for (n = 0; n < 3; n++) {
        p = ngx_strchr(letters, ngx_toupper(text->data[n + 1]));

        if (p == NULL || *p == '\0') {
            return NGX_ERROR;
        }

        letter[n] = p - letters;
    }

    /* notice, opt-out, agreement of the publisher */

    if (letter[1] != 0) {
        return NGX_DECLINED;
    }

    i = letter[0] * 3 + letter[2];

    *reason = ngx_tiktok_us_privacy_reasons[i];

    return NGX_OK;
}
