/** The doctor's questions to a real broker with rights: what it is, what a user may do there, what stands in a log; and that asking changes nothing. */
import kafkajs, { type Admin } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAdmin, createProbe, type KafkaSettings } from '../../../src/adapters/kafka/index.ts';
import { releaseOf } from '../../../src/adapters/kafka/release.ts';
import type { KafkaProbe } from '../../../src/cli/doctor-ports.ts';
import { Halt, Retryable } from '../../../src/engine/errors.ts';
import { startKafka } from '../../../src/stack/kafka.ts';
import { freePorts } from '../../../src/stack/ports.ts';
import { until } from '../../../src/stack/until.ts';
import { kafkaWorld, log, settingsOf } from './world.ts';

const { AclOperationTypes: May, AclPermissionTypes, AclResourceTypes: On, ResourcePatternTypes: As } = kafkajs;

describe('a broker with rights', () => {
  const stops: (() => Promise<unknown>)[] = [];
  let open = '';
  let guarded = '';
  let admin: Admin;

  beforeAll(async () => {
    const [port = 0, user = 0, internal = 0, controller = 0] = await freePorts(4);
    const at = (of: number): string => `127.0.0.1:${of}`;
    const outside = `CLIENT://${at(port)},USER://${at(user)},INTERNAL://${at(internal)}`;
    const kafka = await startKafka({
      brokers: 1,
      listeners: [{ port, advertised: port }],
      properties: {
        listeners: `${outside},CONTROLLER://${at(controller)}`,
        'advertised.listeners': outside,
        'controller.quorum.voters': `1@${at(controller)}`,
        'listener.security.protocol.map': 'CLIENT:PLAINTEXT,USER:SASL_PLAINTEXT,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT',
        'listener.name.user.sasl.enabled.mechanisms': 'PLAIN',
        'listener.name.user.plain.sasl.jaas.config':
          'org.apache.kafka.common.security.plain.PlainLoginModule required user_worker="right";',
        'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
        'super.users': 'User:ANONYMOUS',
      },
      log: (line) => log.info(line),
    });
    stops.unshift(kafka.stop);
    [open, guarded] = [at(port), at(user)];
    admin = new kafkajs.Kafka({ clientId: 'owner', brokers: [open], logLevel: kafkajs.logLevel.NOTHING }).admin();
    await admin.connect();
    stops.unshift(() => admin.disconnect());
  });
  afterAll(async () => {
    for (const stop of stops) await stop();
  });

  const asked = async <T>(
    settings: KafkaSettings,
    question: (probe: KafkaProbe) => Promise<T>,
    password: string | null = 'right',
  ): Promise<T> => {
    const sasl = password === null ? null : ({ mechanism: 'plain', username: 'worker', password } as const);
    const { value, stop } = createProbe(
      { ...settings, kafka: { ...settings.kafka, brokers: [password === null ? open : guarded], sasl } },
      log,
    );
    return question(value).finally(stop);
  };

  const permit = async (of: KafkaSettings, ...rules: [on: number, name: string, operation: number, prefixed?: true][]): Promise<void> => {
    const acl = rules.map(([resourceType, resourceName, operation, prefixed]) => ({
      resourceType,
      resourceName,
      operation,
      resourcePatternType: prefixed ? As.PREFIXED : As.LITERAL,
      principal: 'User:worker',
      host: '*',
      permissionType: AclPermissionTypes.ALLOW,
    }));
    await admin.createAcls({ acl });
    // Brokers learn of them from the controller.
    await until(`the rights of ${of.applicationId}`, 10, async () => {
      const { resources } = await admin.describeAcls({
        resourceType: On.ANY,
        resourcePatternType: As.ANY,
        permissionType: AclPermissionTypes.ANY,
        operation: May.ANY,
      });
      return rules.every(([, name]) => resources.some(({ resourceName }) => resourceName === name)) ? true : undefined;
    });
  };

  it('says of which release the broker is, how soon it answered, and its bounds', async () => {
    const settings = settingsOf(open, 1);
    const { ms, release } = await asked(settings, (probe) => probe.broker(open), null);
    expect(release).toEqual({ text: '4.1', exact: true });
    expect(ms).toBeGreaterThanOrEqual(0);
    const bounds = await asked(settings, (probe) => probe.brokerConfig(open, 1), null);
    expect(bounds).toMatchObject({ 'transaction.max.timeout.ms': '900000', 'group.min.session.timeout.ms': '1000' });
  });

  it('a broker that is away is Retryable, and one that refuses the user is a Halt that does not show the password', async () => {
    const settings = settingsOf(open, 1);
    await expect(asked(settings, (probe) => probe.broker('127.0.0.1:1'), null)).rejects.toBeInstanceOf(Retryable);
    const refused = asked(settings, (probe) => probe.broker(guarded), 'wrong-secret');
    await expect(refused).rejects.toBeInstanceOf(Halt);
    await expect(refused).rejects.not.toThrow('wrong-secret');
  });

  it('tells partitions, replicas and what is missing; creates no topic, and no group', async () => {
    const settings = settingsOf(open, 2);
    const { journal } = settings.topics;
    const own = createAdmin(settings, log);
    await own.value.ensureTopics([{ topic: journal, partitions: 2, configs: {} }]);
    const before = await admin.listTopics();
    const found = await asked(settings, (probe) => probe.metadata([journal, 'never-there']), null);
    expect(found.brokers).toEqual([{ id: 1, host: '127.0.0.1', port: Number(open.split(':')[1]) }]);
    expect(found.topics.find(({ topic }) => topic === journal)).toMatchObject({
      error: null,
      partitions: [0, 1].map((partition) => ({ partition, leader: 1, replicas: [1], inSync: [1] })),
    });
    expect(found.topics.find(({ topic }) => topic === 'never-there')).toMatchObject({
      error: 'UNKNOWN_TOPIC_OR_PARTITION',
      partitions: [],
    });
    expect(await admin.listTopics()).toEqual(before);
    await own.stop();
  });

  it('tells what a user may do on topics, groups, transactional ids and the cluster, and what not', async () => {
    const settings = settingsOf(open, 1);
    const { applicationId } = settings;
    const { journal, reroute } = settings.topics;
    const own = createAdmin(settings, log);
    await own.value.ensureTopics([journal, reroute].map((topic) => ({ topic, partitions: 1, configs: {} })));
    const operations = async (topic: string) =>
      (await asked(settings, (probe) => probe.metadata([topic]))).topics.map(({ error, operations: may }) => error ?? may);

    expect(await operations(journal)).toEqual(['TOPIC_AUTHORIZATION_FAILED']);
    await expect(asked(settings, (probe) => probe.group(applicationId))).rejects.toThrow('GROUP_AUTHORIZATION_FAILED');
    await expect(asked(settings, (probe) => probe.mayWriteTransactions(`${applicationId}-doctor`))).rejects.toThrow(
      'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
    );
    await expect(asked(settings, (probe) => probe.brokerConfig(guarded, 1))).rejects.toThrow('CLUSTER_AUTHORIZATION_FAILED');

    await permit(
      settings,
      [On.TOPIC, journal, May.READ],
      [On.TOPIC, journal, May.DELETE],
      [On.GROUP, applicationId, May.READ],
      [On.TRANSACTIONAL_ID, `${applicationId}-`, May.DESCRIBE, true],
    );
    expect(await operations(journal)).toEqual([['Read', 'Delete', 'Describe']]);
    const inTime = <T>(question: (probe: KafkaProbe) => Promise<T>) =>
      until('the coordinator', 20, () =>
        asked(settings, question).catch((error) => (error instanceof Retryable ? undefined : Promise.reject(error))),
      );
    expect(await inTime((probe) => probe.group(applicationId))).toMatchObject({
      foreign: false,
      members: [],
      operations: ['Read', 'Describe'],
    });
    expect(await inTime(async (probe) => ({ may: await probe.mayWriteTransactions(`${applicationId}-doctor`) }))).toEqual({ may: false });
    const metadata = await asked(settings, (probe) => probe.metadata([]));
    expect(metadata.operations).toBeNull();

    await permit(
      settings,
      [On.TRANSACTIONAL_ID, `${applicationId}-`, May.WRITE, true],
      [On.CLUSTER, 'kafka-cluster', May.IDEMPOTENT_WRITE],
      [On.CLUSTER, 'kafka-cluster', May.DESCRIBE],
    );
    await until('the right to write', 10, async () =>
      (await asked(settings, (probe) => probe.mayWriteTransactions(`${applicationId}-doctor`))) ? true : undefined,
    );
    expect((await asked(settings, (probe) => probe.metadata([]))).operations).toEqual(['Describe', 'IdempotentWrite']);
    // What was asked about has not come into being.
    expect((await admin.describeGroups([applicationId])).groups.map(({ state }) => state)).toEqual(['Dead']);
    await own.stop();
  });

  it('sees the members of a group, and that they are another kind’s', async () => {
    const settings = settingsOf(open, 1);
    const world = await kafkaWorld(open, { settings });
    const stranger = world.client.consumer({ groupId: settings.applicationId, sessionTimeout: 6_000 });
    await stranger.connect();
    await stranger.subscribe({ topic: world.inputs[0] ?? '' });
    await stranger.run({ eachMessage: async () => undefined });
    const group = await until('the stranger to have joined', 20, async () => {
      const found = await asked(settings, (probe) => probe.group(settings.applicationId), null);
      return found.foreign ? found : undefined;
    });
    expect(group.members).toEqual([expect.stringMatching(/^stranger at /)]);
    await stranger.disconnect();
    await world.stop();
  });

  it('reads committed records of one partition to its end, past markers and records that were aborted', async () => {
    const world = await kafkaWorld(open);
    const to = { topic: world.journal, partition: 1 };
    const record = (value: string) => ({ ...to, key: null, value: Buffer.from(value), headers: [] });
    await world.produce([record('a'), record('b')]);
    await (await world.begin([record('aborted')])).abort();
    await (await world.begin([record('c')])).commit();
    const end = (await world.logs.ends(to.topic))[1]?.end ?? 0;
    const read = (from: number) => asked(world.settings, (probe) => probe.read(to, from, end, open), null);
    expect((await read(0)).map(({ value }) => String(value))).toEqual(['a', 'b', 'c']);
    expect((await read(1)).map(({ offset, value }) => [offset, String(value)])).toEqual([
      [1, 'b'],
      [4, 'c'],
    ]);
    await world.stop();
  });
});

describe('a release', () => {
  const keys = (...some: number[]): Set<number> => new Set([0, 1, 3, ...some]);
  it.each([
    [keys(47, 48, 50, 60, 65), 33, '4.4', true],
    [keys(47, 48, 50, 60, 65), 30, '4.3', true],
    [keys(47, 48, 50, 60, 65), 27, '4.1', true],
    [keys(47, 48, 50, 60, 65), 14, '3.6', true],
    [keys(47, 48, 50, 60, 65), 99, '4.5', false],
    [keys(47, 48, 50, 60, 65), undefined, '3.0', false],
    [keys(47), undefined, '2.4', false],
  ])('is told by the features that a broker supports, else by its requests', (requests, level, text, exact) => {
    expect(releaseOf(requests, level)).toEqual({ text, exact });
  });
  it('that is older than 2.4 is none', () => expect(releaseOf(keys(), undefined)).toBeNull());
});
