// shows what the sandbox receives. everything that came with an event is put on the page as text, never as markup
'use strict';

const MOST_CARDS = 300;
const KEYS = [['ttclid', 'ttclid'], ['ttp', 'ttp'], ['email', 'email'], ['phone', 'phone'], ['external_id', 'external id'],
  ['ip', 'IP'], ['user_agent', 'user agent']];
const MORE_KEYS = [['first_name', 'first name'], ['last_name', 'last name'], ['zip_code', 'zip'], ['city', 'city'],
  ['state', 'state'], ['country', 'country'], ['locale', 'locale']];

const DRAWING = {
  eye: 'M2 12s4-7 10-7 10 7 10 7-4 7-10 7S2 12 2 12zM12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6z',
  cart: 'M3 4h2l2.4 11h10.2L20 7H6M9 20h.01M17 20h.01',
  bag: 'M6 8h12l1 12H5L6 8zM9 8a3 3 0 0 1 6 0',
  card: 'M3 6h18v12H3zM3 10h18M7 15h3',
  search: 'M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM16 16l4.5 4.5',
  heart: 'M12 20s-8-5-8-11a4.4 4.4 0 0 1 8-2.6A4.4 4.4 0 0 1 20 9c0 6-8 11-8 11z',
  person: 'M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM4 20c1-4 4-6 8-6s7 2 8 6',
  mail: 'M3 6h18v12H3zM3 7l9 7 9-7',
  down: 'M12 4v11M7 11l5 5 5-5M4 20h16',
  pin: 'M12 21s7-6.4 7-11a7 7 0 1 0-14 0c0 4.600 7 11 7 11zM12 8a2 2 0 1 0 0 4 2 2 0 0 0 0-4z',
  page: 'M6 3h8l4 4v14H6zM14 3v4h4M9 12h6M9 16h6',
  form: 'M5 4h14v16H5zM9 9h6M9 13h6M9 17h3',
  day: 'M4 6h16v14H4zM4 10h16M8 3v4M16 3v4',
  bell: 'M6 17V11a6 6 0 0 1 12 0v6l1.500 1H4.500zM10 21h4',
  spark: 'M12 3l2.300 6.700L21 12l-6.700 2.300L12 21l-2.300-6.700L3 12l6.700-2.300z',
  stop: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM6 6l12 12',
};
const LOOK = {
  ViewContent: ['eye', 205], AddToCart: ['cart', 28], AddToWishlist: ['heart', 340], InitiateCheckout: ['bag', 48],
  AddPaymentInfo: ['card', 265], Purchase: ['bag', 150], CompletePayment: ['bag', 150], PlaceAnOrder: ['bag', 130],
  Search: ['search', 185], Pageview: ['page', 220], CompleteRegistration: ['person', 285], Contact: ['mail', 15],
  Lead: ['form', 95], SubmitForm: ['form', 95], SubmitApplication: ['form', 75], ApplicationApproval: ['form', 120],
  Subscribe: ['bell', 315], StartTrial: ['bell', 245], Download: ['down', 195], FindLocation: ['pin', 5],
  Schedule: ['day', 170], CustomizeProduct: ['spark', 300],
};

const $ = id => document.getElementById(id);
const seen = {events: 0, requests: 0, epoch: null};
const cards = [];              // newest first: {node, time, record, kind, text}
let fetching = false, latest = null;

function el(tag, properties, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties || {})) {
    if (name === 'class') node.className = value;
    else node.setAttribute(name, value);
  }
  node.append(...children.flat().filter(child => child !== null && child !== undefined && child !== false));
  return node;
}

function icon(drawing, hue) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  path.setAttribute('d', DRAWING[drawing]);
  svg.append(path);
  const box = el('div', {class: 'icon', 'aria-hidden': 'true'}, svg);
  box.style.setProperty('--hue', hue);
  return box;
}

function look(name) {
  if (Object.hasOwn(LOOK, name)) return LOOK[name];
  let hue = 0;
  for (const letter of name) hue = (hue * 31 + letter.codePointAt(0)) % 360;
  return ['spark', hue];
}

const text = value => typeof value === 'string' ? value : JSON.stringify(value);
const clock = seconds => {
  const date = new Date(seconds * 1000);
  return el('time', {datetime: date.toISOString(), title: date.toString()},
    date.toLocaleTimeString([], {hour12: false}) + '.' + String(date.getMilliseconds()).padStart(3, '0'));
};

function copyable(value, ...shown) {
  return el('code', {class: 'copy', title: value + '\nClick to copy', 'data-copy': value}, ...(shown.length ? shown : [value]));
}

function brief(value) {
  if (/^[0-9a-f]{64}$/.test(value)) return value.slice(0, 6) + '…' + value.slice(-4);
  return value.length > 34 ? value.slice(0, 30) + '…' : value;
}

function chip(label, value) {
  const values = [value].flat().map(text).filter(one => one !== '');
  if (value === undefined || !values.length) return el('span', {class: 'chip no', title: 'not sent'}, el('i', {}, label));
  const shown = brief(values[0]) + (values.length > 1 ? ' +' + (values.length - 1) : '');
  return el('button', {class: 'chip', type: 'button', title: values.join('\n') + '\nClick to copy', 'data-copy': values.join('\n')},
    el('i', {}, label), el('span', {}, shown));
}

function chips(user) {
  const known = new Set([...KEYS, ...MORE_KEYS].map(([key]) => key));
  return el('div', {class: 'chips'},
    KEYS.map(([key, label]) => chip(label, user[key])),
    MORE_KEYS.filter(([key]) => key in user).map(([key, label]) => chip(label, user[key])),
    Object.keys(user).filter(key => !known.has(key)).map(key => chip(key, user[key])));
}

function contentsTable(contents) {
  const columns = [...new Set(contents.flatMap(item => Object.keys(Object(item))))].slice(0, 12);
  const number = column => contents.every(item => !(column in Object(item)) || typeof item[column] === 'number') ? {class: 'number'} : {};
  return el('div', {class: 'grid'}, el('table', {},
    el('thead', {}, el('tr', {}, columns.map(column => el('th', number(column), column)))),
    el('tbody', {}, contents.slice(0, 50).map(item => el('tr', {}, columns.map(column =>
      el('td', number(column), column in Object(item) ? text(item[column]) : '')))))));
}

function properties(bag) {
  const rows = Object.entries(bag).filter(([key]) => key !== 'contents' && key !== 'value' && key !== 'currency');
  const contents = Array.isArray(bag.contents) && bag.contents.length ? contentsTable(bag.contents) : null;
  const table = rows.length ? el('div', {class: 'grid'}, el('table', {}, el('tbody', {}, rows.map(([key, value]) =>
    el('tr', {}, el('th', {}, key), el('td', {}, Array.isArray(value) ? value.map(text).join(', ') : text(value))))))) : null;
  return [contents, table];
}

function money(bag) {
  if (bag.value === undefined) return null;
  return el('span', {class: 'money'}, text(bag.value), el('small', {}, bag.currency === undefined ? ' no currency' : ' ' + text(bag.currency)));
}

const notes = warnings => warnings.length ? el('ul', {class: 'notes'}, warnings.map(warning => el('li', {}, warning))) : null;
const raw = (label, data) => el('details', {}, el('summary', {}, label), el('pre', {}, JSON.stringify(data, null, 2)));

function leaves(data, path = '') {
  return Object.entries(data).flatMap(([key, value]) =>
    value !== null && typeof value === 'object' && !Array.isArray(value) ? leaves(value, path + key + '.') : [path + key]);
}

function duplicateNote(record) {
  if (!record.deduplicated) return null;
  const added = record.merged ? leaves(record.merged) : null;
  return el('p', {class: 'said'}, `Same pixel, event and event_id as #${record.duplicate_of}: `,
    added === null ? 'dropped.' : added.length ? `within 5 minutes, so ${added.join(', ')} is merged into it.` : 'dropped; it brings nothing new.');
}

function eventCard(record) {
  const event = record.event, bag = event.properties || {};
  return el('li', {class: 'card' + (record.deduplicated ? ' duplicate' : '')},
    icon(...look(event.event)),
    el('div', {class: 'body'},
      el('div', {class: 'title'},
        el('strong', {}, event.event),
        money(bag),
        record.custom ? el('span', {class: 'badge', title: 'not one of the standard events'}, 'custom') : null,
        record.test_event_code ? el('span', {class: 'badge test', title: 'test_event_code'}, record.test_event_code) : null,
        event.limited_data_use ? el('span', {class: 'badge'}, 'limited data use') : null,
        record.deduplicated ? el('span', {class: 'badge dup'}, 'deduplicated') : null,
        clock(record.time)),
      el('div', {class: 'meta'},
        el('span', {}, '#' + record.id),
        el('span', {}, 'pixel ', copyable(record.pixel)),
        el('span', {}, 'event_id ', event.event_id === undefined ? 'none' : copyable(event.event_id))),
      event.page && event.page.url !== undefined ? el('div', {class: 'url', title: 'page.url'}, event.page.url) : null,
      chips(event.user || {}),
      properties(bag),
      notes(record.warnings),
      duplicateNote(record),
      el('p', {class: 'said completed', hidden: ''}),
      raw('JSON', event)));
}

function names(record) {
  const counts = new Map();
  for (const name of record.event_names || []) counts.set(name, (counts.get(name) || 0) + 1);
  return [...counts].map(([name, count]) => count > 1 ? `${name} × ${count}` : name).join(', ');
}

function requestCard(record) {
  const told = record.mode !== 'ok';
  const headline = record.code !== null ? `Code ${record.code}` : record.status !== null ? `HTTP ${record.status}` : 'No answer';
  const label = told && latest ? (latest.modes.find(mode => mode.mode === record.mode) || {}).label : null;
  return el('li', {class: 'card refused' + (told ? ' told' : '')},
    icon('stop', 350),
    el('div', {class: 'body'},
      el('div', {class: 'title'},
        el('strong', {}, headline),
        record.code !== null ? el('span', {class: 'badge'}, 'HTTP ' + record.status) : null,
        told ? el('span', {class: 'badge red'}, 'told to: ' + record.mode) : null,
        told && record.accepted ? el('span', {class: 'badge'}, 'events were taken') : null,
        record.token !== 'right' ? el('span', {class: 'badge red'}, 'token ' + record.token) : null,
        clock(record.time)),
      record.message || label ? el('p', {class: 'message'}, record.message || label) : null,
      el('div', {class: 'meta'},
        el('span', {}, `${record.events} event${record.events === 1 ? '' : 's'}${record.event_names && record.event_names.length ? ': ' + names(record) : ''}`),
        record.pixel ? el('span', {}, 'pixel ', copyable(record.pixel)) : null,
        el('span', {}, `${record.method} ${record.path}`),
        el('span', {}, 'request_id ', copyable(record.request_id))),
      notes(record.warnings),
      raw('Request', record)));
}

function add(kind, record) {
  const node = kind === 'event' ? eventCard(record) : requestCard(record);
  if (record.time * 1000 > Date.now() - 4000) node.classList.add('fresh');
  const card = {node, kind, record, time: record.time, text: JSON.stringify(record).toLowerCase()};
  let at = 0;
  while (at < cards.length && cards[at].time > card.time) at++;
  $('feed').insertBefore(node, at < cards.length ? cards[at].node : null);
  cards.splice(at, 0, card);
  while (cards.length > MOST_CARDS) cards.pop().node.remove();
  filter(card);

  if (kind === 'event') {
    option($('filter-name'), record.event.event);
    if (record.test_event_code) option($('filter-code'), record.test_event_code);
    if (record.merged) complete(record.duplicate_of, record);
  }
}

// the first event says what a later one has added
function complete(id, later) {
  const first = cards.find(card => card.kind === 'event' && card.record.id === id), added = leaves(later.merged);
  if (!first || !added.length) return;
  const note = first.node.querySelector('.completed');
  note.hidden = false;
  note.append(`Completed by #${later.id} with ${added.join(', ')}. `);
}

function option(select, value) {
  if (select.options.length < 100 && ![...select.options].some(one => one.value === value)) select.append(el('option', {value}, value));
}

function filter(card) {
  const code = $('filter-code').value, name = $('filter-name').value, find = $('filter-text').value.trim().toLowerCase();
  const {kind, record} = card;
  card.node.hidden = Boolean(code && record.test_event_code !== code
    || name && !(kind === 'event' ? record.event.event === name : (record.event_names || []).includes(name))
    || find && !card.text.includes(find)
    || $('hide-duplicates').checked && record.deduplicated
    || $('only-trouble').checked && kind === 'event' && !record.warnings.length);
}

function settle() {
  $('empty').hidden = cards.length > 0;
  $('nothing').hidden = cards.length === 0 || cards.some(card => !card.node.hidden);
}

function refilter() { cards.forEach(filter); settle(); }

function counters(state) {
  const rows = [
    ['accepted', state.events.accepted, 'good'], ['deduplicated', state.events.deduplicated, 'dup'],
    ['with warnings', state.events.warned, 'warn'], ['refused', state.events.refused, 'bad'],
    ['requests', state.requests.total, ''], ['connections', state.connections, ''],
  ];
  $('counters').replaceChildren(...rows.map(([label, value, tone]) =>
    el('div', {class: `counter ${tone}${value ? '' : ' zero'}`}, el('b', {}, value.toLocaleString('en')), el('span', {}, label))));
}

function modes(state) {
  const queue = state.mode.queue, due = queue.length ? queue[0].mode : state.mode.mode;
  $('mode-now').className = 'mode-now' + (due === 'ok' ? '' : ' odd');
  $('mode-now').textContent = [...queue.map(step => `${step.mode} × ${step.count}`), queue.length ? 'then ' + state.mode.mode : 'now: ' + state.mode.mode].join(', ');
  if (!$('modes').childElementCount) {
    $('modes').append(...state.modes.map(({mode, label}) => el('button', {type: 'button', title: label, 'data-mode': mode}, mode)));
  }
  for (const button of $('modes').children) button.setAttribute('aria-pressed', String(button.dataset.mode === due));
}

function place(state) {
  $('place').textContent = `business-api.tiktok.com on port ${state.port}, pixel ${state.pixels.join(', ')}${state.validate ? '' : ' (counts only)'}`;
  const now = Math.floor(Date.now() / 1000);
  const body = {event_source: 'web', event_source_id: state.pixels[0], test_event_code: 'TEST12345', data: [{event: 'ViewContent', event_time: now,
    event_id: 'view-' + now, user: {ip: '8.8.8.8', user_agent: 'curl'}, page: {url: 'https://shop.example/shoes?ttclid=E.C.P.abc'},
    properties: {content_type: 'product', content_ids: ['SKU-1'], value: 59.9, currency: 'EUR'}}]};
  $('sample').textContent = `curl --cacert '${state.ca}' --resolve business-api.tiktok.com:${state.port}:127.0.0.1 \\\n`
    + `  -H 'Access-Token: YOUR-TOKEN' -H 'Content-Type: application/json' \\\n  -d '${JSON.stringify(body)}' \\\n`
    + `  https://business-api.tiktok.com:${state.port}/open_api/v1.3/event/track/`;
}

async function ask(path) { return (await fetch(path, {cache: 'no-store'})).json(); }

// what is new since the last time; one at a time, and once more if news came in between
async function update(state) {
  const first = latest === null;
  latest = state;
  counters(state);
  modes(state);
  if (first) place(state);
  if (fetching) return;
  fetching = true;
  try {
    for (let round = null; round !== latest;) {
      round = latest;
      if (seen.epoch !== round.epoch) {
        Object.assign(seen, {events: 0, requests: 0, epoch: round.epoch});
        cards.splice(0).forEach(card => card.node.remove());
      }
      if (round.last_event > seen.events) {
        for (const record of await ask(`/sandbox/events?limit=${MOST_CARDS}&since=${seen.events}`)) {
          seen.events = record.id;
          add('event', record);
        }
        seen.events = Math.max(seen.events, round.last_event);
      }
      if (round.last_request > seen.requests) {
        for (const record of await ask(`/sandbox/requests?limit=${MOST_CARDS}&since=${seen.requests}`)) {
          seen.requests = record.id;
          if (record.code !== 0) add('request', record);
        }
        seen.requests = Math.max(seen.requests, round.last_request);
      }
      settle();
    }
  }
  finally { fetching = false; }
}

function live(word, tone) { $('live').textContent = word; $('live').className = 'live ' + tone; }

function listen() {
  const source = new EventSource('/sandbox/stream');
  source.onopen = () => live('live', 'on');
  source.onerror = () => live('sandbox is gone, trying again', 'off');
  source.onmessage = message => update(JSON.parse(message.data)).catch(() => live('sandbox is gone, trying again', 'off'));
}

let toastTimer;
function toast(words) {
  $('toast').textContent = words;
  $('toast').classList.add('on');
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => $('toast').classList.remove('on'), 1400);
}

async function copy(value) {
  try { await navigator.clipboard.writeText(value); toast('Copied'); }
  catch { toast('This browser does not let the page copy'); }
}

const post = (path, body) => fetch(path, {method: 'POST', body: JSON.stringify(body)});

document.addEventListener('click', click => {
  const target = click.target.closest('[data-copy], [data-mode], #sample, #reset');
  if (!target) return;
  if (target.dataset.copy !== undefined) copy(target.dataset.copy);
  else if (target.id === 'sample') copy(target.textContent);
  else if (target.id === 'reset') post('/sandbox/reset', {});
  else {
    const count = $('mode-count').value, mode = target.dataset.mode;
    post('/sandbox/mode', mode !== 'ok' && count ? {mode, count: Number(count)} : {mode});
  }
});
for (const id of ['filter-code', 'filter-name', 'filter-text', 'hide-duplicates', 'only-trouble']) $(id).addEventListener('input', refilter);
listen();
