# phone numbers of all countries, as libphonenumber reads them

use v5.36;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Temp     ();
use lib dirname(abs_path(__FILE__)) . '/lib';

use Test::More;
use Test::TikTok limit => 900;    # compilers take their time
use Test::TikTok::Unit qw(build_units run_units);

my $top   = $Test::TikTok::TOP;
my $table = 'ngx_tiktok_module/event/ngx_tiktok_phone_tables.h';

is system("$top/scripts/gen-phones | cmp - $top/$table"), 0, "$table is what scripts/gen-phones writes";

my $dir    = File::Temp->newdir('tiktok-phones-XXXXXX', TMPDIR => 1);
my $module = build_units;

sub compare ($kind) {
  is system("node $top/t/lib/phones.js $kind > $dir/$kind"), 0, "what libphonenumber makes of $kind numbers";
  my ($counts) = grep {/^same/} run_units $module, phones => "$dir/$kind";
  return ($counts // '') =~ /^same (\d+), left out (\d+),/ ? ($1, $2) : (0, 0);
}

my ($same, $left_out) = compare('valid');
cmp_ok $same, '>=', 100_000, 'many numbers are the same';
cmp_ok $left_out, '<=', ($same + $left_out) / 1000, 'of those that exist, 99.9 %';

compare('broken');

done_testing;
