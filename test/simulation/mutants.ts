/**
 * Engines with one defect each, of the kind that exactly-once systems really have. The checker must catch every one of them by its name: one that it does not
 * is a hole in the proof. A mutant is the source with some texts replaced as it is loaded; one that no longer applies is an error.
 */
import type { CheckName } from '../checker/evidence.ts';
import type { Patch } from '../weave/weave.ts';
import { type Plan, planOf, type Trouble } from './plan.ts';

export interface Mutant {
  readonly name: string;
  /** the checks of which at least one must find it: a worker that crashes (V10) has shown nothing */
  readonly by: readonly Exclude<CheckName, 'V10'>[];
  readonly patches: readonly Omit<Patch, 'name'>[];
  /** what its runs have more of than others, so that its defect has its chance early */
  readonly plan?: (plan: Plan) => Plan;
}

const STEPS = 'src/engine/steps.ts';
const TAKEOVER = 'src/engine/takeover.ts';
const SINKS = 'src/adapters/memory/sinks.ts';
const FOLD = 'src/engine/fold.ts';
const LESSONS = 'src/engine/lessons.ts';
const STORE = 'src/adapters/memory/store.ts';
const COMMIT = 'const outcome = await this.#context.held(this.#sink.commit(parts, records, batch.now));';

const rough = (plan: Plan): Plan => ({ ...plan, weather: { ...plan.weather, lost: 0.03, late: 0.02 } });
/** These troubles, one after the other, again and again. */
const again = (plan: Plan, ...troubles: readonly Trouble[]): Plan['troubles'] =>
  Array.from({ length: 12 }, (_, i) => ({ at: (plan.lasts * (i + 1)) / 13, trouble: troubles[i % troubles.length] ?? 'storm' }));
/** A Redis that fails over all the time, while applies and loads take long. */
const failing = (plan: Plan): Plan => ({
  ...plan,
  chunk: 1,
  cacheBytes: 1,
  weather: { ...plan.weather, slow: 0.1, slowMs: 300 },
  troubles: again(plan, 'roll Redis back'),
});
const flushing = (plan: Plan): Plan => ({
  ...plan,
  cleaned: true,
  kill: 0.006,
  troubles: [...plan.troubles, ...again(plan, 'flush Redis')],
});
/** Taken over again and again in the middle of a history that goes by reroute from several shards to several. */
const keyless = (seed: number): Plan => {
  const plan = planOf(seed, false, 200);
  const size = { shards: 3, partitions: 5, keyed: false, untidy: false, workers: 2, batchSize: 4, rerouteBytes: null };
  return { ...plan, ...size, troubles: again(plan, 'evict a worker', 'rebalance') };
};
/** What the run of this seed is for it. */
export function planFor({ name, plan }: Mutant, seed: number): Plan {
  const usual = planOf(seed);
  return { ...(plan?.(usual) ?? usual), again: `--seed ${seed} --like "${name}"` };
}

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'apply before commit',
    by: ['V4'],
    patches: [
      {
        file: STEPS,
        find: COMMIT,
        replace: `const guess = Math.max(...this.#applies.known) + 1;
    this.#applies.queue({ entries, offset: guess, next: guess + parts.length, header, then: async () => {} });
    ${COMMIT}`,
      },
      { file: STEPS, find: 'this.#applies.queue({ entries, offset, next, header, then });', replace: 'await then();' },
    ],
  },
  {
    name: 'no tail replay',
    by: ['V4'],
    patches: [
      {
        file: TAKEOVER,
        find: 'context.journal.read(from, claim, context.gone)',
        replace: 'context.journal.read(claim, claim, context.gone)',
      },
    ],
  },
  {
    name: 'a claim wherever the journal ends',
    by: ['V1'],
    patches: [{ file: TAKEOVER, find: 'engine.ports.clock.wall(), journal.end)', replace: 'engine.ports.clock.wall())' }],
    plan: (plan) => ({ ...plan, stale: 0.3, workers: 3, troubles: again(plan, 'evict a worker') }),
  },
  {
    name: 'positions from group offsets',
    by: ['V1'],
    patches: [
      {
        file: 'src/adapters/memory/logs.ts',
        find: "    logEnd: (of) => link.call('log end'",
        replace: "    offsetOf: (of) => link.call('offset', () => kafka.group(group).offset(of)),\n    logEnd: (of) => link.call('log end'",
      },
      {
        file: TAKEOVER,
        find: '    const known = positions.get(name);',
        replace: `    const was = positions.get(name);
    const told = await held(ports.logs.offsetOf(input));
    const known = was === undefined || told === null ? was : { ...was, next: told, last: null };
    if (known !== undefined) positions.set(name, known);`,
      },
    ],
  },
  {
    name: 'a producer used again after a time-out',
    by: ['V1', 'V2'],
    plan: rough,
    patches: [
      {
        file: SINKS,
        find: "      if (cause instanceof Retryable) return { outcome: 'unknown', cause };",
        replace:
          "      if (cause instanceof Retryable) {\n        this.#usable = true;\n        return { outcome: 'unknown', cause };\n      }",
      },
      {
        file: STEPS,
        find: COMMIT,
        replace: `let outcome = await this.#context.held(this.#sink.commit(parts, records, batch.now));
    if (outcome.outcome === 'unknown' && !(outcome.cause instanceof Fenced))
      outcome = await this.#context.held(this.#sink.commit(parts, records, batch.now));`,
      },
    ],
  },
  {
    name: 'one transactional id for all shards',
    by: ['V7'],
    // They fence each other for ever, and so one after the other gets on.
    plan: ({ seed }) => ({ ...planOf(seed, true), shards: 3, partitions: 3 }),
    patches: [{ file: SINKS, find: 'kafka.producer(', replace: 'kafka.producer(applicationId || ' }],
  },
  {
    name: 'a transactional id for each worker',
    by: ['V1'],
    plan: (plan) => ({ ...plan, workers: 2, freeze: 0.004 }),
    patches: [{ file: SINKS, find: 'kafka.producer(', replace: "kafka.producer(Reflect.get(link, 'name') + " }],
  },
  {
    name: 'no load check',
    by: ['V2'],
    plan: flushing,
    patches: [
      {
        file: 'src/engine/applies.ts',
        find: 'if (meta?.generation === this.generation && known.includes(meta.next)) return null;',
        replace: 'return null;',
      },
    ],
  },
  {
    name: 'timers on the wall clock',
    by: ['V1', 'V6'],
    plan: (plan) => ({ ...plan, troubles: [...plan.troubles, { at: 200, trouble: 'shift a clock' }] }),
    patches: [
      {
        file: 'src/engine/shard-clock.ts',
        find: 'return Math.floor(this.#at + (monotonic - this.#mark)) as Instant;',
        replace: 'return Math.floor(this.#clock.wall() + (monotonic - this.#clock.monotonic())) as Instant;',
      },
    ],
  },
  {
    name: 'deletion before the carrying step has committed',
    by: ['V4', 'V2'],
    plan: flushing,
    patches: [
      {
        file: STEPS,
        find: '    const candidates = load?.candidates ?? [];',
        replace: '    if (load !== null) await this.#delete(load);\n    const candidates = load?.candidates ?? [];',
      },
    ],
  },
  {
    name: 'a send retried while another broker’s answer is pending',
    by: ['V2'],
    plan: (plan) => ({ ...rough(plan), brokers: 2, shards: Math.max(2, plan.shards) }),
    patches: [
      {
        file: SINKS,
        find: `      link.call(\`produce to broker \${broker}\`, () => {
        for (const record of records) producer.send(record, [{ ...record, timestamp }]);
      }),`,
        replace: `      ((send) => send().catch(send))(() => link.call(\`produce to broker \${broker}\`, () => {
        for (const record of records) producer.send(record, [{ ...record, timestamp }]);
      })),`,
      },
    ],
  },
  {
    name: 'two builders of one Redis generation',
    by: ['V2', 'V4'],
    // All take the name of the first. A position would refuse each of them where the other stands: so this engine trusts names alone. Flushes only: a rollback within a build would be another defect.
    plan: (plan) => ({
      ...plan,
      workers: 3,
      kill: 0,
      freeze: 0,
      chunk: 1,
      weather: { ...plan.weather, slow: 0.1, slowMs: 100 },
      troubles: Array.from({ length: 60 }, (_, i) => ({
        at: (plan.lasts * (i + 1)) / 61,
        trouble: i % 6 === 0 ? ('flush Redis' as const) : ('evict a worker' as const),
      })),
    }),
    patches: [
      {
        file: TAKEOVER,
        find: 'const generation = rebuild ? claim : meta.generation;',
        replace: 'const generation = rebuild ? sharedGeneration(engine.settings, shard, claim) : meta.generation;',
      },
      {
        file: TAKEOVER,
        find: '/** Where a shard stands after a takeover. */',
        replace: `const firsts = new WeakMap();
function sharedGeneration(run, shard, claim) {
  const known = firsts.get(run) ?? new Map();
  firsts.set(run, known);
  if (!known.has(shard)) known.set(shard, claim);
  return known.get(shard);
}
/** Where a shard stands after a takeover. */`,
      },
      { file: STORE, find: 'if (generation <= greatest) return', replace: 'if (generation < greatest) return' },
      {
        file: STORE,
        find: 'target === null || target.meta.next !== chunk.at ||',
        replace: 'target === null || (target !== shard.building && target.meta.next !== chunk.at) ||',
      },
    ],
  },
  {
    name: 'a half-built generation promoted',
    by: ['V4'],
    plan: (plan) => ({
      ...plan,
      weather: { ...plan.weather, slow: 0.1, slowMs: 300 },
      troubles: again(plan, 'flush Redis', 'roll Redis back'),
    }),
    patches: [{ file: STORE, find: ' || shard.building.meta.next !== at', replace: '' }],
  },
  {
    name: 'a chunk applied where those before it are gone',
    by: ['V2', 'V4'],
    plan: failing,
    patches: [{ file: STORE, find: ' || chunk.from > target.applied', replace: '' }],
  },
  {
    name: 'a load that is not atomic',
    by: ['V2'],
    plan: failing,
    patches: [
      {
        file: STORE,
        find: `    return this.#call('load', shard, () => {
      const { current } = this.#shard(shard);
      const meta = current?.meta ?? null;`,
        replace: `    let meta: Meta | null = null;
    const before = this.#call('load', shard, () => {
      meta = this.#shard(shard).current?.meta ?? null;
    });
    return before.then(() => this.#call('load', shard, () => {
      const { current } = this.#shard(shard);`,
      },
      {
        file: STORE,
        find: `      return { meta, states, due, nextDue: timers[due.length]?.due ?? null };
    });`,
        replace: `      return { meta, states, due, nextDue: timers[due.length]?.due ?? null };
    }));`,
      },
    ],
  },
  {
    name: 'a merge that does not wait',
    by: ['V8', 'V1'],
    patches: [
      {
        file: 'src/engine/merge.ts',
        find: 'if (input.end === null && input.peek() === undefined',
        replace: 'if (limitless && input.peek() === undefined',
      },
      {
        file: 'src/engine/merge.ts',
        find: 'const BEGINNING = 0 as Instant;',
        replace: 'const BEGINNING = 0 as Instant;\nconst limitless = false;',
      },
    ],
  },
  {
    name: 'a watermark that runs ahead of reroute',
    by: ['V8'],
    plan: ({ seed }) => keyless(seed),
    patches: [{ file: 'src/engine/merge.ts', find: '(input === reroute ? null : input.newest)', replace: 'input.newest' }],
  },
  {
    name: 'an end of reroute that was listed before anybody looked what may still come',
    by: ['V8'],
    plan: ({ seed }) => keyless(seed),
    patches: [{ file: 'src/engine/worker.ts', find: 'if (bounded && own === null) continue;', replace: '' }],
  },
  {
    name: 'redelivered events folded twice',
    by: ['V8'],
    plan: (plan) => ({ ...plan, history: plan.history.flatMap((each) => (each.broken === null ? [each, each] : [each])) }),
    patches: [{ file: 'src/domain/customer.ts', find: 'return state.seen.includes(seenAs(event.id));', replace: 'return false;' }],
  },
  {
    name: 'a watermark that runs ahead of the inputs',
    by: ['V1'],
    patches: [
      {
        file: 'src/engine/merge.ts',
        find: '    watermark: w,\n    own',
        replace: '    watermark: Math.max(w, now - 1_000) as Instant,\n    own',
      },
    ],
  },
  {
    name: 'an end that counts before it is reached',
    by: ['V1'],
    patches: [{ file: 'src/engine/input.ts', find: ' || this.position < this.#asked.end) return;', replace: ') return;' }],
  },
  {
    name: 'a timer that fires before its instant',
    by: ['V5'],
    patches: [
      {
        file: FOLD,
        find: 'for (const who of touched.values()) fireUpTo(who, batch.watermark);',
        replace: 'for (const who of touched.values()) fireUpTo(who, (batch.watermark + 30 * 86_400_000) as Instant);',
      },
    ],
  },
  {
    name: 'a log line that names a customer',
    by: ['V9'],
    patches: [
      {
        file: STEPS,
        find: '    const before = new Loading(',
        replace: "    ports.log.debug({ shard, customers: [...touched] }, 'loading');\n    const before = new Loading(",
      },
    ],
  },
  {
    name: 'a reason that quotes the record',
    by: ['V9'],
    patches: [
      {
        file: FOLD,
        find: 'bury(item, decoded.reason, decoded.detail);',
        replace: 'bury(item, decoded.reason, String(record.value));',
      },
    ],
  },
  {
    name: 'a good record dead-lettered',
    by: ['V6'],
    patches: [
      {
        file: LESSONS,
        find: 'return this.#refused.size > 0 && this.#refused.has(coordinates(item));',
        replace: 'return item.record.offset % 7 === 6 || this.#refused.has(coordinates(item));',
      },
      { file: LESSONS, find: '    if (this.#refused.size === 0) return [];\n', replace: '' },
    ],
  },
];
