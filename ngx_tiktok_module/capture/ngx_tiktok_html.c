
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * Where the head of a page ends.  The states are those of the tokenizer that
 * the HTML standard describes, as far as they matter for that.
 */


#include "ngx_tiktok_html.h"


#define NGX_TIKTOK_HTML_HEAD      1         /* belongs into the head */
#define NGX_TIKTOK_HTML_PAGE      2         /* shows that this is a page */
#define NGX_TIKTOK_HTML_END       4         /* its end tag ends the head */
#define NGX_TIKTOK_HTML_RAW       8         /* has text inside, and no tags */
#define NGX_TIKTOK_HTML_SCRIPT    16
#define NGX_TIKTOK_HTML_TEMPLATE  32

#define NGX_TIKTOK_HTML_ESC  0x1b


#define ngx_tiktok_html_blank(c)                                              \
    ((c) == ' ' || (c) == '\t' || (c) == LF || (c) == CR || (c) == '\f')

#define ngx_tiktok_html_letter(c)  (((c) | 0x20) >= 'a' && ((c) | 0x20) <= 'z')

#define ngx_tiktok_html_delimiter(c)                                          \
    ((c) == '>' || (c) == '/' || ngx_tiktok_html_blank(c))


typedef enum {
    sw_text = 0,
    sw_open,                                /* "<" */
    sw_close,                               /* "</" */
    sw_name,
    sw_name_rest,
    sw_before_attribute,
    sw_attribute,
    sw_after_attribute,
    sw_before_value,
    sw_value,
    sw_double_quoted,
    sw_single_quoted,
    sw_markup,                              /* "<!" */
    sw_markup_dash,                         /* "<!-" */
    sw_bogus,                               /* up to the next ">" */
    sw_comment_start,                       /* "<!--" */
    sw_comment_start_dash,                  /* "<!---" */
    sw_comment,
    sw_comment_dash,                        /* "-" */
    sw_comment_end,                         /* "--" */
    sw_comment_end_bang,                    /* "--!" */
    sw_raw,
    sw_raw_open,                            /* "<" */
    sw_raw_markup,                          /* "<!" */
    sw_raw_name
} ngx_tiktok_html_state_e;


typedef struct {
    ngx_str_t    name;
    ngx_uint_t   flags;
} ngx_tiktok_html_element_t;


static ngx_int_t ngx_tiktok_html_name(ngx_tiktok_html_t *html);
static ngx_tiktok_html_element_t *ngx_tiktok_html_element(u_char *name,
    size_t len);
static ngx_int_t ngx_tiktok_html_place(ngx_tiktok_html_t *html);
static u_char *ngx_tiktok_html_text(ngx_tiktok_html_t *html, u_char *p,
    u_char *last);
static u_char *ngx_tiktok_html_attributes(ngx_tiktok_html_t *html, u_char *p,
    u_char *last);
static u_char *ngx_tiktok_html_markup(ngx_tiktok_html_t *html, u_char *p);
static u_char *ngx_tiktok_html_comment(ngx_tiktok_html_t *html, u_char *p,
    u_char *last);
static u_char *ngx_tiktok_html_raw(ngx_tiktok_html_t *html, u_char *p,
    u_char *last);
static u_char *ngx_tiktok_html_raw_name(ngx_tiktok_html_t *html, u_char *p);
static u_char *ngx_tiktok_html_find(u_char *p, u_char *last, u_char ch);


/* any other element ends the head; the last are for what is in templates */

static ngx_tiktok_html_element_t  ngx_tiktok_html_elements[] = {
    { ngx_string("html"), NGX_TIKTOK_HTML_HEAD|NGX_TIKTOK_HTML_PAGE
                          |NGX_TIKTOK_HTML_END },
    { ngx_string("head"), NGX_TIKTOK_HTML_HEAD|NGX_TIKTOK_HTML_PAGE
                          |NGX_TIKTOK_HTML_END },
    { ngx_string("body"), NGX_TIKTOK_HTML_PAGE|NGX_TIKTOK_HTML_END },
    { ngx_string("br"), NGX_TIKTOK_HTML_END },
    { ngx_string("meta"), NGX_TIKTOK_HTML_HEAD },
    { ngx_string("link"), NGX_TIKTOK_HTML_HEAD },
    { ngx_string("base"), NGX_TIKTOK_HTML_HEAD },
    { ngx_string("basefont"), NGX_TIKTOK_HTML_HEAD },
    { ngx_string("bgsound"), NGX_TIKTOK_HTML_HEAD },
    { ngx_string("title"), NGX_TIKTOK_HTML_HEAD|NGX_TIKTOK_HTML_RAW },
    { ngx_string("style"), NGX_TIKTOK_HTML_HEAD|NGX_TIKTOK_HTML_RAW },
    { ngx_string("script"), NGX_TIKTOK_HTML_HEAD|NGX_TIKTOK_HTML_RAW
                            |NGX_TIKTOK_HTML_SCRIPT },
    { ngx_string("noscript"), NGX_TIKTOK_HTML_HEAD|NGX_TIKTOK_HTML_RAW },
    { ngx_string("noframes"), NGX_TIKTOK_HTML_HEAD|NGX_TIKTOK_HTML_RAW },
    { ngx_string("template"), NGX_TIKTOK_HTML_HEAD|NGX_TIKTOK_HTML_TEMPLATE },
    { ngx_string("textarea"), NGX_TIKTOK_HTML_RAW },
    { ngx_string("iframe"), NGX_TIKTOK_HTML_RAW },
    { ngx_string("noembed"), NGX_TIKTOK_HTML_RAW },
    { ngx_string("xmp"), NGX_TIKTOK_HTML_RAW },
    { ngx_null_string, 0 }
};


ngx_int_t
ngx_tiktok_html_head_end(ngx_tiktok_html_t *html, u_char *p, u_char *last,
    u_char **pos)
{
    u_char     *start;
    ngx_int_t   rc;

    /* in ISO-2022, what looks like a quote or a tag may be half a character */

    if (ngx_tiktok_html_find(p, last, NGX_TIKTOK_HTML_ESC) != last) {
        return NGX_DECLINED;
    }

    start = p;

    while (p < last) {

        switch (html->state) {

        case sw_text:

            p = ngx_tiktok_html_text(html, p, last);

            if (p == last) {
                break;
            }

            start = p;

            if (*p != '<') {
                goto place;
            }

            html->state = sw_open;
            p++;
            break;

        case sw_open:

            if (ngx_tiktok_html_letter(*p)) {
                html->end = 0;
                html->len = 0;
                html->state = sw_name;

            } else if (*p == '/') {
                html->state = sw_close;
                p++;

            } else if (*p == '!') {
                html->matched = 0;
                html->state = sw_markup;
                p++;

            } else if (*p == '?') {
                html->state = sw_bogus;
                p++;

            } else if (html->templates) {
                html->state = sw_text;

            } else {
                goto place;
            }

            break;

        case sw_close:

            if (ngx_tiktok_html_letter(*p)) {
                html->end = 1;
                html->len = 0;
                html->state = sw_name;

            } else {
                html->state = sw_bogus;
            }

            break;

        case sw_name:

            if (ngx_tiktok_html_delimiter(*p)) {
                html->state = sw_before_attribute;

            } else if (html->len < NGX_TIKTOK_HTML_NAME_LEN) {
                html->name[html->len++] = ngx_tolower(*p);
                p++;
                break;

            } else {
                /* longer than any that matters */
                html->len = 0;
                html->state = sw_name_rest;
            }

            rc = ngx_tiktok_html_name(html);

            if (rc != NGX_AGAIN) {
                *pos = start;
                return rc;
            }

            break;

        case sw_name_rest:

            if (ngx_tiktok_html_delimiter(*p)) {
                html->state = sw_before_attribute;

            } else {
                p++;
            }

            break;

        case sw_markup:
        case sw_markup_dash:

            p = ngx_tiktok_html_markup(html, p);
            break;

        case sw_bogus:

            p = ngx_tiktok_html_find(p, last, '>');

            if (p < last) {
                html->state = sw_text;
                p++;
            }

            break;

        case sw_raw:
        case sw_raw_open:
        case sw_raw_markup:
        case sw_raw_name:

            p = ngx_tiktok_html_raw(html, p, last);
            break;

        default:

            p = (html->state < sw_markup)
                                 ? ngx_tiktok_html_attributes(html, p, last)
                                 : ngx_tiktok_html_comment(html, p, last);
        }
    }

    *pos = last;

    if (html->templates == 0
        && (html->state == sw_open || html->state == sw_close
            || html->state == sw_name))
    {
        *pos = start;
    }

    return NGX_AGAIN;

place:

    *pos = start;

    return ngx_tiktok_html_place(html);
}


ngx_uint_t
ngx_tiktok_html_ends_here(ngx_tiktok_html_t *html)
{
    return html->document && html->templates == 0 && html->state == sw_text;
}


/* a tag's name is known: NGX_AGAIN if the head goes on */

static ngx_int_t
ngx_tiktok_html_name(ngx_tiktok_html_t *html)
{
    ngx_tiktok_html_element_t  *element;

    element = ngx_tiktok_html_element(html->name, html->len);

    if (html->templates == 0) {

        if (element->flags & NGX_TIKTOK_HTML_PAGE) {
            html->document = 1;
        }

        /* other end tags have no effect in a head */

        if (html->end ? (element->flags & NGX_TIKTOK_HTML_END)
                      : !(element->flags & NGX_TIKTOK_HTML_HEAD))
        {
            return ngx_tiktok_html_place(html);
        }
    }

    html->raw = 0;

    if (element->flags & NGX_TIKTOK_HTML_TEMPLATE) {

        if (!html->end) {
            html->templates++;

        } else if (html->templates) {
            html->templates--;
        }

    } else if ((element->flags & NGX_TIKTOK_HTML_RAW) && !html->end) {
        html->raw = element - ngx_tiktok_html_elements;
    }

    return NGX_AGAIN;
}


static ngx_tiktok_html_element_t *
ngx_tiktok_html_element(u_char *name, size_t len)
{
    ngx_tiktok_html_element_t  *element;

    for (element = ngx_tiktok_html_elements; element->name.len; element++) {
        if (element->name.len == len
            && ngx_memcmp(element->name.data, name, len) == 0)
        {
            break;
        }
    }

    return element;
}


static ngx_int_t
ngx_tiktok_html_place(ngx_tiktok_html_t *html)
{
    return html->document ? NGX_OK : NGX_DECLINED;
}


/* skips what may stand between the tags of a head */

static u_char *
ngx_tiktok_html_text(ngx_tiktok_html_t *html, u_char *p, u_char *last)
{
    if (html->templates) {
        return ngx_tiktok_html_find(p, last, '<');
    }

    while (p < last) {

        /* so may byte order marks, and some pages begin with several */

        if (!ngx_tiktok_html_blank(*p)
            && (html->document || (*p != 0xef && *p != 0xbb && *p != 0xbf)))
        {
            break;
        }

        p++;
    }

    return p;
}


/* up to the end of the tag, which a value may have in it */

static u_char *
ngx_tiktok_html_attributes(ngx_tiktok_html_t *html, u_char *p, u_char *last)
{
    u_char                   c;
    ngx_tiktok_html_state_e  state;

    state = html->state;

    while (p < last) {

        if (state == sw_double_quoted || state == sw_single_quoted) {
            p = ngx_tiktok_html_find(p, last,
                                     state == sw_double_quoted ? '"' : '\'');
            if (p == last) {
                break;
            }

            p++;
            state = sw_before_attribute;
            continue;
        }

        c = *p++;

        if (c == '>') {
            html->escaped = 0;
            html->matched = 0;
            state = html->raw ? sw_raw : sw_text;
            break;
        }

        switch (state) {

        case sw_before_attribute:

            if (c != '/' && !ngx_tiktok_html_blank(c)) {
                state = sw_attribute;
            }

            break;

        case sw_attribute:
        case sw_after_attribute:

            if (c == '=') {
                state = sw_before_value;

            } else if (c == '/') {
                state = sw_before_attribute;

            } else if (ngx_tiktok_html_blank(c)) {
                state = sw_after_attribute;

            } else {
                state = sw_attribute;
            }

            break;

        case sw_before_value:

            if (c == '"') {
                state = sw_double_quoted;

            } else if (c == '\'') {
                state = sw_single_quoted;

            } else if (!ngx_tiktok_html_blank(c)) {
                state = sw_value;
            }

            break;

        default: /* sw_value */

            if (ngx_tiktok_html_blank(c)) {
                state = sw_before_attribute;
            }
        }
    }

    html->state = state;

    return p;
}


/* "<!--" is a comment, and "<!doctype" what every page should begin with */

static u_char *
ngx_tiktok_html_markup(ngx_tiktok_html_t *html, u_char *p)
{
    static u_char  doctype[] = "doctype";

    if (html->state == sw_markup_dash) {

        if (*p == '-') {
            html->state = sw_comment_start;
            return p + 1;
        }

        html->state = sw_bogus;
        return p;
    }

    if (*p == '-' && html->matched == 0) {
        html->state = sw_markup_dash;
        return p + 1;
    }

    if (ngx_tolower(*p) == doctype[html->matched]) {

        if (++html->matched == sizeof(doctype) - 1) {
            html->document = 1;
            html->state = sw_bogus;
        }

        return p + 1;
    }

    html->state = sw_bogus;

    return p;
}


static u_char *
ngx_tiktok_html_comment(ngx_tiktok_html_t *html, u_char *p, u_char *last)
{
    u_char                   c;
    ngx_tiktok_html_state_e  dash;

    if (html->state == sw_comment) {
        p = ngx_tiktok_html_find(p, last, '-');

        if (p == last) {
            return p;
        }
    }

    c = *p++;

    switch (html->state) {

    case sw_comment_start:
        dash = sw_comment_start_dash;
        break;

    case sw_comment_start_dash:
    case sw_comment_dash:
    case sw_comment_end:
        dash = sw_comment_end;
        break;

    default: /* sw_comment, sw_comment_end_bang */
        dash = sw_comment_dash;
    }

    if (c == '-') {
        html->state = dash;

    } else if (c == '>' && html->state != sw_comment_dash) {
        html->state = sw_text;

    } else if (c == '!' && html->state == sw_comment_end) {
        html->state = sw_comment_end_bang;

    } else {
        html->state = sw_comment;
    }

    return p;
}


/* up to the element's end tag; a script may have "<!--" and more in it */

static u_char *
ngx_tiktok_html_raw(ngx_tiktok_html_t *html, u_char *p, u_char *last)
{
    switch (html->state) {

    case sw_raw:

        if (html->escaped == 0) {
            p = ngx_tiktok_html_find(p, last, '<');

            if (p == last) {
                return p;
            }
        }

        /* "matched" are dashes, which may be of "-->" */

        if (*p == '<') {
            html->state = sw_raw_open;

        } else if (*p == '>' && html->matched >= 2) {
            html->escaped = 0;
        }

        html->matched = (*p == '-') ? html->matched + 1 : 0;

        return p + 1;

    case sw_raw_open:

        html->len = 0;

        if (*p == '/') {
            html->end = 1;
            html->state = sw_raw_name;
            return p + 1;
        }

        if (html->escaped == 1 && ngx_tiktok_html_letter(*p)) {
            html->end = 0;
            html->state = sw_raw_name;
            return p;
        }

        if (*p == '!' && html->escaped == 0
            && (ngx_tiktok_html_elements[html->raw].flags
                & NGX_TIKTOK_HTML_SCRIPT))
        {
            html->state = sw_raw_markup;
            return p + 1;
        }

        html->state = sw_raw;
        return p;

    case sw_raw_markup:

        if (*p != '-') {
            html->matched = 0;
            html->state = sw_raw;
            return p;
        }

        if (++html->matched == 2) {
            html->escaped = 1;
            html->state = sw_raw;
        }

        return p + 1;

    default: /* sw_raw_name */
        return ngx_tiktok_html_raw_name(html, p);
    }
}


/*
 * The end tag, unless a "<script" before it in a comment of the script has
 * to be closed first.
 */

static u_char *
ngx_tiktok_html_raw_name(ngx_tiktok_html_t *html, u_char *p)
{
    ngx_str_t  *name;

    if (ngx_tiktok_html_letter(*p) && html->len < NGX_TIKTOK_HTML_NAME_LEN) {
        html->name[html->len++] = ngx_tolower(*p);
        return p + 1;
    }

    html->state = sw_raw;

    name = &ngx_tiktok_html_elements[html->raw].name;

    if (!ngx_tiktok_html_delimiter(*p)
        || html->len != name->len
        || ngx_memcmp(html->name, name->data, name->len) != 0)
    {
        return p;
    }

    if (!html->end) {
        html->escaped = 2;

    } else if (html->escaped == 2) {
        html->escaped = 1;

    } else {
        html->raw = 0;
        html->state = sw_before_attribute;
    }

    return p;
}


static u_char *
ngx_tiktok_html_find(u_char *p, u_char *last, u_char ch)
{
    u_char  *found;

    found = memchr(p, ch, last - p);

    return found ? found : last;
}
