package Chromium;

# a headless Chromium, led through its debugging port. the demo and the tests use it; who starts the program ends it
#
#   my $program = Chromium::program or die "there is none\n";
#   ... start Chromium::command($program, $home) ...
#   my $chromium = Chromium->connect($home, sub { ... whether it still runs ... }) or die "it does not start\n";
#   my $page = $chromium->page->open('http://127.0.0.1:8080/');
#   say $page->js('document.title');

use v5.36;

use Mojo::IOLoop;
use Mojo::JSON qw(decode_json encode_json);
use Mojo::UserAgent;
use Time::HiRes qw(sleep time);

use constant {START => 30, ANSWER => 30};

my @NAMES = qw(chromium chromium-browser google-chrome google-chrome-stable);
my @FLAGS = qw(--headless --disable-gpu --disable-quic --no-first-run --no-default-browser-check --disable-background-networking
  --disable-component-update --disable-sync --disable-extensions --disable-breakpad --disable-dev-shm-usage
  --remote-debugging-port=0);

sub program () {
  my ($program) = grep {-x} map { my $name = $_; map {"$_/$name"} split /:/, $ENV{PATH} // '' } @NAMES;
  return $program;
}

# its profiles and caches stay in home. Chromium has no sandbox for root, and sees nothing but what it is led to
sub command ($program, $home, @more) {
  return ('env', "HOME=$home", $program, @FLAGS, $> == 0 ? '--no-sandbox' : (), @more, "--user-data-dir=$home", 'about:blank');
}

sub connect ($class, $home, $runs) {
  my $until = time + START;
  my $place;
  sleep 0.05 until ($place = _place("$home/DevToolsActivePort")) || !$runs->() || time > $until;
  return undef unless $place;

  my $self = bless {answers => {}, pages => {}, last_id => 0, ua => Mojo::UserAgent->new(inactivity_timeout => 0)}, $class;
  my $failed;
  $self->{ua}->websocket($place => sub ($ua, $tx) {
    return $failed = 1 unless $tx->is_websocket;
    $tx->max_websocket_size(64 * 1024 * 1024);
    $tx->on(text => sub ($tx, $text) { $self->_heard(decode_json($text)) });
    $tx->on(finish => sub ($tx, @) { undef $self->{socket} });
    $self->{socket} = $tx;
  });
  $self->until(START, sub { $self->{socket} || $failed });
  return $self->{socket} && $self;
}

# the port, and the path below it
sub _place ($file) {
  open my $in, '<', $file or return undef;
  my ($port, $path) = map {s/\s+\z//r} <$in>;
  return defined $path ? "ws://127.0.0.1:$port$path" : undef;
}

sub _heard ($self, $message) {
  if   (my $id = $message->{id}) { $self->{answers}{$id} = $message if exists $self->{answers}{$id} }
  elsif (my $page = $self->{pages}{$message->{sessionId} // ''}) { $page->_event(@{$message}{qw(method params)}) }
}

# turns the loop until the code says true; its answer
sub until ($self, $seconds, $code) {
  my $late;
  my $timer = Mojo::IOLoop->timer($seconds => sub { $late = 1 });
  my $tick  = Mojo::IOLoop->recurring(0.02 => sub { });
  my $answer;
  Mojo::IOLoop->one_tick until ($answer = $code->()) || $late;
  Mojo::IOLoop->remove($_) for $timer, $tick;
  return $answer;
}

sub send ($self, $method, $params = {}, $session = undef) {
  die "Chromium is gone\n" unless $self->{socket};
  my $id = ++$self->{last_id};
  $self->{socket}->send({text => encode_json({id => $id, method => $method, params => $params, $session ? (sessionId => $session) : ()})});
  return $id;
}

sub ask ($self, $method, $params = {}, $session = undef) {
  my $id = $self->send($method, $params, $session);
  $self->{answers}{$id} = undef;
  $self->until(ANSWER, sub { $self->{answers}{$id} || !$self->{socket} });
  my $answer = delete $self->{answers}{$id} // die "Chromium does not answer $method\n";
  die "Chromium, $method: $answer->{error}{message}\n" if $answer->{error};
  return $answer->{result};
}

sub close ($self) {
  $self->{socket}->finish if $self->{socket};
  undef $self->{socket};
}

# a page of its own, in a profile of its own unless there is one: profile => that of another page
sub page ($self, %option) { return Chromium::Page->_new($self, %option) }

package Chromium::Page;

use v5.36;

use Mojo::JSON qw(decode_json encode_json);
use Mojo::URL;
use Mojo::Util qw(b64_encode encode);
use Time::HiRes qw(time);

use constant {LOAD => 30, SETTLE => 10, QUIET => 0.3};

sub _new ($class, $chromium, %option) {
  my $self = bless {chromium => $chromium, loads => 0, open => {}, requests => [], problems => [], on => {}}, $class;
  $self->{profile} = $option{profile} // $chromium->ask('Target.createBrowserContext')->{browserContextId};
  $self->{target}  = $chromium->ask('Target.createTarget', {url => 'about:blank', browserContextId => $self->{profile}})->{targetId};
  $self->{session} = $chromium->ask('Target.attachToTarget', {targetId => $self->{target}, flatten => \1})->{sessionId};
  $chromium->{pages}{$self->{session}} = $self;
  $self->ask("$_.enable") for qw(Page Network Runtime Log);
  return $self;
}

sub profile ($self) { return $self->{profile} }

sub ask ($self, $method, $params = {}) { return $self->{chromium}->ask($method, $params, $self->{session}) }

# calls the code with the parameters of each event of that name
sub on ($self, $event, $code) { push @{$self->{on}{$event}}, $code; return $self }

sub until ($self, $seconds, $code) { return $self->{chromium}->until($seconds, $code) }

# another page in the same profile, left to itself: Chromium prerenders nothing for a page that is led
sub leave ($self, $url) {
  $self->{chromium}->ask('Target.createTarget', {url => $url, browserContextId => $self->{profile}});
  return $self;
}

# a script that runs before those of each page that comes
sub before ($self, $script) {
  $self->ask('Page.addScriptToEvaluateOnNewDocument', {source => $script});
  return $self;
}

# requests for an address that fits the pattern, with "*" for anything, are answered by the code: status, body, headers.
# without an answer they fail; the answer 0 lets them go on
sub answer ($self, $pattern, $code) {
  push @{$self->{answers}}, [join('.*', map {quotemeta} split /\*/, $pattern, -1), $code];
  $self->ask('Fetch.enable', {patterns => [{urlPattern => $pattern}, @{$self->{patterns} // []}]});
  push @{$self->{patterns}}, {urlPattern => $pattern};
  return $self;
}

# --- what a person does --------------------------------------------------------------------------------------------

sub open ($self, $url, $referrer = undef) {
  return $self->load(sub { $self->ask('Page.navigate', {url => "$url", length($referrer // '') ? (referrer => $referrer) : ()}) });
}

# as a finger would: what cannot be seen cannot be clicked
sub click ($self, $selector) {
  $self->js(sprintf q{(() => { const node = document.querySelector(%s);
    if (!node || !node.getClientRects().length) throw new Error('it is not to be seen'); node.click(); })()}, encode_json([$selector]) . '[0]');
  return $self;
}

# waits until a page has loaded that the code asks for
sub load ($self, $code) {
  my $before = $self->{loads};
  $code->();
  $self->until(LOAD, sub { $self->{loads} > $before }) or die "a page does not load\n";
  return $self;
}

sub address ($self) {
  my $history = $self->ask('Page.getNavigationHistory');
  return $history->{entries}[$history->{currentIndex}]{url};
}

sub close ($self) {
  delete $self->{chromium}{pages}{$self->{session}};
  $self->{chromium}->ask('Target.closeTarget', {targetId => $self->{target}});
}

# --- what is in the page -------------------------------------------------------------------------------------------

# the value of an expression, or of the promise that it is
sub js ($self, $expression) {
  my $answer = $self->ask('Runtime.evaluate', {expression => $expression, awaitPromise => \1, returnByValue => \1});
  my $failed = $answer->{exceptionDetails};
  die "in the page, $expression: ${\ ($failed->{exception}{description} // $failed->{text}) }\n" if $failed;
  return $answer->{result}{value};
}

# whether an expression becomes true
sub comes ($self, $expression, $seconds = 10) {
  return $self->until($seconds, sub { $self->js("!!($expression)") });
}

# requests so far, {time, method, url, body, type, status, headers}, of paths that begin with one
sub requests ($self, $path = '') {
  return grep { index(Mojo::URL->new($_->{url})->path, $path) == 0 } @{$self->{requests}};
}

# errors that scripts have not caught, and what the console has in red
sub problems ($self) { return @{$self->{problems}} }

# until no request is under way, and none was for a moment; neither of other pages
sub settle ($self, @others) {
  my $quiet;
  $self->until(SETTLE, sub {
    undef $quiet if grep { %{$_->{open}} } $self, @others;
    $quiet //= time;
    return time - $quiet > QUIET;
  });
  return $self;
}

sub _event ($self, $method, $params) {
  if    ($method eq 'Page.loadEventFired')       { $self->{loads}++ }
  elsif ($method eq 'Network.requestWillBeSent') { $self->_sent($params) }
  elsif ($method eq 'Network.responseReceived')  { $self->_answered($params) }
  elsif ($method eq 'Network.loadingFinished')   { delete $self->{open}{$params->{requestId}} }
  elsif ($method eq 'Network.loadingFailed')     { (delete $self->{open}{$params->{requestId}} // {})->{failed} = $params->{errorText} }
  elsif ($method eq 'Fetch.requestPaused')       { $self->_paused($params) }
  elsif ($method eq 'Runtime.exceptionThrown') {
    my $thrown = $params->{exceptionDetails};
    push @{$self->{problems}}, $thrown->{exception}{description} // $thrown->{text};
  }
  elsif ($method eq 'Log.entryAdded' && $params->{entry}{level} eq 'error') { push @{$self->{problems}}, $params->{entry}{text} }
  $_->($params) for @{$self->{on}{$method} // []};
}

sub _sent ($self, $params) {
  my $request = $params->{request};
  push @{$self->{requests}}, $self->{open}{$params->{requestId}} = {
    time => $params->{wallTime}, method => $request->{method}, url => $request->{url}, body => $request->{postData},
    type => $params->{type},
  };
}

sub _answered ($self, $params) {
  my $request = $self->{open}{$params->{requestId}} // return;
  my $headers = $params->{response}{headers};
  $request->{status}  = $params->{response}{status};
  $request->{headers} = {map { lc $_ => $headers->{$_} } keys %$headers};
}

sub _paused ($self, $params) {
  my ($id, $request) = @{$params}{qw(requestId request)};
  my ($answer) = grep { $request->{url} =~ /\A$_->[0]\z/s } @{$self->{answers}};
  my ($status, $body, %headers) = $answer ? $answer->[1]->($request) : ();
  my $send = sub ($method, %more) { $self->{chromium}->send("Fetch.$method", {requestId => $id, %more}, $self->{session}) };
  return $send->('failRequest', errorReason => 'BlockedByClient') unless defined $status;
  return $send->('continueRequest') unless $status;
  $send->('fulfillRequest', responseCode => $status, body => b64_encode(encode('UTF-8', $body), ''),
    responseHeaders => [map { {name => $_, value => "$headers{$_}"} } sort keys %headers]);
}

1;
