package Demo::Visitor;

# what a person does in the demo shop, with a page of Chromium: clicks, types and looks

use v5.36;

use Mojo::JSON qw(to_json);
use Mojo::URL;

# the names in which consent.js and the pages of the shop have their buttons
use constant {
  ACCEPT => '#onetrust-accept-btn-handler',
  REJECT => '#onetrust-reject-all-handler',
};

# page is a Chromium::Page, base the address of the shop
sub new ($class, $page, $base) { return bless {page => $page, base => Mojo::URL->new($base)}, $class }

sub page ($self) { return $self->{page} }

# the address that the browser shows
sub address ($self) { return $self->{page}->address }

sub open ($self, $path, $referrer = undef) {
  $self->{page}->open(Mojo::URL->new($path)->to_abs($self->{base}), $referrer);
  return $self;
}

sub accept ($self) { return $self->_click(ACCEPT) }
sub reject ($self) { return $self->_click(REJECT) }

# on the page of a product: another address, but no other page
sub choose ($self, $colour) { return $self->_click(".colours [data-colour=$colour]") }

sub add_to_cart ($self) { return $self->_follow('#add-to-cart button') }
sub check_out   ($self) { return $self->_follow('#to-checkout') }

sub order ($self, %typed) {
  $self->_type("#checkout [name=$_]", $typed{$_}) for sort keys %typed;
  return $self->_follow('#checkout button');
}

sub subscribe ($self, $email) {
  $self->_type('#newsletter [name=email]', $email);
  return $self->_follow('#newsletter button');
}

sub _click ($self, $selector) {
  $self->{page}->click($selector);
  return $self;
}

sub _follow ($self, $selector) {
  $self->{page}->load(sub { $self->{page}->click($selector) });
  return $self;
}

sub _type ($self, $selector, $text) {
  my $page  = $self->{page};
  my $field = 'document.querySelector(' . to_json([$selector]) . '[0])';
  $page->js("$field.select()");
  $page->ask('Input.insertText', {text => $text});
  $page->js("$field.blur()");
}

1;
