# nothing is captured without consent: what grants it, what does not, and what is left behind then

use v5.36;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use lib dirname(abs_path(__FILE__)) . '/lib';

use Mojo::Util qw(url_escape);
use Test::More;
use Test::TikTok;
use Test::TikTok::Capture qw(counted is_answer);

my %policy = (
  onetrust   => 'onetrust',
  renamed    => 'onetrust id=BG36',
  cookiebot  => 'cookiebot',
  name       => 'cookie consent yes',
  regex      => 'cookie consent ~^(all|marketing)$',
  caseless   => 'cookie consent ~*^ALL$',
  variable   => 'variable $arg_verdict',
  assumed    => 'assumed',
  both       => ['cookie consent yes', 'cookie second yes'],
  region     => ['onetrust if=$eu', 'assumed if=$us'],
  country    => ['assumed if=$elsewhere', 'cookie consent yes if=$europe', 'cookie notice yes if=$http_x_notice'],
);
my $locations = sub {
  return map { my $name = $_; ("= /$name" => join ' ', 'tiktok_beacon;', map {"tiktok_consent $_;"} ref $policy{$name} ? @{$policy{$name}} : $policy{$name}) } keys %policy;
};

my $t = Test::TikTok->new(sandbox => 1)->conf(
  http => 'set_real_ip_from 127.0.0.1; real_ip_header X-Real-IP; geo $region { default 0; 192.0.2.0/24 eu; 2001:db8::/32 eu; 198.51.100.0/24 us; }
    map $region $eu { eu 1; } map $region $us { us 1; } map $http_x_country $europe { default 0; DE 1; FR 1; } map $http_x_country $elsewhere { default 0; BR 1; }',
  '= /why' => 'tiktok_consent onetrust; return 200 "$tiktok_consent_reason";',
  $locations->(),
)->start;

# groups and the rest as a browser sends them
sub onetrust ($groups, %with) {
  my $interactions = $with{interactions} // 2;
  my $cookie = 'OptanonConsent=isGpcEnabled=0&datestamp=Wed+Dec+03+2025+14%3A57%3A50+GMT%2B0530+(India+Standard+Time)&version=202510.2.0'
    . '&browserGpcFlag=0&isIABGlobal=false&hosts=&consentId=00000000-0000-4000-8000-000000000000'
    . "&interactionCount=$interactions&isAnonUser=1&landingPath=NotLandingPage&groups=" . url_escape($groups, '^A-Za-z0-9')
    . '&AwaitingReconsent=' . ($with{again} // 'false') . '&intType=1&geolocation=IN%3BMH';
  return $cookie . ($with{closed} // 1 ? '; OptanonAlertBoxClosed=2024-03-14T09:14:46.676Z' : '');
}

sub cookiebot ($marketing, %with) {
  my $stamp  = $with{stamp}  // 'Yz5nDq0bKqUGKpVqE0qTnWSNxrGUyKWs8XBHJ1E2FGe7ZXZ4TX==';
  my $method = $with{method} // 'explicit';
  my $value  = "{stamp:'$stamp',necessary:true,preferences:false,statistics:false,marketing:$marketing,method:'$method',ver:1,utc:1705162226478,region:'ae'}";
  return "CookieConsent=$value" if $with{raw};
  return 'CookieConsent=' . $value =~ s/([',])/sprintf '%%%02X', ord $1/ger;
}

my @denied = (    # policy, cookies, verdict, further headers
  [onetrust => onetrust('C0001:1,C0002:1,C0003:1,C0004:0,C0005:1'),                                  'denied'],
  [onetrust => onetrust('C0001:1,C0002:1,C0004:1', closed => 0, interactions => 0),                  'undecided'],
  [onetrust => onetrust('C0001:1,C0002:1'),                                                          'undecided'],
  [onetrust => onetrust('C0001:1,XC0004:1'),                                                         'undecided'],
  [onetrust => onetrust('C0001:1,C0004:1', again => 'true'),                                         'undecided'],
  [onetrust => undef,                                                                                'undecided'],
  [onetrust => 'optanonconsent=groups=C0004%3A1; OptanonAlertBoxClosed=2024-03-14T09:14:46.676Z',    'undecided'],
  [onetrust => 'a=OptanonConsent=groups=C0004%3A1; OptanonAlertBoxClosed=2024-03-14T09:14:46.676Z',  'undecided'],
  [onetrust => 'a=b,OptanonConsent=groups=C0004%3A1; OptanonAlertBoxClosed=2024-03-14T09:14:46.676Z', 'undecided'],
  [onetrust => onetrust('C0004:1') . '; ' . onetrust('C0004:0'),                                     'undecided'],
  [renamed  => onetrust('C0001:1,C0004:1,BG36:0'),                                                   'denied'],
  [cookiebot => cookiebot('false'),                                                                  'denied'],
  [cookiebot => 'CookieConsent=0',                                                                   'denied'],
  [cookiebot => 'CookieConsent=-1',                                                                  'undecided'],
  [cookiebot => cookiebot('true', stamp => '-1', method => 'implied'),                               'undecided'],
  [cookiebot => undef,                                                                               'undecided'],
  [name     => 'consent=no',                                                                         'denied'],
  [name     => 'consent=YES',                                                                        'denied'],
  [name     => 'consent=yes2',                                                                       'denied'],
  [name     => 'consent=',                                                                           'denied'],
  [name     => 'Consent=yes',                                                                        'undecided'],
  [name     => 'xconsent=yes',                                                                       'undecided'],
  [name     => undef,                                                                                'undecided'],
  [name     => 'consent=yes; consent=no',                                                            'undecided'],
  [regex    => 'consent=none',                                                                       'denied'],
  [regex    => 'consent=ALL',                                                                        'denied'],
  [caseless => 'consent=al',                                                                         'denied'],
  [variable => undef,                                                                                'undecided'],
  [both     => 'consent=yes; second=no',                                                             'denied'],
  [both     => 'consent=no; second=yes',                                                             'denied'],
  [both     => 'consent=yes',                                                                        'undecided'],
  [both     => 'second=no',                                                                          'denied'],
  [country  => 'consent=yes',                                                                        'undecided'],
  [region   => onetrust('C0004:0'),                                                                  'denied',    'X-Real-IP' => '192.0.2.7'],
  [region   => undef,                                                                                'undecided', 'X-Real-IP' => '192.0.2.7'],
  [region   => undef,                                                                                'undecided', 'X-Real-IP' => '2001:db8::7'],
  [region   => onetrust('C0004:1'),                                                                  'undecided', 'X-Real-IP' => '203.0.113.7'],
  [region   => onetrust('C0004:1'),                                                                  'undecided'],
  [country  => 'consent=no',                                                                         'denied',    'X-Country' => 'DE'],
  [country  => undef,                                                                                'undecided', 'X-Country' => 'FR'],
  [country  => 'consent=yes',                                                                        'undecided', 'X-Country' => 'US'],
  [country  => 'consent=yes',                                                                        'undecided', 'X-Country' => 'DE', 'X-Notice' => '1'],
  [country  => 'notice=no',                                                                          'denied',    'X-Country' => 'BR', 'X-Notice' => '1'],
);
my @granted = (
  [onetrust => onetrust('C0001:1,C0002:1,C0003:1,C0004:1,C0005:1'),                                  'granted'],
  [onetrust => onetrust('C0001:1,C0004:1', closed => 0, interactions => 1),                          'granted'],
  [renamed  => onetrust('C0001:1,C0004:0,BG36:1'),                                                   'granted'],
  [cookiebot => cookiebot('true'),                                                                   'granted'],
  [cookiebot => cookiebot('true', raw => 1),                                                         'granted'],
  [name     => 'a=b; consent=yes; c=d',                                                              'granted'],
  [name     => 'consent=%79es',                                                                      'granted'],
  [name     => 'consent=yes; consent=yes',                                                           'granted'],
  [regex    => 'consent=marketing',                                                                  'granted'],
  [caseless => 'consent=aLL',                                                                        'granted'],
  [assumed  => undef,                                                                                'granted'],
  [both     => 'consent=yes; second=yes',                                                            'granted'],
  [region   => onetrust('C0004:1'),                                                                  'granted', 'X-Real-IP' => '192.0.2.7'],
  [region   => onetrust('C0004:1'),                                                                  'granted', 'X-Real-IP' => '2001:db8::7'],
  [region   => onetrust('C0004:0'),                                                                  'granted', 'X-Real-IP' => '198.51.100.7'],
  [country  => undef,                                                                                'granted', 'X-Country' => 'BR'],
  [country  => 'consent=yes',                                                                        'granted', 'X-Country' => 'DE'],
  [country  => 'consent=yes; notice=yes',                                                            'granted', 'X-Country' => 'DE', 'X-Notice' => '1'],
  [country  => 'consent=yes',                                                                        'granted', 'X-Country' => 'DE', 'X-Notice' => '0'],
);
my %variable = (1 => 'granted', granted => 'granted', yes => 'granted', true => 'granted', 0 => 'denied', denied => 'denied', no => 'denied', false => 'denied',
  map { ($_ => 'undecided') } '', '2', 'yess', 'ok', 'undecided');

my $try = sub ($policy, $cookies, $verdict, @headers) {
  my $result = $verdict eq 'granted' ? 'queued' : $verdict;
  my $name   = "$policy: " . ($cookies // 'no cookies');
  is_answer $t->beacon({event => 'ViewContent'}, uri => "/$policy", cookies => $cookies, Referer => 'https://shop.example/', @headers), "204 $result $verdict", $name;
  is_answer $t->beacon('', uri => "/$policy", cookies => $cookies, @headers), "204 checked $verdict", 'a check says the same';
};

subtest 'without consent' => sub {
  my $files = sub { return grep { -f } glob $t->dir . '/queue/*' };
  my @before = $files->();
  counted($t);
  $try->(@$_) for @denied;
  $try->("variable?verdict=$_", undef, $variable{$_}) for grep { $variable{$_} ne 'granted' } sort keys %variable;

  my $denied    = grep({ $_->[2] eq 'denied' } @denied) + grep { $_ eq 'denied' } values %variable;
  my $undecided = grep({ $_->[2] eq 'undecided' } @denied) + grep { $_ eq 'undecided' } values %variable;
  is counted($t), "denied=$denied undecided=$undecided", 'each is counted, and nothing else is';

  my $pixel = $t->status->{pixels}[0];
  is $pixel->{queue}{events}, 0, 'nothing is queued';
  is_deeply $pixel->{events}, {}, 'no event is known';
  is_deeply [$files->()], \@before, 'no file is made';
  is_deeply [grep {/CTESTPIXEL/} @before], [], 'none of the pixel was there before';
  is $t->sandbox->stats->{requests}{total}, 0, 'nobody was asked';
};

subtest 'with consent' => sub {
  $try->(@$_) for @granted;
  my @yes = grep { $variable{$_} eq 'granted' } sort keys %variable;
  $try->("variable?verdict=$_", undef, 'granted') for @yes;
  my $all = @granted + @yes;
  is counted($t), "queued=$all", 'each is counted';
  is $t->sandbox_events(count => $all), $all, 'and arrives';
  ok grep({/CTESTPIXEL/} glob $t->dir . '/queue/*'), 'now there is a file of the pixel';
};

subtest 'opt-out in one region' => sub {
  my @us = (uri => '/region', 'X-Real-IP' => '198.51.100.7');
  is_answer $t->beacon({event => 'Contact'}, @us), '204 queued granted', 'without a signal';
  is_answer $t->beacon({event => 'Contact'}, @us, 'Sec-GPC' => 1), '204 opted_out opted_out', 'with one';
};

subtest 'reasons' => sub {
  my $counted = sub { return $t->status->{pixels}[0]{consent_reasons} };
  my $before  = $counted->();
  my $more    = sub {
    my $now = $counted->();
    my %more = map { $now->{$_} == ($before->{$_} // 0) ? () : ($_ => $now->{$_} - ($before->{$_} // 0)) } keys %$now;
    $before = $now;
    return \%more;
  };
  my @onetrust = (uri => '/onetrust', Referer => 'https://shop.example/');
  $t->beacon({event => 'ViewContent'}, @onetrust, cookies => onetrust('C0004:1')) for 1 .. 2;
  $t->beacon([({event => 'ViewContent'}) x 3], @onetrust, cookies => onetrust('C0004:0'));
  $t->beacon({event => 'ViewContent'}, @onetrust, cookies => onetrust('C0004:1'), 'Sec-GPC' => 1);
  $t->beacon('', @onetrust, cookies => undef);
  is_deeply $more->(), {'onetrust: C0004:1' => 2, 'onetrust: C0004:0' => 1, 'gpc' => 1, 'onetrust: no cookie' => 1}, 'each is counted once for a request';
  $t->beacon({event => 'ViewContent'}, @onetrust, cookies => onetrust('C0004:1'), 'User-Agent' => 'Googlebot/2.1');
  $t->beacon({event => 'ViewContent'}, @onetrust, cookies => onetrust('C0004:1'), 'Sec-Purpose' => 'prefetch');
  $t->get('/why', Cookie => onetrust('C0004:0'));
  is_deeply $more->(), {}, 'not for a crawler, a prefetch or a page';
  $t->beacon({event => 'ViewContent'}, uri => '/country', cookies => undef);
  is_deeply $more->(), {'no policy applies' => 1}, 'nor is it of a preset where none applies';

  my $why = sub ($cookie) { return $t->get('/why', Cookie => $cookie)->body };
  is $why->(onetrust('C0004:1')),                     'onetrust: C0004:1',      'granted';
  is $why->(onetrust('C0004:0')),                     'onetrust: C0004:0',      'denied';
  is $why->(onetrust('C0001:1')),                     'onetrust: no C0004',      'another tenant';
  is $why->(undef),                                   'onetrust: no cookie',     'nothing';
  is $why->(onetrust('C0004:1') . '; ' . onetrust('C0004:0')), 'onetrust: ambiguous', 'twice';
};

subtest 'configuration' => sub {
  my ($status, $said) = $t->test_conf(tiktok_consent => undef);
  is $status, 1, 'a pixel needs a policy';
  like $said, qr/\[emerg\].*tiktok_consent/, 'and says so';
  ($status, $said) = $t->test_conf(tiktok_consent => 'assumed');
  is $status, 0, 'consent may be assumed';
  like $said, qr/\[warn\] .*"tiktok_consent assumed"/, 'with a warning';
};

$t->finish;
done_testing;
