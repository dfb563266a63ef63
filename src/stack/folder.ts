/**
 * A folder for data that lives as long as its servers. Removed at the stop, or by the watchdog when this process ends without one.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Resource } from './resource.ts';
import { atEnd, removeFolder } from './watchdog.ts';

export async function startFolder(name: string): Promise<Resource<string>> {
  const value = await mkdtemp(join(tmpdir(), `rapport-${name}-`));
  const release = atEnd(removeFolder(value));
  return {
    value,
    stop: async () => {
      await rm(value, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
      release();
    },
  };
}
