package rapport.bench.sources;

/** Where writer schemas are. */
public interface Schemas {
  /** The text of a schema; null when there is none under this id. Throws when it cannot be asked. */
  String find(int id);
}
