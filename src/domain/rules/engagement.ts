/**
 * Engagement: distinct campaigns responded to / distinct campaigns sent at least `matureDays` ago, both of the window, at most 1.
 * A message just sent is not yet unanswered, but an answer to it counts at once; a response without a send is ignored.
 * A response is an opening, a click, or a purchase that names the campaign. Evidence: `leastSends` mature campaigns.
 * Breakpoints: send + mature, send + window, response + window.
 */
import { DAY } from '../ids.ts';
import type { Touch } from '../state.ts';
import { constant, type Rule, Steps, type View } from './rule.ts';

class Engagement extends Steps {
  private readonly sends: readonly Touch[];
  /** for each send: the index of the send before it of the same campaign, −1 for none */
  private readonly previous: number[] = [];
  /** for each send: when its campaign was last responded to */
  private readonly respondedAt: number[] = [];
  private readonly responses: readonly Touch[];
  private readonly window: number;
  private readonly mature: number;
  private readonly least: number;
  responded = 0;
  matured = 0;

  constructor({ state, policy, at }: View) {
    super();
    const { windowDays, matureDays, leastSends } = policy.loyalty.engagement;
    this.sends = state.sends;
    this.responses = state.responses;
    this.window = windowDays * DAY;
    this.mature = matureDays * DAY;
    this.least = leastSends;
    for (let i = 0; i < this.sends.length; i++) {
      const campaign = this.sends[i]?.campaign;
      let before = i - 1;
      while (before >= 0 && this.sends[before]?.campaign !== campaign) before--;
      this.previous.push(before);
      this.respondedAt.push(this.responses.find((response) => response.campaign === campaign)?.at ?? Number.NEGATIVE_INFINITY);
    }
    this.stand(at);
  }

  advance(): void {
    this.stand(this.next);
  }

  /** Counts each campaign at its oldest send in the window. */
  private stand(at: number): void {
    let next = Number.POSITIVE_INFINITY;
    let oldest = 0;
    this.responded = 0;
    this.matured = 0;
    for (let i = 0; i < this.sends.length; i++) {
      const sent = this.sends[i]?.at ?? 0;
      if (sent + this.window <= at) {
        oldest = i + 1;
        continue;
      }
      const isMature = sent + this.mature <= at;
      next = Math.min(next, isMature ? sent + this.window : sent + this.mature);
      if ((this.previous[i] ?? -1) >= oldest) continue;
      if (isMature) this.matured++;
      const respondedAt = this.respondedAt[i] ?? Number.NEGATIVE_INFINITY;
      if (respondedAt + this.window <= at) continue;
      this.responded++;
      next = Math.min(next, respondedAt + this.window);
    }
    this.next = next;
    this.value = this.matured === 0 || this.matured < this.least ? null : Math.min(1, this.responded / this.matured);
  }
}

export const engagement: Rule = {
  open: (view) => (view.state.sends.length === 0 ? constant(null) : new Engagement(view)),
  evidence(view) {
    const { responded, matured } = new Engagement(view);
    return { responded, matured };
  },
};
