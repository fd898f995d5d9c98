# the browser script beside rules: an event that a rule tells is told by the rule alone, and all others by the script

use v5.36;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use lib dirname(abs_path(__FILE__)) . '/lib';

use Mojo::JSON qw(encode_json);
use Test::More;
use Test::TikTok;
use Test::TikTok::Browser;

my $t    = Test::TikTok::Browser->new;
my %YES  = (cookies => {consent => 'yes'});
my $OURS = Test::TikTok::PIXEL;
$t->page('a.html');

# TikTok's pixel as a page of its own has it
$t->page('own.html', '', <<"HTML");
<script>
  window.calls = [];
  window.ttq = {_i: {$OURS: []}, track: (...args) => calls.push(args), page() {}, identify() {}};
</script>
HTML

# the same shop without a rule, on another port
my $other = <<"CONF";
server {
  listen 127.0.0.1:%%PORT_other%%;
  tiktok_pixel $OURS;
  tiktok_access_token_file %%DIR%%/token;
  tiktok_consent cookie consent yes;
  tiktok_send /_tiktok/api;
  location / { root %%DIR%%/html; }
  location = /s.js { tiktok_script /e sdk=/pixel/events.js; }
  location = /e { tiktok_beacon; }
  location = /cart/add { return 204; }
  location /pixel/ { proxy_pass http://127.0.0.1:%%PORT_http%%; }
}
CONF

$t->shop(
  '= /cart/add'    => 'tiktok_event AddToCart content_ids=$arg_sku; return 204;',
  '= /newsletter'  => 'tiktok_event SubmitForm; return 204;',
  '= /order'       => 'tiktok_event Purchase order_id=$arg_no value=5 currency=EUR; return 204;',
  servers          => $other,
);

my $ITEM = {currency => 'EUR', value => 5, items => [{item_id => 'A', price => 5, quantity => 1}]};

sub push_layer ($v, $event, %more) {
  my $json = encode_json({event => $event, ecommerce => {%$ITEM, %more}});
  return $v->js("(window.dataLayer = window.dataLayer || []).push($json), 0");
}

sub ask ($v, $path) { return $v->js("fetch('$path', {method: 'POST'}).then(() => 0)") }

# what both ways have, by name
sub told ($server, $pixel) {
  my @server = map { $_->{event} } $t->sandbox_events(count => $server);
  my @pixel  = $t->pixel(call => 'track', count => $pixel);
  return (join(' ', sort map { $_->{event} } @server), join(' ', sort map { $_->{event} } @pixel), \@server, \@pixel);
}

sub on ($page, %option) {
  $t->forget;
  my $v = $t->visitor(%YES, %option)->open("/$page");
  $v->wait_events(1);
  told(1, $page eq 'a.html' ? 1 : 0);
  $t->forget;
  return $v;
}

subtest 'an event of the data layer that a rule tells' => sub {
  my $v = on('a.html');
  push_layer($v, 'add_to_cart');
  ask($v, '/cart/add?sku=A');
  push_layer($v, 'view_item');
  $v->settle;
  my ($server, $pixel, $events) = told(2, 1);
  is $server, 'AddToCart ViewContent', 'the server has each once';
  is $pixel, 'ViewContent', 'and the pixel what the script tells';
  my ($cart) = grep { $_->{event} eq 'AddToCart' } @$events;
  is_deeply $cart->{properties}{content_ids}, ['A'], 'the rule\'s is the one';
  is $v->problems, 0, 'no errors';
};

subtest 'without the rule' => sub {
  my $v = on('a.html', base => 'http://127.0.0.1:' . $t->port('other'));
  push_layer($v, 'add_to_cart');
  ask($v, '/cart/add?sku=A');
  $v->settle;
  my ($server, $pixel, $events, $hits) = told(1, 1);
  is "$server $pixel", 'AddToCart AddToCart', 'both have it from the script';
  is $events->[0]{event_id}, $hits->[0]{event_id}, 'as one';
};

subtest 'as it is spelt' => sub {
  my $v = on('a.html');
  push_layer($v, 'generate_lead');
  ask($v, '/newsletter');
  push_layer($v, 'sign_up');
  $v->settle;
  my ($server, $pixel) = told(2, 1);
  is $server, 'CompleteRegistration SubmitForm', 'the rule\'s, and the script\'s';
  is $pixel, 'CompleteRegistration', 'not one more under the new name';
};

subtest 'an order has one id on all ways' => sub {
  my $v = on('a.html');
  ask($v, '/order?no=77');
  push_layer($v, 'purchase', transaction_id => '77');
  $v->settle;
  my ($server, $pixel, $events, $hits) = told(1, 1);
  is "$server $pixel", 'Purchase Purchase', 'so it is told on all of them';
  is "$events->[0]{event_id} $hits->[0]{event_id}", 'order.77 order.77', 'and is one';
};

subtest 'a ttq of the page' => sub {
  my $v = on('own.html');
  $v->js(q{ttq.track('AddToCart', {value: 5}), ttq.track('Lead'), ttq.track('Search', {query: 'lamp'}), 0});
  $v->settle;
  my ($server) = told(1, 0);
  is $server, 'Search', 'what a rule tells is not told once more';
  is_deeply $v->js('calls.slice(-3, -1).map(call => call[2] && call[2].event_id)'), [undef, undef], 'its calls stay as they are';
  like $v->js('calls.pop()[2].event_id'), qr/./, 'others get an id';

  $v = on('a.html');
  $v->js(q{ttq.track('AddToCart', {value: 5}), ttq.track('Search', {query: 'lamp'}), 0});
  $v->settle;
  ($server, my $pixel) = told(1, 1);
  is "$server $pixel", 'Search Search', 'nor by the pixel that the script has loaded';
};

$t->finish;
done_testing;
