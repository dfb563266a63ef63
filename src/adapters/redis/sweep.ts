/**
 * Removal of what is past, in the background: SCAN finds keys, a script that looks at meta in the same instant removes them (I7).
 */
import { Cluster, type Redis } from 'ioredis';
import type { Client } from './connection.ts';
import { generationOf, type ShardKeys } from './keys.ts';
import { run, SCRIPTS } from './scripts.ts';
import { mastersOf } from './server.ts';

const COUNT = 1000;

/** Removes the keys of generations of one shard that are neither current nor being built. */
export async function sweepShard(client: Client, keys: ShardKeys): Promise<void> {
  const node = client instanceof Cluster ? await ownerOf(client, keys.meta) : client;
  for await (const found of scan(node, `${keys.prefix}*`)) {
    const kept = await client.hmget(keys.meta, 'generation', 'building');
    const past = Map.groupBy(found, (key) => generationOf(keys, key));
    for (const [generation, names] of past) {
      if (generation === null || kept.includes(String(generation))) continue;
      await run(client, SCRIPTS.sweep, [keys.meta, ...names], [generation]);
    }
  }
}

/** Removes every key of the application. Returns how many. */
export async function removeApplication(client: Client, applicationId: string): Promise<number> {
  let removed = 0;
  for (const node of mastersOf(client)) {
    for await (const found of scan(node, `{${applicationId}:*`)) {
      const slots = Map.groupBy(found, (key) => key.slice(0, key.indexOf('}')));
      for (const names of slots.values()) removed += await client.unlink(...names);
    }
  }
  return removed;
}

async function* scan(node: Redis, pattern: string): AsyncGenerator<string[]> {
  let cursor = '0';
  do {
    const [next, found] = await node.scan(cursor, 'MATCH', pattern, 'COUNT', COUNT);
    cursor = next;
    // SCAN may return many more than asked for; the scripts' argument lists are bounded.
    for (let i = 0; i < found.length; i += COUNT) yield found.slice(i, i + COUNT);
  } while (cursor !== '0');
}

/** The master that serves a key's slot. */
async function ownerOf(cluster: Cluster, key: string): Promise<Redis> {
  const slot = await cluster.cluster('KEYSLOT', key);
  const name = cluster.slots[slot]?.[0];
  const owner = cluster.nodes('master').find(({ options }) => `${options.host}:${options.port}` === name);
  if (owner === undefined) throw new Error(`no master is known for slot ${slot}`);
  return owner;
}
