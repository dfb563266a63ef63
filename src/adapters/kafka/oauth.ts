/**
 * Tokens for OAUTHBEARER by client credentials (RFC 6749, section 4.4), kept until shortly before they expire.
 * Boundary: one HTTP request; the secret and the token appear in no message.
 */
import { Halt, Retryable } from '../../engine/errors.ts';

export interface TokenEndpoint {
  readonly tokenEndpoint: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scope: string | null;
}

/** A token is asked for again when less than this share of its life is left. */
const RENEW_AT = 0.2;
const PATIENCE_MS = 10_000;

/** A function that gives a valid token. Throws Halt when the endpoint refuses the client, Retryable when it is away. */
export function tokensFrom(endpoint: TokenEndpoint, now: () => number = Date.now): () => Promise<string> {
  let token = '';
  let renewAt = 0;
  return async () => {
    if (now() < renewAt) return token;
    const asked = now();
    const answer = await ask(endpoint);
    token = answer.token;
    renewAt = asked + answer.seconds * 1000 * (1 - RENEW_AT);
    return token;
  };
}

async function ask(endpoint: TokenEndpoint): Promise<{ token: string; seconds: number }> {
  const form = new URLSearchParams({ grant_type: 'client_credentials' });
  if (endpoint.scope !== null) form.set('scope', endpoint.scope);
  const credentials = `${encodeURIComponent(endpoint.clientId)}:${encodeURIComponent(endpoint.clientSecret)}`;
  const where = `the token endpoint ${endpoint.tokenEndpoint}`;
  let response: Response;
  try {
    response = await fetch(endpoint.tokenEndpoint, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(credentials).toString('base64')}`, accept: 'application/json' },
      body: form,
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
  } catch (cause) {
    throw new Retryable(`${where} is away: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
  if (response.status >= 500) throw new Retryable(`${where} answered ${response.status}`);
  if (!response.ok) throw new Halt(`${where} answered ${response.status}: check the client id, its secret and the scope`);
  const body: unknown = await response.json().catch(() => null);
  if (typeof body !== 'object' || body === null || !('access_token' in body) || typeof body.access_token !== 'string') {
    throw new Halt(`${where} answered without an access_token: check that it is an OAuth 2 token endpoint`);
  }
  const seconds = 'expires_in' in body && typeof body.expires_in === 'number' ? body.expires_in : 60;
  return { token: body.access_token, seconds };
}
