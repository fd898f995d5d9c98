package Demo::Visit;

# one afternoon in the shop: who came, what they did, and what should have become of it on both ways

use v5.36;

use Digest::SHA qw(sha256_hex);
use Mojo::URL;

use constant {
  EMAIL        => ' Jane.Doe@Example.com ',
  EMAIL_MEANT  => 'jane.doe@example.com',
  PHONE        => '+49 (0)151 23456789',
  PHONE_MEANT  => '+4915123456789',
  CUSTOMER     => 'cust-8842',             # the number that the shop gives to its first one
  OTHER_EMAIL  => 'Noah@Example.net',
  OTHER_MEANT  => 'noah@example.net',
  FROM         => 'https://www.tiktok.com/',
  CLICK_LENGTH => 1000,
  ARRIVE       => 10,
};

# visitor makes one of (name); pixel, server and log answer with what there is so far: what the Pixel has recorded, what
# the API has got, and the access log. said is told who comes
sub new ($class, %option) {
  return bless {expected => [], quiet => [], %option, click => _click_id()}, $class;
}

# as TikTok writes them: E.C.P. and then base64url
sub _click_id {
  my @letters = ('A' .. 'Z', 'a' .. 'z', 0 .. 9, '-', '_');
  return 'E.C.P.' . join '', map { $letters[rand @letters] } 1 .. CLICK_LENGTH - 6;
}

sub run ($self) {
  $self->$_ for qw(_jane _remy _noah);
  return $self;
}

sub expected ($self) { return @{$self->{expected}} }
sub quiet    ($self) { return @{$self->{quiet}} }
sub people   ($self) { return @{$self->{people}} }

# she taps an ad, agrees, and buys a lamp
sub _jane ($self) {
  my $jane = $self->_comes(Jane => 'taps an ad, agrees, buys a lamp, and subscribes to the letter');
  my %lamp = (value => 89.9, currency => 'EUR', contents => {'LAMP-01' => 1});

  $jane->open("/?ttclid=$self->{click}", FROM);
  $self->_is_quiet($jane, 'has not chosen yet', 'undecided');

  $jane->accept;
  $self->_expect($jane, 'Pageview');
  $self->_all_there;
  $jane->open('/product/LAMP-01');
  $self->_expect($jane, 'Pageview');
  $self->_expect($jane, 'ViewContent', %lamp);
  $self->_all_there;

  # the same page under another address
  $jane->choose('smoke');
  $self->_expect($jane, 'Pageview');
  $self->_expect($jane, 'ViewContent', %lamp);
  $self->_all_there;

  $self->_expect($jane, 'AddToCart', %lamp);
  $jane->add_to_cart;
  $self->_expect($jane, 'Pageview');
  $self->_all_there;
  $jane->check_out;
  $self->_expect($jane, 'Pageview');
  $self->_expect($jane, 'InitiateCheckout', %lamp);
  $self->_all_there;

  $jane->order(name => 'Jane', email => EMAIL, phone => PHONE);
  my $order = $self->_order($jane);
  $self->_expect($jane, 'Pageview');
  $self->_expect($jane, 'Purchase', %lamp, by => ['rule', 'script'], event_id => "order.$order", order_id => $order,
    hashed => {email => sha256_hex(EMAIL_MEANT), phone => sha256_hex(PHONE_MEANT), external_id => sha256_hex(CUSTOMER)});
  $self->_all_there;

  # the shop does not take the first one
  $jane->subscribe('jane.doe');
  $self->_expect($jane, 'Pageview');
  $self->_all_there;
  $jane->subscribe(EMAIL);
  $self->_expect($jane, 'Pageview');
  $self->_expect($jane, 'Lead', by => ['rule'], hashed => {email => sha256_hex(EMAIL_MEANT)});
  $self->_all_there;
}

# he rejects, and looks at the same lamp
sub _remy ($self) {
  my $remy = $self->_comes(Remy => 'taps an ad, and rejects');
  $remy->open("/?ttclid=$self->{click}", FROM)->reject;
  $self->_is_quiet($remy, 'has rejected', 'denied');
  $remy->open('/product/LAMP-01')->add_to_cart;
  $self->_is_quiet($remy, 'fills a cart', 'denied');
}

# his browser does not load the script, nor anything of TikTok's
sub _noah ($self) {
  my $noah = $self->_comes(Noah => 'agrees, has an ad blocker, and buys a cup');
  $noah->page->answer($_, sub { return }) for '*/_t/*', '*/pixel/*';
  $noah->open('/product/CUP-02')->accept->add_to_cart->check_out;
  my $checkout = $noah->address;
  $noah->order(email => OTHER_EMAIL);
  my $order = $self->_order($noah);
  $self->_expect($noah, 'Purchase', url => $checkout, by => ['rule'], value => 24, currency => 'EUR', contents => {'CUP-02' => 1},
    event_id => "order.$order", order_id => $order, click => undef, hashed => {email => sha256_hex(OTHER_MEANT)});
  $self->_all_there;
}

sub _comes ($self, $name, $what) {
  push @{$self->{people}}, {name => $name, what => $what};
  $self->{said}->("$name $what");
  my $visitor = $self->{visitor}->($name);
  $visitor->{name} = $name;
  return $visitor;
}

sub _order ($self, $visitor) {
  return Mojo::URL->new($visitor->address)->query->param('order') // die "the order has no number\n";
}

# by whom an event should be told: the script tells it to the Pixel, too
sub _expect ($self, $visitor, $event, %more) {
  push @{$self->{expected}}, {who => $visitor->{name}, event => $event, url => $visitor->address, by => ['script'],
    click => $self->{click}, %more};
}

# until what is expected so far is there, on both ways; somebody else says what is missing
sub _all_there ($self) {
  return if $self->{late};
  my @by     = map { @{$_->{by}} } $self->expected;
  my $pixel  = grep { $_ eq 'script' } @by;
  my $server = @by;
  $self->{late} = !$self->{until}->(ARRIVE, sub { $self->{pixel}->() >= $pixel && $self->{server}->() >= $server });
}

# a while in which nothing should be sent but the question whether something may
sub _is_quiet ($self, $visitor, $when, $verdict) {
  my $page = $visitor->page;
  my ($pixel, $server) = map { scalar $self->{$_}->() } qw(pixel server);
  $page->settle;
  my ($last) = grep { $_->{result} eq 'checked' } reverse $self->{log}->();
  push @{$self->{quiet}}, {
    who     => $visitor->{name}, when => $when, verdict => $verdict,
    asked   => scalar(grep { !length($_->{body} // '') } $page->requests('/_t/e')),
    told    => scalar(grep { length($_->{body} // '') } $page->requests('/_t/e')),
    loaded  => scalar($page->requests('/pixel/')),
    cookies => $page->js('document.cookie'),
    pixel   => scalar($self->{pixel}->()) - $pixel,
    server  => scalar($self->{server}->()) - $server,
    consent => $last->{consent}, reason => $last->{reason},
  };
}

1;
