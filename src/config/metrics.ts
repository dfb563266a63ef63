/**
 * The `metrics` part of the configuration. Its token is one of its own: whoever gathers figures has no business with customers. Boundary: where and for whom; what is told is
 * telemetry/'s.
 */
import type { HttpConfig, MetricsConfig } from './config.ts';
import { isLoopback } from './http.ts';
import type { Reader } from './reader.ts';
import { SETTINGS as S } from './settings.ts';

export async function takeMetrics(reader: Reader, { readToken, adminToken }: HttpConfig): Promise<MetricsConfig> {
  const host = (await reader.take(S.metricsHost)) ?? '127.0.0.1';
  const port = await reader.take(S.metricsPort);
  const token = await reader.take(S.metricsToken);
  if (token !== null && (token === readToken || token === adminToken))
    reader.fault(
      S.metricsToken,
      `is the same as ${(token === readToken ? S.httpReadToken : S.httpAdminToken).variable}: a token has one role, make another.`,
    );
  if (port !== null && !isLoopback(host) && !reader.given(S.metricsToken)) {
    const message = `lets others than this machine ask, and ${S.metricsToken.variable} is not set: set a token of at least 16 characters, as \`openssl rand -hex 24\` makes one, and give it to Prometheus.`;
    reader.fault(S.metricsHost, message);
  }
  return { host, port, token };
}
