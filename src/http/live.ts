/**
 * Live changes by server-sent events. Boundary: the stream's text and its readers; rows come from the read model.
 *
 * Every reader has a place in the table of changes and takes from there what its connection has room for, so a slow one costs a row number and one frame, not a buffer that
 * grows, and nobody waits for it: the follower only says that there is more. Whoever takes nothing for a while is dropped, and goes on later by its bookmark.
 */
import type { ServerResponse } from 'node:http';
import { changesAfter } from './model/history.ts';
import type { ReadModel } from './model/model.ts';

/** changes in one frame */
const FRAME_CHANGES = 200;
/** Whoever is further behind asks for what is shown anew instead. */
const MOST_BEHIND = 100_000;
const SHARED_FRAMES = 64;

export interface LiveLimits {
  readonly readers: number;
  /** ms that a full connection may take nothing */
  readonly stalledMs: number;
  /** ms between lines that keep a connection alive */
  readonly pulseMs: number;
  /** ms in which readers are told once at most that alerts have gone on */
  readonly alertsMs: number;
}
const LIMITS: LiveLimits = { readers: 200, stalledMs: 15_000, pulseMs: 15_000, alertsMs: 1_000 };

interface Frame {
  readonly text: string;
  readonly upTo: number;
}

export class Live {
  readonly #model: ReadModel;
  readonly #limits: LiveLimits;
  readonly #readers = new Set<Reader>();
  /** by the row that they begin behind; rows never change unless they are erased, and readers that keep up share frames */
  readonly #frames = new Map<number, Frame>();
  readonly #pulse: NodeJS.Timeout;
  #alerts: NodeJS.Timeout | null = null;

  constructor(model: ReadModel, limits: Partial<LiveLimits> = {}) {
    this.#model = model;
    this.#limits = { ...LIMITS, ...limits };
    model.events.on('committed', this.#more);
    model.events.on('alerts', this.#alerted);
    model.events.on('erased', this.#erased);
    model.events.on('reset', this.#reset);
    this.#pulse = setInterval(() => this.#each((reader) => reader.pulse()), this.#limits.pulseMs).unref();
  }

  get readers(): number {
    return this.#readers.size;
  }

  get full(): boolean {
    return this.#readers.size >= this.#limits.readers;
  }

  /** Answers a request whose head has been written; `after`: a bookmark, null for what comes from now on. */
  add(to: ServerResponse, after: string | null): void {
    const { lastRow } = this.#model;
    const at = after === null ? lastRow : this.#rowOf(after);
    const reader = new Reader(
      to,
      at ?? lastRow,
      this.#limits.stalledMs,
      (row) => this.#frame(row),
      // Which ones, the reader asks: of an episode only the latest counts, so whoever was away has missed nothing.
      (row) => `event: alerts\nid: ${this.#bookmark(row)}\ndata: {}\n\n`,
      (gone) => this.#readers.delete(gone),
    );
    this.#readers.add(reader);
    reader.say(`retry: 2000\nevent: ${at === null ? 'reset' : 'ready'}\nid: ${this.#bookmark(reader.row)}\ndata: {}\n\n`);
    reader.take();
    // Whoever was away has heard of no alert meanwhile, and alerts have no place in the bookmark.
    if (after !== null && at !== null) reader.tell();
  }

  stop(): void {
    clearInterval(this.#pulse);
    this.#model.events.off('committed', this.#more);
    this.#model.events.off('alerts', this.#alerted);
    this.#model.events.off('erased', this.#erased);
    this.#model.events.off('reset', this.#reset);
    clearTimeout(this.#alerts ?? undefined);
    this.#each((reader) => reader.end());
  }

  readonly #more = (): void => {
    const { lastRow } = this.#model;
    this.#each((reader) => {
      if (lastRow - reader.row > MOST_BEHIND) this.#restart(reader);
      else reader.take();
    });
  };

  readonly #alerted = (): void => {
    this.#alerts ??= setTimeout(() => {
      this.#alerts = null;
      this.#each((reader) => reader.tell());
    }, this.#limits.alertsMs).unref();
  };

  readonly #erased = (): void => {
    this.#frames.clear();
    this.#alerted();
  };

  readonly #reset = (): void => {
    this.#frames.clear();
    this.#each((reader) => this.#restart(reader));
  };

  #restart(reader: Reader): void {
    reader.row = this.#model.lastRow;
    reader.say(`event: reset\nid: ${this.#bookmark(reader.row)}\ndata: {}\n\n`);
  }

  #each(act: (reader: Reader) => void): void {
    for (const reader of [...this.#readers]) act(reader);
  }

  #bookmark(row: number): string {
    return `${this.#model.incarnation}-${row}`;
  }

  /** Null when the bookmark is of another read model, is none, or is too old. */
  #rowOf(bookmark: string): number | null {
    const [incarnation, digits = ''] = bookmark.split('-');
    const row = /^\d{1,15}$/.test(digits) ? Number(digits) : Number.NaN;
    const { lastRow } = this.#model;
    return incarnation === this.#model.incarnation && row <= lastRow && lastRow - row <= MOST_BEHIND ? row : null;
  }

  /** What stands behind a row; null when nothing does. */
  #frame(row: number): Frame | null {
    if (row >= this.#model.lastRow) return null;
    const known = this.#frames.get(row);
    if (known !== undefined) return known;
    const changes = changesAfter(this.#model.db, row, FRAME_CHANGES);
    const upTo = changes.at(-1)?.row;
    if (upTo === undefined) return null;
    const frame = { text: `event: changes\nid: ${this.#bookmark(upTo)}\ndata: [${changes.map(({ json }) => json).join(',')}]\n\n`, upTo };
    if (this.#frames.size >= SHARED_FRAMES) this.#frames.clear();
    this.#frames.set(row, frame);
    return frame;
  }
}

class Reader {
  /** of the change that was sent last */
  row: number;
  readonly #to: ServerResponse;
  readonly #stalledMs: number;
  readonly #frame: (row: number) => Frame | null;
  readonly #alerts: (row: number) => string;
  readonly #gone: (reader: Reader) => void;
  #stalled: NodeJS.Timeout | null = null;
  /** that alerts have gone on is said when there is room again */
  #untold = false;

  constructor(
    to: ServerResponse,
    row: number,
    stalledMs: number,
    frame: (row: number) => Frame | null,
    alerts: (row: number) => string,
    gone: (reader: Reader) => void,
  ) {
    this.#to = to;
    this.row = row;
    this.#stalledMs = stalledMs;
    this.#frame = frame;
    this.#alerts = alerts;
    this.#gone = gone;
    to.on('drain', () => {
      this.#clear();
      if (this.#untold) this.tell();
      this.take();
    });
    to.on('close', () => this.#leave());
    to.on('error', () => to.destroy());
  }

  /** Sends what there is, as long as the connection has room. */
  take(): void {
    while (this.#stalled === null && !this.#to.destroyed) {
      const frame = this.#frame(this.row);
      if (frame === null) return;
      this.row = frame.upTo;
      this.say(frame.text);
    }
  }

  say(text: string): void {
    if (this.#to.destroyed || this.#to.write(text) || this.#stalled !== null) return;
    this.#stalled = setTimeout(() => this.#to.destroy(), this.#stalledMs).unref();
  }

  /** That alerts have gone on, once there is room. */
  tell(): void {
    this.#untold = this.#stalled !== null;
    if (!this.#untold) this.say(this.#alerts(this.row));
  }

  /** Nothing to one whose connection is full: it would only fill it further. One that was gone before it was listened to leaves its place. */
  pulse(): void {
    if (this.#to.destroyed) this.#leave();
    else if (this.#stalled === null) this.say(':\n\n');
  }

  end(): void {
    this.#clear();
    this.#to.end();
  }

  #leave(): void {
    this.#clear();
    this.#gone(this);
  }

  #clear(): void {
    if (this.#stalled !== null) clearTimeout(this.#stalled);
    this.#stalled = null;
  }
}
