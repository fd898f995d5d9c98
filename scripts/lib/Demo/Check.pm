package Demo::Check;

# whether everything arrived as it should, and nothing else did. every question is asked of somebody other than who
# gave the first answer: the hashes are computed here, what arrived is asked of the API, what was written is read

use v5.36;

use File::Find ();
use Mojo::Util qw(url_escape);

use Demo::Visit;

# visit, events and requests (of the API), status (of the module), log (the access log's beacons), dir, token, ip
sub new ($class, %world) {
  my $self = bless {%world, results => []}, $class;
  push @{$self->{found}{$_->{event}{event_id} // ''}}, $_ for @{$self->{events}};
  return $self;
}

sub results ($self) { return @{$self->{results}} }
sub failed  ($self) { return grep { @{$_->{problems}} } $self->results }

sub run ($self) {
  $self->_ask('each event arrived, once, under its own event_id',      sub { $self->_arrived });
  $self->_ask('nothing was sent without consent',                      sub { $self->_consent });
  $self->_ask('e-mail, phone and customer number: the right SHA-256',  sub { $self->_hashes });
  $self->_ask('the click id is complete on every event of the visit',  sub { $self->_clicks });
  $self->_ask('pages, values and currencies are those of the shop',    sub { $self->_contents });
  $self->_ask('address and browser are those of the visitor',          sub { $self->_visitors });
  $self->_ask('the API found nothing to complain about',               sub { $self->_complaints });
  $self->_ask('delivered over TLS, to a verified certificate',         sub { $self->_tls });
  $self->_ask('no e-mail, phone or token in a log or the queue',       sub { $self->_traces });
  $self->_ask('nginx logged no error',                                 sub { $self->_errors });
  $self->_ask('answers, access log and status agree, and nothing is lost', sub { $self->_books });
  return $self;
}

sub _ask ($self, $question, $code) { push @{$self->{results}}, {question => $question, problems => [$code->()]} }

# what arrived for an expected event
sub arrived ($self, $expected) {
  my $carrier = $self->{visit}->carrier($expected) or return undef;
  return ($self->{found}{$carrier->{event_id} // ''} // [])->[0];
}

# a question about each expected event that arrived
sub _each ($self, $code) {
  my @problems;
  for my $expected ($self->{visit}->expected) {
    my $record = $self->arrived($expected) // next;
    push @problems, map {"$expected->{event} of $expected->{who}: $_"} $code->($expected, $record->{event}, $record);
  }
  return @problems;
}

sub _arrived ($self) {
  my @problems;
  for my $expected ($self->{visit}->expected) {
    my $what = "$expected->{event} of $expected->{who}";
    my $carrier = $self->{visit}->carrier($expected);
    if (!$carrier) { push @problems, "$what was not queued"; next }
    my $times = @{$self->{found}{$carrier->{event_id} // ''} // []};
    push @problems, "$what ($carrier->{event_id}) arrived $times times" if $times != 1;
    push @problems, "$what has the event_id $carrier->{event_id} instead of $expected->{event_id}"
      if defined $expected->{event_id} && $carrier->{event_id} ne $expected->{event_id};
  }
  push @problems, $self->_each(sub ($expected, $event, $record) { $event->{event} eq $expected->{event} ? () : "arrived as $event->{event}" });
  my ($have, $want) = (scalar @{$self->{events}}, scalar $self->{visit}->expected);
  push @problems, "$have events arrived instead of $want" if $have != $want;
  return @problems;
}

sub _consent ($self) {
  my $visit = $self->{visit};
  my %sent = map { ($visit->carrier($_) // {event_id => ''})->{event_id} => 1 } $visit->expected;
  my @problems;
  push @problems, $visit->early . ' events were there before the visitor agreed' if $visit->early;
  push @problems, 'a beacon without consent was not declined' unless grep { $_->{result} eq 'undecided' } $visit->declined;
  push @problems, 'a beacon of who rejects was not denied'    unless grep { $_->{result} eq 'denied' } $visit->declined;
  push @problems, map {"$_->{event} ($_->{event_id}) arrived, though $_->{result}"}
    grep { !$sent{$_->{event_id}} && $self->{found}{$_->{event_id}} } $visit->declined;
  return @problems;
}

sub _hashes ($self) {
  return $self->_each(sub ($expected, $event, $record) {
    my $hashed = $expected->{hashed} // {};
    return map {"$_ is " . ($event->{user}{$_} // 'absent')} grep { ($event->{user}{$_} // '') ne $hashed->{$_} } sort keys %$hashed;
  });
}

sub _clicks ($self) {
  return $self->_each(sub ($expected, $event, $record) {
    my ($have, $want) = map { $_ // '' } $event->{user}{ttclid}, $expected->{click};
    return $have eq $want ? () : sprintf 'ttclid of %d characters instead of %d', length $have, length $want;
  });
}

sub _contents ($self) {
  return $self->_each(sub ($expected, $event, $record) {
    my %have = (%{$event->{properties} // {}}, url => $event->{page}{url});
    return map {"$_ is " . ($have{$_} // 'absent') . " instead of $expected->{$_}"}
      grep { defined $expected->{$_} && ($have{$_} // '') ne $expected->{$_} } qw(url value currency order_id);
  });
}

sub _visitors ($self) {
  return $self->_each(sub ($expected, $event, $record) {
    my $user = $event->{user} // {};
    return (($user->{ip} // '') eq $self->{ip} ? () : 'ip is ' . ($user->{ip} // 'absent'),
      ($user->{user_agent} // '') =~ m{\AMozilla/} ? () : 'user_agent is ' . ($user->{user_agent} // 'absent'));
  });
}

sub _complaints ($self) {
  return (
    $self->_each(sub ($expected, $event, $record) { @{$record->{warnings}} }),
    (map { @{$_->{warnings}} } @{$self->{requests}}),
    (map {"a request was refused: $_->{code} " . ($_->{message} // '')} grep { !$_->{accepted} } @{$self->{requests}}),
  );
}

sub _tls ($self) {
  my $conf = _slurp("$self->{dir}/tiktok_api.conf");
  return (
    (map {"request $_->{request_id} came without TLS"} grep { !$_->{tls} } @{$self->{requests}}),
    $conf =~ m{^proxy_pass https://}m   ? () : 'proxy_pass is not https',
    $conf =~ /^proxy_ssl_verify on;/m   ? () : 'the certificate is not verified',
    $conf =~ /^proxy_ssl_name business-api\.tiktok\.com;/m ? () : 'the name is not verified',
  );
}

sub _traces ($self) {
  my ($email, $digits) = (Demo::Visit::EMAIL_MEANT, Demo::Visit::PHONE_MEANT =~ s/\D//gr);
  my $token = $self->{token};
  my %trace = (
    'the e-mail address' => qr/\Q$email\E|\Q${\ url_escape $email}\E/i,
    'the phone number'   => qr/\Q$digits\E|151[ +]?23456789|151%2023456789/,
    'the token'          => qr/\Q$token\E/,
  );
  my @problems;
  my $read = 0;
  my $look = sub {
    return unless -f;
    my $bytes = _slurp($_);
    $read++;
    push @problems, map {"$_ is in $File::Find::name"} grep { $bytes =~ $trace{$_} } sort keys %trace;
  };
  File::Find::find($look, grep {-e} map {"$self->{dir}/$_"} qw(access.log error.log queue temp nginx.conf tiktok_api.conf));
  return @problems, $read > 2 ? () : 'there was nothing to read';
}

sub _errors ($self) {
  # nginx tries a port again, if somebody else has just tried it
  my @lines = grep { / \[(?:error|crit|alert|emerg)\] / && !/ bind\(\) to .* failed / } split /\n/, _slurp("$self->{dir}/error.log");
  return map { substr $_, 0, 200 } @lines;
}

sub _books ($self) {
  my ($pixel) = @{$self->{status}{pixels} // []};
  return 'the status has no pixel' unless $pixel;
  my ($results, $queue) = @{$pixel}{qw(results queue)};

  my %answered;
  $answered{$_->{result} // 'none'}++ for $self->{visit}->captured;
  my %logged;
  $logged{$_->{result}}++ for @{$self->{log}};
  my @problems;
  for my $result (sort keys %{{%answered, %logged}}) {
    my ($a, $l, $s) = map { $_ // 0 } $answered{$result}, $logged{$result}, $results->{$result};
    push @problems, "$result: $a answers, $l in the access log, $s in the status" if $a != $l || $a != $s;
  }
  my ($in, $out) = (0, 0);
  $in  += $_ for $results->{queued}, $queue->{recovered};
  $out += $_ for @{$queue}{qw(delivered rejected expired corrupt events)};
  push @problems, "queued + recovered is $in, but delivered + rejected + expired + corrupt + waiting is $out" if $in != $out;
  push @problems, "$queue->{events} events still wait" if $queue->{events};
  push @problems, "the state is $pixel->{state}" if $pixel->{state} ne 'ok';
  return @problems;
}

sub _slurp ($file) {
  open my $in, '<', $file or return '';
  local $/;
  return readline($in) // '';
}

1;
