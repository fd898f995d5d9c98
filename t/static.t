# built into nginx, the module stands where it stands when it is loaded: its filter behind those that make a page, and
# before gzip. Debian has no more than nginx's headers and scripts, which show the order; with a source tree in
# TEST_NGINX_SRC that nginx is built, and its pages are looked at

use v5.36;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Temp     ();
use lib dirname(abs_path(__FILE__)) . '/lib';

use Test::More;
use Test::TikTok limit => 1800;    # compilers take their time

my $top  = $Test::TikTok::TOP;
my $src  = $ENV{TEST_NGINX_SRC} // '/usr/share/nginx/src';
my @with = map {"--with-http_${_}_module"} qw(sub gunzip addition slice auth_request v2 ssl);

# a configured tree, and the order of its modules
sub configure (@options) {
  my $tree = File::Temp->newdir('tiktok-static-XXXXXX', TMPDIR => 1);
  system("cp -rs '$src'/* $tree/ && rm -rf $tree/objs $tree/Makefile") == 0 or die "no copy of $src\n";
  my $configure = -f "$tree/configure" ? './configure' : 'auto/configure';
  my $said = qx(cd $tree && $configure @options --add-module=$top 2>&1);
  is $?, 0, "configures: @options" or diag $said;
  open my $in, '<', "$tree/objs/ngx_modules.c" or die "ngx_modules.c: $!\n";
  my @modules = join('', <$in>) =~ /^\s+&(\w+),$/mg;
  return ($tree, @modules);
}

sub order (@modules) {
  my %at = map { $modules[$_] => $_ } 0 .. $#modules;
  is scalar(grep {/\Angx_tiktok_/} @modules), 2, 'two modules, once each';
  return $at{ngx_tiktok_filter_module}, sub ($name) { $at{"ngx_http_${name}_filter_module"} };
}

# answers pass the filters from the end of the list to its start
subtest 'all filters' => sub {
  my ($tree, @modules) = configure(@with);
  my ($ours, $at) = order(@modules);
  cmp_ok $at->($_), '<', $ours, "before $_" for qw(gzip range_header chunked header write);
  is $at->('postpone'), $ours + 1, 'right after subrequests are put in place';
  cmp_ok $at->($_), '>', $ours, "after $_" for qw(postpone ssi charset sub addition gunzip userid headers copy not_modified slice);
};

subtest 'few filters' => sub {
  my ($tree, @modules) = configure(map {"--without-http_${_}_module"} qw(ssi charset userid gzip rewrite));
  my ($ours, $at) = order(@modules);
  is $at->('gzip'), undef, 'no gzip';
  cmp_ok $at->('range_header'), '<', $ours, 'before ranges';
  is $at->('postpone'), $ours + 1, 'right after subrequests are put in place';
};

subtest 'its pages' => sub {
  plan skip_all => 'TEST_NGINX_SRC names no source tree' unless $ENV{TEST_NGINX_SRC};
  my ($tree) = configure(@with, map({"--with-http_${_}_module"} qw(realip stub_status)), '--with-threads', '--with-debug');
  my $said = qx(cd $tree && make -s -j2 2>&1);
  is $?, 0, 'builds' or diag $said;
  local $ENV{TEST_NGINX_BINARY} = "$tree/objs/nginx";
  local $ENV{TEST_NGINX_MODULE} = 'none';
  for my $test (qw(inject click_id)) {
    my $told = qx(cd $top && prove -It/lib t/$test.t 2>&1);
    is $?, 0, "passes t/$test.t" or diag $told;
  }
};

done_testing;
