# the status in the format that the client likes best, and the page for people: safe whatever stands in it

use v5.36;

use Cwd            qw(abs_path);
use File::Basename qw(dirname);
use lib dirname(abs_path(__FILE__)) . '/lib';

use Digest::SHA qw(sha256);
use Mojo::DOM;
use Mojo::JSON qw(decode_json encode_json);
use Mojo::Util qw(b64_encode decode);
use Test::More;
use Test::TikTok;
use Test::TikTok::Delivery qw(event pixel);

use constant PIXEL => Test::TikTok::PIXEL;

my %TYPE = (
  json => 'application/json',
  html => 'text/html; charset=utf-8',
  text => 'text/plain; version=0.0.4; charset=utf-8',
  open => 'application/openmetrics-text; version=1.0.0; charset=utf-8',
);

subtest 'the format' => sub {
  my $t = Test::TikTok->new->conf->start;
  my @cases = (
    [json => undef,                                          'nothing said'],
    [json => '*/*',                                          'curl'],
    [json => '',                                             'empty'],
    [json => 'application/json, text/plain, */*',            'axios'],
    [json => 'application/json, text/javascript, */*; q=0.01', 'jQuery'],
    [html => 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8', 'Chromium'],
    [html => 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'Firefox and Safari'],
    [html => 'text/html, text/plain, text/css, text/sgml, */*;q=0.01', 'lynx'],
    [html => 'text/html, text/*;q=0.5, image/*, application/*', 'w3m'],
    [open => 'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1', 'Prometheus 2'],
    [open => 'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1', 'Prometheus 3'],
    [text => 'text/plain;version=0.0.4;q=1,*/*;q=0.1',       'an older Prometheus'],
    [text => 'text/plain; version=0.0.4',                    'one that knows nothing else'],
    [html => 'text/html',                                    'a name'],
    [html => 'TEXT/HTML',                                    'whatever its case'],
    [html => 'text/*',                                       'half a name'],
    [json => 'application/*',                                'the other half'],
    [json => 'text/html;q=0',                                'not that'],
    [json => 'text/html;q=0, */*',                           'anything but that'],
    [json => 'text/html;q=0.5, application/json',            'by quality'],
    [html => 'application/json;q=0.5, text/html',            'by quality, the other way'],
    [html => 'application/json;q=0.899;x=1 , text/html;x=1; q=0.9', 'by the last digit, among blanks and parameters'],
    [html => 'text/html, application/json',                  'equals by their order'],
    [json => 'application/json, text/html',                  'equals by their order, the other way'],
    [json => '*/*;q=0.9, text/html;q=0.9',                   'anything, and then a name'],
    [text => 'text/*, text/html;q=0.1, text/plain;q=0.2',    'the most specific range counts'],
    [json => 'image/png, audio/*',                           'nothing that there is'],
    [json => ',;,=,/,;q=,*/,text/,text/html;q=0.x,' x 100,   'garbage'],
    [json => 'text/htm, text/htmlx, xtext/html',             'only nearly a name'],
    [html => ['text/plain;q=0.3', 'text/html'],              'two lines'],
  );
  for my $case (@cases) {
    my ($format, $accept, $what) = @$case;
    my $response = $t->get('/status', Accept => $accept);
    is $response->headers->content_type, $TYPE{$format}, $what;
    is $response->headers->header('Vary'), 'Accept', 'which is said' unless defined $accept;
  }
  my @asked = (
    ['format=json',         'text/html', 'json'], ['format=html', undef, 'html'], ['format=prometheus', undef, 'text'],
    ['format=prometheus',   'application/openmetrics-text', 'text'], ['format=openmetrics', undef, 'open'],
    ['x=1&format=html&y=2', undef, 'html'], ['format=', 'text/html', 'html'], ['format=xml', undef, 'json'], ['format=htmlx', undef, 'json'],
  );
  for my $case (@asked) {
    my ($query, $accept, $format) = @$case;
    my $response = $t->get("/status?$query", Accept => $accept);
    is $response->headers->content_type, $TYPE{$format}, "?$query";
    is $response->headers->cache_control, 'no-store', 'not to be kept';
  }
  for my $format (qw(json html prometheus openmetrics)) {
    my $get  = $t->get("/status?format=$format");
    my $head = $t->request(HEAD => "/status?format=$format");
    is $head->headers->$_, $get->headers->$_, "$format: HEAD, $_" for qw(content_type content_length cache_control);
    is $head->body, '', "$format: and no body";
  }
  $t->finish;
};

# what a page must not have, and what its policy must let through
sub safe ($response, $what) {
  my $page   = decode('UTF-8', $response->body) // fail "$what: is UTF-8";
  my $policy = $response->headers->header('Content-Security-Policy');
  my $dom    = Mojo::DOM->new($page);
  for my $part (qw(style script)) {
    my ($inside, @more) = $page =~ m{<$part>(.*?)</$part>}gs;
    ok length $inside > 300 && !@more, "$what: one $part";
    my $hash = b64_encode sha256($inside), '';
    like $policy, qr/(?:\A|; )$part-src 'sha256-\Q$hash\E'(?:;|\z)/, "$what: which the policy allows";
  }
  like $policy, qr/\Adefault-src 'none';/, "$what: and nothing else";
  unlike $policy, qr/unsafe|\*|http/, "$what: nothing general";
  is_deeply [$dom->find('img, iframe, object, form, base, [src], [style]')->map('tag')->each], [], "$what: nothing that loads or looks otherwise";
  is_deeply [grep {/\Aon/} map { keys %{$_->attr} } $dom->find('*')->each], [], "$what: no handlers";
  is_deeply [grep { !/\A#\w+\z|\Adata:image\/svg/ } map { $_->attr('href') } $dom->find('[href]')->each], [], "$what: no links to elsewhere";
  return $dom;
}

# {title of a card => {name => value}}
sub cards ($section) {
  my %cards;
  for my $card ($section->find('.card:not(.wide)')->each) {
    my %rows;
    for my $row ($card->find('tr')->each) {
      my $head = $row->at('th');
      my $name = ($head->child_nodes->first // next)->content;
      my $cell = $row->at('td') // $head->at('bdi');
      $rows{$name} = $cell->all_text =~ s/\x{a0}/ /gr =~ s/\s+\z//r;
    }
    $cards{$card->at('h3')->text} = \%rows;
  }
  return \%cards;
}

my $EVIL = q{<script>alert(1)</script>"'><img src=x onerror=alert(2)>&amp;&};

subtest 'the page' => sub {
  my $t       = Test::TikTok->new(workers => 2);
  my $backend = $t->backend(named => {
    evil => sub ($c, $r) { $c->answer(200, encode_json({code => 40002, message => "$EVIL\x{202e} \x{e4}", request_id => $EVIL})) },
    auth => sub ($c, $r) { $c->answer(401, encode_json({code => 40105, message => 'no such token', request_id => 'R1'})) },
    stop => sub ($c, $r) { $c->answer(200, encode_json({code => 40400, message => 'no such route', request_id => 'R2'})) },
  });
  my %conf = (tiktok_delivery => 'batch=1 retry_min=10ms retry_max=1h', tiktok_test_event_code => q{'"><img src=x>$arg_x'});
  $conf{'= /odd'} = q{tiktok_beacon; tiktok_consent cookie '<b>"&amp"' yes;};
  $t->api($backend)->conf(%conf)->start;
  my $page = sub ($what) { return safe($t->get('/status', Accept => 'text/html'), $what) };

  my $dom = $page->('fresh');
  like $dom->at('title')->text, qr/\Aok: /, 'a fresh one is well';
  is $dom->find('section')->size, 1, 'one pixel';
  is $dom->find('nav')->size, 0, 'no need to choose';
  like $dom->at('.note')->text . $dom->at('.note code')->text, qr/test event code.*"><img src=x>\$arg_x/s, 'a test event code is noted, as it stands';

  $backend->behave('evil', 'ok');
  $t->beacon(event('e1'));
  $t->wait_status(sub ($s) { pixel($s)->{queue}{rejected} == 1 });
  $dom = $page->('hostile answer');
  is cards($dom)->{Delivery}{last_message}, $EVIL . "\x{202e} \x{e4}", 'its message is text';
  is cards($dom)->{Delivery}{last_request_id}, substr($EVIL, 0, 64), 'and its request id';
  is $dom->find('script')->size, 1, 'and nothing more';

  # numbers, as people like them
  $t->beacon([map { event("m$_", $_ % 4 ? () : (user => {external_id => "c$_"})) } 1 .. 40]) for 1 .. 2;
  $t->beacon(event('p1', event => 'Purchase', user => {email => 'a@b.example', external_id => 'c'}, properties => {order_id => '1'}));
  $t->beacon(event('own', event => 'Fitted'));
  $t->beacon(event('no'), cookies => {consent => 'no'});
  $t->beacon(event('odd'), uri => '/odd', cookies => '<b>"&amp"=no') for 1 .. 2;
  my $pixel = pixel($t->wait_status(sub ($s) { pixel($s)->{queue}{events} == 0 }));
  $dom = $page->('numbers');
  my $cards = cards($dom);
  is_deeply $cards->{'What became of captures'}, {map { $_ => "$pixel->{results}{$_}" } keys %{$pixel->{results}}}, 'the results';
  is_deeply $cards->{'Why consent was granted or not'}, $pixel->{consent_reasons}, 'the reasons of consent';
  is $cards->{'Why consent was granted or not'}{'cookie: <b>"&amp" does not match'}, 2, 'as they stand in the configuration';
  is $cards->{'What became of captures'}{duplicate}, 40, 'some of them';
  is $cards->{'What became of queued events'}{delivered}, 42, 'the fates';
  is $cards->{'The queue'}{capacity}, '64 MB', 'bytes with their unit';
  like $cards->{Delivery}{last_delivered}, qr/\A\d+ (?:s|min) ago\z/, 'times as one says them';
  like $cards->{Delivery}{latency_ms}, qr/\A[\d,]+ ms\z/, 'and so on';
  is $cards->{Delivery}{last_code}, 0, 'codes as they are';
  for my $title ('What became of captures', 'The queue', 'What became of queued events', 'Parts of events that could not be sent right',
    'Where event ids came from', 'Age of events at their delivery', 'Delivery') {
    ok keys %{$cards->{$title} // {}} > 2, "there is: $title";
  }
  my @table = map { [map { $_->all_text =~ s/\s+\z//r =~ s/\x{a0}//r } $_->find('th, td')->each] } $dom->find('.events tr')->each;
  is_deeply \@table, [
    ['event', 'queued', 'delivered', 'ttclid', 'ttp', 'email', 'phone', 'external_id', 'ip', 'user_agent'],
    ['Purchase', 1,  1,  '0%', '0%', '100%', '0%', '100%', '0%', '100%'],
    ['Search',   41, 40, '0%', '0%', '0%',   '0%', '24%',  '0%', '100%'],
    ['custom',   1,  1,  '0%', '0%', '0%',   '0%', '0%',   '0%', '100%'],
  ], 'events with the part that has a key';

  # each state says whose move it is
  for my $case (['error_500', 'backoff', qr/by themselves/], ['auth', 'auth', qr/tiktok_access_token_file/], ['stop', 'stopped', qr/no retry mends/]) {
    my ($behaviour, $state, $advice) = @$case;
    $backend->behave($behaviour);
    $t->beacon(event($behaviour));
    $t->wait_status(sub ($s) { pixel($s)->{state} eq $state });
    $dom = $page->($state);
    like $dom->at('title')->text, qr/\A$state: /, "$state: in the title";
    is $dom->at('.pixel .state')->text, $state, "$state: at the pixel";
    like $dom->at('.advice')->text, $advice, "$state: what to do";
    like $dom->at('.advice')->text, $state eq 'backoff' ? qr/\w/ : qr/Next try in /, "$state: and when it is tried again";
    $backend->behave('ok');
    $t->reload;
    $t->wait_status(sub ($s) { pixel($s)->{state} eq 'ok' && pixel($s)->{queue}{events} == 0 });
  }

  # several, and one that has gone
  $t->reload(conf => {%conf, tiktok_pixel => 'CNEW', tiktok_consent => 'assumed'});
  $dom = $page->('several');
  is_deeply [map { $_->attr('href') } $dom->find('nav a')->each], ['#CNEW', '#' . PIXEL], 'several have an overview';
  is_deeply [map { $_->attr('id') . ' ' . $_->at('.state')->text } $dom->find('section')->each], ['CNEW ok', PIXEL . ' removed'], 'of what is on the page';
  like $dom->at('title')->text, qr/\Aremoved: /, 'the worst of them in the title';
  like $dom->at('#CNEW')->find('.note')->map('all_text')->join, qr/Consent is assumed/, 'an assumption is noted';
  like $dom->at('#' . PIXEL . ' .advice')->text, qr/not in the configuration/, 'what became of it';

  # none at all
  $t->reload(conf => {tiktok_pixel => undef, tiktok_queue => undef, '= /e' => undef});
  $dom = $page->('no pixel');
  like $dom->at('main')->all_text, qr/tiktok_pixel/, 'says what is missing';
  $t->finish;
};

done_testing;
