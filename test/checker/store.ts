/**
 * V4: after the drain Redis holds what the journal says, no more and no less; and whoever read it during the run saw committed states (I5), those of the step
 * at whose end the store stood or, between two chunks of an apply, of the one after it (I6, I7). Boundary: that the journal is right is V2's.
 */
import { isReserved } from '../../src/codec/totals.ts';
import type { CustomerId } from '../../src/domain/ids.ts';
import type { Meta, Stored } from '../../src/engine/ports.ts';
import { toMeta } from '../../src/engine/tail.ts';
import { sameBytes } from './bytes.ts';
import type { StoreImage } from './evidence.ts';
import type { Report } from './findings.ts';
import { type Version, versionAt } from './journal.ts';
import type { Run, Shard } from './run.ts';

export function checkStores(run: Run): void {
  const report = run.findings.of('V4');
  for (const shard of run.shards) {
    const image = run.evidence.stores[shard.shard] ?? null;
    const where = `Redis, shard ${shard.shard}`;
    run.findings.guard('V4', where, () => {
      if (image !== null) checkImage(shard, image, where, report);
      else if (shard.steps.length > 0) report(where, 'has no current generation');
    });
  }
  checkSamples(run, report);
}

function checkImage({ steps, versions }: Shard, { meta, states, due }: StoreImage, where: string, report: Report): void {
  // Claims say nothing about a state: one whose maker lost the shard, or ended, is applied by the next.
  const least = steps.findLastIndex(({ header }) => header.kind === 'step');
  const last = steps.slice(Math.max(0, least)).find(({ next }) => next === meta.next);
  if (last === undefined) report(where, `stands at ${meta.next}, the journal ends at ${steps.at(-1)?.next ?? 'no record'}`);
  else if (!meta.header.equals(toMeta(last.offset, last.header))) report(where, `keeps another header than the step at ${last.offset}`);
  checkGeneration(steps, meta, where, report);
  const end = steps.length - 1;
  const dues = new Map<CustomerId, number>();
  for (const { customer, due: at } of due) {
    if (dues.has(customer)) report(where, `has two timers of ${customer}`);
    if (isReserved(customer) || !versions.has(customer)) report(where, `has a timer of ${JSON.stringify(customer)}, which is no customer`);
    dues.set(customer, at);
  }
  for (const [customer, list] of versions) {
    const version = list.at(-1) ?? null;
    const fault = stateFault(states.get(customer) ?? null, version);
    if (fault !== null) report(where, `${JSON.stringify(customer)} ${fault}`);
    if (version === null || version.due === null || version.step > end) continue;
    const at = dues.get(customer);
    if (at === undefined) report(where, `has no timer of ${JSON.stringify(customer)}, due ${version.due}`);
    else if (at > version.due) report(where, `has the timer of ${JSON.stringify(customer)} at ${at}, later than its own ${version.due}`);
  }
  for (const customer of states.keys())
    if (!versions.has(customer)) report(where, `holds ${JSON.stringify(customer)}, of which the journal knows nothing`);
}

/** Two builders never share a generation: each is named after a claim. */
function checkGeneration(steps: Shard['steps'], { generation }: Meta, where: string, report: Report): void {
  if (!steps.some(({ offset, header }) => header.kind === 'claim' && offset === generation))
    report(where, `its generation ${generation} is no claim’s`);
}

function stateFault(stored: Stored | null, version: Version | null): string | null {
  const state = version?.state ?? null;
  if (stored === null) return state === null ? null : `is not there; it was written at ${version?.offset}`;
  if (state === null || version === null)
    return `is there, written at ${stored.offset}; ${version === null ? 'it never was' : `it was erased at ${version.offset}`}`;
  if (stored.offset !== version.offset) return `was written at ${stored.offset}, the last that was committed is of ${version.offset}`;
  return sameBytes(stored.state, state) ? null : `holds other bytes than were committed at ${version.offset}`;
}

function checkSamples({ evidence, shards, compared }: Run, report: Report): void {
  const ends = shards.map(({ steps }) => new Map(steps.map(({ next }, index) => [next, index])));
  for (const { shard, meta, states, at } of evidence.samples) {
    const where = `Redis, shard ${shard}, read at ${at}`;
    const of = shards[shard];
    if (of === undefined) {
      report(where, 'there is no such shard');
      continue;
    }
    if (meta === null) {
      for (const [customer, stored] of states) if (stored !== null) report(where, `holds ${JSON.stringify(customer)} without a position`);
      continue;
    }
    const index = ends[shard]?.get(meta.next);
    const step = index === undefined ? undefined : of.steps[index];
    if (index === undefined || step === undefined) {
      report(where, `stands at ${meta.next}, which is the end of no committed step`);
      continue;
    }
    if (!meta.header.equals(toMeta(step.offset, step.header))) report(where, `keeps another header than the step at ${step.offset}`);
    checkGeneration(of.steps, meta, where, report);
    for (const [customer, stored] of states) {
      compared.samples += 1;
      const versions = of.versions.get(customer);
      const fault = stateFault(stored, versionAt(versions, index));
      if (fault === null) continue;
      // Totals are applied together with the position, customers in chunks before it.
      if (!isReserved(customer) && stateFault(stored, versionAt(versions, index + 1)) === null) continue;
      report(where, `${JSON.stringify(customer)} ${fault}, by the step that ends at ${meta.next} and by the one after it`);
    }
  }
}
