package rapport.bench.engine;

import static rapport.bench.domain.Ids.NONE;

/** One input partition of a shard and what it says about time: src/engine/input.ts, without the inbox, which is Kafka Streams'. */
final class Input {
  private final long guardMs;
  private long position;
  /** running maximum of event time taken */
  long newest;
  /** the bound its end gave, while it is not behind */
  long end = NONE;
  private long endAsked = NONE;
  /** an answer about its end that the position has not reached yet */
  private long askedBound = NONE;
  private long askedEnd;
  private long askedSent;

  Input(long position, long newest, long guardMs) {
    this.position = position;
    this.newest = newest;
    this.guardMs = guardMs;
  }

  long bound() {
    return end != NONE ? end : newest == NONE ? 0 : newest;
  }

  void take(long offset, long at) {
    position = offset + 1;
    if (at > newest) newest = at;
    settle();
  }

  void ended(long endOffset, long sent) {
    if (askedBound == NONE) {
      askedBound = sent - guardMs;
      askedEnd = endOffset;
      askedSent = sent;
    }
    settle();
  }

  /** An input that has not reached an end for too long is behind again. */
  void check(long now) {
    if (endAsked == NONE || now - endAsked <= guardMs + 1_000 || askedBound == NONE) return;
    end = NONE;
    endAsked = NONE;
  }

  private void settle() {
    if (askedBound == NONE || position < askedEnd) return;
    if (askedBound > end) end = askedBound;
    endAsked = askedSent;
    askedBound = NONE;
  }
}
