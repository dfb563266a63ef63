/**
 * SUPPORT_PAIN: a ticket open too long, opened again, or answered late; until it has been resolved for `afterDays`. Breakpoints: each ticket's instants of
 * becoming late and long, and of its end.
 */
import { constant, type Rule, Steps, type View } from '../rules/rule.ts';
import { isOpen, painOf } from '../tickets.ts';

class Pain extends Steps {
  private readonly spans: readonly { readonly from: number; readonly to: number }[];
  private readonly always: boolean;
  hurting = 0;

  constructor({ state, policy, at }: View) {
    super();
    this.spans = state.tickets.map((ticket) => painOf(ticket, policy));
    this.always = state.openDropped > 0;
    this.stand(at);
  }

  advance(): void {
    this.stand(this.next);
  }

  private stand(at: number): void {
    let next = Number.POSITIVE_INFINITY;
    this.hurting = 0;
    for (const { from, to } of this.spans) {
      if (from >= to) continue;
      if (at >= from && at < to) this.hurting += 1;
      const edge = at < from ? from : at < to ? to : Number.POSITIVE_INFINITY;
      if (edge < next) next = edge;
    }
    this.value = this.always || this.hurting > 0 ? 1 : 0;
    this.next = next;
  }
}

export const pain: Rule = {
  open: (view) => (view.state.tickets.length === 0 && view.state.openDropped === 0 ? constant(0) : new Pain(view)),
  evidence: (view) => ({
    hurting: new Pain(view).hurting,
    open: view.state.tickets.filter(isOpen).length + view.state.openDropped,
  }),
};
