/** V6: each record that nothing may take is dead-lettered once, and no other is (I11). And what has no dead letter was folded. */
import { named } from './bytes.ts';
import type { Run } from './run.ts';
import type { Taken } from './taken.ts';

const at = (topic: string, partition: number, offset: number): string => `${topic}-${partition}@${offset}`;

/** Where the dead letters' records first entered, and how many each has. */
export function lettersBy({ outputs }: Pick<Run, 'outputs'>): Map<string, number> {
  const letters = new Map<string, number>();
  for (const { record } of outputs.letters) {
    if (record === null) continue;
    const { topic, partition, offset } = record.origin;
    const origin = at(topic, partition, offset);
    letters.set(origin, (letters.get(origin) ?? 0) + 1);
  }
  return letters;
}

export function checkLetters(run: Run, taken: Taken): void {
  const report = run.findings.of('V6');
  const letters = lettersBy(run);
  const poison = new Set(run.evidence.poison.map(({ topic, partition, offset }) => at(topic, partition, offset)));
  for (const origin of poison) if (!letters.has(origin)) report(origin, 'cannot be used and has no dead letter');
  for (const [origin, count] of letters) {
    run.compared.letters += count;
    if (count > 1) report(origin, `has ${count} dead letters`);
    if (!poison.has(origin)) report(origin, `can be used and has a dead letter: ${whyOf(run, origin)}`);
  }
  for (const { record } of run.outputs.letters)
    if (record !== null && run.inputs.find(record.origin) === null)
      report(at(record.origin.topic, record.origin.partition, record.origin.offset), 'has a dead letter, but there is no such record');
  checkPlaces(run, taken, letters);
}

const whyOf = ({ outputs }: Run, origin: string): string =>
  outputs.letters
    .flatMap(({ record }) => record ?? [])
    .filter(({ origin: { topic, partition, offset } }) => at(topic, partition, offset) === origin)
    .map(({ reason, detail }) => `${reason}, ${detail}`)
    .join('; ');

/** Each event was folded where its customer is, or has a dead letter, or was accepted as lost (V1). */
function checkPlaces(run: Run, taken: Taken, letters: ReadonlyMap<string, number>): void {
  const report = run.findings.of('V1');
  const gaps = gapsOf(run);
  for (const partition of run.inputs.all) {
    if (partition.rerouted) continue;
    const lost = gaps.get(named(partition)) ?? [];
    for (const [index, { outcome }] of partition.decoded.entries()) {
      const offset = partition.records[index]?.offset ?? -1;
      if (outcome !== 'event' || taken.of(partition, index) !== null || letters.has(`${named(partition)}@${offset}`)) continue;
      if (!lost.some(([from, to]) => offset >= from && offset < to)) report(`${named(partition)}@${offset}`, 'was never folded');
    }
  }
}

/** What operators have accepted as lost, by input partition: offsets from, up to. */
export function gapsOf({ shards }: Pick<Run, 'shards'>): Map<string, [number, number][]> {
  const gaps = new Map<string, [number, number][]>();
  for (const { steps } of shards) {
    for (const [i, { header }] of steps.entries()) {
      if (header.accepted === null) continue;
      for (const position of header.positions) {
        const before = steps[i - 1]?.header.positions.find((other) => named(other) === named(position))?.next ?? 0;
        if (position.next > before) gaps.set(named(position), [...(gaps.get(named(position)) ?? []), [before, position.next]]);
      }
    }
  }
  return gaps;
}
