# one event in full, as TikTok gets it, and what becomes of properties

use v5.36;
use utf8;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use lib dirname(abs_path(__FILE__)) . '/lib';

use Test::More;
use Test::TikTok;
use Test::TikTok::Capture qw(by_id is_answer);

my $OK  = '{"code":0,"message":"OK","request_id":"r1","data":{}}';
my $URL = 'https://shop.example/thanks?order=100042';

subtest 'byte for byte' => sub {
  my $t   = Test::TikTok->new;
  my $api = $t->backend;
  $t->api($api)->conf(server => 'set_real_ip_from 127.0.0.1; real_ip_header X-Forwarded-For;', '= /tested' => 'tiktok_beacon; tiktok_test_event_code TEST123;')->start;

  my $time = time - 60;
  my $body = <<"JSON";
{"event": "Purchase", "event_id": "order.100042", "event_time": $time,
 "page": {"url": "$URL&email=jane.doe%40example.com", "referrer": "https://shop.example/pay"},
 "user": {"email": "Jane.Doe\@Example.com ", "phone": "+49 151 23456789", "external_id": "cust-8842", "unknown": 1},
 "properties": {"value": "129.970", "currency": "eur", "order_id": 100042, "content_type": "Product", "description": "",
                "contents": [{"content_id": "SKU-1", "quantity": "1", "price": 129.97}]}}
JSON
  is_answer $t->beacon($body, uri => '/tested', cookies => 'consent=yes; ttclid=E.C.P.click; _ttp=01J9.tt.1', 'X-Forwarded-For' => '93.184.216.34',
    'User-Agent' => 'Visitor/1.0', 'Accept-Language' => 'de-DE,de;q=0.9'), '204 queued granted', 'a purchase';
  ok $api->wait_requests(1), 'arrives';
  my ($request) = $api->requests;
  my ($email, $phone, $customer) = (    # of sha256sum
    '86e0b9e56c17cc4d12387e1949b85053fbe73bc3ce5a1188713a9d300cc6133d', '663a4322addcdcc2be9435bfd2505066dc1048b89d33e48f363119f18bdd71e8',
    '3335c80bf680bfaa5245dd28c8c930a6cbce0f13da00e5f462a2dd0521d5a4e5',
  );
  my $expected = qq({"event_source":"web","event_source_id":"CTESTPIXEL0000000001","test_event_code":"TEST123","data":[)
    . qq({"event":"Purchase","event_time":$time,"event_id":"order.100042",)
    . qq("user":{"ttclid":"E.C.P.click","ttp":"01J9.tt.1","email":"$email","phone":"$phone","external_id":"$customer",)
    . qq("ip":"93.184.216.34","user_agent":"Visitor/1.0","locale":"de-DE"},)
    . qq("page":{"url":"$URL&email=","referrer":"https://shop.example/pay"},)
    . qq("properties":{"value":129.970,"currency":"EUR","contents":[{"content_id":"SKU-1","price":129.97,"quantity":1}],)
    . qq("content_type":"product","order_id":"100042"}}]});
  is $request->{body}, $expected, 'as TikTok wants it';
  is $request->{headers}{'access-token'}, Test::TikTok::TOKEN, 'with the token';
  is $request->{headers}{'content-type'}, 'application/json', 'as JSON';

  my $pixel = $t->wait_status(sub ($s) { $s->{pixels}[0]{events}{Purchase}{delivered} })->{pixels}[0];
  is_deeply $pixel->{events}{Purchase}{match_keys}, {map { $_ => 1 } qw(ttclid ttp email phone external_id ip user_agent)}, 'every key is counted';
  is_deeply $pixel->{left_out}, {email => 0, phone => 0, ip => 0, currency => 0, url => 1, text => 0, user => 1}, 'and what was left out';
  $t->finish;
};

subtest 'parts' => sub {
  my $t = Test::TikTok->new(sandbox => 1)->start;
  my %cases = (    # what comes in => what goes out
    page => [
      {page => {url => "$URL#top"}}                                            => {url => "$URL#top"},
      {page => {url => $URL, referrer => 'android-app://a'}}                   => {url => $URL},
      {page => {url => $URL, referrer => ''}}                                  => {url => $URL},
      {page => {url => 'javascript:alert(1)'}}                                 => {url => 'https://shop.example/from-referer'},
      {page => {}}                                                             => {url => 'https://shop.example/from-referer'},
      {}                                                                       => {url => 'https://shop.example/from-referer'},
      {page => {url => 'https://jane:secret@shop.example/a'}}                  => {url => 'https://shop.example/a'},
    ],
    properties => [
      {properties => {}}                                                       => undef,
      {properties => {value => 0, currency => 'USD'}}                          => {value => 0, currency => 'USD'},
      {properties => {value => ' 12.50 ', currency => ' usd'}}                 => {value => 12.5, currency => 'USD'},
      {properties => {value => 1, currency => 'XXX', content_type => 'product'}} => {content_type => 'product'},
      {properties => {value => '12,50', query => 'x'}}                         => {value => 12.5, query => 'x'},
      {properties => {value => '1,234', query => 'x'}}                         => {query => 'x'},
      {properties => {value => -1, query => 'x'}}                              => {query => 'x'},
      {properties => {value => undef, query => '', content_ids => [], search_string => 'x'}} => {search_string => 'x'},
      {properties => {content_ids => [1, 'b', undef, '']}}                     => {content_ids => ['1', 'b']},
      {properties => {content_ids => 'one'}}                                   => {content_ids => ['one']},
      {properties => {contents => {content_id => 7, price => '1e2', quantity => 2.5}}} => {contents => [{content_id => '7', price => 100}], content_type => 'product'},
      {properties => {num_items => '3', customer_type => 'NEW', status => 'paid'}} => {num_items => 3, customer_type => 'new', status => 'paid'},
      {properties => {own => {a => [1, 'b', {c => Mojo::JSON->true}]}, description => 'ü </script> "q" \\'}} => {own => {a => [1, 'b', {c => Mojo::JSON->true}]}, description => 'ü </script> "q" \\'},
      {properties => {value => 1e21, currency => 'EUR'}}                       => {value => 1e21, currency => 'EUR'},
    ],
    limited_data_use => [
      {limited_data_use => Mojo::JSON->true}                                   => Mojo::JSON->true,
      {limited_data_use => Mojo::JSON->false}                                  => undef,
      {limited_data_use => 'true'}                                             => Mojo::JSON->true,
      {limited_data_use => 'yes'}                                              => undef,
    ],
  );
  my ($n, @expected) = 0;
  for my $part (sort keys %cases) {
    while (my ($in, $out) = splice @{$cases{$part}}, 0, 2) {
      my $id = "$part-" . $n++;
      push @expected, [$id, $part, $in, $out];
      is_answer $t->beacon({event => 'AddToCart', event_id => $id, %$in}, Referer => 'https://shop.example/from-referer'), '204 queued granted', $id;
    }
  }
  my $seen = by_id($t, $n);
  for my $case (@expected) {
    my ($id, $part, $in, $out) = @$case;
    is_deeply $seen->{$id}{$part}, $out, "$id: " . Mojo::JSON::encode_json($in);
  }
  is $t->sandbox->stats->{events}{refused}, 0, 'the API refused nothing';

  # names as spelt, counted by the event they mean
  my %names = (CompletePayment => 'Purchase', SubmitForm => 'Lead', PageView => 'Pageview', 'My own-event_1' => 'custom', 'add to cart' => 'custom');
  for my $name (sort keys %names) {
    is_answer $t->beacon({event => $name, event_id => "name $name"}, Referer => 'https://shop.example/'), '204 queued granted', $name;
  }
  $seen = by_id($t, $n += keys %names);
  is $seen->{"name $_"}{event}, $_, "$_ goes on as spelt" for sort keys %names;
  my $events = $t->status->{pixels}[0]{events};
  is_deeply {map { $_ => $events->{$_}{queued} } keys %$events}, {AddToCart => @expected + 0, Purchase => 1, Lead => 1, Pageview => 1, custom => 2}, 'and is counted';
  for my $name ('', '1st', '_a', 'a ', 'a.b', "a\nb", 'ä', 'e' x 51, undef, 7, [], {}) {
    my $said = $t->beacon({event => $name});
    is_answer $said, '400 invalid granted', 'no name: ' . Mojo::JSON::encode_json($name);
    is $said->json->{field}, 'event', 'is said';
  }
  $t->finish;
};

# what a shop's data layer has for Google
subtest 'GA4' => sub {
  my $t = Test::TikTok->new(sandbox => 1)->conf('= /legacy' => 'tiktok_beacon; tiktok_event_names legacy;')->start;
  my @items = (
    {item_id => 'SKU_1', item_name => 'A shirt', item_brand => 'Acme', item_category => 'Apparel', item_category2 => 'Shirts', price => 9.99, quantity => 3},
    {item_id => 'SKU_2', item_name => 'Socks', price => 99.98},
  );
  my @contents = (
    {content_id => 'SKU_1', content_name => 'A shirt', brand => 'Acme', content_category => 'Apparel > Shirts', price => 9.99, quantity => 3},
    {content_id => 'SKU_2', content_name => 'Socks', price => 99.98},
  );
  my %cases = (
    purchase => [
      {event => 'purchase', ecommerce => {transaction_id => 'T-1', currency => 'EUR', value => 129.95, items => \@items}, user_data => {external_id => 'cust-8842'}},
      {event => 'Purchase', event_id => 'order.T-1', user => {external_id => '3335c80bf680bfaa5245dd28c8c930a6cbce0f13da00e5f462a2dd0521d5a4e5'},
        properties => {order_id => 'T-1', currency => 'EUR', value => 129.95, content_type => 'product', contents => \@contents}},
    ],
    cart => [
      {event => 'add_to_cart', event_id => 'c1', properties => {currency => 'EUR', items => \@items}},
      {event => 'AddToCart', event_id => 'c1', properties => {currency => 'EUR', value => 129.95, content_type => 'product', contents => \@contents}},
    ],
    search => [
      {event => 'search', event_id => 's1', properties => {search_term => 'red shoes'}},
      {event => 'Search', event_id => 's1', properties => {search_string => 'red shoes', query => 'red shoes'}},
    ],
    own => [{event => 'view_cart', event_id => 'v1'}, {event => 'view_cart', event_id => 'v1'}],
  );
  is_answer $t->beacon($cases{$_}[0], Referer => 'https://shop.example/'), '204 queued granted', $_ for sort keys %cases;
  my $seen = by_id($t, 4);
  for my $name (sort keys %cases) {
    my $out = $cases{$name}[1];
    my %got = %{$seen->{$out->{event_id}} // {}};
    delete @got{qw(event_time page)};
    delete @{$got{user}}{qw(user_agent ip locale)};
    delete $got{user} unless %{$got{user}};
    is_deeply \%got, $out, $name;
  }

  my %legacy = (purchase => 'CompletePayment', generate_lead => 'SubmitForm', Purchase => 'Purchase', begin_checkout => 'InitiateCheckout');
  is_answer $t->beacon({event => $_, event_id => "legacy $_"}, uri => '/legacy', Referer => 'https://shop.example/'), '204 queued granted', $_ for sort keys %legacy;
  $seen = by_id($t, 8);
  is $seen->{"legacy $_"}{event}, $legacy{$_}, "$_ in the old spelling" for sort keys %legacy;
  is_deeply [map { $t->status->{pixels}[0]{events}{$_}{queued} } qw(Purchase Lead AddToCart InitiateCheckout Search custom)], [3, 1, 1, 1, 1, 1],
    'all are counted by what they mean';
  is $t->sandbox->stats->{events}{refused}, 0, 'the API refused nothing';
  $t->finish;
};

done_testing;
