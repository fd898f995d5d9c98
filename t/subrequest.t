# whatever a subrequest returns, only a whole answer that says so is a delivery; everything else is sent again with the
# same event_id, and leaves nothing behind

use v5.36;

use Cwd            qw(abs_path);
use File::Basename qw(dirname);
use lib dirname(abs_path(__FILE__)) . '/lib';

use Test::More;
use Time::HiRes ();
use Test::TikTok;
use Test::TikTok::Delivery qw(balance event ids pixel);

use constant DELIVERY => 'retry_min=10ms retry_max=20ms';

my $OK     = $Test::TikTok::Backend::OK;
my %answer = (
  html          => [200, '<!doctype html><title>{"code":0}</title>'],
  array         => [200, '[{"code":0}]'],
  null          => [200, 'null'],
  number        => [200, '0'],
  no_code       => [200, '{"message":"OK"}'],
  code_string   => [200, '{"code":"0","message":"OK"}'],
  code_null     => [200, '{"code":null}'],
  code_true     => [200, '{"code":true}'],
  code_list     => [200, '{"code":[0]}'],
  code_fraction => [200, '{"code":0.5}'],
  code_negative => [200, '{"code":-1}'],
  code_huge     => [200, '{"code":' . '9' x 400 . '}'],
  code_wraps    => [200, '{"code":4294967296}'],
  code_twice    => [200, '{"code":50000,"code":0}'],
  code_nested   => [200, '{"data":{"code":0}}'],
  other_case    => [200, '{"Code":0}'],
  trailing      => [200, "$OK garbage"],
  two_objects   => [200, $OK . $OK],
  half          => [200, substr $OK, 0, 40],
  not_utf8      => [200, qq({"code":0,"message":"\xff"})],
  nul           => [200, "$OK\0"],
  status_429    => [429, 'slow down'],
  status_503    => [503, ''],
);

my $t       = Test::TikTok->new;
my $backend = $t->backend(named => {
  # each chunk comes on its own: a proxy that buffers uses up a buffer for each
  slow_chunks => sub ($c, $r) { $c->send(qq(HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n)); for my $part ($OK =~ /.{1,5}/g) { $c->send(sprintf qq(%x\r\n%s\r\n), length $part, $part); Time::HiRes::sleep(0.003) } $c->send(qq(0\r\n\r\n)); 1 },
  quick_drip => sub ($c, $r) { $c->drip("HTTP/1.1 200 OK\r\nContent-Length: ${\ length $OK}\r\n\r\n$OK", 0.0005); 1 },
  map { my ($status, $body) = @{$answer{$_}}; ($_ => sub ($c, $r) { $c->answer($status, $body) }) } keys %answer,
});
$t->api($backend);

# one's own location instead of the file that ships: what a shop may have there
my $proxy = 'internal; proxy_pass ' . $backend->address . '/;';
my %place = (
  shipped     => 'internal; include %%DIR%%/tiktok_api.conf;',
  impatient   => 'internal; include %%DIR%%/tiktok_api.conf;',
  bare        => $proxy,
  unbuffered  => "$proxy proxy_buffering off;",
  gunzip      => "$proxy gunzip on; subrequest_output_buffer_size 64k;",
  small       => "$proxy subrequest_output_buffer_size 64;",
  hurried     => "$proxy proxy_read_timeout 500ms;",
  intercepted => "$proxy proxy_intercept_errors on; error_page 429 500 502 503 504 /oops;",
  rescued     => "$proxy proxy_intercept_errors on; error_page 429 500 502 503 504 =200 /oops;",
);
my $pixel_of  = sub ($place) { return 'C' . uc $place };
my $server_of = sub ($place) {
  return <<"CONF";
    server {
        listen 127.0.0.1:%%PORT_http%%;
        server_name $place.example;
        tiktok_pixel ${\ $pixel_of->($place) };
        tiktok_access_token_file %%DIR%%/token;
        tiktok_consent cookie consent yes;
        tiktok_send /send;
        tiktok_delivery ${\ DELIVERY }${\ ($place eq 'impatient' ? ' timeout=500ms' : '') };
        error_page 502 =200 /oops;
        location = /e { tiktok_beacon; }
        location = /oops { return 200 '$OK'; }
        location = /elsewhere { return 404; }
        location = /send { $place{$place} }
    }
CONF
};
$t->conf('= /stub' => 'stub_status;', servers => join '', map { $server_of->($_) } sort keys %place)->start;

my ($worker) = $t->workers;
my $open    = sub { return scalar grep { (readlink($_) // "") =~ /\Asocket:/ } glob "/proc/$worker/fd/*" };
my $active = sub { return ($t->get('/stub')->body =~ /Active connections: (\d+)/)[0] };
my %delivered;

# the behaviours that the event met
my $send = sub ($place, $id, @behave) {
  my $pixel = $pixel_of->($place);
  $backend->behave(@behave);
  $t->beacon(event($id), Host => "$place.example");
  $delivered{$place}++;
  $t->wait_status(sub ($s) { pixel($s, $pixel)->{queue}{delivered} == $delivered{$place} }) or return ['never delivered'];
  return [map { $_->{behaviour} } grep { join(',', ids($_)) eq $id } $backend->requests];
};

is_deeply $send->(shipped => 'first', 'ok'), ['ok'], 'a delivery';
$t->wait_until('rest', sub { $active->() == 1 });
my $sockets = $open->();

subtest 'no delivery' => sub {
  my @bad = sort keys %answer, qw(
    close rst rst_half truncate cut_chunk garbage oversize big_header empty blank not_json bad_gzip redirect error_500);
  my @cases = (
    (map { [shipped => $_] } @bad),
    (map { [bare => $_] } qw(truncate garbage oversize accel empty)),
    (map { [unbuffered => $_] } qw(truncate cut_chunk oversize empty error_500)),
    (map { [gunzip => $_] } qw(bad_gzip truncate)),
    (map { [impatient => $_] } qw(hang drip_slow)),
    [hurried => 'hang'],
    (map { [$_ => 'close'], [$_ => 'error_500'], [$_ => 'status_429'] } qw(intercepted rescued)),
  );
  for my $case (@cases) {
    my ($place, $behaviour) = @$case;
    my $id = "$place-$behaviour";
    is_deeply $send->($place, $id, $behaviour, $behaviour, 'ok'), [$behaviour, $behaviour, 'ok'], "$place: $behaviour";
  }
};

# two things that a shop can get wrong, and that must not look like success
subtest 'what nginx answers for the API' => sub {
  is_deeply $send->(intercepted => 'i-close', 'close', 'ok'), ['close', 'ok'], 'an error page that says code 0';
};

subtest 'a delivery all the same' => sub {
  is_deeply $send->(shipped    => "good-$_", $_), [$_], "shipped: $_"    for qw(chunked slow_chunks until_close quick_drip accel);
  is_deeply $send->(unbuffered => "good-u-$_", $_), [$_], "unbuffered: $_" for qw(ok chunked slow_chunks until_close quick_drip);
};

subtest 'nobody there' => sub {
  my $before = pixel($t->status, 'CSHIPPED')->{delivery}{retries};
  $backend->behave('refuse_all');
  $t->beacon(event('refused'), Host => 'shipped.example');
  $t->wait_status(sub ($s) { pixel($s, 'CSHIPPED')->{delivery}{retries} > $before });
  $backend->stop;
  $before = pixel($t->status, 'CSHIPPED')->{delivery}{retries};
  my $pixel = pixel($t->wait_status(sub ($s) { pixel($s, 'CSHIPPED')->{delivery}{retries} > $before }), 'CSHIPPED');
  is $pixel->{state}, 'backoff', 'the status says so';
  is $pixel->{queue}{delivered}, $delivered{shipped}, 'no delivery';
  is $pixel->{queue}{events}, 1, 'the event waits';
  $backend->behave('ok')->start;
  ok $t->wait_status(sub ($s) { pixel($s, 'CSHIPPED')->{queue}{delivered} == $delivered{shipped} + 1 }), 'until somebody is';
  is $t->grep_log(qr/events of pixel "CSHIPPED" are delivered again/) > 0, 1, 'and that is told';
};

# a location that is too small for any answer
subtest 'too small' => sub {
  for my $behaviour (qw(oversize chunked ok)) {
    my $before = pixel($t->status, 'CSMALL')->{delivery}{retries};
    $backend->behave($behaviour);
    $t->beacon(event("small-$behaviour"), Host => 'small.example');
    ok $t->wait_status(sub ($s) { pixel($s, 'CSMALL')->{delivery}{retries} > $before + 1 }), "$behaviour: tried again";
    is pixel($t->status, 'CSMALL')->{queue}{delivered}, 0, 'and never taken for a delivery';
  }
  $t->reload(conf => {'= /stub' => 'stub_status;', servers => join '', map { $server_of->($_) } grep { $_ ne 'small' } sort keys %place});
  ($worker) = $t->workers;
};

subtest 'nothing is left behind' => sub {
  my $status = $t->status;
  is balance($_), 0, "the balance of $_->{pixel}" for @{$status->{pixels}};
  is_deeply [map { $_->{delivery}{in_flight} } grep { $_->{pixel} ne Test::TikTok::PIXEL } @{$status->{pixels}}], [(0) x keys %place], 'nothing in flight';
  ok $t->wait_until('connections', sub { $active->() == 1 }), 'connections';
  ok $t->wait_until('files', sub { $open->() <= $sockets }), 'files';
};

$t->finish;
done_testing;
