
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * Where a page's head ends.  Each page is given in one piece, byte by byte,
 * and in two pieces cut at every place.
 */


#include "unit.h"
#include "ngx_tiktok_html.h"

#include <stdio.h>


#define TAG   "@"
#define SIZE  4096


/* "@" stands where the head ends; without one it is no page, or has no end */

static char  *unit_html_pages[] = {

    /* pages as they should be */
    "<!doctype html><html><head><title>a</title>@</head><body>b</body></html>",
    "<!DOCTYPE HTML>\n<HTML>\n<HEAD>\n<TITLE>a</TITLE>\n@</HEAD>\n<BODY>b",
    "<html><head>@</head>",
    "<html><head>@</head ><body></head>",
    "<html><head>@</head\n>",
    "<html><head>@</head/>",
    "<html><head>@</head a=\">\">",
    "<html lang=de><head profile=x>@</head>",
    "\n\t \r\f<html><head>@</head>",
    "\xef\xbb\xbf<!doctype html><head>@</head>",
    "\xef\xbb\xbf\xef\xbb\xbf<!doctype html><head>@</head>",
    "<?xml version=\"1.0\"?><!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0 "
        "Strict//EN\" \"http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd\">"
        "<html><head><meta name=\"a\" />@</head>",

    /* without "</head>", or without "<head>" */
    "<html><head><title>a</title>@<body>b",
    "<html>@<body>",
    "<html>@<body class=\"</head>\">",
    "@<body>",
    "<html>@<frameset>",
    "<!doctype html><title>a</title>@<p>b",
    "<!doctype html><title>a</title> \n@b",
    "<!doctype html>@<div>b</div>",
    "<!doctype html>@b",
    "<!doctype html>@<h1>b</h1>",
    "<!doctype html>@<a>b</a>",
    "<!doctype html><meta charset=utf-8>@<svg><title>b</title></svg>",
    "<head><link rel=x>@<header>b",
    "<head>@<heady>",
    "<head>@<headline>",
    "<head><link>@<linker>",
    "<head><script></script>@<scripts>",
    "<html>@</html>",
    "<html>@</body>",
    "<html>@</br>",
    "@</head>",
    "<!doctype html><link><base><basefont><bgsound><meta>@<p>",
    "<!doctype html>@<noembed>b</noembed>",
    "<!doctype html>@<br>",
    "<html>@< b",
    "<html>@<1",
    "<html>@&amp;",
    "<html>@\xc3\xa4",

    /* the end is the end of the page */
    "<!doctype html>@",
    "<!doctype html><title>a</title>@",
    "<!doctype html><script src=a></script>\n@",
    "<html><head>@",

    /* end tags that a head does not care for */
    "<head></title></p></div></meta></header></heads></he>@</head>",
    "<head></>@</head>",
    "<head></ head>@</head>",
    "<head></1></!></averylongname a=\">\">@</head>",
    "<head></template>@</head>",

    /* comments, and what is treated as such */
    "<!-- </head> --><html><head><!-- </head> <body> -->@</head>",
    "<!-- a --> <!-- b --><html>@<body>",
    "<head><!---->@</head>",
    "<head><!-->@</head>-->",
    "<head><!--->@</head>-->",
    "<head><!--a--!>@</head>-->",
    "<head><!--a--!-- </head>-->@</head>",
    "<head><!--!></head>-->@</head>",
    "<head><!---!></head>-->@</head>",
    "<head><!--a--x</head>-- ></head>->-->@</head>",
    "<head><!--a---->@</head>",
    "<head><!--a-></head>-->@</head>",
    "<head><!--<!--</head>-->@</head>-->",
    "<head><!-a>@</head>",
    "<head><!>@</head>",
    "<head><!a</head>@</head>",
    "<head><?a</head>@</head>",
    "<head><![CDATA[</head>@]]></head>",
    "<!--[if IE]><html class=ie><![endif]--><!--[if !IE]><!--><html>"
        "<!--<![endif]--><head>@</head>",
    "<![if !IE]><html><![endif]><head>@</head>",

    /* scripts and the like */
    "<head><script>a('</head>'); if (a<b) {}</script>@</head>",
    "<head><SCRIPT>'</head>'</SCRIPT>@</head>",
    "<head><script>'</scripts></scrip></head>'</script >@</head>",
    "<head><script>'</head>'</script\n></script>@</head>",
    "<head><script>'</head>'</script/>@</head>",
    "<head><script src=a></script><script>'<'</script>@</head>",
    "<head><script/></head></script>@</head>",
    "<head><script><!--\n</head>\n--></script>@</head>",
    "<head><script><!--\n'<script></script></head>'\n--></script>@</head>",
    "<head><script><!--\n'<script></script></head>'\n</script>@</head>",
    "<head><script><!--<script>--></script>@</head>",
    "<head><script><!--><script></script>@</head>",
    "<head><script><!-- - <script ></script\t></head></script>@</head>",
    "<head><script><!--<scripts></script>@</head>",
    "<head><script><!--<script/</script/<script </script </script>@</head>",
    "<head><script><!--<script>-- ></script></head></script>@</head>",
    "<head><script><!-<script></script>@</head>",
    "<head><script>'<!'<script></script>@</head>",
    "<head><style>a > b::after { content: '</head>' }</style>@</head>",
    "<head><style><!-- </head> <style> --></style>@</head>",
    "<head><title></head><body></title>@</head>",
    "<head><title><!-- </title>@</head>",
    "<head><noscript><img src=a></head></noscript>@</head>",
    "<head><noframes></head></noframes>@</head>",
    "<head><template><p></head><body>a</template>@</head>",
    "<head><template><template></template></head></template>@</head>",
    "<head><template><textarea></template></textarea></template>@</head>",
    "<head><template><script>'</template>'</script> < a</template>@</head>",
    "<head><template><<<<<<<<<<<<</template>@</head>",
    "<head><template><iframe></template></iframe></template>@</head>",

    /* attributes */
    "<head><meta content=\"</head><body>\">@</head>",
    "<head><meta content='</head>\"<body>'>@</head>",
    "<head><meta content = \n'>'>@</head>",
    "<head><meta content=a\"b>@</head>",
    "<head><meta content=a/>@</head>",
    "<head><meta content=>@</head>",
    "<head><meta \"a>@</head>",
    "<head><meta =\"a>@</head>",
    "<head><meta a=\"b\"c=\">\">@</head>",
    "<head><meta a=\"b\"=\">@</head>",
    "<head><meta a/=\">@</head>",
    "<head><meta a / b=\">\" / >@</head>",
    "<head><meta a =\">\">@</head>",
    "<head><meta/a=\">\"/>@</head>",
    "<head>@<meta<head></head>",
    "<html a=\"<body>\">@<body>",
    "<head><link a=</head>@</head>",

    /* no pages, but parts of one, or something else */
    "",
    " \n",
    "<div>a</div>",
    "<p>a</p><html><head></head>",
    "a<html><head></head>",
    "<title>a</title><div>b</div>",
    "<meta charset=utf-8>",
    "<script>a</script>",
    "<!-- a --><div>b</div>",
    "{\"html\": \"<html><head></head>\"}",
    "[1]",
    "<",
    "< html><head></head>",
    "<tr><td>a</td></tr>",
    "<!doctypo html>",
    "<!do",
    "<!- doctype html>",

    /* pages whose head has no end */
    "<html><head><!-- </head> ->",
    "<html><head><title>a",
    "<html><head><script>a",
    "<html><head><template></head>",
    "<html><head><meta a=\"",
    "<html><head><",
    "<html><head></",
    "<html><head></head",
    "<html><head></hea",
    "<html><head><bod",
    "<html><head><!",
    "<html",

    /* ISO-2022-JP, in which a quote is half of a character */
    "<html><head><meta a=\"\x1b$B$\"$>\x1b(B\"></head>",

    NULL
};


/* UTF-16 has no ASCII in it */

static ngx_str_t  unit_html_wide[] = {
    ngx_string("<\0h\0t\0m\0l\0>\0<\0/\0h\0e\0a\0d\0>\0"),
    ngx_string("\0<\0h\0t\0m\0l\0>\0<\0/\0h\0e\0a\0d\0>"),
    ngx_string("\xff\xfe<\0h\0t\0m\0l\0>\0"),
    ngx_string("\xfe\xff\0<\0h\0t\0m\0l\0>"),
    ngx_string("\xff\xfe\0\0<\0\0\0h\0\0\0"),
    ngx_null_string
};


typedef struct {
    ngx_tiktok_html_t   html;
    u_char              held[NGX_TIKTOK_HTML_HELD];
    size_t              nheld;
    u_char              out[SIZE];
    u_char             *last;
    ngx_uint_t          done;
    ngx_uint_t          overrun;        /* more was to be held than said */
} unit_html_t;


static void unit_html_check(ngx_str_t *page, char *expected, char *name);
static void unit_html_start(unit_html_t *u);
static void unit_html_piece(unit_html_t *u, u_char *p, size_t len);
static void unit_html_end(unit_html_t *u);
static void unit_html_mutations(void);
static ngx_uint_t unit_html_random(ngx_uint_t n);


void
unit_html(ngx_conf_t *cf)
{
    char        **page, *p;
    u_char        text[SIZE];
    ngx_str_t     s, *wide;

    for (page = unit_html_pages; *page; page++) {
        s.data = text;
        s.len = 0;

        for (p = *page; *p; p++) {
            if (*p != TAG[0]) {
                text[s.len++] = *p;
            }
        }

        unit_html_check(&s, *page, *page);
    }

    for (wide = unit_html_wide; wide->len; wide++) {
        unit_html_check(wide, NULL, "UTF-16");
    }

    unit_html_mutations();
}


static void
unit_html_check(ngx_str_t *page, char *expected, char *name)
{
    size_t       i, n;
    u_char      *want;
    ngx_uint_t   bad;
    unit_html_t  u;

    want = expected ? (u_char *) expected : page->data;
    n = expected ? ngx_strlen(expected) : page->len;

    bad = 0;

    /* in two pieces; the first one is empty at first */

    for (i = 0; i <= page->len; i++) {
        unit_html_start(&u);
        unit_html_piece(&u, page->data, i);
        unit_html_piece(&u, page->data + i, page->len - i);
        unit_html_end(&u);

        if (u.last - u.out != (ssize_t) n || ngx_memcmp(u.out, want, n) != 0) {
            printf("#      cut at %d: %.*s\n", (int) i, (int) (u.last - u.out),
                   u.out);
            bad++;
        }

        bad += u.overrun;
    }

    unit_html_start(&u);

    for (i = 0; i < page->len; i++) {
        unit_html_piece(&u, page->data + i, 1);
    }

    unit_html_end(&u);

    if (u.last - u.out != (ssize_t) n || ngx_memcmp(u.out, want, n) != 0) {
        printf("#      byte by byte: %.*s\n", (int) (u.last - u.out), u.out);
        bad++;
    }

    bad += u.overrun;

    unit_ok(bad == 0, "%s", (name[0] && !ngx_strchr(name, '\n')) ? name
                                                                 : "a page");
}


static void
unit_html_start(unit_html_t *u)
{
    ngx_memzero(u, sizeof(unit_html_t));
    u->last = u->out;
}


/* what the filter does with buffers */

static void
unit_html_piece(unit_html_t *u, u_char *p, size_t len)
{
    u_char     *pos, *last;
    ngx_int_t   rc;

    last = p + len;

    if (!u->done) {
        rc = ngx_tiktok_html_head_end(&u->html, p, last, &pos);

        if (rc == NGX_OK && pos == p) {
            u->last = ngx_cpymem(u->last, TAG, 1);
        }

        if (rc != NGX_AGAIN || pos > p) {
            u->last = ngx_cpymem(u->last, u->held, u->nheld);
            u->nheld = 0;
        }

        if (rc == NGX_AGAIN) {
            u->last = ngx_cpymem(u->last, p, pos - p);

            if (u->nheld + (last - pos) > NGX_TIKTOK_HTML_HELD) {
                u->overrun = 1;
                pos = last;
            }

            ngx_memcpy(u->held + u->nheld, pos, last - pos);
            u->nheld += last - pos;
            return;
        }

        if (rc == NGX_OK && pos > p) {
            u->last = ngx_cpymem(u->last, p, pos - p);
            u->last = ngx_cpymem(u->last, TAG, 1);
            p = pos;
        }

        u->done = 1;
    }

    u->last = ngx_cpymem(u->last, p, last - p);
}


static void
unit_html_end(unit_html_t *u)
{
    u->last = ngx_cpymem(u->last, u->held, u->nheld);

    if (!u->done && ngx_tiktok_html_ends_here(&u->html)) {
        u->last = ngx_cpymem(u->last, TAG, 1);
    }
}


/* whatever comes, the page is the page, with one tag in it or none */

static void
unit_html_mutations(void)
{
    char        **page;
    size_t        len, i, n;
    u_char       *p, text[SIZE];
    ngx_uint_t    round, bad;
    unit_html_t   u;

    static char  bytes[] = "<>!-/\"'= \nahedscriptby\0\xff\xef@";

    bad = 0;

    for (round = 0; round < 300000; round++) {
        page = &unit_html_pages[unit_html_random(sizeof(unit_html_pages)
                                            / sizeof(char *) - 1)];
        len = ngx_strlen(*page);
        ngx_memcpy(text, *page, len);

        for (i = unit_html_random(4); i && len; i--) {
            p = text + unit_html_random(len);
            *p = bytes[unit_html_random(sizeof(bytes) - 1)];
        }

        unit_html_start(&u);

        for (i = 0; i < len; i += n) {
            n = 1 + unit_html_random(9);
            n = ngx_min(n, len - i);
            unit_html_piece(&u, text + i, n);
        }

        unit_html_end(&u);

        /* take the tag out: it is where the two begin to differ */

        for (p = u.out, i = 0; i < len && *p == text[i]; p++, i++) {
            /* void */
        }

        if (u.overrun
            || (size_t) (u.last - u.out) > len + 1
            || (size_t) (u.last - u.out) < len
            || (u.last - u.out == (ssize_t) len
                && ngx_memcmp(u.out, text, len) != 0)
            || (u.last - u.out == (ssize_t) len + 1
                && (*p != TAG[0] || ngx_memcmp(p + 1, text + i, len - i))))
        {
            printf("#      %.*s\n#      became %.*s\n", (int) len, text,
                   (int) (u.last - u.out), u.out);
            bad++;
        }
    }

    unit_ok(bad == 0, "nothing but the tag is added to 300000 pages");
}


/* the same at each run */

static ngx_uint_t
unit_html_random(ngx_uint_t n)
{
    static uint32_t  seed = 1;

    seed = seed * 1103515245 + 12345;

    return seed / 65536 % n;
}
