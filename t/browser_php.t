# a shop in PHP whose pages leave "location /" by try_files: the tag is put into its pages, and rules look at its requests.
# the shop is not changed, and every event that the browser tells of is one with that of nginx

use v5.36;

use Cwd qw(abs_path);
use Digest::SHA qw(sha256_hex);
use File::Basename qw(dirname);
use lib dirname(abs_path(__FILE__)) . '/lib';

use Test::More;
use Test::TikTok;
use Test::TikTok::Browser;

use constant {SHOP => "$Test::TikTok::TOP/t/shop", BEACON => '/_t/e'};

my $t = Test::TikTok::Browser->new;
mkdir $t->dir . '/shop';
chmod 0777, $t->dir . '/shop';

# it compresses its pages itself, unless it is told not to
my $php = $t->php(ini => {'zlib.output_compression' => 1});

$t->shop(
  http => <<'CONF',
map "$request_method:$status:$sent_http_location" $ordered { "~^POST:303:/thank-you\?order=(?<order_no>[0-9]+)" 1; }
map "$request_method $request_uri $status" $joined { "POST /newsletter 200" 1; }
gzip on;
gzip_min_length 1;
CONF
  server => <<"CONF",
root ${\ SHOP };
tiktok_inject /_t/s.js;
tiktok_event Pageview;
tiktok_event Purchase if=\$ordered order_id=\$order_no value=\$cookie_total currency=EUR email=\$email;
tiktok_event CompleteRegistration if=\$joined email=\$email;
tiktok_request_value \$email email;
CONF
  '/'            => 'try_files $uri /index.php$is_args$args;',
  '~ \.php$'     => "fastcgi_pass unix:${\ $php->socket }; include /etc/nginx/fastcgi_params; fastcgi_param HTTP_ACCEPT_ENCODING ''; "
    . "fastcgi_param SCRIPT_FILENAME ${\ SHOP }\$fastcgi_script_name; fastcgi_param SHOP_DIR %%DIR%%/shop;",
  '= /_t/s.js'   => 'tiktok_script /_t/e sdk=/pixel/events.js;',
  '= /_t/e'      => 'tiktok_beacon;',
  '= /s.js'      => undef,
  '= /e'         => undef,
);

my $CLICK = 'E.C.P.' . 'visit-_' x 20;

# what a person does; each leads to another page
sub follow ($v, $selector) { return $v->load(sub { $v->click($selector) }) }

sub fill ($v, %field) {
  $v->js(qq{document.querySelector('[name="$_"]').value = '$field{$_}'; 0}) for sort keys %field;
  return $v;
}

# from the first page to the order; its number. "at" is called with the name of each page
sub buy ($v, $at = sub ($name) { }) {
  follow($v, '#LAMP-01');
  $at->('product');
  fill($v, quantity => 2);
  follow($v, 'form button');
  $at->('cart');
  follow($v, '#checkout');
  $at->('checkout');
  fill($v, email => 'Jane.Doe@Example.com', 'billing[phone]' => '+49 151 23456789');
  follow($v, 'form button');
  my ($order) = $v->address =~ m{/thank-you\?order=(\d+)\z};
  return $order;
}

my $LAMP = {content_id => 'LAMP-01', content_name => 'Reading lamp', price => 89.9};
my $LAMPS = {content_type => 'product', currency => 'EUR', value => 179.8, contents => [{%$LAMP, quantity => 2}]};

subtest 'a visit, from the advertisement to the order' => sub {
  my $v = $t->visitor->open("/?ttclid=$CLICK");
  is +($v->wait_checks(1, BEACON))[0]{consent}, 'undecided', 'the script asks';
  is +($v->requests('/'))[0]{headers}{'content-encoding'}, 'gzip', 'the page is compressed';
  is $v->js('document.querySelectorAll("head > script[src=\"/_t/s.js\"][async]").length'), 1, 'and has the tag, once';
  is $v->js('document.querySelectorAll("script").length'), 3, 'beside the shop\'s scripts';

  my $order = buy($v, sub ($name) {
    if ($name eq 'product') {
      $v->wait_checks(2, BEACON);
      $v->settle;
      is $t->pixel + (() = $t->sandbox_events), 0, 'nothing is sent';
      is $v->js('document.cookie'), '', 'nor stored';
      $v->click('#accept');
      my ($view) = grep { $_->{event} eq 'ViewContent' } $t->both('Pageview ViewContent', 'consent on the second page');
      is_deeply $view->{properties}, {content_type => 'product', currency => 'EUR', value => 89.9, contents => [{%$LAMP, quantity => 1}]}, 'what was looked at';
      is $view->{server}{user}{ttclid}, $CLICK, 'with the click id of the landing page';
      is $view->{server}{page}{url}, "$v->{base}/product/LAMP-01", 'and its own address';

    } elsif ($name eq 'cart') {
      my ($add) = grep { $_->{event} eq 'AddToCart' } $t->both('AddToCart Pageview', 'an event while the page is left');
      is_deeply $add->{properties}, $LAMPS, 'what is in the cart';
      is $add->{server}{page}{url}, "$v->{base}/product/LAMP-01", 'and where that was';

    } else {
      my ($begun) = grep { $_->{event} eq 'InitiateCheckout' } $t->both('InitiateCheckout Pageview', 'the checkout');
      is_deeply $begun->{properties}, $LAMPS, 'with all of the cart';
    }
    $t->forget;
  });

  # a rule has told of the order, and of more than the page knows
  my ($purchase) = grep { $_->{event} eq 'Purchase' } $t->both('Pageview Purchase', 'the order', rule => 'Purchase');
  is $purchase->{event_id}, "order.$order", 'its id';
  is_deeply $purchase->{properties}, {%$LAMPS, order_id => $order}, 'its values';
  my $rule = $purchase->{server};
  is_deeply $rule->{properties}, {value => 179.8, currency => 'EUR', order_id => $order}, 'nginx has those that the rule names';
  is $rule->{user}{email}, sha256_hex('jane.doe@example.com'), 'with what was in the form';
  is $rule->{user}{ttclid}, $CLICK, 'and the click id';
  my ($page) = grep { ($_->{event} // '') eq 'Purchase' } $v->wait_events(8, BEACON);
  is "$page->{event_id} $page->{result}", "order.$order duplicate", 'that the page tells of it is the same';
  is scalar(my @checks = $v->checks(BEACON)), 3, 'one check for each page without consent, and one with it';

  $t->forget;
  $v->load(sub { $v->ask('Page.reload') });
  is join(' ', sort map { $_->{event} } $t->pixel(call => 'track', count => 2)), 'Pageview Purchase', 'the last page once more';
  $v->settle;
  is join(' ', map { $_->{event} } map { $_->{event} } $t->sandbox_events(count => 1)), 'Pageview', 'is viewed once more';
  my ($again) = grep { $_->{event} eq 'Purchase' } reverse $v->events(BEACON);
  is "$again->{event_id} $again->{result}", "order.$order duplicate", 'but no other order';

  $t->forget;
  $v->open('/');
  fill($v, email => 'Joe@Example.com');
  follow($v, 'form button');
  $v->settle;
  is join(' ', map { $_->{event} } $t->pixel(call => 'track', count => 2)), 'Pageview Pageview', 'a form that the data layer does not know';
  my ($joined) = map { $_->{event} } $t->sandbox_events(event => 'CompleteRegistration', count => 1);
  is $joined->{user}{email}, sha256_hex('joe@example.com'), 'is known by a rule';
  is $v->problems, 0, 'no errors' or note explain [$v->problems];
};

subtest 'denied, then granted at the end' => sub {
  $t->forget;
  my $v = $t->visitor->open("/?ttclid=$CLICK");
  $v->click('#deny');
  is +($v->wait_checks(2, BEACON))[1]{consent}, 'denied', 'denied';
  my $checks = 2;
  my $order = buy($v, sub ($name) { $v->wait_checks(++$checks, BEACON) });
  $v->wait_checks(++$checks, BEACON);
  $v->settle;
  is $t->pixel + (() = $t->sandbox_events) + $v->events(BEACON), 0, 'an order, and nothing of it is sent';
  unlike $v->js('document.cookie'), qr/tt/, 'no cookie';

  $v->click('#privacy');
  $v->click('#accept');
  my ($purchase) = grep { $_->{event} eq 'Purchase' } $t->both('Pageview Purchase', 'agreed on the last page');
  is $purchase->{event_id}, "order.$order", 'the order';
  is $purchase->{server}{user}{ttclid}, $CLICK, 'and the click that led to it';
  $v->wait_events(2, BEACON);
  like $v->js('document.cookie'), qr/_ttp=/, 'now there are cookies';

  # what was stored is gone with the consent
  my $jar = sub { return join ' ', sort map { $_->{name} } @{$v->ask('Network.getCookies')->{cookies}} };
  like $jar->(), qr/\bttclid\b/, 'also the click id\'s';
  $v->click('#privacy');
  $v->click('#deny');
  is $t->pixel(call => 'revokeConsent', count => 1), 1, 'withdrawn: the pixel is revoked';
  unlike $jar->(), qr/\bttclid\b/, 'and the cookie gone';
  $t->forget;
  buy($v->open('/'));
  $v->settle;
  is $t->pixel + (() = $t->sandbox_events), 0, 'of the next order nobody knows';
};

subtest 'a browser that runs no scripts of others' => sub {
  $t->forget;
  my $v = $t->visitor(cookies => {consent => 'yes'})->answer('*/_t/*', sub ($request) { return });
  my $order = buy($v->open('/'));
  my ($event) = $t->sandbox_events(count => 1);
  is $event->{event}{event_id}, "order.$order", 'the order is known by the rule';
  is $event->{event}{properties}{value}, 179.8, 'with its value';
  is $t->pixel, 0, 'to nginx alone';
};

$t->finish;
done_testing;
