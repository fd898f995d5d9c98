# the tag in pages of all kinds, as a browser takes them: the script runs, and the rest of the page is what it was

use v5.36;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use lib dirname(abs_path(__FILE__)) . '/lib';

use Encode     qw(encode);
use Test::More;
use Test::TikTok;
use Test::TikTok::Browser;

my $icon = '<link rel="icon" href="data:,">';
my %page = (
  usual      => "<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"><title>u</title>$icon</head>\n<body><p>Grüße</p></body></html>",
  shouted    => "<!DOCTYPE HTML><HTML><HEAD><TITLE>s</TITLE>$icon</HEAD><BODY><P>A</BODY></HTML>",
  bare       => "<!doctype html><title>b</title>$icon<p>no head, no body",
  body_only  => "<html><body class=\"x\">$icon<p>no head</p></body></html>",
  hidden     => "<!DOCTYPE html><html><head><!-- </head> --><style>p::after { content: '</head>' }</style><script>var t = '</head>';</script>"
    . "<noscript></head></noscript><title></head></title>$icon</head><body title=\"</head>\"><p>x</p></body></html>",
  large      => '<!DOCTYPE html><html><head>' . ('<!-- ' . 'x' x 1000 . " -->\n") x 200 . "$icon</head><body>" . '<p>y</p>' x 20_000 . '</body></html>',
  twice      => "<!DOCTYPE html><html><head>$icon<script src=\"/s.js\" async></script></head><body>by hand, too</body></html>",
  'ssi/page' => "<!DOCTYPE html><html><head>$icon</head><body><!--# include virtual=\"/part.html\" --><p>x</p></body></html>",
  'csp/page' => "<!DOCTYPE html><html><head>$icon</head><body><p>x</p></body></html>",
  'nonce/page' => "<!DOCTYPE html><html><head>$icon</head><body><p>x</p></body></html>",
);

my $t = Test::TikTok::Browser->new;
$t->file("html/$_.html", $page{$_}) for sort keys %page;
$t->file('html/part.html', '<p>a part</p>');
$t->file('html/none.html', "<!DOCTYPE html><html><head>$icon</head><body>Not here</body></html>");
$t->file('html/wide.html', encode('UTF-16', "<!DOCTYPE html><html><head>$icon</head><body>x</body></html>"));
$t->file('html/strict.xhtml', "<!DOCTYPE html><html xmlns=\"http://www.w3.org/1999/xhtml\"><head><title>x</title><link rel=\"icon\" href=\"data:,\"/></head><body><p>x</p></body></html>");

my $csp = sub ($scripts) { return qq(root %%DIR%%/html; add_header Content-Security-Policy "default-src 'none'; img-src data:; script-src $scripts; connect-src 'self'";) };
$t->shop(
  http     => 'gzip on; gzip_min_length 1; types { application/xhtml+xml xhtml; }',
  server   => 'tiktok_inject /s.js; error_page 404 /none.html;',
  '/'      => 'root %%DIR%%/html; ssi on;',
  '= /favicon.ico' => 'return 204;',
  '/csp/'  => $csp->("'self'"),
  '/nonce/' => $csp->("'nonce-\$request_id'") . ' tiktok_inject /s.js nonce=$request_id;',
  '/plain/' => 'alias %%DIR%%/html/; ssi on; tiktok_inject off;',
);

my %YES = (cookies => {consent => 'yes'});

# the page without what is the script's, and how many tags that were
my $LOOK = q{(() => {
  const tags = document.querySelectorAll('script[src="/s.js"]');
  [...tags, ...document.querySelectorAll('script[src*="/pixel/"]')].forEach(node => node.remove());
  return [tags.length, document.documentElement.outerHTML];
})()};

# somebody who is shown every page without the tag, too
my $other = $t->visitor;

sub look ($name, $path, $tags) {
  $t->forget;
  my $v = $t->visitor(%YES)->open($path);
  my ($view) = $t->both('Pageview', $name);
  is $view->{server}{page}{url}, "$v->{base}$path", "$name: its address";
  $v->settle;
  my $is  = $v->js($LOOK);
  my $was = $other->open("/plain$path")->js($LOOK);
  is $is->[0], $tags, "$name: the tag";
  is $is->[1], $was->[1], "$name: is all that is new";
  is $v->problems, 0, "$name: no errors" or note explain [$v->problems];
  $v->close;
}

subtest $_ => sub { look($_, "/$_.html", $_ eq 'twice' ? 2 : 1) } for sort keys %page;

subtest 'an address that leads nowhere' => sub {
  $t->forget;
  my $v = $t->visitor(%YES)->open('/nowhere.html');
  is +($v->requests('/nowhere'))[0]{status}, 404, 'is one';
  my ($view) = $t->both('Pageview', 'the page that says so');
  is $view->{server}{page}{url}, "$v->{base}/nowhere.html", 'has its address';
};

subtest 'what is no page' => sub {
  $t->forget;
  my $v = $t->visitor(%YES);
  for my $path ('/strict.xhtml', '/wide.html') {
    $v->open($path);
    is $v->js($LOOK)->[1], $other->open("/plain$path")->js($LOOK)->[1], "$path: is left alone";
  }
  $v->open('/usual.html');
  my $part = $v->js(q{(async () => (document.querySelector('p').innerHTML = await (await fetch('/part.html')).text()))()});
  is $part, '<p>a part</p>', 'so is a part of a page, which a script asks for';
  $t->both('Pageview', 'a page, at last');
  $v->settle;
  is scalar(my @all = $v->events), 1, 'the only one';
};

$t->finish;
done_testing;
