# the module builds without a warning with the compilers that are here, and nginx loads it

use v5.36;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Temp     ();
use lib dirname(abs_path(__FILE__)) . '/lib';

use Test::More;
use Test::TikTok limit => 900;    # compilers take their time

my $top = $Test::TikTok::TOP;

subtest 'nginx loads it' => sub {
  my $t = Test::TikTok->new;
  my ($status, $said) = $t->test_conf("%%MAIN%%\nevents {}\nhttp { %%HTTP%% }\n");
  is $status, 0, 'beside a configuration that does not use it' or diag $said;
  unlike $said, qr/\[(?:warn|error|crit|alert|emerg)\]/, 'and says nothing';
  $t->write_conf("%%MAIN%%\nevents {}\nhttp { %%HTTP%% server { listen 127.0.0.1:%%PORT_http%%; location / { return 204; } } }\n")->start;
  is $t->get('/')->code, 204, 'and serves';
  $t->reload;
  is $t->get('/')->code, 204, 'after a reload as well';
  $t->finish;
};

# with the warnings that nginx itself is built with, and some more, made errors
my $more = '-Wall -Wextra -Wno-unused-parameter -Wno-sign-compare -Wno-missing-field-initializers -Wno-cast-function-type -Werror';
for my $compiler (qw(gcc clang)) {
  subtest $compiler => sub {
    plan skip_all => "there is no $compiler" unless grep { -x "$_/$compiler" } split /:/, $ENV{PATH};
    my $build = File::Temp->newdir('tiktok-build-XXXXXX', TMPDIR => 1);
    local $ENV{CC}     = $compiler;
    local $ENV{CFLAGS} = join ' ', $ENV{CFLAGS} // (), $more;
    local $ENV{BUILD}  = "$build";
    local $ENV{ADDON};
    delete $ENV{ADDON};
    my $said = qx($top/scripts/build 2>&1);
    is $?, 0, 'builds' or diag $said;
    unlike $said, qr/warning/i, 'without a warning' or diag $said;
    ok -s "$build/ngx_tiktok_module.so", 'the module is there';
  };
}

done_testing;
