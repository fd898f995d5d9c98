# what identifies a person in clear, and the access token, stand in no log, no answer and on no disk

use v5.36;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use lib dirname(abs_path(__FILE__)) . '/lib';

use Digest::SHA qw(sha256_hex);
use File::Find  qw(find);
use Mojo::JSON  qw(encode_json);
use Test::More;
use Test::TikTok;
use Test::TikTok::Capture qw(by_id is_answer is_error);

my @PUBLIC = ('X-Forwarded-For' => '93.184.216.34');
my $REALIP = 'set_real_ip_from 127.0.0.1; real_ip_header X-Forwarded-For;';

# every file below a directory that has one of the texts in it, "name: text"
sub files_with ($dir, $skip, @texts) {
  my @found;
  find({no_chdir => 1, wanted => sub {
    return if !-f || m{\A\Q$dir\E/(?:$skip)};
    open my $in, '<:raw', $_ or die "$_: $!\n";
    my $content = do { local $/; readline($in) // '' };
    my $file    = substr $_, 1 + length $dir;
    push @found, map {"$file: $_"} grep { index(lc $content, lc $_) >= 0 } @texts;
  }}, $dir);
  return sort @found;
}

subtest 'in clear nowhere' => sub {
  my $t = Test::TikTok->new(sandbox => 1, log => 'debug');
  $t->sandbox->stop;    # so that events rest in the queue first
  $t->conf(server => $REALIP, tiktok_delivery => 'retry_min=100ms retry_max=300ms', '= /before' => 'tiktok_beacon; mirror /copy;', '= /copy' => 'internal; return 204;',
    http => 'tiktok_request_value $email email; tiktok_request_value $phone phone;', '= /form' => 'tiktok_event Lead email=$email phone=$phone; proxy_pass http://127.0.0.1:%%PORT_http%%/copied;',
    '= /copied' => 'return 200;')->start;

  my %clear = (email => 'clear.mail@person.example', phone => '+4915155554444', external_id => 'customer-clear-77');
  my @texts = ((map { ($_, uc) } values %clear), '15155554444', '0151 5555', 'clear.mail', 'clear%2Email', 'Clearname');
  my $event = sub ($id, %more) {
    return {event => 'Purchase', event_id => $id, page => {url => 'https://shop.example/thanks'}, user => {%clear, first_name => 'Clearname'}, %more};
  };
  is_answer $t->beacon($event->('p1')), '204 queued granted', 'JSON';
  is_answer $t->beacon([$event->('p2'), $event->('p3', event_id => {})]), '200 queued granted', 'an array with an error';
  is_answer $t->beacon($event->('p1')), '204 duplicate granted', 'a duplicate';
  is_answer $t->beacon($event->('p4'), cookies => {consent => 'no'}), '204 denied denied', 'denied';
  is_answer $t->beacon($event->('p5'), uri => '/before'), '204 queued granted', 'read before';
  is_answer $t->beacon(join('&', 'event=Contact', 'event_id=p6', 'url=https://shop.example/', 'email=clear.mail%40person.example', 'phone=%2B4915155554444')),
    '204 queued granted', 'a form';
  is $t->post('/form', 'email=clear.mail%40person.example&phone=%2B4915155554444', Cookie => 'consent=yes', Referer => 'https://shop.example/',
    'Content-Type' => 'application/x-www-form-urlencoded')->code, 200, 'a form for the shop';
  is_answer $t->beacon($event->('p7', page => {url => "https://shop.example/?email=$clear{email}&phone=$clear{phone}", referrer => "https://shop.example/$clear{email}"},
    properties => {description => "from $clear{email}", email => $clear{email}, phone => $clear{phone}})), '204 queued granted', 'in other places';
  is_answer $t->beacon($event->('p8', page => undef)), '204 queued granted', 'one that will be rejected';

  my $good = encode_json($event->('p9'));
  my %bad  = (
    'cut'         => substr($good, 0, -1),
    'garbage'     => "$good clear",
    'not UTF-8'   => $good =~ s/clear/clear\xff/r,
    'number'      => $good =~ s/"customer/0001"customer/r,
    'no event'    => $good =~ s/Purchase//r,
    'object name' => $good =~ s/"event":"Purchase"/"event":{"$clear{email}":1}/r,
    'too large'   => $good . ' ' x 65_536,
    'twice'       => "event=Contact&email=$clear{email}&email=$clear{email}",
  );
  for my $name (sort keys %bad) {
    my $response = $t->beacon($bad{$name});
    is_error $response, ($name eq 'too large' ? 413 : 400) . ' invalid granted' . ($name =~ /event|object/ ? ' event' : ''), $name;
    unlike $response->to_string, qr/clear/i, "$name: the answer does not repeat it";
  }
  my $c = $t->connect->write(Test::TikTok::HTTP::format_request(POST => '/e', '', Cookie => 'consent=yes', 'Content-Length' => 5000), $good);
  $t->get('/');
  $c->close;
  $t->wait_log(qr/prematurely closed connection/);

  is $t->status->{pixels}[0]{queue}{events}, 7, 'seven events rest in the queue';
  my $digest = sha256_hex($clear{external_id});
  is_deeply [files_with($t->dir, 'token', @texts, Test::TikTok::TOKEN)], [], 'nothing clear while they rest';
  like join(' ', files_with($t->dir, 'token', $digest)), qr{queue/}, 'but their digests';

  $t->sandbox->start;
  $t->wait_status(sub ($s) { !$s->{pixels}[0]{queue}{events} });
  my $seen = by_id($t, 6);
  is_deeply [map { /\A[0-9a-f]{32}\z/ ? 'of the form' : $_ } sort keys %$seen], ['of the form', qw(p1 p2 p5 p6 p7)], 'all arrive';
  unlike encode_json($seen), qr/clear/i, 'with nothing clear';
  is $t->status->{pixels}[0]{queue}{rejected}, 1, 'one is rejected';
  $t->stop;
  is_deeply [files_with($t->dir, 'token', @texts)], [], 'nothing clear on any disk, in any log';
  is_deeply [files_with($t->dir, 'token', Test::TikTok::TOKEN)], [], 'nor the token';
  like join(' ', files_with($t->dir, 'token', $digest)), qr/CTESTPIXEL0000000001\.rejected/, 'the rejected one is there as a digest';

  my $said = join '', map { "$_\n" } qx(@{[Test::TikTok::binary()]} -p ${\ $t->dir }/ -e stderr -c ${\ $t->dir }/nginx.conf -T 2>&1);
  like $said, qr/tiktok_access_token_file/, 'nginx -T shows the configuration';
  unlike $said, qr/\Q${\ Test::TikTok::TOKEN }/, 'and not the token';
  ok $t->grep_log(qr/ \[debug\] .*http request line/), 'although everything is logged';
  $t->finish;
};

subtest 'addresses and texts' => sub {
  my $t = Test::TikTok->new(sandbox => 1)->conf(server => $REALIP)->start;
  my $url = 'https://shop.example';
  my @cases = (    # in, out, what is counted
    ["$url/?email=a%40b.example&x=1",                  "$url/?email=&x=1",                1],
    ["$url/?x=1&Phone=%2B49151&y=2",                   "$url/?x=1&Phone=&y=2",            1],
    ["$url/?token=abc&tel=1&mail=m&password=p",        "$url/?token=&tel=&mail=&password=", 4],
    ["$url/?first_name=J&last_name=D#token=t&a=b",     "$url/?first_name=&last_name=#token=&a=b", 3],
    ["$url/?e%6Dail=x",                                "$url/?e%6Dail=",                  1],
    ["$url/?email=",                                   "$url/?email=",                    0],
    ["$url/?tokens=1&emails=2&my_phone=3",             "$url/?tokens=1&emails=2&my_phone=3", 0],
    ["$url/?q=jane\@example.com&x=1",                  "$url/?q=&x=1",                    1],
    ["$url/?q=jane%2540example.com",                   "$url/?q=",                        1],
    ["$url/?q=a\@b",                                   "$url/?q=a\@b",                    0],
    ["$url/u/jane\@example.com/orders?x=1",            "$url/u//orders?x=1",              1],
    ["$url/#/reset?token=1&x=2",                       "$url/#/reset?token=&x=2",         1],
    ["https://jane:pw\@shop.example/?x=1",             "$url/?x=1",                       1],
    ["$url/?ttclid=E.C.P.1&utm_source=tiktok",         "$url/?ttclid=E.C.P.1&utm_source=tiktok", 0],
    ["$url/?" . 'x' x 9000,                            "$url/",                           1],
  );
  my $left = sub { return $t->status->{pixels}[0]{left_out} };
  my $n = 0;
  for my $case (@cases) {
    for my $field (qw(url referrer)) {
      my $before = $left->()->{url};
      my %page   = (url => $url, $field => $case->[0]);
      is_answer $t->beacon({event => 'Search', event_id => "$field-$n", page => \%page}, @PUBLIC), '204 queued granted', substr "$field $case->[0]", 0, 80;
      is $left->()->{url} - $before, $case->[2], 'what is emptied is counted';
    }
    $n++;
  }
  my $before = $left->();
  my %texts = (
    description => 'ask jane@example.com', query => 'jane%40example.com', order_id => 'jane@example.com', content_ids => ['a', 'b@c.example'], email => 'x',
    own => {phone => 1, a => 'me@x.example', keep => '@home'}, search_string => 'socks @ home', contents => [{content_id => '1', content_name => 'Dear a@b.example'}],
  );
  is_answer $t->beacon({event => 'Search', event_id => 'jane@example.com', properties => \%texts}, Referer => "$url/?token=secret", @PUBLIC), '204 queued granted', 'texts';
  my $after = $left->();
  is_deeply {map { $_ => $after->{$_} - $before->{$_} } keys %$after}, {email => 0, phone => 0, ip => 0, currency => 0, url => 1, text => 9, user => 0}, 'are counted';

  my $seen = by_id($t, 2 * @cases + 1);
  for my $i (0 .. $#cases) {
    for my $field (qw(url referrer)) {
      is delete($seen->{"$field-$i"})->{page}{$field}, $cases[$i][1], substr "$field: $cases[$i][1]", 0, 80;
    }
  }
  my ($event) = values %$seen;
  is $event->{page}{url}, "$url/?token=", 'the Referer is a URL, too';
  like $event->{event_id}, qr/\A[0-9a-f]{32}\z/, 'an address is no id';
  is_deeply $event->{properties}, {content_ids => ['a'], own => {keep => '@home'}, search_string => 'socks @ home', contents => [{content_id => '1'}], content_type => 'product'}, 'the rest goes on';
  $t->finish;
};

done_testing;
