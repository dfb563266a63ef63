package rapport.bench.domain;

/** The additive parts of all KPIs: src/domain/kpis.ts. The order is that of the cells' bytes. */
public final class Kpis {
  public static final int CUSTOMERS = 0;
  public static final int ACTIVE = 1;
  public static final int LOST = 2;
  public static final int RETAINED = 3;
  public static final int CHURNED = 4;
  public static final int HISTORIC_VALUE = 5;
  public static final int SIMPLE_VALUE = 6;
  public static final int PREDICTED_VALUE = 7;
  public static final int STOCKS = 8;
  public static final int REVENUE = 8;
  public static final int ORDERS = 9;
  public static final int CSAT_RESPONSES = 10;
  public static final int CSAT_SATISFIED = 11;
  public static final int CSAT_SCORE = 12;
  public static final int NPS_RESPONSES = 13;
  public static final int NPS_PROMOTERS = 14;
  public static final int NPS_DETRACTORS = 15;
  public static final int TICKETS = 16;
  public static final int LATE_TICKETS = 17;
  public static final int FIRST_REPLIES = 18;
  public static final int FIRST_REPLY_MS = 19;
  public static final int RESOLUTIONS = 20;
  public static final int RESOLUTION_MS = 21;
  public static final int CAMPAIGN_REVENUE = 22;
  public static final int CAMPAIGN_COST = 23;
  public static final int MOVES = 24;
  public static final int FROM_NONE = 25;
  public static final int PARTS = 31;

  /** Dimensions: 0 is `all`, then the groups in the order of GROUPS. */
  public static final int ALL = 0;
  public static final int DIMENSIONS = 1 + Decision.GROUPS.length;

  private Kpis() {}

  public static int movedFrom(Decision.Group from) {
    return FROM_NONE + (from == null ? 0 : from.ordinal() + 1);
  }

  public static int dimensionOf(Decision.Group group) {
    return group.ordinal() + 1;
  }

  public static String nameOf(int dimension) {
    return dimension == ALL ? "all" : "group:" + Decision.GROUPS[dimension - 1];
  }

  /** What is to be added to one cell: called by the fold beside its decisions. */
  public interface Bookings {
    void add(int day, int dimension, int part, long amount);
  }
}
