# the fuzz targets, each for a while that is always the same; scripts/fuzz runs them for longer

use v5.36;

use Cwd qw(abs_path);
use File::Basename qw(basename dirname);
use lib dirname(abs_path(__FILE__)) . '/lib';

use Test::More;
use Test::TikTok limit => 900;    # compilers take their time

my $top = $Test::TikTok::TOP;

plan skip_all => 'another nginx has no place for sanitizers' if $ENV{TEST_VALGRIND} || $ENV{TEST_NGINX_PRELOAD};

my $said = qx($top/scripts/fuzz --build 2>&1);
is $?, 0, 'builds' or do { diag $said; done_testing; exit };

for my $target (map { basename $_ } sort glob "$top/t/fuzz/corpus/*") {
  my $said = qx($top/scripts/fuzz --built --runs=20000 $target 2>&1);
  is $?, 0, "$target passes" or diag $said;
  my ($done) = $said =~ /number_of_executed_units:\s*(\d+)/;
  is $done, 20000, 'and was run';
  my ($new) = $said =~ /new_units_added:\s*(\d+)/;
  cmp_ok $new, '>', 0, 'by what reaches new code' or diag $said;
}

done_testing;
