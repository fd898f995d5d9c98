// E-mail and phone as typed into the forms of the page, for the events that
// follow.  With consent their hashes, and only these, are kept for the next
// page of the visit: the order is often confirmed there.

export const forms = (changed, know) => {
    const KEY = 'tiktok_consent';

    const kept = () => JSON.parse(sessionStorage.getItem(KEY));

    const keep = async (name, text) => {
        const bytes = await crypto.subtle.digest('SHA-256',
            new TextEncoder().encode(text));
        const hex = [...new Uint8Array(bytes)].map(
            byte => byte.toString(16).padStart(2, '0')).join('');
        const data = kept();

        if (data) {
            sessionStorage.setItem(KEY, JSON.stringify({...data,
                                                        [name]: hex}));
        }
    };

    const later = (name, text) => keep(name, text).catch(() => {});

    const read = ({type, name, id, autocomplete, value}) => {
        const what = [type, name, id, autocomplete].join(' ');
        const email = value.trim();

        // as the module hashes it

        const phone = '+' + value.replace(/^\s*00/, '+').replace(/\(0\)/, '')
            .replace(/\D/g, '');

        if (/e-?mail/i.test(what)) {
            if (/^\S+@\S+$/.test(email)) {
                know({email});
                later('sha256_email', email.toLowerCase());
            }

        } else if (/\btel|phone|mobile/i.test(what) && phone.length > 7) {
            know({phone_number: value});

            if (/^\s*(\+|00)/.test(value)) {
                later('sha256_phone_number', phone);
            }
        }
    };

    document.addEventListener('change', ({target}) => {
        if (/^(text|email|tel)$/.test(target.type)) {
            read(target);
        }
    }, true);

    try {
        know(kept() || {});
    } catch (e) {
    }
};
