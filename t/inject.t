# the browser script's tag stands in every page that a browser shows, once and at the end of its head; all else is what
# the shop sent

use v5.36;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use lib dirname(abs_path(__FILE__)) . '/lib';

use Mojo::Util qw(gzip gunzip);
use Test::More;
use Test::TikTok;
use Time::HiRes ();

my $TAG  = '<script src="/_t/s.js" async></script>';
my $HEAD = '<!doctype html><html><head><meta charset="utf-8"><title>Shop</title>';
my $BODY = '</head><body><p>Welcome</p></body></html>';
my $PAGE = "$HEAD$BODY";
my $WITH = "$HEAD$TAG$BODY";
my $ZIPPED = gzip($PAGE);
my @HTML = ('Content-Type' => 'text/html');

my $t = Test::TikTok->new;

my $chunks = sub ($c, @parts) {
  $c->send("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n", map({ sprintf "%x\r\n%s\r\n", length, $_ } @parts), "0\r\n\r\n");
  return 1;
};
my %says = (    # what the shop answers, by the first part of the path
  page   => sub ($c, $r) { $c->answer(200, $PAGE, @HTML, ETag => '"1"', 'Last-Modified' => 'Mon, 02 Jan 2023 00:00:00 GMT', 'Accept-Ranges' => 'bytes', 'X-Shop' => 'yes') },
  bytes  => sub ($c, $r) { $chunks->($c, split //, $PAGE) },
  drip   => sub ($c, $r) { $c->drip("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n$PAGE", 0.0005); 0 },
  cuts   => sub ($c, $r) { $r->{head} =~ m{/cuts/(\d+)}; $chunks->($c, substr($PAGE, 0, $1), substr $PAGE, $1) },
  status => sub ($c, $r) { $r->{head} =~ m{/status/(\d+)}; $c->answer($1, $PAGE, @HTML) },
  empty  => sub ($c, $r) { $c->answer(200, '', @HTML) },
  file   => sub ($c, $r) { $c->answer(200, $PAGE, @HTML, 'Content-Disposition' => 'Attachment; filename="a.html"') },
  none   => sub ($c, $r) { $c->send("HTTP/1.1 204 No Content\r\nContent-Type: text/html\r\n\r\n"); 1 },
  same   => sub ($c, $r) { $c->send("HTTP/1.1 304 Not Modified\r\nETag: \"1\"\r\n\r\n"); 1 },
  moved  => sub ($c, $r) { $c->answer(302, $PAGE, @HTML, Location => '/page') },
  range  => sub ($c, $r) { $c->answer(206, substr($PAGE, 0, 100), @HTML, 'Content-Range' => 'bytes 0-99/' . length $PAGE) },
  type   => sub ($c, $r) { $r->{head} =~ m{/type/(\S*)}; $c->answer(200, $PAGE, 'Content-Type' => $1 =~ s/%(..)/chr hex $1/ger) },
  plain  => sub ($c, $r) { $r->{head} =~ m{/plain/(\w+)}; $c->answer(200, $PAGE, @HTML, 'Content-Encoding' => $1) },
  gzip   => sub ($c, $r) { $c->answer(200, $ZIPPED, @HTML, 'Content-Encoding' => 'gzip') },
  choose => sub ($c, $r) { ($r->{headers}{'accept-encoding'} // '') =~ /gzip/ ? $says::choose->($c) : $c->answer(200, $PAGE, @HTML) },
  fixed  => sub ($c, $r) { $c->answer(200, $PAGE, @HTML, 'Cache-Control' => 'private, No-Transform') },
  cached => sub ($c, $r) { $c->answer(200, $PAGE, @HTML, 'Cache-Control' => 'max-age=60') },
  accel  => sub ($c, $r) { $c->answer(200, '', @HTML, 'X-Accel-Redirect' => '/static.html') },
  part   => sub ($c, $r) { $c->answer(200, "<div>part</div>", @HTML, ETag => '"part"') },
  head   => sub ($c, $r) { $c->answer(200, $HEAD, @HTML) },
  ssi    => sub ($c, $r) { $c->answer(200, '<!--# include virtual="/head" --></head><body><!--# include virtual="/page" --></body></html>', @HTML) },
  big    => sub ($c, $r) { $r->{head} =~ m{/big/(\d+)}; $c->answer(200, $HEAD . '<style>' . 'a' x $1 . "</style>$BODY" . 'b' x $1, @HTML) },
  nothing => sub ($c, $r) { $c->send("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"); 0 },
  cutoff  => sub ($c, $r) { $c->send("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 500\r\n\r\n" . ($r->{head} =~ m{/cutoff/(\d+)} ? substr $PAGE, 0, $1 : '')); 0 },
  pause   => sub ($c, $r) {
    $c->send("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: ${\ length $PAGE }\r\n\r\n");
    Time::HiRes::sleep(0.1);
    $c->send(substr $PAGE, 0, 1);
    Time::HiRes::sleep(0.1);
    $c->send(substr $PAGE, 1);
    1;
  },
  slow   => sub ($c, $r) {
    $c->send("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n" . sprintf "%x\r\n%s\r\n", length "$HEAD</head>", "$HEAD</head>");
    Test::TikTok::Process::wait_for(10, sub { -e $t->dir . '/go-on' });
    $c->send("5\r\n<body\r\n0\r\n\r\n");
    1;
  },
  html   => sub ($c, $r) { $r->{head} =~ m{/html/(\S*)}; $c->answer(200, pack('H*', $1), @HTML) },
);
$says::choose = sub ($c) { $c->answer(200, $ZIPPED, @HTML, 'Content-Encoding' => 'gzip', Vary => 'Accept-Encoding') };

my $backend = $t->backend(behave => 'shop', named => {
  shop => sub ($c, $r) { ($says{$r->{head} =~ m{\A\S+ /(\w+)} ? $1 : 'page'} // $says{page})->($c, $r) },
});
my $shop = $backend->address;

$t->file('html/static.html', $PAGE);
$t->file('html/part.html', '<div>part</div>');
$t->file('html/long.html',   $HEAD . '<style>' . 'a' x 200_000 . "</style>$BODY" . 'b' x 200_000);
$t->file('html/plain.txt',   $PAGE);
$t->file('html/sub/page.html', $PAGE);
$t->file('html/oops.html',   $PAGE);
mkdir $t->dir . '/cache';

my $conf = {
  h2            => 1,
  http          => "charset_map iso-8859-1 utf-8 { E4 C3A4; } proxy_cache_path %%DIR%%/cache keys_zone=pages:1m; map \$arg_script \$script { default \$arg_script; none ''; }",
  tiktok_inject => '/_t/s.js',
  server        => "root %%DIR%%/html; proxy_http_version 1.1;",
  '/'           => "proxy_pass $shop;",
  '/static.html'  => 'etag on;',
  '/part.html'    => '',
  '/long.html'    => 'sendfile on;',
  '/plain.txt'    => '',
  '/threads/'     => 'alias %%DIR%%/html/; aio threads; sendfile on; output_buffers 1 4k;',
  '/direct/'      => 'alias %%DIR%%/html/; directio 512; output_buffers 1 4k;',
  '/sub/'         => 'sendfile on; tcp_nopush on; output_buffers 2 13;',
  '/zipped/'      => 'alias %%DIR%%/html/; gzip on; gzip_min_length 0;',
  '/return'       => "default_type text/html; return 200 '$PAGE';",
  '/unbuffered/'  => "proxy_pass $shop/; proxy_buffering off;",
  '/small/'       => "proxy_pass $shop/; proxy_buffer_size 1k; proxy_buffers 3 512; proxy_busy_buffers_size 1k;",
  '/file/'        => "proxy_pass $shop/; proxy_buffers 2 4k; proxy_buffer_size 4k; proxy_busy_buffers_size 4k;",
  '/x/'           => "proxy_pass $shop/;",
  '/gzipped/'     => "proxy_pass $shop/; gzip on; gzip_min_length 0; gzip_proxied any;",
  '/sub-gzip/'    => "proxy_pass $shop/; gzip on; gzip_min_length 0; gzip_proxied any; sub_filter '<title>' '<meta name=a><title>'; sub_filter 'Welcome' 'Hello';",
  '/sub-head/'    => "proxy_pass $shop/; sub_filter '</head>' '<b></head>';",
  '/gunzip/'      => "proxy_pass $shop/; gunzip on;",
  '/identity/'    => "proxy_pass $shop/; proxy_set_header Accept-Encoding '';",
  '/included/'    => "proxy_pass $shop/; ssi on;",
  '= /head'       => "proxy_pass $shop;",
  '/added/'       => "proxy_pass $shop/; add_after_body /part;",
  '/cache/'       => "proxy_pass $shop/; proxy_cache pages;",
  '/sliced'       => "proxy_pass $shop/page;",
  '/missing'      => 'return 404;',
  '/own-404'      => 'error_page 404 /oops.html; return 404;',
  '/own-200'      => 'error_page 404 =200 /oops.html; return 404;',
  '/named'        => 'error_page 404 = @named; return 404;',
  '@named'        => "proxy_pass $shop;",
  '/broken'       => 'error_page 500 /oops.html; return 500;',
  '/intercepted/' => "proxy_pass $shop/; proxy_intercept_errors on; error_page 404 /oops.html;",
  '/try'          => 'try_files /nowhere /static.html;',
  '/auth'         => 'auth_request /allowed; try_files /static.html =404;',
  '= /allowed'    => 'internal; return 204;',
  '/mirrored'     => "mirror /page; proxy_pass $shop/page;",
  '/off'          => "tiktok_inject off; proxy_pass $shop/page;",
  '/no-pixel'     => "tiktok_pixel off; proxy_pass $shop/page;",
  '/empty-value'  => "tiktok_inject ''; proxy_pass $shop/page;",
  '/other'        => "tiktok_inject /_t/other.js; proxy_pass $shop/page;",
  '/variable'     => "tiktok_inject \$script; proxy_pass $shop/page;",
  '/nonce'        => "tiktok_inject /_t/s.js nonce=\$arg_nonce; proxy_pass $shop/page;",
  '/header-nonce' => "tiktok_inject /_t/s.js nonce=\$upstream_http_x_shop; proxy_pass $shop/page;",
  '/absolute'     => "tiktok_inject https://cdn.shop.example/s.js?a=1&b=2; proxy_pass $shop/page;",
  '/charset'      => "charset utf-8; source_charset iso-8859-1; proxy_pass $shop/page;",
};
$t->conf(%$conf)->start;

# Mojo makes up a length of what came in chunks
my $head_of = sub ($uri, @more) {
  my $got = '';
  my $connection = $t->connect->request(GET => $uri, undef, @more);
  while ($got !~ /\r\n\r\n/) { $got .= $connection->bytes // last }
  return $got =~ s/\r\n\r\n.*//sr;
};

my $warned = sub { return scalar $t->grep_log(qr/\[warn\].*tiktok_inject/) };

subtest 'a page' => sub {
  my $response = $t->get('/page');
  is $response->body, $WITH, 'has the tag before </head>';
  my $head = $head_of->('/page');
  unlike $head, qr/^$_:/mi, "no $_" for qw(Transfer-Encoding ETag Last-Modified Accept-Ranges);
  like $head, qr/^Content-Length: ${\ length $WITH }\r?$/mi, 'and the length that it has now';
  like $head, qr/^$_\r?$/mi, "$_ stays" for 'X-Shop: yes', 'Content-Type: text/html', 'Connection: keep-alive';
  unlike $head_of->("$_/page"), qr/^(?:Content-Length|ETag|Last-Modified):/mi, "no length or validator where nginx changes more: $_" for qw(/included /sub-head);
  is $t->get('/page', Connection => 'keep-alive')->body, $WITH, 'on a connection that stays';
  is $t->get("$_/page")->body, $WITH, "$_" for qw(/unbuffered /small /file /gzipped /gunzip /identity /cache /cache /included);
  is $t->get($_)->body, $WITH, $_ for qw(/static.html /threads/static.html /direct/static.html /sub/page.html /return /try /auth /mirrored /accel /charset);
  is $t->h2(GET => $_)->body, $WITH, "HTTP/2: $_" for qw(/page /static.html /sub/page.html);
  is $t->post('/page', 'a=1')->body, $WITH, 'after a form';
  is $t->get('/page', Cookie => 'consent=no')->body, $WITH, 'whoever asks';
};

subtest 'cut anywhere' => sub {
  for my $place ('', '/unbuffered', '/small', '/gzipped', '/included', '/sub-head') {
    my $expected = $place eq '/sub-head' ? $WITH =~ s{\Q$TAG\E}{<b>}r =~ s{<b>}{$TAG<b>}r : $WITH;
    is $t->get("$place/bytes")->body, $expected, "$place: byte by byte";
    is $t->get("$place/drip")->body,  $expected, "$place: and in as many packets";
  }
  my @wrong = grep { $t->get("/cuts/$_")->body ne $WITH || $t->get("/unbuffered/cuts/$_")->body ne $WITH } 1 .. length($PAGE) - 1;
  is "@wrong", '', 'in two pieces at every place';
};

subtest 'large pages' => sub {
  for my $place ('/big', '/unbuffered/big', '/small/big', '/file/big', '/gzipped/big') {
    for my $size (10_000, 3_000_000) {
      my $expected = $HEAD . '<style>' . 'a' x $size . "</style>$TAG$BODY" . 'b' x $size;

      # it waits in nginx, and in a file, until somebody reads
      my $connection = $t->connect->request(GET => "$place/$size");
      $t->wait_until('the answer', sub { vec(my $ready = '', fileno $connection->socket, 1) = 1; select $ready, undef, undef, 0.1 });
      my $response = $connection->response;
      ok $response && $response->body eq $expected, "$place/$size";
    }
  }
  unlike $head_of->('/big/3000000'), qr/^(?:Content-Length|ETag):/mi, 'no length where the place comes later than the header';
  my $expected = $HEAD . '<style>' . 'a' x 200_000 . "</style>$TAG$BODY" . 'b' x 200_000;
  ok $t->get("$_/long.html")->body eq $expected, "a file: $_" for '', '/threads', '/direct';
};

subtest 'nothing is held back' => sub {
  my $connection = $t->connect->request(GET => '/unbuffered/slow');
  my $got        = '';
  while ($got !~ m{</head>}) { $got .= $connection->bytes // last }
  like $got, qr{\Q$HEAD$TAG\E</head>}, 'the head is there, with the tag';
  $t->file('go-on', '');
  while ($got !~ m{0\r\n\r\n\z}) { $got .= $connection->bytes // last }
  like $got, qr{<body\r\n0\r\n\r\n\z}, 'before the shop has sent the rest';
};

subtest 'a shop that says little' => sub {
  for my $place ('', '/unbuffered') {
    is $t->get("$place/pause")->body, $WITH, "$place: header, a byte, the rest";
    my $nothing = $t->get("$place/nothing");
    is $nothing->code, 200, "$place: a header and no more";
    is $nothing->body, '', 'is that';
    for my $bytes (0, 10, 60, length($HEAD) + 3) {
      my $connection = $t->connect->request(GET => "$place/cutoff/$bytes");
      ok $connection->is_closed, "$place: cut off after $bytes bytes, closed";
      my $got = $connection->bytes // '';
      like $got, qr/\AHTTP\/1\.1 200 /, 'with a header';
      my ($body) = $got =~ /\r\n\r\n(.*)\z/s;
      $body =~ s/\Q$TAG// if $bytes > length $HEAD;
      unlike $body, qr/script/, 'no more than one tag';
    }
  }
};

subtest 'no page, or none for a browser to show' => sub {
  is $t->get("/status/$_")->body, $WITH, "status $_" for 200, 201, 203, 400, 403, 404, 410, 422;
  is $t->get("/status/$_")->body, $PAGE, "but not $_" for 500, 502, 503;
  my $moved = $t->get('/moved');
  is $moved->body, $PAGE, 'not a redirect';
  is $moved->headers->content_length, length $PAGE, 'which keeps its length';
  my $range = $t->get('/range', Range => 'bytes=0-99');
  is $range->code, 206, 'a part';
  is $range->body, substr($PAGE, 0, 100), 'is that part';
  for my $uri ('/static.html', '/part.html', '/cache/cached', '/cache/cached', '/cache/part') {
    my $whole = $t->get($uri, Range => 'bytes=1-9');
    is $whole->code, 200, "bytes of a file or of the cache: $uri";
    is $whole->body, $uri =~ /part/ ? '<div>part</div>' : $WITH, 'all of them';
    unlike $head_of->($uri), qr/^Accept-Ranges:/mi, 'no other is promised';
  }
  is $t->get('/none')->code, 204, 'no content';
  is $t->get('/x/file')->body, $PAGE, 'a page to be saved';
  is $t->get('/empty')->headers->content_length, 0, 'an empty page stays empty';
  is $t->get('/same')->headers->etag, '"1"', 'a 304 of the shop stays as it is';

  my $head = $t->request(HEAD => '/page');
  is $head->code, 200, 'HEAD';
  is $head->headers->header($_), undef, "without $_, as GET" for qw(Content-Length ETag Last-Modified);
  is $t->request(HEAD => '/static.html')->headers->content_length, undef, 'a file too';

  my $raw = $t->raw("GET /page HTTP/1.0\r\nHost: shop.example\r\n\r\n");
  is $raw->response->body, $WITH, 'HTTP/1.0';
  ok $raw->is_closed, 'ends with the connection';

  my %type = ('text/html;charset=utf-8' => 1, 'Text/HTML' => 1, 'text/html%20;%20charset=x' => 1,
    map { $_ => 0 } qw(text/htmlx text/plain application/json application/xhtml+xml text/html+x image/svg+xml text/css));
  is $t->get("/type/$_")->body, $type{$_} ? $WITH : $PAGE, "type $_" for sort keys %type;
  is $t->get('/plain.txt')->headers->content_length, length $PAGE, 'another file keeps its length';
  my $part = $t->get('/part');
  is $part->body, '<div>part</div>', 'a part of a page';
  is $part->headers->etag, '"part"', 'is untouched';
  like $head_of->('/part'), qr/^Content-Length: 15\r?$/m, 'its header as well';
  my $status = $t->get('/status?format=html');
  like $status->body, qr/<!doctype html>/i, 'the status as a page';
  unlike $status->body, qr/\Q$TAG\E/, 'is not of the shop';
};

subtest 'pages of all kinds' => sub {
  my @pages = (    # "@" is where the tag stands
    '<html><head>@</HEAD><body>a', '<HTML><HEAD>@</HeAd >', '<!doctype html><title>a</title>@<p>b', '<html>@<body>a', '@<body>a',
    '<html><head><!-- </head> --><script>"</head>"</script>@</head>', '<head><title></head></title>@</head>', '<head><meta content="</head>">@</head>',
    '<!doctype html><title>a</title>@', "\xef\xbb\xbf<html><head>@</head>", '<div>a</div></head>', '{"html": "<head></head>"}', 'a', '<html><head><title>a',
    "\xff\xfe<\0h\0e\0a\0d\0>\0<\0/\0h\0e\0a\0d\0>\0", "\0<\0h\0e\0a\0d\0>\0<\0/\0h\0e\0a\0d\0>",
  );
  for my $page (@pages) {
    my $sent = $page =~ s/\@//r;
    is $t->get("$_/html/" . unpack 'H*', $sent)->body, $page =~ s/\@/$TAG/r, "$_ " . $page =~ s/[^ -~]/./gr for '', '/unbuffered', '/small';
  }
};

subtest 'pages made of several' => sub {
  is $t->get('/included/ssi')->body, "$HEAD$TAG</head><body>$PAGE</body></html>", 'SSI: in the head that was included, and once';
  is $t->get('/head')->body, "$HEAD$TAG", 'and in it when it is asked for';
  is $t->get('/added/page')->body, "$WITH<div>part</div>", 'addition';
  is $t->get('/added/part')->body, '<div>part</div><div>part</div>', 'two parts are no page';
  is $t->get('/included/part')->body, '<div>part</div>', 'nor is one with SSI';
};

subtest 'error pages' => sub {
  for my $uri (qw(/own-404 /own-200 /named /intercepted/status/404)) {
    my $response = $t->get($uri);
    is $response->code, $uri =~ /404/ ? 404 : 200, $uri;
    is $response->body, $WITH, 'with the tag';
    like $head_of->($uri), qr/^Content-Length: ${\ length $WITH }\r?$/mi, 'and its length';
  }
  like $t->get('/missing')->body, qr{\Q$TAG\E</head>}, "nginx's own";
  my $broken = $t->get('/broken');
  is $broken->code, 500, 'a shop that is down';
  is $broken->body, $PAGE, 'is not asked for a script as well';
};

subtest 'compression' => sub {
  my @accept = ('Accept-Encoding' => 'gzip');
  for my $uri ('/zipped/static.html', '/gzipped/page', '/gzipped/bytes', '/gzipped/big/50000') {
    my $response = $t->get($uri, @accept);
    is $response->headers->content_encoding, 'gzip', "$uri: compressed for the client";
    my $expected = $uri =~ /big/ ? $HEAD . '<style>' . 'a' x 50_000 . "</style>$TAG$BODY" . 'b' x 50_000 : $WITH;
    ok gunzip($response->body) eq $expected, 'after it was put in';
  }
  my $response = $t->get('/sub-gzip/page', @accept);
  my $expected = $WITH =~ s{<title>}{<meta name=a><title>}r =~ s{Welcome}{Hello}r;
  is gunzip($response->body), $expected, 'after sub_filter, and before gzip';
  is $t->get('/sub-gzip/bytes')->body, $expected, 'byte by byte as well';

  is $warned->(), 0, 'no warning yet';
  for (1 .. 3) {
    $response = $t->get('/gzip', @accept);
    is $response->body, $ZIPPED, 'a page that comes compressed is left alone';
    is $response->headers->content_length, length $ZIPPED, 'with its length';
  }
  is $warned->(), 1, 'which is told once';
  ok $t->grep_log(qr/"tiktok_inject" leaves a page alone that comes compressed \("Content-Encoding: gzip"\).*proxy_set_header Accept-Encoding ''/), 'with the remedy';
  is $t->get("/plain/$_")->body, $WITH, "a shop that says $_" for qw(identity None);
  is $t->get('/choose', @accept)->headers->content_encoding, 'gzip', 'a shop that compresses on request';
  $response = $t->get('/identity/choose', @accept);
  is $response->body, $WITH, 'is not asked to with the remedy';
  is $t->get('/gunzip/gzip')->body, $WITH, 'gunzip, for clients that do not take it';
  is $t->get('/gunzip/gzip', @accept)->body, $ZIPPED, 'and not for others';

  is $t->get('/fixed')->body, $PAGE, 'no-transform' for 1 .. 2;
  is $t->grep_log(qr/\[warn\].*tiktok_inject.*no-transform/), 1, 'is told once, too';
};

subtest 'what is put in' => sub {
  my $with = sub ($uri) { return $t->get($uri)->body =~ m{\Q$HEAD\E(.*?)\Q$BODY\E\z}s ? $1 : '?' };
  is $with->('/off'), '', 'off';
  is $with->('/no-pixel'), '', 'no pixel, nothing for the script to do';
  is $with->('/empty-value'), '', 'empty';
  is $t->get('/off')->headers->etag, '"1"', 'the page is as it was';
  is $with->('/other'), '<script src="/_t/other.js" async></script>', 'a location has its own';
  is $with->('/absolute'), '<script src="https://cdn.shop.example/s.js?a=1&amp;b=2" async></script>', 'of another host';
  is $with->('/variable?script=/a.js'), '<script src="/a.js" async></script>', 'a variable';
  is $with->('/variable?script=none'), '', 'an empty one';
  is $with->('/variable'), '', 'none at all';
  is $with->('/nonce?nonce=aB3%2b/_-='), '<script src="/_t/s.js" async nonce="aB3%2b/_-="></script>', 'a nonce';
  is $with->('/nonce'), $TAG, 'an empty one';
  is $with->('/header-nonce'), '<script src="/_t/s.js" async nonce="yes"></script>', 'of a header that the shop sent';
  is $with->('/variable?script=/a"><script>alert(1)</script>'), '<script src="/a&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;" async></script>',
    'what could end the attribute cannot';
  is $with->("/variable?script=/a'b"), q(<script src="/a'b" async></script>), 'another quote';
  is $with->("/variable?script=/\xc3\xa4"), '<script src="/%C3%A4" async></script>', 'whatever the character set';
  is $with->('/nonce?nonce="><b>'), '<script src="/_t/s.js" async nonce="&quot;&gt;&lt;b&gt;"></script>', 'a nonce like that';
  is $with->("/nonce?nonce=a\xe4"), $TAG, 'one that cannot be';
  my $before = $warned->();
  is $with->("/variable?script=$_"), '', "no URI: $_" for 'data:text/javascript,alert(1)', 'javascript:alert(1)', 's.js', '/';
  is $warned->(), $before + 1, 'is told once';
};

subtest 'a reload' => sub {
  $t->reload(conf => {%$conf, tiktok_inject => undef});
  is $t->get('/page')->body, $PAGE, 'takes it away';
  is $t->get('/other')->body, $HEAD . '<script src="/_t/other.js" async></script>' . $BODY, 'where it was';
  $t->reload(conf => $conf);
  is $t->get('/page')->body, $WITH, 'and back';
};

subtest 'brotli' => sub {
  plan skip_all => 'Debian has the module for its own nginx' if $ENV{TEST_NGINX_BINARY};
  my $brotli = 'load_module /usr/lib/nginx/modules/ngx_http_brotli_filter_module.so;';
  my $text = $t->conf_text(%$conf, '/brotli/' => "proxy_pass $shop/; brotli on; brotli_min_length 1;");
  my ($status, $said) = $t->test_conf($text =~ s/%%MAIN%%/%%MAIN%%\n$brotli/r);
  is $status, 0, 'loaded after this module' or diag $said;
  like $said, qr/\[warn\].*tiktok_inject.*load ngx_http_brotli_filter_module before/, 'it would come first, which is told';

  my $good = $text =~ s/%%MAIN%%/$brotli\n%%MAIN%%/r;
  ($status, $said) = $t->test_conf($good);
  unlike $said, qr/\[warn\]/, 'loaded before, nothing is told';
  $t->stop;
  $t->write_conf($good)->start;
  my $before = $warned->();
  my $response = $t->get('/brotli/page', 'Accept-Encoding' => 'br');
  is $response->headers->content_encoding, 'br', 'a page is compressed';
  is $warned->(), $before, 'and did not come so';
  is $t->get('/brotli/page')->body, $WITH, 'with the tag';
};

$t->finish;
done_testing;
