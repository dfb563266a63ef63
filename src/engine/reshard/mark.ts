/**
 * The mark of a journal that a reshard has not finished: it stands in its headers where the hash of a policy stands. No hash looks like it, so a worker of any release
 * halts at it. It names what is moved, so that only the same reshard goes on with it. Pure.
 */
import { createHash } from 'node:crypto';
import type { Ends } from '../ports.ts';

const PREFIX = 'reshard of ';

/** @param journals of the application that is moved: one that has run since has others */
export const markOf = (applicationId: string, shards: number, target: number, journals: readonly Ends[]): string =>
  `${moveOf(applicationId, shards, target)} at ${createHash('sha256')
    .update(journals.map(({ end }) => end).join())
    .digest('hex')
    .slice(0, 12)}`;

/** The mark without where the journals ended. */
export const moveOf = (applicationId: string, shards: number, target: number): string =>
  `${PREFIX}${applicationId} from ${shards} to ${target} shards`;

/** Whether what stands for the policy is such a mark. */
export const isMark = (policy: string): boolean => policy.startsWith(PREFIX);
