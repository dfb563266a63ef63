/**
 * Feedback: Σ w·s / Σ w over the answers in the window, s scaled to 0–1, w = 2^(−age / half-life). Ages are taken relative to the newest
 * answer, which cancels out of the quotient: so the value is exactly constant in silence, until an answer leaves the window.
 * Evidence: an answer in the window. Breakpoints: each answer + window.
 */
import { DAY } from '../ids.ts';
import type { Answer } from '../state.ts';
import { constant, type Rule, Steps, type View } from './rule.ts';

/** A remark stands beside a score, which counts. */
const counts = ({ kind }: Answer): boolean => kind !== 'REMARK';

class Feedback extends Steps {
  private readonly answers: readonly Answer[];
  private readonly window: number;
  private readonly halfLife: number;
  private oldest = 0;

  constructor({ state, policy, at }: View) {
    super();
    this.answers = state.feedback.filter(counts);
    this.window = policy.loyalty.feedback.windowDays * DAY;
    this.halfLife = policy.loyalty.feedback.halfLifeDays * DAY;
    this.stand(at);
  }

  advance(): void {
    this.stand(this.next);
  }

  private stand(at: number): void {
    let oldest = this.answers[this.oldest];
    while (oldest !== undefined && oldest.at + this.window <= at) oldest = this.answers[++this.oldest];
    this.next = oldest === undefined ? Number.POSITIVE_INFINITY : oldest.at + this.window;
    this.value = this.mean();
  }

  /** Summed from the newest on, so that the order of arrival leaves no trace in the last bits. */
  private mean(): number | null {
    const newest = this.answers[this.answers.length - 1];
    if (newest === undefined || this.oldest >= this.answers.length) return null;
    let weights = 0;
    let sum = 0;
    for (let i = this.answers.length - 1; i >= this.oldest; i--) {
      const answer = this.answers[i];
      if (answer === undefined) break;
      const weight = 2 ** ((answer.at - newest.at) / this.halfLife);
      weights += weight;
      sum += weight * answer.score;
    }
    return Math.min(1, sum / weights);
  }
}

export const feedback: Rule = {
  open: (view) => (view.state.feedback.length === 0 ? constant(null) : new Feedback(view)),
  evidence: ({ state, policy, at }) => {
    const answers = state.feedback.filter((answer) => counts(answer) && answer.at + policy.loyalty.feedback.windowDays * DAY > at);
    return { answers: answers.length, newestAt: answers[answers.length - 1]?.at ?? null };
  },
};
