
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * The consent presets.  To add one is to add a row and, unless an existing
 * one fits, a reader.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_tiktok_consent.h"
#include "ngx_tiktok_pick.h"
#include "ngx_tiktok_presets.h"


#define ngx_tiktok_null_source  { ngx_null_string, 0, NULL, NULL }


/* words: what a whole value says */

static const ngx_tiktok_word_t  ngx_tiktok_any_value[] = {
    { "", 0 },
    { NULL, NGX_TIKTOK_SAYS_CHOSEN }
};

static const ngx_tiktok_word_t  ngx_tiktok_any_opens[] = {
    { NULL, NGX_TIKTOK_SAYS_OPEN }
};

static const ngx_tiktok_word_t  ngx_tiktok_allow_deny[] = {
    { "allow", NGX_TIKTOK_SAYS_YES },
    { "deny", NGX_TIKTOK_SAYS_NO },
    { NULL, NGX_TIKTOK_SAYS_OPEN }
};

static const ngx_tiktok_word_t  ngx_tiktok_upper_allow_deny[] = {
    { "ALLOW", NGX_TIKTOK_SAYS_YES },
    { "DENY", NGX_TIKTOK_SAYS_NO },
    { NULL, NGX_TIKTOK_SAYS_OPEN }
};

static const ngx_tiktok_word_t  ngx_tiktok_shopware_preference[] = {
    { "1", NGX_TIKTOK_SAYS_CHOSEN|NGX_TIKTOK_SAYS_LIST },
    { NULL, NGX_TIKTOK_SAYS_OPEN }
};

static const ngx_tiktok_word_t  ngx_tiktok_shopware_service[] = {
    { "1", NGX_TIKTOK_SAYS_YES },
    { NULL, 0 }
};


/* lists: what a token of a value says */

static const ngx_tiktok_list_t  ngx_tiktok_cookieyes = {
    ",", "action:yes", NULL
};

static const ngx_tiktok_list_t  ngx_tiktok_hubspot = {
    "_,", NULL, NULL
};

static const ngx_tiktok_list_t  ngx_tiktok_tarteaucitron = {
    "!", NULL, "=wait"
};


/* objects: what a value at a path says */

static const ngx_tiktok_pick_t  ngx_tiktok_switches[] = {
    { { "$" }, "true", NGX_TIKTOK_SAYS_YES },
    { { "$" }, "false", NGX_TIKTOK_SAYS_NO },
    { { NULL }, NULL, 0 }
};

static const ngx_tiktok_pick_t  ngx_tiktok_complianz_services[] = {
    { { "$" }, "true", NGX_TIKTOK_SAYS_YES },
    { { "$" }, "false", NGX_TIKTOK_SAYS_NO },
    { { "tiktok" }, "false", NGX_TIKTOK_SAYS_NO },
    { { NULL }, NULL, 0 }
};

static const ngx_tiktok_pick_t  ngx_tiktok_borlabs[] = {
    { { "consents" }, "{", NGX_TIKTOK_SAYS_LIST },
    { { "consents", "$", "[]" }, NULL, NGX_TIKTOK_SAYS_YES },
    { { "consents", "*", "[]" }, "$", NGX_TIKTOK_PICK_1 },
    { { NULL }, NULL, 0 }
};

static const ngx_tiktok_pick_t  ngx_tiktok_iubenda[] = {
    { { "purposes" }, NULL, NGX_TIKTOK_PICK_1 },
    { { "purposes", "$" }, "true", NGX_TIKTOK_SAYS_YES },
    { { "purposes", "$" }, "false", NGX_TIKTOK_SAYS_NO },
    { { "consent" }, "true", NGX_TIKTOK_PICK_2 },
    { { "consent" }, "false", NGX_TIKTOK_SAYS_NO },
    { { NULL }, NULL, 0 }
};

static const ngx_tiktok_pick_t  ngx_tiktok_cookieinformation[] = {
    { { "consents_approved", "[]" }, "$", NGX_TIKTOK_SAYS_YES },
    { { "consents_denied", "[]" }, "$", NGX_TIKTOK_SAYS_NO },
    { { NULL }, NULL, 0 }
};

static const ngx_tiktok_pick_t  ngx_tiktok_cookiescript[] = {
    { { "action" }, "\"accept\"", NGX_TIKTOK_SAYS_CHOSEN|NGX_TIKTOK_PICK_1 },
    { { "action" }, "\"reject\"", NGX_TIKTOK_SAYS_CHOSEN|NGX_TIKTOK_SAYS_NO },
    { { "categories" }, NULL, NGX_TIKTOK_PICK_TAKE },
    { { NULL }, NULL, 0 }
};

static const ngx_tiktok_pick_t  ngx_tiktok_moove[] = {
    { { "$" }, "\"1\"", NGX_TIKTOK_SAYS_YES },
    { { "$" }, "\"0\"", NGX_TIKTOK_SAYS_NO },
    { { "$" }, "1", NGX_TIKTOK_SAYS_YES },
    { { "$" }, "0", NGX_TIKTOK_SAYS_NO },
    { { NULL }, NULL, 0 }
};

static const ngx_tiktok_pick_t  ngx_tiktok_consent_types[] = {
    { { NULL }, "[", NGX_TIKTOK_SAYS_LIST },
    { { "[]" }, "$", NGX_TIKTOK_SAYS_YES },
    { { NULL }, NULL, 0 }
};

static const ngx_tiktok_pick_t  ngx_tiktok_didomi[] = {
    { { "vendors", "enabled", "[]" }, "$", NGX_TIKTOK_SAYS_YES },
    { { "vendors", "disabled", "[]" }, "$", NGX_TIKTOK_SAYS_NO },
    { { "purposes", "enabled", "[]" }, "$", NGX_TIKTOK_SAYS_YES },
    { { "purposes", "disabled", "[]" }, "$", NGX_TIKTOK_SAYS_NO },
    { { NULL }, NULL, 0 }
};

static const ngx_tiktok_pick_t  ngx_tiktok_cookieconsent[] = {
    { { "categories" }, "[", NGX_TIKTOK_SAYS_LIST },
    { { "categories", "[]" }, "$", NGX_TIKTOK_SAYS_YES },
    { { "services", "*", "[]" }, "$", NGX_TIKTOK_SAYS_YES },
    { { "revision" }, "=", NGX_TIKTOK_PICK_1 },
    { { "expirationTime" }, "@", NGX_TIKTOK_PICK_2 },
    { { NULL }, NULL, 0 }
};

static const ngx_tiktok_pick_t  ngx_tiktok_axeptio[] = {
    { { "$$completed" }, "true", NGX_TIKTOK_SAYS_CHOSEN },
    { { "$$completed" }, NULL, NGX_TIKTOK_SAYS_OPEN },
    { { NULL }, NULL, 0 }
};

static const ngx_tiktok_pick_t  ngx_tiktok_ketch[] = {
    { { "$", "status" }, "\"granted\"", NGX_TIKTOK_SAYS_YES },
    { { "$", "status" }, "\"denied\"", NGX_TIKTOK_SAYS_NO },
    { { "*", "status" }, "\"granted\"", NGX_TIKTOK_PICK_1 },
    { { "*", "status" }, "\"denied\"", NGX_TIKTOK_PICK_2 },
    { { "*", "canonicalPurposes", "[]" }, "$", NGX_TIKTOK_PICK_3 },
    { { NULL }, NULL, 0 }
};

static const ngx_tiktok_pick_t  ngx_tiktok_securiti[] = {
    { { "consents", "$" }, "1", NGX_TIKTOK_SAYS_YES },
    { { "consents", "$" }, "0", NGX_TIKTOK_SAYS_NO },
    { { "implicit_consent" }, "true", NGX_TIKTOK_SAYS_IMPLIED },
    { { NULL }, NULL, 0 }
};

static const ngx_tiktok_pick_t  ngx_tiktok_civic[] = {
    { { "interactedWith" }, "true", NGX_TIKTOK_SAYS_CHOSEN },
    { { "optionalCookies" }, "{", NGX_TIKTOK_SAYS_LIST },
    { { "optionalCookies", "$" }, "\"accepted\"", NGX_TIKTOK_SAYS_YES },
    { { "optionalCookies", "$" }, "\"revoked\"", NGX_TIKTOK_SAYS_NO },
    { { "optionalCookies", "$" }, NULL, NGX_TIKTOK_SAYS_OPEN },
    { { NULL }, NULL, 0 }
};


ngx_tiktok_preset_t  ngx_tiktok_presets[] = {

    { ngx_string("onetrust"),
      ngx_string("onetrust [id=C0004]"),
      ngx_string("C0004"),
      ngx_string(":1"), ngx_string(":0"),
      NGX_TIKTOK_PRESET_ID|NGX_TIKTOK_PRESET_CHOICE,
      0, NULL, NULL,
      { { ngx_string("OptanonConsent"),
          NGX_TIKTOK_SOURCE_RAW, ngx_tiktok_onetrust_read, NULL },
        { ngx_string("OptanonAlertBoxClosed"),
          NGX_TIKTOK_SOURCE_BESIDE, ngx_tiktok_word_read,
          ngx_tiktok_any_value } } },

    { ngx_string("cookiebot"),
      ngx_string("cookiebot [id=marketing]"),
      ngx_string("marketing"),
      ngx_string(":true"), ngx_string(":false"),
      NGX_TIKTOK_PRESET_ID,
      0, NULL, NULL,
      { { ngx_string("CookieConsent"),
          0, ngx_tiktok_cookiebot_read, NULL } } },

    { ngx_string("cookieyes"),
      ngx_string("cookieyes [id=advertisement]"),
      ngx_string("advertisement"),
      ngx_string(":yes"), ngx_string(":no"),
      NGX_TIKTOK_PRESET_ID|NGX_TIKTOK_PRESET_CHOICE,
      0, NULL, NULL,
      { { ngx_string("cookieyes-consent"),
          0, ngx_tiktok_list_read, &ngx_tiktok_cookieyes } } },

    { ngx_string("complianz"),
      ngx_string("complianz [id=marketing]"),
      ngx_string("marketing"),
      ngx_string(":allow"), ngx_string(":deny"),
      NGX_TIKTOK_PRESET_ID,
      0, NULL, NULL,
      { { ngx_string("cmplz_$"),
          0, ngx_tiktok_word_read, ngx_tiktok_allow_deny },
        { ngx_string("cmplz_rt_$"),
          0, ngx_tiktok_word_read, ngx_tiktok_allow_deny },
        { ngx_string("cmplz_consented_services"),
          NGX_TIKTOK_SOURCE_BESIDE, ngx_tiktok_complianz_read,
          ngx_tiktok_complianz_services } } },

    { ngx_string("wp_consent"),
      ngx_string("wp_consent [id=marketing] [cookie=NAME]"),
      ngx_string("marketing"),
      ngx_string(":allow"), ngx_string(":deny"),
      NGX_TIKTOK_PRESET_ID|NGX_TIKTOK_PRESET_COOKIE,
      0, NULL, NULL,
      { { ngx_string("wp_consent_$"),
          0, ngx_tiktok_word_read, ngx_tiktok_allow_deny } } },

    { ngx_string("borlabs"),
      ngx_string("borlabs [id=marketing]"),
      ngx_string("marketing"),
      ngx_string(" granted"), ngx_string(" denied"),
      NGX_TIKTOK_PRESET_ID,
      0, NULL, NULL,
      { { ngx_string("borlabs-cookie"),
          0, ngx_tiktok_borlabs_read, ngx_tiktok_borlabs } } },

    { ngx_string("iubenda"),
      ngx_string("iubenda [id=5]"),
      ngx_string("5"),
      ngx_string(" granted"), ngx_string(" denied"),
      NGX_TIKTOK_PRESET_ID,
      0, NULL, NULL,
      { { ngx_string("_iub_cs-*"),
          0, ngx_tiktok_iubenda_read, ngx_tiktok_iubenda } } },

    { ngx_string("cookiefirst"),
      ngx_string("cookiefirst [id=advertising]"),
      ngx_string("advertising"),
      ngx_string(":true"), ngx_string(":false"),
      NGX_TIKTOK_PRESET_ID,
      0, NULL, NULL,
      { { ngx_string("cookiefirst-consent"),
          0, ngx_tiktok_object_read, ngx_tiktok_switches } } },

    { ngx_string("cookieinformation"),
      ngx_string("cookieinformation [id=cookie_cat_marketing]"),
      ngx_string("cookie_cat_marketing"),
      ngx_string(" approved"), ngx_string(" denied"),
      NGX_TIKTOK_PRESET_ID,
      0, NULL, NULL,
      { { ngx_string("CookieInformationConsent"),
          0, ngx_tiktok_object_read, ngx_tiktok_cookieinformation } } },

    { ngx_string("cookiescript"),
      ngx_string("cookiescript [id=targeting]"),
      ngx_string("targeting"),
      ngx_string(" accepted"), ngx_string(" rejected"),
      NGX_TIKTOK_PRESET_ID|NGX_TIKTOK_PRESET_CHOICE,
      0, NULL, NULL,
      { { ngx_string("CookieScriptConsent"),
          0, ngx_tiktok_cookiescript_read, ngx_tiktok_cookiescript } } },

    { ngx_string("hubspot"),
      ngx_string("hubspot [id=2]"),
      ngx_string("2"),
      ngx_string(":true"), ngx_string(":false"),
      NGX_TIKTOK_PRESET_ID,
      0, NULL, NULL,
      { { ngx_string("__hs_cookie_cat_pref"),
          0, ngx_tiktok_list_read, &ngx_tiktok_hubspot } } },

    { ngx_string("moove"),
      ngx_string("moove [id=advanced]"),
      ngx_string("advanced"),
      ngx_string(":1"), ngx_string(":0"),
      NGX_TIKTOK_PRESET_ID,
      0, NULL, NULL,
      { { ngx_string("moove_gdpr_popup"),
          0, ngx_tiktok_object_read, ngx_tiktok_moove } } },

    { ngx_string("realcookiebanner"),
      ngx_string("realcookiebanner [id=ad_storage]"),
      ngx_string("ad_storage"),
      ngx_string(" granted"), ngx_string(" denied"),
      NGX_TIKTOK_PRESET_ID,
      0, NULL, NULL,
      { { ngx_string("real_cookie_banner-v:*"),
          0, ngx_tiktok_realcookiebanner_read,
          ngx_tiktok_consent_types } } },

    { ngx_string("osano_oss"),
      ngx_string("osano_oss [id=MARKETING]"),
      ngx_string("MARKETING"),
      ngx_string(" allowed"), ngx_string(" denied"),
      NGX_TIKTOK_PRESET_ID,
      0, NULL, NULL,
      { { ngx_string("cookieconsent_status"),
          0, ngx_tiktok_word_read, ngx_tiktok_allow_deny },
        { ngx_string("cookieconsent_status_$"),
          0, ngx_tiktok_word_read, ngx_tiktok_upper_allow_deny } } },

    { ngx_string("didomi"),
      ngx_string("didomi [id=c:tiktok-*]"),
      ngx_string("c:tiktok-*"),
      ngx_string(" enabled"), ngx_string(" disabled"),
      NGX_TIKTOK_PRESET_ID|NGX_TIKTOK_PRESET_PREFIX,
      0, NULL, NULL,
      { { ngx_string("didomi_token"),
          NGX_TIKTOK_SOURCE_BASE64, ngx_tiktok_object_read,
          ngx_tiktok_didomi } } },

    { ngx_string("trustarc"),
      ngx_string("trustarc [id=2]"),
      ngx_string("2"),
      ngx_string(" granted"), ngx_string(" denied"),
      NGX_TIKTOK_PRESET_ID,
      0, NULL, NULL,
      { { ngx_string("notice_gdpr_prefs"),
          0, ngx_tiktok_trustarc_read, NULL },
        { ngx_string("notice_behavior"),
          NGX_TIKTOK_SOURCE_BESIDE, ngx_tiktok_trustarc_behavior_read,
          NULL } } },

    { ngx_string("tarteaucitron"),
      ngx_string("tarteaucitron [id=tiktok] [cookie=tarteaucitron]"),
      ngx_string("tiktok"),
      ngx_string("=true"), ngx_string("=false"),
      NGX_TIKTOK_PRESET_ID|NGX_TIKTOK_PRESET_COOKIE,
      0, NULL, NULL,
      { { ngx_string("tarteaucitron"),
          0, ngx_tiktok_list_read, &ngx_tiktok_tarteaucitron } } },

    { ngx_string("klaro"),
      ngx_string("klaro id=SERVICE [cookie=klaro]"),
      ngx_null_string,
      ngx_string(":true"), ngx_string(":false"),
      NGX_TIKTOK_PRESET_NEEDS_ID|NGX_TIKTOK_PRESET_COOKIE,
      0, NULL, NULL,
      { { ngx_string("klaro"),
          0, ngx_tiktok_object_read, ngx_tiktok_switches } } },

    { ngx_string("cookieconsent"),
      ngx_string("cookieconsent id=CATEGORY [revision=NUMBER] "
                 "[cookie=cc_cookie]"),
      ngx_null_string,
      ngx_string(" accepted"), ngx_string(" not accepted"),
      NGX_TIKTOK_PRESET_NEEDS_ID|NGX_TIKTOK_PRESET_COOKIE,
      0, NULL, ngx_tiktok_cookieconsent_option,
      { { ngx_string("cc_cookie"),
          0, ngx_tiktok_cookieconsent_read,
          ngx_tiktok_cookieconsent } } },

    { ngx_string("axeptio"),
      ngx_string("axeptio id=VENDOR"),
      ngx_null_string,
      ngx_string(" authorized"), ngx_string(" not authorized"),
      NGX_TIKTOK_PRESET_NEEDS_ID|NGX_TIKTOK_PRESET_CHOICE,
      0, NULL, NULL,
      { { ngx_string("axeptio_authorized_vendors"),
          0, ngx_tiktok_axeptio_read, NULL },
        { ngx_string("axeptio_cookies"),
          NGX_TIKTOK_SOURCE_BESIDE, ngx_tiktok_object_read,
          ngx_tiktok_axeptio } } },

    { ngx_string("ketch"),
      ngx_string("ketch id=PURPOSE"),
      ngx_null_string,
      ngx_string(" granted"), ngx_string(" denied"),
      NGX_TIKTOK_PRESET_NEEDS_ID,
      0, NULL, NULL,
      { { ngx_string("_ketch_consent_v1_"),
          NGX_TIKTOK_SOURCE_BASE64, ngx_tiktok_ketch_read,
          ngx_tiktok_ketch } } },

    { ngx_string("securiti"),
      ngx_string("securiti id=NUMBER"),
      ngx_null_string,
      ngx_string(":1"), ngx_string(":0"),
      NGX_TIKTOK_PRESET_NEEDS_ID,
      0, NULL, NULL,
      { { ngx_string("__privaci_cookie_consents"),
          0, ngx_tiktok_object_read, ngx_tiktok_securiti },
        { ngx_string("__privaci_cookie_no_action"),
          NGX_TIKTOK_SOURCE_BESIDE, ngx_tiktok_word_read,
          ngx_tiktok_any_opens } } },

    { ngx_string("civic"),
      ngx_string("civic id=CATEGORY"),
      ngx_null_string,
      ngx_string(" accepted"), ngx_string(" revoked"),
      NGX_TIKTOK_PRESET_NEEDS_ID|NGX_TIKTOK_PRESET_CHOICE,
      0, NULL, NULL,
      { { ngx_string("CookieControl"),
          0, ngx_tiktok_object_read, ngx_tiktok_civic } } },

    { ngx_string("commandersact"),
      ngx_string("commandersact id=CATEGORY [cookie=TC_PRIVACY]"),
      ngx_null_string,
      ngx_string(" granted"), ngx_string(" denied"),
      NGX_TIKTOK_PRESET_NEEDS_ID|NGX_TIKTOK_PRESET_COOKIE,
      0, NULL, NULL,
      { { ngx_string("TC_PRIVACY"),
          0, ngx_tiktok_commandersact_read, NULL } } },

    { ngx_string("shopware"),
      ngx_string("shopware id=COOKIE"),
      ngx_null_string,
      ngx_string(" accepted"), ngx_string(" not accepted"),
      NGX_TIKTOK_PRESET_NEEDS_ID|NGX_TIKTOK_PRESET_CHOICE,
      0, NULL, NULL,
      { { ngx_string("cookie-preference"),
          0, ngx_tiktok_word_read, ngx_tiktok_shopware_preference },
        { ngx_string("$"),
          NGX_TIKTOK_SOURCE_BESIDE, ngx_tiktok_word_read,
          ngx_tiktok_shopware_service } } },

    { ngx_string("zaraz"),
      ngx_string("zaraz id=PURPOSE [cookie=cf_consent]"),
      ngx_null_string,
      ngx_string(":true"), ngx_string(":false"),
      NGX_TIKTOK_PRESET_NEEDS_ID|NGX_TIKTOK_PRESET_COOKIE,
      0, NULL, NULL,
      { { ngx_string("cf_consent"),
          0, ngx_tiktok_object_read, ngx_tiktok_switches } } },

    { ngx_string("tcf"),
      ngx_string("tcf [purposes=1,3,4,7] [vendor=ID] "
                 "[cookie=euconsent-v2]"),
      ngx_null_string,
      ngx_string(" grants"), ngx_string(" denies"),
      NGX_TIKTOK_PRESET_COOKIE,
      0, ngx_tiktok_tcf_parse, ngx_tiktok_tcf_option,
      { { ngx_string("euconsent-v2"),
          0, ngx_tiktok_tcf_read, NULL } } },

    { ngx_string("cookie"),
      ngx_string("cookie NAME VALUE | ~RE | ~*RE"),
      ngx_null_string,
      ngx_string(" matches"), ngx_string(" does not match"),
      0,
      2, ngx_tiktok_cookie_parse, NULL,
      { { ngx_null_string,
          0, ngx_tiktok_cookie_read, NULL } } },

    { ngx_string("variable"),
      ngx_string("variable $name"),
      ngx_null_string,
      ngx_string(" grants"), ngx_string(" denies"),
      0,
      1, ngx_tiktok_variable_parse, NULL,
      { { ngx_null_string,
          NGX_TIKTOK_SOURCE_RAW, ngx_tiktok_variable_read, NULL } } },

    { ngx_string("mirror"),
      ngx_string("mirror"),
      ngx_null_string,
      ngx_string(" grants"), ngx_string(" denies"),
      0,
      0, NULL, NULL,
      { { ngx_string("tiktok_consent"),
          0, ngx_tiktok_mirror_read, NULL } } },

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
