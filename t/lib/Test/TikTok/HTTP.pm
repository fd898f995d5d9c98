package Test::TikTok::HTTP;

# a plain HTTP/1.1 connection: bytes go out exactly as given, answers are Mojo::Message::Response

use v5.36;

use IO::Socket::INET;
use Mojo::Message::Response;
use Socket      qw(IPPROTO_TCP TCP_NODELAY);
use Test::TikTok::Process qw(slow);
use Time::HiRes qw(sleep time);

use constant {TIMEOUT => 10, PACKET_GAP => 0.02};

# a browser, and no crawler
our @DEFAULTS = (
  Host         => 'shop.example',
  'User-Agent' => 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0',
);

# the bytes of a request; a header that is undef is left out, one that is an array comes more than once
sub format_request ($method, $uri, $body, @headers) {
  my %given = map { lc $headers[$_ * 2] => 1 } 0 .. @headers / 2 - 1;
  my @all   = @headers;
  for (my $i = $#DEFAULTS - 1; $i >= 0; $i -= 2) {
    unshift @all, @DEFAULTS[$i, $i + 1] unless $given{lc $DEFAULTS[$i]};
  }
  push @all, 'Content-Length' => length $body if defined $body && !$given{'content-length'} && !$given{'transfer-encoding'};

  my $head = "$method $uri HTTP/1.1\r\n";
  while (my ($name, $value) = splice @all, 0, 2) {
    $head .= "$name: $_\r\n" for grep {defined} ref $value ? @$value : $value;
  }
  return "$head\r\n" . ($body // '');
}

sub new ($class, %option) {
  my %to     = (PeerAddr => $option{host} // '127.0.0.1', PeerPort => $option{port}, Timeout => TIMEOUT * slow());
  my $socket = IO::Socket::INET->new(%to) or die "no connection to port $option{port}: $@\n";
  setsockopt $socket, IPPROTO_TCP, TCP_NODELAY, 1;
  if (my $tls = $option{tls}) {
    require IO::Socket::SSL;
    IO::Socket::SSL->start_SSL($socket, SSL_verify_mode => 0, ref $tls ? %$tls : ()) or die "TLS: ", IO::Socket::SSL::errstr(), "\n";
  }
  $socket->blocking(0);
  return bless {socket => $socket, buffer => '', eof => 0}, $class;
}

sub socket ($self) { return $self->{socket} }

# each in a packet of its own
sub write ($self, @packets) {
  local $SIG{PIPE} = 'IGNORE';
  while (@packets) {
    my $bytes = shift @packets;
    my $until = time + TIMEOUT * slow();
    while (length $bytes && time < $until) {
      my $sent = syswrite $self->{socket}, $bytes;
      if    (defined $sent)       { substr $bytes, 0, $sent, '' }
      elsif ($!{EAGAIN})          { sleep 0.001 }
      else                        { return $self }    # closed: the answer, or its absence, tells
    }
    sleep PACKET_GAP if @packets;
  }
  return $self;
}

sub request ($self, $method, $uri, $body = undef, @headers) {
  return $self->write(format_request($method, $uri, $body, @headers));
}

# bytes that have come; false when there are none within the time or the other side has closed
sub _more ($self, $until) {
  while (!$self->{eof}) {
    my $got = sysread $self->{socket}, my $bytes, 65_536;
    if ($got) { $self->{buffer} .= $bytes; return 1 }
    if (defined $got || !$!{EAGAIN}) { $self->{eof} = 1; last }
    last if time > $until;
    sleep 0.001;
  }
  return 0;
}

# whatever comes next, or undef
sub bytes ($self, $until = time + TIMEOUT * slow()) {
  return undef unless length $self->{buffer} || $self->_more($until);
  return delete($self->{buffer}) . ($self->{buffer} = '');
}

# the next answer, or undef if none came in full. for => 'HEAD' when the body is left out
sub response ($self, %option) {
  my $until    = time + ($option{timeout} // TIMEOUT) * slow();
  my $response = Mojo::Message::Response->new->max_message_size(0);
  $response->content->auto_decompress(0)->skip_body(($option{for} // '') eq 'HEAD');
  while (1) {
    if (length $self->{buffer}) {
      $response->parse($self->{buffer});
      $self->{buffer} = '';
    }
    if ($response->is_finished) {
      $self->{buffer} = $response->content->leftovers // '';
      next if $response->is_info && ($response = Mojo::Message::Response->new->max_message_size(0));
      return $response;
    }
    next if $self->_more($until);

    # an answer without a length ends with the connection
    my $content = $response->content;
    return $self->{eof} && $content->is_parsing_body && !$content->is_chunked && !$response->headers->content_length
      ? $response : undef;
  }
}

# has the other side closed? what still comes is kept
sub is_closed ($self, $timeout = TIMEOUT) {
  my $until = time + $timeout * slow();
  1 while $self->_more($until);
  return $self->{eof};
}

sub close ($self) { close $self->{socket}; return }

1;
