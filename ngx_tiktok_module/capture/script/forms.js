// E-mail and phone as typed into the forms of the page, for the events that
// follow.  With consent their hashes, and only these, are kept for the next
// page of the visit: the order is often confirmed there.

export const forms = (changed, know, listen) => {
    const storage = sessionStorage;

    // without consent there is no store, and the promise fails

    const keep = async (name, text) => {
        const bytes = await crypto.subtle.digest('SHA-256',
            new TextEncoder().encode(text));
        const data = JSON.parse(storage.tiktok_consent);

        data['sha256_' + name] = [...new Uint8Array(bytes)].map(
            byte => (byte + 256).toString(16).slice(1)).join('');

        storage.tiktok_consent = JSON.stringify(data);
    };

    // hashed as the module does; of a national number only nginx knows how

    const found = (name, value, canonical) => {
        know({[name]: value});

        if (canonical) {
            keep(name, canonical).catch(() => {});
        }
    };

    listen(document, 'change', ({target}) => {
        const {type, name, id, autocomplete, value} = target;
        const what = [type, name, id, autocomplete].join(' ');
        const email = value.trim();
        const digits = value.replace(/^\s*00|\(0\)|\D/g, '');

        if (!/^(text|email|tel)$/.test(type)) {
            return;
        }

        if (/e-?mail/i.test(what)) {
            if (/^\S+@\S+$/.test(email)) {
                found('email', email, email.toLowerCase());
            }

        } else if (/\btel|phone|mobile/i.test(what) && digits[6]) {
            found('phone_number', value,
                  /^\s*(\+|00)/.test(value) && '+' + digits);
        }
    });

    know(JSON.parse(storage.tiktok_consent || '{}'));
};
