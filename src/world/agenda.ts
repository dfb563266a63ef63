/**
 * What is to happen, earliest first; of two at one instant, the one entered first (a binary heap). Boundary: knows nothing of what it holds.
 */
interface Entry {
  readonly at: number;
  readonly order: number;
  readonly act: () => void;
}

export class Agenda {
  readonly #heap: Entry[] = [];
  #entered = 0;

  get size(): number {
    return this.#heap.length;
  }

  add(at: number, act: () => void): void {
    const entry = { at, order: this.#entered++, act };
    const heap = this.#heap;
    let i = heap.length;
    heap.push(entry);
    while (i > 0) {
      const up = (i - 1) >> 1;
      const parent = heap[up];
      if (!parent || before(parent, entry)) break;
      heap[i] = parent;
      i = up;
    }
    heap[i] = entry;
  }

  /** The instant of the first entry; infinite when there is none. */
  get next(): number {
    return this.#heap[0]?.at ?? Number.POSITIVE_INFINITY;
  }

  take(): (() => void) | null {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (!first || !last) return null;
    const size = heap.length;
    if (size > 0) {
      let i = 0;
      for (;;) {
        let down = 2 * i + 1;
        let child = heap[down];
        if (!child) break;
        const right = heap[down + 1];
        if (right && before(right, child)) {
          child = right;
          down++;
        }
        if (before(last, child)) break;
        heap[i] = child;
        i = down;
      }
      heap[i] = last;
    }
    return first.act;
  }
}

const before = (a: Entry, b: Entry): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);
