/**
 * How far a reader has read, told to woven workers by files, so that no worker deletes what is still to be read as evidence. A worker waits for the reader a little,
 * then passes the deletion over: the topic keeps more for a while, as after a crash just before it, and a later deletion removes that too.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TopicPartition } from '../../src/engine/ports.ts';
import { until } from '../../src/stack/until.ts';
import type { Patch } from './weave.ts';

const PATIENCE_SECONDS = 2;

const fileOf = (folder: string, { topic, partition }: TopicPartition): string => join(folder, `${topic}-${partition}`);

/** Everything before `next` has been read. Who sees half of the number sees a smaller one. */
export const mark = (folder: string, of: TopicPartition, next: number): void => writeFileSync(fileOf(folder, of), String(next));

/** Whether everything before `offset` has been read by now or is within `seconds`. Throws where there is no mark at all: then nobody reads. */
export async function hasRead(folder: string, of: TopicPartition, offset: number, seconds = PATIENCE_SECONDS): Promise<boolean> {
  const file = fileOf(folder, of);
  const read = (): boolean => Number(readFileSync(file, 'utf8')) >= offset;
  return (
    read() ||
    until('the reader', seconds, async () => read() || undefined).then(
      () => true,
      () => false,
    )
  );
}

/** For workers whose topics are read by one who marks in this folder how far. */
export const sparing = (folder: string): Patch => ({
  name: 'nothing is deleted that is still to be read',
  file: 'src/adapters/kafka/admin.ts',
  find: 'deleteBefore: ({ topic, partition }: TopicPartition, offset) =>',
  replace: `deleteBefore: async ({ topic, partition }: TopicPartition, offset) =>
      (await (await import(${JSON.stringify(import.meta.url)})).hasRead(${JSON.stringify(folder)}, { topic, partition }, offset)) &&`,
});
