# whatever is sent: a clear answer or a bounded one, never a crash, and never more in TikTok's JSON than one event

use v5.36;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use lib dirname(abs_path(__FILE__)) . '/lib';

use Mojo::JSON qw(decode_json encode_json);
use Test::More;
use Test::TikTok;
use Test::TikTok::Capture qw(by_id counted is_answer is_error);
use Test::TikTok::HTTP;
use Time::HiRes qw(time);

use constant LIMIT => 65_536;

my @PAGE = (Referer => 'https://shop.example/page');

my $t = Test::TikTok->new(sandbox => 1)->conf(
  tiktok_origin => 'https://www.shop.example',
  '= /tested'   => 'tiktok_beacon; tiktok_test_event_code $arg_x;',
  '= /split'    => 'tiktok_beacon; add_header X-Event $tiktok_event_id always;',
  '= /header'   => 'tiktok_beacon; tiktok_test_event_code $http_x_code;',
)->start;
my ($worker) = $t->workers;
my $sent = 0;
counted($t);

subtest 'no JSON' => sub {
  my $event = sub ($inner) {qq({"event":"Search",$inner})};
  my %bodies = (
    'cut'                 => '{"event":"Search"',
    'a brace'             => '{',
    'a bracket'           => '[',
    'wrong close'         => '[}',
    'garbage behind'      => '{"event":"Search"}x',
    'two texts'           => '{"event":"Search"}{"event":"Search"}',
    'NUL behind'          => qq({"event":"Search"}\0),
    'comment'             => '{"event":"Search"/* */}',
    'trailing comma'      => '{"event":"Search",}',
    'single quotes'       => q({'event':'Search'}),
    'bare name'           => '{event:"Search"}',
    'NaN'                 => $event->('"properties":{"value":NaN}'),
    'Infinity'            => $event->('"properties":{"value":-Infinity}'),
    'hex'                 => $event->('"properties":{"value":0x10}'),
    'leading zero'        => $event->('"properties":{"value":010}'),
    'plus'                => $event->('"properties":{"value":+1}'),
    'dot'                 => $event->('"properties":{"value":1.}'),
    'byte-order mark'     => qq({\xef\xbb\xbf"event":"Search"}),
    'UTF-16'              => "{\0\"\0e\0v\0e\0n\0t\0",
    'not UTF-8'           => $event->(qq("properties":{"query":"a\xffb"})),
    'cut UTF-8'           => $event->(qq("properties":{"query":"\xc3"})),
    'long UTF-8'          => $event->(qq("properties":{"query":"\xc0\xaf"})),
    'surrogate in UTF-8'  => $event->(qq("properties":{"query":"\xed\xa0\x80"})),
    'beyond Unicode'      => $event->(qq("properties":{"query":"\xf4\x90\x80\x80"})),
    'lone surrogate'      => $event->('"properties":{"query":"\ud800"}'),
    'swapped surrogates'  => $event->('"properties":{"query":"\udc00\ud800"}'),
    'escaped NUL'         => $event->('"properties":{"query":"a\u0000b"}'),
    'NUL in a name'       => $event->('"properties":{"a\u0000b":1}'),
    'raw control'         => $event->(qq("properties":{"query":"a\x01b"})),
    'raw line feed'       => $event->(qq("properties":{"query":"a\nb"})),
    'unknown escape'      => $event->('"properties":{"query":"\x41"}'),
    'short escape'        => $event->('"properties":{"query":"\u12"}'),
    'duplicate name'      => $event->('"event":"Purchase"'),
    'duplicate in user'   => $event->('"user":{"email":"a@b.example","email":"c@d.example"}'),
    'duplicate escaped'   => $event->('"user":{"email":"a@b.example","em\u0061il":"c@d.example"}'),
    'deep arrays'         => '[' x 17 . ']' x 17,
    'deep objects'        => '{"a":' x 17 . '1' . '}' x 17,
    'very deep'           => '[' x LIMIT,
    'very deep objects'   => '{"a":' x (LIMIT / 5),
    'many numbers'        => '[' . '1,' x (LIMIT / 2 - 2) . '1]',
    'many members'        => '{' . join(',', map {qq("m$_":1)} 1 .. 5000) . '}',
    'many names alike'    => '{' . join(',', map {qq("\\u0061a$_":1)} 1 .. 3000) . '}',
    'many strings'        => '[' . '"",' x (LIMIT / 3 - 2) . '""]',
    'a long number'       => '{"event":' . '9' x 60_000 . '.}',
    'backslashes'         => '{"event":"' . '\\\\' x 30_000,
  );
  for my $name (sort keys %bodies) {
    my $from = time;
    is_error $t->beacon($bodies{$name}), '400 invalid granted', $name;
    my $took = time - $from;
    ok $took < Test::TikTok::Process::slow(), "$name: at once" or diag "$took s";
  }
  my $all = keys %bodies;
  is counted($t), "invalid=$all", 'each is counted';
};

subtest 'no event' => sub {
  my %bodies = (    # with the field that is wrong
    event       => ['{}', '{"event":null}', '{"event":["Search"]}', '{"event":"Search\n"}', '{"event":"Sea\u202erch"}', '{"event":"<script>"}', '=&&==', '%', "\0", "\xff", 'event', 'event=', '&' x 60_000, '%00' x 20_000, 'event=%00'],
    event_id    => ['{"event":"Search","event_id":[]}', '{"event":"Search","event_id":{}}', '{"event":"Search","event_id":false}', '{"event":"Search","event_id":1e300}'],
    user        => ['{"event":"Search","user":"jane"}', '{"event":"Search","user":[1]}', '{"event":"Search","user":7}'],
    page        => ['{"event":"Search","page":"https://shop.example/"}'],
    properties  => ['{"event":"Search","properties":"x"}', '{"event":"Search","properties":true}'],
    'data[0]'   => ['[[]]', '[1]', '["Search"]', '[null]'],
  );
  for my $field (sort keys %bodies) {
    for my $body (@{$bodies{$field}}) {
      my $response = $t->beacon($body);
      my $shown    = $response->json && $response->json->{field} ? " $field" : '';
      $shown = " $field" unless $body =~ /\A(?:event=)?(?:\xff|\0|%00)/;    # broken text has no field
      is_error $response, "400 invalid granted$shown", substr $body =~ s/[^ -~]/?/gr, 0, 60;
    }
  }
  is_error $t->beacon('event=Search&event=Contact'), '400 invalid granted', 'a name twice in a form';
  is_error $t->get('/e?event=Search&query=%ff', Cookie => 'consent=yes'), '400 invalid granted', 'no UTF-8 in a query string';
  counted($t);
};

# what is a string stays a string
subtest 'odd but good' => sub {
  my %strings = (
    script  => '</script><script>alert(1)</script><!--',
    quotes  => '"},{"event":"Injected","event_time":1,"event_id":"x"},{"a":"',
    control => join('', map {chr} 1 .. 31, 127),
    crlf    => "a\r\nSet-Cookie: evil=1\r\n\r\nHTTP/1.1 200 OK",
    slashes => '\\\\"\\u0022\\',
    lines   => "\x{85}\x{2028}\x{2029}\x{feff}",
    emoji   => "\x{1f600}\x{10fffd}",
    percent => '%00%0d%0a%22%7b%n%s',
    format  => '%s%n%V%ui',
    long    => 'l' x 50_000,
  );
  for my $name (sort keys %strings) {
    my $value = $strings{$name};
    my %event = (event => 'Search', event_id => $name, properties => {query => $value, "own $name $value" => [$value]});
    $event{properties} = {query => $value} if $name eq 'long';
    my $response = $t->beacon(\%event, @PAGE, 'User-Agent' => 'Visitor/1.0 "},{"');
    is_answer $response, '204 queued granted', $name;
    is_deeply [grep { !/^(?:server|date|connection|cache-control|x-tiktok-(?:consent|result))$/i } @{$response->headers->names}], [], 'the answer has no header more';
    $sent++;
  }

  # numbers that a double would change stay as they were
  my $numbers = '{"event":"Purchase","event_id":"numbers","properties":{"value":12345678901234567.89,"price":1e400,"quantity":99999999999,"own":[1e308,-0,123456789012345678,1e-400,0.1]}}';
  is_answer $t->beacon($numbers, @PAGE), '204 queued granted', 'numbers';
  $sent++;

  my $seen = by_id($t, $sent);
  for my $name (sort keys %strings) {
    my $value = $strings{$name};
    my $got   = $seen->{$name};
    is_deeply $got->{properties}, {query => $value, $name eq 'long' ? () : ("own $name $value" => [$value])}, "$name is what it was";
  }
  is_deeply $seen->{numbers}{properties}{own}, ['1e308', 0, '123456789012345678', '1e-400', 0.1], 'numbers are';
  is_deeply [grep { $_->{event} eq 'Injected' } values %$seen], [], 'no event was smuggled in';
  ok !exists $seen->{numbers}{properties}{$_}, "$_: out of range" for qw(price quantity);
};

subtest 'test event codes' => sub {
  my @codes = (    # what a visitor asks for, what goes out
    ['TEST123' => 'TEST123'], ['test-1_a' => 'test-1_a'], ['"},{"event":"Injected"' => undef], ['a"b' => undef], ['a%22b' => undef], ["\xc3\xa4" => undef],
    ['c' x 64 => 'c' x 64], ['c' x 65 => undef], ['' => undef], ['a\\' => undef],
  );
  my $n = 0;
  for my $case (@codes) {
    my $id = 'code-' . $n++;
    is_answer $t->beacon({event => 'Search', event_id => $id}, uri => "/tested?x=$case->[0]", @PAGE), '204 queued granted', "code $case->[0]" =~ s/[^ -~]/?/gr;
    is_answer $t->beacon({event => 'Search', event_id => "h$id"}, uri => '/header', 'X-Code' => "$case->[0]", @PAGE), '204 queued granted', 'in a header';
    $sent += 2;
  }
  my %seen = map { ($_->{event}{event_id} => $_->{test_event_code}) } $t->sandbox_events(count => $sent);
  for my $i (0 .. $#codes) {
    is $seen{"code-$i"}, $codes[$i][1], 'goes out, or none does';
    is $seen{"hcode-$i"}, $codes[$i][1], 'of a header, too';
  }
};

subtest 'headers' => sub {
  my $event = {event => 'Search'};
  my $ask   = sub (@headers) { return $t->beacon($event, cookies => undef, @headers, @PAGE) };
  my @some  = map {"c$_=1"} 1 .. 9;

  is_answer $ask->(Cookie => [@some[0 .. 6], 'consent=yes']), '204 queued granted', 'the eighth Cookie header';
  $sent++;
  my $response = $ask->(Cookie => [@some, 'consent=yes']);
  like $response->headers->header('X-Tiktok-Result'), qr/\A(?:queued|undecided)\z/, 'the tenth';
  $sent++ if $response->headers->header('X-Tiktok-Result') eq 'queued';
  $response = $ask->(Cookie => ['consent=yes', @some[1 .. 8], 'consent=no']);
  is_answer $response, '204 undecided undecided', 'a yes, and a no in the tenth: ambiguous';

  my %cookies = (
    'long'      => ['a=' . 'x' x 7000 . '; consent=yes',     'queued granted'],
    'long name' => ['x' x 7000 . '=1; consent=yes',          'queued granted'],
    'a long one' => ['consent=' . 'y' x 7000,                'denied|undecided'],
    'odd bytes' => ["a=\x01\x7f\xff\t\"; consent=yes",       'queued granted'],
    'odd value' => ["consent=\xff\x01\"'",                   'denied denied'],
    'odd name'  => ["consent\xff=yes",                       'undecided undecided'],
    'semicolons' => [';' x 7000 . 'consent=yes',             'queued granted'],
    'many'      => [join('; ', map {'consent=yes'} 1 .. 500), 'queued|undecided'],
    'equals'    => ['=; ==; consent==yes',                   'denied denied'],
    'percent'   => ['consent=%; ttclid=%zz',                 'denied denied'],
    'percent NUL' => ['consent=yes%00',                      'denied denied'],
    'empty'     => ['',                                      'undecided undecided'],
    'click ids' => ["consent=yes; ttclid=\"},{\"; _ttp=a\"b\\", 'queued granted'],
  );
  for my $name (sort keys %cookies) {
    my ($cookie, $expected) = @{$cookies{$name}};
    my $response = $ask->(Cookie => $cookie);
    my $got      = join ' ', map { $response->headers->header($_) } qw(X-Tiktok-Result X-Tiktok-Consent);
    like $got, qr/\A(?:$expected)/, "cookies: $name";
    $sent++ if $got =~ /^queued/;
  }
  is $ask->(Cookie => "consent=\0yes")->code, 400, 'a NUL is nginx\'s own to refuse';
  is $ask->(Cookie => 'a=' . 'x' x 9000)->code, 400, 'and so is too much';

  my %odd = (
    'User-Agent'      => "Agent/1.0 \x01\xff\"\\",
    'Accept-Language' => ('de-' x 2000) . "\xff\"",
    'Referer'         => "https://shop.example/\xff\"\\<>",
    'Sec-Purpose'     => '',
    'X-Forwarded-For' => '"},{"',
  );
  for my $name (sort keys %odd) {
    is_answer $t->beacon({event => 'Search', page => {url => 'https://shop.example/'}}, $name => $odd{$name}), '204 queued granted', "odd $name";
    $sent++;
  }
  # an operator may want the id in a header
  for my $id ("a\r\nX-Injected: 1", "a\nX-Injected: 1", "\r\n\r\nX-Injected: 1") {
    $response = $t->beacon({event => 'Contact', event_id => $id}, uri => '/split', @PAGE);
    is $response->headers->header('X-Injected'), undef, 'no header comes out of an id';
    unlike $response->body, qr/Injected/, 'and no body';
    $sent++ if $response->headers->header('X-Tiktok-Result') eq 'queued';
  }

  is_answer $t->beacon($event, Origin => "https://shop.example\x01"), '403 origin granted', 'odd Origin';
  is_answer $t->beacon($event, Origin => 'https://' . 'a' x 7000), '403 origin granted', 'long Origin';
  $response = $t->beacon($event, Origin => "https://www.shop.example\tX-Injected: 1");
  is_answer $response, '403 origin granted', 'a listed Origin and more';
};

$t->wait_status(sub ($s) { !$s->{pixels}[0]{queue}{events} });
my $stats = $t->sandbox->stats;
is $stats->{events}{accepted}, $sent, 'all that was good arrived';
is $stats->{events}{refused}, 0, 'and the API refused nothing';
is_deeply [$t->workers], [$worker], 'one worker all along';
$t->finish;
done_testing;
