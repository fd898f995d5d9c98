# one order, one event_id: what makes it, and what is said where two paths make two

use v5.36;

use Cwd            qw(abs_path);
use File::Basename qw(dirname);
use lib dirname(abs_path(__FILE__)) . '/lib';

use Test::More;
use Test::TikTok;
use Test::TikTok::Capture qw(is_answer);

my $WARNING = qr/\[warn\].* got one order under two event ids/;

my $t = Test::TikTok->new(sandbox => 1, workers => 2)->start;

sub purchase ($order, %more) {
  my $uri = delete $more{uri} // '/e';
  return $t->beacon({event => 'Purchase', properties => {order_id => $order}, %more}, uri => $uri, Referer => 'https://shop.example/thanks');
}
sub mismatched () { return $t->status->{pixels}[0]{event_id}{mismatched} }

# all paths that leave it to the order
is_answer purchase('1'), '204 queued granted', 'a purchase';
is_answer purchase(1),   '204 duplicate granted', 'the order as a number';
is_answer purchase('1', event => 'CompletePayment'), '204 duplicate granted', 'the old name';
is_answer purchase('', event => 'purchase', properties => {transaction_id => '1'}), '204 duplicate granted', 'of GA4';
is_answer purchase('1', event_id => 'order.1'), '204 duplicate granted', 'a page that makes the same id';
is_answer $t->post('/e', 'event=Purchase&order_id=1', Cookie => 'consent=yes'), '204 duplicate granted', 'a form';
is_answer $t->get('/e?event=Purchase&order_id=1', Cookie => 'consent=yes'), '200 duplicate granted', 'an image';
is_answer purchase('1', user => {external_id => 'c1'}), '204 queued granted', 'other identifiers go on';
is_answer purchase('2', event_id => '2'), '204 queued granted', 'an id of its own, the only one';
is_answer purchase('3', event => 'PlaceAnOrder', event_id => 'x'), '204 queued granted', 'not a purchase';
is_answer purchase('3'), '204 queued granted', 'and the purchase';
is mismatched(), 0, 'one order, one id';
is $t->grep_log($WARNING), 0, 'nothing is said';

# and one that does not
is_answer purchase('1', event_id => '1'), '204 queued granted', 'another id for the same order';
is mismatched(), 1, 'is counted';
is $t->grep_log($WARNING), 1, 'and said';
like +($t->grep_log($WARNING))[0], qr/pixel "CTESTPIXEL0000000001".*same event_id, or none and the same order_id/, 'with the remedy';
is_answer purchase('2'), '204 queued granted', 'another order';
is_answer purchase('1', event_id => '1', user => {external_id => 'c1'}), '204 queued granted', 'the first again';
$t->reload;
is_answer purchase('3', event_id => '3'), '204 queued granted', 'a third one, after a reload';
is mismatched(), 4, 'each is counted';
is $t->grep_log($WARNING), 1, 'but said once';
is_answer $t->beacon([map { {event => 'Purchase', event_id => $_, properties => {order_id => '4'}} } qw(a b)], Referer => 'https://shop.example/'), '204 queued granted', 'two in one array';
is mismatched(), 5, 'are seen, too';

$t->finish;
done_testing;
