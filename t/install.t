# scripts/install: the layout of Debian's own modules, below a directory of the test's

use v5.36;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Temp     ();
use lib dirname(abs_path(__FILE__)) . '/lib';

use Test::More;
use Test::TikTok;

my $top   = $Test::TikTok::TOP;
my $root  = File::Temp->newdir('tiktok-install-XXXXXX', TMPDIR => 1);
my $build = File::Temp->newdir('tiktok-install-XXXXXX', TMPDIR => 1);

my $module = Test::TikTok::module() // '';
plan skip_all => "there is no module $module" unless -f $module;
symlink $module, "$build/ngx_tiktok_module.so" or die $!;

my $so        = "$root/usr/lib/nginx/modules/ngx_tiktok_module.so";
my $available = '/usr/share/nginx/modules-available/mod-http-tiktok.conf';
my $enabled   = "$root/etc/nginx/modules-enabled/50-mod-http-tiktok.conf";
my $api       = "$root/etc/nginx/tiktok_api.conf";
my $resolver  = "$root/etc/nginx/tiktok_resolver.conf";

sub install (@arguments) {
  local @ENV{qw(DESTDIR BUILD)} = ("$root", "$build");
  my $said = qx($top/scripts/install @arguments 2>&1);
  is $?, 0, "scripts/install @arguments" or diag $said;
  return $said;
}

sub slurp ($file) { open my $in, '<', $file or return undef; local $/; return readline $in }
sub spurt ($file, $text) { open my $out, '>', $file or die "$file: $!"; print {$out} $text; close $out }
sub tree { return [split /\n/, qx(cd $root && find . | sort)] }

my $said = install();
ok -s $so && !-l $so, 'the module, itself';
is sprintf('%o', (stat $so)[2] & 0777), '644', 'readable for all';
is slurp("$root$available"), "load_module modules/ngx_tiktok_module.so;\n", 'what loads it';
is readlink $enabled, $available, 'is enabled by a link that holds where it is installed';
is slurp($api), slurp("$top/scripts/tiktok_api.conf"), 'the way out';
like slurp($resolver), qr/^(?:# )?resolver .*;$/m, 'with name servers';
like $said, qr/^ *tiktok_$_ /m, "tells of tiktok_$_" for qw(queue pixel access_token_file consent send);

my $first = tree();
install();
is_deeply tree(), $first, 'a second time changes nothing';

spurt($api,      slurp($api) . "# mine\n");
spurt($resolver, "resolver 192.0.2.1;\n");
$said = install();
like slurp($api), qr/^# mine$/m, 'a changed file stays';
is slurp("$api.new"), slurp("$top/scripts/tiktok_api.conf"), 'with the new one beside';
like $said, qr/tiktok_api\.conf was changed/, 'and is told';
is slurp($resolver), "resolver 192.0.2.1;\n", 'changed name servers stay as well';

install('--remove');
is_deeply [grep { !-d "$root/$_" } @{tree()}], ['./etc/nginx/tiktok_api.conf', './etc/nginx/tiktok_resolver.conf'],
  'removed, but for what was changed';
install('--remove');

unlink $api, $resolver;
install();
install('--remove');
is_deeply [grep { !-d "$root/$_" || -l "$root/$_" } @{tree()}], [], 'removed without a trace';

subtest 'the file as installed' => sub {
  install();

  # where nothing answers: nginx must start although no name can be resolved
  my $t = Test::TikTok->new(module => 0);
  my $text = slurp($api);
  $t->file('tiktok_api.conf.shipped', $text);
  $t->file('tiktok_resolver.conf', slurp($resolver));
  my $conf = sub ($http) { return <<"CONF" };
%%MAIN%%
events {}
http {
    %%HTTP%%
    $http
    server {
        listen 127.0.0.1:%%PORT_http%%;
        location = /api { include tiktok_api.conf.shipped; }
    }
}
CONF
  my @said = $t->test_conf($conf->(''));
  is $said[0], 0, 'nginx accepts it' or diag $said[1];
  unlike $said[1], qr/\[(?:warn|error|crit|alert|emerg)\]/, 'without a word' or diag $said[1];

  # what shops set further out must not make it invalid
  @said = $t->test_conf($conf->('proxy_busy_buffers_size 256k; proxy_buffers 64 16k; proxy_buffer_size 128k;
    proxy_temp_file_write_size 256k; proxy_cache_path %%DIR%%/cache keys_zone=c:1m; proxy_cache c; proxy_store on;
    proxy_intercept_errors on; proxy_next_upstream error timeout http_500; proxy_set_header X-Shop 1; proxy_method GET;
    proxy_ssl_protocols TLSv1.2; resolver 192.0.2.1;'));
  is $said[0], 1, 'proxy_cache and proxy_store cannot be together further out';
  like $said[1], qr/proxy_store/, 'which is the reason';
  @said = $t->test_conf($conf->('proxy_busy_buffers_size 256k; proxy_buffers 64 16k; proxy_buffer_size 128k;
    proxy_temp_file_write_size 256k; proxy_cache_path %%DIR%%/cache keys_zone=c:1m; proxy_cache c;
    proxy_intercept_errors on; proxy_next_upstream error timeout http_500; proxy_set_header X-Shop 1; proxy_method GET;
    proxy_ssl_protocols TLSv1.2; resolver 192.0.2.1;'));
  is $said[0], 0, "whatever a shop's pages need further out" or diag $said[1];
  $t->finish;
};

done_testing;
