package rapport.bench.domain.rules;

/** All rules in one fixed order: the components, then the value and who is new. src/domain/rules/index.ts. */
public final class Rules {
  public static final int RHYTHM = 1;
  public static final int VALUE = 6;
  public static final int NEWCOMER = 7;

  private Rules() {}

  public static Cursor[] open(View view) {
    return new Cursor[] {
      Frequency.open(view), Rhythm.open(view), Feedback.open(view), Engagement.open(view), Programme.open(view), Advocacy.open(view),
      Value.open(view), Newcomer.open(view),
    };
  }
}
