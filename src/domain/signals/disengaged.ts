/**
 * DISENGAGED: unsubscribed; or campaigns are answered at most `share` as often as before: of two windows, counted back from the sends that have had their
 * time to be answered, each with `leastSends`, and `leastResponses` in the earlier one. Breakpoints: send + mature, + window, + 2·window.
 */
import { DAY } from '../ids.ts';
import { forgetPlaces, NOWHERE, placeOfCampaign, putPlace } from '../rules/campaigns.ts';
import { constant, type Rule, Steps, type View } from '../rules/rule.ts';
import type { Touch } from '../state.ts';

class Disengaged extends Steps {
  private readonly sends: readonly Touch[];
  /** how many of the sends before each place were answered */
  private readonly answered: readonly number[];
  private readonly mature: number;
  private readonly window: number;
  private readonly policy: View['policy'];
  /** the places of the first send of the earlier window, of the later one, and of those that have not had their time */
  private earlier = 0;
  private later = 0;
  private young = 0;
  sent = 0;
  sentBefore = 0;
  responded = 0;
  respondedBefore = 0;

  constructor({ state: { sends, responses }, policy, at }: View) {
    super();
    this.sends = sends;
    forgetPlaces();
    for (const { campaign } of responses) putPlace(campaign, 0);
    const answered = new Array<number>(sends.length + 1).fill(0);
    for (let i = 0; i < sends.length; i++) {
      const isAnswered = placeOfCampaign((sends[i] as Touch).campaign) !== NOWHERE;
      answered[i + 1] = (answered[i] ?? 0) + (isAnswered ? 1 : 0);
    }
    this.answered = answered;
    this.mature = policy.loyalty.engagement.matureDays * DAY;
    this.window = policy.churn.disengaged.windowDays * DAY;
    this.policy = policy;
    this.stand(at);
  }

  advance(): void {
    this.stand(this.next);
  }

  private stand(at: number): void {
    const { answered, mature, window } = this;
    const young = this.firstAfter(this.young, at - mature);
    const later = this.firstAfter(this.later, at - mature - window);
    const earlier = this.firstAfter(this.earlier, at - mature - 2 * window);
    this.young = young;
    this.later = later;
    this.earlier = earlier;
    this.next = Math.min(
      this.sentAt(young) + mature,
      later < young ? this.sentAt(later) + mature + window : Number.POSITIVE_INFINITY,
      earlier < later ? this.sentAt(earlier) + mature + 2 * window : Number.POSITIVE_INFINITY,
    );
    this.sent = young - later;
    this.sentBefore = later - earlier;
    this.responded = (answered[young] ?? 0) - (answered[later] ?? 0);
    this.respondedBefore = (answered[later] ?? 0) - (answered[earlier] ?? 0);
    const { leastSends, leastResponses, share } = this.policy.churn.disengaged;
    const heard = this.sent >= leastSends && this.sentBefore >= leastSends && this.respondedBefore >= leastResponses;
    this.value = heard && this.responded * this.sentBefore <= share * this.respondedBefore * this.sent ? 1 : 0;
  }

  /** The first place from `place` on whose send is later than an instant. */
  private firstAfter(place: number, at: number): number {
    let found = place;
    while (found < this.sends.length && this.sentAt(found) <= at) found++;
    return found;
  }

  /** Infinity behind the last. */
  private sentAt(place: number): number {
    return this.sends[place]?.at ?? Number.POSITIVE_INFINITY;
  }
}

const isUnsubscribed = ({ state: { unsubscribedAt, resubscribedAt } }: View): boolean =>
  unsubscribedAt !== null && (resubscribedAt === null || resubscribedAt < unsubscribedAt);

/** Whether there are enough sends and responses for it ever to hold in this silence. */
function canFall({ state: { sends, responses }, policy }: View): boolean {
  const { leastSends, leastResponses } = policy.churn.disengaged;
  return sends.length >= 2 * leastSends && responses.length >= leastResponses;
}

export const disengaged: Rule = {
  open(view) {
    if (isUnsubscribed(view)) return constant(1);
    return canFall(view) ? new Disengaged(view) : constant(0);
  },
  evidence(view) {
    const { sent, responded, sentBefore, respondedBefore } = new Disengaged(view);
    return { unsubscribedAt: view.state.unsubscribedAt, sent, responded, sentBefore, respondedBefore };
  },
};
