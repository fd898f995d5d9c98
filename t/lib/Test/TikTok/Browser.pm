package Test::TikTok::Browser;

# a Test::TikTok with pages, a headless Chromium that visits them, and a stand-in for TikTok's script. so a test sees
# both ways of an event: pixel() is what the browser would have sent to TikTok, sandbox_events() what nginx has sent
#
#   my $t = Test::TikTok::Browser->new;
#   $t->page('a.html', '<p>Hello</p>')->shop;
#   my $visitor = $t->visitor(cookies => {consent => 'yes'})->open('/a.html');

use v5.36;
use parent -norequire, 'Test::TikTok';

use lib "$Test::TikTok::TOP/scripts/lib";

use Chromium;
use Mojo::JSON qw(decode_json);
use Test::More ();
use Test::TikTok::Process qw(alive group kill_group ended slow spawn wait_for);

sub new ($class, %option) {
  my $self = $class->SUPER::new(sandbox => 1, %option);
  $self->{pixel_from} = 0;
  return $self;
}

# a page of the shop: what is in its body, and in its head before the script
sub page ($self, $name, $body = '', $head = '') {
  $self->file("html/$name", <<"HTML");
<!DOCTYPE html>
<html><head><meta charset="utf-8"><title>$name</title><link rel="icon" href="data:,">
$head
<script src="/s.js" async></script>
</head><body>$body</body></html>
HTML
  return $self;
}

# starts nginx; parts as conf takes them
sub shop ($self, %part) {
  my $http = delete $part{http} // '';
  my $sdk  = '/pixel/events.js';
  return $self->conf(
    http             => "log_format hit escape=none '\$request_body'; types { text/html html; text/javascript js; } $http",
    '/'              => 'root %%DIR%%/html;',
    '= /s.js'        => "tiktok_script /e sdk=$sdk;",
    "= $sdk"         => "alias $Test::TikTok::TOP/scripts/lib/Demo/pixel.js;",
    '= /pixel/hit'   => 'access_log %%DIR%%/pixel.log hit; proxy_pass http://127.0.0.1:%%PORT_http%%/pixel/ok;',
    '= /pixel/ok'    => 'access_log off; return 204;',
    %part,
  )->start;
}

# the demo's shop, as a program behind nginx; its socket
sub demo_shop ($self) {
  require Demo::Shop;
  my $socket = "$self->{dir}/shop.sock";
  my $group  = spawn("$self->{dir}/shop.out", Demo::Shop::command($socket));
  push @{$self->{helpers}}, bless {group => $group}, 'Test::TikTok::Browser::Process';
  wait_for(30, sub { -S $socket || !alive($group) });
  chmod 0777, $socket or die "the shop did not start\n" . $self->slurp('shop.out');    # workers are another user
  return $socket;
}

# one Chromium for all of a test; other flags are those of the first visitor
sub chromium ($self, @flags) {
  return $self->{chromium} //= do {
    my $program = Chromium::program() // die "there is no Chromium\n";
    my $home    = "$self->{dir}/chromium";
    mkdir $home;
    my $group = spawn("$home/said", Chromium::command($program, $home, @flags));
    push @{$self->{helpers}}, $self->{chromium_process} = bless {group => $group, home => $home}, 'Test::TikTok::Browser::Process';
    Chromium->connect($home, sub { alive($group) }) // die "Chromium does not start\n" . $self->slurp("$home/said");
  };
}

# somebody with a browser: cookies => {...}, before => a script that runs before those of a page, profile => that of
# another page
sub visitor ($self, %option) {
  my $page = bless $self->chromium->page(%option), 'Test::TikTok::Browser::Page';
  $page->{base} = $option{base} // 'http://127.0.0.1:' . $self->port('http');
  $page->before($option{before}) if $option{before};
  $page->cookie($_ => $option{cookies}{$_}) for sort keys %{$option{cookies} // {}};
  return $page;
}

# what TikTok's script would have sent since the last forget(): {call, event, event_id, properties, ...}. with count it
# waits for so many, of one call if that is given
sub pixel ($self, %ask) {
  my @seen;
  my $look = sub {
    my $text = substr($self->slurp('pixel.log'), $self->{pixel_from});
    @seen = grep { !$ask{call} || $_->{call} eq $ask{call} } map { decode_json($_) } grep {/\S/} split /\n/, $text;
    @seen = sort { $a->{at} <=> $b->{at} } @seen;    # they need not arrive in their order
    return @seen >= ($ask{count} // 0);
  };

  # meanwhile Chromium may want to know how a request is answered
  my $timeout = ($ask{timeout} // 10) * slow();
  $self->diag("the pixel saw " . @seen . " calls instead of $ask{count}") unless $self->chromium->until($timeout, $look);
  return @seen;
}

# as of any test; but meanwhile Chromium may want to know how a request is answered
sub sandbox_events ($self, %ask) {
  return $self->SUPER::sandbox_events(%ask) unless $ask{count};
  my $timeout = (delete $ask{timeout} // 10) * slow();
  my $asked   = sub { $self->{sandbox}->events(%ask, timeout => 0.2) >= $ask{count} };
  $self->chromium->until($timeout, $asked);
  return $self->SUPER::sandbox_events(%ask, timeout => 0.2);
}

# tests that both ways have these events and no others, under the same ids and with the same values. "rule" is the name of
# one that a rule of nginx's tells, too: it may know fewer values, and where the page's own goes on as well, there are
# "server" events in all. answers what the pixel saw, in its order, each with what nginx has sent as {told}, and the last
# of that as {server}
sub both ($self, $names, $what, %more) {
  my @names  = sort split ' ', $names;
  my $count  = $more{server} // @names;
  my @pixel  = $self->pixel(call => 'track', count => scalar @names);
  my @server = map { $_->{event} } $self->sandbox_events(count => $count);
  my %told;
  push @{$told{"$_->{event} $_->{event_id}"}}, $_ for @server;
  Test::More::is("@{[sort map { $_->{event} } @pixel]}", "@names", "$what: the pixel's");
  Test::More::is("@{[sort map { $_->[0]{event} } values %told]}", "@names", "$what: the server's");
  Test::More::is(scalar @server, $count, "$what: no more of them");
  for my $pixel (@pixel) {
    my $told = $pixel->{told} = $told{"$pixel->{event} $pixel->{event_id}"};
    Test::More::ok($told, "$what: $pixel->{event} under the same id") or next;
    $pixel->{server} = $told->[-1];
    for my $event (@$told) {
      my ($has, $values) = map { $_->{properties} // {} } $event, $pixel;
      $values = {map { $_ => $values->{$_} } grep { exists $has->{$_} } keys %$values} if $event->{event} eq ($more{rule} // '');
      Test::More::is_deeply($has, $values, "$what: $event->{event} with the same values");
    }
  }
  return @pixel;
}

# from here on, as if nothing had been
sub forget ($self) {
  $self->{pixel_from} = length $self->slurp('pixel.log');
  $self->{sandbox}->reset;
  return $self;
}

# first Chromium: nginx waits for the first request on connections that it has opened in advance
sub problems ($self) {
  if ($self->{chromium}) {
    $self->{chromium}->close;
    $self->{chromium_process}->stop;
  }
  return $self->SUPER::problems;
}

# --- one visitor ---------------------------------------------------------------------------------------------------

package Test::TikTok::Browser::Page;

use v5.36;
use parent -norequire, 'Chromium::Page';

use Mojo::JSON qw(decode_json);

sub open ($self, $path, @more) { return $self->SUPER::open($path =~ m{\A/} ? "$self->{base}$path" : $path, @more) }

sub cookie ($self, $name, $value, %more) {
  $self->ask('Network.setCookie', {name => $name, value => $value, url => $self->{base}, %more});
  return $self;
}

# beacons so far: {event, event_id, ..., consent, result, status}. an event is a hash, a consent check has none
sub beacons ($self, $path = '/e') {
  return map {
    my $headers = $_->{headers} // {};
    my $sent = length $_->{body} // '' ? decode_json($_->{body}) : {};
    +{%$sent, status => $_->{status}, consent => $headers->{'x-tiktok-consent'}, result => $headers->{'x-tiktok-result'}};
  } $self->requests($path);
}

sub events ($self, @path) { return grep { defined $_->{event} } $self->beacons(@path) }
sub checks ($self, @path) { return grep { !defined $_->{event} } $self->beacons(@path) }

# until so many beacons of the kind were answered; them
sub wait_events ($self, $count, @path) { return $self->_wait(events => $count, @path) }
sub wait_checks ($self, $count, @path) { return $self->_wait(checks => $count, @path) }

sub _wait ($self, $what, $count, @path) {
  my @have;
  $self->until(10 * Test::TikTok::Process::slow(), sub { (@have = grep { defined $_->{status} } $self->$what(@path)) >= $count })
    or Test::Builder->new->diag('waited for ' . "$count $what, had " . @have);
  return @have;
}

# --- a program of the test's ---------------------------------------------------------------------------------------

package Test::TikTok::Browser::Process;

use v5.36;

use Test::TikTok::Process qw(ended group holders kill_group);

sub groups ($self) { return grep {$_} $self->{group} }

sub stop ($self) {
  my $group = $self->{group} or return;
  kill_group(TERM => $group);
  kill_group(KILL => $group) unless ended(10, group($group));

  # Chromium's crash handlers are daemons
  my @daemons = $self->{home} ? keys %{holders($self->{home})} : ();
  kill KILL => @daemons;
  ended(10, @daemons);
  $self->{group} = 0;
}

1;
