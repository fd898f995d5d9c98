
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * The consent presets.  To add one is to add a row and, unless an existing
 * one fits, a reader.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_tiktok_consent.h"
#include "ngx_tiktok_presets.h"


#define ngx_tiktok_null_source  { ngx_null_string, 0, NULL, NULL }


ngx_tiktok_preset_t  ngx_tiktok_presets[] = {

    { ngx_string("onetrust"),
      ngx_string("onetrust [id=C0004]"),
      ngx_string("C0004"),
      ngx_string(":1"), ngx_string(":0"),
      NGX_TIKTOK_PRESET_ID|NGX_TIKTOK_PRESET_CHOICE,
      0, NULL, NULL,
      { { ngx_string("OptanonConsent"),
          0, ngx_tiktok_onetrust_read, NULL },
        { ngx_string("OptanonAlertBoxClosed"),
          NGX_TIKTOK_SOURCE_BESIDE, ngx_tiktok_closed_read, NULL } } },

    { ngx_string("cookiebot"),
      ngx_string("cookiebot [id=marketing]"),
      ngx_string("marketing"),
      ngx_string(":true"), ngx_string(":false"),
      NGX_TIKTOK_PRESET_ID,
      0, NULL, NULL,
      { { ngx_string("CookieConsent"),
          NGX_TIKTOK_SOURCE_PERCENT, ngx_tiktok_cookiebot_read, NULL } } },

    { ngx_string("cookie"),
      ngx_string("cookie NAME VALUE | ~RE | ~*RE"),
      ngx_null_string,
      ngx_string(" matches"), ngx_string(" does not match"),
      0,
      2, ngx_tiktok_cookie_parse, NULL,
      { { ngx_null_string,
          NGX_TIKTOK_SOURCE_PERCENT, ngx_tiktok_cookie_read, NULL } } },

    { ngx_string("variable"),
      ngx_string("variable $name"),
      ngx_null_string,
      ngx_string(" grants"), ngx_string(" denies"),
      0,
      1, ngx_tiktok_variable_parse, NULL,
      { { ngx_null_string,
          0, ngx_tiktok_variable_read, NULL } } },

    { ngx_string("assumed"),
      ngx_string("assumed"),
      ngx_null_string,
      ngx_string(""), ngx_string(""),
      0,
      0, NULL, NULL,
      { { ngx_null_string,
          0, ngx_tiktok_assumed_read, NULL } } },

    { ngx_null_string,
      ngx_null_string,
      ngx_null_string,
      ngx_null_string, ngx_null_string,
      0,
      0, NULL, NULL,
      { ngx_tiktok_null_source } }
};
