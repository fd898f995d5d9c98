package Demo::Report;

# what happened, for a person to read

use v5.36;

use POSIX qw(strftime);

use Demo::Visit;

my %COLOR = (bold => 1, soft => 2, red => 31, green => 32, yellow => 33, cyan => 36);
my %LOOK  = (granted => 'green', denied => 'yellow', undecided => 'yellow');

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
  $self->_row(\@width, @$_) for @all;
}

sub _row ($self, $width, @cells) {
  pop @cells while @cells > 1 && $cells[-1][1] eq '';
  my $last = $#cells;
  say '  ', join '  ', map { $self->paint($cells[$_][0], sprintf '%-*s', $_ < $last ? $width->[$_] : 0, $cells[$_][1]) } 0 .. $last;
}

# who did what, and each event twice: as the Pixel has it, and as the Events API has it
sub visits ($self, $visit, $check) {
  for my $person ($visit->people) {
    my @found = grep { $_->{expected}{who} eq $person->{name} } $check->found or next;
    $self->title($person->{name}, $person->{what});
    $self->table(['event', 'Pixel (browser)', 'Events API (nginx)', 'told by', 'value', 'page'],
      map { $self->_twins($check, $_) } @found);
  }
}

sub _twins ($self, $check, $found) {
  my $expected = $found->{expected};
  my $ids = sub ($wanted, @have) {
    return [$wanted ? 'green' : 'red', _short($have[0]{event_id} // 'no id')] if @have;
    return $wanted ? [red => 'did not arrive'] : '';
  };
  my $properties = ($check->whole_event($found) // {})->{properties} // {};
  return [[bold => $expected->{event}],
    $ids->(scalar(grep { $_ eq 'script' } @{$expected->{by}}), @{$found->{pixel}}),
    $ids->(1, map { $_->{event} } @{$found->{server}}),
    join(', ', @{$found->{by}}),
    defined $properties->{value} ? sprintf('%.2f %s', $properties->{value}, $properties->{currency} // '') : '',
    [soft => _place($expected->{url})]];
}

# the purchase in full: this is what the shop pays for
sub buyer ($self, $visit, $check) {
  my ($found) = grep { $_->{expected}{hashed} } $check->found;
  my $event = $found && $check->whole_event($found) or return;
  my ($purchase, $user) = ($found->{expected}, $event->{user});
  my %meant = (email => Demo::Visit::EMAIL_MEANT, phone => Demo::Visit::PHONE_MEANT, external_id => Demo::Visit::CUSTOMER);
  my %from = (email => 'by the rule, typed as "' . Demo::Visit::EMAIL . '"', phone => 'by the rule, typed as "' . Demo::Visit::PHONE . '"',
    external_id => 'by the script, from the data layer');

  $self->title('Who bought', sprintf '%s %s: one, put together of %d from nginx and %d from the Pixel', $event->{event}, $event->{event_id},
    map { scalar @{$found->{$_}} } qw(server pixel));
  my @rows = map {
    my $same = ($user->{$_} // '') eq $purchase->{hashed}{$_};
    [$_, _short($user->{$_}), $same ? [green => "SHA-256 of $meant{$_}"] : [red => "not the SHA-256 of $meant{$_}"],
      [soft => $from{$_}]]
  } qw(email phone external_id);
  my $same = ($user->{ttclid} // '') eq $purchase->{click};
  push @rows, ['ttclid', _short($user->{ttclid}), $same ? [green => length($user->{ttclid}) . ' characters, complete']
    : [red => length($user->{ttclid} // '') . ' characters, not what came'], [soft => 'from the landing page']];
  push @rows, [$_, $user->{$_} // '', '', ''] for qw(ttp ip locale);
  $self->_loose(@rows);
}

# long values run into the next column
sub _loose ($self, @rows) {
  my @width = (12, 20, 31, 0);
  for my $row (@rows) {
    my @cells = map { ref ? $_ : ['', $_] } @$row;
    $cells[0][0] ||= 'soft';
    $self->_row(\@width, @cells);
  }
}

sub quiet ($self, $visit) {
  $self->title('What was not sent, and why');
  $self->table(['who', 'when', 'consent', 'because', 'Pixel', 'Events API'], map {
    [[bold => $_->{who}], $_->{when}, _looked($_->{consent}), $_->{reason} // '?', map { [$_ ? 'red' : 'green', $_ || 'nothing'] } @{$_}{qw(pixel server)}]
  } $visit->quiet);
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

# one thing that has happened just now
sub news ($self, $what) {
  my $way = $what->{way};
  my ($time, @cells);
  if ($way eq 'pixel') {
    return if $what->{call} =~ /\A(?:load|identify)\z/;
    $time  = $what->{at} / 1000;
    @cells = ('Pixel', $what->{call} eq 'track' ? _event($what) : $what->{call});
  }
  elsif ($way eq 'server') { ($time, @cells) = ($what->{time}, 'Events API', _event($what->{event}), $what->{deduplicated} ? 'merged' : '') }
  else {
    return if $what->{result} =~ /\A(?:queued)?\z/;
    ($time, @cells) = ($what->{time}, 'nginx', ($what->{result} eq 'checked' ? 'was asked' : $what->{result})
      . ", consent is $what->{consent}: $what->{reason}");
  }
  my @width = (8, 10, 16, 32, 10);
  $self->_row(\@width, [soft => strftime('%H:%M:%S', localtime $time)], map { ref ? $_ : ['', $_] } @cells);
}

sub _event ($event) {
  my $properties = $event->{properties} // {};
  return ([bold => $event->{event}], [green => $event->{event_id} // ''],
    defined $properties->{value} ? sprintf('%.2f %s', $properties->{value}, $properties->{currency} // '') : '');
}

sub checks ($self, $check) {
  $self->title('Checked');
  for my $result ($check->results) {
    my @problems = @{$result->{problems}};
    say '  ', @problems ? $self->paint(red => 'FAIL') : $self->paint(green => 'ok  '), '  ', $result->{question};
    say '        ', $self->paint(red => length > 200 ? substr($_, 0, 197) . '...' : $_) for @problems;
  }
}

sub verdict ($self, $visit, $check, $warnings) {
  my ($want, $have) = map { scalar @$_ } [$visit->expected], [$check->whole];
  my $said = sprintf '%d of %d events, %d warning%s', $have, $want, $warnings, $warnings == 1 ? '' : 's';
  my $failed = $check->failed;
  say '';
  say $failed
    ? $self->paint(red   => "not everything is right: $said; $failed of ${\ scalar $check->results} checks failed")
    : $self->paint(green => "everything arrived: $said");
}

sub _looked ($word) { return [$LOOK{$word // ''} // 'red', $word // 'no answer'] }

sub _short ($value) { return !defined $value ? 'absent' : length $value > 20 ? substr($value, 0, 11) . '...' . substr($value, -6) : $value }

# a page, without its host, and a click id not in full
sub _place ($url) { return $url =~ s{\A\w+://[^/]*}{}r =~ s{(ttclid=.{6}).*}{$1...}r }

1;
