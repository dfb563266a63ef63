/**
 * A TCP proxy on loopback for faults on a link: slow in one direction or both, silent (half-open), cut; slow for some of Kafka's requests, silent for Redis's replicas alone.
 * Order is kept whatever happens: a shorter delay never lets later bytes overtake. Each side is read only as fast as the other takes it.
 */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { freePorts } from '../../src/stack/ports.ts';
import type { Resource } from '../../src/stack/resource.ts';
import { apiKeyOf, Flow, kafkaRequests } from './proxy-flow.ts';

interface Delays {
  /** ms from the client to the server */
  readonly toServer: number;
  /** ms from the server to the client */
  readonly toClient: number;
}

export interface FaultyLink {
  /** on 127.0.0.1 */
  readonly port: number;
  /** connections so far, and requests that `delayRequests` has delayed */
  readonly accepted: number;
  readonly delayed: number;
  /** of what arrives from now on; a number is for both directions */
  setDelay(delay: number | Delays): void;
  /**
   * Of a Kafka link: requests of these api keys that arrive from now on, and so all that follow one on its connection, come `ms` later. They do reach the broker, also when
   * the client has given up and closed its connection meanwhile.
   */
  delayRequests(apiKeys: readonly number[], ms: number): void;
  /** Breaks all connections and refuses new ones, until `resume`. What was under way is lost. */
  cut(): void;
  /** Connections stay open and new ones are accepted, but no byte passes until `resume`; nothing is lost. */
  hold(): void;
  /** Of a Redis link: the same for the connections of replicas alone; others pass. */
  holdReplicas(): void;
  /** Ends `cut`, `hold` and `holdReplicas`; resolves when new connections pass. */
  resume(): Promise<void>;
}

export interface ProxyOptions {
  readonly to: { readonly host: string; readonly port: number };
  /** the port that it listens on; a free one unless given */
  readonly port?: number;
  /** what is spoken: needed for `delayRequests` and `holdReplicas` */
  readonly protocol?: 'kafka' | 'redis';
}

/** A replica's first commands after its greeting; within so many bytes. */
const REPLICA = /REPLCONF|PSYNC/i;
const GREETING_BYTES = 512;

/**
 * Passes everything through at first. A server that is gone refuses connections; a proxy can only accept them and reset them, which kafkajs
 * never gets over: so a test that kills a server cuts its proxy as well.
 */
export async function startProxy(options: ProxyOptions): Promise<Resource<FaultyLink>> {
  const port = options.port ?? (await freePorts(1))[0] ?? 0;
  const sockets = new Set<Socket>();
  const flows = new Set<Flow>();
  const link = { held: false, replicasHeld: false, toServer: 0, toClient: 0, requests: new Set<number>(), requestDelay: 0 };
  const counts = { accepted: 0, delayed: 0 };

  const server = createServer({ allowHalfOpen: true }, (client) => {
    counts.accepted += 1;
    const upstream = connect({ ...options.to, allowHalfOpen: true });
    let greeting = options.protocol === 'redis' ? '' : null;
    let replica = false;
    const look = (bytes: Buffer): void => {
      if (greeting === null) return;
      greeting += bytes.toString('latin1');
      replica = REPLICA.test(greeting);
      if (replica || greeting.length > GREETING_BYTES) greeting = null;
    };
    const held = (): boolean => link.held || (replica && link.replicasHeld);
    const late = (piece: Buffer): number => {
      if (!link.requests.has(apiKeyOf(piece))) return 0;
      counts.delayed += 1;
      return link.requestDelay;
    };
    const kafka = options.protocol === 'kafka';
    client.on('data', look); // before the flow's own listener, so that the command that gives it away is held as well
    const there = new Flow(
      client,
      upstream,
      { held, delayOf: (piece) => link.toServer + (kafka ? late(piece) : 0) },
      kafka ? kafkaRequests() : undefined,
    );
    const back = new Flow(upstream, client, { held, delayOf: () => link.toClient });
    // A broken side breaks the other; an orderly end travels through the queue instead. Requests of a client that has gone still reach a broker.
    client.on('error', () => (kafka && there.waits ? there.end() : upstream.resetAndDestroy()));
    upstream.on('error', () => client.resetAndDestroy());
    for (const [socket, flow] of [
      [client, back],
      [upstream, there],
    ] as const) {
      sockets.add(socket);
      flows.add(flow);
      socket.on('close', () => {
        sockets.delete(socket);
        flows.delete(flow);
      });
    }
  });

  const cut = (): void => {
    server.close();
    for (const socket of sockets) socket.resetAndDestroy();
  };
  await listen(server, port);
  const value: FaultyLink = {
    port,
    get accepted() {
      return counts.accepted;
    },
    get delayed() {
      return counts.delayed;
    },
    setDelay: (delay) => Object.assign(link, typeof delay === 'number' ? { toServer: delay, toClient: delay } : delay),
    delayRequests: (apiKeys, ms) => Object.assign(link, { requests: new Set(apiKeys), requestDelay: ms }),
    cut,
    hold: () => {
      link.held = true;
    },
    holdReplicas: () => {
      link.replicasHeld = true;
    },
    resume: async () => {
      Object.assign(link, { held: false, replicasHeld: false });
      for (const flow of flows) flow.pump();
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
