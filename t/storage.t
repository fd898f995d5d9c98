# a disk that is full, a directory that may not be written, files of another user: beacons are told, pages go on, and
# all is well again when that is over

use v5.36;

use Cwd            qw(abs_path);
use File::Basename qw(dirname);
use lib dirname(abs_path(__FILE__)) . '/lib';

use Test::More;
use Test::TikTok;
use Test::TikTok::Delivery qw(balance event files pixel received segments);

plan skip_all => 'needs root' if $> != 0;

my $DELIVERY = 'batch=1000 retry_min=1h retry_max=1h';

sub many ($name) { return [map { event("$name-$_", properties => {description => 'x' x 500}) } 1 .. 20] }

sub refused ($t, $events, $why) {
  my $response = $t->beacon($events);
  is $response->code, 503, "$why: refused";
  ok $response->headers->header('Retry-After'), "$why: for a time";
  is $response->headers->header('X-Tiktok-Result'), 'queue_full', "$why: the word for it";
  is $t->get('/')->body, "page\n", "$why: the shop goes on";
}

# a file system of one megabyte, with room for one segment of four
subtest 'a full disk' => sub {
  my $t       = Test::TikTok->new;
  my $disk    = $t->dir . '/disk';
  mkdir $disk;
  system('mount', '-t', 'tmpfs', '-o', 'size=600k,mode=0755', 'tiktok-test', $disk) == 0 or plan skip_all => 'cannot mount';
  my $backend = $t->backend(behave => 'error_500');
  $t->expect_log(qr/\[crit\].*posix_fallocate\(\) ".*" failed \(28/);
  $t->api($backend)->conf(tiktok_queue => '%%DIR%%/disk/queue size=1m', tiktok_delivery => $DELIVERY)->start;
  my ($accepted, $full) = (0);
  for my $round (1 .. 200) {
    my $code = $t->beacon(many($round))->code;
    if ($code == 503) { $full = 1; last }
    is $code, 204, 'accepted' or last;
    $accepted += 20;
  }
  ok $full, "full after $accepted events";
  refused($t, many("after-$_"), 'no room') for 1 .. 3;
  is scalar(my @lines = $t->grep_log(qr/posix_fallocate\(\).*failed/)), 1, 'one line tells';
  is scalar(grep {/\.new\z/} files($t, 'disk/queue')), 0, 'nothing half made is left';

  system('mount', '-o', 'remount,size=4m', $disk);
  ok $t->wait_until('room', sub { $t->beacon(many('again'))->code == 204 }), 'with more room it goes on by itself';
  $backend->behave('ok');
  $t->reload;
  my $pixel = pixel($t->wait_status(sub ($s) { pixel($s)->{queue}{events} == 0 }));
  cmp_ok $pixel->{queue}{delivered}, '>=', $accepted + 20, 'all that was accepted is delivered';
  is balance($pixel), 0, 'the balance';
  $t->stop;
  system('umount', $disk);
  $t->finish;
};

subtest 'a directory that may not be written' => sub {
  my $t       = Test::TikTok->new;
  my $backend = $t->backend;
  $t->expect_log(qr/\[crit\].*open\(\) ".*\.queue\.new" failed \(13/);
  $t->api($backend)->conf->start;
  chmod 0500, $t->dir . '/queue';
  refused($t, event("a$_"), 'read-only') for 1 .. 3;
  is scalar(my @lines = $t->grep_log(qr/\.queue\.new" failed/)), 1, 'one line tells';
  is pixel($t->status)->{results}{queue_full}, 3, 'all are counted';
  chmod 0700, $t->dir . '/queue';
  ok $t->wait_until('it', sub { $t->beacon(event('again'))->code == 204 }), 'goes on by itself';
  is $t->beacon(event('a1'))->headers->header('X-Tiktok-Result'), 'queued', 'what was refused has not been seen';
  $t->wait_status(sub ($s) { pixel($s)->{queue}{events} == 0 });
  is_deeply received($backend), {again => 1, a1 => 1}, 'and arrives';
  $t->finish;
};

subtest 'another user' => sub {
  my $t       = Test::TikTok->new;
  my $backend = $t->backend(behave => 'error_500');
  $t->api($backend)->conf(main => 'user nobody nogroup;', tiktok_delivery => $DELIVERY)->start;
  $t->beacon(event($_)) for 1 .. 3;
  $t->wait_status(sub ($s) { pixel($s)->{state} eq 'backoff' });
  $t->kill9_all;
  my ($file) = segments($t);

  $backend->behave('ok');
  $t->expect_log(qr/open\(\) "\Q$file\E" failed, its events are not sent \(13/);
  $t->conf(main => 'user www-data;', tiktok_delivery => $DELIVERY)->start;
  is $t->beacon(event('new'))->code, 204, 'new events are taken';
  my $pixel = pixel($t->wait_status(sub ($s) { pixel($s)->{queue}{unreadable} && pixel($s)->{queue}{delivered} }));
  is $pixel->{queue}{unreadable}, 1, 'the file of the old one is in the status';
  is scalar(my @lines = $t->grep_log(qr/\[crit\].*\Q$file\E" failed, its events are not sent/)), 1, 'and in the log';
  is_deeply received($backend, 'ok'), {new => 1}, 'what can be sent is';
  my $owner = (stat $t->dir . '/queue')[4];
  chown $owner, -1, $file;
  $pixel = pixel($t->wait_status(sub ($s) { pixel($s)->{queue}{delivered} == 4 && !pixel($s)->{queue}{unreadable} }));
  is $pixel->{queue}{unreadable}, 0, 'given to the new one it is read';
  is_deeply received($backend, 'ok'), {map { $_ => 1 } 1 .. 3, 'new'}, 'and sent';
  is balance($pixel), 0, 'the balance';
  $t->finish;
};

done_testing;
