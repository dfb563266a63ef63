/**
 * The contract of a Kafka client: what the engine trusts it with, on a real broker. Whoever puts another client behind `Source`, `Sinks` and `Logs` gives
 * one harness and runs this one suite; it holds the suites of the ports, which also run on the in-memory adapter, and what only real brokers show.
 * What takes several brokers: kafka-cluster.ts.
 */
import { bigContract } from './big.ts';
import type { ClientHarness } from './client-harness.ts';
import { codecsContract } from './codecs.ts';
import { committedContract } from './committed.ts';
import { linkContract } from './link.ts';
import { logsContract } from './logs.ts';
import { outageContract } from './outage.ts';
import { pendingContract, pendingOffsetsContract } from './pending.ts';
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
  pendingOffsetsContract(name, harness);
  codecsContract(name, harness);
  bigContract(name, harness);
  linkContract(name, harness, (rig) => outageContract(harness, rig));
}
