/**
 * `rapport doctor`: the application itself. Whether a worker would be refused by what the journals name, whether records are gone that it has not processed,
 * who works.
 */
import type { Config } from '../config/config.ts';
import { LIMITS } from '../engine/engine.ts';
import { Halt } from '../engine/errors.ts';
import type { JournalHeader } from '../engine/journal.ts';
import type { Ends } from '../engine/ports.ts';
import type { TopicAdmin } from './connections.ts';
import { type Check, Checks, listText, plural } from './doctor-check.ts';
import type { Claims } from './doctor-claims.ts';
import type { GroupFacts, KafkaFacts, KafkaProbe } from './doctor-ports.ts';
import { isMissing, mayBeAsked } from './doctor-rights.ts';
import { durationText } from './output.ts';

const checks = new Checks('application');

type Logs = Pick<TopicAdmin, 'ends'>;

export async function checkApplication(
  config: Config,
  logs: Logs,
  kafka: KafkaProbe,
  facts: Promise<KafkaFacts>,
  claims: Promise<Claims>,
): Promise<Check[]> {
  const known = await facts.catch(() => null);
  if (known === null) return [checks.skipped('journal, workers', 'no broker can be asked')];
  const journal = known.topics.find(({ topic }) => topic === config.topics.journal);
  if (journal === undefined || isMissing(journal)) return [checks.skipped('journal, workers', 'the topics are not there yet')];
  if (journal.error !== null) return [checks.skipped('journal, workers', `the journal cannot be seen: ${journal.error}`)];
  // Asked for before the headers: where records end meanwhile, a position that is newer is no gap.
  const ends = endsOf(config, logs, known).catch(() => null);
  const [standing, workers] = await Promise.all([
    checks.attempt('journal', [], async () => {
      const before = await ends;
      const found = await claims;
      return [...headerFaults(config, found), ...(before === null ? [] : await gaps(logs, found, before))];
    }),
    checkWorkers(config, kafka, known, claims),
  ]);
  return [...standing, ...workers];
}

/** Of the topics that there are. */
async function endsOf({ sources }: Config, logs: Logs, { topics }: KafkaFacts): Promise<Map<string, readonly Ends[]>> {
  const there = sources.filter(({ topic }) => topics.some((each) => each.topic === topic && each.error === null));
  return new Map(await Promise.all(there.map(async ({ topic }) => [topic, await logs.ends(topic)] as const)));
}

function headerFaults(config: Config, { headers, claimed, unread, broken, ahead }: Claims): Check[] {
  const { applicationId, policyHash, shards } = config;
  if (claimed.length === 0) return [checks.ok('journal', 'empty: no worker has begun yet')];
  const found: Check[] = [];
  const wrongCount = [...headers].filter(([, header]) => header.shards !== shards);
  const count = wrongCount[0]?.[1].shards;
  if (count !== undefined) {
    found.push(
      checks.fault(
        'shards',
        `${shards} configured, ${count} in the journal`,
        'Workers halt: the number of shards is fixed for the life of an application id.',
        `Set RAPPORT_SHARDS to ${count}; or start a new application id.`,
      ),
    );
  }
  const others = new Set([...headers.values()].map(({ policy }) => policy).filter((policy) => policy !== policyHash));
  if (others.size > 0) {
    found.push(
      checks.fault(
        'policy',
        `${policyHash} configured, ${[...others].join(', ')} in the journal`,
        'Workers halt: the policy is fixed for the life of an application id.',
        `Set RAPPORT_POLICY to what it was when ${applicationId} began; or set a new RAPPORT_APPLICATION_ID, which reads the same inputs from their beginning.`,
      ),
    );
  }
  for (const { shard, next, end } of ahead) {
    found.push(
      checks.fault(
        `shard ${shard}`,
        `Redis at journal offset ${next}, the journal ends at ${end}`,
        'The journal was deleted or cut off, or belongs to another application: a worker halts there.',
        `Restore ${config.topics.journal}; or stop the workers, delete the keys {${applicationId}:${shard}}:* in Redis, and`,
        `rapport shards accept --shard ${shard} --reason "why"`,
      ),
    );
  }
  const late = Math.max(...[...headers.values()].map(({ now }) => now)) - Date.now();
  if (late > LIMITS.clockSkew) {
    found.push(
      checks.warning(
        'brokers’ clock',
        `at least ${durationText(late)} ahead of this host`,
        'The brokers have appended a record at a time that this host has not reached. Silence is reckoned by their clock.',
        'Set the clocks, of the brokers and of this host, by NTP.',
      ),
    );
  }
  for (const { shard, why } of broken) {
    found.push(
      checks.fault(`shard ${shard}`, 'its journal cannot be read', why, `Restore ${config.topics.journal}; or start a new application id.`),
    );
  }
  if (unread > 0) found.push(checks.skipped('journal', `the last steps of ${plural(unread, 'shard')} could not be read now`));
  const fine = `${headers.size} of ${plural(shards, 'shard')} begun, under the policy that is configured`;
  return found.some(({ verdict }) => verdict === 'fault') || headers.size === 0 ? found : [checks.ok('journal', fine), ...found];
}

/** Positions that cannot be gone on from: a worker halts over each (engine/takeover.ts). */
async function gaps(logs: Logs, { headers }: Claims, before: ReadonlyMap<string, readonly Ends[]>): Promise<Check[]> {
  const found: Check[] = [];
  const recreated = new Map<string, readonly Ends[]>();
  for (const [shard, { positions }] of headers) {
    for (const { topic, partition, next } of positions) {
      const range = before.get(topic)?.[partition];
      if (range === undefined || (next >= range.start && next <= range.end)) continue;
      const what = next < range.start ? 'records were deleted before they were processed' : 'the topic was deleted and created again';
      if (next > range.end) {
        // The position may be newer than the end.
        const now = recreated.get(topic) ?? (await logs.ends(topic));
        recreated.set(topic, now);
        if (next <= (now[partition]?.end ?? 0)) continue;
      }
      found.push(gap(shard, `${topic}-${partition}`, next, range, what));
    }
  }
  return found;
}

const gap = (shard: number, name: string, next: number, { start, end }: Ends, what: string): Check =>
  checks.fault(
    `shard ${shard}`,
    `${name}: next is ${next}, there is ${start} to ${end}`,
    `${what[0]?.toUpperCase()}${what.slice(1)}: a worker halts there.`,
    'Restore them; or accept that they are gone, with the workers stopped:',
    `rapport shards accept --shard ${shard} --reason "why"`,
  );

async function checkWorkers(config: Config, kafka: KafkaProbe, facts: KafkaFacts, claims: Promise<Claims>): Promise<Check[]> {
  const { applicationId } = config;
  if (!mayBeAsked(facts, 'group')) return [checks.ok('workers', 'none yet')];
  return checks.attempt('workers', [], async () => {
    let group: GroupFacts;
    try {
      group = await kafka.group(applicationId);
    } catch (error) {
      // That he may not is said with the rights.
      if (error instanceof Halt) return checks.skipped('workers', 'this user may not ask about the group');
      throw error;
    }
    const begun = await claims.then(({ claimed }) => claimed.length > 0).catch(() => false);
    return workersOf(config, group, begun);
  });
}

function workersOf({ applicationId, shards }: Config, { members, foreign }: GroupFacts, begun: boolean): Check {
  if (foreign) {
    return checks.fault(
      'workers',
      `the group ${applicationId} is another consumer’s: ${listText(members)}`,
      'No worker can join it.',
      'Stop that consumer, or let it use another group; or set another RAPPORT_APPLICATION_ID.',
    );
  }
  if (members.length > shards) {
    return checks.warning(
      'workers',
      `${members.length}, for ${plural(shards, 'shard')}`,
      `${plural(members.length - shards, 'worker')} ${members.length - shards === 1 ? 'idles' : 'idle'}, ready to take over.`,
      'Fewer will do, unless you want them in reserve. The number of shards is fixed for the life of an application id.',
    );
  }
  if (members.length > 0) return checks.ok('workers', `${members.length}: ${listText(members)}`);
  if (!begun) return checks.ok('workers', 'none yet');
  return checks.warning('workers', 'none', 'Every shard stands still; events wait in their topics.', 'rapport run');
}

/** How much of the journal a rebuild of all states reads at the most, bytes: the cleaner keeps it to that (engine/cleaner.ts). */
export function rebuildBytes(headers: ReadonlyMap<number, JournalHeader>): number {
  let sum = 0;
  for (const { stateBytes, writtenBytes } of headers.values())
    sum += Math.min(writtenBytes, Math.max(LIMITS.journalLeast, LIMITS.journalFactor * stateBytes));
  return sum;
}
