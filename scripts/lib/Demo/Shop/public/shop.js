// colours of a product without loading another page, and the cart's events of the data layer
'use strict';
(() => {
  const $ = selector => document.querySelector(selector);
  const CURRENCY = 'EUR';

  window.dataLayer = window.dataLayer || [];

  function tell(event, item) {
    dataLayer.push({ecommerce: null});
    dataLayer.push({event, ecommerce: {currency: CURRENCY, value: item.price * item.quantity, items: [item]}});
  }

  for (const form of document.querySelectorAll('form[data-event]')) {
    form.addEventListener('submit', () => tell(form.dataset.event, item(form)));
  }

  function item(form) { return {...JSON.parse(form.dataset.item), item_variant: form.elements.colour.value} }

  // --- colours ---

  const form = $('#add-to-cart');
  if (!form) return;

  const colours = [...document.querySelectorAll('.colours a')];
  const first = form.elements.colour.value;
  const asked = () => new URLSearchParams(location.search).get('colour') || first;

  function show(colour) {
    for (const link of colours) link.ariaCurrent = link.dataset.colour === colour ? 'true' : null;
    $('.product .stage').dataset.colour = colour;
    $('#colour').textContent = colour;
    form.elements.colour.value = colour;
    tell('view_item', item(form));
  }

  for (const link of colours) {
    link.addEventListener('click', event => {
      if (event.metaKey || event.ctrlKey || event.shiftKey) return;
      event.preventDefault();
      if (link.ariaCurrent) return;
      history.pushState(null, '', link.href);
      show(link.dataset.colour);
    });
  }
  addEventListener('popstate', () => show(asked()));
})();
