
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * TC strings, written bit by bit from recipes.  What IAB's own library makes
 * of thousands of them is in t/iab.t.
 */


#include "unit.h"
#include "ngx_tiktok_bits.h"
#include "ngx_tiktok_tcf.h"


#define GRANTED    NGX_TIKTOK_GRANTED
#define DENIED     NGX_TIKTOK_DENIED
#define UNDECIDED  NGX_TIKTOK_UNDECIDED

#define NOW        1764720000           /* 2025-12-03 */
#define DAY        86400
#define SIZE       8192


/*
 * A recipe changes one good string: words "name=value" for the core, and
 * words "d:...", "a:...", "p:...", "x:..." for further segments.  Vendors
 * are "f" or "r" for bit field or ranges, then a list such as "1-4.9".
 */

typedef struct {
    char                  *rule;        /* purposes[/vendor] */
    char                  *recipe;
    ngx_tiktok_verdict_e   verdict;
    char                  *detail;
} unit_tcf_test_t;


typedef struct {
    u_char                *start;
    size_t                 bits;
} unit_writer_t;


static unit_tcf_test_t  unit_tcf_tests[] = {

    { "", "", GRANTED, "purposes 1,3,4,7" },
    { "", "purposes=1.2.3.4.5.6.7.8.9.10.11", GRANTED, "purposes 1,3,4,7" },
    { "7,1", "purposes=1.7", GRANTED, "purposes 1,7" },
    { "24", "purposes=24", GRANTED, "purposes 24" },

    { "", "purposes=", DENIED, "purpose 1 missing" },
    { "", "purposes=1.3.7", DENIED, "purpose 4 missing" },
    { "", "purposes=1.2.5.6.8", DENIED, "purpose 3 missing" },
    { "", "purposes=1.3.4", DENIED, "purpose 7 missing" },
    { "24", "purposes=23", DENIED, "purpose 24 missing" },

    /* legitimate interest is no consent */
    { "", "purposes=1.3.4 legitimate=1.3.4.7", DENIED, "purpose 7 missing" },

    /* purpose 1 was not disclosed */
    { "", "untold=1", UNDECIDED, "purpose 1 not disclosed" },
    { "", "untold=1 purposes=3.4.7", UNDECIDED, "purpose 1 not disclosed" },
    { "", "untold=1 purposes=3.7", DENIED, "purpose 4 missing" },
    { "3,4", "untold=1 purposes=3.4", GRANTED, "purposes 3,4" },

    /* letters may be small ones */
    { "", "language=36 country=57", GRANTED, "purposes 1,3,4,7" },

    /* not in force */
    { "", "version=1", UNDECIDED, "not version 2" },
    { "", "version=3", UNDECIDED, "not version 2" },
    { "", "specific=0", UNDECIDED, "not service-specific" },
    { "", "policy=3", UNDECIDED, "policy version below 4" },
    { "", "policy=2 purposes=", UNDECIDED, "policy version below 4" },
    { "", "policy=5", GRANTED, "purposes 1,3,4,7" },
    { "", "policy=63", GRANTED, "purposes 1,3,4,7" },
    { "", "age=0", GRANTED, "purposes 1,3,4,7" },
    { "", "age=395", GRANTED, "purposes 1,3,4,7" },
    { "", "age=397", UNDECIDED, "older than 13 months" },
    { "", "age=397 purposes=", UNDECIDED, "older than 13 months" },
    { "", "age=20000", UNDECIDED, "older than 13 months" },
    { "", "age=-1", UNDECIDED, "created in the future" },
    { "", "age=-50000", UNDECIDED, "created in the future" },

    /* vendors */
    { "/986", "vendors=f986", GRANTED, "purposes 1,3,4,7, vendor 986" },
    { "/986", "vendors=f1-1200", GRANTED, "purposes 1,3,4,7, vendor 986" },
    { "/986", "vendors=r986", GRANTED, "purposes 1,3,4,7, vendor 986" },
    { "/986", "vendors=r1.3-5.900-986", GRANTED,
      "purposes 1,3,4,7, vendor 986" },
    { "/986", "vendors=r986-1000", GRANTED, "purposes 1,3,4,7, vendor 986" },
    { "/986", "vendors=r1000.986", GRANTED, "purposes 1,3,4,7, vendor 986" },
    { "/1", "vendors=f1", GRANTED, "purposes 1,3,4,7, vendor 1" },
    { "/65535", "vendors=r65535", GRANTED, "purposes 1,3,4,7, vendor 65535" },
    { "7/2", "vendors=f2", GRANTED, "purposes 7, vendor 2" },

    { "/986", "", DENIED, "vendor 986 missing" },
    { "/986", "vendors=f985.987", DENIED, "vendor 986 missing" },
    { "/986", "vendors=f985", DENIED, "vendor 986 missing" },
    { "/986", "vendors=r1-985.987-65535", DENIED, "vendor 986 missing" },
    { "/986", "vendors=r985.987", DENIED, "vendor 986 missing" },
    { "/986", "vendors=f1 interests=f986", DENIED, "vendor 986 missing" },
    { "/986", "vendors=r1 interests=r1-2000", DENIED, "vendor 986 missing" },
    { "/986", "vendors=f1 d:r1-2000", DENIED, "vendor 986 missing" },
    { "/986", "vendors=f1 a:f986", DENIED, "vendor 986 missing" },
    { "/986", "vendors=f986 purposes=1.3.7", DENIED, "purpose 4 missing" },

    /* disclosed vendors, where there are any */
    { "/986", "vendors=f986 d:f986", GRANTED, "purposes 1,3,4,7, vendor 986" },
    { "/986", "vendors=f986 p: a:f1 d:r1.900-999", GRANTED,
      "purposes 1,3,4,7, vendor 986" },
    { "/986", "vendors=f986 d:f985", UNDECIDED, "vendor 986 not disclosed" },
    { "/986", "vendors=f986 d:r1-985", UNDECIDED, "vendor 986 not disclosed" },
    { "/986", "vendors=f986 d:f", UNDECIDED, "vendor 986 not disclosed" },
    { "", "d:f", GRANTED, "purposes 1,3,4,7" },

    /* publisher restrictions, as far as they bar this vendor */
    { "/986", "vendors=f986 restrict=4:0:986", DENIED,
      "purpose 4 restricted" },
    { "/986", "vendors=f986 restrict=9:0:1-2000;7:0:1.900-1000", DENIED,
      "purpose 7 restricted" },
    { "/986", "vendors=f986 restrict=4:0:1-985.987-1000", GRANTED,
      "purposes 1,3,4,7, vendor 986" },
    { "/986", "vendors=f986 restrict=2:0:986;9:0:986", GRANTED,
      "purposes 1,3,4,7, vendor 986" },
    { "/986", "vendors=f986 restrict=4:1:986;7:2:986;1:3:986", GRANTED,
      "purposes 1,3,4,7, vendor 986" },
    { "/986", "vendors=f986 restrict=0:0:986;25:0:986;63:0:986", GRANTED,
      "purposes 1,3,4,7, vendor 986" },
    { "/986", "vendors=f986 restrict=4:0:", GRANTED,
      "purposes 1,3,4,7, vendor 986" },
    { "", "vendors=f986 restrict=4:0:986", GRANTED, "purposes 1,3,4,7" },

    /* further segments, in any order */
    { "", "p:", GRANTED, "purposes 1,3,4,7" },
    { "", "p:5", GRANTED, "purposes 1,3,4,7" },
    { "", "p:63", GRANTED, "purposes 1,3,4,7" },
    { "", "a:r1-5 p:1 d:f5", GRANTED, "purposes 1,3,4,7" },
    { "", "x:4 x:5 x:7", GRANTED, "purposes 1,3,4,7" },

    /* damaged */
    { "", "language=58", UNDECIDED, "not readable" },
    { "", "country=58", UNDECIDED, "not readable" },
    { "", "x:0", UNDECIDED, "not readable" },
    { "", "p: p:", UNDECIDED, "not readable" },
    { "", "d:f1 d:f1", UNDECIDED, "not readable" },
    { "", "x:6 x:6", UNDECIDED, "not readable" },
    { "", "vendors=r5-4", UNDECIDED, "not readable" },
    { "", "vendors=r0", UNDECIDED, "not readable" },
    { "", "vendors=r0-4", UNDECIDED, "not readable" },
    { "", "vendors=R1-10", UNDECIDED, "not readable" },
    { "", "interests=R1-10", UNDECIDED, "not readable" },
    { "", "d:R1-10", UNDECIDED, "not readable" },
    { "", "d:r9-1", UNDECIDED, "not readable" },
    { "", "a:r9-1", UNDECIDED, "not readable" },
    { "", "restrict=4:1:7-3", UNDECIDED, "not readable" },

    { NULL, NULL, 0, NULL }
};


/* as they were found, or as the specification has them */

static unit_tcf_test_t  unit_tcf_strings[] = {

    { "1", "CQSbk4AQSbk4ANwAAAENAwCgAAAAAAAAAAYgACPAAAAA.IDKQA4AAgAKAGQAygAAA",
      UNDECIDED, "policy version below 4" },
    { "1", "CQSbk4AQSbk4ANwAAAENAwCgAAAAAAAAAAYgACPAAAAA"
           ".IDKQA4AAgAKAGQAygAAA.YAAAAAAAAAAA",
      UNDECIDED, "policy version below 4" },

    { "", "", UNDECIDED, "not readable" },
    { "", ".", UNDECIDED, "not readable" },
    { "", "C", UNDECIDED, "not readable" },
    { "", "A", UNDECIDED, "not version 2" },
    { "", "granted", UNDECIDED, "not version 2" },
    { "", "BOEFEAyOEFEAyAHABDENAI4AAAB9vABAASA", UNDECIDED, "not version 2" },
    { "", "CQSbk4AQSbk4ANwAAAENAwCgAAAAAAAAAAYgACPAAAAA=", UNDECIDED,
      "not readable" },
    { "", "CQSbk4AQSbk4ANwAAAENAwCgAAAAAAAAAAYgACPAAAAA.", UNDECIDED,
      "not readable" },
    { "", ".CQSbk4AQSbk4ANwAAAENAwCgAAAAAAAAAAYgACPAAAAA", UNDECIDED,
      "not readable" },
    { "", "CQSbk4AQSbk4ANwAAAENAwCgAAAAAAAAAAYgACPAAAAA..YAAAAAAAAAAA",
      UNDECIDED, "not readable" },
    { "", "CQSbk4AQSbk4ANwAAAENAwCgAAAAAAAAAAYgACPAAAAA.YAAAAAAAA",
      UNDECIDED, "not readable" },
    { "", "CQSbk4AQSbk4ANwAAAENAwCgAAAAAAAAAAYgACPAAAAA.\xc3\xbc",
      UNDECIDED, "not readable" },

    { NULL, NULL, 0, NULL }
};


static void unit_tcf_rules(ngx_conf_t *cf);
static void unit_tcf_table(ngx_conf_t *cf);
static void unit_tcf_cuts(ngx_conf_t *cf);
static void unit_tcf_bits(void);
static void unit_tcf_verdict(ngx_conf_t *cf, unit_tcf_test_t *test,
    ngx_str_t *text);
static ngx_int_t unit_tcf_rule(ngx_conf_t *cf, char *text,
    ngx_tiktok_tcf_t *tcf);

static ngx_str_t unit_tcf_write(u_char *text, char *recipe);
static void unit_tcf_write_purposes(unit_writer_t *w, char *list);
static void unit_tcf_write_vendors(unit_writer_t *w, char *list);
static void unit_tcf_write_ranges(unit_writer_t *w, char *list);
static void unit_tcf_write_restrictions(unit_writer_t *w, char *list);
static void unit_tcf_write_segment(unit_writer_t *w, char *word);
static char *unit_tcf_word(char *recipe, const char *name, char *standard);
static void unit_write(unit_writer_t *w, uint64_t value, ngx_uint_t n);
static u_char *unit_write_text(unit_writer_t *w, u_char *p);


void
unit_tcf(ngx_conf_t *cf)
{
    unit_tcf_bits();
    unit_tcf_rules(cf);
    unit_tcf_table(cf);
    unit_tcf_cuts(cf);
}


static void
unit_tcf_bits(void)
{
    ngx_int_t          rc;
    ngx_str_t          text, part;
    ngx_uint_t         i;
    ngx_tiktok_bits_t  bits;

    static char  letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                             "abcdefghijklmnopqrstuvwxyz0123456789-_";

    static uint32_t  numbers[] = { 1, 2, 3, 4, 5, 6, 7, 12, 27 };

    ngx_str_set(&text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                       "abcdefghijklmnopqrstuvwxyz0123456789-_");

    rc = ngx_tiktok_bits_init(&bits, &text);
    unit_ok(rc == NGX_OK, "bits: the alphabet");

    for (i = 0; i < 64; i++) {
        if (ngx_tiktok_bits_read(&bits, 6) != i) {
            break;
        }
    }

    unit_ok(i == 64 && !bits.failed, "bits: values of letters");

    for (i = 0; i < 256; i++) {
        u_char  one[8];

        /* at each place of a group of four, and behind the last */

        ngx_memset(one, 'A', sizeof(one));
        one[i % 7] = (u_char) i;

        text.data = one;
        text.len = 7;

        rc = ngx_tiktok_bits_init(&bits, &text);

        if ((rc == NGX_OK)
            != (i != 0 && ngx_strchr(letters, (int) i) != NULL))
        {
            break;
        }
    }

    unit_ok(i == 256, "bits: no other byte");

    ngx_str_set(&text, "_-A");
    (void) ngx_tiktok_bits_init(&bits, &text);

    unit_ok(ngx_tiktok_bits_read(&bits, 1) == 1
            && ngx_tiktok_bits_read(&bits, 11) == 0x7fe
            && ngx_tiktok_bits_done(&bits),
            "bits: across letters, and padding");

    bits.pos = 3;
    unit_ok(!ngx_tiktok_bits_done(&bits), "bits: that is no padding");

    bits.pos = 0;
    unit_ok(ngx_tiktok_bits_read(&bits, 18) == 0x3ff80
            && ngx_tiktok_bits_read(&bits, 1) == 0 && bits.failed
            && !ngx_tiktok_bits_done(&bits),
            "bits: not beyond the end");

    (void) ngx_tiktok_bits_init(&bits, &text);
    ngx_tiktok_bits_skip(&bits, 18);
    unit_ok(!bits.failed, "bits: skip to the end");
    ngx_tiktok_bits_skip(&bits, 1);
    unit_ok(bits.failed, "bits: and not beyond");

    ngx_str_set(&text, "2djmuuT");
    (void) ngx_tiktok_bits_init(&bits, &text);

    for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        if (ngx_tiktok_bits_fibonacci(&bits) != numbers[i]) {
            break;
        }
    }

    unit_ok(i == sizeof(numbers) / sizeof(numbers[0])
            && ngx_tiktok_bits_done(&bits), "bits: Fibonacci coding");

    ngx_str_set(&text, "AAAAAAAAAA");
    (void) ngx_tiktok_bits_init(&bits, &text);
    unit_ok(ngx_tiktok_bits_fibonacci(&bits) == 0 && bits.failed,
            "bits: Fibonacci coding without an end");

    ngx_str_set(&text, "a..b.");
    ngx_tiktok_bits_part(&text, '.', &part);
    unit_is(part.data, part.len, "a", "bits: first part");
    ngx_tiktok_bits_part(&text, '.', &part);
    unit_is(part.data, part.len, "", "bits: empty part");
    ngx_tiktok_bits_part(&text, '.', &part);
    unit_is(part.data, part.len, "b", "bits: third part");
    unit_ok(text.data != NULL, "bits: there is one more");
    ngx_tiktok_bits_part(&text, '.', &part);
    unit_is(part.data, part.len, "", "bits: which is empty");
    unit_ok(text.data == NULL, "bits: and the last");
}


static void
unit_tcf_rules(ngx_conf_t *cf)
{
    char              **p;
    ngx_tiktok_tcf_t    tcf;

    static char  *bad[] = {
        "0", "25", "1,", ",1", "1,,3", "1;3", "1 3", "-1", "1,0", "x", "1x",
        "99999999999999999999", "/0", "/65536", "/-1", "/9x", "/x", "/1,2",
        "/99999999999999999999", NULL
    };

    for (p = bad; *p; p++) {
        unit_ok(unit_tcf_rule(cf, *p, &tcf) == NGX_DECLINED,
                "rule: \"%s\" is none", *p);
    }

    unit_ok(unit_tcf_rule(cf, "4,1,4,24,02", &tcf) == NGX_OK,
            "rule: any order");
    unit_is(tcf.granted.data, tcf.granted.len, "purposes 1,2,4,24",
            "rule: is put in order");

    unit_ok(unit_tcf_rule(cf, "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,"
                              "19,20,21,22,23,24/65535", &tcf)
            == NGX_OK, "rule: everything");
    unit_is(tcf.granted.data, tcf.granted.len,
            "purposes 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,"
            "19,20,21,22,23,24, vendor 65535", "rule: the longest text");
}


static void
unit_tcf_table(ngx_conf_t *cf)
{
    ngx_str_t         text;
    unit_tcf_test_t  *test;
    u_char            buf[SIZE];

    for (test = unit_tcf_tests; test->rule; test++) {
        text = unit_tcf_write(buf, test->recipe);
        unit_tcf_verdict(cf, test, &text);
    }

    for (test = unit_tcf_strings; test->rule; test++) {
        text.data = (u_char *) test->recipe;
        text.len = ngx_strlen(test->recipe);
        unit_tcf_verdict(cf, test, &text);
    }
}


static void
unit_tcf_verdict(ngx_conf_t *cf, unit_tcf_test_t *test, ngx_str_t *text)
{
    u_char                *p;
    ngx_str_t              detail;
    ngx_tiktok_tcf_t       tcf;
    ngx_tiktok_verdict_e   verdict;
    u_char                 got[256], expected[256];

    if (unit_tcf_rule(cf, test->rule, &tcf) != NGX_OK) {
        unit_ok(0, "\"%s\" is no rule", test->rule);
        return;
    }

    ngx_str_null(&detail);

    verdict = ngx_tiktok_tcf_check(text, &tcf, NOW, &detail);

    p = ngx_snprintf(got, sizeof(got), "%V: %V",
                     ngx_tiktok_verdict_name(verdict), &detail);

    ngx_snprintf(expected, sizeof(expected), "%V: %s%Z",
                 ngx_tiktok_verdict_name(test->verdict), test->detail);

    unit_is(got, p - got, (char *) expected, "%s (%s): %s", test->recipe,
            test->rule, expected);
}


/* a string of which anything is missing, or is changed, grants nothing */

static void
unit_tcf_cuts(ngx_conf_t *cf)
{
    char              *whole;
    size_t             n, dots;
    u_char            *data, saved;
    ngx_str_t          text, cut, detail;
    ngx_uint_t         granted, refused;
    ngx_tiktok_tcf_t   tcf;
    u_char             buf[SIZE];

    whole = "vendors=f1-3.986 interests=r1.4-8 restrict=2:1:4-9.11 d:r1-990 "
            "p:9";

    if (unit_tcf_rule(cf, "/986", &tcf) != NGX_OK) {
        unit_ok(0, "cuts: no rule");
        return;
    }

    text = unit_tcf_write(buf, whole);

    granted = 0;
    dots = 0;

    for (n = 0; n < text.len; n++) {

        if (text.data[n] == '.') {
            /* without further segments it is another whole string */
            dots++;
            continue;
        }

        /* so that a sanitizer sees what is read beyond the end */

        data = ngx_alloc(n ? n : 1, cf->log);
        if (data == NULL) {
            unit_ok(0, "cuts: no memory");
            return;
        }

        ngx_memcpy(data, text.data, n);

        cut.data = data;
        cut.len = n;

        if (ngx_tiktok_tcf_check(&cut, &tcf, NOW, &detail)
            == NGX_TIKTOK_GRANTED)
        {
            granted++;
        }

        ngx_free(data);
    }

    /* the last letters of a segment may be padding */

    unit_ok(dots == 2, "cuts: three segments");
    unit_ok(granted <= 3 * 3, "cuts: %d of %d are granted", (int) granted,
            (int) text.len);

    refused = 0;

    for (n = 0; n < text.len; n++) {
        saved = text.data[n];

        text.data[n] = (u_char) "!+/= ~%\0\377"[n % 9];

        if (ngx_tiktok_tcf_check(&text, &tcf, NOW, &detail)
            != NGX_TIKTOK_UNDECIDED)
        {
            unit_ok(0, "cuts: a bad byte at %d", (int) n);
        }

        text.data[n] = saved;
        refused++;
    }

    unit_ok(refused == text.len, "cuts: no bad byte is overlooked");

    unit_ok(ngx_tiktok_tcf_check(&text, &tcf, NOW, &detail)
            == NGX_TIKTOK_GRANTED, "cuts: the whole is granted");
}


/* "purposes/vendor", both may be empty */

static ngx_int_t
unit_tcf_rule(ngx_conf_t *cf, char *text, ngx_tiktok_tcf_t *tcf)
{
    char       *slash;
    ngx_str_t   purposes, vendor;

    ngx_memzero(tcf, sizeof(ngx_tiktok_tcf_t));

    slash = strchr(text, '/');

    purposes.data = (u_char *) text;
    purposes.len = slash ? (size_t) (slash - text) : ngx_strlen(text);

    if (purposes.len
        && ngx_tiktok_tcf_set_purposes(tcf, &purposes) != NGX_OK)
    {
        return NGX_DECLINED;
    }

    if (slash) {
        vendor.data = (u_char *) slash + 1;
        vendor.len = ngx_strlen(vendor.data);

        if (ngx_tiktok_tcf_set_vendor(tcf, &vendor) != NGX_OK) {
            return NGX_DECLINED;
        }
    }

    return ngx_tiktok_tcf_init(cf->pool, tcf);
}


static ngx_str_t
unit_tcf_write(u_char *text, char *recipe)
{
    char           *word;
    u_char         *p;
    uint64_t        created;
    ngx_str_t       result;
    unit_writer_t   w;
    u_char          bits[SIZE];

    ngx_memzero(&w, sizeof(unit_writer_t));
    w.start = bits;

    created = NOW - (int64_t) atoi(unit_tcf_word(recipe, "age=", "10")) * DAY;
    created *= 10;

    unit_write(&w, atoi(unit_tcf_word(recipe, "version=", "2")), 6);
    unit_write(&w, created, 36);
    unit_write(&w, created, 36);
    unit_write(&w, 880, 12);                /* CMP */
    unit_write(&w, 7, 12);
    unit_write(&w, 1, 6);                   /* screen */
    unit_write(&w, atoi(unit_tcf_word(recipe, "language=", "4")), 6);
    unit_write(&w, 13, 6);                  /* EN */
    unit_write(&w, 48, 12);                 /* vendor list */
    unit_write(&w, atoi(unit_tcf_word(recipe, "policy=", "4")), 6);
    unit_write(&w, atoi(unit_tcf_word(recipe, "specific=", "1")), 1);
    unit_write(&w, 1, 1);                   /* non-standard texts */
    unit_write(&w, 0xa5a, 12);              /* special features */
    unit_tcf_write_purposes(&w, unit_tcf_word(recipe, "purposes=",
                                              "1.3.4.7"));
    unit_tcf_write_purposes(&w, unit_tcf_word(recipe, "legitimate=", "7"));
    unit_write(&w, atoi(unit_tcf_word(recipe, "untold=", "0")), 1);
    unit_write(&w, 3, 6);
    unit_write(&w, atoi(unit_tcf_word(recipe, "country=", "4")), 6);
    unit_tcf_write_vendors(&w, unit_tcf_word(recipe, "vendors=", "f"));
    unit_tcf_write_vendors(&w, unit_tcf_word(recipe, "interests=", "f"));
    unit_tcf_write_restrictions(&w, unit_tcf_word(recipe, "restrict=", ""));

    p = unit_write_text(&w, text);

    for (word = recipe; word; word = strchr(word, ' ')) {
        word += (*word == ' ');

        if (*word && word[1] == ':') {
            w.bits = 0;
            unit_tcf_write_segment(&w, word);

            *p++ = '.';
            p = unit_write_text(&w, p);
        }
    }

    result.data = text;
    result.len = p - text;

    return result;
}


static void
unit_tcf_write_segment(unit_writer_t *w, char *word)
{
    ngx_uint_t  n;

    switch (*word) {

    case 'd':
        unit_write(w, 1, 3);
        unit_tcf_write_vendors(w, word + 2);
        break;

    case 'a':
        unit_write(w, 2, 3);
        unit_tcf_write_vendors(w, word + 2);
        break;

    case 'p':
        n = atoi(word + 2);

        unit_write(w, 3, 3);
        unit_write(w, 0xffffff, 24);
        unit_write(w, 0, 24);
        unit_write(w, n, 6);

        while (n--) {
            unit_write(w, 3, 2);
        }

        break;

    default: /* of another type */
        unit_write(w, atoi(word + 2), 3);
        unit_write(w, 0x5a5a5a, 24);
    }
}


static void
unit_tcf_write_purposes(unit_writer_t *w, char *list)
{
    uint32_t  purposes;

    purposes = 0;

    while (*list >= '0' && *list <= '9') {
        purposes |= 1 << (24 - strtoul(list, &list, 10));
        list += (*list == '.');
    }

    unit_write(w, purposes, 24);
}


/* 'R' claims a lower maximum than there is */

static void
unit_tcf_write_vendors(unit_writer_t *w, char *list)
{
    char        *p, form;
    ngx_uint_t   i, start, end, max;

    form = *list++;
    max = 0;

    for (p = list; *p >= '0' && *p <= '9'; /* void */ ) {
        start = strtoul(p, &p, 10);
        end = (*p == '-') ? strtoul(p + 1, &p, 10) : start;

        max = ngx_max(max, ngx_max(start, end));
        p += (*p == '.');
    }

    unit_write(w, form == 'R' ? max - 1 : max, 16);
    unit_write(w, form != 'f', 1);

    if (form != 'f') {
        unit_tcf_write_ranges(w, list);
        return;
    }

    for (i = 1, p = list; i <= max; /* void */ ) {
        start = strtoul(p, &p, 10);
        end = (*p == '-') ? strtoul(p + 1, &p, 10) : start;
        p += (*p == '.');

        for ( /* void */ ; i < start; i++) {
            unit_write(w, 0, 1);
        }

        for ( /* void */ ; i <= end; i++) {
            unit_write(w, 1, 1);
        }
    }
}


static void
unit_tcf_write_ranges(unit_writer_t *w, char *list)
{
    char        *p;
    ngx_uint_t   n, start, end, range;

    for (n = 0, p = list; *p >= '0' && *p <= '9'; n++) {
        p += strspn(p, "0123456789-");
        p += (*p == '.');
    }

    unit_write(w, n, 12);

    for (p = list; n; n--) {
        start = strtoul(p, &p, 10);
        range = (*p == '-');
        end = range ? strtoul(p + 1, &p, 10) : start;
        p += (*p == '.');

        unit_write(w, range, 1);
        unit_write(w, start, 16);

        if (range) {
            unit_write(w, end, 16);
        }
    }
}


/* "purpose:type:vendors;..." */

static void
unit_tcf_write_restrictions(unit_writer_t *w, char *list)
{
    char        *p;
    ngx_uint_t   n;

    for (n = 0, p = list; *p >= '0' && *p <= '9'; n++) {
        p += strspn(p, "0123456789-.:");
        p += (*p == ';');
    }

    unit_write(w, n, 12);

    for (p = list; n; n--) {
        unit_write(w, strtoul(p, &p, 10), 6);
        unit_write(w, strtoul(p + 1, &p, 10), 2);
        unit_tcf_write_ranges(w, ++p);
        p += strspn(p, "0123456789-.");
        p += (*p == ';');
    }
}


/* what follows a name in the recipe */

static char *
unit_tcf_word(char *recipe, const char *name, char *standard)
{
    char  *p;

    p = strstr(recipe, name);

    return p ? p + ngx_strlen(name) : standard;
}


static void
unit_write(unit_writer_t *w, uint64_t value, ngx_uint_t n)
{
    while (n--) {
        w->start[w->bits++] = value >> n & 1;
    }
}


static u_char *
unit_write_text(unit_writer_t *w, u_char *p)
{
    size_t      i;
    ngx_uint_t  n, value;

    static char  letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                             "abcdefghijklmnopqrstuvwxyz0123456789-_";

    for (i = 0; i < w->bits; i += 6) {
        value = 0;

        for (n = i; n < i + 6; n++) {
            value = value << 1 | (n < w->bits ? w->start[n] : 0);
        }

        *p++ = letters[value];
    }

    return p;
}
