# what a beacon answers: the ways to bring an event, the order of the checks, and one count for each

use v5.36;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use lib dirname(abs_path(__FILE__)) . '/lib';

use Test::More;
use Test::TikTok;
use Test::TikTok::Capture qw(by_id counted is_answer is_error);

my $GRANTED = 'consent=yes';
my $FORM    = 'application/x-www-form-urlencoded';
my @PAGE    = (Referer => 'https://shop.example/page');    # TikTok takes no event without one

my $t = Test::TikTok->new(sandbox => 1)->start;
counted($t);

subtest 'ways to bring an event' => sub {
  my $json = sub ($id, $before = '') {qq($before\{"event":"Search","event_id":"$id"})};
  my $form = 'event=Search&query=red+shoes%21&event_id=';
  my @ways = (    # id, content type, body
    ['object',      'application/json',         $json->('object')],
    ['array',       'application/json',         '[' . $json->('array') . ']'],
    ['sendbeacon',  'text/plain;charset=UTF-8', $json->('sendbeacon')],
    ['untyped',     undef,                      $json->('untyped')],
    ['json-form',   $FORM,                      $json->('json-form')],
    ['blanks',      'text/plain',               $json->('blanks', " \t\r\n")],
    ['array-blank', 'text/plain',               "\n[" . $json->('array-blank') . "]\n"],
    ['form',        $FORM,                      $form . 'form'],
    ['form-json',   'application/json',         $form . 'form-json'],
    ['form-plain',  'text/plain',               $form . 'form-plain'],
  );
  for my $way (@ways) {
    my ($id, $type, $body) = @$way;
    my $response = $t->beacon($body, 'Content-Type' => $type, @PAGE);
    is_answer $response, '204 queued granted', $id;
    is $response->body, '', "$id: no body";
  }
  is counted($t), 'queued=10', 'each is counted';

  my $response = $t->get("/e?${form}image", Cookie => $GRANTED, @PAGE);
  is_answer $response, '200 queued granted', 'GET';
  is $response->headers->content_type, 'image/gif', 'is answered with an image';
  is length $response->body, 43, 'of 43 bytes';

  # header, screen of 1x1 and 2 colours, those, transparency, image of 1x1, data that is clear code, pixel 0, end code
  my @gif = unpack 'A6 v2 C C2 a6 H16 C v4 C C H* ', $response->body;
  is_deeply [@gif[0 .. 5]], ['GIF89a', 1, 1, 0x80, 0, 0], 'a GIF of one pixel and two colours';
  is_deeply [@gif[7 .. 14]], ['21f9040100000000', 0x2c, 0, 0, 1, 1, 0, 2], 'the first of which is transparent';
  is $gif[15], '024401003b', 'with one pixel of it';

  is_answer $t->get("/e?${form}image", Cookie => $GRANTED), '200 duplicate granted', 'an image for a duplicate, too';
  my $denied = $t->get('/e?event=Search', Cookie => 'consent=no');
  is_answer $denied, '200 denied denied', 'and without consent';
  is $denied->body, $response->body, 'the same one';
  is counted($t), 'denied=1 duplicate=1 queued=1', 'counted each';

  my $seen = by_id($t, 11);
  is_deeply [sort keys %$seen], [sort 'image', map { $_->[0] } @ways], 'all of them arrive';
  is $seen->{$_}{properties}{query}, 'red shoes!', "$_ is decoded" for qw(form form-json form-plain image);

  # nothing but blanks is no JSON, and as a form has no event
  is_error $t->beacon(" \n"), '400 invalid granted event', 'blanks alone';
  is_error $t->get('/e', Cookie => $GRANTED), '400 invalid granted event', 'GET without arguments';
  is_error $t->get('/e?{"event":"Search"}', Cookie => $GRANTED), '400 invalid granted event', 'GET takes no JSON';
  is counted($t), 'invalid=3', 'are counted';
};

subtest 'consent check' => sub {
  my %verdict = (granted => {consent => 'yes'}, denied => {consent => 'no'}, undecided => undef);
  for my $verdict (sort keys %verdict) {
    is_answer $t->beacon('', cookies => $verdict{$verdict}), "204 checked $verdict", $verdict;
  }
  is_answer $t->beacon('', 'Sec-GPC' => '1'), '204 checked opted_out', 'opted out';
  is_answer $t->post('/e', undef, Cookie => $GRANTED), '204 checked granted', 'without Content-Length';
  is_answer $t->beacon("0\r\n\r\n", 'Transfer-Encoding' => 'chunked'), '204 checked granted', 'in no chunks';
  is_answer $t->beacon('', 'User-Agent' => 'Googlebot/2.1'), '204 checked granted', 'a crawler may ask as well';
  is counted($t), '', 'is not counted';
};

# each of these alone has its own answer; of two the one that stands first here
subtest 'order of checks' => sub {
  is_answer $t->beacon({event => 'Search', event_id => 'known'}, @PAGE), '204 queued granted', 'an event to repeat';
  counted($t);

  my @checks = (    # name, what is asked, status, counted
    [method    => {method => 'PUT'},                                        405, 'invalid'],
    [origin    => {headers => [Origin => 'https://evil.example']},          403, 'origin'],
    [size      => {body => '[' x 65_537},                                   413, 'invalid'],
    [prefetch  => {headers => ['Sec-Purpose' => 'prefetch']},               204, 'prefetch'],
    [bot       => {headers => ['User-Agent' => 'Googlebot/2.1']},           204, 'bot'],
    [denied    => {consent => 'no'},                                        204, 'denied'],
    [undecided => {consent => undef},                                       204, 'undecided'],
    [opted_out => {headers => ['Sec-GPC' => '1']},                          204, 'opted_out'],
    [invalid   => {body => '{"event":""}'},                                 400, 'invalid'],
    [duplicate => {body => '{"event":"Search","event_id":"known"}'},        204, 'duplicate'],
  );
  my $ask = sub (@with) {
    my %part    = (method => 'POST', consent => 'yes', body => '{"event":"Search"}', map { %{$_->[1]} } reverse @with);
    my @headers = map { @{$_->[1]{headers} // []} } @with;
    return $t->request($part{method}, '/e', $part{body}, @headers, defined $part{consent} ? (Cookie => "consent=$part{consent}") : ());
  };
  for my $i (0 .. $#checks) {
    my ($name, undef, $code, $result) = @{$checks[$i]};
    for my $second (undef, @checks[$i + 1 .. $#checks]) {
      my @both = grep {defined} $checks[$i], $second;
      next if grep({ exists $_->[1]{body} } @both) == 2 && $name ne 'size';
      next if grep({ exists $_->[1]{consent} } @both) == 2;

      my ($consent) = map { $_->[0] } grep { exists $_->[1]{consent} } @both;
      ($consent) = map { $_->[0] } grep { $_->[0] eq 'opted_out' } @both unless $consent;
      is_answer $ask->(@both), join(' ', $code, $result, $consent // 'granted'), join ' before ', map { $_->[0] } @both;
      is counted($t), "$result=1", 'counted once';
    }
  }

  my $response = $t->request(DELETE => '/e');
  is_error $response, '405 invalid undecided', 'another method';
  is $response->headers->header('Allow'), 'GET, POST, OPTIONS', 'is told which there are';
  is_answer $t->request(HEAD => '/e'), '405 invalid undecided', 'HEAD has no meaning here';
  is_error $t->beacon('{}', Origin => 'null'), '403 origin granted', '403 is JSON';
  is_error $t->beacon(' ' x 65_537), '413 invalid granted', '413 is JSON';
};

subtest 'prefetch and opt-out' => sub {
  my $event = {event => 'ViewContent'};
  my @cases = (
    ['Sec-Purpose' => 'prefetch',           'prefetch'],
    ['Sec-Purpose' => 'prefetch;prerender', 'prefetch'],
    ['Purpose'     => 'prefetch',           'prefetch'],
    ['X-Moz'       => 'prefetch',           'prefetch'],
    ['X-Moz'       => 'Prefetch',           'prefetch'],
    ['X-Purpose'   => 'prefetch',           'queued'],
    ['Sec-Purpose' => 'none',               'queued'],
    ['Sec-GPC'     => '1',                  'opted_out'],
    ['Sec-GPC'     => ['0', '1'],           'opted_out'],
    ['Sec-GPC'     => '1, 1',               'queued'],
    ['Sec-GPC'     => 'true',               'queued'],
    ['Sec-GPC'     => '?1',                 'queued'],
    ['Sec-GPC'     => '0',                  'queued'],
    ['Sec-GPC'     => '',                   'queued'],
    ['DNT'         => '1',                  'queued'],
  );
  for my $case (@cases) {
    my ($name, $value, $result) = @$case;
    my $consent = $result eq 'opted_out' ? $result : 'granted';
    is_answer $t->beacon($event, @PAGE, $name => $value), "204 $result $consent", "$name: " . (ref $value ? "@$value" : $value);
  }
};

subtest 'calls for another pixel, as the browser script counts them' => sub {
  my $foreign = sub { return $t->status->{pixels}[0]{ttq}{foreign} };
  counted($t);
  my $had = $foreign->();
  my $more = sub ($body, $answer, $count, $name, @header) {
    is_answer $t->beacon($body, @PAGE, @header), $answer, $name;
    is $foreign->() - $had, $count, "$name: $count";
    $had += $count;
  };
  $more->('{"event":"Search","event_id":"foreign","foreign":3}', '204 queued granted', 3, 'with an event');
  $more->('{"foreign":2}', '204 checked granted', 2, 'alone');
  $more->('{"user":{"email":"jane@example.com"},"foreign":1}', '204 checked granted', 1, 'with who it is');
  $more->('{"event":"Search","foreign":0}', '204 queued granted', 0, 'none');
  $more->('{"foreign":1e300}', '204 checked granted', 100, 'beyond reason');
  $more->('{"event":"Search","foreign":1e300}', '204 queued granted', 100, 'the same with an event');
  $more->(qq({"foreign":$_}), '204 checked granted', 0, $_) for qw(0 -1 0.5);
  $more->(qq({"foreign":$_}), '400 invalid granted', 0, $_) for qw("3" true null [3] {"a":3} 99999999999999999999);
  $more->('[{"event":"Search","foreign":3}]', '204 queued granted', 0, 'in an array');
  $more->('{"foreign":3}', '204 denied denied', 0, 'without consent', cookies => {consent => 'no'});
  $more->('{"foreign":3}', '204 undecided undecided', 0, 'undecided', cookies => {});
  is counted($t), 'denied=1 invalid=6 queued=4 undecided=1', 'nothing else is counted of those alone';
  my $seen;
  $t->wait_until('the event has gone', sub { $seen = by_id($t, 1)->{foreign} });
  is $seen->{event}, 'Search', 'the event arrives';
  ok !exists $seen->{foreign}, 'without the number';
};

subtest 'bots' => sub {
  my @bots = (
    'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
    'Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm) Chrome/116.0.0.0 Safari/537.36',
    'AdsBot-Google (+http://www.google.com/adsbot.html)',
    'facebookexternalhit/1.1',
    'Mozilla/5.0 (Linux; Android 5.0) AppleWebKit/537.36 (KHTML, like Gecko) Mobile Safari/537.36 (compatible; Bytespider; spider-feedback@bytedance.com)',
    'Mozilla/5.0 (compatible; YandexBot/3.0)',
    'GPTBot/1.2',
    'TikTokBot',
  );
  my @people = (
    'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/21F90 musical_ly_35.1.0 JsSdk/2.0 NetType/WIFI Channel/App Store ByteLocale/en BytedanceWebview/d8a21c6',
    'Mozilla/5.0 (Linux; Android 10; CUBOT NOTE 20) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Mobile Safari/537.36',
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/120.0.0.0 Safari/537.36',
    'curl/8.5.0', 'python-requests/2.31', 'Robotics Shop App/1.0', '', undef,
  );
  is_answer $t->beacon({event => 'Search'}, 'User-Agent' => $_), '204 bot granted', $_ for @bots;
  is_answer $t->beacon({event => 'Search'}, 'User-Agent' => $_), '204 queued granted', $_ // 'no user agent' for @people;
};

$t->finish;
done_testing;
