// Consent tools that decide in the browser alone.  mirror() copies what one of
// them says into a cookie, which nginx reads: 1, or 0 for a refusal, and the
// time.  A tool is given the id of its marketing category, service or vendor,
// and returns what to ask again and again: true, false, or null where the
// visitor has not decided, or a promise of these.  It may throw as long as
// there is no answer.

export const mirror = ask => (changed, know, listen, flush, safe) => {
    let last;

    // one answer may be of a tool that is not ready yet; two are a choice

    const say = granted => {
        const [, had = ''] = /\btiktok_consent=(.)/.exec(document.cookie) || [];
        const now = granted == null ? '' : granted ? '1' : '0';

        if (now != had && now == last) {
            document.cookie = 'tiktok_consent='
                + now + '.' + Math.floor(Date.now() / 1000)
                + ';Path=/;SameSite=Lax;Max-Age=' + (now ? 3e7 : 0)
                + (isSecureContext ? ';Secure' : '');

            changed();
        }

        last = now;
    };

    setInterval(safe(() => Promise.resolve(ask()).then(say, () => say())), 250);
};

// its answer comes when the visitor has chosen, now or before

export const axeptio = (id = 'tiktok') => {
    let chosen;

    (window._axcb = window._axcb || []).push(sdk => {
        sdk.on('cookies:complete', choices => {
            chosen = choices;
        });
    });

    return () => chosen[id];
};

export const cookieconsent = (id = 'marketing') => () =>
    CookieConsent.validConsent() ? CookieConsent.acceptedCategory(id) : null;

// Google's consent mode, as many other tools speak it: an update is a choice,
// a default is none

export const gcm = (id = 'dataLayer') => {
    let last;

    return () => {
        window[id].forEach(entry => {
            const {0: command, 1: action, 2: mode} = Object(entry);

            if (command == 'consent' && action == 'update' && mode.ad_storage) {
                last = mode;
            }
        });

        return last.ad_storage == 'granted'
               && last.ad_user_data != 'denied';
    };
};

export const klaro = (id = 'tiktok') => () => {
    const manager = window.klaro.getManager();

    return manager.confirmed ? manager.getConsent(id) : null;
};

export const osano = (id = 'MARKETING') => () =>
    Osano.cm.getConsent()[id] == 'ACCEPT';

export const shopify = (id = 'marketing') => () => {
    // it is there when it is asked again

    if (!Shopify.customerPrivacy) {
        Shopify.loadFeatures([{name: 'consent-tracking-api', version: '0.1'}],
                             Object);
    }

    const choice = Shopify.customerPrivacy.currentVisitorConsent()[id];

    return choice ? choice == 'yes' : null;
};

export const termly = (id = 'advertising') => () =>
    Termly.getConsentState()[id];

export const usercentrics = (id = 'marketing') => () =>
    __ucCmp.getConsentDetails().then(({consent, categories, services}) =>
        consent.type != 'EXPLICIT' ? null
        : categories[id] ? categories[id].state == 'ALL_ACCEPTED'
        : services[id].consent.given);

// its version 2; there is no answer before it is ready

export const usercentrics2 = (id = 'marketing') => () => {
    const services = UC_UI.isInitialized() && UC_UI.getServicesBaseInfo();

    // by its id, its name or its category

    const mine = services.filter(service =>
        Object.values(service).includes(id));

    return mine[0] && /"type":"explicit/i.test(JSON.stringify(services))
           ? mine.every(({consent}) => consent.status) : null;
};
