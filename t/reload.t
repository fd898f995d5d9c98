# generations of workers: whatever the configuration becomes, what was accepted arrives

use v5.36;

use Cwd            qw(abs_path);
use File::Basename qw(dirname);
use lib dirname(abs_path(__FILE__)) . '/lib';

use Test::More;
use Test::TikTok;
use Test::TikTok::Delivery qw(balance event load pixel received segments);
use Test::TikTok::Process qw(alive);

sub missing ($backend, @ids) {
  my $received = received($backend);
  return grep { !$received->{$_} } @ids;
}

subtest 'reloads under load' => sub {
  my $t       = Test::TikTok->new;
  my $backend = $t->backend;
  $t->api($backend)->conf->start;
  my $done = load($t, 'load');
  for my $round (1 .. 50) {
    $t->{workers} = 1 + $round % 3;
    my ($batch, $size) = ((1, 7, 50)[$round % 3], (64, 8, 3)[$round / 5 % 3]);
    my %conf = (tiktok_queue => "%%DIR%%/queue size=${size}m", tiktok_delivery => "batch=$batch in_flight=2 retry_min=10ms retry_max=50ms");

    # half of them change nothing
    $t->reload(wait => 'serving', $round % 2 ? (conf => \%conf) : ());
  }
  my @ids = $done->();
  cmp_ok @ids, '>', 50, 'there was a load: ' . @ids;
  my $status = $t->wait_status(sub ($s) { pixel($s)->{queue}{events} == 0 });
  my $pixel  = pixel($status);
  is_deeply [missing($backend, @ids)], [], 'every event arrived';
  cmp_ok $pixel->{results}{queued}, '>=', @ids, 'the counters are those of all generations';
  is $pixel->{queue}{delivered}, $pixel->{results}{queued}, 'all delivered';
  is $pixel->{queue}{recovered}, 0, 'none unknown';
  is $pixel->{queue}{bytes},     0, 'no bytes are left';
  $t->finish;
};

subtest 'an old worker that cannot go' => sub {
  my $t       = Test::TikTok->new;
  my $backend = $t->backend(behave => 'error_500');
  $t->api($backend)->conf(tiktok_delivery => 'batch=3 retry_min=1h retry_max=1h')->start;
  $t->beacon(event($_)) for 1 .. 10;
  ok $backend->wait_requests(1), 'the API is in trouble';
  my $slow = $t->connect->write("GET / HTTP/1.1\r\nHo");
  my ($old) = $t->workers;
  $t->wait_until('the trouble to be known', sub { pixel($t->status)->{state} eq 'backoff' });

  $backend->behave('ok');
  $t->reload(wait => 'serving');
  ok $t->wait_status(sub ($s) { pixel($s)->{queue}{delivered} == 10 }), 'the next worker sends its events';
  ok alive($old), 'while it still waits for its client';
  is_deeply [missing($backend, 1 .. 10)], [], 'all of them';
  is $slow->write("st: a\r\n\r\n")->response->body, "page\n", 'which is served in the end';
  $t->finish;
};

subtest 'an old worker takes events to the end' => sub {
  my $t       = Test::TikTok->new;
  my $backend = $t->backend;
  $t->api($backend)->conf->start;

  # a beacon whose body comes after the reload, at a worker that sends nothing any more
  my $body = Mojo::JSON::encode_json(event('late'));
  my $late = $t->connect->write("POST /e HTTP/1.1\r\nHost: a\r\nUser-Agent: Firefox\r\nCookie: consent=yes\r\nContent-Length: " . length($body) . "\r\n\r\n" . substr $body, 0, 10);
  my ($old) = $t->workers;
  $t->get('/');    # by now it has been read
  $t->reload(wait => 'serving');
  is $late->write(substr $body, 10)->response->code, 204, 'accepted by the old worker';
  ok $backend->wait_requests(1), 'and sent by the new one';
  is_deeply [missing($backend, 'late')], [], 'as it was';
  $t->wait_until('the old one to go', sub { !alive($old) });
  $t->finish;
};

subtest 'binary upgrade under load' => sub {
  my $t       = Test::TikTok->new(workers => 2);
  my $backend = $t->backend;
  $t->api($backend)->conf->start;
  my $done = load($t, 'load');
  $t->wait_until('load', sub { $backend->requests > 5 });
  $t->upgrade;
  $t->wait_until('load', sub { pixel($t->status)->{results}{queued} > 5 });
  my @ids = $done->();
  my $pixel = pixel($t->wait_status(sub ($s) { pixel($s)->{queue}{events} == 0 && !missing($backend, @ids) }));
  is_deeply [missing($backend, @ids)], [], 'every event of ' . @ids . ' arrived';
  is balance($pixel), 0, 'the balance';
  is $pixel->{queue}{delivered}, $pixel->{results}{queued} + $pixel->{queue}{recovered}, 'of the new counters';
  $t->finish;
};

subtest 'a pixel goes and comes back' => sub {
  my $t       = Test::TikTok->new;
  my $backend = $t->backend(behave => 'error_500');
  $t->api($backend)->conf(tiktok_delivery => 'retry_min=10ms retry_max=1h')->start;
  $t->beacon(event($_)) for 1 .. 5;
  $t->wait_status(sub ($s) { pixel($s)->{state} eq 'backoff' });
  $t->reload(conf => {tiktok_pixel => 'COTHER'});
  is segments($t), 1, 'its queue is kept';
  my ($gone) = grep { $_->{pixel} eq Test::TikTok::PIXEL } @{$t->status->{pixels}};
  is $gone && $gone->{state}, 'removed', 'the status says so';
  $backend->behave('ok');
  $t->reload(conf => {});
  ok $t->wait_status(sub ($s) { pixel($s)->{queue}{delivered} == 5 }), 'and sent when it is back';
  $t->finish;
};

done_testing;
