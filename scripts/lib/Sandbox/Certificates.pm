package Sandbox::Certificates;

# a certificate authority of the sandbox's own, and a server certificate signed by it

use Mojo::Base -strict, -signatures;

use IPC::Cmd   qw(run);
use Mojo::File qw(path);

use constant {CA_DAYS => 30, SERVER_DAYS => 7};

our %KIND = (
  'good'        => {},
  'wrong-host'  => {names => 'DNS:elsewhere.example'},
  'expired'     => {days  => -1},
  'self-signed' => {self_signed => 1},
);

my $NAMES = 'DNS:business-api.tiktok.com,DNS:localhost,IP:127.0.0.1,IP:::1';

# the paths of ca, cert and key. an authority that is still good is kept, so that a client that has loaded it can go on
# after a restart
sub make ($dir, $kind) {
  my $want = $KIND{$kind};
  my ($ca, $ca_key, $cert, $key) = map { path($dir)->child($_)->to_string } qw(ca.crt ca.key server.crt server.key);

  unless (-e $ca && -e $ca_key && eval { _openssl('x509', '-in', $ca, '-noout', '-checkend', 86_400); 1 }) {
    _key($ca_key);
    _certify($ca, $ca_key, '/CN=Events API sandbox CA', CA_DAYS,
      'basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign,cRLSign');
  }

  _key($key);
  my @extensions = ('subjectAltName=' . ($want->{names} // $NAMES), 'extendedKeyUsage=serverAuth', 'basicConstraints=critical,CA:FALSE');
  my ($subject, $days) = ('/CN=Events API sandbox', $want->{days} // SERVER_DAYS);
  if ($want->{self_signed}) { _certify($cert, $key, $subject, $days, @extensions) }
  else                      { _sign($cert, $key, $ca, $ca_key, $subject, $days, @extensions) }
  return {ca => $ca, cert => $cert, key => $key};
}

sub _key ($file) {
  my $umask = umask 0077;
  unlink $file;
  _openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', $file);
  umask $umask;
}

sub _certify ($cert, $key, $subject, $days, @extensions) {
  _openssl(qw(req -x509 -new -sha256 -config /dev/null), '-key', $key, '-subj', $subject, '-days', $days, '-out', $cert,
    map { ('-addext', $_) } @extensions);
}

sub _sign ($cert, $key, $ca, $ca_key, $subject, $days, @extensions) {
  my $request    = path("$cert.request");
  my $extensions = path("$cert.extensions")->spurt(map {"$_\n"} @extensions);
  _openssl(qw(req -new -sha256 -config /dev/null), '-key', $key, '-subj', $subject, '-out', $request);
  _openssl(qw(x509 -req -sha256), '-in', $request, '-CA', $ca, '-CAkey', $ca_key, '-days', $days, '-extfile', $extensions,
    '-set_serial', '0x' . join('', map { sprintf '%02x', 1 + int rand 126 } 1 .. 16), '-out', $cert);
  $_->remove for $request, $extensions;
}

sub _openssl (@arguments) {
  my ($ok, $error, $output) = run(command => ['openssl', map {"$_"} @arguments]);
  die "openssl $arguments[0]: $error\n", @$output unless $ok;
}

1;
