/** The surroundings that the examples in other languages need, made once and kept in the cache: a virtual environment of Python, the build of Maven. */
import { createHash } from 'node:crypto';
import { cpSync, globSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cached } from '../../src/stack/cache.ts';
import { runTool } from '../../src/stack/tool.ts';

const ROOT = join(import.meta.dirname, '../..');

/** 16 hex digits of what these files say. */
const hashOf = (files: readonly string[]): string => {
  const hash = createHash('sha256');
  for (const file of files) hash.update(`${file}\0`).update(readFileSync(join(ROOT, file)));
  return hash.digest('hex').slice(0, 16);
};

/** Python with what the example's requirements name. */
export async function python(): Promise<string> {
  const requirements = 'examples/python-consumer/requirements.txt';
  const folder = await cached(`examples-python-${hashOf([requirements])}`, async (target) => {
    console.log('making the environment of the Python example (8 MB, once)');
    await runTool(['python3', '-m', 'venv', target]);
    const pip = [join(target, 'bin/python'), '-m', 'pip', 'install', '-q', '--disable-pip-version-check'];
    await runTool([...pip, '-r', join(ROOT, requirements)]);
  });
  return join(folder, 'bin/python');
}

/** The jar of the Java example, its dependencies beside it. */
export async function jar(): Promise<string> {
  const folder = 'examples/java-consumer';
  const sources = globSync(`${folder}/{pom.xml,src/**/*.*}`, { cwd: ROOT }).sort();
  const made = await cached(`examples-java-${hashOf([...sources, 'schemas/out/segment-change.avsc'])}`, async (target) => {
    console.log('building the Java example with Maven (20 MB, once)');
    // Maven writes beside its sources: it is given a copy of them.
    const copy = await mkdtemp(join(tmpdir(), 'rapport-java-'));
    try {
      for (const part of [folder, 'schemas/out']) cpSync(join(ROOT, part), join(copy, part), { recursive: true });
      await runTool(['mvn', '-q', '-B', '-f', join(copy, folder, 'pom.xml'), 'package', `-Doutput=${target}`]);
    } finally {
      await rm(copy, { recursive: true, force: true });
    }
  });
  return join(made, 'java-consumer.jar');
}
