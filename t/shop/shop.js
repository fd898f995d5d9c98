// what many a shop has in its pages: a data layer for its analytics, and a
// consent banner that leaves a cookie
'use strict';

window.dataLayer = window.dataLayer || [];

function gtag() {
    dataLayer.push(arguments);
}

for (const entry of JSON.parse(document.querySelector('#layer').textContent)) {
    if (Array.isArray(entry)) {
        gtag(...entry);

    } else {
        dataLayer.push({ecommerce: null});
        dataLayer.push(entry);
    }
}

for (const form of document.querySelectorAll('form[data-item]')) {
    form.addEventListener('submit', () => {
        const item = JSON.parse(form.dataset.item);
        const quantity = +form.elements.quantity.value;
        const value = item.price * quantity;

        dataLayer.push({ecommerce: null});
        dataLayer.push({
            event: 'add_to_cart',
            ecommerce: {currency: 'EUR', value, items: [{...item, quantity}]},
        });
    });
}

const banner = document.querySelector('#banner');

const choose = answer => {
    document.cookie = `consent=${answer}; Path=/; Max-Age=31536000`;
    banner.hidden = true;
};

document.querySelector('#accept').addEventListener('click', () => choose('yes'));
document.querySelector('#deny').addEventListener('click', () => choose('no'));

document.querySelector('#privacy').addEventListener('click', () => {
    banner.hidden = false;
});

banner.hidden = /(?:^|; )consent=/.test(document.cookie);
