# visitors do not wait for TikTok, whatever becomes of it

use v5.36;

use Cwd            qw(abs_path);
use File::Basename qw(dirname);
use lib dirname(abs_path(__FILE__)) . '/lib';

use Mojo::JSON qw(encode_json);
use Test::More;
use Test::TikTok;
use Test::TikTok::Delivery qw(event pixel);
use Time::HiRes qw(time);

use constant {REQUESTS => 60, FACTOR => 5, GRACE => 0.02};

my $t       = Test::TikTok->new;
my $backend = $t->backend;
$t->api($backend)->conf(tiktok_delivery => 'batch=5 in_flight=3 timeout=2s retry_min=10ms retry_max=20ms', '= /stub' => 'stub_status;')->start;
my $active = sub { return ($t->get('/stub')->body =~ /Active connections: (\d+)/)[0] };
$t->get('/');

# the median of the time that an answer takes, all on one connection
my $number = 0;
sub median ($method, $uri) {
  my $connection = $t->connect;
  my @seconds;
  for (1 .. REQUESTS) {
    my $body = $method eq 'POST' ? encode_json(event(++$number)) : undef;
    my $from = time;
    my $response = $connection->request($method, $uri, $body, Cookie => 'consent=yes')->response;
    push @seconds, time - $from;
    return 'closed' if !$response || $response->code != ($method eq 'POST' ? 204 : 200);
  }
  return 'closed' if $connection->is_closed(0);
  return (sort { $a <=> $b } @seconds)[REQUESTS / 2];
}

my %well = (page => median('GET', '/'), beacon => median('POST', '/e'));
$t->wait_status(sub ($s) { pixel($s)->{queue}{events} == 0 });
$t->wait_until('rest', sub { $active->() == 1 });

for my $trouble (qw(hang rst error_500 drip_slow refused)) {
  if ($trouble eq 'refused') { $backend->stop }
  else                       { $backend->behave($trouble) }
  $t->beacon(event(++$number));
  $t->wait_status(sub ($s) { my $d = pixel($s)->{delivery}; $d->{in_flight} || pixel($s)->{state} eq 'backoff' });
  for my $what (sort keys %well) {
    my $median = $what eq 'page' ? median('GET', '/') : median('POST', '/e');
    isnt $median, 'closed', "$trouble: one connection for every $what" or next;
    cmp_ok $median, '<', $well{$what} * FACTOR + GRACE, sprintf '%s: a %s in %.1f ms, before in %.1f', $trouble, $what, 1000 * $median, 1000 * $well{$what};
  }
}

$backend->behave('ok')->start;
ok $t->wait_status(sub ($s) { pixel($s)->{queue}{events} == 0 }, 20), 'everything arrives in the end';
is pixel($t->status)->{queue}{delivered}, $number, 'every single one';
ok $t->wait_until('baseline', sub { $active->() == 1 }), 'and no connection is left';
$t->finish;
done_testing;
