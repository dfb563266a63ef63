/**
 * One record of an alert: from the domain's `Alert` to schemas/out/alert.avsc. Pure. A customer's alerts are keyed by the customer, those about the business by
 * what they are about.
 */
import type { AlertRecord } from '../codec/types.ts';
import type { Alert } from '../domain/decision.ts';
import { type Application, cloudEvent, idOf, type Output } from './cloudevents.ts';
import type { DecisionContext } from './record.ts';
import { coordinates, originOf } from './segment-change.ts';

export function alert(decision: Alert, context: DecisionContext, app: Application): Output<AlertRecord> {
  const { kind, customer, subject, episode, number, event, at, end, value, limit, by, command, about } = decision;
  const alertId = idOf(app.id, customer ?? '', kind, subject, episode);
  return {
    key: Buffer.from(customer ?? `${kind}|${subject}`),
    headers: cloudEvent(app, 'alert', idOf(alertId, number), at),
    record: {
      alertId,
      kind,
      customerId: customer,
      subject,
      episode,
      number,
      event,
      end,
      at,
      detectedAt: context.now,
      origin: originOf(at, context),
      value,
      limit,
      by,
      commandId: command,
      group: about?.group ?? null,
      level: about?.level ?? null,
      signals: about?.signals ?? [],
      buyProbability: about?.buyProbability ?? null,
      predictedValue: about?.predictedValue ?? null,
      strategies: about?.strategies ?? [],
      trigger: context.trigger === null ? null : coordinates(context.trigger),
      currency: app.currency,
      policy: app.policy,
    },
  };
}
