#!/usr/bin/perl

# a small shop. it knows nothing of nginx: its pages carry the data of their events, and public/shop-events.js sends
# them to where nginx listens

use Mojolicious::Lite -signatures;

use Mojo::Util qw(sha1_sum);

my $CURRENCY = 'EUR';

my @PRODUCTS = (
  {sku => 'LAMP-01', name => 'Halo lamp', price => 89.90, picture => 'lamp', category => 'Light',
    line => 'A warm ring of light that dims with a touch.',
    text => 'Turned from one piece of ash, with a shade of opal glass. The light is as warm as a late afternoon, and a touch '
      . 'on the foot dims it in seven steps.', facts => ['Ash and opal glass', '38 cm high', '2,700 K, 9 W']},
  {sku => 'CUP-02', name => 'Morning cup', price => 24.00, picture => 'cup', category => 'Table',
    line => 'Stoneware that keeps the first coffee warm.',
    text => 'Thrown by hand and glazed twice, so that no two are alike. Thick enough to keep a coffee warm while you '
      . 'read one more page.', facts => ['Hand-thrown stoneware', '0.3 l', 'Goes into the dishwasher']},
  {sku => 'PLANT-03', name => 'Patient plant', price => 39.50, picture => 'plant', category => 'Green',
    line => 'Forgives a fortnight without water.',
    text => 'A rubber fig in a pot with a reservoir. It asks for little light and forgives a fortnight of holidays; it only '
      . 'wants to be turned now and then.', facts => ['Ficus elastica', 'About 55 cm with its pot', 'Pot of recycled clay']},
);
my %BY_SKU = map { $_->{sku} => $_ } @PRODUCTS;

# orders live as long as the demo does, and are shown to nobody but who placed them
my (%ORDERS, $last_order, $last_customer);
($last_order, $last_customer) = (100_041, 8841);

app->secrets([sha1_sum join ' ', $$, time, rand]);
app->sessions->cookie_name('shop')->samesite('Lax');
app->mode('production');
app->log->level('warn');

helper price    => sub ($c, $amount) { sprintf "\x{20ac}\x{a0}%.2f", $amount };
helper picture  => sub ($c, $product) { $c->render_to_string("pictures/$product->{picture}", format => 'html', layout => undef) };
helper cart     => sub ($c) { $c->session->{cart} //= {} };
helper in_cart  => sub ($c) { my $n = 0; $n += $_ for values %{$c->cart}; $n };

# what is in the cart, in the shop's order, with what it costs
helper lines => sub ($c) {
  my $cart = $c->cart;
  return [map { {product => $_, quantity => $cart->{$_->{sku}}, total => $_->{price} * $cart->{$_->{sku}}} }
    grep { $cart->{$_->{sku}} } @PRODUCTS];
};

# an event as the Events API names its parts, without what the browser knows better: id and page
helper event_of => sub ($c, $name, @lines) {
  my $value = 0;
  $value += $_->{quantity} * $_->{product}{price} for @lines;
  return {
    event      => $name,
    properties => {
      content_type => 'product',
      currency     => $CURRENCY,
      value        => 0 + sprintf('%.2f', $value),
      contents     => [map { {content_id => $_->{product}{sku}, content_name => $_->{product}{name},
        quantity => $_->{quantity}, price => $_->{product}{price}} } @lines],
    },
  };
};

hook after_render => sub ($c, $output, $format) {
  my $headers = $c->res->headers;
  $headers->header('Content-Security-Policy' => "default-src 'self'; base-uri 'none'; frame-ancestors 'none'");
  $headers->cache_control('no-store') if $format eq 'html';
};

get '/' => sub ($c) {
  $c->render('landing', title => 'Holm', products => \@PRODUCTS, event => {event => 'Pageview'});
};

get '/product/:sku' => sub ($c) {
  my $product = $BY_SKU{$c->param('sku')} or return $c->reply->not_found;
  my $line = {product => $product, quantity => 1};
  $c->render(
    'product',
    title   => $product->{name},
    product => $product,
    event   => $c->event_of(ViewContent => $line),
    add     => $c->event_of(AddToCart   => $line),
    # for browsers without scripts: the same event as an image. its id is made here
    image   => $c->url_for('/_t/e')->query(event => 'ViewContent', event_id => 'img.' . substr(sha1_sum(rand . $$ . time), 0, 16),
      content_type => 'product', content_ids => $product->{sku}, value => $product->{price}, currency => $CURRENCY),
  );
};

post '/cart' => sub ($c) {
  my $product = $BY_SKU{$c->param('sku') // ''} or return $c->reply->not_found;
  if ($c->param('remove')) { delete $c->cart->{$product->{sku}} }
  else                     { $c->cart->{$product->{sku}}++ }
  $c->res->code(303);
  $c->redirect_to('/cart');
};

get '/cart' => sub ($c) { $c->render('cart', title => 'Your cart') };

get '/checkout' => sub ($c) {
  return $c->redirect_to('/cart') unless $c->in_cart;
  $c->render('checkout', title => 'Checkout', problem => undef, event => $c->event_of(InitiateCheckout => @{$c->lines}));
};

post '/checkout' => sub ($c) {
  return $c->redirect_to('/cart') unless $c->in_cart;
  my %typed = map { $_ => $c->param($_) // '' } qw(name email phone);
  return $c->render('checkout', status => 400, title => 'Checkout', problem => 'We need an e-mail address for the receipt.')
    if $typed{email} !~ /\S@\S/;

  # as typed: to normalise and hash it is not the shop's business
  my $number = ++$last_order;
  $ORDERS{$number} = {%typed, number => $number, customer => 'cust-' . ++$last_customer, lines => $c->lines};
  push @{$c->session->{orders}}, $number;
  $c->session->{cart} = {};
  $c->res->code(303);
  $c->redirect_to($c->url_for('/thanks')->query(order => $number));
};

get '/thanks' => sub ($c) {
  my $number = $c->param('order') // '';
  my ($mine) = grep { $_ eq $number } @{$c->session->{orders} // []};
  my $order = $ORDERS{$mine // ''} or return $c->reply->not_found;

  my $event = $c->event_of(Purchase => @{$order->{lines}});
  $event->{event_id} = "order.$number";
  $event->{properties}{order_id} = "$number";
  $event->{user} = {email => $order->{email}, phone => $order->{phone}, external_id => $order->{customer}};
  $c->render('thanks', title => 'Thank you', order => $order, event => $event);
};

app->start;
