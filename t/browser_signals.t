# consent tools that tell a page of a change: the script asks again at their word, without waiting for the browser to tell
# of the cookie. the tools are played by what their manuals say, their cookies are those of t/consent

use v5.36;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use lib dirname(abs_path(__FILE__)) . '/lib';

use Mojo::JSON qw(to_json);
use Test::More;
use Test::TikTok;
use Test::TikTok::Browser;
use Test::TikTok::Presets qw(preset_rows);

my $fire = sub ($target, $yes, $no = $yes) {
  return {map { $_->[0] => "$target.dispatchEvent(new CustomEvent('$_->[1]', {detail: {}}))" } [granted => $yes], [denied => $no]};
};
my $call = sub ($stub) { return {stub => $stub, granted => 'told()', denied => 'told()'} };

my %tool = (
  borlabs           => $fire->('document', 'borlabs-cookie-consent-saved'),
  commandersact     => $call->('cact = (name, call) => { if (name === "consent.onUpdate") told = call; }'),
  complianz         => $fire->('document', 'cmplz_status_change', 'cmplz_revoke'),
  cookiebot         => $fire->('window', 'CookiebotOnAccept', 'CookiebotOnDecline'),
  cookieconsent     => $fire->('window', 'cc:onConsent', 'cc:onChange'),
  cookiefirst       => $fire->('window', 'cf_consent'),
  cookieinformation => $fire->('window', 'CookieInformationConsentGiven', 'CookieInformationConsentSubmitted'),
  cookiescript      => $fire->('window', 'CookieScriptAcceptAll', 'CookieScriptReject'),
  cookieyes         => $fire->('document', 'cookieyes_consent_update'),
  didomi            => $call->('told = () => didomiEventListeners.forEach(({event, listener}) => event === "consent.changed" && listener({}))'),
  hubspot           => $call->('told = () => _hsp.forEach(([name, call]) => name === "addPrivacyConsentListener" && call({categories: {}}))'),
  ketch             => $call->('ketch = (method, name, call) => { if (method + name === "onconsent") told = call; }'),
  onetrust          => $fire->('window', 'consent.onetrust', 'OneTrustGroupsUpdated'),
  realcookiebanner  => $fire->('document', 'RCB/OptIn/All', 'RCB/OptOut/All'),
  tarteaucitron     => $fire->('document', 'tiktok_allowed', 'tac.consent_updated'),
  tcf               => $call->('__tcfapi = (command, version, call) => { if (command + version === "addEventListener2") told = call; }'),
  trustarc          => {map { $_ => q{postMessage(JSON.stringify({source: 'preference_manager', message: 'submit_preferences'}), '*')} } qw(granted denied)},
  wp_consent        => $fire->('document', 'wp_listen_for_consent_change'),
  zaraz             => $fire->('document', 'zarazConsentChoicesUpdated'),
);

my $t = Test::TikTok::Browser->new;

my @known = $t->slurp("$Test::TikTok::TOP/ngx_tiktok_module/capture/script/signals.js") =~ /^export const (\w+)/mg;
is_deeply [sort keys %tool], [sort @known], 'every tool that the script knows is played';

# of each tool the first row of a verdict, all of one policy
my %row;
for my $row (map { preset_rows("$Test::TikTok::TOP/t/consent/$_.txt") } qw(presets tcf)) {
  my ($name) = $row->{policy} =~ /\A(\w+)/;
  my $known = $row{$name} //= {policy => $row->{policy}};
  $known->{$row->{verdict}} //= $row->{cookies} if $known->{policy} eq $row->{policy};
}

my %conf;
for my $name (keys %tool) {
  $t->page("$name.html")->file("html/$name.html", $t->slurp("html/$name.html") =~ s{/s\.js}{/$name.js}r);
  $conf{"= /$name.js"} = "tiktok_consent $row{$name}{policy}; tiktok_script /$name/e sdk=off;";
  $conf{"= /$name/e"}  = "tiktok_consent $row{$name}{policy}; tiktok_beacon;";
}
$t->shop(%conf);

# a browser that does not tell of cookies, and no time in which somebody looks for them
$t->chromium('--host-resolver-rules=MAP shop.example 127.0.0.1');
my %QUIET = (base => 'http://shop.example:' . $t->port('http'), before => 'window.setInterval = () => 0; window.told = null;');

# what the tool does, before it says so
sub leave ($v, $text) {
  $v->ask('Network.clearBrowserCookies');
  $v->js("document.cookie = " . to_json("$_; Path=/")) for split /; /, $text;
}

# all at once: each waits only a little, but there are many
my %visitor;
for my $name (sort keys %tool) {
  my $stub = $tool{$name}{stub} // '';
  $visitor{$name} = $t->visitor(%QUIET, before => "$QUIET{before} $stub")->open("/$name.html");
}

sub answered ($name, $count) {
  my @checks = $visitor{$name}->wait_checks($count, "/$name/e");
  return @checks == $count ? $checks[-1]{consent} : @checks . ' checks';
}

subtest 'nobody has chosen' => sub {
  is answered($_, 1), 'undecided', $_ for sort keys %tool;
};

my $checks = 1;
for my $verdict (qw(granted denied)) {
  subtest "$verdict, and nobody says so" => sub {
    leave($visitor{$_}, $row{$_}{$verdict}) for sort keys %tool;
    $visitor{tcf}->settle(values %visitor);
    is scalar(my @checks = $visitor{$_}->checks("/$_/e")), $checks, $_ for sort keys %tool;
  };
  $checks++;
  subtest "the tool says so: $verdict" => sub {
    $visitor{$_}->js("$tool{$_}{$verdict}; 0") for sort keys %tool;
    is answered($_, $checks), $verdict, $_ for sort keys %tool;
  };
}

subtest 'what came of it' => sub {
  for my $name (sort keys %tool) {
    is join(' ', map { $_->{event} } $visitor{$name}->wait_events(1, "/$name/e")), 'Pageview', "$name: what waited was told";
    is $visitor{$name}->problems, 0, "$name: no errors" or note explain [$visitor{$name}->problems];
  }
};

subtest 'a signal without a change' => sub {
  $visitor{$_}->js("$tool{$_}{denied}; 0") for sort keys %tool;
  $visitor{tcf}->settle(values %visitor);
  is scalar(my @all = $visitor{$_}->checks("/$_/e")), $checks, "$_: is no reason to ask" for sort keys %tool;
};

$t->finish;
done_testing;
