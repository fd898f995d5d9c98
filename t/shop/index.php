<?php

// A small shop, as it stands behind many an nginx: one script for all pages, a
// cart by form posts, and a checkout by form or by JSON. It knows nothing of
// events. The argument "as" asks for an answer that is not as it should be.

const PRICES = ['LAMP-01' => 89.90, 'CUP-02' => 24.00];

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

function page(string $text, int $status = 200): never {
    http_response_code($status);
    header('Content-Type: text/html; charset=utf-8');
    exit("<!DOCTYPE html><html><head><title>Shop</title></head><body>$text</body></html>");
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
    isset(PRICES[$_POST['sku'] ?? '']) ? redirect('/cart') : page('no such thing', 404);
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

page("this is $path");
