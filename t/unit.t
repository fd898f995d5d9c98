# the pure rooms' tests in C

use v5.36;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use lib dirname(abs_path(__FILE__)) . '/lib';

use Test::More;
use Test::TikTok limit => 900;    # compilers take their time
use Test::TikTok::Unit qw(build_units run_units);

my $module = build_units;
run_units $module, $_ for qw(consent event html queue seal status tcf gpp);

done_testing;
