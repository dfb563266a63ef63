/** The seam through which shard 0 publishes: what waits goes out with a step, once, in its transaction. */
import { describe, expect, it } from 'vitest';
import type { CustomerId, Instant } from '../../src/domain/ids.ts';
import type { JournalEntry } from '../../src/engine/journal.ts';
import type { OutRecord } from '../../src/engine/ports.ts';
import type { Publication, Publisher, PublisherContext } from '../../src/engine/publication.ts';
import type { TestDriver } from '../../src/testing.ts';
import { driver, KEPT, NOW, refusingPoison, SLOW, until } from './support/drive.ts';
import { purchase, START, visit } from './support/history.ts';
import { journalOf, type Step } from './support/journal.ts';

const KEY = '\u0000test' as CustomerId;
const record = (text: string): OutRecord => ({
  topic: 'test.profiles',
  partition: 0,
  key: Buffer.from('kpi'),
  value: Buffer.from(text),
  headers: [],
});
const entry = (text: string): JournalEntry => ({ customer: KEY, cause: 'total', state: Buffer.from(text), due: null });
const publication = (text: string, offset: number): Publication => ({
  records: [record(text)],
  entries: [entry(text)],
  read: [{ shard: 1, offset }],
});

/** Publishes what it is given, whenever it is there. */
class Fake implements Publisher {
  waiting: Publication | null = null;
  commits = 0;
  stopped = 0;
  readonly ticks: [Instant, Instant][] = [];
  readonly context: PublisherContext;

  constructor(context: PublisherContext) {
    this.context = context;
  }
  offer(what: Publication): void {
    this.waiting = what;
    this.context.wake();
  }
  taken(): void {
    this.commits += 1;
    this.waiting = null;
  }
  tick(watermark: Instant, now: Instant): void {
    this.ticks.push([watermark, now]);
  }
  stop(): void {
    this.stopped += 1;
  }
}

const published = (test: TestDriver): string[] =>
  test.kafka
    .records('test.profiles', 0)
    .filter(({ key }) => key?.toString() === 'kpi')
    .map(({ value }) => String(value));
const last = (test: TestDriver): Step => {
  const step = journalOf(test, 0).at(-1);
  if (step === undefined) throw new Error('the journal is empty');
  return step;
};

/** A driver whose workers publish by fakes; all that were made, in order. */
function publishing(options: Parameters<typeof driver>[0] = {}): { test: TestDriver; fakes: Fake[]; begin: () => Promise<unknown> } {
  const test = driver({ limits: KEPT, ...options });
  const fakes: Fake[] = [];
  const begin = (): Promise<unknown> =>
    test.start({
      publisherOf: (context) => {
        const fake = new Fake(context);
        fakes.push(fake);
        return fake;
      },
    });
  return { test, fakes, begin };
}

const newest = (fakes: readonly Fake[]): Fake => {
  const fake = fakes.at(-1);
  if (fake === undefined) throw new Error('no publisher was made');
  return fake;
};

describe('a publication', () => {
  it('I2 makes a step where nothing else happens: its records, its entries and what was read, together', { timeout: SLOW }, async () => {
    const { test, fakes, begin } = publishing({ shards: 2 });
    await begin();
    await test.settle();
    expect(fakes, 'shard 0 has a publisher, no other').toHaveLength(1);
    const fake = newest(fakes);
    fake.offer(publication('one', 7));
    await until(test, 'the publication', () => fake.commits === 1);
    await test.settle();
    expect(published(test)).toEqual(['one']);
    expect(last(test)).toMatchObject({ header: { kind: 'step', read: [{ shard: 1, offset: 7 }] }, entries: [entry('one')] });
    expect(last(test).header.stateBytes).toBe(3 + KEY.length + 16);
    expect(test.store.states(0).get(KEY)?.state.toString()).toBe('one');
    expect(journalOf(test, 1).every(({ header }) => header.read.length === 0)).toBe(true);
    const { end } = test.kafka.log({ topic: 'test.journal', partition: 0 });
    await test.advance(5_000);
    expect(test.kafka.log({ topic: 'test.journal', partition: 0 }).end, 'once').toBe(end);
    const [, now] = fake.ticks.at(-1) ?? [];
    expect(now).toBeGreaterThan(NOW);
  });

  it('I3 goes with a step that has records; the position stays in headers and claims until the next', { timeout: SLOW }, async () => {
    const { test, fakes, begin } = publishing();
    await begin();
    await test.settle();
    newest(fakes).waiting = publication('one', 7);
    test.pipe(visit('e1', 'ann', START));
    await test.settle();
    await until(test, 'the publication', () => newest(fakes).commits === 1);
    test.pipe(visit('e2', 'ann', START + 1));
    await test.settle();
    expect(last(test).header.read).toEqual([{ shard: 1, offset: 7 }]);
    newest(fakes).offer(publication('changed', 9));
    await until(test, 'the next one', () => newest(fakes).commits === 2);
    await test.settle();
    const customers = [...test.store.states(0)].reduce((sum, [key, { state }]) => sum + state.length + Buffer.byteLength(key) + 16, 0);
    expect(last(test).header.stateBytes).toBe(customers);
    [...test.workers][0]?.kill();
    test.kafka.group('test').expire();
    await begin();
    await test.settle();
    expect(last(test).header).toMatchObject({ kind: 'claim', read: [{ shard: 1, offset: 9 }] });
    expect(newest(fakes).context.standing.header.read).toEqual([{ shard: 1, offset: 9 }]);
    expect(fakes).toHaveLength(2);
  });

  it.each(['unknown-aborted', 'unknown-committed'] as const)(
    'I2 is not taken when its commit is %s: the next publisher knows by the header',
    {
      timeout: SLOW,
    },
    async (fault) => {
      const { test, fakes, begin } = publishing();
      await begin();
      await test.settle();
      const [worker] = test.workers;
      if (worker === undefined) throw new Error('no worker');
      worker.sinks.faults.nextCommit = fault;
      newest(fakes).offer(publication('one', 7));
      await until(test, 'another holding of the shard', () => fakes.length === 2);
      await test.settle();
      expect(fakes[0]).toMatchObject({ commits: 0, stopped: 1 });
      const went = fault === 'unknown-committed';
      expect(published(test)).toEqual(went ? ['one'] : []);
      expect(newest(fakes).context.standing.header.read).toEqual(went ? [{ shard: 1, offset: 7 }] : []);
      await test.stop();
      expect(newest(fakes).stopped).toBe(1);
    },
  );

  it('I11 is left out while a refused step is halved, and goes when the record is found', { timeout: SLOW }, async () => {
    const { test, fakes } = publishing();
    await test.start({
      publisherOf: (context) => {
        const fake = new Fake(context);
        if (published(test).length === 0) fake.waiting = publication('one', 7);
        fakes.push(fake);
        return fake;
      },
      ports: refusingPoison,
    });
    for (let i = 0; i < 6; i++) test.pipe(purchase(`e${i}`, i === 3 ? 'poison' : `c${i}`, START + i));
    await until(test, 'the letter', () => test.outputs('deadLetters').length === 1);
    await until(test, 'the publication', () => published(test).length === 1);
    await test.settle();
    expect(published(test)).toEqual(['one']);
    expect([...test.store.states(0).keys()].filter((key) => key.startsWith('c'))).toHaveLength(5);
  });

  it('ends the shard with the error that its publisher tells', { timeout: SLOW }, async () => {
    const { test, fakes, begin } = publishing();
    await begin();
    await test.settle();
    const [worker] = test.workers;
    newest(fakes).context.fail(new TypeError('a defect'));
    await expect(worker?.ended).rejects.toThrow('a defect');
  });
});
