/** Why a history has no model. */
import { Halt } from '../engine/errors.ts';

export type UnfitReason = 'empty' | 'no-repeat' | 'no-amounts' | 'one-spender' | 'constant-amounts';

/** The history lacks what a model is made of; the message says what to do. */
export class Unfit extends Halt {
  readonly reason: UnfitReason;

  constructor(reason: UnfitReason, message: string) {
    super(message);
    this.reason = reason;
  }
}
