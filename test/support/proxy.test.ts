import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Resource } from '../../src/stack/resource.ts';
import { until } from '../../src/stack/until.ts';
import { type FaultyLink, startProxy } from './proxy.ts';

let echo: Server;
let served: Socket[];
let proxy: Resource<FaultyLink>;
const clients: Client[] = [];

beforeEach(async () => {
  served = [];
  // Answers every chunk, and ends only when its client has.
  echo = createServer((socket) => {
    served.push(socket);
    socket.on('error', () => undefined);
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve));
  const address = echo.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  proxy = await startProxy({ to: { host: '127.0.0.1', port: address.port } });
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.socket.destroy();
  await proxy.stop();
  await new Promise((resolve) => echo.close(resolve));
});

interface Client {
  readonly socket: Socket;
  text: string;
  closed: boolean;
}

function client(): Client {
  const socket = connect(proxy.value.port, '127.0.0.1');
  const made: Client = { socket, text: '', closed: false };
  socket.on('error', () => undefined);
  socket.on('data', (bytes) => {
    made.text += bytes.toString('utf8');
  });
  socket.on('close', () => {
    made.closed = true;
  });
  clients.push(made);
  return made;
}

const has = (one: Client, text: string): Promise<true> =>
  until(`the answer ${text}`, 5, async () => (one.text === text ? true : undefined));
const ends = (one: Client): Promise<true> => until('the connection to end', 5, async () => (one.closed ? true : undefined));

test('bytes pass, whole and in order, more of them than any buffer holds', async () => {
  const one = client();
  const text = Array.from({ length: 600_000 }, (_, index) => `${index};`).join('');
  one.socket.end(text);
  await ends(one);
  expect(one.text.length).toBe(text.length);
  expect(one.text === text).toBe(true);
});

test('a delay counts for its direction alone, and lifting it lets nothing overtake', async () => {
  const one = client();
  const begin = performance.now();
  proxy.value.setDelay({ toServer: 150, toClient: 0 });
  one.socket.write('a');
  await has(one, 'a');
  const oneWay = performance.now() - begin;
  expect(oneWay).toBeGreaterThanOrEqual(145);

  proxy.value.setDelay(150);
  const again = performance.now();
  one.socket.write('b');
  await has(one, 'ab');
  expect(performance.now() - again).toBeGreaterThanOrEqual(290);

  proxy.value.setDelay({ toServer: 300, toClient: 0 });
  one.socket.write('c');
  // On another connection nothing is queued: its answer shows that the proxy has read what was sent before it.
  const two = client();
  two.socket.write('x');
  await has(two, 'x');
  proxy.value.setDelay(0);
  one.socket.write('d');
  await has(one, 'abcd');
});

test('hold keeps connections open and bytes back; resume delivers them', async () => {
  const one = client();
  one.socket.write('a');
  await has(one, 'a');
  proxy.value.hold();
  one.socket.write('b');
  served[0]?.write('from the server');
  const late = client();
  await until('the new connection to be accepted', 5, async () => (late.socket.readyState === 'open' ? true : undefined));
  late.socket.write('x');
  // A round trip past the proxy, longer than any of the above needs on loopback.
  await expect(until('an answer', 0.3, async () => (one.text !== 'a' || late.text !== '' ? true : undefined))).rejects.toThrow();
  expect(one.closed || late.closed).toBe(false);
  await proxy.value.resume();
  await until('both', 5, async () => (one.text.includes('b') && one.text.includes('from the server') ? true : undefined));
  await has(late, 'x');
});

test('cut breaks what is open and what comes, on both sides; resume lets new connections pass', async () => {
  const one = client();
  one.socket.write('a');
  await has(one, 'a');
  proxy.value.cut();
  await ends(one);
  await until('the server to notice', 5, async () => (served[0]?.destroyed ? true : undefined));
  await ends(client());
  await proxy.value.resume();
  const two = client();
  two.socket.write('b');
  await has(two, 'b');
});

test('a server that goes away is gone for the client as well', async () => {
  const one = client();
  one.socket.write('a');
  await has(one, 'a');
  served[0]?.destroy();
  await ends(one);
});

test('stop breaks what is open', async () => {
  const one = client();
  one.socket.write('a');
  await has(one, 'a');
  await proxy.stop();
  await ends(one);
});

/** A request as Kafka frames it: size, api key, version, correlation id, then the text. */
function request(apiKey: number, text: string): Buffer {
  const bytes = Buffer.alloc(12 + text.length);
  bytes.writeInt32BE(bytes.length - 4, 0);
  bytes.writeInt16BE(apiKey, 4);
  bytes.write(text, 12, 'latin1');
  return bytes;
}

async function proxyFor(protocol: 'kafka' | 'redis'): Promise<void> {
  const address = echo.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  await proxy.stop();
  proxy = await startProxy({ to: { host: '127.0.0.1', port: address.port }, protocol });
}

test('requests of chosen api keys are late, with what follows them; others and other connections are not', async () => {
  await proxyFor('kafka');
  proxy.value.delayRequests([26], 200);
  const one = client();
  const two = client();
  const [before, late, after] = [request(3, 'before'), request(26, 'late'), request(3, 'after')];
  const begin = performance.now();
  // Cut in the middle of a size and of a body: boundaries are found whatever the pieces.
  const all = Buffer.concat([before, late, after]);
  one.socket.write(all.subarray(0, 20));
  await until('the first request', 5, async () => (one.text.endsWith('before') ? true : undefined));
  one.socket.write(all.subarray(20, 30));
  one.socket.write(all.subarray(30));
  two.socket.write(request(3, 'other'));
  await until('the other connection', 5, async () => (two.text.endsWith('other') ? true : undefined));
  expect(one.text).not.toContain('late');
  await until('the late request', 5, async () => (one.text.endsWith('after') ? true : undefined));
  expect(performance.now() - begin).toBeGreaterThanOrEqual(195);
  expect(Buffer.from(one.text, 'utf8').length).toBe(all.length);
  expect(proxy.value).toMatchObject({ accepted: 2, delayed: 1 });
});

test.each(['closed', 'reset'] as const)('a late request reaches the server although its connection was %s meanwhile', async (how) => {
  await proxyFor('kafka');
  let heard = '';
  echo.on('connection', (socket) => socket.on('data', (bytes) => (heard += bytes.toString('latin1'))));
  proxy.value.delayRequests([0], 300);
  const one = client();
  one.socket.write(request(3, 'first'));
  await until('the first request', 5, async () => (heard.endsWith('first') ? true : undefined));
  one.socket.write(request(0, 'produced'));
  one.socket.write(request(26, 'ended'));
  // On another connection nothing is queued: its answer shows that the proxy has read what was sent before it.
  const two = client();
  two.socket.write(request(3, 'x'));
  await until('the other answer', 5, async () => (two.text.endsWith('x') ? true : undefined));
  if (how === 'closed') one.socket.destroy();
  else one.socket.resetAndDestroy();
  await ends(one);
  expect(heard).not.toContain('produced');
  await until('the late requests', 5, async () => (heard.includes('produced') && heard.endsWith('ended') ? true : undefined));
  await until('the connection to the server to end', 5, async () => (served[0]?.destroyed ? true : undefined));
});

test('replicas are held and clients are not; resume delivers', async () => {
  await proxyFor('redis');
  const replica = client();
  const one = client();
  replica.socket.write('*1\r\n$4\r\nPING\r\n');
  await until('the greeting', 5, async () => (replica.text.endsWith('PING\r\n') ? true : undefined));
  replica.socket.write('*3\r\n$8\r\nREPLCONF\r\n');
  await until('the first command', 5, async () => (replica.text.endsWith('REPLCONF\r\n') ? true : undefined));
  proxy.value.holdReplicas();
  served[0]?.write('a change');
  one.socket.write('GET x');
  await has(one, 'GET x');
  // One that comes now is let in up to its greeting.
  const late = client();
  late.socket.write('PING');
  await has(late, 'PING');
  late.socket.write('PSYNC');
  one.socket.write(' again');
  await has(one, 'GET x again');
  expect(replica.text).not.toContain('a change');
  expect(late.text).toBe('PING');
  await proxy.value.resume();
  await until('what was held', 5, async () => (replica.text.endsWith('a change') && late.text === 'PINGPSYNC' ? true : undefined));
});
