package Test::TikTok::Capture;

# what the tests of capture ask again and again

use v5.36;

use Exporter   qw(import);
use Mojo::JSON qw(decode_json);
use Test::Builder;

our @EXPORT_OK = qw(by_id counted is_answer is_error);

# an answer in words, "204 queued granted": status, X-Tiktok-Result, X-Tiktok-Consent. what could be cached, or has a
# header twice, has more words
sub is_answer ($response, $expected, $name) {
  return Test::Builder->new->is_eq(_words($response), $expected, $name);
}

sub _words ($response) {
  return 'no answer' unless $response;
  my $headers = $response->headers;
  my $all     = sub ($name) { return join ',', @{$headers->every_header($name)} };
  my @words   = ($response->code, map { $all->($_) || 'none' } qw(X-Tiktok-Result X-Tiktok-Consent));
  push @words, 'cacheable' if $all->('Cache-Control') ne 'no-store';
  return join ' ', @words;
}

# the same for a refusal, and its JSON: "400 invalid granted event_id"; without a field, three words
sub is_error ($response, $expected, $name) {
  my $got  = _words($response);
  my $said = $response && eval { decode_json($response->body) };
  if (ref $said ne 'HASH' || !length($said->{error} // '')) { $got .= ' without JSON' }
  elsif (defined $said->{field})                            { $got .= " $said->{field}" }
  $got .= ' as ' . ($response->headers->content_type // 'nothing') if $response && ($response->headers->content_type // '') ne 'application/json';
  return Test::Builder->new->is_eq($got, $expected, $name);
}

# what the status counts more than when asked last, "denied=1 queued=2"
sub counted ($t) {
  my $now = $t->status->{pixels}[0]{results};
  my $old = $t->{counted} // {};
  $t->{counted} = $now;
  return join ' ', map { my $more = $now->{$_} - ($old->{$_} // 0); $more ? "$_=$more" : () } sort keys %$now;
}

# waits for so many events at the sandbox; {event_id => event}
sub by_id ($t, $count) {
  return {map { ($_->{event}{event_id} => $_->{event}) } $t->sandbox_events(count => $count)};
}

1;
