# the status: every word that is promised, in the right type, for every pixel

use v5.36;

use Cwd            qw(abs_path);
use File::Basename qw(dirname);
use lib dirname(abs_path(__FILE__)) . '/lib';

use B ();
use Test::More;
use Test::TikTok;
use Test::TikTok::Delivery qw(balance event pixel);

use constant PIXEL => Test::TikTok::PIXEL;

# 0 stands for a number, '' for a text, as in the documentation
my $KEYS  = {map { $_ => 0 } qw(ttclid ttp email phone external_id ip user_agent)};
my $SHAPE = {
  pixel => '', state => '',
  results  => {map { $_ => 0 } qw(queued duplicate repeated denied undecided opted_out bot prefetch invalid queue_full origin)},
  queue    => {map { $_ => 0 } qw(events bytes capacity oldest_seconds unreadable recovered delivered rejected expired corrupt)},
  events   => {Search => {queued => 0, delivered => 0, match_keys => $KEYS}, custom => {queued => 0, delivered => 0, match_keys => $KEYS}},
  left_out => {map { $_ => 0 } qw(email phone ip currency url text user)},
  unread   => {map { $_ => 0 } qw(compressed too_large broken)},
  event_id => {map { $_ => 0 } qw(given order generated mismatched)},
  ttq      => {foreign => 0},
  age_at_delivery => {map { $_ => 0 } qw(5m 1h 47h)},
  consent_reasons => {'cookie: consent matches' => 0},
  delivery => {(map { $_ => 0 } qw(requests retries splits in_flight retry_seconds last_code last_delivered latency_ms)), last_message => '', last_request_id => ''},
};

# every value replaced by its type
sub shape ($value) {
  return {map { $_ => shape($value->{$_}) } keys %$value} if ref $value eq 'HASH';
  return [map { shape($_) } @$value] if ref $value eq 'ARRAY';
  return ref $value || !defined $value ? 'neither' : B::svref_2object(\$value)->FLAGS & (B::SVf_IOK | B::SVf_NOK) ? 0 : '';
}

my $t       = Test::TikTok->new(workers => 2);
my $backend = $t->backend;
my $other   = <<'CONF';
    server {
        listen 127.0.0.1:%%PORT_http%%;
        server_name other.example;
        tiktok_pixel COTHER;
        tiktok_access_token_file %%DIR%%/token;
        tiktok_consent assumed;
        tiktok_send /_tiktok/api;
        tiktok_test_event_code TEST12345;
        location = /e { tiktok_beacon; }
        location = /_tiktok/api { internal; include %%DIR%%/tiktok_api.conf; }
    }
CONF
$t->api($backend)->conf(servers => $other)->start;

my $fresh = pixel($t->status);
is $fresh->{state}, 'ok', 'a fresh one is well';
is_deeply $fresh->{events}, {}, 'and has seen nothing';
is $fresh->{queue}{capacity}, 64 * 1024 * 1024, 'its capacity';

$t->beacon(event('search'));
$t->beacon(event('own', event => 'Fitted'));
$t->beacon(event('other'), Host => 'other.example', cookies => undef);
my $status = $t->wait_status(sub ($s) { pixel($s)->{queue}{delivered} == 2 && pixel($s, 'COTHER')->{queue}{delivered} == 1 });
my $pixel  = pixel($status);
is_deeply shape($pixel), $SHAPE, 'every field, of its type';
is_deeply [sort keys %$status], [qw(pixels since version)], 'and those around';
like $status->{version}, qr/\A\d+\.\d+\.\d+\z/, 'the version';
cmp_ok abs(time - $status->{since}), '<', 300, 'since its start';
is_deeply [map { $_->{pixel} } @{$status->{pixels}}], [PIXEL, 'COTHER'], 'pixels as in the configuration';
is balance($_), 0, "the balance of $_->{pixel}" for @{$status->{pixels}};
is pixel($status, 'COTHER')->{test_event_code}, 'TEST12345', 'a test event code is shown';
is pixel($status, 'COTHER')->{consent}, 'assumed', 'and consent that is assumed';
ok !exists $pixel->{test_event_code} && !exists $pixel->{consent}, 'where there is one';
is pixel($status, 'COTHER')->{events}{Search}{delivered}, 1, 'each pixel counts its own';
is $pixel->{events}{Search}{delivered}, 1, 'by name';
is $pixel->{events}{custom}{delivered}, 1, 'and those of the shop as custom';
is $pixel->{events}{Search}{match_keys}{user_agent}, 1, 'with what they bring';

my $get = $t->get('/status');
is $get->headers->content_type, 'application/json', 'its type';
is $get->headers->cache_control, 'no-store', 'not to be kept';
my $head = $t->request(HEAD => '/status');
is $head->code, 200, 'HEAD';
is $head->body, '', 'has no body';
is $head->headers->content_length, length $get->body, 'but its length';
is $get->headers->header('Vary'), 'Accept', 'that there are others is said';
is $get->headers->header('X-Content-Type-Options'), 'nosniff', 'and what it is, for good';
my $post = $t->post('/status', 'x');
is $post->code, 405, 'POST is refused';
is $post->headers->header('Allow'), 'GET, HEAD', 'with what is not';
is $t->get('/status?x=1', 'X-Any' => 'x')->code, 200, 'arguments are none of its business';

# what waits
$backend->behave('error_500');
$t->beacon(event($_)) for 1 .. 3;
$pixel = pixel($t->wait_status(sub ($s) { pixel($s)->{state} eq 'backoff' && pixel($s)->{queue}{oldest_seconds} >= 1 }));
is $pixel->{queue}{events}, 3, 'events that wait';
cmp_ok $pixel->{queue}{bytes}, '>', 300, 'their bytes';
is $pixel->{delivery}{last_code}, -1, 'the last code, where there was none';
cmp_ok $pixel->{queue}{oldest_seconds}, '<', 60, 'and for how long';

# without any pixel its events are still there
$t->reload(conf => {tiktok_pixel => undef, '= /e' => undef});
my @pixels = @{$t->status->{pixels}};
is_deeply [map {"$_->{pixel} $_->{state} $_->{queue}{events}"} @pixels], [PIXEL . ' removed 3', 'COTHER removed 0'], 'without any pixel';
is balance($_), 0, "the balance of $_->{pixel}" for @pixels;
is $pixels[0]{delivery}{retry_seconds}, 0, 'nobody tries';
$t->restart;
$pixel = pixel($t->wait_status(sub ($s) { @{$s->{pixels}} }));
is $pixel->{state}, 'removed', 'nor after a restart';
# segments are found one by one
$pixel = pixel($t->wait_status(sub ($s) { pixel($s)->{queue}{events} >= 3 && pixel($s)->{queue}{oldest_seconds} >= 1 }));
is_deeply [@{$pixel->{queue}}{qw(events recovered)}], [3, 3], 'which has found them';
is balance($pixel), 0, 'the balance';
$t->finish;
done_testing;
