# every preset, with the cookies that its tool leaves: granted, denied, undecided, and what only looks like it

use v5.36;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use lib dirname(abs_path(__FILE__)) . '/lib';

use Test::More;
use Test::TikTok;
use Test::TikTok::Presets qw(preset_rows);

my @rows = map { preset_rows($_) } sort glob "$Test::TikTok::TOP/t/consent/*.txt";

my (@policies, %number);
for my $row (@rows) {
  $number{$row->{policy}} //= push @policies, $row->{policy};
}

# policies that are combined stand on one line, with "&" between them
my $locations = sub {
  return map { ("= /$number{$_}" => join ' ', (map {"tiktok_consent $_;"} split / & /), 'return 200 "$tiktok_consent: $tiktok_consent_reason";') } @policies;
};

my $t = Test::TikTok->new;
my ($status, $said) = $t->test_conf(tiktok_consent => 'nonesuch');
my ($known) = $said =~ /known are (.+?) in /;
my @presets = split /, /, $known // '';
ok @presets > 20, 'the presets are known';

$t->conf($locations->())->start;

for my $policy (@policies) {
  subtest $policy => sub {
    for my $row (grep { $_->{policy} eq $policy } @rows) {
      my $answer = $t->get("/$number{$policy}", Cookie => $row->{cookies});
      my $preset = (split ' ', $policy)[0];
      my $shown  = length($row->{cookies} // '') > 300 ? substr($row->{cookies}, 0, 300) . '...' : $row->{cookies} // 'no cookies';
      is $answer->body, "$row->{verdict}: $preset: $row->{detail}", "line $row->{line}: $shown";
    }
  };
}

my $readme = $t->slurp("$Test::TikTok::TOP/README.md");
like $readme, qr/^\| `\Q$_\E[ `]/m, "the table in README.md has $_" for @presets;

# those that have no cookie of their own are tested elsewhere
subtest 'a new preset brings its rows' => sub {
  my %without = map { $_ => 1 } qw(variable assumed);
  for my $preset (grep { !$without{$_} } @presets) {
    my %verdicts = map { $_->{verdict} => 1 } grep { (split ' ', $_->{policy})[0] eq $preset } @rows;
    is_deeply [sort keys %verdicts], [qw(denied granted undecided)], $preset;
  }
};

$t->finish;
done_testing;
