/**
 * `rapport inspect`: one customer as Redis has it, and why it is where it is. Reads state and position in one atomic read; decides nothing.
 */
import { Command } from 'commander';
import { decodeHeader } from '../codec/journal.ts';
import { shardOf } from '../codec/murmur2.ts';
import { decodeState } from '../codec/state.ts';
import type { Config } from '../config/config.ts';
import { explain } from '../domain/explain.ts';
import { type CustomerId, customerIdFault, startOfDay } from '../domain/ids.ts';
import { purchaseDays } from '../domain/purchases.ts';
import { BOUNDED, type CustomerState, WINDOW_DAYS } from '../domain/state.ts';
import { Halt } from '../engine/errors.ts';
import { type Common, type Context, command, print } from './command.ts';
import type { Connect } from './connections.ts';
import { type Facts, type Found, pictureText } from './picture.ts';

const EXAMPLE = `
Instants in JSON are epoch milliseconds, money is in minor units of the policy's currency. Exits 1 when there is no such customer.

Example:
  $ rapport inspect c-000042 --json
`;

export function inspectCommand(connect: Connect): Command {
  const inspect = new Command('inspect')
    .description('show a customer: group, scores, churn risk and values with their evidence, what is open, what silence will change')
    .argument('<customer>', "the customer's id")
    .option('--config <file>', 'configuration file; the environment overrides it')
    .option('--json', 'print one JSON object')
    .addHelpText('after', EXAMPLE);
  return inspect.action((customer: string, options: Common) => {
    const fault = customerIdFault(customer);
    if (fault !== null) inspect.error(`error: the customer's id ${fault}`, { exitCode: 2 });
    return command(options, connect, async (context) => {
      const looked = await findCustomer(customer as CustomerId, context);
      if (looked.found === null) throw new Halt(`${context.config.applicationId} knows no customer ${customer} ${looked.where}`);
      print(options, looked.found, pictureText(looked.found));
    });
  });
}

/** `where` says where there is none. Throws Halt while the customer's shard has no state, or is another than the configuration says. */
export async function findCustomer(
  customer: CustomerId,
  { config, connections }: Pick<Context, 'config' | 'connections'>,
): Promise<{ readonly found: Found; readonly state: CustomerState } | { readonly found: null; readonly where: string }> {
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
    return { found: null, where: `(shard ${shard}, applied up to journal offset ${meta.next})` };
  }
  const found: Found = {
    ...explanation,
    currency: config.policy.currency,
    horizonDays: config.policy.churn.horizonDays,
    facts: factsOf(state, explanation.asOf),
    shard,
    generation: meta.generation,
    journalOffset: stored.offset,
    next: meta.next,
    watermark: header.watermark,
    policy: policyNote(config, header.policy),
  };
  return { found, state };
}

/** The hash of the policy in force; the scores are reckoned by the configured one. */
const policyNote = ({ policyHash }: Config, inForce: string): string =>
  inForce === policyHash ? inForce : `${inForce} is in force, scores are shown by the configured ${policyHash}`;

/** What is known of a customer apart from scores. */
export function factsOf(state: CustomerState, asOf: number): Facts {
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
