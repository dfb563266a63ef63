package rapport.bench.engine;

import static rapport.bench.domain.Ids.NONE;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import rapport.bench.codec.State;
import rapport.bench.domain.Customer;
import rapport.bench.domain.CustomerState;
import rapport.bench.domain.Decision;
import rapport.bench.domain.Event;
import rapport.bench.domain.Kpis.Bookings;
import rapport.bench.domain.Policy;
import rapport.bench.outputs.Origin;
import rapport.bench.outputs.Out;
import rapport.bench.outputs.Outputs;
import rapport.bench.sources.Decoded;
import rapport.bench.sources.Decoded.Dead;
import rapport.bench.sources.Decoded.Reason;

/** One record, or one customer's timers, with the states behind it: the middle of src/engine/fold.ts. Not for several threads. */
public final class Fold {
  /** An event this far ahead of the clock is a dead letter, ms. */
  public static final long FUTURE = 5 * 60_000;

  /** States by customer, and the index of who is due when. */
  public interface States {
    /** null for a customer not seen yet */
    byte[] get(String customer);

    /** `before`: the instant that the customer is in the index under, NONE for none; `indexed`: under which it is to be. */
    void put(String customer, byte[] state, long before, long indexed);
  }

  private final Policy policy;
  private final Outputs outputs;
  private final States states;
  private final Consumer<Out> emit;
  private final Bookings bookings;
  private final State codec = new State();
  private final List<Decision> decided = new ArrayList<>();

  public Fold(Policy policy, Outputs outputs, States states, Consumer<Out> emit, Bookings bookings) {
    this.policy = policy;
    this.outputs = outputs;
    this.states = states;
    this.emit = emit;
    this.bookings = bookings;
  }

  /** `watermark`: the shard's, just before this record. */
  public void record(Decoded decoded, byte[] key, long watermark, Origin origin, long now, long caughtUpAt) {
    if (decoded instanceof Dead dead) {
      emit.accept(outputs.deadLetter(dead, key, origin, now));
      return;
    }
    Decoded.Sound sound = (Decoded.Sound) decoded;
    Event event = sound.event();
    if (event.at() > now + FUTURE) {
      Dead dead = new Dead(Reason.FUTURE_EVENT, "occurredAt is more than 5 minutes ahead of the broker", sound.value());
      emit.accept(outputs.deadLetter(dead, key, origin, now));
      return;
    }
    String customer = event.customer();
    byte[] bytes = states.get(customer);
    CustomerState state = bytes == null ? new CustomerState(customer) : codec.decode(customer, bytes);
    if (Customer.isDuplicate(state, event)) return;
    if (Customer.fire(state, Math.max(watermark, event.at()), policy, decided, bookings)) say(now, caughtUpAt, null);
    Customer.fold(state, event, policy, decided, bookings);
    say(now, caughtUpAt, origin);
    // a late event may lead to a timer that is past already
    if (Customer.fire(state, watermark, policy, decided, bookings)) say(now, caughtUpAt, null);
    keep(state, bytes == null ? NONE : State.indexed(bytes));
  }

  /** Fires the timers of a customer whom the index says due at `indexed`; whatever it finds, the index is right afterwards (I9). */
  public void timer(String customer, long indexed, long watermark, long now, long caughtUpAt) {
    byte[] bytes = states.get(customer);
    CustomerState state = codec.decode(customer, bytes);
    if (Customer.fire(state, watermark, policy, decided, bookings)) say(now, caughtUpAt, null);
    long until = state.due;
    states.put(customer, codec.encode(state, until), indexed, until);
  }

  private void keep(CustomerState state, long indexed) {
    // an instant that only moves later need not move in the index: it fires early, finds nothing, and is set right then
    long stays = indexed != NONE && (state.due == NONE || state.due >= indexed) ? indexed : state.due;
    states.put(state.id, codec.encode(state, stays), indexed, stays);
  }

  private void say(long now, long caughtUpAt, Origin trigger) {
    if (decided.isEmpty()) return;
    Outputs.Context context = new Outputs.Context(now, caughtUpAt, trigger);
    for (Decision decision : decided) emit.accept(outputs.decision(decision, context));
    decided.clear();
  }
}
