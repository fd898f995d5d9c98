package Sandbox::Rules;

# what the events api accepts, refuses, and takes without complaint although it should not be sent

use Mojo::Base -base, -signatures;

use B ();
use Cpanel::JSON::XS ();
use Encode           ();
use JSON::Validator;
use Scalar::Util qw(blessed);
use Socket       qw(AF_INET AF_INET6 inet_pton);

use constant {
  MAX_EVENTS       => 1000,
  MAX_TTCLID       => 1000,
  MAX_EVENT_NAME   => 50,
  OLDEST_SECONDS   => 28 * 86_400,
  FUTURE_SECONDS   => 300,
  MAX_WARNINGS     => 50,
  SHA256_OF_EMPTY  => 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
};

# --- event names ---------------------------------------------------------------------------------------------------

our @STANDARD = qw(
  AddPaymentInfo AddToCart AddToWishlist ApplicationApproval CompleteRegistration Contact CustomizeProduct Download
  FindLocation InitiateCheckout Lead Purchase Schedule Search StartTrial SubmitApplication Subscribe ViewContent
  CompletePayment SubmitForm ClickButton PlaceAnOrder Pageview
);
our %IS_STANDARD = map { $_ => 1 } @STANDARD;

# old and new spelling are one event
our %RENAMED = (CompletePayment => 'Purchase', SubmitForm => 'Lead');

my %ENDING   = map { $_ => 1 } qw(ClickButton PlaceAnOrder);
my %RESERVED = (
  AddBilling   => 'AddPaymentInfo',       Browse               => 'PageView',
  Checkout     => 'PlaceAnOrder',         ClickForm            => 'Lead',
  Consult      => 'Contact',              ClickInDownloadPage  => 'ClickButton',
  Registration => 'CompleteRegistration', ClickToDownload      => 'Download',
  ViewForm     => 'ViewContent',          ConsultByPhone       => 'Contact',
  StartCheckout    => 'InitiateCheckout', ViewConsultationPage => 'ViewContent',
  ViewDownloadPage => 'ViewContent',
);
my %STANDARD_IN_LOWER_CASE = map { lc $_ => $_ } @STANDARD;
my %SELLS_PRODUCTS         = map { $_ => 1 } qw(ViewContent AddToCart Purchase CompletePayment PlaceAnOrder);
my %TAKES_MONEY            = map { $_ => 1 } qw(Purchase CompletePayment PlaceAnOrder);

our @CURRENCIES = qw(
  AED ARS AUD BDT BHD BIF BOB BRL CAD CHF CLP CNY COP CRC CZK DKK DZD EGP EUR GBP GTQ HKD HNL HUF IDR ILS INR ISK JPY
  KES KHR KRW KWD KZT MAD MOP MXN MYR NGN NIO NOK NZD OMR PEN PHP PKR PLN PYG QAR RON RUB SAR SEK SGD THB TRY TWD UAH
  USD VES VND ZAR
);

# --- formats: each answers undef, or what is wrong -----------------------------------------------------------------

# empty strings pass here: senders use them for "absent", and they are worth a warning, not a refusal
my %FORMAT = (
  whole  => sub ($n) { B::svref_2object(\$n)->FLAGS & B::SVf_NOK ? 'Not a valid integer' : undef },
  hashed => sub ($s) { $s =~ /\A(?:[0-9a-f]{64})?\z/ ? undef : 'PII not hashed: needs 64 lower-case hex digits' },
  place  => sub ($s) { $s =~ /[\s\p{Punct}\p{Lu}]/ ? 'Must be lower case, without spaces and punctuation' : undef },
  country => sub ($s) { $s =~ /\A(?:[a-z]{2})?\z/ ? undef : 'Must be a two-letter code in lower case' },
  address => sub ($s) {
    $s eq '' || inet_pton(AF_INET, $s) || inet_pton(AF_INET6, $s) ? undef : 'Not a valid IP address';
  },
  name => sub ($s) {
    return 'Must not be empty'                                     if $s eq '';
    return undef                                                   if $IS_STANDARD{$s};
    return sprintf 'Custom name longer than %d characters', MAX_EVENT_NAME if length $s > MAX_EVENT_NAME;
    return $s =~ /\A[A-Za-z0-9_-](?:[A-Za-z0-9 _-]*[A-Za-z0-9_-])?\z/
      ? undef
      : 'Custom name may only have letters, digits, underscores, dashes and inner spaces';
  },
);

my %CODE_OF_FORMAT = (hashed => 40062);

# --- schema --------------------------------------------------------------------------------------------------------

my $string  = {type => 'string'};
my $strings = {type => 'array', items => $string};
my $number  = {type => 'number'};
my $whole   = {type => 'integer', format => 'whole'};
my $hashed  = {type => 'string', format => 'hashed'};
my $hashes  = {if => {type => 'array'}, then => {type => 'array', items => $hashed}, else => $hashed};
my $place   = {type => 'string', format => 'place'};

sub _all ($schema, @names) {
  return map { $_ => $schema } @names;
}

my %USER = (
  _all($hashes, qw(email phone external_id)),
  _all($hashed, qw(first_name last_name zip_code)),
  _all($place,  qw(city state)),
  country => {type => 'string', format => 'country'},
  ip      => {type => 'string', format => 'address'},
  ttclid  => {type => 'string', maxLength => MAX_TTCLID},
  _all($string, qw(ttp user_agent locale)),
  _all($string, qw(idfa idfv gaid att_status)),
);

my %CONTENT = (_all($string, qw(content_id content_name content_category content_type brand)), price => $number, quantity => $whole);

my %PROPERTIES = (
  _all($string, qw(search_string query description order_id shop_id status delivery_category gtm_version event_trigger_source)),
  _all($number, qw(value predicted_ltv)),
  _all($whole,  qw(num_items quantity)),
  content_type  => {type => 'string', enum  => ['product', 'product_group']},
  content_ids   => $strings,
  contents      => {type => 'array',  items => {type => 'object', properties => \%CONTENT}},
  currency      => {type => 'string', enum  => \@CURRENCIES},
  customer_type => {type => 'string', enum  => ['new', 'returning']},
);

my %AD = (
  _all($string, qw(campaign_id ad_id creative_id attribution_provider attribution_method)),
  attribution_share => {type => 'number', minimum => 0, maximum => 1},
);

my %PAGE = _all($string, qw(url referrer));

my %EVENT = (
  event            => {type => 'string', format => 'name'},
  event_time       => $whole,
  event_id         => $string,
  user             => {type => 'object', properties => \%USER},
  page             => {type => 'object', properties => \%PAGE, required => ['url']},
  properties       => {type => 'object', properties => \%PROPERTIES},
  ad               => {type => 'object', properties => \%AD},
  limited_data_use => {type => 'boolean'},
  _all({type => 'object'}, qw(device app lead)),
);

my %SCHEMA_OF_EVENT = (
  any => {type => 'object', properties => \%EVENT, required => ['event', 'event_time']},
  web => {type => 'object', properties => \%EVENT, required => ['event', 'event_time', 'page']},
);

my %ENVELOPE = (
  event_source    => {type => 'string', enum => ['web', 'app', 'offline', 'crm']},
  event_source_id => {type => 'string', minLength => 1},
  data            => {type => 'array', minItems => 1, maxItems => MAX_EVENTS},
  _all($string, qw(test_event_code partner_name)),
);

my %SCHEMA_OF_ENVELOPE = (type => 'object', properties => \%ENVELOPE, required => ['event_source', 'event_source_id', 'data']);

# --- what is taken, but is worth saying ----------------------------------------------------------------------------

my %HINT = (
  phone_number => 'the API calls it phone',
  _ttp         => 'the API calls it ttp',
  contents_ids => 'the API calls it content_ids',
  pixel_code   => 'the API takes event_source_id beside data',
  timestamp    => 'the older API had it; now it is event_time in seconds',
  context      => 'the older API had it; now user, page and ad stand in the event itself',
);
my %APP_ONLY = map { $_ => 1 } qw(idfa idfv gaid att_status);

my $EMAIL = qr/[\w.+-]+(?:@|%40)[A-Za-z0-9-]+\.[A-Za-z]{2,}/a;

# networks from which no visitor of a public shop can come
my @NOT_PUBLIC = (
  qr/\A(?:0|10|127)\./,          qr/\A169\.254\./,       qr/\A172\.(?:1[6-9]|2\d|3[01])\./, qr/\A192\.168\./,
  qr/\A100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\./, qr/\A192\.0\.[02]\./, qr/\A198\.51\.100\./,      qr/\A203\.0\.113\./,
  qr/\A198\.1[89]\./,            qr/\A(?:22[4-9]|2[345]\d)\./,
);

has envelope => sub { _validator(\%SCHEMA_OF_ENVELOPE) };
has event    => sub { return {map { $_ => _validator($SCHEMA_OF_EVENT{$_}) } keys %SCHEMA_OF_EVENT} };
has json     => sub { Cpanel::JSON::XS->new->utf8->max_depth(64)->allow_dupkeys(0) };
has lenient  => sub { Cpanel::JSON::XS->new->utf8->max_depth(64)->allow_dupkeys(1) };
has bignum   => sub { Cpanel::JSON::XS->new->utf8->max_depth(64)->allow_dupkeys(1)->allow_bignum };
has printer  => sub { Cpanel::JSON::XS->new->utf8->canonical->allow_nonref };

# the body as perl data whose numbers and strings can still be told apart; ($data, $warning), or () if it is not json
sub read ($self, $bytes) {
  return unless eval { Encode::decode('UTF-8', $bytes, Encode::FB_CROAK | Encode::LEAVE_SRC); 1 };

  # integers beyond 64 bits would arrive as strings
  return _plain_numbers($self->bignum->decode($bytes)), undef
    if $bytes =~ /[:,\[]\s*-?\d{18}/ && eval { $self->bignum->decode($bytes); 1 };

  my $data = eval { $self->json->decode($bytes) };
  return $data, undef if defined $data;
  return unless $@ =~ /Duplicate keys/;
  $data = eval { $self->lenient->decode($bytes) };
  return defined $data ? ($data, 'a JSON object has the same key twice') : ();
}

# undef, or [code, message]
sub refuse_envelope ($self, $payload) {
  return [40002, 'Request body is not a JSON object'] unless ref $payload eq 'HASH';
  return _first_error($self->envelope, $payload, '');
}

sub refuse_event ($self, $source, $event, $index) {
  return _first_error($self->event->{$source eq 'web' ? 'web' : 'any'}, $event, "data.$index");
}

sub warn_envelope ($self, $payload) {
  my @warnings;
  for my $field (sort keys %$payload) {
    push @warnings, _unknown($field) unless $ENVELOPE{$field};
  }
  push @warnings, 'test_event_code: empty string; leave it out' if ($payload->{test_event_code} // 'x') eq '';
  push @warnings, 'partner_name: TikTok assigns these; a name it does not know can be refused (40063)'
    if defined $payload->{partner_name};
  return @warnings[0 .. (@warnings > MAX_WARNINGS ? MAX_WARNINGS : @warnings) - 1];
}

# for an event that has passed refuse_event
sub warn_event ($self, $source, $event, $now) {
  my ($user, $page, $properties) = map { $event->{$_} // {} } qw(user page properties);
  my @warnings = (
    _warn_name($event->{event}),
    _warn_time($event->{event_time}, $now),
    _warn_user($source, $event->{user}, $page),
    _warn_page($page),
    _warn_properties($event->{event}, $properties),
  );

  for my $field (sort keys %$event) {
    push @warnings, _unknown($field) unless $EVENT{$field};
  }
  for my $field (grep { $event->{$_} } qw(app lead)) {
    push @warnings, "$field: not for web events" if $source eq 'web';
  }
  push @warnings, 'device: not documented' if $event->{device};
  push @warnings, map { _unknown("ad.$_") } grep { !$AD{$_} } sort keys %{$event->{ad} // {}};
  push @warnings, 'limited_data_use: needs user.ip, else TikTok cannot find the place'
    if $event->{limited_data_use} && !length($user->{ip} // '');
  push @warnings, 'event_id: missing, and no user.ttp either: cannot be deduplicated against the Pixel'
    if $source eq 'web' && !length($event->{event_id} // '') && !length($user->{ttp} // '');

  _warn_values($event, '', \@warnings);
  my $more = @warnings - MAX_WARNINGS;
  splice @warnings, MAX_WARNINGS, $more, "and $more more warnings" if $more > 1;
  return map { length > 300 ? substr($_, 0, 300) . '...' : $_ } @warnings;
}

sub _warn_name ($name) {
  return "event: $name is supported until 2027 only"                           if $ENDING{$name};
  return ()                                                                    if $IS_STANDARD{$name};
  return "event: $name is a reserved name, counted as $RESERVED{$name}"        if $RESERVED{$name};
  my $meant = $STANDARD_IN_LOWER_CASE{lc $name};
  return "event: $name is taken as a custom event; the standard one is $meant" if $meant;
  return 'event: a custom name should start with a letter'                     if $name !~ /\A[A-Za-z]/;
  return ();
}

sub _warn_time ($time, $now) {
  return 'event_time: looks like milliseconds; the API takes seconds' if $time > 100_000_000_000;
  return 'event_time: in the future'                                  if $time > $now + FUTURE_SECONDS;
  return 'event_time: more than 28 days ago'                          if $time < $now - OLDEST_SECONDS;
  return ();
}

sub _warn_user ($source, $user, $page) {
  return 'user: missing; nothing to match a person by' unless $user;

  my @warnings;
  for my $field (sort keys %$user) {
    push @warnings, _unknown("user.$field") unless $USER{$field};
    push @warnings, "user.$field: for app events only" if $APP_ONLY{$field} && $source eq 'web';
  }
  for my $field (qw(email phone external_id first_name last_name zip_code)) {
    my $value = $user->{$field} // next;
    push @warnings, "user.$field: the hash of an empty string"
      if grep { $_ eq SHA256_OF_EMPTY } ref $value ? @$value : $value;
  }
  for my $field (qw(city state)) {
    push @warnings, "user.$field: looks hashed; it is sent in clear" if ($user->{$field} // '') =~ /\A[0-9a-f]{64}\z/;
  }
  my $ip = $user->{ip} // '';
  push @warnings, 'user.ip: not a public address' if length $ip && !_is_public($ip);
  push @warnings, 'user.ip and user.user_agent: send both together'
    if length $ip xor length($user->{user_agent} // '');
  push @warnings, 'user.ttp: not the form of the _ttp cookie' if ($user->{ttp} // '') =~ /[^A-Za-z0-9._-]/;
  push @warnings, 'user.locale: BCP 47 writes it with a dash, as en-US' if ($user->{locale} // '') =~ /_/;
  push @warnings, 'user.ttclid: missing, though page.url has one'
    if !length($user->{ttclid} // '') && ($page->{url} // '') =~ /[?&]ttclid=[^&#]/;
  push @warnings, 'user: no match key at all' unless grep { length($user->{$_} // '') } keys %USER;
  return @warnings;
}

sub _warn_page ($page) {
  my @warnings = map { _unknown("page.$_") } grep { !$PAGE{$_} } sort keys %$page;
  for my $field (qw(url referrer)) {
    my $value = $page->{$field} // '';
    push @warnings, "page.$field: not a full address" if length $value && $value !~ m{\Ahttps?://[^/?#\s]+}i;
  }
  return @warnings;
}

sub _warn_properties ($name, $properties) {
  my @warnings;
  push @warnings, _unknown('properties.contents_ids') if exists $properties->{contents_ids};

  my ($value, $currency) = @{$properties}{qw(value currency)};
  push @warnings, 'properties.value: without currency'                      if defined $value && !defined $currency;
  push @warnings, 'properties.currency: without value'                      if defined $currency && !defined $value;
  push @warnings, 'properties.value: negative'                              if defined $value && $value < 0;
  push @warnings, "properties.value: $name without value and currency has no return on ad spend"
    if $TAKES_MONEY{$name} && !defined $value && !defined $currency;

  my @contents = @{$properties->{contents} // []};
  for my $index (0 .. $#contents) {
    my $at = "properties.contents.$index";
    push @warnings, "$at.content_id: missing" unless length($contents[$index]{content_id} // '');
    push @warnings, "$at.content_type: belongs on properties" if exists $contents[$index]{content_type};
  }
  push @warnings, "properties.content_ids: $name without content ids matches no product of the catalogue"
    if $SELLS_PRODUCTS{$name} && !@contents && !@{$properties->{content_ids} // []};
  return @warnings;
}

# empty and null values, and clear text that should never leave the house, anywhere in the event
sub _warn_values ($value, $path, $warnings) {
  if (ref $value eq 'HASH') {
    push @$warnings, "$path: empty object; leave it out" if !%$value && $path ne '';
    _warn_values($value->{$_}, $path eq '' ? $_ : "$path.$_", $warnings) for sort keys %$value;
  }
  elsif (ref $value eq 'ARRAY') {
    push @$warnings, "$path: empty list; leave it out" unless @$value;
    _warn_values($value->[$_], "$path.$_", $warnings) for 0 .. $#$value;
  }
  elsif (!defined $value) { push @$warnings, "$path: null; leave it out" }
  elsif ($value eq '')    { push @$warnings, "$path: empty string; leave it out" }
  elsif ($value =~ $EMAIL && $path !~ /\Auser\.user_agent\z/) {
    push @$warnings, "$path: looks like an e-mail address in clear";
  }
}

sub _unknown ($path) {
  my ($field) = $path =~ /([^.]+)\z/;
  return "$path: unknown field, taken but ignored" . ($field && $HINT{$field} ? "; $HINT{$field}" : '');
}

sub _is_public ($ip) {
  if (my $bytes = inet_pton(AF_INET6, $ip)) {
    return _is_public(join '.', unpack 'x12 C4', $bytes) if $bytes =~ /\A\0{10}\xff\xff/;

    # 2000::/3 is what is routed, of which 2001:db8::/32 and 3fff::/20 are for documentation
    my ($first, $second) = unpack 'n2', $bytes;
    return !!0 if ($first == 0x2001 && $second == 0x0db8) || ($first == 0x3fff && $second < 0x1000);
    return ($first & 0xe000) == 0x2000;
  }
  return !grep { $ip =~ $_ } @NOT_PUBLIC;
}

sub _validator ($schema) {
  my $validator = JSON::Validator->new->schema($schema)->schema;
  $validator->formats({%{$validator->formats}, %FORMAT});
  return $validator->coerce({})->recursive_data_protection(0);
}

sub _first_error ($validator, $data, $prefix) {
  my ($first) = $validator->validate($data) or return undef;
  my $path = join '.', grep { length } $prefix, split m{/}, $first->path;
  my ($type, $rule, @details) = @{$first->details};
  return [$CODE_OF_FORMAT{$rule} // 40002, "$path: $details[0]"] if $type eq 'format';

  my $what
    = $rule eq 'type'      ? "Not a valid $type"
    : $rule eq 'required'  ? 'Missing data for a required field'
    : $rule eq 'maxItems'  ? sprintf('More than %d events', MAX_EVENTS)
    : $rule eq 'minItems'  ? 'Needs at least one event'
    : $rule eq 'maxLength' ? "Longer than $details[1] characters"
    : $rule eq 'minLength' ? 'Must not be empty'
    : $rule =~ /\A(?:minimum|maximum)\z/ ? 'Out of range'
    :                        'Not one of the accepted values';
  return [40002, "$path: $what"];
}

sub _plain_numbers ($value) {
  return $value->numify if blessed $value && $value->isa('Math::BigFloat');
  return $value->length > 18 ? $value->numify * 1.0 : 0 + $value->bstr if blessed $value && $value->isa('Math::BigInt');
  if    (ref $value eq 'HASH')  { $_ = _plain_numbers($_) for values %$value }
  elsif (ref $value eq 'ARRAY') { $_ = _plain_numbers($_) for @$value }
  return $value;
}

1;
