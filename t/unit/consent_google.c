
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#include "consent.h"
#include "ngx_tiktok_google.h"


static const struct {
    const char            *gcs;
    const char            *gcd;
    ngx_tiktok_verdict_e   verdict;
} unit_googles[] = {

    /* nothing is said */
    { "", "", GRANTED },
    { "G1--", "", GRANTED },
    { "", "13l3l3l3l1", GRANTED },
    { "G1--", "13l3l3l3l1l1", GRANTED },

    { "G111", "", GRANTED },
    { "G110", "", GRANTED },
    { "G101", "", DENIED },
    { "G100", "", DENIED },

    { "", "13r3r3r3r5", GRANTED },
    { "", "11r1r1r1r5", GRANTED },
    { "", "13v3v3v3v5", GRANTED },
    { "", "13n3n3n3n5", GRANTED },
    { "", "13t3t3t3t5", UNDECIDED },
    { "", "13r3p3r3r5", GRANTED },
    { "", "13p3p3p3p5", DENIED },
    { "", "13q3q3q3q5", DENIED },
    { "", "13m3m3m3m5", DENIED },
    { "", "13u3u3u3u5", DENIED },
    { "", "13p3r3r3r5", DENIED },
    { "", "13r3r3p3r5", DENIED },
    { "", "13r3r3r3p5", DENIED },

    /* the worse one counts */
    { "G111", "13p3p3p3p5", DENIED },
    { "G100", "13r3r3r3r5", DENIED },
    { "G111", "13r3r3r3r5", GRANTED },

    /* what cannot be read grants nothing */
    { "G11", "", UNDECIDED },
    { "G1111", "", UNDECIDED },
    { "g111", "", UNDECIDED },
    { "G211", "", UNDECIDED },
    { "G1x1", "", UNDECIDED },
    { "1", "", UNDECIDED },
    { "", "13r3r3r3", UNDECIDED },
    { "", "13r3r3r3R5", UNDECIDED },
    { "", "23r3r3r3r5", UNDECIDED },
    { "", "13x3r3r3r5", UNDECIDED },
    { "", "13x3r3r3p5", DENIED },
    { "", "1", UNDECIDED },
    { "x", "13p3p3p3p5", DENIED }
};


void
unit_consent_google(void)
{
    ngx_str_t             gcs, gcd;
    ngx_uint_t            i;
    ngx_tiktok_verdict_e  verdict;

    for (i = 0; i < sizeof(unit_googles) / sizeof(unit_googles[0]); i++) {
        gcs.data = (u_char *) unit_googles[i].gcs;
        gcs.len = ngx_strlen(gcs.data);
        gcd.data = (u_char *) unit_googles[i].gcd;
        gcd.len = ngx_strlen(gcd.data);

        verdict = ngx_tiktok_google_consent(&gcs, &gcd);

        unit_ok(verdict == unit_googles[i].verdict, "google \"%s\" \"%s\"",
                unit_googles[i].gcs, unit_googles[i].gcd);
    }
}
