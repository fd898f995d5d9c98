package Test::TikTok::Presets;

# the rows of t/consent/*.txt: cookies as consent tools leave them, and what is to be made of them. the form of the
# files is told in t/consent/presets.txt

use v5.36;

use Exporter     qw(import);
use MIME::Base64 qw(encode_base64);
use Mojo::Util   qw(url_escape);
use Time::HiRes  qw(time);

use Test::TikTok::TCString qw(tc_string);

our @EXPORT_OK = qw(preset_rows);

# each row is {policy => 'onetrust id=BG36', verdict => ..., detail => ..., cookies => ..., line => ...}
sub preset_rows ($file) {
  open my $in, '<', $file or die "$file: $!\n";
  my ($policy, @rows);
  while (my $line = readline $in) {
    chomp $line;
    next if $line =~ /\A\s*(?:#|\z)/;
    if ($line =~ /\A\[(.+)\]\z/) { $policy = $1; next }
    my ($verdict, $detail, $cookies) = split / {2,}/, $line, 3;
    die "$file:$.: a row is a verdict, a detail and cookies\n" unless $policy && defined $cookies && $verdict =~ /\A(?:granted|denied|undecided)\z/;
    push @rows, {policy => $policy, verdict => $verdict, detail => $detail, cookies => $cookies eq '-' ? undef : _expand($cookies), line => $.};
  }
  return @rows;
}

# what stands within <> first
sub _expand ($text) {
  my $now = time;
  $text =~ s/\{now([+-]\d+)?\}/int($now) + ($1 \/\/ 0)/ge;
  $text =~ s/\{now_ms([+-]\d+)?\}/int($now * 1000) + ($1 \/\/ 0)/ge;
  $text =~ s/\{(\w)\*(\d+)\}/$1 x $2/ge;
  $text =~ s/tcf<([^<>]*)>/tc_string($1)/ge;
  my %encode = (percent => sub ($plain) { url_escape($plain, '^A-Za-z0-9\-._~') }, base64 => sub ($plain) { encode_base64($plain, '') });
  1 while $text =~ s/(percent|base64)<([^<>]*)>/$encode{$1}->($2)/e;
  return $text;
}

1;
