/**
 * Engines with one defect each, of the kind that exactly-once systems really have. The checker must catch every one of them by its name: one that it does not
 * is a hole in the proof. A mutant is the source with some texts replaced as it is loaded; one that no longer applies is an error.
 */
import type { Patch } from '../weave/weave.ts';
import type { Plan, Trouble } from './plan.ts';

export interface Mutant {
  readonly name: string;
  readonly patches: readonly Omit<Patch, 'name'>[];
  /** what its runs have more of than others, so that its defect has its chance early */
  readonly plan?: (plan: Plan) => Plan;
}

const STEPS = 'src/engine/steps.ts';
const TAKEOVER = 'src/engine/takeover.ts';
const SINKS = 'src/adapters/memory/sinks.ts';
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

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'apply before commit',
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
    patches: [
      {
        file: TAKEOVER,
        find: 'context.journal.read(from, claim, context.gone)',
        replace: 'context.journal.read(claim, claim, context.gone)',
      },
    ],
  },
  {
    name: 'positions from group offsets',
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
    plan: (plan) => ({ ...plan, shards: Math.max(2, plan.shards) }),
    patches: [{ file: SINKS, find: 'kafka.producer(', replace: 'kafka.producer(applicationId || ' }],
  },
  {
    name: 'a transactional id for each worker',
    plan: (plan) => ({ ...plan, workers: 2, freeze: 0.004 }),
    patches: [{ file: SINKS, find: 'kafka.producer(', replace: "kafka.producer(Reflect.get(link, 'name') + " }],
  },
  {
    name: 'no load check',
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
    plan: (plan) => ({ ...plan, troubles: [...plan.troubles, { at: 200, trouble: 'shift a clock' }] }),
    patches: [
      {
        file: 'src/engine/shard-clock.ts',
        find: 'return Math.floor(this.#at + (monotonic - this.#mark)) as Instant;',
        replace: 'return (this.#clock.wall() + (monotonic - this.#clock.monotonic())) as Instant;',
      },
    ],
  },
  {
    name: 'deletion before the carrying step has committed',
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
    plan: (plan) => ({ ...flushing(plan), workers: 3, freeze: 0.004 }),
    patches: [
      {
        file: TAKEOVER,
        find: 'const generation = rebuild ? claim : meta.generation;',
        replace: 'const generation = rebuild ? (meta?.generation ?? 0) + 1 : meta.generation;',
      },
      { file: STORE, find: 'if (generation <= greatest) return', replace: 'if (generation < greatest) return' },
    ],
  },
  {
    name: 'a half-built generation promoted',
    plan: (plan) => ({
      ...plan,
      weather: { ...plan.weather, slow: 0.1, slowMs: 300 },
      troubles: again(plan, 'flush Redis', 'roll Redis back'),
    }),
    patches: [{ file: STORE, find: ' || shard.building.meta.next !== at', replace: '' }],
  },
  {
    name: 'a chunk applied where those before it are gone',
    plan: failing,
    patches: [{ file: STORE, find: ' || chunk.from > target.applied', replace: '' }],
  },
  {
    name: 'a load that is not atomic',
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
    name: 'redelivered events folded twice',
    plan: (plan) => ({ ...plan, history: plan.history.flatMap((each) => (each.broken === null ? [each, each] : [each])) }),
    patches: [{ file: 'src/domain/customer.ts', find: 'return state.seen.includes(seenAs(event.id));', replace: 'return false;' }],
  },
];
