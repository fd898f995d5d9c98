package Bench::Beacon;

# a beacon against "return 204" on the very same requests

use v5.36;

use Bench qw(compare nginx port queue_dir write_file);

use constant WHAT => 'a beacon against "return 204" on the same request';

sub run ($class) {
  write_file('request.lua', request());
  my @uris = ('/204', '/e');
  start('retry_min=12h retry_max=12h', port('nobody'));
  compare('beacon, queued on disk, delivery held, against "return 204"', 'request.lua', @uris);
  sink(port('sink'));
  start('batch=500 rate=100000', port('sink'));
  compare('the same with delivery to a sink on this machine', 'request.lua', @uris);
}

# a batch is larger than what "return" would discard in memory
sub sink ($port) {
  nginx('sink', http => <<~"CONF");
    client_max_body_size 0;
    server {
        listen 127.0.0.1:$port;
        location / { return 200 '{"code":0,"message":"OK","request_id":"1","data":{}}'; }
    }
    CONF
}

sub start ($delivery, $sink) {
  my $queue = queue_dir();
  nginx('nginx', module => 1, http => <<~"CONF");
    tiktok_queue $queue size=8g;
    upstream sink { server 127.0.0.1:$sink; keepalive 16; }
    server {
        listen 127.0.0.1:${\ port('http') };
        tiktok_pixel CBENCH;
        tiktok_access_token_file %%DIR%%/token;
        tiktok_consent onetrust;
        tiktok_send /api;
        tiktok_delivery $delivery;
        location = /e   { tiktok_beacon; }
        location = /204 { return 204; }
        location = /api { internal; client_max_body_size 0; proxy_http_version 1.1; proxy_set_header Connection "";
                          proxy_pass http://sink; }
    }
    CONF
}

# a checkout of about 600 bytes with three identifiers, each with an id of its own
sub request () {
  return <<~'LUA';
    local n, salt, uri = 0, os.getenv("BENCH_SALT"), os.getenv("BENCH_URI")
    local headers = {
      ["Content-Type"] = "text/plain",
      ["User-Agent"] = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 "
        .. "(KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1",
      ["Accept-Language"] = "de-DE,de;q=0.9",
      ["Referer"] = "https://shop.example/checkout",
      ["Cookie"] = "_ttp=2abcDEFghiJKLmnoPQRstuVWxyz; cart=3f0c1f0e9a; OptanonConsent=isGpcEnabled=0"
        .. "&datestamp=Wed+Dec+03+2025+14%3A57%3A50+GMT&version=202510.2.0&interactionCount=2"
        .. "&landingPath=NotLandingPage&groups=C0001%3A1%2CC0002%3A1%2CC0003%3A1%2CC0004%3A1"
        .. "&AwaitingReconsent=false; OptanonAlertBoxClosed=2025-12-03T09:14:46.676Z"
    }
    local head = '{"event":"InitiateCheckout","event_id":"'
    local tail = '","page":{"url":"https://shop.example/checkout?step=2&utm_source=tiktok",'
      .. '"referrer":"https://shop.example/cart"},"user":{"email":"jane.doe@example.com",'
      .. '"phone":"+4915123456789","external_id":"cust-8842"},"properties":{"value":129.97,'
      .. '"currency":"EUR","content_type":"product","contents":[{"content_id":"SKU-1",'
      .. '"content_name":"A shirt, blue","content_category":"Shirts","brand":"Acme","quantity":1,'
      .. '"price":99.98},{"content_id":"SKU-22","content_name":"Socks","quantity":3,"price":9.99}],'
      .. '"description":"checkout"}}'

    -- a wrk that made them faster would only wait, and waking it is no work of the beacon's
    request = function()
      n = n + 1
      return wrk.format("POST", uri, headers, head .. salt .. n .. tail)
    end
    LUA
}

1;
