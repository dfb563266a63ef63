/** The checks of brokers and of rights: nothing is said where all is well, and each fault with its cure. */
import { describe, expect, test } from 'vitest';
import { checkKafka } from '../../src/cli/doctor-kafka.ts';
import type { KafkaFacts, KafkaProbe, Operation, TopicFacts } from '../../src/cli/doctor-ports.ts';
import { checkRights } from '../../src/cli/doctor-rights.ts';
import { Halt, Retryable } from '../../src/engine/errors.ts';
import { boundsWith, configOf, EVERYTHING, kafkaFacts, kafkaProbe, partitions, textOf, wrongIn } from './stubs.ts';

const config = await configOf();
const without = (...operations: Operation[]): Operation[] => EVERYTHING.filter((operation) => !operations.includes(operation));
const refused = (type: string) => async (): Promise<never> => {
  throw new Halt(`Kafka refused it (${type}): …`);
};
const only = (name: string, change: Partial<TopicFacts>) =>
  kafkaFacts(config, (topic) => (topic.topic === name ? { ...topic, ...change } : topic));
const UNKNOWN = 'UNKNOWN_TOPIC_OR_PARTITION';

describe('brokers', () => {
  const look = (probe: Partial<KafkaProbe>, facts: KafkaFacts = kafkaFacts(config)) =>
    checkKafka(config, kafkaProbe(config, probe), Promise.resolve(facts));

  test('all is well: each broker, also those that the configured one names, transactions, bounds', async () => {
    const found = await look({});
    expect(wrongIn(found)).toEqual([]);
    expect(found.map(({ check }) => check)).toEqual([
      ...['broker kafka:9092', 'broker kafka-2:9092', 'broker kafka-3:9092'],
      ...['transactions', 'bounds of broker 1', 'bounds of broker 2', 'bounds of broker 3'],
    ]);
  });

  const away =
    (name: string): KafkaProbe['broker'] =>
    async (address) => {
      if (address === name) throw new Retryable('connect ECONNREFUSED');
      return { ms: 1, release: { text: '4.1', exact: true } };
    };
  const FORGETFUL: KafkaProbe['broker'] = async () => ({ ms: 1, release: { text: '4.3', exact: true } });
  const single = kafkaFacts(config, (topic) => ({ ...topic, partitions: partitions(2, { replicas: [1], inSync: [1] }) }));

  test.each<[string, Partial<KafkaProbe>, KafkaFacts | undefined, string[], RegExp]>([
    [
      'a broker that is configured',
      { broker: away('kafka:9092') },
      undefined,
      ['fault broker kafka:9092: no answer'],
      /ECONNREFUSED[\s\S]*RAPPORT_KAFKA_BROKERS/,
    ],
    [
      'a broker that is only named',
      { broker: away('kafka-3:9092') },
      undefined,
      ['fault broker kafka-3:9092: no answer'],
      /advertised\.listeners/,
    ],
    [
      'an old release',
      { broker: async () => ({ ms: 1, release: null }) },
      { ...kafkaFacts(config), brokers: [{ id: 1, host: 'kafka', port: 9092 }] },
      ['fault broker kafka:9092: older than Kafka 2.4'],
      /Run Kafka 2\.4 or later/,
    ],
    [
      'a forgetful release with one replica',
      { broker: FORGETFUL },
      { ...single, brokers: [{ id: 1, host: 'kafka', port: 9092 }] },
      ['warning release: kafka:9092: 4.3, topics with one replica'],
      /three replicas/,
    ],
    [
      'no coordinator',
      {
        coordinator: async () => {
          throw new Retryable('the coordinator is not available');
        },
      },
      undefined,
      ['fault transactions: no answer'],
      /not available[\s\S]*__transaction_state/,
    ],
    [
      'a transaction time-out above the broker’s',
      { brokerConfig: boundsWith({ 'transaction.max.timeout.ms': '10000' }) },
      { ...kafkaFacts(config), brokers: [{ id: 1, host: 'kafka', port: 9092 }] },
      ['fault transaction.max.timeout.ms, broker 1: 10000, wanted 15000'],
      /RAPPORT_TRANSACTION_TIMEOUT_MS to at most 10000/,
    ],
    [
      'a session time-out outside of the broker’s',
      { brokerConfig: boundsWith({ 'group.min.session.timeout.ms': '20000' }) },
      { ...kafkaFacts(config), brokers: [{ id: 1, host: 'kafka', port: 9092 }] },
      ['fault group session time-out, broker 1: 20000 to 1800000, wanted 10000'],
      /RAPPORT_SESSION_TIMEOUT_MS to a value from 20000 to 1800000/,
    ],
    [
      'small records only',
      { brokerConfig: boundsWith({ 'message.max.bytes': '100000' }) },
      { ...kafkaFacts(config), brokers: [{ id: 1, host: 'kafka', port: 9092 }] },
      ['fault message.max.bytes, broker 1: 100000, wanted 1048576'],
      /message\.max\.bytes of the brokers to 1048576/,
    ],
  ])('%s', async (_, probe, facts, wrong, cure) => {
    const found = await look(probe, facts);
    expect(wrongIn(found)).toEqual(wrong);
    expect(textOf(found)).toMatch(cure);
  });

  test('a forgetful release does no harm where topics have three replicas', async () => {
    expect(wrongIn(await look({ broker: FORGETFUL }))).toEqual([]);
  });

  test('bounds that this user may not see are no fault; no broker at all is one, and keeps the rest from being asked', async () => {
    const hidden = await look(
      { brokerConfig: refused('CLUSTER_AUTHORIZATION_FAILED') },
      { ...kafkaFacts(config), brokers: [{ id: 1, host: 'kafka', port: 9092 }] },
    );
    expect(wrongIn(hidden)).toEqual(['skipped bounds of broker 1: to see them takes DescribeConfigs on the cluster']);
    const none = await checkKafka(config, kafkaProbe(config, { broker: away('kafka:9092') }), Promise.reject(new Retryable('away')));
    expect(wrongIn(none)).toEqual(['fault broker kafka:9092: no answer', 'skipped transactions, groups, bounds: no broker can be asked']);
  });

  test('coordinators are not asked for where the question would create their topic', async () => {
    const found = await look(
      { coordinator: refused('asked all the same') },
      only('__transaction_state', { error: UNKNOWN, partitions: [] }),
    );
    expect(wrongIn(found)).toEqual([]);
  });
});

describe('rights', () => {
  const look = async (probe: Partial<KafkaProbe>, facts: KafkaFacts = kafkaFacts(config), of = config) =>
    checkRights(of, kafkaProbe(of, probe), Promise.resolve(facts));

  test('all is well', async () => {
    const found = await look({});
    expect(found.map(({ check, verdict }) => `${verdict} ${check}`)).toEqual([
      'ok rights on topics',
      'ok rights on the group',
      'ok rights on transactional ids',
      'ok rights on the cluster',
    ]);
  });

  test('to write commands is asked of who has an admin token alone, whose `rapport serve` sends acknowledgements', async () => {
    const facts = only('shop.commands', { operations: without('Write') });
    expect(wrongIn(await look({}, facts))).toEqual([]);
    const found = await look({}, facts, { ...config, http: { ...config.http, adminToken: 'a'.repeat(16) } });
    expect(wrongIn(found)).toEqual(['warning rights of rapport serve: no Write on shop.commands']);
    expect(textOf(found)).toContain(`${acl} --operation Write --topic shop.commands`);
  });

  const BARE = { foreign: false, members: [] };
  const acl = "kafka-acls.sh --bootstrap-server kafka:9092 --add --allow-principal 'User:ANONYMOUS'";
  test.each<[string, Partial<KafkaProbe>, KafkaFacts | undefined, string[], string]>([
    [
      'to write the journal, and to delete from it',
      {},
      only('shop.journal', { operations: without('Write', 'Delete') }),
      ['fault rights on topics: no Write, Delete on shop.journal'],
      `${acl} --operation Write --operation Delete --topic shop.journal`,
    ],
    [
      'to see an input at all',
      {},
      only('shop.surveys', { error: 'TOPIC_AUTHORIZATION_FAILED', operations: [], partitions: [] }),
      ['fault rights on topics: no Read, Describe, DescribeConfigs on shop.surveys'],
      `${acl} --operation Read --operation Describe --operation DescribeConfigs --topic shop.surveys`,
    ],
    [
      'to join the group',
      { group: async () => ({ ...BARE, operations: ['Describe'] }) },
      undefined,
      ['fault rights on the group: no Read on the group shop'],
      `${acl} --operation Read --group shop`,
    ],
    [
      'to ask about the group',
      { group: refused('GROUP_AUTHORIZATION_FAILED') },
      undefined,
      ['fault rights on the group: no Read on the group shop'],
      `${acl} --operation Read --group shop`,
    ],
    [
      'to write transactions',
      { mayWriteTransactions: async () => false },
      undefined,
      ['fault rights on transactional ids: no Write on ids that begin with shop-'],
      `${acl} --operation Write --transactional-id shop- --resource-pattern-type prefixed`,
    ],
    [
      'to see transactional ids',
      { mayWriteTransactions: refused('TRANSACTIONAL_ID_AUTHORIZATION_FAILED') },
      undefined,
      ['fault rights on transactional ids: no Write, Describe on ids that begin with shop-'],
      `${acl} --operation Write --operation Describe --transactional-id shop- --resource-pattern-type prefixed`,
    ],
    [
      'to write idempotently',
      {},
      { ...kafkaFacts(config), operations: without('IdempotentWrite', 'Create') },
      ['warning rights on the cluster: no IdempotentWrite'],
      `${acl} --operation IdempotentWrite --cluster`,
    ],
    [
      'to create topics that are missing',
      {},
      { ...only('shop.kpis', { error: UNKNOWN, partitions: [], operations: null }), operations: without('Create') },
      ['warning rights on the cluster: no Create'],
      `${acl} --operation Create --cluster`,
    ],
  ])('no right %s', async (_, probe, facts, wrong, line) => {
    const found = await look(probe, facts);
    expect(wrongIn(found)).toEqual(wrong);
    expect(found.flatMap(({ todo }) => todo)).toEqual([line]);
  });

  test('the line names the user and a file for who may change rights, and no password', async () => {
    const secured = await configOf({
      RAPPORT_KAFKA_TLS: 'true',
      RAPPORT_KAFKA_SASL_MECHANISM: 'scram-sha-512',
      RAPPORT_KAFKA_SASL_USERNAME: 'shop-worker',
      RAPPORT_KAFKA_SASL_PASSWORD: 'hush',
    });
    const found = await look({ mayWriteTransactions: async () => false }, undefined, secured);
    expect(textOf(found)).toContain("--command-config admin.properties --add --allow-principal 'User:shop-worker'");
    expect(JSON.stringify(found)).not.toContain('hush');
  });
});
