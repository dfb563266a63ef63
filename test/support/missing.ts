/** A tool that is missing makes its test skip, with one line that names the cure; on CI, where nobody would read it, it fails. */
import { tryTool } from '../../src/stack/tool.ts';

/**
 * Null where all of its commands end well.
 * @param without what is not tested without it
 */
export async function missing(
  tool: string,
  commands: readonly (readonly string[])[],
  without: string,
  cure: string,
): Promise<string | null> {
  for (const command of commands) {
    if ((await tryTool(command, { seconds: 60 })) !== null) continue;
    const line = `${tool} is not here, so ${without} is not tested: ${cure}`;
    if (process.env.CI) throw new Error(line);
    console.log(line);
    return line;
  }
  return null;
}

/** What builds the programs in Java. */
export const missingMaven = (without: string): Promise<string | null> =>
  missing('Maven with Java 17', [['mvn', '--version']], without, 'install it (Debian, Ubuntu: apt-get install maven)');
