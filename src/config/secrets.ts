/**
 * Keeps secrets out of logs: parts of the configuration that hold some show themselves redacted to JSON and to `inspect`, whoever prints
 * them. Boundary: display only; the values themselves are there to be used.
 */
import type { Config } from './config.ts';

const HIDDEN = '[hidden]';
const SECRET_KEYS: ReadonlySet<string> = new Set(['password', 'token', 'clientSecret', 'key', 'readToken', 'adminToken']);
const INSPECT = Symbol.for('nodejs.util.inspect.custom');

/** The configuration as it may be logged: plain data, secrets replaced, the policy by its hash alone. */
export function redacted(config: Config): Record<string, unknown> {
  const { policy: _policy, policyText: _text, ...rest } = config;
  return Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, redact(value)]));
}

function redact(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(redact);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, SECRET_KEYS.has(key) && inner !== null ? HIDDEN : redact(inner)]),
  );
}

/** Freezes a tree, and makes every object of it that holds a secret, at any depth, show itself redacted. */
export function seal<T extends object>(value: T): T {
  for (const inner of Object.values(value)) if (typeof inner === 'object' && inner !== null && !Object.isFrozen(inner)) seal(inner);
  if (holdsSecret(value)) {
    const show = { enumerable: false, value: () => redact(value) };
    Object.defineProperties(value, { toJSON: show, [INSPECT]: show });
  }
  return Object.freeze(value);
}

function holdsSecret(value: object): boolean {
  return Object.entries(value).some(
    ([key, inner]) =>
      (SECRET_KEYS.has(key) && typeof inner === 'string') || (typeof inner === 'object' && inner !== null && holdsSecret(inner)),
  );
}
