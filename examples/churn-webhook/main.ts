/**
 * Churn alerts to a webhook: each live record of an alert is POSTed until the receiver has taken it, refuses it for good, or the attempts are used up. Then, and only
 * then, the next one of its partition is tried: a customer's alerts lie in one partition, so they arrive in order. What never got through is in a file.
 */
import { Environment } from '../lib/environment.ts';
import { type Delivery, follow } from '../lib/follow.ts';
import { program, say } from '../lib/program.ts';
import { rapportFrom } from '../lib/rapport.ts';
import { bury } from './dead-letters.ts';
import { deliverFrom } from './deliver.ts';

/** Of an alert, the fields that are used here; all of them go to the receiver: ../../docs/topics.md#alerts */
interface Alert {
  readonly alertId: string;
  readonly kind: string;
  readonly number: number;
  readonly event: string;
  readonly origin: 'live' | 'backfill';
}

await program(async () => {
  const environment = new Environment();
  const rapport = rapportFrom(environment, 'churn-webhook');
  const group = environment.text('GROUP_ID', `${rapport.applicationId}-churn-webhook`);
  const sessionMs = environment.integer('SESSION_TIMEOUT_MS', 30_000, 1_000, 300_000);
  const kinds = environment.text('ALERT_KINDS', 'CHURN_RISK').split(',');
  const deadLetters = environment.text('DEAD_LETTER_FILE', 'churn-webhook.dead.ndjson');
  const deliver = deliverFrom(environment);
  environment.check();

  async function handle({ record: alert }: Delivery<Alert>, signal: AbortSignal): Promise<void> {
    if (alert === null || alert.origin !== 'live' || !kinds.includes(alert.kind)) return;
    // The same for every attempt and every redelivery: by it the receiver knows what it has had.
    const id = `${alert.alertId}-${alert.number}`;
    const body = JSON.stringify(alert);
    const { outcome, attempts, why } = await deliver(id, body, signal);
    if (outcome !== 'accepted') await bury(deadLetters, { id, why, attempts, at: new Date().toISOString(), body });
    say({ id, event: alert.event, outcome, attempts, ...(why === '' ? {} : { why }) });
  }

  await follow<Alert>(rapport, { group, topic: rapport.topic('alerts'), schema: 'alert', sessionMs, handle });
});
