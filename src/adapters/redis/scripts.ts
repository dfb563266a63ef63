/**
 * The Lua scripts. They live in .lua files with a version in the name, so that two releases can run side by side on one server; sent by hash, and as text
 * when the server does not know the hash yet (or no longer: SCRIPT FLUSH, a restart, a failover).
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Client } from './connection.ts';

type Argument = string | number | Buffer;

interface Script {
  readonly text: string;
  readonly sha: string;
}

function script(file: string): Script {
  const text = readFileSync(new URL(file, import.meta.url), 'utf8');
  return { text, sha: createHash('sha1').update(text).digest('hex') };
}

export const SCRIPTS = {
  apply: script('./apply.v3.lua'),
  build: script('./build.v2.lua'),
  promote: script('./promote.v2.lua'),
  sweep: script('./sweep.v1.lua'),
  totals: script('./totals.v1.lua'),
} as const;

/** Runs a script; `keys` all lie in one slot. Its answer is a number. */
export async function run(client: Client, script: Script, keys: readonly string[], args: readonly Argument[]): Promise<number> {
  return Number(
    await known(
      () => client.evalsha(script.sha, keys.length, ...keys, ...args),
      () => client.eval(script.text, keys.length, ...keys, ...args),
    ),
  );
}

/** The same where the answer is a list: of bytes, numbers and nulls. */
export async function ask(client: Client, script: Script, keys: readonly string[], args: readonly Argument[]): Promise<readonly unknown[]> {
  const answer = await known(
    () => client.callBuffer('EVALSHA', script.sha, keys.length, ...keys, ...args),
    () => client.callBuffer('EVAL', script.text, keys.length, ...keys, ...args),
  );
  if (!Array.isArray(answer)) throw new TypeError('a script did not answer with a list');
  return answer;
}

async function known(byHash: () => Promise<unknown>, asText: () => Promise<unknown>): Promise<unknown> {
  try {
    return await byHash();
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
    return asText();
  }
}
