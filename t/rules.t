# tiktok_event: events from what nginx itself sees of a request and its answer

use v5.36;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use lib dirname(abs_path(__FILE__)) . '/lib';

use Digest::SHA qw(sha256_hex);
use Mojo::JSON  qw(encode_json);
use Test::More;
use Test::TikTok;
use Test::TikTok::Capture qw(by_id counted is_answer);

my @GRANTED = (Cookie => 'consent=yes');

my $log = <<'CONF';
log_format rules '$http_x_case|$tiktok_result|$tiktok_event_id|$tiktok_consent|$status';
map "$request_method:$status:$sent_http_location" $order_created {
    "~^POST:30[23]:.*/thank-you\?order=(?<order_no>[0-9]+)" 1;
}
map $status $wanted_404 { 404 1; }
CONF

# what the access log has of a request: result, id, consent. it is written when the rules have been asked
my $case = 0;
sub logged ($t, $code) {
  my $name = 'c' . ++$case;
  $code->('X-Case' => $name);
  my $line;
  $t->wait_until("$name in the log", sub { ($line) = $t->slurp('rules.log') =~ /^$name\|(.*)$/m });
  return split /\|/, $line // '';
}

sub result ($t, $method, $uri, @headers) {
  return (logged($t, sub (@case) { $t->request($method, $uri, $method eq 'POST' ? 'a=1' : undef, @headers, @case) }))[0];
}

subtest 'page views' => sub {
  my $t = Test::TikTok->new(sandbox => 1);
  $t->file('html/static.html', 'x' x 100);
  $t->conf(
    http   => $log, server => 'access_log %%DIR%%/rules.log rules; default_type text/html; root %%DIR%%/html; tiktok_event Pageview;',
    '/'         => 'return 200 "page";',
    '= /json'   => 'default_type application/json; return 200 "{}";',
    '= /xhtml'  => 'default_type application/xhtml+xml; return 200 "<x/>";',
    '= /404'    => 'return 404;',
    '= /302'    => 'return 302 /;',
    '= /500'    => 'return 500;',
    '= /204'    => 'return 204;',
    '= /static.html' => '',
    '= /off'    => 'tiktok_pixel off; return 200 "page";',
    '= /ga4'    => 'tiktok_event page_view; default_type application/json; return 200 "{}";',
    '= /view'   => 'tiktok_event page_view; return 200 "page";',
    '= /none'   => 'tiktok_event Contact if=0; return 200 "page";',
    '= /hidden' => 'tiktok_event Pageview if=1; return 404;',
  )->start;
  my $etag = $t->get('/static.html')->headers->etag;
  counted($t);

  my @cases = (    # what; method, URI, headers; result
    ['a page',                    'GET',     '/',      [@GRANTED],                                        'queued'],
    ['a page, said to be one',    'GET',     '/',      [@GRANTED, 'Sec-Fetch-Dest' => 'document'],        'queued'],
    ['a static file',             'GET',     '/static.html', [@GRANTED],                                  'queued'],
    ['XHTML',                     'GET',     '/xhtml', [@GRANTED],                                        'queued'],
    ['a part of it',              'GET',     '/static.html', [@GRANTED, Range => 'bytes=0-9'],            'queued'],
    ['a frame in a page',         'GET',     '/',      [@GRANTED, 'Sec-Fetch-Dest' => 'iframe'],          '-'],
    ['asked for by a script',     'GET',     '/',      [@GRANTED, 'Sec-Fetch-Dest' => 'empty'],           '-'],
    ['and by an older one',       'GET',     '/',      [@GRANTED, 'X-Requested-With' => 'XMLHttpRequest'], '-'],
    ['HEAD',                      'HEAD',    '/',      [@GRANTED],                                        '-'],
    ['POST',                      'POST',    '/',      [@GRANTED],                                        '-'],
    ['OPTIONS',                   'OPTIONS', '/',      [@GRANTED],                                        '-'],
    ['no HTML',                   'GET',     '/json',  [@GRANTED],                                        '-'],
    ['not found',                 'GET',     '/404',   [@GRANTED],                                        '-'],
    ['a redirect',                'GET',     '/302',   [@GRANTED],                                        '-'],
    ['an error',                  'GET',     '/500',   [@GRANTED],                                        '-'],
    ['nothing modified',          'GET',     '/static.html', [@GRANTED, 'If-None-Match' => $etag], '-'],
    ['a page that the browser has', 'GET',   '/static.html', [@GRANTED, 'If-None-Match' => $etag, 'Sec-Fetch-Dest' => 'document'], 'queued'],
    ['a picture that it has',     'GET',     '/static.html', [@GRANTED, 'If-None-Match' => $etag, 'Sec-Fetch-Dest' => 'image'], '-'],
    ['a prefetch',                'GET',     '/',      [@GRANTED, 'Sec-Purpose' => 'prefetch'],           'prefetch'],
    ['a prerender',               'GET',     '/',      [@GRANTED, 'Sec-Purpose' => 'prefetch;prerender'], 'prefetch'],
    ['an older one',              'GET',     '/',      [@GRANTED, Purpose => 'prefetch'],                 'prefetch'],
    ['the oldest',                'GET',     '/',      [@GRANTED, 'X-Moz' => 'prefetch'],                 'prefetch'],
    ['a crawler',                 'GET',     '/',      [@GRANTED, 'User-Agent' => 'Googlebot/2.1'],       'bot'],
    ['denied',                    'GET',     '/',      [Cookie => 'consent=no'],                          'denied'],
    ['undecided',                 'GET',     '/',      [],                                                'undecided'],
    ['opted out',                 'GET',     '/',      [@GRANTED, 'Sec-GPC' => 1],                        'opted_out'],
    ['no pixel',                  'GET',     '/off',   [@GRANTED],                                        '-'],
    ['another rule instead',      'GET',     '/none',  [@GRANTED],                                        '-'],
    ['no page for nobody',        'GET',     '/404',   [],                                                '-'],
    ['a page by its name at GA4', 'GET',     '/view',  [@GRANTED],                                        'queued'],
    ['and what is none',          'GET',     '/ga4',   [@GRANTED],                                        '-'],
    ['with a condition of its own', 'GET',   '/hidden', [@GRANTED],                                       'queued'],
  );
  my %count;
  for my $c (@cases) {
    my ($what, $method, $uri, $headers, $result) = @$c;
    is result($t, $method, $uri, @$headers), $result, "$what: $result";
    $count{$result}++ if $result ne '-';
  }
  is counted($t), join(' ', map {"$_=$count{$_}"} sort keys %count), 'and are counted';

  my @pages = map { $_->{event} } $t->sandbox_events(count => $count{queued});
  is_deeply [map { $_->{event} } @pages], [('Pageview') x $count{queued}], 'arrive as such';

  my ($result, $id) = logged($t, sub (@case) {
    $t->get('/a/page?x=1&email=jane@example.com', @GRANTED, Referer => 'https://www.tiktok.com/', 'Accept-Language' => 'de', @case);
  });
  like $id, qr/\A[0-9a-f]{32}\z/, 'an id of its own';
  my $page = by_id($t, $count{queued} + 1)->{$id};
  is_deeply $page->{page}, {url => 'http://shop.example/a/page?x=1&email=', referrer => 'https://www.tiktok.com/'}, 'the page is the one that was asked for';
  is $page->{user}{locale}, 'de', 'and the visitor who asked for it';
  like $page->{user}{user_agent}, qr/Firefox/, 'with his browser';

  counted($t);
  my $connection = $t->connect;
  $connection->request(GET => '/', undef, @GRANTED)->response for 1 .. 3;
  is counted($t), 'queued=3', 'each on one connection';
  $t->finish;
};

subtest 'a page that has the script' => sub {
  my $t = Test::TikTok->new(sandbox => 1);
  my $page = 'default_type text/html; return 200 "<html><head></head><body>page</body></html>";';
  $t->conf(
    http => $log, server => 'access_log %%DIR%%/rules.log rules; tiktok_inject $arg_script; tiktok_event Pageview;',
    '/'        => $page,
    '= /said'  => "tiktok_event Pageview if=1; $page",
    '= /part'  => 'default_type text/html; return 200 "<div>part</div>";',
    '= /other' => "tiktok_event ViewContent; $page",
  )->start;
  like $t->get('/?script=/_t/s.js', @GRANTED)->body, qr{src="/_t/s\.js"}, 'the script is put into a page';
  is result($t, GET => '/?script=/_t/s.js', @GRANTED), '-', 'its view is the script\'s to report';
  is result($t, GET => '/', @GRANTED), 'queued', 'a page without it is the rule\'s';
  is result($t, GET => '/part?script=/_t/s.js', @GRANTED), 'queued', 'as is one that got none';
  is result($t, GET => '/said?script=/_t/s.js', @GRANTED), 'queued', 'and so is what the configuration insists on';
  is result($t, GET => '/other?script=/_t/s.js', @GRANTED), 'queued', 'and every other event';
  $t->finish;
};

subtest 'when a rule holds' => sub {
  my $t = Test::TikTok->new(sandbox => 1);
  my %status = map { ("= /s$_" => "tiktok_event AddToCart; return $_;") } 200, 204, 302, 303, 400, 404, 500;
  $t->file('html/fallback.html', 'fallback');
  $t->conf(
    http => $log, server => 'access_log %%DIR%%/rules.log rules; root %%DIR%%/html; tiktok_event Contact if=$arg_server;',
    %status,
    '= /if'        => 'tiktok_event AddToCart if=$arg_if; return 200;',
    '= /braces'    => 'tiktok_event AddToCart if=${arg_if} query=${arg_q}; return 200;',
    '= /404'       => 'tiktok_event Search if=$wanted_404 query=x; return 404;',
    '= /joined'    => 'tiktok_event AddToCart if=$arg_a$arg_b; return 200;',
    '= /several'   => 'tiktok_event AddToCart if=$arg_a; tiktok_event Lead if=$arg_b; tiktok_event Mine if=$arg_c; return 200;',
    '= /inherited' => 'return 200;',
    '= /first'     => 'tiktok_event AddToCart; try_files /nothing /last;',
    '= /last'      => 'tiktok_event Lead; return 200;',
    '= /error'     => 'tiktok_event AddToCart; error_page 404 =200 /last; return 404;',
    '= /named'     => 'tiktok_event AddToCart; error_page 404 =200 @named; return 404;',
    '@named'       => 'tiktok_event Search; return 200;',
    '= /order'     => 'tiktok_event Purchase if=$order_created order_id=$order_no; if ($arg_ok) { return 303 http://shop.example/thank-you?order=$arg_ok; } return 200;',
    '= /ssi'       => 'tiktok_event AddToCart; default_type text/html; ssi on; log_subrequest on; return 200 "<!--#include virtual=\"/last\" -->";',
    '= /others'    => 'auth_request /last; mirror /last; log_subrequest on; tiktok_event Contact; try_files /fallback.html =404;',
    '= /shop'      => 'tiktok_pixel off; add_header X-Kind $arg_kind; return 200;',
    '= /upstream'  => 'tiktok_event Search if=$upstream_http_x_kind query=$upstream_http_x_kind; proxy_set_header X-Case ""; proxy_pass http://127.0.0.1:%%PORT_http%%/shop;',
    '= /e'         => 'tiktok_beacon;',
    '= /only'      => 'tiktok_event Search if=$arg_go; tiktok_consent cookie other 1; return 200;',
  )->start;
  counted($t);

  is result($t, POST => "/s$_", @GRANTED), $_ < 400 ? 'queued' : '-', "status $_" for map {m{s(\d+)}} sort keys %status;
  is result($t, GET => "/if?if=$_->[0]", @GRANTED), $_->[1], "if= \"$_->[0]\"" for ['', '-'], ['0', '-'], ['1', 'queued'], ['00', 'queued'], ['no', 'queued'];
  is result($t, GET => '/if', @GRANTED), '-', 'if= of what is not there';
  is result($t, GET => "/braces?if=$_->[0]", @GRANTED), $_->[1], "in braces, \"$_->[0]\"" for ['', '-'], ['0', '-'], ['1', 'queued'];
  is result($t, GET => '/404', @GRANTED), 'queued', 'a condition may want an error';
  is result($t, GET => '/joined?b=1', @GRANTED), 'queued', 'values are put together';
  is result($t, GET => '/upstream?kind=lamp', @GRANTED), 'queued', 'a header of the upstream';
  is result($t, GET => '/upstream', @GRANTED), '-', 'and none';
  is result($t, $_ => '/s200', @GRANTED), '-', "not of $_" for qw(HEAD OPTIONS);
  is result($t, $_ => '/s200', @GRANTED), 'queued', "but of $_" for qw(GET PUT DELETE);
  is counted($t), 'queued=14', 'nothing else was counted';
  my @refused = (['Sec-Purpose' => 'prefetch;prerender'], [Purpose => 'prefetch'], ['X-Moz' => 'prefetch'], ['User-Agent' => 'Googlebot/2.1'], [Cookie => 'consent=no'], ['Sec-GPC' => 1]);    # two cookies of one name grant nothing
  is join(' ', map { result($t, POST => '/s200', @GRANTED, @$_) } @refused), 'prefetch prefetch prefetch bot undecided opted_out', 'nobody has done it';
  is counted($t), 'bot=1 opted_out=1 prefetch=3 undecided=1', 'which is counted';

  is result($t, GET => '/several?a=1&c=1', @GRANTED), 'queued', 'several rules';
  is counted($t), 'queued=2', 'each on its own';
  is result($t, GET => '/inherited?server=1', @GRANTED), 'queued', 'the rules of the server';
  is result($t, GET => '/if?server=1', @GRANTED), '-', 'are not those of a location that has its own';
  counted($t);

  my $name = sub ($uri, @more) {
    my (undef, $id) = logged($t, sub (@case) { $t->get($uri, @GRANTED, @more, @case) });
    my $seen;
    $t->wait_until($id, sub { ($seen) = map { $_->{event}{event_id} eq $id ? $_->{event}{event} : () } $t->sandbox_events });
    return $seen;
  };
  is $name->('/first'), 'Lead',   'try_files: the last location has the word';
  is $name->('/error'), 'Lead',   'error_page, too';
  is $name->('/named'), 'Search', 'and a named one';
  is counted($t), 'queued=3', 'and no other';

  is result($t, GET => '/ssi', @GRANTED), 'queued', 'a page with a subrequest';
  is counted($t), 'queued=1', 'is one event';
  is result($t, GET => '/others', @GRANTED), 'queued', 'a page with other subrequests';
  is counted($t), 'queued=1', 'is one, too';

  my ($result, $id) = logged($t, sub (@case) { $t->post('/order?ok=100042', 'a=1', @GRANTED, Referer => 'https://shop.example/pay', @case) });
  is $id, 'order.100042', 'an order by its redirect';
  is result($t, POST => '/order', @GRANTED), '-', 'and none where there is none';
  is result($t, POST => '/order?ok=100042', @GRANTED, Referer => 'https://shop.example/pay'), 'duplicate', 'the same order again';
  is_answer $t->beacon({event => 'Purchase', properties => {order_id => 100042}}), '204 duplicate granted', 'also from the page';
  is_answer $t->beacon({event => 'Purchase', properties => {order_id => 100042}, user => {email => 'jane@example.com'}}),
    '204 queued granted', 'unless it knows more of the visitor';

  is result($t, POST => '/order?ok=7'), 'undecided', 'an order before the choice';
  is_answer $t->beacon({event => 'Purchase', properties => {order_id => 7}}), '204 queued granted', 'does not count as seen';
  is result($t, POST => '/order?ok=7', @GRANTED), 'duplicate', 'but the second does';
  is result($t, GET => '/only?go=1', Cookie => 'consent=yes'), 'undecided', 'a location has its own consent';
  is result($t, GET => '/only?go=1', Cookie => 'other=1'), 'queued', 'which is asked';

  # what is not there is not asked, either
  counted($t);
  my $reasons = sub { return $t->status->{pixels}[0]{consent_reasons}{'cookie: consent does not match'} // 0 };
  my $before  = $reasons->();
  is result($t, POST => '/several?a=1&b=1', Cookie => 'consent=no'), 'denied', 'two rules, denied';
  is counted($t), 'denied=2', 'are counted';
  is $reasons->(), $before + 1, 'and the reason once';
  is result($t, GET => '/several', Cookie => 'consent=no'), '-', 'two rules that do not hold';
  is counted($t), '', 'are not';
  $t->finish;
};

subtest 'consent is that of the location in which processing ends' => sub {
  my $t = Test::TikTok->new(sandbox => 1);
  $t->conf(
    http   => $log,
    server => 'access_log %%DIR%%/rules.log rules; if ($tiktok_consent = "never") { return 500; }',
    '= /a' => 'tiktok_consent cookie other 1; tiktok_event Search; return 200;',
    '= /shop'    => 'tiktok_pixel off; add_header X-Consent $arg_consent; add_header X-Ask $arg_ask; return 200;',
    '= /granted' => 'tiktok_consent variable $upstream_http_x_consent; tiktok_event Search; proxy_set_header X-Was $tiktok_consent; proxy_set_header X-Case ""; proxy_pass http://127.0.0.1:%%PORT_http%%/shop;',
    '= /denied'  => 'tiktok_consent assumed; tiktok_consent variable $upstream_http_x_consent if=$upstream_http_x_ask; tiktok_event Search;
                     proxy_set_header X-Was $tiktok_consent; proxy_set_header X-Case ""; proxy_pass http://127.0.0.1:%%PORT_http%%/shop;',
  )->start;
  is result($t, GET => '/granted?consent=1'), 'queued', 'the answer may say it';
  is result($t, GET => '/granted?consent=0'), 'denied', 'or not';
  is result($t, GET => '/denied'), 'queued', 'also that it is not asked';
  is result($t, GET => '/denied?ask=1&consent=0'), 'denied', 'and that it is, though it was not known before';
  is result($t, GET => '/a', @GRANTED), 'undecided', 'asked for before';
  is result($t, GET => '/a', Cookie => 'other=1'), 'queued', 'and by its own';
  $t->finish;
};

subtest 'own locations and strange requests' => sub {
  my $t = Test::TikTok->new(sandbox => 1);
  $t->conf(
    http => $log, h2 => 1,
    server => 'access_log %%DIR%%/rules.log rules; tiktok_event Contact if=1 description=$host$http_referer$arg_x;',
    '= /sub' => 'return 200;',
  )->start;
  $t->beacon({event => 'Search', event_id => 'b1'});
  is counted($t), 'queued=1', 'the beacon and the status are no pages';

  ok $t->wait_status(sub ($s) { !$s->{pixels}[0]{queue}{events} }), 'what is sent to TikTok is none either';
  is counted($t), '', 'by its count';

  $t->raw("GARBAGE\r\n\r\n")->bytes;
  $t->raw("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")->bytes;
  $t->raw("GET / HTTP/1.1\r\n: x\r\n\r\n")->bytes;
  $t->raw("GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n")->bytes;
  $t->raw("GET /\r\n")->bytes;
  $t->raw("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: x\r\n\r\n")->bytes;
  $t->raw("GET / HTTP/1.0\r\n\r\n")->bytes;
  $t->wait_status(sub ($s) { $s->{pixels}[0]{results}{undecided} >= 7 });
  is counted($t), 'undecided=7', 'without a visitor nobody has agreed';

  $t->raw("GET / HTTP/1.0\r\nCookie: consent=yes\r\n\r\n")->bytes;
  $t->wait_status(sub ($s) { $s->{pixels}[0]{results}{queued} >= 2 });
  is counted($t), 'queued=1', 'a request without a host and a browser';

  $t->h2(GET => '/sub', undef, @GRANTED);
  $t->wait_status(sub ($s) { $s->{pixels}[0]{results}{queued} >= 3 });
  is counted($t), 'queued=1', 'HTTP/2';
  $t->finish;
};

subtest 'values' => sub {
  my $t = Test::TikTok->new(sandbox => 1);
  $t->conf(
    http   => $log,
    server => 'access_log %%DIR%%/rules.log rules;',
    '= /all' => 'tiktok_event Purchase event_id=$arg_id url=https://$host/x?a=$arg_id referrer=https://$host/r email=$arg_email phone=$cookie_phone
      external_id=$http_x_customer ttclid=E.C.P.x$arg_id ttp=ttp-$arg_id value=$arg_value currency=EUR order_id=o$arg_id content_type=product
      content_ids=$arg_ids query=$arg_q "description=a \'quoted\' $arg_q" contents=$http_x_contents properties.tier=$arg_tier num_items=3
      customer_type=new; return 200;',
    '= /contents' => 'tiktok_event AddToCart contents=$http_x_contents event_id=$arg_id; return 200;',
    '= /raw'      => 'tiktok_event Search query=$http_x_raw event_id=$arg_id; return 200;',
    '= /empty'    => 'tiktok_event Search query=$arg_none event_id=$arg_id email=$arg_none value=$arg_none; return 200;',
    '= /id'       => 'tiktok_event Search event_id=$http_x_id; return 200;',
    '= /dotted'   => 'tiktok_event Search user.email=$arg_email properties.query=$arg_q event_id=$arg_id; return 200;',
  )->start;

  my $event = sub ($id, $uri, @headers) {
    is result($t, GET => $uri, @GRANTED, @headers), 'queued', "$uri is queued";
    my $seen;
    $t->wait_until($id, sub { ($seen) = map { $_->{event}{event_id} eq $id ? $_->{event} : () } $t->sandbox_events });
    return $seen;
  };

  my $contents = [{content_id => 'SKU-1', quantity => 2, price => 9.99}, {content_id => 'SKU-2', quantity => 1, price => 5}];
  my $all = $event->('i1', '/all?id=i1&email=Jane%40Example.com&value=24.98&ids=SKU-1,SKU%2D2&q=blue+shirt%21&tier=gold',
    Cookie => 'consent=yes; phone=%2B4915123456789', 'X-Customer' => 'cust-1', 'X-Contents' => encode_json($contents));
  is_deeply $all->{page}, {url => 'https://shop.example/x?a=i1', referrer => 'https://shop.example/r'}, 'page';
  is $all->{user}{$_->[0]}, $_->[1], $_->[0] for ['email', sha256_hex 'jane@example.com'], ['phone', sha256_hex '+4915123456789'],
    ['external_id', sha256_hex 'cust-1'], ['ttclid', 'E.C.P.xi1'], ['ttp', 'ttp-i1'];
  is_deeply $all->{properties}, {value => 24.98, currency => 'EUR', order_id => 'oi1', content_type => 'product', content_ids => ['SKU-1', 'SKU-2'],
    query => 'blue shirt!', description => "a 'quoted' blue+shirt%21", contents => $contents, tier => 'gold', num_items => 3, customer_type => 'new'},
    'properties, with their types mended';

  my $before = $t->status->{pixels}[0]{left_out};
  my $n = 0;
  for my $bad ('[', '[1]]', '{}},"user":{"email":"x@example.com"', '1,"value":9', "[\"\xff\"]", '[{"a":1,"a":2}]', 'undefined') {
    my $id = 'c' . ++$n;
    my $seen = $event->($id, "/contents?id=$id", 'X-Contents' => $bad);
    ok !$seen->{properties}, 'the event goes without what is no JSON';
    ok !$seen->{user}{email}, 'and has nothing else of it';
  }
  my $seen = $event->('r1', '/raw?id=r1', 'X-Raw' => "a\xffb");
  ok !$seen->{properties}, 'nor without UTF-8';
  is $event->('r2', '/raw?id=r2', 'X-Raw' => "caf\xc3\xa9 \"x\" \\")->{properties}{query}, "caf\x{e9} \"x\" \\", 'but with it';
  my $after = $t->status->{pixels}[0]{left_out};
  is $after->{text} - $before->{text}, $n + 1, 'what was left out is counted';

  $seen = $event->('e1', '/empty?id=e1');
  ok !$seen->{properties} && !$seen->{user}{email}, 'what is empty is absent';
  is $event->('d1', '/dotted?id=d1&email=a@example.com&q=x')->{user}{email}, sha256_hex('a@example.com'), 'a field by its longer name';

  counted($t);
  is result($t, GET => '/id', @GRANTED, 'X-Id' => 'x' x 257), 'invalid', 'an id that cannot be one';
  is counted($t), 'invalid=1', 'is counted';
  ok $t->grep_log(qr/tiktok_event "Search" is invalid: event_id is longer/), 'and said';
  ok !$t->grep_log(qr/x{257}/), 'without it';
  unlike $t->error_log, qr/jane\@example|4915123456789/i, 'no identifier is in the log';
  $t->finish;
};

subtest 'the page on which it happened' => sub {
  my $t = Test::TikTok->new(sandbox => 1);
  $t->conf(
    http    => $log, server => 'access_log %%DIR%%/rules.log rules;',
    '= /page' => 'default_type text/html; tiktok_event ViewContent event_id=$arg_id; return 200 "x";',
    '= /cart' => 'default_type text/html; tiktok_event AddToCart event_id=$arg_id; return 200 "x";',
    '= /json' => 'default_type application/json; tiktok_event AddToCart event_id=$arg_id; return 200 "{}";',
  )->start;
  my @shop = (Referer => 'https://shop.example/from');
  my @cases = (    # what; method, URI, headers; page
    ['a page itself',               'GET',  '/page?id=%s', [@shop], 'http://shop.example/page?id=%s'],
    ['behind who ends TLS',         'GET',  '/page?id=%s', ['X-Forwarded-Proto' => 'https'], 'https://shop.example/page?id=%s'],
    ['what a script has asked for', 'GET',  '/page?id=%s', [@shop, 'Sec-Fetch-Dest' => 'empty'], 'https://shop.example/from'],
    ['a post, from there',          'POST', '/cart?id=%s', [@shop], 'https://shop.example/from'],
    ['JSON, from there',            'GET',  '/json?id=%s', [@shop], 'https://shop.example/from'],
    ['a post from nowhere',         'POST', '/cart?id=%s', [], 'http://shop.example/cart?id=%s'],
  );
  for my $i (0 .. $#cases) {
    my ($what, $method, $uri, $headers, $page) = @{$cases[$i]};
    is result($t, $method => sprintf($uri, "p$i"), @GRANTED, @$headers), 'queued', $what;
  }
  my $seen = by_id($t, scalar @cases);
  for my $i (0 .. $#cases) {
    is $seen->{"p$i"}{page}{url}, $cases[$i][4] =~ s/%s/p$i/r, "$cases[$i][0]: its page";
  }
  $t->finish;
};

subtest 'a full queue' => sub {
  my $t = Test::TikTok->new(sandbox => 1);
  $t->sandbox->stop;
  $t->conf(
    http => $log, server => 'access_log %%DIR%%/rules.log rules;', tiktok_queue => '%%DIR%%/queue size=1m',
    tiktok_delivery => 'retry_min=100ms retry_max=500ms', '= /r' => 'tiktok_event Search event_id=$arg_id description=$arg_d; return 200 "page";',
  )->start;
  my $filler = 'f' x 3000;
  my $n = 0;
  1 while result($t, GET => '/r?id=q' . ++$n . "&d=$filler", @GRANTED) eq 'queued' && $n < 1000;
  is result($t, GET => "/r?id=q$n&d=$filler", @GRANTED), 'queue_full', 'after so many';
  is $t->get("/r?id=q$n&d=$filler", @GRANTED)->code, 200, 'the shop does not notice';
  $t->sandbox->start;
  ok $t->wait_status(sub ($s) { !$s->{pixels}[0]{queue}{events} }, 20), 'the queue drains';
  is result($t, GET => "/r?id=q$n&d=$filler", @GRANTED), 'queued', 'what was not queued does not count as seen';
  $t->finish;
};

done_testing;
