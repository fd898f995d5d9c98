# what came in is what went out, was given up, or waits: after all that can happen to events, on one page and exact

use v5.36;

use Cwd            qw(abs_path);
use File::Basename qw(dirname);
use lib dirname(abs_path(__FILE__)) . '/lib';

use Test::More;
use Test::TikTok;
use Test::TikTok::Delivery qw(balance event pixel records segments);

use constant PIXEL => Test::TikTok::PIXEL;

sub now ($t, $what, %expected) {
  my $pixel = pixel($t->status);
  my %got   = (%{$pixel->{results}}, %{$pixel->{queue}}, state => $pixel->{state});
  is_deeply {map { $_ => $got{$_} } keys %expected}, \%expected, $what;
  is balance($pixel), 0, "$what: the balance";
  return $pixel;
}

subtest 'all that can happen' => sub {
  my $t       = Test::TikTok->new(workers => 2);
  my $backend = $t->backend(named => {
    by_content => sub ($c, $r) { $c->answer(200, $r->{body} =~ /poison/ ? '{"code":40002,"message":"no","request_id":"R"}' : $Test::TikTok::Backend::OK) },
  });
  my %conf = (tiktok_queue => '%%DIR%%/queue size=2m', tiktok_delivery => 'batch=10 retry_min=10ms retry_max=50ms');
  $backend->behave('by_content');
  $t->api($backend)->conf(%conf)->start;

  my $purchase = sub ($id, %more) { return event($id, event => 'Purchase', properties => {order_id => $id}, %more) };
  $t->beacon([map { event($_) } 1 .. 25]);
  $t->beacon($purchase->('p1'));
  $t->beacon(event(3));
  $t->beacon([event(4), event(5), event('new')]);
  $t->beacon([map { event("b$_", $_ == 3 || $_ == 6 ? (properties => {description => 'poison'}) : ()) } 1 .. 8]);
  $t->beacon(event('d'),  cookies => {consent => 'no'});
  $t->beacon(event('d2'), cookies => {consent => 'no'});
  $t->beacon(event('u'),  cookies => undef);
  $t->beacon(event('o'),  'Sec-GPC'     => 1);
  $t->beacon(event('r'),  'User-Agent'  => 'Googlebot/2.1');
  $t->beacon(event('f'),  'Sec-Purpose' => 'prefetch');
  $t->beacon(event('x'),  Origin        => 'https://elsewhere.example');
  $t->beacon('{"event":');
  $t->beacon([event('g'), {event => 'Search', event_id => {}}, {event => ''}]);
  $t->beacon('');
  $t->wait_status(sub ($s) { pixel($s)->{queue}{events} == 0 });

  my %seen = (queued => 25 + 1 + 1 + 8 + 1, duplicate => 3, repeated => 0, denied => 2, undecided => 1, opted_out => 1, bot => 1, prefetch => 1, origin => 1,
    invalid => 3, queue_full => 0, delivered => 34, rejected => 2, expired => 0, corrupt => 0, recovered => 0, events => 0, bytes => 0, oldest_seconds => 0, state => 'ok');
  my $pixel = now($t, 'delivered, rejected, and not taken', %seen);
  my ($queued, $delivered) = (0, 0);
  $queued    += $_->{queued}    for values %{$pixel->{events}};
  $delivered += $_->{delivered} for values %{$pixel->{events}};
  is $queued,    36, 'the same by event, queued';
  is $delivered, 34, 'and delivered';
  my ($ids, $ages) = (0, 0);
  $ids  += $_ for values %{$pixel->{event_id}};
  $ages += $_ for values %{$pixel->{age_at_delivery}};
  is $ids,  36, 'by the source of the id';
  is $ages, 34, 'and by age';

  $t->reload;
  now($t, 'after a reload', %seen);

  # what is too old, and a queue that is full
  $backend->stop;
  $t->reload(conf => {%conf, tiktok_queue => '%%DIR%%/queue size=2m max_age=1s'});
  $t->beacon([map { event("old$_") } 1 .. 20]);
  $t->wait_status(sub ($s) { pixel($s)->{queue}{expired} == 20 });
  now($t, 'expired', %seen, queued => 56, expired => 20, state => 'backoff');

  $t->reload(conf => {%conf, '= /e' => 'tiktok_beacon; tiktok_beacon_limits body=1m;'});
  my ($more, $code) = (0, 204);
  for my $round (1 .. 200) {
    $code = $t->beacon([map { event("$round-$_", properties => {description => 'x' x 500}) } 1 .. 40])->code;
    last if $code != 204;
    $more += 40;
  }
  is $code, 503, "a full queue, after $more";
  $pixel = now($t, 'full', %seen{qw(duplicate delivered rejected)}, queued => 56 + $more, queue_full => 40, expired => 20, events => $more);
  cmp_ok $pixel->{queue}{bytes}, '>', 500 * $more, 'its bytes';
  cmp_ok $pixel->{queue}{bytes}, '<=', $pixel->{queue}{capacity}, 'within its capacity';

  # other counters, the same queue; two records are damaged
  $t->kill9_all;
  my ($file) = segments($t);
  my @records = grep { !$_->{done} } records($t, $file);
  open my $out, '+<', $file or die "$file: $!\n";
  for my $record (@records[3, 7]) {
    seek $out, $record->{at} + 100, 0;
    print {$out} 'scrambled';
  }
  close $out;
  $backend->start;
  $t->start;
  $t->wait_status(sub ($s) { pixel($s)->{queue}{recovered} && pixel($s)->{queue}{events} == 0 });
  my $recovered = pixel($t->status)->{queue};
  is $recovered->{corrupt}, 2, 'two are damaged';
  is $recovered->{recovered}, $more, 'all were found';
  now($t, 'recovered', queued => 0, recovered => $more, delivered => $more - 2, corrupt => 2, events => 0, bytes => 0);
  $t->finish;
};

# what the log has told, the status says
subtest 'the state' => sub {
  my $t       = Test::TikTok->new(workers => 2);
  my $backend = $t->backend(named => {
    token => sub ($c, $r) { $r->{headers}{'access-token'} eq 'right' ? $c->answer(200, $Test::TikTok::Backend::OK) : $c->answer(401, '{"code":40105}') },
    gone  => sub ($c, $r) { $c->answer(200, '{"code":40400}') },
  });
  $t->api($backend)->conf(tiktok_delivery => 'retry_min=10ms retry_max=1h')->start;
  my ($n, $troubles, $ends) = (0, 0, 0);
  my $becomes = sub ($behaviour, $state) {
    $backend->behave($behaviour);
    $t->beacon(event(++$n));
    $troubles++;
    $t->wait_until('the log', sub { $t->grep_log(qr/\[error\].* wait: /) == $troubles });
    is pixel($t->status)->{state}, $state, "$behaviour: $state";
  };
  my $mended = sub (%conf) {
    $t->reload(conf => {tiktok_delivery => 'retry_min=10ms retry_max=1h', %conf});
    $ends++;
    $t->wait_until('the log', sub { $t->grep_log(qr/are delivered again/) == $ends });
    my $pixel = pixel($t->status);
    is $pixel->{state}, 'ok', 'mended, and ok again';
    is $pixel->{delivery}{retry_seconds}, 0, 'with nothing to wait for';
  };
  $t->beacon(event(++$n));
  $t->wait_status(sub ($s) { pixel($s)->{queue}{delivered} == 1 });
  is pixel($t->status)->{state}, 'ok', 'all is well';
  $becomes->(error_500 => 'backoff');
  $backend->behave('ok');
  $mended->();
  $becomes->(gone => 'stopped');
  my $retry = pixel($t->status)->{delivery}{retry_seconds};
  ok $retry > 3500 && $retry <= 3600, "tried again at retry_max: $retry";
  $backend->behave('ok');
  $mended->();
  $becomes->(token => 'auth');
  $t->file('token', "right\n", 0600);
  $mended->();
  $backend->behave('hang');
  $t->beacon(event(++$n));
  $t->wait_status(sub ($s) { pixel($s)->{delivery}{in_flight} == 1 });
  $t->reload(conf => {tiktok_pixel => 'CNEW'}, wait => 'serving');
  my $gone = pixel($t->status);
  is $gone->{state}, 'removed', 'a pixel that has gone';
  is $gone->{delivery}{in_flight}, 0, 'for which no worker of this configuration has a request under way';
  $backend->stop;
  is pixel($t->status, 'CNEW')->{state}, 'ok', 'and one that has come';
  $t->finish;
};

# more workers than the counters have stripes, and more than one would think of
subtest 'seventy workers' => sub {
  my $t       = Test::TikTok->new(workers => 70);
  my $backend = $t->backend(behave => 'hang');
  $t->api($backend)->conf(tiktok_queue => '%%DIR%%/queue size=128m', tiktok_delivery => 'in_flight=1 timeout=120s retry_min=10ms retry_max=50ms',
    server => 'listen 127.0.0.1:%%PORT_many%% reuseport;')->start;
  my $events = 0;
  my $spread = sub {
    $t->beacon(event(++$events), port => 'many') for 1 .. 100;
    return scalar $backend->requests;
  };
  1 while $spread->() < 66 && $events < 1500;
  cmp_ok scalar($backend->requests), '>', 65, 'most of them have an event';
  ok $t->wait_status(sub ($s) { pixel($s)->{delivery}{in_flight} == $backend->requests }), 'and a request under way each';
  now($t, 'under way', queued => $events, events => $events, delivered => 0);
  $backend->stop;
  $backend->behave('ok')->start;
  my $pixel = pixel($t->wait_status(sub ($s) { pixel($s)->{queue}{events} == 0 && pixel($s)->{delivery}{in_flight} == 0 }, 30));
  now($t, 'delivered', queued => $events, events => 0, delivered => $events, bytes => 0);
  is $pixel->{queue}{oldest_seconds}, 0, 'nothing waits';

  # fewer workers do not inherit the gauges of those who have gone
  $t->{workers} = 2;
  $t->reload(conf => {});
  $pixel = now($t, 'two workers', queued => $events, events => 0, delivered => $events);
  is $pixel->{delivery}{in_flight}, 0, 'and nothing under way';
  $t->finish;
};

done_testing;
