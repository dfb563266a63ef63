/**
 * Troubles of workers, and of what only they use: killed, frozen past their session and their transaction, told to stop, rolled, scaled, with a wrong clock, without group offsets.
 */

import { until } from '../../src/stack/until.ts';
import type { Random } from '../../src/world/random.ts';
import { woveBy } from '../weave/settings.ts';
import type { Member } from './fleet.ts';
import type { Scene, Trouble } from './scene.ts';

const HOUR = 3_600_000;
const MOST_WORKERS = 3;
const HOLDING_SECONDS = 20;
/** for a worker that starts to come to the registry */
const ASKING_SECONDS = 30;

const workers = (name: string, weight: number, run: Trouble['run']): Trouble => ({ name, areas: ['workers'], weight, run });

/** One of those that live and hold shards; at the beginning nobody does yet. When nobody comes to, the trouble is in vain. */
async function one({ fleet, inVain }: Scene, random: Random): Promise<Member> {
  const which = random.uniform();
  const from = await until('a worker to hold a shard', HOLDING_SECONDS, async () => {
    const holding = fleet.living.filter(({ process }) => process.shards.length > 0);
    return holding.length > 0 ? holding : undefined;
  }).catch(() => {
    inVain('no worker held a shard');
    return fleet.living;
  });
  const found = from[Math.floor(which * from.length)];
  return found ?? fleet.start();
}

/** Picks one. The function lets it go, killed or told to stop, and another come: what the first one held is taken over. It returns the other. */
export async function replacing(scene: Scene, random: Random): Promise<() => Promise<Member>> {
  const how = random.chance(0.5) ? 'kill' : 'end';
  const member = await one(scene, random);
  return async () => {
    await scene.fleet[how](member);
    return scene.fleet.start();
  };
}

export const WORKER_TROUBLES: readonly Trouble[] = [
  workers('worker killed', 6, async (scene, random) => {
    const pause = random.between(0, 3_000);
    await scene.fleet.kill(await one(scene, random));
    await scene.wait(pause);
    scene.fleet.start();
  }),
  workers('worker frozen', 6, async (scene, random) => {
    // Short of the session, past the session, past the transaction too.
    const lasts = random.between(scene.sessionMs * 0.5, scene.transactionMs * 1.6);
    const { process } = await one(scene, random);
    process.signal('SIGSTOP');
    await scene.wait(lasts);
    await process.thaw();
  }),
  workers('worker stopped and started', 2, async (scene, random) => {
    await scene.fleet.end(await one(scene, random));
    scene.fleet.start();
  }),
  workers('rolling restart', 2, async ({ fleet, wait }, random) => {
    for (const member of [...fleet.living]) {
      await fleet.end(member);
      fleet.start();
      await wait(random.between(500, 2_500));
    }
  }),
  workers('scaled 1, 3, 1', 2, async ({ fleet, wait }, random) => {
    const pauses = [random.between(2_000, 6_000), random.between(3_000, 7_000)] as const;
    const count = fleet.living.length;
    await Promise.all(fleet.living.slice(1).map((member) => fleet.end(member)));
    await wait(pauses[0]);
    while (fleet.living.length < MOST_WORKERS) fleet.start();
    await wait(pauses[1]);
    await Promise.all(fleet.living.slice(0, -1).map((member) => fleet.end(member)));
    while (fleet.living.length < count) fleet.start();
  }),
  workers('group offsets deleted', 2, async ({ fleet, app, cluster, inVain, wait }) => {
    const count = Math.max(1, fleet.living.length);
    await Promise.all(fleet.living.map((member) => fleet.end(member)));
    await until('the group to be deleted', 30, async () => {
      await cluster.admin.deleteGroups([app.id]).catch((error: unknown) => {
        if (!JSON.stringify(error).includes('GROUP_ID_NOT_FOUND')) throw error;
        inVain('there was no group');
      });
      return true;
    });
    await wait(0);
    for (let i = 0; i < count; i++) fleet.start();
  }),
  workers('a worker with a wrong clock', 2, async (scene, random) => {
    const ahead = random.chance(0.5) ? HOUR : -HOUR;
    await scene.fleet.kill(await one(scene, random));
    scene.fleet.start(woveBy({ clockShiftMs: ahead }));
  }),
];

export const REGISTRY_TROUBLES: readonly Trouble[] = [
  {
    name: 'registry cut off',
    // It is asked by workers that start.
    areas: ['registry', 'workers'],
    weight: 1,
    run: async (scene, random) => {
      const { link } = scene.cluster.registry;
      const lasts = random.between(500, 6_000);
      const replace = await replacing(scene, random);
      const { accepted } = link;
      if (random.chance(0.5)) link.cut();
      else link.hold();
      try {
        const { process } = await replace();
        await until('somebody to ask the registry', ASKING_SECONDS, async () =>
          link.accepted > accepted || process.lines('waiting for the schema registry').length > 0 ? true : undefined,
        ).catch(() => scene.inVain('nobody asked it'));
        await scene.wait(lasts);
      } finally {
        await link.resume();
      }
    },
  },
];
