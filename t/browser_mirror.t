# consent tools that decide in the browser alone: the script writes what they say into a cookie, and nginx reads that. the
# tools are played by what their manuals say of their interfaces

use v5.36;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use lib dirname(abs_path(__FILE__)) . '/lib';

use Test::More;
use Test::TikTok;
use Test::TikTok::Browser;

# choice is what the visitor has chosen, before or by choose(); null is no choice
my %tool = (
  axeptio => <<'JS',
    const sdk = {on: (name, call) => { sdk.call = call; if (choice !== null) call({tiktok: choice}); }};
    window.choose = yes => sdk.call({tiktok: yes});
    setTimeout(() => (window._axcb = window._axcb || []).forEach(call => call(sdk)), 500);
JS
  cookieconsent => <<'JS',
    window.CookieConsent = {validConsent: () => choice !== null, acceptedCategory: name => name === 'marketing' && choice};
JS
  gcm => <<'JS',
    window.dataLayer = [];
    window.gtag = function () { dataLayer.push(arguments); };
    gtag('consent', 'default', {ad_storage: 'denied', ad_user_data: 'denied'});
    window.choose = yes => gtag('consent', 'update', {ad_storage: yes ? 'granted' : 'denied', ad_user_data: yes ? 'granted' : 'denied'});
    if (choice !== null) choose(choice);
JS
  klaro => <<'JS',
    const manager = {get confirmed() { return choice !== null; }, getConsent: name => name === 'tiktok' && choice};
    setTimeout(() => { window.klaro = {getManager: () => manager}; }, 500);
JS
  osano => <<'JS',
    window.Osano = {cm: {getConsent: () => ({ESSENTIAL: 'ACCEPT', MARKETING: choice ? 'ACCEPT' : 'DENY'})}};
JS
  shopify => <<'JS',
    window.Shopify = {loadFeatures: (features, done) => {
      if (!Shopify.customerPrivacy && features[0].name === 'consent-tracking-api') Shopify.customerPrivacy =
        {currentVisitorConsent: () => ({marketing: choice === null ? '' : choice ? 'yes' : 'no', analytics: 'yes'})};
    }};
JS
  termly => <<'JS',
    setTimeout(() => { window.Termly = {getConsentState: () => ({essential: true, advertising: !!choice})}; }, 500);
JS
  usercentrics => <<'JS',
    window.__ucCmp = {getConsentDetails: async () => ({consent: {type: choice === null ? 'IMPLICIT' : 'EXPLICIT'},
      categories: {marketing: {state: choice ? 'ALL_ACCEPTED' : 'ALL_DENIED'}}, services: {}})};
JS
  usercentrics2 => <<'JS',
    window.UC_UI = {isInitialized: () => true, getServicesBaseInfo: () => [
      {id: 'a', name: 'Maps', categorySlug: 'functional', consent: {status: true, history: []}},
      {id: 'b', name: 'TikTok Pixel', categorySlug: 'marketing',
        consent: {status: !!choice, history: [{type: choice === null ? 'implicit' : 'explicit'}]}}]};
JS
);

# tools that do not tell a refusal from no choice
my %blunt = map { $_ => 1 } qw(osano termly);

my $t = Test::TikTok::Browser->new;
my %conf;
for my $name (sort keys %tool) {
  my $page = sub ($file, $choice) {
    $t->page($file, '', "<script>(() => { let choice = $choice; window.choose = yes => { choice = yes; }; $tool{$name} })()</script>");
    $t->file("html/$file", $t->slurp("html/$file") =~ s{/s\.js}{/$name.js}r);
  };
  $page->("$name.html", 'null');
  $page->("$name.again.html", 'true');
  $page->("$name.late.html", 'true');
  my $option = $name eq 'usercentrics2' ? "$name 'id=TikTok Pixel'" : $name;
  $conf{"= /$name.js"} = "tiktok_script /e mirror=$option sdk=/pixel/events.js;";
}
# a second and a half later than usual, which is six questions
for my $name (qw(axeptio gcm)) {
  my $html = $t->slurp("html/$name.late.html");
  $html =~ s{<script>\(\(\) => \{(.*?)\}\)\(\)</script>}{<script>window.dataLayer = []; setTimeout(() => { $1; setTimeout(() => { window.come = 1; }, 1000); }, 1500)</script>}s
    or die "$name.late.html has no tool";
  $t->file("html/$name.late.html", $html);
}
$t->shop(tiktok_consent => 'mirror', '= /s.js' => undef, %conf);

for my $name (sort keys %tool) {
  subtest $name => sub {
    $t->forget;
    my $v = $t->visitor->open("/$name.html");
    is +($v->wait_checks(1))[0]{consent}, 'undecided', 'no choice';
    my $next = 1;
    if ($blunt{$name}) {
      is +($v->wait_checks(++$next))[-1]{consent}, 'denied', 'that is a refusal to this tool';
    }
    $v->settle;
    is $v->js('document.cookie'), '', 'no cookie' unless $blunt{$name};
    $v->comes('window.choose');
    $v->settle;
    my $before = time;
    $v->js('choose(true), 0');
    is +($v->wait_checks(++$next))[-1]{consent}, 'granted', 'accepted';
    my ($said, $at) = $v->js('document.cookie') =~ /\Atiktok_consent=([01])\.(\d+)(?:; |\z)/;
    is $said, 1, 'the cookie says so';
    cmp_ok abs($at - $before), '<', 60, 'and when';
    is +($t->sandbox_events(count => 1))[0]{event}{event}, 'Pageview', 'the server has the page view';
    is +($t->pixel(call => 'track', count => 1))[0]{event}, 'Pageview', 'and so has the pixel';

    $v->js('choose(false), 0');
    is +($v->wait_checks(++$next))[-1]{consent}, 'denied', 'withdrawn';
    like $v->js('document.cookie'), qr/\btiktok_consent=0\.\d+/, 'the cookie says so';
    is $t->pixel(call => 'revokeConsent', count => 1), 1, 'the pixel is revoked';

    # who chose on an earlier visit, and whose cookie is gone
    $t->forget;
    $v = $t->visitor->open("/$name.again.html");
    is +($t->sandbox_events(count => 1))[0]{event}{event}, 'Pageview', 'chosen before: no click is needed';
    is $v->problems, 0, 'no errors' or note explain [$v->problems];
  };
}

# the cookie of the last page stands until the tool has an answer
subtest 'a tool that comes late' => sub {
  for my $name (qw(axeptio gcm)) {
    $t->forget;
    my $v = $t->visitor(cookies => {tiktok_consent => '1.' . time})->open("/$name.late.html");
    $v->comes('window.come');
    $v->settle;
    is join(' ', map { $_->{consent} } $v->checks), 'granted', "$name: nobody takes the consent away meanwhile";
    like $v->js('document.cookie'), qr/\btiktok_consent=1\./, 'the cookie is there';
    is +($t->sandbox_events(count => 1))[0]{event}{event}, 'Pageview', 'and the page view is told';
  }
};

subtest 'the tool has forgotten' => sub {
  $t->forget;
  my $v = $t->visitor(cookies => {tiktok_consent => '1.' . time})->open('/klaro.html');
  $v->comes('!/tiktok_consent/.test(document.cookie)');
  is +($v->wait_checks(2))[-1]{consent}, 'undecided', 'then there is no choice any more';
  like $v->js('document.cookie'), qr/\A(?!.*tiktok_consent)/, 'and no cookie';
};

$t->finish;
done_testing;
