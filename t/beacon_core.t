# a beacon among nginx's own directives: answers of the core stay the core's, and what reads a body before gets along

use v5.36;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use lib dirname(abs_path(__FILE__)) . '/lib';

use Test::More;
use Test::TikTok;
use Test::TikTok::Capture qw(counted is_answer is_error);

my $t = Test::TikTok->new;
my $copy = $t->backend;
$t->conf(
  http => 'limit_req_zone $uri zone=one:1m rate=1r/m; log_format result "$uri $status [$tiktok_result]";',
  server => 'access_log %%DIR%%/result.log result;',
  '= /max'     => 'tiktok_beacon; client_max_body_size 500;',
  '= /deny'    => 'tiktok_beacon; deny all;',
  '= /rate'    => 'tiktok_beacon; limit_req zone=one;',
  '= /auth'    => 'tiktok_beacon; auth_request /check;',
  '= /reject'  => 'tiktok_beacon; auth_request /no;',
  '= /check'   => "internal; proxy_pass ${\ $copy->address }; proxy_pass_request_body off; proxy_set_header Content-Length '';",
  '= /no'      => 'internal; return 401;',
  '= /file'    => 'tiktok_beacon; client_body_in_file_only on;',
  '= /single'  => 'tiktok_beacon; client_body_in_single_buffer on; client_body_buffer_size 1k;',
  '= /mirror'  => 'tiktok_beacon; mirror /copy; client_body_buffer_size 1k;',
  '= /copy'    => "internal; proxy_pass ${\ $copy->address }/copied;",
  '= /rewrite' => 'rewrite ^ /e last;',
  '= /twin'    => "mirror /e; proxy_pass ${\ $copy->address }/twin;",
  '= /slow'    => 'tiktok_beacon; client_body_timeout 200ms;',
  '= /hidden'  => 'tiktok_beacon; add_header X-Mine yes always; error_page 400 403 /;',
)->start;
counted($t);

my $id    = 0;
my $event = sub ($size = 0) {
  my $text = sprintf '{"event":"Search","event_id":"c%d","properties":{"query":"CLEARTEXT"}}', ++$id;
  return $text . ' ' x ($size > length $text ? $size - length $text : 0);
};
my $files = sub { return map { glob("$t->{dir}/client_body" . '/*' x $_) } 1 .. 3 };

subtest 'answers of the core' => sub {
  my %core = ('/max' => [413, $event->(600)], '/deny' => [403, $event->()], '/rate' => [503, $event->()], '/reject' => [401, $event->()]);
  is_answer $t->beacon($event->(), uri => '/rate'), '204 queued granted', 'the first is not limited';
  is counted($t), 'queued=1', 'and counted';
  for my $uri (sort keys %core) {
    my ($code, $body) = @{$core{$uri}};
    my $response = $t->beacon($body, uri => $uri);
    is $response->code, $code, "$uri: $code";
    like $response->body, qr/<html>/, 'with its own page';
    is $response->headers->header('X-Tiktok-Result'), undef, 'and no result';
  }
  my $chunks = sprintf "258\r\n%s\r\n0\r\n\r\n", $event->(600);
  my $response = $t->beacon($chunks, uri => '/max', 'Transfer-Encoding' => 'chunked');
  is $response->code, 413, '/max: also in chunks';
  is $response->headers->header('X-Tiktok-Result'), undef, 'and no result';
  is counted($t), '', 'none is counted';
  is_answer $t->beacon($event->(500), uri => '/max'), '204 queued granted', 'within the limit';
  ok $t->wait_until('the access log', sub { $t->slurp('result.log') =~ m{^/max 413 \[-\]$}m }), 'no result in the log';
  counted($t);
};

subtest 'other directives' => sub {
  is_answer $t->beacon($event->(), uri => '/auth'), '204 queued granted', 'auth_request';
  is_answer $t->beacon($event->(5000), uri => '/single'), '204 queued granted', 'client_body_in_single_buffer';
  is_answer $t->beacon($event->(), uri => '/rewrite'), '204 queued granted', 'rewrite';
  is_answer $t->beacon($event->(), uri => '/rewrite', Origin => 'https://evil.example'), '403 origin granted', 'rewrite does not open the door';
  my $response = $t->beacon('{}', uri => '/hidden');
  is_error $response, '400 invalid granted event', 'error_page does not hide what is said';
  is $response->headers->header('X-Mine'), 'yes', 'add_header works';
  is counted($t), 'invalid=1 origin=1 queued=3', 'all counted once';
};

# identifiers in clear text must not reach a disk
subtest 'no temporary files' => sub {
  for my $uri ('/e', '/file') {
    is_answer $t->beacon($event->(60_000), uri => $uri), '204 queued granted', "$uri: a large body";
    my $c = $t->connect->write(Test::TikTok::HTTP::format_request(POST => $uri, '', Cookie => 'consent=yes', 'Content-Length' => 60_000));
    $c->write(substr $event->(60_000), 0, 40_000);
    $t->get('/');
    is_deeply [$files->()], [], "$uri: no file while it comes";
    $c->close;
  }
  is_deeply [$files->()], [], 'nor after';
  is_deeply [$t->grep_log(qr/buffered to a temporary file/)], [], 'nor in between';
  counted($t);
};

subtest 'a body that was read before' => sub {
  for my $size (0, 900, 60_000) {
    my $body = $event->($size);
    is_answer $t->beacon($body, uri => '/mirror'), '204 queued granted', 'mirror: ' . length $body;
    my ($copied) = $t->wait_until('the copy', sub { grep { $_->{head} =~ m{^POST /copied } && $_->{body} eq $body } $copy->requests }, 3);
    ok $copied, 'and the copy is complete';
  }
  ok $t->grep_log(qr/buffered to a temporary file/), 'the largest came out of a file';
  is_error $t->beacon('{"event"' . ' ' x 2000, uri => '/mirror'), '400 invalid granted', 'a bad one';
  is_error $t->beacon(' ' x 65_537, uri => '/mirror'), '413 invalid granted', 'a large one';
  is_answer $t->beacon($event->(2000), uri => '/mirror', cookies => {consent => 'no'}), '204 denied denied', 'denied';
  is counted($t), 'denied=1 invalid=2 queued=3', 'all counted once';

  # the other way round: the shop's own post is mirrored to the beacon
  my $body = $event->();
  is $t->post('/twin', $body, Cookie => 'consent=yes')->code, 200, 'a post that is copied to the beacon';
  ok $t->wait_until('the post', sub { grep { $_->{head} =~ m{^POST /twin } && $_->{body} eq $body } $copy->requests }, 3), 'arrives in full';
  is counted($t), 'queued=1', 'and is captured';
};

subtest 'a body that takes its time' => sub {
  my $body = $event->();
  my $head = sub ($uri) { return Test::TikTok::HTTP::format_request(POST => $uri, '', Cookie => 'consent=yes', 'Content-Length' => length $body) };
  my $c    = $t->connect->write($head->('/slow') . substr $body, 0, 10);
  my $response = $c->response;
  is $response && $response->code, undef, 'too much: no answer' or diag $response->to_string;
  ok $c->is_closed, 'and closed';
  is counted($t), '', 'nothing is captured';

  $c = $t->connect->write($head->('/e') . substr $body, 0, 10);
  $t->get('/');
  my @old = $t->reload(wait => 'serving');
  is_answer $c->write(substr $body, 10)->response, '204 queued granted', 'a worker that was told to go takes the rest';
  $c->close;
  ok $t->wait_until('the old worker to go', sub { !grep { Test::TikTok::Process::alive($_) } @old }), 'and goes';
  is counted($t), 'queued=1', 'it is counted';
};

$t->finish;
done_testing;
