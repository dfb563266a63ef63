/**
 * The policy that the demo shows: the configured one, which by itself keeps no attribute, has no goal, and warns about a business of another kind, with what fits the
 * made-up world. What it names itself is left.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Config } from '../config/config.ts';
import { identify } from '../config/policy.ts';
import { DAY, type Instant } from '../domain/ids.ts';
import type { Goal, Policy } from '../domain/policy.ts';
import { presets } from '../domain/presets.ts';
import { WORLD_ATTRIBUTES } from '../world/traits.ts';

const dateOf = (at: number): string => new Date(at).toISOString().slice(0, 10);
/** of history, that a goal has run already at its end */
const GOAL_DAYS = 90;

type BusinessAlerts = Pick<Policy['alerts'], 'supportQuality' | 'portfolio'>;

/**
 * About a quarter of this world's active customers are AT_RISK, a fifth to a third as the year goes; of its tickets about a tenth are answered late, up to a fifth when its
 * support is short of people. A small shop has few tickets in a week, so four are taken together.
 */
const WORLD_ALERTS: BusinessAlerts = {
  supportQuality: { share: 0.15, windowDays: 28, tickets: 8 },
  portfolio: { share: 0.26, customers: 20 },
};

/** @param until the history's last instant; @param days its length */
export function demoPolicy(config: Config, until: Instant, days: number): Config {
  const { attributes, goals, alerts } = config.policy;
  const usual = presets[config.policy.preset].alerts;
  const isUsual = (name: keyof BusinessAlerts): boolean => isDeepStrictEqual(alerts[name], usual[name]);
  const ran = Math.max(1, Math.min(GOAL_DAYS, days / 2)) * DAY;
  const goal: Goal = {
    name: 'more champions',
    metric: 'customers',
    dimension: 'group:CHAMPION',
    from: dateOf(until - ran),
    by: dateOf(until + ran),
    baseline: null,
    change: 0.5,
    kind: 'relative',
    tolerance: 0.1,
  };
  const { policy, text, hash } = identify({
    ...config.policy,
    attributes: Object.keys(attributes).length > 0 ? attributes : WORLD_ATTRIBUTES,
    goals: goals.length > 0 ? goals : [goal],
    alerts: {
      ...alerts,
      supportQuality: isUsual('supportQuality') ? WORLD_ALERTS.supportQuality : alerts.supportQuality,
      portfolio: isUsual('portfolio') ? WORLD_ALERTS.portfolio : alerts.portfolio,
    },
  });
  return Object.freeze({ ...config, policy, policyText: text, policyHash: hash });
}
