package rapport.bench.domain.signals;

import static rapport.bench.domain.Ids.DAY;

import java.util.Arrays;
import java.util.List;
import rapport.bench.domain.CustomerState.Answer;
import rapport.bench.domain.CustomerState.AnswerKind;
import rapport.bench.domain.Policy;
import rapport.bench.domain.rules.Cursor;
import rapport.bench.domain.rules.View;

/** Of some kind of feedback the newest answer in the window is a bad one: src/domain/signals/negative.ts. */
final class Negative extends Cursor {
  /** until when each bad one counts, soonest first */
  private final double[] ends;

  private Negative(View view) {
    List<Answer> feedback = view.state().feedback;
    Policy policy = view.policy();
    int kinds = AnswerKind.values().length;
    double[] newest = new double[kinds];
    boolean[] bad = new boolean[kinds];
    Arrays.fill(newest, Double.NaN);
    for (Answer answer : feedback) {
      int kind = (answer.kind() == AnswerKind.REMARK ? AnswerKind.COMMENT : answer.kind()).ordinal();
      bad[kind] = isBad(answer, policy) && (newest[kind] != answer.at() || bad[kind]);
      newest[kind] = answer.at();
    }
    int n = 0;
    double[] found = new double[kinds];
    for (int kind = 0; kind < kinds; kind++) if (bad[kind]) found[n++] = newest[kind] + policy.churn().negative().windowDays() * DAY;
    ends = Arrays.copyOf(found, n);
    Arrays.sort(ends);
    stand(view.at());
  }

  static Cursor open(View view) {
    return view.state().feedback.isEmpty() ? constant(0) : new Negative(view);
  }

  private static boolean isBad(Answer answer, Policy policy) {
    Policy.Negative rule = policy.churn().negative();
    return switch (answer.kind()) {
      case NPS -> answer.score() <= rule.nps() / 10;
      case CSAT, REVIEW -> answer.score() <= (rule.csat() - 1) / (policy.feedback().csatMost() - 1);
      case COMMENT, REMARK -> answer.score() <= (rule.sentiment() + 1) / 2;
      case CES -> false;
    };
  }

  @Override
  public void advance() {
    stand(next);
  }

  private void stand(double at) {
    int past = 0;
    while (past < ends.length && !(ends[past] > at)) past++;
    value = past < ends.length ? 1 : 0;
    next = past < ends.length ? ends[past] : NEVER;
  }
}
