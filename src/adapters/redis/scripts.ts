/**
 * The Lua scripts. They live in .lua files with a version in the name, so that two releases can run side by side on one server; sent by hash, and as text
 * when the server does not know the hash yet (or no longer: SCRIPT FLUSH, a restart, a failover).
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Client } from './connection.ts';

interface Script {
  readonly text: string;
  readonly sha: string;
}

function script(file: string): Script {
  const text = readFileSync(new URL(file, import.meta.url), 'utf8');
  return { text, sha: createHash('sha1').update(text).digest('hex') };
}

export const SCRIPTS = {
  apply: script('./apply.v1.lua'),
  build: script('./build.v1.lua'),
  promote: script('./promote.v1.lua'),
  sweep: script('./sweep.v1.lua'),
} as const;

/** Runs a script; `keys` all lie in one slot. Its answer is a number. */
export async function run(
  client: Client,
  { text, sha }: Script,
  keys: readonly string[],
  args: readonly (string | number | Buffer)[],
): Promise<number> {
  try {
    return Number(await client.evalsha(sha, keys.length, ...keys, ...args));
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
    return Number(await client.eval(text, keys.length, ...keys, ...args));
  }
}
