package rapport.bench.sources;

import rapport.bench.domain.Event;

/** What a source makes of a record: an event, or the reason why there is none. src/sources/decoded.ts. */
public sealed interface Decoded {
  /** `value` are the record's own bytes */
  record Sound(Event event, byte[] value) implements Decoded {}

  record Dead(Reason reason, String detail, byte[] value) implements Decoded {}

  enum Reason {
    NOT_AVRO("Send it in the Confluent wire format, or declare the source as JSON."),
    UNKNOWN_SCHEMA(
        "Register the writer’s schema, compatible with ours, in the registry that the processor asks; then send the record again."),
    NOT_JSON("Send one JSON object a record, or declare the source as Avro."),
    INVALID_RECORD("Correct the field at its producer and send the record again."),
    INVALID_CUSTOMER_ID("Give the customer an id of 1–128 bytes of UTF-8 without control characters and send the record again."),
    INVALID_TIME("Send it again with the time at which it happened, in ms since the epoch."),
    FUTURE_EVENT("Set the producer’s clock and send the record again with the time at which it happened."),
    UNKNOWN_CURRENCY("Send it again with the ISO 4217 code of its currency."),
    NO_RATE("Add a rate of the currency for that day to the policy, then send the record again."),
    TOO_LARGE("Send it again without what is not needed; a customer event takes less than 512 KiB.");

    public final String reaction;

    Reason(String reaction) {
      this.reaction = reaction;
    }
  }
}
