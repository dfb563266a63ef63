/**
 * `rapport doctor`: the brokers. Whether each can be reached and entered, its release, who looks after groups and transactions, the brokers' own bounds.
 * Boundary: what this user may do is doctor-rights.ts's, topics are doctor-topics.ts's.
 */
import type { Config } from '../config/config.ts';
import { Halt } from '../engine/errors.ts';
import { type Check, Checks, listText, plural } from './doctor-check.ts';
import type { BrokerFacts, KafkaFacts, KafkaProbe } from './doctor-ports.ts';
import { mayBeAsked } from './doctor-rights.ts';

const checks = new Checks('kafka');

/** `facts`: what the brokers say of themselves and of all topics; rejects when none can be reached. */
export async function checkKafka(config: Config, kafka: KafkaProbe, facts: Promise<KafkaFacts>): Promise<Check[]> {
  const known = await facts.catch(() => null);
  const configured = new Set(config.kafka.brokers);
  const named = (known?.brokers ?? []).map(({ host, port }) => `${host}:${port}`).filter((address) => !configured.has(address));
  const asked = [
    ...[...configured].map((address) => checkBroker(kafka, address, CONFIGURED)),
    ...named.map((address) => checkBroker(kafka, address, NAMED)),
  ];
  const brokers = await Promise.all(asked);
  const releases = new Map(brokers.flatMap(({ address, release }) => (release === null ? [] : [[address, release]])));
  const found = brokers.flatMap((broker) => broker.checks);
  if (known === null) return [...found, checks.skipped('transactions, groups, bounds', 'no broker can be asked')];
  const rest = await Promise.all([
    checkRelease(config, known, releases),
    checkCoordinators(config, kafka, known),
    checkBounds(config, kafka, known),
  ]);
  return [...found, ...rest.flat()];
}

const CONFIGURED = [
  'Look whether the broker runs and whether this host may reach that port; correct RAPPORT_KAFKA_BROKERS, or RAPPORT_KAFKA_TLS where the listener is one for TLS.',
];
const NAMED = [
  'The brokers tell their clients this address of one of them: let this host reach it, or set `advertised.listeners` of that broker to an address that it can.',
];

async function checkBroker(
  kafka: KafkaProbe,
  address: string,
  todo: readonly string[],
): Promise<{ address: string; release: BrokerFacts['release']; checks: Check[] }> {
  const name = `broker ${address}`;
  let release: BrokerFacts['release'] = null;
  const found = await checks.attempt(name, todo, async () => {
    const facts = await kafka.broker(address);
    release = facts.release;
    if (release !== null) return checks.ok(name, `Kafka ${release.text}${release.exact ? '' : ' or later'}, there after ${facts.ms} ms`);
    return checks.fault(name, 'older than Kafka 2.4', 'It does not know requests that transactions need.', 'Run Kafka 2.4 or later.');
  });
  return { address, release, checks: found };
}

const FORGETFUL = ['4.3', '4.4'];

/** Releases that lose the end of a transaction with the only replica; and brokers that differ. */
function checkRelease(
  { topics }: Config,
  { topics: found }: KafkaFacts,
  releases: ReadonlyMap<string, { text: string; exact: boolean }>,
): Check[] {
  const forgetful = [...releases].filter(([, { text, exact }]) => exact && FORGETFUL.includes(text));
  const own = new Set(Object.values(topics));
  const single = found.filter(({ topic, partitions }) => own.has(topic) && partitions.some(({ replicas }) => replicas.length === 1));
  if (forgetful.length === 0 || single.length === 0) return [];
  return [
    checks.warning(
      'release',
      `${forgetful.map(([address, { text }]) => `${address}: ${text}`).join(', ')}, topics with one replica`,
      'Kafka 4.3.0 and 4.4.0 can lose the end of a decided transaction when a broker that is the only replica restarts: nobody can then read past it, and a shard that is taken over waits.',
      'Run another release of Kafka, or give the topics three replicas.',
    ),
  ];
}

async function checkCoordinators(config: Config, kafka: KafkaProbe, facts: KafkaFacts): Promise<Check[]> {
  const { applicationId, shards } = config;
  const name = 'transactions';
  if (!mayBeAsked(facts, 'transaction')) return [checks.ok(name, 'none in this cluster yet; the brokers make room at the first')];
  const todo = [
    'Look at the partitions of __transaction_state: each needs a leader, and as many replicas in sync as its min.insync.replicas.',
  ];
  return checks.attempt(name, todo, async () => {
    const ids = Array.from({ length: shards }, (_, shard) => `${applicationId}-${shard}`);
    const found = new Set<string>();
    for (const id of ids) {
      try {
        found.add(await kafka.coordinator('transaction', id));
      } catch (error) {
        // What this user may not do is said with the other rights.
        if (error instanceof Halt && error.message.includes('AUTHORIZATION')) return checks.skipped(name, 'this user may not ask');
        throw error;
      }
    }
    return checks.ok(name, `${plural(shards, 'transactional id')} looked after by ${listText([...found])}`);
  });
}

/** The brokers' own bounds on what the configuration asks for. */
async function checkBounds(config: Config, kafka: KafkaProbe, { brokers }: KafkaFacts): Promise<Check[]> {
  const asked = brokers.map(async ({ id, host, port }) => {
    const name = `bounds of broker ${id}`;
    let settings: Record<string, string>;
    try {
      settings = await kafka.brokerConfig(`${host}:${port}`, id);
    } catch (error) {
      // It is not needed for anything else. What else can be wrong with the broker has been said.
      const why = error instanceof Halt ? 'to see them takes DescribeConfigs on the cluster' : 'it cannot be asked';
      return [checks.skipped(name, why)];
    }
    const faults = boundFaults(config, (setting) => Number(settings[setting] ?? Number.NaN)).map(([setting, ...rest]) =>
      checks.fault(`${setting}, broker ${id}`, ...rest),
    );
    return faults.length > 0 ? faults : [checks.ok(name, 'time-outs of transactions and sessions, size of records: fine')];
  });
  return (await Promise.all(asked)).flat();
}

type BoundFault = readonly [setting: string, found: string, means: string, todo: string];

function boundFaults({ transactionTimeoutMs, sessionTimeoutMs }: Config, of: (setting: string) => number): BoundFault[] {
  const faults: BoundFault[] = [];
  const longest = of('transaction.max.timeout.ms');
  if (longest < transactionTimeoutMs)
    faults.push([
      'transaction.max.timeout.ms',
      `${longest}, wanted ${transactionTimeoutMs}`,
      'The broker refuses the transactions of every shard.',
      `Set RAPPORT_TRANSACTION_TIMEOUT_MS to at most ${longest}, or raise transaction.max.timeout.ms of the brokers.`,
    ]);
  const [least, most] = [of('group.min.session.timeout.ms'), of('group.max.session.timeout.ms')];
  if (sessionTimeoutMs < least || sessionTimeoutMs > most)
    faults.push([
      'group session time-out',
      `${least} to ${most}, wanted ${sessionTimeoutMs}`,
      'The broker lets no worker join the group.',
      `Set RAPPORT_SESSION_TIMEOUT_MS to a value from ${least} to ${most}, or widen group.min.session.timeout.ms and group.max.session.timeout.ms of the brokers.`,
    ]);
  const record = of('message.max.bytes');
  if (record < LEAST_RECORD)
    faults.push([
      'message.max.bytes',
      `${record}, wanted ${LEAST_RECORD}`,
      'Topics that are created without a limit of their own (changes, profiles, alerts, KPIs) would refuse larger records, and a step with one of them stops its shard.',
      `Set message.max.bytes of the brokers to ${LEAST_RECORD} (its default is 1048588), or max.message.bytes of those topics.`,
    ]);
  return faults;
}

/** Profiles and KPI records are some kilobytes; a record of the size of Kafka's default is never refused. */
const LEAST_RECORD = 1 << 20;
