/**
 * One direction of one connection through the proxy: a queue of pieces, each with the instant before which it must not go on. Order is kept whatever the delays; the
 * sender is read only as fast as the receiver takes it. Boundary: sockets are made and closed by proxy.ts.
 */
import type { Socket } from 'node:net';

const QUEUE_BYTES = 1 << 20;
/** size, api key, api version, correlation id: what every request begins with (Kafka protocol guide, "Common Request Headers") */
const REQUEST_HEADER = 12;

export interface FlowRule {
  /** ms for a piece that arrives now */
  delayOf(piece: Buffer): number;
  held(): boolean;
}

export class Flow {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #rule: FlowRule;
  readonly #split: (bytes: Buffer) => readonly Buffer[];
  readonly #queue: { readonly at: number; readonly bytes: Buffer | null }[] = [];
  #queued = 0;
  #ended = false;
  #timer: NodeJS.Timeout | undefined;

  /** @param split into the pieces that the rule judges; what is not whole yet stays with it */
  constructor(from: Socket, to: Socket, rule: FlowRule, split: (bytes: Buffer) => readonly Buffer[] = (bytes) => [bytes]) {
    this.#from = from;
    this.#to = to;
    this.#rule = rule;
    this.#split = split;
    from.on('data', (bytes: Buffer) => {
      for (const piece of this.#split(bytes)) this.#add(piece);
      this.pump();
    });
    from.on('end', () => this.end());
    to.on('drain', () => this.pump());
    to.on('close', () => {
      clearTimeout(this.#timer);
      this.#queue.length = 0;
      // Nobody takes it any more; read on, so that the end is heard.
      if (!from.destroyed) from.resume();
    });
  }

  /** Something has not been delivered yet. */
  get waits(): boolean {
    return this.#queue.some(({ bytes }) => bytes !== null);
  }

  /** The receiver's side ends when all before has been delivered. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#queue.push({ at: this.#queue.at(-1)?.at ?? 0, bytes: null });
    this.pump();
  }

  /** To be called when a rule has changed. */
  pump(): void {
    clearTimeout(this.#timer);
    if (this.#to.destroyed) return;
    for (let head = this.#queue[0]; head !== undefined && !this.#rule.held() && !this.#to.writableNeedDrain; head = this.#queue[0]) {
      const wait = head.at - performance.now();
      if (wait > 0) {
        this.#timer = setTimeout(() => this.pump(), Math.ceil(wait));
        return;
      }
      this.#queue.shift();
      this.#queued -= head.bytes?.length ?? 0;
      if (head.bytes === null) this.#to.end();
      else this.#to.write(head.bytes);
    }
    if (this.#queued <= QUEUE_BYTES) this.#from.resume();
  }

  #add(bytes: Buffer): void {
    if (this.#to.destroyed) return;
    this.#queue.push({ at: Math.max(performance.now() + this.#rule.delayOf(bytes), this.#queue.at(-1)?.at ?? 0), bytes });
    this.#queued += bytes.length;
    if (this.#queued > QUEUE_BYTES) this.#from.pause();
  }
}

/** The api key of a Kafka request, whole with its size. */
export const apiKeyOf = (request: Buffer): number => (request.length < REQUEST_HEADER ? -1 : request.readInt16BE(4));

/** Cuts a stream of Kafka requests at their boundaries. */
export function kafkaRequests(): (bytes: Buffer) => Buffer[] {
  let rest: Buffer[] = [];
  let length = 0;
  return (bytes) => {
    rest.push(bytes);
    length += bytes.length;
    const whole: Buffer[] = [];
    let all: Buffer | null = null;
    let at = 0;
    for (;;) {
      if (all === null) {
        const first = rest[0] ?? bytes;
        const joined = first.length >= 4 ? first : Buffer.concat(rest);
        if (joined.length < 4 || length < 4 + joined.readInt32BE(0)) return whole;
        all = rest.length === 1 ? bytes : Buffer.concat(rest);
      }
      const size = all.length - at >= 4 ? 4 + all.readInt32BE(at) : Number.POSITIVE_INFINITY;
      if (all.length - at < size) {
        rest = at === all.length ? [] : [all.subarray(at)];
        length = all.length - at;
        return whole;
      }
      whole.push(all.subarray(at, at + size));
      at += size;
    }
  };
}
