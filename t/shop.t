# a shop in PHP behind nginx, not changed at all: rules that look into forms, JSON and answers

use v5.36;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use lib dirname(abs_path(__FILE__)) . '/lib';

use Compress::Zlib qw(memGzip);
use Digest::MD5    qw(md5_hex);
use Digest::SHA    qw(sha256_hex);
use IO::Socket::INET;
use Mojo::JSON     qw(decode_json encode_json);
use Test::More;
use Test::TikTok;
use Test::TikTok::Capture qw(by_id counted is_answer);

use constant SHOP => "$Test::TikTok::TOP/t/shop";

my @GRANTED = (Cookie => 'consent=yes', Referer => 'http://shop.example/product/LAMP-01');
my @FORM    = ('Content-Type' => 'application/x-www-form-urlencoded');
my @JSON    = ('Content-Type' => 'application/json; charset=utf-8');

my $t = Test::TikTok->new(sandbox => 1);
mkdir $t->dir . '/shop';
chmod 0777, $t->dir . '/shop';
my $php = $t->php;

my $fastcgi = "fastcgi_pass unix:${\ $php->socket }; include /etc/nginx/fastcgi_params; fastcgi_param SCRIPT_FILENAME ${\ SHOP }/index.php; "
  . 'fastcgi_param SHOP_DIR %%DIR%%/shop;';

# an upstream that the test itself is, byte by byte
my $listener = IO::Socket::INET->new(Listen => 5, LocalAddr => '127.0.0.1', LocalPort => $t->port('pipe')) or die "listen: $!\n";

$t->conf(
  h2   => 1,
  http => <<'CONF',
log_format shop '$http_x_case|$tiktok_result|$tiktok_event_id';
map "$request_method:$uri:$status:$sent_http_location" $ordered {
    "~^POST:.*:303:/thank-you\?order=(?<order_no>[0-9]+)" 1;
}
map "$request_method $request_uri $status" $carted { "~^POST /cart/add(\?.*)? 303$" 1; }
map "$request_method $request_uri $status" $joined { "~^POST /newsletter(\?.*)? 200$" 1; }
CONF
  # everything leaves "location /" by try_files, as in most shops
  server => <<"CONF",
access_log %%DIR%%/shop.log shop;
root ${\ SHOP };
tiktok_event Purchase if=\$ordered order_id=\$order_no email=\$email phone=\$phone;
tiktok_event AddToCart if=\$carted content_ids=\$sku properties.quantity=\$quantity;
tiktok_event CompleteRegistration if=\$joined email=\$email description=\$from;
tiktok_request_value \$email email;
tiktok_request_value \$phone "billing[phone]";
tiktok_request_value \$sku sku;
tiktok_request_value \$quantity quantity;
tiktok_request_value \$from from;
CONF
  '/'             => 'try_files $uri /index.php$is_args$args;',
  '= /index.php'  => $fastcgi,
  '/api/'         => <<"CONF",
$fastcgi
tiktok_request_value \$email customer.email;
tiktok_request_value \$phone customer.phone;
tiktok_request_value \$skus items.*.sku;
tiktok_response_value \$order order.id;
tiktok_response_value \$total order.total;
tiktok_response_value \$currency order.currency;
tiktok_response_value \$lines order.lines;
tiktok_response_value \$note order.note;
tiktok_event Purchase if=\$order order_id=\$order value=\$total currency=\$currency contents=\$lines email=\$email phone=\$phone properties.note=\$note content_ids=\$skus;
CONF
  '= /hook'       => 'tiktok_beacon trusted;',
  '= /api/off'    => "$fastcgi tiktok_event Purchase if=0; tiktok_response_value \$order order.id; tiktok_pixel off;",
  '= /api/paid'   => "$fastcgi tiktok_response_value \$paid order.paid; tiktok_event Subscribe if=\$paid;",
  '= /api/ok'     => "$fastcgi tiktok_response_value \$ok ok; tiktok_event Subscribe if=\$ok;",
  '= /filed'      => "$fastcgi client_body_in_file_only clean; client_body_buffer_size 1k; tiktok_event Lead email=\$email;",
  '= /piped'      => 'proxy_request_buffering off; proxy_buffering off; proxy_http_version 1.1; proxy_pass http://127.0.0.1:%%PORT_pipe%%; '
    . 'tiktok_response_value $order id; tiktok_event Purchase if=$order order_id=$order email=$email;',
  '= /streamed'   => "$fastcgi fastcgi_request_buffering off; tiktok_event Lead email=\$email;",
  '= /api/checkout/unbuffered' => "$fastcgi fastcgi_param REQUEST_URI /api/checkout; fastcgi_buffering off; tiktok_response_value \$order order.id; tiktok_event Purchase if=\$order order_id=\$order;",
  # an answer that goes through a file of nginx's
  servers => <<"CONF",
server {
    listen 127.0.0.1:%%PORT_slow%% sndbuf=8k;
    server_name shop.example;
    access_log %%DIR%%/shop.log shop;
    tiktok_pixel ${\ Test::TikTok::PIXEL }; tiktok_access_token_file %%DIR%%/token; tiktok_consent cookie consent yes; tiktok_send /_tiktok/api;
    sendfile on;
    location / {
        $fastcgi
        fastcgi_buffers 2 4k; fastcgi_busy_buffers_size 4k;
        tiktok_beacon_limits body=1m;
        tiktok_response_value \$order order.id;
        tiktok_event Purchase if=\$order order_id=\$order;
    }
}
CONF
)->start;

my $case = 0;
sub answer ($method, $uri, $body, @headers) {
  my $name     = 'c' . ++$case;
  my $response = $t->request($method, $uri, $body, @headers, 'X-Case' => $name);
  my $line;
  $t->wait_until("$name in the log", sub { ($line) = $t->slurp('shop.log') =~ /^$name\|(.*)$/m });
  return ($response, split /\|/, $line // '');
}
sub result (@request) { return (answer(@request))[1] }

my $arrived = 0;
sub event ($id) {
  my $seen;
  $t->wait_until("$id at the sandbox", sub { ($seen) = map { $_->{event}{event_id} eq $id ? $_->{event} : () } $t->sandbox_events });
  return $seen;
}

# what PHP has got of the last body
sub shop_got () { return (split /\n/, $t->slurp('shop/seen'))[-1] }

subtest 'a form, and a redirect after it' => sub {
  my $form = 'email=Jane.Doe%40Example.com&billing%5Bphone%5D=%2B49+151+23456789&name=Jane';
  my ($response, $result, $id) = answer(POST => '/checkout', $form, @GRANTED, @FORM);
  is $response->code, 303, 'the shop redirects';
  my ($order) = $response->headers->location =~ /order=(\d+)/;
  is $result, 'queued', 'an order';
  is $id, "order.$order", 'with its number';
  is shop_got(), length($form) . ' ' . md5_hex($form) . ' {"email":"Jane.Doe@Example.com","billing":{"phone":"+49 151 23456789"},"name":"Jane"}', 'the shop has what was sent';
  my $event = event($id);
  is $event->{user}{email}, sha256_hex('jane.doe@example.com'), 'the e-mail address, from the form';
  is $event->{user}{phone}, sha256_hex('+4915123456789'), 'and the telephone';
  is $event->{page}{url}, 'http://shop.example/product/LAMP-01', 'the page it came from';

  is result(POST => '/checkout', 'email=none', @GRANTED, @FORM), '-', 'a form with a mistake';
  is result(POST => '/checkout', $form, Cookie => 'consent=no', @FORM), 'denied', 'no consent';
  is result(GET => "/thank-you?order=$order", undef, @GRANTED), '-', 'the page after it is no order';
};

subtest 'the cart' => sub {
  counted($t);
  my ($response, $result, $id) = answer(POST => '/cart/add', 'sku=LAMP-01&quantity=2', @GRANTED, @FORM);
  is $result, 'queued', 'something in the cart';
  is_deeply event($id)->{properties}{content_ids}, ['LAMP-01'], 'what it is';
  is event($id)->{properties}{quantity}, 2, 'and how many';
  is result(POST => '/cart/add', 'sku=NONE', @GRANTED, @FORM), '-', 'what the shop has not';
  is result(GET => '/cart', undef, @GRANTED), '-', 'to look is not to buy';

  my $b = '----WebKitFormBoundaryABC123';
  my $multipart = join '', map {"--$b\r\nContent-Disposition: form-data; name=\"$_->[0]\"\r\n\r\n$_->[1]\r\n"} ['sku', 'CUP-02'], ['quantity', 3];
  ($response, $result, $id) = answer(POST => '/cart/add', "$multipart--$b--\r\n", @GRANTED, 'Content-Type' => "multipart/form-data; boundary=$b");
  is $result, 'queued', 'by a multipart form';
  is_deeply event($id)->{properties}{content_ids}, ['CUP-02'], 'which is looked into, too';
};

subtest 'a lead' => sub {
  my (undef, $result, $id) = answer(POST => '/newsletter?from=foot+of+page', 'email=a%40b.example', @GRANTED, @FORM);
  is $result, 'queued', 'a form that the shop has taken';
  my $event = event($id);
  is $event->{event}, 'CompleteRegistration', 'is a registration';
  is $event->{user}{email}, sha256_hex('a@b.example'), 'of that address';
  is $event->{properties}{description}, 'foot of page', 'and an argument of the query, decoded';
  is result(POST => '/newsletter', 'email=nothing', @GRANTED, @FORM), '-', 'one that it has not';
};

my $order = {customer => {email => 'jane@example.com', phone => '+4915123456789'}, items => [{sku => 'LAMP-01', quantity => 1}, {sku => 'CUP-02', quantity => 2}]};

subtest 'a JSON API' => sub {
  my ($response, $result, $id) = answer(POST => '/api/checkout', encode_json($order), @GRANTED, @JSON);
  is $response->code, 201, 'the shop answers';
  is $result, 'queued', 'an order';
  is $id, "order.${\ $response->json->{order}{id} }", 'with the number of the answer';
  my $event = event($id);
  is $event->{user}{email}, sha256_hex('jane@example.com'), 'the e-mail address, from the request';
  delete $event->{properties}{content_type};
  is_deeply $event->{properties}, {order_id => $response->json->{order}{id}, value => 137.9, currency => 'EUR', content_ids => ['LAMP-01', 'CUP-02'],
    contents => [{content_id => 'LAMP-01', quantity => 1, price => 89.9}, {content_id => 'CUP-02', quantity => 2, price => 24}]}, 'the rest of the answer';

  is result(POST => '/api/checkout', 'no JSON', @GRANTED, @JSON), '-', 'a mistake';
  is result(POST => '/api/paid', encode_json($order), @GRANTED, @JSON), '-', 'false is false';
  is result(POST => '/api/checkout', encode_json($order), Cookie => 'consent=no', @JSON), '-', 'without consent nothing is looked into';
  is result(POST => '/api/checkout', encode_json($order), @GRANTED, 'Content-Type' => 'text/plain;charset=UTF-8'), 'queued', 'what fetch() says of a string';
};

subtest 'one purchase, from all sides' => sub {
  my ($response, $result, $id) = answer(POST => '/api/checkout', encode_json($order), @GRANTED, @JSON);
  my $number = $response->json->{order}{id};
  is "$result $id", "queued order.$number", 'the order API, by a rule: an e-mail address and a telephone';
  my %order  = (event => 'Purchase', page => {url => 'http://shop.example/thank-you'}, properties => {order_id => $number, value => 137.9, currency => 'EUR'});
  my %hook   = (%order, event => 'CompletePayment', consent => 'granted');
  my $beacon = sub ($event, $cookies = {}) { return $t->beacon($event, cookies => {consent => 'yes', %$cookies}) };
  my $hook   = sub (%more) { return $t->beacon({%hook, %more}, uri => '/hook', cookies => undef) };
  counted($t);
  is_answer $beacon->(\%order), '204 duplicate granted', 'the thank-you page, which knows nobody';
  is_answer $hook->(), '204 duplicate granted', 'the webhook, which knows nobody either';
  is_answer $hook->(user => {email => 'Jane@example.com'}), '204 duplicate granted', 'or only what the rule has told';
  is_answer $beacon->({%order, event_id => "order.$number", user => {phone => '+49 151 23456789'}}, {_ttp => 'jane'}), '204 queued granted', 'the script has a cookie more';
  is_answer $beacon->(\%order, {_ttp => 'jane'}), '204 duplicate granted', 'which then is known, too';
  is_answer $hook->(user => {external_id => 'cust-1', phone => '+4915123456789'}), '204 queued granted', 'the webhook knows the customer';
  is_answer $hook->(user => {email => 'jane@example.com', external_id => 'cust-1', ttp => 'jane'}), '204 duplicate granted', 'and then nobody knows more';
  is_answer $hook->(user => {email => 'joe@example.com'}), '204 queued granted', 'somebody else is not known';
  is_answer $hook->(user => {email => $_}), '204 duplicate granted', 'and then both are' for 'joe@example.com', 'jane@example.com';
  is counted($t), 'duplicate=7 queued=3', 'each is counted';
  my @seen;
  $t->wait_until('all four', sub { @seen = grep { $_->{event_id} eq "order.$number" } map { $_->{event} } $t->sandbox_events; @seen == 4 });
  is_deeply [sort map { $_->{event} } @seen], [qw(CompletePayment CompletePayment Purchase Purchase)], 'all under one id';
};

subtest 'answers that are not as they should be' => sub {
  my $unread = sub { return $t->status->{pixels}[0]{unread} };
  my $ask = sub ($as, @more) { return answer(POST => "/api/checkout?as=$as", encode_json($order), @GRANTED, @JSON, @more) };
  my $was = $unread->();

  my ($response, $result) = $ask->('chunked');
  is $result, 'queued', 'in many pieces';
  ($response, $result) = $ask->('long');
  is $result, 'queued', 'nearly too long';
  is length $response->body, 60_000 + length $response->body =~ s/\A +//r, 'and whole';
  is_deeply $unread->(), $was, 'all were looked into';

  my %cases = (broken => 'broken', gzip => 'compressed', huge => 'too_large');
  for my $as (sort keys %cases) {
    ($response, $result) = $ask->($as);
    is $response->code, 201, "$as: the shop's answer goes its way";
    is $result, '-', 'and is no order';
    is $unread->()->{$cases{$as}}, $was->{$cases{$as}} + 1, "counted as $cases{$as}";
  }
  is length(($ask->('huge'))[0]->body) > 200_000, 1, 'and is whole';
  is decode_json(Compress::Zlib::memGunzip(($ask->('gzip'))[0]->body))->{ok}, 1, 'also compressed';
  is scalar($t->grep_log(qr/\[warn\] .*the answer is compressed.*Accept-Encoding/)), 1, 'what can be done is said, once';
  is scalar($t->grep_log(qr/\[info\] .*the answer is compressed/)), 1, 'and then to those who want to hear it';
  is scalar($t->grep_log(qr/\[warn\] .*the answer is larger than body=65536/)), 1, 'also of what is too large';
  is scalar($t->grep_log(qr/\[warn\] .*the answer is not what it says/)), 1, 'and of what is broken';
  $was = $unread->();
  is(($ask->('html'))[1], '-', 'HTML is no JSON');
  is_deeply $unread->(), $was, 'and does not pretend to be';
};

subtest 'requests that are not as they should be' => sub {
  my $was = $t->status->{pixels}[0]{unread};
  my $lead = sub ($body, @headers) { return answer(POST => '/newsletter', $body, @GRANTED, @headers) };
  my $big = 'email=a%40b.example&x=' . 'x' x 100_000;
  is(($lead->($big, @FORM))[1], 'queued', 'a form that is too large is still one');
  like shop_got(), qr/\A${\ length $big } ${\ md5_hex $big } /, 'and whole for the shop';
  is $t->status->{pixels}[0]{unread}{too_large}, $was->{too_large} + 1, 'but nobody looks into it';

  for my $length (30, 65_536 - length 'email=c%40b.example&x=') {
    my $body = 'email=c%40b.example&x=' . 'x' x $length;
    my @chunks = $body =~ /(.{1,1000})/gs;
    my $c = $t->connect->write("POST /newsletter HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: Mozilla/5.0\r\nX-Case: chunked$length\r\nCookie: consent=yes\r\nReferer: http://shop.example/\r\n"
      . "Content-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n", map({ sprintf "%x\r\n%s\r\n", length $_, $_ } @chunks), "0\r\n\r\n");
    is $c->response->code, 200, "in chunks of 1000, $length and a bit";
    my $id;
    $t->wait_until('the log', sub { ($id) = $t->slurp('shop.log') =~ /^chunked$length\|queued\|(.*)$/m });
    is event($id)->{user}{email}, sha256_hex('c@b.example'), 'is looked into';
    like shop_got(), qr/\A${\ length $body } ${\ md5_hex $body } /, 'and whole for the shop';
  }

  my (undef, $result, $id) = $lead->('email=d%40b.example&email=e%40b.example&broken=%zz%&=&&e', @FORM);
  is event($id)->{user}{email}, sha256_hex('e@b.example'), 'the last of a name, as for PHP';
  ok !$t->grep_log(qr/(?:jane|[a-e]\@b\.example|23456789)/i), 'no identifier is in the log';
};

subtest 'answers on other ways' => sub {
  my ($response, $result, $id) = answer(POST => '/api/checkout/unbuffered', encode_json($order), @GRANTED, @JSON);
  is $result, 'queued', 'without buffers';
  is $id, "order.${\ $response->json->{order}{id} }", 'with its number';

  my $body = encode_json($order);
  my $c = $t->connect(port => 'slow');
  setsockopt $c->socket, Socket::SOL_SOCKET(), Socket::SO_RCVBUF(), pack 'i', 8192;
  $c->write("POST /api/checkout?as=long&blanks=900000 HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: Mozilla/5.0\r\nX-Case: slow\r\nCookie: consent=yes\r\n"
    . "Content-Type: application/json\r\nContent-Length: ${\ length $body }\r\n\r\n$body");
  ok $t->wait_log(qr/an upstream response is buffered to a temporary file/), 'through a file';
  $response = $c->response;
  is length $response->body =~ s/\A +//r, length($response->body) - 900_000, 'is whole';
  $t->wait_until('the log', sub { ($result) = $t->slurp('shop.log') =~ /^slow\|(.*?)\|/m });
  is $result, 'queued', 'and was looked into';
};

subtest 'uploads' => sub {
  for my $uri ('/upload', '/streamed') {
    my $body = join '', map { chr $_ % 256 } 1 .. 300_000;
    my ($response) = answer(POST => $uri, $body, @GRANTED, 'Content-Type' => 'application/octet-stream');
    like shop_got(), qr/\A${\ length $body } ${\ md5_hex $body } /, "$uri: it is whole";
  }
  my (undef, $result, $id) = answer(POST => '/streamed', 'email=f%40b.example', @GRANTED, @FORM);
  is event($id)->{user}{email}, sha256_hex('f@b.example'), 'an unbuffered request is looked into as it passes';
  like shop_got(), qr/f\@b\.example/, 'and reaches the shop';
};

subtest 'forms on other ways' => sub {
  my $form = 'email=g%40b.example&x=' . 'x' x 5000;
  my $is = sub ($what, $email, @line) {
    my ($result, $id) = @line;
    is $result, 'queued', $what;
    is event($id)->{user}{email}, sha256_hex($email), 'is looked into';
    like shop_got(), qr/\A${\ length $form } ${\ md5_hex $form } /, 'and whole for the shop';
  };
  my $line = sub ($name) {
    my $line;
    $t->wait_until("$name in the log", sub { ($line) = $t->slurp('shop.log') =~ /^$name\|(.*)$/m });
    return split /\|/, $line // '';
  };
  $is->('in a file of nginx\'s', 'g@b.example', (answer(POST => '/filed', $form, @GRANTED, @FORM))[1, 2]);

  for my $case (['/newsletter', length $form], ['/newsletter', undef], ['/streamed', length $form]) {
    my ($uri, $length) = @$case;
    my $name = 'h2' . $uri . ($length // 'none');
    $form =~ s/=\w/=h/;
    is $t->h2(POST => $uri, $form, @GRANTED, @FORM, 'Content-Length' => $length, 'X-Case' => $name)->code, 200, "HTTP/2, $uri, " . ($length ? 'with its length' : 'without');
    $is->('the form', 'h@b.example', $line->($name));
  }

  my $c = $t->connect->write("POST /newsletter HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: Mozilla/5.0\r\nX-Case: expect\r\nCookie: consent=yes\r\nReferer: http://shop.example/\r\n"
    . "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: ${\ length $form }\r\nExpect: 100-continue\r\n\r\n");
  like $c->bytes, qr{\AHTTP/1.1 100 Continue\r\n\r\n\z}, 'nginx asks for it';
  is $c->write($form)->response->code, 200, 'after 100-continue';
  $is->('the form', 'h@b.example', $line->('expect'));
};

subtest 'nothing is held back' => sub {
  my $c = $t->connect->write("POST /piped HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: Mozilla/5.0\r\nX-Case: piped\r\nCookie: consent=yes\r\nReferer: http://shop.example/\r\n"
    . "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 19\r\n\r\n", 'email=i%4');
  my $shop = $listener->accept;
  close $listener;
  my $got  = '';
  my $read = sub ($until) { $t->wait_until("$until at the shop", sub { sysread $shop, $got, 65_536, length $got; $got =~ /$until/ }) };
  ok $read->(qr/\r\n\r\nemail=i%4\z/), 'the shop has the first half of a form before there is a second one';
  $c->write('0b.example');
  ok $read->(qr/%40b\.example\z/), 'and then that';
  print {$shop} "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"id\"\r\n";
  my $answer = '';
  ok $t->wait_until('half an answer', sub { $answer .= $c->bytes // ''; $answer =~ /\{"id"/ }), 'the visitor has the first half of an answer before there is a second one';
  print {$shop} "9\r\n: \"P-77\"}\r\n0\r\n\r\n";
  ok $t->wait_until('the answer', sub { $answer .= $c->bytes // ''; $answer =~ /P-77"\}\r\n0/ }), 'and then that';
  my $line;
  $t->wait_until('the log', sub { ($line) = $t->slurp('shop.log') =~ /^piped\|(.*)$/m });
  is $line, 'queued|order.P-77', 'both were looked into';
  is event('order.P-77')->{user}{email}, sha256_hex('i@b.example'), 'as a whole';
};

subtest 'the beacon beside it' => sub {
  my $was = $t->status->{pixels}[0]{unread};
  my $c = $t->connect->write("POST /e HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: Mozilla/5.0\r\nCookie: consent=yes\r\nContent-Type: application/json\r\n"
    . "Transfer-Encoding: chunked\r\n\r\n", map({ sprintf "%x\r\n%s\r\n", 10_000, ' ' x 10_000 } 1 .. 7), "0\r\n\r\n");
  is $c->response->code, 413, 'a beacon that is too large';
  is_deeply $t->status->{pixels}[0]{unread}, $was, 'is no body for rules: nobody makes a second copy of it';
};

like counted($t), qr/\binvalid=1\b/, 'nothing else was invalid';
$t->finish;
done_testing;
