// the same work as a beacon's in Node: node node.mjs PORT FILE

import fs from 'fs';
import http from 'http';
import event from './event.mjs';

const [port, file] = process.argv.slice(2);
const fd = fs.openSync(file, 'a');

function beacon(request, response, body) {
  const from = request.headers;
  const granted = event.granted(from.cookie);
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader('X-Tiktok-Consent', granted ? 'granted' : 'denied');
  if (granted) {
    const text = event.text(body, {
      cookie: from.cookie, agent: from['user-agent'],
      language: from['accept-language'], referer: from.referer
    }, request.socket.remoteAddress);
    if (!text) { response.writeHead(400).end(); return }
    fs.writeSync(fd, text);
    response.setHeader('X-Tiktok-Result', 'queued');
  }
  response.writeHead(204).end();
}

http.createServer((request, response) => {
  let body = '';
  request.setEncoding('utf8');
  request.on('data', part => { body += part });
  request.on('end', () => beacon(request, response, body));
}).listen(Number(port), '127.0.0.1');
