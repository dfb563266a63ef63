/**
 * Questions to the HTTP API. A token comes once in the address' fragment, which no server sees, and is kept for this tab alone.
 */
import { signal } from '@preact/signals';
import type { Problem } from '../http/api.ts';
import { tokenIn } from './address.ts';

const KEY = 'rapport-token';

/** Null: none is known; a server that is open on its own machine needs none. */
export const token = signal<string | null>(null);
/** The server wants a token, or another one. */
export const refused = signal(false);

/** Takes the token out of `#token=…`; the address bar shows it no longer. */
function takeToken(): void {
  const given = tokenIn(location.hash);
  if (given === null) return;
  history.replaceState(null, '', `${location.pathname}${location.search}#/`);
  useToken(given);
}

/** The one that the tab has kept, or that comes now; and one that is given later, in the address of the open tab. */
export function startToken(): void {
  token.value = sessionStorage.getItem(KEY);
  addEventListener('hashchange', takeToken);
  takeToken();
}

export function useToken(text: string): void {
  sessionStorage.setItem(KEY, text);
  token.value = text;
  refused.value = false;
}

/** The server's own words of what is wrong. */
class ApiError extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

type Parameters = Readonly<Record<string, string | number | boolean | null | undefined>>;

const addressOf = (path: string, parameters: Parameters): string => {
  const given = Object.entries(parameters).filter(([, value]) => value != null && value !== '');
  const query = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return `api/v1/${path}${query === '' ? '' : `?${query}`}`;
};

/** @throws ApiError when the server refuses; a wrong token is forgotten */
export async function ask(
  path: string,
  parameters: Parameters,
  headers: Readonly<Record<string, string>>,
  stop: AbortSignal | null,
  body?: object,
): Promise<Response> {
  const authorization: Record<string, string> = token.value === null ? {} : { authorization: `Bearer ${token.value}` };
  const sent = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
  const response = await fetch(addressOf(path, parameters), { headers: { ...headers, ...authorization }, signal: stop, ...sent });
  if (response.ok) return response;
  const problem = (await response.json().catch(() => null)) as Problem | null;
  if (response.status === 401) {
    sessionStorage.removeItem(KEY);
    token.value = null;
    refused.value = true;
  }
  throw new ApiError(response.status, problem?.detail ?? problem?.title ?? `the server answered ${response.status}`);
}

export async function get<T>(path: string, parameters: Parameters, stop: AbortSignal): Promise<T> {
  return (await ask(path, parameters, { accept: 'application/json' }, stop)).json() as Promise<T>;
}

/** Asks for something to be done; tried again with the same key it is done once. */
export async function give(path: string, body: object, key: string): Promise<void> {
  await ask(path, {}, { 'content-type': 'application/json', 'idempotency-key': key }, null, body);
}
