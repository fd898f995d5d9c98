
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * A page, of which the first byte says how it is cut: wherever that is, its
 * head ends at the same place, and little is held back.
 */


#include "fuzz.h"
#include "ngx_tiktok_html.h"


#define NO_PLACE  -1


static ssize_t fuzz_html_place(u_char *data, size_t size, size_t piece);


void
fuzz_html(u_char *data, size_t size)
{
    size_t    piece;
    ssize_t   place;

    if (size < 2) {
        return;
    }

    piece = 1 + data[0];

    data++;
    size--;

    place = fuzz_html_place(data, size, size);

    fuzz_check(place <= (ssize_t) size);

    /* an escape is looked for in each piece, be it behind the place */

    if (memchr(data, 0x1b, size)) {
        fuzz_check(place == NO_PLACE);
        return;
    }

    fuzz_check(fuzz_html_place(data, size, 1) == place);
    fuzz_check(fuzz_html_place(data, size, piece) == place);
}


static ssize_t
fuzz_html_place(u_char *data, size_t size, size_t piece)
{
    size_t              i, n, held;
    u_char             *p, *pos;
    ngx_int_t           rc;
    ngx_tiktok_html_t   html;

    ngx_memzero(&html, sizeof(ngx_tiktok_html_t));

    held = 0;

    for (i = 0; i < size; i += n) {
        n = ngx_min(piece, size - i);
        p = data + i;

        rc = ngx_tiktok_html_head_end(&html, p, p + n, &pos);

        if (rc == NGX_DECLINED) {
            return NO_PLACE;
        }

        fuzz_check(pos >= p && pos <= p + n);

        if (pos > p) {
            held = 0;
        }

        if (rc == NGX_OK) {
            return pos - data - held;
        }

        held += p + n - pos;

        fuzz_check(held <= NGX_TIKTOK_HTML_HELD);
    }

    return ngx_tiktok_html_ends_here(&html) ? (ssize_t) size : NO_PLACE;
}
