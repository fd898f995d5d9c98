
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * Strings that IAB's own libraries have written and read, see t/iab.t: ours
 * must read the same.  Of those that were damaged on the way, ours may refuse
 * more, but must not take another meaning from them.
 */


#include "unit.h"
#include "ngx_tiktok_gpp.h"
#include "ngx_tiktok_tcf.h"

#include <stdio.h>


#define LINE    65536
#define FIELDS  8


enum { WHOLE, DAMAGED, KINDS };


typedef struct {
    ngx_uint_t   lines;
    ngx_uint_t   wrong;
    ngx_uint_t   positive;      /* granted, or opted out */
    ngx_uint_t   refused;       /* can't be read, says ours */
} unit_iab_count_t;


typedef void (*unit_iab_run_pt)(ngx_conf_t *cf, ngx_str_t *fields,
    unit_iab_count_t *counts);


static void unit_iab_file(ngx_conf_t *cf, const char *what,
    ngx_uint_t nfields, unit_iab_run_pt run);
static ngx_uint_t unit_iab_split(char *line, ngx_str_t *fields);
static void unit_iab_tcf_line(ngx_conf_t *cf, ngx_str_t *fields,
    unit_iab_count_t *counts);
static void unit_iab_gpp_line(ngx_conf_t *cf, ngx_str_t *fields,
    unit_iab_count_t *counts);
static ngx_uint_t unit_iab_damaged(ngx_str_t *field);
static ngx_uint_t unit_iab_is(ngx_str_t *field, ngx_str_t *text);


static ngx_str_t  unit_iab_unreadable = ngx_string("not readable");


void
unit_iab_tcf(ngx_conf_t *cf)
{
    unit_iab_file(cf, "tcf", 6, unit_iab_tcf_line);
}


void
unit_iab_gpp(ngx_conf_t *cf)
{
    unit_iab_file(cf, "gpp", 2, unit_iab_gpp_line);
}


static void
unit_iab_file(ngx_conf_t *cf, const char *what, ngx_uint_t nfields,
    unit_iab_run_pt run)
{
    FILE              *in;
    ngx_str_t         *value, fields[FIELDS];
    ngx_uint_t         wrong;
    unit_iab_count_t   counts[KINDS];

    static char  line[LINE];

    ngx_memzero(counts, sizeof(counts));

    value = cf->args->elts;
    in = cf->args->nelts > 2 ? fopen((char *) value[2].data, "r") : NULL;

    if (in == NULL) {
        unit_ok(0, "%s: there are strings", what);
        return;
    }

    while (fgets(line, LINE, in)) {

        if (unit_iab_split(line, fields) != nfields) {
            unit_ok(0, "%s: a line has %d fields", what, (int) nfields);
            continue;
        }

        wrong = counts[WHOLE].wrong + counts[DAMAGED].wrong;

        run(cf, fields, counts);

        if (wrong != counts[WHOLE].wrong + counts[DAMAGED].wrong
            && wrong < 10)
        {
            printf("# %s, %s\n", fields[0].data, fields[nfields - 1].data);
        }
    }

    fclose(in);

    unit_ok(counts[WHOLE].lines > 0 && counts[WHOLE].wrong == 0,
            "%s: %d strings are read as IAB reads them, %d are not", what,
            (int) counts[WHOLE].lines, (int) counts[WHOLE].wrong);

    unit_ok(counts[WHOLE].refused == 0, "%s: %d of them can't be read", what,
            (int) counts[WHOLE].refused);

    unit_ok(counts[WHOLE].positive > counts[WHOLE].lines / 10
            && counts[WHOLE].positive < counts[WHOLE].lines * 9 / 10,
            "%s: %d of them say yes", what, (int) counts[WHOLE].positive);

    unit_ok(counts[DAMAGED].lines > 0 && counts[DAMAGED].wrong == 0,
            "%s: %d damaged strings are read as IAB reads them or not at "
            "all, %d are not", what, (int) counts[DAMAGED].lines,
            (int) counts[DAMAGED].wrong);

    unit_ok(counts[DAMAGED].refused < counts[DAMAGED].lines
            && counts[DAMAGED].refused > counts[DAMAGED].lines / 10,
            "%s: %d of them can't be read", what,
            (int) counts[DAMAGED].refused);
}


static ngx_uint_t
unit_iab_split(char *line, ngx_str_t *fields)
{
    char        *p;
    ngx_uint_t   n;

    line[strcspn(line, "\n")] = '\0';

    for (n = 0; line && n < FIELDS; n++) {
        p = strchr(line, '\t');

        fields[n].data = (u_char *) line;
        fields[n].len = p ? (size_t) (p - line) : ngx_strlen(line);

        if (p) {
            *p++ = '\0';
        }

        line = p;
    }

    return n;
}


/* purposes, vendor, now, verdict, detail, string */

static void
unit_iab_tcf_line(ngx_conf_t *cf, ngx_str_t *fields, unit_iab_count_t *counts)
{
    time_t                 now;
    ngx_str_t              detail, *word;
    ngx_uint_t             right;
    ngx_tiktok_tcf_t       tcf;
    unit_iab_count_t      *count;
    ngx_tiktok_verdict_e   verdict;

    count = &counts[unit_iab_damaged(&fields[3])];
    count->lines++;

    ngx_memzero(&tcf, sizeof(ngx_tiktok_tcf_t));

    if (ngx_tiktok_tcf_set_purposes(&tcf, &fields[0]) != NGX_OK
        || (fields[1].data[0] != '0'
            && ngx_tiktok_tcf_set_vendor(&tcf, &fields[1]) != NGX_OK)
        || ngx_tiktok_tcf_init(cf->pool, &tcf) != NGX_OK)
    {
        count->wrong++;
        return;
    }

    now = ngx_atotm(fields[2].data, fields[2].len);

    verdict = ngx_tiktok_tcf_check(&fields[5], &tcf, now, &detail);
    word = ngx_tiktok_verdict_name(verdict);

    right = unit_iab_is(word, &fields[3]) && unit_iab_is(&detail, &fields[4]);

    if (count == &counts[DAMAGED] && verdict == NGX_TIKTOK_UNDECIDED) {
        right = 1;
    }

    count->positive += (verdict == NGX_TIKTOK_GRANTED);
    count->refused += unit_iab_is(&detail, &unit_iab_unreadable);
    count->wrong += !right;
}


/* reason, string */

static void
unit_iab_gpp_line(ngx_conf_t *cf, ngx_str_t *fields, unit_iab_count_t *counts)
{
    ngx_int_t          rc;
    ngx_str_t          reason;
    unit_iab_count_t  *count;

    count = &counts[unit_iab_damaged(&fields[0])];
    count->lines++;

    ngx_str_set(&reason, "");

    rc = ngx_tiktok_gpp_opt_out(&fields[1], &reason);

    count->positive += (rc == NGX_OK);
    count->refused += (rc == NGX_ERROR);

    if (count == &counts[WHOLE]) {
        count->wrong += !unit_iab_is(&reason, &fields[0]);
        return;
    }

    /* only the fields that tell an opt-out are read: the rest may be cut */

    if (rc == NGX_ERROR || unit_iab_is(&fields[0], &unit_iab_unreadable)) {
        return;
    }

    count->wrong += !unit_iab_is(&reason, &fields[0]);
}


/* takes the mark off */

static ngx_uint_t
unit_iab_damaged(ngx_str_t *field)
{
    if (field->len == 0 || field->data[0] != '?') {
        return WHOLE;
    }

    field->data++;
    field->len--;

    return DAMAGED;
}


static ngx_uint_t
unit_iab_is(ngx_str_t *field, ngx_str_t *text)
{
    return field->len == text->len
           && ngx_memcmp(field->data, text->data, text->len) == 0;
}
