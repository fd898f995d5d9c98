package Sandbox::Log;

# a bounded list of records, and those who wait for more of them

use Mojo::Base -base, -signatures;

use Mojo::IOLoop;

has max_records => 10_000;
has max_bytes   => 64 * 1024 * 1024;

sub new ($class, @attributes) { return $class->SUPER::new(@attributes)->clear }

# ids begin at 1 again; whoever waits goes on waiting
sub clear ($self) {
  @$self{qw(records bytes total)} = ([], 0, 0);
  $_->{have} = 0 for values %{$self->{waiting} //= {}};
  return $self;
}

sub total ($self) { return $self->{total} }

sub find ($self, $id) {
  my $records = $self->{records};
  return undef unless @$records && $id >= $records->[0]{id};
  return $records->[$id - $records->[0]{id}];
}

# size is what the record weighs; the oldest make room
sub add ($self, $record, $size) {
  my $records = $self->{records};
  $record->{id} = ++$self->{total};
  push @$records, $record;
  $self->{bytes} += $record->{size} = $size;
  $self->{bytes} -= shift(@$records)->{size}
    while @$records > 1 && (@$records > $self->max_records || $self->{bytes} > $self->max_bytes);

  for my $waiter (values %{$self->{waiting}}) { $waiter->{have}++ if $waiter->{match}->($record) }
  $self->_wake;
  return $record;
}

# the count of what a sink does not keep
sub count_only ($self, $number) {
  $self->{total} += $number;
  $self->{records} = [];
  $_->{have} += $number for values %{$self->{waiting}};
  $self->_wake;
}

sub list ($self, $match) {
  return grep { $match->($_) } @{$self->{records}};
}

# calls back once, when count records match or after the given time; answers what cancels it
sub wait ($self, $match, $count, $seconds, $callback) {
  my $waiting = $self->{waiting};
  my $waiter  = {match => $match, need => $count, have => scalar $self->list($match)};
  my $id      = "$waiter";
  my $timer;
  my $cancel = sub { Mojo::IOLoop->remove($timer); delete $waiting->{$id} };
  $waiter->{done} = sub { $cancel->(); $callback->() };
  $timer          = Mojo::IOLoop->timer($seconds => $waiter->{done});
  $waiting->{$id} = $waiter;
  $self->_wake;
  return $cancel;
}

# answers from the loop, so that one batch is stored whole before anyone hears of it
sub _wake ($self) {
  return if $self->{waking} || !grep { $_->{have} >= $_->{need} } values %{$self->{waiting}};
  $self->{waking} = 1;
  Mojo::IOLoop->next_tick(sub {
    $self->{waking} = 0;
    $_->{done}->() for grep { $_->{have} >= $_->{need} } values %{$self->{waiting}};
  });
}

1;
