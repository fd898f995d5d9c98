
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#ifndef _FUZZ_H_INCLUDED_
#define _FUZZ_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


/* the configuration that is being read, for what needs one or its pool */
extern ngx_conf_t  *fuzz_cf;


/* ends the run, and leaves the input behind, where ok is not */
#define fuzz_check(ok)                                                        \
    if (!(ok)) {                                                              \
        fuzz_failed(#ok, __FILE__, __LINE__);                                 \
    }

void fuzz_failed(const char *what, const char *file, int line);

/*
 * The targets.  Each gets one input, of its very size on the heap, and must
 * leave nothing behind.  A new one is listed in ngx_tiktok_fuzz_module.c, and
 * has a few good inputs in corpus/NAME.
 */
void fuzz_consent(u_char *data, size_t size);
void fuzz_event(u_char *data, size_t size);
void fuzz_html(u_char *data, size_t size);
void fuzz_identity(u_char *data, size_t size);
void fuzz_phone(u_char *data, size_t size);
void fuzz_seal(u_char *data, size_t size);
void fuzz_tcf(u_char *data, size_t size);
void fuzz_gpp(u_char *data, size_t size);
void fuzz_values(u_char *data, size_t size);


#endif /* _FUZZ_H_INCLUDED_ */
