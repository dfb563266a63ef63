/**
 * What must hold between the numbers of a policy, and what is allowed but probably not meant. A check is skipped when one of the values it
 * reads is itself at fault, so that one mistake is reported once.
 */
import { COMPONENTS } from '../domain/decision.ts';
import type { Policy } from '../domain/policy.ts';
import type { Path } from './data.ts';

interface Check {
  /** the values it reads; the first is where the fault is shown, unless another was written */
  readonly reads: readonly Path[];
  readonly message: string;
  readonly holds: (policy: Policy) => boolean;
}

/** Components that can ever have evidence: the others' weights do not count. */
const enabled = (policy: Policy): readonly (typeof COMPONENTS)[number][] =>
  COMPONENTS.filter((name) => (name !== 'programme' && name !== 'advocacy') || policy.loyalty[name].enabled);

export const CHECKS: readonly Check[] = [
  {
    reads: [
      ['loyalty', 'leave'],
      ['loyalty', 'high'],
    ],
    message: 'loyalty.leave must not be above loyalty.high: a customer would leave the group that it has just entered.',
    holds: ({ loyalty }) => loyalty.leave <= loyalty.high,
  },
  {
    reads: [
      ...COMPONENTS.map((name) => ['loyalty', 'weights', name]),
      ['loyalty', 'programme', 'enabled'],
      ['loyalty', 'advocacy', 'enabled'],
    ],
    message: 'the weights of the components that are enabled must add up to more than 0: raise one.',
    holds: (policy) => enabled(policy).some((name) => policy.loyalty.weights[name] > 0),
  },
  {
    reads: [
      ['loyalty', 'rhythm', 'from'],
      ['loyalty', 'rhythm', 'to'],
    ],
    message: 'loyalty.rhythm.from must be less than loyalty.rhythm.to: between them rhythm falls from 1 to 0.',
    holds: ({ loyalty: { rhythm } }) => rhythm.from < rhythm.to,
  },
  {
    reads: [
      ['loyalty', 'rhythm', 'leastGapDays'],
      ['loyalty', 'rhythm', 'mostGapDays'],
    ],
    message: 'loyalty.rhythm.leastGapDays must not be above loyalty.rhythm.mostGapDays.',
    holds: ({ loyalty: { rhythm } }) => rhythm.leastGapDays <= rhythm.mostGapDays,
  },
  {
    reads: [
      ['loyalty', 'engagement', 'matureDays'],
      ['loyalty', 'engagement', 'windowDays'],
    ],
    message: 'loyalty.engagement.matureDays must be less than loyalty.engagement.windowDays: no send would ever count.',
    holds: ({ loyalty: { engagement } }) => engagement.matureDays < engagement.windowDays,
  },
  {
    reads: [
      ['newCustomer', 'leastDays'],
      ['newCustomer', 'days'],
    ],
    message: 'newCustomer.leastDays must not be above newCustomer.days.',
    holds: ({ newCustomer }) => newCustomer.leastDays <= newCustomer.days,
  },
];

interface Advice {
  readonly at: Path;
  readonly message: string;
  readonly applies: (policy: Policy) => boolean;
}

export const ADVICE: readonly Advice[] = [
  {
    at: ['loyalty', 'leave'],
    message: 'equals loyalty.high: without a band between them customers move to and fro.',
    applies: ({ loyalty }) => loyalty.leave === loyalty.high,
  },
  {
    at: ['value', 'leave'],
    message: 'is 1: without a band below value.high customers move to and fro.',
    applies: ({ value }) => value.leave === 1,
  },
  {
    at: ['loyalty', 'rhythm', 'firstGapDays'],
    message: 'lies outside leastGapDays to mostGapDays, so the first gap is held at the nearer one.',
    applies: ({ loyalty: { rhythm: r } }) => r.firstGapDays < r.leastGapDays || r.firstGapDays > r.mostGapDays,
  },
  ...COMPONENTS.filter((name) => name === 'programme' || name === 'advocacy').map((name) => ({
    at: ['loyalty', name, 'enabled'],
    message: `is true, but loyalty.weights.${name} is 0: it changes nothing.`,
    applies: ({ loyalty }: Policy) => loyalty[name].enabled && loyalty.weights[name] === 0,
  })),
];
