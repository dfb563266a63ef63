/**
 * Sends the dead letters of a file again, in their order, and writes what still does not get through into FILE.left:
 * `node examples/churn-webhook/redeliver.ts FILE`. Nothing is removed from FILE; ids are the old ones, so what had got through is known to the receiver.
 */
import { Environment } from '../lib/environment.ts';
import { program, say } from '../lib/program.ts';
import { bury, exhume } from './dead-letters.ts';
import { deliverFrom } from './deliver.ts';

await program(async () => {
  const environment = new Environment();
  const deliver = deliverFrom(environment);
  const [, , file] = process.argv;
  if (file === undefined) environment.fault('Name the file: node examples/churn-webhook/redeliver.ts FILE');
  environment.check();
  for (const letter of await exhume(file ?? '')) {
    const { outcome, attempts, why } = await deliver(letter.id, letter.body, new AbortController().signal);
    if (outcome !== 'accepted')
      await bury(`${file}.left`, { ...letter, why, attempts: letter.attempts + attempts, at: new Date().toISOString() });
    say({ id: letter.id, outcome, attempts });
  }
});
