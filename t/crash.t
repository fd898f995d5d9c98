# the power goes: what was accepted is on the disk, and arrives when nginx is back

use v5.36;

use Cwd            qw(abs_path);
use File::Basename qw(dirname);
use lib dirname(abs_path(__FILE__)) . '/lib';

use Test::More;
use Test::TikTok;
use Test::TikTok::Delivery qw(balance event load pixel received);

sub missing ($backend, @ids) {
  my $received = received($backend);
  return grep { !$received->{$_} } @ids;
}

subtest 'everything is killed' => sub {
  my $t       = Test::TikTok->new(workers => 2);
  my $backend = $t->backend(behave => 'error_500');
  $t->api($backend)->conf(tiktok_delivery => 'batch=7 retry_min=1h retry_max=1h')->start;
  is $t->beacon(event($_))->code, 204, 'accepted' for 1 .. 3;
  is $t->beacon([map { event($_) } 4 .. 40])->code, 204, 'accepted';
  $t->kill9_all;
  $backend->behave('ok');
  $t->start;
  my $pixel = pixel($t->wait_status(sub ($s) { pixel($s)->{queue}{delivered} == 40 }));
  is_deeply [missing($backend, 1 .. 40)], [], 'every event arrived';
  is $pixel->{queue}{recovered}, 40, 'counted as recovered';
  is $pixel->{queue}{corrupt},   0,  'none damaged';
  is $pixel->{results}{queued},  0,  'the new counters queued none';
  is balance($pixel), 0, 'the balance';
  $t->kill9_all;
  my $before = $backend->requests;
  $t->start;
  $t->beacon(event('next'));
  $t->wait_status(sub ($s) { pixel($s)->{queue}{delivered} == 1 });
  is $backend->requests - $before, 1, 'and is not sent again after the next crash';
  $t->finish;
};

subtest 'a worker is killed with a batch in flight' => sub {
  my $t       = Test::TikTok->new;
  my $backend = $t->backend(behave => ['hang', 'ok']);
  $t->api($backend)->conf(tiktok_delivery => 'timeout=1m')->start;
  $t->beacon(event(1));
  $backend->wait_requests(1);
  $t->beacon(event($_)) for 2 .. 5;
  $t->kill9_worker;
  my $pixel = pixel($t->wait_status(sub ($s) { pixel($s)->{queue}{delivered} == 5 }));
  my $received = received($backend);
  is_deeply $received, {1 => 2, map { $_ => 1 } 2 .. 5}, 'its batch is sent again, with the same ids';
  is $pixel->{queue}{recovered}, 0, 'the counters knew them';
  is $pixel->{queue}{events},    0, 'and are right afterwards';
  is $pixel->{delivery}{in_flight}, 0, 'nothing is in flight, although nobody saw that one end';
  $t->finish;
};

subtest 'killing under load' => sub {
  my $t       = Test::TikTok->new(workers => 2);
  my $backend = $t->backend;
  $t->api($backend)->conf(tiktok_delivery => 'batch=5 in_flight=2')->start;
  my $done = load($t, 'load', 0.001);
  my $enough = 0;
  for my $round (1 .. 12) {
    $enough += 5 + int rand 30;
    $t->wait_until('load', sub { (() = $t->slurp('accepted-load') =~ /\n/g) >= $enough });
    if ($round % 4 == 3) { $t->kill9_all; $t->start }
    else             { $t->kill9_worker(($t->workers)[$round % 2]) }
  }
  my @ids = $done->();
  $t->wait_status(sub ($s) { pixel($s)->{queue}{events} == 0 && !missing($backend, @ids) });
  cmp_ok @ids, '>', 100, 'there was a load';
  is_deeply [missing($backend, @ids)], [], 'every event of ' . @ids . ' arrived';
  is pixel($t->status)->{queue}{corrupt}, 0, 'none damaged';
  $t->finish;
};

done_testing;
