package Test::TikTok::TCString;

# TC strings for the tests, of this very day

use v5.36;

use Exporter qw(import);

our @EXPORT_OK = qw(tc_string);

# "purposes=1.3.4.7 vendors=1-5.986 interests=2 restrict=4:0:986 disclosed=986 age=400 policy=3 specific=0", in any
# order. without a word all that is needed is granted, and nothing is said of vendors
sub tc_string ($recipe = '') {
  my %with    = (purposes => '1.3.4.7', vendors => '', interests => '', restrict => '', age => 10, policy => 4, specific => 1, map { split /=/, $_, 2 } split ' ', $recipe);
  my $today   = int(time / 86400) * 86400;
  my $created = ($today - $with{age} * 86400) * 10;
  my %on      = map { $_ => 1 } split /\./, $with{purposes};

  my $core = _bits(2, 6) . _bits($created, 36) x 2 . _bits(880, 12) . _bits(1, 12) . _bits(1, 6) . _letters('EN') . _bits(48, 12)
    . _bits($with{policy}, 6) . _bits($with{specific}, 1) . '0' . '0' x 12 . join('', map { $on{$_} ? 1 : 0 } 1 .. 24) . '0' x 24 . '0'
    . _letters('DE') . _vendors($with{vendors}) . _vendors($with{interests}) . _restrictions($with{restrict});
  return join '.', map { _text($_) } $core, defined $with{disclosed} ? _bits(1, 3) . _vendors($with{disclosed}) : ();
}

sub _bits ($value, $n) { return sprintf "%0${n}b", $value }

sub _letters ($word) { return join '', map { _bits(ord($_) - ord('A'), 6) } split //, $word }

# a bit field
sub _vendors ($list) {
  my @ids = sort { $a <=> $b } map { /(\d+)-(\d+)/ ? $1 .. $2 : $_ } split /\./, $list;
  my $max = $ids[-1] // 0;
  my %on  = map { $_ => 1 } @ids;
  return _bits($max, 16) . '0' . join '', map { $on{$_} ? 1 : 0 } 1 .. $max;
}

# purpose, type and vendors; several are apart by commas
sub _restrictions ($list) {
  my @restrictions = map { [split /:/] } split /,/, $list;
  return _bits(scalar @restrictions, 12) . join '', map {
    my ($purpose, $type, $vendors) = @$_;
    my @ranges = map { [split /-/] } split /\./, $vendors;
    _bits($purpose, 6) . _bits($type, 2) . _bits(scalar @ranges, 12) . join '', map { ($#$_) . join '', map { _bits($_, 16) } @$_ } @ranges;
  } @restrictions;
}

sub _text ($bits) {
  state @letters = ('A' .. 'Z', 'a' .. 'z', 0 .. 9, '-', '_');
  $bits .= '0' x (-length($bits) % 6);
  return join '', map { $letters[oct "0b$_"] } $bits =~ /.{6}/g;
}

1;
