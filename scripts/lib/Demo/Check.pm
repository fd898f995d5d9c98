package Demo::Check;

# whether everything arrived on both ways as it should, and nothing else did. every question is asked of somebody other
# than who gave the first answer: the hashes are computed here, what the browser sent is asked of the Pixel's recorder,
# what nginx sent of the API, what was written is read

use v5.36;

use File::Find ();
use Mojo::JSON qw(encode_json);
use Mojo::Util qw(url_escape);

use Demo::Visit;

# visit, pixel (what was recorded), server and requests (of the API), status (of the module), log (nginx's access log),
# dir, token, ip
sub new ($class, %world) {
  my $self = bless {%world, results => []}, $class;
  $self->_match;
  return $self;
}

sub results ($self) { return @{$self->{results}} }
sub failed  ($self) { return grep { @{$_->{problems}} } $self->results }

# each expected event, and what there is of it: {expected, id, pixel => [...], server => [...], by => [...]}
sub found ($self) { return @{$self->{found}} }

# those that came on every way that they should
sub whole ($self) { return grep { $self->_is_whole($_) } $self->found }

sub run ($self) {
  $self->_ask('each event arrived on its ways, once on each, and nothing else did', sub { $self->_arrived });
  $self->_ask('Pixel and Events API have the same name, id, page and values',  sub { $self->_twins });
  $self->_ask('nothing was sent, loaded or kept without consent',              sub { $self->_consent });
  $self->_ask('one purchase is one, though a rule and the script tell of it',  sub { $self->_purchases });
  $self->_ask('e-mail, phone and customer number: the right SHA-256',          sub { $self->_hashes });
  $self->_ask('the click id is complete on every event of the visit',          sub { $self->_clicks });
  $self->_ask('values, currencies and products are those of the shop',         sub { $self->_contents });
  $self->_ask('address and browser are those of the visitor',                  sub { $self->_visitors });
  $self->_ask('the API found nothing to complain about',                       sub { $self->_complaints });
  $self->_ask('delivered over TLS, to a verified certificate',                 sub { $self->_tls });
  $self->_ask('no e-mail, phone or token in a log or the queue',               sub { $self->_traces });
  $self->_ask('nginx logged no error',                                         sub { $self->_errors });
  $self->_ask('access log and status agree, and nothing is lost',              sub { $self->_books });
  return $self;
}

sub _ask ($self, $question, $code) { push @{$self->{results}}, {question => $question, problems => [$code->()]} }

# --- what belongs to what ------------------------------------------------------------------------------------------

# an order makes the id; else the Pixel's of the same name and page has it, and for what a rule alone tells, the API's
sub _match ($self) {
  my @pixel  = grep { $_->{call} eq 'track' } @{$self->{pixel}};
  my @server = @{$self->{server}};
  my %taken;
  for my $expected ($self->{visit}->expected) {
    my ($who, $event, $url) = @{$expected}{qw(who event url)};
    my $is = sub ($what, $page) { $what->{event} eq $event && ($page // '') eq $url && !$taken{$what->{event_id} // ''} };
    my ($first) = ((grep { $is->($_, $_->{url}) } @pixel), grep { $is->($_, $_->{page}{url}) } map { $_->{event} } @server);
    my $id = $expected->{event_id} // ($first && $first->{event_id}) // '';
    $taken{$id} = 1;
    push @{$self->{found}}, {
      expected => $expected, id => $id,
      pixel    => [grep { ($_->{event_id} // '') eq $id } @pixel],
      server   => [grep { ($_->{event}{event_id} // '') eq $id } @server],
      by       => [map { $_->{request} =~ m{ /_t/e[? ]} ? 'script' : 'rule' } grep { $_->{event_id} eq $id && $_->{result} eq 'queued' }
        @{$self->{log}}],
    };
  }
}

sub _is_whole ($self, $found) {
  my @by = @{$found->{expected}{by}};
  return @{$found->{pixel}} == (grep { $_ eq 'script' } @by) && @{$found->{server}} == @by && "@{$found->{by}}" eq "@by";
}

# what TikTok knows of an event once it has merged all that came of it
sub whole_event ($self, $found) {
  my ($first) = @{$found->{server}} or return undef;
  return _over($first->{event}, $first->{merged} // {});
}

sub _over ($base, $more) {
  return {%$base, map { $_ => ref $base->{$_} eq 'HASH' ? _over($base->{$_}, $more->{$_}) : $more->{$_} } keys %$more};
}

# a question about each expected event that arrived
sub _each ($self, $code) {
  my @problems;
  for my $found ($self->found) {
    my $event = $self->whole_event($found) // next;
    push @problems, map {"$found->{expected}{event} of $found->{expected}{who}: $_"} $code->($found, $event);
  }
  return @problems;
}

# --- the questions -------------------------------------------------------------------------------------------------

sub _arrived ($self) {
  my @problems;
  for my $found ($self->found) {
    next if $self->_is_whole($found);
    my $expected = $found->{expected};
    push @problems, sprintf '%s of %s (%s): %d times from the Pixel, %d times from nginx (%s), and not %s', $expected->{event},
      $expected->{who}, $found->{id} || 'no id', scalar @{$found->{pixel}}, scalar @{$found->{server}}, "@{$found->{by}}" || 'nobody',
      join ' and ', @{$expected->{by}};
  }
  for my $way (qw(pixel server)) {
    my %known = map { $_ => 1 } map { @{$_->{$way}} } $self->found;
    my @more = grep { !$known{$_} } $way eq 'pixel' ? grep { $_->{call} eq 'track' } @{$self->{pixel}} : @{$self->{server}};
    push @problems, map {"$way: nobody expected " . encode_json($_)} @more;
  }
  return @problems;
}

sub _twins ($self) {
  my @problems = map {"the Pixel was told $_->{call}, which has no id"} grep { $_->{call} eq 'page' } @{$self->{pixel}};
  for my $found (grep { @{$_->{pixel}} } $self->found) {
    my ($expected, $pixel) = ($found->{expected}, $found->{pixel}[0]);
    my ($server) = grep { $_->{page}{url} eq $pixel->{url} } map { $_->{event} } @{$found->{server}};
    my $what = "$expected->{event} of $expected->{who}";
    if (!$server) { push @problems, "$what: the Events API has none of $pixel->{url}"; next }
    push @problems, "$what: $pixel->{event_id} and $server->{event_id}" if $pixel->{event_id} ne $server->{event_id};
    my ($p, $s) = map { encode_json($_->{properties} // {}) } $pixel, $server;
    push @problems, "$what: the Pixel has $p, the Events API $s" if $p ne $s;
  }
  return @problems;
}

sub _consent ($self) {
  my @problems;
  for my $quiet ($self->{visit}->quiet) {
    my $said = sub ($what) { push @problems, "$quiet->{who} $quiet->{when}: $what" };
    $said->('the script did not ask') unless $quiet->{asked};
    $said->('the verdict is ' . ($quiet->{consent} // 'missing')) if ($quiet->{consent} // '') ne $quiet->{verdict};
    $said->("$quiet->{told} events went to nginx")            if $quiet->{told};
    $said->("$quiet->{loaded} requests went to the Pixel's host") if $quiet->{loaded};
    $said->("$quiet->{pixel} events from the Pixel")          if $quiet->{pixel};
    $said->("$quiet->{server} events from nginx")             if $quiet->{server};
    $said->("there is a cookie: $quiet->{cookies}")           if $quiet->{cookies} =~ /(?:ttclid|_ttp|tiktok_\w+)=/;
  }
  return @problems;
}

# what comes second is merged into the first; the status knows of one order each
sub _purchases ($self) {
  my @problems;
  my @orders = grep { $_->{expected}{event} eq 'Purchase' } $self->found;
  for my $found (@orders) {
    my @first = grep { !$_->{deduplicated} } @{$found->{server}};
    push @problems, "$found->{id} is ${\ scalar @first} purchases" if @first != 1;
    push @problems, "$found->{id} was not put together" if @{$found->{server}} > 1 && !$first[0]{merged};
  }
  my $unlike = $self->{status}{pixels}[0]{event_id}{mismatched};
  push @problems, "$unlike purchases came under two ids" if $unlike;
  push @problems, 'no purchase was told twice' unless grep { @{$_->{server}} > 1 } @orders;
  return @problems;
}

sub _hashes ($self) {
  return $self->_each(sub ($found, $event) {
    my $hashed = $found->{expected}{hashed} // {};
    return map {"$_ is " . ($event->{user}{$_} // 'absent')} grep { ($event->{user}{$_} // '') ne $hashed->{$_} } sort keys %$hashed;
  });
}

sub _clicks ($self) {
  return $self->_each(sub ($found, $event) {
    my ($have, $want) = map { $_ // '' } $event->{user}{ttclid}, $found->{expected}{click};
    return $have eq $want ? () : sprintf 'ttclid of %d characters instead of %d', length $have, length $want;
  });
}

sub _contents ($self) {
  return $self->_each(sub ($found, $event) {
    my ($expected, $properties) = ($found->{expected}, $event->{properties} // {});
    my @problems = map {"$_ is " . ($properties->{$_} // 'absent') . " instead of $expected->{$_}"}
      grep { defined $expected->{$_} && ($properties->{$_} // '') ne $expected->{$_} } qw(value currency order_id);
    my %wanted  = %{$expected->{contents} // {}};
    my %content = ((map { $_ => 1 } @{$properties->{content_ids} // []}),
      (map { $_->{content_id} => $_->{quantity} } @{$properties->{contents} // []}));
    push @problems, 'its products are ' . encode_json(\%content) if join(' ', map {"$_ $wanted{$_}"} sort keys %wanted)
      ne join(' ', map {"$_ $content{$_}"} sort keys %content);
    return @problems;
  });
}

sub _visitors ($self) {
  return $self->_each(sub ($found, $event) {
    my $user = $event->{user} // {};
    return (($user->{ip} // '') eq $self->{ip} ? () : 'ip is ' . ($user->{ip} // 'absent'),
      ($user->{user_agent} // '') =~ m{\AMozilla/} ? () : 'user_agent is ' . ($user->{user_agent} // 'absent'));
  });
}

sub _complaints ($self) {
  return (
    (map { @{$_->{warnings}} } @{$self->{server}}, @{$self->{requests}}),
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
  my ($digits, $token) = (Demo::Visit::PHONE_MEANT =~ s/\D//gr, $self->{token});
  my $address = join '|', map { ("\Q$_\E", quotemeta url_escape $_) } Demo::Visit::EMAIL_MEANT, Demo::Visit::OTHER_MEANT;
  my %trace = (
    'an e-mail address' => qr/$address/i,
    'the phone number'  => qr/\Q$digits\E|151[ +]?23456789|151%2023456789/,
    'the token'         => qr/\Q$token\E/,
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

  my %logged;
  $logged{$_->{result}}++ for grep { $_->{result} !~ /\A(?:checked)?\z/ } @{$self->{log}};
  my @problems;
  for my $result (sort keys %{{%logged, %$results}}) {
    my ($l, $s) = map { $_ // 0 } $logged{$result}, $results->{$result};
    push @problems, "$result: $l in the access log, $s in the status" if $l != $s;
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
