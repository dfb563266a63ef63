/**
 * Free ports on loopback, below the range from which the kernel takes the ports of outgoing connections (32768 on Linux, 49152 elsewhere).
 * A server that is killed and restarted must find its port free again; a client that tries meanwhile to connect to a port of that
 * range can be given the very same port as its own, and then talks to itself.
 */
import { createServer } from 'node:net';

const FIRST = 15_000;
const LAST = 32_000;

/** A port that was given out may be listened on only later: nobody else of this process gets it meanwhile. */
const given = new Set<number>();

/** `count` different ports of 127.0.0.1 on which nothing listens at this moment, none of them given out before. */
export async function freePorts(count: number): Promise<number[]> {
  const found = new Set<number>();
  for (let attempt = 0; found.size < count; attempt++) {
    if (attempt > 1000) throw new Error(`no ${count} free ports between ${FIRST} and ${LAST} on 127.0.0.1`);
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST));
    if (given.has(port)) continue;
    given.add(port);
    if (await isFree(port)) found.add(port);
  }
  return [...found];
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
