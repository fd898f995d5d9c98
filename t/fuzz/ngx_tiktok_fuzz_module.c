
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * The directive "fuzz TARGET [libFuzzer's arguments];" has libFuzzer run a
 * target within "nginx -t".
 */


#include "fuzz.h"

#include <stdio.h>


#define FUZZ_ARGS  32


int LLVMFuzzerRunDriver(int *argc, char ***argv,
    int (*run)(const uint8_t *data, size_t size));


static char *fuzz(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
static int fuzz_one(const uint8_t *data, size_t size);


typedef struct {
    char   *name;
    void  (*run)(u_char *data, size_t size);
} fuzz_target_t;


static fuzz_target_t  fuzz_targets[] = {
    { "consent", fuzz_consent },
    { "event", fuzz_event },
    { "html", fuzz_html },
    { "identity", fuzz_identity },
    { "phone", fuzz_phone },
    { "seal", fuzz_seal },
    { "tcf", fuzz_tcf },
    { "gpp", fuzz_gpp },
    { "values", fuzz_values },
    { NULL, NULL }
};


ngx_conf_t            *fuzz_cf;
static fuzz_target_t  *fuzz_target;


static ngx_command_t  fuzz_commands[] = {

    { ngx_string("fuzz"),
      NGX_MAIN_CONF|NGX_DIRECT_CONF|NGX_CONF_1MORE,
      fuzz,
      0,
      0,
      NULL },

      ngx_null_command
};


static ngx_core_module_t  fuzz_module_ctx = {
    ngx_string("fuzz"),
    NULL,
    NULL
};


ngx_module_t  ngx_tiktok_fuzz_module = {
    NGX_MODULE_V1,
    &fuzz_module_ctx,                      /* module context */
    fuzz_commands,                         /* module directives */
    NGX_CORE_MODULE,                       /* module type */
    NULL,                                  /* init master */
    NULL,                                  /* init module */
    NULL,                                  /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    NULL,                                  /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


static char *
fuzz(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    int          n;
    char        *args[FUZZ_ARGS], **argv;
    ngx_str_t   *value;
    ngx_uint_t   i;

    value = cf->args->elts;

    for (fuzz_target = fuzz_targets; fuzz_target->name; fuzz_target++) {
        if (ngx_strcmp(value[1].data, fuzz_target->name) == 0) {
            break;
        }
    }

    if (fuzz_target->name == NULL || cf->args->nelts > FUZZ_ARGS) {
        return "has an unknown target, or too many arguments";
    }

    n = 0;
    args[n++] = "fuzz";

    for (i = 2; i < cf->args->nelts; i++) {
        args[n++] = (char *) value[i].data;
    }

    args[n] = NULL;
    argv = args;

    fuzz_cf = cf;

    if (LLVMFuzzerRunDriver(&n, &argv, fuzz_one) != 0) {
        return "has failed";
    }

    return NGX_CONF_OK;
}


static int
fuzz_one(const uint8_t *data, size_t size)
{
    u_char  *copy;

    /* what is not libFuzzer's own buffer may be written to */

    copy = malloc(size ? size : 1);
    if (copy == NULL) {
        return 0;
    }

    ngx_memcpy(copy, data, size);

    fuzz_target->run(copy, size);

    free(copy);

    return 0;
}


void
fuzz_failed(const char *what, const char *file, int line)
{
    fprintf(stderr, "fuzz: %s:%d: %s does not hold\n", file, line, what);
    abort();
}
