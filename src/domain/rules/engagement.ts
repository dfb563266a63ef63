/**
 * Engagement: distinct campaigns responded to / distinct campaigns sent at least `matureDays` ago, both of the window, at most 1.
 * A message just sent is not yet unanswered, but an answer to it counts at once; a response without a send is ignored.
 * A response is an opening, a click, or a purchase that names the campaign. Evidence: `leastSends` mature campaigns.
 * Breakpoints: send + mature, send + window, response + window.
 */
import { DAY } from '../ids.ts';
import { constant, type Rule, Steps, type View } from './rule.ts';

class Engagement extends Steps {
  private readonly window: number;
  private readonly mature: number;
  private readonly least: number;
  /** of the sends that lie in the window at first, oldest first: when, and the place of the send before it of the same campaign, −1 for none */
  private readonly sentAt: number[] = [];
  private readonly previous: number[] = [];
  /** of the campaigns among them that were responded to: when last, and the place of the last send */
  private readonly respondedAt: number[] = [];
  private readonly lastSend: number[] = [];
  /** sends before this place have left the window; those from `young` on are not mature */
  private oldest = 0;
  private young = 0;
  responded = 0;
  matured = 0;

  constructor({ state: { sends, responses }, policy, at }: View) {
    super();
    const { windowDays, matureDays, leastSends } = policy.loyalty.engagement;
    this.window = windowDays * DAY;
    this.mature = matureDays * DAY;
    this.least = leastSends;
    const campaigns: number[] = [];
    for (const { at: sentAt, campaign } of sends) {
      if (sentAt + this.window <= at) continue;
      this.previous.push(campaigns.lastIndexOf(campaign));
      this.sentAt.push(sentAt);
      campaigns.push(campaign);
    }
    for (const { at: respondedAt, campaign } of responses) {
      const last = campaigns.lastIndexOf(campaign);
      if (last < 0) continue;
      this.respondedAt.push(respondedAt);
      this.lastSend.push(last);
    }
    this.stand(at);
  }

  advance(): void {
    this.stand(this.next);
  }

  /** Counts each campaign at its oldest send in the window. */
  private stand(at: number): void {
    const { sentAt, previous, respondedAt, lastSend, window, mature } = this;
    while (this.oldest < sentAt.length && (sentAt[this.oldest] ?? 0) + window <= at) this.oldest++;
    this.young = Math.max(this.young, this.oldest);
    while (this.young < sentAt.length && (sentAt[this.young] ?? 0) + mature <= at) this.young++;
    const { oldest, young } = this;
    let next = young < sentAt.length ? (sentAt[young] ?? 0) + mature : Number.POSITIVE_INFINITY;
    if (oldest < young) next = Math.min(next, (sentAt[oldest] ?? 0) + window);
    let matured = 0;
    for (let i = oldest; i < young; i++) if ((previous[i] ?? -1) < oldest) matured++;
    let responded = 0;
    for (let i = 0; i < respondedAt.length; i++) {
      const until = (respondedAt[i] ?? 0) + window;
      if ((lastSend[i] ?? 0) < oldest || until <= at) continue;
      responded++;
      if (until < next) next = until;
    }
    this.responded = responded;
    this.matured = matured;
    this.next = next;
    this.value = matured === 0 || matured < this.least ? null : Math.min(1, responded / matured);
  }
}

export const engagement: Rule = {
  open: (view) => (view.state.sends.length === 0 ? constant(null) : new Engagement(view)),
  evidence(view) {
    const { responded, matured } = new Engagement(view);
    return { responded, matured };
  },
};
