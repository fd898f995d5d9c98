# the life of a page: what waits in its memory, other tabs, the back-forward cache when the consent has changed meanwhile,
# a queue that is full, a network that is away

use v5.36;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use lib dirname(abs_path(__FILE__)) . '/lib';

use Mojo::JSON qw(encode_json true);
use Test::More;
use Test::TikTok;
use Test::TikTok::Browser;

my $t = Test::TikTok::Browser->new;
$t->page("$_.html", "<p>$_</p>") for qw(a b away);
$t->file('html/away.html', $t->slurp('html/away.html') =~ s{/s\.js}{/away.js}r);
$t->shop('= /away.js' => 'tiktok_script http://127.0.0.1:%%PORT_other%%/e sdk=/pixel/events.js;',
  servers => <<"CONF",
    server {
        listen 127.0.0.1:%%PORT_other%%;
        tiktok_pixel ${\ Test::TikTok::PIXEL }; tiktok_access_token_file %%DIR%%/token; tiktok_consent cookie consent yes; tiktok_send /_tiktok/api;
        tiktok_origin http://127.0.0.1:%%PORT_http%%;
        location = /e           { tiktok_beacon; }
        location = /_tiktok/api { internal; include %%DIR%%/tiktok_api.conf; }
    }
CONF
  tiktok_queue => '%%DIR%%/queue size=1m', http => 'tiktok_delivery retry_min=100ms retry_max=500ms;');

my %YES   = (cookies => {consent => 'yes'});
my $GRANT = q{document.cookie = 'consent=yes; Path=/'; 0};
my $DENY  = q{document.cookie = 'consent=no; Path=/'; 0};
my $ADD   = sub (@names) {
  return '(window.dataLayer = window.dataLayer || []).push(' . join(', ', map {
    encode_json({event => 'add_to_cart', ecommerce => {currency => 'EUR', value => 5, items => [{item_id => "$_", price => 5}]}})
  } @names) . '), 0';
};

# what a page does a second or more later, it does when it is told to
my $LATER = 'window.waits = []; window.setTimeout = (real => (work, time) => time < 1000 ? real(work, time) : waits.push({work, time}))(setTimeout);';

sub later ($v, $count) {
  ok $v->comes("waits.length === $count"), "it waits, for the $count. time";
  return $v->js('waits[waits.length - 1].work(); waits[waits.length - 1].time');
}

sub follow ($v, $page) { return $v->load(sub { $v->js("location.href = '/$page.html'; 0") }) }

# the same page again, out of the cache
sub back ($v) {
  $v->js('history.back(); 0');
  $v->comes('window.kept') or fail 'the page was not kept';
}

subtest 'what waits' => sub {
  my $v = $t->visitor->open('/a.html');
  $v->wait_checks(1);
  $v->js('history.pushState({}, "", "/list?page=1"); 0');
  $v->js($ADD->(1 .. 47));
  $v->js('history.pushState({}, "", "/list?page=2"); 0');
  $v->js($ADD->(48 .. 60));
  $v->settle;
  is scalar(my @sent = $v->events), 0, 'before consent nothing leaves the page';
  $v->js($GRANT);
  my @told  = $t->both(join(' ', ('Pageview') x 3, ('AddToCart') x 47), 'the first 50');
  my @views = map { $_->{server}{page} } grep { $_->{event} eq 'Pageview' } @told;
  is_deeply [map { $_->{url} } @views], [map {"$v->{base}/$_"} 'a.html', 'list?page=1', 'list?page=2'], 'views have the address of their time';
  is_deeply [map { $_->{referrer} } @views[1, 2]], [map {"$v->{base}/$_"} 'a.html', 'list?page=1'], 'and where they came from';
  is join(' ', map { $_->{properties}{contents}[0]{content_id} } grep { $_->{event} eq 'AddToCart' } @told), join(' ', 1 .. 47), 'in their order';
  $t->forget;
  $v->js($ADD->(61));
  $t->both('AddToCart', 'from then on nothing waits');
};

subtest 'another tab' => sub {
  $t->forget;
  my $first  = $t->visitor->open('/a.html');
  my $second = $t->visitor(profile => $first->profile)->open('/b.html');
  $_->wait_checks(1) for $first, $second;
  $second->js($GRANT);
  my @told = $t->both('Pageview Pageview', 'granted in one: both tell');
  is_deeply [sort map { $_->{server}{page}{url} } @told], [map {"$first->{base}/$_.html"} 'a', 'b'], 'of their own page';

  $first->js($DENY);
  is $t->pixel(call => 'revokeConsent', count => 2), 2, 'withdrawn in one: both pixels are revoked';
  $_->wait_checks(3) for $first, $second;
  $t->forget;
  $_->js($ADD->('A')) for $first, $second;
  $first->settle($second);
  is $t->pixel + (() = $t->sandbox_events), 0, 'and neither tells any more';
  $second->js($GRANT);
  $t->both('AddToCart AddToCart', 'until it is granted again');
};

subtest 'consent, while the page is in the back-forward cache' => sub {
  $t->forget;
  my $v = $t->visitor->open('/a.html');
  $v->wait_checks(1);
  $v->js('window.kept = 1; ' . $ADD->('A'));
  follow($v, 'b')->wait_checks(2);
  $v->js($GRANT);
  my ($view) = $t->both('Pageview', 'granted on the next page');
  is $view->{server}{page}{url}, "$v->{base}/b.html", 'that tells';
  $v->wait_checks(3);
  $t->forget;
  back($v);
  $t->both('Pageview AddToCart Pageview', 'back: what waited, and the view of now');
  is scalar(my @checks = $v->checks), 3, 'without a check';

  follow($v, 'b')->settle;
  $v->js($DENY);
  $v->wait_checks(4);
  $v->settle;
  $t->forget;
  back($v);
  is +($v->wait_checks(5))[4]{consent}, 'denied', 'withdrawn on the next page, and back: it asks';
  is $t->pixel(call => 'revokeConsent', count => 1), 1, 'the pixel is revoked';
  $v->js($ADD->('B'));
  $v->settle;
  is $t->pixel(call => 'track') + (() = $t->sandbox_events), 0, 'and nothing is sent';
  $v->js($GRANT);
  $t->both('Pageview AddToCart', 'until it is granted again');
};

subtest 'the page is left' => sub {
  $t->forget;
  my $v = $t->visitor(%YES, before => 'window.fetch = (real => (...args) => { window.asked = args[1]; return real(...args); })(fetch);');
  $v->open('/a.html');
  $t->both('Pageview', 'the page');
  is $v->js('asked.keepalive'), true, 'a beacon outlives the page';
  $t->forget;
  $v->load(sub { $v->js($ADD->('A') . '; location.href = "/b.html"; 0') });
  my ($add) = $t->both('AddToCart Pageview', 'an event, and away');
  is $add->{server}{page}{url}, "$v->{base}/a.html", 'it was of the first page';
};

subtest 'nothing to be seen' => sub {
  $t->forget;
  my $v = $t->visitor(%YES)->open('/a.html');
  $t->both('Pageview', 'the script was here');
  my $is = $v->js(q{(async () => {
    const was = new DOMParser().parseFromString(await (await fetch(location)).text(), 'text/html');
    const nodes = page => page.querySelectorAll('*').length;
    return [nodes(document) - nodes(was), document.body.outerHTML === was.body.outerHTML, performance.getEntriesByType('layout-shift').length];
  })()});
  is_deeply $is, [1, true, 0], 'TikTok\'s script is new in the page, and nothing has moved';
};

subtest 'a check that finds no network, or no answer' => sub {
  $t->forget;
  my @answers = ([], [429, ''], [503, '']);
  my $asked   = 0;
  my $v = $t->visitor(%YES, before => $LATER)->answer('*/e', sub ($request) { return @{$answers[$asked++] // [0]} });
  $v->open('/a.html');
  is later($v, $_), 1000 * 2 ** ($_ - 1), 'each time longer' for 1 .. 3;
  $t->both('Pageview', 'then there is an answer');
  is $asked, 5, 'to the fourth check; the event is the fifth';
};

subtest 'a beacon at another address' => sub {
  $t->forget;
  my $v = $t->visitor->open('/away.html');
  is +($v->wait_checks(1))[0]{consent}, 'undecided', 'is asked';
  $v->js($GRANT);
  my ($view) = $t->both('Pageview', 'granted');
  is $view->{server}{page}{url}, "$v->{base}/away.html", 'and told';
  is scalar(grep { $_->{method} ne 'POST' } $v->requests('/e')), 0, 'without a question whether it may be';

  # of the same page, in a browser that shows it under another name: an origin that nobody has listed
  $t->forget;
  $v = $t->visitor(base => 'http://localhost:' . $t->port('http'), %YES)->open('/away.html');
  $v->until(10, sub { grep {/CORS/} $v->problems });
  $v->settle;
  is $t->pixel + (() = $t->sandbox_events), 0, 'from elsewhere: nothing is told';
  is scalar(grep {/Uncaught/} $v->problems), 0, 'and no error is left to the page';
};

subtest 'a queue that is full' => sub {
  $t->forget;
  $t->sandbox->stop;
  my ($queued, $code) = (0, 204);
  while ($code == 204 && $queued < 5000) {
    $code = $t->beacon([map { {event => 'Search', event_id => "full-$queued-$_", page => {url => 'http://shop.example/'}, properties => {description => 'x' x 1000}} } 1 .. 50])->code;
    $queued += 50 if $code == 204;
  }
  my $n = 0;
  $n++ while $t->beacon({event => 'Search', event_id => "last-$n", page => {url => 'http://shop.example/'}, properties => {description => 'x' x 50}})->code == 204 && $n < 100;
  is $code, 503, "nothing more than $queued events";

  my $v = $t->visitor(%YES, before => $LATER)->open('/a.html');
  my ($view) = $t->pixel(call => 'track', count => 1);
  is $view->{event}, 'Pageview', 'the pixel has the page view';
  my ($refused) = $v->wait_events(1);
  is "$refused->{status} $refused->{result} $refused->{consent}", '503 queue_full granted', 'nginx has not';
  $t->sandbox->start;
  $t->wait_status(sub ($s) { $s->{pixels}[0]{queue}{events} == 0 });
  is later($v, 1), 60_000, 'and says when to come back';
  my ($event) = map { $_->{event} } $t->sandbox_events(event => 'Pageview', count => 1);
  is $event->{event_id}, $view->{event_id}, 'when there is room, it has';
  is $t->pixel(call => 'track'), 1, 'and the pixel no more';
};

$t->finish;
done_testing;
