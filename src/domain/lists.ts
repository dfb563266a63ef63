/**
 * Small sorted lists, oldest first. New items mostly belong at the end, so an insertion looks from there.
 */

/** Inserts behind every item that is not after it. `after(a, b)`: a stands after b. */
export function insert<T>(list: T[], item: T, after: (a: T, b: T) => boolean): void {
  let i = list.length;
  for (; i > 0; i--) {
    const before = list[i - 1];
    if (before === undefined || !after(before, item)) break;
  }
  if (i === list.length) list.push(item);
  else list.splice(i, 0, item);
}

/** Removes from the front while `gone` says so. */
export function dropWhile<T>(list: T[], gone: (item: T) => boolean): number {
  let n = 0;
  for (const item of list) {
    if (!gone(item)) break;
    n++;
  }
  if (n > 0) list.splice(0, n);
  return n;
}

/** Keeps the newest `most`; returns whether something was dropped. */
export function keepNewest<T>(list: T[], most: number): boolean {
  if (list.length <= most) return false;
  list.splice(0, list.length - most);
  return true;
}
