/** Single records for whoever waits: each is there when it has been said, and one of which nothing is said takes no later one with it. */
import { expect, it, onTestFinished } from 'vitest';
import { createCommandProducer, createKafka } from '../../../src/adapters/kafka/index.ts';
import { Retryable } from '../../../src/engine/errors.ts';
import { freePorts } from '../../../src/stack/ports.ts';
import { startRig } from './rig.ts';
import { log, settingsOf } from './world.ts';

const PATIENCE_MS = 3_000;
const recordOf = (text: string) => ({ partition: 0, key: Buffer.from('anna'), value: Buffer.from(text) });

it('says within its time that nobody answers, also to those who wait behind, and takes no more than a few', {
  timeout: 30_000,
}, async () => {
  const [port] = await freePorts(1);
  const { value: producer, stop } = createCommandProducer(settingsOf(`127.0.0.1:${port}`, 2), log, PATIENCE_MS);
  onTestFinished(stop);
  const began = performance.now();
  const outcomes = await Promise.allSettled(Array.from({ length: 70 }, () => producer.produce('nowhere', [recordOf('x')])));
  expect(performance.now() - began).toBeLessThan(2 * PATIENCE_MS);
  for (const outcome of outcomes) expect(outcome).toMatchObject({ status: 'rejected', reason: expect.any(Retryable) });
});

it('what is said to be taken is there, in order; after a link that held nothing is lost or mistaken for what was before', {
  timeout: 120_000,
}, async () => {
  const rig = await startRig(createKafka, 10_000);
  onTestFinished(() => rig.stop());
  const world = await rig.value.world();
  onTestFinished(() => world.stop());
  const settings = settingsOf(`127.0.0.1:${rig.value.port}`, 2);
  const { value: producer, stop } = createCommandProducer(settings, log, PATIENCE_MS);
  onTestFinished(stop);
  const topic = world.output;
  const taken: string[] = [];
  const send = async (text: string): Promise<boolean> => {
    try {
      await producer.produce(topic, [recordOf(text)]);
      taken.push(text);
      return true;
    } catch (error) {
      expect(error).toBeInstanceOf(Retryable);
      return false;
    }
  };
  expect(await send('one')).toBe(true);
  expect(await send('two')).toBe(true);
  rig.value.link.hold();
  expect(await send('lost or not')).toBe(false);
  await rig.value.link.resume();
  expect(await send('three')).toBe(true);
  expect(await Promise.all(['four', 'five', 'six'].map(send))).toEqual([true, true, true]);
  const there = (await world.read({ topic, partition: 0 })).map(({ value }) => String(value));
  expect(there.filter((text) => text !== 'lost or not')).toEqual(taken);
});
