/**
 * How the single values of the configuration are written, by zod: each schema takes what a variable (a text) or the file (a typed scalar)
 * says and gives what the program uses. Messages say the cure and quote nothing: some of these hold secrets.
 */
import { z } from 'zod';

/** A whole number, from a text or a number. */
export const integer = (least: number, most: number) =>
  z.unknown().transform((value, context): number => {
    const number = typeof value === 'string' && /^[+-]?\d+$/.test(value.trim()) ? Number(value) : value;
    if (typeof number === 'number' && Number.isSafeInteger(number) && number >= least && number <= most) return number;
    context.addIssue({ code: 'custom', message: `must be a whole number from ${least} to ${most}` });
    return z.NEVER;
  });

export const flag = z.preprocess((value) => {
  if (typeof value !== 'string') return value;
  const text = value.trim().toLowerCase();
  return text === 'true' || text === '1' ? true : text === 'false' || text === '0' ? false : value;
}, z.boolean());

export const text = z.preprocess((value) => (typeof value === 'number' ? String(value) : value), z.string().min(1));

/** A bearer token: what the header can carry, and long enough not to be guessed. */
export const token = z
  .string()
  .min(16)
  .max(512)
  .regex(/^[A-Za-z0-9._~+/-]+=*$/, 'must be of letters, digits and . _ ~ + / -, such as `openssl rand -hex 24` gives');

export const applicationId = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be 1–63 lower-case letters, digits and dashes, not beginning with a dash');

/** Kafka's own rule for topic names. */
export const topicName = z
  .string()
  .regex(/^[a-zA-Z0-9._-]{1,249}$/, 'must be a topic name: 1–249 letters, digits, dots, underscores and dashes')
  .refine((name) => name !== '.' && name !== '..', 'must be a topic name: . and .. are not');

export const choice = <const T extends readonly string[]>(words: T) =>
  z.preprocess((value) => (typeof value === 'string' ? value.trim().toLowerCase() : value), z.enum(words));

const HOST_PORT = /^(\[[0-9a-fA-F:.]+\]|[^\s:@/[\]?#]+)(?::(\d{1,5}))?$/;

function hostPort(text: string, defaultPort: number | null): { host: string; port: number } | null {
  const match = HOST_PORT.exec(text);
  if (!match?.[1]) return null;
  const port = match[2] === undefined ? defaultPort : Number(match[2]);
  if (port === null || port < 1 || port > 65_535) return null;
  return { host: match[1].replace(/^\[|\]$/g, ''), port };
}

/** `host:port[,host:port…]`, or a list of them in the file. */
export const brokers = z.unknown().transform((value, context): readonly string[] => {
  const list = (typeof value === 'string' ? value.split(',') : Array.isArray(value) ? value.map(String) : [])
    .map((entry) => entry.trim())
    .filter(Boolean);
  if (list.length === 0) context.addIssue({ code: 'custom', message: 'must be host:port[,host:port…]' });
  list.forEach((entry, i) => {
    if (!hostPort(entry, null))
      context.addIssue({ code: 'custom', message: `must be host:port[,host:port…], which entry ${i + 1} is not` });
  });
  return [...new Set(list)];
});

export interface RedisUrl {
  readonly secure: boolean;
  readonly nodes: readonly { readonly host: string; readonly port: number }[];
  readonly username: string | null;
  readonly password: string | null;
  readonly database: number;
}

/**
 * `redis://[user:pass@]host:port[/db][,host:port…]`, `rediss://` for TLS. Further elements may repeat the scheme, the user and the database,
 * if they are the same; special characters of user and password are percent-encoded.
 */
export const redisUrl = z.string().transform((value, context): RedisUrl => {
  const fault = (message: string): typeof z.NEVER => {
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  };
  const form = 'must be redis://[user:password@]host:port[/database][,host:port…], or rediss:// for TLS';
  const scheme = /^rediss?:\/\//.exec(value.trim())?.[0];
  if (!scheme) return fault(form);
  let credentials: string | null = null;
  let database: string | null = null;
  const nodes: { host: string; port: number }[] = [];
  for (const [i, element] of value.trim().split(',').entries()) {
    const bare = element.trim().replace(/^[a-z]+:\/\//, (found) => (found === scheme ? '' : found));
    const at = bare.lastIndexOf('@');
    const match = /^([^/]*?)(?:\/(\d*))?$/.exec(bare.slice(at + 1));
    const node = match ? hostPort(match[1] ?? '', 6379) : null;
    if (!node || bare.includes('://'))
      return fault(`${form}; element ${i + 1} is not (encode special characters of a password, a comma as %2C)`);
    nodes.push(node);
    if (at >= 0) {
      if (credentials !== null && credentials !== bare.slice(0, at)) return fault('must give one user and password for all nodes');
      credentials = bare.slice(0, at);
    }
    if (match?.[2]) {
      if (database !== null && database !== match[2]) return fault('must give one database for all nodes');
      database = match[2];
    }
  }
  if (nodes.length > 1 && Number(database ?? 0) !== 0)
    return fault('must not name a database with several nodes: a Redis Cluster has only database 0');
  const split = credentials?.indexOf(':') ?? -1;
  const user = credentials === null ? '' : split < 0 ? credentials : credentials.slice(0, split);
  const password = credentials === null || split < 0 ? '' : credentials.slice(split + 1);
  try {
    return {
      secure: scheme === 'rediss://',
      nodes,
      username: decodeURIComponent(user) || null,
      password: decodeURIComponent(password) || null,
      database: Number(database ?? 0),
    };
  } catch {
    // URIError quotes the text
    return fault('has a user or password with a % that is not percent-encoding: write it as %25');
  }
});

/** An http(s) base URL, without a slash at its end; a user and password in it are taken out. */
export const httpUrl = z.string().transform((value, context): { url: string; username: string | null; password: string | null } => {
  const url = URL.canParse(value.trim()) ? new URL(value.trim()) : null;
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:') || url.search || url.hash) {
    context.addIssue({ code: 'custom', message: 'must be a base URL such as https://registry.example:8081/path' });
    return z.NEVER;
  }
  const username = decodeURIComponent(url.username) || null;
  const password = decodeURIComponent(url.password) || null;
  url.username = '';
  url.password = '';
  return { url: url.href.replace(/\/+$/, ''), username, password };
});
