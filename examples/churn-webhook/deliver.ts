/**
 * One delivery to the webhook: signed anew for each attempt, retried within a bound.
 */
import { ask, post, type Settled } from '../lib/backoff.ts';
import type { Environment } from '../lib/environment.ts';
import { secretOf, sign } from './signature.ts';

export type Deliver = (id: string, body: string, signal: AbortSignal) => Promise<Settled>;

/** Reads its settings from the environment. */
export function deliverFrom(environment: Environment): Deliver {
  const url = environment.url('WEBHOOK_URL') ?? environment.text('WEBHOOK_URL');
  const most = environment.integer('WEBHOOK_ATTEMPTS', 8, 1, 100);
  const leastMs = environment.integer('WEBHOOK_FIRST_WAIT_MS', 500, 1, 60_000);
  const secret = secretFrom(environment);
  return (id, body, signal) =>
    ask(
      () => post(url, { 'content-type': 'application/json', ...sign(secret, id, body, Date.now()) }, body, signal),
      { leastMs, mostMs: 60_000, enough: (attempts) => attempts >= most },
      signal,
    );
}

export function secretFrom(environment: Environment): Buffer {
  const written = environment.secret('WEBHOOK_SECRET');
  const cure = 'set it to whsec_ and 24 to 64 random bytes in base64, the same here and at the receiver';
  try {
    if (written !== null) return secretOf(written);
    environment.fault(`WEBHOOK_SECRET is not set: ${cure}.`);
  } catch (error) {
    environment.fault(`WEBHOOK_SECRET ${error instanceof Error ? error.message : 'cannot be used'}: ${cure}.`);
  }
  return Buffer.alloc(0);
}
