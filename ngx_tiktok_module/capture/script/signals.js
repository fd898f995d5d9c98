// How a page learns, beside the consent cookie itself, that the visitor has
// changed their mind: by preset of "tiktok_consent", names of events of window
// or document, or functions that have changed() called.  A preset that is not
// here is known by its cookie alone.

export const borlabs = ['borlabs-cookie-consent-saved'];

export const commandersact = [
    changed => window.cact && cact('consent.onUpdate', changed),
];

export const complianz = ['cmplz_status_change', 'cmplz_revoke'];

export const cookiebot = ['CookiebotOnAccept', 'CookiebotOnDecline'];

export const cookieconsent = ['cc:onConsent', 'cc:onChange'];

export const cookiefirst = ['cf_consent'];

export const cookieinformation = ['CookieInformationConsentGiven',
    'CookieInformationConsentSubmitted'];

export const cookiescript = ['CookieScriptAccept', 'CookieScriptAcceptAll',
    'CookieScriptReject'];

export const cookieyes = ['cookieyes_consent_update'];

export const didomi = [
    changed => (window.didomiEventListeners = window.didomiEventListeners
        || []).push({event: 'consent.changed', listener: changed}),
];

export const hubspot = [
    changed => (window._hsp = window._hsp || [])
        .push(['addPrivacyConsentListener', changed]),
];

export const ketch = [
    changed => window.ketch && window.ketch('on', 'consent', changed),
];

export const onetrust = ['OneTrustGroupsUpdated', 'consent.onetrust'];

export const realcookiebanner = ['RCB/OptIn/All', 'RCB/OptOut/All'];

export const tarteaucitron = ['tac.consent_updated', 'tiktok_allowed',
    'tiktok_disallowed'];

export const tcf = [
    changed => window.__tcfapi && __tcfapi('addEventListener', 2, changed),
];

export const trustarc = [
    changed => addEventListener('message', event =>
        /submit_preferences/.test(event.data) && changed()),
];

export const wp_consent = ['wp_listen_for_consent_change'];

export const zaraz = ['zarazConsentChoicesUpdated'];
