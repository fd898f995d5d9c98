# what stands in the queue's directory, for whose eyes, and who may touch it

use v5.36;

use Cwd            qw(abs_path);
use Digest::SHA    qw(sha256_hex);
use File::Basename qw(dirname);
use lib dirname(abs_path(__FILE__)) . '/lib';

use Test::More;
use Test::TikTok;
use Test::TikTok::Delivery qw(event files pixel segments);

use constant PIXEL => Test::TikTok::PIXEL;

my $t       = Test::TikTok->new;
my $backend = $t->backend(behave => 'error_500');
$t->api($backend);

sub mode ($file) { return sprintf '%o', 07777 & (stat "${\ $t->dir }/$file")[2] }

# names, owners, modes, times and bytes
sub picture {
  return {map { my $file = $t->dir . "/queue/$_"; ($_ => join ' ', (stat $file)[1, 2, 4, 5, 7, 9, 10], sha256_hex($t->slurp($file))) } files($t)};
}

is +($t->test_conf)[0], 0, 'nginx -t';
is mode('queue'), '700', 'makes the directory';
is_deeply [files($t)], [], 'and nothing in it';
my $worker_user = (stat $t->dir . '/queue')[4];
isnt $worker_user, 0, 'which is the worker\'s' if $> == 0;

$t->conf(tiktok_queue => '%%DIR%%/queue size=1m', tiktok_delivery => 'retry_min=1h retry_max=1h')->start;
$t->beacon([map { event($_) } 1 .. 5]);
$t->wait_status(sub ($s) { pixel($s)->{state} eq 'backoff' });
my @files = files($t);
is @files, 1, 'a segment' or diag "@files";
is mode("queue/$_"), '600', "for no other eyes: $_" for @files;
is +(stat $t->dir . "/queue/$_")[4], $worker_user, "of the worker's user: $_" for @files;
is mode('queue'), '700', 'the directory as well';

my $before = picture();
is +($t->test_conf)[0], 0, 'nginx -t beside a running nginx';
is_deeply picture(), $before, 'touches nothing';
is pixel($t->status)->{queue}{events}, 5, 'nor anything of that nginx';

$t->kill9_all;
$before = picture();
is +($t->test_conf)[0], 0, 'nginx -t with a queue that nobody owns';
is_deeply picture(), $before, 'touches nothing';

# a file that nobody can write is no reason not to answer
$t->start;
$t->wait_status(sub ($s) { pixel($s)->{queue}{events} == 5 });
unlike join('', map { $t->slurp("queue/$_") } files($t)), qr/\Q${\ Test::TikTok::TOKEN }\E/, 'no token on the disk';
$t->finish;

subtest 'a full queue' => sub {
  my $t       = Test::TikTok->new;
  my $backend = $t->backend(behave => 'error_500');
  $t->api($backend)->conf(tiktok_queue => '%%DIR%%/queue size=1m', tiktok_delivery => 'batch=1000 retry_min=1h retry_max=1h', '= /e' => 'tiktok_beacon; tiktok_beacon_limits body=1m;')->start;
  my ($accepted, $response) = (0);
  for my $round (1 .. 200) {
    $response = $t->beacon([map { event("$round-$_", properties => {description => 'x' x 500}) } 1 .. 40]);
    last if $response->code != 204;
    $accepted += 40;
  }
  is $response->code, 503, 'refuses more';
  ok $response->headers->header('Retry-After'), 'for a time';
  is $response->headers->header('X-Tiktok-Result'), 'queue_full', 'and says why';
  my $pixel = pixel($t->status);
  is $pixel->{queue}{events}, $accepted, 'none of that array was taken';
  is $pixel->{results}{queue_full}, 40, 'counted' or diag explain $pixel->{results};
  cmp_ok $accepted, '>', 500, 'most of the budget was used: ' . $accepted;
  my $disk = 0;
  $disk += -s $_ for segments($t);
  cmp_ok $disk, '<=', 1024 * 1024, 'which is kept';
  $backend->behave('ok');
  $t->reload;
  ok $t->wait_status(sub ($s) { pixel($s)->{queue}{delivered} == $accepted }), 'all of it is delivered';
  is $t->beacon(event('next'))->code, 204, 'and there is room again';
  $t->finish;
};

done_testing;
