# what a log format and a map see of a beacon

use v5.36;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use lib dirname(abs_path(__FILE__)) . '/lib';

use Test::More;
use Test::TikTok;
use Test::TikTok::Capture qw(is_answer);

my $t = Test::TikTok->new->conf(
  http => <<'CONF',
log_format tiktok '$http_x_case|$tiktok_consent|$tiktok_consent_reason|$tiktok_result|$tiktok_event_id';
map $tiktok_result $kept { queued 1; default 0; }
CONF
  server       => 'access_log %%DIR%%/tiktok.log tiktok;',
  servers      => 'server { listen 127.0.0.1:%%PORT_plain%%; access_log %%DIR%%/tiktok.log tiktok; return 200 "[$tiktok_consent][$tiktok_result]"; }',
  '= /say'     => 'return 200 "$tiktok_consent: $tiktok_consent_reason";',
  '= /off'     => 'tiktok_pixel off; return 200 "[$tiktok_consent]";',
  '= /kept'    => 'tiktok_beacon; access_log %%DIR%%/kept.log tiktok if=$kept;',
)->start;

my @cases = (    # name, what is sent, what is logged: consent, reason, result, event_id
  ['queued',    sub (@h) { $t->beacon({event => 'Search', event_id => 'v1'}, @h) },                                 'granted',   'cookie: consent matches', 'queued',    'v1'],
  ['duplicate', sub (@h) { $t->beacon({event => 'Search', event_id => 'v1'}, @h) },                                 'granted',   'cookie: consent matches', 'duplicate', 'v1'],
  ['order',     sub (@h) { $t->beacon({event => 'Purchase', properties => {order_id => '9'}}, @h) },                'granted',   'cookie: consent matches', 'queued',    'order.9'],
  ['image',     sub (@h) { $t->get('/e?event=Search&event_id=v2', Cookie => 'consent=yes', @h) },                   'granted',   'cookie: consent matches', 'queued',    'v2'],
  ['array',     sub (@h) { $t->beacon([map { {event => 'Search', event_id => "v$_"} } 3, 4], @h) },                 'granted',   'cookie: consent matches', 'queued',    'v4'],
  ['escaped',   sub (@h) { $t->beacon({event => 'Search', event_id => qq(a"b|\\c\x{e4})}, @h) },                  'granted',   'cookie: consent matches', 'queued',    'a\x22b|\x5Cc\xC3\xA4'],
  ['denied',    sub (@h) { $t->beacon({event => 'Search'}, cookies => {consent => 'no'}, @h) },                     'denied',    'cookie: consent does not match','denied',    '-'],
  ['undecided', sub (@h) { $t->beacon({event => 'Search'}, cookies => undef, @h) },                                 'undecided', 'cookie: no cookie',       'undecided', '-'],
  ['opted_out', sub (@h) { $t->beacon({event => 'Search'}, 'Sec-GPC' => 1, @h) },                                   'opted_out', 'gpc',                     'opted_out', '-'],
  ['bot',       sub (@h) { $t->beacon({event => 'Search'}, 'User-Agent' => 'Googlebot', @h) },                      'granted',   'cookie: consent matches', 'bot',       '-'],
  ['invalid',   sub (@h) { $t->beacon('{"event_id":"no"}', @h) },                                                   'granted',   'cookie: consent matches', 'invalid',   '-'],
  ['origin',    sub (@h) { $t->beacon({event => 'Search'}, Origin => 'null', @h) },                                 'granted',   'cookie: consent matches', 'origin',    '-'],
  ['checked',   sub (@h) { $t->beacon('', @h) },                                                                    'granted',   'cookie: consent matches', 'checked',   '-'],
  ['page',      sub (@h) { $t->get('/', Cookie => 'consent=no', @h) },                                              'denied',    'cookie: consent does not match','-',         '-'],
  ['off',       sub (@h) { $t->get('/off', Cookie => 'consent=yes', @h) },                                          '-',         '-',                       '-',         '-'],
  ['plain',     sub (@h) { $t->get('/', port => 'plain', @h) },                                                     '-',         '-',                       '-',         '-'],
);
my %said = map { ($_->[0] => $_->[1]->('X-Case' => $_->[0])) } @cases;
$t->wait_until('the log', sub { (() = $t->slurp('tiktok.log') =~ /\n/g) >= @cases });
my %logged = map { /\A([^|]+)\|(.*)\z/s ? ($1 => $2) : () } split /\n/, $t->slurp('tiktok.log');
is $logged{$_->[0]}, join('|', @$_[2 .. 5]), $_->[0] for @cases;

is $said{plain}->body, '[][]', 'empty where there is no pixel';
is $said{off}->body,   '[]',   'and where it is off';
is $t->get('/say', Cookie => 'consent=yes')->body, 'granted: cookie: consent matches', 'known before the answer';

is_answer $t->beacon({event => 'Search', event_id => 'k1'}, uri => '/kept', 'X-Case' => 'k1'), '204 queued granted', 'a condition on the result';
is_answer $t->beacon({event => 'Search', event_id => 'k1'}, uri => '/kept', 'X-Case' => 'k2'), '204 duplicate granted', 'that does not hold';
is_answer $t->beacon({event => 'Search', event_id => 'k3'}, uri => '/kept', 'X-Case' => 'k3'), '204 queued granted', 'and does again';
$t->wait_until('the log', sub { $t->slurp('kept.log') =~ /k3/ });
is_deeply [map {/\A(\w+)/} split /\n/, $t->slurp('kept.log')], ['k1', 'k3'], 'a map sees the result';

$t->finish;
done_testing;
