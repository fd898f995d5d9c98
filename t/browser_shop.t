# the demo's shop, with a consent banner, a data layer and a policy of its own, behind an nginx that is all it needs: what
# visitors do there reaches TikTok by both ways, or by none

use v5.36;

use Cwd qw(abs_path);
use Digest::SHA qw(sha256_hex);
use File::Basename qw(dirname);
use lib dirname(abs_path(__FILE__)) . '/lib';

use Test::More;
use Test::TikTok;
use Test::TikTok::Browser;

use Demo::Visitor;

use constant BEACON => '/_t/e';

my $t      = Test::TikTok::Browser->new;
my $socket = $t->demo_shop;

# a certificate that nobody else believes in
my $dir = $t->dir;
system("openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -keyout $dir/tls.key -out $dir/tls.pem 2>/dev/null") == 0
  or die "openssl failed\n";
$t->chromium('--ignore-certificate-errors');

my $shop = sub ($sdk) {
  return <<"CONF";
        tiktok_inject /_t/s.js;
        tiktok_request_value \$email email;
        tiktok_request_value \$total total;
        tiktok_event Purchase if=\$ordered order_id=\$order_no value=\$total currency=EUR email=\$email;
        location / { proxy_pass http://unix:$socket:; proxy_set_header Host \$http_host; proxy_set_header Accept-Encoding ""; }
        location = /_t/s.js { tiktok_script /_t/e sdk=$sdk; }
        location = /_t/e    { tiktok_beacon; }
CONF
};
$t->shop(
  (map { $_ => undef } qw(tiktok_pixel tiktok_access_token_file tiktok_consent tiktok_send / = /s.js), '= /s.js', '= /e'),
  http => <<"CONF",
map "\$request_method:\$status:\$sent_http_location" \$ordered { "~^POST:303:/thank-you\\?order=(?<order_no>[0-9]+)" 1; }
tiktok_pixel             ${\ Test::TikTok::PIXEL };
tiktok_access_token_file %%DIR%%/token;
tiktok_consent           onetrust;
tiktok_send              /_tiktok/api;
CONF
  server => $shop->('/pixel/events.js'),

  # to this one TikTok's script is somebody else's, as it is to a real shop
  servers => <<"CONF",
    server {
        listen 127.0.0.1:%%PORT_strict%%;
        ${\ $shop->('http://127.0.0.1:%%PORT_http%%/pixel/events.js') }
        location = /_tiktok/api { internal; include %%DIR%%/tiktok_api.conf; }
    }
    server {
        listen 127.0.0.1:%%PORT_tls%% ssl http2;
        ssl_certificate %%DIR%%/tls.pem;
        ssl_certificate_key %%DIR%%/tls.key;
        ${\ $shop->('/pixel/events.js') }
        location = /_tiktok/api { internal; include %%DIR%%/tiktok_api.conf; }
        location /pixel/        { proxy_pass http://127.0.0.1:%%PORT_http%%; }
    }
CONF
);

my $CLICK = 'E.C.P.' . 'shop-_' x 20;

sub somebody (%more) {
  my $page = $t->visitor(%more);
  return ($page, Demo::Visitor->new($page, $page->{base}));
}

# of a product of which there is one in the cart
sub lamp ($colour) {
  return {content_type => 'product', currency => 'EUR', value => 89.9, contents => [{content_id => 'LAMP-01', content_name => 'Halo lamp',
    content_category => 'Light', brand => 'Holm', price => 89.9, quantity => 1}]};
}

# the dialog behind "Cookie settings"
sub settle_cookies ($page, $targeting) {
  $page->click('footer .ot-sdk-show-settings');
  $page->js(sprintf q{document.querySelector('[name=C0004]').checked = %s; 0}, $targeting ? 'true' : 'false');
  $page->click('#onetrust-pc-sdk [value=save]');
}

sub of ($event, @told) { return (grep { $_->{event} eq $event } @told)[0] }

subtest 'rejected, then accepted, and bought' => sub {
  my ($page, $jane) = somebody();
  $jane->open("/?ttclid=$CLICK", 'https://www.tiktok.com/');
  is +($page->wait_checks(1, BEACON))[0]{consent}, 'undecided', 'not chosen yet';
  my $asked = () = $page->settle->checks(BEACON);    # twice, where the banner is later than the script
  $jane->reject;
  is +($page->wait_checks($asked + 1, BEACON))[-1]{consent}, 'denied', 'rejected';
  $jane->open('/product/LAMP-01');
  $page->wait_checks($asked + 2, BEACON);
  $page->settle;
  is $t->pixel + (() = $t->sandbox_events), 0, 'nothing is sent';
  is scalar(my @loaded = $page->requests('/pixel/')), 0, 'and nothing of TikTok\'s loaded';

  settle_cookies($page, 1);
  my @told = $t->both('Pageview ViewContent', 'accepted on the second page');
  is_deeply of(ViewContent => @told)->{properties}, lamp('ash'), 'the lamp';
  is of(ViewContent => @told)->{server}{user}{ttclid}, $CLICK, 'the click that led here';
  is of(Pageview => @told)->{server}{page}{url}, "$page->{base}/product/LAMP-01", 'the page';

  $t->forget;
  $jane->choose('smoke');
  @told = $t->both('Pageview ViewContent', 'another colour, by another address of the same page');
  is $_->{server}{page}{url}, "$page->{base}/product/LAMP-01?colour=smoke", "$_->{event}: which it has" for @told;

  $t->forget;
  $page->js('window.product = 1; 0');
  $jane->add_to_cart;
  @told = $t->both('AddToCart Pageview', 'into the cart');
  is_deeply of(AddToCart => @told)->{properties}, lamp('smoke'), 'that lamp';

  $t->forget;
  $page->js('window.cart = 1; history.back(); 0');
  ok $page->comes('window.product'), 'back: the page is out of the cache';
  $t->both('Pageview', 'and viewed once more');
  $t->forget;
  $page->js('history.forward(); 0');
  ok $page->comes('window.cart'), 'so is the cart';
  $t->both('Pageview', 'and that, too');

  $t->forget;
  $jane->check_out;
  $t->both('InitiateCheckout Pageview', 'the checkout');

  $t->forget;
  $jane->order(name => 'Jane', email => 'Jane.Doe@Example.com', phone => '+49 151 23456789');
  my ($number) = $jane->address =~ /order=(\d+)/;
  my $order = of(Purchase => $t->both('Pageview Purchase', 'the order', rule => 'Purchase', server => 3));
  is $order->{event_id}, "order.$number", 'its id';
  is_deeply $order->{properties}, {%{lamp('smoke')}, order_id => $number}, 'its values';
  my ($rule, $script) = @{$order->{told}};
  is_deeply $script->{properties}, $order->{properties}, 'by the page, all of them';
  is_deeply [@{$rule->{properties}}{qw(value currency order_id)}], [89.9, 'EUR', $number], 'also by the rule';
  is $rule->{user}{email}, sha256_hex('jane.doe@example.com'), 'which knows who ordered';
  like $script->{user}{external_id}, qr/\A[0-9a-f]{64}\z/, 'as the page does, by another name';
  is $_->{user}{ttclid}, $CLICK, 'and the click' for $rule, $script;
  is $page->problems, 0, 'no errors' or note explain [$page->problems];

  # only now: withdrawn, and another lap
  settle_cookies($page, 0);
  is $t->pixel(call => 'revokeConsent', count => 1), 1, 'withdrawn: the pixel is revoked';
  $page->settle;
  $t->forget;
  my $told = $page->events(BEACON);
  $jane->open('/product/LAMP-01')->choose('rose')->add_to_cart->check_out->order(email => 'jane@example.com');
  $page->settle;
  like $jane->address, qr/order=\d+/, 'another order';
  is $t->pixel + (() = $t->sandbox_events) + $page->events(BEACON) - $told, 0, 'of which nobody is told';
};

subtest 'withdrawn on another page, and back' => sub {
  $t->forget;
  my ($page, $joe) = somebody();
  $joe->open('/product/CUP-02')->accept;
  $t->both('Pageview ViewContent', 'accepted');
  $page->js('window.kept = 1; 0');
  $t->forget;
  $page->load(sub { $page->js('location.href = "/"; 0') });
  $t->both('Pageview', 'the next page');
  settle_cookies($page, 0);
  is $t->pixel(call => 'revokeConsent', count => 1), 1, 'withdrawn there';
  $page->settle;
  $t->forget;
  $page->js('history.back(); 0');
  ok $page->comes('window.kept'), 'back';
  is $t->pixel(call => 'revokeConsent', count => 1), 1, 'that page\'s pixel is revoked, too';
  $joe->choose('rose');
  $page->settle;
  is $t->pixel(call => 'track') + (() = $t->sandbox_events), 0, 'another colour is not told';
  settle_cookies($page, 1);
  $t->both('Pageview Pageview ViewContent', 'until it is accepted again: what waited');
};

subtest 'over TLS and HTTP/2' => sub {
  $t->forget;
  my ($page, $kim) = somebody(base => 'https://127.0.0.1:' . $t->port('tls'));
  $kim->open("/product/CUP-02?ttclid=$CLICK")->accept;
  my @told = $t->both('Pageview ViewContent', 'accepted');
  is $_->{server}{page}{url}, "$page->{base}/product/CUP-02?ttclid=$CLICK", "$_->{event}: its address" for @told;
  is $page->js('performance.getEntriesByName(location.origin + "/_t/e")[0].nextHopProtocol'), 'h2', 'by HTTP/2';
  my ($cookie) = grep { $_->{name} eq 'ttclid' } @{$page->ask('Network.getCookies')->{cookies}};
  ok $cookie && $cookie->{secure}, 'a cookie that stays within TLS';
  $t->forget;
  $kim->add_to_cart;
  $t->both('AddToCart Pageview', 'into the cart');
  $t->forget;
  $kim->check_out;
  $t->both('InitiateCheckout Pageview', 'the checkout');
  $t->forget;
  $kim->order(email => 'kim@example.net');
  my ($number) = $kim->address =~ /order=(\d+)/;
  is of(Purchase => $t->both('Pageview Purchase', 'the order', rule => 'Purchase', server => 3))->{event_id}, "order.$number", 'its id';
  is $page->problems, 0, 'no errors' or note explain [$page->problems];
};

for my $case (
  ['a policy that TikTok\'s script does not fit into', sub { somebody(base => 'http://127.0.0.1:' . $t->port('strict')) }],
  ['a browser that blocks it', sub {
    my ($page, $visitor) = somebody();
    $page->answer('*/pixel/*', sub ($request) { return });
    return ($page, $visitor);
  }],
) {
  my ($what, $somebody) = @$case;
  subtest $what => sub {
    $t->forget;
    my ($page, $visitor) = $somebody->();
    $visitor->open("/product/CUP-02?ttclid=$CLICK")->accept;
    $page->wait_events(2, BEACON);
    $visitor->choose('rose')->add_to_cart->check_out->order(email => 'noah@example.net');
    my ($number) = $visitor->address =~ /order=(\d+)/;
    $page->settle;
    my @server = map { $_->{event} } $t->sandbox_events(count => 11);
    is join(' ', sort map { $_->{event} } @server), 'AddToCart InitiateCheckout ' . join(' ', ('Pageview') x 5) . ' Purchase Purchase ViewContent ViewContent',
      'nginx has everything';
    is $_->{event_id}, "order.$number", 'the order' for grep { $_->{event} eq 'Purchase' } @server;
    is scalar(grep { $_->{user}{ttclid} eq $CLICK } @server), scalar @server, 'and the click';
    is $t->pixel, 0, 'the pixel nothing';
    ok +(grep { m{/pixel/events\.js|BLOCKED_BY_CLIENT} } $page->problems), 'which the browser says';
    is scalar(grep { !m{/pixel/events\.js|BLOCKED_BY_CLIENT} } $page->problems), 0, 'and nothing else' or note explain [$page->problems];
  };
}

$t->finish;
done_testing;
