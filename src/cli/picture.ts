/**
 * What `rapport inspect` says of a customer, as text for people: the picture in lines, then the evidence in tables. Boundary: shapes and words; where they
 * come from is inspect.ts's.
 */
import { COMPONENTS, SIGNALS } from '../domain/decision.ts';
import type { Explanation } from '../domain/explain.ts';
import { durationText, instantText, moneyText, table } from './output.ts';

export interface Facts {
  readonly firstEventAt: number | null;
  /** midnights of UTC days, of orders that stand */
  readonly firstOrderAt: number | null;
  readonly lastOrderAt: number | null;
  /** all time, net; `…365` over the last 365 days as of `asOf` */
  readonly orders: number;
  readonly revenue: number;
  readonly cost: number;
  readonly orders365: number;
  readonly revenue365: number;
  readonly purchaseDays: number;
  readonly answers: number;
  readonly changes: number;
  readonly profiles: number;
  /** bounded lists that have dropped something */
  readonly truncated: readonly string[];
}

export interface Found extends Explanation {
  readonly currency: string;
  /** of the probability of a purchase */
  readonly horizonDays: number;
  readonly facts: Facts;
  readonly shard: number;
  readonly generation: number;
  /** of the journal record that wrote the state */
  readonly journalOffset: number;
  /** the journal offset up to which the shard's state has been applied */
  readonly next: number;
  readonly watermark: number;
  readonly policy: string;
}

type Lines = readonly (readonly [name: string, text: string])[];

export function pictureText(found: Found): string {
  const lines = [...standing(found), ...churn(found), ...relation(found), ...history(found)];
  const width = Math.max(...lines.map(([name]) => name.length));
  const components = COMPONENTS.map((name) => {
    const { weight, value: part, contribution, evidence } = found.components[name];
    return [name, weight.toFixed(2), part?.toFixed(2) ?? null, contribution?.toFixed(1) ?? null, evidenceText(evidence)];
  });
  const signals = SIGNALS.map((name) => {
    const { since, evidence } = found.churn.signals[name];
    return [name, since === null ? null : instantText(since), evidenceText(evidence)];
  });
  return [
    ...lines.map(([name, said]) => `${name.padEnd(width)}  ${said}`),
    '',
    table(['component', '#weight', '#value', '#points', 'evidence'], components),
    '',
    table(['early warning', 'since', 'evidence'], signals),
  ].join('\n');
}

function standing(found: Found): Lines {
  const { value, scores } = found;
  const money = (minor: number): string => moneyText(minor, found.currency);
  const { windowDays, high, leave } = value.evidence;
  const loyalty =
    scores.loyalty === null ? 'no evidence, counts as low' : `${scores.loyalty.toFixed(1)} of 100, ${found.loyaltyHigh ? 'high' : 'low'}`;
  return [
    ['customer', found.customer],
    ['group', `${found.group ?? '–'} since ${instantText(found.groupSince)}`],
    ['as of', instantText(found.asOf)],
    ['next in silence', found.due === null ? 'nothing' : `${instantText(found.due)}, ${durationText(found.due - found.asOf)} after that`],
    [
      'value',
      `${money(scores.value)} in ${windowDays} days, ${found.valueHigh ? 'high' : 'low'} (high from ${money(high ?? 0)}, low again below ${money(leave ?? 0)})`,
    ],
    ['loyalty', loyalty],
  ];
}

function churn({ churn: { level, lost, buyProbability, ahead }, horizonDays, episodes, followUpAt }: Found): Lines {
  const risk = level === null ? 'none before a purchase' : lost ? `LOST, ${level}` : level;
  const buys = buyProbability === null ? '' : `; P(buy) within ${horizonDays} days ${percent(buyProbability)}`;
  const next = [
    ...ahead.thresholds.map(({ below, level: to, at }) => `P(buy) below ${percent(below)} (${to}) ${instantText(at)}`),
    ...(ahead.lostAt === null ? [] : [`LOST ${instantText(ahead.lostAt)}`]),
    ...(ahead.levelFallsAt === null ? [] : [`a level less ${instantText(ahead.levelFallsAt)}`]),
    ...(followUpAt === null ? [] : [`follow-up due ${instantText(followUpAt)}`]),
  ];
  const open = episodes.map(
    ({ kind, subject, episode, records, acknowledged }) =>
      `${kind} ${episode}${subject === '' ? '' : `, ticket ${subject}`} (${records} record${records === 1 ? '' : 's'})` +
      (acknowledged === null ? '' : `, acknowledged by ${acknowledged.by} ${instantText(acknowledged.at)}`),
  );
  return [['churn risk', risk + buys], ...listed('if silent', next), ...listed('open alerts', open)];
}

function relation(found: Found): Lines {
  const { historic, simple, predicted } = found.lifetimeValues;
  const money = (minor: number): string => moneyText(minor, found.currency);
  const tickets = found.openTickets.map(({ subject, since, overdueAt }) => {
    const overdue = overdueAt <= found.asOf ? 'overdue' : `overdue ${instantText(overdueAt)}`;
    return `${subject} since ${instantText(since)}, ${overdue}`;
  });
  const attributes = Object.entries(found.attributes)
    .map(([name, is]) => `${name} ${is}`)
    .join(', ');
  if (found.openTicketsMore > 0) tickets.push(`${found.openTicketsMore} more`);
  return [
    ['lifetime value', `historic ${money(historic)}, simple ${money(simple)}, predicted ${money(predicted)}`],
    ['relationship', `${found.relationship}, served by ${found.serviceMode ?? 'nobody in 365 days'}`],
    ...listed('open tickets', tickets),
    ...listed('attributes', attributes === '' ? [] : [attributes]),
    ...listed(
      'what helps',
      found.strategies.map(({ action, channel }) => `${action} (${channel})`),
    ),
  ];
}

function history({ facts, currency, ...found }: Found): Lines {
  const money = (minor: number): string => moneyText(minor, currency);
  return [
    ['orders', `${facts.orders} on ${facts.purchaseDays} days in all, ${facts.orders365} in 365 days`],
    ['revenue', `${money(facts.revenue)} in all, ${money(facts.revenue365)} in 365 days; cost ${money(facts.cost)}`],
    ['first, last order', `${day(facts.firstOrderAt)}, ${day(facts.lastOrderAt)}; first event ${instantText(facts.firstEventAt)}`],
    ['said so far', `${facts.changes} changes, ${facts.profiles} profiles`],
    ...(facts.truncated.length === 0 ? [] : listed('truncated', [facts.truncated.join(', ')])),
    [
      'kept in',
      `shard ${found.shard}, generation ${found.generation}, journal offset ${found.journalOffset} (applied up to ${found.next})`,
    ],
    ['policy', found.policy],
  ];
}

/** One below the other, the name beside the first. */
const listed = (name: string, texts: readonly string[]): [string, string][] => texts.map((text, i) => [i === 0 ? name : '', text]);

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const day = (at: number | null): string => instantText(at).slice(0, 10);

/** Names that end in `At` are instants. */
function evidenceText(evidence: Readonly<Record<string, number | null>>): string {
  return Object.entries(evidence)
    .filter((entry): entry is [string, number] => entry[1] !== null)
    .map(([name, number]) => `${name} ${name.endsWith('At') ? instantText(number) : Math.round(number * 100) / 100}`)
    .join(', ');
}
