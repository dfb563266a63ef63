package rapport.bench;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.io.DecoderFactory;
import org.apache.kafka.common.header.Header;
import rapport.bench.codec.State;
import rapport.bench.domain.Ids;
import rapport.bench.domain.Decision.Alert;
import rapport.bench.domain.KpiReport;
import rapport.bench.domain.KpiTotals;
import rapport.bench.domain.KpiValues.Kpi;
import rapport.bench.domain.Kpis;
import rapport.bench.domain.Policy;
import rapport.bench.engine.Fold;
import rapport.bench.outputs.Origin;
import rapport.bench.outputs.Out;
import rapport.bench.outputs.Outputs;
import rapport.bench.sources.Decoder;
import rapport.bench.sources.SourceType;

/** Folds the file that golden.ts has written and compares every output, byte for byte, with rapport's: `Golden FILE`. Ends with 1 at the first difference. */
public final class Golden {
  private static final int AVRO_BODY = 5;
  private static final int KEPT_DAYS = 400;

  private final Policy policy;
  private final Map<SourceType, Decoder> decoders = new EnumMap<>(SourceType.class);
  private final Map<String, byte[]> states = new HashMap<>();
  private final List<Out> said = new ArrayList<>();
  private final Map<String, long[]> cells = new HashMap<>();
  private final Fold fold;
  private final Outputs outputs;
  private long inexact;

  private Golden(JsonNode head) throws IOException {
    policy = Json.MAPPER.treeToValue(head.get("policy"), Policy.class);
    for (SourceType type : SourceType.values()) {
      String schema = Decoder.schemaOf("in/" + type).toString();
      decoders.put(type, new Decoder(type, policy, id -> id == type.ordinal() + 1 ? schema : null));
    }
    Map<Out.Type, Integer> ids = new EnumMap<>(Out.Type.class);
    for (Out.Type type : Out.Type.values()) ids.put(type, head.get("ids").get(type.name()).asInt());
    outputs =
        new Outputs(new Outputs.Application(head.get("application").asText(), policy.currency(), head.get("hash").asText(), ids));
    Fold.States store = new Fold.States() {
      @Override
      public byte[] get(String customer) {
        return states.get(customer);
      }

      @Override
      public void put(String customer, byte[] state, long before, long indexed) {
        states.put(customer, state);
      }
    };
    Kpis.Bookings bookings =
        (day, dimension, part, amount) -> cells.computeIfAbsent(day + ":" + Kpis.nameOf(dimension), key -> new long[Kpis.PARTS])[part] += amount;
    fold = new Fold(policy, outputs, store, said::add, bookings);
  }

  public static void main(String[] args) throws IOException {
    try (BufferedReader lines = Files.newBufferedReader(Path.of(args[0]))) {
      Golden golden = new Golden(Json.MAPPER.readTree(lines.readLine()));
      long start = System.nanoTime();
      int n = golden.run(lines);
      System.out.printf("%d records agree, %d with a last bit that differs, %.1f s%n", n, golden.inexact, (System.nanoTime() - start) / 1e9);
    }
  }

  private int run(BufferedReader lines) throws IOException {
    int n = 0;
    int outputs = 0;
    for (String line = lines.readLine(); line != null; line = lines.readLine(), n++) {
      JsonNode step = Json.MAPPER.readTree(line);
      said.clear();
      if (step.has("cells")) {
        compareCells(step.get("cells"));
        continue;
      }
      if (step.has("looks")) {
        report(n, step.get("looks"), step.get("now").asLong());
        continue;
      }
      long now = step.get("now").asLong();
      long watermark = step.get("watermark").asLong();
      if (step.has("value")) {
        SourceType type = SourceType.valueOf(step.get("type").asText());
        byte[] value = bytes(step.get("value"));
        Origin origin = new Origin("golden." + type, 0, n, 0);
        fold.record(decoders.get(type).decode(value), bytes(step.get("key")), watermark, origin, now, Ids.NONE);
      } else {
        for (String customer : new TreeMap<>(states).keySet())
          fold.timer(customer, State.indexed(states.get(customer)), watermark, now, Ids.NONE);
      }
      compare(n, step);
      outputs += said.size();
    }
    System.out.printf("%d outputs, %d customers, state of %d bytes on average%n", outputs, states.size(),
        states.values().stream().mapToInt(state -> state.length).sum() / Math.max(1, states.size()));
    return n;
  }

  /** What the publisher says of the cells: each look at all of them, those of days that have fallen out in the base. */
  private void report(int n, JsonNode looks, long now) throws IOException {
    KpiTotals totals = new KpiTotals();
    KpiReport reporter = new KpiReport(totals, policy);
    KpiReport.Memory memory = KpiReport.Memory.NOTHING;
    int outputs = 0;
    for (JsonNode look : looks) {
      long until = look.get("until").asLong();
      int horizon = Ids.dayOf(until) - KEPT_DAYS;
      Map<Integer, long[]> bases = new HashMap<>();
      for (Map.Entry<String, long[]> cell : cells.entrySet()) {
        int colon = cell.getKey().indexOf(':');
        int day = Integer.parseInt(cell.getKey().substring(0, colon));
        int dimension = dimensionOf(cell.getKey().substring(colon + 1));
        totals.put(0, dimension, day, day < horizon ? null : cell.getValue());
        if (day >= horizon) continue;
        long[] base = bases.computeIfAbsent(dimension, each -> new long[Kpis.PARTS]);
        for (int part = 0; part < Kpis.STOCKS; part++) base[part] += cell.getValue()[part];
      }
      bases.forEach((dimension, base) -> totals.put(0, dimension, KpiTotals.BASE, base));
      KpiReport.Report report = reporter.report(memory, until, horizon, Integer.MAX_VALUE);
      memory = report.memory();
      said.clear();
      Outputs.Context context = new Outputs.Context(now, Ids.NONE, null);
      for (Alert alert : report.alerts()) said.add(this.outputs.decision(alert, context));
      for (Kpi kpi : report.kpis()) said.add(this.outputs.kpi(kpi, List.of(new long[] {0, 7}), context));
      compare(n, look);
      outputs += said.size();
    }
    System.out.printf("%d KPIs and alerts about the business agree%n", outputs);
  }

  private static int dimensionOf(String name) {
    for (int dimension = 0; dimension < Kpis.DIMENSIONS; dimension++) if (Kpis.nameOf(dimension).equals(name)) return dimension;
    throw new IllegalArgumentException(name);
  }

  private void compare(int n, JsonNode step) throws IOException {
    JsonNode wanted = step.get("out");
    for (int i = 0; i < Math.max(wanted.size(), said.size()); i++) {
      Out is = i < said.size() ? said.get(i) : null;
      JsonNode want = wanted.get(i);
      if (is != null && want != null && is.type().name().equals(want.get("type").asText())
          && Arrays.equals(is.value(), bytes(want.get("value"))) && Arrays.equals(is.key(), bytes(want.get("key")))
          && headers(is).equals(want.get("headers").asText())) continue;
      String expected = want == null ? "nothing" : text(Out.Type.valueOf(want.get("type").asText()), bytes(want.get("value")));
      String found = is == null ? "nothing" : text(is.type(), is.value());
      if (is != null && want != null && nearly(expected, found)) {
        inexact += 1;
        continue;
      }
      System.out.printf("step %d, output %d%nexpected %s%n%s%nfound    %s%n%s%n", n, i, expected,
          want == null ? "" : want.get("headers").asText(), found, is == null ? "" : headers(is));
      System.exit(1);
    }
  }

  /** Whether two records differ in the last digits of doubles alone. */
  private static boolean nearly(String expected, String found) throws IOException {
    return same(Json.MAPPER.readTree(expected), Json.MAPPER.readTree(found));
  }

  private static boolean same(JsonNode a, JsonNode b) {
    if (a.isDouble() && b.isDouble())
      return Math.abs(a.asDouble() - b.asDouble()) <= 1e-12 * Math.max(Math.abs(a.asDouble()), Math.abs(b.asDouble()));
    if (a.size() != b.size() || a.getNodeType() != b.getNodeType()) return false;
    if (!a.isContainerNode()) return a.equals(b);
    if (a.isArray()) {
      for (int i = 0; i < a.size(); i++) if (!same(a.get(i), b.get(i))) return false;
      return true;
    }
    for (Map.Entry<String, JsonNode> field : a.properties()) if (!b.has(field.getKey()) || !same(field.getValue(), b.get(field.getKey()))) return false;
    return true;
  }

  private void compareCells(JsonNode wanted) {
    Map<String, String> expected = new TreeMap<>();
    for (Map.Entry<String, JsonNode> cell : wanted.properties()) expected.put(cell.getKey(), cell.getValue().toString().replace(",", ", "));
    Map<String, String> found = new TreeMap<>();
    cells.forEach((key, amounts) -> found.put(key, Arrays.toString(amounts)));
    if (expected.equals(found)) {
      System.out.printf("%d cells of KPIs agree%n", found.size());
      return;
    }
    for (String key : expected.keySet())
      if (!expected.get(key).equals(found.get(key))) System.out.printf("cell %s%nexpected %s%nfound    %s%n", key, expected.get(key), found.get(key));
    for (String key : found.keySet()) if (!expected.containsKey(key)) System.out.println("a cell too many: " + key + " " + found.get(key));
    System.exit(1);
  }

  private static String text(Out.Type type, byte[] value) throws IOException {
    Schema schema = Decoder.schemaOf("out/" + type.name().toLowerCase().replace('_', '-'));
    return new GenericDatumReader<>(schema)
        .read(null, DecoderFactory.get().binaryDecoder(value, AVRO_BODY, value.length - AVRO_BODY, null)).toString();
  }

  private static String headers(Out out) {
    StringBuilder text = new StringBuilder();
    for (Header header : out.headers())
      text.append(header.key()).append('=').append(new String(header.value(), StandardCharsets.UTF_8)).append(' ');
    return text.toString().trim();
  }

  private static byte[] bytes(JsonNode base64) {
    return base64 == null || base64.isNull() ? null : Base64.getDecoder().decode(base64.asText());
  }
}
