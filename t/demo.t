# the demo is the first thing that a person sees: visits to the real shop in a real browser, and all of it arrives on
# both ways. the shop itself knows nothing of TikTok

use v5.36;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use lib dirname(abs_path(__FILE__)) . '/lib';

use File::Find ();
use Test::More;
use Test::TikTok limit => 600;

plan skip_all => 'the demo takes the module for this nginx' if ($ENV{TEST_NGINX_MODULE} // '') eq 'none';

my $top = $Test::TikTok::TOP;

local $ENV{DEMO_MODULE} = $ENV{TEST_NGINX_MODULE} // "$top/build/ngx_tiktok_module.so";
local $ENV{DEMO_NGINX}  = Test::TikTok::binary();

my $said = qx($top/scripts/demo --once 2>&1);

is $?, 0, 'status 0' or diag $said;
like $said, qr/^everything arrived: 15 of 15 events, 0 warnings$/m, 'everything arrived';
like $said, qr/^  ViewContent +(\S{10,}) +\1 +script +89\.90 EUR +\S+\?colour=smoke$/m, 'an event of both ways, with one id';
like $said, qr/^  Purchase +(order\.\d+) +\1 +rule, script +89\.90 EUR/m, 'the purchase, of the rule and the script';
like $said, qr/^  Purchase +order\.\d+ +rule +24\.00 EUR/m, 'the purchase of who has a blocker, by nginx alone';
like $said, qr/^  Lead +\S{10,} +rule/m, 'the lead, by nginx alone';
like $said, qr/^  Remy  has rejected +denied +onetrust: C0004:0 +nothing +nothing$/m, 'what was not sent, and why';

my @files;
File::Find::find(sub { push @files, $File::Find::name if -f }, "$top/scripts/lib/Demo/Shop");
is_deeply [grep {/\.(?:pl|js|ep)\z/ && Test::TikTok->slurp($_) =~ m{tiktok|\bttq|ttclid|_t/}i} @files], [], 'the shop does not know of TikTok';
cmp_ok scalar @files, '>', 10, 'its files were read';

done_testing;
