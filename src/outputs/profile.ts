/**
 * A customer's whole picture: from the domain's `Profile` to schemas/out/profile.avsc. Pure.
 */
import type { ProfileRecord } from '../codec/types.ts';
import type { Profile } from '../domain/decision.ts';
import { type Application, cloudEvent, idOf, type Output } from './cloudevents.ts';
import type { DecisionContext } from './record.ts';
import { originOf, scores } from './segment-change.ts';

export function profile(decision: Profile, context: DecisionContext, app: Application): Output<ProfileRecord> {
  return {
    key: Buffer.from(decision.customer),
    headers: cloudEvent(app, 'profile', idOf(app.id, decision.customer, 'profile', decision.number), decision.at),
    record: {
      customerId: decision.customer,
      number: decision.number,
      at: decision.at,
      detectedAt: context.now,
      origin: originOf(decision.at, context),
      group: decision.group,
      groupSince: decision.groupSince,
      currency: app.currency,
      scores: scores(decision.scores),
      churn: decision.churn,
      lifetimeValues: decision.lifetimeValues,
      relationship: decision.relationship,
      serviceMode: decision.serviceMode,
      attributes: decision.attributes,
      firstEventAt: decision.firstEventAt,
      firstOrderAt: decision.firstOrderAt,
      lastOrderAt: decision.lastOrderAt,
      orders: decision.orders,
      revenue: decision.revenue,
      orders365: decision.orders365,
      revenue365: decision.revenue365,
      gapDays: decision.gapDays,
      openTickets: decision.openTickets,
      csat: decision.csat,
      nps: decision.nps,
      nextChangeAt: decision.nextChangeAt,
      truncated: decision.truncated,
      policy: app.policy,
    },
  };
}
