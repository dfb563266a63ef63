/**
 * Marketing automation: each live change of group is answered with at most one mail, through crashes of this program and rebalances of its group.
 * What that rests on, and what it cannot give, is in README.md. Settings are environment variables, read below.
 */
import { ask, post, type Settled } from '../lib/backoff.ts';
import { Environment } from '../lib/environment.ts';
import { type Delivery, follow } from '../lib/follow.ts';
import { program, say } from '../lib/program.ts';
import { rapportFrom } from '../lib/rapport.ts';
import { type Mail, mailFor, type SegmentChange } from './campaigns.ts';
import { startProvider } from './provider.ts';
import { Sent } from './sent.ts';

const HOUR = 3_600_000;

await program(async () => {
  const environment = new Environment();
  const rapport = rapportFrom(environment, 'marketing');
  const group = environment.text('GROUP_ID', `${rapport.applicationId}-marketing`);
  const sessionMs = environment.integer('SESSION_TIMEOUT_MS', 30_000, 1_000, 300_000);
  const file = environment.text('SENT_FILE', 'marketing-sent.sqlite');
  const given = environment.url('MAIL_URL');
  // Less than the provider remembers keys for, by what clocks may differ: then no key comes to it that it has forgotten.
  const mostAgeMs = environment.integer('MOST_AGE_HOURS', 23, 1, 720) * HOUR;
  environment.check();
  const url = given ?? (await startProvider()).url;
  if (given === null) say({ note: 'MAIL_URL is not set: mails go to a provider inside this program, which sends none' });
  const sent = new Sent(file, 2 * mostAgeMs);

  const send = (mail: Mail, key: string, detectedAt: number, signal: AbortSignal): Promise<Settled> =>
    ask(
      () => post(url, { 'content-type': 'application/json', 'idempotency-key': key }, JSON.stringify(mail), signal),
      { leastMs: 500, mostMs: 60_000, enough: () => Date.now() - detectedAt > mostAgeMs },
      signal,
    );

  async function handle({ record: change }: Delivery<SegmentChange>, signal: AbortSignal): Promise<void> {
    if (change === null) return;
    const { changeId } = change;
    const mail = mailFor(change, Date.now(), mostAgeMs);
    if (typeof mail === 'string') return;
    // 1. What is known to have been sent is not sent again.
    if (sent.has(changeId)) {
      say({ changeId, outcome: 'known' });
      return;
    }
    // 2. What may have been sent, by a process that died or by one that does not know yet that it has lost this partition, has the same key there.
    const { outcome, attempts, why } = await send(mail, changeId, change.detectedAt, signal);
    // 3. First the record, then (when this returns) the offset.
    sent.add(changeId, outcome);
    say({ changeId, outcome, template: mail.template, attempts, ...(why === '' ? {} : { why }) });
  }

  await follow<SegmentChange>(rapport, { group, topic: rapport.topic('segment-changes'), schema: 'segment-change', sessionMs, handle });
  sent.close();
});
