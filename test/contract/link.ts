/** The contract of a Kafka client behind a link that is cut, slow and silent: what it asked for and was not told of is decided, and happens once or not at all. */
import { afterAll, beforeAll, describe } from 'vitest';
import type { Resource } from '../../src/stack/resource.ts';
import { ambiguousContract } from './ambiguous.ts';
import type { LinkHarness, LinkRig } from './harness.ts';
import { lateContract } from './late.ts';

/** `further`: suites that run on the same rig. */
export function linkContract<R extends LinkRig>(
  name: string,
  harness: LinkHarness<R>,
  further: (rig: () => R) => void = () => undefined,
): void {
  describe(`${name} behind a link that fails`, () => {
    let rig: Resource<R>;
    beforeAll(async () => {
      rig = await harness.rig();
    });
    afterAll(() => rig.stop());
    const of = (): R => rig.value;
    ambiguousContract(harness, of);
    lateContract(harness, of);
    further(of);
  });
}
