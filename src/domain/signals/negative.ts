/**
 * NEGATIVE_FEEDBACK: of some kind of feedback the newest answer in the window is a bad one: NPS, CSAT or review at or below the policy's limit, or words
 * that are negative. It ends with the window, or with better feedback of the same kind. Breakpoints: each kind's newest answer + window.
 */
import { DAY } from '../ids.ts';
import type { Policy } from '../policy.ts';
import { constant, type Rule, Steps, type View } from '../rules/rule.ts';
import type { Answer, AnswerKind } from '../state.ts';

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

class Negative extends Steps {
  /** until when each bad one counts, soonest first */
  private readonly ends: number[];
  bad = 0;

  constructor({ state, policy, at }: View) {
    super();
    const newest = new Map<AnswerKind, { readonly at: number; readonly bad: boolean }>();
    for (const answer of state.feedback) {
      // words are words, with a score beside them or without
      const kind = answer.kind === 'REMARK' ? 'COMMENT' : answer.kind;
      const before = newest.get(kind);
      // of two at one instant the better, so that their order does not count
      const bad = isBad(answer, policy) && (before?.at !== answer.at || before.bad);
      newest.set(kind, { at: answer.at, bad });
    }
    this.ends = [];
    for (const { at, bad } of newest.values()) if (bad) this.ends.push(at + policy.churn.negative.windowDays * DAY);
    this.ends.sort((a, b) => a - b);
    this.stand(at);
  }

  advance(): void {
    this.stand(this.next);
  }

  private stand(at: number): void {
    this.bad = this.ends.filter((end) => end > at).length;
    this.value = this.bad > 0 ? 1 : 0;
    this.next = this.ends.find((end) => end > at) ?? Number.POSITIVE_INFINITY;
  }
}

export const negative: Rule = {
  open: (view) => (view.state.feedback.length === 0 ? constant(0) : new Negative(view)),
  evidence: (view) => ({ kinds: new Negative(view).bad }),
};
