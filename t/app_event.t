# X-Tiktok-Event: an application that wants to help names events in its answers, and no visitor sees them

use v5.36;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use lib dirname(abs_path(__FILE__)) . '/lib';

use Digest::SHA qw(sha256_hex);
use IO::Socket::INET;
use Mojo::JSON  qw(encode_json);
use Mojo::Util  qw(url_escape);
use Test::More;
use Test::TikTok;
use Test::TikTok::Capture qw(by_id counted);

use constant SHOP => "$Test::TikTok::TOP/t/shop";

my @GRANTED = (Cookie => 'consent=yes');
my $NEW     = qx(${\ Test::TikTok::binary() } -v 2>&1) =~ m{nginx/1\.(\d+)} && $1 >= 29;

my $t = Test::TikTok->new(sandbox => 1);
mkdir $t->dir . '/shop';
chmod 0777, $t->dir . '/shop';
my $fastcgi = "fastcgi_pass unix:${\ $t->php->socket }; include /etc/nginx/fastcgi_params; fastcgi_param SCRIPT_FILENAME ${\ SHOP }/index.php; "
  . 'fastcgi_param SHOP_DIR %%DIR%%/shop;';
my $proxy = 'proxy_pass http://127.0.0.1:%%PORT_http%%/hint$is_args$args; proxy_set_header Host $host; proxy_set_header Cookie "";';


# an event by the number of the request, fresh for a second
my $header  = sub ($r) { return ('X-Tiktok-Event' => encode_json({event => 'Search', event_id => "b$r->{number}"}), 'X-Accel-Expires' => 1, ETag => '"1"') };
my $lines   = sub (%headers) { return join '', map {"$_: $headers{$_}\r\n"} sort keys %headers };
my $backend = $t->backend(behave => 'hint', named => {
  hint     => sub ($c, $r) { $c->answer(200, 'page', $header->($r)) },
  clear    => sub ($c, $r) {
    $c->send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\nX-TikTok-Event:\t {\"event\":\"Search\",\"user\":{\"email\":\"clear\@example.com\"}}\r\nX-Accel-Expires: 60\r\n"
      . "x-tiktok-event:{\"event\":\"Search\",\"user\":{\"email\":\"clear\@example.com\"}}\r\n\r\npage");
    1;
  },
  same     => sub ($c, $r) { $c->send("HTTP/1.1 304 Not Modified\r\n${\ $lines->($header->($r)) }\r\n"); 1 },
  early    => sub ($c, $r) {
    $c->send("HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n${\ $lines->($header->($r)) }\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n4\r\npage\r\n",
      "0\r\nX-Trailer: 1\r\n${\ $lines->($header->($r)) }\r\n");
    0;
  },
});
my $aged  = $t->backend(behave => 'aged', named => {aged => sub ($c, $r) {
  my ($age) = $r->{head} =~ m{age=(\d+)};
  $c->answer(200, 'page', 'X-Tiktok-Event' => encode_json({event => 'Search', event_id => "aged$age"}), Age => $age);
}});
my $many  = $t->backend(behave => 'many', named => {many => sub ($c, $r) {
  my @headers = map { $lines->('X-Tiktok-Event' => encode_json({event => 'Search', event_id => "many$_"})) } 1 .. 12;
  $c->send(join('', "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n", @headers, "\r\n"));
  1;
}});
my $listener = IO::Socket::INET->new(Listen => 5, LocalAddr => '127.0.0.1', LocalPort => $t->port('pieces')) or die "listen: $!\n";
my $cache = "proxy_pass ${\ $backend->address }; proxy_cache c; proxy_cache_key \$uri\$arg_k;";

$t->conf(
  http => <<'CONF',
log_format hints '$http_x_case|$tiktok_result|$tiktok_event_id';
proxy_cache_path %%DIR%%/cache keys_zone=c:1m;
add_header X-Cache $upstream_cache_status always;
fastcgi_cache_path %%DIR%%/fcache keys_zone=f:1m;
CONF
  server         => 'access_log %%DIR%%/hints.log hints;',
  '/hint'        => $fastcgi,
  '= /off'       => "tiktok_pixel off; $fastcgi fastcgi_param REQUEST_URI /hint?\$args;",
  '= /cached'    => "$fastcgi fastcgi_param REQUEST_URI /hint?\$args; fastcgi_cache f; fastcgi_cache_key \$args; fastcgi_cache_valid any 1h;",
  '= /fresh'     => $cache,
  '= /pieces'    => 'fastcgi_pass 127.0.0.1:%%PORT_pieces%%; fastcgi_cache f; fastcgi_cache_key p; fastcgi_cache_valid any 1h; include /etc/nginx/fastcgi_params;',
  '= /aged'      => "proxy_pass ${\ $aged->address };",
  '= /many'      => "proxy_pass ${\ $many->address };",
  '= /same'      => "$cache proxy_cache_revalidate on;",
  '= /stale'     => "$cache proxy_cache_use_stale error timeout;",
  '= /updating'  => "$cache proxy_cache_use_stale updating; proxy_cache_background_update on;",
  '= /passed'    => "$cache proxy_cache_bypass \$arg_bypass;",
  '/backend'     => "proxy_pass ${\ $backend->address }; proxy_http_version 1.1; " . ($NEW ? 'early_hints 1; proxy_pass_trailers on; proxy_set_header TE trailers; proxy_set_header Connection TE;' : ''),
  '= /hidden'    => "$fastcgi fastcgi_param REQUEST_URI /hint?\$args; fastcgi_hide_header X-Tiktok-Event;",
  '= /rule'      => "$fastcgi fastcgi_param REQUEST_URI /hint?\$args; tiktok_event Purchase order_id=\$arg_order;",
  '= /error'     => "$fastcgi fastcgi_param REQUEST_URI /hint?\$args; fastcgi_param HINT_STATUS 404; fastcgi_intercept_errors on; error_page 404 /404.html;",
  '= /404.html'  => 'return 200 "not found";',
  '= /added'     => 'add_header X-Tiktok-Event \'{"event":"Search"}\'; return 200;',
  '= /trailer'   => 'add_trailer X-Tiktok-Event 1 always; add_trailer X-Other 1 always; return 200 "page";',
  '= /part'       => "$fastcgi fastcgi_param REQUEST_URI /hint?\$args;",
  '= /ssi'       => 'ssi on; default_type text/html; return 200 "<!--#include virtual=\"/part?$args\" -->";',
  '= /accel'     => "$fastcgi fastcgi_param REQUEST_URI /hint?\$args; fastcgi_param HINT_ACCEL /404.html;",
)->start;

my $case = 0;
sub hint ($uri, $event, @headers) {
  my $name = 'c' . ++$case;
  $uri .= '?event=' . url_escape(ref $event ? encode_json($event) : $event) if defined $event;
  my $response = $t->request('GET', $uri, undef, @headers, 'X-Case' => $name);
  my $line;
  $t->wait_until("$name in the log", sub { ($line) = $t->slurp('hints.log') =~ /^$name\|(.*)$/m });
  return ($response, split /\|/, $line // '');
}
sub hidden ($response) { return !grep {/tiktok/i} @{$response->headers->names} }

my $search = sub ($id, %more) { return {event => 'Search', event_id => $id, %more} };
counted($t);

subtest 'an event' => sub {
  my ($response, $result, $id) = hint('/hint', $search->('h1', user => {email => 'Jane@Example.com'}, properties => {query => "caf\x{e9}"}),
    @GRANTED, Referer => 'https://www.tiktok.com/');
  is $response->code, 200, 'the page';
  ok hidden($response), 'without a word of it';
  is "$result $id", 'queued h1', 'is queued';
  my $event = by_id($t, 1)->{h1};
  is $event->{user}{email}, sha256_hex('jane@example.com'), 'hashed, also of a GET: it is the shop that says it';
  is $event->{properties}{query}, "caf\x{e9}", 'in UTF-8';
  like $event->{page}{url}, qr{\Ahttp://shop\.example/hint\?event=}, 'of the page that was asked for';
  is $event->{page}{referrer}, 'https://www.tiktok.com/', 'from where the visitor came';
  like $event->{user}{user_agent}, qr/Firefox/, 'with his browser';

  (undef, $result, $id) = hint('/hint', $search->('h2', page => {url => 'https://shop.example/said'}), @GRANTED);
  is by_id($t, 2)->{h2}{page}{url}, 'https://shop.example/said', 'unless the shop says which';

  ($response, $result) = hint('/hint', [$search->('h3'), $search->('h4')], @GRANTED);
  is $result, 'queued', 'several';
  ($response, $result) = hint('/hint?twice=' . url_escape(encode_json($search->('h5'))) . '&x=1', undef, @GRANTED);
  is $result, 'queued', 'several headers, the first of which is empty';
  ok hidden($response), 'none of which is seen';
  ok by_id($t, 5)->{$_}, "$_ arrives" for qw(h3 h4 h5);
  is counted($t), 'invalid=1 queued=5', 'each is counted';
};

subtest 'none' => sub {
  my ($response, $result);
  my @cases = (    # what, its headers, result
    ['denied',     [Cookie => 'consent=no'],                      'denied'],
    ['undecided',  [],                                            'undecided'],
    ['opted out',  [@GRANTED, 'Sec-GPC' => 1],                    'opted_out'],
    ['a crawler',  [@GRANTED, 'User-Agent' => 'Googlebot/2.1'],   'bot'],
    ['a prefetch', [@GRANTED, 'Sec-Purpose' => 'prefetch'],       'prefetch'],
  );
  for my $c (@cases) {
    ($response, $result) = hint('/hint', $search->('n1'), @{$c->[1]});
    is $result, $c->[2], $c->[0];
    ok hidden($response), 'and nothing is seen';
  }
  ($response, $result) = hint('/off', $search->('n1'), @GRANTED);
  is $result, '-', 'no pixel';
  ok hidden($response), 'and nothing is seen';
  counted($t);
  ($response, $result) = hint('/hint', '', @GRANTED, 'X-Tiktok-Event' => encode_json($search->('n1')));
  is counted($t), 'invalid=1', 'a request with such a header means nothing';
  my $head = $t->request(HEAD => '/hint?event=' . url_escape(encode_json($search->('n1'))), undef, @GRANTED);
  ok hidden($head), 'HEAD';
  is counted($t), '', 'is no visit';
  ($response, $result) = hint('/added', undef, @GRANTED);
  is $result, '-', 'what nginx adds is not from the shop';
  my $c = $t->connect->write("GET /trailer HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\nCookie: consent=yes\r\n\r\n");
  my ($bytes, $more) = ('');
  $bytes .= $more while defined($more = $c->bytes);
  like $bytes, qr/\r\nX-Other: 1\r\n/, 'trailers';
  unlike $bytes, qr/tiktok/i, 'have none either';
};

subtest 'broken' => sub {
  for my $bad ('{', '{"event":"Search"', '[]', '"Search"', '{"event_id":"x"}', '{"event":"Search","event":"Search"}', "{\"event\":\"\xff\"}", '{"event":"Search"}x') {
    my ($response, $result) = hint('/hint', $bad, @GRANTED);
    is $response->code, 200, "the page with $bad";
    is $result, 'invalid', 'is one without an event';
    ok hidden($response), 'and nothing is seen';
  }
  is counted($t), 'invalid=8', 'is counted';
  ok $t->grep_log(qr/\[warn\] .*upstream sent "X-Tiktok-Event" that is no JSON/), 'and said';
  my ($response, $result) = hint('/hint', [map { $search->("m$_") } 1 .. 51], @GRANTED, timeout => 10);
  ok hidden($response), 'too many, and';
  is $result, 'invalid', 'none of them';
  counted($t);

  $t->get("/aged?age=$_", @GRANTED) for 7, 0;
  ok $t->wait_until('the answers', sub { counted($t) eq 'queued=1' }), 'an answer out of a cache before nginx means nothing';

  $t->get('/many', @GRANTED);
  ok $t->wait_until('the answer', sub { ($t->status->{pixels}[0]{results}{queued} // 0) >= $t->{counted}{queued} + 8 }), 'eight headers of one answer';
  is counted($t), 'invalid=4 queued=8', 'and no more';
};

subtest 'caches' => sub {
  my @event = ('/cached', $search->('k1'), @GRANTED);
  my ($response, $result) = hint(@event);
  is $result, 'queued', 'an answer of the shop';
  ok hidden($response), 'without a word of it';
  ($response, $result) = hint(@event);
  is $result, '-', 'the same answer out of the cache happened to somebody else';
  ok hidden($response), 'and nothing is seen, either';
  is counted($t), 'queued=1', 'it was one';

  # what the cache says, and what became of the event; once it is no longer fresh
  my $asked = sub ($uri) {
    my ($response, $result) = hint($uri, undef, @GRANTED);
    ok hidden($response), "$uri: nothing is seen";
    return $response->headers->header('X-Cache') . " $result";
  };
  my $stale = sub ($uri) {
    my $was;
    $t->wait_until("$uri is stale", sub { ($was) = hint($uri, undef, @GRANTED); $was->headers->header('X-Cache') ne 'HIT' }) or return '';
    my ($result) = (split /\n/, $t->slurp('hints.log'))[-1] =~ /\|(.*)\|/;
    ok hidden($was), "$uri: nothing is seen";
    return $was->headers->header('X-Cache') . " $result";
  };
  $backend->behave('hint');
  is $asked->("/$_"), 'MISS queued', "$_: an answer of the shop" for qw(fresh same stale updating passed);
  is $asked->("/$_"), 'HIT -', "$_: the same answer" for qw(fresh same stale updating passed);
  is $asked->('/passed?bypass=1'), 'BYPASS queued', 'who goes around the cache asks the shop';
  is $stale->('/fresh'), 'EXPIRED queued', 'and so does who comes too late';
  $backend->behave('same');
  is $stale->('/same'), 'REVALIDATED -', 'what the shop has only confirmed';
  $backend->behave('close');
  is $stale->('/stale'), 'STALE -', 'a stale one in the place of an error';

  # while it is fetched anew behind the back of who got the stale one, others get it, too
  counted($t);
  $backend->behave('hang');
  my $first;
  $t->wait_until('stale', sub {
    $first = $t->connect;
    $first->request(GET => '/updating', undef, @GRANTED);
    $first->response->headers->header('X-Cache') ne 'HIT';
  });
  is $asked->('/updating'), 'UPDATING -', 'a stale one while it is updated';
  is counted($t), '', 'neither of them is an event';
  $backend->stop->start;
};

subtest 'what a cache keeps' => sub {
  my $kept = sub () {
    my @files = split /\n/, qx(find ${\ $t->dir }/cache ${\ $t->dir }/fcache -type f);
    return join '', map { $t->slurp($_) } @files;
  };
  my $event = {event => 'Search', event_id => 'clear', user => {email => 'clear@example.com'}, properties => {query => 'clear'}};
  my ($response, $result) = hint('/cached', $event, @GRANTED);
  is $result, 'queued', 'an event with an identifier in clear text';
  my $seen;
  $t->wait_until('it', sub { ($seen) = grep { $_->{event_id} eq 'clear' } map { $_->{event} } $t->sandbox_events });
  is $seen->{user}{email}, sha256_hex('clear@example.com'), 'arrives';
  $backend->behave('clear');
  is((hint('/passed?k=1', undef, @GRANTED))[1], 'queued', 'and by HTTP, twice');
  like $kept->(), qr{/cached|a hint}, 'the pages are in the cache';
  unlike $kept->(), qr/clear\@example/, 'the identifiers are not';
  $backend->behave('close');
  is((hint('/passed?k=1', undef, @GRANTED))[0]->body, 'page', 'and the page can be had from there');
  ($response) = hint('/cached', $event, @GRANTED);
  is $response->headers->header('X-Cache'), 'HIT', 'of both';
  like $response->body, qr/a hint/, 'as it was';

  # a header that FastCGI has in two records
  my $record  = sub ($type, $content) { return pack('CCnnCC', 1, $type, 1, length $content, 0, 0) . $content };
  my $headers = "Content-Type: text/html\r\nX-Tiktok-Event: " . encode_json({%$event, event_id => 'pieces'}) . "\r\n\r\npieces";
  for my $time (1, 2) {
    my $c = $t->connect;
    $c->request(GET => '/pieces', undef, @GRANTED);
    my $shop = $listener->accept;
    sysread $shop, my $asked, 65_536;
    print {$shop} $record->(6, substr $headers, 0, 60), $record->(6, substr $headers, 60), $record->(6, ''), $record->(3, pack 'NCx3', 0, 0);
    close $shop;
    my $answer = $c->response;
    is $answer->body, 'pieces', 'a header in pieces';
    is $answer->headers->header('X-Cache'), 'MISS', 'is not kept';
  }
  close $listener;
  unlike $kept->(), qr/clear\@example/, 'nor its identifiers';
};

subtest 'early hints and trailers of the shop' => sub {
  plan skip_all => 'nginx passes them on since 1.29' unless $NEW;
  $backend->behave('early');
  counted($t);
  my $c = $t->connect->write("GET /backend/hints HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\nCookie: consent=yes\r\n\r\n");
  my ($bytes, $more) = ('');
  $bytes .= $more while defined($more = $c->bytes);
  like $bytes, qr/103 Early Hints\r\n(?:.*\r\n)*Link: /, 'early hints';
  like $bytes, qr/\r\nX-Trailer: 1\r\n/, 'and trailers';
  unlike $bytes, qr/tiktok/i, 'show nothing';
  is counted($t), '', 'and are no events';
};

subtest 'other ways' => sub {
  my ($response, $result, $id) = hint('/hidden', $search->('o1'), @GRANTED);
  is $result, 'queued', 'also where nginx hides the header itself';
  ($response, $result, $id) = hint('/accel', $search->('o2'), @GRANTED);
  is $response->body, 'not found', 'an answer that sends nginx elsewhere';
  is "$result $id", 'queued o2', 'is still one of the shop';
  ok hidden($response), 'and nothing is seen';
  ($response, $result, $id) = hint('/error', $search->('o3'), @GRANTED);
  is $response->code, 404, 'an error that nginx answers in place of the shop';
  is "$result $id", 'queued o3', 'likewise';
  counted($t);
  ($response) = hint('/ssi', $search->('o4'), @GRANTED);
  like $response->body, qr/a hint/, 'a part of a page';
  ok hidden($response), 'shows nothing';
  is counted($t), '', 'and is no answer of its own';

  ($response, $result, $id) = hint('/rule?order=7&x=1&event=' . url_escape(encode_json({event => 'Purchase', properties => {order_id => 7, value => 9, currency => 'EUR'}})), undef, @GRANTED);
  is "$result $id", 'queued order.7', 'a rule and the shop, of one order';
  is counted($t), 'duplicate=1 queued=1', 'are one event';
  my $purchase;
  $t->wait_until('the order', sub { ($purchase) = grep { $_->{event_id} eq 'order.7' } map { $_->{event} } $t->sandbox_events });
  is $purchase->{properties}{value}, 9, 'the shop knows best';
};

$t->finish;

subtest 'without any pixel' => sub {
  my $n = Test::TikTok->new;
  $n->write_conf(<<'CONF')->start;
%%MAIN%%
events {}
http {
    %%HTTP%%
    server { listen 127.0.0.1:%%PORT_http%%; add_header X-Tiktok-Event 1 always; add_header X-Other 1 always; return 200 ok; }
}
CONF
  my $response = $n->get('/');
  is $response->headers->header('X-Other'), 1, 'other headers are';
  ok !$response->headers->header('X-Tiktok-Event'), 'nothing is seen';
  $n->finish;
};

done_testing;
