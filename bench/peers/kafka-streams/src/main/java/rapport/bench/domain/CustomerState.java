package rapport.bench.domain;

import static rapport.bench.domain.Ids.NONE;

import java.util.ArrayList;
import java.util.Arrays;

/** What is kept about one customer, facts and memory: src/domain/state.ts. Plain mutable data; lists are sorted by time, oldest first. */
public final class CustomerState {
  public static final int LATEST_DAYS = 365;
  public static final int WINDOW_DAYS = 365;
  public static final int KEPT_DAYS = LATEST_DAYS + WINDOW_DAYS;
  public static final int WORTH_DAY = 18_262;
  public static final int MOST_SEEN = 16;
  public static final int MOST_PLACED = 32;
  public static final int MOST_ORPHANS = 32;
  public static final int MOST_FEEDBACK = 32;
  public static final int MOST_SENDS = 64;
  public static final int MOST_PLACES = 31;
  public static final int MOST_TICKETS = 32;
  public static final int SPAN_DAYS = 30;
  public static final String[] BOUNDED = {"orders", "refunds", "feedback", "campaigns", "tickets"};
  public static final int ORDERS = 0;
  public static final int REFUNDS = 1;
  public static final int FEEDBACK = 2;
  public static final int CAMPAIGNS = 3;
  public static final int TICKETS = 4;
  public static final double POINT_PARTS = 1_000_000;
  public static final double SCORE_STEPS = 27_720;

  public static long seenAs(long id) {
    return id & 0xffff_ffff_ffffL;
  }

  public static long shorten(long id) {
    return id & 0xffff_ffffL;
  }

  public static int shortenOrder(long id) {
    return (int) (id & 0xff_ffff);
  }

  public static final class Day {
    public final int day;
    public long orders;
    public long revenue;
    public long cost;

    public Day(int day, long orders, long revenue, long cost) {
      this.day = day;
      this.orders = orders;
      this.revenue = revenue;
      this.cost = cost;
    }
  }

  /** Something that is booked in one of `places`, from 1; 0 until the evaluation after it. */
  public abstract static class Booked {
    public int place;
  }

  public static final class Placed extends Booked {
    public final int day;
    public final int order;
    public final boolean discounted;
    public final boolean personal;
    public final boolean recurring;
    public final boolean campaign;

    public Placed(int day, int order, boolean discounted, boolean personal, boolean recurring, boolean campaign) {
      this.day = day;
      this.order = order;
      this.discounted = discounted;
      this.personal = personal;
      this.recurring = recurring;
      this.campaign = campaign;
    }
  }

  public static final class Orphan extends Booked {
    public final int day;
    public final int order;
    public final long orders;
    public final long revenue;
    public final long cost;

    public Orphan(int day, int order, long orders, long revenue, long cost) {
      this.day = day;
      this.order = order;
      this.orders = orders;
      this.revenue = revenue;
      this.cost = cost;
    }
  }

  /** The order of the names is that of the alphabet, which breaks ties as rapport's comparison of the words does. */
  public enum AnswerKind { CES, COMMENT, CSAT, NPS, REMARK, REVIEW }

  public record Answer(long at, double score, AnswerKind kind) {}

  public static final class Ticket extends Booked {
    public final long ticket;
    public long openedAt = NONE;
    public long repliedAt = NONE;
    public long reopenedAt = NONE;
    public long resolvedAt = NONE;
    public boolean late;
    public int alert;

    public Ticket(long ticket) {
      this.ticket = ticket;
    }
  }

  public static final class Contacts {
    public final int span;
    public final int[] counts = new int[4];

    public Contacts(int span) {
      this.span = span;
    }
  }

  /** What an event adds to the KPIs of a day. */
  public record Flow(int day, int part, long amount, int place) {}

  public static final class Contribution {
    public boolean active;
    public boolean lost;
    public boolean retained;
    public boolean churned;
    public long historicValue;
    public long simpleValue;
    public long predictedValue;
  }

  public record Touch(long at, long campaign) {}

  public static final class DayCount {
    public final int day;
    public int count;

    public DayCount(int day, int count) {
      this.day = day;
      this.count = count;
    }
  }

  /** Contributions in the order of COMPONENTS, NaN for null. */
  public record Said(long value, double[] contributions) {}

  public final String id;
  public long asOf = NONE;
  public final long[] seen = new long[MOST_SEEN];
  public int seenCount;

  public long firstEventAt = NONE;
  public long orders;
  public long revenue;
  public long cost;
  public final ArrayList<Day> days = new ArrayList<>();
  public int droppedDays;
  public int firstDroppedDay;
  public int lastDroppedDay;
  public final ArrayList<Placed> placed = new ArrayList<>();
  public final ArrayList<Orphan> orphans = new ArrayList<>(0);
  public final ArrayList<Answer> feedback = new ArrayList<>();
  public final ArrayList<Touch> sends = new ArrayList<>();
  public final ArrayList<Touch> responses = new ArrayList<>();
  public long memberAt = NONE;
  public long leftAt = NONE;
  public long unsubscribedAt = NONE;
  public long resubscribedAt = NONE;
  public final ArrayList<DayCount> advocacy = new ArrayList<>(0);
  public final ArrayList<Ticket> tickets = new ArrayList<>(0);
  public int openDropped;
  public long oldestOpenAt = NONE;
  public final ArrayList<Contacts> contacts = new ArrayList<>();
  public long worth;
  public int spendDays;
  public long spendSum;
  public long contactAt = NONE;

  public int truncated;
  public Decision.Group group;
  public long groupSince = NONE;
  public boolean valueHigh;
  public boolean loyaltyHigh;
  public int changes;
  public Said said;
  public final long[] signals = new long[Decision.SIGNALS.length];
  public Decision.Level level;
  public long belowSince = NONE;
  public boolean lost;
  public int risks;
  public int riskRecords;
  public Decision.Level riskPeak;
  public long calmSince = NONE;
  public long followedUpAt = NONE;
  public long followUpFrom = NONE;
  public int followUps;
  public boolean followUpOpen;
  public int overdues;
  public Contribution contribution = new Contribution();
  /** each is the group as in GROUPS from 1: no attributes come in */
  public int[] places = new int[0];
  public int profiles;
  public long profileAt = NONE;
  public boolean dirty;
  public boolean expired;
  public long due = NONE;

  public CustomerState(String id) {
    this.id = id;
    Arrays.fill(signals, NONE);
  }
}
