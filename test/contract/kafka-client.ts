/**
 * The contract of a Kafka client: what the engine trusts it with, on a real broker. Whoever puts another client behind `Source`, `Sinks` and `Logs` gives
 * one harness and runs this one suite; it holds the suites of the ports, which also run on the in-memory adapter, and what only real brokers show.
 */
import { afterAll, beforeAll, describe } from 'vitest';
import type { Resource } from '../../src/stack/resource.ts';
import { ambiguousContract } from './ambiguous.ts';
import { bigContract } from './big.ts';
import type { ClientHarness, Rig } from './client-harness.ts';
import { codecsContract } from './codecs.ts';
import { committedContract } from './committed.ts';
import { lateContract } from './late.ts';
import { logsContract } from './logs.ts';
import { outageContract } from './outage.ts';
import { pendingContract } from './pending.ts';
import { positionsContract } from './positions.ts';
import { sinkContract } from './sink.ts';
import { sourceContract } from './source.ts';

export function kafkaClientContract(name: string, harness: ClientHarness): void {
  sinkContract(name, harness);
  sourceContract(name, harness);
  logsContract(name, harness);
  positionsContract(name, harness);
  committedContract(name, harness);
  pendingContract(name, harness);
  codecsContract(name, harness);
  bigContract(name, harness);

  describe(`${name} behind a link that fails`, () => {
    let rig: Resource<Rig>;
    beforeAll(async () => {
      rig = await harness.rig();
    });
    afterAll(() => rig.stop());
    const of = (): Rig => rig.value;
    ambiguousContract(harness, of);
    lateContract(harness, of);
    outageContract(harness, of);
  });
}
