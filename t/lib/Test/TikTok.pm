package Test::TikTok;

# one nginx with the module, started for one test and gone after it. where it leaves something behind (an alert in its
# log, a report of a sanitizer, a core, a process, a port, a temporary file) the test fails
#
#   my $t = Test::TikTok->new(sandbox => 1);
#   $t->conf(tiktok_consent => 'onetrust', '= /e' => 'tiktok_beacon trusted;')->start;
#   is $t->beacon({event => 'Search'})->code, 204, 'queued';
#   my ($seen) = $t->sandbox_events(count => 1);
#   $t->finish;
#   done_testing;
#
# environment: TEST_NGINX_BINARY, TEST_NGINX_MODULE ("none" loads none), TEST_NGINX_GLOBALS and TEST_NGINX_GLOBALS_HTTP
# (more directives), TEST_VALGRIND=1, TEST_NGINX_PRELOAD (a library for nginx alone, as libasan.so), TEST_NGINX_LEAVE=1
# (keep the directory), TEST_TIMEOUT_FACTOR

use v5.36;

use Cwd        qw(abs_path);
use File::Path qw(make_path remove_tree);
use File::Temp ();
use Mojo::JSON qw(decode_json encode_json);
use Mojo::Message::Response;
use Scalar::Util qw(weaken);
use Test::Builder;
use Time::HiRes qw(time);

use Test::TikTok::Backend;
use Test::TikTok::HTTP;
use Test::TikTok::Process
  qw(alive children ended free_port group holders is_listening kill_group slow spawn_orphan wait_for);
use Test::TikTok::Sandbox;

use constant {
  PIXEL       => 'CTESTPIXEL0000000001',
  TOKEN       => 'test-token-0123456789abcdef',
  TEST_LIMIT  => 300,
  TAIL        => 20,     # lines of the log that are shown
  MOST        => 20,     # problems that are told one by one
};

our $TOP = abs_path(__FILE__ =~ s{t/lib/Test/TikTok\.pm\z}{}r || '.');

my %TEMPORARY = map { ("${_}_temp_path" => $_) } qw(client_body proxy fastcgi uwsgi scgi);
my $SERIOUS   = qr/\A\S+ \S+ \[(?:alert|emerg|crit)\] /;
my $SANITIZER = qr/==ERROR: \w+Sanitizer|runtime error: |ERROR: LeakSanitizer|SUMMARY: \w+Sanitizer/;
my $VALGRIND  = qr/^==\d+== (?:Invalid |Conditional jump|Use of uninit|Syscall param|Source and dest|Mismatched free|Jump to|Process terminating|Argument '|ERROR SUMMARY: [1-9])/;

# --- life ----------------------------------------------------------------------------------------------------------

my (%living, $owner, $left_behind);

# whatever ends a test ends what it started; no wait is endless. a test that builds says: use Test::TikTok limit => 900
sub import ($class, %option) {
  $owner //= $$;
  for my $signal (qw(INT TERM HUP PIPE)) {
    $SIG{$signal} //= sub ($name) {
      $SIG{PIPE} = 'IGNORE';    # nobody may be there to hear how it ends
      exit 130;
    };
  }
  $SIG{ALRM} = sub ($name) { die "the test took more than its time\n" };
  alarm +($option{limit} // TEST_LIMIT) * slow();
}

END {
  if (defined $owner && $$ == $owner) {
    my $status = $?;
    alarm 0;
    $_->_left_behind for grep {defined} values %living;
    $? = $status || ($left_behind ? 1 : 0);
  }
}

sub DESTROY ($self) {
  return if ${^GLOBAL_PHASE} eq 'DESTRUCT' || $$ != $owner;
  local ($@, $?, $!);
  $self->_left_behind;
}

# the end of a test that did not call finish
sub _left_behind ($self) {
  my @problems = $self->{ended} ? () : $self->problems or return;
  $left_behind = 1;
  Test::Builder->new->diag("left behind: $_") for @problems;
}

# sandbox => 1 or {options of Test::TikTok::Sandbox}; workers => N; log => level of the error log;
# module => 0 is an nginx without the module, as a test of the harness itself or of a baseline wants it
sub new ($class, %option) {
  my $dir = File::Temp::tempdir('tiktok-test-XXXXXX', TMPDIR => 1);
  chmod 0755, $dir;    # workers are another user
  my $self = bless {dir => $dir, workers => $option{workers} // 1, log => $option{log} // 'info',
    module => $option{module} // 1, port => {}, allowed => [], helpers => [], group => {}}, $class;
  $living{$self} = $self;
  weaken $living{$self};

  mkdir "$dir/cores";
  chmod 01777, "$dir/cores";
  $self->file('token', TOKEN . "\n", 0600);
  $self->port($_) for qw(http api);
  $self->{api} = 'https://127.0.0.1:' . $self->port('api');    # nobody there
  if (my $sandbox = $option{sandbox}) {
    $self->sandbox(ref $sandbox ? %$sandbox : ());
    $self->{api} = $self->{sandbox};
  }
  return $self;
}

sub dir ($self) { return $self->{dir} }

# a free port, the same for the same name
sub port ($self, $name = 'http') { return $self->{port}{$name} //= free_port() }

sub file ($self, $name, $content, $mode = 0644) {
  my $file = "$self->{dir}/$name";
  make_path($file =~ s{/[^/]+\z}{}r);
  open my $out, '>', $file or die "$file: $!\n";
  print {$out} $content;
  close $out;
  chmod $mode, $file;
  return $file;
}

sub slurp ($self, $name) {
  open my $in, '<', $name =~ m{\A/} ? $name : "$self->{dir}/$name" or return '';
  local $/;
  return readline($in) // '';
}

# --- who stands in for TikTok --------------------------------------------------------------------------------------

# the sandbox, started when first asked for
sub sandbox ($self, %option) {
  return $self->{sandbox} //= do {
    my $dir = "$self->{dir}/sandbox";
    make_path($dir);
    push @{$self->{helpers}}, my $sandbox = Test::TikTok::Sandbox->new(
      pixel => [PIXEL], token => TOKEN, rate => 0, %option, dir => $dir, program => "$TOP/scripts/sandbox");
    $sandbox;
  };
}

sub sandbox_events   ($self, %ask) { return $self->_counted(events   => %ask) }
sub sandbox_requests ($self, %ask) { return $self->_counted(requests => %ask) }

sub _counted ($self, $what, %ask) {
  my @seen = $self->{sandbox}->$what(%ask);
  $self->diag("the sandbox saw " . @seen . " $what instead of $ask{count}") if ($ask{count} // 0) > @seen;
  return @seen;
}

# a scripted upstream; options as in Test::TikTok::Backend
sub backend ($self, %option) {
  push @{$self->{helpers}}, my $backend = Test::TikTok::Backend->new(%option, dir => $self->{dir});
  return $backend;
}

# php-fpm; options as in Test::TikTok::PHP
sub php ($self, %option) {
  require Test::TikTok::PHP;
  push @{$self->{helpers}}, my $php = Test::TikTok::PHP->new(%option, dir => $self->{dir});
  return $php;
}

# where batches go: a sandbox, a backend or an address like http://127.0.0.1:1234; before the configuration is written
sub api ($self, $to) {
  $self->{api} = $to;
  return $self;
}

# the file that ships, with no more than the address, the authority and the name servers exchanged
sub _api_conf ($self) {
  my $to = $self->{api};
  my ($scheme, $address) = (ref $to ? $to->address : $to) =~ m{\A(https?)://(.+)\z} or die "what is the address $to?\n";
  my $text = $self->slurp("$TOP/scripts/tiktok_api.conf");
  my %change = (
    'set $tiktok_api business-api.tiktok.com;'                                => "set \$tiktok_api $address;",
    'include tiktok_resolver.con[f];'                                         => "include $self->{dir}/tiktok_resolver.con[f];",
    'proxy_pass https://$tiktok_api/'                                         => "proxy_pass $scheme://\$tiktok_api/",
    'proxy_ssl_trusted_certificate /etc/ssl/certs/ca-certificates.crt;'       =>
      ref $to && $to->can('ca') ? "proxy_ssl_trusted_certificate ${\ $to->ca };" : undef,
  );
  for my $from (grep { defined $change{$_} } sort keys %change) {
    my $found = () = $text =~ /^\Q$from\E/mg;
    die "scripts/tiktok_api.conf has \"$from\" $found times at the start of a line\n" if $found != 1;
    $text =~ s/^\Q$from\E/$change{$from}/m;
  }
  return $text;
}

# --- configuration -------------------------------------------------------------------------------------------------

# writes nginx.conf. parts, all of them optional:
#   main, events, http, server, servers   more text at that level; servers are whole server blocks
#   tiktok_NAME => 'arguments'            a directive of the server (queue: of http); a list of them; undef is none
#   '= /path'   => 'directives'           a location of the server; undef is none
#   h2 => 1                               listens for HTTP/2 without TLS on port('h2') as well
sub conf ($self, %part) { return $self->write_conf($self->conf_text(%part)) }

sub conf_text ($self, %part) {
  my %http = (tiktok_queue => '%%DIR%%/queue');
  my %server = (
    tiktok_pixel             => PIXEL,
    tiktok_access_token_file => '%%DIR%%/token',
    tiktok_consent           => 'cookie consent yes',
    tiktok_send              => '/_tiktok/api',
  );
  my %location = (
    '/'              => 'return 200 "page\n";',
    '= /e'           => 'tiktok_beacon;',
    '= /status'      => 'tiktok_status;',
    '= /_tiktok/api' => 'internal; include %%DIR%%/tiktok_api.conf;',
  );
  (%http, %server, @location{'= /e', '= /status'}) = () unless $self->{module};
  my %known = map { $_ => 1 } qw(main events http server servers h2);
  for my $name (keys %part) {
    if    ($name eq 'tiktok_queue') { $http{$name}     = $part{$name} }
    elsif ($name =~ /\Atiktok_/)    { $server{$name}   = $part{$name} }
    elsif ($name =~ m{\A[/=~^@]})   { $location{$name} = $part{$name} }
    elsif (!$known{$name})          { die "conf knows no $name\n" }
  }
  my $directives = sub ($indent, %of) {
    my @lines;
    for my $name (sort keys %of) {
      push @lines, map {"$indent$name $_;\n"} grep {defined} ref $of{$name} ? @{$of{$name}} : $of{$name};
    }
    return join '', @lines;
  };
  my $locations = join '', map {"        location $_ { $location{$_} }\n"} grep { defined $location{$_} } sort keys %location;
  my $h2 = $part{h2} ? "        listen 127.0.0.1:%%PORT_h2%% http2;\n" : '';
  my $text = sub ($name) { return $part{$name} // '' };

  return <<"CONF";
%%MAIN%%
${\ $text->('main') }
events { worker_connections 256; ${\ $text->('events') } }

http {
    %%HTTP%%
${\ $directives->('    ', %http) }${\ $text->('http') }
    server {
        listen 127.0.0.1:%%PORT_http%%;
$h2        server_name shop.example;

${\ $directives->('        ', %server) }${\ $text->('server') }
$locations    }
${\ $text->('servers') }
}
CONF
}

# a literal configuration. %%MAIN%% and %%HTTP%% stand for what every test wants at those levels, %%DIR%% for the
# directory, %%PORT_name%% for a port and %%MODULE%% for the module's file
sub write_conf ($self, $text, $name = 'nginx.conf') {
  $self->file('tiktok_api.conf', $self->_api_conf);
  $text = $self->_fill($text);
  $self->{conf} = $text if $name eq 'nginx.conf';
  $self->file($name, $text);
  return $self;
}

sub _fill ($self, $text) {
  my $module = $self->{module} ? module() : undef;
  my %value = (
    MAIN => join("\n",
      ($module ? "load_module $module;" : ()),
      'daemon off;', 'master_process on;', "worker_processes $self->{workers};",
      'pid %%DIR%%/nginx.pid;', "error_log %%DIR%%/error.log $self->{log};",
      'working_directory %%DIR%%/cores;', 'worker_rlimit_core 1g;',
      (map {"env $_;"} qw(ASAN_OPTIONS UBSAN_OPTIONS LD_PRELOAD)),
      $ENV{TEST_NGINX_GLOBALS} // ''),
    HTTP => join("\n    ",
      'access_log %%DIR%%/access.log;', (map {"$_ %%DIR%%/$TEMPORARY{$_};"} sort keys %TEMPORARY), $ENV{TEST_NGINX_GLOBALS_HTTP} // ''),
    MODULE => $module // '',
    DIR    => $self->{dir},
  );
  1 while $text =~ s/%%(MAIN|HTTP|MODULE|DIR)%%/$value{$1}/g;
  $text =~ s/%%PORT_(\w+)%%/$self->port($1)/ge;
  return $text;
}

# with its directory: nginx executes the name it was called by when it is upgraded
sub binary {
  my $binary = $ENV{TEST_NGINX_BINARY} // 'nginx';
  return $binary if $binary =~ m{/};
  my ($found) = grep {-x} map {"$_/$binary"} split(/:/, $ENV{PATH} // ''), '/usr/sbin';
  return $found // die "there is no $binary; TEST_NGINX_BINARY names one\n";
}

sub module {
  my $module = $ENV{TEST_NGINX_MODULE} // "$TOP/build/ngx_tiktok_module.so";
  return $module eq 'none' ? undef : abs_path($module) // $module;
}

# exit status and output of nginx -t, for the text of a configuration or for parts as conf takes them
sub test_conf ($self, @conf) {
  my $text = @conf == 1 ? $conf[0] : $self->conf_text(@conf);
  $self->write_conf($text, 'test.conf');
  my @command = $self->_command('test.conf', '-t');
  my $pid = open my $out, '-|' // die "fork: $!\n";
  if (!$pid) {
    open STDIN,  '<', '/dev/null';
    open STDERR, '>&', \*STDOUT;
    { no warnings 'exec'; exec @command }
    print "$command[0]: $!\n";
    POSIX::_exit(127);
  }
  my $said = join '', <$out>;
  close $out;
  push @{$self->{reports}}, "nginx -t: $1" if $said =~ /^(.*$SANITIZER.*)$/m;
  push @{$self->{reports}}, 'nginx -t ended by signal ' . ($? & 127) if $? & 127;
  return ($? >> 8, $said);
}

sub _command ($self, $conf, @more) {
  my $dir = $self->{dir};
  my @valgrind = $ENV{TEST_VALGRIND}
    ? (qw(valgrind --quiet --leak-check=no --trace-children=no), "--log-file=$dir/cores/valgrind.%p") : ();
  my @preload = $ENV{TEST_NGINX_PRELOAD}
    ? ('env', "LD_PRELOAD=$ENV{TEST_NGINX_PRELOAD}", 'ASAN_OPTIONS=' . ($ENV{ASAN_OPTIONS} // 'detect_leaks=0')) : ();
  my $log = $more[0] && $more[0] eq '-t' ? 'stderr' : "$dir/error.log";
  return (@preload, @valgrind, binary(), '-p', "$dir/", '-e', $log, '-c', "$dir/$conf", @more);
}

# --- the server's life ---------------------------------------------------------------------------------------------

sub start ($self) {
  die "nginx runs already\n" if $self->{pid};
  $self->conf unless defined $self->{conf};
  my $pid_file = "$self->{dir}/nginx.pid";
  unlink $pid_file;
  my ($group, $status) = spawn_orphan("$self->{dir}/nginx.out", 20, sub { -s $pid_file }, $self->_command('nginx.conf'));
  $self->{group}{$group} = 'nginx';
  $self->{pid} = $status ? undef : $self->slurp('nginx.pid') + 0;
  $status ||= !$self->_wait('workers', 20, sub { $self->workers >= $self->_wanted }) unless $status;
  if ($status) {
    my $why = $self->slurp('nginx.out') . $self->_tail;
    $self->kill9_all;
    die "nginx did not start (exit status $status)\n$why\n";
  }
  return $self;
}

# how many workers the configuration asks for
sub _wanted ($self) { return ($self->{conf} =~ /^\s*worker_processes\s+(\d+)/m ? $1 : 1) }

sub pid ($self) { return $self->{pid} }

# those that serve; the log knows who goes a moment before the title of its process does
sub workers ($self, $master = $self->{pid}) {
  return unless $master;
  my %leaving = map { $_ => 1 } $self->error_log =~ / (\d+)#\d+: (?:\*\d+ )?gracefully shutting down/g;
  return grep { !$leaving{$_} && $self->slurp("/proc/$_/cmdline") !~ /cache (?:manager|loader)/ } sort { $a <=> $b } children($master);
}

sub _wait ($self, $what, $seconds, $code) {
  my $answer = wait_for($seconds, $code);
  $self->diag("waited $seconds seconds in vain: $what\n" . $self->_tail) unless $answer;
  return $answer;
}

# until a condition of the test's own holds; says what it waited for, and the end of the log, when it does not
sub wait_until ($self, $what, $code, $seconds = 10) { return $self->_wait($what, $seconds, $code) }

sub signal ($self, $name, $pid = $self->{pid}) { return kill $name, $pid }

# QUIT lets requests end, TERM does not, KILL is kill9_all. true if nginx went by itself
sub stop ($self, $signal = 'QUIT', $seconds = 20) {
  my $pid = $self->{pid} or return 1;
  return $self->kill9_all if $signal eq 'KILL';
  kill $signal, $pid;
  my $gone = ended($seconds, $pid);
  if ($gone) { $self->{pid} = undef }
  else {
    push @{$self->{reports}}, "nginx did not end within $seconds seconds of $signal";
    $self->kill9_all;
  }
  return $gone;
}

sub restart ($self, @how) {
  $self->stop(@how);
  return $self->start;
}

# wait => 'gone': until new workers are there and the old ones gone; 'serving': until the old ones take no more
# connections; '': not at all. conf parts or a text in conf => ... are written first. answers the old workers
sub reload ($self, %option) {
  my $wait = $option{wait} // 'gone';
  my @old  = $self->workers;
  my $from = -s "$self->{dir}/error.log" // 0;
  if (my $conf = $option{conf}) { ref $conf ? $self->conf(%$conf) : $self->write_conf($conf) }
  kill HUP => $self->{pid};
  return @old unless $wait;

  my $refused;
  my $done = $self->_wait('reload', 20, sub {
    return $refused = 1 if $self->_log_from($from) =~ /\[emerg\]/;
    my %serving = map { $_ => 1 } $self->workers;
    my @still   = grep { delete $serving{$_} } @old;
    return 0 if keys %serving < $self->_wanted;
    return !($wait eq 'serving' ? @still : grep { alive($_) } @old);
  });
  die "nginx refused to reload\n" . $self->_tail . "\n" if $refused;
  die "reload went on for too long\n" unless $done;
  return @old;
}

# a worker dies in the middle of things; a new one follows
sub kill9_worker ($self, $pid = ($self->workers)[0]) {
  my %old = map { $_ => 1 } $self->workers;
  $self->expect_log(qr/ $pid exited on signal 9/)->expect_log(qr/was locked by $pid\b/);
  kill KILL => $pid;
  $self->_wait('a new worker', 20, sub { !alive($pid) && $self->workers >= $self->_wanted && grep { !$old{$_} } $self->workers }) or die "no new worker\n";
  return $pid;
}

# the power goes: master and workers at once
sub kill9_all ($self) {
  kill_group(KILL => $_) for keys %{$self->{group}};
  ended(10, map { group($_) } keys %{$self->{group}});
  $self->{pid} = undef;
  return 1;
}

# a new binary takes over the sockets. quit => 0 leaves the old master and its workers; answers its pid
sub upgrade ($self, %option) {
  my $old = $self->{pid};
  kill USR2 => $old;
  my $new;
  $self->_wait('the new master', 20, sub {
    ($new) = $self->slurp('nginx.pid') =~ /\A(\d+)/;
    return $new && $new != $old && $self->workers($new) >= $self->_wanted;
  }) or die "no new binary\n";
  $self->{pid} = $new;
  return $old unless $option{quit} // 1;
  kill QUIT => $old;
  $self->_wait('the old master to go', 20, sub { !alive($old) }) or die "the old master stayed\n";
  return $old;
}

# --- what nginx says -----------------------------------------------------------------------------------------------

sub error_log ($self) { return $self->slurp('error.log') }

sub grep_log ($self, $pattern) { return grep {/$pattern/} split /\n/, $self->error_log }

sub wait_log ($self, $pattern, $seconds = 10) {
  return $self->_wait("$pattern in the error log", $seconds, sub { $self->grep_log($pattern) });
}

# alerts and worse that match are no failure
sub expect_log ($self, $pattern) {
  push @{$self->{allowed}}, $pattern;
  return $self;
}

sub _log_from ($self, $offset) { return substr($self->error_log, $offset) // '' }

sub _tail ($self) {
  my @lines = split /\n/, $self->error_log;
  splice @lines, 0, @lines - TAIL if @lines > TAIL;
  return @lines ? join("\n", 'the end of the error log:', map {"    $_"} @lines) : 'the error log is empty';
}

sub diag ($self, $text) {
  Test::Builder->new->diag($text);
  return;
}

sub status ($self, $uri = '/status', @headers) {
  my $response = $self->get($uri, @headers);
  return decode_json($response->body) if $response && $response->code == 200;
  die 'status: ' . ($response ? $response->code . ' ' . $response->body : 'no answer') . "\n" . $self->_tail . "\n";
}

# until the code, given the status, says true; answers that status
sub wait_status ($self, $code, $seconds = 10) {
  my $status;
  return $status if wait_for($seconds, sub { $code->($status = $self->status) });
  $self->diag('the status never became so; the last was ' . encode_json($status) . "\n" . $self->_tail);
  return undef;
}

# --- HTTP ----------------------------------------------------------------------------------------------------------

# a connection to keep: write, request, response, is_closed. options: port => name or number, tls
sub connect ($self, %option) {
  my $port = delete $option{port} // 'http';
  return Test::TikTok::HTTP->new(port => $port =~ /\A\d+\z/ ? $port : $self->port($port), %option);
}

# packets as given, on a connection of their own
sub raw ($self, @packets) { return $self->connect->write(@packets) }

# one request on one connection; Mojo::Message::Response, or undef where there was no full answer. header names are
# free; lower-case port and timeout are options
sub request ($self, $method, $uri, $body = undef, @headers) {
  my (@send, %option);
  while (my ($name, $value) = splice @headers, 0, 2) {
    if ($name eq 'port' || $name eq 'timeout' || $name eq 'tls') { $option{$name} = $value }
    else                                                        { push @send, $name, $value }
  }
  my %given = map { lc $send[$_ * 2] => 1 } 0 .. @send / 2 - 1;
  push @send, Connection => 'close' unless $given{connection};
  my $timeout = delete $option{timeout};
  return $self->connect(%option)->request($method, $uri, $body, @send)
    ->response(for => $method, defined $timeout ? (timeout => $timeout) : ());
}

sub get  ($self, $uri, @headers)        { return $self->request(GET  => $uri, undef, @headers) }
sub post ($self, $uri, $body, @headers) { return $self->request(POST => $uri, $body, @headers) }

# an event, a list of them, or a body as it is. lower-case uri and cookies are options; without cookies consent is given
sub beacon ($self, $event, @headers) {
  my ($uri, $cookies, @send) = ('/e', {consent => 'yes'});
  while (my ($name, $value) = splice @headers, 0, 2) {
    if    ($name eq 'uri')     { $uri     = $value }
    elsif ($name eq 'cookies') { $cookies = $value }
    else                       { push @send, $name, $value }
  }
  unshift @send, Cookie => ref $cookies ? join('; ', map {"$_=$cookies->{$_}"} sort keys %$cookies) : $cookies
    if ref $cookies ? %$cookies : defined $cookies;
  my %given = map { lc $send[$_ * 2] => 1 } 0 .. @send / 2 - 1;
  unshift @send, 'Content-Type' => 'application/json' unless $given{'content-type'};
  return $self->post($uri, ref $event ? encode_json($event) : $event, @send);
}

# the same over HTTP/2 without TLS; the configuration has h2 => 1. not by curl: with an answer that comes before the body
# was read, curl 7.88 loses it to the reset that follows
sub h2 ($self, $method, $uri, $body = undef, @headers) {
  require Protocol::HTTP2::Client;
  my %given = map { lc $headers[$_ * 2] => 1 } 0 .. @headers / 2 - 1;
  my %default = (@Test::TikTok::HTTP::DEFAULTS, defined $body ? ('Content-Length' => length $body) : ());
  my $host = delete $default{Host};
  push @headers, map { ($_ => $default{$_}) } grep { !$given{lc $_} } sort keys %default;
  my @send;
  while (my ($name, $value) = splice @headers, 0, 2) {
    if (lc $name eq 'host') { $host = $value }
    else                    { push @send, map { (lc $name => $_) } grep {defined} ref $value ? @$value : $value }
  }

  my ($response, $failed);
  my $client = Protocol::HTTP2::Client->new(on_error => sub ($error) { $failed = 1 });
  my $done   = sub ($fields, $data) {
    $response = Mojo::Message::Response->new;
    while (my ($name, $value) = splice @$fields, 0, 2) {
      if ($name eq ':status') { $response->code($value) }
      else                    { $response->headers->add($name => $value) }
    }
    $response->body($data // '');
  };
  $client->request(
    ':scheme' => 'http', ':authority' => $host, ':path' => $uri, ':method' => $method,
    headers => \@send, on_done => $done, defined $body ? (data => $body) : ());

  my $connection = $self->connect(port => 'h2');
  my $until      = time + 10 * slow();
  while (!$response && !$failed) {
    while (my $frame = $client->next_frame) { $connection->write($frame) }
    my $bytes = $connection->bytes($until) // last;
    $client->feed($bytes);
  }
  return $response;
}

# --- the end -------------------------------------------------------------------------------------------------------

# stops everything; passes if nothing was left behind
sub finish ($self) {
  my @problems = $self->problems;
  my $builder  = Test::Builder->new;
  local $Test::Builder::Level = $Test::Builder::Level + 1;
  $builder->ok(!@problems, 'nothing was left behind');
  $builder->diag($_) for @problems;
  return !@problems;
}

# stops everything and tells what was left behind
sub problems ($self) {
  return if $self->{ended};
  my @problems;

  # before nginx is told to go: what has no master any more is left over already
  $self->stop;
  for my $group (sort keys %{$self->{group}}) {
    ended(5, group($group));
    push @problems, map {"process $_ of $self->{group}{$group} still runs"} group($group);
  }
  $self->kill9_all;
  for my $helper (@{$self->{helpers}}) {
    my @groups = $helper->groups;
    $helper->stop;
    for my $group (@groups) {
      push @problems, map {"process $_ of a helper still runs"} group($group);
      kill_group(KILL => $group);
    }
  }
  my $holders = holders($self->{dir});
  push @problems, map {"process $_ ($holders->{$_}) still holds files"} sort keys %$holders;
  push @problems, map {"port $self->{port}{$_} ($_) is still open"} grep { is_listening($self->{port}{$_}) } sort keys %{$self->{port}};

  push @problems, $self->_reports, $self->_files;
  my $more = @problems - MOST;
  splice @problems, MOST, $more, "and $more more" if $more > 0;
  push @problems, $self->_tail if @problems;
  if ($ENV{TEST_NGINX_LEAVE}) { $self->diag("kept: $self->{dir}") }
  else                        { remove_tree($self->{dir}, {safe => 0}) }
  $self->{ended} = 1;
  delete $living{$self};
  return @problems;
}

sub _reports ($self) {
  my @found = @{$self->{reports} // []};
  for my $line (split /\n/, $self->error_log . "\n" . $self->slurp('nginx.out')) {
    push @found, $line if $line =~ $SANITIZER || $line =~ $SERIOUS && !grep { $line =~ $_ } @{$self->{allowed}};
  }
  for my $file (glob "$self->{dir}/cores/*") {
    if ($file =~ /valgrind\.\d+\z/) { push @found, map {"valgrind: $_"} grep {$_ =~ $VALGRIND} split /\n/, $self->slurp($file) }
    else                            { push @found, "core dump $file" }
  }
  my %seen;
  return grep { !$seen{$_}++ } @found;
}

# requests and answers too large for memory leave their files when they end
sub _files ($self) {
  my @found;
  for my $name (sort values %TEMPORARY) {
    push @found, map {"temporary file $_"} grep { -f $_ } map { glob $_ } map {"$self->{dir}/$name" . '/*' x $_} 1 .. 3;
  }
  return @found;
}

1;
