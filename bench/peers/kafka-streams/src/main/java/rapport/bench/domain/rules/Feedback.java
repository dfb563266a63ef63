package rapport.bench.domain.rules;

import static rapport.bench.domain.Ids.DAY;

import java.util.ArrayList;
import java.util.List;
import rapport.bench.domain.CustomerState.Answer;
import rapport.bench.domain.CustomerState.AnswerKind;

/** Σ w·s / Σ w over the answers in the window, w = 2^(−age / half-life): src/domain/rules/feedback.ts. */
final class Feedback extends Cursor {
  private final List<Answer> answers;
  private final double window;
  private final double halfLife;
  private int oldest;

  private Feedback(View view) {
    answers = new ArrayList<>(view.state().feedback.size());
    for (Answer answer : view.state().feedback) if (answer.kind() != AnswerKind.REMARK) answers.add(answer);
    window = view.policy().loyalty().feedback().windowDays() * DAY;
    halfLife = view.policy().loyalty().feedback().halfLifeDays() * DAY;
    stand(view.at());
  }

  static Cursor open(View view) {
    return view.state().feedback.isEmpty() ? constant(Double.NaN) : new Feedback(view);
  }

  @Override
  public void advance() {
    stand(next);
  }

  private void stand(double at) {
    while (oldest < answers.size() && answers.get(oldest).at() + window <= at) oldest++;
    next = oldest < answers.size() ? answers.get(oldest).at() + window : NEVER;
    value = mean();
  }

  private double mean() {
    if (oldest >= answers.size()) return Double.NaN;
    long newest = answers.get(answers.size() - 1).at();
    double weights = 0;
    double sum = 0;
    for (int i = answers.size() - 1; i >= oldest; i--) {
      Answer answer = answers.get(i);
      double weight = Math.pow(2, (answer.at() - newest) / halfLife);
      weights += weight;
      sum += weight * answer.score();
    }
    return Math.min(1, sum / weights);
  }
}
