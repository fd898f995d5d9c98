# bodies and answers that say nothing of their type, where rules want values of them

use v5.36;

use Cwd            qw(abs_path);
use File::Basename qw(dirname);
use lib dirname(abs_path(__FILE__)) . '/lib';

use Test::More;
use Test::TikTok;
use Test::TikTok::Delivery qw(event pixel);

my $t    = Test::TikTok->new;
my $shop = $t->backend(behave => 'redirect_bare', named => {
  redirect_bare => sub ($c, $r) { $c->send("HTTP/1.1 302 Found\r\nLocation: /thanks\r\nContent-Length: 0\r\n\r\n"); 1 },
  nothing       => sub ($c, $r) { $c->send("HTTP/1.1 204 No Content\r\n\r\n"); 1 },
  typeless      => sub ($c, $r) { $c->send("HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{\"id\":\"o-1\"}"); 1 },
});
$t->conf(
  http => 'tiktok_request_value $email email; tiktok_response_value $order id;'
    . q{ log_format values '$email|$order'; access_log %%DIR%%/values.log values;},
  '/shop' => 'tiktok_event Lead email=$email order_id=$order; proxy_pass ' . $shop->address . ';',
  '/off'  => 'tiktok_event Lead email=$email; error_page 302 @off; proxy_intercept_errors on; proxy_pass ' . $shop->address . ';',
  '@off'  => 'tiktok_pixel off; return 200 "off\n";',
)->start;
my ($worker) = $t->workers;

sub post ($uri, $body, @headers) {
  return $t->connect->request(POST => $uri, $body, Cookie => 'consent=yes', 'User-Agent' => 'Firefox', @headers)->response;
}

for my $behaviour (qw(redirect_bare nothing typeless)) {
  $shop->behave($behaviour);
  my $code = {redirect_bare => 302, nothing => 204, typeless => 200}->{$behaviour};
  for my $body ('email=a%40b.example', '{"email":"a@b.example"}', 'x') {
    my $response = post('/shop', $body);
    is $response && $response->code, $code, "$behaviour: an answer to \"$body\" without a type";
  }
}
$shop->behave('redirect_bare');
my $response = post('/off', '{"email":', 'Content-Type' => 'application/json');
is $response && $response->body, "off\n", 'broken, and a redirect to a place without a pixel';
is_deeply [$t->workers], [$worker], 'the worker is still the same';
cmp_ok pixel($t->status)->{results}{queued}, '>', 0, 'and takes events';

$t->finish;
done_testing;
