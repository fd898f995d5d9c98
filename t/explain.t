# scripts/consent explains the verdict on one header

use v5.36;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use lib dirname(abs_path(__FILE__)) . '/lib';

use Test::More;
use Test::TikTok;
use Test::TikTok::Presets qw(preset_rows);

my $program = "$Test::TikTok::TOP/scripts/consent";
my $temp    = File::Temp->newdir('tiktok-explain-XXXXXX', TMPDIR => 1);

# exit status and all that it says
sub asked (@arguments) {
  my $pid = open my $out, '-|' // die "fork: $!\n";
  if (!$pid) {
    open STDERR, '>&', \*STDOUT;
    local $ENV{TMPDIR} = "$temp";
    exec $program, @arguments or exit 127;
  }
  my $said = join '', <$out>;
  close $out;
  return ($? >> 8, $said);
}

# one of each verdict, and of each way to read a cookie
my %wanted = map { $_ => 1 } 'onetrust', 'complianz', 'didomi', 'shopware id=tiktok-enabled', 'mirror';
my %seen;
for my $row (preset_rows("$Test::TikTok::TOP/t/consent/presets.txt")) {
  my $policy = $row->{policy};
  next if !$wanted{$policy} || !defined $row->{cookies} || $seen{"$policy $row->{verdict}"}++;
  my ($preset) = split ' ', $policy;
  is_deeply [asked($policy, "Cookie: $row->{cookies}")],
    [$row->{verdict} eq 'granted' ? 0 : 1, "$row->{verdict}: $preset: $row->{detail}\n"], "$policy: $row->{verdict}";
}
is keys %seen, 3 * keys %wanted, 'each was tried';

is_deeply [asked('onetrust')], [1, "undecided: onetrust: no cookie\n"], 'no header';
is_deeply [asked('cookie a yes', 'cookie b yes', 'Cookie: a=yes; b=no')], [1, "denied: cookie: b does not match\n"], 'several policies';
is_deeply [asked('cookie a yes', 'Cookie: a=yes', 'Sec-GPC: 1')], [1, "opted_out: gpc\n"], 'another header';
is_deeply [asked('variable $http_x_consent', 'X-Consent: 1')], [0, "granted: variable: \$http_x_consent grants\n"], 'and what variables make of it';

my ($status, $said) = asked('nonesuch', 'Cookie: a=b');
is $status, 2, 'an unknown preset';
like $said, qr/\Aconsent: "tiktok_consent" has an unknown preset "nonesuch"; known are [^\n]+\n\z/, 'is told as nginx tells it';
($status, $said) = asked('Cookie: a=b');
is $status, 2, 'no policy';
like $said, qr/\Aconsent: usage: /, 'is shown how';
($status, $said) = asked('onetrust', "Cookie: a=b\r\nCookie: c=d");
is $status, 2, 'a header of two lines';
is_deeply [glob "$temp/*"], [], 'nothing is left behind';

done_testing;
