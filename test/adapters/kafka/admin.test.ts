/** Orders to the admin that cannot be met. What any client must do when its link or its broker fails is in test/contract/. */
import { describe, expect, inject, it } from 'vitest';
import { createAdmin } from '../../../src/adapters/kafka/index.ts';
import { Halt, Retryable } from '../../../src/engine/errors.ts';
import { until } from '../../contract/recorder.ts';
import { log, settingsOf } from './world.ts';

describe('orders and questions that cannot be met', () => {
  it('a topic that exists with another number of partitions is a Halt, before anything is created', async () => {
    const settings = settingsOf(inject('kafka'), 2);
    const { value: admin, stop } = createAdmin(settings, log);
    const name = settings.topics.journal;
    expect(await admin.ensureTopics([{ topic: name, partitions: 2, configs: { 'cleanup.policy': 'delete' } }])).toEqual([name]);
    expect(await admin.ensureTopics([{ topic: name, partitions: 2, configs: {} }])).toEqual([]);
    const wrong = admin.ensureTopics([
      { topic: settings.topics.reroute, partitions: 2, configs: {} },
      { topic: name, partitions: 3, configs: {} },
    ]);
    await expect(wrong).rejects.toThrow(Halt);
    expect(await admin.partitions(settings.topics.reroute)).toBeNull();
    const tooMany = admin.ensureTopics([{ topic: settings.topics.reroute, partitions: 2, replicationFactor: 99, configs: {} }]);
    await expect(tooMany).rejects.toThrow('smaller replication factor');
    const unheard = admin.ensureTopics([{ topic: settings.topics.reroute, partitions: 2, configs: { 'cleanup.policy': 'perhaps' } }]);
    await expect(unheard).rejects.toThrow('is not one that the brokers take');
    expect(await admin.partitions(name)).toBe(2);
    expect(await admin.topicConfig(name)).toMatchObject({ 'cleanup.policy': 'delete', 'message.timestamp.type': 'CreateTime' });
    await admin.deleteTopics([name, 'never-there']);
    expect(await admin.partitions(name)).toBeNull();
    // The first question about any group makes the brokers create their topic of groups: until then it is Retryable.
    await until('a group that is not there is passed over', 20_000, () =>
      admin.deleteGroup(settings.applicationId).then(
        () => true,
        (error: unknown) => {
          expect(error).toBeInstanceOf(Retryable);
          return false;
        },
      ),
    );
    await stop();
  });
});
