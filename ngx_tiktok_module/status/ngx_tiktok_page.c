
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * Numbers, times and texts as people read them.
 */


#include "ngx_tiktok_page.h"


void
ngx_tiktok_page_number(ngx_tiktok_writer_t *w, ngx_atomic_int_t n)
{
    u_char  *p, *last;
    u_char   buf[NGX_ATOMIC_T_LEN + 1];

    last = ngx_sprintf(buf, "%A", n);

    for (p = buf; p < last; p++) {
        ngx_tiktok_write(w, p, 1);

        if (*p != '-' && p + 1 < last && (last - p - 1) % 3 == 0) {
            ngx_tiktok_write_literal(w, ",");
        }
    }
}


void
ngx_tiktok_page_bytes(ngx_tiktok_writer_t *w, ngx_atomic_int_t n)
{
    ngx_uint_t         i;
    ngx_atomic_int_t   unit;

    static const char  *units[] = { "B", "kB", "MB", "GB", "TB" };

    unit = 1;

    for (i = 0; i < 4 && n / unit >= 1024; i++) {
        unit *= 1024;
    }

    ngx_tiktok_write_format(w, "%A", n / unit);

    if (n % unit && n / unit < 10) {
        ngx_tiktok_write_format(w, ".%A", n % unit * 10 / unit);
    }

    ngx_tiktok_write_format(w, "&nbsp;%s", units[i]);
}


void
ngx_tiktok_page_duration(ngx_tiktok_writer_t *w, time_t seconds)
{
    seconds = ngx_max(seconds, 0);

    if (seconds < 60) {
        ngx_tiktok_write_format(w, "%T&nbsp;s", seconds);

    } else if (seconds < 3600) {
        ngx_tiktok_write_format(w, "%T&nbsp;min", seconds / 60);

    } else if (seconds < 86400) {
        ngx_tiktok_write_format(w, "%T&nbsp;h %T&nbsp;min", seconds / 3600,
                                seconds % 3600 / 60);
    } else {
        ngx_tiktok_write_format(w, "%T&nbsp;d %T&nbsp;h", seconds / 86400,
                                seconds % 86400 / 3600);
    }
}


void
ngx_tiktok_page_ago(ngx_tiktok_writer_t *w, time_t when)
{
    if (when == 0) {
        ngx_tiktok_write_literal(w, "never yet");
        return;
    }

    ngx_tiktok_page_duration(w, ngx_time() - when);
    ngx_tiktok_write_literal(w, " ago");
}


/* an attribute of SVG: our policy lets no style into an attribute */

void
ngx_tiktok_page_bar(ngx_tiktok_writer_t *w, ngx_atomic_int_t n,
    ngx_atomic_int_t of)
{
    ngx_tiktok_write_format(w, "<svg viewBox=\"0 0 1000 1\" "
                            "preserveAspectRatio=\"none\" "
                            "aria-hidden=\"true\"><rect width=\"%A\" "
                            "height=\"1\"/></svg>",
                            of > 0 ? ngx_min(n, of) * 1000 / of : 0);
}


void
ngx_tiktok_page_text(ngx_tiktok_writer_t *w, ngx_str_t *text)
{
    size_t  len;

    len = text->len + ngx_escape_html(NULL, text->data, text->len);

    if (ngx_tiktok_writer_reserve(w, len) == NGX_OK) {
        w->pos = (u_char *) ngx_escape_html(w->pos, text->data, text->len);
    }
}
