package Bench;

# what the benchmarks share: servers of their own, and two locations measured in turn

use v5.36;

use Exporter   qw(import);
use File::Path qw(remove_tree);
use File::Temp qw(tempdir);
use FindBin    qw($Bin);
use IO::Socket::INET;
use POSIX ();
use Time::HiRes qw(sleep time);

our @EXPORT_OK = qw(compare fail instructions median nginx port processor_time queue_dir run_command slurp spawn stop wrk write_file);

our %option = (pairs => 7, seconds => 3, connections => 16);

my $nginx  = $ENV{TEST_NGINX_BINARY} // 'nginx';
my $module = $ENV{TEST_NGINX_MODULE} // "$Bin/../build/ngx_tiktok_module.so";

my ($dir, %pid, %port);

END {
  my $status = $?;
  stop($_) for keys %pid;
  remove_tree($dir) if $dir;
  $? = $status;
}

sub dir () {
  return $dir if $dir;
  -f $module               or fail("$module is missing: run scripts/build");
  `sh -c 'command -v wrk'` or fail('wrk is missing: apt-get install wrk');
  $SIG{INT} = $SIG{TERM} = sub { exit 130 };
  $dir = tempdir('tiktok-bench-' . 'X' x 6, TMPDIR => 1);
  chmod 0755, $dir;
  write_file('token', "bench\n", 0600);
  return $dir;
}

# a free port, the same for the same name, and another one for another name
sub port ($name) {
  return $port{$name} //= do {
    my $free;
    do { $free = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1')->sockport }
      while grep { defined && $_ == $free } values %port;
    $free;
  };
}

# an empty place for a queue
sub queue_dir () {
  my $queue = dir() . '/queue';
  remove_tree($queue);
  return $queue;
}

# starts an nginx, in the place of one that has the name already:
#   module => 1   with the module, http => '...' what stands in http, main => '...', workers => N
# one worker stands on the first core; %%DIR%% is the directory
sub nginx ($name, %part) {
  my $dir     = dir();
  my $workers = $part{workers} // 1;
  my $load    = $part{module} ? "load_module $module;" : '';
  my $where   = $name eq 'nginx' && $workers == 1 ? 'worker_cpu_affinity 01;' : '';
  my $temp    = join ' ', map {"${_}_temp_path $dir/$_;"} qw(client_body proxy fastcgi uwsgi scgi);
  my $text    = <<~"CONF" =~ s/%%DIR%%/$dir/gr;
    $load
    daemon off; worker_processes $workers; $where pid $dir/$name.pid; error_log $dir/$name.log warn;
    ${\ ($part{main} // '') }
    events { worker_connections 1024; }
    http {
        access_log off; keepalive_requests 1000000;
        $temp
        $part{http}
    }
    CONF
  stop($name);
  write_file("$name.conf", $text);
  spawn($name, @{$part{under} // []}, $nginx, '-c', "$dir/$name.conf", '-e', "$dir/$name.start.log");
  return if $part{under};    # one process, and whoever asks it waits for it

  # ready when the workers are there
  my $child = $pid{$name};
  my $end   = time + 10;
  until (slurp("/proc/$child/task/$child/children") =~ /\d/) {
    time < $end && kill(0, $child) or fail("nginx did not start:\n" . slurp("$name.start.log"));
    sleep 0.02;
  }
  sleep 0.3;
}

# a process that ends with the benchmark; a command, or a function of ours
sub spawn ($name, @command) {
  defined(my $child = fork) or fail("fork: $!");
  if (!$child) {
    if (ref $command[0]) { %pid = (); undef $dir; $command[0]->(); POSIX::_exit(0) }
    exec @command or exit 1;
  }
  $pid{$name} = $child;
}

sub stop ($name) {
  my $child = delete $pid{$name} or return;
  kill TERM => $child;
  waitpid $child, 0;
}

# throughput of one location against another on the same requests, in turn: the median (and range) of the ratios, and
# the same by processor time of the server; answers the median
sub compare ($what, $script, $base, $ours) {
  my (@ratio, @cpu, @rate);

  for my $pair (1 .. $option{pairs}) {
    my ($base_rate, $base_cpu) = wrk($script, $base);
    my ($ours_rate, $ours_cpu) = wrk($script, $ours);
    push @rate,  [$base_rate, $ours_rate];
    push @ratio, $ours_rate / $base_rate;
    push @cpu,   $base_cpu / $ours_cpu;
  }

  printf "%s\n  throughput %.2f (%.2f to %.2f), %d against %d requests a second\n", $what,
    median(@ratio), (sort { $a <=> $b } @ratio)[0, -1], map { my $i = $_; median(map { $_->[$i] } @rate) } 1, 0;
  printf "  by the server's processor time %.2f (%.2f to %.2f)\n", median(@cpu), (sort { $a <=> $b } @cpu)[0, -1];
  return median(@ratio);
}

# instructions outside the kernel for one request to each of these locations, by valgrind, which counts the same on any
# machine; $conf as for nginx, and nothing if there is no valgrind. what starts and ends nginx is in both of two runs
sub instructions ($conf, $request, @uris) {
  `sh -c 'command -v valgrind'` or return;
  my ($few, $many) = (500, 2500);
  return map {
    my $uri = $_;
    my ($less, $more) = map { _counted($conf, $request =~ s/%s/$uri/r, $_) } $few, $many;
    ($more - $less) / ($many - $few);
  } @uris;
}

sub _counted ($conf, $request, $n) {
  unlink "$dir/callgrind";
  nginx('counted', %$conf, main => 'master_process off;', under => [qw(valgrind -q --tool=callgrind), "--callgrind-out-file=$dir/callgrind"]);
  my $end = time + 60;
  my $socket;
  until ($socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1:' . port('http'))) {
    time < $end or fail("nginx did not start:\n" . slurp('counted.start.log'));
    sleep 0.1;
  }
  for (1 .. $n) {
    print {$socket} $request;
    my $answer = '';
    until ($answer =~ /\r\nContent-Length: (\d+)\r\n.*?\r\n\r\n(.*)\z/is && length $2 >= $1) {
      sysread $socket, $answer, 65536, length $answer or fail("no answer:\n$answer" . slurp('counted.log'));
    }
    $answer =~ m{\AHTTP/1.1 2} or fail("not answered well:\n$answer");
  }
  kill QUIT => $pid{counted};
  waitpid delete $pid{counted}, 0;
  return slurp('callgrind') =~ /^(?:summary|totals): (\d+)/m ? $1 : fail('valgrind did not count');
}

# requests a second, and processor seconds of the server for one of them; "/uri" is nginx at port('http'), "name/uri" the
# server of that name at its port; the script for wrk finds the URI in BENCH_URI, and in BENCH_SALT what no run had before
sub wrk ($script, $where) {
  state $run = 0;
  my ($server, $uri) = $where =~ m{\A(\w*)(/.*)};
  my $port   = port($server || 'http');
  my $before = processor_time($server || 'nginx');
  local $ENV{BENCH_URI}  = $uri;
  local $ENV{BENCH_SALT} = "$$-" . ++$run;
  my $out    = run_command("taskset -c 1 wrk -t1 -c$option{connections} -d$option{seconds}s -s $dir/$script http://127.0.0.1:$port 2>&1");
  my $cpu    = processor_time($server || 'nginx') - $before;
  my ($total) = $out =~ /(\d+) requests in/        or fail("wrk said:\n$out");
  my ($rate)  = $out =~ m{Requests/sec:\s+([\d.]+)} or fail("wrk said:\n$out");
  $out =~ /Non-2xx/ and fail("not all were answered well:\n$out" . slurp('nginx.log'));
  return ($rate, $cpu / $total);
}

sub run_command ($command) { return scalar `$command` }

sub processor_time ($server) {
  my $seconds = 0;
  my $process = $pid{$server};
  for my $each ($process, slurp("/proc/$process/task/$process/children") =~ /(\d+)/g) {
    my @stat = split ' ', slurp("/proc/$each/stat") =~ s/.*\) //r;
    $seconds += ($stat[11] + $stat[12]) / 100;
  }
  return $seconds;
}

sub median (@values) {
  @values = sort { $a <=> $b } @values;
  return ($values[$#values / 2] + $values[@values / 2]) / 2;
}

sub slurp ($file) {
  open my $in, '<', $file =~ m{\A/} ? $file : dir() . "/$file" or return '';
  local $/;
  return readline($in) // '';
}

sub write_file ($file, $content, $mode = 0644) {
  $file = dir() . "/$file";
  open my $out, '>', $file or fail("$file: $!");
  print {$out} $content;
  close $out;
  chmod $mode, $file;
  return $file;
}

sub fail ($text) {
  print STDERR "bench: $text\n";
  exit 1;
}

1;
