package Demo::Report;

# what happened, for a person to read

use v5.36;

use POSIX qw(strftime);

use Demo::Visit;

my %COLOR = (bold => 1, soft => 2, red => 31, green => 32, yellow => 33, cyan => 36);
my %LOOK  = (queued => 'green', granted => 'green', denied => 'yellow', undecided => 'yellow');

sub new ($class, %option) { return bless {color => $option{color}}, $class }

sub paint ($self, $color, $text) { return $self->{color} && $COLOR{$color} ? "\e[$COLOR{$color}m$text\e[0m" : $text }

sub title ($self, $text, $note = '') {
  say '';
  say $self->paint(bold => $text), length $note ? '  ' . $self->paint(soft => $note) : '';
}

# rows of cells; a cell is a text or [color, text]
sub table ($self, $heads, @rows) {
  my @all = ((@$heads ? [map { [soft => $_] } @$heads] : ()), map { [map { ref ? $_ : ['', $_ // ''] } @$_] } @rows);
  my @width;
  for my $row (@all) {
    for my $i (0 .. $#$row) {
      my $length = length $row->[$i][1];
      $width[$i] = $length if $length > ($width[$i] // 0);
    }
  }
  for my $row (@all) {
    my $last = $#$row;
    say '  ', join '  ', map { $self->paint($row->[$_][0], sprintf '%-*s', $_ < $last ? $width[$_] : 0, $row->[$_][1]) } 0 .. $last;
  }
}

sub captured ($self, $visit) {
  $self->title('What nginx captured', 'beacons, and what the module answered');
  $self->table(['time', 'who', 'event', 'event_id', 'by', 'consent', 'result'], map {
    [[soft => _clock($_->{time})], $_->{who}, [bold => $_->{event}], $_->{event_id} // '', $_->{method},
      _looked($_->{consent}), _looked($_->{result})]
  } $visit->captured);
}

sub arrived ($self, $visit, $check) {
  $self->title('What TikTok would have got', 'from the sandbox, which applies the Events API\'s documented rules');
  my @rows;
  for my $expected ($visit->expected) {
    my $record = $check->arrived($expected);
    if (!$record) { push @rows, [[red => $expected->{event}], [red => 'did not arrive'], '', '']; next }
    my ($event, $properties) = ($record->{event}, $record->{event}{properties} // {});
    push @rows, [[bold => $event->{event}], $event->{event_id} // '',
      defined $properties->{value} ? sprintf('%.2f %s', $properties->{value}, $properties->{currency} // '') : '',
      join ' ', grep { defined $event->{user}{$_} } qw(ttclid ttp email phone external_id ip user_agent locale)];
  }
  $self->table(['event', 'event_id', 'value', 'matched by'], @rows);
  $self->_buyer($visit, $check);
}

# the purchase in full: this is what the shop pays for
sub _buyer ($self, $visit, $check) {
  my ($purchase) = grep { $_->{hashed} } $visit->expected;
  my $record = $purchase && $check->arrived($purchase) or return;
  my ($user, $page) = @{$record->{event}}{qw(user page)};
  my %meant = (email => Demo::Visit::EMAIL_MEANT, phone => Demo::Visit::PHONE_MEANT, external_id => Demo::Visit::CUSTOMER);
  my %from = (email => 'typed as "' . Demo::Visit::EMAIL . '"', phone => 'typed as "' . Demo::Visit::PHONE . '"',
    external_id => 'from the shop');

  $self->title('Who bought', "$record->{event}{event} $record->{event}{event_id}");
  my @rows = map {
    my $same = ($user->{$_} // '') eq $purchase->{hashed}{$_};
    [$_, _short($user->{$_}), $same ? [green => "SHA-256 of $meant{$_}"] : [red => "not the SHA-256 of $meant{$_}"],
      [soft => $from{$_}]]
  } qw(email phone external_id);
  my $same = ($user->{ttclid} // '') eq $purchase->{click};
  push @rows, ['ttclid', _short($user->{ttclid}), $same ? [green => length($user->{ttclid}) . ' characters, complete']
    : [red => length($user->{ttclid} // '') . ' characters, not what came'], [soft => 'from the landing page']];
  push @rows, [$_, $user->{$_} // '', '', ''] for qw(ip locale);
  push @rows, ['page', $page->{url} // '', '', ''];
  $self->_loose(@rows);
}

# long values run into the next column
sub _loose ($self, @rows) {
  my @width = (12, 19, 31, 0);
  for my $row (@rows) {
    my @cells = map { ref ? $_ : ['', $_] } @$row;
    $cells[0][0] ||= 'soft';
    pop @cells while @cells > 1 && $cells[-1][1] eq '';
    my $last = $#cells;
    say '  ', join '  ', map { $self->paint($cells[$_][0], sprintf '%-*s', $_ < $last ? $width[$_] : 0, $cells[$_][1]) } 0 .. $last;
  }
}

sub declined ($self, $visit, $log) {
  $self->title('What was not sent, and why');
  my @reasons = map { $_->{reason} } grep { $_->{result} ne 'queued' } @$log;
  $self->table(['who', 'event', 'consent', 'because'], map {
    [$_->{who}, [bold => $_->{event}], _looked($_->{consent}), shift(@reasons) // '?']
  } $visit->declined);
}

sub status ($self, $status) {
  my ($pixel) = @{$status->{pixels} // []};
  $self->title('The status page', "pixel $pixel->{pixel}, state $pixel->{state}");
  my $pairs = sub ($of, @names) { join '   ', map {"$_ " . $self->paint(bold => $of->{$_} // '?')} @names };
  my %some = %{$pixel->{results}};
  my @results = grep { $some{$_} } sort keys %some;
  say '  ', $self->paint(soft => 'results   '), $pairs->($pixel->{results}, @results);
  say '  ', $self->paint(soft => 'queue     '), $pairs->($pixel->{queue}, qw(events delivered rejected expired corrupt recovered));
  say '  ', $self->paint(soft => 'delivery  '), $pairs->($pixel->{delivery}, qw(requests retries last_code latency_ms));
  my %left = %{$pixel->{left_out} // {}};
  my @left = grep { $left{$_} } sort keys %left;
  say '  ', $self->paint(soft => 'left out  '), @left ? $pairs->(\%left, @left) : 'nothing';
}

sub checks ($self, $check) {
  $self->title('Checked');
  for my $result ($check->results) {
    my @problems = @{$result->{problems}};
    say '  ', @problems ? $self->paint(red => 'FAIL') : $self->paint(green => 'ok  '), '  ', $result->{question};
    say '        ', $self->paint(red => $_) for @problems;
  }
}

sub verdict ($self, $visit, $check, $warnings) {
  my $want = $visit->expected;
  my $have = grep { $check->arrived($_) } $visit->expected;
  my $said = sprintf '%d of %d events, %d warning%s', $have, $want, $warnings, $warnings == 1 ? '' : 's';
  my $failed = $check->failed;
  say '';
  say $failed
    ? $self->paint(red   => "not everything is right: $said; $failed of ${\ scalar $check->results} checks failed")
    : $self->paint(green => "everything arrived: $said");
}

sub _clock ($time) { return strftime('%H:%M:%S', localtime $time) . sprintf '.%03d', ($time - int $time) * 1000 }

sub _looked ($word) { return [$LOOK{$word // ''} // 'red', $word // 'no answer'] }

sub _short ($value) { return !defined $value ? 'absent' : length $value > 19 ? substr($value, 0, 10) . '...' . substr($value, -6) : $value }

1;
