/** V6: each record that nothing may take is dead-lettered once, and each dead letter is of a record that there is (I11). */
import type { Run } from './run.ts';

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

export function checkLetters(run: Run): void {
  const report = run.findings.of('V6');
  const letters = lettersBy(run);
  for (const { topic, partition, offset } of run.evidence.poison)
    if (!letters.has(at(topic, partition, offset))) report(at(topic, partition, offset), 'cannot be used and has no dead letter');
  for (const [origin, count] of letters) if (count > 1) report(origin, `has ${count} dead letters`);
  for (const { record } of run.outputs.letters)
    if (record !== null && run.inputs.find(record.origin) === null)
      report(at(record.origin.topic, record.origin.partition, record.origin.offset), 'has a dead letter, but there is no such record');
}
