/**
 * Who may ask: bearer tokens with a role (RFC 6750). Boundary: decides yes or no; what needs which role is the routes'. A token is compared by its digest, in constant time,
 * and never stands in an answer or a line of the log.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { HttpConfig } from '../config/config.ts';
import { Refused } from './problems.ts';

/** `metrics`: figures without anything about a customer. Each may what those before it may. */
export const ROLES = ['metrics', 'read', 'admin'] as const;
export type Role = (typeof ROLES)[number];

const digest = (token: string): Buffer => createHash('sha256').update(token).digest();

/** Names by which the loopback interface is asked. */
const LOOPBACK_NAMES = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/i;

interface Asked {
  readonly authorization: string | undefined;
  readonly host: string | undefined;
}

/** The largest role of whoever asks. Throws Refused unless the request may do what needs `needed`. */
export function authorizer({ readToken, adminToken, open }: HttpConfig, metricsToken: string | null): (asked: Asked, needed: Role) => Role {
  // The largest role first.
  const tokens: readonly (readonly [Role, Buffer])[] = [
    ...(adminToken === null ? [] : [['admin', digest(adminToken)] as const]),
    ...(readToken === null ? [] : [['read', digest(readToken)] as const]),
    ...(metricsToken === null ? [] : [['metrics', digest(metricsToken)] as const]),
  ];
  return ({ authorization, host }, needed) => {
    if (open) {
      // A page of another site may let its own name point here; its requests carry that name.
      if (!LOOPBACK_NAMES.test(host ?? '')) throw new Refused(403, 'without tokens only requests to localhost are answered');
      return 'admin';
    }
    const given = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i.exec(authorization ?? '')?.[1];
    if (given === undefined) throw new Refused(401, 'give a token: Authorization: Bearer TOKEN');
    const asked = digest(given);
    // All are compared, whichever fits.
    const roles = tokens.filter(([, known]) => timingSafeEqual(known, asked)).map(([role]) => role);
    const [role] = roles;
    if (role === undefined) throw new Refused(401, 'the token is not known');
    if (ROLES.indexOf(role) < ROLES.indexOf(needed)) throw new Refused(403, `this needs a token with the role ${needed}`);
    return role;
  };
}
