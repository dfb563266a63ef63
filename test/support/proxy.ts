/**
 * A TCP proxy on loopback for faults on a link: slow in one direction or both, silent (half-open), cut.
 * Order is kept whatever happens: a shorter delay never lets later bytes overtake. Each side is read only as fast as the other takes it.
 */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { freePorts } from '../../src/stack/ports.ts';
import type { Resource } from '../../src/stack/resource.ts';

interface Delays {
  /** ms from the client to the server */
  readonly toServer: number;
  /** ms from the server to the client */
  readonly toClient: number;
}

export interface FaultyLink {
  /** on 127.0.0.1 */
  readonly port: number;
  /** of what arrives from now on; a number is for both directions */
  setDelay(delay: number | Delays): void;
  /** Breaks all connections and refuses new ones, until `resume`. */
  cut(): void;
  /** Connections stay open and new ones are accepted, but no byte passes until `resume`; nothing is lost. */
  hold(): void;
  /** Ends `cut` and `hold`; resolves when new connections pass. */
  resume(): Promise<void>;
}

export interface ProxyOptions {
  readonly to: { readonly host: string; readonly port: number };
}

const QUEUE_BYTES = 1 << 20;

/**
 * Passes everything through at first. A server that is gone refuses connections; a proxy can only accept them and reset them, which kafkajs
 * never gets over: so a test that kills a server cuts its proxy as well.
 */
export async function startProxy(options: ProxyOptions): Promise<Resource<FaultyLink>> {
  const [port = 0] = await freePorts(1);
  const sockets = new Set<Socket>();
  const pumps = new Set<() => void>();
  const link = { held: false, toServer: 0, toClient: 0 };

  const server = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = connect({ ...options.to, allowHalfOpen: true });
    const flows = [flow(client, upstream, 'toServer'), flow(upstream, client, 'toClient')];
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket);
      // A broken side breaks the other; an orderly end travels through the queue instead.
      socket.on('error', () => other.resetAndDestroy());
      socket.on('close', () => {
        sockets.delete(socket);
        for (const pump of flows) pumps.delete(pump);
      });
    }
  });

  /** Bytes and the end of `from` go to `to`, each not before its time. Returns the pump, to be called when something has changed. */
  function flow(from: Socket, to: Socket, direction: keyof Delays): () => void {
    const queue: { readonly at: number; readonly bytes: Buffer | null }[] = [];
    let queued = 0;
    let timer: NodeJS.Timeout | undefined;
    const add = (bytes: Buffer | null): void => {
      queue.push({ at: Math.max(performance.now() + link[direction], queue.at(-1)?.at ?? 0), bytes });
      queued += bytes?.length ?? 0;
      if (queued > QUEUE_BYTES) from.pause();
      pump();
    };
    const pump = (): void => {
      clearTimeout(timer);
      for (let head = queue[0]; head !== undefined && !link.held && !to.writableNeedDrain; head = queue[0]) {
        const wait = head.at - performance.now();
        if (wait > 0) {
          timer = setTimeout(pump, Math.ceil(wait));
          return;
        }
        queue.shift();
        queued -= head.bytes?.length ?? 0;
        if (head.bytes === null) to.end();
        else to.write(head.bytes);
      }
      if (queued <= QUEUE_BYTES) from.resume();
    };
    from.on('data', add);
    from.on('end', () => add(null));
    to.on('drain', pump);
    to.on('close', () => clearTimeout(timer));
    pumps.add(pump);
    return pump;
  }

  const cut = (): void => {
    server.close();
    for (const socket of sockets) socket.resetAndDestroy();
  };
  await listen(server, port);
  const value: FaultyLink = {
    port,
    setDelay: (delay) => Object.assign(link, typeof delay === 'number' ? { toServer: delay, toClient: delay } : delay),
    cut,
    hold: () => {
      link.held = true;
    },
    resume: async () => {
      link.held = false;
      for (const pump of pumps) pump();
      if (!server.listening) await listen(server, port);
    },
  };
  return { value, stop: async () => cut() };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
}
