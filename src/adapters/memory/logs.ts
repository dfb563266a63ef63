/** The port `Logs` on the in-memory Kafka. */
import type { Logs } from '../../engine/ports.ts';
import type { MemoryKafka } from './kafka.ts';
import { DIRECT, type Link } from './link.ts';

export function memoryLogs(kafka: MemoryKafka, group: string, link: Link = DIRECT): Logs {
  return {
    ends: (topic) => link.call('ends', () => kafka.ends(topic)),
    logEnd: (of) => link.call('log end', () => kafka.logEnd(of)),
    deleteBefore: (of, offset) => link.call('delete records', () => kafka.deleteBefore(of, offset)),
    hasGroupOffsets: (partitions) => link.call('group offsets', () => partitions.some((of) => kafka.groupOffset(group, of) !== null)),
  };
}
