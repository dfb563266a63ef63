package rapport.bench.sources;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Currency;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import rapport.bench.domain.Policy;
import rapport.bench.sources.Decoded.Reason;

/** Foreign money into the policy's base currency, by its dated rates: src/sources/money.ts. Rounded half away from zero; amounts are not negative. */
final class Money {
  private final String base;
  private final Map<String, TreeMap<Long, BigDecimal>> dated = new HashMap<>();

  Money(Policy policy) {
    base = policy.currency();
    for (Policy.Rate rate : policy.rates()) {
      long from = LocalDate.parse(rate.from()).atStartOfDay().toInstant(ZoneOffset.UTC).toEpochMilli();
      BigDecimal factor = new BigDecimal(Double.toString(rate.rate())).scaleByPowerOfTen(digitsOf(base) - digitsOf(rate.currency()));
      dated.computeIfAbsent(rate.currency(), currency -> new TreeMap<>()).put(from, factor);
    }
  }

  /** What one minor unit is worth on the day of `at`; null for the base currency. */
  BigDecimal at(String currency, long at) {
    if (currency.equals(base)) return null;
    if (digitsOf(currency) < 0) throw new Fault(Reason.UNKNOWN_CURRENCY, "currency is not in ISO 4217");
    TreeMap<Long, BigDecimal> rates = dated.get(currency);
    Map.Entry<Long, BigDecimal> rate = rates == null ? null : rates.floorEntry(at);
    if (rate == null) throw new Fault(Reason.NO_RATE, "currency " + currency + " has no rate on or before the day");
    return rate.getValue();
  }

  static long convert(long amount, BigDecimal factor) {
    return factor == null ? amount : factor.multiply(BigDecimal.valueOf(amount)).setScale(0, RoundingMode.HALF_UP).longValueExact();
  }

  private static int digitsOf(String currency) {
    try {
      return Math.max(0, Currency.getInstance(currency).getDefaultFractionDigits());
    } catch (IllegalArgumentException unknown) {
      return -1;
    }
  }
}
