/**
 * One question and one answer over a plain TCP connection: how the stack asks a server whether it is ready, without any client library
 * (each of those lives in its adapter's folder only).
 */
import { connect } from 'node:net';

const PATIENCE_MS = 2000;

/** Connects to 127.0.0.1, sends `question`, and resolves as soon as `read` makes something of the bytes so far. Rejects after 2 s. */
export function ask<T>(port: number, question: Buffer, read: (soFar: Buffer) => T | undefined): Promise<T> {
  return new Promise((resolve, reject) => {
    let soFar = Buffer.alloc(0);
    const socket = connect({ host: '127.0.0.1', port, timeout: PATIENCE_MS }, () => socket.write(question));
    const fail = (error: Error): void => {
      socket.destroy();
      reject(error);
    };
    socket.on('timeout', () => fail(new Error(`127.0.0.1:${port} did not answer within ${PATIENCE_MS} ms`)));
    socket.on('error', fail);
    socket.on('close', () => fail(new Error(`127.0.0.1:${port} closed the connection without an answer`)));
    socket.on('data', (bytes) => {
      soFar = Buffer.concat([soFar, bytes]);
      const answer = read(soFar);
      if (answer === undefined) return;
      resolve(answer);
      socket.destroy();
    });
  });
}

/**
 * How many brokers a Kafka broker knows: the metadata request (key 3, version 1, all topics) by hand. In the answer, after size and
 * correlation id (4 bytes each), stands the array of brokers, its length first.
 * Source: the Kafka protocol guide, "Metadata API".
 */
export function brokersKnownBy(port: number): Promise<number> {
  const client = Buffer.from('rapport-stack');
  const request = Buffer.alloc(4 + 8 + 2 + client.length + 4);
  request.writeInt32BE(request.length - 4, 0);
  request.writeInt16BE(3, 4);
  request.writeInt16BE(1, 6);
  request.writeInt32BE(1, 8);
  request.writeInt16BE(client.length, 12);
  client.copy(request, 14);
  request.writeInt32BE(0, 14 + client.length); // an empty array of topics: none, the brokers are enough
  return ask(port, request, (soFar) => (soFar.length >= 12 ? soFar.readInt32BE(8) : undefined));
}

/** One Redis command in the inline form; its answer as text: a simple or bulk string, or an integer. An error answer rejects. */
export async function redisCommand(port: number, command: string): Promise<string> {
  const answer = await ask(port, Buffer.from(`${command}\r\n`), wholeRedisAnswer);
  if (answer.startsWith('-')) throw new Error(`Redis on port ${port} answered ${command} with ${answer.slice(1)}`);
  return answer.slice(1);
}

/** The kind's sign and the content, once it is all there. */
function wholeRedisAnswer(soFar: Buffer): string | undefined {
  const end = soFar.indexOf('\r\n');
  if (end < 0) return undefined;
  const line = soFar.toString('utf8', 0, end);
  if (!line.startsWith('$')) return line;
  const length = Number(line.slice(1));
  const from = end + 2;
  return soFar.length >= from + length + 2 ? `$${soFar.toString('utf8', from, from + length)}` : undefined;
}
