package rapport.bench.sources;

/** The types of events, each with a schema of its own in schemas/in. */
public enum SourceType { purchase, support, survey, engagement }
