# the power goes: what had reached the disk, up to a torn end, is delivered by the next nginx

use v5.36;

use Cwd            qw(abs_path);
use File::Basename qw(basename dirname);
use lib dirname(abs_path(__FILE__)) . '/lib';

use Test::More;
use Test::TikTok;
use Test::TikTok::Delivery qw(balance event load pixel received records segments);

use constant {PIXEL => Test::TikTok::PIXEL, ROUNDS => 8};

srand(my $seed = $ENV{TEST_SEED} // 20260117);

my $t       = Test::TikTok->new(workers => 2);
my $backend = $t->backend(behave => 'error_500');
$t->api($backend)->conf(tiktok_queue => '%%DIR%%/queue size=2m', tiktok_delivery => 'retry_min=1h retry_max=1h')->start;
my $done = load($t, 'load', 0.001);

# pictures of the directory while it is written to, each with what had been accepted before it was taken
my @pictures;
for my $round (1 .. ROUNDS) {
  my $enough = $round * 15;
  $t->wait_until('load', sub { (() = $t->slurp('accepted-load') =~ /\n/g) >= $enough });
  my @ids = $t->slurp('accepted-load') =~ /^(\S+)\n/mg;
  my %file = map { (basename($_) => $t->slurp($_)) } segments($t);
  push @pictures, {ids => \@ids, file => \%file};
}
$done->();
$t->finish;

# what happens to the last bytes that were written
my %damage = (
  nothing   => sub ($bytes, $end) {$bytes},
  truncated => sub ($bytes, $end) { substr $bytes, 0, $end - int rand 300 },
  scrambled => sub ($bytes, $end) { my $from = $end - 1 - int rand 300; substr $bytes, $from, 64, join '', map { chr int rand 256 } 1 .. 64; $bytes },
  zeros     => sub ($bytes, $end) { my $from = $end - 1 - int rand 300; substr $bytes, $from, 512, "\0" x 512; $bytes },
  page      => sub ($bytes, $end) { my $from = int(($end - 1) / 4096) * 4096 || 4096; substr $bytes, $from, 4096, "\0" x 4096; $bytes },
);

my $round = 0;
for my $picture (@pictures) {
  my $how = (sort keys %damage)[$round++ % keys %damage];
  subtest "$how, after " . @{$picture->{ids}} . ' events' => sub {
    my $t       = Test::TikTok->new;
    my $backend = $t->backend;
    $t->api($backend)->conf(tiktok_queue => '%%DIR%%/queue size=2m');
    $t->test_conf($t->{conf});
    my @owner = (stat $t->dir . '/queue')[4, 5];
    my (%whole, %torn);
    for my $name (sort keys %{$picture->{file}}) {
      my $bytes   = $picture->{file}{$name};
      my $file    = $t->file("queue/$name", $bytes, 0600);
      my @records = records($t, $file);
      if (@records) {
        my $end     = $records[-1]{at} + $records[-1]{size};
        my $damaged = $damage{$how}->($bytes, $end);
        $t->file("queue/$name", $damaged, 0600);
        for my $record (@records) {
          my ($id) = substr($bytes, $record->{at}, $record->{size}) =~ /"event_id":"([^"]+)"/ or next;
          my $same = length $damaged >= $record->{at} + $record->{size}
            && substr($damaged, $record->{at}, $record->{size}) eq substr($bytes, $record->{at}, $record->{size});
          ($same ? $whole{$id} : $torn{$id}) = 1;
        }
      }
      chown @owner, $file;
    }
    $t->start;
    $t->wait_status(sub ($s) { pixel($s)->{queue}{delivered} >= keys %whole });
    my $pixel    = pixel($t->wait_status(sub ($s) { pixel($s)->{queue}{events} == 0 }));
    my $received = received($backend);
    is_deeply [grep { !$received->{$_} } sort keys %whole], [], 'every whole record arrives: ' . keys %whole;
    is_deeply [grep { $torn{$_} && $how ne 'nothing' && $received->{$_} } keys %$received], [], 'nothing torn does';
    is_deeply [grep { !$whole{$_} && !$torn{$_} } @{$picture->{ids}}], [], 'what had been accepted was there';
    is balance($pixel), 0, 'the balance';
    is $t->beacon(event('next'))->code, 204, 'the queue goes on';
    $t->finish;
  };
}

done_testing;
