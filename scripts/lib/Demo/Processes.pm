package Demo::Processes;

# what the demo starts, it ends: every program leads a process group of its own, and goes when the demo goes, even if
# that was killed

use v5.36;

use POSIX       qw(WNOHANG setpgid);
use Time::HiRes qw(sleep time);

use constant PATIENCE => 5;

sub new ($class) { return bless {running => []}, $class }

# out is a file for what the program says
sub start ($self, $name, $out, @command) {
  my ($guard) = grep { -x } map {"$_/setpriv"} split /:/, $ENV{PATH} // '';
  unshift @command, $guard, '--pdeathsig', 'TERM', '--' if $guard;

  my $pid = fork // die "fork: $!\n";
  if (!$pid) {
    setpgid(0, 0);
    $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP PIPE);
    open STDIN,  '<',  '/dev/null';
    open STDOUT, '>>', $out;
    open STDERR, '>>', $out;
    { no warnings 'exec'; exec {$command[0]} @command }
    print STDERR "$command[0]: $!\n";
    POSIX::_exit(127);
  }
  setpgid($pid, $pid);
  push @{$self->{running}}, {name => $name, pid => $pid, out => $out};
  return $pid;
}

# the name of one that has ended although nobody asked it to
sub ended ($self) {
  for my $program (grep { !$_->{gone} } @{$self->{running}}) {
    $program->{gone} = 1 if waitpid($program->{pid}, WNOHANG) == $program->{pid};
  }
  my ($gone) = grep { $_->{gone} } @{$self->{running}};
  return $gone && $gone->{name};
}

# the last line that a program said
sub last_words ($self, $name) {
  my ($program) = grep { $_->{name} eq $name } @{$self->{running}} or return '';
  open my $in, '<', $program->{out} or return '';
  my @lines = grep {/\S/} <$in>;
  return @lines ? $lines[-1] =~ s/\s+\z//r : '';
}

sub stop ($self, $name) {
  my ($program) = grep { $_->{name} eq $name } @{$self->{running}} or return;
  my $group = -$program->{pid};
  kill TERM => $group;
  my $until = time + PATIENCE;
  while (kill(0 => $group) && time < $until) {
    waitpid $program->{pid}, WNOHANG;
    sleep 0.02;
  }
  kill KILL => $group;
  waitpid $program->{pid}, 0;
  @{$self->{running}} = grep { $_ != $program } @{$self->{running}};
}

# the last started first: what is asked goes after who asks
sub stop_all ($self) {
  while (my ($last) = reverse @{$self->{running}}) { $self->stop($last->{name}) }
}

1;
