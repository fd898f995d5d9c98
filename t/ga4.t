# tiktok_ga4: hits of Google Analytics 4 that a shop passes on by its own host become events, and go on as they are

use v5.36;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use lib dirname(abs_path(__FILE__)) . '/lib';

use Digest::SHA qw(sha256_hex);
use Mojo::Util  qw(url_escape);
use Test::More;
use Test::TikTok;
use Test::TikTok::Capture qw(counted is_answer);

my @GRANTED = (Cookie => 'consent=yes; _ttp=ttp-of-jane', Referer => 'https://shop.example/');
my @BROWSER = ('Content-Type' => 'text/plain;charset=UTF-8', 'Sec-Fetch-Dest' => 'empty', 'Sec-Fetch-Mode' => 'no-cors', Origin => 'https://shop.example');

my $t      = Test::TikTok->new(sandbox => 1);
my $google = $t->backend(behave => 'gone', named => {
  gone   => sub ($c, $r) { $c->send("HTTP/1.1 204 No Content\r\nCache-Control: no-cache\r\n\r\n"); 1 },
  error  => sub ($c, $r) { $c->answer(500, 'sorry') },
  refuse => sub ($c, $r) { $c->answer(403, 'no') },
});
my $pass = "proxy_pass ${\ $google->address }; proxy_http_version 1.1; proxy_set_header Connection \"\";";
$t->conf(
  http           => "log_format ga4 '\$http_x_case|\$tiktok_result|\$tiktok_event_id';",
  server         => 'access_log %%DIR%%/ga4.log ga4;',
  '= /g/collect' => "tiktok_ga4; $pass",
  '= /stream'    => "tiktok_ga4; proxy_request_buffering off; $pass",
  '= /small'     => "tiktok_ga4; tiktok_beacon_limits body=1k events=3; $pass",
  '= /limited'   => "tiktok_ga4; deny all; $pass",
  '= /nobody'    => 'tiktok_ga4; proxy_pass http://127.0.0.1:%%PORT_nobody%%;',
)->start;
counted($t);

my $case = 0;
sub hit ($query, $body, @headers) {
  my $uri = '/g/collect';
  if (ref $query) { ($uri, $query) = @$query }
  my $name     = 'c' . ++$case;
  my $before   = $google->requests;
  my $response = $t->request(POST => "$uri?$query", $body // '', @BROWSER, @headers, 'X-Case' => $name);
  my $line;
  $t->wait_until("$name in the log", sub { ($line) = $t->slurp('ga4.log') =~ /^$name\|(.*)$/m });
  my ($sent) = ($google->requests)[$before];
  return ($response, $sent, split /\|/, $line // '');
}

# what all hits of a visit have in common, as gtag.js sends it
my $shared = 'v=2&tid=G-ABC123DEF4&gtm=45je4c90v9100000000za200&_p=1733740800000&gcs=G111&gcd=13r3r3r3r5l1&npa=0&dma=1&tag_exp=101925629'
  . '&cid=1234567890.1733740000&ul=de-de&sr=1920x1080&uaa=x86&uab=64&uafvl=Chromium%3B131.0.0.0&uamb=0&uam=&uap=Linux&uapv=6.8&uaw=0&are=1&frm=0&pscdl=noapi'
  . '&_eu=AAAAAAQ&_s=2&sid=1733740000&sct=3&seg=1';
my $page = '&dl=https%3A%2F%2Fshop.example%2Fproduct%2FLAMP-01%3Fcolor%3Dwarm&dr=https%3A%2F%2Fwww.tiktok.com%2F&dt=Halo%20lamp';
my $lamp = 'pr1=idLAMP-01~nmHalo%20lamp~brHolm~caLight~c2Table%20lamps~vaWarm~pr89.9~qt1~lnStart~li1~lp0~k0colour~v0oak';

sub events ($count) { return map { $_->{event} } $t->sandbox_events(count => $count) }

subtest 'one hit, all in the query string' => sub {
  my ($response, $sent, $result) = hit("$shared$page&en=view_item&_ee=1&cu=EUR&epn.value=89.9&ep.ignore=x&$lamp", undef, @GRANTED);
  is $response->code, 204, 'Google answers';
  like $sent->{head}, qr/\APOST \/g\/collect\?\Q$shared$page\E/, 'what it was asked';
  is $result, 'queued', 'an event';
  my ($event) = events(1);
  is $event->{event}, 'ViewContent', 'by its name at TikTok';
  is_deeply $event->{page}, {url => 'https://shop.example/product/LAMP-01?color=warm', referrer => 'https://www.tiktok.com/'}, 'its page';
  is $event->{properties}{value}, 89.9, 'value';
  is $event->{properties}{currency}, 'EUR', 'currency';
  my ($item) = @{$event->{properties}{contents}};
  is_deeply [@{$item}{qw(content_id content_name brand price quantity)}], ['LAMP-01', 'Halo lamp', 'Holm', 89.9, 1], 'and what it is about';
  is $event->{user}{ttp}, 'ttp-of-jane', 'the visitor';
  ok !exists $event->{properties}{ignore}, 'but nothing that the shop has for itself';
};

subtest 'several, a line each' => sub {
  my $body = join "\r\n",
    "en=page_view&_ee=1&_et=5",
    "en=user_engagement&_et=1000",
    "en=add_to_cart&_ee=1&cu=EUR&epn.value=179.8&pr1=idLAMP-01~pr89.9~qt2&ep.event_id=cart.77",
    "en=purchase&_ee=1&cu=EUR&ep.transaction_id=T-4711&epn.value=203.8&epn.tax=32.5&epn.shipping=4.9&ep.coupon=XMAS&pr1=idLAMP-01~nmHalo%20~~%20lamp~pr89.9~qt2&pr2=idCUP-02~pr24~qt1";
  my ($response, $sent, $result, $id) = hit("$shared&uid=cust-8842$page", $body, @GRANTED);
  is $response->code, 204, 'Google answers';
  is $sent->{body}, $body, 'and has what was sent';
  is "$result $id", 'queued order.T-4711', 'the last of them';
  is counted($t), 'queued=4', 'three are events, and the one before';
  my %seen = map { ($_->{event} => $_) } events(4);
  is_deeply [sort keys %seen], [qw(AddToCart Pageview Purchase ViewContent)], 'by their names';
  is $seen{AddToCart}{event_id}, 'cart.77', 'an id that the shop gives';
  is_deeply [@{$seen{Purchase}{properties}}{qw(order_id value currency)}], ['T-4711', 203.8, 'EUR'], 'an order';
  is_deeply [map { $_->{content_id} } @{$seen{Purchase}{properties}{contents}}], ['LAMP-01', 'CUP-02'], 'of these';
  is $seen{Purchase}{properties}{contents}[0]{content_name}, 'Halo ~ lamp', 'with their names';
  is $seen{Purchase}{user}{external_id}, sha256_hex('cust-8842'), 'the customer, hashed';
  is $seen{Pageview}{page}{url}, 'https://shop.example/product/LAMP-01?color=warm', 'what all of them have in common';

  is((hit("$shared&uid=cust-1$page", $body, @GRANTED))[2], 'queued', 'the same hits again');
  is counted($t), 'queued=3', 'are others, of another customer';
  is((hit("$shared$page", $body, @GRANTED))[2], 'queued', 'and again');
  is counted($t), 'duplicate=2 queued=1', 'are known where they have an id, also without the customer';
  is((hit("$shared&uid=cust-8842$page", $body, @GRANTED))[2], 'queued', 'and once more');
  is counted($t), 'duplicate=2 queued=1', 'of which what has an id is known';
  is_answer $t->beacon({event => 'Purchase', properties => {order_id => 'T-4711'}, user => {external_id => 'cust-8842', ttp => 'ttp-of-jane'}}), '204 duplicate granted', 'also from a page';
  counted($t);
};

subtest 'consent' => sub {
  my $hit = "$page&en=search&ep.search_term=lamp";
  my $with = sub ($mode) { return $shared =~ s/&gcs=G111&gcd=13r3r3r3r5l1/$mode/r . $hit };
  my @cases = (    # what Google is told, the shop's cookie, result
    ['',                              'yes', 'queued'],
    ['&gcs=G111',                     'yes', 'queued'],
    ['&gcs=G1--&gcd=13l3l3l3l1',      'yes', 'queued'],
    ['&gcs=G101&gcd=13q3r3q3q5',      'yes', 'denied'],
    ['&gcs=G100',                     'yes', 'denied'],
    ['&gcs=G111&gcd=13p3p3p3p5',      'yes', 'denied'],
    ['&gcs=G111&gcd=broken',          'yes', 'undecided'],
    ['&gcs=G111&gcd=13r3r3r3r5',      'no',  'denied'],
    ['&gcs=G111&gcd=13r3r3r3r5',      undef, 'undecided'],
  );
  for my $c (@cases) {
    my ($response, $sent, $result) = hit($with->($c->[0]), undef, defined $c->[1] ? (Cookie => "consent=$c->[1]") : ());
    is $result, $c->[2], "$c->[0] and ${\ ($c->[1] // 'no word')}: $c->[2]";
    ok $sent, 'and Google has it' if $response->code == 204;
  }
  is((hit("$shared$hit", undef, @GRANTED, 'Sec-GPC' => 1))[2], 'opted_out', 'opted out');
  is((hit("$shared$hit", undef, @GRANTED, 'User-Agent' => 'Googlebot/2.1'))[2], 'bot', 'a crawler');
  is counted($t), 'bot=1 denied=4 opted_out=1 queued=3 undecided=2', 'and are counted';
  is((hit("$shared$page&en=scroll", undef))[2], '-', 'what is no event of ours is not');
  is counted($t), '', 'counted';

  my $lines = "en=search&ep.search_term=a\r\nen=search&ep.search_term=b";
  for my $c ([denied => Cookie => 'consent=no'], ['undecided'], [opted_out => @GRANTED, 'Sec-GPC' => 1], [bot => @GRANTED, 'User-Agent' => 'Googlebot/2.1'],
    [prefetch => @GRANTED, 'Sec-Purpose' => 'prefetch']) {
    my ($word, @headers) = @$c;
    my (undef, $sent, $result) = hit("$shared$page", $lines, @headers);
    is $result, $word, "lines of a body: $word";
    is $sent->{body}, $lines, 'Google has them';
    is counted($t), "$word=1", 'nobody has looked how many they are: they count as one';
  }
  is((hit('v=1&tid=UA-1', $lines))[2], '-', 'what is no hit, of nobody');
  is counted($t), '', 'is none';
};

subtest 'what is no hit, and what did not arrive' => sub {
  for my $no ('', 'v=1&tid=UA-1&en=purchase', 'v=2&en=purchase', 'en=purchase', "\%00=%ff&v=2") {
    is((hit($no, undef, @GRANTED))[2], '-', "no hit: $no");
  }
  $google->behave('refuse');
  is((hit("$shared$page&en=search&ep.search_term=refused", undef, @GRANTED))[2], 'queued', 'what Google refuses the visitor has said all the same');
  $google->behave('error');
  is((hit("$shared$page", "en=search&ep.search_term=error\r\nen=search&ep.search_term=errors", @GRANTED))[2], 'queued', 'and what it cannot take');
  is counted($t), 'queued=3', 'each of them';
  $google->behave('gone');
  my $denied = $t->request(POST => "/limited?$shared$page&en=search", '', @BROWSER, @GRANTED);
  is $denied->code, 403, 'what nginx itself turns away did not come in';
  is((hit(['/nobody', "$shared$page&en=search&ep.search_term=dead"], undef, @GRANTED))[2], 'queued', 'a Google that is not there');
  is counted($t), 'queued=1', 'is no other';
  is $t->request(GET => "/g/collect?$shared$page&en=search&ep.search_term=get", undef, @GRANTED)->code, 204, 'a GET';
  $t->wait_until('its event', sub { $t->status->{pixels}[0]{results}{queued} });
  is counted($t), 'queued=1', 'is as good as a POST';
};

subtest 'bodies' => sub {
  my @lines = map {"en=search&ep.search_term=q$_"} 1 .. 60;
  my ($response, $sent) = hit("$shared$page", join("\n", @lines), @GRANTED);
  is $sent->{body}, join("\n", @lines), 'very many';
  is counted($t), 'invalid=10 queued=50', 'are cut at the events of a beacon, and the rest is counted';
  ($response, $sent) = hit(['/small', "$shared$page"], 'en=search&x=' . 'x' x 2000, @GRANTED);
  is length $sent->{body}, 2012, 'a long one';
  is $t->status->{pixels}[0]{unread}{too_large}, 1, 'is not looked into, which is counted';
  is counted($t), '', 'and is none';
  my $result;
  ($response, $sent, $result) = hit(['/small', "$shared$page&en=search"], 'x=' . 'x' x 2000, @GRANTED);
  is $result, '-', 'nor by what is beside it';
  ($response, $sent, $result) = hit(['/stream', "$shared$page"], "en=search&ep.search_term=streamed\r\n", @GRANTED);
  is $result, 'queued', 'and one that nginx does not keep';
  is $sent->{body}, "en=search&ep.search_term=streamed\r\n", 'is whole, too';
  unlike $t->error_log, qr/cust-8842/, 'no identifier is in the log';
};

$t->finish;
done_testing;
