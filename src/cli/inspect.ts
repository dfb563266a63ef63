/**
 * `rapport inspect`: one customer as Redis has it, and why it is where it is. Reads state and position in one atomic read; decides nothing.
 */
import { Command } from 'commander';
import { decodeHeader } from '../codec/journal.ts';
import { shardOf } from '../codec/murmur2.ts';
import { decodeState } from '../codec/state.ts';
import type { Config } from '../config/config.ts';
import { COMPONENTS } from '../domain/decision.ts';
import { type Explanation, explain } from '../domain/explain.ts';
import { type CustomerId, customerIdFault, startOfDay } from '../domain/ids.ts';
import { purchaseDays } from '../domain/purchases.ts';
import { BOUNDED, type CustomerState, WINDOW_DAYS } from '../domain/state.ts';
import { Halt } from '../engine/errors.ts';
import { type Common, type Context, command, print } from './command.ts';
import type { Connect } from './connections.ts';
import { durationText, instantText, moneyText, table } from './output.ts';

const EXAMPLE = `
Instants in JSON are epoch milliseconds, money is in minor units of the policy's currency. Exits 1 when there is no such customer.

Example:
  $ rapport inspect c-000042 --json
`;

export function inspectCommand(connect: Connect): Command {
  const inspect = new Command('inspect')
    .description('show a customer: group, scores with their evidence, facts, what silence will change')
    .argument('<customer>', "the customer's id")
    .option('--config <file>', 'configuration file; the environment overrides it')
    .option('--json', 'print one JSON object')
    .addHelpText('after', EXAMPLE);
  return inspect.action((customer: string, options: Common) => {
    const fault = customerIdFault(customer);
    if (fault !== null) inspect.error(`error: the customer's id ${fault}`, { exitCode: 2 });
    return command(options, connect, async (context) => {
      const found = await read(customer as CustomerId, context);
      print(options, found, text(found));
    });
  });
}

interface Facts {
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

interface Found extends Explanation {
  readonly currency: string;
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

async function read(customer: CustomerId, { config, connections }: Context): Promise<Found> {
  const shard = shardOf(customer, config.shards);
  const answer = await connections.store.readCustomer(shard, customer);
  if (answer === null) {
    throw new Halt(
      `shard ${shard} of ${config.applicationId} has no state in Redis: \`rapport run\` has not taken it over yet, or Redis was emptied`,
    );
  }
  const { meta, stored } = answer;
  const header = decodeHeader(meta.header.subarray(8));
  if (header.shards !== config.shards) {
    throw new Halt(
      `RAPPORT_SHARDS is ${config.shards}, but ${config.applicationId} has ${header.shards} shards: set it to that, customers are looked for by it`,
    );
  }
  const state = stored === null ? null : decodeState(customer, stored.state);
  const explanation = state === null ? null : explain(state, config.policy);
  if (stored === null || state === null || explanation === null) {
    throw new Halt(`${config.applicationId} knows no customer ${customer} (shard ${shard}, applied up to journal offset ${meta.next})`);
  }
  return {
    ...explanation,
    currency: config.policy.currency,
    facts: factsOf(state, explanation.asOf),
    shard,
    generation: meta.generation,
    journalOffset: stored.offset,
    next: meta.next,
    watermark: header.watermark,
    policy: policyNote(config, header.policy),
  };
}

/** The hash of the policy in force; the scores are reckoned by the configured one. */
const policyNote = ({ policyHash }: Config, inForce: string): string =>
  inForce === policyHash ? inForce : `${inForce} is in force, scores are shown by the configured ${policyHash}`;

function factsOf(state: CustomerState, asOf: number): Facts {
  const purchases = purchaseDays(state);
  const recent = state.days.filter(({ day }) => startOfDay(day + WINDOW_DAYS) > asOf);
  return {
    firstEventAt: state.firstEventAt,
    firstOrderAt: purchases === null ? null : startOfDay(purchases.first),
    lastOrderAt: purchases === null ? null : startOfDay(purchases.last),
    orders: Math.max(0, state.orders),
    revenue: state.revenue,
    cost: state.cost,
    orders365: Math.max(
      0,
      recent.reduce((sum, { orders }) => sum + orders, 0),
    ),
    revenue365: Math.max(
      0,
      recent.reduce((sum, { revenue }) => sum + revenue, 0),
    ),
    purchaseDays: purchases?.count ?? 0,
    answers: state.feedback.length,
    changes: state.changes,
    profiles: state.profiles,
    truncated: BOUNDED.filter((_, bit) => (state.truncated & (1 << bit)) !== 0),
  };
}

function text(found: Found): string {
  const { facts, value, components, scores } = found;
  const money = (minor: number): string => moneyText(minor, found.currency);
  const loyalty =
    scores.loyalty === null ? 'no evidence, counts as low' : `${scores.loyalty.toFixed(1)} of 100, ${found.loyaltyHigh ? 'high' : 'low'}`;
  const { windowDays, high, leave } = value.evidence;
  const lines: [string, string][] = [
    ['customer', found.customer],
    ['group', `${found.group ?? '–'} since ${instantText(found.groupSince)}`],
    ['as of', instantText(found.asOf)],
    ['next in silence', found.due === null ? 'nothing' : `${instantText(found.due)}, ${durationText(found.due - found.asOf)} after that`],
    [
      'value',
      `${money(scores.value)} in ${windowDays} days, ${found.valueHigh ? 'high' : 'low'} (high from ${money(high ?? 0)}, low again below ${money(leave ?? 0)})`,
    ],
    ['loyalty', loyalty],
    ['orders', `${facts.orders} on ${facts.purchaseDays} days in all, ${facts.orders365} in 365 days`],
    ['revenue', `${money(facts.revenue)} in all, ${money(facts.revenue365)} in 365 days; cost ${money(facts.cost)}`],
    ['first, last order', `${day(facts.firstOrderAt)}, ${day(facts.lastOrderAt)}; first event ${instantText(facts.firstEventAt)}`],
    ['said so far', `${facts.changes} changes, ${facts.profiles} profiles`],
    ...(facts.truncated.length === 0 ? [] : [['truncated', facts.truncated.join(', ')] satisfies [string, string]]),
    [
      'kept in',
      `shard ${found.shard}, generation ${found.generation}, journal offset ${found.journalOffset} (applied up to ${found.next})`,
    ],
    ['policy', found.policy],
  ];
  const rows = COMPONENTS.map((name) => {
    const { weight, value: part, contribution, evidence } = components[name];
    return [name, weight.toFixed(2), part?.toFixed(2) ?? null, contribution?.toFixed(1) ?? null, evidenceText(evidence)];
  });
  const width = Math.max(...lines.map(([name]) => name.length));
  return [
    ...lines.map(([name, said]) => `${name.padEnd(width)}  ${said}`),
    table(['component', '#weight', '#value', '#points', 'evidence'], rows),
  ].join('\n');
}

const day = (at: number | null): string => instantText(at).slice(0, 10);

/** Names that end in `At` are instants. */
function evidenceText(evidence: Readonly<Record<string, number | null>>): string {
  return Object.entries(evidence)
    .filter((entry): entry is [string, number] => entry[1] !== null)
    .map(([name, number]) => `${name} ${name.endsWith('At') ? instantText(number) : Math.round(number * 100) / 100}`)
    .join(', ');
}
