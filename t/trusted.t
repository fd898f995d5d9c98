# tiktok_beacon trusted: a shop's own servers tell what they know of the visitor, and consent with it

use v5.36;

use Cwd            qw(abs_path);
use File::Basename qw(dirname);
use lib dirname(abs_path(__FILE__)) . '/lib';

use Mojo::JSON qw(encode_json false true);
use Test::More;
use Test::TikTok;
use Test::TikTok::Capture qw(by_id counted is_answer is_error);

my $PAGE = {url => 'https://shop.example/thanks'};

my $t = Test::TikTok->new(sandbox => 1)->conf(
  http         => q{log_format said '$tiktok_result $tiktok_consent $tiktok_consent_reason';},
  '= /hook'    => 'tiktok_beacon trusted; access_log %%DIR%%/said.log said;',
  '= /closed'  => 'tiktok_beacon trusted; allow 192.0.2.1; deny all;',
)->start;
counted($t);

sub hook ($body, @headers) { return $t->beacon($body, uri => '/hook', cookies => undef, @headers) }
sub event ($id, %more) { return {event => 'Contact', event_id => $id, page => $PAGE, consent => 'granted', %more} }

# nothing of the connection
my @noise = (
  Cookie           => 'consent=no; _ttp=2abcDEFghiJKLmnoPQRstuVWxyz; ttclid=E.C.P.cookie', Referer => 'https://shop.example/?ttclid=E.C.P.referer',
  'Sec-GPC'        => '1', 'Sec-Purpose' => 'prefetch', Origin => 'https://elsewhere.example', 'Sec-Fetch-Site' => 'cross-site',
  'User-Agent'     => 'Googlebot/2.1', 'Accept-Language' => 'de',
);
my $answer = hook(event('plain'), @noise);
is_answer $answer, '204 queued granted', 'whatever the headers say';
is_deeply [grep { /set-cookie|access-control|vary/i } @{$answer->headers->names}], [], 'no cookies, no CORS';

my $user = {ip => '8.8.8.8', user_agent => 'Visitor/1.0', locale => 'de_at', ttp => '01J8.tt.1', ttclid => 'E.C.P.body', external_id => 'cust-8842'};
is_answer hook(event('user', user => $user), @noise), '204 queued granted', 'a user in full';
is_answer hook(event('top', ip => '2001:4860:4860::8888', user_agent => 'Visitor/2.0')), '204 queued granted', 'the same of the event itself';
is_answer hook(event('url', page => {url => 'https://shop.example/?ttclid=E.C.P.page'})), '204 queued granted', 'a click id in the URL of the page';
is_answer hook(event('private', user => {ip => '10.0.0.1', user_agent => ['x']}, limited_data_use => true)), '204 queued granted', 'an address of the shop\'s own';
is_answer hook({event => 'purchase', ecommerce => {transaction_id => 'T1', value => 5, currency => 'EUR'}, page => $PAGE, consent => true}), '204 queued granted', 'of GA4';
is_answer $t->post('/hook', 'event=Contact&event_id=form&url=https://shop.example/&ip=8.8.4.4&user_agent=Form/1&consent=1&email=jane@example.com'), '204 queued granted', 'a form';
is_answer $t->get('/hook?event=Contact&event_id=get&url=https://shop.example/&ip=8.8.4.4&consent=yes&email=jane@example.com'), '200 queued granted', 'an image';

my $seen  = by_id($t, 8);
my %users = (
  plain => undef, private => undef, 'order.T1' => undef,
  user  => {%$user, locale => 'de-AT', external_id => '3335c80bf680bfaa5245dd28c8c930a6cbce0f13da00e5f462a2dd0521d5a4e5'},
  top   => {ip => '2001:4860:4860::8888', user_agent => 'Visitor/2.0'},
  url   => {ttclid => 'E.C.P.page'},
  form  => {ip => '8.8.4.4', user_agent => 'Form/1', email => '8c87b489ce35cf2e2f39f80e282cb2e804932a56a213983eeeb428407d43b52d'},
  get   => {ip => '8.8.4.4'},
);
is_deeply $seen->{$_}{user}, $users{$_}, "user of $_" for sort keys %users;
is_deeply $seen->{plain}{page}, $PAGE, 'no other page';
is $seen->{private}{limited_data_use}, true, 'limited data use';
my $left = $t->status->{pixels}[0]{left_out};
is_deeply $left, {email => 1, phone => 0, ip => 1, currency => 0, url => 0, text => 0, user => 1}, 'what was left out is counted';
counted($t);

# consent is said, or there is none
my %consent = (
  (map { $_ => 'granted' } '"granted"', '"yes"', '"true"', '"1"', 'true', '1'),
  (map { $_ => 'denied' } '"denied"', '"no"', '"false"', '"0"', 'false', '0'),
  (map { $_ => 'undecided' } 'null', '""', '"Granted"', '" granted"', '"maybe"', '2', '1.5', '[]', '[true]', '{}', '{"granted":true}', '"undecided"'),
);
my $n = 0;
for my $value (sort keys %consent) {
  my $verdict = $consent{$value};
  my $result  = $verdict eq 'granted' ? 'queued' : $verdict;
  is_answer hook(qq({"event":"Contact","event_id":"c${\ $n++}","page":{"url":"https://shop.example/"},"consent":$value})), "204 $result $verdict", "consent $value";
}
is_answer hook({event => 'Contact', event_id => 'none'}, Cookie => 'consent=yes'), '204 undecided undecided', 'a cookie is no consent here';
is_answer hook({event => '', consent => false}), '204 denied denied', 'consent comes before what is wrong';
is_error hook({event => '', consent => true}), '400 invalid granted event', 'which is told with it';
is_error hook('{"event"'), '400 invalid undecided', 'no JSON, no consent';
is_answer hook(''), '204 checked undecided', 'an empty body knows nothing';
is counted($t), 'denied=7 invalid=2 queued=6 undecided=13', 'all are counted';

# each event of an array has its own
$answer = hook([event('a1'), event('a2', consent => 'no'), {event => 'Contact', event_id => 'a3'}, event('a4', event_id => {}), event('a5'), 7]);
is_answer $answer, '200 queued granted', 'an array';
is_deeply $answer->json, {queued => 2, errors => [{error => 'is not a string', field => 'data[3].event_id'}, {error => 'is not an object', field => 'data[5]'}]}, 'what is bad is told';
is counted($t), 'denied=1 invalid=2 queued=2 undecided=1', 'each is counted';
is_answer hook([event('a6', consent => undef), event('a7', consent => 'no')]), '204 denied denied', 'the verdict of an array is that of its result';
is_answer hook([event('a6', consent => undef)]), '204 undecided undecided', 'here, too';
counted($t);

$t->wait_until('the access log', sub { $t->slurp('said.log') =~ /denied denied body: denied\n.*undecided undecided body: no consent\n/s });
like $t->slurp('said.log'), qr/^queued granted body: granted$/m, 'with the reason in the log';
like $t->slurp('said.log'), qr/^undecided undecided body: unknown value$/m, 'of what is unknown';
is $t->status->{pixels}[0]{consent_reasons}{'body: granted'} > 0, 1, 'and in the status';

# event_time
my $now   = time;
my $day   = 86_400;
my %times = (
  now => [$now - 1, $now - 1], text => ['"' . ($now - 9) . '"', $now - 9], week => [$now - 7 * $day, $now - 7 * $day], month => [$now - 27 * $day, $now - 27 * $day],
  ahead => [$now + 200, undef], none => ['null', undef], empty => ['""', undef],
);
is_answer hook(qq({"event":"Schedule","event_id":"time-$_","page":{"url":"https://shop.example/"},"consent":true,"event_time":$times{$_}[0]})), '204 queued granted', "time: $_" for sort keys %times;
my %wrong = (
  old => [$now - 29 * $day, 'is more than 28 days ago'], future => [$now + 1000, 'is in the future'], milliseconds => [$now * 1000, 'is in the future'],
  date => ['"2025-11-25T12:00:00Z"', 'is not a time in seconds since 1970'], fraction => [$now - 0.5, 'is not a time in seconds since 1970'],
  negative => [-1, 'is not a time in seconds since 1970'], huge => ['1e30', 'is not a time in seconds since 1970'],
  list => ["[$now]", 'is not a time in seconds since 1970'],
);
for my $name (sort keys %wrong) {
  my $said = hook(qq({"event":"Schedule","consent":true,"event_time":$wrong{$name}[0]}));
  is_error $said, '400 invalid granted event_time', "time: $name";
  is $said->json->{error}, $wrong{$name}[1], 'says why';
}
$t->wait_status(sub ($s) { !$s->{pixels}[0]{queue}{events} });
$seen = by_id($t, 0);
for my $name (sort keys %times) {
  my $time = $seen->{"time-$name"}{event_time} // 0;
  ok defined $times{$name}[1] ? $time == $times{$name}[1] : abs($time - $now) < 30, "time: $name arrives" or diag $time - $now;
}
is $t->sandbox->stats->{events}{refused}, 0, 'the API refused nothing';

# who is not trusted has no say
counted($t);
is_answer $t->beacon(event('x1'), cookies => {consent => 'no'}), '204 denied denied', 'the body of a page grants nothing';
is_answer $t->beacon(event('x2', consent => 'no', user => {ip => '9.9.9.9', user_agent => 'Fake/1'}), 'User-Agent' => 'Real/1'), '204 queued granted', 'and denies nothing';
$t->wait_status(sub ($s) { !$s->{pixels}[0]{queue}{events} });
is by_id($t, 0)->{x2}{user}{user_agent}, 'Real/1', 'nor does it know the visitor';
is $t->beacon(event('y'), uri => '/closed', cookies => undef)->code, 403, 'access rules of nginx hold';

$t->finish;
done_testing;
