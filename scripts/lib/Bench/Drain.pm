package Bench::Drain;

# how fast a full queue is delivered to an API that answers after 100 ms

use v5.36;

use Bench qw(fail nginx port queue_dir run_command slurp spawn stop write_file);
use IO::Select;
use IO::Socket::INET;
use JSON::PP;
use Time::HiRes qw(sleep time);

use constant {
  WHAT    => 'a full queue, delivered to a sink with 100 ms latency, batch=500',
  EVENTS  => 300_000,
  LATENCY => 0.1,
};

sub run ($class) {
  my $sink = port('sink');
  spawn('sink', sub { sink($sink) });
  write_file('fill.lua', fill());
  for my $workers (1, 2) {
    my $queue = queue_dir();
    start($workers, $queue, 'retry_min=12h retry_max=12h', port('nobody'));
    my ($events, $out) = (0);
    for (1 .. 30) {
      local $ENV{BENCH_SALT} = "$$-$workers-$_";
      $out = run_command("wrk -t1 -c8 -d1s -s @{[ Bench::dir() ]}/fill.lua http://127.0.0.1:${\ port('http') } 2>&1");
      $events = status()->{queue}{events};
      last if $events >= EVENTS;
    }
    $events >= EVENTS or fail("the queue holds $events events only: $out");
    stop('nginx');
    start($workers, $queue, 'batch=500 rate=100000', $sink);
    my ($first, $left);
    my $began = time;
    while (1) {
      my $pixel = status();
      $left = $events - $pixel->{queue}{delivered};
      $first //= [time, $left] if $pixel->{queue}{delivered};
      last if $left <= 0;
      time - $began < 120 or fail("$left events were not delivered: " . slurp('nginx.log'));
      sleep 0.02;
    }
    my $pixel = status();
    printf "%d worker%s: %d events a second (%d in %.1f s, found on disk by a new nginx), in %d requests of %d events\n",
      $workers, $workers > 1 ? 's' : '', ($first->[1] - $left) / (time - $first->[0]), $events, time - $began,
      $pixel->{delivery}{requests}, $events / $pixel->{delivery}{requests};
  }
  stop('nginx');
  stop('sink');
}

sub status () {
  my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => port('http')) or fail("no nginx: $!");
  print {$socket} "GET /status HTTP/1.0\r\n\r\n";
  my $answer = do { local $/; <$socket> };
  return decode_json($answer =~ s/\A.*?\r\n\r\n//sr)->{pixels}[0];
}

sub start ($workers, $queue, $delivery, $sink) {
  nginx('nginx', module => 1, workers => $workers, http => <<~"CONF");
    tiktok_queue $queue size=8g;
    upstream sink { server 127.0.0.1:$sink; keepalive 16; }
    server {
        listen 127.0.0.1:${\ port('http') } reuseport;
        tiktok_pixel CBENCH;
        tiktok_access_token_file %%DIR%%/token;
        tiktok_consent cookie consent yes;
        tiktok_send /api;
        tiktok_delivery $delivery;
        location = /e      { tiktok_beacon; tiktok_beacon_limits events=1000 body=1m; client_max_body_size 1m; }
        location = /status { tiktok_status; }
        location = /api    { internal; client_max_body_size 0; proxy_http_version 1.1; proxy_set_header Connection "";
                             proxy_pass http://sink; }
    }
    CONF
}

# takes requests and answers each a little later; looks at nothing but their length
sub sink ($port) {
  my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $port, Listen => 128, ReuseAddr => 1) or die "sink: $!\n";
  my $body   = '{"code":0,"message":"OK","request_id":"1","data":{}}';
  my $answer = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " . length($body) . "\r\n\r\n$body";
  my $select = IO::Select->new($listener);
  my (%left, %head, @due);
  while (1) {
    my $wait = @due ? $due[0][0] - time : 10;
    for my $socket ($wait > 0 ? $select->can_read($wait) : ()) {
      if ($socket == $listener) { $select->add(scalar $listener->accept); next }
      my $read = sysread $socket, my $bytes, 1 << 20;
      if (!$read) { $select->remove($socket); close $socket; next }
      if (!defined $left{$socket}) {
        $head{$socket} .= $bytes;
        my ($head, $length) = $head{$socket} =~ /\A(.*?\r\nContent-Length: (\d+)\r\n.*?\r\n\r\n)/s or next;
        $left{$socket} = $length - (length($head{$socket}) - length $head);
      }
      else { $left{$socket} -= length $bytes }
      next if $left{$socket} > 0;
      delete $left{$socket};
      delete $head{$socket};
      push @due, [time + LATENCY, $socket];
    }
    while (@due && $due[0][0] <= time) { syswrite +(shift @due)->[1], $answer }
  }
}

# arrays of 200 page views, each with an id of its own
sub fill () {
  return <<~'LUA';
    local n, salt = 0, os.getenv("BENCH_SALT")
    local headers = {["Content-Type"] = "application/json", ["Cookie"] = "consent=yes", ["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64) Firefox/128.0"}

    request = function()
      local events = {}
      for i = 1, 200 do
        n = n + 1
        events[i] = '{"event":"ViewContent","event_id":"' .. salt .. "-" .. n .. '","page":{"url":"https://shop.example/product/'
          .. n .. '?utm_source=tiktok"},"user":{"external_id":"cust-' .. n .. '"},"properties":{"value":19.99,"currency":"EUR",'
          .. '"content_type":"product","contents":[{"content_id":"SKU-' .. n .. '","quantity":1,"price":19.99}]}}'
      end
      return wrk.format("POST", "/e", headers, "[" .. table.concat(events, ",") .. "]")
    end
    LUA
}

1;
