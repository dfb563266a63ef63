/**
 * Who may ask: bearer tokens with a role (RFC 6750). Boundary: decides yes or no; what needs which role is the routes'.
 */
import type { HttpConfig } from '../config/config.ts';
import { comparer, isAskedLocally, tokenOf } from '../telemetry/bearer.ts';
import { Refused } from './problems.ts';

/** `metrics`: figures without anything about a customer. Each may what those before it may. */
export const ROLES = ['metrics', 'read', 'admin'] as const;
export type Role = (typeof ROLES)[number];

interface Asked {
  readonly authorization: string | undefined;
  readonly host: string | undefined;
}

/** The largest role of whoever asks. Throws Refused unless the request may do what needs `needed`. */
export function authorizer({ readToken, adminToken, open }: HttpConfig, metricsToken: string | null): (asked: Asked, needed: Role) => Role {
  // The largest role first.
  const tokens: readonly (readonly [Role, (given: string) => boolean])[] = [
    ...(adminToken === null ? [] : [['admin', comparer(adminToken)] as const]),
    ...(readToken === null ? [] : [['read', comparer(readToken)] as const]),
    ...(metricsToken === null ? [] : [['metrics', comparer(metricsToken)] as const]),
  ];
  return ({ authorization, host }, needed) => {
    if (open) {
      if (!isAskedLocally(host)) throw new Refused(403, 'without tokens only requests to localhost are answered');
      return 'admin';
    }
    const given = tokenOf(authorization);
    if (given === null) throw new Refused(401, 'give a token: Authorization: Bearer TOKEN');
    // All are compared, whichever fits.
    const roles = tokens.filter(([, isKnown]) => isKnown(given)).map(([role]) => role);
    const [role] = roles;
    if (role === undefined) throw new Refused(401, 'the token is not known');
    if (ROLES.indexOf(role) < ROLES.indexOf(needed)) throw new Refused(403, `this needs a token with the role ${needed}`);
    return role;
  };
}
