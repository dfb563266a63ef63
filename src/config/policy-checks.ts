/**
 * What must hold between the numbers of a policy, and what is allowed but probably not meant. A check is skipped when one of the values it
 * reads is itself at fault, so that one mistake is reported once.
 */
import { COMPONENTS } from '../domain/decision.ts';
import { dayOfDate } from '../domain/goals.ts';
import { isCross, METRICS, membersOf } from '../domain/kpi-values.ts';
import type { Goal, Policy } from '../domain/policy.ts';
import { presets } from '../domain/presets.ts';
import type { Path } from './data.ts';

interface Check {
  /** the values it reads; the first is where the fault is shown, unless another was written */
  readonly reads: readonly Path[];
  readonly message: string;
  readonly holds: (policy: Policy) => boolean;
}

/** Of each entry of a list for itself: which values are at fault. The message goes on after their path. */
interface ListCheck {
  readonly reads: readonly Path[];
  readonly message: string;
  readonly entries: (policy: Policy) => Path[];
}

/** Components that can ever have evidence: the others' weights do not count. */
const enabled = (policy: Policy): readonly (typeof COMPONENTS)[number][] =>
  COMPONENTS.filter((name) => (name !== 'programme' && name !== 'advocacy') || policy.loyalty[name].enabled);

/** Whether the policy keeps what a goal's dimension names, and tells the metric of it. */
function isTold({ metric, dimension }: Goal, { attributes }: Policy): boolean {
  const members = membersOf(dimension);
  if (members === null) return false;
  const { group, attribute, value } = members;
  if (attribute !== null && value !== 'other' && attributes[attribute]?.includes(value ?? '') !== true) return false;
  if (attribute !== null && attributes[attribute] === undefined) return false;
  if (isCross(members)) return metric === 'customers' || metric === 'lift';
  return metric !== 'lift' && (group === null || (metric !== 'churn12' && metric !== 'retention12'));
}

/** Whether a customer with this gap is OVERDUE before being LOST. */
const isOverdueFirst = ({ churn: { overdue, lost } }: Policy, gapDays: number): boolean =>
  overdue * gapDays < Math.max(lost.days, lost.gaps * gapDays);

export const CHECKS: readonly (Check | ListCheck)[] = [
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
  {
    reads: [
      ['churn', 'p1'],
      ['churn', 'p2'],
      ['churn', 'p3'],
    ],
    message: 'churn.p1, churn.p2 and churn.p3 must not rise: the less probable a purchase, the higher the level.',
    holds: ({ churn: { p1, p2, p3 } }) => p1 >= p2 && p2 >= p3,
  },
  {
    reads: [
      ['churn', 'overdue'],
      ['churn', 'lost', 'days'],
      ['churn', 'lost', 'gaps'],
      ['loyalty', 'rhythm', 'leastGapDays'],
    ],
    message:
      'churn.overdue comes after LOST (the longer of churn.lost.days and churn.lost.gaps) for every customer: nobody would ever be OVERDUE.',
    holds: (policy) => isOverdueFirst(policy, policy.loyalty.rhythm.leastGapDays),
  },
  {
    reads: [
      ['churn', 'negative', 'csat'],
      ['feedback', 'csatMost'],
    ],
    message: 'churn.negative.csat must be less than feedback.csatMost: the best answer would be a negative one.',
    holds: ({ churn, feedback }) => churn.negative.csat < feedback.csatMost,
  },
  {
    reads: [['goals']],
    message: `must be a KPI: one of ${METRICS.join(', ')}.`,
    entries: ({ goals }) => goals.flatMap(({ metric }, i) => (METRICS.some((name) => name === metric) ? [] : [['goals', i, 'metric']])),
  },
  {
    reads: [['goals'], ['attributes']],
    message:
      'must be all, group:<GROUP>, attribute:<name>=<value> of an attribute and value under attributes, or both with a comma between; ' +
      'lift is told of both only, churn12 and retention12 of no group.',
    entries: (policy) => policy.goals.flatMap((goal, i) => (isTold(goal, policy) ? [] : [['goals', i, 'dimension']])),
  },
  {
    reads: [['goals']],
    message: 'must lie after from.',
    entries: ({ goals }) => goals.flatMap(({ from, by }, i) => (dayOfDate(from) < dayOfDate(by) ? [] : [['goals', i, 'by']])),
  },
  {
    reads: [['goals']],
    message: 'must be a name of its own: alerts of goals are told apart by it.',
    entries: ({ goals }) =>
      goals.flatMap(({ name }, i) => (goals.findIndex((goal) => goal.name === name) === i ? [] : [['goals', i, 'name']])),
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
  {
    at: ['churn', 'overdue'],
    message: 'comes after LOST for customers whose gap is long: they are never OVERDUE.',
    applies: (policy) => !isOverdueFirst(policy, policy.loyalty.rhythm.mostGapDays),
  },
  {
    at: ['churn', 'programme', 'joinDays'],
    message: 'is given, but loyalty.programme.enabled is false: it changes nothing.',
    applies: ({ preset, churn, loyalty }) =>
      !loyalty.programme.enabled && churn.programme.joinDays !== presets[preset].churn.programme.joinDays,
  },
  ...COMPONENTS.filter((name) => name === 'programme' || name === 'advocacy').map((name) => ({
    at: ['loyalty', name, 'enabled'],
    message: `is true, but loyalty.weights.${name} is 0: it changes nothing.`,
    applies: ({ loyalty }: Policy) => loyalty[name].enabled && loyalty.weights[name] === 0,
  })),
];
