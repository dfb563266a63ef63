/** The contract suites on a real Kafka of one broker. */
import { inject } from 'vitest';
import { logsContract } from '../../contract/logs.ts';
import { sinkContract } from '../../contract/sink.ts';
import { sourceContract } from '../../contract/source.ts';
import { kafkaWorld, MAX_RECORD_BYTES } from './world.ts';

const harness = { maxRecordBytes: MAX_RECORD_BYTES, patience: 20_000, world: () => kafkaWorld(inject('kafka')) };

sinkContract('kafka', harness);
sourceContract('kafka', harness);
logsContract('kafka', harness);
