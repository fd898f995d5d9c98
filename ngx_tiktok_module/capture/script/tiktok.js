// The browser script.  nginx calls this function, in the page, with what its
// configuration says: the pixel, the address of the beacon, that of TikTok's
// script or nothing, the name of the data layer or nothing, names (TikTok's for
// GA4's; 0 for an event that a rule of nginx's tells), cookies (those that hold
// the consent) and parts (names of events, and functions, that tell of a change
// of it).
//
// Whatever happens in the page becomes an event in emit(), and goes two ways
// from there: send() to the beacon, fire() to TikTok's script.  Both are shut
// until a beacon's answer says "granted".  The rest of the file is where
// events come from: the page itself, its data layer, its structured data, and
// a ttq that somebody else has put there.

export const tiktok = (pixel, beacon, sdk, layer, names, cookies, ...parts) => {
    const win = window;
    const doc = document;
    const mark = Symbol.for('tiktok');

    if (win[mark]) {
        return;
    }

    win[mark] = 1;

    const ROOM = 50;            // events that wait for a verdict
    const TRIES = 5;
    const ITEMS = 100;
    const TWINS = 5000;         // ms in which two sources tell of one event

    const METHODS = ('page track identify on off once ready enableCookie '
        + 'disableCookie holdConsent revokeConsent grantConsent').split(' ');

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
        } catch {
        }
    };

    const soon = work => Promise.resolve().then(safe(work));

    // capturing: at the window this hears what is told to the document, too

    const listen = (target, name, work) =>
        target.addEventListener(name, safe(work), true);

    const list = value => [].concat(value || []);

    // work(args, real) in the place of a function of somebody else's

    const hook = (object, name, work) => {
        const real = object[name];

        if (real && !met.has(real)) {
            object[name] = (...args) => work(args, real.bind(object));
            met.add(object[name]);
        }
    };

    // as it is now: the page goes on with its objects

    const copy = value => JSON.parse(JSON.stringify(value));


    // consent.  The verdict is the server's

    let open;           // events may go to the beacon
    let sure;           // this page has asked itself: to the pixel, too
    let asked = 0;      // answers to what was sent before that come too late
    let seen;           // the consent cookies then
    let waiting = [];

    const keep = safe(granted => {
        if (granted) {
            sessionStorage.tiktok_consent = 1;

        } else {
            delete sessionStorage.tiktok_consent;
        }
    });

    const jar = () => doc.cookie.split('; ').filter(
        pair => cookies.test(pair)).join();

    const check = tries => {
        seen = jar();
        send({done: 1}, tries);
    };

    // the several signals of one change are one check

    const changed = () =>
        setTimeout(safe(() => jar() == seen || check()), 100);

    const verdict = (granted, limited) => {
        if (granted && sure) {
            return;
        }

        open = sure = granted;
        keep(granted);
        gate(granted, limited);

        if (granted) {
            waiting.splice(0).forEach(event => send(event));
        }
    };


    // what happens, and when the ways are open

    const recent = {};

    // what we have met: ids of events, and what is ours or has been looked at
    const met = new Set();

    let paged;          // the page's own ttq does the page views
    let here;
    let {referrer} = doc;

    const emit = (source, name, properties, id, done) => {
        const now = Date.now();
        const last = recent[name];
        const order = properties.order_id;

        if (names[name] === 0) {
            return id;
        }

        if (last && now - last.now < TWINS && !last.sources.includes(source)
            && (!id || id == last.id))
        {
            last.sources += source;
            return last.id;
        }

        id = '' + (id || (order
            ? 'order.' + order
            : now + '' + Math.random()));

        recent[name] = {id, now, sources: source};
        met.add(id);

        dispatch({order, done, body: copy({
            event: name,
            event_id: id,
            page: {url: location.href, referrer},
            properties,
        })});

        return id;
    };

    const dispatch = (event, tries) => {
        if (open) {
            send(event, tries);

        } else if (!waiting[ROOM - 1]) {
            waiting.push(event);
        }
    };


    // one way: the beacon.  An event without a body is a consent check

    const send = (event, tries = 0) => {
        const {body} = event;
        const turn = body ? asked : ++asked;

        const again = seconds => tries < TRIES && setTimeout(safe(() => {
            if (body) {
                dispatch(event, tries + 1);

            } else if (turn == asked) {
                check(tries + 1);
            }
        }), 1000 * (seconds || 2 ** tries));

        // of an order, the answer tells whether it came before

        if (!event.order) {
            fire(event);
        }

        // what is too large to outlive the page has to be sent within it

        fetch(beacon, {
            method: 'POST',
            credentials: 'include',
            keepalive: !tries,
            body: body && JSON.stringify({
                ...body,
                user: {...known, ttclid: click},
                foreign,
            }),

        }).then(safe(answer => {
            const header = name => answer.headers.get(name);
            const consent = header('X-Tiktok-Consent');
            const granted = consent == 'granted';

            if (consent && turn == asked) {
                verdict(granted, header('X-Tiktok-Limited') == 1);
            }

            if (answer.status > 428) {
                again(+header('Retry-After'));

            } else if (body && consent && !granted) {
                dispatch(event);
                return;
            }

            if (header('X-Tiktok-Result') != 'repeated') {
                fire(event);
            }

        }), () => {
            again();
            fire(event);
        });

        if (body) {
            foreign = 0;
        }
    };


    // what no event takes along: who the visitor is, and a count

    const flush = () => open && send({done: 1, body: {}});


    // the other way: TikTok's script, loaded by us or by the page

    let mine;           // we have loaded it
    let shared;         // the page wants it for the same pixel, too
    let foreign = 0;    // calls for other pixels, which nginx has to count

    const codes = () => safe(() => Object.keys(win.ttq._i))() || [];

    const others = () => codes().filter(code => code != pixel);

    const theirs = safe(() => !mine && win.ttq.track
                              && (!codes()[0] || codes().includes(pixel)));

    const tell = safe((name, ...args) => {
        const ttq = others()[0] ? win.ttq.instance(pixel) : win.ttq;

        ttq[name](...args);
    });

    const gate = safe((granted, limited_data_use) => {
        if (mine) {
            tell(granted ? 'grantConsent' : 'revokeConsent');

        } else if (granted && sdk && !theirs()) {
            mine = 1;
            load({historyObserver: false, limited_data_use});
        }
    });

    const fire = event => {
        if (!sure || !sdk || event.done) {
            return;
        }

        const {event: name, properties, event_id} = event.body;

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

        if (ttq.push && !ttq.load) {
            Object.assign(ttq, {
                _i: {},
                _t: {},
                _o: {},
                methods: METHODS,
                instance: code => defer(ttq._i[code]),

                setAndDefer: (queue, name) => {
                    queue[name] = (...args) => {
                        queue.push([name, ...args]);
                    };
                },
            });

            defer(ttq);

            // a base code that comes later must not load it again

            Object.defineProperty(ttq, 'load', {get: () => insert, set() {}});

            win.TiktokAnalyticsObject = 'ttq';
            win.ttq = ttq;
        }

        ttq.load(pixel, options);
    };

    const insert = (code, options = {}) => {
        const {ttq} = win;
        const script = doc.createElement('script');
        let src = sdk + '?sdkid=' + code + '&lib=ttq';

        if (codes().includes(code)) {
            shared = 1;
            return;
        }

        ttq._i[code] = Object.assign([], {_u: sdk});
        ttq._t[code] = Date.now();
        ttq._o[code] = options;

        script.nonce = nonce;

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

    const know = safe(data => Object.assign(known, copy(data)));

    const identity = () => {
        const to = {};

        met.add(to);

        ['email', 'phone_number', 'external_id'].forEach(base => {
            [base, 'sha256_' + base].forEach(name => {
                [to[name]] = list(known[name] || known[name + '_address']);
            });
        });

        return to;
    };

    // the last click of this visit, where the browser still knows it.  Shops
    // clean the address of a landing page before we come

    const click = safe(() => decodeURIComponent(
        /^.*[?&]ttclid=([^&#\s]+)/.exec([
            ...(win.navigation ? navigation.entries() : []),
            ...performance.getEntriesByType('navigation'),
        ].map(({url, name}) => url || name).join(' '))[1]))();


    // a ttq of the page's own.  Its calls get the event_id that the beacon gets

    // what to call instead, or nothing

    const calls = (name, args, code) => {
        const [event, properties, given] = args;
        const options = given || {};
        const rest = code ? [] : others();
        const to = code || options.pixel_code;
        const ours = to ? to == pixel : !rest[0] || shared || theirs();

        // of our own

        if (met.has(event) || met.has('' + options.event_id)) {
            return args;
        }

        if (name == 'identify') {
            know(ours && event);
            return (sure || !mine) && args;
        }

        if (ours && name == 'track') {
            args = [event, properties, {
                ...options,
                event_id: emit('ttq', event, properties || {},
                               options.event_id, !mine),
            }];

        } else if (ours && !mine) {
            paged = 1;
            waiting = waiting.filter(event => event.body.event != 'Pageview');
        }

        if (!mine || to && !ours) {
            foreign += !ours;
            return args;
        }

        // what it means for other pixels must not reach ours, without an id

        rest.forEach(code => win.ttq.instance(code)[name](...args));
    };

    const wrap = safe((ttq, code) => {
        const watched = METHODS.slice(0, 3);

        watched.forEach(name => hook(ttq, name, (args, real) => {
            safe(() => {
                args = calls(name, args, code);
            })();

            return args && real(...args);
        }));

        hook(ttq, 'instance', (args, real) => {
            const one = real(...args);

            wrap(one, args[0]);
            return one;
        });

        // what waits for TikTok's script

        list(ttq).forEach(safe(call => {
            if (watched.includes(call[0]) && !met.has(call)) {
                met.add(call);
                call.splice(1, 9, ...calls(call[0], call.slice(1), code));
            }
        }));
    });


    // the data layer

    let kept;

    // a decimal comma is understood

    const number = value => {
        const text = ('' + value).trim().replace(/^(\d+),(\d\d?)$/, '$1.$2');

        return text && isFinite(text) ? +text : undefined;
    };

    const happened = (source, name, params) => {
        const {value, currency, transaction_id: order, search_term} = params;
        const event = names[name];
        const items = list(params.items).slice(0, ITEMS);
        let coin = currency;
        let sum;

        if (typeof event != 'string') {
            return;
        }

        const contents = items.map(item => {
            const about = name => item['item_' + name] || item[name];
            const price = number(item.price);
            const quantity = number(item.quantity) || 1;

            sum = (sum || 0) + price * quantity;
            coin = coin || item.currency;

            return {
                content_id: about('id'),
                content_name: about('name'),
                content_category: about('category'),
                brand: about('brand'),
                price,
                quantity,
            };
        });

        emit(source, event, {
            content_type: contents[0] && 'product',
            contents: contents[0] && contents,
            value: number(value == null ? sum && sum.toFixed(2) : value),
            currency: coin && ('' + coin).toUpperCase(),
            order_id: order && '' + order,
            search_string: search_term,
            query: search_term,
        }, !order && params.event_id);
    };

    const about = ({user_data, user_id}) => know({
        external_id: user_id ? '' + user_id : undefined,
        ...user_data,
    });

    const pushed = entry => {
        const {event, event_id} = entry;
        const shop = entry.ecommerce || {};

        if (entry[0]) {
            const [command, name, params = {}] = entry;

            // gtag()

            about(params);

            if (command == 'event') {
                happened('gtag', name, params);

            } else {
                about({[name]: params});
                about(name);
            }

            return;
        }

        about(entry);

        const old = Object.keys(OLD).find(key => shop[key]);

        if (old) {
            const {products, actionField: field = {}} = shop[old];

            if (!(field.step > 1)) {
                happened('old', OLD[old], {
                    items: products,
                    currency: shop.currencyCode,
                    transaction_id: field.id,
                    value: field.revenue,
                });
            }

        } else if (event) {
            happened('layer', event, {
                event_id,
                ...(entry.ecommerce || kept || entry),
            });
            kept = 0;

        } else {
            kept = entry.ecommerce;
        }
    };

    const tap = safe(() => {
        const entries = win[layer];

        if (met.has(entries)) {
            return;
        }

        entries.forEach(safe(pushed));
        met.add(entries);

        // where a tag manager answers with a call of a ttq, that comes first

        hook(entries, 'push', (more, real) => {
            soon(() => more.forEach(safe(pushed)));
            return real(...more);
        });
    });


    // structured data, for a page without a data layer

    const linked = () => {
        const found = [];

        const walk = node => {
            if (/\bProduct\b/.test(node['@type'])) {
                found.push(node);
            }

            list(node['@graph']).forEach(walk);
        };

        doc.querySelectorAll('[type="application/ld+json"]').forEach(
            safe(node => list(JSON.parse(node.textContent)).forEach(walk)));

        if (win[layer] || found[1]) {
            return;
        }

        const [{sku, mpn, name, offers}] = found;
        const [offer] = list(offers);

        happened('linked', 'view_item', {
            currency: offer.priceCurrency,
            items: [{id: sku || mpn, name, price: offer.price || offer.lowPrice}],
        });
    };


    // the page, and those that a single-page application makes of it

    const view = () => paged || emit('page', 'Pageview', {});

    const path = url => url.replace(/#(?![/!]).*/, '');

    const route = ({navigationType}) => {
        const last = here;

        here = location.href;

        if (path(here) != path(last) && navigationType != 'replace') {
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
            hook(history, navigationType + 'State', (args, real) => {
                real(...args);
                safe(route)({navigationType});
            });
        });

        listen(win, 'popstate', route);
    };


    // who was here before, and who comes later

    const look = () => {
        safe(() => wrap(win.ttq))();
        codes().forEach(code => wrap(win.ttq._i[code], code));
        tap();
    };

    // a base code runs on what it finds here; what we had loaded, we restore

    const came = () => {
        const {ttq} = win;
        const {length} = ttq;
        const had = {...ttq};

        soon(() => {
            if (mine) {
                const calls = ttq.splice(length);

                Object.assign(ttq, had);
                calls.forEach(([name, ...args]) => ttq[name](...args));
            }

            look();
        });
    };

    const begin = () => {
        here = location.href;
        view();
        routes();
        linked();
    };

    const enter = () => {
        open = safe(() => sessionStorage.tiktok_consent)();
        sure = 0;
        seen = jar();

        if (!open) {
            check();
        }
    };

    const trap = safe((name, work) => {
        let value = win[name];

        Object.defineProperty(win, name, {
            configurable: true,
            get: () => value,
            set: next => {
                value = next;
                safe(work)();
            },
        });
    });

    const start = safe(() => {
        trap('ttq', came);
        trap(layer, tap);

        enter();

        // where TikTok's script was faster, page() has been called before it

        paged = safe(() => win.ttq._i[pixel]._load)();

        listen(doc, 'load', look);
        look();

        if (doc.readyState == 'loading') {
            listen(doc, 'DOMContentLoaded', begin);

        } else {
            safe(begin)();
        }

        // back from the back-forward cache

        listen(win, 'pageshow', ({persisted}) => {
            if (persisted) {
                enter();
                view();
            }
        });

        listen(win, 'pagehide', () => foreign && flush());

        [].concat(...parts).forEach(safe(part => {
            if (part.call) {
                part(changed, know, listen, flush, safe);

            } else {
                listen(win, part, changed);
            }
        }));

        setInterval(changed, 1000);
    });

    if (doc.prerendering) {
        listen(doc, 'prerenderingchange', start);

    } else {
        start();
    }
};
