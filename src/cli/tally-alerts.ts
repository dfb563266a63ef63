/**
 * What the topic of alerts says, counted: episodes by kind, the latest records with their reasons. Bounded, whatever the number of customers: what is open is what was
 * opened less what was closed.
 */
import { avroType } from '../codec/schemas.ts';
import type { AlertRecord } from '../codec/types.ts';
import { ALERTS, type AlertKind } from '../domain/decision.ts';
import { instantText, moneyText, table } from './output.ts';
import { keepLatest } from './tally.ts';

const LATEST = 8;

export interface Episodes {
  readonly opened: number;
  readonly open: number;
}

export class AlertTally {
  /** records about customers */
  records = 0;
  readonly #counts = new Map<AlertKind, { opened: number; closed: number }>();
  readonly latest: AlertRecord[] = [];

  /** Counts the value of one record of the topic, which this very release has written; returns the alert. */
  add(value: Buffer): AlertRecord {
    const alert: AlertRecord = avroType('out/alert').fromBuffer(value.subarray(5));
    if (alert.customerId !== null) this.records += 1;
    const kind = ALERTS.find((name) => name === alert.kind);
    if (kind !== undefined) {
      const counts = this.#counts.get(kind) ?? { opened: 0, closed: 0 };
      this.#counts.set(kind, counts);
      if (alert.event === 'opened') counts.opened += 1;
      else if (alert.event === 'closed') counts.closed += 1;
    }
    keepLatest(this.latest, alert, LATEST);
    return alert;
  }

  /** of every kind */
  get kinds(): Record<AlertKind, Episodes> {
    const of = (kind: AlertKind): Episodes => {
      const { opened, closed } = this.#counts.get(kind) ?? { opened: 0, closed: 0 };
      return { opened, open: opened - closed };
    };
    return Object.fromEntries(ALERTS.map((kind) => [kind, of(kind)])) as Record<AlertKind, Episodes>;
  }

  get opened(): number {
    return Object.values(this.kinds).reduce((sum, { opened }) => sum + opened, 0);
  }
}

/** Whom or what it is about. */
const aboutOf = ({ customerId, subject }: AlertRecord): string => customerId ?? subject;

/** Why, in a few words: who has acknowledged it, or why it ended; else what was measured, or the customer's risk, and what helps. */
export function alertReasonOf(alert: AlertRecord): string {
  const { kind, end, value, limit, by, strategies } = alert;
  if (by !== null) return `by ${by}`;
  const [help] = strategies;
  switch (kind) {
    case 'CHURN_RISK':
      return end ?? riskOf(alert);
    case 'FOLLOW_UP_DUE':
    case 'SUPPORT_OVERDUE':
      return end ?? (help === undefined ? '' : `${help.action} by ${help.channel}`);
    default: {
      const measured = value === null ? '' : `${value.toFixed(2)}${limit === null ? '' : `, limit ${limit.toFixed(2)}`}`;
      return [end, measured].filter((text) => text !== null && text !== '').join(': ');
    }
  }
}

/** `HIGH: overdue, disengaged +1, 92.10 USD`: the level, two of the signals, what is at stake. */
function riskOf({ level, signals, buyProbability, predictedValue, currency }: AlertRecord): string {
  const named = signals.slice(0, 2).map((signal) => signal.toLowerCase().replaceAll('_', ' '));
  const more = signals.length > 2 ? ` +${signals.length - 2}` : '';
  const why = named.length > 0 ? `${named.join(', ')}${more}` : `buys by ${Math.round(100 * (buyProbability ?? 0))} %`;
  return `${level}: ${why}${predictedValue === null ? '' : `, ${moneyText(predictedValue, currency)}`}`;
}

export function alertTables(tally: AlertTally): string {
  const kinds = table(
    ['kind', '#opened', '#open now'],
    Object.entries(tally.kinds).map(([kind, { opened, open }]) => [kind, opened, open]),
  );
  const latest = table(
    ['at', 'alert', 'about', 'event', 'because'],
    tally.latest.map((alert) => [instantText(alert.at).slice(0, 16), alert.kind, aboutOf(alert), alert.event, alertReasonOf(alert)]),
  );
  return ['', 'Alerts', kinds, '', 'Latest alerts', latest].join('\n');
}
