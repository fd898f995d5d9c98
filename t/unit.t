# the pure rooms' tests in C, which print TAP while nginx -t reads a configuration

use v5.36;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Temp     ();
use lib dirname(abs_path(__FILE__)) . '/lib';

use Test::More;
use Test::TikTok limit => 900;    # compilers take their time

my $top = $Test::TikTok::TOP;

# TEST_UNIT_MODULE is one that was built before, with sanitizers perhaps
my $build  = File::Temp->newdir('tiktok-unit-XXXXXX', TMPDIR => 1);
my $module = $ENV{TEST_UNIT_MODULE} // do {
  my $said = qx(ADDON=$top/t/unit BUILD=$build $top/scripts/build 2>&1);
  is $?, 0, 'builds' or do { diag $said; done_testing; exit };
  "$build/ngx_tiktok_unit_module.so";
};

for my $room (qw(consent event queue status tcf)) {
  subtest $room => sub {
    my $t = Test::TikTok->new(module => 0);
    my ($status, $said) = $t->test_conf(<<"CONF");
load_module $module;
working_directory %%DIR%%/cores;
pid %%DIR%%/nginx.pid;
error_log stderr;
unit $room;
events {}
CONF
    my ($planned, $checks) = (undef, 0);
    for my $line (split /\n/, $said) {
      if    ($line =~ /^(not )?ok \d+ - (.*)/) { $checks++; ok !$1, $2 }
      elsif ($line =~ /^1\.\.(\d+)$/)          { $planned = $1 }
      elsif ($line =~ /^\s*#(.*)/)             { diag $1 }
      elsif ($line =~ /\[(?:alert|emerg|crit)\]/) { fail 'says nothing serious'; diag $line }
    }
    is $planned, $checks, 'ran to its end' or diag $said;
    ok $checks, 'has checks';
    is $status, 0, 'the configuration passes' or diag $said;
    $t->finish;
  };
}

done_testing;
