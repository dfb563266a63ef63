/** A reshard on the servers in memory, as often interrupted as wanted. */
import { setImmediate as turn } from 'node:timers/promises';
import { DIRECT, type Link } from '../../../src/adapters/memory/link.ts';
import { memoryLogs } from '../../../src/adapters/memory/logs.ts';
import { type MemorySinks, memorySinks } from '../../../src/adapters/memory/sinks.ts';
import { MemorySource } from '../../../src/adapters/memory/source.ts';
import { localCodec } from '../../../src/codec/local.ts';
import type { Sinks } from '../../../src/engine/ports.ts';
import { type ReshardContext, type Resharded, reshard, type Side } from '../../../src/engine/reshard/index.ts';
import { COPIED } from '../../../src/engine/reshard/units.ts';
import type { TestDriver } from '../../../src/testing.ts';

export interface ReshardOptions {
  readonly link?: Link;
  readonly stopped?: AbortSignal;
  readonly limits?: Partial<ReshardContext['limits']>;
  /** puts something before the new application's sinks, or faults into them */
  readonly sinks?: (sinks: MemorySinks) => Sinks;
  readonly progress?: ReshardContext['progress'];
}

/** Moves the application of a driver to that of another. */
export async function move(from: TestDriver, to: TestDriver, options: ReshardOptions = {}): Promise<Resharded> {
  const { clock } = from;
  const { link = DIRECT } = options;
  const side = ({ settings, kafka }: TestDriver): Side & { ports: { sinks: MemorySinks } } => {
    const { topics, shards, applicationId } = settings;
    const read = [...COPIED.map((output) => topics[output]), topics.reroute, topics.journal];
    const source = new MemorySource(kafka, { group: applicationId, topics: read, shards, clock, batchSize: 40, link });
    const logs = memoryLogs(kafka, applicationId, link);
    return { settings, ports: { source, logs, sinks: memorySinks(kafka, applicationId, topics.journal, link) } };
  };
  const target = side(to);
  const sinks = options.sinks?.(target.ports.sinks) ?? target.ports.sinks;
  const moving = reshard({
    from: side(from),
    to: { ...target, ports: { ...target.ports, sinks, store: to.store } },
    ports: { clock, decoder: localCodec(from.settings).decoder },
    limits: { journalPart: 900, stepBytes: 3_000, ...options.limits },
    stopped: options.stopped ?? new AbortController().signal,
    progress: options.progress ?? (() => {}),
  });
  let over = false;
  const ended = moving.finally(() => {
    over = true;
  });
  ended.catch(() => {});
  while (!over) {
    await turn();
    await clock.advance(1);
  }
  return ended;
}

/** A process that dies at its nth request: before it takes effect, or when it has and the answer is on its way; and asks for nothing more. */
export function dyingAt(request: number, after: boolean): Link & { readonly requests: number } {
  let asked = 0;
  const dead = (): Error => new Error('the process is dead');
  return {
    get requests() {
      return asked;
    },
    call: async (what, effect) => {
      asked += 1;
      if (asked > request || (asked === request && !after)) throw dead();
      const answer = await DIRECT.call(what, effect);
      if (asked >= request) throw dead();
      return answer;
    },
    soon: (what, action) => DIRECT.soon(what, () => asked < request && action()),
  };
}
