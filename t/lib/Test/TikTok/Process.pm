package Test::TikTok::Process;

# what a test starts, it finds again: every program runs in a process group of its own, and every wait ends

use v5.36;

use Exporter qw(import);
use Fcntl    qw(:flock);
use IO::Socket::INET;
use POSIX       qw(WNOHANG setpgid);
use Time::HiRes qw(sleep time);

our @EXPORT_OK = qw(alive children ended free_port group holders is_listening kill_group slow spawn spawn_orphan wait_for);

use constant {PORT_FIRST => 20_000, PORT_LAST => 29_999, POLL => 0.01};

# how much longer things may take: valgrind is slow, and so is a machine with other work
sub slow { return ($ENV{TEST_TIMEOUT_FACTOR} // 1) * ($ENV{TEST_VALGRIND} ? 10 : 1) }

# the first true answer of the code, or nothing after so many seconds
sub wait_for ($seconds, $code) {
  my $until = time + $seconds * slow();
  while (1) {
    my $answer = $code->();
    return $answer if $answer;
    return undef if time > $until;
    sleep POLL;
  }
}

# the lock is held as long as the test lives, so that tests side by side never take each other's; the range is below
# the one from which the kernel takes ports for outgoing connections
sub free_port {
  state @locks;
  my $dir = "/tmp/tiktok-test-ports.$<";
  mkdir $dir, 0700;
  for (1 .. 1000) {
    my $port = PORT_FIRST + int rand(PORT_LAST - PORT_FIRST + 1);
    open my $lock, '>>', "$dir/$port" or die "$dir/$port: $!\n";
    next unless flock $lock, LOCK_EX | LOCK_NB;
    IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $port, Listen => 1, ReuseAddr => 1) or next;
    push @locks, $lock;
    return $port;
  }
  die "no free port\n";
}

sub is_listening ($port) { return !!IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port, Timeout => 1) }

# --- processes as the kernel shows them; zombies are no processes -------------------------------------------------

sub _processes {
  my @all;
  for my $file (glob '/proc/[0-9]*/stat') {
    open my $in, '<', $file or next;
    my ($pid, $state, $parent, $group) = (readline($in) // '') =~ /\A(\d+) \(.*\) (\S) (\d+) (\d+)/s or next;
    push @all, {pid => $pid, parent => $parent, group => $group} if $state !~ /[ZX]/;
  }
  return @all;
}

sub group    ($id)     { return map { $_->{pid} } grep { $_->{group} == $id } _processes() }
sub children ($parent) { return map { $_->{pid} } grep { $_->{parent} == $parent } _processes() }

sub alive ($pid) {
  local ($?, $!);
  waitpid $pid, WNOHANG;
  open my $in, '<', "/proc/$pid/stat" or return 0;
  return (readline($in) // '') =~ /\A\d+ \(.*\) [^ZX]/s ? 1 : 0;
}

sub ended ($seconds, @pids) {
  return wait_for($seconds, sub { !grep { alive($_) } @pids });
}

# who, apart from this process, has a file below a directory open, or stands in it
sub holders ($dir) {
  my %who;
  for my $process (grep { $_->{pid} != $$ } _processes()) {
    my $pid = $process->{pid};
    for my $link ("/proc/$pid/cwd", glob "/proc/$pid/fd/*") {
      my $file = readlink $link // next;
      next unless index("$file/", "$dir/") == 0;
      $who{$pid} = _command($pid);
      last;
    }
  }
  return \%who;
}

sub _command ($pid) {
  open my $in, '<', "/proc/$pid/cmdline" or return '?';
  local $/;
  return (readline($in) // '') =~ tr/\0/ /r =~ s/\s+\z//r;
}

# --- starting and ending -------------------------------------------------------------------------------------------

# code, or a command, in a child that leads a group of its own. what is said goes to a file
sub spawn ($out, @command) {
  my $pid = fork // die "fork: $!\n";
  if (!$pid) {
    setpgid(0, 0);
    _run($out, @command);
  }
  setpgid($pid, $pid);
  return $pid;
}

sub _run ($out, @command) {
  $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP PIPE ALRM __DIE__ __WARN__);
  open STDIN,  '<',  '/dev/null';
  open STDOUT, '>>', $out;
  open STDERR, '>>', $out;
  if (ref $command[0]) {
    eval { $command[0]->(); 1 } or print STDERR $@;
    POSIX::_exit(0);
  }
  { no warnings 'exec'; exec {$command[0]} @command }
  print STDERR "$command[0]: $!\n";
  POSIX::_exit(127);
}

# the same, but its parent goes as soon as the program is up: nginx obeys USR2 only once its parent has changed.
# answers the group and an exit status, 0 if it is up
sub spawn_orphan ($out, $seconds, $is_up, @command) {
  my $parent = fork // die "fork: $!\n";
  if (!$parent) {
    setpgid(0, 0);
    my $pid = fork // POSIX::_exit(126);
    _run($out, @command) unless $pid;
    my $status;
    my $up = wait_for($seconds, sub { waitpid($pid, WNOHANG) == $pid ? ($status = $? >> 8 || $? || 1) : $is_up->() });
    POSIX::_exit($status ? $status & 0xff || 1 : $up ? 0 : 124);
  }
  setpgid($parent, $parent);
  waitpid $parent, 0;
  return ($parent, $? >> 8);
}

sub kill_group ($signal, $id) {
  kill $signal, -$id;
  return;
}

1;
