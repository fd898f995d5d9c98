
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#ifndef _NGX_TIKTOK_HTML_H_INCLUDED_
#define _NGX_TIKTOK_HTML_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


#define NGX_TIKTOK_HTML_NAME_LEN  8         /* of the longest that matters */

/* what may have to be kept of one piece for the next: "</" and a name */
#define NGX_TIKTOK_HTML_HELD      (2 + NGX_TIKTOK_HTML_NAME_LEN)


/* where the search for the end of a page's head stands; zero at the start */

typedef struct {
    ngx_uint_t   state;
    ngx_uint_t   raw;               /* element whose text is skipped, or 0 */
    ngx_uint_t   escaped;           /* a script's "<!--" is 1, a "<script"
                                       in it 2 */
    ngx_uint_t   matched;           /* bytes of what the state looks for */
    ngx_uint_t   templates;         /* that are open */
    size_t       len;
    u_char       name[NGX_TIKTOK_HTML_NAME_LEN];
    unsigned     end:1;             /* the tag is an end tag */
    unsigned     document:1;        /* it is a page, and not a part of one */
} ngx_tiktok_html_t;


/*
 * Looks for the end of a page's head as a browser does, in the next piece of
 * the page.  That is "</head>", or whatever ends a head without it; comments,
 * scripts and the like are skipped.
 *
 * Returns
 *
 *     NGX_OK with *pos set to the place.  If that is the start of the piece,
 *         it is before what was held of the last one;
 *     NGX_AGAIN if it was not found yet.  What begins at *pos must be held,
 *         along with what is held already if *pos is the start of the piece,
 *         for the place may be before it; NGX_TIKTOK_HTML_HELD bytes at most;
 *     NGX_DECLINED if this is no page: part of one, other text, or in an
 *         encoding that has no ASCII in it.
 */
ngx_int_t ngx_tiktok_html_head_end(ngx_tiktok_html_t *html, u_char *p,
    u_char *last, u_char **pos);

/* whether the head ends with the page */
ngx_uint_t ngx_tiktok_html_ends_here(ngx_tiktok_html_t *html);


#endif /* _NGX_TIKTOK_HTML_H_INCLUDED_ */
