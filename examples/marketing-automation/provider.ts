/**
 * A mail provider that sends nothing: it takes mails over HTTP and knows an idempotency key when it comes again, as real ones do (for 24 hours, most say).
 */
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Mail } from './campaigns.ts';

export interface Call {
  readonly key: string;
  readonly mail: Mail;
  /** false: the key had come before, and the mail was not sent again */
  readonly sent: boolean;
}

/** `before` is awaited between the sending of a mail and the answer: there a test lets its caller die. */
export async function startProvider(before: (call: Call) => Promise<void> = async () => undefined) {
  const calls: Call[] = [];
  const known = new Set<string>();
  const server = createServer(async (request, response) => {
    const key = request.headers['idempotency-key'];
    const mail: Mail = JSON.parse(await text(request));
    if (typeof key !== 'string') {
      response.writeHead(400).end();
      return;
    }
    const call = { key, mail, sent: !known.has(key) };
    known.add(key);
    calls.push(call);
    await before(call);
    response.writeHead(202).end();
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/mails`,
    calls: calls as readonly Call[],
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
