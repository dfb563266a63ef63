package rapport.bench;

import java.util.List;
import java.util.Map;
import rapport.bench.domain.Policy;
import rapport.bench.sources.SourceType;

/**
 * CONFIG.json, as the benchmark writes it. `application` names the application in the ids of outputs, `policyHash` the policy; both may be left out.
 */
public record PeerConfig(
    String bootstrap, String applicationId, int threads, long commitIntervalMs, String stateDir, String registry, List<Source> sources,
    Topics outputs, Map<String, Integer> outputSchemaIds, Policy policy, String application, String policyHash, Long guardMs,
    Map<String, Object> streams) {

  public record Source(String topic, SourceType type) {}

  public record Topics(String segmentChanges, String profiles, String alerts, String kpis, String deadLetters) {}

  public PeerConfig {
    if (!policy.attributes().isEmpty()) throw new IllegalArgumentException("the policy keeps attributes: this peer has no source of them");
    if (policy.value().percentile() != null)
      throw new IllegalArgumentException("the policy has value.percentile: this peer makes no versions of thresholds");
    if (application == null) application = applicationId;
    if (policyHash == null) policyHash = "";
    if (guardMs == null) guardMs = 2_000L;
    if (streams == null) streams = Map.of();
  }
}
