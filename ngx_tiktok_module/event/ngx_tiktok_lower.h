
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#ifndef _NGX_TIKTOK_LOWER_H_INCLUDED_
#define _NGX_TIKTOK_LOWER_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


/* bytes that the lower-cased form of a text of len bytes may need */

#define ngx_tiktok_lower_size(len)  ((len) + ((len) + 1) / 2)


/*
 * Lower-cases UTF-8 as JavaScript's toLowerCase() does, whatever the locale.
 * Returns the end of what was written, or NULL if the text is not UTF-8.
 */
u_char *ngx_tiktok_lower(u_char *dst, u_char *src, size_t len);

/* what Unicode calls punctuation, and all of ASCII that looks like it */
ngx_uint_t ngx_tiktok_punctuation(uint32_t c);


#endif /* _NGX_TIKTOK_LOWER_H_INCLUDED_ */
