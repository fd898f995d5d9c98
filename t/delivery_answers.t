# the API's answer decides what becomes of a batch, whatever the HTTP status says

use v5.36;

use Cwd            qw(abs_path);
use File::Basename qw(dirname);
use lib dirname(abs_path(__FILE__)) . '/lib';

use Mojo::Date;
use Mojo::JSON qw(decode_json encode_json);
use Test::More;
use Test::TikTok;
use Test::TikTok::Delivery qw(balance event ids pixel received);
use Time::HiRes qw(time);

use constant PIXEL => Test::TikTok::PIXEL;

# an answer by its name: 200_40002, with no code 413_
my $stamps;
my $answer = sub ($name) {
  my ($status, $code) = split /_/, $name;
  my $body = length($code // '') ? encode_json({code => 0 + $code, message => "about $code", request_id => "R$code", data => {}}) : '<html>';
  return ($name => sub ($c, $r) {
    if ($stamps) {
      open my $out, '>>', $stamps;
      syswrite $out, time . "\n";
    }
    $c->answer($status, $body);
  });
};
my $new = sub (%option) {
  my $t       = Test::TikTok->new;
  my $backend = $t->backend(named => {map({ $answer->($_) } @{$option{answers} // []}), %{$option{named} // {}}});
  $t->api($backend)->conf(tiktok_delivery => $option{delivery} // 'retry_min=10ms retry_max=30ms', %{$option{conf} // {}})->start;
  return ($t, $backend);
};

my @done    = map { my $code = $_; map {"${_}_$code"} 200, 401, 500 } 0, 20001, 40050;
my @split   = ((map {"200_$_"} 40000, 40002, 40061, 40062), '400_40002', '500_40002', '413_');
my @auth    = ((map {"200_$_"} 40001, 40003, 40101 .. 40106, 40110, 40113, 40117, 40118, 40130, 40300, 40301), '401_40105');
my @stopped = ((map {"200_$_"} 40006, 40007, 40051, 40063, 40400, 40700, 41000, 41001), '404_40400');
my @retry   = ((map {"200_$_"} 40132, 40202, 49999, 50000, 50002, 51010, 52000, 60001, 61000, 40100), '401_40100', '429_', '500_', '401_', '404_', '200_');

subtest 'answers' => sub {
  my ($t, $backend) = $new->(answers => [@done, @split, @auth, @stopped, @retry], delivery => 'retry_min=10ms retry_max=200ms');
  my ($delivered, $rejected, $id) = (0, 0, 0);
  my $send = sub (@behave) {
    $backend->behave(@behave, 'ok');
    $t->beacon(event(++$id));
  };
  my $seen = sub { return grep { (ids($_))[0] eq $id } $backend->requests };

  for my $name (@done) {
    $send->($name);
    $delivered++;
    ok $t->wait_status(sub ($s) { pixel($s)->{queue}{delivered} == $delivered }), "$name is a delivery";
    is $seen->(), 1, 'of one request';
  }
  for my $name (@split) {
    $send->($name);
    $rejected++;
    my $pixel = pixel($t->wait_status(sub ($s) { pixel($s)->{queue}{rejected} == $rejected }));
    is $pixel->{queue}{rejected}, $rejected, "$name rejects an event that stands alone";
    is $pixel->{state}, 'ok', 'and is no trouble';
  }
  my %state = (map({ $_ => 'auth' } @auth), map({ $_ => 'stopped' } @stopped), map { $_ => 'backoff' } @retry);
  for my $name (@auth, @stopped, @retry) {
    my ($code) = $name =~ /_(\d+)/;
    $backend->behave($name);
    $t->beacon(event(++$id));
    my $pixel = pixel($t->wait_status(sub ($s) { pixel($s)->{state} eq $state{$name} }));
    is $pixel->{state}, $state{$name}, "$name: $state{$name}";
    is $pixel->{delivery}{last_code}, $code // -1, 'its code';
    is $pixel->{delivery}{last_message}, $code ? "about $code" : '', 'its message';
    is $pixel->{queue}{events}, 1, 'the event waits';
    $backend->behave('ok');
    $delivered++;
    $pixel = pixel($t->wait_status(sub ($s) { pixel($s)->{queue}{delivered} == $delivered }));
    is $pixel->{state}, 'ok', 'and is delivered when that is over';
    cmp_ok $seen->(), '>=', 2, 'by a further request';
  }
  is balance(pixel($t->status)), 0, 'the balance';
  $t->finish;
};

subtest 'a wrong token' => sub {
  my ($t, $backend) = $new->(delivery => 'batch=2 retry_min=10ms retry_max=1h', named => {
    token => sub ($c, $r) {
      my $right = $r->{headers}{'access-token'} eq 'right';
      $c->answer($right ? (200, $Test::TikTok::Backend::OK) : (401, '{"code":40105,"message":"Access token is incorrect or has been revoked: test-token-0123456789abcdef.","request_id":"RAUTH"}'));
    },
  });
  $backend->behave('token');
  $t->beacon(event(1));
  my $pixel = pixel($t->wait_status(sub ($s) { pixel($s)->{state} eq 'auth' }));
  unlike $pixel->{delivery}{last_message}, qr/test-token/, 'the message without the token that it echoes';
  like $pixel->{delivery}{last_message}, qr/incorrect/, 'is shown';
  $t->beacon(event($_)) for 2 .. 30;
  is $backend->requests, 1, 'nothing is tried until retry_max, whatever comes';
  is pixel($t->status)->{queue}{events}, 30, 'all is kept';
  my @errors = $t->grep_log(qr/\[(?:error|crit|alert|emerg)\].*tiktok/);
  is @errors, 1, 'one line tells';
  like $errors[0], qr/tiktok_access_token_file.*40105.*RAUTH/, 'what to do';

  # a reload alone is worth a try, and mends nothing
  $t->reload;
  $backend->wait_requests(2);
  $pixel = pixel($t->wait_status(sub ($s) { pixel($s)->{delivery}{retries} == 2 }));
  is $pixel->{state}, 'auth', 'still so after a reload';
  is $backend->requests, 2, 'which tries once';
  is $t->grep_log(qr/\[error\].*tiktok/), 1, 'and says nothing new';

  $t->file('token', "right\n", 0600);
  $t->reload;
  $pixel = pixel($t->wait_status(sub ($s) { pixel($s)->{queue}{delivered} == 30 }));
  is $pixel->{state}, 'ok', 'the right token drains the queue';
  is balance($pixel), 0, 'the balance';
  is keys %{received($backend)}, 30, 'every event arrived';
  unlike $t->error_log, qr/test-token-0123456789abcdef|\bright\b/, 'no token in the log';
  $t->finish;
};

subtest 'a probe at retry_max' => sub {
  my ($t, $backend) = $new->(answers => [qw(200_40001 200_40400)], delivery => 'retry_min=10ms retry_max=400ms');
  $stamps = undef;
  for my $answer (qw(200_40001 200_40400)) {
    my $before = $backend->requests;
    $backend->behave($answer, $answer, $answer, 'ok');
    my $from = time;
    $t->beacon(event($answer));
    $t->wait_status(sub ($s) { pixel($s)->{queue}{events} == 0 });
    is $backend->requests - $before, 4, "$answer: no more than the probes";
    cmp_ok time - $from, '>=', 1.1, 'each after retry_max';
  }
  is $t->grep_log(qr/\[error\].*tiktok/), 2, 'each trouble is told once';
  $t->finish;
};

subtest 'back-off' => sub {
  my $t = Test::TikTok->new;
  $stamps = $t->dir . '/stamps';
  my $backend = $t->backend(named => {$answer->('200_50000')});
  $t->api($backend)->conf(tiktok_delivery => 'retry_min=40ms retry_max=640ms')->start;
  $backend->behave(('200_50000') x 8, 'ok');
  $t->beacon(event('x'));
  $t->wait_status(sub ($s) { pixel($s)->{queue}{delivered} == 1 }, 20);
  my @at    = split /\n/, $t->slurp('stamps');
  my @delay = map { $at[$_] - $at[$_ - 1] } 1 .. $#at;
  is @at, 8, 'eight failures';

  # at least half of 40, 80, 160, 320, 640, 640, 640 ms; how much more depends on the machine
  my @least = map { $_ / 2000 } 40, 80, 160, 320, 640, 640, 640;
  ok $delay[$_] >= $least[$_] - 0.005, sprintf 'delay %d: %.3f, at least %.3f', $_ + 1, $delay[$_], $least[$_] for 0 .. $#least;
  cmp_ok $delay[-1], '<', 0.64 + 2, 'and no more than retry_max';
  my %distinct = map { sprintf('%.2f', $_) => 1 } @delay[4 .. 6];
  cmp_ok keys %distinct, '>', 1, 'with jitter' or diag "@delay";
  $stamps = undef;
  $t->finish;
};

subtest 'Retry-After' => sub {
  my ($t, $backend) = $new->(named => {
    later => sub ($c, $r) { $c->answer(429, '', 'Retry-After' => 1) },
    date  => sub ($c, $r) { $c->answer(429, '', 'Retry-After' => Mojo::Date->new(2 + int time)->to_string) },
    never => sub ($c, $r) { $c->answer(429, '', 'Retry-After' => 'Wed, 21 Oct 2015 07:28:00 GMT') },
    code  => sub ($c, $r) { $c->answer(200, '{"code":40100}', 'Retry-After' => 1) },
  });
  for my $row (['later', 1, 1.5], ['code', 1, 1.5], ['date', 0.9], ['never', 0, 0]) {
    my ($behaviour, $least) = @$row;
    $backend->behave($behaviour, 'ok');
    my $from = time;
    my $done = pixel($t->status)->{queue}{delivered} + 1;
    $t->beacon(event($behaviour));
    ok $t->wait_status(sub ($s) { pixel($s)->{queue}{delivered} == $done }), "$behaviour: delivered";
    cmp_ok time - $from, '>=', $least, "not before $least s";
  }
  $t->finish;
};

subtest 'an answer to a question of before' => sub {
  my ($t, $backend) = $new->(delivery => 'batch=1 in_flight=2 retry_min=10ms retry_max=1h', named => {
    slow => sub ($c, $r) { sleep 1; $c->answer(200, $Test::TikTok::Backend::OK) },
    wait => sub ($c, $r) { $c->answer(429, '', 'Retry-After' => 3600) },
  });
  $backend->behave('slow', 'wait', 'ok');
  $t->beacon([event(1), event(2)]);
  my $pixel = pixel($t->wait_status(sub ($s) { pixel($s)->{queue}{delivered} == 1 }));
  is $pixel->{state}, 'backoff', 'does not end what has come since';
  $t->beacon(event(3));
  $t->get('/') for 1 .. 20;
  is $backend->requests, 2, 'Retry-After is kept';
  $t->finish;
};

done_testing;
