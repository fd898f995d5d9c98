# ends in good order, and those that are cut short

use v5.36;

use Cwd            qw(abs_path);
use File::Basename qw(dirname);
use lib dirname(abs_path(__FILE__)) . '/lib';

use Test::More;
use Test::TikTok;
use Test::TikTok::Delivery qw(balance event ids pixel received segments);
use Test::TikTok::Process qw(alive);
use Time::HiRes qw(sleep time);

# held until the test opens the gate
sub held ($t) {
  my $gate = $t->dir . '/gate';
  return (held => sub ($c, $r) { sleep 0.01 until -e $gate; $c->answer(200, $Test::TikTok::Backend::OK) });
}

for my $how ('QUIT', 'reload') {
  subtest "$how with a batch in flight" => sub {
    my $t       = Test::TikTok->new;
    my $backend = $t->backend(behave => ['held', 'ok'], named => {held($t)});
    $t->api($backend)->conf(tiktok_delivery => 'timeout=1m')->start;
    $t->beacon(event('flying'));
    $backend->wait_requests(1);
    my ($old) = $t->workers;
    if ($how eq 'QUIT') { $t->signal('QUIT') }
    else                { $t->reload(wait => 'serving') }
    $t->wait_log(qr/ $old#\d+: gracefully shutting down/);
    ok alive($old), 'the worker waits for the answer';
    $t->file('gate', '');
    $t->wait_until('its end', sub { !alive($old) });
    if ($how eq 'QUIT') { ok $t->stop, 'nginx has gone'; $t->start }
    $t->beacon(event('next'));
    my $pixel = pixel($t->wait_status(sub ($s) { pixel($s)->{queue}{events} == 0 && pixel($s)->{results}{queued} }));
    is_deeply received($backend), {flying => 1, next => 1}, 'and the batch is not sent again';
    is $pixel->{queue}{recovered}, 0, 'nothing was left';
    $t->finish;
  };
}

subtest 'worker_shutdown_timeout' => sub {
  my $t       = Test::TikTok->new;
  my $backend = $t->backend(behave => ['hang', 'ok']);
  $t->api($backend)->conf(main => 'worker_shutdown_timeout 300ms;', tiktok_delivery => 'timeout=1m')->start;
  $t->beacon(event('flying'));
  $backend->wait_requests(1);
  my $from = time;
  $t->reload;
  cmp_ok time - $from, '<', 20, 'cuts a hanging batch';
  ok $t->wait_status(sub ($s) { pixel($s)->{queue}{delivered} == 1 }), 'which the next worker sends';
  is_deeply [map { ids($_) } $backend->requests], ['flying', 'flying'], 'with the same event_id';
  is pixel($t->status)->{delivery}{in_flight}, 0, 'nothing is in flight';
  $t->finish;
};

for my $signal (qw(TERM KILL)) {
  subtest "$signal with a batch in flight" => sub {
    my $t       = Test::TikTok->new;
    my $backend = $t->backend(behave => ['hang', 'ok']);
    $t->api($backend)->conf(tiktok_delivery => 'timeout=1m')->start;
    $t->beacon(event('flying'));
    $backend->wait_requests(1);
    $t->beacon(event('waiting'));
    ok $t->stop($signal), 'nginx goes at once';
    is segments($t), 1, 'the queue stays';
    $t->start;
    my $pixel = pixel($t->wait_status(sub ($s) { pixel($s)->{queue}{delivered} == 2 }));
    is_deeply received($backend), {flying => 2, waiting => 1}, 'and is sent by the next';
    is $pixel->{queue}{recovered}, 2, 'both recovered';
    is balance($pixel), 0, 'the balance';
    $t->finish;
  };
}

subtest 'nothing of ours holds a worker' => sub {
  my $t       = Test::TikTok->new;
  my $backend = $t->backend(behave => 'error_500');
  $t->api($backend)->conf(tiktok_delivery => 'batch=2 retry_min=1h retry_max=1h')->start;
  $t->beacon(event($_)) for 1 .. 7;
  $t->wait_status(sub ($s) { pixel($s)->{state} eq 'backoff' });
  my $from = time;
  ok $t->stop('QUIT', 10), 'neither a queue nor its timer';
  $backend->behave('ok');
  $t->start;
  $t->wait_status(sub ($s) { pixel($s)->{queue}{delivered} == 7 });
  my $received = received($backend);
  is_deeply [grep { !$received->{$_} } 1 .. 7], [], 'the next nginx sends it';
  ok $t->stop('QUIT', 10), 'an idle one goes as well';
  is segments($t), 0, 'and leaves no empty files';
  $t->finish;
};

done_testing;
