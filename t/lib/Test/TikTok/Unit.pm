package Test::TikTok::Unit;

# the unit tests in C: a module of their own, which prints TAP while "nginx -t" reads a configuration
#
#   my $module = build_units;
#   run_units $module, 'event';
#   run_units $module, phones => $file;

use v5.36;

use Exporter qw(import);
use File::Temp ();
use Test::More;

our @EXPORT_OK = qw(build_units run_units);

my $build;

# TEST_UNIT_MODULE is one that was built before, with sanitizers perhaps
sub build_units () {
  return $ENV{TEST_UNIT_MODULE} if defined $ENV{TEST_UNIT_MODULE};
  my $top = $Test::TikTok::TOP;
  $build = File::Temp->newdir('tiktok-unit-XXXXXX', TMPDIR => 1);
  my $said = qx(ADDON=$top/t/unit BUILD=$build $top/scripts/build 2>&1);
  is $?, 0, 'builds' or do { diag $said; done_testing; exit };
  return "$build/ngx_tiktok_unit_module.so";
}

# one room, which may read a file; returns what it said in comments
sub run_units ($module, $room, @file) {
  my @comments;
  subtest $room => sub {
    my $t = Test::TikTok->new(module => 0);
    my ($status, $said) = $t->test_conf(<<"CONF");
load_module $module;
working_directory %%DIR%%/cores;
pid %%DIR%%/nginx.pid;
error_log stderr;
unit $room @file;
events {}
CONF
    my ($planned, $checks) = (undef, 0);
    for my $line (split /\n/, $said) {
      if    ($line =~ /^(not )?ok \d+ - (.*)/) { $checks++; ok !$1, $2 }
      elsif ($line =~ /^1\.\.(\d+)$/)          { $planned = $1 }
      elsif ($line =~ /^\s*#\s*(.*)/)          { push @comments, $1; diag $1 }
      elsif ($line =~ /\[(?:alert|emerg|crit)\]/) { fail 'says nothing serious'; diag $line }
    }
    is $planned, $checks, 'ran to its end' or diag $said;
    ok $checks, 'has checks';
    is $status, 0, 'the configuration passes' or diag $said;
    $t->finish;
  };
  return @comments;
}

1;
