# the harness itself: it must see what goes wrong, or no other test means anything

use v5.36;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use lib dirname(abs_path(__FILE__)) . '/lib';

use Test::More;
use Test::TikTok;
use Test::TikTok::Process qw(alive ended kill_group spawn);

sub plain (%option) { return Test::TikTok->new(module => 0, workers => 2, %option) }

subtest 'a quiet life' => sub {
  my $t = plain()->conf(h2 => 1, '= /echo' => 'add_header X-Got $http_x_sent; return 200 $request_method;')->start;
  is $t->workers, 2, 'two workers';
  is $t->get('/')->body, "page\n", 'get';
  my $response = $t->post('/echo', 'body', 'X-Sent' => 'this');
  is $response->body, 'POST', 'post';
  is $response->headers->header('X-Got'), 'this', 'a header goes and comes';
  is $t->request(HEAD => '/')->code, 200, 'an answer to HEAD has no body';
  is $t->h2(POST => '/echo', 'body', 'X-Sent' => 'that')->headers->header('X-Got'), 'that', 'HTTP/2';

  my $c = $t->connect;
  $c->write("GET /echo HTTP/1.1\r\nHo", "st: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n");
  is $c->response->body, 'GET',    'split packets';
  is $c->response->body, "page\n", 'pipelining';
  ok !$c->is_closed(0), 'kept alive';
  is $t->raw("GET / HTTP/1.1\r\n\r\n")->response->code, 400, 'raw bytes';
  $t->finish;
};

subtest 'generations' => sub {
  my $t = plain()->start;
  my @old = $t->workers;
  my @gone = $t->reload;
  is_deeply \@gone, \@old, 'reload tells the old workers';
  is grep({ alive($_) } @old), 0, 'which are gone';

  my $c = $t->connect->write("GET / HTTP/1.1\r\nHo");
  $t->wait_until('a busy worker', sub { $t->workers == 2 });
  $t->reload(wait => 'serving', conf => {'/' => 'return 200 "new\n";'});
  is $t->get('/')->body, "new\n", 'new workers serve while old ones end';
  is $c->write("st: a\r\n\r\n")->response->body, "page\n", 'and finish what they have';

  my $killed = $t->kill9_worker;
  ok !alive($killed), 'a worker was killed';
  is $t->workers, 2, 'and replaced';

  my $master = $t->pid;
  is $t->upgrade, $master, 'a new binary';
  isnt $t->pid, $master, 'has another master';
  is $t->get('/')->body, "new\n", 'and serves';
  $t->kill9_all;
  $t->start;
  is $t->get('/')->code, 200, 'starts again after everything was killed';
  ok $t->restart('TERM'), 'and after TERM';

  my ($status, $said) = $t->test_conf('events {} nonsense;');
  is $status, 1, 'a wrong configuration';
  like $said, qr/unknown directive "nonsense"/, 'is told';
  is_deeply [$t->test_conf], [0, ($t->test_conf)[1]], 'a right one passes';
  $t->finish;
};

subtest 'what must be seen' => sub {
  my $t = plain()->start;
  open my $log, '>>', $t->dir . '/error.log';
  say {$log} '2026/01/01 00:00:00 [alert] 1#1: something is wrong';
  say {$log} '2026/01/01 00:00:00 [crit] 1#1: expected in this test';
  say {$log} '2026/01/01 00:00:00 [error] 1#1: an error is no alert';
  say {$log} '==1==ERROR: AddressSanitizer: heap-use-after-free';
  close $log;
  $t->expect_log(qr/expected in this test/);
  $t->file('proxy/1/00/0000000001', 'left');
  $t->file('cores/core', 'left');
  $t->file('cores/valgrind.1', "==1== Invalid read of size 8\n==1== ERROR SUMMARY: 0 errors\n");
  my $all = join "\n", grep { !/the end of the error log/ } $t->problems;
  like $all,   qr/something is wrong/,          'an alert';
  unlike $all, qr/expected in this test/,       'but not one that was expected';
  unlike $all, qr/an error is no alert/,        'nor less than an alert';
  like $all,   qr/AddressSanitizer/,            'a report of a sanitizer';
  like $all,   qr/valgrind: .*Invalid read/,    'a report of valgrind';
  like $all,   qr/core dump/,                   'a core';
  like $all,   qr{temporary file .*proxy/1/00}, 'a temporary file';
  ok !-e $t->dir, 'and the directory is removed all the same';
};

subtest 'leftovers' => sub {
  my $t = plain()->start;
  my $port   = $t->port('left');
  my $socket = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $port, Listen => 1, ReuseAddr => 1);
  my $dir    = $t->dir;
  my $pid    = spawn("$dir/left.out", 'sleep', 600);
  my $all    = join "\n", $t->problems;
  like $all, qr/process $pid \(sleep 600\) still holds files/, 'a process';
  like $all, qr/port $port \(left\) is still open/,            'a port';
  kill_group(KILL => $pid);
  ended(10, $pid);

  $t = plain()->start;
  my ($worker) = $t->workers;
  kill STOP => $worker;
  $t->stop('QUIT', 1);
  like join("\n", $t->problems), qr/did not end within 1 seconds of QUIT/, 'an nginx that does not end';
  ok ended(10, $worker), 'is ended';

  $t = plain()->start;
  my @workers = $t->workers;
  kill SEGV => $workers[0];
  $t->wait_log(qr/exited on signal 11/);
  like join("\n", $t->problems), qr/exited on signal 11/, 'a worker that crashed';

  $t = plain();
  $t->write_conf('events {} nonsense;');
  ok !eval { $t->start; 1 }, 'an nginx that does not start dies';
  like $@, qr/unknown directive "nonsense"/, 'and says why';
  $t->expect_log(qr/nonsense/);
  $t->finish;
};

# the exit status of a test that forgets finish, or dies, in a process of its own
subtest 'a test without an end' => sub {
  my $lib = dirname(abs_path(__FILE__)) . '/lib';
  my $run = sub ($code) {
    my $head = 'use v5.36; use Test::More; use Test::TikTok; my $t = Test::TikTok->new(module => 0)->start; say "# ", $t->pid, " ", $t->dir;';
    open my $out, '-|', 'sh', '-c', 'exec "$0" "$@" 2>&1', $^X, "-I$lib", '-e', "$head $code" or die $!;
    my $said = join '', <$out>;
    close $out;
    my $status = $?;
    my ($pid, $dir) = $said =~ /^# (\d+) (\S+)/m;
    return ($status, $said, ended(10, $pid) && !-e $dir);
  };
  my ($status, $said, $gone) = $run->('pass; done_testing');
  is $status, 0, 'nothing left behind: passes' or diag $said;
  ok $gone, 'and nginx is gone';

  ($status, $said, $gone) = $run->('open my $log, ">>", $t->dir . "/error.log"; say {$log} "a b [alert] bad"; close $log; pass; done_testing');
  isnt $status, 0, 'an alert: fails, although all checks passed';
  like $said, qr/left behind: a b \[alert\] bad/, 'and says so';
  ok $gone, 'and nginx is gone';

  ($status, $said, $gone) = $run->('die "oops"');
  isnt $status, 0, 'a test that dies fails';
  ok $gone, 'and nginx is gone';

  ($status, $said, $gone) = $run->('kill TERM => $$; sleep 10');
  isnt $status, 0, 'a test that is ended fails';
  ok $gone, 'and nginx is gone';
};

subtest 'a scripted upstream' => sub {
  my $t = plain();
  my $b = $t->backend(behave => ['error_500', 'ok', 'mine'], named => {mine => sub ($c, $r) { $c->answer(200, "number $r->{number}") }});
  $t->api($b)->conf('= /api' => 'include %%DIR%%/tiktok_api.conf; gunzip on;')->start;
  my $ask = sub { $t->post('/api', 'a body', 'Access-Token' => 'secret', timeout => 2) };
  is $ask->()->code, 500, 'behaves in turn: the first';
  is $ask->()->json->{code}, 0, 'the second';
  is $ask->()->body, "number $_", 'the last stays' for 3, 4;
  my @requests = $b->requests;
  is @requests, 4, 'all were seen';
  is $requests[3]{body}, 'a body', 'with the body';
  is $requests[3]{headers}{'access-token'}, 'secret', 'and the headers';
  like $requests[3]{head}, qr{\APOST /open_api/v1\.3/event/track/ HTTP/1\.1\r\nHost: business-api\.tiktok\.com\r\n}, 'to the right place';
  is $requests[3]{headers}{connection}, undef, 'on a connection that may be kept';

  my %expected = (
    close => 502, rst => 502, refuse_all => 502, redirect => 301, empty => 204, blank => 200, not_json => 200, chunked => 200,
    until_close => 200, drip => 200, accel => 200, big_header => 502,
    truncate => undef, cut_chunk => undef, rst_half => undef, hang => undef,
  );
  for my $name (sort keys %expected) {
    $b->behave($name);
    my $response = $ask->();
    is $response && $response->code, $expected{$name}, $name;
  }
  $b->behave('oversize');
  is length $ask->()->body, 200_000 + length('{"code":0,"message":"OK","request_id":"20260101000000BACKEND","data":{"x":""}}'), 'oversize';
  ok $b->connections >= 20, 'connections are counted';
  $b->stop;
  is $ask->()->code, 502, 'refused when it is away';
  $b->start->behave('ok');
  is $ask->()->code, 200, 'and back';
  $t->finish;
};

done_testing;
