/**
 * `rapport doctor`: the host that it runs on. The version of Node, memory against what shards may take, the clock, and settings that are probably not meant.
 */
import { createRequire } from 'node:module';
import { getHeapStatistics } from 'node:v8';
import type { Config } from '../config/config.ts';
import { LIMITS } from '../engine/engine.ts';
import { bytesText, type Check, Checks, plural, saidBy, within } from './doctor-check.ts';
import type { ClockFacts, Probes } from './doctor-ports.ts';
import { durationText } from './output.ts';

export interface Host {
  /** of Node, as `24.1.0` */
  readonly node: string;
  /** which of them will do, as in package.json */
  readonly engines: string;
  /** bytes: the most that JavaScript may take of this process, and that this process may take at all; 0: no bound */
  readonly heap: number;
  readonly memory: number;
}

function thisHost(): Host {
  const { engines }: { engines: { node: string } } = createRequire(import.meta.url)('../../package.json');
  const memory = process.constrainedMemory();
  // Without a limit some kernels give a number that no machine has.
  const bounded = memory > 0 && memory < Number.MAX_SAFE_INTEGER;
  return { node: process.versions.node, engines: engines.node, heap: getHeapStatistics().heap_size_limit, memory: bounded ? memory : 0 };
}

const checks = new Checks('host');

export async function checkHost(config: Config, probes: Pick<Probes, 'redis' | 'registry'>, host = thisHost()): Promise<Check[]> {
  const warnings = config.warnings.map((text) =>
    checks.warning('configuration', 'allowed, probably not meant', text, 'Correct the setting that it names.'),
  );
  return [checkNode(host), checkMemory(config, host), ...(await checkClock(probes)), ...warnings];
}

function checkNode({ node, engines }: Host): Check {
  if (satisfies(node, engines)) return checks.ok('Node', node);
  return checks.fault('Node', node, `rapport runs on Node ${engines}.`, 'Install such a version: https://nodejs.org/en/download');
}

/** Of the ranges that package.json uses: `^22.18 || ^24 || >=26`. */
export function satisfies(version: string, ranges: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return ranges.split('||').some((range) => {
    const [, kind, least, leastMinor] = /^\s*(\^|>=)(\d+)(?:\.(\d+))?\s*$/.exec(range) ?? [];
    if (kind === '^') return major === Number(least) && minor >= Number(leastMinor ?? 0);
    return kind === '>=' && (major > Number(least) || (major === Number(least) && minor >= Number(leastMinor ?? 0)));
  });
}

/** What waits, is at hand and is under way in one worker that holds all shards, at the most. */
const BASE_BYTES = 256 << 20;
function checkMemory({ shards, sources }: Config, { heap, memory }: Host): Check {
  // Commands are few: their inboxes hold next to nothing.
  const inboxes = shards * (sources.filter(({ type }) => type !== 'command').length + 1);
  const need = BASE_BYTES + shards * (LIMITS.cacheBytes + 2 * LIMITS.stepBytes) + inboxes * LIMITS.inboxBytes;
  const have = memory === 0 ? heap : Math.min(heap, memory);
  const found = `${bytesText(have)} for this process`;
  const sum = `One worker that holds all ${plural(shards, 'shard')} may come to need ${bytesText(need)} while it catches up`;
  if (have >= need) return checks.ok('memory', `${found}; at most ${bytesText(need)} are needed for ${plural(shards, 'shard')}`);
  const workers = Math.min(shards, Math.ceil((need - BASE_BYTES) / Math.max(1, have - BASE_BYTES)));
  const share = have > BASE_BYTES ? ` Or run ${workers} workers at least, also while one is away.` : '';
  return checks.warning(
    'memory',
    found,
    `${sum}. With less it may run out and be ended in the middle of its work, which loses nothing and takes time.`,
    `Give it more where \`rapport run\` runs: NODE_OPTIONS=--max-old-space-size=${Math.ceil(need / 2 ** 20)}, and a container limit above that.${share}`,
  );
}

/** No question to a broker tells its time without writing: so those that keep theirs beside it are asked. */
async function checkClock({ redis, registry }: Pick<Probes, 'redis' | 'registry'>): Promise<Check[]> {
  const asked = [
    within(redis.facts()).then(({ nodes }) =>
      nodes
        .flatMap((node) => ('clock' in node && node.clock !== null ? [{ whose: `Redis ${node.node}`, ...node.clock }] : []))
        .toSorted((a, b) => offOf(b) - offOf(a))
        .slice(0, 1),
    ),
    within(registry.facts()).then(({ clock }) => (clock === null ? [] : [{ whose: 'the registry', ...clock }])),
  ];
  const answers = await Promise.allSettled(asked);
  const clocks = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  if (clocks.length === 0) {
    const why = answers.find((answer) => answer.status === 'rejected');
    return [checks.skipped('clock', why === undefined ? 'neither Redis nor the registry tells its time' : saidBy(why.reason))];
  }
  return clocks.map(({ whose, ...clock }) => checkOne(whose, clock));
}

const offOf = ({ its, ours }: ClockFacts): number => Math.abs(ours - its);

function checkOne(whose: string, clock: ClockFacts): Check {
  const { its, ours } = clock;
  const off = offOf(clock);
  const found = off < 2_000 ? `within 2 s of ${whose}` : `${durationText(off)} ${ours > its ? 'ahead of' : 'behind'} ${whose}`;
  if (off <= LIMITS.clockSkew) return checks.ok('clock', found);
  return checks.warning(
    'clock',
    found,
    "Only the brokers' clock counts, so nothing is wrong with what rapport writes; but delays are shown wrong, and where it is a broker's clock that is off, silence is noticed at the wrong time.",
    'Find out which of them is off (`timedatectl`), and let NTP set it; look at the brokers’ clocks too, which cannot be asked from here.',
  );
}
