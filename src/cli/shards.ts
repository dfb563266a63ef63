/**
 * `rapport shards`: where every shard stands, from the journal's ends and from what Redis holds; and `rapport shards accept`, the way out of a Halt
 * about one shard. Looking joins no group and writes nothing. Accepting does both, and only while no worker is a member.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Command, InvalidArgumentError } from 'commander';
import type { Config } from '../config/config.ts';
import { Halt, Retryable } from '../engine/errors.ts';
import type { JournalHeader } from '../engine/journal.ts';
import { type Common, type Context, command, print } from './command.ts';
import type { Connect, Connections } from './connections.ts';
import { whole } from './options.ts';
import { durationText, instantText, interruptible, table } from './output.ts';
import { createWorker } from './run.ts';
import { readShards, type ShardStanding } from './standing.ts';

const EXAMPLE = `
lag: records (transaction markers included) of its partitions that no committed step has taken yet, by topic. to apply: journal offsets that Redis has
not seen. delay: how far the shard's clock over its own inputs lies behind this host's; it grows while a shard has no owner.

Example:
  $ rapport shards
  $ rapport shards accept --shard 3 --reason "topic purchases was recreated, ticket 4711"
`;

const ACCEPT_EXAMPLE = `
For a shard that halts because records are gone (an input topic was recreated or cut off, a journal was lost): takes the shard over, moves the named
positions to what is there, and writes into the journal what was accepted and why. Stop the workers first, and start them again afterwards.

Example:
  $ rapport shards accept --shard 3 --reason "topic purchases was recreated, ticket 4711"
`;

interface AcceptOptions extends Common {
  readonly shard: number;
  readonly reason: string;
}

export function shardsCommand(connect: Connect): Command {
  const accept = new Command('accept')
    .description('accept the gap that makes a shard halt; with the workers stopped')
    .requiredOption('--shard <p>', 'the shard', whole)
    .requiredOption('--reason <text>', 'why, for the record', reason)
    .option('--config <file>', 'configuration file; the environment overrides it')
    .option('--json', 'print { shard, sequence, accepted } as one JSON object')
    .addHelpText('after', ACCEPT_EXAMPLE);
  // `--json` and `--config` belong to both commands: whichever of them has taken them.
  accept.action(() => {
    const options: AcceptOptions = accept.optsWithGlobals();
    return command(options, connect, (context) => interruptible((stopped) => acceptGap(context, options, accept, stopped)));
  });
  return new Command('shards')
    .description('show where each shard stands')
    .option('--config <file>', 'configuration file; the environment overrides it')
    .option('--json', 'print one JSON object')
    .addHelpText('after', EXAMPLE)
    .action((options: Common) =>
      command(options, connect, async ({ config, connections }) => {
        const shards = await readShards(config, connections);
        print(options, { applicationId: config.applicationId, shards }, text(config, shards));
      }),
    )
    .addCommand(accept);
}

const MOST_REASON = 1_000;

function reason(given: string): string {
  if (given.trim() === '' || given.length > MOST_REASON) throw new InvalidArgumentError(`It is a text of 1 to ${MOST_REASON} characters.`);
  return given.trim();
}

function text({ applicationId, sources, topics }: Config, shards: readonly ShardStanding[]): string {
  const names = [...new Set([...sources.map(({ topic }) => topic), topics.reroute])];
  const short = (topic: string): string => (topic.startsWith(`${applicationId}.`) ? topic.slice(applicationId.length + 1) : topic);
  const rows = shards.map(({ shard, journal, generation, next, toApply, watermark, delayMs, caughtUpAt, inputs }) => [
    shard,
    `${journal.start}–${journal.end}`,
    generation,
    next,
    toApply,
    ...names.map((name) => inputs.filter(({ topic }) => topic === name).reduce((sum, { lag }) => sum + lag, 0)),
    instantText(watermark),
    delayMs === null ? null : durationText(delayMs),
    instantText(caughtUpAt),
  ]);
  const head = ['#shard', 'journal', '#generation', '#next', '#to apply', ...names.map((name) => `#lag ${short(name)}`)];
  return table([...head, 'watermark', '#delay', 'caught up at'], rows);
}

/** ms between looks at whether another worker has joined */
const LOOK_MS = 2_000;

async function acceptGap(
  { config, connections, log }: Context,
  options: AcceptOptions,
  usage: Command,
  stopped: AbortSignal,
): Promise<void> {
  const { shard, reason: why } = options;
  if (shard >= config.shards) usage.error(`error: there are ${config.shards} shards, from 0 to ${config.shards - 1}`, { exitCode: 2 });
  const others = await connections.logs.groupMembers(config.applicationId);
  if (others.length > 0) throw new Halt(stopThem(config, others));

  const claimed = Promise.withResolvers<JournalHeader>();
  const takenOver = (taken: number): void => {
    const header = worker.shards.get(taken)?.steps?.header;
    if (header !== undefined) claimed.resolve(header);
    // Stopped before the first step: nothing but the claim is written.
    stop();
  };
  const worker = await createWorker(config, connections, log, () => undefined, stopped, { accept: { shard, reason: why }, takenOver });
  let stopping: Promise<void> | null = null;
  const stop = (): Promise<void> => {
    stopping ??= worker.stop();
    return stopping;
  };
  stopped.addEventListener('abort', stop, { once: true });
  try {
    await worker.start();
    const broken = worker.ended().then(() => claimed.promise);
    const header = await Promise.race([claimed.promise, broken, alone(config, connections, stopped)]);
    if (header === null) throw new Retryable('interrupted; nothing was accepted');
    const { accepted, sequence } = header;
    const said = accepted === null ? 'there was no gap to accept' : `accepted: ${accepted.what}`;
    print(options, { shard, sequence, accepted }, `shard ${shard}: ${said}`);
  } finally {
    await stop();
  }
}

/** Null when stopped; throws Halt when another worker has joined, since it may be given the shard. */
async function alone(config: Config, { logs }: Connections, stopped: AbortSignal): Promise<null> {
  for (;;) {
    await sleep(LOOK_MS, undefined, { signal: stopped, ref: false }).catch(() => undefined);
    if (stopped.aborted) return null;
    const members = await logs.groupMembers(config.applicationId);
    if (members.length > 1) throw new Halt(stopThem(config, members));
  }
}

export const stopThem = ({ applicationId, sessionTimeoutMs }: Config, members: readonly string[]): string =>
  `the group ${applicationId} has members (${members.slice(0, 5).join(', ')}${members.length > 5 ? ', …' : ''}): stop all workers first. ` +
  `One that was killed counts until its session has run out, ${sessionTimeoutMs / 1_000} s.`;
