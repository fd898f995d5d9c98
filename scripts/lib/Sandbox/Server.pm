package Sandbox::Server;

# the events api, what controls it, and what shows it

use Mojo::Base 'Mojolicious', -signatures;

use Cpanel::JSON::XS ();
use Mojo::File qw(curfile);
use Mojo::IOLoop;
use POSIX       qw(strftime);
use Time::HiRes qw(time);

use Sandbox::Duplicates;
use Sandbox::Log;
use Sandbox::Misbehaviour;
use Sandbox::Rules;

use constant {
  TRACK          => '/open_api/v1.3/event/track/',
  MAX_REQUEST    => 16 * 1024 * 1024,
  MAX_NAMES      => 200,
  MAX_WAIT       => 3600,
  MAX_HEADER     => 4096,
  TICK           => 0.25,
  HEARTBEAT      => 15,
};

my $JSON = Cpanel::JSON::XS->new->utf8->canonical->allow_nonref;
my $HERE = curfile->dirname;

my %ASSET = (
  '/'         => ['page.html', 'text/html; charset=utf-8'],
  '/page.css' => ['page.css',  'text/css; charset=utf-8'],
  '/page.js'  => ['page.js',   'text/javascript; charset=utf-8'],
);

# everything the page needs comes from here, and nothing that came in with an event may run
my $CONTENT_POLICY
  = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
  . "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

has tokens   => sub { {} };      # pixel => token
has validate => 1;
has rate     => 1000;
has rules    => sub { Sandbox::Rules->new };
has modes    => sub { Sandbox::Misbehaviour->new };
has events   => sub { Sandbox::Log->new };
has requests => sub { Sandbox::Log->new };
has seen     => sub { Sandbox::Duplicates->new };
has stats    => sub { _no_stats() };
has [qw(epoch connections)] => 0;
has listeners => sub { {} };
has place     => sub { {} };     # where this runs, for the page: port, ca

sub startup ($self) {
  $self->mode('production');
  $self->log->level('fatal');
  $self->max_request_size(MAX_REQUEST);
  $self->{connection} = {};
  $self->{known} = {map { $_ => 1 } values %{$self->tokens}};

  $self->helper(envelope => sub ($c, $status, $code, $message) { _envelope($c->stash->{request_id}, $status, $code, $message) });
  $self->helper(reply_with => \&_reply_with);

  # routes that are not the api's own ignore a trailing slash; the api's does not
  my $routes = $self->routes;
  $routes->any('/open_api/*rest' => {rest => ''} => sub ($c) { $self->_open_api($c) });
  $routes->get('/sandbox/events'   => sub ($c) { $self->_list($c, $self->events,   \&_event_json) });
  $routes->get('/sandbox/requests' => sub ($c) { $self->_list($c, $self->requests, \&_request_json) });
  $routes->get('/sandbox/stats'    => sub ($c) { _json($c, $self->_state) });
  $routes->get('/sandbox/mode'     => sub ($c) { _json($c, $self->modes->state) });
  $routes->get('/sandbox/stream'   => sub ($c) { $self->_stream($c) });
  $routes->post('/sandbox/mode'    => sub ($c) { $self->_set_mode($c) });
  $routes->post('/sandbox/reset'   => sub ($c) { $self->_reset($c) });
  for my $path (keys %ASSET) {
    $routes->get($path => sub ($c) { _asset($c, @{$ASSET{$path}}) });
  }
  $routes->any('/*rest' => {rest => ''} => sub ($c) { _not_found($c) });

  Mojo::IOLoop->recurring(TICK, sub { $self->_tell });
  Mojo::IOLoop->recurring(HEARTBEAT, sub { $self->{told} = '' });
}

# --- the events api ------------------------------------------------------------------------------------------------

sub _open_api ($self, $c) {
  my $req   = $c->req;
  my $entry = $self->_entry($c);
  $c->stash->{request_id} = $entry->{request_id};

  my $path = $req->url->path->to_string;
  return $self->_finish($c, $entry, $c->envelope(404, 40400, 'Route not found')) if $path ne TRACK || !$req->is_secure;
  return $self->_finish($c, $entry, $c->envelope(405, 40400, 'Method not allowed'), {Allow => 'POST'}) if $req->method ne 'POST';
  return $self->_finish($c, $entry, $c->envelope(413, 40002, 'Request body is too large')) if $req->is_limit_exceeded;

  return $self->_sink($c, $entry) unless $self->validate;

  my ($payload, $warning) = $self->rules->read($req->body);
  my $is_object = ref $payload eq 'HASH';
  my $data      = $is_object && ref $payload->{data} eq 'ARRAY' ? $payload->{data} : [];
  $entry->{events} = @$data;
  for my $field (qw(event_source_id test_event_code)) {
    my $value = $is_object ? $payload->{$field} : undef;
    $entry->{$field eq 'event_source_id' ? 'pixel' : $field} = defined $value && !ref $value ? substr($value, 0, 200) : undef;
  }
  push @{$entry->{warnings}}, $warning if $warning;

  my $step = $self->modes->take($entry->{pixel} // '');
  $entry->{mode} = $step->{mode};
  my $reply;
  if (Sandbox::Misbehaviour::accepts($step)) {
    my $verdict = $self->_judge($c, $payload, $entry);
    $entry->{accepted} = $verdict->{code} == 0 ? \1 : \0;
    $entry->{reason}   = "$verdict->{code} $verdict->{message}" if $verdict->{code} && $step->{mode} ne 'ok';
    $reply = $c->envelope(@{$verdict}{qw(status code message)});
  }
  $entry->{event_names} = [map { _short_name($_) } @{$data}[0 .. ($#$data < 19 ? $#$data : 19)]];
  return $self->_answer($c, $entry, $step, $reply);
}

# reply is the proper answer, where events were processed
sub _answer ($self, $c, $entry, $step, $reply) {
  $c->render_later;
  my $answer = Sandbox::Misbehaviour::answer($step, $c, $reply);
  my $late   = !$answer && $reply && $step->{mode} =~ /\A(?:slow|drip)\z/;
  @{$entry}{qw(status code message)} = @{$reply}{qw(status code message)} if $late;
  return $self->_finish($c, $entry, $answer);
}

# what the api thinks of a request: {status, code, message}; good events are stored
sub _judge ($self, $c, $payload, $entry) {
  my $refused = $self->_refuse_access($c, $entry) // $self->_refuse_content($c, $payload, $entry);
  if ($refused) {
    my ($code, $message, $status) = @$refused;
    $self->stats->{events}{refused} += $entry->{events};
    return {status => $status // 200, code => $code, message => $message};
  }

  my $now   = time;
  my $pixel = $payload->{event_source_id};
  push @{$entry->{warnings}}, $self->rules->warn_envelope($payload);
  my $index = 0;
  $self->_store($_, $payload, $entry, $index++, $now) for @{$payload->{data}};
  return {status => 200, code => 0, message => 'OK'};
}

sub _refuse_access ($self, $c, $entry) {
  my $token = $c->req->headers->header('Access-Token') // '';
  push @{$entry->{warnings}}, 'the query string carries a token; it belongs in the header Access-Token, and nowhere else'
    if $c->req->url->query->to_string =~ /token/i;
  return [40104, 'Access token is empty', 401]   if $token eq '';
  return [40105, 'Access token is invalid', 401] unless $self->{known}{$token};
  return [40100, 'Too many requests. Please retry in some time.', 401] unless $self->_within_rate;
  return undef;
}

sub _refuse_content ($self, $c, $payload, $entry) {
  my $type = $c->req->headers->content_type // '';
  return [40002, 'Content-Type must be application/json'] if $type !~ m{\Aapplication/json\s*(?:;|\z)}i;
  return [40002, 'Request body is not valid JSON']        unless defined $payload;
  my $refused = $self->rules->refuse_envelope($payload);
  return $refused if $refused;

  my ($pixel, $token) = ($payload->{event_source_id}, $c->req->headers->header('Access-Token'));
  return [40001, "No permission to operate pixel code $entry->{pixel}", 401] if ($self->tokens->{$pixel} // '') ne $token;

  # what is kept is written before the checks, which may give a number a second nature
  my $index = 0;
  $entry->{texts} = [map { $JSON->encode($_) } @{$payload->{data}}];
  for my $event (@{$payload->{data}}) {
    my $refused = $self->rules->refuse_event($payload->{event_source}, $event, $index++) or next;
    return $refused;
  }
  return undef;
}

sub _within_rate ($self) {
  my $second = int time;
  @{$self->{second}}{qw(at count)} = ($second, 0) if ($self->{second}{at} // 0) != $second;
  return !$self->rate || ++$self->{second}{count} <= $self->rate;
}

sub _store ($self, $event, $payload, $entry, $index, $now) {
  my $pixel    = $payload->{event_source_id};
  my @warnings = $self->rules->warn_event($payload->{event_source}, $event, $now);
  my $text     = $entry->{texts}[$index];
  my $record   = {
    time            => _rounded($now),
    pixel           => $pixel,
    event_source    => $payload->{event_source},
    test_event_code => $payload->{test_event_code},
    request_id      => $entry->{request_id},
    request         => $self->requests->total + 1,
    index           => $index,
    warnings        => \@warnings,
    custom          => $Sandbox::Rules::IS_STANDARD{$event->{event}} ? \0 : \1,
    deduplicated    => \0,
    text            => $text,
    name            => $event->{event},
  };

  my $stats = $self->stats;
  my $name  = $self->_counted_name($event->{event});
  $stats->{events}{accepted}++;
  $stats->{events}{warned}++ if @warnings;
  $stats->{by_event}{$name}{accepted}++;
  $stats->{by_event}{$name}{deduplicated} += 0;

  if (my $first = $self->seen->seen($pixel, $event, $self->events->total + 1, $now)) {
    $stats->{events}{deduplicated}++;
    $stats->{by_event}{$name}{deduplicated}++;
    @{$record}{qw(deduplicated duplicate_of)} = (\1, $first->{id});
    $self->_merge($record, $first->{id}, $event) if $first->{merge};
  }
  $self->events->add($record, 300 + length $text);
}

# the first event learns what the later one knows more
sub _merge ($self, $record, $first_id, $event) {
  my $first = $self->events->find($first_id) // return;
  my $known = $JSON->decode($first->{text});
  my $added = Sandbox::Duplicates::missing($first->{merged} ? _over($known, $first->{merged}) : $known, $JSON->decode($record->{text}));
  $record->{merged} = $added // {};
  return unless $added;
  $first->{merged} = $first->{merged} ? _over($first->{merged}, $added) : $added;
  $self->stats->{events}{merged}++;
}

sub _over ($base, $more) {
  return {%$base, map { $_ => ref $base->{$_} eq 'HASH' && ref $more->{$_} eq 'HASH' ? _over($base->{$_}, $more->{$_}) : $more->{$_} } keys %$more};
}

# counts without reading: what is in front is to be measured, not this
sub _sink ($self, $c, $entry) {
  my $body = $c->req->body;
  my ($pixel) = $body =~ /"event_source_id"\s*:\s*"([^"]{1,200})"/;
  my $step    = $self->modes->take($pixel // '');
  my $events  = () = $body =~ /"event_time"\s*:/g;
  my $accept  = Sandbox::Misbehaviour::accepts($step);
  @{$entry}{qw(mode events pixel accepted)} = ($step->{mode}, $events, $pixel, $accept ? \1 : \0);
  if ($accept) {
    $self->stats->{events}{accepted} += $events;
    $self->events->count_only($events);
  }
  return $self->_answer($c, $entry, $step, $accept ? $c->envelope(200, 0, 'OK') : undef);
}

# names come from outside, and there is no end to them
sub _counted_name ($self, $name) {
  my $by_event = $self->stats->{by_event};
  return $by_event->{$name} || keys %$by_event < MAX_NAMES ? $name : '(others)';
}

# --- answering and recording ---------------------------------------------------------------------------------------

sub _entry ($self, $c) {
  my ($tx, $req) = ($c->tx, $c->req);
  my $stream     = Mojo::IOLoop->stream($tx->connection);
  my $handle     = $stream ? $stream->handle : undef;
  my $connection = $self->{connection}{$tx->connection} //= do {
    my $number = $self->connections($self->connections + 1)->connections;
    my $resumed = $handle && $handle->can('get_session_reused') && $handle->get_session_reused ? 1 : 0;
    $self->stats->{connections}++;
    $self->stats->{tls_sessions_reused} += $resumed;
    my $id = $tx->connection;
    $stream->once(close => sub { delete $self->{connection}{$id} }) if $stream;
    {number => $number, resumed => $resumed, requests => 0};
  };
  $connection->{requests}++;

  my $token = $req->headers->header('Access-Token');
  my %headers = map { $_ => substr $req->headers->header($_) // '', 0, MAX_HEADER } @{$req->headers->names};
  $_ = 'not shown' for @headers{grep {/\A(?:Access-Token|Authorization|Cookie)\z/i} keys %headers};

  return {
    time                => _rounded(time),
    request_id          => strftime('%Y%m%d%H%M%S', gmtime) . join('', map { sprintf '%05X', int rand 0x100000 } 1 .. 4),
    method              => substr($req->method, 0, 20),
    path                => substr($req->url->path->to_string, 0, 500),
    headers             => \%headers,
    token               => !length($token // '') ? 'missing' : $self->{known}{$token} ? 'right' : 'wrong',
    bytes               => $req->content->progress,
    connection          => $connection->{number},
    connection_requests => $connection->{requests},
    connection_reused   => $connection->{requests} > 1 ? \1 : \0,
    tls                 => $handle && $handle->can('get_sslversion') ? $handle->get_sslversion : undef,
    tls_session_reused  => $connection->{resumed} ? \1 : \0,
    mode                => 'ok',
    status              => undef,
    code                => undef,
    message             => undef,
    events              => 0,
    accepted            => \0,
    warnings            => [],
  };
}

# reply is undef where the misbehaviour has the connection
sub _finish ($self, $c, $entry, $reply, $headers = {}) {
  delete $entry->{texts};
  @{$entry}{qw(status code message)} = @{$reply}{qw(status code message)} if $reply;
  my $stats = $self->stats;
  $stats->{requests}{total}++;
  $stats->{requests}{ok}++          if ${$entry->{accepted}};
  $stats->{requests}{refused}++     if !${$entry->{accepted}} && $entry->{mode} eq 'ok';
  $stats->{requests}{misbehaved}++  if $entry->{mode} ne 'ok';
  $stats->{requests}{bytes} += $entry->{bytes};
  $stats->{codes}{$entry->{code} // 'none'}++;
  $stats->{statuses}{$entry->{status} // 'none'}++;
  $stats->{largest_batch} = $entry->{events} if $entry->{events} > $stats->{largest_batch};
  if   ($self->validate) { $self->requests->add($entry, 1000 + 100 * @{$entry->{warnings}}) }
  else                   { $self->requests->count_only(1) }
  $reply->{headers} = {%{$reply->{headers} // {}}, %$headers} if $reply;
  return $reply ? _reply_with($c, $reply) : undef;
}

sub _envelope ($request_id, $status, $code, $message) {
  my $body = sprintf '{"code":%d,"message":%s,"request_id":"%s","data":{}}', $code, $JSON->encode($message), $request_id // '';
  return {status => $status, code => $code + 0, message => $message, body => $body};
}

sub _reply_with ($c, $reply) {
  return unless $c->tx;
  my $headers = $c->res->headers;
  $headers->content_type('application/json');
  $headers->header($_ => $reply->{headers}{$_}) for keys %{$reply->{headers} // {}};
  $c->render(data => $reply->{body}, status => $reply->{status});
}

sub _not_found ($c) {
  $c->stash->{request_id} = '';
  return _reply_with($c, $c->envelope(404, 40400, 'Route not found'));
}

sub _short_name ($event) {
  my $name = ref $event eq 'HASH' ? $event->{event} : undef;
  return defined $name && !ref $name ? substr("$name", 0, 60) : '?';
}

sub _rounded ($time) { return 0 + sprintf '%.3f', $time }

# --- control and query ---------------------------------------------------------------------------------------------

sub _json ($c, $data, $status = 200) { return _json_text($c, $JSON->encode($data), $status) }

sub _json_text ($c, $text, $status = 200) {
  my $headers = $c->res->headers;
  $headers->content_type('application/json');
  $headers->cache_control('no-store');
  $headers->header('X-Content-Type-Options' => 'nosniff');
  return $c->render(data => $text, status => $status);
}

sub _event_json ($record) {
  my %shown = %$record;
  my $text  = delete $shown{text};
  delete @shown{qw(size name)};
  return substr($JSON->encode(\%shown), 0, -1) . qq(,"event":$text});
}

sub _request_json ($record) {
  my %shown = %$record;
  delete $shown{size};
  return $JSON->encode(\%shown);
}

# ?since=ID&limit=N, ?event=, ?pixel=, ?test_event_code=, ?request_id=, ?code=, ?unique=1, and ?wait=SECONDS&count=N
sub _list ($self, $c, $log, $to_json) {
  my $ask   = $c->req->query_params->to_hash;
  my $match = _matcher($ask);
  my $send  = sub {
    my @records = $log->list($match);
    my $limit   = _number($ask->{limit}, 1_000_000);
    splice @records, 0, @records - $limit if defined $limit && @records > $limit;
    _json_text($c, '[' . join(",\n", map { $to_json->($_) } @records) . ']');
  };

  my $seconds = _number($ask->{wait}, MAX_WAIT) or return $send->();
  $c->render_later;
  my $cancel = $log->wait($match, _number($ask->{count}, 1_000_000_000) // 1, $seconds, sub { $send->() if $c->tx });
  $c->tx->on(finish => sub { $cancel->() });
}

sub _matcher ($ask) {
  my $since = _number($ask->{since}, 1_000_000_000) // 0;
  my %is    = (event => 'name', map { $_ => $_ } qw(pixel test_event_code request_id code mode));
  my %want  = map { ($is{$_} => $ask->{$_}) } grep { defined $ask->{$_} && !ref $ask->{$_} } keys %is;
  my $unique = $ask->{unique};
  return sub ($record) {
    return 0 if $record->{id} <= $since || $unique && ${$record->{deduplicated} // \0};
    return !grep { ($record->{$_} // '') ne $want{$_} } keys %want;
  };
}

sub _number ($text, $most) {
  return undef if !defined $text || ref $text || $text !~ /\A\d{1,10}(?:\.\d{1,6})?\z/;
  return $text > $most ? $most : $text;
}

sub _state ($self) {
  return {
    %{$self->stats},
    epoch       => $self->epoch,
    last_event  => $self->events->total,
    last_request => $self->requests->total,
    mode        => $self->modes->state,
    validate    => $self->validate ? \1 : \0,
    pixels      => [sort keys %{$self->tokens}],
  };
}

# the same, and what the page says about this place
sub _page_state ($self) {
  my @modes = map { {mode => $_, label => $Sandbox::Misbehaviour::MODES{$_}{label}} } @Sandbox::Misbehaviour::ORDER;
  return {%{$self->_state}, %{$self->place}, modes => \@modes};
}

sub _no_stats {
  return {
    since  => _rounded(time),
    events => {accepted => 0, deduplicated => 0, merged => 0, refused => 0, warned => 0},
    requests => {total => 0, ok => 0, refused => 0, misbehaved => 0, bytes => 0},
    codes  => {}, statuses => {}, by_event => {}, largest_batch => 0, connections => 0, tls_sessions_reused => 0,
  };
}

sub _set_mode ($self, $c) {
  my $wish  = eval { $JSON->decode($c->req->body) };
  my $error = defined $wish ? $self->modes->set($wish) : 'the body is not JSON';
  return _json($c, {error => $error}, 400) if $error;
  return _json($c, $self->modes->state);
}

sub _reset ($self, $c) {
  $_->clear for $self->events, $self->requests, $self->modes;
  $self->seen(Sandbox::Duplicates->new)->stats(_no_stats())->epoch($self->epoch + 1);
  return _json($c, $self->_state);
}

# --- the page ------------------------------------------------------------------------------------------------------

sub _asset ($c, $file, $type) {
  my $headers = $c->res->headers;
  $headers->content_type($type);
  $headers->cache_control('no-cache');
  $headers->header('Content-Security-Policy' => $CONTENT_POLICY);
  $headers->header('X-Content-Type-Options'  => 'nosniff');
  $headers->header('Referrer-Policy'         => 'no-referrer');
  return $c->render(data => $HERE->child($file)->slurp);
}

# server-sent events say that there is something new, a few times a second at most; the page then asks for it. so a
# flood of events, or a sleeping browser, costs nothing here
sub _stream ($self, $c) {
  $c->render_later;
  my $headers = $c->res->headers;
  $headers->content_type('text/event-stream');
  $headers->cache_control('no-store');
  my $id = $c->tx->connection;
  $self->listeners->{$id} = $c;
  $c->tx->on(finish => sub { delete $self->listeners->{$id} });
  $c->write('data: ' . $JSON->encode($self->_page_state) . "\n\n");
}

sub _tell ($self) {
  return unless %{$self->listeners};
  my $state = $JSON->encode($self->_page_state);
  return if $state eq ($self->{told} // '');
  $self->{told} = $state;
  for my $id (keys %{$self->listeners}) {
    my $stream = Mojo::IOLoop->stream($id);
    $self->listeners->{$id}->write("data: $state\n\n") if $stream && $stream->can_write;
  }
}

1;
