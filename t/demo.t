# the demo is the first thing that a person sees: visits to the real shop in a real browser, and all of it arrives on
# both ways. the shop itself knows nothing of TikTok

use v5.36;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use lib dirname(abs_path(__FILE__)) . '/lib';

use File::Find ();
use File::Temp ();
use Mojo::UserAgent;
use Test::More;
use Test::TikTok limit => 600;
use Test::TikTok::Process qw(kill_group spawn wait_for);

plan skip_all => 'the demo takes the module for this nginx' if ($ENV{TEST_NGINX_MODULE} // '') eq 'none';

my $top = $Test::TikTok::TOP;

local $ENV{DEMO_MODULE} = $ENV{TEST_NGINX_MODULE} // "$top/build/ngx_tiktok_module.so";
local $ENV{DEMO_NGINX}  = Test::TikTok::binary();

my $said = qx($top/scripts/demo --once 2>&1);

is $?, 0, 'status 0' or diag $said;
like $said, qr/^everything arrived: 15 of 15 events, 0 warnings$/m, 'everything arrived';
like $said, qr/^  ViewContent +(\S{10,}) +\1 +script +89\.90 EUR +\S+\?colour=smoke$/m, 'an event of both ways, with one id';
like $said, qr/^  Purchase +(order\.\d+) +\1 +rule, script +89\.90 EUR/m, 'the purchase, of the rule and the script';
like $said, qr/^  Purchase +order\.\d+ +rule +24\.00 EUR/m, 'the purchase of who has a blocker, by nginx alone';
like $said, qr/^Who bought  Purchase order\.\d+: one, put together of 2 from nginx and 1 from the Pixel$/m, 'one of them';
like $said, qr/^  Lead +\S{10,} +rule/m, 'the lead, by nginx alone';
like $said, qr/^  Remy  has rejected +denied +onetrust: C0004:0 +nothing +nothing$/m, 'what was not sent, and why';

my @files;
File::Find::find(sub { push @files, $File::Find::name if -f }, "$top/scripts/lib/Demo/Shop");
is_deeply [grep {/\.(?:pl|js|ep)\z/ && Test::TikTok->slurp($_) =~ m{tiktok|\bttq|ttclid|_t/}i} @files], [], 'the shop does not know of TikTok';
cmp_ok scalar @files, '>', 10, 'its files were read';

# it stays up, here with a Pixel of the operator's own: TikTok's script is in the pages, and what arrives is shown
subtest 'for a person' => sub {
  my $code = 'CQWERTY1234567890ABC';
  my $dir  = File::Temp->newdir;
  my $demo = spawn("$dir/said", "$top/scripts/demo", '--pixel', $code, map { ("--$_", 0) } qw(port api-port page-port));
  my $said = sub { Test::TikTok->slurp("$dir/said") };
  ok wait_for(60, sub { $said->() =~ /^Ctrl-C ends it/m }), 'it is up' or diag $said->();
  my ($shop) = $said->() =~ m{(http://\S+/)\?ttclid=};

  my $ua   = Mojo::UserAgent->new;
  my $page = $ua->get($shop)->result;
  like $page->body, qr{<script src="/_t/s\.js" async></script></head>}, 'the script is in the page';
  like $page->headers->content_security_policy, qr{script-src [^;]* https://analytics\.tiktok\.com;}, 'and TikTok\'s may be';
  my $script = $ua->get("${shop}_t/s.js")->result->body;
  like $script, qr/\Q$code/, 'with the code';
  like $script, qr{https://analytics\.tiktok\.com/i18n/pixel/events\.js}, 'and the address';

  my %choice = (OptanonConsent => 'interactionCount=1&groups=C0004%3A1', OptanonAlertBoxClosed => '2026-01-01T00:00:00.000Z');
  my $answer = $ua->post("${shop}_t/e", {Cookie => join('; ', map {"$_=$choice{$_}"} keys %choice)}, qq({"event": "Search", "event_id": "by-hand", "page": {"url": "$shop"}}))->result;
  is $answer->headers->header('X-Tiktok-Result'), 'queued', 'an event';
  ok wait_for(20, sub { $said->() =~ /^  [\d:]{8}  Events API  Search +by-hand$/m }), 'which is shown' or diag $said->();
  $ua->post("${shop}_t/e");
  ok wait_for(20, sub { $said->() =~ /^  [\d:]{8}  nginx       was asked, consent is undecided: onetrust: no cookie$/m }), 'and a question' or diag $said->();

  kill INT => $demo;
  is wait_for(20, sub { waitpid($demo, 1) == $demo }) && $?, 0, 'Ctrl-C ends it';
  kill_group(KILL => $demo);
};

my $wrong = qx($top/scripts/demo --once --pixel CQWERTY1234567890ABC 2>&1);
is $? >> 8, 1, 'no visits to a Pixel of one\'s own';
like $wrong, qr/^demo: --once needs the recorder/m, 'it says why';

done_testing;
