/** The contract of a Kafka client, for the adapter on kafkajs. Another client's test is this file with another factory. */
import { createKafka } from '../../../src/adapters/kafka/index.ts';
import { kafkaClientContract } from '../../contract/kafka-client.ts';
import { kafkaHarness } from './harness.ts';

kafkaClientContract('kafka', kafkaHarness(createKafka));
