/** The port `Logs` on the in-memory Kafka. */
import type { Logs } from '../../engine/ports.ts';
import type { MemoryKafka } from './kafka.ts';

export function memoryLogs(kafka: MemoryKafka, group: string): Logs {
  return {
    ends: async (topic) => kafka.ends(topic),
    logEnd: async (of) => kafka.log(of).end,
    deleteBefore: async (of, offset) => kafka.deleteBefore(of, offset),
    hasGroupOffsets: async (partitions) => partitions.some((of) => kafka.group(group).offset(of) !== null),
  };
}
