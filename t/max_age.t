# an event that TikTok would not want any more is given up and counted, also while its batch waits to be sent again

use v5.36;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use lib dirname(abs_path(__FILE__)) . '/lib';

use Test::More;
use Test::TikTok;

my $t = Test::TikTok->new;    # nobody answers
$t->conf(tiktok_queue => '%%DIR%%/queue max_age=1s', tiktok_delivery => 'retry_min=100ms retry_max=300ms')->start;

is $t->beacon({event => 'Search', page => {url => 'https://shop.example/'}})->code, 204, 'a beacon is taken';
ok $t->wait_status(sub ($s) { $s->{pixels}[0]{delivery}{retries} >= 1 }, 10), 'and its batch waits';

my $status = $t->wait_status(sub ($s) { $s->{pixels}[0]{queue}{expired} == 1 }, 10);
ok $status, 'until it is too old';
is $status->{pixels}[0]{queue}{events}, 0, 'nothing is in the queue';
is $status->{pixels}[0]{queue}{delivered}, 0, 'nothing was delivered';

$t->finish;
done_testing;
