# many workers and many pixels: each keeps to its room on the disk, and what the dead leave is taken over soon

use v5.36;

use Cwd            qw(abs_path);
use File::Basename qw(dirname);
use lib dirname(abs_path(__FILE__)) . '/lib';

use Mojo::JSON qw(encode_json);
use Test::More;
use Test::TikTok;
use Test::TikTok::Delivery qw(balance event pixel received segments);
use Test::TikTok::Process  qw(wait_for);
use Time::HiRes qw(time);

use constant {WORKERS => 8, PIXELS => 8, SIZE => 8 * 1024 * 1024};

my @pixels = map {"CPIXEL$_"} 1 .. PIXELS;
my $t       = Test::TikTok->new(workers => WORKERS);
my $backend = $t->backend(behave => 'error_500');
$t->api($backend);
my $servers = join '', map { <<"CONF" } @pixels;
    server {
        listen 127.0.0.1:%%PORT_http%%;
        server_name $_.example;
        tiktok_pixel $_;
        tiktok_access_token_file %%DIR%%/token;
        tiktok_consent cookie consent yes;
        tiktok_send /_tiktok/api;
        tiktok_delivery batch=1000 retry_min=1h retry_max=1h;
        location = /e { tiktok_beacon; tiktok_beacon_limits body=1m events=1000; }
        location = /_tiktok/api { internal; include %%DIR%%/tiktok_api.conf; }
    }
CONF
my %conf = (tiktok_queue => '%%DIR%%/queue size=8m', servers => $servers);
$t->conf(%conf)->start;

sub bytes ($pixel) { my $sum = 0; $sum += -s $_ // 0 for grep {m{/$pixel\.}} segments($t); return $sum }

# as many workers as the kernel likes get some for each pixel, and one pixel gets more than it has room for
my (%accepted, $number);
my $send = sub ($pixel, $count, $size = 10) {
  my @events   = map { event('e' . ++$number, properties => {description => 'x' x $size}) } 1 .. $count;
  my $response = $t->connect->request(POST => '/e', encode_json(\@events), Host => "$pixel.example", Cookie => 'consent=yes')->response;
  $accepted{$pixel} += $count if $response->code == 204;
  return $response->code;
};
for my $round (1 .. 20) {
  is $send->($_, 2), 204, 'accepted' or last for @pixels;
}
my $code;
for my $round (1 .. 300) {
  ($code = $send->($pixels[0], 200, 600)) == 204 or last;
}
is $code, 503, "$pixels[0] is full in some worker";
cmp_ok bytes($_), '<=', SIZE, sprintf '%s: %d kB on the disk', $_, bytes($_) / 1024 for @pixels;
is $send->($pixels[1], 5), 204, 'the others have room';
my $status = $t->status;
is pixel($status, $_)->{queue}{events}, $accepted{$_}, "$_: all that was accepted waits" for @pixels;

# all are killed, and fewer come back
$t->kill9_all;
$t->{workers} = 2;
$t->conf(%conf);
my $from = time;
$t->start;
ok $t->wait_status(sub ($s) { !grep { pixel($s, $_)->{queue}{recovered} != $accepted{$_} } @pixels }), 'all of it is found';
my $took = time - $from;
cmp_ok $took, '<', 3 + 2 * Test::TikTok::Process::slow(), sprintf 'in %.1f seconds', $took;
my $descriptors = 0;
$descriptors += () = glob "/proc/$_/fd/*" for $t->workers;
cmp_ok $descriptors, '<', 2 * 40 + PIXELS * 20, "with $descriptors descriptors";
$backend->behave('ok');
$t->reload;
$status = $t->wait_status(sub ($s) { !grep { pixel($s, $_)->{queue}{events} } @pixels }, 60) // $t->status;
for my $pixel (map { pixel($status, $_) } @pixels) {
  is $pixel->{queue}{delivered}, $accepted{$pixel->{pixel}}, "$pixel->{pixel}: all is delivered";
  is balance($pixel), 0, "$pixel->{pixel}: the balance";
}
is keys %{received($backend, 'ok')}, eval { my $sum = 0; $sum += $_ for values %accepted; $sum }, 'every single event';
$t->finish;
done_testing;
