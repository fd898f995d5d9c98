package Sandbox::Duplicates;

# pixel, event and event_id make one event: the first is kept, a later one within 48 hours is dropped, and within 5
# minutes what it knows more is merged into the first

use Mojo::Base -base, -signatures;

use Sandbox::Rules;

use constant {WINDOW => 48 * 3600, MERGE => 300, REMEMBERED => 100_000};

sub new ($class) { return bless {seen => {}, order => []}, $class }

# undef for a first one, else what was first
sub seen ($self, $pixel, $event, $id, $now) {
  my $event_id = $event->{event_id} // '';
  return undef if $event_id eq '';

  my $name  = $Sandbox::Rules::RENAMED{$event->{event}} // $event->{event};
  my $key   = join "\0", $pixel, $name, $event_id;
  my $first = $self->{seen}{$key};
  return {id => $first->{id}, merge => $now - $first->{time} <= MERGE} if $first && $now - $first->{time} <= WINDOW;

  $self->{seen}{$key} = {id => $id, time => $now};
  push @{$self->{order}}, $key;
  delete $self->{seen}{shift @{$self->{order}}} if @{$self->{order}} > REMEMBERED;
  return undef;
}

# what a later event has and the first has not
sub missing ($first, $later) {
  my %added;
  for my $field (keys %$later) {
    my ($old, $new) = ($first->{$field}, $later->{$field});
    if (ref $old eq 'HASH' && ref $new eq 'HASH') {
      my $inner = missing($old, $new);
      $added{$field} = $inner if $inner;
    }
    elsif (!defined $old && defined $new) { $added{$field} = $new }
  }
  return %added ? \%added : undef;
}

1;
