# files that were damaged: nginx starts, good events are delivered, and what is lost is counted

use v5.36;

use Cwd            qw(abs_path);
use File::Basename qw(dirname);
use lib dirname(abs_path(__FILE__)) . '/lib';

use Test::More;
use Test::TikTok;
use Test::TikTok::Delivery qw(balance event files pixel received records segments);

use constant {PIXEL => Test::TikTok::PIXEL, EVENTS => 10};

# an nginx that was killed with events in its queue, and that file
sub left (%option) {
  my $t       = Test::TikTok->new;
  my $backend = $t->backend(behave => 'error_500');
  $t->api($backend)->conf(tiktok_queue => '%%DIR%%/queue size=1m', tiktok_delivery => 'retry_min=1h retry_max=1h')->start;
  $t->beacon([map { event($_) } 1 .. EVENTS]);
  $t->wait_status(sub ($s) { pixel($s)->{state} eq 'backoff' });
  $t->kill9_all;
  $backend->behave('ok');
  my @files = segments($t);
  is @files, 1, 'one file' or BAIL_OUT('no queue');
  return ($t, $backend, $files[0]);
}

sub change ($t, $file, $code) {
  my $bytes = $t->slurp($file);
  my @records = records($t, $file);
  $code->($bytes, @records);
  open my $out, '+<', $file or die "$file: $!\n";
  truncate $out, length $bytes;
  print {$out} $bytes;
  close $out;
}

# what is done to the file; the events that are lost; how many places are damaged
my @damage = (
  ['nothing', [], 0, sub { }],
  ['the tail is cut off', [10], 1, sub { my @r = @_[1 .. $#_]; substr $_[0], $r[-1]{at} + 40, length $_[0], '' }],
  ['the file ends after the last record', [], 0, sub { substr $_[0], $_[-1]{at} + $_[-1]{size}, length $_[0], '' }],
  ['a record was never finished', [10], 0, sub { substr $_[0], $_[-1]{at}, 4, "\0" x 4 }],
  ['a byte of an event', [5], 1, sub { substr $_[0], $_[5]{at} + 60, 1, "\xff" }],
  ['a checksum', [5], 1, sub { substr $_[0], $_[5]{at} + 8, 4, 'abcd' }],
  ['an endless length', [5], 1, sub { substr $_[0], $_[5]{at}, 4, "\xff" x 4 }],
  ['a length beyond the file', [5], 1, sub { substr $_[0], $_[5]{at}, 4, pack 'V', 1_000_000 }],
  ['a length that is one too small', [5], 1, sub { substr $_[0], $_[5]{at}, 4, pack 'V', $_[5]{size} - 41 }],
  ['two neighbours', [4, 5], 1, sub { substr $_[0], $_[$_]{at} + 50, 1, "\xff" for 4, 5 }],
  ['two that are none', [3, 7], 2, sub { substr $_[0], $_[$_]{at} + 50, 1, "\xff" for 3, 7 }],
  ['garbage behind the last', [], 1, sub { substr $_[0], $_[-1]{at} + $_[-1]{size}, 100, 'garbage!' x 12 . 'more' }],
  ['a hole of zeros', [5], 1, sub { substr $_[0], $_[5]{at}, $_[5]{size}, "\0" x $_[5]{size} }],
);

for my $row (@damage) {
  my ($name, $lost, $places, $code) = @$row;
  subtest $name => sub {
    my ($t, $backend, $file) = left();
    change($t, $file, $code);
    $t->start;
    my %lost = map { $_ => 1 } @$lost;
    my @good = grep { !$lost{$_} } 1 .. EVENTS;
    my $pixel = pixel($t->wait_status(sub ($s) { pixel($s)->{queue}{delivered} >= @good }, 4) // $t->status);
    is_deeply [sort { $a <=> $b } keys %{received($backend, 'ok')}], \@good, 'the good events arrive';
    is $pixel->{queue}{corrupt}, $places, 'the damage is counted';
    is $pixel->{queue}{events}, 0, 'nothing is left';
    is balance($pixel), 0, 'the balance';
    is !!$t->grep_log(qr/\[error\].*damaged/), !!$places, $places ? 'and told' : 'nothing to be told';
    $t->beacon(event('next'));
    ok $t->wait_status(sub ($s) { pixel($s)->{queue}{delivered} == @good + 1 }), 'the queue goes on';
    $t->finish;
  };
}

# files that are none of ours, or not any more
subtest 'strange files' => sub {
  my ($t, $backend, $file) = left();
  my $name  = sub ($number, $suffix = 'queue') { return 'queue/' . PIXEL . ".000000000000000$number-1-1.$suffix" };
  my $image = $t->slurp($file);
  my @owner = (stat $file)[4, 5];
  my %put   = (
    $name->(1)          => 'garbage ' x 1000,
    $name->(2)          => '',
    $name->(3)          => substr($image, 0, 63),
    $name->(4)          => 'X' . substr($image, 1),
    $name->(5)          => substr($image, 0, 64),
    $name->(6, 'queue.new') => $image,
    $name->(7, 'queue.new') => '',
    'queue/COTHER.0000000000000001-1-1.queue' => $image,
    'queue/.queue'      => $image,
    'queue/README'      => 'whatever',
  );
  chown @owner, $t->file($_, $put{$_}, 0600) for keys %put;
  mkdir $t->dir . '/' . $name->(8);
  $t->expect_log(qr{-1-1\.queue" failed.*Is a directory});
  $t->start;
  my $pixel = pixel($t->wait_status(sub ($s) { pixel($s)->{queue}{delivered} == EVENTS }));
  is_deeply received($backend, 'ok'), {map { $_ => 1 } 1 .. EVENTS}, 'the good file is delivered, once';
  my %there = map { $_ => 1 } files($t);
  my $is_there = sub ($path) { return exists $there{$path =~ s{\Aqueue/}{}r} };
  ok $is_there->($name->($_) . '.bad'), "set aside: $_" for 1 .. 4;
  ok !$is_there->($name->($_)), "and not read again: $_" for 1 .. 4;
  is $t->slurp($name->(1) . '.bad'), 'garbage ' x 1000, 'as it was';
  ok !$is_there->($name->(5) . '.bad'), 'an empty one is none the worse';
  is $t->slurp($_), $put{$_}, "not touched: $_" for 'queue/README', 'queue/.queue';
  my ($other) = grep { $_->{pixel} eq 'COTHER' } @{$t->status->{pixels}};
  is $other->{state}, 'removed', 'that of another pixel is shown';
  is $other->{queue}{events}, EVENTS, 'with its events';
  is balance($other), 0, 'its balance';
  is $pixel->{queue}{corrupt}, 4, 'counted';
  is balance($pixel), 0, 'the balance';
  is $t->grep_log(qr/\[error\].*damaged and was set aside/), 4, 'and told';
  $t->beacon(event('next'));
  ok $t->wait_status(sub ($s) { pixel($s)->{queue}{delivered} == EVENTS + 1 }), 'the queue goes on';
  $t->finish;
};

# a worker must not follow what somebody else put there
subtest 'a file of somebody else' => sub {
  my ($t, $backend, $file) = left();
  my $strange = $t->file('queue/' . PIXEL . '.0000000000000001-1-1.queue', $t->slurp($file), 0600);
  chown 0, 0, $strange;
  $t->expect_log(qr/open\(\) "\Q$strange\E" failed, its events are not sent \(13/);
  $t->start;
  ok $t->wait_status(sub ($s) { pixel($s)->{queue}{delivered} == EVENTS }), 'is no obstacle';
  is $t->grep_log(qr/\[crit\].*\Q$strange\E.*not sent/), 1, 'and is told once';
  $t->finish;
} if $> == 0;

done_testing;
