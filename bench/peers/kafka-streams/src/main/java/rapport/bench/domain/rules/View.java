package rapport.bench.domain.rules;

import rapport.bench.domain.CustomerState;
import rapport.bench.domain.Policy;
import rapport.bench.domain.Purchases;

/** A customer at an instant, with what several rules need of it worked out once; `purchases` may be null. */
public record View(CustomerState state, Policy policy, long at, Purchases.PurchaseDays purchases) {
  public static View of(CustomerState state, Policy policy, long at) {
    return new View(state, policy, at, Purchases.purchaseDays(state));
  }
}
