<?php

// A small shop, as it stands behind many an nginx: one script for all pages, a
// cart by form posts, and a checkout by form or by JSON. Its pages have a data
// layer and a consent banner, see shop.js; it knows nothing of TikTok. The
// argument "as" asks for an answer that is not as it should be.

const PRICES = ['LAMP-01' => 89.90, 'CUP-02' => 24.00];
const NAMES = ['LAMP-01' => 'Reading lamp', 'CUP-02' => 'Cup & saucer'];

$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
$post = $_SERVER['REQUEST_METHOD'] === 'POST';
$as = $_GET['as'] ?? '';
$body = file_get_contents('php://input');

// where the pages of this shop keep their orders
function next_order(): int {
    $file = fopen($_SERVER['SHOP_DIR'] . '/orders', 'c+');
    flock($file, LOCK_EX);
    $order = (int) stream_get_contents($file) ?: 100000;
    rewind($file);
    fwrite($file, (string) ++$order);
    return $order;
}

// $layer is what the page tells its data layer
function page(string $text, int $status = 200, array $layer = []): never {
    http_response_code($status);
    header('Content-Type: text/html; charset=utf-8');
    $layer = json_encode($layer, JSON_HEX_TAG);
    exit(<<<HTML
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <title>Shop</title>
        <link rel="icon" href="data:,">
        </head>
        <body>
        <div id="banner" hidden>Cookies for marketing? <button id="accept">Yes</button> <button id="deny">No</button></div>
        <main>$text</main>
        <footer><button id="privacy">Privacy</button></footer>
        <script type="application/json" id="layer">$layer</script>
        <script src="/shop.js"></script>
        </body>
        </html>
        HTML);
}

function item(string $sku, int $quantity = 1): array {
    return ['item_id' => $sku, 'item_name' => NAMES[$sku], 'price' => PRICES[$sku], 'quantity' => $quantity];
}

// GA4's e-commerce object of what is in the cart, a cookie: LAMP-01:2
function cart(): array {
    [$sku, $quantity] = explode(':', $_COOKIE['cart'] ?? '') + ['', 1];
    $items = isset(PRICES[$sku]) ? [item($sku, (int) $quantity)] : [];
    $value = array_sum(array_map(fn($item) => $item['price'] * $item['quantity'], $items));
    return ['currency' => 'EUR', 'value' => round($value, 2), 'items' => $items];
}

function redirect(string $to): never {
    header("Location: $to", true, 303);
    exit;
}

function json(mixed $answer, int $status = 200): never {
    global $as;
    http_response_code($status);
    header('Content-Type: application/json');
    $text = json_encode($answer);
    switch ($as) {
    case 'broken':
        exit(substr($text, 0, -1));
    case 'gzip':
        header('Content-Encoding: gzip');
        exit(gzencode($text));
    case 'huge':
        exit(json_encode($answer + ['filler' => str_repeat('x', 200000)]));
    case 'html':
        header('Content-Type: text/html');
        exit("<html>$text</html>");
    case 'chunked':
        foreach (str_split($text, 7) as $part) {
            echo $part;
            flush();
            usleep(2000);
        }
        exit;
    case 'long':
        $blanks = (int) ($_GET['blanks'] ?? 60000);
        header('Content-Length: ' . (strlen($text) + $blanks));
        exit(str_repeat(' ', $blanks) . $text);
    }
    exit($text);
}

// what the shop has understood, for the test to see
file_put_contents($_SERVER['SHOP_DIR'] . '/seen', strlen($body) . ' ' . md5($body) . ' ' . json_encode($_POST) . "\n", FILE_APPEND | LOCK_EX);

if ($path === '/cart/add' && $post) {
    $sku = $_POST['sku'] ?? '';
    isset(PRICES[$sku]) or page('no such thing', 404);
    $quantity = max(1, (int) ($_POST['quantity'] ?? 1));
    setrawcookie('cart', "$sku:$quantity", path: '/');
    setrawcookie('total', number_format(PRICES[$sku] * $quantity, 2, '.', ''), path: '/');
    redirect('/cart');
}

if ($path === '/checkout' && $post) {
    if (!str_contains($_POST['email'] ?? '', '@')) {
        page('an e-mail address, please', 422);
    }
    redirect('/thank-you?order=' . next_order());
}

if ($path === '/newsletter' && $post) {
    str_contains($_POST['email'] ?? '', '@') ? page('welcome') : page('an e-mail address, please', 422);
}

if ($path === '/api/checkout' && $post) {
    $order = json_decode($body, true);
    if (!is_array($order)) {
        json(['error' => 'what is that?'], 400);
    }
    $total = 0;
    foreach ($order['items'] as $item) {
        $total += PRICES[$item['sku']] * $item['quantity'];
    }
    json(['ok' => true, 'order' => ['id' => next_order(), 'total' => round($total, 2), 'currency' => 'EUR', 'paid' => false, 'note' => null,
        'lines' => array_map(fn($item) => ['content_id' => $item['sku'], 'quantity' => $item['quantity'], 'price' => PRICES[$item['sku']]], $order['items'])]], 201);
}

if ($path === '/upload' && $post) {
    page(strlen($body) . ' bytes');
}

if ($path === '/hint') {
    header('X-Tiktok-Event: ' . ($_GET['event'] ?? ''));
    $_GET['twice'] ?? '' and header('X-Tiktok-Event: ' . $_GET['twice'], false);
    isset($_SERVER['HINT_ACCEL']) and header("X-Accel-Redirect: {$_SERVER['HINT_ACCEL']}");
    page('a hint', (int) ($_SERVER['HINT_STATUS'] ?? 200));
}

if ($path === '/') {
    $links = implode(' ', array_map(fn($sku) => "<a id=\"$sku\" href=\"/product/$sku\">" . htmlspecialchars(NAMES[$sku]) . '</a>', array_keys(PRICES)));
    page("<h1>Shop</h1> $links <form action=\"/newsletter\" method=\"post\"><input name=\"email\"> <button>Newsletter</button></form>");
}

// its data layer is filled by gtag(), that of the others by push()
if (preg_match('~^/product/(.+)~', $path, $found) && isset(PRICES[$found[1]])) {
    $item = item($found[1]);
    $json = htmlspecialchars(json_encode($item));
    page(<<<HTML
        <h1>$found[1]</h1>
        <form action="/cart/add" method="post" data-item="$json">
        <input type="hidden" name="sku" value="$found[1]"> <input name="quantity" value="1"> <button>Add to cart</button>
        </form>
        HTML, layer: [['event', 'view_item', ['currency' => 'EUR', 'value' => $item['price'], 'items' => [$item]]]]);
}

if ($path === '/cart') {
    page('<h1>Cart</h1> <a id="checkout" href="/checkout">Checkout</a>', layer: [['event' => 'view_cart', 'ecommerce' => cart()]]);
}

if ($path === '/checkout') {
    page('<h1>Checkout</h1> <form action="/checkout" method="post"><input name="email"> <input name="billing[phone]"> <button>Buy</button></form>',
        layer: [['event' => 'begin_checkout', 'ecommerce' => cart()]]);
}

if ($path === '/thank-you') {
    page('<h1>Thank you</h1>', layer: [['event' => 'purchase', 'ecommerce' => cart() + ['transaction_id' => $_GET['order'] ?? '']]]);
}

page("this is $path");
