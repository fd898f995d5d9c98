# the browser script as nginx serves it: one text for everybody, small, cacheable, made of what the configuration says

use v5.36;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use lib dirname(abs_path(__FILE__)) . '/lib';

use IO::Uncompress::Gunzip qw(gunzip);
use IPC::Open2;
use Test::More;
use Test::TikTok;

my $top = $Test::TikTok::TOP;

sub unzipped ($bytes) {
  gunzip(\$bytes => \my $text) or return 'not gzip';
  return $text;
}

# whether it is JavaScript, and of a kind that browsers of 2018 know: nothing is left to be made older
sub is_script ($text, $what) {
  my $pid = open2(my $out, my $in, qw(esbuild --minify-whitespace --charset=utf8), '--log-level=error');
  print {$in} $text;
  close $in;
  my $same = do { local $/; readline $out };
  waitpid $pid, 0;
  is $?, 0, "$what: is a script";
}

subtest 'made of its sources' => sub {
  is system("$top/scripts/gen-script", '--check'), 0, 'ngx_tiktok_script_parts.h is what scripts/gen-script makes';
};

my $t = Test::TikTok->new->conf('= /s.js' => 'tiktok_script /e;', h2 => 1)->start;

subtest 'served' => sub {
  my $plain = $t->get('/s.js');
  is $plain->code, 200, 'answered';
  is $plain->headers->content_type, 'text/javascript', 'its type';
  is $plain->headers->content_encoding, undef, 'not compressed for who does not ask';
  is $plain->headers->cache_control, 'public, max-age=3600', 'may be cached';
  is $plain->headers->vary, 'Accept-Encoding', 'by encoding';
  like $plain->headers->etag, qr{\AW/"[0-9a-f-]+"\z}, 'has an ETag';
  is $plain->headers->content_length, length $plain->body, 'its length';
  ok $plain->body =~ /\A[\x20-\x7e]+\n\z/, 'is one line of ASCII';
  ok index($plain->body, qq[("${\ Test::TikTok::PIXEL }","/e","https://analytics.tiktok.com/i18n/pixel/events.js","dataLayer",{]) > 0, 'knows the pixel and the beacon';
  is_script $plain->body, 'as configured';

  my $gzip = $t->get('/s.js', 'Accept-Encoding' => 'gzip, deflate, br');
  is $gzip->headers->content_encoding, 'gzip', 'compressed';
  is unzipped($gzip->body), $plain->body, 'the same';
  is $gzip->headers->content_length, length $gzip->body, 'its length';
  is $gzip->headers->etag, $plain->headers->etag, 'the same ETag';
  is $gzip->headers->vary, 'Accept-Encoding', 'by encoding';
  cmp_ok length $gzip->body, '<', 4096, 'less than 4 kB';
  note length($gzip->body) . ' bytes of ' . length $plain->body;

  is $t->get('/s.js?x=1')->body, $plain->body, 'with arguments';
  is $t->h2(GET => '/s.js')->body, $plain->body, 'over HTTP/2';
};

subtest 'the same for everybody' => sub {
  my $text = $t->get('/s.js')->body;
  is $t->get('/s.js', Cookie => 'consent=yes; ttclid=E.C.P.abc')->body, $text, 'with consent';
  is $t->get('/s.js', Cookie => 'consent=no')->body, $text, 'denied';
  is $t->get('/s.js', 'User-Agent' => 'Googlebot/2.1', 'Sec-GPC' => 1)->body, $text, 'to a crawler';
  is $t->get('/s.js', Cookie => 'consent=yes', Referer => 'https://shop.example/?ttclid=E.C.P.abc')->headers->header('Set-Cookie'), undef,
    'without a cookie';
};

subtest 'conditions and methods' => sub {
  my $etag = $t->get('/s.js')->headers->etag;
  for my $accept ('identity', 'gzip') {
    my $same = $t->get('/s.js', 'If-None-Match' => $etag, 'Accept-Encoding' => $accept);
    is $same->code, 304, "$accept: 304 where the browser has it";
    is length $same->body, 0, "$accept: without a body";
    is $same->headers->etag, $etag, "$accept: with its ETag";
    is $same->headers->content_encoding, undef, "$accept: without an encoding";
    is $same->headers->cache_control, 'public, max-age=3600', "$accept: good for another while";
  }
  is $t->get('/s.js', 'If-None-Match' => 'W/"other"')->code, 200, '200 where it has another';
  is $t->get('/s.js', Range => 'bytes=0-9')->code, 200, 'no ranges';
  my $head = $t->request(HEAD => '/s.js');
  is $head->code, 200, 'HEAD';
  is $head->headers->content_length, length $t->get('/s.js')->body, 'with the length of the script';
  is $t->post('/s.js', 'x')->code, 405, 'not POST';
};

subtest 'with gzip as nginx has it' => sub {
  my $u = Test::TikTok->new->conf(http => 'gzip on; gzip_types text/javascript; gzip_vary on; gzip_min_length 1;',
    '= /s.js' => 'tiktok_script /e;')->start;
  my $gzip = $u->get('/s.js', 'Accept-Encoding' => 'gzip');
  is unzipped($gzip->body), $u->get('/s.js')->body, 'it is compressed once';
  is $gzip->headers->vary, 'Accept-Encoding', 'and says once on what it depends';
  $u->finish;
};

subtest 'what the configuration says' => sub {
  my $text = sub (%part) {
    my $u = Test::TikTok->new->conf(%part)->start;
    my $text = $u->get('/s.js')->body;
    $u->finish;
    is_script $text, 'the text';
    return $text =~ s/\A.*(?=\}\)\("${\ Test::TikTok::PIXEL }")//r;
  };
  my $said = $text->('= /s.js' => 'tiktok_script /e sdk=off data_layer=shopLayer watch=my_consent \'watch=a"b<c/d.e\' forms=on max_age=1d;');
  like $said, qr/,"","shopLayer",\{/, 'no pixel, another data layer';
  like $said, qr{,/\^\(consent\|my_consent\|a\\"b\\<c\\/d\\.e\|usprivacy\|.*\|OTGPPConsent\)/,}, 'cookies, escaped';
  like $said, qr/phone_number/, 'forms';

  $said = $text->(tiktok_consent => ['onetrust if=$arg_eu', 'cookiebot', 'variable $arg_v', 'assumed'],
    '= /s.js' => 'tiktok_script https://shop.example/e sdk=/t/events.js data_layer=off;');
  like $said, qr{,"https://shop\.example/e","/t/events\.js","",\{}, 'addresses, no data layer';
  like $said, qr/\(OptanonConsent\|.*\|CookieConsent\|/, 'cookies of presets';
  like $said, qr/,\["OneTrustGroupsUpdated".*?\],\["CookiebotOnAccept".*?\]\)$/, 'their signals';
};

# the names that a script has for events: those of GA4 with TikTok's, and 0 for what is left to a rule
sub names_of ($u, $path = '/s.js') {
  my ($names) = $u->get($path)->body =~ /"dataLayer",\{([^}]*),\},/ or return {};
  return {map { /\A"?(.*?)"?:"?(.*?)"?\z/ ? ($1 => $2) : die $_ } split /,/, $names};
}

my %NAMES = (
  view_item => 'ViewContent', add_to_cart => 'AddToCart', add_to_wishlist => 'AddToWishlist', begin_checkout => 'InitiateCheckout',
  add_payment_info => 'AddPaymentInfo', purchase => 'Purchase', generate_lead => 'Lead', sign_up => 'CompleteRegistration',
  search => 'Search',
);

subtest 'names of events' => sub {
  is_deeply names_of($t), \%NAMES, 'current ones';
  my $u = Test::TikTok->new->conf(tiktok_event_names => 'legacy', '= /s.js' => 'tiktok_script /e;')->start;
  is_deeply names_of($u), {%NAMES, purchase => 'CompletePayment', generate_lead => 'SubmitForm'}, 'legacy ones';
  $u->finish;
};

subtest 'events that rules tell' => sub {
  my $left = sub ($part, @left) {
    my %part = ref $part ? %$part : ('/rule' => "$part;");
    my $u = Test::TikTok->new->conf('= /s.js' => 'tiktok_script /e;', %part)->start;
    my $names = names_of($u);
    my %want  = (%NAMES, map { $_ => 0 } @left);
    delete @want{grep { my $name = $NAMES{$_}; grep { $name eq $_ } @left } keys %NAMES};
    is_deeply $names, \%want, join(' ', %part) . ': left are ' . (join(', ', @left) || 'none') or diag explain $names;
    is_script $u->get('/s.js')->body, 'the text';
    $u->finish;
  };
  $left->('tiktok_event AddToCart', 'AddToCart');
  $left->('tiktok_event AddToCart if=$arg_x content_ids=$arg_sku', 'AddToCart');
  $left->('tiktok_event Search; tiktok_event Search if=1; tiktok_event Mine', 'Search', 'Mine');
  $left->('tiktok_event SubmitForm', 'Lead', 'SubmitForm');
  $left->('tiktok_event add_to_cart', 'AddToCart');
  $left->('tiktok_event Purchase value=5', 'Purchase', 'CompletePayment');
  $left->('tiktok_event Purchase order_id=$arg_no');
  $left->('tiktok_event Lead order_id=$arg_no', 'Lead', 'SubmitForm');
  $left->('tiktok_event Lead event_id=$arg_no');
  $left->('tiktok_event Pageview');
  $left->('tiktok_event Pageview if=1', 'Pageview');
  $left->({tiktok_event => 'AddToCart'}, 'AddToCart');
  $left->({http => 'tiktok_event AddToCart;'}, 'AddToCart');
  $left->({'/a' => 'tiktok_event AddToCart; location /a/b { tiktok_event Contact; location ~ x { tiktok_event Lead; } }'},
    'AddToCart', 'Contact', 'Lead', 'SubmitForm');
  $left->({tiktok_event => 'AddToCart', '= /s.js' => 'tiktok_event Contact; tiktok_script /e;'}, 'AddToCart', 'Contact');

  # that of another pixel, or of another server, is another event
  $left->({'/rule' => 'tiktok_pixel COTHER; tiktok_event AddToCart;'});
  $left->({'/rule' => 'tiktok_pixel off; tiktok_event AddToCart;'});
  $left->({servers => "server { listen 127.0.0.1:%%PORT_other%%; tiktok_event AddToCart; tiktok_pixel ${\ Test::TikTok::PIXEL };
    tiktok_access_token_file %%DIR%%/token; tiktok_consent cookie consent yes; tiktok_send /_tiktok/api; }"});
};

subtest 'small, whatever is asked for' => sub {
  my $size = sub (%part) {
    my $u = Test::TikTok->new->conf(tiktok_pixel => 'C7K2MQ9X4TJ0VB5RWD8H', %part)->start;
    my $size = length $u->get('/s.js', 'Accept-Encoding' => 'gzip')->body;
    $u->finish;
    return $size;
  };
  my (undef, $said) = Test::TikTok->new->test_conf('= /s.js' => 'tiktok_script /e mirror=x;');
  my @tools = $said =~ /it is (.*?) in /s ? split /, | or /, $1 =~ s/\s+/ /gr : ();
  cmp_ok scalar @tools, '>=', 9, 'consent tools that decide in the browser';
  my %size;
  for my $forms (qw(off on)) {
    for my $tool (undef, @tools) {
      my $name = join ' ', $tool // 'no tool', "forms=$forms";
      $size{$name} = $size->($tool ? (tiktok_consent => 'mirror') : (), '= /s.js' => "tiktok_script /_t/e forms=$forms" . ($tool ? " mirror=$tool;" : ';'));
      cmp_ok $size{$name}, '<', 4096, "$name: less than 4 kB";
    }
    for my $preset (qw(onetrust didomi tcf)) {
      my $name = "$preset forms=$forms";
      $size{$name} = $size->(tiktok_consent => $preset, '= /s.js' => "tiktok_script /_t/e forms=$forms;");
      cmp_ok $size{$name}, '<', 4096, "$name: less than 4 kB";
    }
  }
  note "$_: $size{$_} bytes" for sort { $size{$b} <=> $size{$a} } keys %size;
};

subtest 'mistakes' => sub {
  my $u = Test::TikTok->new;
  my $refused = sub ($directive, $why, %part) {
    my ($status, $said) = $u->test_conf('= /s.js' => "$directive;", %part);
    is $status, 1, $directive;
    like $said, qr/\[emerg\] .*$why/, 'says why' or diag $said;
    my $lines = () = $said =~ /\[emerg\]/g;
    is $lines, 1, 'once';
  };
  $refused->('tiktok_script', 'invalid number of arguments');
  $refused->('tiktok_script e', '"tiktok_script" has an invalid address "e" of the beacon');
  $refused->("tiktok_script '/a b'", 'invalid address');
  $refused->("tiktok_script '/a\"b'", 'invalid address');
  $refused->('tiktok_script $uri', 'invalid address');
  $refused->('tiktok_script /$x', 'invalid address');
  $refused->('tiktok_script /e /f', 'invalid parameter "/f", known are sdk=');
  $refused->('tiktok_script /e sdk=', 'invalid "sdk=", it is the address');
  $refused->('tiktok_script /e sdk=ftp://x', 'invalid "sdk=ftp://x"');
  $refused->('tiktok_script /e sdk=/x?y=z', 'invalid "sdk=/x\?y=z"');
  $refused->('tiktok_script /e data_layer=a.b', 'invalid "data_layer=a.b"');
  $refused->('tiktok_script /e data_layer=1a', 'invalid "data_layer=1a"');
  $refused->('tiktok_script /e mirror=onetrust', 'it is axeptio, cookieconsent, gcm');
  $refused->('tiktok_script /e id=x', 'has an "id=", but no "mirror="');
  $refused->('tiktok_script /e forms=yes', 'invalid "forms=yes", it is "on" or "off"');
  $refused->('tiktok_script /e max_age=x', 'invalid "max_age=x"');
  $refused->('tiktok_script /e; tiktok_script /e', 'directive is duplicate');
  $refused->('tiktok_script /e', 'where no "tiktok_pixel" is in effect', map { $_ => undef } qw(tiktok_pixel tiktok_queue = tiktok_consent
    tiktok_send tiktok_access_token_file), '= /e', '= /status');
  $refused->('tiktok_script /e mirror=termly', '"tiktok_consent mirror" and the parameter "mirror=" of "tiktok_script" need each other');
  $u->finish;
};

$t->finish;
done_testing;
