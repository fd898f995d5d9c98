
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#ifndef _UNIT_H_INCLUDED_
#define _UNIT_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


/* one line of TAP; fmt is printf's and names the check */
void unit_ok(ngx_uint_t ok, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* compares bytes and shows both where they differ */
void unit_is(u_char *got, size_t len, const char *expected,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* the rooms; a configuration is there for those that read one */
void unit_consent(ngx_conf_t *cf);
void unit_event(ngx_conf_t *cf);
void unit_html(ngx_conf_t *cf);
void unit_phones(ngx_conf_t *cf);
void unit_queue(ngx_conf_t *cf);
void unit_seal(ngx_conf_t *cf);
void unit_status(ngx_conf_t *cf);
void unit_tcf(ngx_conf_t *cf);
void unit_gpp(ngx_conf_t *cf);
void unit_iab_tcf(ngx_conf_t *cf);
void unit_iab_gpp(ngx_conf_t *cf);

/* prints times, for scripts/bench */
void unit_bench(ngx_conf_t *cf);
void unit_consent_bench(ngx_conf_t *cf);


#endif /* _UNIT_H_INCLUDED_ */
