
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * Runs the unit tests of the pure rooms within "nginx -t": with the
 * directive "unit ROOM;" the tests of that room print TAP.  Some read a file,
 * which comes second.
 */


#include "unit.h"

#include <stdarg.h>
#include <stdio.h>


static char *unit_run(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);


typedef struct {
    char   *name;
    void  (*run)(ngx_conf_t *cf);
} unit_room_t;


static unit_room_t  unit_rooms[] = {
    { "consent", unit_consent },
    { "event", unit_event },
    { "html", unit_html },
    { "phones", unit_phones },
    { "queue", unit_queue },
    { "seal", unit_seal },
    { "status", unit_status },
    { "tcf", unit_tcf },
    { "gpp", unit_gpp },
    { "iab_tcf", unit_iab_tcf },
    { "iab_gpp", unit_iab_gpp },
    { "bench", unit_bench },
    { "consent_bench", unit_consent_bench },
    { NULL, NULL }
};


static ngx_uint_t  unit_tests;


static ngx_command_t  unit_commands[] = {

    { ngx_string("unit"),
      NGX_MAIN_CONF|NGX_DIRECT_CONF|NGX_CONF_TAKE12,
      unit_run,
      0,
      0,
      NULL },

      ngx_null_command
};


static ngx_core_module_t  unit_module_ctx = {
    ngx_string("unit"),
    NULL,
    NULL
};


ngx_module_t  ngx_tiktok_unit_module = {
    NGX_MODULE_V1,
    &unit_module_ctx,                      /* module context */
    unit_commands,                         /* module directives */
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


void
unit_ok(ngx_uint_t ok, const char *fmt, ...)
{
    va_list  args;

    printf("%s %d - ", ok ? "ok" : "not ok", (int) ++unit_tests);

    va_start(args, fmt);
    vprintf(fmt, args);
    va_end(args);

    printf("\n");
}


void
unit_is(u_char *got, size_t len, const char *expected, const char *fmt, ...)
{
    va_list     args;
    ngx_uint_t  ok;

    ok = (len == ngx_strlen(expected) && ngx_memcmp(got, expected, len) == 0);

    printf("%s %d - ", ok ? "ok" : "not ok", (int) ++unit_tests);

    va_start(args, fmt);
    vprintf(fmt, args);
    va_end(args);

    printf("\n");

    if (!ok) {
        printf("#      got: %.*s\n# expected: %s\n", (int) len, got, expected);
    }
}


static char *
unit_run(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t    *value;
    unit_room_t  *room;

    value = cf->args->elts;

    for (room = unit_rooms; room->name; room++) {
        if (ngx_strcmp(value[1].data, room->name) == 0) {
            room->run(cf);
            printf("1..%d\n", (int) unit_tests);
            fflush(stdout);
            return NGX_CONF_OK;
        }
    }

    return "knows no such room";
}
