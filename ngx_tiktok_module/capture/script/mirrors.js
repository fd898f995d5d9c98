// Consent tools that decide in the browser alone.  mirror() copies what one of
// them says into a cookie, which nginx reads: 1, or 0 for a refusal, and the
// time.  A tool is a function of say(), to be called with true, false, or null
// where the visitor has not decided, and of the id of its marketing category,
// service or vendor.

export const mirror = (tool, id, changed) => {
    const until = (found, work) => {
        const timer = setInterval(() => {
            try {
                const api = found();

                if (api) {
                    clearInterval(timer);
                    work(api);
                }
            } catch (e) {
            }
        }, 250);
    };

    const say = granted => {
        const now = granted == null ? '' : granted ? '1' : '0';
        const [, had = ''] = /(?:^|; )tiktok_consent=(.)/.exec(document.cookie)
                             || [];

        if (now == had) {
            return;
        }

        document.cookie = 'tiktok_consent='
            + (now && now + '.' + Math.floor(Date.now() / 1000))
            + '; Path=/; SameSite=Lax; Max-Age=' + (now ? 31536000 : 0)
            + (location.protocol == 'https:' ? '; Secure' : '');

        changed();
    };

    tool(say, id, until);
};

// its answer comes when the visitor has chosen, now or before

export const axeptio = (say, id = 'tiktok') => {
    (window._axcb = window._axcb || []).push(sdk => {
        sdk.on('cookies:complete', choices => say(!!choices[id]));
    });
};

export const cookieconsent = (say, id = 'marketing', until) => {
    const read = () => say(CookieConsent.validConsent()
                           ? CookieConsent.acceptedCategory(id) : null);

    addEventListener('cc:onConsent', read);
    addEventListener('cc:onChange', read);
    until(() => window.CookieConsent && CookieConsent.validConsent, read);
};

// Google's consent mode, as many other tools speak it: an update is a choice,
// a default is none

export const gcm = (say, id = 'dataLayer', until) => {
    const read = entry => {
        const [command, action, {ad_storage, ad_user_data} = {}] = entry;

        if (command == 'consent' && action == 'update' && ad_storage) {
            say(ad_storage == 'granted' && ad_user_data != 'denied');
        }
    };

    const safely = entry => {
        try {
            read(entry);
        } catch (e) {
        }
    };

    until(() => window[id], layer => {
        const {push} = layer;

        layer.forEach(safely);

        layer.push = (...entries) => {
            entries.forEach(safely);
            return push.apply(layer, entries);
        };
    });
};

export const klaro = (say, id = 'tiktok', until) => {
    const read = manager => say(manager.confirmed ? !!manager.getConsent(id)
                                                  : null);

    until(() => window.klaro && window.klaro.getManager(), manager => {
        manager.watch({update: () => read(manager)});
        read(manager);
    });
};

export const osano = (say, id = 'MARKETING', until) => {
    const read = () => say(Osano.cm.getConsent()[id] == 'ACCEPT');

    until(() => window.Osano && Osano.cm && Osano.cm.getConsent(), () => {
        Osano.cm.addEventListener('osano-cm-consent-saved', read);
        read();
    });
};

export const shopify = (say, id = 'marketing', until) => {
    const read = () => {
        const choice = Shopify.customerPrivacy.currentVisitorConsent()[id];

        say(choice ? choice == 'yes' : null);
    };

    document.addEventListener('visitorConsentCollected', read);

    until(() => window.Shopify && (Shopify.customerPrivacy
            || Shopify.loadFeatures([{name: 'consent-tracking-api',
                                      version: '0.1'}], () => {})), read);
};

export const termly = (say, id = 'advertising', until) => {
    const read = () => say(Termly.getConsentState()[id]);

    until(() => window.Termly && Termly.on && Termly.getConsentState(), () => {
        Termly.on('consent', read);
        read();
    });
};

export const usercentrics = (say, id = 'marketing', until) => {
    const read = async () => {
        if (window.__ucCmp) {
            const {consent, categories, services} =
                await __ucCmp.getConsentDetails();
            const category = categories[id];
            const service = (services || {})[id];

            say(consent.type != 'EXPLICIT' ? null
                : category ? category.state == 'ALL_ACCEPTED'
                : !!(service && service.consent.given));
            return;
        }

        const services = UC_UI.getServicesBaseInfo();
        const mine = services.filter(({id: own, name, categorySlug}) =>
            [own, name, categorySlug].includes(id));
        const chosen = services.some(({consent}) => consent.history.some(
            ({type}) => type.toLowerCase() == 'explicit'));

        say(chosen ? !!mine[0] && mine.every(({consent}) => consent.status)
                   : null);
    };

    const safely = () => read().catch(() => {});

    addEventListener('UC_UI_INITIALIZED', safely);
    addEventListener('UC_UI_CMP_EVENT', safely);

    until(() => window.__ucCmp || window.UC_UI && UC_UI.isInitialized(),
          safely);
};
