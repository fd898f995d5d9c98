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
$t->page('a.html')->shop;
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

$t->finish;
done_testing;
