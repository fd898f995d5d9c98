// tells nginx what happens in the shop. for as long as the module does not put a script of its own into the page, the
// shop calls the beacon itself; everything in this file is what that script will then do without the shop's help
'use strict';
(() => {
  const BEACON = '/_t/e';
  const CLICK_DAYS = 30;
  let unsent = [];

  function id() {
    return 'ev.' + Array.from(crypto.getRandomValues(new Uint8Array(8)), byte => byte.toString(16).padStart(2, '0')).join('');
  }

  // whether anything goes on to TikTok is decided in nginx, by the consent cookie. what was held back is kept on this
  // page, in case that the visitor agrees
  async function send(event) {
    const answer = await fetch(BEACON, {method: 'POST', body: JSON.stringify(event), keepalive: true}).catch(() => null);
    if (!answer) return;
    const granted = answer.headers.get('X-Tiktok-Consent') === 'granted';
    if (!granted) unsent.push(event);
    keepClick(granted);
  }

  // the click id stands in the address of the landing page only. later pages find it in a cookie, which needs consent
  function keepClick(granted) {
    const click = new URLSearchParams(location.search).get('ttclid');
    if (granted && click) document.cookie = `ttclid=${encodeURIComponent(click)}; Max-Age=${CLICK_DAYS * 86400}; Path=/; SameSite=Lax`;
    if (!granted) document.cookie = 'ttclid=; Max-Age=0; Path=/';
  }

  function happened(event) {
    const page = {url: location.href};
    if (document.referrer) page.referrer = document.referrer;
    send({event_id: id(), ...event, page});
  }

  addEventListener('OneTrustGroupsUpdated', choice => {
    if (!choice.detail.includes('C0004')) keepClick(false);
    const again = unsent;
    unsent = [];
    again.forEach(send);
  });

  const onPage = document.getElementById('shop-event');
  if (onPage) happened(JSON.parse(onPage.textContent));

  for (const form of document.querySelectorAll('form[data-event]')) {
    form.addEventListener('submit', () => happened(JSON.parse(form.dataset.event)));
  }
})();
