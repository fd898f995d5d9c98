package Bench::Consent;

# the verdict of each preset, in a Cookie header of 2 kB as a shop's visitors have it, in a loop without a server

use v5.36;

use FindBin qw($Bin);
use lib "$FindBin::Bin/../t/lib";

use Bench qw(fail run_command write_file);
use Test::TikTok::Presets  qw(preset_rows);
use Test::TikTok::TCString qw(tc_string);

use constant {
  WHAT  => 'the verdict of each preset, of a Cookie header of 2 kB',
  BOUND => 1000,
  SIZE  => 2048,
};

# what else is in such a header; the consent tool's cookies stand in the middle
my @others = (
  'PHPSESSID=3f0c1f0e9a8b7c6d5e4f3a2b1c0d9e8f', '_ga=GA1.1.1234567890.1733212345', '_ttp=2abcDEFghiJKLmnoPQRstuVWxyz',
  '_ga_ABCDEF1234=GS1.1.1733212345.3.1.1733212999.60.0.0', '_gcl_au=1.1.123456789.1733212345',
  '_fbp=fb.1.1733212345678.1234567890', '_uetsid=0123456789abcdef0123456789abcdef', '_uetvid=fedcba9876543210fedcba9876543210',
  '_clck=abc123%7C2%7Cfrg%7C0%7C1800', '_hjSessionUser_1234567=eyJpZCI6IjAxMjM0NTY3LTg5YWItY2RlZi0wMTIzLTQ1Njc4OWFiY2RlZiIsImNyZWF0ZWQiOjE3MzMyMTIzNDU2NzgsImV4aXN0aW5nIjp0cnVlfQ==',
  'cart=3f0c1f0e9a', 'currency=EUR', 'lang=de', 'recently_viewed=SKU-1%2CSKU-22%2CSKU-333', 'klaviyo=eyJjaWQiOiJZV0pqWkdWbVoyZyJ9',
);

sub run ($class) {
  my (%seen, @lines);
  for my $row (map { preset_rows($_) } glob "$Bin/../t/consent/*.txt") {
    my ($preset) = $row->{policy} =~ /(\w+)/;
    next if $row->{verdict} ne 'granted' || $seen{$preset}++;
    push @lines, "$row->{policy}\t" . header($row->{cookies}) . "\n";
  }
  push @lines, "tcf vendor=986\t" . header('euconsent-v2=' . long_string()) . "\n",
    "opt-out signals\t" . header('usprivacy=1YNN; OTGPPConsent=DBABLA~BVQqAAAAAgA.QA') . "\n";
  write_file('consent_bench.txt', join '', @lines);

  my (@slow, $count);
  for my $line (grep {/^# .*\t/} split /\n/, measured()) {
    my ($policy, $ns, $size, $verdict) = split /\t/, substr $line, 2;
    $verdict eq 'granted' or fail("$policy is $verdict");
    printf "  %5d ns  %s%s\n", $ns, $policy, $size > SIZE ? " ($size bytes)" : '';
    push @slow, $policy if $ns >= BOUND;
    $count++;
  }
  ($count // 0) == @lines or fail('not all presets were measured');
  printf "%d presets, %s\n", $count, @slow ? 'above ' . BOUND . ' ns: ' . join ', ', @slow : 'each below ' . BOUND . ' ns';
}

# a TC string of 1500 bytes: bit fields of all vendors, and ranges of some that the publisher restricts
sub long_string () {
  my $some = join '.', map { 20 * $_ . '-' . (20 * $_ + 4) } 1 .. 35;
  return tc_string("vendors=1-2200 interests=2-2200 restrict=2:1:$some,7:1:$some disclosed=1-2200");
}

sub header ($cookies) {
  my $left  = SIZE - length($cookies) - 4;
  my $other = join '; ', @others;
  $other .= "; x$_=" . ('0123456789abcdef' x 4) for grep { length $other < SIZE } 1 .. 30;
  $other = substr $other, 0, $left > 0 ? $left : 0;
  my $middle = index $other, '; ', length($other) / 2;
  substr $other, $middle < 0 ? 0 : $middle, $middle < 0 ? 0 : 2, "; $cookies; ";
  return $other;
}

# the module of the unit tests measures it while "nginx -t" reads a configuration
sub measured () {
  my $dir  = Bench::dir();
  my $conf = write_file('consent.conf', <<~"CONF");
    load_module $dir/unit/ngx_tiktok_unit_module.so;
    pid $dir/unit.pid;
    unit consent_bench;
    events {}
    CONF
  my $nginx = $ENV{TEST_NGINX_BINARY} // 'nginx';
  my $built = run_command("ADDON=$Bin/../t/unit BUILD=$dir/unit $Bin/build 2>&1");
  $? and fail("the module of the unit tests was not built:\n$built");
  return run_command("taskset -c 0 $nginx -t -c $conf -e $dir/unit.log 2>&1");
}

1;
