
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * Compares phone numbers with what libphonenumber makes of them, which
 * t/lib/phones.js has put into a file.
 */


#include "unit.h"
#include "ngx_tiktok_phone.h"

#include <stdio.h>


#define SHOWN  5                            /* of the cases that differ */


enum { COUNTRY, NUMBER, VALID, TEXT, COLUMNS };


typedef enum { SAME, LEFT_OUT, WRONG, INVALID, REFUSED, OUTCOMES } outcome_e;


static ngx_uint_t
columns(char *line, char **column)
{
    ngx_uint_t  i;

    line[strcspn(line, "\n")] = '\0';

    for (i = 0; i < COLUMNS; i++) {
        column[i] = line;

        if (i < COLUMNS - 1) {
            line = strchr(line, '\t');

            if (line == NULL) {
                return 0;
            }

            *line++ = '\0';
        }
    }

    return 1;
}


static outcome_e
compare(char **column, char *got)
{
    u_char     *last, *exact, dst[NGX_TIKTOK_PHONE_LEN];
    ngx_str_t   text, country;

    country.data = (u_char *) column[COUNTRY];
    country.len = strlen(column[COUNTRY]);

    /* memory of just this size, so that reading on is seen */

    text.len = strlen(column[TEXT]);
    text.data = exact = malloc(text.len);
    memcpy(exact, column[TEXT], text.len);

    last = ngx_tiktok_phone(dst, &text, ngx_tiktok_phone_plan(&country));

    free(exact);

    if (last == NULL) {
        strcpy(got, "-");

        /* "valid" is of libphonenumber's number */

        return *column[VALID] == '1' ? LEFT_OUT : REFUSED;
    }

    memcpy(got, dst, last - dst);
    got[last - dst] = '\0';

    if (strcmp(got, column[NUMBER]) != 0) {
        return WRONG;
    }

    return *column[VALID] == '1' ? SAME : INVALID;
}


void
unit_phones(ngx_conf_t *cf)
{
    FILE        *in;
    char         line[1024], *column[COLUMNS], got[NGX_TIKTOK_PHONE_LEN + 1];
    outcome_e    outcome;
    ngx_str_t   *value;
    ngx_uint_t   n[OUTCOMES];

    value = cf->args->elts;
    in = cf->args->nelts > 2 ? fopen((char *) value[2].data, "r") : NULL;

    if (in == NULL) {
        unit_ok(0, "a file of numbers");
        return;
    }

    memset(n, 0, sizeof(n));

    while (fgets(line, sizeof(line), in)) {

        if (!columns(line, column)) {
            unit_ok(0, "four columns");
            break;
        }

        outcome = compare(column, got);

        if (n[outcome]++ < SHOWN
            && (outcome == WRONG || outcome == LEFT_OUT))
        {
            printf("# %s in %s: %s, not %s\n", column[TEXT], column[COUNTRY],
                   got, column[NUMBER]);
        }
    }

    fclose(in);

    printf("# same %d, left out %d, wrong %d; of what is not valid refused %d, "
           "the same %d\n", (int) n[SAME], (int) n[LEFT_OUT],
           (int) n[WRONG], (int) n[REFUSED], (int) n[INVALID]);

    unit_ok(n[SAME] > 0, "some are the same");
    unit_ok(n[WRONG] == 0, "none is another than libphonenumber's");
}
