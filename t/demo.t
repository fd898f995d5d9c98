# the demo is the first thing that a person sees: one visit through the real shop, and all of it arrives

use v5.36;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use lib dirname(abs_path(__FILE__)) . '/lib';

use Test::More;
use Test::TikTok limit => 600;

plan skip_all => 'the demo takes the module for this nginx' if ($ENV{TEST_NGINX_MODULE} // '') eq 'none';

my $top = $Test::TikTok::TOP;

local $ENV{DEMO_MODULE} = $ENV{TEST_NGINX_MODULE} // "$top/build/ngx_tiktok_module.so";
local $ENV{DEMO_NGINX}  = Test::TikTok::binary();

my $said = qx($top/scripts/demo --once --driver perl 2>&1);

is $?, 0, 'status 0' or diag $said;
like $said, qr/^everything arrived: 6 of 6 events, 0 warnings$/m, 'everything arrived';
like $said, qr/Purchase\s+order\.\d+.*ttclid email phone external_id ip user_agent/, 'the purchase with all its keys';
like $said, qr/Remy\s+Pageview\s+denied\s+onetrust: C0004:0/, 'what was not sent, and why';

done_testing;
