package rapport.bench;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import rapport.bench.sources.Schemas;

/** Writer schemas by id, from a registry that speaks Confluent's API. */
final class Registry implements Schemas {
  private static final int NOT_FOUND = 404;
  private static final int OK = 200;

  private final String base;
  private final HttpClient client = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();

  Registry(String base) {
    this.base = base.endsWith("/") ? base.substring(0, base.length() - 1) : base;
  }

  @Override
  public String find(int id) {
    HttpRequest request = HttpRequest.newBuilder(URI.create(base + "/schemas/ids/" + id)).timeout(Duration.ofSeconds(10)).build();
    try {
      HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
      if (response.statusCode() == NOT_FOUND) return null;
      if (response.statusCode() != OK) throw new IllegalStateException("the registry answers " + response.statusCode() + " for schema " + id);
      return Json.MAPPER.readTree(response.body()).get("schema").asText();
    } catch (IOException cause) {
      throw new IllegalStateException("the registry cannot be asked", cause);
    } catch (InterruptedException cause) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(cause);
    }
  }
}
