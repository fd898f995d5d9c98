# a reload with a configuration that cannot work: the old one stays in effect, and so does the master

use v5.36;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use lib dirname(abs_path(__FILE__)) . '/lib';

use Test::More;
use Test::TikTok;

my $t = Test::TikTok->new(sandbox => 1);
$t->conf(tiktok_queue => '%%DIR%%/queue size=1m')->start;
$t->expect_log(qr/"tiktok_queue" is too small/);

my $master = $t->pid;
my $small  = $t->conf_text(tiktok_queue => '%%DIR%%/queue size=512k');
$t->write_conf($small);
$t->signal('HUP');

ok $t->wait_log(qr/\[emerg\].*"tiktok_queue" is too small for 1 workers, set size=1024k or more, in \S+:\d+/, 10), 'it is said what is wrong';
ok Test::TikTok::Process::alive($master), 'the master lives';
is $t->beacon({event => 'Search', event_id => 'after', page => {url => 'https://shop.example/'}})->code, 204, 'a beacon is taken';
is +($t->sandbox_events(count => 1, timeout => 10))[0]{event}{event_id}, 'after', 'and delivered';

$t->finish;
done_testing;
