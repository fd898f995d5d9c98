# at once when idle, together under load, and never more than "rate" or "in_flight" say

use v5.36;

use Cwd            qw(abs_path);
use File::Basename qw(dirname);
use lib dirname(abs_path(__FILE__)) . '/lib';

use Mojo::JSON qw(encode_json);
use Test::More;
use Test::TikTok;
use Test::TikTok::Delivery qw(balance event ids pixel received);
use Test::TikTok::Process  qw(slow);
use Time::HiRes qw(sleep time);

my $OK = $Test::TikTok::Backend::OK;

# when requests came, by the clock of the machine
sub stamped ($t, $seconds) {
  my $stamps = $t->dir . '/stamps';
  return (
    sub { return map { [split] } $t->slurp('stamps') =~ /^(\S+ \S+)$/mg },
    stamped => sub ($c, $r) {
      my $from = time;
      sleep $seconds;
      open my $out, '>>', $stamps;
      syswrite $out, $from . ' ' . time . "\n";
      $c->answer(200, $OK);
    },
  );
}

subtest 'an idle queue' => sub {
  my $t = Test::TikTok->new;
  my ($stamps, %named) = stamped($t, 0);
  my $backend = $t->backend(behave => 'stamped', named => \%named);
  $t->api($backend)->conf->start;
  my @late;
  for my $round (1 .. 15) {
    my $from = time;
    is $t->beacon(event($round))->code, 204, 'accepted' or last;
    my $answered = time;
    $t->wait_status(sub ($s) { pixel($s)->{queue}{delivered} == $round });
    push @late, ($stamps->())[-1][0] - $answered;
  }
  my ($median) = (sort { $a <=> $b } @late)[@late / 2];
  cmp_ok $median, '<', 0.05 * slow(), sprintf 'an event is on the wire %.1f ms after its answer', 1000 * $median;
  is $backend->requests, 15, 'each alone';
  $t->finish;
};

subtest 'under load' => sub {
  my $t = Test::TikTok->new;
  my ($stamps, %named) = stamped($t, 0.2);
  my $backend = $t->backend(behave => 'stamped', named => \%named);
  $t->api($backend)->conf(tiktok_delivery => 'batch=10 in_flight=3')->start;
  my $connection = $t->connect;
  for my $n (1 .. 200) {
    $connection->request(POST => '/e', encode_json(event($n)), Cookie => 'consent=yes')->response;
  }
  $t->wait_status(sub ($s) { pixel($s)->{queue}{delivered} == 200 }, 30);
  my @sizes = map { scalar(my @ids = ids($_)) } $backend->requests;
  cmp_ok scalar(grep { $_ == 10 } @sizes), '>=', @sizes - 4, "batches fill: @sizes";
  my @spans = sort { $a->[0] <=> $b->[0] } $stamps->();
  my $most  = 0;
  for my $span (@spans) {
    my $together = grep { $_->[0] <= $span->[0] && $_->[1] > $span->[0] } @spans;
    $most = $together if $together > $most;
  }
  cmp_ok $most, '>', 1,  'several requests at once';
  cmp_ok $most, '<=', 3, 'and no more than in_flight';
  is keys %{received($backend)}, 200, 'every event arrives';
  $t->finish;
};

subtest 'rate' => sub {
  my $t = Test::TikTok->new(workers => 4);
  my ($stamps, %named) = stamped($t, 0);
  my $backend = $t->backend(behave => 'stamped', named => \%named);
  $t->api($backend)->conf(tiktok_delivery => 'batch=1 in_flight=8 rate=20')->start;
  my $number = 0;
  for my $round (1 .. 12) {
    $t->connect->request(POST => '/e', encode_json([map { event(++$number) } 1 .. 5]), Cookie => 'consent=yes')->response;
  }
  my $pixel = pixel($t->wait_status(sub ($s) { pixel($s)->{queue}{delivered} == $number }, 30));
  is $pixel->{delivery}{requests}, $number, 'one request for each';
  my @at = sort { $a <=> $b } map { $_->[0] } $stamps->();
  my $burst = 0;
  for my $from (@at) {
    my $n = grep { $_ >= $from && $_ < $from + 1 } @at;
    $burst = $n if $n > $burst;
  }
  cmp_ok $burst, '<=', 20 + 4, "at most $burst requests in any second, over all workers";
  cmp_ok $at[-1] - $at[0], '>=', ($number - 4) / 20 * 0.9, 'and as long as that takes';
  $t->finish;
};

# 20,000 events through the same worker leave nothing behind
subtest 'a long time' => sub {
  my $t = Test::TikTok->new;
  $t->conf(tiktok_delivery => 'batch=5 in_flight=4 rate=100000',
    servers => "server { listen 127.0.0.1:%%PORT_api%%; location / { return 200 '$OK'; } }", '= /stub' => 'stub_status;',
    '= /e' => 'tiktok_beacon; tiktok_beacon_limits events=1000 body=1m;', '= /_tiktok/api' => 'internal; proxy_pass http://127.0.0.1:%%PORT_api%%/;')->start;
  my ($worker) = $t->workers;
  my $rss  = sub { return ($t->slurp("/proc/$worker/status") =~ /^RssAnon:\s+(\d+)/m)[0] };
  my $fds  = sub { return scalar(() = glob "/proc/$worker/fd/*") };
  my $stub = sub { return ($t->get('/stub')->body =~ /Active connections: (\d+).*?Reading: (\d+) Writing: (\d+) Waiting: (\d+)/s) };
  my $number = 0;
  my $run = sub ($events) {
    for (1 .. $events / 250) {
      $t->beacon([map { event(++$number) } 1 .. 250])->code == 204 or return fail 'accepted';
    }
    return $t->wait_status(sub ($s) { pixel($s)->{queue}{events} == 0 }, 60);
  };
  $run->(2500);
  my ($rss_before, $fds_before, @stub_before) = ($rss->(), $fds->(), $stub->());
  my $pixel = pixel($run->(20_000));
  is $pixel->{queue}{delivered}, 22_500, 'all are delivered';
  cmp_ok $pixel->{delivery}{requests}, '>=', 4000, "by $pixel->{delivery}{requests} requests";
  cmp_ok $rss->(), '<', $rss_before + 1024, 'memory is flat: ' . $rss->() . " kB, before $rss_before";
  cmp_ok $fds->(), '<=', $fds_before + 2, 'so are descriptors: ' . $fds->() . ", before $fds_before";
  ok $t->wait_until('rest', sub { my @now = $stub->(); "@now" eq "@stub_before" }), "connections are back at @stub_before";
  is balance($pixel), 0, 'the balance';
  $t->finish;
};

done_testing;
