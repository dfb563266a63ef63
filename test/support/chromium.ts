/** A real browser for tests of the dashboard: Debian's Chromium, fetched on CI where it is missing; elsewhere its tests are skipped with one line that says the cure. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium } from 'playwright-core';
import { installPackages } from '../../src/stack/requirements.ts';

const PATHS = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];
const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run'];

/** The browser's path; null where there is none and nobody insists. On CI it is installed, or this throws. */
export async function browserPath(): Promise<string | null> {
  const found = () => PATHS.find((path) => existsSync(path)) ?? null;
  if (found() !== null) return found();
  if (process.env.CI) {
    await installPackages(['chromium'], console.log);
    if (found() !== null) return found();
    throw new Error('Chromium could not be installed');
  }
  console.log('Chromium is not here, so the dashboard is not tested in a browser: apt-get install chromium');
  return null;
}

/** With a profile of its own, which goes with it. */
export async function browse(
  executablePath: string,
  options: { readonly width: number; readonly height: number; readonly colours: 'light' | 'dark' },
): Promise<{ readonly context: BrowserContext; stop(): Promise<void> }> {
  const profile = await mkdtemp(join(tmpdir(), 'rapport-chromium-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    args: FLAGS,
    viewport: { width: options.width, height: options.height },
    colorScheme: options.colours,
  });
  return {
    context,
    async stop() {
      await context.close();
      await rm(profile, { recursive: true, force: true });
    },
  };
}
