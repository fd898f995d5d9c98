// The browser script.  nginx calls this function, in the page, with what its
// configuration says: pixel, beacon, sdk (the address of TikTok's script, or
// nothing), layer (the name of the data layer), names (TikTok's for GA4's),
// cookies (those that hold the consent) and parts (names of events, and
// functions, that tell of a change of it).
//
// Whatever happens in the page becomes an event in emit(), and goes two ways
// from there: send() to the beacon, pixel() to TikTok's script.  Both are shut
// until a beacon's answer says "granted".  The rest of the file is where
// events come from: the page itself, its data layer, its structured data, and
// a ttq that somebody else has put there.

export const tiktok = config => {
    const win = window;
    const doc = document;
    const mark = Symbol.for('tiktok_script');

    if (win[mark]) {
        return;
    }

    win[mark] = 1;

    const KEY = 'tiktok_consent';
    const ROOM = 50;            // events that wait for a verdict
    const TRIES = 5;
    const ITEMS = 100;
    const TWINS = 2000;         // ms in which two sources tell of one event

    const METHODS = ('page track identify instances debug on off once ready '
        + 'alias group enableCookie disableCookie holdConsent revokeConsent '
        + 'grantConsent').split(' ');

    // GA4's names for what enhanced e-commerce had before
    const OLD = {
        detail: 'view_item',
        add: 'add_to_cart',
        checkout: 'begin_checkout',
        purchase: 'purchase',
    };

    const {nonce} = doc.currentScript || {};


    // nothing of ours may become an error of the page's

    const safe = work => (...args) => {
        try {
            return work(...args);
        } catch (e) {
        }
    };

    const soon = work => Promise.resolve().then(safe(work));

    const listen = (target, name, work, capture) =>
        target.addEventListener(name, safe(work), capture);

    const list = value => [].concat(value || []);


    // consent.  The verdict is the server's

    let open;           // events may go to the beacon
    let sure;           // this page has asked itself: to the pixel, too
    let asked = 0;      // answers to what was sent before that come too late
    let seen;           // the consent cookies then
    let timer;
    let waiting = [];

    const recall = safe(() => sessionStorage[KEY]);

    const keep = safe(granted => {
        if (!granted) {
            delete sessionStorage[KEY];

        } else if (!recall()) {
            sessionStorage[KEY] = '{}';
        }
    });

    const jar = wanted => doc.cookie.split('; ').filter(
        pair => wanted.some(name => pair.startsWith(name))).join();

    const check = tries => {
        seen = jar(config.cookies);
        send(0, tries);
    };

    // the several signals of one change are one check

    const changed = () => {
        clearTimeout(timer);
        timer = setTimeout(safe(() => {
            if (jar(config.cookies) != seen) {
                check();
            }
        }), 100);
    };

    const verdict = (granted, limited) => {
        if (granted && sure) {
            return;
        }

        open = sure = granted;
        keep(granted);
        gate(granted, !!limited);

        if (granted) {
            waiting.splice(0).forEach(event => send(event));
        }
    };


    // what happens, and when the ways are open

    const recent = new Map();
    const ids = new Set();

    let paged;          // the page's own ttq does the page views
    let here;
    let referrer = doc.referrer;

    const emit = (source, name, properties = {}, id, done) => {
        const now = Date.now();
        const last = recent.get(name);
        const order = /^(Purchase|CompletePayment)$/.test(name)
                      && properties.order_id;

        if (last && now - last.now < TWINS && !last.sources.includes(source)
            && (!id || id == last.id))
        {
            last.sources.push(source);
            return last.id;
        }

        id = '' + (id || (order
            ? 'order.' + order
            : now.toString(36) + Math.random().toString(36).slice(2)));

        recent.set(name, {id, now, sources: [source]});
        ids.add(id);

        // as it is now: the page goes on with its objects

        dispatch({order, done, body: JSON.parse(JSON.stringify({
            event: name,
            event_id: id,
            page: {url: location.href, referrer: referrer || undefined},
            properties,
        }))});

        return id;
    };

    const dispatch = (event, tries) => {
        if (open) {
            send(event, tries);

        } else if (waiting.length < ROOM) {
            waiting.push(event);
        }
    };


    // one way: the beacon.  An empty one is a consent check

    const send = (event, tries = 0) => {
        const turn = event ? asked : ++asked;

        const again = seconds => tries < TRIES && setTimeout(safe(() => {
            if (event) {
                dispatch(event, tries + 1);

            } else if (turn == asked) {
                check(tries + 1);
            }
        }), 1000 * (seconds || 2 ** tries));

        // of an order, the answer tells whether it came before

        if (event && !event.order) {
            fire(event);
        }

        fetch(config.beacon, {
            method: 'POST',
            credentials: 'include',
            keepalive: true,
            body: event ? JSON.stringify({...event.body, user: person()})
                        : undefined,

        }).then(safe(answer => {
            const header = name => answer.headers.get(name);
            const consent = header('X-Tiktok-Consent');
            const granted = consent == 'granted';

            if (consent && turn == asked) {
                verdict(granted, header('X-Tiktok-Limited'));
            }

            if (answer.status > 428) {
                again(+header('Retry-After'));

            } else if (event && consent && !granted) {
                dispatch(event);
            }

            if (event && header('X-Tiktok-Result') != 'repeated') {
                fire(event);
            }

        }), () => {
            again();

            if (event) {
                fire(event);
            }
        });
    };


    // the other way: TikTok's script, loaded by us or by the page

    let mine;           // we have loaded it
    let shared;         // the page wants it for the same pixel, too

    const codes = () => Object.keys((win.ttq || {})._i || {});

    const others = () => codes().filter(code => code != config.pixel);

    const theirs = () => !mine && win.ttq && win.ttq.track
                         && (!codes()[0] || codes().includes(config.pixel));

    const tell = safe((name, ...args) => {
        const ttq = others()[0] ? win.ttq.instance(config.pixel) : win.ttq;

        if (ttq[name]) {
            ttq[name](...args);

        } else {
            ttq.push([name, ...args]);
        }
    });

    const gate = safe((granted, limited_data_use) => {
        if (mine) {
            tell(granted ? 'grantConsent' : 'revokeConsent');

        } else if (granted && config.sdk && !theirs()) {
            mine = true;
            load({historyObserver: false, limited_data_use});
        }
    });

    const fire = event => {
        const {event: name, properties, event_id} = event.body;

        if (!sure || !config.sdk || event.done) {
            return;
        }

        event.done = 1;

        if (mine && Object.keys(known)[0]) {
            tell('identify', identity());
        }

        tell('track', name, properties, {event_id});
    };

    const load = options => {
        const ttq = win.ttq || [];

        const defer = queue => {
            METHODS.forEach(name => ttq.setAndDefer(queue, name));
            return queue;
        };

        if (!ttq.load) {
            ttq.methods = METHODS;

            ttq.setAndDefer = (queue, name) => {
                queue[name] = (...args) => {
                    queue.push([name, ...args]);
                };
            };

            defer(ttq);
            ttq.instance = code => defer(ttq._i[code]);

            // a base code that comes later must not load it again

            Object.defineProperty(ttq, 'load', {get: () => insert, set() {}});

            win.TiktokAnalyticsObject = 'ttq';
            win.ttq = ttq;
        }

        ttq.load(config.pixel, options);
        look();
    };

    const insert = (code, options = {}) => {
        const ttq = win.ttq;
        const script = doc.createElement('script');
        let src = config.sdk + '?sdkid=' + code + '&lib=ttq';

        if (codes().includes(code)) {
            shared = 1;
            return;
        }

        const queue = [];

        queue._u = config.sdk;
        ttq._i = {...ttq._i, [code]: queue};
        ttq._t = {...ttq._t, [code]: Date.now()};
        ttq._o = {...ttq._o, [code]: options};

        script.async = true;

        if (nonce) {
            script.nonce = nonce;
        }

        safe(() => {
            src = trustedTypes.createPolicy('tiktok', {
                createScriptURL: url => url,
            }).createScriptURL(src);
        })();

        script.src = src;
        doc.head.append(script);
    };


    // who the visitor is.  nginx understands more names than TikTok's script

    const known = {};

    const know = data => Object.assign(known, data);

    const identity = () => {
        const to = {};

        ids.add(to);

        ['email', 'phone_number', 'external_id', 'sha256_email',
            'sha256_phone_number'].forEach(name => {
            [to[name]] = list(known[name] || known[name + '_address']);
        });

        return to;
    };

    // the landing page of this visit, where the browser still knows it

    const click = safe(() => {
        const {navigation} = win;
        const [{name}] = performance.getEntriesByType('navigation');

        const urls = navigation ? navigation.entries()
            .slice(0, navigation.currentEntry.index + 1)
            .map(entry => entry.url) : [];

        const found = /[?&]ttclid=([^&#\s]+)/.exec(
            [...urls, name].reverse().join(' '));

        return found && decodeURIComponent(found[1]);
    })();

    const person = () => ({
        ...known,
        ttclid: jar(['ttclid=']) ? undefined : click,
    });


    // a ttq of the page's own.  Its calls get the event_id that the beacon gets

    const WATCHED = /^(track|page|identify)$/;

    // what to call instead, or nothing

    const calls = (name, args, code) => {
        const [event, properties, options = {}] = args;
        const rest = code ? [] : others();
        const to = code || options.pixel_code;
        const ours = to ? to == config.pixel
                        : !rest[0] || shared || theirs();

        // of our own

        if (ids.has(event) || ids.has('' + options.event_id)) {
            return args;
        }

        if (name == 'identify') {
            know(ours && event);
            return (sure || !mine) && args;
        }

        if (!ours) {
            // another pixel's

        } else if (name == 'track') {
            args = [event, properties, {
                ...options,
                event_id: emit('ttq', event, properties, options.event_id,
                               !mine),
            }];

        } else if (!mine) {
            paged = 1;
            waiting = waiting.filter(wait => wait.body.event != 'Pageview');
        }

        if (!mine || to && !ours) {
            return args;
        }

        // what it means for other pixels must not reach ours, without an id

        rest.forEach(code => win.ttq.instance(code)[name](...args));
    };

    const wrap = (ttq, code) => {
        [...METHODS.slice(0, 3), 'instance'].forEach(name => {
            const real = ttq[name];

            if (!real || real[mark]) {
                return;
            }

            ttq[name] = (...args) => {
                if (name == 'instance') {
                    return wrap(real.apply(ttq, args), args[0]);
                }

                try {
                    args = calls(name, args, code);
                } catch (e) {
                }

                return args && real.apply(ttq, args);
            };

            ttq[name][mark] = 1;
        });

        // what waits for TikTok's script

        list(ttq).forEach(safe(call => {
            const [name, ...args] = call;

            if (WATCHED.test(name) && !call[mark]) {
                call[mark] = 1;
                call.splice(1, 9, ...calls(name, args, code));
            }
        }));

        return ttq;
    };


    // the data layer

    let kept;

    // a decimal comma is understood

    const number = value => {
        const text = ('' + value).trim().replace(/^(\d+),(\d\d?)$/, '$1.$2');

        return value == null || !text || isNaN(text) ? undefined : +text;
    };

    const happened = (source, name, params) => {
        const {value, currency, transaction_id: order, search_term} = params;
        const event = config.names[name];
        const items = list(params.items).slice(0, ITEMS);

        if (typeof event != 'string') {
            return;
        }

        const contents = items.map(item => ({
            content_id: item.item_id || item.id,
            content_name: item.item_name || item.name,
            content_category: item.item_category || item.category,
            brand: item.item_brand || item.brand,
            price: number(item.price),
            quantity: number(item.quantity) || 1,
        }));

        const sum = contents.reduce(
            (sum, item) => sum + item.price * item.quantity, 0);

        const coin = currency || (items[0] || {}).currency;

        emit(source, event, {
            content_type: contents[0] && 'product',
            contents: contents[0] && contents,
            value: number(value == null ? contents[0] && sum.toFixed(2)
                                        : value),
            currency: coin && coin.toUpperCase(),
            order_id: order && '' + order,
            search_string: search_term,
            query: search_term,
        });
    };

    const about = ({user_data, user_id}) => {
        know(user_data);

        if (user_id) {
            know({external_id: '' + user_id});
        }
    };

    const pushed = entry => {
        const {ecommerce, event} = entry;

        if (entry[0]) {
            const [command, name, params = {}] = entry;

            // gtag()

            about(params);

            if (command == 'event') {
                happened('gtag', name, params);

            } else if (name == 'user_data') {
                know(params);

            } else {
                about(name);
            }

            return;
        }

        about(entry);
        about(ecommerce || {});

        const old = Object.keys(OLD).find(key => ecommerce && ecommerce[key]);

        if (old) {
            const {products, actionField: field = {}} = ecommerce[old];

            if (!(field.step > 1)) {
                happened('old', OLD[old], {
                    items: products,
                    currency: ecommerce.currencyCode,
                    transaction_id: field.id,
                    value: field.revenue,
                });
            }

        } else if (event) {
            happened('layer', event, ecommerce || kept || entry);
            kept = 0;

        } else {
            kept = ecommerce;
        }
    };

    const tap = () => {
        const entries = win[config.layer];

        if (!entries || entries[mark]) {
            return;
        }

        const {push} = entries;

        entries[mark] = 1;
        entries.forEach(safe(pushed));

        // where a tag manager answers with a call of a ttq, that comes first

        entries.push = (...more) => {
            soon(() => more.forEach(safe(pushed)));
            return push.apply(entries, more);
        };
    };


    // structured data, for a page without a data layer

    const linked = () => {
        const found = [];

        const walk = node => {
            if (/(^|[/,])Product(,|$)/.test(node['@type'])) {
                found.push(node);
            }

            list(node['@graph']).forEach(walk);
        };

        doc.querySelectorAll('[type="application/ld+json"]').forEach(
            safe(node => list(JSON.parse(node.textContent)).forEach(walk)));

        if (win[config.layer] || found[1]) {
            return;
        }

        const [{sku, mpn, name, offers}] = found;
        const [{price, lowPrice, priceCurrency: currency}] = list(offers);

        happened('linked', 'view_item', {
            currency,
            items: [{id: sku || mpn, name, price: price || lowPrice}],
        });
    };


    // the page, and those that a single-page application makes of it

    const view = () => paged || emit('page', 'Pageview');

    const path = url => url.replace(/#(?![/!]).*/, '');

    const route = event => {
        const last = here;

        here = location.href;

        if (path(here) != path(last) && event.navigationType != 'replace') {
            referrer = last;
            view();
        }
    };

    const routes = () => {
        const {navigation, history} = win;

        if (navigation) {
            listen(navigation, 'currententrychange', route);
            return;
        }

        ['push', 'replace'].forEach(navigationType => {
            const name = navigationType + 'State';
            const real = history[name];

            history[name] = (...args) => {
                real.apply(history, args);
                safe(route)({navigationType});
            };
        });

        listen(win, 'popstate', route);
    };


    // who was here before, and who comes later

    const look = () => {
        const {ttq} = win;

        if (ttq) {
            wrap(ttq);
            codes().forEach(code => wrap(ttq._i[code], code));
        }

        tap();
    };

    // a base code runs on what it finds here; what we had loaded, we restore

    const came = same => {
        const {ttq} = win;
        const {length} = ttq;
        const had = METHODS.map(name => ttq[name]);

        soon(() => {
            if (mine && same) {
                METHODS.forEach((name, i) => {
                    ttq[name] = had[i];
                });

                ttq.splice(length).forEach(
                    ([name, ...args]) => ttq[name](...args));
            }

            look();
        });
    };

    const stage = () => {
        look();

        if (!here && doc.readyState != 'loading') {
            here = location.href;
            view();
            routes();
        }

        if (doc.readyState == 'complete') {
            linked();
        }
    };

    const enter = () => {
        open = recall();
        sure = false;
        seen = jar(config.cookies);

        if (!open) {
            check();
        }
    };

    const trap = (name, work) => {
        let value = win[name];

        safe(Object.defineProperty)(win, name, {
            configurable: true,
            get: () => value,
            set: next => {
                const same = next == value;

                value = next;
                safe(work)(same);
            },
        });
    };

    const start = () => {
        trap('ttq', came);
        trap(config.layer, tap);

        enter();

        // where TikTok's script was faster, page() has been called before it

        paged = safe(() => theirs() && win.ttq._i[config.pixel]._load)();

        listen(doc, 'load', look, true);
        listen(doc, 'readystatechange', stage);
        safe(stage)();

        // back from the back-forward cache

        listen(win, 'pageshow', event => {
            if (event.persisted) {
                enter();
                view();
            }
        });

        config.parts.forEach(safe(part => {
            if (part.call) {
                part(changed, know);
                return;
            }

            listen(win, part, changed);
            listen(doc, part, changed);
        }));

        if (win.cookieStore) {
            listen(cookieStore, 'change', changed);

        } else {
            setInterval(safe(changed), 1000);
        }
    };

    if (doc.prerendering) {
        listen(doc, 'prerenderingchange', start);

    } else {
        safe(start)();
    }
};
