package Bench::Rules;

# a page through proxy_pass, where two rules are asked that do not hold

use v5.36;

use Bench qw(compare instructions nginx port queue_dir stop write_file);

use constant AGENT  => 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0';
use constant COOKIE => '_ttp=2abcDEFghiJKLmnoPQRstuVWxyz; OptanonConsent=groups=C0004%3A1&interactionCount=2';
use constant WHAT => 'a proxied request where two rules do not hold';

sub run ($class) {
  my $queue = queue_dir();
  write_file('request.lua', request());
  write_file('page.html',   'x' x 4000);
  nginx('shop', http => <<~"CONF");
    server { listen 127.0.0.1:${\ port('shop') }; root %%DIR%%; }
    CONF
  my %conf = (module => 1, http => <<~"CONF");
    tiktok_queue $queue;
    map \$request_method \$posted { POST \$ordered; }
    map "\$request_method:\$status:\$sent_http_location" \$ordered {
        "~^POST:30[23]:.*/thank-you\\?order=(?<order_no>[0-9]+)" 1;
    }
    upstream shop { server 127.0.0.1:${\ port('shop') }; keepalive 32; }
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    server {
        listen 127.0.0.1:${\ port('http') };
        tiktok_access_token_file %%DIR%%/token;
        tiktok_consent onetrust;
        tiktok_send /api;
        tiktok_pixel CBENCH;
        location = /plain { proxy_pass http://shop/page.html; }
        location = /rules { proxy_pass http://shop/page.html;
                            tiktok_event Purchase if=\$posted order_id=\$order_no; tiktok_event Search if=\$arg_q query=\$arg_q; }
        location = /regex { proxy_pass http://shop/page.html;
                            tiktok_event Purchase if=\$ordered order_id=\$order_no; tiktok_event Search if=\$arg_q query=\$arg_q; }
        location = /none  { proxy_pass http://shop/page.html; tiktok_event Purchase if=0; tiktok_event Search if=0; }
        location = /off   { proxy_pass http://shop/page.html; tiktok_pixel off; }
        location = /api   { internal; }
    }
    CONF
  nginx('nginx', %conf);
  compare('two rules, against a pixel alone', 'request.lua', '/plain', '/rules');
  compare('two rules and a pixel, against nothing', 'request.lua', '/off', '/rules');
  stop('nginx');
  counted(%conf);
}

# throughput does not show so little: instructions do
sub counted (%conf) {
  my $request = "GET %s HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: @{[ AGENT ]}\r\nCookie: @{[ COOKIE ]}\r\n\r\n";
  my ($plain, %count);
  ($plain, @count{qw(none rules regex)}) = instructions(\%conf, $request, qw(/plain /none /rules /regex)) or return say 'instructions: no valgrind';
  printf "instructions outside the kernel: %d with a pixel alone; two rules are\n", $plain;
  printf "  %5d more, %s\n", $count{$_->[0]} - $plain, $_->[1]
    for ['none', 'if=0'], ['rules', 'if= a map of the method, and an argument'], ['regex', 'if= a map with a regular expression, and an argument'];
}

sub request () {
  return <<~"LUA";
    local headers = { ["User-Agent"] = "${\ AGENT }", ["Cookie"] = "${\ COOKIE }" }
    request = function() return wrk.format("GET", os.getenv("BENCH_URI"), headers) end
    LUA
}

1;
