/**
 * Errors named by the reaction they ask for. A dead letter is a value, never an exception; infrastructure errors are never dead letters.
 */
class Reaction extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** Wait, then try again: a broker, Redis or the registry is away. Nothing is lost by waiting. */
export class Retryable extends Reaction {}

/** Another worker has taken the shard over: drop it, in silence. */
export class Fenced extends Reaction {}

/** Stop the process: going on would lose or double something. The message says what happened, where, and what to do. */
export class Halt extends Reaction {}
