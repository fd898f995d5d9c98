package Sandbox::Misbehaviour;

# the ways in which an answer can go wrong, and which of them is due

use Mojo::Base -base, -signatures;

use Mojo::IOLoop;
use Socket qw(SO_LINGER SOL_SOCKET);

use constant {MAX_COUNT => 1_000_000_000, MAX_QUEUE => 1000, MAX_SECONDS => 86_400};

# label: for the page. accept: are the events processed before the answer goes wrong? options: the numbers and texts that
# a mode takes, with their defaults. answer: called with the controller, the options and, where events were processed,
# the proper reply; answers a reply ({status, body, headers}) to be sent, or nothing where it has seen to the connection
our @ORDER = qw(
  ok throttle code status retry_after html big slow drip hang close reset garbage truncate truncate_chunked accept_then_lose
);
our %MODES = (
  ok => {label => 'answer properly', accept => 1, answer => sub ($c, $option, $reply) {$reply}},

  throttle => {
    label  => 'too many requests, said with HTTP 401',
    answer => sub ($c, $option, $reply) { $c->envelope(401, 40100, 'Too many requests. Please retry in some time.') },
  },
  code => {
    label   => 'any code and HTTP status',
    options => {code => 50000, status => 200, message => 'Sandbox was told to answer this code'},
    answer  => sub ($c, $option, $reply) { $c->envelope(@{$option}{qw(status code message)}) },
  },
  status => {
    label   => 'an HTTP error without JSON',
    options => {status => 503},
    answer  => sub ($c, $option, $reply) { _page($option->{status}) },
  },
  retry_after => {
    label   => 'HTTP 429 with Retry-After',
    options => {seconds => 2},
    answer  => sub ($c, $option, $reply) { _page(429, 'Retry-After' => $option->{seconds}) },
  },
  html => {
    label  => 'HTTP 200 with a web page',
    answer => sub ($c, $option, $reply) { _page(200) },
  },
  big => {
    label   => 'the proper answer, blown up',
    accept  => 1,
    options => {bytes => 200_000},
    answer  => sub ($c, $option, $reply) {
      my $padding = 'x' x $option->{bytes};
      return {%$reply, body => $reply->{body} =~ s/"data":\{\}\}\z/"data":{"padding":"$padding"}}/r};
    },
  },
  slow => {
    label   => 'the proper answer, late',
    accept  => 1,
    options => {ms => 1000},
    answer  => sub ($c, $option, $reply) {
      Mojo::IOLoop->timer($option->{ms} / 1000 => sub { $c->reply_with($reply) });
      return undef;
    },
  },
  drip => {
    label   => 'the proper answer, a byte at a time',
    accept  => 1,
    options => {ms => 1000},
    answer  => sub ($c, $option, $reply) {
      my $connection = $c->tx->connection;
      my @bytes      = split //, _raw($reply);
      my $timer;
      $timer = Mojo::IOLoop->recurring($option->{ms} / 1000 => sub {
        my $stream = Mojo::IOLoop->stream($connection);
        $stream->write(shift @bytes) if $stream && @bytes;
        return                       if $stream && @bytes;
        Mojo::IOLoop->remove($timer);
        $stream->close_gracefully if $stream;
      });
      return undef;
    },
  },
  hang => {
    label   => 'no answer at all',
    options => {seconds => 60},
    answer  => sub ($c, $option, $reply) {
      my $connection = $c->tx->connection;
      Mojo::IOLoop->timer($option->{seconds} => sub { Mojo::IOLoop->remove($connection) });
      return undef;
    },
  },
  close => {
    label  => 'cut the connection',
    answer => sub ($c, $option, $reply) { _cut($c) },
  },
  reset => {
    label  => 'reset the connection',
    answer => sub ($c, $option, $reply) {
      my $stream = Mojo::IOLoop->stream($c->tx->connection) or return undef;
      my $handle = $stream->handle;

      # no time to linger: the kernel answers with RST; and nothing of TLS may go out before
      setsockopt $handle, SOL_SOCKET, SO_LINGER, pack 'ii', 1, 0;
      $handle->stop_SSL(SSL_no_shutdown => 1) if $handle->can('stop_SSL');
      $stream->close;
      return undef;
    },
  },
  garbage => {
    label  => 'something that is not HTTP',
    answer => sub ($c, $option, $reply) { _cut($c, join '', map { chr int rand 256 } 1 .. 400) },
  },
  truncate => {
    label  => 'the answer stops short of its length',
    accept => 1,
    answer => sub ($c, $option, $reply) {
      my $raw = _raw($reply);
      return _cut($c, substr $raw, 0, length($raw) - int(length($reply->{body}) / 2));
    },
  },
  truncate_chunked => {
    label  => 'the answer stops within a chunk',
    accept => 1,
    answer => sub ($c, $option, $reply) {
      my $half = int(length($reply->{body}) / 2);
      return _cut($c, _head($reply, 'Transfer-Encoding' => 'chunked')
          . sprintf("%x\r\n%s", length $reply->{body}, substr $reply->{body}, 0, $half));
    },
  },
  accept_then_lose => {
    label  => 'take the events, then cut the connection',
    accept => 1,
    answer => sub ($c, $option, $reply) { _cut($c) },
  },
);

sub new ($class) { return bless {standing => [{mode => 'ok'}], queue => []}, $class }

sub clear ($self) { @$self{qw(standing queue)} = ([{mode => 'ok'}], []) }

sub state ($self) {
  my ($default, @pixels) = map { {%$_} } @{$self->{standing}};
  return {%$default, queue => [map { {%$_} } @{$self->{queue}}], pixels => \@pixels};
}

# what is wrong with it, or undef. one with a count joins the queue; one without stands until changed, and is the end of
# what was queued for the same pixel. a list is a plan that replaces everything
sub set ($self, $wish) {
  my @steps = ref $wish eq 'ARRAY' ? @$wish : $wish;
  return 'too many steps' if @steps + @{$self->{queue}} > MAX_QUEUE;
  for my $step (@steps) {
    my $error = _check($step);
    return $error if $error;
  }

  my @queue = grep { defined $_->{count} } @steps;
  $self->clear if ref $wish eq 'ARRAY';
  for my $step (grep { !defined $_->{count} } @steps) {
    my $pixel = $step->{pixel} // '';
    $self->{queue}    = [grep { ($_->{pixel} // '') ne $pixel } @{$self->{queue}}];
    $self->{standing} = [grep { ($_->{pixel} // '') ne $pixel } @{$self->{standing}}];
    if   ($pixel eq '') { unshift @{$self->{standing}}, {%$step} }
    else                { push @{$self->{standing}}, {%$step} }
  }
  push @{$self->{queue}}, map { {%$_} } @queue;
  return undef;
}

# the step that the next request of this pixel meets
sub take ($self, $pixel) {
  my $queue = $self->{queue};
  for my $index (0 .. $#$queue) {
    my $step = $queue->[$index];
    next if defined $step->{pixel} && $step->{pixel} ne $pixel;
    splice @$queue, $index, 1 unless --$step->{count};
    return $step;
  }
  my ($own) = grep { ($_->{pixel} // '') eq $pixel } @{$self->{standing}};
  return $own // $self->{standing}[0];
}

sub accepts ($step) { return $step->{accept} // $MODES{$step->{mode}}{accept} }

sub answer ($step, $c, $reply) {
  my $mode = $MODES{$step->{mode}};
  return $mode->{answer}->($c, {%{$mode->{options} // {}}, %$step}, $reply // $c->envelope(200, 0, 'OK'));
}

sub _check ($step) {
  return 'a mode is an object'         unless ref $step eq 'HASH';
  my $name = $step->{mode} // return 'mode is missing';
  my $mode = !ref $name && $MODES{$name} or return 'no such mode; there are ' . join ', ', @ORDER;
  my %options = (%{$mode->{options} // {}}, count => 1, pixel => '', accept => '', mode => '');

  for my $field (sort keys %$step) {
    my $value = $step->{$field};
    return "$name takes no $field" unless exists $options{$field};
    if ($field eq 'accept') {
      return 'accept is true or false' unless JSON::PP::is_bool($value);
    }
    elsif ($options{$field} =~ /\A\d+\z/) {
      my $most = $field eq 'seconds' ? MAX_SECONDS : $field eq 'ms' ? MAX_SECONDS * 1000 : MAX_COUNT;
      return "$field is not a number that makes sense"
        if ref $value || ($value // '') !~ /\A(?:0|[1-9]\d{0,9})\z/ || $value > $most || $field eq 'count' && $value == 0;
      return 'status is 200 to 599'         if $field eq 'status' && ($value < 200 || $value > 599);
      return 'bytes is 16000000 at most'    if $field eq 'bytes'  && $value > 16_000_000;
    }
    else { return "$field is a text" if ref $value || !defined $value }
  }
  return undef;
}

sub _page ($status, %headers) {
  return {
    status  => $status,
    body    => "<!doctype html><title>$status</title><h1>$status</h1><p>This is a web page, not the answer of an API.</p>\n",
    headers => {'Content-Type' => 'text/html; charset=utf-8', %headers},
  };
}

# what goes over the wire is written here by hand, because a server library would not get it wrong
sub _head ($reply, %headers) {
  %headers = ('Content-Type' => 'application/json', %{$reply->{headers} // {}}, %headers, Connection => 'close');
  return join "\r\n", "HTTP/1.1 $reply->{status} Sandbox", (map {"$_: $headers{$_}"} sort keys %headers), '', '';
}

sub _raw ($reply) {
  return _head($reply, 'Content-Length' => length $reply->{body}) . $reply->{body};
}

sub _cut ($c, $bytes = '') {
  my $stream = Mojo::IOLoop->stream($c->tx->connection) or return undef;
  $stream->write($bytes)->close_gracefully;
  return undef;
}

1;
