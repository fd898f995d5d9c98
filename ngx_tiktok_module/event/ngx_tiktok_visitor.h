
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#ifndef _NGX_TIKTOK_VISITOR_H_INCLUDED_
#define _NGX_TIKTOK_VISITOR_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


#define NGX_TIKTOK_LOCALE_LEN  35           /* as long as tags get */


/*
 * Whether an address can be reached from everywhere.  An IPv4 address in
 * IPv6 form is cut down to the IPv4 one.
 */
ngx_uint_t ngx_tiktok_ip_public(ngx_str_t *ip);

/*
 * Writes the language tag (BCP 47) that an Accept-Language header prefers.
 * Returns the end, or dst if there is none.
 */
u_char *ngx_tiktok_locale(u_char *dst, ngx_str_t *accept_language);

/* writes one tag in its usual spelling; NULL if it is none */
u_char *ngx_tiktok_locale_tag(u_char *dst, ngx_str_t *tag);


#endif /* _NGX_TIKTOK_VISITOR_H_INCLUDED_ */
