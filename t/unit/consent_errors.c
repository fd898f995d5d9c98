
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * Policies that are refused, each in one line that names the remedy.
 */


#include "consent.h"


#define KNOWN  "known are onetrust, cookiebot, "
#define USAGE  "write \"cookie NAME VALUE | ~RE | ~*RE\""
#define REVISION                                                              \
    "write \"cookieconsent id=CATEGORY [revision=NUMBER] [cookie=cc_cookie]\""
#define NAME   "it must not be empty or hold \"=\", \";\" or blanks"


typedef struct {
    char                  *args;
    char                  *text;
} unit_text_t;


/* the lists of presets grow: those texts are compared as far as they go */

static unit_text_t  unit_errors[] = {
    { NULL, "lacks a preset; " KNOWN "*" },
    { "foo", "has an unknown preset \"foo\"; " KNOWN "*" },
    { "", "has an unknown preset \"\"; " KNOWN "*" },
    { "OneTrust", "has an unknown preset \"OneTrust\"; " KNOWN "*" },
    { "onetrus", "has an unknown preset \"onetrus\"; " KNOWN "*" },
    { "onetrust2", "has an unknown preset \"onetrust2\"; " KNOWN "*" },
    { "onetrust id=",
      "has an empty \"id=\"; write \"onetrust [id=C0004]\"" },
    { "onetrust id=C0004 id=C0005",
      "has a second id in \"id=C0005\"; leave one, several can be said by "
      "several directives" },
    { "onetrust C0004",
      "has an unknown argument \"C0004\"; write \"onetrust [id=C0004]\"" },
    { "onetrust ID=C0004",
      "has an unknown argument \"ID=C0004\"; write \"onetrust [id=C0004]\"" },
    { "cookiebot name=x",
      "has an unknown argument \"name=x\"; "
      "write \"cookiebot [id=marketing]\"" },
    { "klaro",
      "lacks the id that this shop's tool gives it; "
      "write \"klaro id=SERVICE [cookie=klaro]\"" },
    { "klaro cookie=consent",
      "lacks the id that this shop's tool gives it; "
      "write \"klaro id=SERVICE [cookie=klaro]\"" },
    { "klaro id=tiktok cookie=",
      "has an invalid cookie name \"\"; " NAME },
    { "klaro id=tiktok cookie=a;b",
      "has an invalid cookie name \"a;b\"; " NAME },
    { "klaro id=tiktok cookie=a cookie=b",
      "has a second cookie \"b\"; leave one" },
    { "cookiebot cookie=a",
      "has an unknown argument \"cookie=a\"; "
      "write \"cookiebot [id=marketing]\"" },
    { "cookieconsent id=ads revision=",
      "has an invalid number in \"revision=\"; " REVISION },
    { "cookieconsent id=ads revision=1x",
      "has an invalid number in \"revision=1x\"; " REVISION },
    { "cookieconsent id=ads revisions=1",
      "has an unknown argument \"revisions=1\"; " REVISION },
    { "mirror id=5",
      "has \"id=5\", but \"mirror\" takes no id; remove it" },
    { "cookie", "lacks arguments; " USAGE },
    { "cookie ads", "lacks arguments; " USAGE },
    { "cookie ads yes no", "has an unknown argument \"no\"; " USAGE },
    { "cookie ads yes id=5",
      "has \"id=5\", but \"cookie\" takes no id; remove it" },
    { "cookie ads ",
      "has an empty value for the cookie \"ads\"; " USAGE },
    { "cookie  yes", "has an invalid cookie name \"\"; " NAME },
    { "cookie ads=yes x", "has an invalid cookie name \"ads=yes\"; " NAME },
    { "cookie ads; x", "has an invalid cookie name \"ads;\"; " NAME },
    { "cookie ads\t x", "has an invalid cookie name \"ads\t\"; " NAME },
#if (NGX_PCRE)
    { "cookie ads ~", "has an empty regular expression \"~\"; " USAGE },
    { "cookie ads ~*", "has an empty regular expression \"~*\"; " USAGE },
    { "cookie ads ~(yes",
      "has an invalid regular expression, correct it: pcre*" },
#else
    { "cookie ads ~yes",
      "has the regular expression \"~yes\", but nginx was built without PCRE; "
      "write a plain value" },
#endif
    { "variable", "lacks arguments; write \"variable $name\"" },
    { "variable ads",
      "has no variable in \"ads\"; write \"variable $name\"" },
    { "variable $a $b",
      "has an unknown argument \"$b\"; write \"variable $name\"" },
    { "variable $a id=x",
      "has \"id=x\", but \"variable\" takes no id; remove it" },
    { "assumed id=x",
      "has \"id=x\", but \"assumed\" takes no id; remove it" },
    { "assumed yes", "has an unknown argument \"yes\"; write \"assumed\"" },
    { NULL, NULL }
};


void
unit_consent_errors(ngx_conf_t *cf)
{
    size_t                len;
    ngx_int_t             rc;
    ngx_str_t             error;
    unit_text_t          *test;
    ngx_tiktok_policy_t   policy;
    char                  text[512];

    for (test = unit_errors; test->text; test++) {
        ngx_str_set(&error, "");

        rc = unit_policy(cf, test->args, &policy, &error);

        if (rc != NGX_ERROR) {
            unit_ok(0, "error: \"%s\" is refused", test->args);
            continue;
        }

        len = ngx_strlen(test->text);
        ngx_cpystrn((u_char *) text, (u_char *) test->text, sizeof(text));

        if (text[len - 1] == '*' && error.len > len - 1) {
            text[len - 1] = '\0';
            error.len = len - 1;
        }

        unit_is(error.data, error.len, text, "error: \"%s\"",
                test->args ? test->args : "");
    }
}
