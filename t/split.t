# what TikTok refuses for its content: the culprits are found, unless all are, and then the fault is not theirs

use v5.36;

use Cwd            qw(abs_path);
use File::Basename qw(dirname);
use lib dirname(abs_path(__FILE__)) . '/lib';

use Mojo::JSON qw(decode_json);
use Test::More;
use Test::TikTok;
use Test::TikTok::Delivery qw(balance event ids pixel received);

use constant PIXEL => Test::TikTok::PIXEL;

my $OK     = $Test::TikTok::Backend::OK;
my $refuse = sub ($code) { return qq({"code":$code,"message":"bad","request_id":"R$code"}) };

# refuses what has a culprit of a kind in it: the first one's code
my %named = (
  picky => sub ($c, $r) { $c->answer(200, $r->{body} =~ /"event_id":"bad(\d+)/ ? $refuse->($1) : $OK) },
  all   => sub ($c, $r) { $c->answer(200, $refuse->(40002)) },
  blocked => sub ($c, $r) { $c->answer(200, $refuse->(41000)) },
  large => sub ($c, $r) { $c->answer(413, '<html>too large</html>') },
);

# an nginx whose next batch holds all that comes: it is in trouble until then
sub held ($delivery, @ids) {
  my $t       = Test::TikTok->new;
  my $backend = $t->backend(behave => 'error_500', named => \%named);
  $t->api($backend)->conf(tiktok_delivery => "batch=40 retry_min=100ms " . ($delivery =~ /in_flight/ ? $delivery : "in_flight=2 $delivery"))->start;
  $t->beacon([map { event($_) } @ids]);
  $t->wait_status(sub ($s) { pixel($s)->{state} eq 'backoff' });
  return ($t, $backend);
}

sub rejected ($t) { return map { decode_json($_) } split /\n/, $t->slurp('queue/' . PIXEL . '.rejected') }

subtest 'all of four or more, with one code' => sub {
  my ($t, $backend) = held('retry_max=700ms', 1 .. 8);
  $backend->behave('all');
  my $pixel = pixel($t->wait_status(sub ($s) { pixel($s)->{state} eq 'stopped' }));
  is $pixel->{state}, 'stopped', 'are not to blame: the destination is stopped';
  is $pixel->{queue}{events},   8, 'all are kept';
  is $pixel->{queue}{rejected}, 0, 'none is rejected';
  is $pixel->{delivery}{last_code}, 40002, 'the code is shown';
  is $t->slurp('queue/' . PIXEL . '.rejected'), '', 'nor written';
  is $t->grep_log(qr/\[error\].*the API refuses all of them, code 40002/), 1, 'one line tells';
  my @all = grep { $_->{behaviour} eq 'all' } $backend->requests;
  cmp_ok @all, '<=', 2 * 8 - 1, 'after a bounded number of requests';

  # a probe goes through the same, and says nothing new
  my $before = $backend->requests;
  ok $t->wait_until('a probe', sub { $backend->requests >= $before + 15 }), 'they are probed at retry_max';
  is pixel($t->status)->{state}, 'stopped', 'which does not change a thing';
  is $t->grep_log(qr/\[error\].*refuses all/), 1, 'and is no news';
  $t->beacon(event(9));

  $backend->behave('picky');
  $pixel = pixel($t->wait_status(sub ($s) { pixel($s)->{queue}{delivered} == 9 }));
  is $pixel->{state}, 'ok', 'and go out when TikTok takes them';
  is balance($pixel), 0, 'the balance';
  $t->finish;
};

# a stranger can make such a batch: it must not stand before all that comes after it
subtest 'four culprits alone' => sub {
  my ($t, $backend) = held('retry_max=1200ms', map {"bad40002-$_"} 1 .. 4);
  $backend->behave('picky');
  my $pixel = pixel($t->wait_status(sub ($s) { pixel($s)->{state} eq 'stopped' }));
  is $pixel->{queue}{rejected}, 0, 'could be the destination\'s fault';
  $t->beacon(event('good'));
  $pixel = pixel($t->wait_status(sub ($s) { pixel($s)->{queue}{delivered} == 1 }));
  is $pixel->{queue}{delivered}, 1, 'another event is asked first, and arrives';
  $pixel = pixel($t->wait_status(sub ($s) { pixel($s)->{queue}{rejected} == 4 || pixel($s)->{state} eq 'stopped' }));
  if ($pixel->{queue}{rejected} < 4) {
    # within the same second nobody can tell which was first
    $t->beacon(event('another'));
    $pixel = pixel($t->wait_status(sub ($s) { pixel($s)->{queue}{rejected} == 4 }));
  }
  is $pixel->{queue}{rejected}, 4, 'so that those are to blame';
  is $pixel->{state}, 'ok', 'and the destination is well';
  is balance($pixel), 0, 'the balance';
  $t->finish;
};

subtest 'all of three' => sub {
  my ($t, $backend) = held('', 1 .. 3);
  $backend->behave('all');
  my $pixel = pixel($t->wait_status(sub ($s) { pixel($s)->{queue}{rejected} == 3 }));
  is $pixel->{queue}{rejected}, 3, 'are rejected';
  is $pixel->{state}, 'ok', 'and the destination is well';
  is_deeply [sort map { $_->{event}{event_id} } rejected($t)], [1 .. 3], 'each stands in the file';
  $t->finish;
};

subtest 'all of them, with different codes' => sub {
  my ($t, $backend) = held('', map { $_ % 2 ? "bad40002-$_" : "bad40000-$_" } 1 .. 6);
  $backend->behave('picky');
  my $pixel = pixel($t->wait_status(sub ($s) { pixel($s)->{queue}{rejected} == 6 }));
  is $pixel->{queue}{rejected}, 6, 'are rejected';
  is $pixel->{state}, 'ok', 'and the destination is well';
  is_deeply {map { ($_->{event}{event_id} => $_->{code}) } rejected($t)},
    {map { $_ % 2 ? ("bad40002-$_" => 40002) : ("bad40000-$_" => 40000) } 1 .. 6}, 'each with its own code';
  is balance($pixel), 0, 'the balance';
  $t->finish;
};

subtest 'two of forty' => sub {
  my ($t, $backend) = held('', map { $_ == 1 || $_ == 40 ? "bad40002-$_" : $_ } 1 .. 40);
  $backend->behave('picky');
  my $pixel = pixel($t->wait_status(sub ($s) { pixel($s)->{queue}{events} == 0 }));
  is $pixel->{queue}{delivered}, 38, 'the others arrive';
  is $pixel->{queue}{rejected},  2,  'the culprits are rejected';
  my $requests = grep { $_->{behaviour} eq 'picky' } $backend->requests;
  cmp_ok $requests, '<=', 1 + 2 * 2 * 6, "after $requests requests";
  my %good = %{received($backend, 'picky')};
  my %arrived;
  $arrived{$_}++ for map { ids($_) } grep { $_->{behaviour} eq 'picky' && $_->{body} !~ /"event_id":"bad/ } $backend->requests;
  is_deeply \%arrived, {map { $_ => 1 } 2 .. 39}, 'each good one once';
  $t->finish;
};

subtest 'too large' => sub {
  my ($t, $backend) = held('', 1 .. 2);
  $backend->behave('large');
  my $pixel = pixel($t->wait_status(sub ($s) { pixel($s)->{queue}{rejected} == 2 }));
  is $pixel->{delivery}{splits}, 1, 'is made smaller';
  is_deeply [map { $_->{code} } rejected($t)], [-1, -1], 'and rejected alone, without a code';
  $t->finish;
};

# trouble in the middle of it
subtest 'a part meets trouble' => sub {
  my ($t, $backend) = held('', map { $_ == 3 ? 'bad40002-3' : $_ } 1 .. 8);
  $backend->behave('picky', 'error_500', 'rst', 'picky');
  my $pixel = pixel($t->wait_status(sub ($s) { pixel($s)->{queue}{events} == 0 }));
  is $pixel->{queue}{delivered}, 7, 'the good ones arrive';
  is $pixel->{queue}{rejected},  1, 'the culprit is found';
  is balance($pixel), 0, 'the balance';
  $t->finish;
};

subtest 'a part meets a lasting refusal' => sub {
  my ($t, $backend) = held('retry_max=1h in_flight=1', map { $_ == 3 ? 'bad40002-3' : $_ } 1 .. 8);
  $backend->behave('picky', 'blocked');
  my $pixel = pixel($t->wait_status(sub ($s) { pixel($s)->{state} eq 'stopped' }));
  is $pixel->{queue}{events}, 8, 'all wait';
  my $from = $pixel->{delivery}{requests};
  $t->beacon(event('more'));
  $t->get('/') for 1 .. 50;
  is pixel($t->status)->{delivery}{requests}, $from, 'and nothing is asked before retry_max';
  $backend->behave('picky');
  $t->reload;
  $pixel = pixel($t->wait_status(sub ($s) { pixel($s)->{queue}{events} == 0 }));
  is $pixel->{queue}{delivered}, 8, 'a reload asks, and the good ones arrive';
  is $pixel->{queue}{rejected},  1, 'the culprit is found';
  $t->finish;
};

subtest 'a worker ends in the middle of it' => sub {
  for my $how ('reload', 'kill') {
    my ($t, $backend) = held('timeout=5s', map { $_ == 3 ? 'bad40002-3' : $_ } 1 .. 8);
    $backend->behave('picky', 'hang');
    $backend->wait_requests(3);
    $backend->behave('picky');
    if ($how eq 'reload') { $t->reload(wait => 'serving') }
    else { $t->kill9_worker }
    my $pixel = pixel($t->wait_status(sub ($s) { pixel($s)->{queue}{events} == 0 }, 20));
    is $pixel->{queue}{delivered}, 7, "$how: the good ones arrive";
    is $pixel->{queue}{rejected},  1, "$how: the culprit is found";
    is balance($pixel), 0, "$how: the balance";
    is keys %{received($backend, 'picky')}, 8, "$how: all were asked for";
    $t->finish;
  }
};

# what can't be written is not given up
subtest 'no room for the culprit' => sub {
  my ($t, $backend) = held('retry_max=300ms', 1, 'bad40002-2');
  my $file = $t->dir . '/queue/' . PIXEL . '.rejected';
  mkdir $file;
  $t->expect_log(qr/\[crit\].*open\(\) "\Q$file\E" failed/);
  $backend->behave('picky');
  my $pixel = pixel($t->wait_status(sub ($s) { pixel($s)->{queue}{delivered} == 1 }));
  $t->wait_until('further tries', sub { (grep { $_->{body} =~ /bad40002/ } $backend->requests) >= 4 });
  $pixel = pixel($t->status);
  is $pixel->{queue}{events},   1, 'it stays in the queue';
  is $pixel->{queue}{rejected}, 0, 'and is not counted';
  is $t->grep_log(qr/\[crit\].*rejected" failed/), 1, 'one line tells';
  rmdir $file;
  ok $t->wait_status(sub ($s) { pixel($s)->{queue}{rejected} == 1 }), 'until there is room';
  is_deeply [map { $_->{event}{event_id} } rejected($t)], ['bad40002-2'], 'and it stands there';
  is balance(pixel($t->status)), 0, 'the balance';
  $t->finish;
};

subtest 'the file is bounded' => sub {
  my ($t, $backend) = held('', 'bad40002-1', 'bad40002-2');
  my $file = 'queue/' . PIXEL . '.rejected';
  my $worker = (stat $t->dir . '/queue')[4];
  my $line = 'x' x 1023 . "\n";
  $t->file($file, $line x (16 * 1024 + 1), 0600);
  chown $worker, -1, $t->dir . "/$file";
  $backend->behave('picky');
  $t->wait_status(sub ($s) { pixel($s)->{queue}{rejected} == 2 });
  ok $t->wait_until('rotation', sub { -s $t->dir . "/$file.1" }), 'it is renamed';
  cmp_ok -s $t->dir . "/$file.1", '>', 16 * 1024 * 1024, 'when it is large';
  my $kept = $t->slurp("$file.1") . $t->slurp($file);
  is scalar(() = $kept =~ /"event_id":"bad40002-\d"/g), 2, 'no line is lost';
  $t->finish;
};

done_testing;
