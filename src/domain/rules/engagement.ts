/**
 * Engagement: distinct campaigns responded to / distinct campaigns sent at least `matureDays` ago, both of the window, at most 1.
 * A message just sent is not yet unanswered, but an answer to it counts at once; a response without a send is ignored.
 * A response is an opening, a click, or a purchase that names the campaign. Evidence: `leastSends` mature campaigns.
 * Breakpoints: send + mature, send + window, response + window.
 */
import { DAY } from '../ids.ts';
import type { Touch } from '../state.ts';
import { forgetPlaces, NOWHERE, placeOfCampaign, putPlace } from './campaigns.ts';
import { constant, type Rule, Steps, type View } from './rule.ts';

class Engagement extends Steps {
  private readonly window: number;
  private readonly mature: number;
  private readonly least: number;
  private readonly sends: readonly Touch[];
  private readonly responses: readonly Touch[];
  /** of each send from `first` on: the place of the send before it of the same campaign; null when no campaign was sent twice */
  private previous: number[] | null = null;
  /** of each response: the place of its campaign's last send from `first` on */
  private readonly lastSend: readonly number[];
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
    this.sends = sends;
    this.responses = responses;
    this.leave(at);
    const first = this.oldest;
    forgetPlaces();
    for (let i = first; i < sends.length; i++) {
      const before = putPlace((sends[i] as Touch).campaign, i);
      if (before === NOWHERE) continue;
      this.previous ??= sends.map(() => NOWHERE);
      this.previous[i] = before;
    }
    this.lastSend = responses.map(({ campaign }) => placeOfCampaign(campaign));
    this.stand(at);
  }

  advance(): void {
    this.stand(this.next);
  }

  private leave(at: number): void {
    while (this.oldest < this.sends.length && this.sentAt(this.oldest) + this.window <= at) this.oldest++;
  }

  /** Counts each campaign at its oldest send in the window. */
  private stand(at: number): void {
    const { sends, responses, lastSend, window, mature, previous } = this;
    this.leave(at);
    this.young = Math.max(this.young, this.oldest);
    while (this.young < sends.length && this.sentAt(this.young) + mature <= at) this.young++;
    const { oldest, young } = this;
    let next = young < sends.length ? this.sentAt(young) + mature : Number.POSITIVE_INFINITY;
    if (oldest < young) next = Math.min(next, this.sentAt(oldest) + window);
    let matured = 0;
    if (previous === null) matured = young - oldest;
    else for (let i = oldest; i < young; i++) if ((previous[i] ?? NOWHERE) < oldest) matured++;
    let responded = 0;
    for (let i = 0; i < lastSend.length; i++) {
      if ((lastSend[i] ?? NOWHERE) < oldest) continue;
      const until = (responses[i]?.at ?? 0) + window;
      if (until <= at) continue;
      responded++;
      if (until < next) next = until;
    }
    this.responded = responded;
    this.matured = matured;
    this.next = next;
    this.value = matured === 0 || matured < this.least ? null : Math.min(1, responded / matured);
  }

  private sentAt(place: number): number {
    return this.sends[place]?.at ?? 0;
  }
}

export const engagement: Rule = {
  open: (view) => (view.state.sends.length === 0 ? constant(null) : new Engagement(view)),
  evidence(view) {
    const { responded, matured } = new Engagement(view);
    return { responded, matured };
  },
};
