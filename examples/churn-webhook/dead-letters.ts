/**
 * What never got through: one JSON object a line, on the disk before the offset is committed. It names customers, so only its owner may read it.
 */
import { open, readFile } from 'node:fs/promises';

export interface DeadLetter {
  /** the `webhook-id` of all its attempts, and of those to come */
  readonly id: string;
  readonly why: string;
  readonly attempts: number;
  /** ISO 8601 */
  readonly at: string;
  /** exactly as it was sent */
  readonly body: string;
}

export async function bury(file: string, letter: DeadLetter): Promise<void> {
  const handle = await open(file, 'a', 0o600);
  try {
    await handle.appendFile(`${JSON.stringify(letter)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

export async function exhume(file: string): Promise<DeadLetter[]> {
  const lines = (await readFile(file, 'utf8')).split('\n');
  return lines.filter((line) => line !== '').map((line): DeadLetter => JSON.parse(line));
}
