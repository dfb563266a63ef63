/**
 * The `http` part of the configuration, of `rapport serve`. Boundary: what is wrong for every command is a fault here; that nobody may ask at all is one for `serve` alone
 * (`httpFault`), since all other commands do without.
 */
import { dirname, resolve } from 'node:path';
import type { HttpConfig } from './config.ts';
import type { Fault } from './fault.ts';
import type { Reader } from './reader.ts';
import { SETTINGS as S } from './settings.ts';

/** Whether only this machine can reach what listens there. */
export const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);

/** @param file the configuration file, which a path in it is relative to */
export async function takeHttp(reader: Reader, applicationId: string, file: string | null): Promise<HttpConfig> {
  const host = (await reader.take(S.httpHost)) ?? '127.0.0.1';
  const port = (await reader.take(S.httpPort)) ?? 8080;
  const given = await reader.take(S.httpDatabase);
  const readToken = await reader.take(S.httpReadToken);
  const adminToken = await reader.take(S.httpAdminToken);
  const open = (await reader.take(S.httpOpen)) ?? false;
  if (readToken !== null && readToken === adminToken)
    reader.fault(S.httpAdminToken, `is the same as ${S.httpReadToken.variable}: a token has one role, make another.`);
  if (open && !isLoopback(host))
    reader.fault(S.httpOpen, `lets everybody ask, and ${reader.where(S.httpHost)} is not a loopback address: set tokens instead.`);
  if (open && (reader.given(S.httpReadToken) || reader.given(S.httpAdminToken)))
    reader.fault(S.httpOpen, 'lets everybody on this machine ask, but there are tokens: remove one or the other.');
  const fromFile = file !== null && reader.where(S.httpDatabase) !== S.httpDatabase.variable;
  const database = given === null ? `${applicationId}.read-model.sqlite` : fromFile ? resolve(dirname(file), given) : given;
  return { host, port, database, readToken, adminToken, open };
}

/** Why `rapport serve` may not start; null when it may. */
export function httpFault({ readToken, adminToken, open }: HttpConfig): Fault | null {
  if (open || readToken !== null || adminToken !== null) return null;
  const message =
    'is not set, nor is RAPPORT_HTTP_ADMIN_TOKEN: set a token of at least 16 characters, as `openssl rand -hex 24` makes one, ' +
    'or say RAPPORT_HTTP_OPEN=true to let everybody on this machine ask.';
  return { where: S.httpReadToken.variable, message };
}
