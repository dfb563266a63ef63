/**
 * NEGATIVE_FEEDBACK: of some kind of feedback the newest answer in the window is a bad one: NPS, CSAT or review at or below the policy's limit, or words
 * that are negative. It ends with the window, or with better feedback of the same kind. Breakpoints: each kind's newest answer + window.
 */
import { DAY } from '../ids.ts';
import type { Policy } from '../policy.ts';
import { constant, type Rule, Steps, type View } from '../rules/rule.ts';
import { ANSWERS, type Answer, type AnswerKind } from '../state.ts';

function isBad({ kind, score }: Answer, policy: Policy): boolean {
  const { nps, csat, sentiment } = policy.churn.negative;
  switch (kind) {
    case 'NPS':
      return score <= nps / 10;
    case 'CSAT':
    case 'REVIEW':
      return score <= (csat - 1) / (policy.feedback.csatMost - 1);
    case 'COMMENT':
    case 'REMARK':
      return score <= (sentiment + 1) / 2;
    case 'CES':
      return false;
  }
}

/** Words are words, with a score beside them or without. */
const kindOf = ({ kind }: Answer): AnswerKind => (kind === 'REMARK' ? 'COMMENT' : kind);
const KINDS: readonly AnswerKind[] = ANSWERS.filter((kind) => kind !== 'REMARK');

/** When the newest answer of a kind was given, if it is a bad one; of several at one instant all must be, so that their order does not count. */
function newestBad(feedback: readonly Answer[], kind: AnswerKind, policy: Policy): number | null {
  let newest: number | null = null;
  for (let i = feedback.length - 1; i >= 0; i--) {
    const answer = feedback[i] as Answer;
    if (kindOf(answer) !== kind) continue;
    if (newest !== null && answer.at !== newest) break;
    if (!isBad(answer, policy)) return null;
    newest = answer.at;
  }
  return newest;
}

class Negative extends Steps {
  /** until when each bad one counts */
  private readonly ends: number[] = [];
  bad = 0;

  constructor({ state, policy, at }: View) {
    super();
    for (const kind of KINDS) {
      const newest = newestBad(state.feedback, kind, policy);
      if (newest !== null) this.ends.push(newest + policy.churn.negative.windowDays * DAY);
    }
    this.stand(at);
  }

  advance(): void {
    this.stand(this.next);
  }

  private stand(at: number): void {
    this.bad = 0;
    this.next = Number.POSITIVE_INFINITY;
    for (const end of this.ends) {
      if (end <= at) continue;
      this.bad += 1;
      if (end < this.next) this.next = end;
    }
    this.value = this.bad > 0 ? 1 : 0;
  }
}

export const negative: Rule = {
  open: (view) => (view.state.feedback.length === 0 ? constant(0) : new Negative(view)),
  evidence: (view) => ({ kinds: new Negative(view).bad }),
};
