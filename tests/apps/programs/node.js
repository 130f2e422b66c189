// SPDX-License-Identifier: Apache-2.0
// Load of Node: an HTTP cluster of two processes under keep-alive load, worker threads on shared
// memory, children, streams through gzip, the thread pool (crypto, files, names), a Unix socket,
// WebAssembly, file watching and timers.
'use strict';
const assert = require('assert');
const cluster = require('cluster');
const crypto = require('crypto');
const fs = require('fs');
const http = require('http');
const net = require('net');
const os = require('os');
const { execFileSync, spawn } = require('child_process');
const { promisify } = require('util');
const { pipeline } = require('stream/promises');
const { Worker, isMainThread, workerData } = require('worker_threads');
const zlib = require('zlib');

const say = (name, value) => console.log(`${name}: ${value}`);

function served() {
  http.createServer((request, response) => {
    const hash = crypto.createHash('sha256');
    request.on('data', (part) => hash.update(part));
    request.on('end', () => response.end(hash.digest('hex')));
  }).listen(3000, '127.0.0.1');
}

async function load() {
  for (let i = 0; i < 2; i++) cluster.fork();
  let listening = 0;
  await new Promise((done) => cluster.on('listening', () => ++listening === 2 && done()));
  const agent = new http.Agent({ keepAlive: true, maxSockets: 20 });
  const body = Buffer.alloc(1000, 'x');
  const wanted = crypto.createHash('sha256').update(body).digest('hex');
  const one = () => new Promise((done, fail) => {
    const options = { agent, port: 3000, host: '127.0.0.1', method: 'POST' };
    const request = http.request(options, (response) => {
      let text = '';
      response.on('data', (part) => { text += part; });
      response.on('end', () => (text === wanted ? done() : fail(new Error(text))));
    });
    request.on('error', fail);
    request.end(body);
  });
  const client = async () => { for (let i = 0; i < 150; i++) await one(); };
  await Promise.all(Array.from({ length: 20 }, client));
  agent.destroy();
  say('requests', 3000);
  await promisify(cluster.disconnect)();
}

async function workers() {
  const shared = new SharedArrayBuffer(4);
  const run = () => new Promise((done, fail) => {
    const worker = new Worker(__filename, { workerData: shared });
    worker.on('exit', done);
    worker.on('error', fail);
  });
  await Promise.all([run(), run(), run(), run()]);
  say('counted by workers', new Int32Array(shared)[0]);
}

async function files() {
  const folder = fs.mkdtempSync('/work/node-');
  fs.writeFileSync(`${folder}/in`, crypto.randomBytes(4 << 20));
  await pipeline(fs.createReadStream(`${folder}/in`), zlib.createGzip(),
    zlib.createGunzip(), fs.createWriteStream(`${folder}/out`));
  say('same after gzip',
    fs.readFileSync(`${folder}/in`).equals(fs.readFileSync(`${folder}/out`)));
  const seen = new Promise((done) => {
    const watcher = fs.watch(folder, (_, name) => { watcher.close(); done(name); });
  });
  fs.writeFileSync(`${folder}/new`, '');
  say('watched', await seen);
  fs.cpSync(`${folder}/in`, `${folder}/copy`);
  fs.rmSync(folder, { recursive: true });
  const keys = Array.from({ length: 8 },
    (_, i) => promisify(crypto.pbkdf2)('secret', `salt${i}`, 20000, 32, 'sha512'));
  say('keys', (await Promise.all(keys)).length);
  say('localhost', (await promisify(require('dns').lookup)('localhost', { family: 4 })).address);
}

async function others() {
  say('child', execFileSync('sh', ['-c', 'echo $((6 * 7))']).toString().trim());
  const child = spawn('sleep', ['100']);
  setTimeout(() => child.kill('SIGTERM'), 50);
  say('killed by', await new Promise((done) => child.on('exit', (_, signal) => done(signal))));
  const server = net.createServer((socket) => socket.pipe(socket)).listen('/work/node.sock');
  const socket = net.connect('/work/node.sock');
  socket.end('echoed');
  let text = '';
  for await (const part of socket) text += part;
  server.close();
  say('unix socket', text);
  const code = Buffer.from('0061736d0100000001070160027f7f017f030201000707010361646400000a09' +
    '010700200020016a0b', 'hex');
  const { instance } = await WebAssembly.instantiate(code);
  say('wasm', instance.exports.add(40, 2));
  assert(os.cpus().length > 0 && os.totalmem() > 0 && os.networkInterfaces().lo);
  process.on('SIGUSR2', () => say('signal', 'SIGUSR2'));
  process.kill(process.pid, 'SIGUSR2');
  await new Promise((done) => setTimeout(done, 20));
}

async function main() {
  if (!isMainThread) {
    for (let i = 0; i < 100000; i++) Atomics.add(new Int32Array(workerData), 0, 1);
  } else if (cluster.isWorker) {
    served();
  } else {
    await load();
    await workers();
    await files();
    await others();
  }
}

main().catch((error) => { console.error(error); process.exit(1); });
