# pages that have other things where the script looks, and browsers that lack what it needs: none of its errors reaches the
# page, and what can work does

use v5.36;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use lib dirname(abs_path(__FILE__)) . '/lib';

use Test::More;
use Test::TikTok;
use Test::TikTok::Browser;

my $t = Test::TikTok::Browser->new;
$t->page('a.html')->shop('= /e' => 'tiktok_beacon; tiktok_beacon_limits body=100k;');
my %YES = (cookies => {consent => 'yes'});

my $throws = sub ($name) { return qq(Object.defineProperty(window, "$name", {get() { throw new Error("$name"); }})) };
my %both = (
  'a data layer that is a string'        => 'window.dataLayer = "x"',
  'a data layer that is an object'       => 'window.dataLayer = {push() {}}',
  'a data layer that is a function'      => 'window.dataLayer = () => {}',
  'a data layer that stays what it is'   => 'Object.defineProperty(window, "dataLayer", {value: []})',
  'a data layer that throws'             => $throws->('dataLayer'),
  'a ttq that is null'                   => 'window.ttq = null',
  'a ttq that stays what it is'          => 'Object.defineProperty(window, "ttq", {value: []})',
  'a history that throws'                => 'navigation.entries = performance.getEntriesByType = () => { throw new Error("history"); }',
  'no history'                           => 'history.pushState = null; Object.defineProperty(window, "navigation", {value: undefined})',
  'no cookieStore, and no storage'       => 'delete window.cookieStore; Object.defineProperty(window, "cookieStore", {value: undefined}); ' . $throws->('sessionStorage'),
  'prototypes with more in them'         => 'Array.prototype.extra = Object.prototype.extra = () => { throw new Error("extra"); }',
  'no chance'                            => 'Math.random = () => 0',
  'no time'                              => 'Date.now = () => NaN',
  'nothing to be found'                  => 'document.querySelectorAll = () => { throw new Error("query"); }',
);
my %server = (
  'a ttq that is a number'   => 'window.ttq = 5',
  'a ttq that is frozen'     => 'window.ttq = Object.freeze([])',
);
my %nobody = (
  'no fetch'                      => 'window.fetch = undefined',
  'a fetch that throws'           => 'window.fetch = () => { throw new Error("fetch"); }',
  'a fetch that answers nothing'  => 'window.fetch = () => undefined',
  'a fetch that answers nonsense' => 'window.fetch = () => Promise.resolve({})',
);

# all at once, each with an address of its own
my %page = map { $_ => $t->visitor(%YES, before => $both{$_} // $server{$_} // $nobody{$_}) } keys %both, keys %server, keys %nobody;
my %of;
for my $what (sort keys %page) {
  my $n = keys %of;
  $page{$what}->open("/a.html?$n");
  $of{"$page{$what}{base}/a.html?$n"} = $what;
}
$t->pixel(call => 'track', count => scalar keys %both);
$t->sandbox_events(count => keys(%both) + keys(%server));
(values %page)[0]->settle(values %page);

my (%pixel, %nginx);
push @{$pixel{$of{$_->{url}}}}, "$_->{event} $_->{event_id}" for $t->pixel(call => 'track');
push @{$nginx{$of{$_->{event}{page}{url}}}}, "$_->{event}{event} $_->{event}{event_id}" for $t->sandbox_events;

for my $what (sort keys %page) {
  subtest $what => sub {
    my ($pixel, $nginx) = map { $_->{$what} // [] } \%pixel, \%nginx;
    is scalar @$nginx, $nobody{$what} ? 0 : 1, 'one page view, or none where there cannot be one';
    is_deeply $pixel, $both{$what} ? $nginx : [], $both{$what} ? 'the pixel has the same' : 'none for the pixel';
    is $page{$what}->problems, 0, 'no errors' or note explain [$page{$what}->problems];
    $page{$what}->close;
  };
}

subtest 'a data layer that is frozen' => sub {
  $t->forget;
  my $v = $t->visitor(%YES, before => 'window.dataLayer = Object.freeze([{event: "add_to_cart", ecommerce: {items: [{item_id: "F"}]}}])')->open('/a.html');
  $t->both('AddToCart Pageview', 'is looked through');
  $v->settle;
  is $t->pixel(call => 'track'), 2, 'once';
  is $v->problems, 0, 'no errors' or note explain [$v->problems];
};

subtest 'entries of all kinds' => sub {
  $t->forget;
  my $v = $t->visitor(%YES, before => 'window.dataLayer = []')->open('/a.html');
  $t->both('Pageview', 'the page');
  $t->forget;
  $v->js(<<'JS');
    const loop = {event: 'loop', ecommerce: {}};
    loop.self = loop.ecommerce.self = loop;
    dataLayer.push(null, undefined, 0, '', 'x', true, Symbol('x'), 5n, [], [[]], {}, () => 1, new Date(), document, window, loop, NaN);
    for (const event of ['constructor', '__proto__', 'toString', 'hasOwnProperty', '', 5, null, {}, [], Symbol('y')]) dataLayer.push({event});
    dataLayer.push({get event() { throw new Error('event'); }}, {event: 'view_item', get ecommerce() { throw new Error('ecommerce'); }});
    dataLayer.push(new Proxy({}, {get() { throw new Error('proxy'); }}));
    dataLayer.push(['event'], ['event', null], ['set'], ['set', 5], ['consent', 'update'], {0: 'event'});
    0
JS
  $v->settle;
  is $t->pixel(call => 'track') + (() = $t->sandbox_events), 0, 'are none';
  $v->js(<<'JS');
    const items = [...Array(1000)].map((_, i) => ({item_id: i, price: '1', quantity: 1n < i ? 1 : 'x', loop}));
    dataLayer.push({event: 'add_to_cart', ecommerce: {items, value: '12', currency: 'EUR', extra: loop}}), 0
JS
  my ($add) = $t->both('AddToCart', 'one that is');
  is scalar @{$add->{properties}{contents}}, 100, 'with as many items as may be';
  is $v->problems, 0, 'no errors' or note explain [$v->problems];
};

subtest 'calls of all kinds' => sub {
  $t->forget;
  my $v = $t->visitor(%YES)->open('/a.html');
  $t->both('Pageview', 'the page');
  $t->forget;
  $v->js(<<'JS');
    ttq.track(); ttq.track(null); ttq.track(5, 6, 7); ttq.identify(); ttq.identify(null); ttq.identify(5); ttq.page(5);
    ttq.instance(); window.nobody = ttq.instance('nobody');
    0
JS
  $v->settle;
  $t->forget;
  $v->js('ttq.track("Contact", {value: 1, currency: "EUR"}); 0');
  $t->both('Contact', 'a call after those');
  is scalar(my @errors = grep { !/status of 400/ } $v->problems), 0, 'no errors but that nginx refuses some' or note explain [$v->problems];
};

subtest 'products of all kinds' => sub {
  $t->forget;
  my $v = $t->visitor(%YES, before => 'window.dataLayer = []')->open('/a.html');
  $t->both('Pageview', 'the page');
  $t->forget;
  $v->js(<<'JS');
    const cycle = {}, thrower = {toString() { throw new Error('mine'); }, toJSON() { throw new Error('mine'); }};
    cycle.cycle = cycle;
    for (const items of [[null], [cycle, {item_id: cycle}], [{item_id: thrower}]]) dataLayer.push({event: 'add_to_cart', ecommerce: {items}});
    for (const user_data of [cycle, thrower, window, 'text', 5]) dataLayer.push({user_data, user_id: thrower});
    dataLayer.push({ecommerce: 5}, {ecommerce: 'add'}, {ecommerce: {add: null}}, {ecommerce: {add: {products: cycle}, purchase: 5}});
    dataLayer.push(JSON.parse('{"user_data": {"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}}}'));
    dataLayer.push({event: 'add_to_wishlist', ecommerce: {currency: 978, value: [7], items: {item_id: 'one', price: {}}}});
    0
JS
  $v->settle;
  my ($odd) = grep { $_->{event}{event} eq 'AddToWishlist' } $t->sandbox_events;
  is_deeply $odd->{event}{properties}{contents}, [{content_id => 'one', quantity => 1}], 'what can be used of them is';
  is $v->js('({}).polluted'), undef, 'no prototype was changed';

  # more than a browser sends of a page that goes
  $t->forget;
  $v->js(q{dataLayer.push({event: 'view_item', ecommerce: {items: Array.from({length: 100}, (x, i) => ({item_id: 'x'.repeat(700) + i}))}}), 0});
  my ($large) = $t->sandbox_events(count => 1);
  is scalar @{$large->{event}{properties}{contents}}, 100, 'seventy kilobytes of them';
  is scalar(my @errors = grep { !/sendBeacon|status of 400/ } $v->problems), 0, 'no errors' or note explain [$v->problems];
};

subtest 'a ttq of all kinds' => sub {
  my $ours = Test::TikTok::PIXEL;
  my %ttq = (
    'a string'            => 'window.ttq = "ttq"',
    'an empty object'     => 'window.ttq = {}',
    'one of odd parts'    => 'window.ttq = {_i: "text", track: 5, load: 6}',
    'one of traps'        => 'window.ttq = new Proxy({}, {get() { throw new Error("mine"); }})',
    'a trap'              => $throws->('ttq'),
    'one not to be moved' => 'Object.defineProperty(window, "ttq", {value: {}})',
    'frozen, with ours'   => "window.ttq = Object.freeze({_i: {$ours: {}}, track() {}})",
  );
  for my $what (sort keys %ttq) {
    $t->forget;
    my $v = $t->visitor(%YES, before => $ttq{$what})->open('/a.html');
    is +($t->sandbox_events(count => 1))[0]{event}{event}, 'Pageview', "$what: the server has its event";
    is $v->problems, 0, "$what: no errors" or note explain [$v->problems];
    $v->close;
  }

  my $v = $t->visitor(%YES, before => 'window.said = []; window.ttq = {_i: {}, instance: code => code && undefined,
    track(...args) { said.push(args); return "done"; }, identify() {}, page() { throw new Error("its own"); }}')->open('/a.html');
  $v->wait_events(1);
  is $v->js('ttq.instance("none")'), undef, 'instance() of nothing is nothing';
  is $v->js('try { ttq.page() } catch (e) { e.message }'), 'its own', 'an error of its own is its own';
  is $v->js('ttq.track("Lead", null, null)'), 'done', 'what it answers is the answer';
  is $v->js('const cycle = {}; cycle.cycle = cycle; ttq.track("Lead", cycle)'), 'done', 'also to what nginx cannot be told';
  is $v->js('said.length'), 3, 'all of it has come';
  is $v->problems, 0, 'no errors' or note explain [$v->problems];
};

subtest 'names in the window' => sub {
  $t->file('html/bare.html', '<!DOCTYPE html><html><head><link rel="icon" href="data:,"></head><body></body></html>');
  my $names = sub ($v) { return @{$v->js('Object.getOwnPropertyNames(window)')} };
  my %had = map { $_ => 1 } $names->($t->visitor->open('/bare.html'));
  $t->forget;
  my $v = $t->visitor(%YES)->open('/a.html');
  $t->both('Pageview', 'the page');
  is_deeply [sort grep { !$had{$_} } $names->($v)], [qw(TiktokAnalyticsObject dataLayer ttq)],
    'with consent those of TikTok\'s pixel, beside that of the data layer';
};

$t->finish;
done_testing;
