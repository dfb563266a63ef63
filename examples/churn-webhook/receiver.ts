/**
 * The receiving side, to try it with: verifies, drops what it has had, prints. `node examples/churn-webhook/receiver.ts` listens on port 8787.
 */
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { Environment } from '../lib/environment.ts';
import { program, say } from '../lib/program.ts';
import { secretFrom } from './deliver.ts';
import { verify } from './signature.ts';

await program(async () => {
  const environment = new Environment();
  const secret = secretFrom(environment);
  const port = environment.integer('PORT', 8787, 0, 65_535);
  environment.check();
  const seen = new Set<string>();
  const server = createServer(async (request, response) => {
    const body = await text(request);
    const fault = verify(secret, request.headers, body, Date.now());
    if (fault !== null) {
      say({ refused: fault });
      response.writeHead(401).end();
      return;
    }
    const id = String(request.headers['webhook-id']);
    const isNew = !seen.has(id);
    seen.add(id);
    const { kind, event, level, signals }: Record<string, unknown> = JSON.parse(body);
    say({ id, kind, event, level, signals, isNew });
    response.writeHead(204).end();
  });
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve());
    server.listen(port, '127.0.0.1', () => say({ listening: server.address() }));
  });
});
