package rapport.bench.engine;

import rapport.bench.sources.Decoded;

/** A record's value as the topology sees it: decoded, with the record's own timestamp beside the event's, which the extractor notes. */
public final class Incoming {
  public final Decoded decoded;
  public long timestamp;

  public Incoming(Decoded decoded) {
    this.decoded = decoded;
  }
}
