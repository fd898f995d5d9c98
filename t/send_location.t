# a location that does not send: one line says which and why, events stay, and leave when it is mended

use v5.36;

use Cwd            qw(abs_path);
use File::Basename qw(dirname);
use lib dirname(abs_path(__FILE__)) . '/lib';

use Test::More;
use Test::TikTok;
use Test::TikTok::Delivery qw(balance event pixel received);

my $OK  = $Test::TikTok::Backend::OK;
my $api = 'internal; include %%DIR%%/tiktok_api.conf;';
my $own = 'internal; proxy_pass %s/;';

# what is wrong, and parts of the configuration
my @wrong = (
  ['return in the server', {server => 'return 301 https://shop.example$request_uri;', _by => 301}],
  ['rewrite in the server', {server => 'rewrite ^/_tiktok/ /gone last;', '= /gone' => 'return 404;', _by => 404}],
  ['no such location', {'= /_tiktok/api' => undef, '/' => 'root %%DIR%%/nowhere;', _by => 404}],
  ['a location that answers itself', {'= /_tiktok/api' => "internal; return 200 '$OK';", _by => 200}],
  ['a location without proxy_pass', {'= /_tiktok/api' => 'internal; root %%DIR%%;', _by => qr/40\d/}],
  ['limit_req', {http => 'limit_req_zone $server_name zone=z:64k rate=1r/m;', server => 'limit_req zone=z;', '= /_tiktok/api' => $own, _by => 503}],
  ['limit_conn', {http => 'limit_conn_zone $server_name zone=z:64k;', server => 'limit_conn z 1;', '= /_tiktok/api' => $own, _by => 503, _hold => 1}],
);

for my $row (@wrong) {
  my ($name, $part) = @$row;
  subtest $name => sub {
    my $t       = Test::TikTok->new;
    my $backend = $t->backend;
    $t->api($backend);
    my %part = (%$part, tiktok_delivery => 'retry_min=10ms retry_max=20ms');
    my $by   = delete $part{_by};
    my $hold = delete $part{_hold};
    $part{'= /_tiktok/api'} = sprintf $part{'= /_tiktok/api'}, $backend->address if ($part{'= /_tiktok/api'} // '') =~ /%s/;

    # the beacons come through another server, since this one may refuse them as well
    my %entry = (servers => <<"CONF");
    server {
        listen 127.0.0.1:%%PORT_entry%%;
        tiktok_pixel ${\ Test::TikTok::PIXEL };
        tiktok_access_token_file %%DIR%%/token;
        tiktok_consent cookie consent yes;
        tiktok_send /_tiktok/api;
        tiktok_delivery retry_min=10ms retry_max=20ms;
        location = /e { tiktok_beacon; }
        location = /status { tiktok_status; }
    }
CONF
    my $port = $t->port('entry');
    $t->conf(%part, %entry)->start;
    my @held = map { $t->connect->write("POST /e HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{") } 1 .. ($hold // 0);
    $t->get('/') if $hold;
    my $pixel;
    if ($name eq 'limit_req') {    # a batch takes what is free
      $t->beacon(event(0), port => $port);
      $t->wait_until('a batch', sub { pixel($t->status('/status', port => $port))->{queue}{delivered} == 1 });
    }
    my $sent = $backend->requests;
    $t->beacon(event($_), port => $port) for 1 .. 3;
    $t->wait_until('retries', sub { ($pixel = pixel($t->status('/status', port => $port)))->{delivery}{retries} > 3 });
    is $pixel->{state}, 'backoff', 'the status says so';
    is $pixel->{queue}{events}, 3, 'events stay';
    is $backend->requests, $sent, 'nothing was sent';
    my @errors = $t->grep_log(qr/\[error\].*tiktok: events/);
    is @errors, 1, 'one line says so' or diag join "\n", @errors;
    like $errors[0], qr{nginx itself answered $by to tiktok_send "/_tiktok/api"}, 'and why';

    undef @held;
    $t->reload(conf => {tiktok_delivery => $part{tiktok_delivery}, %entry});
    $t->wait_until('delivery', sub { ($pixel = pixel($t->status('/status', port => $port)))->{queue}{delivered} == 3 + $sent });
    is_deeply received($backend), {map { $_ => 1 } 1 - $sent .. 3}, 'mended, they are delivered';
    is balance($pixel), 0, 'the balance';
    $t->finish;
  };
}

# what a server has for its visitors, and the file that ships undoes
subtest 'what does no harm' => sub {
  my $t       = Test::TikTok->new;
  my $backend = $t->backend;
  $t->api($backend);
  $t->conf(
    http   => 'limit_req_zone $server_name zone=z:64k rate=1r/m; limit_conn_zone $server_name zone=c:64k; proxy_cache_path %%DIR%%/cache keys_zone=k:64k;',
    server => 'limit_req zone=z burst=1000 nodelay; limit_conn c 1000; proxy_cache k; proxy_cache_valid any 1h; proxy_cache_methods POST; proxy_intercept_errors on; deny all;'
      . ' auth_basic closed; auth_basic_user_file %%DIR%%/none; access_log %%DIR%%/sub.log; log_subrequest on; proxy_buffering off; proxy_next_upstream error timeout non_idempotent;'
      . ' proxy_set_header Cookie x; proxy_pass_request_headers off; proxy_pass_request_body off; client_max_body_size 1; gzip on; gzip_types *; client_body_in_file_only on;',
    '= /e'      => 'tiktok_beacon; allow all; auth_basic off; client_max_body_size 1m; client_body_in_file_only off;',
    '= /status' => 'tiktok_status; allow all; auth_basic off;',
  )->start;
  for my $round (1 .. 3) {
    $t->beacon(event($round));
    $t->wait_status(sub ($s) { pixel($s)->{queue}{delivered} == $round });
  }
  is_deeply received($backend), {map { $_ => 1 } 1 .. 3}, 'all are delivered';
  is +($backend->requests)[0]{headers}{cookie}, undef, 'with no header of theirs';
  unlike $t->slurp('sub.log'), qr/\Q${\ Test::TikTok::TOKEN }\E/, 'no token in a log of subrequests';
  $t->finish;
};

subtest 'the log of a curious person' => sub {
  my $t       = Test::TikTok->new(log => 'debug');
  my $backend = $t->backend(behave => ['error_500', 'close', 'garbage', 'big_header', 'ok']);
  $t->api($backend)->conf(tiktok_delivery => 'retry_min=10ms retry_max=20ms')->start;
  $t->beacon(event(1));
  $t->wait_status(sub ($s) { pixel($s)->{queue}{delivered} == 1 });
  ok $t->grep_log(qr/\[debug\]/), 'has everything';
  unlike $t->error_log, qr/\Q${\ Test::TikTok::TOKEN }\E/, 'but the token';
  $t->finish;
};

done_testing;
