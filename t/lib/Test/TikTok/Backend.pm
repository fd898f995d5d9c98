package Test::TikTok::Backend;

# an upstream that behaves as it is told, down to the packet, and keeps what it was asked

use v5.36;

use Fcntl qw(:flock SEEK_SET);
use IO::Socket::INET;
use Mojo::JSON  qw(decode_json encode_json);
use Mojo::Util  qw(b64_decode b64_encode);
use Socket      qw(SOL_SOCKET SO_LINGER);
use Time::HiRes qw(sleep);

use Test::TikTok::Process qw(ended free_port group is_listening kill_group spawn wait_for);

use constant HANG => 3600;

our $OK = '{"code":0,"message":"OK","request_id":"20260101000000BACKEND","data":{}}';

# each is called with the connection and the request {number, head, body}; to answer true keeps the connection open
# for the next request
our %BEHAVIOUR = (
  ok        => sub ($c, $r) { $c->answer(200, $OK) },
  hang      => sub ($c, $r) { sleep HANG },
  close     => sub ($c, $r) {0},
  rst       => sub ($c, $r) { $c->rst },
  rst_half  => sub ($c, $r) { $c->send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"c"); sleep 0.1; $c->rst },
  truncate  => sub ($c, $r) { $c->send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"c"); 0 },
  cut_chunk => sub ($c, $r) { $c->send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{\"c\r\n"); 0 },
  chunked   => sub ($c, $r) {
    $c->send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", map({ sprintf "1\r\n%s\r\n", $_ } split //, $OK), "0\r\n\r\n");
    1;
  },
  until_close => sub ($c, $r) { $c->send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n$OK"); 0 },
  garbage     => sub ($c, $r) { $c->send("garbage\r\n"); 0 },
  oversize    => sub ($c, $r) { $c->answer(200, $OK =~ s/\{\}\}\z/'{"x":"' . 'x' x 200_000 . '"}}'/er) },
  big_header  => sub ($c, $r) { $c->answer(200, $OK, 'X-Long' => 'x' x 20_000) },
  drip        => sub ($c, $r) { $c->drip("HTTP/1.1 200 OK\r\nContent-Length: ${\ length $OK}\r\n\r\n$OK", 0.005); 1 },
  drip_slow   => sub ($c, $r) { $c->drip("HTTP/1.1 200 OK\r\nContent-Length: ${\ length $OK}\r\n\r\n$OK", 1); 1 },
  redirect    => sub ($c, $r) { $c->answer(301, '', Location => 'https://elsewhere.example/') },
  empty       => sub ($c, $r) { $c->send("HTTP/1.1 204 No Content\r\n\r\n"); 1 },
  blank       => sub ($c, $r) { $c->answer(200, '') },
  not_json    => sub ($c, $r) { $c->answer(200, '<html>busy</html>', 'Content-Type' => 'text/html') },
  bad_gzip    => sub ($c, $r) { $c->answer(200, "\x1f\x8b\x08garbage", 'Content-Encoding' => 'gzip') },
  error_500   => sub ($c, $r) { $c->answer(500, '<html>sorry</html>', 'Content-Type' => 'text/html') },
  accel       => sub ($c, $r) { $c->answer(200, $OK, 'X-Accel-Redirect' => '/elsewhere') },
);

# new(dir => DIR, behave => NAME or [NAMES in turn, the last for good], named => {name => sub ($c, $request) {...}})
# the name refuse_all closes connections before it reads anything
sub new ($class, %option) {
  state $count = 0;
  my $self = bless {port => $option{port} // free_port(), named => {%BEHAVIOUR, %{$option{named} // {}}}, group => 0}, $class;
  $self->{file} = "$option{dir}/backend-" . ++$count;
  $self->behave($option{behave} // 'ok');
  return $self->start;
}

sub port    ($self) { return $self->{port} }
sub address ($self) { return "http://127.0.0.1:$self->{port}" }
sub groups  ($self) { return grep {$_} $self->{group} }

# from the next request on
sub behave ($self, @names) {
  @names = map { ref $_ ? @$_ : $_ } @names;
  for my $name (@names) {
    die "no behaviour is called $name\n" unless $name eq 'refuse_all' || $self->{named}{$name};
  }
  my $next = {from => $self->requests + 1, names => \@names};
  open my $out, '>', "$self->{file}.plan.new" or die "$self->{file}: $!\n";
  print {$out} encode_json($next);
  close $out;
  rename "$self->{file}.plan.new", "$self->{file}.plan";
  return $self;
}

sub start ($self) {
  my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $self->{port}, Listen => 128, ReuseAddr => 1)
    or die "backend: port $self->{port}: $!\n";
  $self->{group} = spawn("$self->{file}.out", sub { $self->_serve($listener) });
  return $self;
}

# connections are refused from now on
sub stop ($self) {
  my $group = $self->{group} or return $self;
  kill_group(KILL => $group);
  waitpid $group, 0;
  wait_for(10, sub { !group($group) });
  $self->{group} = 0;
  return $self;
}

# what came: {number, connection, behaviour, head, headers => {lower-case name => value}, body}
sub requests ($self) {
  my @requests = map { decode_json($_) } $self->_lines('requests');
  $_->{body} = b64_decode($_->{body}) for @requests;
  return @requests;
}

sub connections ($self) { return $self->_count('connections') }

sub wait_requests ($self, $count, $seconds = 10) {
  return wait_for($seconds, sub { $self->_count('requests') >= $count });
}

sub _lines ($self, $what) {
  open my $in, '<', "$self->{file}.$what" or return ();
  return grep {/\n\z/} <$in>;    # the last one may be on its way
}

sub _count ($self, $what) { return scalar(() = $self->_lines($what)) }

# --- the child -----------------------------------------------------------------------------------------------------

sub _serve ($self, $listener) {
  $SIG{CHLD} = 'IGNORE';
  my $number = 0;
  while (1) {
    my $socket = $listener->accept or next;
    $number++;
    $self->_record('connections', sub ($line) {"$number\n"});
    next if fork;
    close $listener;
    local $SIG{PIPE} = 'IGNORE';
    $self->_connection(bless {socket => $socket, number => $number, buffer => ''}, 'Test::TikTok::Backend::Connection');
    POSIX::_exit(0);
  }
}

sub _connection ($self, $connection) {
  return if $self->_plan->{names}[0] eq 'refuse_all';
  while (my $request = $connection->read) {
    my $behaviour;
    $self->_record('requests', sub ($number) {
      my $plan = $self->_plan;
      my $turn = $number - $plan->{from};
      $behaviour = $plan->{names}[$turn < 0 ? 0 : $turn > $#{$plan->{names}} ? -1 : $turn];
      $request->{number} = $number;
      return encode_json({%$request, body => b64_encode($request->{body}, ''), behaviour => $behaviour}) . "\n";
    });
    my $code = $self->{named}{$behaviour} or return;
    $code->($connection, $request) or return;
  }
}

sub _plan ($self) {
  open my $in, '<', "$self->{file}.plan" or die "$self->{file}.plan: $!\n";
  return decode_json(readline $in);
}

# connections are served side by side, so numbers are given under a lock
sub _record ($self, $what, $make) {
  open my $file, '+>>', "$self->{file}.$what" or die "$self->{file}.$what: $!\n";
  flock $file, LOCK_EX;
  seek $file, 0, SEEK_SET;
  my $number = () = <$file>;
  syswrite $file, $make->($number + 1);
  close $file;
}

package Test::TikTok::Backend::Connection;

use Socket      qw(SOL_SOCKET SO_LINGER);
use Time::HiRes qw(sleep);

sub read ($self) {
  my $head;
  until (($head) = $self->{buffer} =~ /\A(.*?\r\n)\r\n/s) { $self->_more or return undef }
  substr $self->{buffer}, 0, 2 + length $head, '';
  my %headers = map { /\A([^:]+):\s*(.*?)\r?\z/ ? (lc $1 => $2) : () } split /\r\n/, $head;
  my $length  = $headers{'content-length'} // 0;
  while (length $self->{buffer} < $length) { $self->_more or return undef }
  return {connection => $self->{number}, head => $head, headers => \%headers, body => substr($self->{buffer}, 0, $length, '')};
}

sub _more ($self) { return sysread $self->{socket}, $self->{buffer}, 65_536, length $self->{buffer} }

sub send ($self, @packets) {
  for my $bytes (@packets) {
    while (length $bytes) {
      my $sent = syswrite $self->{socket}, $bytes;
      return 0 unless defined $sent;
      substr $bytes, 0, $sent, '';
    }
  }
  return 1;
}

sub answer ($self, $status, $body, %headers) {
  my $head = join '', map {"$_: $headers{$_}\r\n"} sort keys %headers;
  $head = "Content-Type: application/json\r\n$head" unless $headers{'Content-Type'};
  return $self->send("HTTP/1.1 $status Status\r\nContent-Length: " . length($body) . "\r\n$head\r\n$body");
}

sub drip ($self, $bytes, $seconds) {
  for my $byte (split //, $bytes) {
    $self->send($byte) or return 0;
    sleep $seconds;
  }
  return 1;
}

# the kernel sends RST instead of FIN
sub rst ($self) {
  setsockopt $self->{socket}, SOL_SOCKET, SO_LINGER, pack 'ii', 1, 0;
  close $self->{socket};
  return 0;
}

1;
