
/*
 * The browser script, made of capture/script by scripts/gen-script.
 */


static ngx_str_t  ngx_tiktok_script_core = ngx_string(
    "(e,t,n,r,o,c,...i)=>{const s=window,a=document,d=Symbol.for(\"tiktok_scr"
    "ipt\");if(s[d])return;s[d]=1;const l=\"page track identify instances deb"
    "ug on off once ready alias group enableCookie disableCookie holdConsent "
    "revokeConsent grantConsent\".split(\" \"),p={detail:\"view_item\",add:\""
    "add_to_cart\",checkout:\"begin_checkout\",purchase:\"purchase\"},{nonce:"
    "u}=a.currentScript||{},h=e=>(...t)=>{try{return e(...t)}catch{}},f=e=>Pr"
    "omise.resolve().then(h(e)),y=(e,t,n)=>e.addEventListener(t,h(n),!0),_=e="
    ">[].concat(e||[]),g=(e,t,n)=>{const r=e[t];r&&!T.has(r)&&(e[t]=(...t)=>n"
    "(t,r.bind(e)),T.add(e[t]))},v=e=>JSON.parse(JSON.stringify(e));let m,k,b"
    ",q=0,S=[];const E=h(()=>sessionStorage.tiktok_consent),O=h(e=>{e?session"
    "Storage.tiktok_consent=E()||\"{}\":delete sessionStorage.tiktok_consent}"
    "),w=()=>a.cookie.split(\"; \").filter(e=>c.test(e)).join(),j=e=>{b=w(),L"
    "({done:1},e)},C=()=>setTimeout(h(()=>w()==b||j()),100),P=new Map,T=new S"
    "et;let x,A,{referrer:R}=a;const D=(e,t,n={},r,c)=>{const i=Date.now(),s="
    "P.get(t),a=n.order_id;return 0===o[t]?r:!(s&&i-s.now<2e3)||s.sources.inc"
    "ludes(e)||r&&r!=s.id?(r=\"\"+(r||(a?\"order.\"+a:i+Math.random().toStrin"
    "g(36).slice(2))),P.set(t,{id:r,now:i,sources:e}),T.add(r),J({order:a,don"
    "e:c,body:v({event:t,event_id:r,page:{url:location.href,referrer:R},prope"
    "rties:n})}),r):(s.sources+=e,s.id)},J=(e,t)=>{m?L(e,t):S.length<50&&S.pu"
    "sh(e)},L=(e,n=0)=>{const{body:r}=e,o=r?q:++q,c=t=>n<5&&setTimeout(h(()=>"
    "{r?J(e,n+1):o==q&&j(n+1)}),1e3*(t||2**n));e.order||z(e),fetch(t,{method:"
    "\"POST\",credentials:\"include\",keepalive:!n,body:r&&JSON.stringify({.."
    ".r,user:{...K,ttclid:W},foreign:$})}).then(h(t=>{const n=e=>t.headers.ge"
    "t(\"X-Tiktok-\"+e),i=n(\"Consent\"),s=\"granted\"==i;i&&o==q&&((e,t)=>{e"
    "&&k||(m=k=e,O(e),X(e,t),e&&S.splice(0).forEach(e=>L(e)))})(s,!!n(\"Limit"
    "ed\")),t.status>428?c(+t.headers.get(\"Retry-After\")):r&&i&&!s&&J(e),\""
    "repeated\"!=n(\"Result\")&&z(e)}),()=>{c(),z(e)}),r&&($=0)};let N,U,$=0;"
    "const F=()=>h(()=>Object.keys(s.ttq._i))()||[],I=()=>F().filter(t=>t!=e)"
    ",M=h(()=>!N&&s.ttq.track&&(!F()[0]||F().includes(e))),B=h((t,...n)=>{(I("
    ")[0]?s.ttq.instance(e):s.ttq)[t](...n)}),X=h((e,t)=>{N?B(e?\"grantConsen"
    "t\":\"revokeConsent\"):e&&n&&!M()&&(N=!0,G({historyObserver:!1,limited_d"
    "ata_use:t}))}),z=e=>{if(!k||!n||e.done)return;const{event:t,properties:r"
    ",event_id:o}=e.body;e.done=1,N&&Object.keys(K)[0]&&B(\"identify\",V()),B"
    "(\"track\",t,r,{event_id:o})},G=t=>{const n=s.ttq||[],r=e=>(l.forEach(t="
    ">n.setAndDefer(e,t)),e);n.push&&!n.load&&(Object.assign(n,{_i:{},_t:{},_"
    "o:{},methods:l,instance:e=>r(n._i[e]),setAndDefer:(e,t)=>{e[t]=(...n)=>{"
    "e.push([t,...n])}}}),r(n),Object.defineProperty(n,\"load\",{get:()=>H,se"
    "t(){}}),s.TiktokAnalyticsObject=\"ttq\",s.ttq=n),n.load(e,t)},H=(e,t={})"
    "=>{const{ttq:r}=s,o=a.createElement(\"script\");let c=n+\"?sdkid=\"+e+\""
    "&lib=ttq\";if(F().includes(e))return void(U=1);const i=[];i._u=n,r._i[e]"
    "=i,r._t[e]=Date.now(),r._o[e]=t,o.nonce=u,h(()=>{c=trustedTypes.createPo"
    "licy(\"tiktok\",{createScriptURL:e=>e}).createScriptURL(c)})(),o.src=c,a"
    ".head.append(o)},K={},Q=h(e=>Object.assign(K,v(e))),V=()=>{const e={};re"
    "turn T.add(e),Object.keys(K).forEach(t=>{/^((sha256_)?(email|phone_numbe"
    "r)(_address)?|external_id)$/.test(t)&&([e[t.replace(\"_address\",\"\")]]"
    "=_(K[t]))}),e},W=h(()=>{const{navigation:e}=s,[{name:t}]=performance.get"
    "EntriesByType(\"navigation\"),n=e?e.entries():[];return decodeURICompone"
    "nt(/.*[?&]ttclid=([^&#\\s]+)/.exec([...n.map(e=>e.url),t].join(\" \"))[1"
    "])})(),Y=(t,n,r)=>{const[o,c,i]=n,a=i||{},d=r?[]:I(),l=r||a.pixel_code,p"
    "=l?l==e:!d[0]||U||M();return T.has(o)||T.has(\"\"+a.event_id)?n:\"identi"
    "fy\"==t?(Q(p&&o),(k||!N)&&n):(p&&\"track\"==t?n=[o,c,{...a,event_id:D(\""
    "ttq\",o,c,a.event_id,!N)}]:p&&!N&&(x=1,S=S.filter(({body:e})=>\"Pageview"
    "\"!=e.event)),!N||l&&!p?($+=!p,n):void d.forEach(e=>s.ttq.instance(e)[t]"
    "(...n)))},Z=h((e,t)=>{const n=l.slice(0,3);n.forEach(n=>g(e,n,(e,r)=>(h("
    "()=>{e=Y(n,e,t)})(),e&&r(...e)))),g(e,\"instance\",(e,t)=>{const n=t(..."
    "e);return Z(n,e[0]),n}),_(e).forEach(h(e=>{const[r,...o]=e;n.includes(r)"
    "&&!T.has(e)&&(T.add(e),e.splice(1,9,...Y(r,o,t)))}))});let ee;const te=e"
    "=>{const t=(\"\"+e).trim().replace(/^(\\d+),(\\d\\d?)$/,\"$1.$2\");retur"
    "n t&&isFinite(t)?+t:void 0},ne=(e,t,n)=>{const{value:r,currency:c,transa"
    "ction_id:i,search_term:s}=n,a=o[t],d=_(n.items).slice(0,100);let l;if(\""
    "string\"!=typeof a)return;const p=d.map(e=>{const t=t=>e[\"item_\"+t]||e"
    "[t],n=te(e.price),r=te(e.quantity)||1;return l=(l||0)+n*r,{content_id:t("
    "\"id\"),content_name:t(\"name\"),content_category:t(\"category\"),brand:"
    "t(\"brand\"),price:n,quantity:r}}),u=c||(d[0]||{}).currency;D(e,a,{conte"
    "nt_type:p[0]&&\"product\",contents:p[0]&&p,value:te(null==r?l&&l.toFixed"
    "(2):r),currency:u&&(\"\"+u).toUpperCase(),order_id:i&&\"\"+i,search_stri"
    "ng:s,query:s},!i&&n.event_id)},re=({user_data:e,user_id:t})=>Q({external"
    "_id:t?\"\"+t:void 0,...e}),oe=e=>{const{event:t,event_id:n}=e,r=e.ecomme"
    "rce||{};if(e[0]){const[t,n,r={}]=e;return re(r),void(\"event\"==t?ne(\"g"
    "tag\",n,r):(re({[n]:r}),re(n)))}re(e),re(r);const o=Object.keys(p).find("
    "e=>r[e]);if(o){const{products:e,actionField:t={}}=r[o];t.step>1||ne(\"ol"
    "d\",p[o],{items:e,currency:r.currencyCode,transaction_id:t.id,value:t.re"
    "venue})}else t?(ne(\"layer\",t,{event_id:n,...e.ecommerce||ee||e}),ee=0)"
    ":ee=e.ecommerce},ce=h(()=>{const e=s[r];e&&!T.has(e)&&(T.add(e),e.forEac"
    "h(h(oe)),g(e,\"push\",(e,t)=>(f(()=>e.forEach(h(oe))),t(...e))))}),ie=()"
    "=>x||D(\"page\",\"Pageview\"),se=e=>e.replace(/#(?![/!]).*/,\"\"),ae=({n"
    "avigationType:e})=>{const t=A;A=location.href,se(A)!=se(t)&&\"replace\"!"
    "=e&&(R=t,ie())},de=()=>{h(()=>Z(s.ttq))(),F().forEach(e=>Z(s.ttq._i[e],e"
    ")),ce()},le=()=>{const{ttq:e}=s,{length:t}=e,n={...e};f(()=>{if(N){const"
    " r=e.splice(t);Object.assign(e,n),r.forEach(([t,...n])=>e[t](...n))}de()"
    "})},pe=()=>{de(),A||\"loading\"==a.readyState||(A=location.href,ie(),(()"
    "=>{const{navigation:e,history:t}=s;e?y(e,\"currententrychange\",ae):([\""
    "push\",\"replace\"].forEach(e=>{g(t,e+\"State\",(t,n)=>{n(...t),h(ae)({n"
    "avigationType:e})})}),y(s,\"popstate\",ae))})()),\"complete\"==a.readySt"
    "ate&&(()=>{const e=[],t=n=>{/\\bProduct\\b/.test(n[\"@type\"])&&e.push(n"
    "),_(n[\"@graph\"]).forEach(t)};if(a.querySelectorAll('[type=\"applicatio"
    "n/ld+json\"]').forEach(h(e=>_(JSON.parse(e.textContent)).forEach(t))),s["
    "r]||e[1])return;const[{sku:n,mpn:o,name:c,offers:i}]=e,[{price:d,lowPric"
    "e:l,priceCurrency:p}]=_(i);ne(\"linked\",\"view_item\",{currency:p,items"
    ":[{id:n||o,name:c,price:d||l}]})})()},ue=()=>{m=E(),k=!1,b=w(),m||j()},h"
    "e=h((e,t)=>{let n=s[e];Object.defineProperty(s,e,{configurable:!0,get:()"
    "=>n,set:e=>{n=e,h(t)()}})}),fe=h(()=>{he(\"ttq\",le),he(r,ce),ue(),x=h(("
    ")=>s.ttq._i[e]._load)(),y(a,\"load\",de),y(a,\"readystatechange\",pe),h("
    "pe)(),y(s,\"pageshow\",({persisted:e})=>{e&&(ue(),ie())}),y(s,\"pagehide"
    "\",()=>m&&$&&L({done:1,body:{}})),[].concat(...i).forEach(h(e=>{e.call?e"
    "(C,Q,y,h):y(s,e,C)})),s.cookieStore?y(cookieStore,\"change\",C):setInter"
    "val(h(C),1e3)});a.prerendering?y(a,\"prerenderingchange\",fe):fe()}");


static ngx_str_t  ngx_tiktok_script_forms = ngx_string(
    "(t,e,n)=>{const o=sessionStorage,s=(t,n,s)=>{e({[t]:n}),s&&(async(t,e)=>"
    "{const n=await crypto.subtle.digest(\"SHA-256\",(new TextEncoder).encode"
    "(e)),s=JSON.parse(o.tiktok_consent);s[\"sha256_\"+t]=[...new Uint8Array("
    "n)].map(t=>(t+256).toString(16).slice(1)).join(\"\"),o.tiktok_consent=JS"
    "ON.stringify(s)})(t,s).catch(()=>{})};n(document,\"change\",({target:t})"
    "=>{const{type:e,name:n,id:o,autocomplete:a,value:i}=t,c=[e,n,o,a].join("
    "\" \"),r=i.trim(),l=i.replace(/^\\s*00|\\(0\\)|\\D/g,\"\");/^(text|email"
    "|tel)$/.test(e)&&(/e-?mail/i.test(c)?/^\\S+@\\S+$/.test(r)&&s(\"email\","
    "r,r.toLowerCase()):/\\btel|phone|mobile/i.test(c)&&l[6]&&s(\"phone_numbe"
    "r\",i,/^\\s*(\\+|00)/.test(i)&&\"+\"+l))}),e(JSON.parse(o.tiktok_consent"
    "||\"{}\"))}");


static ngx_str_t  ngx_tiktok_script_mirror = ngx_string(
    "e=>(t,o,c,n)=>{let a;const l=e=>{const[,o=\"\"]=/\\btiktok_consent=(.)/."
    "exec(document.cookie)||[],c=null==e?\"\":e?\"1\":\"0\";c!=o&&c==a&&(docu"
    "ment.cookie=\"tiktok_consent=\"+c+\".\"+Math.floor(Date.now()/1e3)+\";Pa"
    "th=/;SameSite=Lax;Max-Age=\"+(c?31536e3:0)+(\"https:\"==location.protoco"
    "l?\";Secure\":\"\"),t()),a=c};setInterval(n(()=>{Promise.resolve(e()).th"
    "en(l,()=>l()).catch(()=>{})}),250)}");


static ngx_tiktok_script_part_t  ngx_tiktok_script_mirrors[] = {

    { ngx_string("axeptio"),
      ngx_string(
        "(o=\"tiktok\")=>{let e={};return(window._axcb=window._axcb||[]).push"
        "(o=>{o.on(\"cookies:complete\",o=>{e=o})}),()=>e[o]}") },

    { ngx_string("cookieconsent"),
      ngx_string(
        "(e=\"marketing\")=>()=>CookieConsent.validConsent()?CookieConsent.ac"
        "ceptedCategory(e):null") },

    { ngx_string("gcm"),
      ngx_string(
        "(a=\"dataLayer\")=>{let e;return()=>(window[a].forEach(a=>{const{0:t"
        ",1:d,2:r}=Object(a);\"consent\"==t&&\"update\"==d&&r.ad_storage&&(e="
        "\"granted\"==r.ad_storage&&\"denied\"!=r.ad_user_data)}),e)}") },

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
        "s([{name:\"consent-tracking-api\",version:\"0.1\"}],()=>{});const r="
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
        "icesBaseInfo(),i=t.filter(({id:t,name:i,categorySlug:s})=>[t,i,s].in"
        "cludes(e));return t.some(({consent:e})=>e.history.some(({type:e})=>/"
        "explicit/i.test(e)))&&i[0]?i.every(({consent:e})=>e.status):null}") },

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
