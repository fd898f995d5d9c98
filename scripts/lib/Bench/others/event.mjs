// what a beacon costs in JavaScript, for njs and for Node: the verdict on
// consent, and the text of the event

import crypto from 'crypto';

const USER = ['email', 'phone', 'external_id'];
const PROPERTIES = ['value', 'currency', 'order_id', 'content_type', 'contents',
                    'content_ids', 'query', 'description'];

function cookie(cookies, name) {
  const found = (cookies || '').match(new RegExp('(?:^|; *)' + name + '=([^;]*)'));
  return found ? found[1] : '';
}

function granted(cookies) {
  const value = decodeURIComponent(cookie(cookies, 'OptanonConsent'));
  return /(?:^|&)groups=(?:[^&]*,)?C0004:1(?:[,&]|$)/.test(value);
}

function normal(name, value) {
  value = String(value).trim();
  if (name == 'email') { return value.toLowerCase() }
  if (name == 'phone') { return value.replace(/[^0-9+]/g, '') }
  return value;
}

// nothing if there is no such event
function text(body, headers, ip) {
  let source;
  try { source = JSON.parse(body) } catch (e) { return undefined }
  if (typeof source.event != 'string' || typeof source.event_id != 'string') { return undefined }
  const given = source.user || {}, page = source.page || {}, more = source.properties || {};
  const user = {}, properties = {};
  USER.forEach(name => {
    if (given[name]) {
      user[name] = crypto.createHash('sha256').update(normal(name, given[name])).digest('hex');
    }
  });
  const ttp = cookie(headers.cookie, '_ttp');
  if (ttp) { user.ttp = ttp }
  user.ip = ip;
  user.user_agent = headers.agent;
  user.locale = (headers.language || '').split(',')[0];
  PROPERTIES.forEach(name => {
    if (more[name] !== undefined) { properties[name] = more[name] }
  });
  return JSON.stringify({
    event: source.event,
    event_time: Math.floor(Date.now() / 1000),
    event_id: source.event_id,
    user: user,
    page: { url: page.url || headers.referer, referrer: page.referrer },
    properties: properties
  }) + '\n';
}

export default { granted, text };
