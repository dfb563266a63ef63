/**
 * One stack for all tests that need the real servers: started before the first of them, stopped after the last.
 * A test takes an address by `inject('kafka')`, `inject('redis')` or `inject('registry')`; topics, keys and subjects it names itself.
 */
import type { TestProject } from 'vitest/node';
import { stackUp } from '../../src/stack/index.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** `host:port[,host:port]` */
    readonly kafka: string;
    /** `redis://host:port[,redis://host:port…]` */
    readonly redis: string;
    /** base URL with its path */
    readonly registry: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const stack = await stackUp({ brokers: 1, redis: 'single', log: (line) => process.stderr.write(`stack: ${line}\n`) });
  project.provide('kafka', stack.value.kafka);
  project.provide('redis', stack.value.redis);
  project.provide('registry', stack.value.registry);
  return stack.stop;
}
