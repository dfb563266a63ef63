/**
 * DISENGAGED: unsubscribed; or campaigns are answered at most `share` as often as before: of two windows, counted back from the sends that have had their
 * time to be answered, each with `leastSends`, and `leastResponses` in the earlier one. Breakpoints: send + mature, + window, + 2·window.
 */
import { DAY } from '../ids.ts';
import { constant, type Rule, Steps, type View } from '../rules/rule.ts';
import type { Touch } from '../state.ts';

class Disengaged extends Steps {
  private readonly sends: readonly Touch[];
  private readonly answered: ReadonlySet<number>;
  private readonly mature: number;
  private readonly window: number;
  private readonly policy: View['policy'];
  readonly sent = [0, 0];
  readonly responded = [0, 0];

  constructor({ state, policy, at }: View) {
    super();
    this.sends = state.sends;
    this.answered = new Set(state.responses.map(({ campaign }) => campaign));
    this.mature = policy.loyalty.engagement.matureDays * DAY;
    this.window = policy.churn.disengaged.windowDays * DAY;
    this.policy = policy;
    this.stand(at);
  }

  advance(): void {
    this.stand(this.next);
  }

  private stand(at: number): void {
    let next = Number.POSITIVE_INFINITY;
    this.sent.fill(0);
    this.responded.fill(0);
    for (const send of this.sends) {
      const age = at - send.at - this.mature;
      if (age >= 2 * this.window) continue;
      const ends = age < 0 ? 0 : age < this.window ? this.window : 2 * this.window;
      next = Math.min(next, send.at + this.mature + ends);
      if (age < 0) continue;
      const i = age < this.window ? 0 : 1;
      this.sent[i] = (this.sent[i] ?? 0) + 1;
      if (this.answered.has(send.campaign)) this.responded[i] = (this.responded[i] ?? 0) + 1;
    }
    this.next = next;
    const { leastSends, leastResponses, share } = this.policy.churn.disengaged;
    const [sent = 0, sentBefore = 0] = this.sent;
    const [responded = 0, respondedBefore = 0] = this.responded;
    const heard = sent >= leastSends && sentBefore >= leastSends && respondedBefore >= leastResponses;
    this.value = heard && responded * sentBefore <= share * respondedBefore * sent ? 1 : 0;
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
    const { sent, responded } = new Disengaged(view);
    const [recent = 0, before = 0] = sent;
    const [answered = 0, answeredBefore = 0] = responded;
    return {
      unsubscribedAt: view.state.unsubscribedAt,
      sent: recent,
      responded: answered,
      sentBefore: before,
      respondedBefore: answeredBefore,
    };
  },
};
