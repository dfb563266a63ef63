/**
 * Signatures as in the Standard Webhooks specification (standardwebhooks.com), so that a receiver may use one of its libraries instead of `verify`:
 * `webhook-signature: v1,<base64 of HMAC-SHA256 over "<webhook-id>.<webhook-timestamp>.<body>">`. Pure.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

/** Headers that go with a body. */
export type Signed = Readonly<Record<'webhook-id' | 'webhook-timestamp' | 'webhook-signature', string>>;

const WINDOW_SECONDS = 300;
const LEAST_SECRET_BYTES = 24;

/** The bytes of a secret as it is written, `whsec_<base64>`. Throws for what is none; the message does not quote it. */
export function secretOf(written: string): Buffer {
  const bytes = Buffer.from(written.replace(/^whsec_/, ''), 'base64');
  if (bytes.length < LEAST_SECRET_BYTES) throw new Error(`is shorter than ${LEAST_SECRET_BYTES} bytes of base64`);
  return bytes;
}

const signatureOf = (secret: Buffer, id: string, timestamp: string, body: string): Buffer =>
  createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest();

/** @param now ms; each attempt is signed anew, or a late one would be refused for its age */
export function sign(secret: Buffer, id: string, body: string, now: number): Signed {
  const timestamp = String(Math.floor(now / 1_000));
  const signature = signatureOf(secret, id, timestamp, body).toString('base64');
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
}

/**
 * The receiving side: why a request is not to be believed; null when it is. `body` is as it came, before any parsing. Several signatures may be given, while a secret
 * is being changed for another. What is old is refused, so that a request which somebody has recorded is of no use; within the window `webhook-id` tells.
 */
export function verify(secret: Buffer, headers: Readonly<Record<string, unknown>>, body: string, now: number): string | null {
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures } = headers;
  if (typeof id !== 'string' || typeof timestamp !== 'string' || typeof signatures !== 'string') return 'not signed';
  if (!/^\d{1,12}$/.test(timestamp) || Math.abs(now / 1_000 - Number(timestamp)) > WINDOW_SECONDS) return 'too old, or of the future';
  const expected = signatureOf(secret, id, timestamp, body);
  const given = signatures.split(' ').flatMap((each) => (each.startsWith('v1,') ? [Buffer.from(each.slice(3), 'base64')] : []));
  // timingSafeEqual takes as long whatever differs; how long a signature is, is no secret.
  return given.some((each) => each.length === expected.length && timingSafeEqual(each, expected)) ? null : 'not signed by this secret';
}
