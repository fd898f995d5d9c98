# what was refused is queued again by scripts/replay, as it is

use v5.36;

use Cwd            qw(abs_path);
use File::Basename qw(dirname);
use lib dirname(abs_path(__FILE__)) . '/lib', dirname(abs_path(__FILE__)) . '/../scripts/lib';

use Mojo::JSON qw(decode_json);
use Segment;
use Test::More;
use Test::TikTok;
use Test::TikTok::Delivery qw(balance event pixel segments);

use constant PIXEL => Test::TikTok::PIXEL;

# known values of MurmurHash2, for every length of a tail
is Segment::murmur(''), 0, 'murmur of nothing';
isnt Segment::murmur('a'), Segment::murmur('b'), 'and of something';

sub replay (@arguments) {
  my $pid = open my $out, '-|' // die "fork: $!\n";
  if (!$pid) {
    open STDERR, '>&', \*STDOUT;
    exec "$Test::TikTok::TOP/scripts/replay", @arguments or POSIX::_exit(127);
  }
  my $said = join '', <$out>;
  close $out;
  return ($? >> 8, $said);
}

my $t       = Test::TikTok->new;
my $refuse  = '{"code":40002,"message":"no \"event\":{","request_id":"R1"}';
my $backend = $t->backend(behave => 'refuse', named => {refuse => sub ($c, $r) { $c->answer(200, $refuse) }});
$t->api($backend)->conf(tiktok_delivery => 'batch=1 in_flight=1')->start;

my %sent = (
  plain => {},
  odd   => {properties => {description => "\x{20ac} \"quoted\" \\ \x{1f6d2}", value => 19.99, currency => 'EUR'}},
  buy   => {event => 'Purchase', properties => {order_id => 'o-1'}},
);
$t->beacon(event($_, %{$sent{$_}})) for sort keys %sent;
my $pixel = pixel($t->wait_status(sub ($s) { pixel($s)->{queue}{rejected} == 3 }));
is $pixel->{queue}{rejected}, 3, 'three are refused';
my $file = $t->dir . '/queue/' . PIXEL . '.rejected';
my %first = map { my $event = decode_json($_->{body})->{data}[0]; ($event->{event_id} => $event) } $backend->requests;

my ($status, $said) = replay('--dry-run', $file);
is $status, 0, 'a dry run';
like $said, qr/would queue 3 events of pixel ${\ PIXEL }/, 'tells what it would do';
is pixel($t->status)->{queue}{recovered}, 0, 'and does nothing';

$backend->behave('ok');
rename $file, "$file.mended";
($status, $said) = replay("$file.mended");
is $status, 0, 'replay' or diag $said;
like $said, qr/\Aqueued 3 events of pixel ${\ PIXEL }/, 'tells what it did';
$pixel = pixel($t->wait_status(sub ($s) { pixel($s)->{queue}{delivered} == 3 }));
is $pixel->{queue}{recovered}, 3, 'a running nginx takes them over';
is $pixel->{queue}{corrupt}, 0, 'whole';
is balance($pixel), 0, 'the balance';
is $pixel->{events}{Purchase}{delivered}, 1, 'and knows their names';
is $pixel->{events}{Search}{delivered}, 2, 'all of them';
my %again = map { my $event = decode_json($_->{body})->{data}[0]; ($event->{event_id} => $event) } grep { $_->{behaviour} eq 'ok' } $backend->requests;
is_deeply \%again, \%first, 'every event as it was';

# neither consent, nor duplicates, nor the clock are asked again
$t->stop;
my $old = '{"time":1,"queued":1,"reason":"expired","event":{"event":"Search","event_time":1,"event_id":"plain"}}';
$t->file('elsewhere/old.txt', "$old\n\n$old\n");
($status, $said) = replay('--queue' => $t->dir . '/queue', '--pixel' => PIXEL, $t->dir . '/elsewhere/old.txt');
is $status, 0, 'any file, while nginx is away' or diag $said;
is +(stat((segments($t))[0]))[4], (stat $t->dir . '/queue')[4], 'for the user of the workers';
is sprintf('%o', (stat((segments($t))[0]))[2] & 07777), '600', 'and no other';
$t->start;
ok $t->wait_status(sub ($s) { pixel($s)->{queue}{delivered} == 2 }), 'is sent when it is back';

# a mistake writes nothing
for my $case (
  ['no JSON', "$old\nnot JSON\n", qr/line 2: this is no line of a rejected file/],
  ['no event', qq({"time":1,"event":{}}\n), qr/line 1: this is no line/],
  ['a list', qq([1]\n), qr/line 1: this is no line/],
) {
  my ($name, $text, $error) = @$case;
  my $wrong = $t->file('elsewhere/' . PIXEL . '.rejected', $text);
  ($status, $said) = replay('--queue' => $t->dir . '/queue', $wrong);
  is $status, 1, "$name: refused";
  like $said, $error, "$name: with its line";
}
is +(replay('--queue' => $t->dir . '/queue', $t->file('elsewhere/strange-name', "$old\n")))[0], 1, 'no pixel in the name';
is +(replay('/nowhere/' . PIXEL . '.rejected'))[0], 1, 'no file';
is +(replay())[0], 2, 'no argument';
is +(replay('--help'))[0], 0, 'help';
is segments($t), 0, 'and nothing is queued';

$t->finish;
done_testing;
