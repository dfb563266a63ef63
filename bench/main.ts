/**
 * `npm run bench`: rapport beside Kafka Streams and a plain kafkajs loop, on servers started for this run alone.
 * Boundary: options, order and output; what is measured is in throughput.ts, latency.ts, silence.ts and scale.ts.
 */
import { existsSync } from 'node:fs';
import { cpus } from 'node:os';
import { Command, Option } from 'commander';
import { interrupted } from '../src/cli/command.ts';
import { positive, share, whole } from '../src/cli/options.ts';
import { durationText } from '../src/cli/output.ts';
import type { Instant } from '../src/domain/ids.ts';
import { latency, WARM_UP_SECONDS } from './latency.ts';
import { MODES, type Mode, type Options, PEER_CHOICES, partitionList, peersOf, throughputSeconds } from './options.ts';
import { naive, type Peer, type PeerName, rapport } from './peers/peer.ts';
import { streams } from './peers/streams.ts';
import { latencyRatios, latencyTable, medians, ratiosOf, ratiosTable, runsTable, scaleRatios, scaleText, silenceTable } from './report.ts';
import { say } from './say.ts';
import { scale, scaleSeconds } from './scale.ts';
import { type Servers, startServers } from './servers.ts';
import { type SilenceRun, silence, silenceSeconds } from './silence.ts';
import { eventsFor, throughput } from './throughput.ts';

/** ms: Kafka Streams' own default under exactly-once */
const COMMIT_MS = 100;
const INTERRUPTED = 130;

const PEERS: Readonly<Record<PeerName, Peer>> = {
  rapport,
  streams1: streams({ name: 'streams1', threads: 1, commitIntervalMs: COMMIT_MS }),
  streams2: streams({ name: 'streams2', threads: 2, commitIntervalMs: COMMIT_MS }),
  naive,
};

/** What a mode answers. */
interface Answer {
  /** medians; above 1 is better for rapport */
  readonly ratios: Readonly<Record<string, number>>;
  readonly text: string;
  /** everything that was measured */
  readonly details: object;
  /** what makes the run a failure */
  readonly faults: readonly string[];
}

const EXAMPLE = `
A broker, Redis and a registry are started as child processes for this run; addresses in the environment are not used. Needs Linux, Java 17 and, the first time, Maven.
Progress goes to stderr. Exits with 1 when a peer dies or stands still, or when outputs differ; with 2 for wrong usage; with 130 when interrupted.
Ratios are rapport's over the peer's for throughput, the peer's over rapport's for what is used up: above 1 is better for rapport.

Example:
  $ npm run bench -- --peer streams --events 500000 --customers 50000 --partitions 12
  $ npm run bench -- --only latency --seconds 30
`;

async function bench(options: Options): Promise<void> {
  if (!existsSync('/proc/self/stat')) {
    say('there is no /proc on this machine: what a process uses cannot be measured');
    process.exitCode = 2;
    return;
  }
  // What it started ends with this process, by the watchdog.
  void interrupted().then(() => {
    say('interrupted: stopping what was started');
    process.exit(INTERRUPTED);
  });
  say(`takes about ${durationText(secondsOf(options) * 1_000)} on two cores (this machine has ${cpus().length})`);
  const peers = peersOf(options.peer).map((name) => PEERS[name]);
  for (const peer of peers) await peer.prepare?.();
  say('starting a broker, Redis and a registry');
  const servers = await startServers(say);
  try {
    const answer = await MODE[options.only](servers.value, options, peers);
    for (const fault of answer.faults) say(`FAILED: ${fault}`);
    const { ratios, details, faults } = answer;
    const object = { mode: options.only, ratios, ...details, faults };
    process.stdout.write(`${options.json ? JSON.stringify(object) : answer.text}\n`);
    if (faults.length > 0) process.exitCode = 1;
  } finally {
    await servers.stop();
  }
}

function secondsOf(options: Options): number {
  switch (options.only) {
    case 'throughput':
      return throughputSeconds(options, eventsFor);
    case 'latency': {
      const peers = peersOf(options.peer).includes('streams1') ? 3 : 1;
      return START_SECONDS + LATENCY_RATES.length * peers * (options.seconds + WARM_UP_SECONDS + START_SECONDS);
    }
    case 'silence':
      return START_SECONDS + silencesOf(options).reduce((sum, { customers, spread }) => sum + silenceSeconds(customers, spread), 0);
    case 'scale':
      return START_SECONDS + scaleSeconds(options.scaleBy);
  }
}

/** of the servers, or of one peer with its topics */
const START_SECONDS = 30;
const STREAMS_20: Peer = streams({ name: 'streams1c20', threads: 1, commitIntervalMs: 20 });
const LATENCY_RATES = [1_000, 5_000];
/** within a minute; and all at once, so that the drain is what takes time */
const SILENCES = [
  { customers: 1_000, spread: 60 },
  { customers: 100_000, spread: 1 },
];
const silencesOf = ({ timers, scaleBy }: Options): typeof SILENCES =>
  SILENCES.map(({ customers, spread }) => ({ customers: timers ?? Math.ceil(customers * scaleBy), spread }));

type RunMode = (servers: Servers, options: Options, peers: readonly Peer[]) => Promise<Answer>;

const MODE: Readonly<Record<Mode, RunMode>> = {
  async throughput(servers, options, peers) {
    const until = (Math.floor(Date.now() / 1_000) * 1_000 - 10_000) as Instant;
    const result = await throughput(servers, { ...options, peers, until });
    const ratios = ratiosOf(result.runs);
    const faults = result.comparisons
      .filter(({ differences }) => differences > 0)
      .map((each) => `${each.differences} of ${each.compared} outputs of ${each.peer} differ from rapport's; ${each.example}`);
    const text = `${runsTable(result.runs)}\n\n${ratiosTable(ratios)}`;
    return { ratios: medians(ratios), text, details: { ...result, spread: ratios }, faults };
  },

  async latency(servers, { customers, partitions, seconds, seed }, peers) {
    const beside = peers.some(({ name }) => name === 'streams1') ? [PEERS.streams1, STREAMS_20] : [];
    const options = { rates: LATENCY_RATES, seconds, customers, partitions: partitions.at(-1) ?? 1, seed, peers: [rapport, ...beside] };
    const runs = await latency(servers, options);
    return { ratios: latencyRatios(runs), text: latencyTable(runs), details: { runs }, faults: [] };
  },

  async silence(servers, options) {
    const runs: SilenceRun[] = [];
    for (const { customers, spread } of silencesOf(options)) {
      runs.push(await silence(servers, { customers, spread, partitions: options.partitions.at(-1) ?? 1 }));
    }
    return { ratios: {}, text: silenceTable(runs), details: { runs }, faults: [] };
  },

  async scale(servers, { partitions, seed, scaleBy }) {
    const result = await scale(servers, { partitions: partitions.at(-1) ?? 1, seed, scaleBy });
    return { ratios: scaleRatios(result), text: scaleText(result), details: result, faults: [] };
  },
};

const command = new Command('bench')
  .description('rapport beside Kafka Streams and a plain kafkajs loop')
  .addOption(new Option('--only <mode>', 'what is measured').choices(MODES).default('throughput'))
  .addOption(new Option('--peer <peer>', 'who runs beside rapport').choices(PEER_CHOICES).default('all'))
  .option('--customers <n>', 'customers from which the events are drawn by a Zipf law', positive, 200_000)
  .option('--events <n>', 'events of the history', positive, 2_000_000)
  .option('--partitions <n,n>', 'partitions of every topic, one number after another', partitionList, [4, 12])
  .option('--rounds <n>', 'how often each peer runs', positive, 2)
  .option('--minutes <n>', 'a further round that would not end within so many is left out (throughput)', positive, 24)
  .option('--seconds <n>', 'how long each rate is kept (latency)', positive, 60)
  .option('--scale-by <share>', 'a share of the customers and events that silence and scale are measured with', share, 1)
  .option('--timers <n>', 'customers who come due, within a minute and then within a second, in place of those of silence', positive)
  .option('--seed <n>', 'seed of the history', whole, 1)
  .option('--json', 'the result as one JSON object')
  .addHelpText('after', EXAMPLE)
  .showHelpAfterError('(--help shows what there is)')
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));

try {
  await command.parseAsync();
  await bench(command.opts<Options>());
} catch (error) {
  say(error instanceof Error ? (error.stack ?? error.message) : String(error));
  process.exitCode = 1;
}
// As in src/main.ts: a loop left behind in the client library must not hold up the exit code.
process.exit();
