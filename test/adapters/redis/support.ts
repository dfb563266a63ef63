/**
 * What the tests of the Redis adapter share: addresses, stores with short time-outs, a log that is remembered.
 */

import { startRedis } from '../../../src/adapters/redis/start.ts';
import type { RedisStore } from '../../../src/adapters/redis/store.ts';
import type { RedisConfig } from '../../../src/config/config.ts';
import type { Logger } from '../../../src/engine/ports.ts';

export function configOf(url: string, given: Partial<RedisConfig> = {}): RedisConfig {
  const nodes = url
    .split(',')
    .filter(Boolean)
    .map((each) => {
      const { hostname, port } = new URL(each);
      return { host: hostname, port: Number(port) };
    });
  return { nodes, username: null, password: null, database: 0, tls: null, ...given };
}

export class Lines implements Logger {
  readonly lines: string[] = [];
  debug(): void {}
  info(fields: object, message: string): void {
    this.lines.push(`info ${message} ${JSON.stringify(fields)}`);
  }
  warn(fields: object, message: string): void {
    this.lines.push(`warn ${message} ${JSON.stringify(fields)}`);
  }
  error(fields: object, message: string): void {
    this.lines.push(`error ${message} ${JSON.stringify(fields)}`);
  }
}

let applications = 0;
/** A name that no other test uses, on a server that may be shared. */
export const freshApplication = (): string => `test-${process.pid}-${Date.now().toString(36)}-${++applications}`;

export async function storeOn(config: RedisConfig, application: string, log: Logger = new Lines()): Promise<RedisStore> {
  const { value } = await startRedis(config, application, log, { command: 1000, connect: 1000 });
  return value;
}
