# signals that opt out of what consent was given for, and what "tiktok_opt_out" makes of them

use v5.36;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use lib dirname(abs_path(__FILE__)) . '/lib';

use Test::More;
use Test::TikTok;
use Test::TikTok::Capture qw(by_id counted is_answer);

my $WHY = 'return 200 "$tiktok_consent $tiktok_consent_reason";';

my $t = Test::TikTok->new(sandbox => 1)->conf(
  '= /deny'      => 'tiktok_beacon; tiktok_opt_out deny;',
  '= /limit'     => 'tiktok_beacon; tiktok_opt_out limit;',
  '= /rule'      => 'tiktok_event Search event_id=$arg_id; return 200;',
  '= /rule/limit' => 'tiktok_event Search event_id=$arg_id; tiktok_opt_out limit; return 200;',
  '= /why/e'     => $WHY,
  '= /why/deny'  => "tiktok_opt_out deny; $WHY",
  '= /why/limit' => "tiktok_opt_out limit; $WHY",
)->start;
counted($t);

my @PAGE = (Referer => 'https://shop.example/page');
my $ids  = 0;

my @signals = (    # cookies, headers, reason; without one, nobody opts out
  ['nothing',                                              [],                  undef],
  ['usprivacy=1YNN',                                       [],                  undef],
  ['usprivacy=1---; us_privacy=',                          [],                  undef],
  ['OTGPPConsent=DBABLA~BVQqAAAAAgA.QA',                   ['Sec-GPC' => '0'],  undef],
  ['IABGPP_HDR_GppString=DBABBg~BUoAAAKA.QA',              ['Sec-GPC' => '11'], undef],
  ['nothing',                                              ['Sec-GPC' => '1'],  'gpc'],
  ['usprivacy=1YYN',                                       ['Sec-GPC' => '1'],  'gpc'],
  ['usprivacy=1YYN',                                       [],                  'us_privacy: 1YYN'],
  ['us_privacy=1-Y-',                                      [],                  'us_privacy: 1-Y-'],
  ['usprivacy=%7B%22uspString%22%3A%221NY-%22%7D',         [],                  'us_privacy: 1NY-'],
  ['usprivacy=maybe',                                      [],                  'us_privacy: not readable'],
  ['OTGPPConsent=DBABLA~BVQVAAAAAgA.QA',                   [],                  'gpp: usnat sale opt-out'],
  ['OTGPPConsent=DBABLA~BVQqAAAAAgA.YA',                   [],                  'gpp: usnat gpc'],
  ['IABGPP_HDR_GppString=DBABBg~BUkAAAKA.QA',              [],                  'gpp: usca sharing opt-out'],
  ['IABGPP_HDR_GppString=DBABBg',                          [],                  'gpp: not readable'],
);

for my $signal (@signals) {
  my ($cookies, $headers, $reason) = @$signal;
  my $name = join ', ', $cookies, @$headers;

  for my $uri (qw(/e /deny /limit)) {
    my $opted_out = $reason && $uri ne '/limit';
    my $id        = 'o' . ++$ids;
    my @request   = (cookies => "consent=yes; $cookies", uri => $uri, @PAGE, @$headers);
    is_answer $t->beacon({event => 'Search', event_id => $id}, @request), $opted_out ? '204 opted_out opted_out' : '204 queued granted', "$name, $uri";
    is_answer $t->beacon('', @request), $opted_out ? '204 checked opted_out' : '204 checked granted', 'a check says the same';
    is $t->get("/why$uri", Cookie => "consent=yes; $cookies", @$headers)->body,
      $opted_out ? "opted_out $reason" : $reason ? "granted limited by $reason" : 'granted cookie: consent matches', 'and why';
    push @{$signal->[3]}, $id unless $opted_out;
  }
}

my $opted_out = 2 * grep { $_->[2] } @signals;
my $queued    = 3 * @signals - $opted_out;
is counted($t), "opted_out=$opted_out queued=$queued", 'each is counted';

my $seen = by_id($t, $queued);
is scalar keys %$seen, $queued, 'what is sent';
for my $signal (@signals) {
  my ($cookies, undef, $reason, $sent) = @$signal;
  is_deeply [map { $seen->{$_}{limited_data_use} ? 'limited' : 'whole' } @$sent], $reason ? ['limited'] : [('whole') x 3], "$cookies: " . ($reason // 'no signal');
}

subtest 'rules' => sub {
  $t->get("/rule?id=rule",        Cookie => 'consent=yes', 'Sec-GPC' => '1');
  $t->get("/rule/limit?id=limit", Cookie => 'consent=yes', 'Sec-GPC' => '1');
  $t->get("/rule/limit?id=whole", Cookie => 'consent=yes');
  is counted($t), 'opted_out=1 queued=2', 'are counted';
  my $events = by_id($t, $queued + 2);
  ok !$events->{rule}, 'opted out';
  is_deeply [map { $events->{$_}{limited_data_use} ? 'limited' : 'whole' } qw(limit whole)], [qw(limited whole)], 'limited';
};

subtest 'a signal is no consent, nor does it deny' => sub {
  for my $uri (qw(/e /limit)) {
    my @signal = (uri => $uri, @PAGE, 'Sec-GPC' => '1');
    is_answer $t->beacon({event => 'Search'}, cookies => 'consent=no; usprivacy=1YYN', @signal), '204 denied denied', "denied, $uri";
    is_answer $t->beacon({event => 'Search'}, cookies => 'usprivacy=1YNN', @signal), '204 undecided undecided', "undecided, $uri";
    is $t->get("/why$uri", Cookie => 'consent=no', 'Sec-GPC' => '1')->body, 'denied cookie: consent does not match', 'and why';
  }
  is counted($t), 'denied=2 undecided=2', 'are counted';
};

subtest 'configuration' => sub {
  my ($status, $said) = $t->test_conf('= /bad' => 'tiktok_opt_out ignore;');
  is $status, 1, 'an unknown value';
  like $said, qr/\[emerg\] .*"tiktok_opt_out" has an invalid value "ignore", it is "deny" .* or "limit"/, 'and the remedy';
  ($status, $said) = $t->test_conf('= /bad' => 'tiktok_opt_out deny; tiktok_opt_out limit;');
  like $said, qr/\[emerg\] .*"tiktok_opt_out" directive is duplicate/, 'twice';

  for my $case (['tcf purposes=', 'purposes='], ['tcf purposes=1,25', 'purposes=1,25'], ['tcf purposes=1:7', 'purposes=1:7'], ['tcf vendor=0', 'vendor=0'], ['tcf vendor=65536', 'vendor=65536']) {
    my ($policy, $bad) = @$case;
    ($status, $said) = $t->test_conf(tiktok_consent => $policy);
    like $said, qr/\[emerg\] .*"tiktok_consent" has an invalid "\Q$bad\E": purposes are a list of numbers from 1 to 24, a vendor is one number; write "tcf /, $policy;
  }
  ($status, $said) = $t->test_conf(tiktok_consent => 'tcf id=4');
  like $said, qr/\[emerg\] .*"tiktok_consent" has "id=4", but "tcf" takes no id/, 'an id';
  ($status, $said) = $t->test_conf(tiktok_consent => 'tcf legitimate=7');
  like $said, qr/\[emerg\] .*"tiktok_consent" has an unknown argument "legitimate=7"; write "tcf /, 'an unknown argument';
};

subtest 'inheritance' => sub {
  $t->conf(http => 'tiktok_opt_out limit;', '= /why/deny' => "tiktok_opt_out deny; $WHY", '= /why/e' => $WHY)->reload;
  my @request = (Cookie => 'consent=yes', 'Sec-GPC' => '1');
  is $t->get('/why/e',    @request)->body, 'granted limited by gpc', 'from http';
  is $t->get('/why/deny', @request)->body, 'opted_out gpc',          'changed in a location';
};

$t->finish;
done_testing;
