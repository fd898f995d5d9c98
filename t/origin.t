# which pages may send a beacon, and what browsers are told about it

use v5.36;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use lib dirname(abs_path(__FILE__)) . '/lib';

use Test::More;
use Test::TikTok;
use Test::TikTok::Capture qw(counted is_answer is_error);

my $t = Test::TikTok->new->conf(
  '= /listed' => 'tiktok_beacon; tiktok_origin https://www.shop.example https://m.shop.example:8443;',
)->start;
counted($t);

my @CORS = qw(Access-Control-Allow-Origin Access-Control-Allow-Credentials Access-Control-Expose-Headers Vary
  Access-Control-Allow-Methods Access-Control-Allow-Headers Access-Control-Max-Age);
my $cors = sub ($response) {
  return {map { my $all = join ',', @{$response->headers->every_header($_)}; length $all ? ($_ => $all) : () } @CORS};
};
my $event = {event => 'Search'};

subtest 'same origin' => sub {
  my @cases = (    # Host, Origin, result
    ['shop.example',      'https://shop.example',      'queued'],
    ['shop.example',      'http://shop.example',       'queued'],
    ['shop.example',      'https://shop.example:443',  'queued'],
    ['shop.example',      'http://shop.example:80',    'queued'],
    ['shop.example:443',  'https://shop.example',      'queued'],
    ['shop.example:80',   'http://shop.example',       'queued'],
    ['shop.example:8080', 'http://shop.example:8080',  'queued'],
    ['Shop.Example',      'https://shop.example',      'queued'],
    ['[2001:db8::1]:80',  'http://[2001:db8::1]',      'queued'],
    ['shop.example',      undef,                       'queued'],
    ['shop.example',      '',                          'queued'],
    ['shop.example',      'https://evil.example',      'origin'],
    ['shop.example',      'https://www.shop.example',  'origin'],
    ['shop.example',      'https://shop.example.evil', 'origin'],
    ['shop.example',      'https://evilshop.example',  'origin'],
    ['shop.example',      'https://shop.exampl',       'origin'],
    ['shop.example',      'https://shop.example:8080', 'origin'],
    ['shop.example:8080', 'http://shop.example',       'origin'],
    ['shop.example',      'https://shop.example:4430', 'origin'],
    ['shop.example',      'https://evil.example/shop.example', 'origin'],
    ['shop.example',      'shop.example',              'origin'],
    ['shop.example',      'null',                      'origin'],
    ['shop.example',      'https://',                  'origin'],
    ['shop.example',      'file://',                   'origin'],
    ['null',              'null',                      'origin'],
  );
  for my $case (@cases) {
    my ($host, $origin, $result) = @$case;
    my $name     = ($origin // 'none') . " at $host";
    my $response = $t->beacon($event, Host => $host, Origin => $origin);
    $result eq 'queued' ? is_answer $response, '204 queued granted', $name : is_error $response, '403 origin granted', $name;
    is_deeply $cors->($response), {}, 'no CORS headers';
    is counted($t), "$result=1", 'counted';
  }
};

subtest 'Sec-Fetch-Site' => sub {
  my %result = ('cross-site' => '403 origin granted', 'same-site' => '204 queued granted', 'same-origin' => '204 queued granted', none => '204 queued granted');
  is_answer $t->beacon($event, 'Sec-Fetch-Site' => $_), $result{$_}, "$_ without an origin" for sort keys %result;
  is_answer $t->get('/e?event=Search', 'Sec-Fetch-Site' => 'cross-site', Cookie => 'consent=yes'), '403 origin granted', 'an image on another site';
  is_answer $t->beacon($event, 'Sec-Fetch-Site' => 'cross-site', uri => '/listed', Origin => 'https://www.shop.example'), '204 queued granted', 'a listed origin is cross-site';
  is_answer $t->beacon($event, 'Sec-Fetch-Site' => 'cross-site', uri => '/listed'), '403 origin granted', 'but has to say who it is';
  is_answer $t->beacon('', Origin => 'https://evil.example'), '403 origin granted', 'a consent check is for our pages, too';
};

subtest 'listed origins' => sub {
  my %headers = (
    'Access-Control-Allow-Credentials' => 'true',
    'Access-Control-Expose-Headers'    => 'X-Tiktok-Consent, X-Tiktok-Result',
    'Vary'                             => 'Origin',
  );
  my $ask = sub ($what, $origin, @more) { return $t->beacon($what, uri => '/listed', Origin => $origin, @more) };
  for my $origin ('https://www.shop.example', 'https://m.shop.example:8443') {
    my %answers = (
      '204 queued granted'    => [$event],
      '204 checked granted'   => [''],
      '204 denied denied'     => [$event, cookies => {consent => 'no'}],
      '400 invalid granted'   => ['{'],
      '413 invalid granted'   => [' ' x 65_537],
    );
    for my $answer (sort keys %answers) {
      my ($what, @more) = @{$answers{$answer}};
      my $response = $ask->($what, $origin, @more);
      is_answer $response, $answer, "$origin: $answer";
      is_deeply $cors->($response), {%headers, 'Access-Control-Allow-Origin' => $origin}, 'has CORS headers';
    }
    my $response = $t->request(PUT => '/listed', '', Origin => $origin);
    is_answer $response, '405 invalid undecided', 'another method';
    is_deeply $cors->($response), {%headers, 'Access-Control-Allow-Origin' => $origin}, 'has CORS headers';

    $response = $t->get('/listed?event=Search', Origin => $origin, Cookie => 'consent=yes');
    is_answer $response, '200 queued granted', 'an image';
    is_deeply $cors->($response), {%headers, 'Access-Control-Allow-Origin' => $origin}, 'has CORS headers';
  }
  for my $origin ('https://evil.example', 'null', 'https://www.shop.example.evil', 'http://www.shop.example', 'https://m.shop.example', 'https://www.shop.example, https://evil.example', '*') {
    my $response = $ask->($event, $origin);
    is_error $response, '403 origin granted', "$origin is not listed";
    is_deeply $cors->($response), {}, 'and told nothing';
  }
  is_answer $ask->($event, 'https://shop.example'), '204 queued granted', 'the same origin needs no listing';
  counted($t);
};

subtest 'preflight' => sub {
  my @asks     = ('Access-Control-Request-Method' => 'POST', 'Access-Control-Request-Headers' => 'content-type');
  my $response = $t->request(OPTIONS => '/listed', undef, Origin => 'https://www.shop.example', @asks);
  is_answer $response, '204 checked undecided', 'a listed origin';
  is_deeply $cors->($response), {
    'Access-Control-Allow-Origin'      => 'https://www.shop.example',
    'Access-Control-Allow-Credentials' => 'true',
    'Access-Control-Expose-Headers'    => 'X-Tiktok-Consent, X-Tiktok-Result',
    'Vary'                             => 'Origin',
    'Access-Control-Allow-Methods'     => 'GET, POST',
    'Access-Control-Allow-Headers'     => 'Content-Type',
    'Access-Control-Max-Age'           => '86400',
  }, 'may go on';
  is counted($t), '', 'nothing is captured';

  $response = $t->request(OPTIONS => '/listed', undef, Origin => 'https://evil.example', @asks);
  is_answer $response, '403 origin undecided', 'another';
  is_deeply $cors->($response), {}, 'may not';
  is counted($t), 'origin=1', 'and is counted';

  $response = $t->request(OPTIONS => '/e', undef);
  is_answer $response, '204 checked undecided', 'no origin at all';
  is $response->headers->header('Allow'), 'GET, POST, OPTIONS', 'is told what there is';
};

subtest 'configuration' => sub {
  for my $origin (qw(shop.example https:// https://*.shop.example https://shop.example/ ftp://shop.example null *)) {
    my ($status, $said) = $t->test_conf(tiktok_origin => $origin);
    is $status, 1, "$origin is no origin";
    like $said, qr/"tiktok_origin" has an invalid origin "\Q$origin\E"/, 'and is named';
  }
};

$t->finish;
done_testing;
