package Bench::Rules;

# a page through proxy_pass, where two rules are asked that do not hold

use v5.36;

use Bench qw(compare nginx port queue_dir write_file);

use constant WHAT => 'a proxied request where two rules do not hold';

sub run ($class) {
  my $queue = queue_dir();
  write_file('request.lua', request());
  write_file('page.html',   'x' x 4000);
  nginx('shop', http => <<~"CONF");
    server { listen 127.0.0.1:${\ port('shop') }; root %%DIR%%; }
    CONF
  nginx('nginx', module => 1, http => <<~"CONF");
    tiktok_queue $queue;
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
                            tiktok_event Purchase if=\$ordered order_id=\$order_no; tiktok_event Search if=\$arg_q query=\$arg_q; }
        location = /off   { proxy_pass http://shop/page.html; tiktok_pixel off; }
        location = /api   { internal; }
    }
    CONF
  compare('two rules, against a pixel alone', 'request.lua', '/plain', '/rules');
  compare('two rules and a pixel, against nothing', 'request.lua', '/off', '/rules');
}

sub request () {
  return <<~'LUA';
    local headers = {
      ["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
      ["Cookie"] = "_ttp=2abcDEFghiJKLmnoPQRstuVWxyz; OptanonConsent=groups=C0004%3A1&interactionCount=2"
    }
    request = function() return wrk.format("GET", os.getenv("BENCH_URI"), headers) end
    LUA
}

1;
