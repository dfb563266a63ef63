/**
 * From what ioredis throws to the reaction it asks for. Boundary: knows the texts of Redis and of ioredis, so that nobody else has to.
 */
import { Fenced, Halt, Retryable } from '../../engine/errors.ts';

/** Replies that pass by themselves: a server that loads, fails over, moves slots, is full or busy. */
const PASSING =
  /^(LOADING|CLUSTERDOWN|TRYAGAIN|MOVED|ASK|MASTERDOWN|READONLY|OOM|BUSY|MISCONF|NOREPLICAS|UNBLOCKED|ERR max number of clients)/;
/** Replies that say that the address in the configuration is wrong. */
const ACCESS = /^(WRONGPASS|NOAUTH|NOPERM|ERR invalid password|ERR AUTH|ERR DB index|ERR SELECT)/;
const CERTIFICATE = /^ERR_TLS|CERT|SIGNATURE/;

/** Whether a connection's error can only be cured by another configuration. */
export function isAccess(error: Error): boolean {
  return ACCESS.test(error.message) || ('code' in error && typeof error.code === 'string' && CERTIFICATE.test(error.code));
}

/**
 * @param thrown what the call threw
 * @param connection the connection's own last error, which says more than "connection is closed"
 * @returns Retryable, Halt, or what was thrown, when it is a defect
 */
export function reactionTo(thrown: unknown, connection: Error | null): unknown {
  if (!(thrown instanceof Error) || thrown instanceof Retryable || thrown instanceof Halt || thrown instanceof Fenced) return thrown;
  if (thrown instanceof TypeError || thrown instanceof RangeError || thrown instanceof ReferenceError) return thrown;
  const cause = causeOf(thrown, connection);
  if (isAccess(cause)) {
    const cure = 'Correct user, password, database and certificates of RAPPORT_REDIS_URL, or the permissions of that user.';
    return new Halt(`Redis refuses access: ${cause.message}. ${cure}`, { cause });
  }
  if (cause.message.startsWith('OOM')) {
    const cure = 'Nothing is lost and the work goes on when there is room: raise maxmemory.';
    return new Retryable(`Redis is full: it has reached maxmemory and accepts no writes. ${cure}`, { cause });
  }
  if (isReply(cause) && !PASSING.test(cause.message)) return thrown;
  return new Retryable(`Redis is away: ${cause.message}`, { cause });
}

/** The server's own answer; ioredis exports the class as `any`. */
const isReply = (error: Error): boolean => error.name === 'ReplyError';

/** A refused EXEC carries what refused it; a closed connection what closed it; a failed cluster its last node's error. */
function causeOf(thrown: Error, connection: Error | null): Error {
  if ('previousErrors' in thrown && Array.isArray(thrown.previousErrors) && thrown.previousErrors[0] instanceof Error)
    return thrown.previousErrors[0];
  if ('lastNodeError' in thrown && thrown.lastNodeError instanceof Error) return thrown.lastNodeError;
  return isReply(thrown) ? thrown : (connection ?? thrown);
}
