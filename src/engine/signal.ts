/** A wake-up call: `wait` resolves at the next `notify`, or at once when one came since the last wait. */
export class Signal {
  #called = false;
  #wake: (() => void) | null = null;

  notify(): void {
    this.#called = true;
    this.#wake?.();
  }

  async wait(): Promise<void> {
    if (!this.#called) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#wake = null;
    this.#called = false;
  }
}
