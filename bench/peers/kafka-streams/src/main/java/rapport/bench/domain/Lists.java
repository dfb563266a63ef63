package rapport.bench.domain;

import java.util.ArrayList;
import java.util.function.Predicate;

/** Small sorted lists, oldest first: src/domain/lists.ts. New items mostly belong at the end. */
final class Lists {
  interface After<T> {
    /** a stands after b */
    boolean test(T a, T b);
  }

  private Lists() {}

  static <T> void insert(ArrayList<T> list, T item, After<T> after) {
    int i = list.size();
    while (i > 0 && after.test(list.get(i - 1), item)) i--;
    list.add(i, item);
  }

  static <T> void dropWhile(ArrayList<T> list, Predicate<T> gone) {
    int n = 0;
    while (n < list.size() && gone.test(list.get(n))) n++;
    if (n > 0) list.subList(0, n).clear();
  }

  static <T> boolean keepNewest(ArrayList<T> list, int most) {
    if (list.size() <= most) return false;
    list.subList(0, list.size() - most).clear();
    return true;
  }
}
