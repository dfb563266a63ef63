/** The harness of `kafkaClientContract` for a client of the running stack: all but the client itself is done by the strangers of world.ts. */
import { inject } from 'vitest';
import { UNPACKED_LIMIT } from '../../../src/adapters/kafka/codecs.ts';
import type { ClientHarness } from '../../contract/client-harness.ts';
import { startRig } from './rig.ts';
import { type CreateClient, kafkaWorld, MAX_RECORD_BYTES } from './world.ts';

const TRANSACTION_MS = 4_000;

/** `unpackedLimit`: the client's own bound, in bytes; a batch that unpacks to more must come out as unreadable. */
export function kafkaHarness(create: CreateClient, unpackedLimit = UNPACKED_LIMIT): ClientHarness {
  return {
    maxRecordBytes: MAX_RECORD_BYTES,
    patience: 20_000,
    transactionTimeoutMs: TRANSACTION_MS,
    unpackedLimit,
    world: (options) => kafkaWorld(inject('kafka'), { ...options, create }),
    rig: () => startRig(create, TRANSACTION_MS),
  };
}
