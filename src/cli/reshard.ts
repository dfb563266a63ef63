/**
 * `rapport reshard`: moves the application from N to M shards, into another application id over the same inputs. Boundary: configuration, topics, words; the move itself is engine/reshard/.
 */
import { Command, InvalidArgumentError } from 'commander';
import type { Config, SourceConfig } from '../config/config.ts';
import { defaultSources } from '../config/load.ts';
import { commandSource, eventSources, topicsOf } from '../config/topics.ts';
import { applicationId } from '../config/values.ts';
import { SystemClock } from '../engine/clock.ts';
import { LIMITS } from '../engine/engine.ts';
import { Halt } from '../engine/errors.ts';
import { type Resharded, reshard, type Side } from '../engine/reshard/index.ts';
import { COPIED } from '../engine/reshard/units.ts';
import { type Common, type Context, command, print } from './command.ts';
import type { Connect, Connections } from './connections.ts';
import { positive } from './options.ts';
import { interruptible, say, table } from './output.ts';
import { Progress } from './progress.ts';
import { stopThem } from './shards.ts';
import { createTopics } from './topics.ts';

const EXAMPLE = `
Run with the configuration of the application as it is, its workers stopped. Its topics are only read, Redis is left alone. The new application has topics of its own; it reads the
same inputs from where the old one stood. Interrupted, the same command goes on. When it has ended, stop using the old application and start the new one with
RAPPORT_APPLICATION_ID and RAPPORT_SHARDS, and RAPPORT_IDENTITY, so that ids of outputs stay the same. The way back is to start the old one again, as long as the new one has not run.

Example:
  $ rapport reshard --partitions 24 --to shop-24
  $ RAPPORT_APPLICATION_ID=shop-24 RAPPORT_SHARDS=24 RAPPORT_IDENTITY=shop rapport run
`;

interface Options extends Common {
  readonly partitions: number;
  readonly to: string;
}

export function reshardCommand(connect: Connect): Command {
  const reshardIt = new Command('reshard')
    .description('move to another number of shards, into a new application id; with the workers stopped')
    .requiredOption('--partitions <m>', 'shards of the new application', positive)
    .requiredOption('--to <application id>', 'its id', identifier)
    .option('--config <file>', 'configuration file; the environment overrides it')
    .option('--json', 'print what was moved as one JSON object')
    .addHelpText('after', EXAMPLE);
  return reshardIt.action((options: Options) =>
    command(options, connect, (context) => interruptible((stopped) => move(context, connect, options, reshardIt, stopped))),
  );
}

function identifier(text: string): string {
  const { data, error } = applicationId.safeParse(text);
  if (data === undefined) throw new InvalidArgumentError(`It ${error?.issues[0]?.message ?? 'is no application id'}.`);
  return data;
}

async function move(
  { config, connections, log }: Context,
  connect: Connect,
  options: Options,
  usage: Command,
  stopped: AbortSignal,
): Promise<void> {
  const { partitions, to } = options;
  if (to === config.applicationId)
    usage.error('error: --to names the application itself: the new one needs an id of its own', { exitCode: 2 });
  const identity = config.identity ?? config.applicationId;
  const events = eventSources(config.sources);
  const sources = [...events, commandSource(to)];
  const next: Config = { ...config, applicationId: to, identity, shards: partitions, topics: topicsOf(to), sources };
  const own = new Set([...Object.values(next.topics), commandSource(to).topic]);
  const clash = events.find(({ topic }) => own.has(topic));
  if (clash !== undefined)
    usage.error(`error: the source topic ${clash.topic} is one that ${to} would write: choose another --to`, { exitCode: 2 });
  // Its member of the group reads what the application has written, and not its inputs.
  const reading = await connect({ ...config, sources: COPIED.map((output) => asSource(config.topics[output])) }, log);
  const fresh = await connect({ ...next, sources: [] }, log);
  const writing = await connect(next, log);
  try {
    for (const { applicationId: group } of [config, next]) {
      const members = await connections.logs.groupMembers(group);
      if (members.length > 0) throw new Halt(stopThem({ ...config, applicationId: group }, members));
    }
    const partitionsNow = await connections.logs.partitions(config.topics.journal);
    if (partitionsNow !== config.shards)
      throw new Halt(
        `${config.topics.journal} ${partitionsNow === null ? 'does not exist' : `has ${partitionsNow} partitions`}, RAPPORT_SHARDS is ${config.shards}: run this with the configuration of the application as it is`,
      );
    await createTopics(writing.value.logs, next);
    const { decoder } = await writing.value.schemas();
    const progress = new Progress('moving', say);
    const side = (settings: Config, { source, sinks, logs }: Connections): Side => ({ settings, ports: { source, sinks, logs } });
    const target = side(next, { ...writing.value, source: fresh.value.source });
    const done = await reshard({
      from: side(config, { ...connections, source: reading.value.source }),
      to: { ...target, ports: { ...target.ports, store: writing.value.store } },
      ports: { clock: new SystemClock(), decoder },
      limits: LIMITS,
      stopped,
      progress: ({ topic, partition }, offset, end) => progress.show(() => `${topic}-${partition} read up to ${offset} of ${end}`),
    });
    print(
      options,
      { from: { applicationId: config.applicationId, shards: config.shards }, to: { applicationId: to, shards: partitions }, ...done },
      text(config, next, done),
    );
  } finally {
    for (const resource of [writing, fresh, reading]) await resource.stop();
  }
}

const asSource = (topic: string): SourceConfig => ({ type: 'purchase', topic, format: 'avro', keyedByCustomer: true });

function text(config: Config, next: Config, { already, old, new: moved, behind }: Resharded): string {
  const { applicationId: from, shards } = config;
  const lines: string[] = [];
  if (already) lines.push(`${from} has been moved to ${next.applicationId} before: nothing is left to do.`);
  if (old !== null && moved !== null) {
    const row = (name: string, count: number, { customers, states, totals }: typeof old) => [name, count, customers, states, totals];
    const rows = [row(from, shards, old), row(next.applicationId, next.shards, moved)];
    lines.push(table(['application', '#shards', '#customers', 'states', 'totals'], rows), 'Both are the same.');
  }
  if (behind.length > 0) {
    lines.push(
      `Shards ${behind.join(', ')} had never reached the end of their inputs: KPIs of the oldest days that are kept may be told anew without what the other shards knew of them.`,
    );
  }
  const settings = `RAPPORT_APPLICATION_ID=${next.applicationId} RAPPORT_SHARDS=${next.shards} RAPPORT_IDENTITY=${next.identity}`;
  lines.push(`Start it with ${settings}, and leave ${from} stopped.`);
  const defaults = defaultSources(from).map(({ topic }) => topic);
  const events = eventSources(config.sources);
  if (events.every(({ topic }, i) => topic === defaults[i])) {
    lines.push(
      'Your configuration names no sources, and those read by default follow the application id. Name them from now on:',
      'sources:',
      ...events.map(({ type, topic }) => `  - { type: ${type}, topic: ${topic} }`),
    );
  }
  return lines.join('\n');
}
