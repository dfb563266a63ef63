/**
 * Downloads, kept in the home folder. What stands under its name is whole: it is filled in a folder beside it and renamed when it is done,
 * so an interruption leaves nothing half, and two processes that fill the same entry do not disturb each other.
 */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { atEnd, removeFolder } from './watchdog.ts';

/** `$XDG_CACHE_HOME/rapport`, by default `~/.cache/rapport` */
export const cacheFolder = (): string => join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'rapport');

export const isCached = (name: string): boolean => existsSync(join(cacheFolder(), name));

/** The folder of that name, filled now by `fill` if it is not there yet. */
export async function cached(name: string, fill: (folder: string) => Promise<void>): Promise<string> {
  const folder = join(cacheFolder(), name);
  if (isCached(name)) return folder;
  await mkdir(cacheFolder(), { recursive: true });
  const temporary = await mkdtemp(join(cacheFolder(), `.${name}-`));
  const release = atEnd(removeFolder(temporary));
  try {
    await fill(temporary);
    await rename(temporary, folder).catch((error: NodeJS.ErrnoException) => {
      // Another process was faster: its copy is as good as ours.
      if (!isCached(name)) throw error;
    });
  } finally {
    await rm(temporary, { recursive: true, force: true });
    release();
  }
  return folder;
}
