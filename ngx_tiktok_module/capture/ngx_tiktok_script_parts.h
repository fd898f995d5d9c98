
/*
 * The browser script, made of capture/script by scripts/gen-script.
 */


static ngx_str_t  ngx_tiktok_script_core = ngx_string(
    "(e,t,n,r,o,i,...c)=>{const s=window,a=document,d=Symbol.for(\"tiktok\");"
    "if(s[d])return;s[d]=1;const l=\"page track identify on off once ready en"
    "ableCookie disableCookie holdConsent revokeConsent grantConsent\".split("
    "\" \"),p={detail:\"view_item\",add:\"add_to_cart\",checkout:\"begin_chec"
    "kout\",purchase:\"purchase\"},{nonce:u}=a.currentScript||{},h=e=>(...t)="
    ">{try{return e(...t)}catch{}},f=e=>Promise.resolve().then(h(e)),_=(e,t,n"
    ")=>e.addEventListener(t,h(n),!0),y=e=>[].concat(e||[]),g=(e,t,n)=>{const"
    " r=e[t];r&&!T.has(r)&&(e[t]=(...t)=>n(t,r.bind(e)),T.add(e[t]))},v=e=>JS"
    "ON.parse(JSON.stringify(e));let m,k,b,q=0,E=[];const O=h(e=>{e?sessionSt"
    "orage.tiktok_consent=1:delete sessionStorage.tiktok_consent}),S=()=>a.co"
    "okie.split(\"; \").filter(e=>i.test(e)).join(),C=e=>{b=S(),R({done:1},e)"
    "},j=()=>setTimeout(h(()=>S()==b||C()),100),w={},T=new Set;let P,x,{refer"
    "rer:A}=a;const D=(e,t,n,r,i)=>{const c=Date.now(),s=w[t],a=n.order_id;re"
    "turn 0===o[t]?r:!(s&&c-s.now<5e3)||s.sources.includes(e)||r&&r!=s.id?(r="
    "\"\"+(r||(a?\"order.\"+a:c+\"\"+Math.random())),w[t]={id:r,now:c,sources"
    ":e},T.add(r),L({order:a,done:i,body:v({event:t,event_id:r,page:{url:loca"
    "tion.href,referrer:A},properties:n})}),r):(s.sources+=e,s.id)},L=(e,t)=>"
    "{m?R(e,t):E[49]||E.push(e)},R=(e,n=0)=>{const{body:r}=e,o=r?q:++q,i=t=>n"
    "<5&&setTimeout(h(()=>{r?L(e,n+1):o==q&&C(n+1)}),1e3*(t||2**n));e.order||"
    "z(e),fetch(t,{method:\"POST\",credentials:\"include\",keepalive:!n,body:"
    "r&&JSON.stringify({...r,user:{...K,ttclid:W},foreign:F})}).then(h(t=>{co"
    "nst n=e=>t.headers.get(e),c=n(\"X-Tiktok-Consent\"),s=\"granted\"==c;if("
    "c&&o==q&&((e,t)=>{e&&k||(m=k=e,O(e),B(e,t),e&&E.splice(0).forEach(e=>R(e"
    ")))})(s,1==n(\"X-Tiktok-Limited\")),t.status>428)i(+n(\"Retry-After\"));"
    "else if(r&&c&&!s)return void L(e);\"repeated\"!=n(\"X-Tiktok-Result\")&&"
    "z(e)}),()=>{i(),z(e)}),r&&(F=0)},J=()=>m&&R({done:1,body:{}});let N,U,F="
    "0;const X=()=>h(()=>Object.keys(s.ttq._i))()||[],$=()=>X().filter(t=>t!="
    "e),I=h(()=>!N&&s.ttq.track&&(!X()[0]||X().includes(e))),M=h((t,...n)=>{("
    "$()[0]?s.ttq.instance(e):s.ttq)[t](...n)}),B=h((e,t)=>{N?M(e?\"grantCons"
    "ent\":\"revokeConsent\"):e&&n&&!I()&&(N=1,G({historyObserver:!1,limited_"
    "data_use:t}))}),z=e=>{if(!k||!n||e.done)return;const{event:t,properties:"
    "r,event_id:o}=e.body;e.done=1,N&&Object.keys(K)[0]&&M(\"identify\",V()),"
    "M(\"track\",t,r,{event_id:o})},G=t=>{const n=s.ttq||[],r=e=>(l.forEach(t"
    "=>n.setAndDefer(e,t)),e);n.push&&!n.load&&(Object.assign(n,{_i:{},_t:{},"
    "_o:{},methods:l,instance:e=>r(n._i[e]),setAndDefer:(e,t)=>{e[t]=(...n)=>"
    "{e.push([t,...n])}}}),r(n),Object.defineProperty(n,\"load\",{get:()=>H,s"
    "et(){}}),s.TiktokAnalyticsObject=\"ttq\",s.ttq=n),n.load(e,t)},H=(e,t={}"
    ")=>{const{ttq:r}=s,o=a.createElement(\"script\");let i=n+\"?sdkid=\"+e+"
    "\"&lib=ttq\";X().includes(e)?U=1:(r._i[e]=Object.assign([],{_u:n}),r._t["
    "e]=Date.now(),r._o[e]=t,o.nonce=u,h(()=>{i=trustedTypes.createPolicy(\"t"
    "iktok\",{createScriptURL:e=>e}).createScriptURL(i)})(),o.src=i,a.head.ap"
    "pend(o))},K={},Q=h(e=>Object.assign(K,v(e))),V=()=>{const e={};return T."
    "add(e),[\"email\",\"phone_number\",\"external_id\"].forEach(t=>{[t,\"sha"
    "256_\"+t].forEach(t=>{[e[t]]=y(K[t]||K[t+\"_address\"])})}),e},W=h(()=>d"
    "ecodeURIComponent(/^.*[?&]ttclid=([^&#\\s]+)/.exec([...s.navigation?navi"
    "gation.entries():[],...performance.getEntriesByType(\"navigation\")].map"
    "(({url:e,name:t})=>e||t).join(\" \"))[1]))(),Y=(t,n,r)=>{const[o,i,c]=n,"
    "a=c||{},d=r?[]:$(),l=r||a.pixel_code,p=l?l==e:!d[0]||U||I();return T.has"
    "(o)||T.has(\"\"+a.event_id)?n:\"identify\"==t?(Q(p&&o),(k||!N)&&n):(p&&"
    "\"track\"==t?n=[o,i,{...a,event_id:D(\"ttq\",o,i||{},a.event_id,!N)}]:p&"
    "&!N&&(P=1,E=E.filter(e=>\"Pageview\"!=e.body.event)),!N||l&&!p?(F+=!p,n)"
    ":void d.forEach(e=>s.ttq.instance(e)[t](...n)))},Z=h((e,t)=>{const n=l.s"
    "lice(0,3);n.forEach(n=>g(e,n,(e,r)=>(h(()=>{e=Y(n,e,t)})(),e&&r(...e))))"
    ",g(e,\"instance\",(e,t)=>{const n=t(...e);return Z(n,e[0]),n}),y(e).forE"
    "ach(h(e=>{n.includes(e[0])&&!T.has(e)&&(T.add(e),e.splice(1,9,...Y(e[0],"
    "e.slice(1),t)))}))});let ee;const te=e=>{const t=(\"\"+e).trim().replace"
    "(/^(\\d+),(\\d\\d?)$/,\"$1.$2\");return t&&isFinite(t)?+t:void 0},ne=(e,"
    "t,n)=>{const{value:r,currency:i,transaction_id:c,search_term:s}=n,a=o[t]"
    ",d=y(n.items).slice(0,100);let l,p=i;if(\"string\"!=typeof a)return;cons"
    "t u=d.map(e=>{const t=t=>e[\"item_\"+t]||e[t],n=te(e.price),r=te(e.quant"
    "ity)||1;return l=(l||0)+n*r,p=p||e.currency,{content_id:t(\"id\"),conten"
    "t_name:t(\"name\"),content_category:t(\"category\"),brand:t(\"brand\"),p"
    "rice:n,quantity:r}});D(e,a,{content_type:u[0]&&\"product\",contents:u[0]"
    "&&u,value:te(null==r?l&&l.toFixed(2):r),currency:p&&(\"\"+p).toUpperCase"
    "(),order_id:c&&\"\"+c,search_string:s,query:s},!c&&n.event_id)},re=({use"
    "r_data:e,user_id:t})=>Q({external_id:t?\"\"+t:void 0,...e}),oe=e=>{const"
    "{event:t,event_id:n}=e,r=e.ecommerce||{};if(e[0]){const[t,n,r={}]=e;retu"
    "rn re(r),void(\"event\"==t?ne(\"gtag\",n,r):(re({[n]:r}),re(n)))}re(e);c"
    "onst o=Object.keys(p).find(e=>r[e]);if(o){const{products:e,actionField:t"
    "={}}=r[o];t.step>1||ne(\"old\",p[o],{items:e,currency:r.currencyCode,tra"
    "nsaction_id:t.id,value:t.revenue})}else t?(ne(\"layer\",t,{event_id:n,.."
    ".e.ecommerce||ee||e}),ee=0):ee=e.ecommerce},ie=h(()=>{const e=s[r];T.has"
    "(e)||(e.forEach(h(oe)),T.add(e),g(e,\"push\",(e,t)=>(f(()=>e.forEach(h(o"
    "e))),t(...e))))}),ce=()=>P||D(\"page\",\"Pageview\",{}),se=e=>e.replace("
    "/#(?![/!]).*/,\"\"),ae=({navigationType:e})=>{const t=x;x=location.href,"
    "se(x)!=se(t)&&\"replace\"!=e&&(A=t,ce())},de=()=>{h(()=>Z(s.ttq))(),X()."
    "forEach(e=>Z(s.ttq._i[e],e)),ie()},le=()=>{const{ttq:e}=s,{length:t}=e,n"
    "={...e};f(()=>{if(N){const r=e.splice(t);Object.assign(e,n),r.forEach((["
    "t,...n])=>e[t](...n))}de()})},pe=()=>{x=location.href,ce(),(()=>{const{n"
    "avigation:e,history:t}=s;e?_(e,\"currententrychange\",ae):([\"push\",\"r"
    "eplace\"].forEach(e=>{g(t,e+\"State\",(t,n)=>{n(...t),h(ae)({navigationT"
    "ype:e})})}),_(s,\"popstate\",ae))})(),(()=>{const e=[],t=n=>{/\\bProduct"
    "\\b/.test(n[\"@type\"])&&e.push(n),y(n[\"@graph\"]).forEach(t)};if(a.que"
    "rySelectorAll('[type=\"application/ld+json\"]').forEach(h(e=>y(JSON.pars"
    "e(e.textContent)).forEach(t))),s[r]||e[1])return;const[{sku:n,mpn:o,name"
    ":i,offers:c}]=e,[d]=y(c);ne(\"linked\",\"view_item\",{currency:d.priceCu"
    "rrency,items:[{id:n||o,name:i,price:d.price||d.lowPrice}]})})()},ue=()=>"
    "{m=h(()=>sessionStorage.tiktok_consent)(),k=0,b=S(),m||C()},he=h((e,t)=>"
    "{let n=s[e];Object.defineProperty(s,e,{configurable:!0,get:()=>n,set:e=>"
    "{n=e,h(t)()}})}),fe=h(()=>{he(\"ttq\",le),he(r,ie),ue(),P=h(()=>s.ttq._i"
    "[e]._load)(),_(a,\"load\",de),de(),\"loading\"==a.readyState?_(a,\"DOMCo"
    "ntentLoaded\",pe):h(pe)(),_(s,\"pageshow\",({persisted:e})=>{e&&(ue(),ce"
    "())}),_(s,\"pagehide\",()=>F&&J()),[].concat(...c).forEach(h(e=>{e.call?"
    "e(j,Q,_,J,h):_(s,e,j)})),setInterval(j,1e3)});a.prerendering?_(a,\"prere"
    "nderingchange\",fe):fe()}");


static ngx_str_t  ngx_tiktok_script_forms = ngx_string(
    "(e,t,a,l)=>{a(document,\"change\",({target:e})=>{const{type:a,name:o,id:"
    "i,autocomplete:m,value:n}=e,s=[a,o,i,m].join(),p=/^(text|email|tel)$/.te"
    "st(a)?/e-?mail/i.test(s)?/\\S@\\S/.test(n)&&{email:n}:/\\btel|phone|mobi"
    "le/i.test(s)&&/(\\d\\D*){7}/.test(n)&&{phone_number:n}:0;p&&(t(p),l())})"
    "}");


static ngx_str_t  ngx_tiktok_script_mirror = ngx_string(
    "e=>(t,o,n,c,a)=>{let s;const i=e=>{const[,o=\"\"]=/\\btiktok_consent=(.)"
    "/.exec(document.cookie)||[],n=null==e?\"\":e?\"1\":\"0\";n!=o&&n==s&&(do"
    "cument.cookie=\"tiktok_consent=\"+n+\".\"+Math.floor(Date.now()/1e3)+\";"
    "Path=/;SameSite=Lax;Max-Age=\"+(n?3e7:0)+(isSecureContext?\";Secure\":\""
    "\"),t()),s=n};setInterval(a(()=>Promise.resolve(e()).then(i,()=>i())),25"
    "0)}");


static ngx_tiktok_script_part_t  ngx_tiktok_script_mirrors[] = {

    { ngx_string("axeptio"),
      ngx_string(
        "(o=\"tiktok\")=>{let e;return(window._axcb=window._axcb||[]).push(o="
        ">{o.on(\"cookies:complete\",o=>{e=o})}),()=>e[o]}") },

    { ngx_string("cookieconsent"),
      ngx_string(
        "(e=\"marketing\")=>()=>CookieConsent.validConsent()?CookieConsent.ac"
        "ceptedCategory(e):null") },

    { ngx_string("gcm"),
      ngx_string(
        "(a=\"dataLayer\")=>{let e;return()=>(window[a].forEach(a=>{const{0:t"
        ",1:d,2:r}=Object(a);\"consent\"==t&&\"update\"==d&&r.ad_storage&&(e="
        "r)}),\"granted\"==e.ad_storage&&\"denied\"!=e.ad_user_data)}") },

    { ngx_string("klaro"),
      ngx_string(
        "(t=\"tiktok\")=>()=>{const e=window.klaro.getManager();return e.conf"
        "irmed?e.getConsent(t):null}") },

    { ngx_string("osano"),
      ngx_string(
        "(e=\"MARKETING\")=>()=>\"ACCEPT\"==Osano.cm.getConsent()[e]") },

    { ngx_string("shopify"),
      ngx_string(
        "(e=\"marketing\")=>()=>{Shopify.customerPrivacy||Shopify.loadFeature"
        "s([{name:\"consent-tracking-api\",version:\"0.1\"}],Object);const r="
        "Shopify.customerPrivacy.currentVisitorConsent()[e];return r?\"yes\"="
        "=r:null}") },

    { ngx_string("termly"),
      ngx_string(
        "(e=\"advertising\")=>()=>Termly.getConsentState()[e]") },

    { ngx_string("usercentrics"),
      ngx_string(
        "(e=\"marketing\")=>()=>__ucCmp.getConsentDetails().then(({consent:t,"
        "categories:n,services:s})=>\"EXPLICIT\"!=t.type?null:n[e]?\"ALL_ACCE"
        "PTED\"==n[e].state:s[e].consent.given)") },

    { ngx_string("usercentrics2"),
      ngx_string(
        "(e=\"marketing\")=>()=>{const t=UC_UI.isInitialized()&&UC_UI.getServ"
        "icesBaseInfo(),i=t.filter(t=>Object.values(t).includes(e));return i["
        "0]&&/\"type\":\"explicit/i.test(JSON.stringify(t))?i.every(({consent"
        ":e})=>e.status):null}") },

    { ngx_null_string, ngx_null_string }
};


static ngx_tiktok_script_part_t  ngx_tiktok_script_signals[] = {

    { ngx_string("borlabs"),
      ngx_string(
        "[\"borlabs-cookie-consent-saved\"]") },

    { ngx_string("commandersact"),
      ngx_string(
        "[t=>window.cact&&cact(\"consent.onUpdate\",t)]") },

    { ngx_string("complianz"),
      ngx_string(
        "[\"cmplz_status_change\",\"cmplz_revoke\"]") },

    { ngx_string("cookiebot"),
      ngx_string(
        "[\"CookiebotOnAccept\",\"CookiebotOnDecline\"]") },

    { ngx_string("cookieconsent"),
      ngx_string(
        "[\"cc:onConsent\",\"cc:onChange\"]") },

    { ngx_string("cookiefirst"),
      ngx_string(
        "[\"cf_consent\"]") },

    { ngx_string("cookieinformation"),
      ngx_string(
        "[\"CookieInformationConsentGiven\",\"CookieInformationConsentSubmitt"
        "ed\"]") },

    { ngx_string("cookiescript"),
      ngx_string(
        "[\"CookieScriptAccept\",\"CookieScriptAcceptAll\",\"CookieScriptReje"
        "ct\"]") },

    { ngx_string("cookieyes"),
      ngx_string(
        "[\"cookieyes_consent_update\"]") },

    { ngx_string("didomi"),
      ngx_string(
        "[e=>(window.didomiEventListeners=window.didomiEventListeners||[]).pu"
        "sh({event:\"consent.changed\",listener:e})]") },

    { ngx_string("hubspot"),
      ngx_string(
        "[d=>(window._hsp=window._hsp||[]).push([\"addPrivacyConsentListener"
        "\",d])]") },

    { ngx_string("ketch"),
      ngx_string(
        "[e=>window.ketch&&window.ketch(\"on\",\"consent\",e)]") },

    { ngx_string("onetrust"),
      ngx_string(
        "[\"OneTrustGroupsUpdated\",\"consent.onetrust\"]") },

    { ngx_string("realcookiebanner"),
      ngx_string(
        "[\"RCB/OptIn/All\",\"RCB/OptOut/All\"]") },

    { ngx_string("tarteaucitron"),
      ngx_string(
        "[\"tac.consent_updated\",\"tiktok_allowed\",\"tiktok_disallowed\"]") },

    { ngx_string("tcf"),
      ngx_string(
        "[t=>window.__tcfapi&&__tcfapi(\"addEventListener\",2,t)]") },

    { ngx_string("trustarc"),
      ngx_string(
        "[e=>addEventListener(\"message\",t=>/submit_preferences/.test(t.data"
        ")&&e())]") },

    { ngx_string("wp_consent"),
      ngx_string(
        "[\"wp_listen_for_consent_change\"]") },

    { ngx_string("zaraz"),
      ngx_string(
        "[\"zarazConsentChoicesUpdated\"]") },

    { ngx_null_string, ngx_null_string }
};
