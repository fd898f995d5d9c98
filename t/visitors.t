# visitors do not wait for TikTok, whatever becomes of it

use v5.36;

use Cwd            qw(abs_path);
use File::Basename qw(dirname);
use lib dirname(abs_path(__FILE__)) . '/lib';

use Mojo::JSON qw(encode_json);
use Test::More;
use Test::TikTok;
use Test::TikTok::Delivery qw(event pixel received);
use Test::TikTok::Process  qw(slow);
use Time::HiRes qw(time);

# whoever waited for TikTok would wait for seconds
use constant {REQUESTS => 120, FACTOR => 5, GRACE => 0.02, MOST => 0.5};

my $t       = Test::TikTok->new;
my $backend = $t->backend;
$t->api($backend)->conf(tiktok_delivery => 'batch=5 in_flight=3 timeout=2s retry_min=10ms retry_max=20ms', '= /stub' => 'stub_status;')->start;
my $active = sub { return ($t->get('/stub')->body =~ /Active connections: (\d+)/)[0] };
$t->get('/');

# median and 99th percentile of the time that an answer takes, all on one connection
my $number = 0;
sub waits ($method, $uri) {
  my $connection = $t->connect;
  my @seconds;
  for (1 .. REQUESTS) {
    my $body = $method eq 'POST' ? encode_json(event(++$number)) : undef;
    my $from = time;
    my $response = $connection->request($method, $uri, $body, Cookie => 'consent=yes')->response;
    push @seconds, time - $from;
    return 'closed' if !$response || $response->code != ($method eq 'POST' ? 204 : 200);
  }
  return 'closed' if $connection->is_closed(0);
  return (sort { $a <=> $b } @seconds)[REQUESTS / 2, REQUESTS * 0.99];
}

my %well = (page => (waits('GET', '/'))[0], beacon => (waits('POST', '/e'))[0]);
$t->wait_status(sub ($s) { pixel($s)->{queue}{events} == 0 });
$t->wait_until('rest', sub { $active->() == 1 });

for my $trouble (qw(hang rst error_500 drip_slow refused)) {
  if ($trouble eq 'refused') { $backend->stop }
  else                       { $backend->behave($trouble) }
  $t->beacon(event(++$number));
  $t->wait_status(sub ($s) { my $d = pixel($s)->{delivery}; $d->{in_flight} || pixel($s)->{state} eq 'backoff' });
  for my $what (sort keys %well) {
    my ($median, $p99) = $what eq 'page' ? waits('GET', '/') : waits('POST', '/e');
    isnt $median, 'closed', "$trouble: one connection for every $what" or next;
    cmp_ok $median, '<', $well{$what} * FACTOR + GRACE, sprintf '%s: a %s in %.1f ms, before in %.1f', $trouble, $what, 1000 * $median, 1000 * $well{$what};
    cmp_ok $p99, '<', MOST * slow(), sprintf '%s: 99 of 100 in %.1f ms', $trouble, 1000 * $p99;
  }
}

$backend->behave('ok')->start;
ok $t->wait_status(sub ($s) { pixel($s)->{queue}{events} == 0 }, 20), 'everything arrives in the end';
is pixel($t->status)->{queue}{delivered}, $number, 'every single one';
ok $t->wait_until('baseline', sub { $active->() == 1 }), 'and no connection is left';
$t->finish;

# connections are few, and each side leaves the other some
subtest 'visitors have taken all connections' => sub {
  my $t       = Test::TikTok->new;
  my $backend = $t->backend(behave => 'error_500');
  $t->expect_log(qr/\d+ worker_connections are not enough/);
  $t->api($backend)->conf(tiktok_delivery => 'batch=2 retry_min=100ms retry_max=200ms');
  $t->write_conf($t->{conf} =~ s/worker_connections 256/worker_connections 24/r)->start;
  my $connection = $t->connect;
  is $connection->request(POST => '/e', encode_json(event($_)), Cookie => 'consent=yes')->response->code, 204, 'accepted' for 1 .. 4;
  my @taken = map { $t->connect->write("GET / HTTP/1.1\r\nHo") } 1 .. 30;
  $t->wait_until('the last of them to be let in', sub { $t->grep_log(qr/worker_connections are not enough/) });
  $backend->behave('ok');
  undef @taken;
  my $pixel = pixel($t->wait_status(sub ($s) { pixel($s)->{queue}{delivered} == 4 }));
  is $pixel->{queue}{delivered}, 4, 'all is delivered when they leave';
  is keys %{received($backend, 'ok')}, 4, 'every event';
  $t->finish;
};

subtest 'the sender would take all connections' => sub {
  my $t       = Test::TikTok->new;
  my $backend = $t->backend(behave => 'hang');
  $t->api($backend)->conf(tiktok_delivery => 'batch=1 in_flight=64 timeout=1m');
  $t->write_conf($t->{conf} =~ s/worker_connections 256/worker_connections 40/r)->start;
  is $t->beacon([map { event($_) } 1 .. 40])->code, 204, 'forty events';
  $t->wait_until('requests', sub { $backend->requests >= 5 });
  is $t->get('/')->body, "page\n", 'a page' for 1 .. 5;
  my @visitors = map { $t->connect } 1 .. 4;
  $_->request(GET => '/') for @visitors;
  is $_->response->body, "page\n", 'and several visitors at once' for @visitors;
  is $t->beacon(event('more'))->code, 204, 'a beacon';
  $t->kill9_all;
  $t->finish;
};

done_testing;
