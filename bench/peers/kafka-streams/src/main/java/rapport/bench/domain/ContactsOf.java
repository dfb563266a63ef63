package rapport.bench.domain;

import static rapport.bench.domain.Ids.dayOf;

import rapport.bench.domain.CustomerState.Contacts;
import rapport.bench.domain.Policy.ServiceMode;

/** How a customer and the business meet: src/domain/contacts.ts, without attributes, which no topic of the benchmark brings. */
public final class ContactsOf {
  public static final int COMMUNITY = ServiceMode.COMMUNITY.ordinal();

  private ContactsOf() {}

  static void recordContact(CustomerState state, Event event, Policy policy) {
    ServiceMode mode;
    if (event instanceof Event.Engagement engagement) {
      if (engagement.kind() == Event.EngagementKind.CAMPAIGN_SENT) return;
      mode = engagement.kind() == Event.EngagementKind.COMMUNITY_POST ? ServiceMode.COMMUNITY : policy.channels().get(engagement.channel());
    } else if (event instanceof Event.Support support) {
      if (support.status() != Event.TicketStatus.OPENED && support.status() != Event.TicketStatus.REOPENED) return;
      mode = policy.channels().get(support.channel());
    } else if (event instanceof Event.Purchase purchase) {
      mode = policy.channels().get(purchase.channel());
    } else {
      mode = policy.channels().get(((Event.Survey) event).channel());
    }
    if (mode == null) return;
    int span = Math.floorDiv(dayOf(event.at()), CustomerState.SPAN_DAYS);
    Contacts known = null;
    for (int i = state.contacts.size() - 1; i >= 0 && known == null; i--) if (state.contacts.get(i).span == span) known = state.contacts.get(i);
    if (known == null) {
      known = new Contacts(span);
      Lists.insert(state.contacts, known, (a, b) -> a.span > b.span);
    }
    known.counts[mode.ordinal()] += 1;
  }

  static boolean isPast(Contacts contacts, int today) {
    return (contacts.span + 1) * CustomerState.SPAN_DAYS <= today - CustomerState.WINDOW_DAYS;
  }

  static int[] contactsBy(CustomerState state, int today) {
    int[] sums = new int[4];
    for (Contacts contacts : state.contacts) {
      if (isPast(contacts, today)) continue;
      for (int i = 0; i < sums.length; i++) sums[i] += contacts.counts[i];
    }
    return sums;
  }
}
