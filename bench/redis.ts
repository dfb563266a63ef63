/** What Redis says about itself. */
import { redisCommand } from '../src/stack/ask.ts';

/** A number of INFO. Throws when Redis does not know it. */
export async function redisInfo(port: number, field: string): Promise<number> {
  const value = new RegExp(`^${field}:(\\d+)`, 'm').exec(await redisCommand(port, 'INFO'))?.[1];
  if (value === undefined) throw new Error(`Redis has no ${field}`);
  return Number(value);
}
