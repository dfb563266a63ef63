/**
 * One connection to a Redis or a Redis Cluster. Boundary: the only file that constructs an ioredis client. Its rule: a command is sent once and answered or
 * failed soon. Nothing is queued while the server is away, nothing is sent again behind the caller's back, nothing is read from a replica; whoever asked
 * decides whether to ask again.
 */
import { Cluster, type DNSLookupFunction, Redis } from 'ioredis';
import type { RedisConfig } from '../../config/config.ts';
import { Halt, Retryable } from '../../engine/errors.ts';
import { isAccess } from './errors.ts';

export type Client = Redis | Cluster;

export interface Timeouts {
  /** ms for one command */
  readonly command: number;
  /** ms until a new connection is ready */
  readonly connect: number;
}

const backOff = (attempt: number): number => Math.min(50 * 2 ** Math.min(attempt, 6), 2000);

const asTheyAre: DNSLookupFunction = (host, done) => done(null, host);

/** Connects a cluster's node before it is needed: while it is connecting it refuses commands. A failure is heard as the node's error. */
async function warm(node: Redis): Promise<void> {
  if (node.options.readOnly === true || node.status !== 'wait') return;
  await node.connect().catch(() => {});
}

export class Connection {
  readonly #config: RedisConfig;
  readonly #timeouts: Timeouts;
  #client: Promise<Client> | null = null;
  #stopped = false;
  /** the connection's own last error, until it is ready again */
  error: Error | null = null;

  constructor(config: RedisConfig, timeouts: Timeouts) {
    this.#config = config;
    this.#timeouts = timeouts;
  }

  /** The connected client; connects at the first call, and again at the next one when that failed. A client once connected reconnects by itself. */
  client(): Promise<Client> {
    if (this.#stopped) return Promise.reject(new Retryable('the connection to Redis has been closed'));
    if (this.#client === null) {
      const opening = this.#open();
      this.#client = opening;
      opening.catch(() => {
        this.#client = null;
      });
    }
    return this.#client;
  }

  /** One node of a cluster by itself, connected once. The caller disconnects it. */
  node(at: RedisConfig['nodes'][number]): Promise<Redis> {
    return this.#connect(new Redis({ ...this.#options(), ...at, retryStrategy: () => null, enableOfflineQueue: false }));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    const client = await this.#client?.catch(() => null);
    client?.disconnect();
  }

  async #open(): Promise<Client> {
    const [first, ...others] = this.#config.nodes;
    if (first === undefined) throw new Halt('RAPPORT_REDIS_URL names no server.');
    if (others.length > 0) return this.#connect(this.#cluster());
    const single = await this.#connect(
      new Redis({ ...this.#options(), ...first, db: this.#config.database, retryStrategy: backOff, enableOfflineQueue: false }),
    );
    if (!(await single.info('cluster')).includes('cluster_enabled:1')) return single;
    single.disconnect();
    return this.#connect(this.#cluster());
  }

  #cluster(): Cluster {
    if (this.#config.database !== 0) throw new Halt('A Redis Cluster has only database 0: remove the database from RAPPORT_REDIS_URL.');
    return new Cluster([...this.#config.nodes], {
      enableOfflineQueue: false,
      clusterRetryStrategy: backOff,
      clusterNodeRetryStrategy: backOff,
      retryDelayOnFailover: 0,
      retryDelayOnClusterDown: 0,
      slotsRefreshTimeout: this.#timeouts.command,
      // A failed master's slots are looked up anew at this pace, since no command is repeated to find out.
      slotsRefreshInterval: 2000,
      scaleReads: 'master',
      lazyConnect: true,
      redisOptions: this.#options(),
      // Certificates name hosts: don't turn them into addresses.
      ...(this.#config.tls === null ? {} : { dnsLookup: asTheyAre }),
    });
  }

  #options() {
    const { username, password, tls } = this.#config;
    return {
      ...(username === null ? {} : { username }),
      ...(password === null ? {} : { password }),
      ...(tls === null
        ? {}
        : { tls: { ...(tls.ca && { ca: tls.ca }), ...(tls.cert && { cert: tls.cert }), ...(tls.key && { key: tls.key }) } }),
      lazyConnect: true,
      // RESP3 would change nothing here, and not every proxy before a managed service speaks it.
      protocol: 2 as const,
      commandTimeout: this.#timeouts.command,
      connectTimeout: this.#timeouts.connect,
      // Commands in flight when a connection is lost fail at once: without a resend nothing else would settle them.
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
    };
  }

  /** The next call connects anew, and says what is wrong. */
  #drop(client: Redis): void {
    client.disconnect();
    this.#client = null;
  }

  /** One attempt: ready within the time-out, or closed again and an error. */
  async #connect<C extends Client>(client: C): Promise<C> {
    // Both kinds say why they fail by events; without a listener ioredis would print them.
    let refused: Error | null = null;
    const heard = (error: Error): void => {
      this.error = error;
      if (client instanceof Cluster || !isAccess(error)) return;
      // ioredis goes on in database 0 when it was refused another: that would be the wrong place.
      refused = error;
      this.#drop(client);
    };
    client.on('error', heard);
    client.on('ready', () => {
      this.error = null;
    });
    if (client instanceof Cluster) {
      client.on('node error', heard);
      // Not sooner: while the cluster is found out, ioredis asks nodes that are still `wait`, and could not ask one that is connecting.
      client.on('+node', (node: Redis) => {
        if (client.status === 'ready') void warm(node);
      });
    }
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`not ready within ${this.#timeouts.connect} ms`)), this.#timeouts.connect);
    });
    try {
      await Promise.race([client.connect(), late]);
      if (refused !== null) throw refused;
      if (client instanceof Cluster) await Promise.race([Promise.all(client.nodes('master').map(warm)), late]);
      return client;
    } catch (error) {
      client.disconnect();
      // What came of it says less than the refusal.
      throw refused ?? error;
    } finally {
      clearTimeout(timer);
    }
  }
}
