package rapport.bench.outputs;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import rapport.bench.codec.AvroOut;
import rapport.bench.domain.Decision;
import rapport.bench.domain.Decision.Alert;
import rapport.bench.domain.Decision.AlertContext;
import rapport.bench.domain.Decision.Driver;
import rapport.bench.domain.Decision.Profile;
import rapport.bench.domain.Decision.Scores;
import rapport.bench.domain.Decision.SegmentChange;
import rapport.bench.domain.Decision.Signal;
import rapport.bench.domain.Decision.SignalSince;
import rapport.bench.domain.Decision.Strategy;
import rapport.bench.domain.Ids;
import rapport.bench.domain.KpiValues;
import rapport.bench.domain.KpiValues.Kpi;
import rapport.bench.domain.Kpis;
import rapport.bench.sources.Decoded.Dead;

/**
 * Decisions and dead letters to records: src/outputs, field by field as schemas/out has them, and the headers of CloudEvents 1.0. Not for several threads.
 */
public final class Outputs {
  /** What is the same for every record: the application that ids name, the base currency, the hash of the policy, and the schemas' ids. */
  public record Application(String id, String currency, String policy, Map<Out.Type, Integer> schemaIds) {}

  /** What a decision's record needs beside the decision: `caughtUpAt` Ids.NONE while it is not known, `trigger` null for a timer. */
  public record Context(long now, long caughtUpAt, Origin trigger) {
    int originOf(long at) {
      return caughtUpAt != Ids.NONE && at >= caughtUpAt ? 0 : 1;
    }
  }

  private static final int MOST_VALUE_BYTES = 65_536;
  private static final int MOST_KEY_BYTES = 1024;
  private static final int MOST_DETAIL = 1024;
  private static final char[] HEX = "0123456789abcdef".toCharArray();
  private static final Header CONTENT = header("content-type", "application/avro");
  private static final Header SPEC = header("ce_specversion", "1.0");

  private final Application app;
  private final Header source;
  private final Header[] types = new Header[Out.Type.values().length];
  private final AvroOut out = new AvroOut();
  private final MessageDigest sha256;

  public Outputs(Application app) {
    this.app = app;
    source = header("ce_source", "/rapport/" + app.id());
    for (Out.Type type : Out.Type.values())
      types[type.ordinal()] = header("ce_type", "rapport." + type.name().toLowerCase().replace('_', '-'));
    try {
      sha256 = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  public Out decision(Decision decision, Context context) {
    if (decision instanceof Profile profile) return profile(profile, context);
    if (decision instanceof SegmentChange change) return change(change, context);
    return alert((Alert) decision, context);
  }

  private Out change(SegmentChange change, Context context) {
    String id = idOf(app.id(), change.customer(), Integer.toString(change.number()));
    begin(Out.Type.SEGMENT_CHANGE);
    out.string(id);
    out.string(change.customer());
    out.int64(change.number());
    out.symbolOrNull(change.from());
    out.symbol(change.to());
    out.int64(change.at());
    out.int64(context.now());
    out.int64(context.originOf(change.at()));
    out.symbol(change.cause());
    trigger(context);
    out.string(app.currency());
    out.int64(change.before() == null ? 0 : 1);
    if (change.before() != null) scores(change.before());
    scores(change.after());
    count(change.drivers());
    for (Driver driver : change.drivers()) {
      out.string(driver.name());
      out.float64OrNull(driver.before());
      out.float64OrNull(driver.after());
      out.float64(driver.difference());
    }
    if (!change.drivers().isEmpty()) out.int64(0);
    about(change.about());
    out.string(app.policy());
    return end(Out.Type.SEGMENT_CHANGE, bytesOf(change.customer()), id, change.at());
  }

  private Out profile(Profile profile, Context context) {
    begin(Out.Type.PROFILE);
    out.string(profile.customer());
    out.int64(profile.number());
    out.int64(profile.at());
    out.int64(context.now());
    out.int64(context.originOf(profile.at()));
    out.symbol(profile.group());
    out.int64(profile.groupSince());
    out.string(app.currency());
    scores(profile.scores());
    out.symbolOrNull(profile.churn().level());
    out.float64OrNull(profile.churn().buyProbability());
    out.bool(profile.churn().lost());
    List<SignalSince> signals = profile.churn().signals();
    count(signals);
    for (SignalSince since : signals) {
      out.string(since.signal().name());
      out.int64(since.since());
    }
    if (!signals.isEmpty()) out.int64(0);
    out.int64(profile.lifetimeValues().historic());
    out.int64(profile.lifetimeValues().simple());
    out.int64(profile.lifetimeValues().predicted());
    out.symbol(profile.relationship());
    out.symbolOrNull(profile.serviceMode());
    // no attributes
    out.int64(0);
    out.int64(profile.firstEventAt());
    out.int64OrNull(profile.firstOrderAt());
    out.int64OrNull(profile.lastOrderAt());
    out.int64(profile.orders());
    out.int64(profile.revenue());
    out.int64(profile.orders365());
    out.int64(profile.revenue365());
    out.float64OrNull(profile.gapDays());
    out.int64(profile.openTickets());
    out.float64OrNull(profile.csat());
    out.float64OrNull(profile.nps());
    out.int64OrNull(profile.nextChangeAt());
    count(profile.truncated());
    for (String list : profile.truncated()) out.string(list);
    if (!profile.truncated().isEmpty()) out.int64(0);
    out.string(app.policy());
    String id = idOf(app.id(), profile.customer(), "profile", Integer.toString(profile.number()));
    return end(Out.Type.PROFILE, bytesOf(profile.customer()), id, profile.at());
  }

  private Out alert(Alert alert, Context context) {
    String customer = alert.customer();
    String alertId =
        idOf(app.id(), customer == null ? "" : customer, alert.kind().name(), alert.subject(), Integer.toString(alert.episode()));
    begin(Out.Type.ALERT);
    out.string(alertId);
    out.symbol(alert.kind());
    out.stringOrNull(customer);
    out.string(alert.subject());
    out.int64(alert.episode());
    out.int64(alert.number());
    out.symbol(alert.event());
    out.symbolOrNull(alert.end());
    out.int64(alert.at());
    out.int64(context.now());
    out.int64(context.originOf(alert.at()));
    out.float64OrNull(alert.value());
    out.float64OrNull(alert.limit());
    // Nobody acknowledges in a history: neither who, nor by which command.
    out.stringOrNull(null);
    out.stringOrNull(null);
    AlertContext about = alert.about();
    out.symbolOrNull(about == null ? null : about.group());
    if (about == null) about(NOTHING);
    else about(about);
    trigger(context);
    out.string(app.currency());
    out.string(app.policy());
    byte[] key = bytesOf(customer != null ? customer : alert.kind() + "|" + alert.subject());
    return end(Out.Type.ALERT, key, idOf(alertId, Integer.toString(alert.number())), alert.at());
  }

  private static final AlertContext NOTHING = new AlertContext(null, null, List.of(), Double.NaN, Ids.NONE, List.of());

  /** `offsets`: pairs of a shard and the offset up to which its totals were read. */
  public Out kpi(Kpi kpi, List<long[]> offsets, Context context) {
    String dimension = Kpis.nameOf(kpi.dimension());
    String key = Iso.date(kpi.day()) + "|" + dimension;
    begin(Out.Type.KPI);
    out.string(Iso.date(kpi.day()));
    out.string(dimension);
    out.symbolOrNull(kpi.dimension() == Kpis.ALL ? null : Decision.GROUPS[kpi.dimension() - 1]);
    out.stringOrNull(null);
    out.stringOrNull(null);
    out.int64(kpi.at());
    out.bool(kpi.finished());
    out.int64(context.now());
    out.int64(context.originOf(kpi.at()));
    out.string(app.currency());
    out.int64(kpi.windowDays());
    double[] values = kpi.values();
    for (int i = 0; i < values.length; i++) {
      if (WHOLE[i]) out.int64OrNull(Double.isNaN(values[i]) ? Ids.NONE : (long) values[i]);
      else out.float64OrNull(values[i]);
    }
    count(offsets);
    String[] parts = new String[4 + offsets.size()];
    parts[0] = app.id();
    parts[1] = "kpi";
    parts[2] = key;
    parts[3] = Long.toString(kpi.at());
    for (int i = 0; i < offsets.size(); i++) {
      long[] of = offsets.get(i);
      out.int64(of[0]);
      out.int64(of[1]);
      parts[4 + i] = of[0] + "@" + of[1];
    }
    if (!offsets.isEmpty()) out.int64(0);
    out.string(app.policy());
    return end(Out.Type.KPI, bytesOf(key), idOf(parts), kpi.at());
  }

  /** Which of the METRICS are whole numbers in the schema. */
  private static final boolean[] WHOLE = whole();

  private static boolean[] whole() {
    Set<String> doubles = Set.of(
        "averageOrder", "csat", "nps", "lateShare", "firstReplyMs", "resolutionMs", "campaignReturn", "historicValue", "simpleValue",
        "predictedValue", "churn12", "retention12", "lift");
    boolean[] whole = new boolean[KpiValues.METRICS.size()];
    for (int i = 0; i < whole.length; i++) whole[i] = !doubles.contains(KpiValues.METRICS.get(i));
    return whole;
  }

  public Out deadLetter(Dead dead, byte[] key, Origin origin, long now) {
    byte[] value = dead.value();
    byte[] keyKept = key == null ? null : Arrays.copyOf(key, Math.min(key.length, MOST_KEY_BYTES));
    byte[] valueKept = value == null ? null : Arrays.copyOf(value, Math.min(value.length, MOST_VALUE_BYTES));
    begin(Out.Type.DEAD_LETTER);
    out.symbol(dead.reason());
    out.string(dead.detail().length() > MOST_DETAIL ? dead.detail().substring(0, MOST_DETAIL) : dead.detail());
    out.string(dead.reason().reaction);
    coordinates(origin);
    out.int64(now);
    out.bytesOrNull(keyKept);
    out.int64(key == null ? 0 : key.length);
    out.bytesOrNull(valueKept);
    out.int64(value == null ? 0 : value.length);
    out.bool((key != null && keyKept.length != key.length) || (value != null && valueKept.length != value.length));
    String id = idOf(app.id(), "dead-letter", origin.topic(), Integer.toString(origin.partition()), Long.toString(origin.offset()));
    return end(Out.Type.DEAD_LETTER, keyKept, id, now);
  }

  private void about(AlertContext about) {
    out.symbolOrNull(about.level());
    count(about.signals());
    for (Signal signal : about.signals()) out.string(signal.name());
    if (!about.signals().isEmpty()) out.int64(0);
    out.float64OrNull(about.buyProbability());
    out.int64OrNull(about.predictedValue());
    count(about.strategies());
    for (Strategy strategy : about.strategies()) {
      out.string(strategy.action());
      out.string(strategy.channel());
    }
    if (!about.strategies().isEmpty()) out.int64(0);
  }

  private void scores(Scores scores) {
    out.int64(scores.value());
    out.float64OrNull(scores.loyalty());
    for (double component : scores.components()) out.float64OrNull(component);
  }

  private void trigger(Context context) {
    out.int64(context.trigger() == null ? 0 : 1);
    if (context.trigger() != null) coordinates(context.trigger());
  }

  private void coordinates(Origin origin) {
    out.string(origin.topic());
    out.int64(origin.partition());
    out.int64(origin.offset());
    out.int64(origin.timestamp());
  }

  /** The count in front of an array's items; behind them, if there are any, stands a zero. */
  private void count(List<?> items) {
    out.int64(items.size());
  }

  private void begin(Out.Type type) {
    out.begin(app.schemaIds().getOrDefault(type, 0));
  }

  private Out end(Out.Type type, byte[] key, String id, long time) {
    List<Header> headers =
        List.of(CONTENT, SPEC, types[type.ordinal()], source, header("ce_id", id), header("ce_time", Iso.instant(time)));
    return new Out(type, key, out.take(), headers);
  }

  private static byte[] bytesOf(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static Header header(String key, String value) {
    return new RecordHeader(key, bytesOf(value));
  }

  /** The first 32 hex digits of SHA-256 over the parts, a zero byte between each two. */
  private String idOf(String... parts) {
    for (int i = 0; i < parts.length; i++) {
      if (i > 0) sha256.update((byte) 0);
      sha256.update(bytesOf(parts[i]));
    }
    byte[] digest = sha256.digest();
    char[] hex = new char[32];
    for (int i = 0; i < 16; i++) {
      hex[2 * i] = HEX[digest[i] >> 4 & 15];
      hex[2 * i + 1] = HEX[digest[i] & 15];
    }
    return new String(hex);
  }
}
