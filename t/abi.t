# a module that was built with other headers than its nginx says so at nginx -t, instead of crashing workers: a
# distribution may change a structure and keep the version

use v5.36;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Temp     ();
use lib dirname(abs_path(__FILE__)) . '/lib';

use Test::More;
use Test::TikTok limit => 600;    # compilers take their time

my $top     = $Test::TikTok::TOP;
my $headers = $ENV{NGINX_SRC} // '/usr/share/nginx/src';
my $binary  = Test::TikTok::binary();
my $flags   = qx($binary -V 2>&1);

sub slurp ($file) {
  open my $in, '<', $file or return '';
  local $/;
  return readline $in;
}

my ($theirs) = $flags =~ m{^nginx version: nginx/(\S+)}m;
my ($ours)   = slurp("$headers/src/core/nginx.h") =~ /NGINX_VERSION\s+"([^"]+)"/;

plan skip_all => "the headers in $headers are of nginx ${\ ($ours // 'no version') }, $binary is $theirs: set NGINX_SRC"
  if ($ours // '') ne $theirs;
plan skip_all => "$binary was built without --with-compat" if $flags !~ /--with-compat/;

# all that differs is one more field, before those that the module uses
my $copy = File::Temp->newdir('tiktok-abi-XXXXXX', TMPDIR => 1);
is system('cp', '-rL', "$headers/.", "$copy/nginx"), 0, 'a copy of the headers';

my $file = "$copy/nginx/src/http/ngx_http_request.h";
my $text = slurp($file);
is $text =~ s/^(\s+ngx_list_t\s+headers;\n)(?=\s+(?:ngx_uint_t\s+count;\s+)?ngx_table_elt_t\s+\*host;)/$1    ngx_uint_t inserted;\n/mg, 1,
  'one more field in the headers of a request';
chmod 0644, $file;
open my $out, '>', $file or die "$file: $!\n";
print {$out} $text;
close $out;

my $build = "$copy/build";
my $said  = do {
  delete local $ENV{ADDON};
  local $ENV{NGINX_SRC} = "$copy/nginx";
  local $ENV{BUILD}     = $build;
  local $ENV{CFLAGS}    = '-O0 -U_FORTIFY_SOURCE';
  local $ENV{NGINX_FLAGS} = $ENV{NGINX_FLAGS} // '';
  qx($top/scripts/build 2>&1);
};
is $?, 0, 'the module is built with it' or do { diag $said; done_testing; exit };

local $ENV{TEST_NGINX_MODULE} = "$build/ngx_tiktok_module.so";

for my $conf ('', ' server { listen 127.0.0.1:%%PORT_http%%; location / { return 204; } } ') {
  my $t = Test::TikTok->new;
  my ($status, $told) = $t->test_conf("%%MAIN%%\nevents {}\nhttp { %%HTTP%%$conf }\n");
  is $status, 1, 'nginx -t fails';
  like $told, qr/\[emerg\].* ngx_tiktok_module was built for another nginx: "Host" is at \d+, expected at \d+; build it again/,
    'and says what to do';
  unlike $told, qr/signal|core dumped|Sanitizer/, 'without a crash';
  $t->finish;
}

done_testing;
