
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * Internal to the room: the browser script and what it is made of.
 */


#ifndef _NGX_TIKTOK_SCRIPT_H_INCLUDED_
#define _NGX_TIKTOK_SCRIPT_H_INCLUDED_


#include "ngx_tiktok_capture.h"


struct ngx_tiktok_script_s {
    ngx_str_t       beacon;
    ngx_str_t       sdk;            /* address of TikTok's script, or empty */
    ngx_str_t       layer;          /* name of the data layer, or empty */
    ngx_str_t      *mirror;         /* what reads a tool's verdict, or NULL */
    ngx_str_t       id;             /* of a category of that tool, or empty */
    ngx_array_t     watch;          /* ngx_str_t: names of cookies */
    ngx_uint_t      forms;
    time_t          max_age;

    u_char         *file;           /* of the directive */
    ngx_uint_t      line;

    ngx_array_t     told;           /* ngx_str_t: events that rules tell */

    ngx_str_t       body;           /* made when all of that is known */
#if (NGX_HTTP_GZIP)
    ngx_str_t       gzip;
#endif
    ngx_str_t       etag;
    ngx_str_t       cache_control;
};


/*
 * The function that reads the verdict of a consent tool which decides in the
 * browser alone, or NULL if the tool is not known.
 */
ngx_str_t *ngx_tiktok_script_tool(ngx_str_t *name);

/* whether an event of this name is left to a rule */
ngx_uint_t ngx_tiktok_script_left(ngx_tiktok_script_t *script,
    ngx_str_t *name);

/* writes the text of conf->script; NGX_OK or NGX_ERROR */
ngx_int_t ngx_tiktok_script_text(ngx_conf_t *cf, ngx_tiktok_loc_conf_t *conf);


#endif /* _NGX_TIKTOK_SCRIPT_H_INCLUDED_ */
