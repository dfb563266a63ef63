import { describe, expect, it } from 'vitest';
import { reactionTo } from '../../../src/adapters/redis/errors.ts';
import { Halt, Retryable } from '../../../src/engine/errors.ts';

const reply = (message: string): Error => Object.assign(new Error(message), { name: 'ReplyError' });
const withCode = (code: string): Error => Object.assign(new Error(`failed: ${code}`), { code });
const nothing = null;

describe('the reaction to an error of Redis', () => {
  it.each([
    'LOADING Redis is loading the dataset in memory',
    'CLUSTERDOWN The cluster is down',
    'TRYAGAIN Multiple keys request during rehashing of slot',
    'MOVED 1 127.0.0.1:1',
    'MASTERDOWN Link with MASTER is down',
    "READONLY You can't write against a read only replica.",
    "OOM command not allowed when used memory > 'maxmemory'.",
    'BUSY Redis is busy running a script.',
    'MISCONF Redis is configured to save RDB snapshots',
    'NOREPLICAS Not enough good replicas to write.',
    'ERR max number of clients reached',
  ])('waits for %s', (message) => {
    expect(reactionTo(reply(message), nothing)).toBeInstanceOf(Retryable);
  });

  it.each([
    'Connection is closed.',
    'Command timed out',
    "Stream isn't writeable and enableOfflineQueue options is false",
    "Cluster isn't ready and enableOfflineQueue options is false",
    'None of startup nodes is available',
    'Too many Cluster redirections. Last error: MOVED',
  ])('waits when ioredis says: %s', (message) => {
    expect(reactionTo(new Error(message), nothing)).toBeInstanceOf(Retryable);
  });

  it.each([
    'WRONGPASS invalid username-password pair or user is disabled.',
    'NOAUTH Authentication required.',
    "NOPERM this user has no permissions to run the 'evalsha' command",
    'ERR invalid password',
    'ERR DB index is out of range',
  ])('stops for %s', (message) => {
    const reaction = reactionTo(reply(message), nothing);
    expect(reaction).toBeInstanceOf(Halt);
    expect(String(reaction)).toContain('RAPPORT_REDIS_URL');
  });

  it.each(['SELF_SIGNED_CERT_IN_CHAIN', 'CERT_HAS_EXPIRED', 'ERR_TLS_CERT_ALTNAME_INVALID', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'])(
    'stops for the certificate: %s',
    (code) => {
      expect(reactionTo(withCode(code), nothing)).toBeInstanceOf(Halt);
    },
  );

  it('looks behind a closed connection, a refused EXEC and a failed cluster', () => {
    const refusal = reply('WRONGPASS no');
    expect(reactionTo(new Error('Connection is closed.'), refusal)).toBeInstanceOf(Halt);
    expect(reactionTo(new Error('Connection is closed.'), withCode('ECONNREFUSED'))).toMatchObject({
      message: expect.stringContaining('ECONNREFUSED'),
    });
    const aborted = reply('EXECABORT Transaction discarded because of previous errors.');
    expect(reactionTo(Object.assign(aborted, { previousErrors: [reply('NOPERM no')] }), nothing)).toBeInstanceOf(Halt);
    expect(reactionTo(Object.assign(aborted, { previousErrors: [reply('LOADING')] }), nothing)).toBeInstanceOf(Retryable);
    expect(reactionTo(Object.assign(new Error('Failed to refresh slots cache.'), { lastNodeError: refusal }), nothing)).toBeInstanceOf(
      Halt,
    );
  });

  it('keeps the cause', () => {
    const cause = new Error('Command timed out');
    expect(reactionTo(cause, nothing)).toMatchObject({ cause });
  });

  it('leaves reactions and defects as they are', () => {
    for (const thrown of [new Halt('h'), new Retryable('r'), new TypeError('t'), reply('ERR unknown command'), 'text']) {
      expect(reactionTo(thrown, nothing)).toBe(thrown);
    }
  });
});
