# the status for Prometheus, read by Prometheus' own parsers: it says what the JSON says, under names that are bounded

use v5.36;

use Cwd            qw(abs_path);
use File::Basename qw(dirname);
use lib dirname(abs_path(__FILE__)) . '/lib';

use IPC::Open2 qw(open2);
use Mojo::JSON qw(decode_json);
use Test::More;
use Test::TikTok;
use Test::TikTok::Delivery qw(event pixel);

use constant PIXEL => Test::TikTok::PIXEL;

my %TYPE = (
  prometheus  => 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics => 'application/openmetrics-text; version=1.0.0; charset=utf-8',
);
my %PARSER = (prometheus => 'prometheus_client.parser', openmetrics => 'prometheus_client.openmetrics.parser');

# the one that knows Debian's packages
my ($PYTHON) = grep {-x} qw(/usr/bin/python3), map {"$_/python3"} split /:/, $ENV{PATH};

# {name, type, help, samples => [[name, {labels}, value]]} of every family
sub parse ($format, $text) {
  my $pid = open2(my $out, my $in, $PYTHON, '-c', <<"PYTHON");
import json, sys
from $PARSER{$format} import text_string_to_metric_families as parse
print(json.dumps([{"name": f.name, "type": f.type, "help": f.documentation,
    "samples": [[s.name, s.labels, s.value] for s in f.samples]} for f in parse(sys.stdin.read())]))
PYTHON
  print {$in} $text;
  close $in;
  my $json = join '', <$out>;
  waitpid $pid, 0;
  return $? ? () : @{decode_json($json)};
}

# 'name{label="value"}' => value
sub samples (@families) {
  my %samples;
  for my $sample (map { @{$_->{samples}} } @families) {
    my ($name, $labels, $value) = @$sample;
    my $key = $name . '{' . join(',', map {qq($_="$labels->{$_}")} sort keys %$labels) . '}';
    fail "$key comes twice" if exists $samples{$key};
    $samples{$key} = $value;
  }
  return \%samples;
}

# what the JSON says, under the names that it must have here
sub expected ($status) {
  my %expected = (qq(tiktok_build_info{version="$status->{version}"}) => 1, 'tiktok_start_time_seconds{}' => $status->{since});
  for my $pixel (@{$status->{pixels}}) {
    my $add = sub ($name, $value, %labels) {
      %labels = (%labels, pixel => $pixel->{pixel});
      $expected{"tiktok_$name\{" . join(',', map {qq($_="$labels{$_}")} sort keys %labels) . '}'} = $value;
    };
    my ($queue, $delivery, $age) = @{$pixel}{qw(queue delivery age_at_delivery)};
    my $each = sub ($name, $label, $from) { $add->($name, $from->{$_}, $label => $_) for keys %$from };

    $each->(results_total   => result => $pixel->{results});
    $each->(left_out_total  => part   => $pixel->{left_out});
    $each->(consent_reasons_total => reason => $pixel->{consent_reasons});
    $each->(unread_total    => reason => $pixel->{unread});
    $each->(event_ids_total => source => {map { $_ => $pixel->{event_id}{$_} } qw(given order generated)});
    $add->(event_id_mismatches_total => $pixel->{event_id}{mismatched});
    $add->(foreign_calls_total => $pixel->{ttq}{foreign});
    $each->(fates_total     => fate   => {map { $_ => $queue->{$_} } qw(delivered rejected expired corrupt)});
    $add->(state => $_ eq $pixel->{state} ? 1 : 0, state => $_) for qw(ok backoff auth stopped removed);

    $add->(queue_events          => $queue->{events});
    $add->(queue_bytes           => $queue->{bytes});
    $add->(queue_capacity_bytes  => $queue->{capacity});
    $add->(queue_oldest_seconds  => $queue->{oldest_seconds});
    $add->(queue_unreadable_files => $queue->{unreadable});
    $add->(queue_recovered_total => $queue->{recovered});
    $add->(test_event_code       => $pixel->{test_event_code} ? 1 : 0);
    $add->(consent_assumed       => $pixel->{consent} ? 1 : 0);

    $add->(requests_total                   => $delivery->{requests});
    $add->(retries_total                    => $delivery->{retries});
    $add->(splits_total                     => $delivery->{splits});
    $add->(requests_in_flight               => $delivery->{in_flight});
    $add->(retry_seconds                    => $delivery->{retry_seconds});
    $add->(last_code                        => $delivery->{last_code});
    $add->(last_delivered_timestamp_seconds => $delivery->{last_delivered});
    $add->(last_latency_seconds             => $delivery->{latency_ms} / 1000);

    $add->('delivery_age_seconds_bucket' => $age->{'5m'}, le => '300.0');
    $add->('delivery_age_seconds_bucket' => $age->{'5m'} + $age->{'1h'}, le => '3600.0');
    $add->('delivery_age_seconds_bucket' => $age->{'5m'} + $age->{'1h'} + $age->{'47h'}, le => '+Inf');
    $add->('delivery_age_seconds_count'  => $age->{'5m'} + $age->{'1h'} + $age->{'47h'});

    # counters of standard events are there before they count
    for my $name (qw(custom Pageview ViewContent AddToCart AddToWishlist InitiateCheckout AddPaymentInfo Purchase PlaceAnOrder Lead
      CompleteRegistration Search Subscribe Contact Download ClickButton Schedule StartTrial SubmitApplication ApplicationApproval
      CustomizeProduct FindLocation)) {
      my $event = $pixel->{events}{$name};
      $add->(events_queued_total    => $event->{queued}    // 0, event => $name);
      $add->(events_delivered_total => $event->{delivered} // 0, event => $name);
      $add->(match_keys_total => $event->{match_keys}{$_}, event => $name, key => $_) for keys %{$event->{match_keys} // {}};
    }
  }
  return \%expected;
}

my $t       = Test::TikTok->new(workers => 2);
my $backend = $t->backend(named => {
  refuse => sub ($c, $r) { $c->answer(200, '{"code":40002,"message":"bad\\" \\n# HELP evil","request_id":"R\\"1"}') },
});
$t->api($backend)->conf(tiktok_delivery => 'retry_min=10ms retry_max=1h', tiktok_test_event_code => 'TEST1',
  '= /odd' => q(tiktok_beacon; tiktok_consent cookie 'qu"o\\\\te' yes;), servers => <<'CONF')->start;
    server {
        listen 127.0.0.1:%%PORT_http%%;
        server_name other.example;
        tiktok_pixel COTHER;
        tiktok_access_token_file %%DIR%%/token;
        tiktok_consent assumed;
        tiktok_send /_tiktok/api;
        location = /_tiktok/api { internal; include %%DIR%%/tiktok_api.conf; }
    }
CONF

my $ask = sub ($format) {
  my $response = $t->get("/status?format=$format");
  is $response->headers->content_type, $TYPE{$format}, "$format: its type";
  my @families = parse($format, $response->body);
  ok @families > 20, "$format: Prometheus can read it" or diag $response->body;
  return @families;
};
my $same = sub ($what) {
  my $status = $t->status;
  for my $format (sort keys %TYPE) {
    my $samples = samples($ask->($format));
    for my $sum (grep {/\Atiktok_delivery_age_seconds_sum\{/} keys %$samples) {    # which the JSON does not have
      cmp_ok delete $samples->{$sum}, '>=', 0, "$format: $sum";
    }
    is_deeply $samples, expected($status), "$format: what the JSON says, $what";
  }
  return $status;
};

$same->('with nothing');

# something of everything, and what comes from outside as hostile as it gets
my $hostile = qq(evil"} 1\n# TYPE evil counter\nevil{a=");
$t->beacon(event('s1'));
$t->beacon(event('s1'));
$t->beacon(event('s2', event => 'Purchase', user => {email => 'not one', external_id => 'x'}, properties => {order_id => $hostile}));
$t->beacon(event('s3', event => $hostile));
$t->beacon(event('s3', event => 'evil'));
$t->beacon(event('s4'), cookies => {consent => 'no'});
$t->beacon(event('s4'), uri => '/odd', cookies => 'qu"o\\te=no');
$t->wait_status(sub ($s) { pixel($s)->{queue}{events} == 0 });
$backend->behave('refuse');
$t->beacon(event('s5'));
$t->wait_status(sub ($s) { pixel($s)->{queue}{rejected} });
my $status = $same->('after all sorts of events');
is pixel($status)->{events}{Purchase}{delivered}, 1, 'which were counted';
is pixel($status)->{consent_reasons}{'cookie: qu"o\te does not match'}, 1, 'and a reason with quotes';

# event names come from outside: their number must not matter
$backend->behave('ok');
my $before = keys %{samples($ask->('prometheus'))};
for my $round (1 .. 10) {
  my $code = $t->beacon([map { event("h$round-$_", event => "Hostile_${round}_$_" . 'x' x ($_ / 2)) } 1 .. 40])->code;
  is $code, 204, "custom events, round $round";
}
$status = $t->status;
is pixel($status)->{events}{custom}{queued}, 401, 'all of them are custom';
is keys(%{pixel($status)->{events}}), 3, 'in the JSON as well';
is keys(%{samples($ask->('prometheus'))}), $before, 'and there are no more series than before';
cmp_ok length($t->get('/status')->body), '<', 8000, 'the answer is no longer for it';
$t->wait_status(sub ($s) { pixel($s)->{queue}{events} == 0 });

# names by the conventions
for my $format (sort keys %TYPE) {
  my @families = $ask->($format);
  for my $family (@families) {
    my ($name, $type) = @{$family}{qw(name type)};
    like $name, qr/\Atiktok_[a-z_]+\z/, "$format: $name";
    ok length $family->{help} > 5, "$format: $name has a help";
    like $type, qr/\A(?:counter|gauge|histogram)\z/, "$format: $name has a type";
    for my $sample (@{$family->{samples}}) {
      is $sample->[0], $name . '_total', "$format: a counter ends in _total" if $type eq 'counter';
      unlike $sample->[0], qr/_total\z/, "$format: only a counter does" if $type ne 'counter';
      ok $sample->[2] >= -1, "$format: $sample->[0] has a value";
    }
    unlike $name, qr/_(?:ms|milliseconds|minutes|kb|ratio_percent)(?:_|\z)/, "$format: $name has a base unit";
  }
}
my $text = $t->get('/status?format=openmetrics')->body;
like $text, qr/\n# EOF\n\z/, 'OpenMetrics has its end';
unlike $t->get('/status?format=prometheus')->body, qr/# EOF/, 'which the older format has not';

# trouble
$backend->behave('error_500');
$t->beacon(event('t1'));
$t->wait_status(sub ($s) { pixel($s)->{state} eq 'backoff' });
my $samples = samples($ask->('prometheus'));
is $samples->{qq(tiktok_state{pixel="${\ PIXEL }",state="backoff"})}, 1, 'the state';
is $samples->{qq(tiktok_state{pixel="${\ PIXEL }",state="ok"})}, 0, 'and no other';
is $samples->{qq(tiktok_last_code{pixel="${\ PIXEL }"})}, -1, 'a negative number';

# what has waited makes the age
$t->wait_status(sub ($s) { pixel($s)->{queue}{oldest_seconds} >= 2 });
$backend->behave('ok');
$t->reload;
$t->wait_status(sub ($s) { pixel($s)->{queue}{events} == 0 });
my $sum = qq(tiktok_delivery_age_seconds_sum{pixel="${\ PIXEL }"});
cmp_ok samples($ask->('prometheus'))->{$sum} - $samples->{$sum}, '>=', 2, 'how long events have waited is summed up';

# a pixel that has gone is there with what it has
$t->reload(conf => {tiktok_pixel => 'CNEW'});
$t->wait_status(sub ($s) { pixel($s, 'CNEW')->{state} eq 'ok' });
$status = $same->('after a reload');
is pixel($status)->{state}, 'removed', 'a pixel that has gone is there';
$t->finish;
done_testing;
