/** The contract of a Kafka client on several brokers, for the adapter on kafkajs. */
import { createKafka } from '../../../src/adapters/kafka/index.ts';
import { kafkaClusterContract } from '../../contract/kafka-cluster.ts';
import { clusterHarness } from './cluster.ts';

kafkaClusterContract('kafka', clusterHarness(createKafka));
