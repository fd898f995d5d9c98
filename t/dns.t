# nginx does not need TikTok's name to start: events wait until it can be resolved

use v5.36;

use Cwd            qw(abs_path);
use File::Basename qw(dirname);
use lib dirname(abs_path(__FILE__)) . '/lib';

use IO::Socket::INET;
use Test::More;
use Test::TikTok;
use Test::TikTok::Delivery qw(event pixel);
use Test::TikTok::Process qw(kill_group spawn);

# answers A 127.0.0.1 to every question, and nothing else to other types
sub name_server ($t, $port) {
  my $socket = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $port, Proto => 'udp') or die "port $port: $!\n";
  return spawn("$t->{dir}/dns.out", sub {
    open my $log, '>>', "$t->{dir}/dns.log";
    while (my $from = $socket->recv(my $query, 512)) {
      my ($name) = substr($query, 12) =~ /\A((?:[\x01-\x3f][^\0]*?)?\0)/s or next;
      my $question = substr $query, 12, length($name) + 4;
      my $is_a     = unpack('n', substr $question, -4, 2) == 1;
      syswrite $log, join('.', unpack '(C/a)*', $name) . "\n";
      my $answer = $is_a ? "\xc0\x0c" . pack('nnNn', 1, 1, 60, 4) . "\x7f\0\0\1" : '';
      $socket->send(substr($query, 0, 2) . pack('n5', 0x8180, 1, $is_a, 0, 0) . $question . $answer, 0, $from);
    }
  });
}

my $t       = Test::TikTok->new(sandbox => 1);
my $dns     = $t->port('dns');
my $sandbox = $t->sandbox;

# the name as it ships, and the sandbox's port
$t->api("https://business-api.tiktok.com:" . $sandbox->port);
$t->file('tiktok_resolver.conf', "resolver 127.0.0.1:$dns ipv6=off;\n");
my $text = $t->conf_text(tiktok_delivery => 'retry_min=50ms retry_max=100ms', '= /_tiktok/api' => 'internal; include %%DIR%%/api.conf;');
$t->write_conf($text);
$t->file('api.conf', $t->slurp('tiktok_api.conf')
    =~ s{^proxy_ssl_trusted_certificate .*;}{"proxy_ssl_trusted_certificate ${\ $sandbox->ca };"}mer =~ s{^resolver_timeout 5s;}{resolver_timeout 100ms;}mr);
like $t->slurp('api.conf'), qr/set \$tiktok_api business-api\.tiktok\.com:\d+;.*resolver_timeout 100ms;/s, 'the file that ships';

$t->start;
pass 'nginx starts without DNS';
is $t->get('/')->body, "page\n", 'and serves pages';
is $t->beacon(event($_))->code, 204, 'and takes events' for 1 .. 3;
my $pixel = pixel($t->wait_status(sub ($s) { pixel($s)->{delivery}{retries} >= 2 }));
is $pixel->{queue}{events}, 3, 'which wait';
is $pixel->{state}, 'backoff', 'as the status says';
ok $t->grep_log(qr/business-api\.tiktok\.com could not be resolved/), 'and the log';

my $server = name_server($t, $dns);
my @seen   = $t->sandbox_events(count => 3);
is_deeply [sort map { $_->{event}{event_id} } @seen], [1 .. 3], 'and leave when there is DNS again';
like $t->slurp('dns.log'), qr/^business-api\.tiktok\.com\.?$/m, 'by TikTok\'s name';
ok $t->wait_status(sub ($s) { pixel($s)->{state} eq 'ok' }), 'the status is well';
kill_group(KILL => $server);
waitpid $server, 0;

$t->finish;

# a configuration without any resolver starts as well
subtest 'no resolver at all' => sub {
  my $t = Test::TikTok->new->api('https://business-api.tiktok.com');
  $t->conf(tiktok_delivery => 'retry_min=50ms retry_max=100ms')->start;
  $t->beacon(event(1));
  my $pixel = pixel($t->wait_status(sub ($s) { pixel($s)->{delivery}{retries} >= 1 }));
  is $pixel->{queue}{events}, 1, 'the event waits';
  ok $t->grep_log(qr/no resolver defined to resolve business-api\.tiktok\.com/), 'and the log says for what';
  $t->finish;
};

done_testing;
