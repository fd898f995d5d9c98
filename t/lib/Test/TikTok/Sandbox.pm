package Test::TikTok::Sandbox;

# scripts/sandbox as a child, and its control interface

use v5.36;

use Mojo::JSON qw(decode_json encode_json);
use Mojo::Util qw(url_escape);
use Test::TikTok::HTTP;
use Test::TikTok::Process qw(alive ended kill_group spawn wait_for);

# options are those of scripts/sandbox: mode, cert, rate, port; pixel and validate as well, token_for => {CODE => TOKEN}
sub new ($class, %option) {
  my $self = bless {dir => delete $option{dir}, program => delete $option{program}, option => \%option, group => 0}, $class;
  return $self->start;
}

sub start ($self) {
  my ($dir, %option) = ($self->{dir}, %{$self->{option}});
  my @arguments = ('--http', 0, '--dir', $dir, '--quiet', '--port', $self->{port} // delete $option{port} // 0);
  delete $option{port};
  push @arguments, '--no-validate' if exists $option{validate} && !delete $option{validate};
  my $token_for = delete $option{token_for} // {};
  push @arguments, map { ('--token-for', "$_=$token_for->{$_}") } sort keys %$token_for;
  for my $name (sort keys %option) {
    push @arguments, map { ("--$name", ref $_ ? encode_json($_) : $_) } ref $option{$name} eq 'ARRAY' ? @{$option{$name}} : $option{$name};
  }

  unlink "$dir/sandbox.json";
  $self->{group} = spawn("$dir.out", $^X, $self->{program}, @arguments);
  wait_for(30, sub { -s "$dir/sandbox.json" || !alive($self->{group}) });
  open my $in, '<', "$dir/sandbox.json" or die "the sandbox did not start: ", $self->said, "\n";
  my $ready = decode_json(join '', <$in>);
  @$self{qw(port http_port ca)} = @{$ready}{qw(port http_port ca)};
  return $self;
}

sub port    ($self) { return $self->{port} }
sub ca      ($self) { return $self->{ca} }
sub address ($self) { return "https://127.0.0.1:$self->{port}" }
sub groups  ($self) { return grep {$_} $self->{group} }

sub said ($self) {
  open my $in, '<', "$self->{dir}.out" or return '';
  return join '', <$in>;
}

# the API is away; start brings it back at the same port
sub stop ($self) {
  my $group = $self->{group} or return $self;
  kill_group(CONT => $group);
  kill_group(TERM => $group);
  unless (ended(10, $group)) {
    kill_group(KILL => $group);
    ended(10, $group);
  }
  $self->{group} = 0;
  return $self;
}

# connections are taken by the kernel and nobody answers
sub freeze ($self) { kill_group(STOP => $self->{group}); return $self }
sub thaw   ($self) { kill_group(CONT => $self->{group}); return $self }

sub call ($self, $method, $path, $body = undef, $timeout = 10) {
  my $http     = Test::TikTok::HTTP->new(port => $self->{http_port});
  my $response = $http->request($method, $path, $body, Connection => 'close')->response(timeout => $timeout + 5)
    // die "the sandbox did not answer $method $path\n";
  die "the sandbox says to $method $path: ", $response->code, ' ', $response->body, "\n" if $response->code != 200;
  return decode_json($response->body);
}

# what was accepted, as the sandbox tells it: a list of {event => {...}, pixel, test_event_code, warnings, ...}.
# with count and timeout it waits for so many; event, pixel, unique, since, limit choose
sub events   ($self, %ask) { return $self->_list(events   => %ask) }
sub requests ($self, %ask) { return $self->_list(requests => %ask) }

sub _list ($self, $what, %ask) {
  my $timeout = delete $ask{timeout} // 10;
  $ask{wait} = $timeout * Test::TikTok::Process::slow() if $ask{count};
  my $query = join '&', map { "$_=" . url_escape($ask{$_}) } sort keys %ask;
  return @{$self->call(GET => "/sandbox/$what?$query", undef, $timeout)};
}

# mode('throttle', count => 3), mode('ok'), mode([{...}, {...}])
sub mode ($self, $mode, %more) {
  return $self->call(POST => '/sandbox/mode', encode_json(ref $mode ? $mode : {mode => $mode, %more}));
}

sub reset ($self) { return $self->call(POST => '/sandbox/reset', '') }
sub stats ($self) { return $self->call(GET => '/sandbox/stats') }

1;
