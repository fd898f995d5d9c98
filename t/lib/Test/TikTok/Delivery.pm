package Test::TikTok::Delivery;

# what tests of delivery and durability share: events with ids of their own, and where they are

use v5.36;

use Exporter   qw(import);
use Mojo::JSON qw(decode_json);
use Test::TikTok::Process qw(kill_group spawn);
use Time::HiRes qw(sleep);

our @EXPORT_OK = qw(balance event files ids load pixel received records segments);

# one that the API takes as it is
sub event ($id, %more) {
  return {event => 'Search', event_id => "$id", page => {url => 'https://shop.example/search'}, %more};
}

# the events of a request's body, by id
sub ids ($request) {
  return map { $_->{event_id} } @{decode_json($request->{body})->{data}};
}

# event_id => how often a scripted upstream got it, or got it while it behaved so
sub received ($backend, $behaviour = undef) {
  my %count;
  $count{$_}++ for map { ids($_) } grep { !defined $behaviour || $_->{behaviour} eq $behaviour } $backend->requests;
  return \%count;
}

# one pixel of the status
sub pixel ($status, $code = Test::TikTok::PIXEL()) {
  my ($found) = grep { $_->{pixel} eq $code } @{$status->{pixels}};
  return $found // die "the status has no pixel $code\n";
}

# what must be zero at rest
sub balance ($pixel) {
  my ($queue, $results) = @{$pixel}{qw(queue results)};
  return $results->{queued} + $queue->{recovered}
    - $queue->{delivered} - $queue->{rejected} - $queue->{expired} - $queue->{corrupt} - $queue->{events};
}

sub files ($t, $dir = 'queue') {
  opendir my $handle, $t->dir . "/$dir" or return ();
  return sort grep { !/\A\.\.?\z/ } readdir $handle;
}

sub segments ($t, $dir = 'queue') {
  return map { $t->dir . "/$dir/$_" } grep {/\.queue\z/} files($t, $dir);
}

# where the records of a segment stand: {at, size, done}
sub records ($t, $file) {
  my $bytes = $t->slurp($file);
  my ($at, @records) = (64);
  while ($at + 32 <= length $bytes) {
    my ($length, $done) = unpack 'VV', substr $bytes, $at, 8 or last;
    last unless $length;
    my $size = 32 + $length + 7 & ~7;
    push @records, {at => $at, size => $size, done => $done};
    $at += $size;
  }
  return @records;
}

# a visitor in a process of its own, who goes on sending events, PREFIX-1 and so on, until the function that is answered
# is called. that answers the ids that were accepted; connections may break meanwhile
sub load ($t, $prefix, $pause = 0.003) {
  my $file  = $t->dir . "/accepted-$prefix";
  my $group = spawn("$t->{dir}/load.out", sub {
    open my $accepted, '>>', $file;
    $accepted->autoflush;
    my ($number, $connection) = (0);
    while (1) {
      my $id = "$prefix-" . ++$number;
      $connection = eval { $t->connect } if !$connection || $connection->is_closed(0);
      if (!$connection) { sleep 0.01; next }
      my $response = $connection->request(POST => '/e', Mojo::JSON::encode_json(event($id)), Cookie => 'consent=yes')->response(timeout => 5);
      if ($response) { say {$accepted} $id if ($response->headers->header('X-Tiktok-Result') // '') eq 'queued' }
      else           { undef $connection }
      sleep $pause;
    }
  });
  return sub {
    kill_group(KILL => $group);
    waitpid $group, 0;
    return $t->slurp($file) =~ /^(\S+)\n/mg;
  };
}

1;
