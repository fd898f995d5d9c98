# TC and GPP strings as IAB's own libraries write and read them

use v5.36;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Temp     ();
use lib dirname(abs_path(__FILE__)) . '/lib';

use Test::More;
use Test::TikTok limit => 900;    # compilers take their time
use Test::TikTok::Unit qw(build_units run_units);

use constant STRINGS => 5000;     # of each kind, and as many that were damaged

my $top    = $Test::TikTok::TOP;
my $dir    = File::Temp->newdir('tiktok-iab-XXXXXX', TMPDIR => 1);
my $module = build_units;

for my $kind (qw(iab_tcf iab_gpp)) {
  is system("node $top/t/lib/$kind.js ${\STRINGS} > $dir/$kind"), 0, "what the library makes of $kind" or next;
  run_units $module, $kind => "$dir/$kind";
}

done_testing;
