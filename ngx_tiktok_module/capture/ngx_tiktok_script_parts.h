
/*
 * The browser script, made of capture/script by scripts/gen-script.
 */


static ngx_str_t  ngx_tiktok_script_core = ngx_string(
    "l=>{const c=window,u=document,_=Symbol.for(\"tiktok_script\");if(c[_])re"
    "turn;c[_]=1;const R=\"tiktok_consent\",he=50,ye=5,ke=100,_e=2e3,b=\"page"
    " track identify instances debug on off once ready alias group enableCook"
    "ie disableCookie holdConsent revokeConsent grantConsent\".split(\" \"),z"
    "={detail:\"view_item\",add:\"add_to_cart\",checkout:\"begin_checkout\",p"
    "urchase:\"purchase\"},{nonce:G}=u.currentScript||{},a=e=>(...t)=>{try{re"
    "turn e(...t)}catch(n){}},Q=e=>Promise.resolve().then(a(e)),y=(e,t,n,s)=>"
    "e.addEventListener(t,a(n),s),m=e=>[].concat(e||[]);let C,E,T=0,A,V,S=[];"
    "const Z=a(()=>sessionStorage[R]),me=a(e=>{e?Z()||(sessionStorage[R]=\"{}"
    "\"):delete sessionStorage[R]}),x=e=>u.cookie.split(\"; \").filter(t=>e.s"
    "ome(n=>t.startsWith(n))).join(),$=e=>{A=x(l.cookies),J(0,e)},g=()=>{clea"
    "rTimeout(V),V=setTimeout(a(()=>{x(l.cookies)!=A&&$()}),100)},be=(e,t)=>{"
    "e&&E||(C=E=e,me(e),Ee(e,!!t),e&&S.splice(0).forEach(n=>J(n)))},ee=new Ma"
    "p,j=new Set;let I,w,te=u.referrer;const L=(e,t,n={},s,o)=>{const r=Date."
    "now(),i=ee.get(t),d=/^(Purchase|CompletePayment)$/.test(t)&&n.order_id;r"
    "eturn i&&r-i.now<_e&&!i.sources.includes(e)&&(!s||s==i.id)?(i.sources.pu"
    "sh(e),i.id):(s=\"\"+(s||(d?\"order.\"+d:r.toString(36)+Math.random().toS"
    "tring(36).slice(2))),ee.set(t,{id:s,now:r,sources:[e]}),j.add(s),M({orde"
    "r:d,done:o,body:JSON.parse(JSON.stringify({event:t,event_id:s,page:{url:"
    "location.href,referrer:te||void 0},properties:n}))}),s)},M=(e,t)=>{C?J(e"
    ",t):S.length<he&&S.push(e)},J=(e,t=0)=>{const n=e?T:++T,s=o=>t<ye&&setTi"
    "meout(a(()=>{e?M(e,t+1):n==T&&$(t+1)}),1e3*(o||2**t));e&&!e.order&&X(e),"
    "fetch(l.beacon,{method:\"POST\",credentials:\"include\",keepalive:!0,bod"
    "y:e?JSON.stringify({...e.body,user:ve()}):void 0}).then(a(o=>{const r=h="
    ">o.headers.get(h),i=r(\"X-Tiktok-Consent\"),d=i==\"granted\";i&&n==T&&be"
    "(d,r(\"X-Tiktok-Limited\")),o.status>428?s(+r(\"Retry-After\")):e&&i&&!d"
    "&&M(e),e&&r(\"X-Tiktok-Result\")!=\"repeated\"&&X(e)}),()=>{s(),e&&X(e)}"
    ")};let k,ne;const q=()=>Object.keys((c.ttq||{})._i||{}),se=()=>q().filte"
    "r(e=>e!=l.pixel),U=()=>!k&&c.ttq&&c.ttq.track&&(!q()[0]||q().includes(l."
    "pixel)),W=a((e,...t)=>{const n=se()[0]?c.ttq.instance(l.pixel):c.ttq;n[e"
    "]?n[e](...t):n.push([e,...t])}),Ee=a((e,t)=>{k?W(e?\"grantConsent\":\"re"
    "vokeConsent\"):e&&l.sdk&&!U()&&(k=!0,Se({historyObserver:!1,limited_data"
    "_use:t}))}),X=e=>{const{event:t,properties:n,event_id:s}=e.body;!E||!l.s"
    "dk||e.done||(e.done=1,k&&Object.keys(v)[0]&&W(\"identify\",we()),W(\"tra"
    "ck\",t,n,{event_id:s}))},Se=e=>{const t=c.ttq||[],n=s=>(b.forEach(o=>t.s"
    "etAndDefer(s,o)),s);t.load||(t.methods=b,t.setAndDefer=(s,o)=>{s[o]=(..."
    "r)=>{s.push([o,...r])}},n(t),t.instance=s=>n(t._i[s]),Object.definePrope"
    "rty(t,\"load\",{get:()=>ge,set(){}}),c.TiktokAnalyticsObject=\"ttq\",c.t"
    "tq=t),t.load(l.pixel,e),N()},ge=(e,t={})=>{const n=c.ttq,s=u.createEleme"
    "nt(\"script\");let o=l.sdk+\"?sdkid=\"+e+\"&lib=ttq\";if(q().includes(e)"
    "){ne=1;return}const r=[];r._u=l.sdk,n._i={...n._i,[e]:r},n._t={...n._t,["
    "e]:Date.now()},n._o={...n._o,[e]:t},s.async=!0,G&&(s.nonce=G),a(()=>{o=t"
    "rustedTypes.createPolicy(\"tiktok\",{createScriptURL:i=>i}).createScript"
    "URL(o)})(),s.src=o,u.head.append(s)},v={},O=e=>Object.assign(v,e),we=()="
    ">{const e={};return j.add(e),[\"email\",\"phone_number\",\"external_id\""
    ",\"sha256_email\",\"sha256_phone_number\"].forEach(t=>{[e[t]]=m(v[t]||v["
    "t+\"_address\"])}),e},qe=a(()=>{const{navigation:e}=c,[{name:t}]=perform"
    "ance.getEntriesByType(\"navigation\"),n=e?e.entries().slice(0,e.currentE"
    "ntry.index+1).map(o=>o.url):[],s=/[?&]ttclid=([^&#\\s]+)/.exec([...n,t]."
    "reverse().join(\" \"));return s&&decodeURIComponent(s[1])})(),ve=()=>({."
    "..v,ttclid:x([\"ttclid=\"])?void 0:qe}),Oe=/^(track|page|identify)$/,oe="
    "(e,t,n)=>{const[s,o,r={}]=t,i=n?[]:se(),d=n||r.pixel_code,h=d?d==l.pixel"
    ":!i[0]||ne||U();if(j.has(s)||j.has(\"\"+r.event_id))return t;if(e==\"ide"
    "ntify\")return O(h&&s),(E||!k)&&t;if(h&&(e==\"track\"?t=[s,o,{...r,event"
    "_id:L(\"ttq\",s,o,r.event_id,!k)}]:k||(I=1,S=S.filter(p=>p.body.event!="
    "\"Pageview\"))),!k||d&&!h)return t;i.forEach(p=>c.ttq.instance(p)[e](..."
    "t))},F=(e,t)=>([...b.slice(0,3),\"instance\"].forEach(n=>{const s=e[n];!"
    "s||s[_]||(e[n]=(...o)=>{if(n==\"instance\")return F(s.apply(e,o),o[0]);t"
    "ry{o=oe(n,o,t)}catch(r){}return o&&s.apply(e,o)},e[n][_]=1)}),m(e).forEa"
    "ch(a(n=>{const[s,...o]=n;Oe.test(s)&&!n[_]&&(n[_]=1,n.splice(1,9,...oe(s"
    ",o,t)))})),e);let H;const B=e=>{const t=(\"\"+e).trim().replace(/^(\\d+)"
    ",(\\d\\d?)$/,\"$1.$2\");return e==null||!t||isNaN(t)?void 0:+t},P=(e,t,n"
    ")=>{const{value:s,currency:o,transaction_id:r,search_term:i}=n,d=l.names"
    "[t],h=m(n.items).slice(0,ke);if(typeof d!=\"string\")return;const p=h.ma"
    "p(f=>({content_id:f.item_id||f.id,content_name:f.item_name||f.name,conte"
    "nt_category:f.item_category||f.category,brand:f.item_brand||f.brand,pric"
    "e:B(f.price),quantity:B(f.quantity)||1})),je=p.reduce((f,fe)=>f+fe.price"
    "*fe.quantity,0),ue=o||(h[0]||{}).currency;L(e,d,{content_type:p[0]&&\"pr"
    "oduct\",contents:p[0]&&p,value:B(s==null?p[0]&&je.toFixed(2):s),currency"
    ":ue&&ue.toUpperCase(),order_id:r&&\"\"+r,search_string:i,query:i})},D=({"
    "user_data:e,user_id:t})=>{O(e),t&&O({external_id:\"\"+t})},re=e=>{const{"
    "ecommerce:t,event:n}=e;if(e[0]){const[o,r,i={}]=e;D(i),o==\"event\"?P(\""
    "gtag\",r,i):r==\"user_data\"?O(i):D(r);return}D(e),D(t||{});const s=Obje"
    "ct.keys(z).find(o=>t&&t[o]);if(s){const{products:o,actionField:r={}}=t[s"
    "];r.step>1||P(\"old\",z[s],{items:o,currency:t.currencyCode,transaction_"
    "id:r.id,value:r.revenue})}else n?(P(\"layer\",n,t||H||e),H=0):H=t},ce=()"
    "=>{const e=c[l.layer];if(!e||e[_])return;const{push:t}=e;e[_]=1,e.forEac"
    "h(a(re)),e.push=(...n)=>(Q(()=>n.forEach(a(re))),t.apply(e,n))},Ce=()=>{"
    "const e=[],t=p=>{/(^|[/,])Product(,|$)/.test(p[\"@type\"])&&e.push(p),m("
    "p[\"@graph\"]).forEach(t)};if(u.querySelectorAll('[type=\"application/ld"
    "+json\"]').forEach(a(p=>m(JSON.parse(p.textContent)).forEach(t))),c[l.la"
    "yer]||e[1])return;const[{sku:n,mpn:s,name:o,offers:r}]=e,[{price:i,lowPr"
    "ice:d,priceCurrency:h}]=m(r);P(\"linked\",\"view_item\",{currency:h,item"
    "s:[{id:n||s,name:o,price:i||d}]})},K=()=>I||L(\"page\",\"Pageview\"),ie="
    "e=>e.replace(/#(?![/!]).*/,\"\"),Y=e=>{const t=w;w=location.href,ie(w)!="
    "ie(t)&&e.navigationType!=\"replace\"&&(te=t,K())},Te=()=>{const{navigati"
    "on:e,history:t}=c;if(e){y(e,\"currententrychange\",Y);return}[\"push\","
    "\"replace\"].forEach(n=>{const s=n+\"State\",o=t[s];t[s]=(...r)=>{o.appl"
    "y(t,r),a(Y)({navigationType:n})}}),y(c,\"popstate\",Y)},N=()=>{const{ttq"
    ":e}=c;e&&(F(e),q().forEach(t=>F(e._i[t],t))),ce()},xe=e=>{const{ttq:t}=c"
    ",{length:n}=t,s=b.map(o=>t[o]);Q(()=>{k&&e&&(b.forEach((o,r)=>{t[o]=s[r]"
    "}),t.splice(n).forEach(([o,...r])=>t[o](...r))),N()})},ae=()=>{N(),!w&&u"
    ".readyState!=\"loading\"&&(w=location.href,K(),Te()),u.readyState==\"com"
    "plete\"&&Ce()},le=()=>{C=Z(),E=!1,A=x(l.cookies),C||$()},de=(e,t)=>{let "
    "n=c[e];a(Object.defineProperty)(c,e,{configurable:!0,get:()=>n,set:s=>{c"
    "onst o=s==n;n=s,a(t)(o)}})},pe=()=>{de(\"ttq\",xe),de(l.layer,ce),le(),I"
    "=a(()=>U()&&c.ttq._i[l.pixel]._load)(),y(u,\"load\",N,!0),y(u,\"readysta"
    "techange\",ae),a(ae)(),y(c,\"pageshow\",e=>{e.persisted&&(le(),K())}),l."
    "parts.forEach(a(e=>{if(e.call){e(g,O);return}y(c,e,g),y(u,e,g)})),c.cook"
    "ieStore?y(cookieStore,\"change\",g):setInterval(a(g),1e3)};u.prerenderin"
    "g?y(u,\"prerenderingchange\",pe):a(pe)()}");


static ngx_str_t  ngx_tiktok_script_forms = ngx_string(
    "(g,o)=>{const r=\"tiktok_consent\",p=()=>JSON.parse(sessionStorage.getIt"
    "em(r)),m=async(e,s)=>{const a=await crypto.subtle.digest(\"SHA-256\",new"
    " TextEncoder().encode(s)),c=[...new Uint8Array(a)].map(n=>n.toString(16)"
    ".padStart(2,\"0\")).join(\"\"),t=p();t&&sessionStorage.setItem(r,JSON.st"
    "ringify({...t,[e]:c}))},h=(e,s)=>m(e,s).catch(()=>{}),d=({type:e,name:s,"
    "id:a,autocomplete:c,value:t})=>{const n=[e,s,a,c].join(\" \"),i=t.trim()"
    ",l=\"+\"+t.replace(/^\\s*00/,\"+\").replace(/\\(0\\)/,\"\").replace(/\\D"
    "/g,\"\");/e-?mail/i.test(n)?/^\\S+@\\S+$/.test(i)&&(o({email:i}),h(\"sha"
    "256_email\",i.toLowerCase())):/\\btel|phone|mobile/i.test(n)&&l.length>7"
    "&&(o({phone_number:t}),/^\\s*(\\+|00)/.test(t)&&h(\"sha256_phone_number"
    "\",l))};document.addEventListener(\"change\",({target:e})=>{/^(text|emai"
    "l|tel)$/.test(e.type)&&d(e)},!0);try{o(p()||{})}catch(e){}}");


static ngx_str_t  ngx_tiktok_script_mirror = ngx_string(
    "(c,a,i)=>{c(o=>{const t=o==null?\"\":o?\"1\":\"0\",[,e=\"\"]=/(?:^|; )ti"
    "ktok_consent=(.)/.exec(document.cookie)||[];t!=e&&(document.cookie=\"tik"
    "tok_consent=\"+(t&&t+\".\"+Math.floor(Date.now()/1e3))+\"; Path=/; SameS"
    "ite=Lax; Max-Age=\"+(t?31536e3:0)+(location.protocol==\"https:\"?\"; Sec"
    "ure\":\"\"),i())},a,(o,t)=>{const e=setInterval(()=>{try{const n=o();n&&"
    "(clearInterval(e),t(n))}catch(n){}},250)})}");


static ngx_tiktok_script_part_t  ngx_tiktok_script_mirrors[] = {

    { ngx_string("axeptio"),
      ngx_string(
        "(o,e=\"tiktok\")=>{(window._axcb=window._axcb||[]).push(t=>{t.on(\"c"
        "ookies:complete\",c=>o(!!c[e]))})}") },

    { ngx_string("cookieconsent"),
      ngx_string(
        "(n,o=\"marketing\",t)=>{const e=()=>n(CookieConsent.validConsent()?C"
        "ookieConsent.acceptedCategory(o):null);addEventListener(\"cc:onConse"
        "nt\",e),addEventListener(\"cc:onChange\",e),t(()=>window.CookieConse"
        "nt&&CookieConsent.validConsent,e)}") },

    { ngx_string("gcm"),
      ngx_string(
        "(n,e=\"dataLayer\",s)=>{const r=a=>{const[t,d,{ad_storage:c,ad_user_"
        "data:p}={}]=a;t==\"consent\"&&d==\"update\"&&c&&n(c==\"granted\"&&p!"
        "=\"denied\")},o=a=>{try{r(a)}catch(t){}};s(()=>window[e],a=>{const{p"
        "ush:t}=a;a.forEach(o),a.push=(...d)=>(d.forEach(o),t.apply(a,d))})}") },

    { ngx_string("klaro"),
      ngx_string(
        "(d,e=\"tiktok\",l)=>{const o=t=>d(t.confirmed?!!t.getConsent(e):null"
        ");l(()=>window.klaro&&window.klaro.getManager(),t=>{t.watch({update:"
        "()=>o(t)}),o(t)})}") },

    { ngx_string("osano"),
      ngx_string(
        "(o,e=\"MARKETING\",s)=>{const n=()=>o(Osano.cm.getConsent()[e]==\"AC"
        "CEPT\");s(()=>window.Osano&&Osano.cm&&Osano.cm.getConsent(),()=>{Osa"
        "no.cm.addEventListener(\"osano-cm-consent-saved\",n),n()})}") },

    { ngx_string("shopify"),
      ngx_string(
        "(t,n=\"marketing\",i)=>{const e=()=>{const o=Shopify.customerPrivacy"
        ".currentVisitorConsent()[n];t(o?o==\"yes\":null)};document.addEventL"
        "istener(\"visitorConsentCollected\",e),i(()=>window.Shopify&&(Shopif"
        "y.customerPrivacy||Shopify.loadFeatures([{name:\"consent-tracking-ap"
        "i\",version:\"0.1\"}],()=>{})),e)}") },

    { ngx_string("termly"),
      ngx_string(
        "(t,n=\"advertising\",o)=>{const e=()=>t(Termly.getConsentState()[n])"
        ";o(()=>window.Termly&&Termly.on&&Termly.getConsentState(),()=>{Terml"
        "y.on(\"consent\",e),e()})}") },

    { ngx_string("usercentrics"),
      ngx_string(
        "(i,s=\"marketing\",C)=>{const I=async()=>{if(window.__ucCmp){const{c"
        "onsent:e,categories:t,services:c}=await __ucCmp.getConsentDetails(),"
        "r=t[s],_=(c||{})[s];i(e.type!=\"EXPLICIT\"?null:r?r.state==\"ALL_ACC"
        "EPTED\":!!(_&&_.consent.given));return}const o=UC_UI.getServicesBase"
        "Info(),a=o.filter(({id:e,name:t,categorySlug:c})=>[e,t,c].includes(s"
        ")),l=o.some(({consent:e})=>e.history.some(({type:t})=>t.toLowerCase("
        ")==\"explicit\"));i(l?!!a[0]&&a.every(({consent:e})=>e.status):null)"
        "},n=()=>I().catch(()=>{});addEventListener(\"UC_UI_INITIALIZED\",n),"
        "addEventListener(\"UC_UI_CMP_EVENT\",n),C(()=>window.__ucCmp||window"
        ".UC_UI&&UC_UI.isInitialized(),n)}") },

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
