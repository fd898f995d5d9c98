# one event, several visits to the beacon: across workers, over reloads, and at the same moment

use v5.36;

use Cwd            qw(abs_path);
use File::Basename qw(dirname);
use lib dirname(abs_path(__FILE__)) . '/lib';

use Mojo::JSON qw(encode_json);
use Test::More;
use Test::TikTok;
use Test::TikTok::Delivery qw(event pixel received);

use constant {RACES => 40, RACERS => 6, WORKERS => 4};

sub result ($response) { return $response->headers->header('X-Tiktok-Result') }

my $t       = Test::TikTok->new(workers => WORKERS);
my $backend = $t->backend;
$t->api($backend)->conf(tiktok_delivery => 'batch=50')->start;

# several connections at once, which the kernel gives to several workers
my (%queued, %status);
for my $race (1 .. RACES) {
  my $body        = encode_json(event("race-$race"));
  my @connections = map { $t->connect } 1 .. RACERS;
  $_->request(POST => '/e', $body, Cookie => 'consent=yes') for @connections;
  for my $connection (@connections) {
    my $response = $connection->response;
    $status{$response->code}++;
    $queued{$race}++ if result($response) eq 'queued';
  }
}
is_deeply \%status, {204 => RACES * RACERS}, 'all racers are answered';
is keys %queued, RACES, 'every event is queued';
is scalar(grep { $_ > WORKERS } values %queued), 0, 'at worst once by each worker';
cmp_ok scalar(grep { $_ > 1 } values %queued), '<', RACES / 2, 'and mostly once';
$t->wait_status(sub ($s) { pixel($s)->{queue}{events} == 0 });
is keys %{received($backend)}, RACES, 'and arrives';

# every worker knows what one has queued
is result($t->beacon(event('known'))), 'queued', 'a new event';
my %seen;
$seen{result($t->beacon(event('known')))}++ for 1 .. 40;
is_deeply \%seen, {duplicate => 40}, 'is one for all workers';

# over a reload, also with other settings; with another size nobody knows it any more, and nothing is lost
$t->reload(conf => {tiktok_delivery => 'batch=7'});
is result($t->beacon(event('known'))), 'duplicate', 'a reload does not forget';
$t->reload(conf => {tiktok_queue => '%%DIR%%/queue dedup=16m'});
is result($t->beacon(event('known'))), 'queued', 'another size begins anew';

# a purchase from all sides: thank-you page, order API, webhook
is result($t->beacon({event => $_, properties => {order_id => 'o1', value => 1, currency => 'EUR'}})), $_ eq 'Purchase' ? 'queued' : 'duplicate', $_
  for qw(Purchase CompletePayment);
is result($t->beacon({event => 'Purchase', user => {email => 'a@b.example'}, properties => {order_id => 'o1'}})), 'queued', 'with another identifier it goes on';
$t->wait_status(sub ($s) { pixel($s)->{queue}{events} == 0 });
is received($backend)->{'order.o1'}, 2, 'under one id';

$t->finish;
done_testing;
