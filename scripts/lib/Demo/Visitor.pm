package Demo::Visitor;

# somebody with a browser, played by Mojo::UserAgent: it loads pages, keeps cookies, and does what the scripts of the
# shop (Shop/public) would do. Demo::Chromium has the same methods and lets a real browser do it

use v5.36;

use Mojo::Cookie::Response;
use Mojo::JSON qw(decode_json encode_json);
use Mojo::URL;
use Mojo::UserAgent;
use Mojo::Util qw(url_escape);
use POSIX      qw(strftime);
use Time::HiRes qw(time);

use constant BEACON => '/_t/e';
use constant ALL    => qw(C0002 C0003 C0004);

our $BROWSER = 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 '
  . 'Mobile/15E148 Safari/604.1';
our $LANGUAGES = 'de-DE,de;q=0.9,en;q=0.7';

# base is the address of the shop; captured is a list to which every beacon is added
sub new ($class, %option) {
  my $self = bless {scripts => 1, unsent => [], referrer => '', %option}, $class;
  $self->{ua} = Mojo::UserAgent->new(max_redirects => 0, request_timeout => 10);
  $self->{ua}->transactor->name($BROWSER);
  return $self;
}

sub driver ($class) { return 'perl' }
sub stop   ($class) { return }

# --- what a person does --------------------------------------------------------------------------------------------

sub open ($self, $path, $referrer = undef) {
  $self->{referrer} = $referrer if defined $referrer;
  return $self->_load(GET => Mojo::URL->new($path)->to_abs(Mojo::URL->new($self->{base})));
}

sub accept ($self) { return $self->_choose(1, ALL) }
sub reject ($self) { return $self->_choose(2) }

# the choice of an earlier visit
sub has_accepted ($self) {
  $self->_set_all(consent_cookies(1, 'NotLandingPage', ALL));
  return $self;
}

sub add_to_cart ($self) {
  my $form = $self->{page}->at('#add-to-cart');
  $self->_happened(decode_json(Mojo::Util::encode('UTF-8', $form->attr('data-event'))));
  return $self->_load(POST => $self->_to($form->attr('action')), {sku => $form->at('[name=sku]')->val});
}

sub check_out ($self) { return $self->_load(GET => $self->_to($self->{page}->at('#to-checkout')->attr('href'))) }

sub order ($self, %typed) { return $self->_load(POST => $self->_to('/checkout'), \%typed) }

sub address ($self) { return "$self->{url}" }

# --- what the browser does -----------------------------------------------------------------------------------------

sub _to ($self, $href) { return Mojo::URL->new($href)->to_abs($self->{url}) }

sub _load ($self, $method, $url, $form = undef) {
  my $tx;
  for (1 .. 5) {
    my %headers = ('Accept-Language' => $LANGUAGES, Accept => 'text/html');
    $headers{Referer} = $self->{referrer} if length $self->{referrer};
    $tx = $self->{ua}->start($self->{ua}->build_tx($method => $url, \%headers, $form ? (form => $form) : ()));
    my $location = $tx->res->headers->location or last;
    ($method, $url, $form) = ('GET', Mojo::URL->new($location)->to_abs($url), undef);
  }
  my $result = $tx->result;
  die "the shop answers $method $url with ${\ $result->code }\n" if $result->code != 200;

  ($self->{page}, $self->{url}, $self->{unsent}) = ($result->dom, $url, []);
  $self->_page_has_loaded;
  $self->{referrer} = "$url";    # of the next page
  return $self;
}

sub _page_has_loaded ($self) {
  if (!$self->{scripts}) {
    my $image = $self->{page}->at('noscript img') or return;
    return $self->_image($self->_to($image->attr('src')));
  }
  $self->_set_all(consent_cookies(0, $self->{url}->clone->query(undef)->to_string)) unless $self->_cookie('OptanonConsent');
  my $event = $self->{page}->at('#shop-event') or return;
  $self->_happened(decode_json(Mojo::Util::encode('UTF-8', $event->text)));
}

# --- what shop-events.js does --------------------------------------------------------------------------------------

sub _happened ($self, $event) {
  my %page = (url => "$self->{url}");
  $page{referrer} = $self->{referrer} if length $self->{referrer};
  $self->_send({event_id => sprintf('ev.%08x%08x', rand 2**32, rand 2**32), %$event, page => \%page});
}

sub _send ($self, $event) {
  my $started = time;
  my $answer = $self->{ua}->post($self->_to(BEACON), {$self->_same_origin, Origin => $self->{base} =~ s{/\z}{}r,
    'Content-Type' => 'text/plain;charset=UTF-8'}, encode_json($event))->result;
  my $granted = ($answer->headers->header('X-Tiktok-Consent') // '') eq 'granted';
  push @{$self->{unsent}}, $event unless $granted;
  $self->_keep_click if $granted;
  $self->_capture($started, 'POST', $event->{event}, $event->{event_id}, $answer);
}

sub _keep_click ($self) {
  my $click = $self->{url}->query->param('ttclid') // return;
  $self->_set(ttclid => url_escape($click));
}

sub _image ($self, $url) {
  my $started = time;
  my $answer = $self->{ua}->get($url, {$self->_same_origin, Accept => 'image/*'})->result;
  $self->_capture($started, 'GET', $url->query->param('event'), $url->query->param('event_id'), $answer);
}

sub _same_origin ($self) {
  return (Referer => "$self->{url}", 'Accept-Language' => $LANGUAGES, 'Sec-Fetch-Site' => 'same-origin');
}

sub _capture ($self, $time, $method, $event, $event_id, $answer) {
  my $headers = $answer->headers;
  push @{$self->{captured}}, {
    time => $time, who => $self->{name}, method => $method, event => $event, event_id => $event_id, status => $answer->code,
    consent => $headers->header('X-Tiktok-Consent'), result => $headers->header('X-Tiktok-Result'),
  };
}

# --- what consent.js does ------------------------------------------------------------------------------------------

sub _choose ($self, $interaction, @granted) {
  $self->_set_all(consent_cookies($interaction, 'NotLandingPage', @granted));
  my @again = splice @{$self->{unsent}};
  $self->_send($_) for @again;
  return $self;
}

# OneTrust's cookies; without an interaction, only the one with the defaults
sub consent_cookies ($interaction, $landing, @granted) {
  my %granted = map { $_ => 1 } @granted;
  my @fields  = (
    isGpcEnabled => 0, datestamp => strftime('%a %b %d %Y %H:%M:%S GMT+0000 (Coordinated Universal Time)', gmtime),
    version => '202510.2.0', browserGpcFlag => 0, isIABGlobal => 'false', hosts => '',
    consentId => '2f5c1e0a-7b34-4c1d-9a66-0d8e53b1c7f2', interactionCount => $interaction ? 1 : 0, isAnonUser => 1,
    landingPath => $landing, groups => join(',', 'C0001:1', map { "$_:" . ($granted{$_} ? 1 : 0) } ALL),
    $interaction ? (AwaitingReconsent => 'false', intType => $interaction, geolocation => 'DE;BE') : (),
  );
  my @pairs;
  while (my ($name, $value) = splice @fields, 0, 2) {
    push @pairs, "$name=" . (url_escape($value, q{^A-Za-z0-9\-._~!*'()\ }) =~ tr/ /+/r);
  }
  return (OptanonConsent => join('&', @pairs),
    $interaction ? (OptanonAlertBoxClosed => strftime('%Y-%m-%dT%H:%M:%S.000Z', gmtime)) : ());
}

sub _set_all ($self, %cookies) { $self->_set($_ => $cookies{$_}) for sort keys %cookies }

sub _cookie ($self, $name) {
  my ($cookie) = grep { $_->name eq $name } @{$self->{ua}->cookie_jar->find(Mojo::URL->new($self->{base}))};
  return $cookie;
}

sub _set ($self, $name, $value) {
  $self->{ua}->cookie_jar->add(
    Mojo::Cookie::Response->new(name => $name, value => $value, domain => Mojo::URL->new($self->{base})->host, path => '/'));
}

1;
