// a consent banner that behaves as OneTrust's does: the same cookies in the same form, the same names on the page, and
// the same event when the visitor has chosen
'use strict';
(() => {
  const YEAR = 365 * 86400;
  const ALLOW_ALL = 1, REJECT_ALL = 2, SETTINGS = 4;   // OneTrust's intType
  const OPTIONAL = ['C0002', 'C0003', 'C0004'];
  const $ = id => document.getElementById(id);

  const cookie = name => (document.cookie.split('; ').find(pair => pair.startsWith(name + '=')) || '').slice(name.length + 1);
  const write = (name, value) => { document.cookie = `${name}=${value}; Max-Age=${YEAR}; Path=/; SameSite=Lax`; };
  const encode = value => encodeURIComponent(value).replace(/%20/g, '+');
  const uuid = () => [8, 4, 4, 4, 12].map(length => Array.from({length}, () => Math.floor(Math.random() * 16).toString(16)).join('')).join('-');

  function read() {
    const groups = new URLSearchParams(cookie('OptanonConsent')).get('groups') || '';
    return new Set(groups.split(',').filter(group => group.endsWith(':1')).map(group => group.slice(0, -2)));
  }

  function save(granted, interaction) {
    const old = new URLSearchParams(cookie('OptanonConsent'));
    const gpc = navigator.globalPrivacyControl ? 1 : 0;
    const count = Number(old.get('interactionCount') || 0) + (interaction ? 1 : 0);
    const fields = {
      isGpcEnabled: gpc, datestamp: new Date().toString(), version: '202510.2.0', browserGpcFlag: gpc, isIABGlobal: false,
      hosts: '', consentId: old.get('consentId') || uuid(), interactionCount: count, isAnonUser: 1,
      landingPath: interaction ? 'NotLandingPage' : location.origin + location.pathname,
      groups: ['C0001', ...OPTIONAL].map(id => `${id}:${granted.has(id) ? 1 : 0}`).join(','),
    };
    if (interaction) Object.assign(fields, {AwaitingReconsent: false, intType: interaction, geolocation: 'DE;BE'});
    write('OptanonConsent', Object.entries(fields).map(([name, value]) => `${name}=${encode(value)}`).join('&'));
    if (interaction) write('OptanonAlertBoxClosed', new Date().toISOString());
    tell();
  }

  // what other scripts of the page look at and listen to
  function tell() {
    const groups = [...read()];
    window.OnetrustActiveGroups = ',' + groups.join(',') + ',';
    window.dispatchEvent(new CustomEvent('OneTrustGroupsUpdated', {detail: groups}));
  }

  function choose(granted, interaction) {
    $('onetrust-banner-sdk').hidden = true;
    save(new Set(['C0001', ...granted]), interaction);
  }

  function settings() {
    const granted = read();
    for (const id of OPTIONAL) $('onetrust-pc-sdk').querySelector(`[name=${id}]`).checked = granted.has(id);
    $('onetrust-pc-sdk').returnValue = '';
    $('onetrust-pc-sdk').showModal();
  }

  $('onetrust-accept-btn-handler').onclick = () => choose(OPTIONAL, ALLOW_ALL);
  $('onetrust-reject-all-handler').onclick = () => choose([], REJECT_ALL);
  $('onetrust-pc-btn-handler').onclick = settings;
  for (const button of document.querySelectorAll('.ot-sdk-show-settings')) button.onclick = settings;
  $('onetrust-pc-sdk').onclose = () => {
    if ($('onetrust-pc-sdk').returnValue !== 'save') return;
    choose(OPTIONAL.filter(id => $('onetrust-pc-sdk').querySelector(`[name=${id}]`).checked), SETTINGS);
  };

  // the cookie is there before any choice, with what is on by default
  if (!cookie('OptanonConsent')) save(new Set(['C0001']), 0);
  else tell();
  $('onetrust-banner-sdk').hidden = !!cookie('OptanonAlertBoxClosed');
})();
