/** A bearer token that opens figures and nothing else (RFC 6750). Compared by its digest, in constant time; it never stands in an answer or a line of the log. */
import { createHash, timingSafeEqual } from 'node:crypto';

const digest = (token: string): Buffer => createHash('sha256').update(token).digest();

/** Names by which the loopback interface is asked. A page of another site may let its own name point there; its requests carry that name. */
const LOOPBACK_NAMES = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/i;

/** Null: it may; else the status to refuse it with. Without a token only this machine is answered. */
export function refusal(token: string | null): (authorization: string | undefined, host: string | undefined) => 401 | 403 | null {
  if (token === null) return (_, host) => (LOOPBACK_NAMES.test(host ?? '') ? null : 403);
  const known = digest(token);
  return (authorization) => {
    const given = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i.exec(authorization ?? '')?.[1];
    return given !== undefined && timingSafeEqual(known, digest(given)) ? null : 401;
  };
}
