/**
 * Why a customer is where it is: scores and early warnings with their evidence, group, values, relationship, what is open, what comes next. For people; it
 * decides nothing.
 */
import {
  COMPONENTS,
  type Component,
  type Group,
  type LifetimeValues,
  type Relationship,
  type Scores,
  SIGNALS,
  type Strategy,
} from './decision.ts';
import { scoresAt } from './evaluate.ts';
import {
  type ExplainedChurn,
  explainChurn,
  followUpAt,
  type OpenEpisode,
  type OpenTicket,
  openEpisodes,
  openTickets,
} from './explain-churn.ts';
import type { CustomerId, Instant } from './ids.ts';
import { lifetimeOf } from './lifetime.ts';
import { viewOf } from './outlook.ts';
import type { Policy, ServiceMode } from './policy.ts';
import { relationshipOf, serviceModeOf } from './relationship.ts';
import { RULES } from './rules/index.ts';
import type { CustomerState } from './state.ts';
import { strategiesFor } from './strategies.ts';

export interface ExplainedRule {
  /** 0–1 for a component, null without evidence; minor units for the value; 1 or 0 for who is new */
  readonly value: number | null;
  readonly evidence: Readonly<Record<string, number | null>>;
}

export interface Explanation {
  readonly customer: CustomerId;
  readonly asOf: Instant;
  readonly group: Group | null;
  readonly groupSince: Instant | null;
  readonly due: Instant | null;
  /** as of `asOf` */
  readonly scores: Scores;
  readonly valueHigh: boolean;
  readonly loyaltyHigh: boolean;
  readonly value: ExplainedRule;
  readonly newcomer: ExplainedRule;
  readonly components: Readonly<Record<Component, ExplainedRule & { readonly weight: number; readonly contribution: number | null }>>;
  /** all time: orders net of cancellations, money net of refunds */
  readonly lifetime: { readonly orders: number; readonly revenue: number; readonly cost: number };
  readonly churn: ExplainedChurn;
  readonly lifetimeValues: LifetimeValues;
  readonly relationship: Relationship;
  readonly serviceMode: ServiceMode | null;
  readonly attributes: Readonly<Record<string, string>>;
  readonly episodes: readonly OpenEpisode[];
  /** those that are told apart; `…More` counts the others */
  readonly openTickets: readonly OpenTicket[];
  readonly openTicketsMore: number;
  /** when a purchase that nobody has followed up becomes an alert */
  readonly followUpAt: Instant | null;
  /** by group and early warnings alone; a change's also answer what drove it */
  readonly strategies: readonly Strategy[];
}

/** Null for a customer without an event. */
export function explain(state: CustomerState, policy: Policy): Explanation | null {
  if (state.asOf === null) return null;
  const view = viewOf(state, policy, state.asOf);
  const scores = scoresAt(view);
  const rule = (name: keyof typeof RULES): ExplainedRule => ({ value: RULES[name].open(view).value, evidence: RULES[name].evidence(view) });
  const components = {} as Record<Component, ExplainedRule & { weight: number; contribution: number | null }>;
  for (const name of COMPONENTS) {
    components[name] = { ...rule(name), weight: policy.loyalty.weights[name], contribution: scores.components[name] };
  }
  const serviceMode = serviceModeOf(view);
  const signals = SIGNALS.filter((_, i) => (state.signals[i] ?? null) !== null);
  return {
    customer: state.id,
    asOf: state.asOf,
    group: state.group,
    groupSince: state.groupSince,
    due: state.due,
    scores,
    valueHigh: state.valueHigh,
    loyaltyHigh: state.loyaltyHigh,
    value: rule('value'),
    newcomer: rule('newcomer'),
    components,
    lifetime: { orders: state.orders, revenue: state.revenue, cost: state.cost },
    churn: explainChurn(view),
    lifetimeValues: lifetimeOf(view),
    relationship: relationshipOf(view),
    serviceMode,
    attributes: Object.fromEntries(state.attributes.flatMap(({ name, value }) => (value === null ? [] : [[name, value]]))),
    episodes: openEpisodes(state),
    openTickets: openTickets(state, policy),
    openTicketsMore: state.openDropped,
    followUpAt: followUpAt(state, policy),
    strategies: state.group === null ? [] : strategiesFor(state.group, [], signals, serviceMode, policy),
  };
}
