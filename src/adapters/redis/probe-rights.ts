/**
 * What a user may not do, as ACL rules that would permit it. Every command that the store sends is given in a transaction that is never executed: the server
 * says at each of them whether it would be obeyed, and what would keep it from being so.
 */
import type { Redis } from 'ioredis';
import { keysOf } from './keys.ts';

/** Every command that the store sends (start.ts), but EXEC, which would end the transaction. */
const commandsOn = (key: string): readonly (readonly [string, ...(string | number)[]])[] => [
  ['ping'],
  ['info', 'server'],
  ['get', key],
  ['mget', key],
  ['hmget', key, 'a'],
  ['zrangebyscore', key, 0, 0],
  ['scan', 0],
  ['set', key, ''],
  ['mset', key, ''],
  ['del', key],
  ['unlink', key],
  ['hset', key, 'a', ''],
  ['hdel', key, 'a'],
  ['zadd', key, 0, 'a'],
  ['zrem', key, 'a'],
  ['eval', 'return 0', 0],
  ['evalsha', '0'.repeat(40), 0],
];

/** The node is disconnected by it. */
export async function refusedOn(node: Redis | undefined, applicationId: string, cluster: boolean) {
  const rules: string[] = [];
  let writes: string | null = null;
  const allowed = async (name: string, send: () => Promise<unknown>): Promise<void> => {
    try {
      await send();
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      if (/^NOPERM.*\bkey/.test(error.message)) rules.push(`~{${applicationId}:*`);
      else if (error.message.startsWith('NOPERM')) rules.push(`+${name}`);
      else if (/^(READONLY|OOM|MISCONF|NOREPLICAS)/.test(error.message)) writes ??= error.message;
      // On a cluster the key may be another node's; that the order was allowed has been looked at before that.
      else if (!/^(MOVED|CLUSTERDOWN|ASK)/.test(error.message)) throw error;
    }
  };
  if (node === undefined) return { rules, writes };
  if (cluster) await allowed('cluster', () => node.cluster('INFO'));
  await allowed('multi', () => node.multi({ pipeline: false }));
  if (!rules.includes('+multi')) {
    const { prefix } = keysOf(applicationId, 0);
    for (const [name, ...given] of commandsOn(`${prefix}doctor`)) await allowed(name, () => node.call(name, ...given));
  }
  // What was queued goes with the connection.
  node.disconnect();
  return { rules: [...new Set(rules)], writes };
}
