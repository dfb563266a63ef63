/**
 * What the examples are made of, where a whole run shows too little: signatures that are not to be believed, waits, answers, settings.
 */
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { secretOf, sign, verify } from '../../examples/churn-webhook/signature.ts';
import { type Answer, ask, delayOf } from '../../examples/lib/backoff.ts';
import { Environment } from '../../examples/lib/environment.ts';
import { mailFor, type SegmentChange } from '../../examples/marketing-automation/campaigns.ts';
import { getIn } from '../../src/config/data.ts';
import { ExampleProcess } from './process.ts';

const SECRET = Buffer.alloc(32, 7);
const NOW = Date.UTC(2026, 2, 1);
const BODY = '{"kind":"CHURN_RISK"}';

describe('a signature', () => {
  const signed = sign(SECRET, 'a-1', BODY, NOW);

  test('is that of the Standard Webhooks specification', () => {
    // the example of the reference implementations
    const known = sign(
      secretOf('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'),
      'msg_p5jXN8AQM9LWM0D4loKWxJek',
      '{"test": 2432232314}',
      1_614_265_330_000,
    );
    expect(known['webhook-signature']).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
  });

  test('is believed within five minutes, also beside another', () => {
    expect(verify(SECRET, signed, BODY, NOW)).toBeNull();
    expect(verify(SECRET, signed, BODY, NOW + 299_000)).toBeNull();
    const two = { ...signed, 'webhook-signature': `v1,${Buffer.alloc(32).toString('base64')} ${signed['webhook-signature']}` };
    expect(verify(SECRET, two, BODY, NOW)).toBeNull();
  });

  test.each([
    ['the body is another', {}, `${BODY} `, NOW],
    ['the id is another', { 'webhook-id': 'a-2' }, BODY, NOW],
    ['the time is another', { 'webhook-timestamp': String(NOW / 1_000 + 1) }, BODY, NOW],
    ['it is old', {}, BODY, NOW + 301_000],
    ['it is of the future', {}, BODY, NOW - 301_000],
    ['the time is none', { 'webhook-timestamp': 'NaN' }, BODY, NOW],
    ['it is cut off', { 'webhook-signature': signed['webhook-signature'].slice(0, -8) }, BODY, NOW],
    ['it is of another scheme', { 'webhook-signature': signed['webhook-signature'].replace('v1,', 'v2,') }, BODY, NOW],
    ['there is none', { 'webhook-signature': undefined }, BODY, NOW],
  ])('is not believed when %s', (_, headers, body, now) => {
    expect(verify(SECRET, { ...signed, ...headers }, body, now)).not.toBeNull();
  });

  test('is not believed when another secret made it', () => {
    expect(verify(Buffer.alloc(32, 8), signed, BODY, NOW)).toBe('not signed by this secret');
  });

  test('needs a secret that cannot be guessed', () => {
    expect(() => secretOf('whsec_c2hvcnQ=')).toThrow('24 bytes');
  });
});

test('the receiver takes what is signed, knows what it has had, and refuses the rest', async () => {
  const settings = { WEBHOOK_SECRET: `whsec_${SECRET.toString('base64')}`, PORT: '0' };
  const receiver = new ExampleProcess([process.execPath, join(import.meta.dirname, '../../examples/churn-webhook/receiver.ts')], settings);
  onTestFinished(async () => void (await receiver.kill()));
  await receiver.until('it to listen', 20, () => receiver.said.length > 0);
  const port = getIn(receiver.said[0], ['listening', 'port']);
  const send = async (body: string): Promise<number> => {
    const headers = { ...sign(SECRET, 'a-1', BODY, Date.now()) };
    return (await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', headers, body })).status;
  };
  expect([await send(BODY), await send(BODY), await send('{}')]).toEqual([204, 204, 401]);
  expect(receiver.said.slice(1).map(({ isNew, refused }) => refused ?? isNew)).toEqual([true, false, 'not signed by this secret']);
  expect(await receiver.kill('SIGTERM')).toBe(0);
});

describe('asking again', () => {
  const patience = { leastMs: 100, mostMs: 1_000 };
  const later: Answer = { outcome: 'later', why: 'status 503', afterMs: null };

  test('waits twice as long each time, up to a bound, of which one half is drawn', () => {
    const least = [1, 2, 3, 4, 5, 50].map((attempt) => delayOf(attempt, { ...patience, random: () => 0 }));
    const most = [1, 2, 3, 4, 5, 50].map((attempt) => delayOf(attempt, { ...patience, random: () => 1 }));
    expect(least).toEqual([50, 100, 200, 400, 500, 500]);
    expect(most).toEqual([100, 200, 400, 800, 1_000, 1_000]);
  });

  test('ends with the answer, or when it is enough', async () => {
    const quick = { leastMs: 1, mostMs: 2, enough: (attempts: number) => attempts >= 3 };
    const { signal } = new AbortController();
    const answers: Answer[] = [later, { outcome: 'refused', why: 'status 400' }];
    expect(await ask(async () => answers.shift() ?? later, quick, signal)).toEqual({ outcome: 'refused', attempts: 2, why: 'status 400' });
    expect(await ask(async () => later, quick, signal)).toEqual({ outcome: 'given up', attempts: 3, why: 'status 503' });
  });

  test('stops at once when told so, with the reason', async () => {
    const stopping = new AbortController();
    const asked = ask(
      async () => {
        queueMicrotask(() => stopping.abort(new Error('told to stop')));
        return later;
      },
      { leastMs: 60_000, mostMs: 60_000, enough: () => false },
      stopping.signal,
    );
    await expect(asked).rejects.toThrow('told to stop');
  });
});

test('a change is answered with a mail only when it is live, fresh, and of a group that has a campaign', () => {
  const change: SegmentChange = {
    changeId: 'c',
    customerId: 'anna',
    from: null,
    to: 'NEW',
    detectedAt: NOW,
    origin: 'live',
    strategies: [{ action: 'thank-you note', channel: 'email' }],
  };
  expect(mailFor(change, NOW + 1, 1_000)).toEqual({ template: 'welcome', customerId: 'anna', action: 'thank-you note' });
  expect(mailFor({ ...change, origin: 'backfill' }, NOW, 1_000)).toBe('backfill');
  expect(mailFor(change, NOW + 1_001, 1_000)).toBe('too old');
  expect(mailFor({ ...change, to: 'UNKNOWN' }, NOW, 1_000)).toBe('no campaign');
});

test('settings that are missing or wrong are said all at once, and no secret is quoted', () => {
  const environment = new Environment({ PORT: 'x', ADDRESS: 'ftp://host', SECRET_FILE: '/nowhere', EMPTY: '' });
  environment.text('NAME');
  environment.text('EMPTY');
  environment.integer('PORT', 1, 0, 9);
  environment.url('ADDRESS');
  environment.secret('SECRET');
  expect(environment.text('OTHER', 'default')).toBe('default');
  expect(() => environment.check()).toThrow(/^NAME .*\nEMPTY .*\nPORT .*0 to 9\.\nADDRESS .*\nSECRET_FILE .*$/);
});
