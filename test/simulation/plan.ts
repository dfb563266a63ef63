/** What a run of the simulation is to be, drawn from its seed: how large, under which weather, what befalls it. Boundary: says what; simulation.ts does it. */
import type { InputRecord, TypedRecord } from '../../src/sources/index.ts';
import { Random } from '../../src/world/random.ts';
import type { Weather } from './scheduler.ts';

export const START = Date.UTC(2026, 0, 1);
const DAY = 86_400_000;

/** Session and transaction time-outs of a run, ms. */
export const SESSION_MS = 1_500;
export const TRANSACTION_MS = 2_000;

/** What befalls a run at an instant. What befalls a process at one of its awaits is drawn on the way. */
export const TROUBLES = [
  'start another worker',
  'stop a worker',
  'evict a worker',
  'rebalance',
  'flush Redis',
  'roll Redis back',
  'roll a shard of Redis back',
  'storm',
  'shift a clock',
  'delete the offsets of the group',
] as const;

/** After everything is healed: until nobody has a reason to take a shard over again, and until the last event is sent, ms. */
export const CALM_AFTER_MS = 8_000;
export const LAST_EVENT_MS = 12_000;
export type Trouble = (typeof TROUBLES)[number];

/** What a worker leaves behind in Redis that dies in mid-apply: of a generation that it was building, or of a step. */
export const PREDECESSORS = ['half a build', 'half a step'] as const;
export type Predecessor = (typeof PREDECESSORS)[number];

export interface Plan {
  readonly seed: number;
  /** what `npm run simulation` is to be told to show the run again */
  readonly again: string;
  readonly shards: number;
  readonly workers: number;
  readonly brokers: number;
  /** partitions of each input */
  readonly partitions: number;
  /** the configuration says that they are keyed by customer as shards are; where it does not, what goes by reroute is waited for from the beginning */
  readonly keyed: boolean;
  /** records of one fetch at most */
  readonly batchSize: number;
  /** customers of one chunk of an apply */
  readonly chunk: number;
  /** of states that an owner keeps at hand */
  readonly cacheBytes: number;
  /** the journal is cleaned */
  readonly cleaned: boolean;
  /** KPIs are published */
  readonly publishes: boolean;
  /** arrives late, twice, in the wrong partition, broken */
  readonly untidy: boolean;
  /** events of the past, there before the first worker */
  readonly history: readonly Delivery[];
  /** events of the present; the last of them, of some runs, long after everything is healed */
  readonly live: readonly Delivery[];
  readonly weather: Weather;
  /** that a question about offsets comes to a broker that was cut off a moment ago, while things go wrong */
  readonly stale: number;
  /** bytes of a record that the broker takes into reroute at most; null: any */
  readonly rerouteBytes: number | null;
  /** that a process is killed, or frozen, at one of its awaits */
  readonly kill: number;
  readonly freeze: number;
  /**
   * the worker with this number (from 1 on) is stopped in this way when that many of its awaits have gone by, unless that is later than `before`, ms. When it is frozen,
   * another starts, and has its shards before it goes on
   */
  readonly stopAt: { readonly worker: number; readonly index: number; readonly how: 'kill' | 'freeze'; readonly before: number } | null;
  /** once Redis has been flushed, the first worker is killed between two chunks of this; null: it is not */
  readonly predecessor: Predecessor | null;
  readonly troubles: readonly { readonly at: number; readonly trouble: Trouble }[];
  /** ms until everything is healed */
  readonly lasts: number;
}

/** A record on its way to an input: broken ones have text instead of an event. */
export interface Delivery {
  readonly at: number;
  readonly event: InputRecord;
  /** the partition, where it is not its customer's */
  readonly partition: number | null;
  readonly broken: string | null;
}

/** A word that stands in comments alone; customers' ids look like nothing else either. */
export const CANARY = 'quietcanary';

/**
 * @param seed two of the same make the same plan
 * @param calm events come for sure long after everything is healed
 * @param past so many events of the past, all in order
 */
export function planOf(seed: number, calm = false, past: number | null = null): Plan {
  const random = new Random(seed, 'plan');
  const rest = new Random(seed, 'the rest of the plan');
  const shards = random.integer(1, 3);
  const rough = random.chance(0.6);
  const untidy = random.chance(0.4) && past === null;
  const lasts = random.integer(2_000, 8_000);
  const partitions = random.chance(0.8) ? shards : random.integer(1, 4);
  const troubles: Plan['troubles'][number][] = [];
  for (let at = random.exponential(700); at < lasts; at += random.exponential(900))
    troubles.push({ at, trouble: TROUBLES[random.integer(0, TROUBLES.length - 1)] ?? 'rebalance' });
  return {
    seed,
    again: `--seed ${seed}`,
    shards,
    workers: random.integer(1, 3),
    brokers: random.integer(1, 3),
    partitions,
    keyed: partitions === shards || new Random(seed, 'keys').chance(0.5),
    batchSize: random.integer(2, 30),
    chunk: random.integer(1, 3),
    cacheBytes: random.chance(0.5) ? 2_000 : 1,
    cleaned: random.chance(0.5),
    publishes: random.chance(0.3),
    untidy,
    ...deliveries(
      random,
      past ?? random.integer(10, 60),
      random.integer(5, 40),
      lasts,
      untidy ? partitions : null,
      random.chance(0.15) || calm,
      new Random(seed, 'commands'),
    ),
    weather: {
      lost: rough ? random.between(0, 0.03) : 0,
      late: rough ? random.between(0, 0.02) : 0,
      slow: random.between(0, 0.2),
      slowMs: random.between(5, 400),
      patienceMs: 600,
    },
    stale: rough && rest.chance(0.5) ? rest.between(0, 0.2) : 0,
    rerouteBytes: rest.chance(0.3) ? rest.integer(40, 70) : null,
    kill: random.chance(0.7) ? random.between(0, 0.004) : 0,
    freeze: random.chance(0.5) ? random.between(0, 0.002) : 0,
    stopAt: null,
    predecessor: null,
    troubles,
    lasts,
  };
}

/** ms in which a process is stopped, and how long one stays frozen: its session and its transaction have run out, and another has taken its shards over. */
const STOPPED_BEFORE = 2_500;
export const FROZEN_MS = 2_600;
/** ms at which Redis is flushed, and in which the successor of who dies then is stopped: the dead one's session has to run out first */
const FLUSHED_AT = 400;
const SUCCESSOR_STOPPED_BEFORE = 2_600;

/** A worker stopped at one await. */
export interface Stop {
  /** of the awaits of that worker */
  readonly index: number;
  readonly how: 'kill' | 'freeze';
  readonly cleaned: boolean;
  /** none: the first worker is stopped, and nothing else goes wrong. Else its successor, and records come late, twice, broken and in the wrong partition */
  readonly predecessor: Predecessor | null;
}

/**
 * One worker's history with nothing that goes wrong but that it is stopped at one await: the seed says the history, the index the await. Events go on while it is frozen, so that its
 * successor has something to do, and it has something to say when it goes on.
 */
export function planWithStop(seed: number, { index, how, cleaned, predecessor }: Stop): Plan {
  const random = new Random(seed, 'stop');
  const weather = { lost: 0, late: 0, slow: 0, slowMs: 0, patienceMs: 600 };
  const left = predecessor === null ? '' : ` --predecessor "${predecessor}"`;
  const again = `--seed ${seed} --stop ${index} --how ${how}${cleaned ? ' --cleaned' : ''}${left}`;
  const [worker, before] = predecessor === null ? [1, STOPPED_BEFORE] : [2, SUCCESSOR_STOPPED_BEFORE];
  const size = {
    shards: 2,
    workers: 1,
    brokers: 2,
    partitions: 2,
    keyed: true,
    batchSize: 6,
    chunk: predecessor === null ? 2 : 1,
    cacheBytes: 500,
    cleaned,
    publishes: predecessor === null,
    untidy: predecessor !== null,
    stale: 0,
    rerouteBytes: null,
  };
  const [live, lasts] = how === 'kill' ? [12, before] : [30, before + FROZEN_MS + 500];
  const times = { kill: 0, freeze: 0, stopAt: { worker, index, how, before }, lasts };
  const troubles: Plan['troubles'] = predecessor === null ? [] : [{ at: FLUSHED_AT, trouble: 'flush Redis' }];
  const records = deliveries(random, 24, live, lasts - 600, size.untidy ? size.partitions : null, false, new Random(seed, 'commands'));
  return { seed, again, ...size, ...records, weather, ...times, predecessor, troubles };
}

function deliveries(
  random: Random,
  past: number,
  now: number,
  lasts: number,
  untidy: number | null,
  calm: boolean,
  /** apart from the rest: what comes without commands is as it is without */
  takes: Random,
): Pick<Plan, 'history' | 'live'> {
  const customers = random.integer(2, 9);
  let count = 0;
  const event = (at: number): TypedRecord => eventOf(random, `e${++count}`, `№${random.integer(1, customers)}`, at);
  const spread = (events: readonly InputRecord[], by: Random): Delivery[] => {
    const all: Delivery[] = [];
    for (const each of events) {
      const one: Delivery = { at: each.record.occurredAt, event: each, partition: null, broken: null };
      if (untidy === null || by.chance(0.85)) {
        all.push(one);
        continue;
      }
      const partition = by.integer(0, untidy - 1);
      const way = by.integer(0, 3);
      if (way === 0) all.push(one, { ...one, at: one.at + by.between(0, 2_000) });
      else if (way === 1) all.push({ ...one, partition });
      else if (way === 2) all.push({ ...one, at: one.at + by.between(0, 3_000) });
      else all.push(one, { ...one, partition, broken: `not an event ${CANARY}` });
    }
    return all;
  };
  const times = (many: number, from: number, to: number): number[] =>
    [...new Set(Array.from({ length: many }, () => random.integer(from, to)))].sort((a, b) => a - b);
  const withCommands = (events: readonly TypedRecord[]): Delivery[] => {
    const commands = takes.chance(0.5) ? [] : events.filter(() => takes.chance(0.15)).map((event) => acknowledgementOf(takes, event));
    return [...spread(events, random), ...spread(commands, takes)].sort((a, b) => a.at - b.at);
  };
  return {
    history: withCommands(times(past, START - 600 * DAY, START - 1_000).map(event)),
    live: withCommands(
      [...times(now, START, START + lasts), ...(calm ? times(8, START + lasts + CALM_AFTER_MS, START + lasts + LAST_EVENT_MS) : [])].map(
        event,
      ),
    ),
  };
}

/** Some time after an event, of what may be open then; in the present right after it. */
function acknowledgementOf(random: Random, { record: { eventId, customerId, occurredAt: after } }: TypedRecord): InputRecord {
  const alert = random.chance(0.7) ? 'FOLLOW_UP_DUE' : 'CHURN_RISK';
  const occurredAt = after < START ? Math.min(after + random.integer(1, 60 * DAY), START - 500) : after + 1;
  return {
    type: 'command',
    record: {
      commandId: `a-${eventId}`,
      customerId,
      occurredAt,
      kind: 'ACKNOWLEDGE',
      alert,
      subject: '',
      episode: random.integer(1, 2),
      number: 1,
      by: 'Anna',
    },
  };
}

function eventOf(random: Random, eventId: string, customerId: string, occurredAt: number): TypedRecord {
  const base = { eventId, customerId, occurredAt };
  const what = random.integer(0, 9);
  if (what < 5) {
    const amounts = { amountMinor: random.integer(100, 40_000), currency: 'USD', discountMinor: 0, costMinor: null, items: 1 };
    const rest = { channel: 'WEB', recurring: false, recommended: false, campaignId: null, orderedAt: null };
    return { type: 'purchase', record: { ...base, orderId: `o-${eventId}`, kind: 'PURCHASE', ...amounts, ...rest } };
  }
  if (what < 7) {
    const score = random.integer(0, 10);
    return {
      type: 'survey',
      record: { ...base, surveyId: `s-${eventId}`, kind: 'NPS', score, comment: `good, ${CANARY}`, channel: 'WEB' },
    };
  }
  const kind = (['CAMPAIGN_SENT', 'CAMPAIGN_OPENED', 'VISIT'] as const)[what - 7] ?? 'VISIT';
  const campaignId = kind === 'VISIT' ? null : `m${random.integer(1, 4)}`;
  return { type: 'engagement', record: { ...base, kind, campaignId, channel: 'EMAIL', costMinor: null } };
}
