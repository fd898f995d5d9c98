package Bench::Inject;

# a page of 100 kB through proxy_pass, with the script's tag put into it

use v5.36;

use Bench qw(compare nginx port queue_dir write_file);

use constant WHAT => 'a proxied page of 100 kB with the tag put into it';

sub run ($class) {
  my $queue = queue_dir();
  write_file('request.lua', request());
  write_file('page.html',   page());
  nginx('shop', http => <<~"CONF");
    sendfile on;
    server { listen 127.0.0.1:${\ port('shop') }; root %%DIR%%; }
    CONF
  nginx('nginx', module => 1, http => <<~"CONF");
    tiktok_queue $queue;
    upstream shop { server 127.0.0.1:${\ port('shop') }; keepalive 32; }
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_buffers 16 8k;
    server {
        listen 127.0.0.1:${\ port('http') };
        tiktok_access_token_file %%DIR%%/token;
        tiktok_consent onetrust;
        tiktok_send /api;
        location = /plain  { proxy_pass http://shop/page.html; }
        location = /sub    { proxy_pass http://shop/page.html;
                             sub_filter '</head>' '<script src="/_t/s.js" async></script></head>'; }
        location = /inject { proxy_pass http://shop/page.html; tiktok_pixel CBENCH; tiktok_inject /_t/s.js; }
        location = /api    { internal; }
    }
    CONF
  compare('tiktok_inject and a pixel, against nothing', 'request.lua', '/plain', '/inject');
  compare('sub_filter doing the same, against nothing', 'request.lua', '/plain', '/sub');
  compare('tiktok_inject and a pixel, against sub_filter', 'request.lua', '/sub', '/inject');
}

# as shops' pages are: metadata, styles and scripts in the head, and rows of products
sub page () {
  my $head = join '', map { qq(<meta property="og:image:$_" content="https://shop.example/images/$_.jpg">\n<link rel="preload" as="image" href="/images/$_.webp">\n) } 1 .. 20;
  my $code = join '', map { qq(window.settings = window.settings || {}; if (a < b && c) { settings.item$_ = "value $_"; }\n) } 1 .. 60;
  my $css  = join '', map { qq(.product-$_ > a:hover { color: #12345$_; margin: 0 auto; padding: 1em }\n) } 1 .. 60;
  my $page = "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>Shop</title>\n$head<script>\n$code</script>\n<style>\n$css</style>\n</head>\n<body>\n";
  my $row = 0;
  while (length $page < 100_000 - 200) {
    $row++;
    $page .= qq(<div class="product"><a href="/product/$row"><img src="/images/$row.webp" alt="Product $row"></a><p>A thing, number $row</p></div>\n);
  }
  return "$page</body>\n</html>\n";
}

sub request () {
  return <<~'LUA';
    local headers = {
      ["User-Agent"] = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 "
        .. "(KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1",
      ["Cookie"] = "_ttp=2abcDEFghiJKLmnoPQRstuVWxyz; cart=3f0c1f0e9a; OptanonConsent=isGpcEnabled=0"
        .. "&datestamp=Wed+Dec+03+2025+14%3A57%3A50+GMT&version=202510.2.0&interactionCount=2"
        .. "&groups=C0001%3A1%2CC0002%3A1%2CC0003%3A1%2CC0004%3A1&AwaitingReconsent=false"
    }
    request = function() return wrk.format("GET", os.getenv("BENCH_URI"), headers) end
    LUA
}

1;
