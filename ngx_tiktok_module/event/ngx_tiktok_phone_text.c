
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * What people write when they are asked for a phone number.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_tiktok_phone.h"
#include "ngx_tiktok_utf8.h"


#define NGX_TIKTOK_PHONE_TEXT_LEN   250     /* bytes */
#define NGX_TIKTOK_PHONE_LABEL_LEN  12      /* more than any word has */
#define NGX_TIKTOK_PHONE_POUND      6       /* digits of "-123#" */

#define NGX_TIKTOK_PHONE_CONTEXT    ";phone-context="
#define NGX_TIKTOK_PHONE_ISUB       ";isub="


static ngx_int_t ngx_tiktok_phone_read_plain(ngx_tiktok_phone_text_t *phone,
    u_char *p, u_char *last);
static ngx_int_t ngx_tiktok_phone_read_context(ngx_tiktok_phone_text_t *phone,
    u_char *p, u_char *last);
static ngx_int_t ngx_tiktok_phone_read_number(ngx_tiktok_phone_text_t *phone,
    u_char *p, u_char *last);
static ngx_int_t ngx_tiktok_phone_read_digits(ngx_tiktok_phone_text_t *phone,
    u_char *p, u_char *last);
static ngx_uint_t ngx_tiktok_phone_extension(u_char *p, u_char *last);
static ngx_uint_t ngx_tiktok_phone_extension_mark(u_char **p, u_char *last);
static ngx_uint_t ngx_tiktok_phone_extension_word(u_char **p, u_char *last);
static u_char ngx_tiktok_phone_letter(uint32_t c);
static ngx_int_t ngx_tiktok_phone_digit(uint32_t c);
static ngx_uint_t ngx_tiktok_phone_plus(uint32_t c);
static ngx_uint_t ngx_tiktok_phone_separator(uint32_t c);


/* words before an extension, and how many digits it may have */

static struct {
    const char  *word;
    ngx_uint_t   digits;
} ngx_tiktok_phone_words[] = {
    { "ext", 20 },
    { "extn", 20 },
    { "extensio", 20 },
    { "extension", 20 },
    { "xt", 20 },
    { "xtn", 20 },
    { "anexo", 20 },
    { "dob", 20 },                          /* in Cyrillic */
    { "x", 9 },
    { "int", 9 },
    { NULL, 0 }
};


ngx_int_t
ngx_tiktok_phone_read(ngx_tiktok_phone_text_t *phone, ngx_str_t *text)
{
    u_char  *p, *last;

    phone->len = 0;
    phone->plus = 0;

    /* an e-mail address in the wrong field has digits, too */

    if (text->len > NGX_TIKTOK_PHONE_TEXT_LEN
        || memchr(text->data, '@', text->len))
    {
        return NGX_DECLINED;
    }

    last = text->data + text->len;

    if (ngx_tiktok_phone_read_plain(phone, text->data, last) == NGX_OK) {
        return NGX_OK;
    }

    if (memchr(text->data, ';', text->len) == NULL) {
        return ngx_tiktok_phone_read_number(phone, text->data, last);
    }

    /* parameters of a "tel:" link */

    p = ngx_strlcasestrn(text->data, last, (u_char *) NGX_TIKTOK_PHONE_ISUB,
                         sizeof(NGX_TIKTOK_PHONE_ISUB) - 2);
    if (p) {
        last = p;
    }

    p = ngx_strlcasestrn(text->data, last,
                         (u_char *) NGX_TIKTOK_PHONE_CONTEXT,
                         sizeof(NGX_TIKTOK_PHONE_CONTEXT) - 2);
    if (p) {
        if (ngx_tiktok_phone_read_context(phone,
                                          p + sizeof(NGX_TIKTOK_PHONE_CONTEXT)
                                          - 1, last)
            != NGX_OK)
        {
            return NGX_DECLINED;
        }

        last = p;
    }

    return ngx_tiktok_phone_read_number(phone, text->data, last);
}


/* what comes before the number, unless it is a domain */

static ngx_int_t
ngx_tiktok_phone_read_context(ngx_tiktok_phone_text_t *phone, u_char *p,
    u_char *last)
{
    u_char  *end;

    end = ngx_strlchr(p, last, ';');

    if (end == NULL) {
        end = last;
    }

    if (p == end) {
        return NGX_DECLINED;
    }

    if (*p != '+') {
        return NGX_OK;
    }

    return ngx_tiktok_phone_read_digits(phone, p, end);
}


/* most are just digits and a few marks */

static ngx_int_t
ngx_tiktok_phone_read_plain(ngx_tiktok_phone_text_t *phone, u_char *p,
    u_char *last)
{
    if (p < last && *p == '+') {
        phone->plus = 1;
        p++;
    }

    for ( /* void */ ; p < last; p++) {

        if (*p >= '0' && *p <= '9') {

            if (phone->len == NGX_TIKTOK_PHONE_DIGITS) {
                break;
            }

            phone->digits[phone->len++] = *p;
            continue;
        }

        if (*p != ' ' && *p != '-' && *p != '.' && *p != '/'
            && *p != '(' && *p != ')')
        {
            break;
        }
    }

    if (p == last && phone->len) {
        return NGX_OK;
    }

    phone->plus = 0;
    phone->len = 0;

    return NGX_DECLINED;
}


/* from the first plus or digit to the last digit: the rest are words */

static ngx_int_t
ngx_tiktok_phone_read_number(ngx_tiktok_phone_text_t *phone, u_char *p,
    u_char *last)
{
    u_char    *q, *start, *end;
    uint32_t   c;

    start = NULL;
    end = NULL;

    while (p < last) {
        q = p;
        c = ngx_tiktok_utf8_decode(&p, last);

        if (c == NGX_TIKTOK_UTF8_INVALID) {
            return NGX_DECLINED;
        }

        if (ngx_tiktok_phone_digit(c) != NGX_ERROR || c == '#') {
            end = p;

        } else if (!ngx_tiktok_phone_plus(c)) {
            continue;
        }

        if (start == NULL && c != '#') {
            start = q;
        }
    }

    if (start == NULL || end < start) {
        return NGX_DECLINED;
    }

    return ngx_tiktok_phone_read_digits(phone, start, end);
}


static ngx_int_t
ngx_tiktok_phone_read_digits(ngx_tiktok_phone_text_t *phone, u_char *p,
    u_char *last)
{
    size_t      mark;
    u_char     *start;
    uint32_t    c;
    ngx_int_t   digit;

    mark = 0;

    while (p < last) {
        start = p;
        c = ngx_tiktok_utf8_decode(&p, last);
        digit = ngx_tiktok_phone_digit(c);

        if (digit != NGX_ERROR) {

            if (phone->len == NGX_TIKTOK_PHONE_DIGITS) {
                return NGX_DECLINED;
            }

            phone->digits[phone->len++] = (u_char) ('0' + digit);
            continue;
        }

        if (ngx_tiktok_phone_plus(c)) {

            if (phone->plus || phone->len) {
                return NGX_DECLINED;
            }

            phone->plus = 1;
            continue;
        }

        if (ngx_tiktok_phone_extension(start, last)) {
            break;
        }

        if (ngx_tiktok_phone_separator(c)) {
            mark = (c == '-' || c == ' ') ? phone->len : 0;
            continue;
        }

        /* "-123#" is an extension as well */

        if (c == '#' && p == last && mark
            && phone->len > mark
            && phone->len - mark <= NGX_TIKTOK_PHONE_POUND)
        {
            phone->len = mark;
            break;
        }

        return NGX_DECLINED;
    }

    return phone->len ? NGX_OK : NGX_DECLINED;
}


/* whether the rest of a text is an extension */

static ngx_uint_t
ngx_tiktok_phone_extension(u_char *p, u_char *last)
{
    u_char      *q;
    uint32_t     c;
    ngx_uint_t   digits, n;

    digits = ngx_tiktok_phone_extension_mark(&p, last);

    if (digits == 0) {
        digits = ngx_tiktok_phone_extension_word(&p, last);
    }

    if (digits == 0) {
        return 0;
    }

    q = p;

    if (p < last) {
        c = ngx_tiktok_utf8_decode(&p, last);

        if (c != ':' && c != '.' && c != '=' && c != 0xff0e) {
            p = q;
        }
    }

    for (n = 0; p < last; /* void */ ) {
        c = ngx_tiktok_utf8_decode(&p, last);

        if (ngx_tiktok_phone_digit(c) != NGX_ERROR) {
            n++;
            continue;
        }

        if (c == '#' && p == last) {
            break;
        }

        if (n || (c != ',' && c != '-' && !ngx_tiktok_utf8_blank(c))) {
            return 0;
        }
    }

    return n > 0 && n <= digits;
}


/* commas are the pauses of a dialling machine */

static ngx_uint_t
ngx_tiktok_phone_extension_mark(u_char **p, u_char *last)
{
    u_char    *q;
    uint32_t   c;

    q = *p;

    if (last - q > 4 && ngx_strncasecmp(q, (u_char *) ";ext", 4) == 0) {
        *p = q + 4;
        return 20;
    }

    if (last - q > 1 && q[0] == ',' && q[1] == ',') {
        *p = q + 2;
        return 15;
    }

    c = ngx_tiktok_utf8_decode(&q, last);

    switch (c) {

    case ';':
        *p = q;
        return 15;

    case ',':
    case '#':
    case '~':
    case 0xff03:
    case 0xff5e:
        *p = q;
        return 9;
    }

    return 0;
}


static ngx_uint_t
ngx_tiktok_phone_extension_word(u_char **p, u_char *last)
{
    char         word[NGX_TIKTOK_PHONE_LABEL_LEN];
    u_char       letter, *q, *end;
    uint32_t     c;
    ngx_uint_t   i, n;

    n = 0;

    for (q = *p; q < last; q = end) {
        end = q;
        c = ngx_tiktok_utf8_decode(&end, last);

        /* an accent by itself, as in "extensión" */

        if (c == 0x301) {
            continue;
        }

        letter = ngx_tiktok_phone_letter(c);

        if (letter == '\0') {
            break;
        }

        if (n == NGX_TIKTOK_PHONE_LABEL_LEN - 1) {
            return 0;
        }

        word[n++] = letter;
    }

    word[n] = '\0';

    for (i = 0; ngx_tiktok_phone_words[i].word; i++) {
        if (ngx_strcmp(word, ngx_tiktok_phone_words[i].word) == 0) {
            *p = q;
            return ngx_tiktok_phone_words[i].digits;
        }
    }

    return 0;
}


/* in lower case, full-width ones and those of the words among them */

static u_char
ngx_tiktok_phone_letter(uint32_t c)
{
    if (c >= 0xff21 && c <= 0xff5a) {
        c -= 0xff21 - 'A';
    }

    if (c < 0x80) {
        c |= 0x20;
        return (c >= 'a' && c <= 'z') ? (u_char) c : '\0';
    }

    switch (c) {

    case 0xd3:
    case 0xf3:
    case 0x41e:
    case 0x43e:
        return 'o';

    case 0x414:
    case 0x434:
        return 'd';

    case 0x411:
    case 0x431:
        return 'b';
    }

    return '\0';
}


/* full-width, and both kinds of Arabic ones */

static ngx_int_t
ngx_tiktok_phone_digit(uint32_t c)
{
    static uint32_t  zeros[] = { '0', 0xff10, 0x660, 0x6f0 };

    ngx_uint_t  i;

    for (i = 0; i < sizeof(zeros) / sizeof(zeros[0]); i++) {
        if (c >= zeros[i] && c <= zeros[i] + 9) {
            return c - zeros[i];
        }
    }

    return NGX_ERROR;
}


static ngx_uint_t
ngx_tiktok_phone_plus(uint32_t c)
{
    return c == '+' || c == 0xff0b;
}


/* also what address books put in: dashes, and marks of direction */

static ngx_uint_t
ngx_tiktok_phone_separator(uint32_t c)
{
    switch (c) {

    case '.':
    case '-':
    case '/':
    case '(':
    case ')':
    case '[':
    case ']':
    case '~':
    case 0xad:
    case 0x2053:
    case 0x2212:
    case 0x223c:
    case 0x30fc:
    case 0xff08:
    case 0xff09:
    case 0xff0d:
    case 0xff0e:
    case 0xff0f:
    case 0xff3b:
    case 0xff3d:
    case 0xff5e:
        return 1;
    }

    return ngx_tiktok_utf8_blank(c)
           || (c >= 0x200b && c <= 0x2015)
           || (c >= 0x202a && c <= 0x202e)
           || (c >= 0x2060 && c <= 0x2069);
}
