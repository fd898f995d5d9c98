# what nginx does around the module: conditions in its locations, pages that include them, values in headers, no Host

use v5.36;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use lib dirname(abs_path(__FILE__)) . '/lib';

use Test::More;
use Test::TikTok;
use Test::TikTok::Capture qw(by_id counted is_answer);

my $PAGE = {url => 'https://shop.example/'};

my $t     = Test::TikTok->new(sandbox => 1);
my $shop  = $t->backend(behave => 'gone', named => {gone => sub ($c, $r) { $c->send("HTTP/1.1 204 No Content\r\n\r\n"); 1 }});
my $if    = 'if ($arg_x) { set $seen 1; }';
my $pass  = "proxy_pass ${\ $shop->address };";
$t->file('html/page.html', '<p>before</p><!--#include virtual="/beacon?event=Search&event_id=included&url=https://shop.example/page.html" --><p>after</p>');
$t->conf(
  server         => 'tiktok_event Contact;',
  '= /beacon'    => "tiktok_beacon; $if",
  '= /hook'      => "tiktok_beacon trusted; $if",
  '= /s.js'      => "tiktok_script /beacon; $if",
  '= /g/collect' => "tiktok_ga4; tiktok_event Search if=0; if (\$arg_x) { $pass } $pass",
  '= /passed'    => "tiktok_request_value \$name name; tiktok_event Search if=0; proxy_set_header X-Name \"(\$name)\"; $pass",
  '= /allowed'   => 'tiktok_beacon; limit_except GET { allow all; }',
  '= /limited'   => 'tiktok_beacon; limit_except GET { deny all; }',
  '= /page.html' => 'root %%DIR%%/html; ssi on; default_type text/html;',
)->start;
counted($t);

subtest 'a condition in the location' => sub {
  for my $x ('', '?x=1') {
    is_answer $t->beacon({event => 'Search', event_id => "b$x", page => $PAGE}, uri => "/beacon$x"), '204 queued granted', "/beacon$x";
    is counted($t), 'queued=1', 'and no rule is asked';

    my %said = (event => 'Search', event_id => "t$x", page => $PAGE);
    is_answer $t->beacon({%said, consent => 'denied'}, uri => "/hook$x"), '204 denied denied', "/hook$x: consent is what the shop says";
    is_answer $t->beacon({%said, consent => 'granted'}, uri => "/hook$x", cookies => undef), '204 queued granted', 'in both ways';
    is counted($t), 'denied=1 queued=1', 'and is counted';

    my $hit = 'v=2&tid=G-ABC123DEF4&en=add_to_wishlist&dl=https%3A%2F%2Fshop.example%2F&ep.event_id=g' . ($x ? 'x&x=1' : '');
    is $t->get("/g/collect?$hit", Cookie => 'consent=yes')->code, 204, "/g/collect$x";
    $t->wait_until('the hit', sub { counted($t) eq 'queued=1' });
  }
  my ($plain, $under) = map { $t->get("/s.js$_") } '', '?x=1';
  is $under->code, 200, '/s.js?x=1';
  is $under->body, $plain->body, 'is the same script';
  ok length $plain->body, 'and there is one';
  is $t->beacon({event => 'Search', event_id => 'limited'}, uri => '/limited')->code, 403, 'limit_except denies';
  is_answer $t->beacon('', uri => '/allowed'), '204 checked granted', 'and allows';

  my $seen = by_id($t, 6);
  is_deeply [sort keys %$seen], [qw(b b?x=1 g gx t t?x=1)], 'all arrive';
  is $seen->{'t?x=1'}{user}, undef, 'with nothing of the connection of a shop\'s server';
  counted($t);
};

subtest 'a page that includes a beacon' => sub {
  my $response = $t->get('/page.html', Cookie => 'consent=yes');
  is $response->code, 200, 'the page comes';
  like $response->body, qr{before</p>GIF.*<p>after</p>\z}s, 'with the image in its middle, to its end';
  ok by_id($t, 8)->{included}, 'and the event arrives';
  counted($t);
};

subtest 'a value that is passed on in a header' => sub {
  my %cases = ('Jane' => 'Jane', 'J%0D%0AX-Evil:%201' => '', 'J%0AX-Evil:%201' => '', 'J%0DX' => '', 'J%00X' => '', 'J%09D%C3%B6' => "J\tD\xc3\xb6");
  for my $sent (sort keys %cases) {
    $t->post('/passed', "name=$sent", Cookie => 'consent=yes', 'Content-Type' => 'application/x-www-form-urlencoded');
    my $got = ($shop->requests)[-1]{headers};
    is $got->{'x-name'}, "($cases{$sent})", $sent;
    is $got->{'x-evil'}, undef, 'and no header more';
  }
  counted($t);
};

# as with HTTP/3, where nginx has no header of it
subtest 'a host that is not in a header' => sub {
  my $post = sub ($origin, $id) {
    my $body = qq({"event":"Search","event_id":"$id","page":{"url":"http://shop.example/"}});
    return $t->raw("POST http://Shop.example/e HTTP/1.0\r\nCookie: consent=yes\r\nOrigin: $origin\r\nContent-Length: ${\ length $body }\r\n\r\n$body")->response;
  };
  is_answer $post->('http://shop.example', 'same'), '204 queued granted', 'the same origin';
  is_answer $post->('http://other.example', 'other'), '403 origin granted', 'another one';
  is counted($t), 'origin=1 queued=1', 'are counted';

  $t->raw("GET http://shop.example/sub/page HTTP/1.0\r\nCookie: consent=yes\r\n\r\n")->response;
  my ($page) = grep { ($_->{event}{page}{url} // '') =~ m{/sub/page} } $t->sandbox_events(count => 10);
  is $page->{event}{page}{url}, 'http://shop.example/sub/page', 'a rule knows its page';
};

$t->finish;
done_testing;
