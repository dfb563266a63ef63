/**
 * A dashboard of its own: the groups with what they are worth and who is slipping away, from the compacted topics alone, without a database. It prints when both
 * topics have been read once, and again when something has changed; with `--once` only the first time, with `--json` rows as one JSON array.
 */
import { parseArgs } from 'node:util';
import { Environment } from '../lib/environment.ts';
import { program } from '../lib/program.ts';
import { rapportFrom } from '../lib/rapport.ts';
import { readCompacted } from './compacted.ts';
import { type Kpi, type Profile, type Row, rowsOf } from './groups.ts';

const { values: options } = parseArgs({
  options: { once: { type: 'boolean', default: false }, json: { type: 'boolean', default: false } },
});

await program(async () => {
  const environment = new Environment();
  const rapport = rapportFrom(environment, 'dashboard');
  const everyMs = environment.integer('REFRESH_SECONDS', 5, 1, 3_600) * 1_000;
  environment.check();
  let changed = false;
  const onChange = (): void => {
    changed = true;
  };
  const [profiles, kpis] = await Promise.all([
    readCompacted<Profile>(rapport, { topic: rapport.topic('profiles'), schema: 'profile' }, onChange),
    readCompacted<Kpi>(rapport, { topic: rapport.topic('kpis'), schema: 'kpi' }, onChange),
  ]);
  const failed = Promise.race([profiles.failed, kpis.failed]);
  const show = (): void => {
    changed = false;
    const currency = profiles.view.values().next().value?.currency ?? 'USD';
    print(rowsOf(profiles.view, kpis.view), currency);
  };
  try {
    await Promise.race([Promise.all([profiles.caughtUp, kpis.caughtUp]), failed]);
    show();
    if (options.once) return;
    const timer = setInterval(() => changed && show(), everyMs);
    await Promise.race([told(), failed]).finally(() => clearInterval(timer));
  } finally {
    await Promise.all([profiles.stop(), kpis.stop()]);
  }
});

function told(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve());
  });
}

function print(rows: readonly Row[], currency: string): void {
  if (options.json) {
    console.log(JSON.stringify(rows));
    return;
  }
  const money = new Intl.NumberFormat('en', { style: 'currency', currency });
  const minor = 10 ** (money.resolvedOptions().maximumFractionDigits ?? 2);
  const share = (value: number | null): string => (value === null ? '–' : `${(value * 100).toFixed(1)} %`);
  const table = rows.map(({ group, customers, slippingAway, revenue365, atStake, csat, churn12 }) => [
    group,
    {
      customers,
      'slipping away': slippingAway,
      'revenue, 365 days': money.format(revenue365 / minor),
      'at stake': money.format(atStake / minor),
      CSAT: share(csat),
      'churn, 12 months': share(churn12),
    },
  ]);
  console.table(Object.fromEntries(table));
}
