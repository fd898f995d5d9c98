# who it was: identifiers as TikTok wants them, click ids from wherever they are, and what the connection tells

use v5.36;
use utf8;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use lib dirname(abs_path(__FILE__)) . '/lib';

use Digest::SHA qw(sha256_hex);
use Mojo::Util  qw(encode url_escape);
use Test::More;
use Test::TikTok;
use Test::TikTok::Capture qw(by_id is_answer);

my $PUBLIC = '93.184.216.34';

my $t = Test::TikTok->new(sandbox => 1)->conf(server => 'set_real_ip_from 127.0.0.1; real_ip_header X-Forwarded-For; real_ip_recursive on; tiktok_phone_country it;',
  '= /de' => 'tiktok_beacon; tiktok_phone_country DE;')->start;
my ($seen, $sent) = ({}, 0);

sub sha ($text) { return sha256_hex(encode 'UTF-8', $text) }

# what became of the user of an event that is sent with this id
my $send = sub ($id, $user, @more) {
  $sent++;
  return is_answer $t->beacon({event => 'Contact', event_id => $id, user => $user, page => {url => 'https://shop.example/'}}, @more), '204 queued granted', "$id is queued";
};
my $left_out = sub { return $t->status->{pixels}[0]{left_out} };
my $more     = sub ($before) {
  my $now = $left_out->();
  return {map { my $n = $now->{$_} - $before->{$_}; $n ? ($_ => $n) : () } keys %$now};
};

# TikTok's documentation gives rules and digests of its examples, but not the text behind them: the rules are applied
# here once more, and its digests serve as input that is hashed already
my $EMAIL_DIGEST = 'dd6ff77f54e2106661089bae4d40cdb600979bf7edc9eb65c0942ba55c7c2d7f';
my $PHONE_DIGEST = '2f9d2b4df907e5c9a7b3434351b55700167b998a83dc479b825096486ffcf4ea';

subtest 'hashes' => sub {
  is sha('jane.doe@example.com'), '86e0b9e56c17cc4d12387e1949b85053fbe73bc3ce5a1188713a9d300cc6133d', 'as sha256sum says';

  my @cases = (    # field, in, out: a text, or a list of them, that is hashed
    [email => ' Jane.Doe@Example.com ',                          'jane.doe@example.com'],
    [email => "\tjane+tag\@example.com\n",                       'jane+tag@example.com'],
    [email => 'JÜRGEN@BÜCHER.EXAMPLE',                           'jürgen@bücher.example'],
    [email => 'İrem@example.com',                                "i\x{307}rem\@example.com"],
    [email => 'a@b',                                             'a@b'],
    [email => ['A@x.example', 'b@x.example', 'a@x.example', ''], ['a@x.example', 'b@x.example']],
    [phone => '+49 (151) 234-567.89',                            '+4915123456789'],
    [phone => '0049 151/23456789',                               '+4915123456789'],
    [phone => '+49 (0) 30 1234567',                              '+49301234567'],
    [phone => '+1 213 373 4253',                                 '+12133734253'],
    [phone => '+8613812345678',                                  '+8613812345678'],
    [phone => ['+12133734253', '+12133734254'],                  ['+12133734253', '+12133734254']],
    [phone => '+39 (0)2 1234 5678 int. 9',                       '+390212345678'],
    [phone => '+７ (8) ٤٩٥ 123-45-67',                            '+74951234567'],
    [phone => 'tel:151-23456789;phone-context=+49',              '+4915123456789'],
    [phone => 4915123456789,                                     undef],
    [external_id => ' cust-8842 ',                               'cust-8842'],
    [external_id => 'Cust-8842',                                 'Cust-8842'],
    [external_id => 8842,                                        '8842'],
    [external_id => 'Kündin 1',                                  'Kündin 1'],
    [external_id => [1, 'b'],                                    ['1', 'b']],
    [first_name => ' Jean-Luc ',                                 'jeanluc'],
    [last_name => "O’BRIEN Müller",                              'obrien müller'],
    [zip_code => 'sw1a 1AA',                                     'sw1a1aa'],
    [zip_code => '94105-1234',                                   '94105'],
    [zip_code => 10115,                                          '10115'],
  );
  my $n = 0;
  $send->('hash-' . $n++, {$_->[0] => $_->[1]}) for @cases;
  $send->('hash-upper', {email => uc $EMAIL_DIGEST, phone => " $PHONE_DIGEST ", external_id => uc sha('x')});
  $send->('hash-mixed', {email => [uc $EMAIL_DIGEST, 'a@x.example', $EMAIL_DIGEST], phone_number => '+12133734253'});
  $seen = by_id($t, $sent);

  $n = 0;
  for my $case (@cases) {
    my ($field, $in, $out) = @$case;
    my $user = $seen->{'hash-' . $n++}{user};
    is_deeply $user->{$field}, ref $out ? [map { sha($_) } @$out] : $out && sha($out), encode 'UTF-8', "$field: " . (ref $in ? "@$in" : $in) =~ s/\s/ /gr;
  }
  my $user = $seen->{'hash-upper'}{user};
  is_deeply [@$user{qw(email phone external_id)}], [$EMAIL_DIGEST, $PHONE_DIGEST, sha('x')], 'hashed already: in lower case';
  $user = $seen->{'hash-mixed'}{user};
  is_deeply $user->{email}, [$EMAIL_DIGEST, sha('a@x.example')], 'some hashed, some not, none twice';
  is $user->{phone}, sha('+12133734253'), 'phone_number is the browser\'s name of phone';
  is_deeply $left_out->(), {email => 0, phone => 1, ip => $sent, currency => 0, url => 0, text => 0, user => 0}, 'nothing else was left out but the address';
};

subtest 'places' => sub {
  my @cases = (
    {country => 'DE', city => 'Bad Homburg v.d.H.', state => 'Nordrhein-Westfalen'} => {country => 'de', city => 'badhomburgvdh', state => 'nordrheinwestfalen'},
    {country => 'us', city => 'New York', state => 'New York'}                    => {country => 'us', city => 'newyork', state => 'ny'},
    {country => 'UK', city => 'São Paulo'}                                        => {country => 'gb', city => 'sãopaulo'},
    {city => ['Bonn', 'Berlin'], state => 'California'}                           => {city => 'bonn', state => 'california'},
  );
  my ($before, $n) = ($left_out->(), 0);
  $send->("place-$_", $cases[2 * $_], 'X-Forwarded-For' => $PUBLIC) for 0 .. $#cases / 2;
  is_deeply $more->($before), {user => 1}, 'a second city is left out';
  $seen = by_id($t, $sent);
  for my $i (0 .. $#cases / 2) {
    my $user = $seen->{"place-$i"}{user};
    is_deeply {map { defined $user->{$_} ? ($_ => $user->{$_}) : () } qw(country state city)}, $cases[2 * $i + 1], "place $i, in clear";
  }
};

subtest 'names of the Pixel and of GA4' => sub {
  my %all = (email => sha('jane@example.com'), phone => sha('+4915123456789'), first_name => sha('jane'), last_name => sha('doe'),
    zip_code => sha('94105'), country => 'us', state => 'ca', city => 'sanfrancisco');
  my %cases = (
    pixel => {email => 'jane@example.com', phone_number => '+49 151 23456789', first_name => 'Jane', last_name => 'Doe', zip_code => '94105',
      country => 'us', state => 'CA', city => 'San Francisco'},
    hashed => {sha256_email => uc $all{email}, sha256_phone_number => $all{phone}, first_name => $all{first_name}, last_name => $all{last_name},
      zip_code => $all{zip_code}, country => 'us', state => 'ca', city => 'sanfrancisco'},
    ga4 => {email_address => ['jane@example.com'], phone_number => '+4915123456789',
      address => {first_name => 'Jane', last_name => 'Doe', city => 'San Francisco', region => 'California', postal_code => '94105', country => 'US'}},
    ga4_hashed => {sha256_email_address => $all{email}, sha256_phone_number => [$all{phone}],
      address => [{sha256_first_name => $all{first_name}, sha256_last_name => $all{last_name}}, {city => 'San Francisco', region => 'CA', postal_code => 94105, country => 'US'}]},
  );
  my $before = $left_out->();
  $send->("names-$_", $cases{$_}, 'X-Forwarded-For' => $PUBLIC) for sort keys %cases;
  is_deeply $more->($before), {}, 'nothing is left out';
  $send->('names-street', {address => {street => '1 Market St', sha256_first_name => 'Jane'}}, 'X-Forwarded-For' => $PUBLIC);
  is_deeply $more->($before), {user => 2}, 'a street is no field, and a name no hash';
  $seen = by_id($t, $sent);
  for my $case (sort keys %cases) {
    my $user = $seen->{"names-$case"}{user};
    is_deeply {map { ($_ => $user->{$_}) } grep { !/^(?:ip|user_agent)$/ } keys %$user}, \%all, "names of $case";
  }
  is_deeply [sort keys %{$seen->{'names-street'}{user}}], [qw(ip user_agent)], 'neither goes on';
};

subtest 'national numbers' => sub {
  my $before = $left_out->();
  $send->('national-it', {phone => ['312 345 6789', '0151 23456789']}, 'X-Forwarded-For' => $PUBLIC);
  $send->('national-de', {phone => ['0151 23456789', '06 20 123 4567']}, uri => '/de', 'X-Forwarded-For' => $PUBLIC);
  is_deeply $more->($before), {}, 'nothing is left out';
  $seen = by_id($t, $sent);
  is_deeply $seen->{'national-it'}{user}{phone}, [sha('+393123456789'), sha('+39015123456789')], 'of the country of the server';
  is_deeply $seen->{'national-de'}{user}{phone}, [sha('+4915123456789'), sha('+496201234567')], 'of the country of the location';
};

subtest 'no identifiers' => sub {
  my %cases = (    # what is counted => list of user
    email => [{email => 'jane.example.com'}, {email => '@example.com'}, {email => 'jane@'}, {email => 'jane doe@example.com'}, {email => {a => 1}}, {email => 'e' x 600 . '@x.example'}, {email => sha('x') . '0'}],
    phone => [{phone => '4915123456789'}, {phone => '151'}, {phone => '+49 151 CALL ME'}, {phone => '+1234567'}, {phone => '+1234567890123456'}, {phone => '+0123456789'}, {phone => '++4915123456789'}, {phone => 49}],
    user  => [{external_id => 'e' x 600}, {external_id => {a => 1}}, {first_name => '...'}, {last_name => 'jane@example.com'}, {zip_code => '-'}, {city => '0151 23456789'},
      {country => 'Germany'}, {state => [[]], unknown => {a => 1}}, {sha256_email => {}, address => 'x'}, {ttclid => 'a b'}, {ttp => 'a b'}],
  );
  for my $counted (sort keys %cases) {
    my $n = 0;
    for my $user (@{$cases{$counted}}) {
      my $before = $left_out->();
      my $id = "none-$counted-" . $n++;
      $send->($id, $user, 'X-Forwarded-For' => $PUBLIC);
      is_deeply $more->($before), {$counted => 1}, 'what is left out is counted';
    }
  }
  my $before = $left_out->();
  $send->('none-empty', {email => '', phone => undef, external_id => [], ttclid => '', first_name => undef}, 'X-Forwarded-For' => $PUBLIC);
  is_deeply $more->($before), {}, 'what is empty is not';
  $send->('none-some', {email => ['nobody', 'a@x.example'], phone => 'nothing'}, 'X-Forwarded-For' => $PUBLIC);
  is_deeply $more->($before), {email => 1, phone => 1}, 'one of two';

  $seen = by_id($t, $sent);
  my $kept = delete $seen->{'none-some'};
  is $kept->{user}{email}, sha('a@x.example'), 'the other goes on';
  is_deeply [sort keys %{$_->{user}}], [qw(ip user_agent)], "$_->{event_id}: nothing of it goes on" for map { $seen->{$_} } sort grep {/^none/} keys %$seen;
};

subtest 'GET takes hashes only' => sub {
  my $before = $left_out->();
  my $get    = sub ($id, $query) {
    $sent++;
    is_answer $t->get("/e?event=Contact&event_id=$id&url=https://shop.example/&$query", Cookie => 'consent=yes', 'X-Forwarded-For' => $PUBLIC), '200 queued granted', $id;
  };
  $get->('get-clear',  'email=jane%40example.com&phone=%2B4915123456789&external_id=cust-1');
  is_deeply $more->($before), {email => 1, phone => 1, user => 1}, 'clear ones are left out and counted';
  $before = $left_out->();
  $get->('get-hashed', "email=\U$EMAIL_DIGEST\E&phone=$PHONE_DIGEST&external_id=" . sha('x'));
  is_deeply $more->($before), {}, 'hashed ones are not';

  # a form's body is no query string
  $sent++;
  is_answer $t->beacon('event=Contact&event_id=form&url=https://shop.example/&email=jane%40example.com&ttclid=c1&ttp=p1', 'X-Forwarded-For' => $PUBLIC), '204 queued granted', 'form';
  $seen = by_id($t, $sent);
  is_deeply [sort keys %{$seen->{'get-clear'}{user}}], [qw(ip user_agent)], 'nothing clear goes on';
  my $user = $seen->{'get-hashed'}{user};
  is_deeply [@$user{qw(email phone external_id)}], [$EMAIL_DIGEST, $PHONE_DIGEST, sha('x')], 'hashes do';
  $user = $seen->{form}{user};
  is_deeply [@$user{qw(email ttclid ttp)}], [sha('jane@example.com'), 'c1', 'p1'], 'a form is hashed here';
};

subtest 'click id' => sub {
  my %long = map { ($_ => substr("E.C.P.$_-" . join('', map { sprintf '%x_', $_ * 7919 } 1 .. 400), 0, 1000)) } qw(body page referrer cookie);
  my @sources = qw(body page referrer cookie);
  my $from = sub ($id, %of) {
    $sent++;
    my %page = (url => 'https://shop.example/p?a=1' . ($of{page} ? "&ttclid=$of{page}&b=2#top" : ''),
      referrer => ($of{elsewhere} // 'https://shop.example') . '/r' . ($of{referrer} ? "?ttclid=$of{referrer}" : ''));
    my %cookies = (consent => 'yes', $of{cookie} ? (ttclid => $of{cookie}) : (), $of{more} ? %{$of{more}} : ());
    is_answer $t->beacon({event => 'Contact', event_id => $id, page => \%page, $of{body} ? (user => {ttclid => $of{body}}) : ()}, cookies => \%cookies),
      '204 queued granted', $id;
  };
  for my $i (0 .. 3) {
    $from->("click-$sources[$i]", $sources[$i] => $long{$sources[$i]});
    $from->("click-from-$sources[$i]", map { ($_ => $long{$_}) } @sources[$i .. 3]);
    my @other = grep { $_ ne $sources[$i] } @sources[$i .. 3];
    $from->("click-long-$sources[$i]", $sources[$i] => "$long{$sources[$i]}x", map { ($_ => $long{$_}) } @other);
  }
  $from->('click-elsewhere', referrer => $long{referrer}, elsewhere => 'https://blog.example');
  $from->('click-port', referrer => 'E.C.P.port', elsewhere => 'https://SHOP.example:443');
  $from->('click-encoded', page => 'E.C.P.%2Bx%7E');
  $from->('click-name', more => {Ttclid => 'upper', xttclid => 'longer', _ttclid => 'old'});
  $from->('ttp', more => {_ttp => '01J9ZQXK5V5S2G3H4T6Y7W8R9P_.tt.1', ttp => 'wrong'});
  $from->('ttp-long', more => {_ttp => 'p' x 129});
  $from->('ttp-odd', more => {_ttp => 'a%22b'});

  $seen = by_id($t, $sent);
  is length $long{body}, 1000, 'a thousand characters';
  for my $i (0 .. 3) {
    is $seen->{"click-$sources[$i]"}{user}{ttclid}, $long{$sources[$i]}, "of the $sources[$i]";
    is $seen->{"click-from-$sources[$i]"}{user}{ttclid}, $long{$sources[$i]}, "the $sources[$i] goes before what follows";
    is $seen->{"click-long-$sources[$i]"}{user}{ttclid}, $i < 3 ? $long{$sources[$i + 1]} : undef, 'one more than a thousand: as if there were none';
  }
  my %other = ('click-elsewhere' => undef, 'click-port' => 'E.C.P.port', 'click-encoded' => 'E.C.P.+x~', 'click-name' => undef);
  is $seen->{$_}{user}{ttclid}, $other{$_}, $_ for sort keys %other;
  is $seen->{ttp}{user}{ttp}, '01J9ZQXK5V5S2G3H4T6Y7W8R9P_.tt.1', 'ttp of its cookie';
  is $seen->{$_}{user}{ttp}, undef, $_ for qw(ttp-long ttp-odd);
};

subtest 'the connection' => sub {
  my %addresses = (    # in X-Forwarded-For => at the sandbox
    $PUBLIC => $PUBLIC, '2606:4700::6810:85e5' => '2606:4700::6810:85e5', '::ffff:93.184.216.34' => $PUBLIC, "10.0.0.1, $PUBLIC" => $PUBLIC,
    "$PUBLIC, 127.0.0.1" => $PUBLIC, map { ($_ => undef) } qw(10.1.2.3 172.31.0.1 192.168.1.1 100.64.0.1 169.254.1.1 203.0.113.9 ::1 fd00::1 fe80::1 2001:db8::1), "$PUBLIC, 10.0.0.1", 'nonsense',
  );
  my $before = $left_out->();
  my $n = 0;
  $send->('ip-' . $n++, {}, 'X-Forwarded-For' => $_) for sort keys %addresses;
  my $private = grep { !defined } values %addresses;
  is_deeply $more->($before), {ip => $private}, 'addresses that are not public are left out and counted';

  $before = $left_out->();
  $send->('own', {ip => '8.8.8.8', user_agent => 'Forged/1.0'}, 'X-Forwarded-For' => $PUBLIC, 'User-Agent' => 'Visitor/1.0 "quoted"');
  is_deeply $more->($before), {user => 2}, 'a browser does not say who it is in a body';
  $send->('no-agent', {}, 'User-Agent' => undef);

  my %locales = ('de-DE,de;q=0.9,en;q=0.8' => 'de-DE', 'en_us' => 'en-US', 'fr;q=0.5, zh-hant-tw;q=0.9' => 'zh-Hant-TW', '*' => undef, '' => undef, 'de"x' => undef);
  my @locales = sort keys %locales;
  $send->("locale-$_", {}, 'Accept-Language' => $locales[$_]) for 0 .. $#locales;
  $send->('locale-body', {locale => 'pt-br'}, 'Accept-Language' => 'de');

  $seen = by_id($t, $sent);
  $n = 0;
  is $seen->{'ip-' . $n++}{user}{ip}, $addresses{$_}, "address $_" for sort keys %addresses;
  is $seen->{own}{user}{ip}, $PUBLIC, 'the address is the connection\'s';
  is $seen->{own}{user}{user_agent}, 'Visitor/1.0 "quoted"', 'and so is the user agent';
  is $seen->{'no-agent'}{user}{user_agent}, undef, 'or there is none';
  is $seen->{"locale-$_"}{user}{locale}, $locales{$locales[$_]}, "locale of \"$locales[$_]\"" for 0 .. $#locales;
  is $seen->{'locale-body'}{user}{locale}, 'pt-BR', 'locale of the body';
};

is $t->sandbox->stats->{events}{refused}, 0, 'the API refused nothing';
$t->finish;
done_testing;
