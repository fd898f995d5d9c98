package Bench::Others;

# the same work in other hands: JSON parsed, consent read from its cookie, three identifiers hashed, the event's JSON
# appended to a file. What only the module does (a strict reading, duplicates, cleaned URLs and amounts, a queue that
# survives, counters) they are spared.

use v5.36;

use FindBin qw($Bin);
use IO::Socket::INET;
use Time::HiRes qw(sleep);

use Bench qw(compare fail nginx port queue_dir run_command slurp spawn write_file);
use Bench::Beacon;

use constant WHAT => 'a beacon against the same work in OpenResty Lua, njs and Node';

my $code = "$Bin/lib/Bench/others";

sub run ($class) {
  packages();
  my $dir = Bench::dir();
  write_file('request.lua', Bench::Beacon::request());
  write_file("$_.events", '', 0666) for qw(lua njs node);
  start($dir, queue_dir());

  for my $other (['OpenResty Lua', '/lua', 'lua'], ['njs', '/njs', 'njs'], ['Node', 'node/', 'node']) {
    my ($name, $where, $file) = @$other;
    compare("a beacon, against $name", 'request.lua', $where, '/e');
    compare('"return 204", which does nothing, against it', 'request.lua', $where, '/204');
    good("$dir/$file.events", $name);
  }
}

sub start ($dir, $queue) {
  my $modules = '/usr/lib/nginx/modules';
  nginx('nginx', module => 1, main => <<~"MAIN", http => <<~"CONF");
    load_module $modules/ndk_http_module.so;
    load_module $modules/ngx_http_lua_module.so;
    load_module $modules/ngx_http_js_module.so;
    MAIN
    lua_package_path "$code/?.lua;;";
    js_path $code;
    js_import beacon from njs.mjs;
    tiktok_queue $queue size=8g;
    server {
        listen 127.0.0.1:${\ port('http') };
        tiktok_pixel CBENCH;
        tiktok_access_token_file %%DIR%%/token;
        tiktok_consent onetrust;
        tiktok_send /api;
        tiktok_delivery retry_min=12h retry_max=12h;
        location = /e   { tiktok_beacon; }
        location = /204 { return 204; }
        location = /lua { set \$events %%DIR%%/lua.events; content_by_lua_block { require("beacon")() } }
        location = /njs { set \$events %%DIR%%/njs.events; js_content beacon.beacon; }
        location = /api { internal; proxy_pass http://127.0.0.1:${\ port('nobody') }; }
    }
    CONF

  my $port = port('node');
  spawn('node', 'taskset', '-c', 0, 'node', "$code/node.mjs", $port, "$dir/node.events");
  my $tries = 0;
  until (IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port)) {
    $tries++ < 100 or fail('node does not listen');
    sleep 0.1;
  }
}

# the last event, whole and with three hashes
sub good ($file, $name) {
  my $last = run_command("tail -n 1 $file");
  (() = $last =~ /"[0-9a-f]{64}"/g) == 3 && $last =~ /"contents":\[\{.*\}\n\z/
    or fail("$name has left no good events: $last" . slurp('nginx.log'));
}

sub packages () {
  system('bash', '-c', ". $Bin/lib/packages; command -v node > /dev/null || node=nodejs; "
      . 'need_packages bench libnginx-mod-http-lua libnginx-mod-http-js lua-cjson $node') == 0 or exit 2;
}

1;
