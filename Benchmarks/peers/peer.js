// Node's `ws` with JSON.parse, doing what the other clients do.
//
//     node peer.js PORT CASE COUNT SIZE      CASE: integer, untouched, echo, pipelined, send
'use strict';
const WebSocket = require('ws');

const [port, name, count, size] = [process.argv[2], process.argv[3], Number(process.argv[4]), Number(process.argv[5])];
const window = 256;
const payload = { i: 1000000, pad: 'x'.repeat(size - 20) };
const cpuNow = () => { const { user, system } = process.cpuUsage(); return (user + system) * 1000; };

const socket = new WebSocket(`ws://127.0.0.1:${port}/socket/websocket?vsn=2.0.0`, { perMessageDeflate: false });
let reference = 1, sum = 0, messages = 0, sent = 0, wanted = 0, pass = 0, cpu = 0, wall = 0n, start = 0n;
let trips = [];
const push = (event, body) => socket.send(JSON.stringify(['1', String(++reference), 'blast:0', event, body]));
const take = (text) => { const message = JSON.parse(text); return message; };

function begin() {
  wanted = pass === 0 ? Math.ceil(count / 10) : count;
  messages = 0;
  sent = 0;
  trips = [];
  cpu = cpuNow();
  wall = process.hrtime.bigint();
  if (name === 'integer' || name === 'untouched') {
    push('blast', { count: wanted, size, topics: 1 });
  } else if (name === 'echo') {
    start = process.hrtime.bigint();
    push('echo', payload);
  } else if (name === 'pipelined') {
    for (; sent < wanted && sent < window; sent++) push('echo', payload);
  } else {
    for (; messages < wanted; messages++) push('take', payload);
    push('echo', payload);
  }
}

function end() {
  const [cpuSpent, wallSpent] = [cpuNow() - cpu, process.hrtime.bigint() - wall];
  if (pass === 0) { pass = 1; begin(); return; }
  trips.sort((a, b) => a - b);
  const mean = trips.length ? trips.reduce((a, b) => a + b, 0) / trips.length : 0;
  console.log(JSON.stringify({
    messages, cpu: cpuSpent, wall: Number(wallSpent), p50: trips[trips.length >> 1] || 0,
    p99: trips[Math.floor(trips.length * 0.99)] || 0, mean: Math.round(mean), sum,
  }));
  socket.close();
}

socket.on('open', () => socket.send(JSON.stringify(['1', '1', 'blast:0', 'phx_join', {}])));
socket.on('error', (error) => { console.error(error.message); process.exit(1); });
socket.on('message', (text) => {
  const [, ref, , event, body] = take(text);
  if (ref === '1') { begin(); return; }
  if (event === 'tick') {
    if (name === 'integer') sum += body.i;
    messages++;
  } else if (event === 'done') {
    end();
  } else if (name === 'echo') {
    sum += body.response.i;
    trips.push(Number(process.hrtime.bigint() - start));
    if (++messages === wanted) { end(); return; }
    start = process.hrtime.bigint();
    push('echo', payload);
  } else if (name === 'pipelined') {
    sum += body.response.i;
    if (++messages === wanted) { end(); return; }
    if (sent < wanted) { sent++; push('echo', payload); }
  } else if (name === 'send') {
    end();
  }
});
