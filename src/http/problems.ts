/**
 * Errors of the API as RFC 9457 problem details. Boundary: wording and status; what a client may not know (stacks, addresses, secrets) never enters.
 */
import type { Problem } from './api.ts';

type Faults = NonNullable<Problem['faults']>;

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad request',
  401: 'Not authenticated',
  403: 'Not allowed',
  404: 'Not found',
  409: 'Not as it is now',
  429: 'Too many requests',
  503: 'Not available now',
};

/** Ends a request with this status; the message is for the client. */
export class Refused extends Error {
  readonly status: number;
  readonly faults: Faults;

  constructor(status: number, message: string, faults: Faults = []) {
    super(message);
    this.name = 'Refused';
    this.status = status;
    this.faults = faults;
  }
}

export const badParameter = (name: string, message: string): Refused =>
  new Refused(400, `${name} ${message}`, [{ in: 'query', name, message }]);

export function problemOf(status: number, detail: string, faults: Faults = []): Problem {
  const title = TITLES[status] ?? (status < 500 ? 'Bad request' : 'Internal error');
  return { type: 'about:blank', title, status, detail, ...(faults.length === 0 ? {} : { faults }) };
}
