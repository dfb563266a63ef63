/**
 * The frame of an example: what is wrong with its settings is said with exit code 2, any other end that was not asked for with 1.
 */
import { Misconfigured } from './environment.ts';

export async function program(main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    process.exitCode = error instanceof Misconfigured ? 2 : 1;
    console.error(error instanceof Misconfigured ? error.message : error);
  }
  // What a client may have left open is nothing to wait for.
  process.exit();
}

/** One line of the example's log. It holds ids of changes and alerts, and no customer's. */
export const say = (fields: object): void => console.log(JSON.stringify(fields));
