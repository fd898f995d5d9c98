# tiktok_identity: what a visitor has told at the checkout is known when he comes back from paying, by a cookie that nobody
# but nginx can read

use v5.36;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use lib dirname(abs_path(__FILE__)) . '/lib';

use Crypt::AuthEnc::GCM qw(gcm_encrypt_authenticate);
use Digest::SHA qw(sha256 sha256_hex);
use Mojo::JSON  qw(encode_json);
use Mojo::Util  qw(b64_decode b64_encode url_escape);
use Test::More;
use Test::TikTok;
use Test::TikTok::Capture qw(by_id counted is_answer);

my $NAME = 'tiktok_identity';
my $DAY  = 86400;
my @PAGE = (page => {url => 'https://shop.example/'});
my $OTHER = 'COTHERPIXEL000000001';
my %JANE = (email => 'jane@example.com', phone => '+4915123456789', external_id => 'cust-8842');
my %HASH = map { $_ => sha256_hex($JANE{$_}) } keys %JANE;

my $t = Test::TikTok->new(sandbox => {pixel => [Test::TikTok::PIXEL, $OTHER]}, log => 'debug');
$t->file('new.key', sha256('new'), 0600);
$t->file('old.key', sha256('old'), 0600);
system("openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=shop.example -keyout $t->{dir}/tls.key -out $t->{dir}/tls.pem 2>/dev/null") == 0
  or die "openssl failed\n";

my $backend = $t->backend(named => {
  shop   => sub ($c, $r) { $c->answer(200, '{"order":{"id":"17","email":"late@example.com"}}', 'Content-Type' => 'application/json') },
  moved  => sub ($c, $r) { $c->answer(302, '', Location => '/thank-you?order=7') },
  failed => sub ($c, $r) { $c->answer(422, '{}', 'Content-Type' => 'application/json') },
  named  => sub ($c, $r) { $c->answer(200, 'page', 'X-Tiktok-Event' => encode_json({event => 'Lead', user => \%JANE})) },
  broken => sub ($c, $r) { $c->answer(200, 'page', 'X-Tiktok-Event' => '{') },
  agreed => sub ($c, $r) { $c->answer(200, 'page', 'X-Consent' => 1) },
  refused => sub ($c, $r) { $c->answer(200, 'page', 'X-Consent' => 0) },
  stored => sub ($c, $r) { $c->answer(200, 'page', 'Cache-Control' => 'max-age=60') },
  dated  => sub ($c, $r) { $c->answer(200, 'page', Expires => 'Thu, 31 Dec 2099 23:59:59 GMT') },
  past   => sub ($c, $r) { $c->answer(200, 'page', Expires => 'Thu, 19 Nov 1981 08:52:00 GMT') },
  undated => sub ($c, $r) { $c->answer(200, 'page', Expires => '0') },
  own    => sub ($c, $r) { $c->answer(200, 'page', 'Cache-Control' => 'private, max-age=60', Expires => 'Thu, 31 Dec 2099 23:59:59 GMT') },
  unkept => sub ($c, $r) { $c->answer(200, 'page', 'Cache-Control' => 'no-store, max-age=60') },
  asked  => sub ($c, $r) { $c->answer(200, 'page', 'Cache-Control' => 'max-age=60, No-Cache') },
  shared => sub ($c, $r) { $c->answer(200, 'page', 'Cache-Control' => 'public, max-age=60') },
});

my $proxy = "proxy_pass ${\ $backend->address };";
my $tls   = "listen 127.0.0.1:%%PORT_tls%% ssl; ssl_certificate %%DIR%%/tls.pem; ssl_certificate_key %%DIR%%/tls.key;";
my @shop  = (
  server => "$tls set_real_ip_from 127.0.0.1; real_ip_header X-Forwarded-For; access_log %%DIR%%/shop.log shop;",
  http   => <<'CONF',
log_format shop '$http_x_case|$tiktok_result|$loud';
map "$request_method:$status" $posted { default 0; "~^POST:(?<code>[23])" $code; }
map $ordered $loud { default "late"; "" "none"; }
CONF
  '= /checkout' => "$proxy tiktok_request_value \$email email; tiktok_request_value \$phone phone; tiktok_event InitiateCheckout if=\$posted email=\$email phone=\$phone;",
  '= /late'     => "$proxy tiktok_request_value \$email email; tiktok_response_value \$ordered order.id; tiktok_response_value \$told order.email; "
    . 'tiktok_event Purchase if=$ordered order_id=$ordered email=$told properties.loud=$loud; tiktok_event Search if=$loud email=$email properties.code=$posted;',
  '~ ^/(again)' => 'tiktok_event Contact if=$posted email=$arg_email; default_type text/html; sub_filter page $1; return 200 "page";',
  '= /thank-you' => 'tiktok_event Purchase order_id=$arg_order; return 200 "page";',
  '= /named'    => $proxy,
  '= /g/collect' => "$proxy tiktok_ga4;",
  '= /hook'     => 'tiktok_beacon trusted;',
  '= /off'      => 'tiktok_identity off; tiktok_beacon;',
  '= /limited'  => 'tiktok_opt_out limit; tiktok_beacon;',
  '= /other'    => "tiktok_pixel $OTHER; tiktok_beacon;",
  '= /domain'   => 'tiktok_identity on key=%%DIR%%/new.key domain=shop.example max_age=1h; tiktok_beacon;',
  '= /contact'  => 'tiktok_event Contact email=$arg_email; return 200 "page";',
  '= /varied'   => 'tiktok_consent variable $arg_consent; tiktok_beacon;',
  '= /listed'   => 'tiktok_origin https://www.shop.example; tiktok_event Contact email=$arg_email; return 200 "page";',
  '= /answer'   => "tiktok_consent variable \$upstream_http_x_consent; proxy_set_header X-Was \$tiktok_consent; $proxy tiktok_event Contact email=\$arg_email;",
  '= /stored'   => 'expires 1h; tiktok_event Contact email=$arg_email; return 200 "page";',
  '= /expires'  => 'expires 1h; add_header Cache-Control public; tiktok_event Contact email=$arg_email; return 200 "page";',
);
sub shop ($keys, @more) { return (tiktok_identity => "on $keys", @shop, @more) }
$t->conf(shop('key=%%DIR%%/new.key'))->start;

# --- a browser: cookies that it was given, sent with what it asks next -----------------------------------------------

my $ids = 0;
sub browser (@consent) { return {jar => {consent => @consent ? $consent[0] : 'yes'}} }

sub cookie_of ($response) {
  my @all = grep {/\A$NAME=/} @{$response->headers->every_header('Set-Cookie')};
  return join ' | ', @all;
}

sub ask ($b, $method, $uri, $body = undef, @headers) {
  my $jar = join '; ', map {"$_=$b->{jar}{$_}"} grep { defined $b->{jar}{$_} } sort keys %{$b->{jar}};
  my $response = $t->request($method, $uri, $body, Cookie => $jar, @headers);
  $b->{set} = cookie_of($response);
  $b->{jar}{$NAME} = $1 ne '' ? $1 : undef if $b->{set} =~ /\A$NAME=([^;]*)/;
  return $response;
}

sub form ($b, $uri, %fields) {
  return ask($b, POST => $uri, join('&', map { "$_=" . url_escape $fields{$_} } sort keys %fields), 'Content-Type' => 'application/x-www-form-urlencoded');
}

sub beacon ($b, $event, $uri = '/e', @headers) {
  my $id = 'b' . ++$ids;
  my $response = ask($b, POST => $uri, encode_json({event => 'Search', event_id => $id, @PAGE, %$event}), @headers);
  $b->{response} = $response;
  return $id;
}

# what identifies the person of an event
sub person ($id) {
  my $event;
  $t->wait_until("the event $id", sub { ($event) = grep { $_->{event_id} eq $id } map { $_->{event} } $t->sandbox_events }) or return {};
  return {map { defined $event->{user}{$_} ? ($_ => $event->{user}{$_}) : () } qw(email phone external_id first_name last_name zip_code)};
}
sub kinds ($id) {
  my $person = person($id);
  return join ' ', map { my $k = $_; defined $person->{$k} ? ($HASH{$k} && $person->{$k} eq $HASH{$k} ? $k : "$k=other") : () } qw(email phone external_id first_name last_name zip_code);
}

subtest 'a checkout, and what comes after' => sub {
  my $b = browser();
  $backend->behave('moved');
  is form($b, '/checkout', email => 'Jane@Example.com ', phone => '+49 151 23456789')->code, 302, 'the shop has taken the form';
  my ($value) = $b->{set} =~ /\A\Q$NAME\E=([A-Za-z0-9_-]+); Path=\/; Max-Age=$DAY; SameSite=Lax; HttpOnly; Secure\z/;
  ok $value, 'the answer has the cookie' or diag $b->{set};
  cmp_ok length $value, '<', 140, 'which is short';
  my $bytes = b64_decode($value =~ tr{-_}{+/}r);
  is index(lc "$value$bytes", $_), -1, 'and in which nothing can be read' for 'jane', '15123456789', substr($HASH{email}, 0, 6), substr(pack('H*', $HASH{email}), 0, 4);

  is kinds(beacon($b, {})), 'email phone', 'a later event has them';
  is $b->{set}, '', 'and sets no cookie: nothing is new';
  ask($b, GET => '/thank-you?order=7');
  is kinds('order.7'), 'email phone', 'so has the purchase, after the payment';
  is $b->{set}, '', 'nor has a page that tells nothing of him';
  is kinds(beacon({jar => {%{$b->{jar}}}}, {})), 'email phone', 'a second tab is the same browser';
  is kinds(beacon(browser(), {})), '', 'another browser is not';

  beacon($b, {user => {email => $JANE{email}, external_id => $JANE{external_id}}});
  like $b->{set}, qr/\A$NAME=/, 'an event that tells more has it told';
  is kinds(beacon($b, {})), 'email phone external_id', 'for the later ones';
  beacon($b, {user => {email => $JANE{email}}});
  is $b->{set}, '', 'what is known is not told again';
  my $status = $t->status->{pixels}[0]{events};
  is $status->{Purchase}{match_keys}{email}, 1, 'the status counts what was filled in';
};

subtest 'who it is' => sub {
  my $b = browser();
  beacon($b, {user => {%JANE, first_name => 'Jane', last_name => 'Doe', zip_code => '10115', city => 'Berlin'}});
  my $set = $b->{set};
  is length($b->{jar}{$NAME}), 302, 'all that is hashed, and no more';
  is kinds(beacon($b, {})), 'email phone external_id first_name=other last_name=other zip_code=other', 'is filled in';
  my $id = beacon($b, {user => {email => $JANE{email}, phone => '+4915199999999'}});
  is person($id)->{external_id}, $HASH{external_id}, 'the same e-mail, another phone: the same person';
  is kinds(beacon($b, {})), 'email phone=other external_id first_name=other last_name=other zip_code=other', 'whose phone is the newer one';

  $id = beacon($b, {user => {email => 'john@example.com'}});
  is_deeply person($id), {email => sha256_hex('john@example.com')}, 'somebody else at the same browser gets nothing of it';
  is_deeply person(beacon($b, {})), {email => sha256_hex('john@example.com')}, 'and is who is known from then on';
  $id = beacon($b, {user => {email => 'john@example.com', external_id => 'cust-1'}});
  is_deeply person($id), {email => sha256_hex('john@example.com'), external_id => sha256_hex('cust-1')}, 'an identifier beside one that is known adds to it';
  is_deeply person(beacon($b, {user => {external_id => 'cust-1'}})), person($id), 'and stands for both';
  is_deeply person(beacon($b, {user => {phone => 'none'}})), {}, 'an unknown one that cannot be sent gets nothing of it';
  is_deeply person(beacon($b, {})), person($id), 'but is not remembered';
  $id = beacon($b, {user => {phone => $JANE{phone}}});
  is_deeply person($id), {phone => $HASH{phone}}, 'one alone whose kind was not known is somebody else, too';
  is_deeply person(beacon($b, {})), person($id), 'and who is known from then on';
  $id = beacon($b, {user => {external_id => 'cust-2', email => 'john@example.com'}});
  $id = beacon($b, {user => {external_id => 'cust-2', email => 'no address'}});
  is_deeply person($id), {external_id => sha256_hex('cust-2')}, 'what cannot be sent is not replaced';

  $b = browser();
  my $response = ask($b, POST => '/e', encode_json([{event => 'Lead', event_id => 'a1', @PAGE, user => {email => $JANE{email}}}, {event => 'Contact', event_id => 'a2', @PAGE}]));
  is_answer $response, '204 queued granted', 'an array';
  is kinds('a2'), 'email', 'is of one visitor';
  like $b->{set}, qr/\A$NAME=/, 'who gets his cookie';
};

subtest 'consent' => sub {
  my $b = browser();
  beacon($b, {user => \%JANE});
  my $sealed = $b->{jar}{$NAME};
  ok $sealed, 'granted: a cookie';

  my $none = browser(undef);
  beacon($none, {user => \%JANE});
  is_answer $none->{response}, '204 undecided undecided', 'undecided';
  is $none->{set}, '', 'sets none';
  form($none, '/checkout', email => $JANE{email});
  is $none->{set}, '', 'nor does a rule';
  $none->{jar}{$NAME} = $sealed;
  beacon($none, {user => {email => 'john@example.com'}});
  is $none->{set}, '', 'nor is it taken away';

  $none->{jar}{consent} = 'no';
  my @gone = (join ' | ', map {"$NAME=; Path=/; Max-Age=0;$_ SameSite=Lax; HttpOnly; Secure"} '', ' Domain=shop.example;');
  beacon($none, {});
  is_answer $none->{response}, '204 denied denied', 'denied';
  is $none->{set}, $gone[0], 'it is taken away by a beacon, also of a domain that another location has';
  $none->{jar}{$NAME} = $sealed;
  ask($none, GET => '/');
  is $none->{set}, $gone[0], 'or any page';
  $none->{jar}{$NAME} = $sealed;
  form($none, '/checkout', email => $JANE{email});
  is $none->{set}, $gone[0], 'or a form, which sets none';
  ask($none, GET => '/');
  is $none->{set}, '', 'and is gone';
  $none->{jar}{$NAME} = $sealed;
  beacon($none, {}, '/off');
  is $none->{set}, $gone[0], 'also where it is off';
  ask($b, GET => '/', undef, 'Sec-GPC' => 1);
  is $b->{set}, $gone[0], 'an opt-out signal does it too';

  my @limited = ('/limited', 'Sec-GPC' => 1);
  $b->{jar}{$NAME} = $sealed;
  is kinds(beacon($b, {}, @limited)), '', 'limited use of data: it is not used';
  is kinds(beacon($b, {user => {email => $JANE{email}}}, @limited)), 'email', 'an event has what it brings';
  my $new = browser();
  beacon($new, {user => \%JANE}, @limited);
  is $new->{set}, '', 'and it is not set';
  is kinds(beacon($b, {}, '/limited')), 'email phone external_id', 'without the signal it is';

  is kinds(beacon($b, {}, '/off')), '', 'where it is off it is not used';
  beacon($new, {user => \%JANE}, '/off');
  is $new->{set}, '', 'and not set';
  $t->post('/hook', encode_json({event => 'Search', event_id => 'hook', @PAGE, consent => 1, user => {email => $JANE{email}}}), Cookie => "$NAME=$sealed");
  is kinds('hook'), 'email', 'a trusted beacon does not use it';
  my $response = $t->post('/hook', encode_json({event => 'Search', event_id => 'hook2', @PAGE, consent => 1, user => \%JANE}));
  is cookie_of($response), '', 'and does not set it';
  $response = $t->post('/hook', encode_json({event => 'Search', event_id => 'hook3', @PAGE, consent => 0}), Cookie => "$NAME=$sealed");
  is cookie_of($response), '', 'nor take it away';
  for my $c (['a crawler', 'User-Agent' => 'Googlebot/2.1'], ['a prefetch', 'Sec-Purpose' => 'prefetch']) {
    my ($what, @headers) = @$c;
    beacon($new, {user => \%JANE}, '/e', @headers);
    is $new->{set}, '', "$what gets none";
  }
};

subtest 'consent by the answer itself' => sub {
  my $b = browser(undef);
  $backend->behave('refused');
  ask($b, GET => "/answer?email=$HASH{email}");
  is $b->{set}, '', 'denied';
  $backend->behave('agreed');
  ask($b, GET => "/answer?email=$HASH{email}");
  like $b->{set}, qr/\A$NAME=[^;]/, 'granted';
  $backend->behave('refused');
  ask($b, GET => "/answer?email=$HASH{email}");
  like $b->{set}, qr/\A$NAME=;/, 'withdrawn';
  beacon($b, {user => {email => $JANE{email}}, page => {url => 'https://shop.example/?ttclid=E.C.P'}}, '/varied?consent=1');
  like $b->{set}, qr/\A$NAME=[^;]/, 'a beacon is asked once';
};

subtest 'another site' => sub {
  my $mallory = '?email=' . sha256_hex('mallory@evil.example');
  my %from = (
    'a link'              => ['Sec-Fetch-Site' => 'cross-site'],
    'a form'              => [Origin => 'https://evil.example', 'Sec-Fetch-Site' => 'cross-site'],
    'one without a name'  => [Origin => 'null'],
    'an older browser'    => [Origin => 'https://evil.example'],
  );
  for my $what (sort keys %from) {
    my $b = browser();
    ask($b, GET => "/contact$mallory", undef, @{$from{$what}});
    is $b->{set}, '', "$what does not say who he is";
    $backend->behave('named');
    ask($b, GET => '/named', undef, @{$from{$what}});
    is $b->{set}, '', 'not by the application either';
  }
  for my $site (qw(same-origin same-site none)) {
    my $b = browser();
    ask($b, GET => "/contact?email=$HASH{email}", undef, 'Sec-Fetch-Site' => $site);
    like $b->{set}, qr/\A$NAME=/, "the shop itself does: $site";
    ask($b, GET => "/thank-you?order=$site", undef, 'Sec-Fetch-Site' => 'cross-site');
    is kinds("order.$site"), 'email', 'and who comes back from another site is known';
  }
  my @www = (Origin => 'https://www.shop.example', 'Sec-Fetch-Site' => 'same-site');
  my $b = browser();
  ask($b, POST => "/contact?email=$HASH{email}", 'a=1', @www);
  is $b->{set}, '', 'another host of the shop does not';
  ask($b, POST => "/listed?email=$HASH{email}", 'a=1', @www);
  like $b->{set}, qr/\A$NAME=/, 'unless it is listed';
  $b = browser();
  ask($b, POST => "/contact?email=$HASH{email}", 'a=1', Origin => 'https://shop.example', 'Sec-Fetch-Site' => 'same-origin');
  like $b->{set}, qr/\A$NAME=/, 'nor need its own be';
};

subtest 'what does not open' => sub {
  my $b = browser();
  beacon($b, {user => {email => $JANE{email}}});
  my $good = $b->{jar}{$NAME};
  my $fill = sub ($value, $uri = '/e') {
    $b->{jar}{$NAME} = $value;
    my $id = beacon($b, {}, $uri, port => 'tls', tls => 1);
    is $b->{response}->code, 204, 'is answered';
    return kinds($id);
  };
  is $fill->($good), 'email', 'over TLS';
  my $bytes = b64_decode($good =~ tr{-_}{+/}r);
  my $text  = sub ($bytes) { return b64_encode($bytes, '') =~ tr{+/}{-_}r =~ s/=+\z//r };
  is $text->($bytes), $good, 'base64url';
  my @bad = map { my $copy = $bytes; substr($copy, $_, 1) ^.= "\x01"; ["a bit of byte $_", $text->($copy)] } 0, 1, 12, 13, 17, 20, length($bytes) - 16, length($bytes) - 1;
  push @bad, ['cut', substr $good, 0, -4], ['longer', $good . 'AAAA'], ['nothing', ''], ['a word', 'x'], ['not base64', '!' x length $good], ['padding', '===='],
    ['long', 'A' x 3000], ['as long as they get', 'A' x 380], ['zeros', $text->("\0" x 66)], ['only a head', $text->(substr $bytes, 0, 29)], ['twice', "$good$good"],
    ['quoted', "\"$good\""], ['clear', $text->("\1" . pack('N', time) . "\1" . pack 'H*', $HASH{email})];
  is $fill->($_->[1]), '', $_->[0] for @bad;
  ok $t->grep_log(qr/\[debug\] .*tiktok identity cookie: does not open/), 'is said to those who debug';
  ok !$t->grep_log(qr/\[(?!debug)\w+\] .*identity/), 'and to nobody else';

  $fill->('broken');
  beacon($b, {user => {email => $JANE{email}}});
  like $b->{set}, qr/\A$NAME=.{100}/, 'it is replaced when there is something to say';
  is $fill->("old; $NAME=$good"), 'email', 'of two, the one that opens';
  is $fill->("a; $NAME=b; $NAME=$good"), '', 'but not of any number';

  $b->{jar}{$NAME} = $good;
  my $id = beacon($b, {}, '/other');
  is $b->{response}->code, 204, 'another pixel';
  is kinds($id), '', 'cannot use it';
};

subtest 'told without an event, as the browser script does' => sub {
  counted($t);
  my $told = $t->beacon({user => {email => $JANE{email}}, foreign => 0});
  is_answer $told, '204 checked granted', 'is no event';
  my $cookie = (join '; ', @{$told->headers->every_header('Set-Cookie')}) =~ /\b($NAME=[^;]+)/ ? $1 : '';
  ok length $cookie, 'and is remembered';
  is $t->beacon({user => {email => $JANE{email}}, foreign => 0}, cookies => {consent => 'no'})->headers->header('Set-Cookie'), undef, 'without consent it is not';
  is counted($t), 'denied=1', 'nothing is queued';
  is_answer $t->beacon({event => 'Search', event_id => 'script-2', @PAGE}, cookies => "consent=yes; $cookie"), '204 queued granted', 'an event';
  my $seen;
  $t->wait_until('it has gone', sub { $seen = by_id($t, 1)->{'script-2'} });
  is $seen->{user}{email}, $HASH{email}, 'it has what was told';
};

subtest 'age' => sub {
  # sealed as the module does, but at another time
  my $age = sub ($age) {
    my $text = pack('N', time - $age) . "\1" . pack 'H*', $HASH{email};
    my $b = browser();
    $b->{jar}{$NAME} = seal($t, 'new.key', $text);
    return $b;
  };
  is kinds(beacon($age->(0), {})), 'email', 'sealed by another host';
  is kinds(beacon($age->($DAY - 100), {})), 'email', 'nearly a day ago';
  is kinds(beacon($age->($DAY), {})), '', 'a day ago';
  ok $t->grep_log(qr/\[debug\] .*tiktok identity cookie: is too old/), 'which is said to those who debug';
  is kinds(beacon($age->(-200), {})), 'email', 'a clock that is ahead';
  is kinds(beacon($age->(-400), {})), '', 'too far';
  is kinds(beacon($age->(3500), {}, '/domain')), 'email', 'nearly an hour ago, where that is the most';
  is kinds(beacon($age->(3601), {}, '/domain')), '', 'more than that';
  my $b = $age->($DAY / 2 - 100);
  beacon($b, {user => {email => $JANE{email}}});
  is $b->{set}, '', 'what comes again in the first half of the time is not written again';
  $b = $age->($DAY / 2 + 100);
  beacon($b, {});
  is $b->{set}, '', 'nor what is only filled in';
  beacon($b, {user => {email => $JANE{email}}});
  like $b->{set}, qr/\A$NAME=/, 'but in the second half';
};

subtest 'how it is set' => sub {
  my $set = sub ($uri, @headers) { my $b = browser(); beacon($b, {user => \%JANE}, $uri, @headers); return $b->{set} =~ s/=[^;]+;/=;/r };
  is $set->('/e'), "$NAME=; Path=/; Max-Age=$DAY; SameSite=Lax; HttpOnly; Secure", 'by a beacon, Secure whatever the connection';
  is $set->('/e', port => 'tls', tls => 1), "$NAME=; Path=/; Max-Age=$DAY; SameSite=Lax; HttpOnly; Secure", 'over TLS';
  is $set->('/e', 'X-Forwarded-Proto' => 'https'), "$NAME=; Path=/; Max-Age=$DAY; SameSite=Lax; HttpOnly; Secure", 'where a proxy says so';
  is $set->('/domain'), "$NAME=; Path=/; Max-Age=3600; Domain=shop.example; SameSite=Lax; HttpOnly; Secure", 'as configured';
  my $b = browser('no');
  $b->{jar}{$NAME} = 'x';
  beacon($b, {}, '/domain');
  is $b->{set}, "$NAME=; Path=/; Max-Age=0; SameSite=Lax; HttpOnly; Secure | $NAME=; Path=/; Max-Age=0; Domain=shop.example; SameSite=Lax; HttpOnly; Secure", 'and taken away, of both';
};

subtest 'which answers' => sub {
  my $b = browser();
  $backend->behave('shared');
  form($b, '/checkout', email => $JANE{email});
  is $b->{set}, '', 'not one for shared caches';
  ask($b, GET => "/expires?email=$HASH{email}");
  is $b->{set}, '', 'nor one of nginx itself';
  for my $kept (qw(stored dated)) {
    $backend->behave($kept);
    form($b = browser(), '/checkout', email => $JANE{email});
    is $b->{set}, '', "not one that a cache may keep: $kept";
  }
  ask($b = browser(), GET => "/stored?email=$HASH{email}");
  is $b->{set}, '', 'nor one of nginx itself';
  for my $own (qw(past undated own unkept asked)) {
    my $other = browser();
    $backend->behave($own);
    form($other, '/checkout', email => $JANE{email});
    like $other->{set}, qr/\A$NAME=/, "but one that it may not: $own";
    $backend->behave('stored');
    $other->{jar}{consent} = 'no';
    form($other, '/checkout', email => $JANE{email});
    like $other->{set}, qr/\A$NAME=;/, 'and it is taken back by any';
  }
  $backend->behave('failed');
  form($b, '/checkout', email => $JANE{email});
  is $b->{set}, '', 'not where the rule does not hold';
  $backend->behave('moved');
  form($b, '/checkout', email => 'nobody');
  is $b->{set}, '', 'not where there is no identifier';

  $backend->behave('named');
  is ask($b, GET => '/named')->body, 'page', 'an event that the application names';
  like $b->{set}, qr/\A$NAME=/, 'is known before its page goes out';
  is kinds(beacon($b, {})), 'email phone external_id', 'with all that it told';
  counted($t);
  my $other = browser();
  $backend->behave('broken');
  ask($other, GET => '/named');
  is $other->{set}, '', 'not of one that is broken';
  is counted($t), 'invalid=1', 'which is counted once';
  is scalar(() = $t->error_log =~ /that is no JSON/g), 1, 'and said once';

  $backend->behave('shop');
  ask($other, POST => '/g/collect?v=2&tid=G-1&gcs=G111&uid=cust-8842', "en=purchase&ep.transaction_id=g1\r\n", 'Content-Type' => 'text/plain');
  is kinds('order.g1'), 'external_id', 'a hit of GA4';
  like $other->{set}, qr/\A$NAME=/, 'is known as well';
  is kinds(beacon($other, {})), 'external_id', 'for the later ones';
};

subtest 'what only the whole answer tells' => sub {
  my $b = browser();
  $backend->behave('shop');
  counted($t);
  ask($b, POST => '/late', '{"email":"jane@example.com"}', 'Content-Type' => 'application/json', 'X-Case' => 'late');
  my $person = person('order.17');
  $t->wait_until('the log', sub { $t->slurp('shop.log') =~ /^late\|/m });
  is $person->{email}, sha256_hex('late@example.com'), 'is in the event, though a rule was asked for before';
  my ($said) = $t->slurp('shop.log') =~ /^late\|(.*)$/m;
  like $said, qr/\Aqueued\|late\z/, 'nothing that a variable was then has stayed';
  is counted($t), 'queued=2', 'each rule has made one event';

  $b = browser();
  my $response = ask($b, POST => "/again?email=$HASH{email}", 'a=1', 'X-Case' => 'again');
  like $b->{set}, qr/\A$NAME=/, 'a rule with a regular expression';
  is $response->body, 'again', 'captures are those of the location';
};

subtest 'keys' => sub {
  my $b = browser();
  beacon($b, {user => {email => $JANE{email}}});
  my $was = $b->{jar}{$NAME};
  my $reload = sub ($keys) { $t->reload(conf => {shop($keys)}) };

  $reload->('key=%%DIR%%/old.key key=%%DIR%%/new.key');
  is kinds(beacon($b, {})), 'email', 'a cookie of the second key opens';
  beacon($b, {user => {email => $JANE{email}, phone => $JANE{phone}}});
  my $now = $b->{jar}{$NAME};
  isnt $now, $was, 'and is written';
  $reload->('key=%%DIR%%/old.key');
  is kinds(beacon($b, {})), 'email phone', 'by the first one';
  $b->{jar}{$NAME} = $was;
  is kinds(beacon($b, {})), '', 'a key that is gone opens nothing';
};

subtest 'a shop in PHP' => sub {
  mkdir $t->dir . '/shop';
  chmod 0777, $t->dir . '/shop';
  my $shop = "$Test::TikTok::TOP/t/shop";
  my $php  = "fastcgi_pass unix:${\ $t->php->socket }; include /etc/nginx/fastcgi_params; fastcgi_param SCRIPT_FILENAME $shop/index.php; "
    . 'fastcgi_param SHOP_DIR %%DIR%%/shop;';
  $t->reload(conf => {
    h2   => 1,
    http => <<'CONF',
map "$request_method:$uri:$status:$sent_http_location" $ordered { "~^POST:.*:303:/thank-you\?order=(?<order_no>[0-9]+)" 1; }
CONF
    server => "root $shop; tiktok_request_value \$email email; tiktok_event Purchase if=\$ordered order_id=\$order_no email=\$email;",
    tiktok_identity => 'on key=%%DIR%%/new.key',
    '/'             => 'try_files $uri /index.php$is_args$args;',
    '= /index.php'  => $php,
  });
  my $b = browser();
  is form($b, '/checkout', email => 'nobody')->code, 422, 'the shop does not take the form';
  is $b->{set}, '', 'so nothing is known';
  my $order = form($b, '/checkout', email => $JANE{email})->headers->location =~ s/.*=//r;
  like $b->{set}, qr/\A$NAME=/, 'it takes it';
  is kinds("order.$order"), 'email', 'the order has an e-mail';
  my %thanks = (event => 'Purchase', event_id => undef, properties => {order_id => $order});
  beacon($b, \%thanks);
  is_answer $b->{response}, '204 duplicate granted', 'the page after it, which is filled in, brings nothing new';
  beacon($b, {%thanks, user => {email => $JANE{email}, phone => $JANE{phone}}});
  is_answer $b->{response}, '204 queued granted', 'but one with a phone does';
  is kinds(beacon($b, {})), 'email phone', 'and both are known from then on';

  $b = browser();
  my $response = $t->h2(POST => '/checkout', 'email=jane%40example.com', Cookie => 'consent=yes', 'Content-Type' => 'application/x-www-form-urlencoded');
  is $response->code, 303, 'HTTP/2';
  ($b->{jar}{$NAME}) = cookie_of($response) =~ /=([^;]+)/;
  is kinds(beacon($b, {})), 'email', 'likewise';
};

subtest 'in clear nowhere' => sub {
  $t->stop;
  my $log = $t->error_log . $t->slurp('shop.log') . $t->slurp('access.log');
  is index($log, $_), -1, 'no key in the log' for sha256('new'), sha256('old'), unpack('H*', sha256 'new');
  my $said = qx(@{[Test::TikTok::binary()]} -p ${\ $t->dir }/ -e stderr -c ${\ $t->dir }/nginx.conf -T 2>&1);
  like $said, qr/key=/, 'nginx -T shows the configuration';
  is index($said, sha256('old')), -1, 'and no key';
};

$t->finish;
done_testing;

# what the module would have sealed, by another library
sub seal ($t, $key, $text) {
  my $nonce = substr sha256($text . rand), 0, 12;
  my ($sealed, $tag) = gcm_encrypt_authenticate('AES', $t->slurp($key), $nonce, "\1$NAME:" . Test::TikTok::PIXEL, $text);
  return b64_encode("\1$nonce$sealed$tag", '') =~ tr{+/}{-_}r =~ s/=+\z//r;
}
