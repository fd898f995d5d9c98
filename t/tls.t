# events go to TikTok and to nobody else: the file that ships verifies who answers

use v5.36;

use Cwd            qw(abs_path);
use File::Basename qw(dirname);
use lib dirname(abs_path(__FILE__)) . '/lib';

use Test::More;
use Test::TikTok;
use Test::TikTok::Delivery qw(event pixel);

my %said = (
  'wrong-host'  => qr/upstream SSL certificate does not match "business-api\.tiktok\.com"/,
  'expired'     => qr/certificate verify error: \(10:certificate has expired\)/,
  'self-signed' => qr/certificate verify error: \(18:self[- ]signed certificate\)/,
);

for my $kind ('good', sort keys %said) {
  subtest $kind => sub {
    my $t = Test::TikTok->new(sandbox => {cert => $kind});
    $t->conf(tiktok_delivery => 'retry_min=10ms retry_max=20ms')->start;
    $t->beacon(event('secret'));
    if ($kind eq 'good') {
      my ($seen) = $t->sandbox_events(count => 1);
      is $seen->{event}{event_id}, 'secret', 'delivered';
    }
    else {
      my $pixel = pixel($t->wait_status(sub ($s) { pixel($s)->{delivery}{retries} >= 2 }));
      is $pixel->{queue}{events}, 1, 'the event stays';
      is $t->sandbox_requests, 0, 'and nothing was asked';
      ok $t->grep_log($said{$kind}), 'for that reason';
    }
    $t->finish;
  };
}

done_testing;
