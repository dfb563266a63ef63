/**
 * The contract of a Kafka client on requests that arrive late: what an abandoned sink had sent is delivered after the next `open`, and changes nothing
 * (I1: it is fenced, I12: no request is sent under an epoch that a later transaction uses).
 */
import { expect, it } from 'vitest';
import type { CommitOutcome } from '../../src/engine/ports.ts';
import type { LinkHarness, LinkRig } from './harness.ts';
import { texts } from './recorder.ts';
import { commitStep, committed, expectDecided, expectSteps, journalOf } from './steps.ts';

/** One shard for each moment of a commit: their commits begin one after the other, and the link holds all at once. */
const SHARDS = 8;
const STAGGER_MS = 20;
const REQUEST_MS = 25;

export function lateContract(harness: LinkHarness, rig: () => LinkRig): void {
  it('I1 I12 what an abandoned sink had sent, whatever it was, changes nothing when it arrives after the next open', async () => {
    const { link, clock } = rig();
    const shards = Array.from({ length: SHARDS }, (_, shard) => shard);
    const world = await rig().world({ shards: SHARDS });
    const olds = await Promise.all(shards.map((shard) => world.hurt.sinks.open(shard)));
    for (const [shard, old] of olds.entries()) committed(await commitStep(world, old, shard, 'first'));

    link.setDelay({ toServer: REQUEST_MS, toClient: 0 });
    const commits: Promise<CommitOutcome>[] = [];
    for (const [shard, old] of olds.entries()) {
      commits.push(commitStep(world, old, shard, 'doubted'));
      await clock.sleep(STAGGER_MS);
    }
    link.hold();
    const held = clock.monotonic();
    const outcomes = await Promise.all(commits);
    expect(clock.monotonic() - held).toBeLessThan(harness.transactionTimeoutMs + 1_000);
    expect(new Set(outcomes.map(({ outcome }) => outcome)).has('refused')).toBe(false);

    const news = await Promise.all(shards.map((shard) => world.sinks.open(shard)));
    for (const shard of shards) await expectDecided(world, shard);
    const decided = await Promise.all(shards.map(async (shard) => texts(await world.read(journalOf(world, shard)))));
    for (const [shard, names] of decided.entries()) {
      if (outcomes[shard]?.outcome === 'committed') expect(names).toEqual(['first', 'doubted']);
    }
    // Some had sent a part, which is aborted: else there was nothing to be late.
    expect(decided.filter((names) => names.length === 1).length).toBeGreaterThan(0);

    // A transaction of the new sink is under way while they arrive, and others follow.
    const during = news.map((sink, shard) => commitStep(world, sink, shard, 'during'));
    await link.resume();
    for (const outcome of await Promise.all(during)) committed(outcome);
    for (const [shard, sink] of news.entries()) {
      for (const name of ['after', 'last']) committed(await commitStep(world, sink, shard, name));
    }
    await Promise.all(
      shards.map((shard) => expectSteps(world, shard, [...(decided[shard] ?? []), 'during', 'after', 'last'], harness.patience)),
    );
    await Promise.all([...olds, ...news].map((sink) => sink.close()));
    await world.stop();
  });
}
