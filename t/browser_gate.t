# the browser script's gate: before consent nothing but consent checks leaves the page, and with it both ways open

use v5.36;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use lib dirname(abs_path(__FILE__)) . '/lib';

use Test::More;
use Test::TikTok;
use Test::TikTok::Browser;

my $t = Test::TikTok::Browser->new;
$t->page('a.html', '<p>Hello</p>')->page('b.html', '<p>Hello again</p>');
$t->file('html/bare.html', '<!DOCTYPE html><html><head><link rel="icon" href="data:,"></head><body></body></html>');
$t->page('onetrust.html')->file('html/onetrust.html', $t->slurp('html/onetrust.html') =~ s{/s\.js}{/onetrust.js}r);
$t->page('limit.html')->file('html/limit.html', $t->slurp('html/limit.html') =~ s{/s\.js}{/limit.js}r);
$t->shop(
  '= /onetrust.js' => 'tiktok_consent onetrust; tiktok_script /ot/e sdk=/pixel/events.js;',
  '= /ot/e'        => 'tiktok_consent onetrust; tiktok_beacon;',
  '= /limit.js'    => 'tiktok_script /limit/e sdk=/pixel/events.js;',
  '= /limit/e'     => 'tiktok_opt_out limit; tiktok_beacon;',
);

# a host without TLS that is no part of this machine to the browser: so it is not trusted, and has no cookieStore
$t->chromium('--host-resolver-rules=MAP shop.example 127.0.0.1');
my $plain = 'http://shop.example:' . $t->port('http');

my $GRANT = "document.cookie = 'consent=yes; Path=/'";
my $DENY  = "document.cookie = 'consent=no; Path=/'";

# an event of the page: a product is put into the cart
my $ADD = q{(window.dataLayer = window.dataLayer || []).push({event: 'add_to_cart', ecommerce: {currency: 'EUR', value: 5,
  items: [{item_id: 'A', price: 5}]}})};

subtest 'undecided, then granted' => sub {
  my $bare = $t->visitor->open('/bare.html');
  my %had  = map { $_ => 1 } @{$bare->js('Object.getOwnPropertyNames(window)')};
  my $v    = $t->visitor->open('/a.html');
  my ($check) = $v->wait_checks(1);
  is $check->{consent}, 'undecided', 'a check is answered';
  $v->js($ADD);
  $v->settle;
  is $v->checks, 1, 'once';
  is $v->events, 0, 'there is no event';
  is join(' ', map { $_->{url} =~ s{.*/}{}r } $v->requests), 'a.html s.js e', 'no other request';
  is $v->js('document.cookie + sessionStorage.length + localStorage.length'), '00', 'nothing is stored';
  is_deeply [grep { !$had{$_} } @{$v->js('Object.getOwnPropertyNames(window)')}], [qw(ttq dataLayer)],
    'one name is new in the window, beside that of the data layer';
  is $v->js('typeof ttq'), 'undefined', 'and has no value';
  $t->forget;

  $v->js($GRANT);
  is +($v->wait_checks(2))[1]{consent}, 'granted', 'the cookie has changed: a second check';
  $t->both('Pageview AddToCart', 'what waited is told');
  is_deeply +($t->pixel(call => 'load'))[0]{options}{historyObserver}, Mojo::JSON->false, 'the pixel does not look for page views itself';

  $t->forget;
  $v->open('/b.html')->wait_events(3);
  $t->both('Pageview', 'the next page');
  is $v->checks, 2, 'without a check';
  is $v->checks + $v->events, 5, 'and nothing else was sent';
  is $v->problems, 0, 'no errors';
};

subtest 'denied, then granted' => sub {
  $t->forget;
  my $v = $t->visitor(cookies => {consent => 'no'})->open('/a.html');
  is +($v->wait_checks(1))[0]{consent}, 'denied', 'denied';
  $v->settle;
  is $v->checks + $v->events, 1, 'one check, nothing else';
  $v->open('/b.html');
  is +($v->wait_checks(2))[1]{consent}, 'denied', 'the next page asks again';
  is $v->js('sessionStorage.length'), 0, 'nothing is stored';
  is $t->pixel, 0, 'no pixel';

  $v->js($GRANT);
  $t->both('Pageview', 'after the grant');
  is scalar($v->wait_checks(3)), 3, 'by a third check';
};

subtest 'withdrawal' => sub {
  $t->forget;
  my $v = $t->visitor(cookies => {consent => 'yes'})->open('/a.html');
  $t->both('Pageview', 'granted');
  is $v->js('sessionStorage.length'), 1, 'the grant is known to the next page';

  $v->js($DENY);
  is +($v->wait_checks(2))[1]{consent}, 'denied', 'withdrawn';
  is +($t->pixel(call => 'revokeConsent', count => 1))[0]{call}, 'revokeConsent', 'the pixel is revoked';
  $t->forget;
  my $before = $v->settle->requests;
  $v->js($ADD);
  $v->settle;
  is $v->requests, $before, 'an event is not sent';
  is $t->pixel, 0, 'nor by the pixel';
  is $v->js('sessionStorage.length'), 0, 'the grant is forgotten';

  $v->js($GRANT);
  $v->wait_checks(3);
  is +($t->pixel(call => 'grantConsent', count => 1))[0]{call}, 'grantConsent', 'granted again: the pixel, too';
  $t->both('AddToCart', 'what waited');
  is $t->pixel(call => 'load'), 0, 'it is not loaded again';
};

subtest 'withdrawn between two pages' => sub {
  $t->forget;
  my $v = $t->visitor(cookies => {consent => 'yes'})->open('/a.html');
  $t->both('Pageview', 'granted');
  $t->forget;
  $v->open('/bare.html')->cookie(consent => 'no');
  my $had = $v->events;
  $v->open('/b.html');
  is +($v->wait_events($had + 1))[$had]{result}, 'denied', 'nginx refuses the first event';
  $v->js($ADD);
  $v->settle;
  is $v->events, $had + 1, 'no other follows';
  is $t->pixel(call => 'load') + $t->pixel(call => 'track'), 0, 'the pixel is not loaded';
};

subtest 'what OneTrust signals' => sub {
  $t->forget;
  my $v = $t->visitor(base => $plain)->open('/onetrust.html');
  is $v->js('typeof cookieStore'), 'undefined', 'the browser does not tell of cookies';
  is +($v->wait_checks(1, '/ot/e'))[0]{consent}, 'undecided', 'undecided';
  $v->js(q{dispatchEvent(new CustomEvent('OneTrustGroupsUpdated', {detail: ['C0001']}))});
  $v->settle;
  is scalar($v->checks('/ot/e')), 1, 'a signal without a change is no reason to ask';
  my $took = $v->js(q{new Promise(done => {
    const {fetch} = window, start = performance.now();
    window.fetch = (...args) => { done(performance.now() - start); return fetch(...args); };
    document.cookie = 'OptanonConsent=interactionCount=1&groups=C0001%3A1%2CC0004%3A1';
    document.cookie = 'OptanonAlertBoxClosed=2026-01-01T00:00:00.000Z';
    dispatchEvent(new CustomEvent('OneTrustGroupsUpdated', {detail: ['C0001', 'C0004']}));
  })});
  is +($v->wait_checks(2, '/ot/e'))[1]{consent}, 'granted', 'with one it is';
  cmp_ok $took, '<', 900, 'at once, not at the next look at the cookies';
  $t->both('Pageview', 'then');
};

subtest 'a cookie without a signal, and without a cookieStore' => sub {
  $t->forget;
  my $v = $t->visitor(base => $plain)->open('/a.html');
  is +($v->wait_checks(1))[0]{consent}, 'undecided', 'undecided';
  $v->js($GRANT);
  is +($v->wait_checks(2))[1]{consent}, 'granted', 'it is seen within a second or so';
  $t->both('Pageview', 'then');
};

subtest 'a signal that opts out' => sub {
  $t->forget;
  my $v = $t->visitor(cookies => {consent => 'yes'})->open('/a.html');
  $t->both('Pageview', 'without one');
  my ($load) = $t->pixel(call => 'load');
  is $load->{options}{limited_data_use}, Mojo::JSON->false, 'the pixel is not limited';
  $v->js("document.cookie = 'usprivacy=1YYN; Path=/'");
  is +($v->wait_checks(2))[1]{consent}, 'opted_out', 'it is seen';
  is $t->pixel(call => 'revokeConsent', count => 1), 1, 'the pixel is revoked';
  $v->js($ADD);
  $v->settle;
  is $v->events, 1, 'nothing is sent';

  $t->forget;
  $v = $t->visitor(cookies => {consent => 'yes'});
  $v->ask('Network.setExtraHTTPHeaders', {headers => {'Sec-GPC' => '1'}});
  $v->open('/a.html');
  is +($v->wait_checks(1))[0]{consent}, 'opted_out', 'a browser that opts out everywhere';
  $v->settle;
  is $t->pixel + (() = $t->sandbox_events), 0, 'is heard, by both ways';

  $t->forget;
  $v = $t->visitor(cookies => {consent => 'yes', usprivacy => '1YYN'})->open('/limit.html');
  my ($event) = $t->sandbox_events(count => 1);
  is $event->{event}{limited_data_use}, Mojo::JSON->true, 'where it limits: the server\'s event is limited';
  ($load) = $t->pixel(call => 'load', count => 1);
  is $load->{options}{limited_data_use}, Mojo::JSON->true, 'and so is the pixel';
};

$t->finish;
done_testing;
