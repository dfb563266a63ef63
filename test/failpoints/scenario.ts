/**
 * One case on real servers: a worker reaches an armed crash point in mid-stream, another one takes over, everything is drained, the checker looks at what is left.
 * Boundary: no test framework; throws when a case does not come to its end.
 */
import { readFile } from 'node:fs/promises';
import type { Instant } from '../../src/domain/ids.ts';
import type { TypedRecord } from '../../src/sources/index.ts';
import { until } from '../../src/stack/until.ts';
import { World } from '../../src/world/world.ts';
import { about, nameOf, withWord } from '../chaos/feed.ts';
import { judge } from '../chaos/judge.ts';
import type { Checked } from '../checker/check.ts';
import type { Evidence, Violation } from '../checker/evidence.ts';
import { purchase } from '../engine/support/history.ts';
import { Application, type Sendable, type Servers } from '../support/application.ts';
import type { WorkerProcess } from '../support/worker-process.ts';
import { FIRED } from '../weave/crash.ts';
import { sparing } from '../weave/marks.ts';
import { type Settings, woveBy } from '../weave/settings.ts';
import type { Patch } from '../weave/weave.ts';
import type { Case, Kind } from './cases.ts';
import { evidenceOf, follow } from './evidence.ts';

export interface Result {
  readonly reached: boolean;
  readonly violations: readonly Violation[];
  /** whether each input was in order per customer, so that V8 has something to compare */
  readonly ordered: boolean;
  /** what the checker has compared; null: it did not come to that */
  readonly compared: Checked['compared'] | null;
}

const SHARDS = 2;
const SESSION_MS = 1_000;
/** shorter than the configuration allows, so that it passes soon */
const TRANSACTION_MS = 2_000;
/** share of the history that nobody may take */
const BROKEN = 0.004;
const REACH_SECONDS = 60;
const TAKEOVER_SECONDS = 30;
const DRAIN_SECONDS = 60;
/** stands in comments alone */
const CANARY = 'canarybadgedfacehedgexyzzy';
/** a step's record and its marker */
const STEP_OFFSETS = 2;

/** Many small steps of several chunks and parts. */
const LIMITS: Settings['limits'] = { stepRecords: 80, chunk: 10, journalPart: 16 << 10 };
const SOON: Patch = {
  name: 'transactions that time out soon',
  file: 'src/config/settings.ts',
  find: "setting('RAPPORT_TRANSACTION_TIMEOUT_MS', 'transactionTimeoutMs', integer(5_000,",
  replace: "setting('RAPPORT_TRANSACTION_TIMEOUT_MS', 'transactionTimeoutMs', integer(1_000,",
};
/** So that it is done in mid-stream. */
const HOUSEKEEPING: Patch = {
  name: 'housekeeping at once',
  file: 'src/engine/worker.ts',
  find: 'const HOUSEKEEPING = 5_000;',
  replace: 'const HOUSEKEEPING = 500;',
};

/** What cases share. */
export interface Ground {
  readonly servers: Readonly<Record<Kind, Servers>>;
  /** for what Node keeps of compiled sources, which three processes a case would each compile, and for what readers have read */
  readonly folder: string;
}

export async function runFailpoint(one: Case, { servers: all, folder }: Ground, seed: number): Promise<Result> {
  const servers = all[one.kind];
  const environment = { RAPPORT_SESSION_TIMEOUT_MS: String(SESSION_MS), NODE_COMPILE_CACHE: folder };
  const app = await Application.create({ servers, shards: SHARDS, appendTime: true, environment });
  try {
    return await new Scenario(app, one, folder).run(seed);
  } finally {
    await app.stop();
  }
}

class Scenario {
  readonly #app: Application;
  readonly #case: Case;
  readonly #folder: string;
  readonly #workers: WorkerProcess[] = [];
  readonly #ends: Evidence['ends'][number][] = [];

  constructor(app: Application, one: Case, folder: string) {
    this.#app = app;
    this.#case = one;
    this.#folder = folder;
  }

  async run(seed: number): Promise<Result> {
    const app = this.#app;
    const { during, point, passage, fault } = this.#case;
    // By what an event is called: of other shards half of the time.
    const keyOf = during === 'rerouting' ? ({ record }: TypedRecord): string => record.eventId : undefined;
    const ordered = keyOf === undefined;
    const { items, until: end } = historyOf(this.#case, seed);
    const [follower] = await Promise.all([follow(app, this.#folder), app.feed(items, keyOf)]);
    try {
      if (during === 'takeover' || during === 'rebuild') await this.#predecessor();
      const armed = this.#start({ crash: { point, passage, fault } });
      if (!(await this.#reaches(armed))) return { reached: false, ordered, violations: [], compared: null };
      const firedAt = performance.now();
      const next = this.#start({});
      await this.#afterFault(armed, next, firedAt);
      // What happens now must be taken by whoever holds the shards now.
      const healedAt = performance.now();
      const customers = [...new Set(items.map(({ record }) => record.customerId))];
      const now = Date.now();
      await app.feed(
        customers.map((customer, i) => purchase(`live-${i}`, customer, now)),
        keyOf,
      );
      // One that ends by itself meanwhile is reported with its end; the other must take over from it, too.
      await app.drained(end, DRAIN_SECONDS, [next]);
      const drainedAfterMs = performance.now() - healedAt;
      await this.#stop(this.#goesOn ? [next, armed] : [next]);
      const words = this.#workers.map((worker, i) => ({
        where: `worker ${i}`,
        text: `${worker.stdout}\n${worker.stderr}\n${JSON.stringify(worker.lines())}`,
      }));
      const evidence = await evidenceOf(app, follower, {
        words,
        ends: this.#ends,
        drainedAfterMs,
        samples: [],
        canaries: [CANARY],
        customers,
        orderedUntil: ordered ? end : null,
      });
      return { reached: true, ordered, ...(await judge(app, evidence)) };
    } finally {
      await follower.stop();
    }
  }

  #start(settings: Partial<Settings>): WorkerProcess {
    const limits = this.#case.during === 'cleaning' ? { ...LIMITS, journalLeast: 16 << 10 } : LIMITS;
    const patches = [SOON, sparing(this.#folder), ...(this.#case.during === 'rerouting' ? [HOUSEKEEPING] : [])];
    const environment = { RAPPORT_TRANSACTION_TIMEOUT_MS: String(TRANSACTION_MS), ...woveBy({ limits, patches, ...settings }) };
    const worker = this.#app.start(['run'], environment);
    this.#workers.push(worker);
    return worker;
  }

  /** Leaves every shard in mid-stream, with several steps committed that are not applied; then Redis forgets, if it is to. */
  async #predecessor(): Promise<void> {
    const app = this.#app;
    const worker = this.#start({ crash: { point: 'step-applying', passage: 4, fault: 'hang' } });
    await until('steps that wait to be applied, of every shard', REACH_SECONDS, async () => {
      if (worker.over) return true;
      const ends = await app.admin.ends(app.config.topics.journal);
      const behind = (await app.applied()).map((at, shard) => (at === null ? 0 : (ends[shard]?.end ?? 0) - at.meta.next));
      return behind.every((offsets) => offsets >= 3 * STEP_OFFSETS) ? true : undefined;
    });
    if (worker.over) throw new Error(`the predecessor ended: ${JSON.stringify(await worker.ended)}`);
    await worker.kill();
    if (this.#case.during === 'rebuild') await app.store.removeAll();
  }

  async #reaches(armed: WorkerProcess): Promise<boolean> {
    const fired = (): boolean => armed.lines(FIRED).length > 0;
    await until('the crash point', REACH_SECONDS, async () => (armed.over || fired() ? true : undefined)).catch((error: unknown) => {
      if (!fired()) throw new Error(`the crash point was not reached; ${tailOf(armed)}`, { cause: error });
    });
    return fired();
  }

  /** Whether the armed worker has to outlive its fault. */
  get #goesOn(): boolean {
    const { fault, survives } = this.#case;
    return fault === 'stop' || (fault === 'throw' && survives);
  }

  /** The armed worker is what its fault made of it: gone, or frozen until another one holds its shards and all time-outs have passed, or itself again. */
  async #afterFault(armed: WorkerProcess, next: WorkerProcess, firedAt: number): Promise<void> {
    const { fault, point } = this.#case;
    if (fault === 'throw' && !this.#goesOn) {
      const { code, stderr } = await within(armed.ended, TAKEOVER_SECONDS, `the end of the worker that threw (${tailOf(armed)})`);
      const said = `${stderr} ${JSON.stringify(armed.lines())}`;
      this.#ends.push({ worker: 'the armed worker', code, said, expected: new RegExp(`${FIRED} ${point}`) });
    }
    if (fault === 'kill') await armed.ended;
    if (fault !== 'stop') return;
    await until('another worker to hold the shards of the frozen one', TAKEOVER_SECONDS, async () =>
      next.over || (next.shards.length === SHARDS && performance.now() > firedAt + SESSION_MS + TRANSACTION_MS) ? true : undefined,
    );
    const before = armed.lines().length;
    await armed.thaw();
    // It must have noticed before anything else happens: what it does until then is what a zombie does.
    await until('the frozen worker to notice', 2 * TAKEOVER_SECONDS, async () => {
      armed.signal('SIGCONT');
      const since = armed.lines().slice(before);
      return armed.over || since.some(({ msg }) => /fenced|given away|taken over/.test(msg)) || undefined;
    }).catch(async (cause: unknown) => {
      // Whether it runs, waits or is stopped still, and by what.
      const status = await readFile(`/proc/${armed.pid}/status`, 'utf8').catch(() => 'unknown');
      throw new Error(`the frozen worker did not notice; ${tailOf(armed)}; the system says of it:\n${status}`, { cause });
    });
  }

  /** Politely, so that everything that is committed is applied. None may have ended by itself before. */
  async #stop(workers: readonly WorkerProcess[]): Promise<void> {
    const early = workers.filter(({ over }) => over);
    for (const worker of workers) worker.signal('SIGTERM');
    for (const worker of workers) {
      const { code } = await within(worker.ended, TAKEOVER_SECONDS, `the end of a worker that was asked to stop (${tailOf(worker)})`);
      const asked = !early.includes(worker);
      const name = `worker ${this.#workers.indexOf(worker)}${asked ? ', which was asked to stop,' : ''}`;
      if (!asked || code !== 0) this.#ends.push({ worker: name, code, said: whyOf(worker), expected: null });
    }
  }
}

/** In order within each partition, unless it is keyed by what events are called: then some come twice. It ended an hour ago. */
function historyOf(one: Case, seed: number): { readonly items: Sendable[]; readonly until: Instant } {
  const end = (Date.now() - 3_600_000) as Instant;
  // For the cleaner few customers with many events each.
  const size = one.during === 'cleaning' ? { customers: 30, days: 900 } : { customers: 60, days: 365 };
  const duplicates = one.during === 'rerouting' ? 0.01 : 0;
  const world = new World({ ...size, seed, until: end, late: 0, duplicates, broken: BROKEN });
  return { items: [...world.history()].map((item) => withWord(about(nameOf(item), item), CANARY)), until: end };
}

const tailOf = (worker: WorkerProcess): string => `${worker.stderr} ${JSON.stringify(worker.lines().slice(-8))}`;

/** Why it ended: its last log lines, and an error without its stack. */
const whyOf = (worker: WorkerProcess): string =>
  [
    ...worker
      .lines()
      .slice(-2)
      .map((line) => JSON.stringify(line)),
    worker.stderr.split('\n', 1),
  ].join('\n');

async function within<T>(promise: Promise<T>, seconds: number, what: string): Promise<T> {
  let value: { readonly is: T } | undefined;
  void promise.then((is) => {
    value = { is };
  });
  return (await until(what, seconds, async () => value)).is;
}
