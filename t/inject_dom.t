# a browser's parser finds the tag where it belongs in pages of every kind, and nothing else changed

use v5.36;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use lib dirname(abs_path(__FILE__)) . '/lib';

use Test::More;
use Test::TikTok limit => 600;

use constant NUMBER => 5000;

my $t   = Test::TikTok->new(log => 'warn');
my $dir = $t->dir . '/html';
mkdir $dir;

is system('node', "$Test::TikTok::TOP/t/lib/pages.js", 'make', $dir, NUMBER), 0, 'pages are made';

$t->conf('/' => 'root %%DIR%%/html; default_type text/html; tiktok_inject /_t/s.js; output_buffers 2 16; keepalive_requests 100000;')->start;

my $connection = $t->connect;
for my $number (0 .. NUMBER - 1) {
  my $response = $connection->request(GET => "/$number.html")->response;
  $t->file("html/$number.got", $response ? $response->body : 'no answer');
}

my @said = qx(node $Test::TikTok::TOP/t/lib/pages.js check $dir ${\ NUMBER });
is $?, 0, 'and looked at';
my @wrong = grep {/^wrong/} @said;
is @wrong, 0, 'none is wrong' or diag @wrong[0 .. ($#wrong < 9 ? $#wrong : 9)];
my ($placed) = map { /^placed: (\d+)/ ? $1 : () } @said;
cmp_ok $placed // 0, '>', NUMBER / 3, 'many got the tag';
cmp_ok $placed // 0, '<', NUMBER * 9 / 10, 'and parts of pages did not';

$t->finish;
done_testing;
