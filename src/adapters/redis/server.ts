/**
 * Whether a server may be trusted with state. Read from INFO, since managed services refuse CONFIG.
 */
import { Cluster, type Redis } from 'ioredis';
import { Halt } from '../../engine/errors.ts';
import type { Client } from './connection.ts';

/** Every master of a cluster, or the one server. */
export const mastersOf = (client: Client): readonly Redis[] => (client instanceof Cluster ? client.nodes('master') : [client]);

export const nameOf = (node: Redis): string => `${node.options.host}:${node.options.port}`;

/** Older than 6.2, or of no version that is known. */
export function isTooOld(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return !(major > 6 || (major === 6 && minor >= 2));
}

export const mayEvict = (policy: string): boolean => policy !== 'noeviction';

/** Throws Halt with the cure. */
export async function checkServers(client: Client): Promise<void> {
  for (const master of mastersOf(client)) {
    const where = `Redis at ${nameOf(master)}`;
    const version = field(await master.info('server'), 'redis_version') ?? 'unknown';
    if (isTooOld(version)) throw new Halt(`${where} is version ${version}. Version 6.2 or later is needed.`);
    const policy = field(await master.info('memory'), 'maxmemory_policy') ?? 'unknown';
    if (mayEvict(policy)) {
      const cure = 'Set it to noeviction (in redis.conf, by CONFIG SET, or in the parameter group of a managed service).';
      throw new Halt(`${where} has maxmemory-policy ${policy}, which would silently drop customers. ${cure}`);
    }
  }
}

export function field(info: string, name: string): string | null {
  return new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? null;
}
