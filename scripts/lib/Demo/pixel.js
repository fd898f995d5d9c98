// stands in for TikTok's script: takes over from the base code as that does, and reports to "hit" beside it what the
// real one would send. the demo and the tests use it
'use strict';
(() => {
  const ttq = window[window.TiktokAnalyticsObject];
  const here = new URL(document.currentScript.src);
  const code = here.searchParams.get('sdkid');
  const hit = new URL('hit', here);

  // as the real one, it cannot do without the object's name
  ttq._env = {env: 'recorder'};
  ttq._i[code]._load = +new Date();

  const report = record => navigator.sendBeacon(hit, JSON.stringify({...record, url: location.href, at: performance.timeOrigin + performance.now()}));
  report({call: 'load', code, options: ttq._o[code]});
  document.cookie = '_ttp=recorder.0123456789; Path=/; SameSite=Lax';
  if (ttq._recorder) return ttq._recorder(code);

  const codes = [code];
  let revoked = false;

  function happened(name, args, of) {
    if (name === 'revokeConsent') revoked = true;
    if (name === 'grantConsent') revoked = false;
    const record = {call: name, codes: of || codes.slice()};
    if (name === 'track') Object.assign(record, {event: args[0], properties: args[1], event_id: (args[2] || {}).event_id});
    if (name === 'identify') record.user = args[0];
    if (!revoked || name === 'revokeConsent') report(record);
  }

  function take(object, of) {
    for (const name of ttq.methods) object[name] = (...args) => happened(name, args, of);
    for (const [name, ...args] of object.splice(0)) happened(name, args, of);
  }

  ttq._recorder = code => {
    codes.push(code);
    take(ttq._i[code], [code]);
  };
  take(ttq._i[code], [code]);
  take(ttq);
  ttq.instance = code => ttq._i[code];

  if (ttq._o[code].historyObserver !== false) {
    const {pushState} = history;
    history.pushState = function (...args) {
      pushState.apply(this, args);
      happened('page', []);
    };
  }
})();
