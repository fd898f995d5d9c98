// Pages for t/inject_dom.t, and what a browser's parser makes of them:
//
//   node t/lib/pages.js make DIR NUMBER     writes pages as DIR/0.html ...
//   node t/lib/pages.js check DIR NUMBER    compares DIR/N.html with DIR/N.got
//
// A page that got the tag must have it once, in its head, and be the same page
// without it. One that did not get it must be the same bytes. Prints what is
// wrong, and how many pages got the tag.

'use strict';

const fs = require('fs');
const path = require('path');
const { parse, serialize } = require(path.join(__dirname, '../../build/npm/node_modules/parse5'));

const [command, dir, number] = process.argv.slice(2);

const TAG = '<script src="/_t/s.js" async></script>';

const STARTS = ['', ' ', '<!doctype html>', '<!doctype html><html><head>', '<html>', '<head>', '<body>', '<!-- c --><html>',
  '<!doctype html>\n<html>\n<head>\n<title>x</title>', '<html><head><script>', '<!doctype html><head><script><!--', '<head><template>'];

const PARTS = ['<!doctype html>', '<!DOCTYPE html PUBLIC "a" "b">', '<html>', '<html lang="a>b">', '<head>', '</head>', '</head >',
  '<HEAD>', '</HEAD>', '<head/>', '<body>', '</body>', '</html>', '<frameset>', '</br>', '</p>', '<title>', '</title>', '<titles>',
  '<script>', '</script>', '</script >', '<script/>', '<sCript>', '<script src=a>', '<style>', '</style>', '<noscript>', '</noscript>',
  '<noframes>', '</noframes>', '<template>', '</template>', '<template/>', '<iframe>', '</iframe>', '<textarea>', '</textarea>', '<xmp>',
  '</xmp>', '<noembed>', '</noembed>', '<meta charset=utf-8>', '<meta content="</head>">', "<meta content='>'>", '<meta a="b', '<meta a =',
  '<link rel=x />', '<link/a', '<base>', '<basefont>', '<bgsound>', '<div>', '</div>', '<p>', '<br>', '<svg>', '</svg>', '<math>',
  '<table>', '<select>', '</select>', '<option>', '<a b="c"d=\'e\' f=g/>', 'a', 'b ', ' ', '\n', '\t', '\r', '\f', '&amp;', '<!--', '-->',
  '--!>', '<!-->', '<!--->', '-', '--', '<', '>', '"', "'", '=', '/', '</', '<!', '<?', '<!--[if IE]>', '<![endif]-->'];

// the same pages in each run
let seed = 1;

function random(n) {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) % n;
}

function page() {
  let text = STARTS[random(STARTS.length)];
  for (let i = random(14); i > 0; i--) text += PARTS[random(PARTS.length)];
  return text;
}

function walk(node, parent, visit) {
  visit(node, parent);
  for (const child of [...(node.childNodes || [])]) walk(child, node, visit);
  if (node.content) walk(node.content, node, visit);
}

// texts that stood around the tag are one again
function join(node) {
  if (!node.childNodes) return;
  const joined = [];
  for (const child of node.childNodes) {
    const last = joined[joined.length - 1];
    if (child.nodeName === '#text' && last && last.nodeName === '#text') last.value += child.value;
    else joined.push(child);
  }
  node.childNodes = joined;
}

function without(tree, ours) {
  for (const [node, parent] of ours) parent.childNodes.splice(parent.childNodes.indexOf(node), 1);
  walk(tree, null, join);
  return serialize(tree);
}

function wrong(sent, got) {
  if (got === sent) return '';
  const place = got.indexOf(TAG);
  if (place < 0 || got.replace(TAG, '') !== sent) return 'other bytes';

  const tree = parse(got);
  const ours = [];
  walk(tree, null, (node, parent) => {
    if (node.nodeName === 'script' && node.attrs.some(a => a.value === '/_t/s.js')) ours.push([node, parent]);
  });
  if (ours.length !== 1) return `the tag is there ${ours.length} times`;
  if (ours[0][1].nodeName !== 'head') return `it is in ${ours[0][1].nodeName}`;
  return without(tree, ours) === without(parse(sent), []) ? '' : 'another page';
}

if (command === 'make') {
  for (let i = 0; i < number; i++) fs.writeFileSync(path.join(dir, `${i}.html`), page());

} else {
  let placed = 0;
  for (let i = 0; i < number; i++) {
    const sent = fs.readFileSync(path.join(dir, `${i}.html`), 'utf8');
    const got = fs.readFileSync(path.join(dir, `${i}.got`), 'utf8');
    const what = wrong(sent, got);
    if (what) console.log(`wrong: ${what}: ${JSON.stringify(sent)} became ${JSON.stringify(got)}`);
    if (got !== sent) placed++;
  }
  console.log(`placed: ${placed}`);
}
