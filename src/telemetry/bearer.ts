/** Bearer tokens (RFC 6750). Compared by their digests, in constant time; none ever stands in an answer or a line of the log. What a token opens is for others to say. */
import { createHash, timingSafeEqual } from 'node:crypto';

/** Names by which the loopback interface is asked. */
const LOOPBACK_NAMES = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/i;

const digest = (token: string): Buffer => createHash('sha256').update(token).digest();

/** Whether it was asked by a name of this machine. A page of another site may let its own name point here; its requests carry that name. */
export const isAskedLocally = (host: string | undefined): boolean => LOOPBACK_NAMES.test(host ?? '');

/** The token that a request carries; null: none. */
export const tokenOf = (authorization: string | undefined): string | null =>
  /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i.exec(authorization ?? '')?.[1] ?? null;

/** Tells whether a token is the one that is known. */
export function comparer(known: string): (given: string) => boolean {
  const expected = digest(known);
  return (given) => timingSafeEqual(expected, digest(given));
}

/** Of one token that opens all there is. Null: it may; else the status to refuse it with. Without a token only this machine is answered. */
export function refusal(token: string | null): (authorization: string | undefined, host: string | undefined) => 401 | 403 | null {
  if (token === null) return (_, host) => (isAskedLocally(host) ? null : 403);
  const isKnown = comparer(token);
  return (authorization) => {
    const given = tokenOf(authorization);
    return given !== null && isKnown(given) ? null : 401;
  };
}
