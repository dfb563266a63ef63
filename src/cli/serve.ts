/**
 * `rapport serve`: the HTTP API over a read model of its own. Boundary: what it is made of and how it ends; the server itself is http/, which main.ts gives to it.
 */
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import type { OutputReader } from '../codec/output-reader.ts';
import type { Config } from '../config/config.ts';
import { ConfigError } from '../config/fault.ts';
import { httpFault } from '../config/http.ts';
import { redacted } from '../config/secrets.ts';
import { SystemClock } from '../engine/clock.ts';
import { Halt, Retryable } from '../engine/errors.ts';
import type { Clock, Logger } from '../engine/ports.ts';
import type { Found, Sources } from '../http/ports.ts';
import { type Common, command, interrupted, print } from './command.ts';
import type { Connect, Connections, Resource } from './connections.ts';
import { give } from './give.ts';
import { findCustomer } from './inspect.ts';
import { readShards } from './standing.ts';

interface Served {
  readonly address: string;
  /** rejects with what broke it */
  readonly ended: Promise<void>;
}

/** What it is run beside: `pages` is the folder of the dashboard, which need not be there. */
interface Around {
  readonly clock: Clock;
  readonly log: Logger;
  readonly pages: string;
}

export type StartHttp = (config: Config, sources: Sources, around: Around) => Promise<Resource<Served>>;

const EXAMPLE = `
Reads the output topics into a file of its own, which may be thrown away at any time, and Redis for single customers; writes nothing but commands. Any number may run, each with
its own RAPPORT_HTTP_DATABASE. GET /readyz answers 200 once the topics have been read. Stops at SIGINT or SIGTERM and exits 0.

Example:
  $ export RAPPORT_HTTP_READ_TOKEN=$(openssl rand -hex 24)
  $ rapport serve
  serving http://127.0.0.1:8080
`;

/** The same shape, all of it read-only. */
type Unchangeable<T> = T extends object ? { readonly [K in keyof T]: Unchangeable<T[K]> } : T;

export function serveCommand(connect: Connect, startHttp: StartHttp): Command {
  return new Command('serve')
    .description('serve the HTTP API: customers, groups, KPIs, alerts, live changes, the state of the pipeline')
    .option('--config <file>', 'configuration file; the environment overrides it')
    .option('--json', 'print { address } as one JSON object')
    .addHelpText('after', EXAMPLE)
    .action((options: Common) =>
      command(options, connect, async ({ config, connections, log }) => {
        const fault = httpFault(config.http);
        if (fault !== null) throw new ConfigError([fault]);
        log.info({ config: redacted(config) }, 'rapport serve starts');
        const stopped = new AbortController();
        const stopping = interrupted().then(() => stopped.abort());
        const clock = new SystemClock();
        try {
          const sources = sourcesOf(config, connections, clock);
          const server = await startHttp(config, sources, { clock, log, pages: PAGES });
          try {
            const { address } = server.value;
            print(options, { address }, `serving ${address}`);
            await Promise.race([stopping, server.value.ended]);
          } finally {
            await server.stop();
          }
        } catch (error) {
          if (!stopped.signal.aborted || !(error instanceof Retryable)) throw error;
        }
        log.info({}, 'rapport serve has stopped');
      }),
    );
}

/** In the sources beside them, in the package within it. */
export const PAGES = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? '../../dist/dashboard' : '../dashboard', import.meta.url));

/** A topic that is not there yet is waited for: whoever starts first need not be started again. Throws Halt when it has another number of partitions than there are shards. */
async function checkPartitions(topic: string, { shards }: Config, { logs }: Connections): Promise<void> {
  const partitions = await logs.partitions(topic);
  if (partitions === null) throw new Retryable(`there is no topic ${topic}: create what is missing with \`rapport topics create\``);
  // While its leaders are being elected it has none.
  if (partitions > 0 && partitions !== shards)
    throw new Halt(`RAPPORT_SHARDS is ${shards}, but ${topic} has ${partitions} partitions: set it to what the topics have`);
}

export function sourcesOf(config: Config, connections: Connections, clock: Clock): Sources {
  const { logs } = connections;
  return {
    feed: {
      async ends(topic) {
        await checkPartitions(topic, config, connections);
        return logs.ends(topic);
      },
      tail: (topics, events) => connections.tail(topics, events),
      reader: (): Promise<OutputReader> => connections.reader(),
    },
    async customer(id) {
      const looked = await findCustomer(id, { config, connections });
      if (looked.found === null) return null;
      const shown: Unchangeable<Found['shown']> = looked.found;
      // A copy is nobody else's to change.
      return { shown: structuredClone(shown) as Found['shown'], state: looked.state };
    },
    command: (command) => give({ ...command, occurredAt: clock.wall() }, config, connections),
    shards: async () => {
      const shards = await readShards(config, connections);
      return shards.map(({ journal, inputs, ...shard }) => ({
        ...shard,
        journal: { ...journal },
        inputs: inputs.map((input) => ({ ...input })),
      }));
    },
  };
}
