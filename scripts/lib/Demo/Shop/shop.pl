#!/usr/bin/perl

# a small shop. it knows nothing of who advertises it: its pages have the data layer of its analytics, as the
# documentation of Google Analytics 4 writes it, and no more

use Mojolicious::Lite -signatures;

use Mojo::Util qw(sha1_sum);

my $CURRENCY = 'EUR';
my $PARTNERS = join '', map {" $_"} split ' ', $ENV{SHOP_PARTNERS} // '';    # hosts whose scripts the pages allow

my @PRODUCTS = (
  {sku => 'LAMP-01', name => 'Halo lamp', price => 89.90, picture => 'lamp', category => 'Light', colours => [qw(ash smoke rose)],
    line => 'A warm ring of light that dims with a touch.',
    text => 'Turned from one piece of ash, with a shade of opal glass. The light is as warm as a late afternoon, and a touch '
      . 'on the foot dims it in seven steps.', facts => ['Ash and opal glass', '38 cm high', '2,700 K, 9 W']},
  {sku => 'CUP-02', name => 'Morning cup', price => 24.00, picture => 'cup', category => 'Table', colours => [qw(lagoon rose)],
    line => 'Stoneware that keeps the first coffee warm.',
    text => 'Thrown by hand and glazed twice, so that no two are alike. Thick enough to keep a coffee warm while you '
      . 'read one more page.', facts => ['Hand-thrown stoneware', '0.3 l', 'Goes into the dishwasher']},
  {sku => 'PLANT-03', name => 'Patient plant', price => 39.50, picture => 'plant', category => 'Green', colours => [qw(clay smoke)],
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
helper nonce    => sub ($c) { $c->stash->{nonce} //= substr sha1_sum(join ' ', $$, time, rand), 0, 22 };

# the colour that was asked for, or the first
helper colour => sub ($c, $product) {
  my $wanted = $c->param('colour') // '';
  return (grep { $_ eq $wanted } @{$product->{colours}})[0] // $product->{colours}[0];
};

# what is in the cart, in the shop's order, with what it costs
helper lines => sub ($c) {
  my $cart = $c->cart;
  return [grep { $_->{quantity} } map {
    my $product = $_;
    map { {product => $product, colour => $_, quantity => $cart->{"$product->{sku} $_"}} } @{$product->{colours}};
  } @PRODUCTS];
};

helper total => sub ($c, @lines) {
  my $sum = 0;
  $sum += ($_->{quantity} // 1) * $_->{product}{price} for @lines;
  return sprintf '%.2f', $sum;
};

helper items => sub ($c, @lines) { join ',', map { $_->{product}{sku} } @lines };

# --- the data layer ------------------------------------------------------------------------------------------------

helper item => sub ($c, $line) {
  my $product = $line->{product};
  return {
    item_id => $product->{sku}, item_name => $product->{name}, item_brand => 'Holm', item_category => $product->{category},
    item_variant => $line->{colour}, price => $product->{price}, quantity => $line->{quantity} // 1,
  };
};

# the event of e-commerce that the page pushes
helper tells => sub ($c, $event, $lines, %more) {
  my %what = $event eq 'view_item_list' ? () : (currency => $CURRENCY, value => 0 + $c->total(@$lines));
  $c->stash(tells => {event => $event, ecommerce => {%what, %more, items => [map { $c->item($_) } @$lines]}});
};

# --- pages ---------------------------------------------------------------------------------------------------------

# a visitor's pages are for nobody else; "no-store" would keep them from the browser's way back
hook after_render => sub ($c, $output, $format) {
  my $headers = $c->res->headers;
  my $nonce   = $c->nonce;
  $headers->header('Content-Security-Policy' => "default-src 'self'$PARTNERS; script-src 'self' 'nonce-$nonce'$PARTNERS; "
    . "base-uri 'none'; form-action 'self'; frame-ancestors 'none'");
  $headers->cache_control('private, no-cache') if $format eq 'html';
};

get '/' => sub ($c) {
  $c->tells(view_item_list => [map { {product => $_} } @PRODUCTS], item_list_id => 'things', item_list_name => 'Things');
  $c->render('landing', title => 'Holm', products => \@PRODUCTS);
};

get '/product/:sku' => sub ($c) {
  my $product = $BY_SKU{$c->param('sku')} or return $c->reply->not_found;
  my $line = {product => $product, colour => $c->colour($product)};
  $c->tells(view_item => [$line]);
  $c->render('product', title => $product->{name}, product => $product, line => $line);
};

post '/cart' => sub ($c) {
  my $product = $BY_SKU{$c->param('sku') // ''} or return $c->reply->not_found;
  my $key = "$product->{sku} " . $c->colour($product);
  if ($c->param('remove')) { delete $c->cart->{$key} }
  else                     { $c->cart->{$key}++ }
  $c->res->code(303);
  $c->redirect_to('/cart');
};

get '/cart' => sub ($c) {
  $c->tells(view_cart => $c->lines) if $c->in_cart;
  $c->render('cart', title => 'Your cart');
};

get '/checkout' => sub ($c) {
  return $c->redirect_to('/cart') unless $c->in_cart;
  $c->tells(begin_checkout => $c->lines);
  $c->render('checkout', title => 'Checkout', problem => undef);
};

post '/checkout' => sub ($c) {
  return $c->redirect_to('/cart') unless $c->in_cart;
  my %typed = map { $_ => $c->param($_) // '' } qw(name email phone);
  return $c->render('checkout', status => 400, title => 'Checkout', problem => 'We need an e-mail address for the receipt.')
    if $typed{email} !~ /\S@\S/;

  # what was seen is what is ordered
  my $lines = $c->lines;
  my $total = $c->total(@$lines);
  return $c->render('checkout', status => 409, title => 'Checkout', problem => 'Your cart has changed meanwhile. Please look at it again.')
    if ($c->param('items') // '') ne $c->items(@$lines) || ($c->param('total') // '') ne $total;

  my $number = ++$last_order;
  $ORDERS{$number} = {%typed, number => $number, customer => 'cust-' . ++$last_customer, lines => $lines, total => $total};
  push @{$c->session->{orders}}, $number;
  $c->session->{cart} = {};
  $c->res->code(303);
  $c->redirect_to("/thank-you?order=$number");
};

get '/thank-you' => sub ($c) {
  my $number = $c->param('order') // '';
  my ($mine) = grep { $_ eq $number } @{$c->session->{orders} // []};
  my $order = $ORDERS{$mine // ''} or return $c->reply->not_found;
  $c->tells(purchase => $order->{lines}, transaction_id => "$number", shipping => 0);
  $c->render('thanks', title => 'Thank you', order => $order, customer => $order->{customer});
};

post '/newsletter' => sub ($c) {
  my $fine = ($c->param('email') // '') =~ /\S@\S/;
  $c->render('newsletter', title => 'Our letter', fine => $fine, status => $fine ? 200 : 400);
};

app->start;
