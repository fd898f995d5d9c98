// E-mail and phone as typed into the forms of the page, for the events that
// follow.  nginx is told at once: the order is often confirmed on another page,
// and "tiktok_identity" knows them there.

export const forms = (changed, know, listen, flush) => {
    listen(document, 'change', ({target}) => {
        const {type, name, id, autocomplete, value} = target;
        const what = [type, name, id, autocomplete].join();

        const data = !/^(text|email|tel)$/.test(type) ? 0
            : /e-?mail/i.test(what) ? /\S@\S/.test(value) && {email: value}
            : /\btel|phone|mobile/i.test(what) && /(\d\D*){7}/.test(value)
              && {phone_number: value};

        if (data) {
            know(data);
            flush();
        }
    });
};
