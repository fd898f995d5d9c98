# what the browser script picks up in a page: each thing becomes one event, with the same id and the same values for the
# pixel and for the server

use v5.36;

use Cwd qw(abs_path);
use Digest::SHA qw(sha256_hex);
use File::Basename qw(dirname);
use lib dirname(abs_path(__FILE__)) . '/lib';

use Mojo::JSON qw(encode_json true);
use Test::More;
use Test::TikTok;
use Test::TikTok::Browser;

my $t = Test::TikTok::Browser->new;
$t->page('a.html', '<form onsubmit="return false"><input name="email"><input type="tel" id="phone"><input name="note"></form>');
$t->page('early.html', '', '<script>dataLayer = [{event: "view_item", ecommerce: {currency: "EUR", value: 1, items: [{item_id: "E", price: 1}]}}]</script>');
my $LD = sub ($json) { return qq(<script type="application/ld+json">$json</script>) };
my $lamp = '{"@context": "https://schema.org", "@type": "Product", "name": "Lamp", "sku": "L-1", "offers": {"@type": "Offer", "price": "89.90", "priceCurrency": "EUR"}}';
$t->page('linked.html', '', $LD->($lamp));
$t->page('linked_layer.html', '', $LD->($lamp) . '<script>dataLayer = []</script>');
$t->page('linked_graph.html', '', $LD->('not json') . $LD->('{"@graph": [{"@type": "WebPage"}, {"@type": ["Thing", "Product"], "mpn": "M-2",'
  . ' "offers": [{"@type": "AggregateOffer", "lowPrice": 12, "priceCurrency": "USD"}]}]}'));
$t->page('linked_list.html', '', $LD->("[$lamp, $lamp]"));
$t->page('forms.html', $t->slurp('html/a.html') =~ m{(<form.*</form>)}s ? $1 : die)->file('html/forms.html',
  $t->slurp('html/forms.html') =~ s{/s\.js}{/forms.js}r);
$t->page('forms2.html')->file('html/forms2.html', $t->slurp('html/forms2.html') =~ s{/s\.js}{/forms.js}r);
$t->page('shop.html')->file('html/shop.html', $t->slurp('html/shop.html') =~ s{/s\.js}{/other.js}r);
$t->file('key', 'k' x 32, 0600);
$t->shop(
  '= /e'        => 'tiktok_identity on key=%%DIR%%/key; tiktok_beacon; add_header X-Id $tiktok_event_id;',
  '= /forms.js' => 'tiktok_script /e sdk=/pixel/events.js forms=on;',
  '= /other.js' => 'tiktok_script /e sdk=/pixel/events.js data_layer=shopLayer;',
);

my %YES  = (cookies => {consent => 'yes'});
my $push = sub ($entry) { return 'dataLayer.push(' . (ref $entry ? encode_json($entry) : $entry) . '), 0' };

# a visitor on a page with a data layer, its page view behind them
sub on ($page = 'a.html', %option) {
  $t->forget;
  my $v = $t->visitor(%YES, %option)->open("/$page");
  $v->wait_events(1);
  $v->js('window.dataLayer = window.dataLayer || []; 0');
  $t->pixel(call => 'track', count => 1);
  $t->sandbox_events(count => 1);
  $t->forget;
  return $v;
}

# what both ways have of one event: its name, properties, and user (the pixel: of identify)
sub both ($what, $count = 1) {
  my @pixel  = $t->pixel(call => 'track', count => $count);
  my @server = map { $_->{event} } $t->sandbox_events(count => $count);
  is @pixel . ' ' . @server, "$count $count", "$what: both have as many";
  my %server = map { $_->{event_id} => $_ } @server;
  for my $pixel (@pixel) {
    my $server = $server{$pixel->{event_id}} // {};
    is $server->{event}, $pixel->{event}, "$what: $pixel->{event} has the same id";
    is_deeply $server->{properties}, $pixel->{properties}, "$what: the same properties" if $pixel->{properties} && %{$pixel->{properties}};
    $pixel->{server} = $server;
  }
  return wantarray ? @pixel : $pixel[0];
}

my $ITEMS = [
  {item_id => 'SKU-1', item_name => 'Lamp', item_category => 'Light', item_brand => 'Holm', price => 89.9, quantity => 2},
  {item_id => 7, item_name => 'Cup', price => '24.5'},
];
my $CONTENTS = [
  {content_id => 'SKU-1', content_name => 'Lamp', content_category => 'Light', brand => 'Holm', price => 89.9, quantity => 2},
  {content_id => '7', content_name => 'Cup', price => 24.5, quantity => 1},
];

subtest 'GA4 events of the data layer' => sub {
  my %name = (
    view_item => 'ViewContent', add_to_cart => 'AddToCart', add_to_wishlist => 'AddToWishlist', begin_checkout => 'InitiateCheckout',
    add_payment_info => 'AddPaymentInfo', purchase => 'Purchase',
  );
  my $v = on();
  for my $ga4 (sort keys %name) {
    $v->js($push->({ecommerce => undef}));
    $v->js($push->({event => $ga4, ecommerce => {currency => 'EUR', value => 204.3, items => $ITEMS}}));
    my $event = both($ga4);
    is $event->{event}, $name{$ga4}, "$ga4: is $name{$ga4}";
    is_deeply $event->{properties}, {content_type => 'product', currency => 'EUR', value => 204.3, contents => $CONTENTS}, "$ga4: what it is about";
    is $event->{server}{page}{url}, "$v->{base}/a.html", "$ga4: where";
    $t->forget;
  }

  $v->js($push->({event => 'gtm.click'}));
  $v->js($push->({event => 'view_cart', ecommerce => {items => $ITEMS}}));
  $v->js($push->({event => 'constructor'}));
  $v->js($push->('() => 1'));
  $v->js($push->('null, "x", 5, undefined'));
  $v->js($push->({event => 'add_to_cart', ecommerce => {currency => 'EUR', items => $ITEMS}}));
  is both('after others that are none')->{properties}{value}, 204.3, 'a value that is not said is the sum';
  $t->forget;
  $v->js($push->({event => 'add_to_cart', ecommerce => {value => 0, currency => 'EUR', items => $ITEMS}}));
  is both('free')->{properties}{value}, 0, 'one of 0 is 0';
  $t->forget;
  $v->js($push->({event => 'add_to_cart', ecommerce => {value => '89,90', currency => 'eur', items => [{item_id => 'C', price => ' 89,90 '}]}}));
  my $comma = both('as typed')->{properties};
  is "$comma->{value} $comma->{contents}[0]{price} $comma->{currency}", '89.9 89.9 EUR', 'a decimal comma and a small currency';
  $t->forget;
  $v->js($push->({event => 'add_to_cart', ecommerce => {value => 'a lot', items => [{item_id => 'C', price => '1,234.5.6'}]}}));
  is_deeply both('no numbers')->{properties}, {content_type => 'product', contents => [{content_id => 'C', quantity => 1}]}, 'are left out';
  is $v->problems, 0, 'no errors';
};

subtest 'before the script, split, and renamed' => sub {
  $t->forget;
  my $v = $t->visitor(%YES)->open('/early.html');
  is join(' ', sort map { $_->{event} } both('what was there before', 2)), 'Pageview ViewContent', 'is found';
  $t->forget;
  $v->js($push->({ecommerce => {currency => 'EUR', value => 2, items => [{item_id => 'B', price => 2}]}}));
  $v->js($push->({event => 'add_to_cart'}));
  is both('in two pieces')->{properties}{contents}[0]{content_id}, 'B', 'belong together';
  $t->forget;
  $v->js('dataLayer = [{event: "add_to_wishlist", ecommerce: {items: [{item_id: "N"}]}}]; 0');
  is both('another array')->{event}, 'AddToWishlist', 'is looked through';
  $t->forget;
  $v->js($push->({event => 'add_to_cart', ecommerce => {items => [{item_id => 'M'}]}}));
  is both('and listened to')->{properties}{contents}[0]{content_id}, 'M', 'from then on';

  $t->forget;
  $v = $t->visitor(%YES)->open('/shop.html');
  both('a page');
  $t->forget;
  $v->js('dataLayer = [{event: "add_to_cart"}]; shopLayer = [{event: "add_to_wishlist"}]; shopLayer.push({event: "view_item"}), 0');
  is join(' ', sort map { $_->{event} } both('a data layer of another name', 2)), 'AddToWishlist ViewContent', 'is the one';
};

subtest 'a purchase' => sub {
  my $v = on();
  $v->js($push->({event => 'purchase', ecommerce => {transaction_id => 'T-100', currency => 'EUR', value => 204.3, items => $ITEMS}}));
  my $event = both('with an order id');
  is $event->{event_id}, 'order.T-100', 'its event id';
  is $event->{properties}{order_id}, 'T-100', 'its order';
  my $module = $t->beacon({event => 'Purchase', properties => {order_id => 'T-100'}});
  is $module->headers->header('X-Id'), 'order.T-100', 'is the one that the module makes';

  $t->forget;
  $v->js($push->({event => 'purchase', ecommerce => {transaction_id => 100043, currency => 'EUR', value => 1}}));
  is both('an order id that is a number')->{event_id}, 'order.100043', 'its digits';
  $t->forget;
  $v->js($push->({event => 'purchase', ecommerce => {currency => 'EUR', value => 1}}));
  like both('without one')->{event_id}, qr/\A[\d.]{20,}\z/, 'random';

  # an id that the page gives, unless there is an order
  $t->forget;
  $v->js($push->({event => 'add_to_cart', event_id => 'own-1', ecommerce => {currency => 'EUR', items => $ITEMS}}));
  is both('an id beside the event')->{event_id}, 'own-1', 'is kept';
  $t->forget;
  $v->js('dataLayer.push((function () { return arguments })("event", "add_to_wishlist", {event_id: "own-2", value: 1, currency: "EUR"})), 0');
  is both('an id among the parameters')->{event_id}, 'own-2', 'too';
  $t->forget;
  $v->js($push->({event => 'purchase', event_id => 'own-3', ecommerce => {transaction_id => 'T-101', currency => 'EUR', value => 1}}));
  is both('an id and an order')->{event_id}, 'order.T-101', 'the order is what others know, too';

  # that a purchase is repeated, only the answer tells
  $t->forget;
  my $answers = 0;
  $v->answer('*/e', sub ($request) { $answers++; return (204, '', 'X-Tiktok-Consent' => 'granted', 'X-Tiktok-Result' => 'repeated') });
  $v->js($push->({event => 'purchase', ecommerce => {transaction_id => 'T-99', value => 1, currency => 'EUR'}}));
  $v->until(10, sub {$answers});
  $v->js($push->({event => 'add_to_cart', ecommerce => {items => [{item_id => 'A'}]}}));
  is join(' ', map { $_->{event} } $t->pixel(call => 'track', count => 1)), 'AddToCart', 'one that is repeated is kept from the pixel';
};

subtest 'an order, and a queue that is full' => sub {
  my $v = on();
  $v->answer('*/e', sub ($request) { return (503, '', 'X-Tiktok-Consent' => 'granted', 'X-Tiktok-Result' => 'queue_full', 'Retry-After' => 60) });
  $v->js($push->({event => 'purchase', ecommerce => {transaction_id => 'T-97', value => 1, currency => 'EUR'}}));
  is join(' ', map { $_->{event_id} } $t->pixel(call => 'track', count => 1)), 'order.T-97', 'the pixel does not wait for room';
};

# the visitor has withdrawn while an event was on its way
subtest 'an event that is refused' => sub {
  my $v = on();
  $v->js(<<'JS');
    const real = window.fetch;
    window.fetch = (url, options) => !options.body ? new Promise(() => { window.asked = 1; })
      : /T-98/.test(options.body) ? new Promise(go => { window.late = () => go(new Response(null, {status: 204, headers: {'X-Tiktok-Consent': 'denied', 'X-Tiktok-Result': 'denied'}})); })
      : real(url, options);
    0
JS
  $t->forget;
  $v->js($push->({event => 'purchase', ecommerce => {transaction_id => 'T-98', value => 1, currency => 'EUR'}}));
  $v->comes('window.late');
  $v->js('document.cookie = "consent=no;path=/", 0');
  $v->comes('window.asked');    # and has not been answered
  $v->js('late(), 0');
  $v->settle;
  is $t->pixel(call => 'track'), 0, 'is kept from the pixel';
  $v->js('window.fetch = real, 0');
};

subtest 'gtag()' => sub {
  my $v = on();
  $v->js('window.gtag = function () { dataLayer.push(arguments) }; gtag("js", new Date()); gtag("config", "G-1", {user_id: "u-7"}); 0');
  $v->js('gtag("set", "user_data", {email: "jane@example.com", phone_number: "+4915123456789"}); 0');
  $v->js(sprintf 'gtag("event", "add_to_cart", %s); 0', encode_json({currency => 'EUR', value => 204.3, items => $ITEMS}));
  my $event = both('an event');
  is_deeply $event->{properties}, {content_type => 'product', currency => 'EUR', value => 204.3, contents => $CONTENTS}, 'what it is about';
  my $user = $event->{server}{user};
  is $user->{email}, sha256_hex('jane@example.com'), 'user_data: e-mail';
  is $user->{phone}, sha256_hex('+4915123456789'), 'user_data: phone';
  is $user->{external_id}, sha256_hex('u-7'), 'user_id';
  is_deeply +($t->pixel(call => 'identify', count => 1))[0]{user},
    {email => 'jane@example.com', phone_number => '+4915123456789', external_id => 'u-7'}, 'the pixel knows the same';

  $t->forget;
  $v->js('gtag("event", "search", {search_term: "lamp"}); gtag("event", "generate_lead", {value: 5, currency: "EUR"});
    gtag("event", "sign_up", {method: "mail"}); gtag("event", "page_view", {}); gtag("consent", "update", {ad_storage: "granted"}); 0');
  my @events = both('other events', 3);
  is join(' ', map { $_->{event} } @events), 'Search Lead CompleteRegistration', 'search, lead and registration';
  is_deeply [map { $_->{properties} } @events], [{search_string => 'lamp', query => 'lamp'}, {value => 5, currency => 'EUR'}, {}], 'what they say';
};

subtest 'user_data of the data layer' => sub {
  my $v = on();
  $v->js($push->({user_data => {sha256_email_address => [sha256_hex('a@b.example')]}, user_id => 12}));
  $v->js($push->({event => 'generate_lead'}));
  my $user = both('hashed')->{server}{user};
  is $user->{email}, sha256_hex('a@b.example'), 'the hash';
  is $user->{external_id}, sha256_hex('12'), 'a number';
  is_deeply +($t->pixel(call => 'identify'))[0]{user}, {sha256_email => sha256_hex('a@b.example'), external_id => '12'}, 'the pixel\'s';
  $t->forget;
  $v->js($push->({event => 'sign_up', user_data => {sha256_email_address => sha256_hex('c@b.example'), address => {first_name => 'Jane'}}}));
  $user = both('with the event')->{server}{user};
  is $user->{email}, sha256_hex('c@b.example'), 'is of the event';
  is $user->{first_name}, sha256_hex('jane'), 'the name reaches nginx';
  is_deeply [sort keys %{($t->pixel(call => 'identify'))[-1]{user}}], [qw(external_id sha256_email)], 'but not the pixel, which would not hash it';
  $v->js($push->({event => 'add_to_wishlist', user_data => {email => 'New@B.example'}}));
  both('and another', 2);
  is $v->js('document.cookie.includes("@") || JSON.stringify({...sessionStorage, ...localStorage}).includes("@")'), Mojo::JSON->false,
    'and stays in memory';
};

subtest 'enhanced e-commerce' => sub {
  my $v = on();
  my $products = [{id => 'SKU-1', name => 'Lamp', category => 'Light', brand => 'Holm', price => '89.90', quantity => 2}];
  my $contents = [{content_id => 'SKU-1', content_name => 'Lamp', content_category => 'Light', brand => 'Holm', price => 89.9, quantity => 2}];
  my @pushes = (
    [ViewContent      => {ecommerce => {currencyCode => 'EUR', detail => {products => $products}}}],
    [AddToCart        => {event => 'addToCart', ecommerce => {currencyCode => 'EUR', add => {products => $products}}}],
    [InitiateCheckout => {event => 'checkout', ecommerce => {currencyCode => 'EUR', checkout => {actionField => {step => 1}, products => $products}}}],
    [Purchase         => {ecommerce => {currencyCode => 'EUR', purchase => {actionField => {id => 'EE-1', revenue => '185.00'}, products => $products}}}],
  );
  $v->js($push->({event => 'checkout', ecommerce => {checkout => {actionField => {step => 2}, products => $products}}}));
  $v->js($push->({event => 'impressions', ecommerce => {impressions => $products}}));
  for (@pushes) {
    my ($name, $entry) = @$_;
    $v->js($push->($entry));
    my $event = both($name);
    is $event->{event}, $name, "is $name";
    is_deeply $event->{properties}{contents}, $contents, "$name: contents";
    is $event->{properties}{value} . $event->{properties}{currency}, $name eq 'Purchase' ? '185EUR' : '179.8EUR', "$name: value";
    is $event->{event_id}, 'order.EE-1', "$name: event id" if $name eq 'Purchase';
    $t->forget;
  }
};

subtest 'two sources of one event' => sub {
  my $v = on();
  $v->js('window.gtag = function () { dataLayer.push(arguments) }; 0');
  my $json = encode_json({currency => 'EUR', value => 204.3, items => $ITEMS});
  $v->js("gtag('event', 'add_to_cart', $json); dataLayer.push({event: 'add_to_cart', ecommerce: $json}), 0");
  both('a tag manager and gtag()');
  $t->forget;
  $v->js("dataLayer.push({event: 'add_to_cart', ecommerce: $json}), dataLayer.push({event: 'add_to_cart', ecommerce: $json}), 0");
  both('twice from one source', 2);
};

subtest 'structured data' => sub {
  $t->forget;
  $t->visitor(%YES)->open('/linked.html');
  my ($event) = grep { $_->{event} eq 'ViewContent' } both('a product', 2);
  is_deeply $event->{properties}, {content_type => 'product', value => 89.9, currency => 'EUR',
    contents => [{content_id => 'L-1', content_name => 'Lamp', price => 89.9, quantity => 1}]}, 'what it is';

  $t->forget;
  $t->visitor(%YES)->open('/linked_graph.html');
  ($event) = grep { $_->{event} eq 'ViewContent' } both('in a graph', 2);
  is_deeply $event->{properties}, {content_type => 'product', value => 12, currency => 'USD',
    contents => [{content_id => 'M-2', price => 12, quantity => 1}]}, 'what it is';

  for my $page (qw(linked_layer linked_list)) {
    $t->forget;
    my $v = $t->visitor(%YES)->open("/$page.html");
    both($page);
    $v->settle;
    is $v->events, 1, "$page: no more than the page view";
  }
};

subtest 'forms' => sub {
  my $type = q{((name, text) => { const field = document.querySelector(name); field.value = text;
    field.dispatchEvent(new Event('change', {bubbles: true})); })};
  my @fields = ("$type('[name=email]', ' Jane.Doe\@Example.com ')", "$type('#phone', '+49 (0)151 23456789')", "$type('[name=note]', 'x\@y.z')");
  my $fill = join ', ', @fields;
  my $v = on();
  $v->js($fill);
  $v->js($push->({event => 'begin_checkout'}));
  my $user = both('without the option')->{server}{user};
  is $user->{email} // $user->{phone}, undef, 'nobody looks';

  $v = on('forms.html');
  $v->js($fill);
  $v->js($push->({event => 'begin_checkout'}));
  $user = both('with it')->{server}{user};
  my %hashed = (email => sha256_hex('jane.doe@example.com'), phone => sha256_hex('+4915123456789'));
  is $user->{$_}, $hashed{$_}, $_ for sort keys %hashed;

  # no event of that page takes them along, and yet nginx knows them on the next
  $v = on('forms.html');
  for my $field (@fields) {    # one after the other, as people do: the last answer's cookie is the one that stays
    $v->js($field);
    $v->settle;
  }
  is $t->sandbox_events, 0, 'that is no event';
  is $v->js('/@|jane|5123/i.test(document.cookie + JSON.stringify({...sessionStorage, ...localStorage}))'), Mojo::JSON->false,
    'nothing is kept in the page';
  $v->open('/forms2.html');
  $user = both('the next page')->{server}{user};
  is $user->{$_}, $hashed{$_}, $_ for sort keys %hashed;

  $t->forget;
  $v = $t->visitor->open('/forms.html');
  $v->wait_checks(1);
  $v->js($fill);
  $v->settle;
  is scalar($v->beacons), 1, 'without consent nginx is not told';
};

subtest 'the click id of a landing page' => sub {
  my $click = 'E.C.P.' . 'abc-_' x 100;
  my $land = sub ($consent, @pages) {
    my $v = $t->visitor($consent ? %YES : ())->open("/a.html?ttclid=$click&x=1");
    $consent ? $v->wait_events(1) : $v->wait_checks(1);
    for my $page (@pages) { $v->load(sub { $v->js("location.href = '$page'; 0") }) }
    $v->settle;
    $t->forget;
    $v->js("document.cookie = 'consent=yes; Path=/'") unless $consent;
    $v->wait_events(1 + ($consent ? 1 + @pages : 0) - ($consent ? 1 : 0));
    $v->load(sub { $v->js("location.href = '/early.html'; 0") });
    $v->js($push->({event => 'purchase', ecommerce => {transaction_id => 'C' . rand, currency => 'EUR', value => 1}}));
    my ($event) = grep { $_->{event}{event} eq 'Purchase' } $t->sandbox_events(event => 'Purchase', count => 1);
    return $event->{event}{user}{ttclid};
  };
  is $land->(1, '/linked_list.html'), $click, 'consent before';
  is $land->(0), $click, 'on the landing page';
  is $land->(0, '/linked_list.html'), $click, 'on the second page';
  is $land->(0, '/linked_list.html', '/shop.html'), $click, 'on the third page';

  # a page that cleans its address before anybody else looks at it
  for my $more ('', 'Object.defineProperty(window, "navigation", {value: undefined});') {
    $t->forget;
    my $v = $t->visitor(before => "$more history.replaceState(null, '', location.pathname);")->open("/a.html?ttclid=$click&x=1");
    $v->wait_checks(1);
    $v->js("document.cookie = 'consent=yes; Path=/'");
    my $event = both('an address that was cleaned')->{server};
    is $event->{page}{url}, "$v->{base}/a.html", 'is what it is';
    is $event->{user}{ttclid}, $click, 'the click is known all the same';
  }
};

$t->finish;
done_testing;
