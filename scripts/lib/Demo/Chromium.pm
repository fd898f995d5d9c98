package Demo::Chromium;

# somebody with a real browser: a headless Chromium, led through its debugging port. the methods are those of
# Demo::Visitor; here the scripts of the shop do the rest

use v5.36;

use Mojo::IOLoop;
use Mojo::JSON qw(decode_json encode_json);
use Mojo::URL;
use Mojo::UserAgent;
use Time::HiRes qw(sleep time);

use Demo::Visitor;

use constant {START => 20, PAGE => 20, BEACON => 2, QUIET => 0.1};

my @NAMES = qw(chromium chromium-browser google-chrome google-chrome-stable);
my @FLAGS = qw(--headless --disable-gpu --disable-quic --no-first-run --no-default-browser-check --disable-background-networking
  --disable-component-update --disable-sync --disable-extensions --disable-breakpad --disable-dev-shm-usage
  --remote-debugging-port=0);

my ($socket, $ua, $processes, %answers, %visitors);
my $last_id = 0;

sub driver ($class) { return 'chromium' }

# starts the browser; answers why not, or nothing
sub start ($class, $of, $dir) {
  my ($program) = grep {-x} map { my $name = $_; map {"$_/$name"} split /:/, $ENV{PATH} // '' } @NAMES;
  return 'there is no Chromium' unless $program;

  $processes = $of;
  my $home = "$dir/chromium";
  mkdir $home;
  my @sandbox = $> == 0 ? '--no-sandbox' : ();    # Chromium has none for root, and sees nothing but the demo
  $processes->start('Chromium', "$dir/chromium.out", 'env', "HOME=$home", $program, @FLAGS, @sandbox, "--user-data-dir=$home", 'about:blank');

  my $until = time + START;
  my $place;
  sleep 0.05 until ($place = _place("$home/DevToolsActivePort")) || $processes->ended || time > $until;
  return undef if $place && _connect($place);
  my $why = $processes->last_words('Chromium');
  $class->stop;
  return "Chromium does not start: $why";
}

sub stop ($class) {
  $socket->finish if $socket;
  undef $socket;
  $processes->stop('Chromium');
}

# the port, and the path below it
sub _place ($file) {
  open my $in, '<', $file or return undef;
  my ($port, $path) = map {s/\s+\z//r} <$in>;
  return defined $path ? "ws://127.0.0.1:$port$path" : undef;
}

sub _connect ($place) {
  $ua = Mojo::UserAgent->new(inactivity_timeout => 0);
  my $failed;
  $ua->websocket($place => sub ($ua, $tx) {
    return $failed = 1 unless $tx->is_websocket;
    $tx->max_websocket_size(16 * 1024 * 1024);
    $tx->on(text => sub ($tx, $text) { _heard(decode_json($text)) });
    $tx->on(finish => sub ($tx, @) { undef $socket });
    $socket = $tx;
  });
  _until(START, sub { $socket || $failed });
  return $socket;
}

sub _heard ($message) {
  if   (my $id = $message->{id}) { $answers{$id} = $message if exists $answers{$id} }
  elsif (my $visitor = $visitors{$message->{sessionId} // ''}) { $visitor->_event(@{$message}{qw(method params)}) }
}

# turns the loop until the code says true
sub _until ($seconds, $code) {
  my $late;
  my $timer = Mojo::IOLoop->timer($seconds => sub { $late = 1 });
  my $tick  = Mojo::IOLoop->recurring(0.02 => sub { });
  my $answer;
  Mojo::IOLoop->one_tick until ($answer = $code->()) || $late;
  Mojo::IOLoop->remove($_) for $timer, $tick;
  return $answer;
}

sub _call ($method, $params = {}, $session = undef) {
  die "Chromium is gone\n" unless $socket;
  my $id = ++$last_id;
  $answers{$id} = undef;
  $socket->send({text => encode_json({id => $id, method => $method, params => $params, $session ? (sessionId => $session) : ()})});
  _until(PAGE, sub { $answers{$id} || !$socket });
  my $answer = delete $answers{$id} // die "Chromium does not answer $method\n";
  die "Chromium, $method: $answer->{error}{message}\n" if $answer->{error};
  return $answer->{result};
}

# --- a person ------------------------------------------------------------------------------------------------------

# each has a profile of their own
sub new ($class, %option) {
  my $self = bless {scripts => 1, loads => 0, open => {}, %option}, $class;
  my $context = _call('Target.createBrowserContext')->{browserContextId};
  my $target  = _call('Target.createTarget', {url => 'about:blank', browserContextId => $context})->{targetId};
  $self->{session} = _call('Target.attachToTarget', {targetId => $target, flatten => \1})->{sessionId};
  $visitors{$self->{session}} = $self;

  $self->_ask("$_.enable") for qw(Page Network Runtime);
  my $name = _call('Browser.getVersion')->{userAgent} =~ s/Headless//r;
  $self->_ask('Network.setUserAgentOverride', {userAgent => $name, acceptLanguage => 'de-DE,de,en'});
  $self->_ask('Emulation.setScriptExecutionDisabled', {value => \1}) unless $self->{scripts};
  return $self;
}

sub open ($self, $path, $referrer = undef) {
  my $url = Mojo::URL->new($path)->to_abs(Mojo::URL->new($self->{base}))->to_string;
  return $self->_load(sub { $self->_ask('Page.navigate', {url => $url, length($referrer // '') ? (referrer => $referrer) : ()}) });
}

sub accept ($self) { return $self->_click('#onetrust-accept-btn-handler')->_settle }
sub reject ($self) { return $self->_click('#onetrust-reject-all-handler')->_settle }

# the choice of an earlier visit
sub has_accepted ($self) {
  my %cookies = Demo::Visitor::consent_cookies(1, 'NotLandingPage', Demo::Visitor::ALL);
  $self->_ask('Network.setCookie', {name => $_, value => $cookies{$_}, url => $self->{base}}) for sort keys %cookies;
  return $self;
}

sub add_to_cart ($self) {
  return $self->_load(sub { $self->_click('#add-to-cart button') });
}

sub check_out ($self) {
  return $self->_load(sub { $self->_click('#to-checkout') });
}

sub order ($self, %typed) {
  $self->_run("document.querySelector('#checkout [name=$_]').value = " . encode_json([$typed{$_}]) . '[0]') for sort keys %typed;
  return $self->_load(sub { $self->_click('#checkout button') });
}

sub address ($self) {
  my $history = $self->_ask('Page.getNavigationHistory');
  return $history->{entries}[$history->{currentIndex}]{url};
}

# --- the browser ---------------------------------------------------------------------------------------------------

sub _ask ($self, $method, $params = {}) { return _call($method, $params, $self->{session}) }

sub _run ($self, $script) {
  my $answer = $self->_ask('Runtime.evaluate', {expression => $script});
  die "in the page: $answer->{exceptionDetails}{exception}{description}\n" if $answer->{exceptionDetails};
  return $self;
}

# as a finger would: what cannot be seen cannot be clicked
sub _click ($self, $selector) {
  return $self->_run(qq{(() => { const node = document.querySelector('$selector');
    if (!node || !node.getClientRects().length) throw new Error('$selector is not to be seen'); node.click(); })()});
}

sub _load ($self, $code) {
  my $before = $self->{loads};
  $code->();
  _until(PAGE, sub { $self->{loads} > $before }) or die "a page does not load\n";
  return $self->_settle;
}

# until no beacon is under way. the answer to one that was sent while the page went away is never told; the access log
# has it
sub _settle ($self) {
  my $quiet;
  _until(BEACON, sub {
    undef $quiet if %{$self->{open}};
    return 0 if %{$self->{open}};
    $quiet //= time;
    return time - $quiet > QUIET;
  });
  $self->{open} = {};
  return $self;
}

sub _event ($self, $method, $params) {
  if ($method eq 'Page.loadEventFired')             { $self->{loads}++ }
  elsif ($method eq 'Network.requestWillBeSent')    { $self->_sent($params) }
  elsif ($method eq 'Network.responseReceived')     { $self->_answered($params) }
  elsif ($method eq 'Network.loadingFailed')        { delete $self->{open}{$params->{requestId}} }
}

sub _sent ($self, $params) {
  my $request = $params->{request};
  my $url     = Mojo::URL->new($request->{url});
  return if $url->path ne Demo::Visitor::BEACON;
  my $event = $request->{method} eq 'GET' ? $url->query->to_hash : decode_json($request->{postData});
  push @{$self->{captured}}, $self->{open}{$params->{requestId}} = {
    time => $params->{wallTime}, who => $self->{name}, method => $request->{method}, event => $event->{event},
    event_id => $event->{event_id},
  };
}

sub _answered ($self, $params) {
  my $beacon  = delete $self->{open}{$params->{requestId}} // return;
  my $headers = $params->{response}{headers};
  my %header  = map { lc $_ => $headers->{$_} } keys %$headers;
  @{$beacon}{qw(status consent result)} = ($params->{response}{status}, @header{qw(x-tiktok-consent x-tiktok-result)});
}

1;
