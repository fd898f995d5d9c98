# page views, and pages that make it hard: applications of one page, the back-forward cache, prerendering, strict
# policies, blockers, no cookies, no network

use v5.36;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use lib dirname(abs_path(__FILE__)) . '/lib';

use Test::More;
use Test::TikTok;
use Test::TikTok::Browser;

my $t = Test::TikTok::Browser->new;
my %YES = (cookies => {consent => 'yes'});

$t->page("$_.html", "<p>$_</p>") for qw(a b);
$t->page('b.html', '<script>setInterval(() => window[Symbol.for("tiktok_script")] && fetch("/seen?" + document.prerendering), 100)</script>');
$t->page('speculates.html', '<a href="/b.html">b</a><script>setInterval(async () => {
    if ((await fetch("/go")).ok) document.querySelector("a").click(); }, 100)</script>',
  '<script type="speculationrules">{"prerender": [{"urls": ["/b.html"]}]}</script>');
$t->page('csp/a.html')->page('types/a.html')->page('named/a.html')->page('nonce/a.html')->page('assumed/a.html');
$t->file('html/nonce/a.html', $t->slurp('html/nonce/a.html') =~ s/<script /<script nonce="n0nce" /r);
$t->file('html/assumed/a.html', $t->slurp('html/assumed/a.html') =~ s{/s\.js}{/assumed.js}r);
my $csp = sub ($policy) { return qq(root %%DIR%%/html; add_header Content-Security-Policy "$policy";) };
my $sdk = 'http://127.0.0.1:%%PORT_other%%/pixel/events.js';
$t->shop(
  '/csp/'         => $csp->("default-src 'none'; img-src data:; script-src 'self'; connect-src 'self'"),
  '/types/'       => $csp->("require-trusted-types-for 'script'"),
  '/named/'       => $csp->("require-trusted-types-for 'script'; trusted-types tiktok"),
  '/nonce/'       => $csp->("script-src 'nonce-n0nce'; connect-src 'self'"),
  '= /csp.js'     => "tiktok_script /e sdk=$sdk;",
  '= /assumed.js' => 'tiktok_consent assumed; tiktok_script /assumed/e sdk=/pixel/events.js;',
  '= /assumed/e'  => 'tiktok_consent assumed; tiktok_beacon;',
  servers => "server { listen 127.0.0.1:%%PORT_other%%; location = /pixel/events.js { alias $Test::TikTok::TOP/scripts/lib/Demo/pixel.js; } }",
);
$t->file('html/csp/a.html', $t->slurp('html/csp/a.html') =~ s{/s\.js}{/csp.js}r);

my $ADD = q{(window.dataLayer = window.dataLayer || []).push({event: 'add_to_cart', ecommerce: {currency: 'EUR', value: 5,
  items: [{item_id: 'A', price: 5}]}}), 0};

sub names (@records) { return join ' ', map { $_->{event} } @records }

sub both ($names, $what) { return map { $_->{server} // {} } $t->both($names, $what) }

for my $way ('as the browser tells', 'where the browser does not tell') {
  subtest "an application of one page, $way" => sub {
    $t->forget;
    my $v = $t->visitor(%YES, $way =~ /not/ ? (before => 'delete window.navigation; Object.defineProperty(window, "navigation", {value: undefined})') : ());
    $v->open('/a.html', 'http://elsewhere.example/');
    my ($first) = both('Pageview', 'loaded');
    is $first->{page}{referrer}, 'http://elsewhere.example/', 'comes from there';
    $t->forget;
    $v->js('history.pushState({}, "", "/list?page=1"); 0');
    my ($event) = both('Pageview', 'another address');
    is $event->{page}{url},      "$v->{base}/list?page=1", 'its address';
    is $event->{page}{referrer}, "$v->{base}/a.html",      'and where that came from';

    $t->forget;
    $v->js(qq{history.replaceState({}, "", "/list?page=1&sort=up"); history.pushState({}, "", "#top"); location.hash = "bottom"; 0});
    $v->js($ADD);
    ($event) = both('AddToCart', 'neither a replaced address nor a place in the page is one');
    is $event->{page}{url}, "$v->{base}/list?page=1&sort=up#bottom", 'an event has the address of its time';

    $t->forget;
    $v->js('history.pushState({}, "", "#/product/1"); 0');
    both('Pageview', 'a route behind a hash');
    $t->forget;
    $v->js('history.go(-4); 0');
    ($event) = both('Pageview', 'back');
    is $event->{page}{url}, "$v->{base}/a.html", 'to the first';
    is $t->pixel(call => 'page'), 0, 'the pixel looks for none itself';
  };
}

subtest 'from the back-forward cache' => sub {
  $t->forget;
  my $v = $t->visitor(%YES)->open('/a.html');
  both('Pageview', 'the page');
  $v->js('window.kept = 1; 0');
  $v->load(sub { $v->js('location.href = "/b.html"; 0') });
  $v->wait_events(2);
  $t->pixel(call => 'track', count => 2);
  $t->sandbox_events(count => 2);
  $t->forget;
  $v->js('history.back(); 0');
  $v->comes('window.kept');
  is $v->js('window.kept'), 1, 'it is the same page';
  my ($event) = both('Pageview', 'once more');
  is $event->{page}{url}, "$v->{base}/a.html", 'its address';

  # what has happened to the consent meanwhile
  $v->load(sub { $v->js('location.href = "/b.html"; 0') });
  $v->settle;
  $t->forget;
  $v->js('document.cookie = "consent=no; Path=/"; 0');
  $v->comes('!sessionStorage.length');
  $v->js('history.back(); 0');
  $v->comes('window.kept');
  $v->settle;
  $v->js($ADD);
  $v->settle;
  is $t->pixel(call => 'track'), 0, 'withdrawn elsewhere: nothing';
  is +(($v->checks)[-1])->{consent}, 'denied', 'it has asked';
};

subtest 'prerendered' => sub {
  $t->forget;
  my $from = length $t->slurp('access.log');
  my $log  = sub ($path) { grep {m{"GET \Q$path\E }} split /\n/, substr $t->slurp('access.log'), $from };
  $t->visitor(%YES)->leave($t->visitor->{base} . '/speculates.html');
  both('Pageview', 'the page that speculates');
  $t->wait_until('another is prerendered', sub { $log->('/b.html') });
  $t->wait_until('and has asked for its script', sub { $t->slurp('access.log') =~ m{"GET /seen\?true } });
  is $t->pixel(call => 'track') . (my @had = $t->sandbox_events), '11', 'that is no page view';
  $t->forget->file('html/go', '');
  my ($event) = both('Pageview', 'when it is shown');
  like $event->{page}{url}, qr{/b\.html\z}, 'its address';
  is scalar($log->('/b.html')), 1, 'it was loaded once';
};

subtest 'a strict policy' => sub {
  $t->forget;
  my $v = $t->visitor(%YES)->open('/csp/a.html');
  $v->wait_events(1);
  $v->js($ADD);
  is names(map { $_->{event} } $t->sandbox_events(count => 2)), 'Pageview AddToCart', 'events reach the server';
  is $t->pixel, 0, 'the pixel is blocked';
  my @problems = $v->problems;
  is @problems, 1, 'and only that is in the console' or note explain \@problems;
  like $problems[0], qr/pixel\/events\.js/, 'TikTok\'s script is not allowed';
};

subtest 'Trusted Types, and a nonce' => sub {
  for ([types => 'any policy'], [named => 'the policy that it is named'], [nonce => 'a nonce']) {
    my ($page, $what) = @$_;
    $t->forget;
    my $v = $t->visitor(%YES)->open("/$page/a.html");
    both('Pageview', $what);
    is $v->problems, 0, "$what: no complaints" or note explain [$v->problems];
  }
  $t->forget;
  my $v = $t->visitor(%YES, before => 'trustedTypes.createPolicy("tiktok", {})')->open('/named/a.html');
  is names(map { $_->{event} } $t->sandbox_events(count => 1)), 'Pageview', 'where it must not load the pixel, the server has its events';
  $v->settle;
  is $t->pixel, 0, 'and the pixel none';
  is scalar(grep {/Uncaught/} $v->problems), 0, 'no error is left to the page';
};

subtest 'a blocked pixel' => sub {
  $t->forget;
  my $v = $t->visitor(%YES)->answer('*/pixel/*', sub ($request) { return });
  $v->open('/a.html');
  $v->js($ADD);
  is names(map { $_->{event} } $t->sandbox_events(count => 2)), 'Pageview AddToCart', 'the server has the events';
  $v->js('document.cookie = "consent=no; Path=/"; 0');
  is +($v->wait_checks(2))[1]{consent}, 'denied', 'a withdrawal is understood';
  $v->js($ADD);
  $v->settle;
  is scalar(my @all = $v->events), 2, 'and heeded';
};

subtest 'a full queue, and no network' => sub {
  $t->forget;
  my @answers = ([503, '', 'X-Tiktok-Consent' => 'granted', 'X-Tiktok-Result' => 'queue_full', 'Retry-After' => 1], [], [0]);
  my $asked   = 0;
  my $v = $t->visitor(%YES);
  $v->answer('*/e', sub ($request) {
    return 0 unless $request->{hasPostData};
    return @{$answers[$asked++] // [0]};
  });
  $v->open('/a.html');
  $v->until(10, sub {$asked});
  is +($t->pixel(call => 'track', count => 1))[0]{event}, 'Pageview', 'the pixel does not wait for the queue';
  is $asked, 1, 'which is full';
  $v->until(20, sub { $asked >= 3 });
  $v->settle;
  my ($event) = $t->sandbox_events(count => 1);
  is $event->{event}{event_id}, ($t->pixel(call => 'track'))[0]{event_id}, 'nginx has the event, too, in the end';
  is $asked, 3, 'after a full queue and a network error';
  is $t->pixel(call => 'track'), 1, 'the pixel once';
};

subtest 'without cookies and storage' => sub {
  $t->forget;
  my $v = $t->visitor(before => q{
    Object.defineProperty(Document.prototype, 'cookie', {get: () => '', set() {}});
    Object.defineProperty(window, 'sessionStorage', {get() { throw new DOMException('denied', 'SecurityError'); }});
    Object.defineProperty(window, 'cookieStore', {value: undefined});
  })->open('/assumed/a.html');
  is +($v->wait_checks(1, '/assumed/e'))[0]{consent}, 'granted', 'a page asks';
  both('Pageview', 'and tells');
  $t->forget;
  $v->open('/assumed/a.html');
  $v->wait_checks(2, '/assumed/e');
  both('Pageview', 'so does the next');
  is $v->problems, 0, 'no errors' or note explain [$v->problems];
};

subtest 'loaded twice' => sub {
  $t->forget;
  my $v = $t->visitor(%YES)->open('/a.html');
  $v->wait_events(1);
  $v->js(q{new Promise(done => { const node = document.createElement('script'); node.src = '/s.js'; node.onload = () => done(0);
    document.head.append(node); })});
  $v->js($ADD);
  both('Pageview AddToCart', 'it runs once');
};

$t->finish;
done_testing;
