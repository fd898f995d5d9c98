// the same work as a beacon's in njs: nothing outlives a request, so the file
// is opened for each

import fs from 'fs';
import event from 'event.mjs';

function beacon(r) {
  const from = r.headersIn;
  const granted = event.granted(from.Cookie);
  r.headersOut['Cache-Control'] = 'no-store';
  r.headersOut['X-Tiktok-Consent'] = granted ? 'granted' : 'denied';
  if (granted) {
    const text = event.text(r.requestText, {
      cookie: from.Cookie, agent: from['User-Agent'],
      language: from['Accept-Language'], referer: from.Referer
    }, r.remoteAddress);
    if (!text) { r.return(400); return }
    fs.appendFileSync(r.variables.events, text);
    r.headersOut['X-Tiktok-Result'] = 'queued';
  }
  r.return(204);
}

export default { beacon };
