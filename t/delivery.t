# what goes out, when, and together with what

use v5.36;

use Cwd            qw(abs_path);
use File::Basename qw(dirname);
use lib dirname(abs_path(__FILE__)) . '/lib';

use Mojo::JSON qw(decode_json);
use Test::More;
use Test::TikTok;
use Test::TikTok::Delivery qw(balance event files ids pixel received);
use Time::HiRes qw(sleep time);

use constant {PIXEL => Test::TikTok::PIXEL, TOKEN => Test::TikTok::TOKEN};

my $OK = $Test::TikTok::Backend::OK;

# answers each request once the test has said so, in the order in which they came
sub held ($t) {
  my $gate = $t->dir . '/gate';
  my $wait = sub ($c, $r) {
    sleep 0.01 until -e "$gate.$r->{number}";
    $c->answer(200, $OK);
  };
  my $backend = $t->backend(behave => 'held', named => {held => $wait});
  my $open    = sub (@numbers) { $t->file("gate.$_", '') for @numbers };
  return ($backend, $open);
}

subtest 'the request' => sub {
  my $t = Test::TikTok->new(sandbox => 1);
  $t->conf->start;
  my $from = time;
  $t->beacon(event('first'));
  my ($seen) = $t->sandbox_events(count => 1);
  cmp_ok time - $from, '<', 5, 'an event goes out at once';
  is $seen->{event}{event_id}, 'first', 'and arrives';
  is $seen->{pixel}, PIXEL, 'for its pixel';
  my ($request) = $t->sandbox_requests(count => 1);
  is $request->{status}, 200, 'accepted with its token' or diag explain $request;

  my $status = $t->wait_status(sub ($s) { pixel($s)->{queue}{delivered} == 1 });
  my $pixel  = pixel($status);
  is $pixel->{queue}{events}, 0, 'the queue is empty';
  is $pixel->{queue}{bytes},  0, 'to the byte';
  is $pixel->{delivery}{in_flight}, 0,    'nothing is under way';
  is $pixel->{delivery}{last_code}, 0,    'the last code';
  is $pixel->{delivery}{last_message}, 'OK', 'and message';
  like $pixel->{delivery}{last_request_id}, qr/\A\d{14}\w+\z/, 'and request id';
  is $pixel->{events}{Search}{delivered}, 1, 'counted by its name';
  is $pixel->{age_at_delivery}{'5m'}, 1, 'and by its age';
  is balance($pixel), 0, 'the balance';
  $t->finish;
};

subtest 'batches' => sub {
  my $t = Test::TikTok->new;
  my ($backend, $open) = held($t);
  $t->api($backend);
  $t->conf(tiktok_delivery => 'batch=5 in_flight=2 timeout=60s')->start;

  $t->beacon(event(1));
  ok $backend->wait_requests(1), 'with nothing in flight an event goes at once';
  $t->beacon(event($_)) for 2 .. 5;
  is $backend->requests, 1, 'while a request hangs, further ones wait';
  is pixel($t->status)->{delivery}{in_flight}, 1, 'one in flight';
  $t->beacon(event(6));
  ok $backend->wait_requests(2), 'a full batch does not';
  $t->beacon(event($_)) for 7 .. 16;
  is $backend->requests, 2, 'but no more than in_flight';
  is pixel($t->status)->{queue}{events}, 16, 'all wait';

  $open->(1, 2);
  ok $backend->wait_requests(4), 'the next ones follow';
  $open->(3 .. 9);
  $t->wait_status(sub ($s) { pixel($s)->{queue}{delivered} == 16 });
  my @requests = $backend->requests;
  is_deeply [map { [ids($_)] } @requests[0, 1]], [[1], [2 .. 6]], 'one event, then a batch, in order';
  is grep({ ids($_) > 5 } @requests), 0, 'no batch is larger than it may be';
  is_deeply [sort { $a <=> $b } map { ids($_) } @requests], [1 .. 16], 'each event once';
  is $requests[0]{headers}{'access-token'}, TOKEN, 'the token';
  is $requests[0]{headers}{'content-type'}, 'application/json', 'the type';
  is $requests[0]{headers}{host}, 'business-api.tiktok.com', 'the host';
  like $requests[0]{head}, qr{\APOST /open_api/v1\.3/event/track/ HTTP/1\.1\r\n}, 'the address';
  is $requests[0]{headers}{cookie}, undef, 'nothing of a visitor';
  my $body = decode_json($requests[1]{body});
  is_deeply [@$body{qw(event_source event_source_id)}], ['web', PIXEL], 'the envelope';
  is $body->{test_event_code}, undef, 'without a test event code';
  is balance(pixel($t->status)), 0, 'the balance';
  $t->finish;
};

subtest 'test event codes' => sub {
  my $t = Test::TikTok->new;
  my ($backend, $open) = held($t);
  $t->api($backend);
  $t->conf(tiktok_test_event_code => '$cookie_tester', tiktok_delivery => 'timeout=60s')->start;
  my $visit = sub ($id, $code) { $t->beacon(event($id), cookies => {consent => 'yes', $code ? (tester => $code) : ()}) };
  $visit->('x', '');
  $backend->wait_requests(1);
  $visit->(@$_) for ['a1', ''], ['a2', ''], ['b1', 'TEST1'], ['b2', 'TEST1'], ['c1', 'TEST2'], ['d1', ''];
  $open->(1 .. 9);
  $t->wait_status(sub ($s) { pixel($s)->{queue}{delivered} == 7 });
  my @got = map { my $body = decode_json($_->{body}); [$body->{test_event_code} // '', map { $_->{event_id} } @{$body->{data}}] } $backend->requests;
  is_deeply \@got, [['', 'x'], ['', 'a1', 'a2'], ['TEST1', 'b1', 'b2'], ['TEST2', 'c1'], ['', 'd1']], 'a request has one test event code';
  $t->finish;
};

subtest 'a broken destination' => sub {
  my $t = Test::TikTok->new;
  my $backend = $t->backend(behave => 'by_pixel', named => {
    by_pixel => sub ($c, $r) { $r->{body} =~ /"COTHER"/ ? $c->answer(500, '') : $c->answer(200, $OK) },
  });
  $t->api($backend);
  $t->conf(tiktok_delivery => 'in_flight=1 retry_min=50ms retry_max=100ms', servers => <<'CONF')->start;
    server {
        listen 127.0.0.1:%%PORT_http%%;
        server_name other.example;
        tiktok_pixel COTHER;
        tiktok_access_token_file %%DIR%%/token;
        tiktok_consent cookie consent yes;
        tiktok_send /_tiktok/api;
        tiktok_delivery in_flight=1 retry_min=50ms retry_max=100ms;
        location = /e { tiktok_beacon; }
        location = /_tiktok/api { internal; include %%DIR%%/tiktok_api.conf; }
    }
CONF
  $t->beacon(event("other-$_"), Host => 'other.example') for 1 .. 3;
  $t->wait_status(sub ($s) { pixel($s, 'COTHER')->{delivery}{retries} >= 3 });
  $t->beacon(event("good-$_")) for 1 .. 20;
  my $status = $t->wait_status(sub ($s) { pixel($s)->{queue}{delivered} == 20 });
  my ($good, $other) = (pixel($status), pixel($status, 'COTHER'));
  is $good->{delivery}{retries}, 0, 'is no matter of the others';
  is $good->{state}, 'ok', 'which are well';
  is $other->{state}, 'backoff', 'while it is not';
  is $other->{queue}{events}, 3, 'and keeps its events';
  is $other->{queue}{delivered}, 0, 'none being delivered';
  is balance($_), 0, 'the balance' for $good, $other;
  $t->finish;
};

subtest 'one bad event' => sub {
  my $t = Test::TikTok->new;
  my $refuse = '{"code":40002,"message":"data.0.x: bad \"value\"","request_id":"20260101REFUSED","data":{}}';
  my $backend = $t->backend(behave => ['hang_once', 'picky'], named => {
    picky     => sub ($c, $r) { $c->answer(200, $r->{body} =~ /poison/ ? $refuse : $OK) },
    hang_once => sub ($c, $r) { sleep 0.3; $c->answer(200, $OK) },
  });
  $t->api($backend);
  $t->conf(tiktok_delivery => 'batch=40 in_flight=1')->start;
  $t->beacon(event('opener'));
  $backend->wait_requests(1);
  my @ids = map { $_ == 7 || $_ == 23 ? "poison-$_" : "good-$_" } 1 .. 40;
  is $t->beacon([map { event($_) } @ids])->code, 204, 'forty events are queued';

  my $status = $t->wait_status(sub ($s) { pixel($s)->{queue}{events} == 0 });
  my $pixel  = pixel($status);
  is $pixel->{queue}{delivered}, 39, 'the good ones arrive';
  is $pixel->{queue}{rejected},  2,  'the bad ones are rejected';
  is $pixel->{state}, 'ok', 'which is no trouble of the destination';
  is balance($pixel), 0, 'the balance';
  cmp_ok $pixel->{delivery}{splits}, '>=', 5, 'batches were split';
  cmp_ok $pixel->{delivery}{requests}, '<=', 24, 'by halves, not one by one';
  my %delivered;
  $delivered{$_}++ for map { ids($_) } grep { $_->{body} !~ /poison/ } $backend->requests;
  is_deeply \%delivered, {map { $_ => 1 } 'opener', grep {/good/} @ids}, 'each good one once';

  my @lines = map { decode_json($_) } split /\n/, $t->slurp('queue/' . PIXEL . '.rejected');
  is_deeply [map { $_->{event}{event_id} } @lines], ['poison-7', 'poison-23'], 'what was rejected is kept';
  for my $line (@lines) {
    is_deeply [sort keys %$line], [qw(code event message queued reason request_id time)], 'with all there is to know';
    is $line->{reason}, 'rejected', 'reason';
    is $line->{code}, 40002, 'code';
    is $line->{message}, 'data.0.x: bad "value"', 'message';
    is $line->{request_id}, '20260101REFUSED', 'request id';
    cmp_ok abs(time - $line->{$_}), '<', 60, $_ for qw(time queued);
    is $line->{event}{page}{url}, 'https://shop.example/search', 'the whole event';
  }
  is $t->grep_log(qr/\[error\].*was refused with code 40002.*20260101REFUSED/), 2, 'and told';
  is sprintf('%o', 07777 & (stat $t->dir . '/queue/' . PIXEL . '.rejected')[2]), '600', 'for no other eyes';
  $t->finish;
};

done_testing;
