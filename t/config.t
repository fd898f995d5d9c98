# what is wrong in the configuration is told before anything starts, by one line that says what to do

use v5.36;

use Cwd            qw(abs_path);
use File::Basename qw(dirname);
use lib dirname(abs_path(__FILE__)) . '/lib';

use Test::More;
use Test::TikTok;

use constant PIXEL => Test::TikTok::PIXEL;

my $t = Test::TikTok->new;
$t->file('token.empty',  " \n",           0600);
$t->file('token.binary', "abc\x00\xffdef", 0600);
$t->file('token.lines',  "abc\ndef\n",    0600);
$t->file('token.long',   'x' x 5000,      0600);
$t->file('token.other',  "other\n",       0600);
$t->file('identity.key', 'k' x 32,         0600);
mkdir $t->dir . '/token.dir';

my $token  = 'tiktok_access_token_file';
my $server = sub ($name, $text) {
  return (servers => "server { listen 127.0.0.1:%%PORT_http%%; server_name $name; $text }");
};
my $same = "tiktok_pixel ${\ PIXEL }; $token %%DIR%%/token; tiktok_consent onetrust; tiktok_send /_tiktok/api;";

# what it is; parts of the configuration; the directive that is named; words of the remedy or of what is wrong
my @bad = (

  # nothing is sent without a word about consent
  ['no consent', {tiktok_consent => undef}, 'tiktok_consent', qr/such as "tiktok_consent onetrust"/],
  ['no consent, pixel in http', {tiktok_consent => undef, tiktok_pixel => undef, http => 'tiktok_pixel C1;'}, 'tiktok_consent', qr/such as/],
  ['no consent, pixel in a location', {tiktok_consent => undef, tiktok_pixel => undef, '= /e' => 'tiktok_beacon; tiktok_pixel C1;'},
    'tiktok_consent', qr/such as/],
  ['consent in one location, the pixel in all', {tiktok_consent => undef, '= /e' => 'tiktok_beacon; tiktok_consent onetrust;'},
    'tiktok_consent', qr/such as/],

  ['no token',           {$token => undef},                 $token, qr/name it/],
  ['token missing',      {$token => '%%DIR%%/nowhere'},     $token, qr{nowhere}],
  ['token unreadable',   {$token => '%%DIR%%/token.dir'},   $token, qr{token\.dir}],
  ['token empty',        {$token => '%%DIR%%/token.empty'}, $token, qr/is empty.*must hold/],
  ['token binary',       {$token => '%%DIR%%/token.binary'}, $token, qr/must hold/],
  ['token of two lines', {$token => '%%DIR%%/token.lines'}, $token, qr/must hold/],
  ['token too long',     {$token => '%%DIR%%/token.long'},  $token, qr/must hold/],

  ['no send', {tiktok_send => undef}, 'tiktok_send', qr{such as "/}],
  (map { ["send $_", {tiktok_send => $_}, 'tiktok_send', qr/must be the URI of a location/] }
    '_tiktok/api', '@api', '/api?x=1', '""', 'https://business-api.tiktok.com/'),

  ['no queue', {tiktok_queue => undef}, 'tiktok_queue', qr{such as "tiktok_queue /}],
  ['queue too small', {tiktok_queue => '%%DIR%%/queue size=1m', main => 'worker_processes 3;', _workers => 1}, 'tiktok_queue', qr/3 workers.*size=3072k/],

  # a pixel has one destination
  ['two tokens', {$server->('a', $same =~ s{/token;}{/token.other;}r)}, $token, qr/pixel has one/],
  ['two sends', {$server->('a', $same =~ s{/api;}{/other;}r)}, 'tiktok_send', qr/pixel has one/],
  ['two deliveries', {$server->('a', "$same tiktok_delivery batch=7;")}, 'tiktok_delivery', qr/pixel has one/],

  ['preset unknown',  {tiktok_consent => 'onetrusty'},                'tiktok_consent', qr/onetrusty/],
  ['preset parameter', {tiktok_consent => 'onetrust colour=red'},     'tiktok_consent', qr/colour/],
  ['preset cut short', {tiktok_consent => 'cookie consent'},          'tiktok_consent', qr/cookie/],
  ['bad regex',       {tiktok_consent => 'cookie consent ~(yes'},     'tiktok_consent', qr/regular expression/],
  ['empty regex',     {tiktok_consent => 'cookie consent ~'},         'tiktok_consent', qr/regular expression/],
  ['empty if',        {tiktok_consent => 'onetrust if='},             'tiktok_consent', qr/if=/],
  ['two ifs',         {tiktok_consent => 'onetrust if=a if=b'},       'tiktok_consent', qr/if=/],

  (map { ["event name $_", {tiktok_event => $_}, 'tiktok_event', qr/invalid name/] } '9lives', '"a b "', '$x', 'x' x 51, '""', 'if=1'),
  (map { ["event $_->[0]", {tiktok_event => "Purchase $_->[1]"}, 'tiktok_event', $_->[2]] }
    ['without a value', 'order_id', qr/"order_id".*name=value/], ['without a name', '=1', qr/"=1".*name=value/], ['of an unknown field', 'colour=red', qr/"colour=".*properties\.name=/],
    ['of no field', 'properties.=1', qr/"properties\.="/], ['of another event', 'event=Lead', qr/"event="/], ['twice', 'value=1 value=2', qr/"value=" twice/],
    ['twice by two names', 'value=1 properties.value=2', qr/"properties\.value=" twice/], ['two ifs', 'if=1 if=2', qr/if=/], ['an empty if', 'if=', qr/if=/],
    ['too much', join(' ', map {"properties.p$_=1"} 1 .. 32), qr/too many/]),
  (map { ["identity $_->[0]", {tiktok_identity => $_->[1]}, 'tiktok_identity', $_->[2]] }
    ['without a key', 'on', qr/openssl rand -out FILE 32.*key=FILE/], ['with a key of no name', 'on key=', qr/"key=".*key=FILE/],
    ['with no key', 'on key=%%DIR%%/nowhere', qr/nowhere" that cannot be opened.*openssl rand -out FILE 32/],
    ['with a directory', 'on key=%%DIR%%/token.dir', qr/token\.dir" that cannot be read/],
    ['with a key too short', 'on key=%%DIR%%/token.empty', qr/token\.empty" that is not of 32 bytes: make one by "openssl rand -out FILE 32"/],
    ['with a key too long', 'on key=%%DIR%%/token.long', qr/not of 32 bytes/],
    ['with five keys', 'on' . ' key=%%DIR%%/identity.key' x 5, qr/more than four keys: leave out the oldest/],
    ['neither on nor off', 'maybe key=%%DIR%%/identity.key', qr/"maybe", it is "off", or "on"/], ['off, with a key', 'off key=%%DIR%%/identity.key', qr/parameter "key=/],
    ['of no age', 'on key=%%DIR%%/identity.key max_age=0', qr/"max_age=0"/], ['of a domain', 'on key=%%DIR%%/identity.key domain=a_b', qr/"domain=a_b"/],
    ['of a colour', 'on key=%%DIR%%/identity.key colour=red', qr/"colour=red"/], ['twice', 'off; tiktok_identity off', qr/is duplicate/]),
  (map { ["country $_", {tiktok_phone_country => $_}, 'tiktok_phone_country', qr/"\Q$_\E".*ISO 3166/] } qw(D DEU 49 UK XX)),
  ['country in http', {http => 'tiktok_phone_country EU;'}, 'tiktok_phone_country', qr/"EU"/],
  ['two countries', {tiktok_phone_country => 'DE; tiktok_phone_country DE'}, 'tiktok_phone_country', qr/is duplicate/],
  ['countries, two words', {tiktok_phone_country => 'DE AT'}, 'tiktok_phone_country', qr/number of arguments/],

  (map { my $d = $_; map { ["$d $_->[0]", {$d => $_->[1]}, $d, $_->[2]] }
    ['without a path', '$a', qr/number of arguments/], ['of no variable', 'a b', qr/a variable and the path/], ['without a name', '$ b', qr/a variable and the path/],
    ['of nothing', '$a ""', qr/a variable and the path/], ['of a variable of nginx', '$uri b', qr/choose another name/], ['of one of ours', '$tiktok_result b', qr/choose another name/],
    ['twice', ['$a b', '$a c'], qr/"\$a" twice/] } qw(tiktok_request_value tiktok_response_value)),

  ['delivery unknown', {tiktok_delivery => 'speed=9'}, 'tiktok_delivery', qr/speed=9.*known are batch=/],
  ['queue unknown', {tiktok_queue => '%%DIR%%/queue speed=9'}, 'tiktok_queue', qr/speed=9.*known are size=/],
  ['limits unknown', {'= /e' => 'tiktok_beacon; tiktok_beacon_limits speed=9;'}, 'tiktok_beacon_limits', qr/speed=9.*known are body=/],
  (map { ["event names $_", {'= /e' => "tiktok_beacon; tiktok_event_names $_;"}, 'tiktok_event_names', qr/\Q$_\E.* it is "current"/] } qw(new Current)),
  ['event names twice', {'= /e' => 'tiktok_beacon; tiktok_event_names legacy; tiktok_event_names current;'}, 'tiktok_event_names', qr/is duplicate/],
  ['beacon unknown', {'= /e' => 'tiktok_beacon trusty;'}, 'tiktok_beacon', qr/trusty.*known is "trusted"/],
  ['beacon, two words', {'= /e' => 'tiktok_beacon trusted trusted;'}, 'tiktok_beacon', qr/number of arguments/],
  ['status unknown', {'= /status' => 'tiktok_status html;'}, 'tiktok_status', qr/number of arguments/],
  ['pixel, two words', {tiktok_pixel => 'C1 C2'}, 'tiktok_pixel', qr/number of arguments/],
  (map { ["delivery $_", {tiktok_delivery => $_}, 'tiktok_delivery', qr/\Q$_\E.* it is /] }
    qw(batch=0 batch=1001 batch=-1 batch=x batch= in_flight=0 in_flight=257 rate=0 rate=100001
       timeout=0 timeout=x timeout= timeout=2d retry_min=0 retry_max=0 retry_max=2d)),
  ['retry_min above retry_max', {tiktok_delivery => 'retry_min=10s retry_max=9s'}, 'tiktok_delivery', qr/swap/],
  (map { ["queue $_", {tiktok_queue => "%%DIR%%/queue $_"}, 'tiktok_queue', qr/\Q$_\E.*known are/] }
    qw(size=0 size=x size= max_age=0 max_age=x dedup=1k dedup=x fsync=maybe)),
  (map { ["limits $_", {'= /e' => "tiktok_beacon; tiktok_beacon_limits $_;"}, 'tiktok_beacon_limits', qr/\Q$_\E.* it is /] }
    qw(body=0 body=2m body=x events=0 events=1001 events=x depth=0 depth=65)),

  (map { my ($name, $value) = @$_; ["$name twice", {$name => [$value, $value]}, $name, qr/duplicate/] }
    ['tiktok_pixel', PIXEL], [$token, '%%DIR%%/token'], ['tiktok_send', '/_tiktok/api'], ['tiktok_queue', '%%DIR%%/queue'],
    ['tiktok_test_event_code', 'TEST1']),
  ['tiktok_beacon twice', {'= /e' => 'tiktok_beacon; tiktok_beacon;'}, 'tiktok_beacon', qr/duplicate/],
  ['pixel off twice', {'= /x' => 'tiktok_pixel off; tiktok_pixel off;'}, 'tiktok_pixel', qr/duplicate/],

  (map { ["click id $_", {tiktok_click_id => $_}, 'tiktok_click_id', qr/invalid parameter.*max_age=30d/] }
    'yes', 'max_age=1d', 'on off', 'on max_age=0', 'on max_age=x', 'on max_age=', 'on domain=', 'on domain=.', 'on "domain=a b"', 'on path=/'),
  (map { ["inject $_", {tiktok_inject => $_}, 'tiktok_inject', qr{such as "/_t/s\.js"}] } qw(s.js data:x javascript:x /), '"<script>"', '" "'),
  (map { ["inject /s.js $_", {tiktok_inject => "/s.js $_"}, 'tiktok_inject', qr/\Q$_\E.*known is nonce=/] } qw(nonce async=1)),
  ['inject twice', {tiktok_inject => ['/s.js', '/s.js']}, 'tiktok_inject', qr/duplicate/],
  ['inject of three', {tiktok_inject => '/s.js nonce=1 nonce=2'}, 'tiktok_inject', qr/number of arguments/],
  ['click id twice', {tiktok_click_id => ['on', 'off']}, 'tiktok_click_id', qr/duplicate/],
  ['click id of nothing', {tiktok_click_id => ''}, 'tiktok_click_id', qr/number of arguments/],

  # the code is part of file names
  (map { ["pixel code $_", {tiktok_pixel => $_}, 'tiktok_pixel', qr/invalid code.*Events Manager/] }
    '../x', '""', 'C' x 65, 'C-1', 'C.1', '"C 1"', '$pixel'),

  ['beacon without a pixel', {tiktok_pixel => undef}, 'tiktok_beacon', qr/tiktok_pixel/],
  ['beacon where the pixel is off', {'= /e' => 'tiktok_beacon; tiktok_pixel off;'}, 'tiktok_beacon', qr/tiktok_pixel/],

  (map { ["origin $_", {tiktok_origin => $_}, 'tiktok_origin', qr/it is like/] }
    split(" ", q{shop.example https:// https://*.shop.example https://shop.example/ https://shop.example/path null * ftp://shop.example
       https://shop.example?x https://shop.example#x https://user@shop.example}), '"https://a b"', '"https://a https://b"'),

  # where a directive does not belong
  ['ga4 without a pixel', {tiktok_pixel => undef, '= /e' => undef, '= /g' => 'tiktok_ga4; return 204;'}, 'tiktok_ga4', qr/tiktok_pixel/],
  ['ga4 in server', {server => 'tiktok_ga4;'}, 'tiktok_ga4', qr/not allowed here/],
  ['ga4 twice', {'= /g' => 'tiktok_ga4; tiktok_ga4;'}, 'tiktok_ga4', qr/duplicate/],
  ['ga4, two words', {'= /g' => 'tiktok_ga4 on;'}, 'tiktok_ga4', qr/number of arguments/],
  ['beacon in server', {server => 'tiktok_beacon;'}, 'tiktok_beacon', qr/not allowed here/],
  ['status in http', {http => 'tiktok_status;'}, 'tiktok_status', qr/not allowed here/],
  ['queue in server', {server => 'tiktok_queue %%DIR%%/q;', tiktok_queue => undef}, 'tiktok_queue', qr/not allowed here/],
  ['token in a location', {'= /x' => "$token %%DIR%%/token;"}, $token, qr/not allowed here/],
  ['send in a location', {'= /x' => 'tiktok_send /x;'}, 'tiktok_send', qr/not allowed here/],
);

sub test_conf (%part) {
  delete $part{_workers} or return $t->test_conf(%part);
  return $t->test_conf($t->conf_text(%part) =~ s/%%MAIN%%/$t->_fill('%%MAIN%%') =~ s{worker_processes \d+;}{}r/er);
}

subtest 'mistakes' => sub {
  $t->expect_log(qr{is too small for 3 workers});    # said when all is read, so in the log as well
  for my $row (@bad) {
    my ($name, $part, $directive, $says) = @$row;
    subtest $name => sub {
      my ($status, $said) = test_conf(%$part);
      isnt $status, 0, 'refused';
      my @emerg = grep {/\[emerg\]/} split /\n/, $said;
      is @emerg, 1, 'by one line' or diag $said;
      my $line = $emerg[0] // '';
      like $line, qr/\b$directive\b/, 'that names the directive' if $directive;
      like $line, $says, 'and what to do';
      my ($number) = $line =~ m{ in \S+/test\.conf:(\d+)\z};
      ok $number, "and where: $line" or return;
      my $there = (split /\n/, $t->slurp('test.conf'))[$number - 1];
      like $there, qr/tiktok_/, 'and one of our directives stands there';
    };
  }
};

subtest 'warnings' => sub {
  my @warnings = (
    ['a key that all can read', {tiktok_identity => 'on key=%%DIR%%/open.key'}, qr/"tiktok_identity" .*open\.key.*0600/],
    ['a token that all can read', {$token => '%%DIR%%/token.open'}, qr/token\.open.*0600/],
    ['consent is assumed', {tiktok_consent => 'assumed'}, qr/tiktok_consent assumed/],
    ['a test event code', {tiktok_test_event_code => 'TEST123'}, qr/tiktok_test_event_code/],
  );
  $t->file('token.open', "open\n", 0644);
  $t->file('open.key', 'k' x 32, 0644);
  for my $row (@warnings) {
    my ($name, $part, $says) = @$row;
    my ($status, $said) = $t->test_conf(%$part);
    my @warned = grep {/\[warn\]/} split /\n/, $said;
    is $status,  0, "$name: accepted";
    is @warned,  1, "$name: one warning" or diag $said;
    like $warned[0] // '', $says, "$name: says so";
  }
  my ($status, $said) = $t->test_conf;
  unlike $said, qr/\[(?:warn|error|alert|crit|emerg)\]/, 'and none where nothing is strange';
};

subtest 'good ones' => sub {
  my $other = $same =~ s/${\ PIXEL }/COTHER/r;
  my @good = (
    ['the usual', {}],
    ['identity', {tiktok_identity => 'on key=%%DIR%%/identity.key key=%%DIR%%/identity.key max_age=1h domain=shop.example', '= /x' => 'tiktok_identity off;'}],
    ['identity, a relative key', {tiktok_identity => 'on key=identity.key'}],
    ['no pixel, nothing else', {map({ $_ => undef } qw(tiktok_pixel tiktok_consent tiktok_send tiktok_queue), $token), '= /e' => undef}],
    ['several servers, several pixels', {$server->('b', "$other location = /e { tiktok_beacon; }")}],
    ['one pixel in several servers', {$server->('b', $same)}],
    ['all in http', {tiktok_pixel => undef, $token => undef, tiktok_consent => undef, tiktok_send => undef, http => $same}],
    ['off in a location', {'= /x' => 'tiktok_pixel off;'}],
    ['off in a server', {http => $same, tiktok_pixel => 'off', '= /e' => undef, $token => undef, tiktok_consent => undef, tiktok_send => undef}],
    ['off, and nothing it needs', {tiktok_pixel => 'off', $token => undef, tiktok_consent => undef, tiktok_send => undef, tiktok_queue => undef, '= /e' => undef}],
    ['consent in each location', {'= /e' => 'tiktok_beacon; tiktok_consent cookiebot;'}],
    ['all of delivery', {tiktok_delivery => 'batch=1000 in_flight=256 rate=100000 timeout=500ms retry_min=1ms retry_max=1d'}],
    ['all of queue', {tiktok_queue => '%%DIR%%/queue/ size=1m max_age=1h dedup=64k fsync=on'}],
    ['a relative directory', {tiktok_queue => 'queue'}],
    ['the longest pixel', {tiktok_pixel => 'C' x 64}],
    ['origins', {tiktok_origin => ['https://a.example http://b.example:8080', 'https://c.example']}],
    ['injection', {tiktok_inject => '/s.js nonce=$request_id', '= /x' => 'tiktok_inject off;', '= /y' => 'tiktok_inject "";', '= /z' => 'tiktok_inject $uri;'}],
    ['injection, no pixel', {tiktok_inject => 'https://cdn.example/s.js', tiktok_pixel => 'off', '= /e' => undef}],
    ['all of a click id', {tiktok_click_id => 'off', '= /x' => 'tiktok_click_id on max_age=400d domain=.shop.example;'}],
    ['an empty test code', {tiktok_test_event_code => '""'}],
  );
  for my $row (@good) {
    my ($name, $part) = @$row;
    my ($status, $said) = $t->test_conf(%$part);
    is $status, 0, $name or diag $said;
  }
};

subtest 'where a level has none of its own' => sub {
  my $body = sub ($uri, @header) { return $t->post($uri, '', @header)->headers->header('X-Tiktok-Consent') };
  my @a = (Cookie => 'a=1', Referer => 'https://shop.example/');
  my @b = (Cookie => 'b=1');
  $t->conf(
    tiktok_consent => ['cookie a 1'],
    '= /inherits'  => 'tiktok_beacon;',
    '= /own'       => 'tiktok_beacon; tiktok_consent cookie b 1;',
    '= /both'      => 'tiktok_beacon; tiktok_consent cookie a 1; tiktok_consent cookie b 1;',
    tiktok_origin  => 'https://outer.example',
    '= /o'         => 'tiktok_beacon; tiktok_origin https://inner.example;',
  )->start;
  is $body->('/inherits', @a), 'granted',   'the outer policy is inherited';
  is $body->('/inherits', @b), 'undecided', 'and no other applies';
  is $body->('/own',      @b), 'granted',   'a level with one of its own';
  is $body->('/own',      @a), 'undecided', 'inherits none';
  is $body->('/both',     @a), 'undecided', 'several at one level';
  is $body->('/both', Cookie => 'a=1; b=1'), 'granted', 'all apply';
  my $origin = sub ($uri, $host) { return $t->post($uri, '', @a, Origin => "https://$host.example")->code };
  is $origin->('/inherits', 'outer'), 204, 'an inherited origin';
  is $origin->('/o', 'inner'), 204, 'an origin of its own';
  is $origin->('/o', 'outer'), 403, 'replaces it';
  $t->stop;
};

subtest 'nginx -T shows no token' => sub {
  my $token = Test::TikTok::TOKEN;
  my $dir   = $t->dir;
  my $said  = `${\ Test::TikTok::binary() } -p $dir/ -e stderr -c $dir/nginx.conf -T 2>&1`;
  like   $said, qr/tiktok_access_token_file/, 'the whole configuration is there';
  unlike $said, qr/\Q$token\E/, 'but not the token';
  unlike $t->error_log, qr/\Q$token\E/, 'nor in the error log';
};

$t->finish;
done_testing;
