package Segment;

# writes a segment of the queue: a file of events that the module takes over. its format is told in
# ngx_tiktok_module/queue/ngx_tiktok_segment.h

use v5.36;

use Fcntl qw(:flock);
use IO::Handle;

use constant {MAGIC => 'TTQUEUE1', GENERATION => 1, ALIGN => 8, NAME_UNKNOWN => 0xffff, MOST => 4 * 1024 * 1024};

# MurmurHash2 with the seed 0, as nginx has it
sub murmur ($bytes) {
  use integer;
  my $m    = 0x5bd1e995;
  my $mask = 0xffffffff;
  my $h    = length $bytes;
  my $tail = length($bytes) & 3;
  for my $k (unpack 'V*', $tail ? substr $bytes, 0, -$tail : $bytes) {
    $k = $k * $m & $mask;
    $k ^= $k >> 24;
    $k = $k * $m & $mask;
    $h = ($h * $m & $mask) ^ $k;
  }
  if ($tail) {
    $h ^= unpack 'V', substr($bytes, -$tail) . "\0" x (4 - $tail);
    $h = $h * $m & $mask;
  }
  $h ^= $h >> 13;
  $h = $h * $m & $mask;
  return $h ^ $h >> 15;
}

# one event: its JSON in bytes, when it was queued, its test event code
sub record ($json, $time, $test_code = '') {
  my $data = $test_code . $json;
  my $rest = pack 'V Q< v v V a*', GENERATION, $time, NAME_UNKNOWN, length $test_code, 0, $data;
  my $record = pack 'V V V a*', length $data, 0, murmur($rest), $rest;
  return $record . "\0" x (-length($record) % ALIGN);
}

# writes records as segments of a pixel into the directory of a queue, for its owner. each has its final name only
# when it is whole, and belongs to nobody. answers the files
sub write ($dir, $pixel, @records) {
  state $serial = 0;
  my @owner = (stat $dir)[4, 5] or die "$dir: $!\n";
  my @files;
  while (@records) {
    my $bytes = pack 'a8 x56', MAGIC;
    $bytes .= shift @records while @records && (length $bytes == 64 || length($bytes) + length $records[0] <= MOST);
    my $file = sprintf '%s/%s.%016x-%d-%d-%08x.queue', $dir, $pixel, time * 1000, $$, $serial++, rand 0xffffffff;
    open my $out, '>:raw', "$file.new" or die "$file.new: $!\n";
    chmod 0600, $out;
    chown @owner, $out if $> == 0;
    # the head's generation stands behind the magic and the zone
    substr $bytes, 16, 4, pack 'V', GENERATION;
    print {$out} $bytes and $out->flush and $out->sync and close $out or die "$file.new: $!\n";
    rename "$file.new", $file or die "$file: $!\n";
    push @files, $file;
  }
  return @files;
}

1;
