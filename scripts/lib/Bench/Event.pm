package Bench::Event;

# an event alone, from the text of a beacon to the text of the API, in a loop without a server

use v5.36;

use FindBin qw($Bin);

use Bench qw(fail median nginx port run_command write_file wrk);
use Bench::Beacon;

use constant WHAT => 'an event (parsed, three identifiers hashed, written) against "return 204"';

sub run ($class) {
  my ($rate, $cpu) = return_204();
  my ($ns, $parts, $cookie) = event();
  my $us = $ns / 1000;
  printf "one event %.2f us (%s, in ns)\n", $us, $parts;
  printf "  a \"return 204\" every %.1f us: ratio %.2f\n", $rate, $us / $rate;
  printf "  a \"return 204\" takes %.1f us of the worker's processor time: ratio %.2f\n", $cpu, $us / $cpu;
  print "$cookie\n";
}

# microseconds between two requests, and those of the worker for one
sub return_204 () {
  write_file('request.lua', Bench::Beacon::request());
  my $port = port('http');
  nginx('nginx', http => "server { listen 127.0.0.1:$port; location = /204 { return 204; } }");
  my @runs = map { [wrk('request.lua', '/204')] } 1 .. $Bench::option{pairs};
  return map { 1e6 * $_ } 1 / median(map { $_->[0] } @runs), median(map { $_->[1] } @runs);
}

# the module of the unit tests measures it while "nginx -t" reads a configuration: the best of many short loops
sub event () {
  my $conf = write_file('unit.conf', <<~'CONF' =~ s/%%DIR%%/Bench::dir()/ger);
    load_module %%DIR%%/unit/ngx_tiktok_unit_module.so;
    pid %%DIR%%/unit.pid;
    unit bench;
    events {}
    CONF
  my $dir   = Bench::dir();
  my $nginx = $ENV{TEST_NGINX_BINARY} // 'nginx';
  my $built = run_command("ADDON=$Bin/../t/unit BUILD=$dir/unit $Bin/build 2>&1");
  $? and fail("the module of the unit tests was not built:\n$built");
  my $said = run_command("taskset -c 0 $nginx -t -c $conf -e $dir/unit.log 2>&1");
  return $said =~ /event of \d+ bytes: (\d+) ns; (.*)\n.*(identity cookie of .*)/ ? ($1, $2, $3) : fail("the module of the unit tests said:\n$said");
}

1;
