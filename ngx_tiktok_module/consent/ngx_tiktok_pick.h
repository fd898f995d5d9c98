
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * Internal to the room: what a JSON text says at certain paths, found in one
 * pass and without memory.
 */


#ifndef _NGX_TIKTOK_PICK_H_INCLUDED_
#define _NGX_TIKTOK_PICK_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_tiktok_consent.h"
#include "ngx_tiktok_presets.h"
#include "ngx_tiktok_scan.h"


#define NGX_TIKTOK_PICK_PATH   3            /* the longest path */


/* what rules say to their own reader, in addition to the bits of a source */

#define NGX_TIKTOK_PICK_1      0x100
#define NGX_TIKTOK_PICK_2      0x200
#define NGX_TIKTOK_PICK_3      0x400
#define NGX_TIKTOK_PICK_TAKE   0x800        /* the value is kept */


/*
 * One rule: a value at a path says something.  Of the rules that fit a value,
 * the first counts.  A list of up to 32 ends with one that says nothing.
 *
 * The parts of a path are names of members, "*" for any member, "$" for the
 * one with the name of the policy's id, and "[]" for elements of an array.
 *
 * A value is written as in JSON, with its quotes, a container as "{" or "[".
 * There are also "$" for the policy's id, "=" for its revision, "@" for a time
 * in milliseconds that is over, and NULL for anything.
 */

typedef struct {
    char                      *path[NGX_TIKTOK_PICK_PATH + 1];
    char                      *value;
    ngx_uint_t                 says;
} ngx_tiktok_pick_t;


typedef struct ngx_tiktok_picker_s  ngx_tiktok_picker_t;

/* called at the end of each container within the outermost */
typedef void (*ngx_tiktok_picker_end_pt)(ngx_tiktok_picker_t *picker);


struct ngx_tiktok_picker_s {
    ngx_tiktok_scan_t          scan;
    ngx_tiktok_policy_t       *policy;
    time_t                     now;
    const ngx_tiktok_pick_t   *picks;
    ngx_tiktok_picker_end_pt   end;         /* or NULL */

    ngx_uint_t                 says;
    ngx_str_t                  taken;

    /* a bit for each rule: its path leads to the member that was named, */
    uint32_t                   member;

    /* and into each of the open containers */
    uint32_t                   inside[NGX_TIKTOK_PICK_PATH];
    ngx_uint_t                 arrays;      /* a bit for each of them */
    ngx_uint_t                 level;
};


/* what all rules say that apply, or NGX_TIKTOK_SAYS_BROKEN */
ngx_uint_t ngx_tiktok_pick(ngx_tiktok_picker_t *picker,
    ngx_tiktok_reading_t *reading, ngx_str_t *text,
    const ngx_tiktok_pick_t *picks, ngx_tiktok_picker_end_pt end);


#endif /* _NGX_TIKTOK_PICK_H_INCLUDED_ */
