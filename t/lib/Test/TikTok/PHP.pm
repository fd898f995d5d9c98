package Test::TikTok::PHP;

# Debian's php-fpm, on a socket in the test's directory

use v5.36;

use Test::TikTok::Process qw(alive ended group kill_group spawn wait_for);

sub binary {
  my ($found) = grep {-x} sort { $b cmp $a } glob '/usr/sbin/php-fpm*';
  return $found // die "there is no php-fpm; scripts/test installs it\n";
}

# new(dir => DIR, ini => {name => value})
sub new ($class, %option) {
  my $dir  = $option{dir};
  my $self = bless {socket => "$dir/php.sock", out => "$dir/php.out", group => 0}, $class;
  my $user = $> ? '' : 'user = www-data';
  my $ini  = join '', map {"php_admin_value[$_] = $option{ini}{$_}\n"} sort keys %{$option{ini} // {}};
  open my $conf, '>', "$dir/php.conf" or die "$dir/php.conf: $!\n";
  print {$conf} <<"CONF";
[global]
error_log = $dir/php.log
daemonize = no
[shop]
listen = $self->{socket}
listen.mode = 0666
$user
pm = static
pm.max_children = 2
catch_workers_output = yes
$ini
CONF
  close $conf or die "$dir/php.conf: $!\n";
  $self->{group} = spawn($self->{out}, binary(), '--nodaemonize', '--fpm-config', "$dir/php.conf", '-n');
  wait_for(30, sub { -S $self->{socket} || !alive($self->{group}) });
  -S $self->{socket} or die "php-fpm did not start: ", $self->said, "\n";
  return $self;
}

sub socket ($self) { return $self->{socket} }
sub groups ($self) { return grep {$_} $self->{group} }

sub said ($self) {
  open my $in, '<', $self->{out} or return '';
  return join '', <$in>;
}

sub stop ($self) {
  my $group = $self->{group} or return $self;
  kill_group(TERM => $group);
  unless (ended(10, $group) && wait_for(5, sub { !group($group) })) {
    kill_group(KILL => $group);
    ended(10, $group);
  }
  unlink $self->{socket};
  $self->{group} = 0;
  return $self;
}

1;
