# a page, or its tag manager, that has TikTok's pixel already: its calls get the event id that nginx gets, and the pixel
# is not loaded twice

use v5.36;

use Cwd qw(abs_path);
use Digest::SHA qw(sha256_hex);
use File::Basename qw(dirname);
use lib dirname(abs_path(__FILE__)) . '/lib';

use Test::More;
use Test::TikTok;
use Test::TikTok::Browser;

use constant {OURS => Test::TikTok::PIXEL, OTHER => 'COTHERPIXEL000000002'};

my %YES = (cookies => {consent => 'yes'});
my $t   = Test::TikTok::Browser->new;

# what a base code does, by TikTok's protocol
$t->file('html/base.js', <<'JS');
window.base = (...codes) => {
  const names = ['page', 'track', 'identify', 'instances', 'debug', 'on', 'off', 'once', 'ready', 'alias', 'group', 'enableCookie',
    'disableCookie', 'holdConsent', 'revokeConsent', 'grantConsent'];
  const wait = list => { names.forEach(name => { list[name] = function () { list.push([name].concat([].slice.call(arguments))); }; }); return list; };
  window.TiktokAnalyticsObject = 'ttq';
  const ttq = window.ttq = window.ttq || [];
  ttq.methods = names;
  wait(ttq);
  ttq.instance = code => wait(ttq._i[code] || []);
  ttq.load = (code, options) => {
    ttq._i = ttq._i || {}; ttq._i[code] = []; ttq._i[code]._u = 'base';
    ttq._t = ttq._t || {}; ttq._t[code] = +new Date();
    ttq._o = ttq._o || {}; ttq._o[code] = options || {};
    const script = document.createElement('script');
    script.async = true;
    script.src = '/pixel/events.js?sdkid=' + code + '&lib=ttq';
    setTimeout(() => document.head.appendChild(script), window.soon ? 0 : 300);    // TikTok's script takes its time
  };
  codes.forEach(code => ttq.load(code));
};
JS
my $base = '<script src="/base.js"></script>';
my $page = sub ($name, $script) { $t->page("$name.html", '', "$base<script>$script</script>") };
$page->(plain  => '');
$page->(page   => "base('${\ OURS }'); ttq.page();");
$page->(fast   => "window.soon = 1; base('${\ OURS }'); ttq.page();");
$page->(track  => "base('${\ OURS }'); ttq.track('ViewContent', {content_id: 'Q', value: 3, currency: 'EUR'}); ttq.identify({email: 'q\@example.com'});");
$page->(nopage => "base('${\ OURS }');");
$page->(other  => "base('${\ OTHER }'); ttq.page(); ttq.track('ViewContent', {content_id: 'O'});");
$page->(both   => "base('${\ OURS }', '${\ OTHER }');");
$page->(object => 'window.calls = []; window.ttq = {track: (...args) => calls.push(args), page() {}, identify() {}};');

# TikTok's script is there first: ours comes when it is told to
$t->file('html/late.html', "<!DOCTYPE html><html><head><link rel=\"icon\" href=\"data:,\">$base<script>window.soon = 1; base('${\ OURS }'); ttq.page()</script></head></html>");
$t->shop;

sub calls ($name, $count) { return $t->pixel(call => $name, count => $count) }
sub server ($count) { return map { $_->{event} } $t->sandbox_events(count => $count) }

# the page's call is one event for both, with the same id and values; it
sub one ($what, %want) {
  my @pixel  = calls(track => 1);
  my @server = server(1);
  is @pixel . ' ' . @server, '1 1', "$what: one for both";
  my ($pixel, $server) = ($pixel[0] // {}, $server[0] // {});
  is $server->{event_id}, $pixel->{event_id}, "$what: the same id";
  ok length $pixel->{event_id}, "$what: it has one";
  is $server->{event}, $pixel->{event}, "$what: the same event";
  is_deeply $server->{properties}, $pixel->{properties}, "$what: the same values" if %{$pixel->{properties} // {}};
  is $pixel->{$_}, $want{$_}, "$what: $_" for sort keys %want;
  return $pixel;
}

my $ADD = q{ttq.track('AddToCart', {content_type: 'product', contents: [{content_id: 'A', quantity: 1, price: 5}], value: 5, currency: 'EUR'})};

# the page view, if there is one, is behind us
sub on ($page, $views = 1, %option) {
  $t->forget;
  my $v = $t->visitor(%YES, %option)->open("/$page.html");
  $v->settle;
  server($views) if $views;
  $v->settle;
  return $v;
}

subtest 'a base code before the script' => sub {
  my $v = on('page', 0);
  is calls(load => 1), 1, 'the pixel is loaded once';
  is calls(page => 1), 1, 'its page view';
  is calls(track => 0) . server(0), '00', 'the script has none: TikTok could not tell that it is the same';
  is scalar(my @checks = $v->checks), 1, 'it has asked for consent';
  $t->forget;
  $v->js("$ADD; 0");
  one('a call', event => 'AddToCart');
  $t->forget;
  $v->js(q{ttq.track('AddToCart', {value: 1, currency: 'EUR'}, {event_id: 'own-1'}); 0});
  one('with an id', event_id => 'own-1');
  $t->forget;
  $v->js(q{ttq.track('Purchase', {value: 1, currency: 'EUR', order_id: 'P-1'}); 0});
  one('a purchase', event_id => 'order.P-1');
  $t->forget;
  $v->js(q{ttq.track('CompletePayment', {value: 1, currency: 'EUR', order_id: 'P-2'}); 0});
  one('as it is spelt', event_id => 'order.P-2', event => 'CompletePayment');
  $t->forget;
  $v->js(q{dataLayer = [{event: 'add_to_wishlist', ecommerce: {items: [{item_id: 'L'}]}}]; 0});
  one('an event of the data layer', event => 'AddToWishlist');
  $t->forget;
  $v->js(q{ttq.identify({email: 'Jane@Example.com', phone_number: '+4915123456789', external_id: 'x'}); ttq.track('Lead'); 0});
  one('of somebody known', event => 'Lead');
  my $user = (server(1))[0]{user};
  is $user->{email}, sha256_hex('jane@example.com'), 'to the server, too';
  is calls(identify => 1), 1, 'told once';
  is $v->problems, 0, 'no errors';
};

subtest 'whoever is faster' => sub {
  for (1 .. 3) {
    on('fast', 0);
    is calls(page => 1) . calls(track => 0) . server(0), '100', 'the page is viewed once';
  }
};

subtest 'calls that wait for TikTok\'s script' => sub {
  $t->forget;
  $t->visitor(%YES)->open('/track.html');
  my %pixel  = map { $_->{event} => $_ } calls(track => 2);
  my %server = map { $_->{event} => $_ } server(2);
  is join(' ', sort keys %server), 'Pageview ViewContent', 'without a call of page() the script views the page';
  is $pixel{$_}{event_id}, $server{$_}{event_id}, "$_: the same id" for sort keys %server;
  is_deeply $pixel{ViewContent}{properties}, {content_id => 'Q', value => 3, currency => 'EUR'}, 'the values';
  is $server{ViewContent}{user}{email}, sha256_hex('q@example.com'), 'whose they are';
  is calls(load => 1), 1, 'loaded once';
};

subtest 'TikTok\'s script before ours' => sub {
  $t->forget;
  my $v = $t->visitor(%YES)->open('/late.html');
  calls(load => 1);
  $v->js(q{new Promise(done => { const node = document.createElement('script'); node.src = '/s.js'; node.onload = () => done(0);
    document.head.append(node); })});
  $v->wait_checks(1);
  $v->settle;
  is calls(track => 0) + server(0), 0, 'its page view cannot have been seen, and is not made twice';
  $t->forget;
  $v->js("$ADD; 0");
  one('a call', event => 'AddToCart');
  is calls(load => 0), 0, 'loaded once';
};

subtest 'a base code after the script has loaded the pixel' => sub {
  my $v = on('plain');
  is calls(load => 1), 1, 'loaded';
  $t->forget;
  $v->js("base('${\ OURS }'); ttq.page(); $ADD; 0");
  one('its calls', event => 'AddToCart');
  $v->settle;
  is calls(load => 0) + calls(page => 0), 0, 'neither loads nor views again';
  $t->forget;
  $v->js("$ADD; 0");
  one('later ones', event => 'AddToCart');

  $v->js('document.cookie = "consent=no; Path=/"; 0');
  calls(revokeConsent => 1);
  $t->forget;
  $v->js("$ADD; 0");
  $v->settle;
  is calls(track => 0) + server(0), 0, 'after a withdrawal: nothing';
};

subtest 'a base code after the script, and consent after both' => sub {
  $t->forget;
  my $v = $t->visitor->open('/plain.html');
  $v->wait_checks(1);
  $v->js("base('${\ OURS }'); $ADD; 0");
  my ($pixel) = calls(track => 1);
  is $pixel->{event}, 'AddToCart', 'the page\'s own pixel is not for us to stop';
  $v->settle;
  is server(0), 0, 'nginx gets nothing';
  $v->js('document.cookie = "consent=yes; Path=/"; 0');
  my %server = map { $_->{event} => $_ } server(2);
  is $server{AddToCart}{event_id}, $pixel->{event_id}, 'with consent it gets the same id';
  is +(calls(track => 2))[1]{event_id}, $server{Pageview}{event_id}, 'and so does the page view, by the page\'s pixel';
  is calls(load => 1), 1, 'loaded once';

  $v->js('document.cookie = "consent=no; Path=/"; 0');
  $v->wait_checks(3);
  $v->settle;
  $t->forget;
  $v->js("$ADD; 0");
  is calls(track => 1), 1, 'withdrawn: the page\'s pixel goes on';
  $v->settle;
  is server(0), 0, 'and nginx gets nothing';
};

subtest 'a pixel of another code' => sub {
  $t->forget;
  my $foreign = sub { return $t->status->{pixels}[0]{ttq}{foreign} };
  my $had = $foreign->();
  my $v = $t->visitor(%YES)->open('/other.html');
  my ($own) = grep { $_->{event_id} } calls(track => 2);
  is join(',', @{$own->{codes}}), OURS, 'our page view is for our pixel alone';
  is +(server(1))[0]{event_id}, $own->{event_id}, 'nginx has it';
  is join(' ', sort map { $_->{code} } calls(load => 2)), join(' ', sort(+OURS, +OTHER)), 'both are loaded';
  my ($view) = calls(page => 1);
  is join(',', @{$view->{codes}}), OTHER, 'its own page view is not ours';
  $v->settle;
  $t->forget;
  $v->js("$ADD; 0");
  my ($call) = calls(track => 1);
  is join(',', @{$call->{codes}}), OTHER, 'neither is a call';
  is $call->{event_id}, undef, 'which stays as it is';
  $v->js("ttq.instance('${\ OTHER }').track('Lead'); ttq.instance('${\ OURS }').track('Contact', {description: 'c'}); 0");
  my @calls = calls(track => 3);
  is join(' ', map {"$_->{event}:@{$_->{codes}}"} @calls[1, 2]), "Lead:${\ OTHER } Contact:${\ OURS }", 'by instance()';
  is $calls[1]{event_id}, undef, 'the other\'s';
  is +(server(1))[0]{event_id}, $calls[2]{event_id}, 'ours is known to nginx';
  $v->settle;
  is server(0), 1, 'and nothing else';
  is $foreign->() - $had, 4, 'but nginx counts them: page() and track(), and two more';
  $v->js("ttq.instance('${\ OTHER }').track('Lead'); ttq.identify({email: 'a\@b.example'}); 0");
  $v->settle;
  is $foreign->() - $had, 4, 'with the next event';
  $v->load(sub { $v->js('location.href = "/plain.html"; 0') });
  $v->settle;
  is $foreign->() - $had, 5, 'or when the page goes';

  $t->forget;
  $v = $t->visitor->open('/other.html');
  $v->wait_checks(1);
  $v->load(sub { $v->js('location.href = "/plain.html"; 0') });
  $v->settle;
  is $foreign->() - $had, 5, 'not without consent';
  is scalar($v->events), 0, 'which sends nothing';
};

subtest 'two pixels of one page' => sub {
  my $v = on('both');
  is calls(load => 2), 2, 'loaded by the page';
  $t->forget;
  $v->js("$ADD; 0");
  my $call = one('a call for both', event => 'AddToCart');
  is join(' ', sort @{$call->{codes}}), join(' ', sort(+OURS, +OTHER)), 'is for both';
  $t->forget;
  $v->js("ttq.track('Lead', {}, {pixel_code: '${\ OTHER }'}); 0");
  is +(calls(track => 1))[0]{event_id}, undef, 'one for the other is left alone';
  $v->js("ttq.track('Contact', {}, {pixel_code: '${\ OURS }'}); 0");
  is +(server(1))[0]{event_id}, +(calls(track => 2))[1]{event_id}, 'one for ours is not';
};

subtest 'a tag manager' => sub {
  for my $when ('at once', 'a moment later') {
    for my $order ('before the script', 'after it') {
      my $call = $when eq 'at once' ? $ADD : "setTimeout(() => $ADD, 50)";
      my $manager = "dataLayer.push = ((push) => function (...all) { const n = push.apply(dataLayer, all); $call; return n; })(dataLayer.push)";
      my $v = on('nopage', 1, $order =~ /before/ ? (before => "window.dataLayer = []; $manager") : ());
      $v->js("window.dataLayer = []; $manager; 0") if $order =~ /after/;
      $t->forget;
      $v->js(q{dataLayer.push({event: 'add_to_cart', ecommerce: {currency: 'EUR', value: 5, items: [{item_id: 'A', price: 5}]}}), 0});
      $v->settle;
      my @pixel  = calls(track => 1);
      my @server = server(1);
      my %ids = map { $_->{event_id} => 1 } @pixel, @server;
      is keys %ids, 1, "that tells of the same event $when, hooked $order: one id";
      is @server, 1, 'one event';
    }
  }
};

subtest 'somebody else between the page and the pixel' => sub {
  my $v = on('nopage');
  $t->forget;
  $v->js("window.n = 0; const under = ttq.track; ttq.track = (...args) => { n++; return under(...args); }; $ADD; 0");
  one('around our function', event => 'AddToCart');
  $t->forget;
  $v->js(q{new Promise(done => { const image = new Image(); image.onerror = () => done(0); image.src = '/nowhere.png'; document.head.append(image); })});
  $v->js("$ADD; 0");
  one('and ours around it again', event => 'AddToCart');
  is $v->js('n'), 2, 'each called once';
  $t->forget;
  $v->js("const later = ttq.track; ttq.track = (...args) => { Promise.resolve().then(() => later(...args)); }; $ADD; 0");
  one('one that takes its time', event => 'AddToCart');
};

subtest 'a ttq that is none of TikTok\'s' => sub {
  $t->forget;
  my $v = $t->visitor(%YES)->open('/object.html');
  my ($event) = server(1);
  is $v->js('calls.length'), 1, 'gets the page view';
  is $v->js('calls[0][2].event_id'), $event->{event_id}, 'with its id';
  $t->forget;
  $v->js("$ADD; 0");
  is $v->js('calls[1][2].event_id'), (server(1))[0]{event_id}, 'and calls get theirs';
  is calls(load => 0), 0, 'no other pixel is loaded';
  is $v->problems, 0, 'no errors';
};

$t->finish;
done_testing;
