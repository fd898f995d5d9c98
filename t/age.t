# events that wait too long are given up, and stand in a file with that reason; a clock that is wrong gives up nothing

use v5.36;

use Cwd            qw(abs_path);
use File::Basename qw(dirname);
use lib dirname(abs_path(__FILE__)) . '/lib', dirname(abs_path(__FILE__)) . '/../scripts/lib';

use Mojo::JSON qw(decode_json encode_json);
use Segment;
use Test::More;
use Test::TikTok;
use Test::TikTok::Delivery qw(balance event files pixel received segments);

use constant {PIXEL => Test::TikTok::PIXEL, MINUTE => 60, HOUR => 3600, DAY => 86_400};

# an nginx that finds events of these ages: id => seconds
sub found ($behave, $ages, %option) {
  my $t       = Test::TikTok->new(%option{'workers'});
  my $backend = $t->backend(behave => $behave);
  my $pixel   = $option{pixel} // PIXEL;
  $t->api($backend)->conf(tiktok_delivery => 'retry_min=100ms retry_max=1h', %{$option{conf} // {}});
  $t->test_conf($t->{conf});    # makes the directory
  Segment::write($t->dir . '/queue', $pixel,
    map { Segment::record(encode_json({event => 'Search', event_id => $_}), time - $ages->{$_}) } sort keys %$ages);
  $t->start;
  return ($t, $backend);
}

sub rejected ($t, $pixel = PIXEL) { return map { decode_json($_) } split /\n/, $t->slurp("queue/$pixel.rejected") }

subtest 'ages' => sub {
  my %ages = (
    young       => 0,
    day         => DAY,
    almost      => 47 * HOUR - 2 * MINUTE,
    old         => 47 * HOUR + 5,
    older       => 20 * DAY,
    from_1970   => time - 10,          # queued before the clock was set
    unlikely    => 100 * DAY,
    from_future => -3 * DAY,
  );
  my ($t, $backend) = found('ok', \%ages);
  my $pixel = pixel($t->wait_status(sub ($s) { pixel($s)->{queue}{recovered} == 8 && pixel($s)->{queue}{events} == 0 }));
  is_deeply [sort keys %{received($backend)}], [qw(almost day from_1970 from_future unlikely young)], 'the others are sent';
  is $pixel->{queue}{expired}, 2, 'what is too old is given up';
  my @rejected = rejected($t);
  is_deeply [sort map { $_->{event}{event_id} } @rejected], ['old', 'older'], 'and stands in the file';
  is_deeply [map { $_->{reason} } @rejected], ['expired', 'expired'], 'with the reason';
  my ($old) = grep { $_->{event}{event_id} eq 'old' } @rejected;
  cmp_ok abs($old->{time} - $old->{queued} - 47 * HOUR), '<', 60, 'and both times';
  is balance($pixel), 0, 'the balance';
  $t->finish;
};

# a destination in trouble does not keep what nobody wants any more
subtest 'a queue and a waiting batch' => sub {
  my $t       = Test::TikTok->new;
  my $backend = $t->backend(behave => 'no', named => {no => sub ($c, $r) { $c->answer(401, '{"code":40105,"message":"no","request_id":"R"}') }});
  $t->api($backend)->conf(tiktok_queue => '%%DIR%%/queue max_age=2s', tiktok_delivery => 'batch=2 in_flight=1 retry_min=100ms retry_max=1h')->start;
  $t->beacon([map { event($_) } 1 .. 50]);
  $t->wait_status(sub ($s) { pixel($s)->{state} eq 'auth' });
  my $pixel = pixel($t->wait_status(sub ($s) { pixel($s)->{queue}{events} == 0 }));
  is $pixel->{queue}{expired}, 50, 'expire without any request';
  is $backend->requests, 1, 'there was but one';
  is $pixel->{queue}{bytes}, 0, 'no bytes are left';
  is $pixel->{queue}{oldest_seconds}, 0, 'nor an age';
  is scalar(my @lines = rejected($t)), 50, 'all stand in the file';
  is balance($pixel), 0, 'the balance';
  $t->finish;
};

# what can't be written is neither given up nor sent, and comes to no harm
subtest 'no file for them' => sub {
  my $t = Test::TikTok->new;
  my $backend = $t->backend;
  $t->expect_log(qr/\[crit\].*rejected" failed/);
  $t->api($backend)->conf(tiktok_delivery => 'batch=2 retry_min=100ms retry_max=500ms');
  $t->test_conf($t->{conf});
  my $file = $t->dir . '/queue/' . PIXEL . '.rejected';
  mkdir $file;
  Segment::write($t->dir . '/queue', PIXEL, map { Segment::record(encode_json({event => 'Search', event_id => "$_"}), time - 48 * HOUR) } 1 .. 7);
  $t->start;
  $t->wait_status(sub ($s) { pixel($s)->{queue}{recovered} == 7 });
  $t->beacon(event('young'));
  my $pixel = pixel($t->wait_status(sub ($s) { pixel($s)->{queue}{delivered} == 1 }));
  is_deeply [keys %{received($backend)}], ['young'], 'a younger one is not held up';
  is $pixel->{queue}{events},  7, 'the old ones wait';
  is $pixel->{queue}{corrupt}, 0, 'whole';
  $t->wait_until('more tries', sub { $t->slurp('error.log') =~ /rejected" failed/ });
  rmdir $file;
  $pixel = pixel($t->wait_status(sub ($s) { pixel($s)->{queue}{expired} == 7 }));
  is $pixel->{queue}{expired}, 7, 'and expire when there is a place for them';
  is_deeply [sort map { $_->{event}{event_id} } rejected($t)], [1 .. 7], 'all of them';
  is $pixel->{queue}{corrupt}, 0, 'none was damaged';
  is balance($pixel), 0, 'the balance';
  $t->finish;
};

# those of a pixel that nobody has configured
subtest 'a removed pixel' => sub {
  my ($t, $backend) = found('ok', {old => 48 * HOUR, young => HOUR}, pixel => 'CGONE');
  my $pixel = pixel($t->wait_status(sub ($s) { grep { $_->{pixel} eq 'CGONE' && $_->{queue}{expired} } @{$s->{pixels}} }), 'CGONE');
  is $pixel->{state}, 'removed', 'is shown, although this nginx never knew it';
  is $pixel->{queue}{events},  1, 'its events wait';
  is $pixel->{queue}{expired}, 1, 'until they are too old';
  cmp_ok abs($pixel->{queue}{oldest_seconds} - HOUR), '<', 60, 'with their age';
  is_deeply [map { $_->{event}{event_id} } rejected($t, 'CGONE')], ['old'], 'and stand in its file';
  is balance($pixel), 0, 'the balance';
  is $t->grep_log(qr/\[warn\].*holds events of pixel "CGONE", which is not in the configuration/), 1, 'the log tells';
  is $backend->requests, 0, 'nothing is sent';
  $t->reload(conf => {tiktok_pixel => 'CGONE'});
  $pixel = pixel($t->wait_status(sub ($s) { pixel($s, 'CGONE')->{queue}{delivered} == 1 }), 'CGONE');
  is $pixel->{state}, 'ok', 'until it returns';
  is_deeply received($backend), {young => 1}, 'and then all is sent';
  is balance($pixel), 0, 'the balance';
  $t->finish;
};

for my $case (
  [5,    {a => 4 * MINUTE},  0, qr/wait for more than/],
  [5,    {a => 6 * MINUTE},  1, qr/CTEST\w+" wait for more than 5 minutes/],
  [40,   {a => 41 * HOUR},   1, qr/wait for more than 40 hours, they are given up after 47 hours/],
  [40,   {a => 100 * DAY},   0, qr/wait for more than/],
) {
  my ($limit, $ages, $times, $line) = @$case;
  my ($age) = values %$ages;
  subtest "an alarm at $age seconds" => sub {
    my ($t, $backend) = found('error_500', $ages, workers => 2);
    $t->wait_status(sub ($s) { pixel($s)->{state} eq 'backoff' });
    $t->wait_until('the alarm', sub { $t->grep_log($line) }) if $times;
    $t->reload for 1 .. 2;
    $t->wait_status(sub ($s) { pixel($s)->{queue}{events} == 1 && pixel($s)->{queue}{oldest_seconds} });
    is scalar(my @said = $t->grep_log(qr/\[error\].*$line/)), $times, $times ? 'is told once' : 'is none';
    $t->finish;
  };
}

done_testing;
