package Demo::Shop;

# the demo shop as a program: an application behind nginx, in Shop/. the demo starts it, and so do tests that put an
# nginx of their own before it
#
#   ... start Demo::Shop::command($socket) ... until -S $socket
#   location / { proxy_pass http://unix:$socket; proxy_set_header Accept-Encoding ""; ... }

use v5.36;

use Cwd            qw(abs_path);
use File::Basename qw(dirname);
use Mojo::Util     qw(url_escape);

use constant PROGRAM => dirname(abs_path(__FILE__)) . '/Shop/shop.pl';

# whoever starts it lets the workers of nginx get at the socket. partners are hosts whose scripts its pages allow
sub command ($socket, @partners) {
  return ('env', "SHOP_PARTNERS=@partners", $^X, PROGRAM, 'daemon', '-l', 'http+unix://' . url_escape($socket));
}

1;
