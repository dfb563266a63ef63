/**
 * What helps, in the words of docs/groups.md: the group's strategies, those first that answer what drove the customer, then the policy's own, each with a
 * channel that suits how the customer is served. Pure tables.
 */
import type { Driver, Group, Signal, Strategy } from './decision.ts';
import type { Policy, ServiceMode } from './policy.ts';

interface Known {
  readonly action: string;
  /** what makes it come first */
  readonly answers: readonly (Driver['name'] | Signal)[];
}

const on = (action: string, ...answers: Known['answers']): Known => ({ action, answers });

export const STRATEGIES: Readonly<Record<Group, readonly Known[]>> = {
  CHAMPION: [
    on('personal communication', 'engagement', 'rhythm', 'DISENGAGED', 'OVERDUE'),
    on('exclusive offers and rewards', 'programme', 'frequency', 'LOYALTY_INACTIVE', 'DECLINING_FREQUENCY', 'PRICE_SENSITIVE'),
    on('proactive service', 'feedback', 'feedback expired', 'SUPPORT_PAIN', 'NEGATIVE_FEEDBACK'),
    on('event invitations', 'advocacy'),
    on('thank-you note', 'value'),
  ],
  POTENTIAL_CHAMPION: [
    on('targeted loyalty programme', 'programme', 'LOYALTY_INACTIVE', 'PRICE_SENSITIVE'),
    on('personal offer for a repeat purchase', 'frequency', 'rhythm', 'value', 'OVERDUE', 'DECLINING_FREQUENCY'),
    on('better service for their concerns', 'feedback', 'feedback expired', 'advocacy', 'SUPPORT_PAIN', 'NEGATIVE_FEEDBACK'),
    on('proactive contact', 'engagement', 'DISENGAGED'),
  ],
  LOYALIST: [
    on('relationship building', 'engagement', 'feedback expired', 'DISENGAGED', 'SUPPORT_PAIN', 'NEGATIVE_FEEDBACK'),
    on('promotion of higher-priced items', 'value', 'PRICE_SENSITIVE'),
    on('reasons to buy more often or more', 'frequency', 'rhythm', 'OVERDUE', 'DECLINING_FREQUENCY'),
    on('loyalty rewards', 'programme', 'LOYALTY_INACTIVE'),
    on('recommendations', 'advocacy', 'feedback'),
  ],
  AT_RISK: [
    on('review of service interactions', 'feedback', 'SUPPORT_PAIN', 'NEGATIVE_FEEDBACK'),
    on('find pain points', 'feedback expired', 'engagement', 'advocacy', 'DISENGAGED'),
    on('reassess the value proposition', 'value', 'frequency', 'PRICE_SENSITIVE', 'DECLINING_FREQUENCY'),
    on('targeted retention or phasing out', 'rhythm', 'programme', 'OVERDUE', 'LOYALTY_INACTIVE'),
  ],
  NEW: [
    on('welcome mail'),
    on('onboarding sequence', 'engagement', 'programme', 'DISENGAGED', 'LOYALTY_INACTIVE'),
    on('educational content', 'feedback', 'feedback expired', 'advocacy'),
    on('personal incentive for the next purchase', 'rhythm', 'frequency', 'value', 'OVERDUE', 'DECLINING_FREQUENCY', 'PRICE_SENSITIVE'),
    on('excellent first support', 'SUPPORT_PAIN', 'NEGATIVE_FEEDBACK'),
  ],
};

export const CHANNELS: Readonly<Record<ServiceMode, string>> = {
  PERSONAL_ASSISTANCE: 'phone',
  SELF_SERVICE: 'app',
  AUTOMATED: 'email',
  COMMUNITY: 'community',
};

/** In order. What answers a driver comes before what does not, the greatest driver first; signals count after drivers. */
export function strategiesFor(
  group: Group,
  drivers: readonly Driver[],
  signals: readonly Signal[],
  mode: ServiceMode | null,
  policy: Policy,
): Strategy[] {
  // what went down is what wants an answer
  const causes: readonly string[] = [...drivers.filter(({ difference }) => difference < 0).map(({ name }) => name), ...signals];
  const place = ({ answers }: Known): number => {
    const places = answers.map((answer) => causes.indexOf(answer)).filter((i) => i >= 0);
    return places.length === 0 ? causes.length : Math.min(...places);
  };
  const known = STRATEGIES[group].toSorted((a, b) => place(a) - place(b)).map(({ action }) => action);
  const channel = CHANNELS[mode ?? 'AUTOMATED'];
  return [...known, ...policy.strategies[group]].map((action) => ({ action, channel }));
}
