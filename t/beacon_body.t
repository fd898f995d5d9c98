# bodies on their way: packets, chunks, pipelines, HTTP/1.0 and HTTP/2, what is not read and what never comes

use v5.36;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use lib dirname(abs_path(__FILE__)) . '/lib';

use Test::More;
use Test::TikTok;
use Test::TikTok::Capture qw(counted is_answer is_error);
use Test::TikTok::HTTP;

use constant LIMIT => 65_536;

my $t = Test::TikTok->new->conf(h2 => 1)->start;
my ($worker) = $t->workers;
counted($t);

my $id = 0;
my $event = sub ($size = 0) {
  my $text = sprintf '{"event":"Search","event_id":"b%d"}', ++$id;
  return $text . ' ' x ($size > length $text ? $size - length $text : 0);
};
my $bytes = sub ($body, @headers) {
  return Test::TikTok::HTTP::format_request(POST => '/e', $body, {@headers}->{Cookie} ? () : (Cookie => 'consent=yes'), @headers);
};
my $chunked = sub ($text, $size) { return join('', map { sprintf "%x\r\n%s\r\n", length, $_ } unpack "(a$size)*", $text) . "0\r\n\r\n" };

subtest 'packets' => sub {
  my $length = length $bytes->($event->());
  my $head   = index $bytes->($event->()), "\r\n\r\n";
  my @places = (1, 5, 17, $head - 3, $head, $head + 1, $head + 2, $head + 3, $head + 4, $head + 5, $head + 12, $length - 2, $length - 1);
  for my $place (@places) {
    my ($first, $rest) = unpack "a$place a*", $bytes->($event->());
    is_answer $t->raw($first, $rest)->response, '204 queued granted', "split at byte $place";
  }
  is_answer $t->raw(unpack '(a40)*', $bytes->($event->()))->response, '204 queued granted', 'many packets';
  is_answer $t->raw($bytes->(''), $event->())->response, '204 checked granted', 'what follows an empty body is no part of it';

  # a slow one
  my $request = $bytes->($event->());
  my ($all, $body) = (substr($request, 0, $head + 4), substr($request, $head + 4));
  is_answer $t->raw($all, split //, $body)->response, '204 queued granted', 'byte by byte';
  is counted($t), 'queued=' . (@places + 2), 'each was taken once';
};

# the buffer of the header has 1k and the body's first part is left in it, or in a large one
subtest 'header buffers' => sub {
  for my $header (map { 50 * $_ } 8 .. 26) {
    my $request = $bytes->($event->(600), 'X-Long' => 'x' x 10);
    my $missing = $header - index $request, "\r\n\r\n";
    $request = $bytes->($event->(600), 'X-Long' => 'x' x (10 + $missing));
    is_answer $t->raw($request)->response, '204 queued granted', "a header of $header bytes";
  }
  is_answer $t->raw($bytes->($event->(30_000), 'X-Long' => 'x' x 6000))->response, '204 queued granted', 'much of both';
  counted($t);
};

subtest 'chunks' => sub {
  my @te = ('Transfer-Encoding' => 'chunked');
  for my $size (1, 2, 7, 1000) {
    is_answer $t->raw($bytes->($chunked->($event->(), $size), @te))->response, '204 queued granted', "of $size";
  }
  my $text = $event->();
  my ($left, $right) = (substr($text, 0, 10), substr($text, 10));
  my $parts = sprintf "%x;name=value\r\n%s\r\n%X\r\n%s\r\n0\r\nX-Trailer: 1\r\n\r\n", length $left, $left, length $right, $right;
  is_answer $t->raw($bytes->($parts, @te))->response, '204 queued granted', 'with extensions and a trailer';
  my $request = $bytes->('', @te);
  is_answer $t->raw($request, unpack '(a7)*', $chunked->($event->(), 16))->response, '204 queued granted', 'split in packets';
  is_answer $t->raw($request, "0\r\n", "\r\n")->response, '204 checked granted', 'none: a consent check';
  is_answer $t->raw($bytes->($chunked->('{"event":}', 3), @te))->response, '400 invalid granted', 'of nonsense';
  is $t->raw($bytes->("zz\r\n", @te))->response->code, 400, 'no chunks at all';
  is counted($t), 'invalid=1 queued=6', 'all counted';

  is_answer $t->raw($bytes->($chunked->($event->(LIMIT), 9999), @te))->response, '204 queued granted', 'of 64 kB in all';
  is_error $t->raw($bytes->($chunked->($event->(LIMIT + 1), 9999), @te))->response, '413 invalid granted', 'a byte more';
  is_error $t->raw($bytes->(sprintf("%x\r\n", LIMIT + 1), @te), $event->(LIMIT + 1))->response, '413 invalid granted', 'in one chunk';

  # what has no end is not waited for
  my $c = $t->connect->write($bytes->(sprintf("%x\r\n%s\r\n", LIMIT + 1, $event->(LIMIT + 1)), @te));
  is_error $c->response, '413 invalid granted', 'that go on';
  counted($t);
};

subtest 'size' => sub {
  is_answer $t->raw($bytes->($event->(LIMIT)))->response, '204 queued granted', '64 kB';
  is_error $t->raw($bytes->($event->(LIMIT + 1)))->response, '413 invalid granted', 'a byte more';
  is_error $t->raw($bytes->('', 'Content-Length' => 900_000))->response, '413 invalid granted', 'one that is only announced';
  counted($t);
};

subtest 'one connection' => sub {
  my $c = $t->connect->write(join '', map { $_ eq 'page' ? "GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n" : $_ }
    $bytes->($event->()), $bytes->('{"event":7}'), 'page', $bytes->(''), $bytes->($chunked->($event->(2000), 100), 'Transfer-Encoding' => 'chunked'),
    $bytes->($event->(), Cookie => 'consent=no'), $bytes->($event->()), 'page');
  is_answer $c->response, '204 queued granted', 'pipelined: the first';
  is_error $c->response, '400 invalid granted event', 'a bad one';
  is $c->response->body, "page\n", 'a page';
  is_answer $c->response, '204 checked granted', 'a check';
  is_answer $c->response, '204 queued granted', 'chunks';
  is_answer $c->response, '204 denied denied', 'denied, and its body is skipped';
  is_answer $c->response, '204 queued granted', 'the last';
  is $c->response->body, "page\n", 'and a page';
  ok !$c->is_closed(0), 'kept alive';
  is counted($t), 'denied=1 invalid=1 queued=3', 'all counted once';
};

# an answer comes before the body was read: the body must never be taken for a request
subtest 'bodies that nobody reads' => sub {
  my $smuggled = "GET /e?event=Search HTTP/1.1\r\nHost: shop.example\r\nCookie: consent=yes\r\n\r\n";
  my %early = (
    '405 invalid granted'     => [PUT  => 'consent=yes', 200],
    '403 origin granted'      => [POST => 'consent=yes', 200, Origin => 'https://evil.example'],
    '413 invalid granted'     => [POST => 'consent=yes', LIMIT + 5000],
    '204 denied denied'       => [POST => 'consent=no', 200],
    '204 undecided undecided' => [POST => 'other=yes', 200],
    '204 bot granted'         => [POST => 'consent=yes', 200, 'User-Agent' => 'Googlebot/2.1'],
    '204 prefetch granted'    => [POST => 'consent=yes', 200, Purpose => 'prefetch'],
    '204 opted_out opted_out' => [POST => 'consent=yes', 200, 'Sec-GPC' => 1],
    '204 checked granted'     => [OPTIONS => 'consent=yes', 200],
  );
  for my $answer (sort keys %early) {
    my ($method, $cookie, $size, @headers) = @{$early{$answer}};
    my $body = substr $smuggled x (1 + $size / length $smuggled), 0, $size;
    for my $way ('length', 'chunks') {
      next if $way eq 'chunks' && $answer =~ /413|OPTIONS|checked/;
      my @way    = $way eq 'chunks' ? ('Transfer-Encoding' => 'chunked') : ('Content-Length' => length $body);
      my $head   = Test::TikTok::HTTP::format_request($method => '/e', '', Cookie => $cookie, @headers, @way);
      my $follow = $way eq 'chunks' ? $chunked->($body, 50) : $body;
      for my $packets (1, 2) {
        my $c = $t->connect;
        $packets == 1 ? $c->write($head . $follow) : $c->write($head);
        is_answer $c->response, $answer, "$answer: $way in $packets";
        $c->write($follow) if $packets == 2;
        my $next = $c->write("GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n")->response;
        is $next && $next->body, "page\n", 'then a page';
      }
    }
  }
  unlike counted($t), qr/queued/, 'nothing of it was a request';
};

subtest 'Expect' => sub {
  my $text = $event->();
  my $c = $t->connect->write($bytes->('', Expect => '100-continue', 'Content-Length' => length $text));
  like $c->bytes, qr{\AHTTP/1\.1 100 Continue\r\n\r\n\z}, 'go on';
  is_answer $c->write($text)->response, '204 queued granted', 'and then';
  is_answer $t->beacon($event->(), Expect => '100-continue', cookies => {consent => 'no'}), '204 denied denied', 'not needed';
  counted($t);
};

subtest 'HTTP/1.0' => sub {
  my $text = $event->();
  my $c = $t->connect->write("POST /e HTTP/1.0\r\nCookie: consent=yes\r\nContent-Length: ${\ length $text}\r\n\r\n$text");
  is_answer $c->response, '204 queued granted', 'POST';
  ok $c->is_closed, 'and closed';
  $c = $t->connect->write("GET /e?event=Search HTTP/1.0\r\nCookie: consent=yes\r\n\r\n");
  my $response = $c->response;
  is_answer $response, '200 queued granted', 'GET';
  is length $response->body, 43, 'with its image';
  is_answer $t->connect->write("POST /e HTTP/1.0\r\nHost: a\r\nOrigin: http://a\r\n\r\n")->response, '204 checked undecided', 'no length, no body';
  counted($t);
};

subtest 'HTTP/2' => sub {
  my @yes = (Cookie => 'consent=yes');
  is_answer $t->h2(POST => '/e', $event->(), @yes), '204 queued granted', 'POST';
  is_answer $t->h2(POST => '/e', $event->(LIMIT), @yes), '204 queued granted', 'a large one';
  is_answer $t->h2(POST => '/e', $event->(20_000), @yes), '204 queued granted', 'in several frames';
  is_answer $t->h2(POST => '/e', $event->(), @yes, 'Content-Length' => undef), '204 queued granted', 'without its length';
  is_answer $t->h2(POST => '/e', $event->(), Cookie => ['other=1', 'consent=yes']), '204 queued granted', 'with cookies in crumbs';
  is_answer $t->h2(POST => '/e', undef, @yes), '204 checked granted', 'a check';
  is length $t->h2(GET => '/e?event=Search', undef, @yes)->body, 43, 'GET';
  is_answer $t->h2(POST => '/e', $event->(), Cookie => 'consent=no'), '204 denied denied', 'denied';
  is_answer $t->h2(POST => '/e', $event->(), @yes, Origin => 'https://shop.example'), '204 queued granted', 'from the same origin';
  is_error $t->h2(POST => '/e', $event->(), @yes, Origin => 'https://evil.example'), '403 origin granted', 'from another';
  is_error $t->h2(POST => '/e', '{"event":1}', @yes), '400 invalid granted event', 'a bad one';
  is_error $t->h2(PUT => '/e', $event->(), @yes), '405 invalid granted', 'another method';
  is_error $t->h2(POST => '/e', $event->(LIMIT + 1), @yes), '413 invalid granted', 'too large';
  is_error $t->h2(POST => '/e', $event->(LIMIT + 1), @yes, 'Content-Length' => undef), '413 invalid granted', 'too large without its length';
  is counted($t), 'denied=1 invalid=4 origin=1 queued=7', 'all counted';
};

subtest 'bodies that never come' => sub {
  for my $cut (0, 10) {
    my $c = $t->connect->write(substr $bytes->($event->()), 0, $cut - 30);
    $t->get('/');    # the worker has seen the first part
    $c->close;
  }
  my $c = $t->connect->write($bytes->("5\r\n{\"eve\r\n", 'Transfer-Encoding' => 'chunked'));
  $t->get('/');
  $c->close;
  ok $t->wait_until('three aborted requests', sub { $t->grep_log(qr/prematurely closed connection/) >= 3 }), 'aborted';
  is counted($t), '', 'nothing is captured';
};

is_deeply [$t->workers], [$worker], 'one worker all along';
$t->finish;
done_testing;
