package Demo::Visit;

# one afternoon in the shop: who came, what was captured, and what TikTok should have got of it

use v5.36;

use Digest::SHA qw(sha256_hex);
use Mojo::URL;
use Time::HiRes qw(sleep);

use constant {
  EMAIL        => ' Jane.Doe@Example.com ',
  EMAIL_MEANT  => 'jane.doe@example.com',
  PHONE        => '+49 (0)151 23456789',
  PHONE_MEANT  => '+4915123456789',
  CUSTOMER     => 'cust-8842',          # the number that the shop gives to its first one
  FROM         => 'https://www.tiktok.com/',
  CLICK_LENGTH => 1000,
};

# browser makes a visitor of (name => ..., captured => ...); arrived counts what the API has so far
sub new ($class, %option) {
  return bless {captured => [], expected => [], %option, click => _click_id()}, $class;
}

# as TikTok writes them: E.C.P. and then base64url
sub _click_id {
  my @letters = ('A' .. 'Z', 'a' .. 'z', 0 .. 9, '-', '_');
  return 'E.C.P.' . join '', map { $letters[rand @letters] } 1 .. CLICK_LENGTH - 6;
}

sub run ($self) {
  $self->_jane;
  $self->_remy;
  $self->_noah;
  return $self;
}

# she taps an ad, agrees, and buys a lamp
sub _jane ($self) {
  my $jane = $self->_visitor('Jane');
  $jane->open("/?ttclid=$self->{click}", FROM);
  sleep 0.3;
  $self->{early} = $self->{arrived}->();    # before the consent: nothing

  $jane->accept;
  $self->_expect($jane, 'Pageview');
  $jane->open('/product/LAMP-01');
  $self->_expect($jane, 'ViewContent', value => 89.9);
  $self->_expect($jane, 'AddToCart',   value => 89.9);
  $jane->add_to_cart;
  $jane->check_out;
  $self->_expect($jane, 'InitiateCheckout', value => 89.9);
  $jane->order(name => 'Jane', email => EMAIL, phone => PHONE);
  my $order = Mojo::URL->new($jane->address)->query->param('order') // die "the order has no number\n";
  $self->_expect($jane, 'Purchase', value => 89.9, event_id => "order.$order", order_id => $order,
    hashed => {email => sha256_hex(EMAIL_MEANT), phone => sha256_hex(PHONE_MEANT), external_id => sha256_hex(CUSTOMER)});
}

# he rejects
sub _remy ($self) { $self->_visitor('Remy')->open('/', FROM)->reject }

# he agreed last week, and his browser runs no scripts: an image does the work
sub _noah ($self) {
  my $noah = $self->_visitor('Noah', scripts => 0)->has_accepted->open('/product/CUP-02', '');
  $self->_expect($noah, 'ViewContent', value => 24, click => undef);
}

sub _visitor ($self, $name, %option) {
  return $self->{browser}->(name => $name, captured => $self->{captured}, %option);
}

sub _expect ($self, $visitor, $event, %more) {
  my $currency = defined $more{value} ? 'EUR' : undef;
  push @{$self->{expected}}, {who => $visitor->{name}, event => $event, url => $visitor->address, currency => $currency,
    click => $self->{click}, %more};
}

sub captured ($self) { return @{$self->{captured}} }
sub expected ($self) { return @{$self->{expected}} }
sub early    ($self) { return $self->{early} }

# a browser does not tell what was answered to a page that is gone; the access log knows
sub complete ($self, $log) {
  my %by_id = map { $_->{event_id} => $_ } grep { length $_->{event_id} } @$log;
  for my $beacon (grep { !defined $_->{result} } $self->captured) {
    my $line = $by_id{$beacon->{event_id} // ''} // next;
    @{$beacon}{qw(status consent result)} = @{$line}{qw(status consent result)};
  }
}

# the beacon that carried an expected event, if it was taken
sub carrier ($self, $expected) {
  my ($found) = grep { $_->{who} eq $expected->{who} && $_->{event} eq $expected->{event} && ($_->{result} // '') eq 'queued' }
    $self->captured;
  return $found;
}

# what the module declined
sub declined ($self) { return grep { ($_->{result} // '') ne 'queued' } $self->captured }

1;
