# the click id of a landing page becomes a cookie of this host's own, with consent and nowhere else; whoever denies
# consent loses it

use v5.36;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use lib dirname(abs_path(__FILE__)) . '/lib';

use Mojo::Util qw(url_escape);
use Test::More;
use Test::TikTok;
use Test::TikTok::Capture qw(is_answer);

my $ID    = 'E.C.P.x-Y_0~z';
my $LASTS = 30 * 86400;
my @YES   = (Cookie => 'consent=yes');

my $t = Test::TikTok->new;
my $key = $t->dir . '/tls.key';
system("openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=shop.example -keyout $key -out $t->{dir}/tls.pem 2>/dev/null") == 0
  or die "openssl failed\n";

my $backend = $t->backend(named => {
  not_modified => sub ($c, $r) { $c->send("HTTP/1.1 304 Not Modified\r\nETag: \"1\"\r\n\r\n"); 1 },
  shared       => sub ($c, $r) { $c->answer(200, 'page', 'Cache-Control' => 'max-age=60,Public') },
  two_headers  => sub ($c, $r) { $c->send("HTTP/1.1 200 OK\r\nCache-Control: max-age=5\r\nCache-Control: S-MaxAge=60\r\nContent-Length: 2\r\n\r\nok"); 1 },
  private      => sub ($c, $r) { $c->answer(200, 'page', 'Cache-Control' => 'private, max-age=60') },
  own_cookie   => sub ($c, $r) { $c->answer(200, 'page', 'Set-Cookie' => 'cart=1; Path=/') },
  accel        => sub ($c, $r) { $c->answer(200, '', 'X-Accel-Redirect' => '/plain') },
  (map { my $verdict = $_; ("says_$verdict" => sub ($c, $r) { $c->answer(200, 'page', 'X-Consent' => $verdict) }) } qw(granted denied)),
});
$t->file('html/index.php', "page\n");
$t->file('html/page.html', "page\n");

$t->conf(
  h2     => 1,
  http   => "log_format click '\$tiktok_ttclid';",
  server => <<"CONF",
listen 127.0.0.1:%%PORT_tls%% ssl;
ssl_certificate %%DIR%%/tls.pem; ssl_certificate_key %%DIR%%/tls.key;
access_log %%DIR%%/click.log click;
root %%DIR%%/html;
error_page 404 /missing;
CONF
  '/'           => "proxy_pass ${\ $backend->address };",
  '= /plain'    => 'return 200 "plain";',
  '= /moved'    => 'return 302 /plain;',
  '= /gone'     => 'return 404;',
  '= /missing'  => 'return 404 "nothing here";',
  '= /rewrite'  => 'rewrite ^ /plain? last;',
  '= /try'      => 'try_files /nothing /index.php;',
  '= /index.php' => 'default_type text/html;',
  '= /page.html' => 'etag on;',
  '= /expires'  => 'expires 1h; add_header Cache-Control public; return 200 "page";',
  '= /off'      => 'tiktok_click_id off; return 200 "page";',
  '= /no-pixel' => 'tiktok_pixel off; return 200 "page";',
  '= /week'     => 'tiktok_click_id on max_age=1w domain=shop.example; return 200 "page";',
  '= /elsewhere' => 'tiktok_click_id on domain=.other.example; return 200 "page";',
  '= /below'    => 'tiktok_click_id on domain=www.Shop.example; return 200 "page";',
  '= /again'    => 'tiktok_click_id on domain=Other.Example; return 200 "page";',
  '= /outer'    => 'proxy_set_header Cookie ""; proxy_pass http://127.0.0.1:%%PORT_http%%/plain?ttclid=inner;',
  '= /auth'     => 'auth_request /allowed; try_files /page.html =404;',
  '= /allowed'  => 'internal; return 204;',
  '= /variable' => 'tiktok_consent variable $arg_consent; return 200 "[$tiktok_ttclid]";',
  '= /answer'   => "tiktok_consent assumed; tiktok_consent variable \$upstream_http_x_consent if=\$upstream_http_x_consent; "
    . "proxy_set_header X-Was \$tiktok_consent; proxy_pass ${\ $backend->address };",
  '= /say'      => 'return 200 "[$tiktok_ttclid]";',
)->start;

# name, value and attributes of every cookie, as one text for each
my $cookies = sub ($response) {
  return join ' | ', map {s/;\s*/ /gr} @{$response->headers->every_header('Set-Cookie')};
};
my $set = sub ($id = $ID, $age = $LASTS, $more = '') { return "ttclid=$id Path=/ Max-Age=$age$more SameSite=Lax" };
my $expired = $set->('', 0);
my $expired_of = sub ($more, @domains) { return join ' | ', map { $set->('', 0, $_) . $more } '', map {" Domain=$_"} @domains };

sub landing ($uri, @headers) { return $t->get($uri . ($uri =~ /\?/ ? '' : "?ttclid=$ID"), @YES, @headers) }

subtest 'which answers' => sub {
  my %is = ('/plain' => 200, '/moved' => 302, '/gone' => 404, '/missing' => 404, '/rewrite' => 200, '/try' => 200, '/auth' => 200, '/page.html' => 200);
  for my $uri (sort keys %is) {
    my $response = landing($uri);
    is $response->code, $is{$uri}, "$uri: $is{$uri}";
    is $cookies->($response), $set->(), 'has the cookie';
    is $cookies->($t->get($uri, @YES)), '', 'but not without a click id';
  }
  is $cookies->(landing('/outer')), $set->(), 'a proxied page has it once, and by its own query';

  $backend->behave('not_modified');
  my $response = landing('/x');
  is $response->code, 304, 'an upstream says 304';
  is $cookies->($response), '', 'which has none';

  my $etag = landing('/page.html')->headers->etag;
  $response = landing('/page.html', 'If-None-Match' => $etag);
  is $response->code, 304, 'nginx itself says 304';
  is $cookies->($response), '', 'which has none';

  for my $name (qw(shared two_headers)) {
    $backend->behave($name);
    is $cookies->(landing('/x')), '', "an answer for shared caches: $name";
  }
  is $cookies->(landing('/expires')), '', 'an answer for shared caches: add_header';
  $backend->behave('private');
  is $cookies->(landing('/x')), $set->(), 'a private answer';
  $backend->behave('own_cookie');
  is $cookies->(landing('/x')), "cart=1 Path=/ | ${\ $set->() }", 'the shop keeps its cookies';
  $backend->behave('accel');
  is $cookies->(landing('/x')), $set->(), 'X-Accel-Redirect';
};

subtest 'which requests' => sub {
  is $cookies->($t->request(HEAD => "/plain?ttclid=$ID", undef, @YES)), $set->(), 'HEAD is as GET';
  is $cookies->($t->post("/plain?ttclid=$ID", 'a=1', @YES)), $set->(), 'a form';
  is $cookies->(landing("/plain?a=1&ttclid=$ID&b=2#ttclid=no")), $set->(), 'among other arguments';
  is $cookies->($t->h2(GET => "/plain?ttclid=$ID", undef, @YES)), $set->(), 'HTTP/2';
  is $cookies->(landing('/plain', 'User-Agent' => 'Googlebot/2.1')), '', 'not a crawler';
  is $cookies->(landing('/plain', 'Sec-Purpose' => 'prefetch')), '', 'not a prefetch';
  is $cookies->($t->get("/plain?ttclid=$ID")), '', 'not while undecided';
  is $cookies->($t->get("/plain?ttclid=$ID", Cookie => 'consent=no')), '', 'not when denied';
  is $cookies->(landing('/plain', 'Sec-GPC' => '1')), '', 'not when opted out';
  is $cookies->(landing('/off')), '', 'not where it is off';
  is $cookies->(landing('/no-pixel')), '', 'not where there is no pixel';
  like $cookies->(landing('/elsewhere')), qr/ Domain=other\.example /i, 'of a domain as browsers have it';
  is $cookies->(landing('/week')), $set->($ID, 7 * 86400, ' Domain=shop.example'), 'as configured';
  my $response = $t->raw("GET /plain?ttclid=$ID HTTP/1.0\r\nCookie: consent=yes\r\n\r\n")->response;
  is $cookies->($response), $set->(), 'HTTP/1.0 and no Host';
};

subtest 'Secure' => sub {
  my $secure = $set->() . ' Secure';
  is $cookies->(landing('/plain', port => 'tls', tls => 1)), $secure, 'over TLS';
  is $cookies->(landing('/plain', 'X-Forwarded-Proto' => $_)), $secure, "a proxy says $_" for 'https', 'HTTPS', 'https, http';
  is $cookies->(landing('/plain', 'X-Forwarded-Proto' => $_)), $set->(), "a proxy says $_" for 'http', 'http, https', '';
  is $cookies->(landing('/plain', port => 'tls', tls => 1, 'X-Forwarded-Proto' => 'http')), $secure, 'whatever a visitor says';
};

subtest 'which values' => sub {
  my $long = 'E.C.P.' . join '', map { ('a' .. 'z', 'A' .. 'Z', 0 .. 9, qw(. _ -))[$_ % 65] } 1 .. 994;
  is length $long, 1000, 'a long one';
  is $cookies->(landing("/plain?ttclid=$long")), $set->($long), 'is not cut';
  is $cookies->(landing('/plain?ttclid=' . url_escape($long, '\s\S'))), $set->($long), 'even where each byte was encoded';
  is $cookies->(landing("/plain?ttclid=${long}x")), '', 'longer than they get: none, rather than half of it';
  is $cookies->(landing('/plain?ttclid=' . url_escape $_)), '', 'not ' . s/[^ -~]/?/gr
    for '', 'a b', 'a;b', 'a,b', 'a"b', 'a\\b', "a\r\nSet-Cookie: b=1", "a\x7f", "\xc3\xa4", "a\0b", "a; Domain=evil.example";
  is $cookies->(landing('/plain?ttclid=a%')), $set->('a%'), 'a stray percent sign stays';
  is $cookies->(landing('/plain?ttclid=&ttclid=b')), $set->('b'), 'the first that is one';
  is $cookies->(landing('/plain?TTCLID=a&xttclid=b')), '', 'of that name';
  my $response = $t->get("/plain?ttclid=$ID", Cookie => 'consent=yes; ttclid=old');
  is $cookies->($response), $set->(), 'the newest wins';
};

subtest 'beacons' => sub {
  my $page = 'https://shop.example';
  my $beacon = sub ($url, $referrer = undef, %more) {
    my $cookies = exists $more{cookies} ? delete $more{cookies} : 'consent=yes';
    state $n = 0;
    my $page = {url => $url, defined $referrer ? (referrer => $referrer) : ()};
    return $t->beacon({event => 'Search', event_id => 'b' . ++$n, page => $page, %more}, cookies => $cookies);
  };
  is $cookies->($beacon->("$page/?a=1&ttclid=$ID#b")), $set->(), 'of the page';
  is $cookies->($beacon->("$page/?ttclid=$ID", undef, cookies => "consent=yes; ttclid=$ID")), $set->(), 'renewed';
  is $cookies->($beacon->("$page/?ttclid=$ID", undef, cookies => 'consent=yes; ttclid=old')), $set->(), 'newer than the cookie';
  is $cookies->($beacon->("$page/2", "$page/?ttclid=$ID")), $set->(), 'of the page before';
  is $cookies->($beacon->("$page/2", "https://other.example/?ttclid=$ID")), '', 'but not of another host';
  is $cookies->($beacon->("$page/?ttclid=new", "$page/?ttclid=$ID")), $set->('new'), 'the page goes before the one before it';
  is $cookies->($beacon->("$page/2", undef, cookies => "consent=yes; ttclid=$ID")), '', 'the cookie itself does not live longer by use';
  is $cookies->($beacon->("$page/2", undef, user => {ttclid => $ID})), $set->(), 'one that the page knows of';
  is $cookies->($beacon->("$page/2", undef, user => {ttclid => $ID}, cookies => 'consent=yes; ttclid=kept')), '', 'if there was none';
  is $cookies->($t->beacon([map { {event => 'Search', event_id => "a$_", page => {url => "$page/?ttclid=$_"}} } 1, 2])), $set->(2), 'the last of an array';
  is $cookies->($t->beacon([{event => 'Search', page => {url => "$page/?ttclid=1"}}, {event => 'Search'}])), $set->(1), 'that has one';
  is $cookies->($t->get("/e?event=Search&event_id=g1&url=" . url_escape("$page/?ttclid=$ID"), @YES)), $set->(), 'an image';
  is $cookies->($beacon->("$page/?ttclid=$ID", undef, event_id => 'same')), $set->(), 'an event';
  my $again = $beacon->("$page/?ttclid=$ID", undef, event_id => 'same');
  is_answer $again, '204 duplicate granted', 'that comes twice';
  is $cookies->($again), $set->(), 'has it twice';

  is $cookies->($beacon->("$page/?ttclid=$ID", undef, cookies => 'consent=no')), '', 'not when denied';
  is $cookies->($beacon->("$page/?ttclid=$ID", undef, cookies => undef)), '', 'not while undecided';
  is $cookies->($beacon->("$page/?ttclid=$ID", undef, event => '!')), '', 'not of what is no event';
  is $cookies->($t->post("/e?ttclid=$ID", '', @YES)), '', 'not of its own query';
  my $foreign = $t->get("/e?event=Search&ttclid=$ID", @YES, Origin => 'https://evil.example');
  is $foreign->code, 403, 'another site';
  is $cookies->($foreign), '', 'cannot set it';
};

subtest 'denied' => sub {
  my $gone = $expired_of->('', 'shop.example');
  my @no = (Cookie => "a=1; ttclid=$ID; consent=no");
  is $cookies->($t->get('/plain', @no)), $gone, 'any page takes it back';
  is $cookies->($t->get("/plain?ttclid=$ID", @no)), $gone, 'also one with a click id';
  is $cookies->($t->get('/moved', @no)), $gone, 'a redirect';
  is $cookies->($t->get('/gone', @no)), $gone, 'an error';
  is $cookies->($t->get('/plain', @no, 'User-Agent' => 'Googlebot/2.1')), $gone, 'whoever asks';
  is $cookies->($t->get('/off', @no)), $gone, 'also where it is off: it was set elsewhere';
  is $cookies->($t->get('/plain', @no, 'X-Forwarded-Proto' => 'https')), $expired_of->(' Secure', 'shop.example'), 'Secure as it was set';
  is $cookies->($t->get('/week', @no)), $gone, 'of the domain, and of the host alone';
  my $all = $expired_of->('', 'shop.example', 'www.Shop.example');
  is join(' | ', sort split / \| /, $cookies->($t->get('/plain', @no, Host => 'WWW.Shop.Example:80'))), join(' | ', sort split / \| /, $all), 'of all the domains that a host belongs to';
  is $cookies->($t->get('/plain', @no, Host => 'myshop.example')), $expired, 'and no others';
  is split(/ \| /, $cookies->($t->get('/elsewhere', @no))), 3, 'and of the one that is configured, whatever the host is called';
  is $cookies->($t->raw("GET /plain HTTP/1.0\r\nCookie: ttclid=$ID; consent=no\r\n\r\n")->response), $expired, 'of a host that is not known';
  is $cookies->($t->h2(GET => '/plain', undef, @no)), $gone, 'HTTP/2';
  my $check = $t->post('/e', '', @no);
  is_answer $check, '204 checked denied', 'a consent check';
  is $cookies->($check), $gone, 'as well';
  is $cookies->($t->beacon({event => 'Search'}, cookies => "ttclid=$ID; consent=no")), $gone, 'an event';
  is $cookies->($t->get('/plain', Cookie => "consent=yes; ttclid=$ID", 'Sec-GPC' => '1')), $gone, 'an opt-out signal does it too';

  is $cookies->($t->get('/expires', @no)), '', 'not an answer for shared caches';
  $backend->behave('not_modified');
  is $cookies->($t->get('/x', @no)), '', 'not a 304';
  is $cookies->($t->get('/plain', Cookie => "xttclid=1; TTCLID=2; a=ttclid=3; consent=no")), '', 'nothing where there is no such cookie';
  is $cookies->($t->get('/plain', Cookie => "ttclid=$ID")), '', 'nothing while undecided';
  is $cookies->($t->get('/plain', Cookie => "consent=yes; ttclid=$ID")), '', 'nothing when granted';
  is $cookies->($t->get('/off', Cookie => "consent=yes; ttclid=$ID")), '', 'nothing where it is off';
  is $cookies->($t->get('/no-pixel', @no)), '', 'nothing where there is no pixel';
};

subtest 'consent by the answer itself' => sub {
  $backend->behave('says_denied');
  is $cookies->(landing('/answer')), '', 'denied: not set, though it was granted before';
  is $cookies->($t->get('/answer', Cookie => "ttclid=$ID")), $expired_of->('', 'shop.example'), 'but taken back';
  $backend->behave('says_granted');
  is $cookies->(landing('/answer')), $set->(), 'granted: set';
};

subtest '$tiktok_ttclid' => sub {
  my $says = sub ($uri, @headers) { return $t->get($uri, @headers)->body };
  is $says->("/say?ttclid=$ID", @YES), "[$ID]", 'of the query';
  is $says->('/say?ttclid=E%2EC', @YES), '[E.C]', 'decoded';
  is $says->('/say', Cookie => "consent=yes; ttclid=$ID"), "[$ID]", 'of the cookie';
  is $says->('/say?ttclid=new', Cookie => 'consent=yes; ttclid=old'), '[new]', 'the query goes before it';
  is $says->("/say?ttclid=$ID"), '[]', 'not without consent';
  is $says->('/say', Cookie => "consent=no; ttclid=$ID"), '[]', 'not when denied';
  is $says->("/say?ttclid=$ID", @YES, 'Sec-GPC' => 1), '[]', 'not when opted out';
  is $says->("/variable?consent=1&ttclid=$ID"), "[$ID]", 'by the consent of the location';
  is $says->("/variable?consent=0&ttclid=$ID"), '[]', 'and not otherwise';

  my %beacon = (body => {user => {ttclid => 'b1'}}, page => {page => {url => 'https://shop.example/?ttclid=b2'}}, cookie => {});
  my $lines = () = $t->slurp('click.log') =~ /\n/g;
  $t->beacon({event => 'Search', event_id => "v-$_", %{$beacon{$_}}}, cookies => 'consent=yes; ttclid=b3') for qw(body page cookie);
  $t->wait_until('the log', sub { (() = $t->slurp('click.log') =~ /\n/g) >= $lines + 3 });
  is_deeply [(split /\n/, $t->slurp('click.log'))[-3 .. -1]], [qw(b1 b2 b3)], 'a beacon in the log: as its event has it';
};

$t->finish;
done_testing;
