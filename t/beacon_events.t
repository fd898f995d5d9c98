# events of a beacon: arrays, ids, times, duplicates, limits, and what a full queue says

use v5.36;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use lib dirname(abs_path(__FILE__)) . '/lib';

use Mojo::JSON qw(encode_json);
use Test::More;
use Test::TikTok;
use Test::TikTok::Capture qw(by_id counted is_answer is_error);

my @PAGE = (Referer => 'https://shop.example/page');

my $t = Test::TikTok->new(sandbox => 1)->conf(
  '= /small' => 'tiktok_beacon; tiktok_beacon_limits body=200 events=2 depth=3;',
)->start;
counted($t);

subtest 'arrays' => sub {
  my $good = sub ($id) { return {event => 'Search', event_id => $id} };

  is_answer $t->beacon([$good->('a1'), $good->('a2')], @PAGE), '204 queued granted', 'all good';
  is counted($t), 'queued=2', 'each is counted';

  my $response = $t->beacon([$good->('a3'), {%{$good->('x')}, event_id => {}}, 'text', $good->('a4'), {event => ''}], @PAGE);
  is_answer $response, '200 queued granted', 'some bad';
  is_deeply $response->json, {
    queued => 2,
    errors => [
      {error => 'is not a string',  field => 'data[1].event_id'},
      {error => 'is not an object', field => 'data[2]'},
      {error => 'is missing',       field => 'data[4].event'},
    ],
  }, 'are told';
  is $response->headers->content_type, 'application/json', 'as JSON';
  is counted($t), 'invalid=3 queued=2', 'and counted';

  $response = $t->beacon([$good->('a1'), {event => 'Search', event_id => []}], @PAGE);
  is_answer $response, '200 duplicate granted', 'a duplicate and a bad one: nothing new, but not all bad';
  is_deeply $response->json, {queued => 0, errors => [{error => 'is not a string', field => 'data[1].event_id'}]}, 'are told';
  is counted($t), 'duplicate=1 invalid=1', 'and counted';

  $response = $t->beacon([{event => 'Search', event_id => {}}, {}]);
  is_error $response, '400 invalid granted data[0].event_id', 'all bad';
  is @{$response->json->{errors}}, 2, 'each is told';
  is counted($t), 'invalid=2', 'and counted';

  is_error $t->beacon([]), '400 invalid granted', 'no events';
  is_error $t->beacon([[$good->('x')]]), '400 invalid granted data[0]', 'an array in an array';
  is_error $t->beacon([map { $good->("m$_") } 1 .. 51]), '413 invalid granted', 'too many events';
  is counted($t), 'invalid=3', 'is one bad request';

  is_answer $t->beacon([map { $good->("n$_") } 1 .. 50], @PAGE), '204 queued granted', 'as many as may be';
  is counted($t), 'queued=50', 'are counted';

  my $seen = by_id($t, 54);
  is_deeply [sort grep {/^a/} keys %$seen], [map {"a$_"} 1 .. 4], 'a bad event does not cost its neighbours';
};

subtest 'event_id' => sub {
  my $before = $t->status->{pixels}[0]{event_id};
  my $bad    = {object => '{}', array => '["a"]', true => 'true', fraction => '1.5', long => '"' . 'i' x 257 . '"', wide => '"' . "\xc3\xa4" x 129 . '"'};
  for my $name (sort keys %$bad) {
    is_error $t->beacon(qq({"event":"Search","event_id":$bad->{$name}})), '400 invalid granted event_id', $name;
  }
  counted($t);

  my @ids = (    # in JSON, as it goes out
    ['12345', '12345'], ['-7', '-7'], ['0', '0'], ['1e3', '1000'], ['12345678901234567890', '12345678901234567890'],
    ['"00123"', '00123'], ['" a b "', ' a b '], ['"\u00fc\ud83d\ude00"', "\x{fc}\x{1f600}"], ['"a\"\\\\b"', 'a"\\b'],
    [qq("${\ ('i' x 256)}"), 'i' x 256], [qq("${\ ("\xc3\xa4" x 128)}"), "\x{e4}" x 128],
  );
  my @orders = (    # event, order_id in JSON, id
    ['Purchase', '"100042"', 'order.100042'], ['CompletePayment', '"A 1/\u00fc"', "order.A 1/\x{fc}"], ['Purchase', '7', 'order.7'],
    ['Purchase', qq("${\ ('o' x 250)}"), 'order.' . 'o' x 250],
  );
  my @random = (
    '{"event":"Search"}', '{"event":"Search","event_id":null}', '{"event":"Search","event_id":""}',
    '{"event":"Search","properties":{"order_id":"1"}}', '{"event":"Purchase"}', '{"event":"Purchase","properties":{"order_id":""}}',
    qq({"event":"Purchase","properties":{"order_id":"${\ ('o' x 251)}"}}),
  );
  my @bodies = (
    (map {qq({"event":"Contact","event_id":$_->[0]})} @ids),
    (map {qq({"event":"$_->[0]","properties":{"order_id":$_->[1]}})} @orders),
    @random,
  );
  is_answer $t->beacon('[' . join(',', @bodies) . ']', @PAGE), '204 queued granted', 'all kinds';
  my $all  = @bodies;
  is counted($t), "queued=$all", 'are queued';
  my $seen = by_id($t, 54 + $all);
  ok delete $seen->{$_->[1]}, "$_->[0] goes out" for @ids;
  ok delete $seen->{$_->[2]}, "order $_->[1] is the id" for @orders;
  my @generated = grep { !/^[an]\d+$/ } keys %$seen;
  is @generated, @random, 'the others have one of their own';
  is grep(!/\A[0-9a-f]{32}\z/, @generated), 0, 'at random';

  my $after = $t->status->{pixels}[0]{event_id};
  is_deeply {map { $_ => $after->{$_} - $before->{$_} } keys %$after}, {given => 11, order => 4, generated => 7, mismatched => 0}, 'and is counted by origin';
};

subtest 'event_time' => sub {
  my $now   = time;
  my %times = (    # id => [in JSON, seconds ago at the sandbox]
    kept => [$now - 100, 100], day => [$now - 86_000, 86_000], old => [$now - 90_000, 0], future => [$now + 1000, 0], text => ['"' . ($now - 100) . '"', 0],
    fraction => [$now - 100.5, 0], negative => ['-1', 0], huge => ['1e30', 0], milliseconds => [$now * 1000, 0], none => ['null', 0],
  );
  my @ids = sort keys %times;
  is_answer $t->beacon('[' . join(',', map {qq({"event":"Schedule","event_id":"time-$_","event_time":$times{$_}[0]})} @ids) . ']', @PAGE),
    '204 queued granted', 'times of all kinds';
  $t->wait_status(sub ($s) { !$s->{pixels}[0]{queue}{events} });
  my $seen = by_id($t, 0);
  for my $id (@ids) {
    my $ago = $now - ($seen->{"time-$id"}{event_time} // 0);
    ok $ago <= $times{$id}[1] && $ago > $times{$id}[1] - 5, $id or diag "$ago seconds ago instead of $times{$id}[1]";
  }
};

subtest 'duplicates' => sub {
  my $search = {event => 'Search', event_id => 'd'};
  my @steps  = (    # what is sent, headers, result
    [$search, [], 'queued'],
    [$search, [], 'duplicate'],
    [$search, ['User-Agent' => 'Another/1.0', 'Accept-Language' => 'de'], 'duplicate'],
    [{%$search, properties => {query => 'other'}}, [], 'duplicate'],
    [{%$search, event => 'Contact'}, [], 'queued'],
    [{%$search, event_id => 'D'}, [], 'queued'],
    [{%$search, user => {email => 'jane@example.com'}}, [], 'queued'],
    [{%$search, user => {email => ' JANE@example.com'}}, [], 'duplicate'],
    [{%$search, user => {email => ['jane@example.com']}}, [], 'duplicate'],
    [{%$search, user => {email => 'jane@example.com', phone => '+4915123456789'}}, [], 'queued'],
    [{%$search, user => {phone => '+49 151 23456789', email => 'jane@example.com'}}, [], 'duplicate'],
    [{%$search, user => {phone_number => '+49 151 23456789', email => 'jane@example.com'}}, [], 'duplicate'],
    [{%$search, user => {external_id => 'c1'}}, [], 'queued'],
    [{%$search, user => {phone => '+4915123456789'}}, [], 'duplicate'],
    [{%$search, user => {external_id => 'c1', email => 'jane@example.com'}}, [], 'duplicate'],
    [{%$search, user => {external_id => 'c2'}}, [], 'queued'],
    [{%$search, user => {external_id => 'c2'}}, [], 'duplicate'],
    [{%$search, user => {first_name => 'Jane'}}, [], 'queued'],
    [$search, [], 'duplicate'],
    [{event => 'Purchase', properties => {order_id => 'd1'}}, [], 'queued'],
    [{event => 'CompletePayment', properties => {order_id => 'd1'}}, [], 'duplicate'],
    [{event => 'Purchase', event_id => 'order.d1'}, [], 'duplicate'],
    [{event => 'SubmitForm', event_id => 'd'}, [], 'queued'],
    [{event => 'Lead', event_id => 'd'}, [], 'duplicate'],
    [{event => 'Pageview', event_id => 'd'}, [], 'queued'],
    [{event => 'PageView', event_id => 'd'}, [], 'duplicate'],
    [{event => 'MyOwn', event_id => 'd'}, [], 'queued'],
    [{event => 'Myown', event_id => 'd'}, [], 'queued'],
    [{event => 'MyOwn', event_id => 'd'}, [], 'duplicate'],
    [{event => 'Search', event_id => 7}, [], 'queued'],
    [{event => 'Search', event_id => '7'}, [], 'duplicate'],
  );
  for my $step (@steps) {
    my ($event, $headers, $result) = @$step;
    is_answer $t->beacon($event, @$headers), "204 $result granted", encode_json($event) . " $result";
  }
  counted($t);

  my $new = {event => 'Search', event_id => 'twice'};
  is_answer $t->beacon([$new, {%$new, event => 'Contact'}, $new]), '204 queued granted', 'twice in one array';
  is counted($t), 'duplicate=1 queued=2', 'is one';
  my $jane = {%$new, event_id => 'jane', user => {email => 'jane@example.com'}};
  is_answer $t->beacon([$jane, {%$jane, user => {}}, {%$jane, user => {email => 'joe@example.com'}}]), '204 queued granted', 'thrice, with less and with another';
  is counted($t), 'duplicate=1 queued=2', 'are two';
  is_answer $t->beacon([$new, $new]), '204 duplicate granted', 'nothing but duplicates';
  is counted($t), 'duplicate=2', 'are none';
};

subtest 'limits' => sub {
  my $ask  = sub ($body) { return $t->beacon($body, uri => '/small', 'Content-Type' => 'text/plain') };
  my $body = '{"event":"Search"}';
  is_answer $ask->($body . ' ' x (200 - length $body)), '204 queued granted', 'as long as may be';
  is_error $ask->($body . ' ' x (201 - length $body)), '413 invalid granted', 'a byte too long';
  is_answer $ask->("[$body,$body]"), '204 queued granted', 'as many as may be';
  is_error $ask->("[$body,$body,$body]"), '413 invalid granted', 'an event too many';
  is_answer $ask->('{"event":"Search","properties":{"content_ids":[1]}}'), '204 queued granted', 'as deep as may be';
  is_error $ask->('{"event":"Search","properties":{"content_ids":[[1]]}}'), '400 invalid granted', 'a level too deep';

  my $query = 'event=Search&query=';
  is_answer $t->get('/small?' . $query . 'q' x (200 - length $query), Cookie => 'consent=yes'), '200 queued granted', 'a query string as long as may be';
  is_error $t->get('/small?' . $query . 'q' x (201 - length $query), Cookie => 'consent=yes'), '413 invalid granted', 'a byte too long';
};
$t->finish;

subtest 'a full queue' => sub {
  my $f = Test::TikTok->new(sandbox => 1);
  $f->sandbox->stop;
  $f->conf(tiktok_queue => '%%DIR%%/queue size=1m', tiktok_delivery => 'retry_min=100ms retry_max=500ms',
    '= /large' => 'tiktok_beacon; tiktok_beacon_limits body=1m events=100;')->start;
  counted($f);

  # all of one length, so that there is never room for one event alone
  my $filler = 'f' x 1000;
  my $array  = sub ($n) {
    return [map { {event => 'Search', event_id => sprintf('f%03d.%02d', $n, $_), properties => {description => $filler}} } 1 .. 50];
  };
  my ($n, $response) = (0, undef);
  do { $response = $f->beacon($array->(++$n), @PAGE) } while $response->code == 204 && $n < 50;
  is_error $response, '503 queue_full granted', "array $n is too much";
  like $response->headers->header('Retry-After'), qr/\A[1-9]\d*\z/, 'come back later';
  my $queued = 50 * ($n - 1);
  is counted($f), "queue_full=50 queued=$queued", 'it is queued whole or not at all';
  is $f->status->{pixels}[0]{queue}{events}, $queued, 'also in the queue';

  is_error $f->beacon('{}'), '400 invalid granted event', 'what is bad is told before';
  is_answer $f->beacon($array->(1)), '204 duplicate granted', 'and so are duplicates';
  is_answer $f->beacon($array->(1), cookies => {consent => 'no'}), '204 denied denied', 'and consent';
  counted($f);
  my @mixed = (@{$array->($n)}[0 .. 39], @{$array->(1)}[0 .. 4], ({}) x 5);
  is_error $f->beacon(\@mixed, @PAGE), '503 queue_full granted', 'of a mixed array, too';
  is counted($f), 'duplicate=5 invalid=5 queue_full=40', 'each event counts by its own word';
  my @large = map { {event => 'Search', properties => {description => 'f' x 6000}} } 1 .. 50;
  is_error $f->beacon([@large, @{$array->(1)}[0 .. 2]], uri => '/large', @PAGE), '413 invalid granted', 'more than any queue takes';
  is counted($f), 'duplicate=3 invalid=50', 'is counted as well';

  $f->sandbox->start;
  ok $f->wait_status(sub ($s) { !$s->{pixels}[0]{queue}{events} }, 20), 'the queue drains';
  is_answer $f->beacon($array->($n), @PAGE), '204 queued granted', 'what was refused was not remembered';
  is counted($f), 'queued=50', 'no event of it';
  my @seen = $f->sandbox_events(count => $queued + 50);
  is @seen, $queued + 50, 'all that was queued arrives, and once';
  $f->finish;
};

done_testing;
