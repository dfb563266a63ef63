/**
 * The dashboard in a real browser, on a real server beside a real worker: what it shows is what the API says; no violation of accessibility in any part, theme or width;
 * nothing moves once it is painted; changes come live, and 200 of them a second do not hold it up.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Customer, GroupsAnswer, Page as Listed } from '../../src/http/api.ts';
import { until } from '../../src/stack/until.ts';
import { type Program, program } from '../cli/application.ts';
import { purchase } from '../engine/support/history.ts';
import { Application } from '../support/app.ts';
import { browse, browserPath } from '../support/chromium.ts';
import type { WorkerProcess } from '../support/worker-process.ts';
import { historyOf } from './agreement.ts';

const PAGES = new URL('../../dist/dashboard/', import.meta.url);
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
// What runs in the page is text: this file knows no browser's types.
const VIOLATIONS = `axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html).join(' ')))`;
const SHIFTS = `globalThis.shifted = 0;
new PerformanceObserver((list) => { for (const entry of list.getEntries()) shifted += entry.value; }).observe({ type: 'layout-shift', buffered: true });`;
const PAINTED = `performance.getEntriesByName('first-contentful-paint')[0]?.startTime`;
/** What holds the page up longer than a person would notice: ms of each such task. */
const TASKS = `globalThis.tasks = [];
new PerformanceObserver((list) => { for (const entry of list.getEntries()) tasks.push(entry.duration); }).observe({ type: 'longtask', buffered: true });`;
const BARE = `[...document.querySelectorAll('[role=img]')].filter((chart) => chart.closest('section')?.querySelector('details table') === null).length`;
const TOKEN = 'a-token-of-the-dashboard-test';
const ADMIN_TOKEN = 'an-admin-token-of-the-dashboard-test';
/** each with its name, which is the page's title once it is shown */
const PARTS = [
  ['#/', 'Overview'],
  ['#/customers', 'Customers'],
  ['#/pipeline', 'Pipeline'],
] as const;
const { items, until: end } = historyOf({ customers: 120, days: 300, seed: 5 });

it('is under 60 kB, compressed, all in all', () => {
  const files = readdirSync(PAGES, { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
  const bytes = files.reduce((sum, { parentPath, name }) => sum + gzipSync(readFileSync(join(parentPath, name))).length, 0);
  expect(files.length).toBeGreaterThan(3);
  expect(bytes).toBeLessThan(60_000);
});

const executable = await browserPath();

describe.skipIf(executable === null)('in a browser', () => {
  let app: Application;
  let worker: WorkerProcess;
  let server: Program;
  let folder: string;
  let address = '';
  const ask = async <T>(path: string): Promise<T> =>
    (await (await fetch(`${address}/api/v1/${path}`, { headers: { authorization: `Bearer ${TOKEN}` } })).json()) as T;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rapport-dashboard-'));
    app = await Application.create({ shards: 2 });
    await app.feed(items);
    worker = app.start();
    server = program(['serve', '--json'], {
      ...app.environment,
      RAPPORT_HTTP_PORT: '0',
      RAPPORT_HTTP_DATABASE: join(folder, 'model.sqlite'),
      RAPPORT_HTTP_READ_TOKEN: TOKEN,
      RAPPORT_HTTP_ADMIN_TOKEN: ADMIN_TOKEN,
    });
    address = await until('serve to say where it listens', 30, async () =>
      server.stdout().includes('\n') ? String(JSON.parse(server.stdout()).address) : undefined,
    );
    await app.drained(end, 90, [worker]);
    await until('the read model to know everybody', 60, async () => {
      const { now } = await ask<GroupsAnswer>('groups');
      // A page that is told by /readyz to wait notes an error.
      const { ok } = await fetch(`${address}/readyz`);
      return ok && now.reduce((sum, { customers }) => sum + customers, 0) >= 110 ? true : undefined;
    });
  }, 240_000);
  afterAll(async () => {
    server.process.kill('SIGTERM');
    await server.ended;
    await app.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** A page that has been given its token, with all that went wrong in it. */
  async function opened(context: BrowserContext, hash = `#token=${TOKEN}`): Promise<{ page: Page; faults: string[] }> {
    const page = context.pages()[0] ?? (await context.newPage());
    const faults: string[] = [];
    page.on('console', (message) => void (['error', 'warning'].includes(message.type()) && faults.push(message.text())));
    page.on('pageerror', (error) => void faults.push(error.message));
    await page.goto(`${address}/${hash}`);
    return { page, faults };
  }

  const settled = async (page: Page): Promise<void> => {
    await page.locator('main section').first().waitFor();
    await page.locator('[aria-busy=true]').first().waitFor({ state: 'detached' });
  };

  for (const [width, height] of [
    [1400, 900],
    [390, 844],
  ] as const)
    for (const colours of ['light', 'dark'] as const)
      it(`${width} px wide, ${colours}: no violation of accessibility in any part, nothing wider than the screen, no error`, {
        timeout: 120_000,
      }, async () => {
        const { context, stop } = await browse(executable ?? '', { width, height, colours });
        try {
          const { page, faults } = await opened(context);
          const someone = (await ask<Listed<Customer>>('customers?limit=1')).items[0]?.id ?? '';
          await page.evaluate(AXE);
          for (const [part, name] of [...PARTS, [`#/customers/${encodeURIComponent(someone)}`, someone] as const]) {
            await page.evaluate(`location.hash = ${JSON.stringify(part)}`);
            // What was there before has settled already.
            await until(`the part ${name}`, 10, async () => ((await page.title()) === `${name} · rapport` ? true : undefined));
            await settled(page);
            const violations = await page.evaluate(VIOLATIONS);
            expect(violations, part).toEqual([]);
            expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth'), part).toBeLessThanOrEqual(0);
            if (process.env.RAPPORT_SCREENSHOTS)
              await page.screenshot({
                path: join(process.env.RAPPORT_SCREENSHOTS, `${part.replace(/\W+/g, '-')}-${width}-${colours}.png`),
                fullPage: true,
              });
          }
          expect(await page.evaluate('document.documentElement.dataset.theme')).toBe(colours);
          expect(faults).toEqual([]);
        } finally {
          await stop();
        }
      });

  it('shows what the API says, moves nothing once it is painted, and every chart has its table', async () => {
    const { context, stop } = await browse(executable ?? '', { width: 1400, height: 900, colours: 'light' });
    try {
      await context.addInitScript(SHIFTS);
      const { page } = await opened(context);
      await settled(page);
      const { now } = await ask<GroupsAnswer>('groups');
      const tiles = await page.locator('.tiles strong').allTextContents();
      expect(tiles.map(Number).sort((a, b) => a - b)).toEqual(now.map(({ customers }) => customers).sort((a, b) => a - b));
      await page.locator('.feed li').nth(10).waitFor();
      expect(await page.evaluate('shifted')).toBeLessThan(0.02);
      expect(await page.evaluate(PAINTED)).toBeLessThan(1_000);
      const bare = await page.evaluate(BARE);
      expect(bare).toBe(0);
      expect(await page.locator('[role=img]').count()).toBeGreaterThan(1);
    } finally {
      await stop();
    }
  });

  it('shows a change as it happens, with its reason, and a customer’s story by keyboard alone', { timeout: 90_000 }, async () => {
    const { context, stop } = await browse(executable ?? '', { width: 1400, height: 900, colours: 'light' });
    try {
      const { page } = await opened(context);
      await settled(page);
      await page.locator('.live.on').waitFor();
      await app.feed([purchase('newcomer-1', 'somebody-new', Date.now())]);
      const row = page.locator('.feed li', { hasText: 'somebody-new' });
      await row.waitFor({ timeout: 30_000 });
      expect(await row.textContent()).toMatch(/first seen.*New/);
      await row.locator('a').focus();
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: 'somebody-new' }).first().waitFor();
      await page.locator('.story li').first().waitFor();
      expect(await page.title()).toBe('somebody-new · rapport');
    } finally {
      await stop();
    }
  });

  it('stays smooth while 200 changes come every second', { timeout: 90_000 }, async () => {
    const { context, stop } = await browse(executable ?? '', { width: 1400, height: 900, colours: 'light' });
    try {
      await context.addInitScript(TASKS);
      const { page } = await opened(context);
      await settled(page);
      await page.locator('.live.on').waitFor();
      await page.evaluate('tasks.length = 0');
      const [seconds, perSecond] = [10, 200];
      for (let second = 0; second < seconds; second++) {
        const began = performance.now();
        const at = Date.now();
        await app.feed(Array.from({ length: perSecond }, (_, i) => purchase(`flood-${second}-${i}`, `flood-${second}-${i}`, at)));
        await pause(Math.max(0, 1_000 - (performance.now() - began)));
      }
      await page
        .locator('.feed li', { hasText: `flood-${seconds - 1}-` })
        .first()
        .waitFor();
      const tasks = await page.evaluate<number[]>('tasks');
      expect(Math.max(0, ...tasks)).toBeLessThan(200);
      expect(tasks.reduce((sum, ms) => sum + ms, 0)).toBeLessThan(seconds * 100);
    } finally {
      await stop();
    }
  });

  it('takes an alert on by keyboard alone, where the token may, and shows who has', { timeout: 90_000 }, async () => {
    const { context, stop } = await browse(executable ?? '', { width: 390, height: 844, colours: 'dark' });
    try {
      const { page } = await opened(context);
      await settled(page);
      const alerts = page.getByRole('region', { name: 'Open alerts', exact: true });
      await alerts.getByRole('cell', { name: 'nobody' }).first().waitFor();
      expect(await page.getByRole('button', { name: /^Acknowledge/ }).count()).toBe(0);

      await page.goto(`${address}/#token=${ADMIN_TOKEN}`);
      await page.reload();
      await settled(page);
      const button = page.getByRole('button', { name: /^Acknowledge .* of / }).first();
      await button.waitFor();
      const name = await button.textContent();
      await button.focus();
      await page.keyboard.press('Enter');
      await page.getByRole('status').filter({ hasText: 'Say who you are first.' }).waitFor();
      // where the keyboard is now
      await page.keyboard.type('Anna');
      await button.focus();
      await page.keyboard.press('Enter');
      await page.getByRole('status').filter({ hasText: 'You take on' }).waitFor();
      await alerts.getByRole('cell', { name: /^Anna, / }).waitFor({ timeout: 30_000 });
      if (process.env.RAPPORT_SCREENSHOTS)
        await alerts.screenshot({ path: join(process.env.RAPPORT_SCREENSHOTS, 'alerts-acknowledged.png') });
      expect(await page.getByRole('button', { name: name ?? '' }).count()).toBe(0);
      await page.evaluate(AXE);
      expect(await page.evaluate(VIOLATIONS)).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
    } finally {
      await stop();
    }
  });

  it('asks for a token where none or a wrong one was given, and forgets it with the tab', async () => {
    const { context, stop } = await browse(executable ?? '', { width: 1400, height: 900, colours: 'light' });
    try {
      const { page } = await opened(context, '#token=not-the-right-token');
      await page.getByRole('textbox', { name: 'Token' }).fill(TOKEN);
      await page.getByRole('button', { name: 'Enter' }).click();
      await page.locator('.tiles strong').first().waitFor();
      expect(page.url()).not.toContain(TOKEN);
      const other = await context.newPage();
      await other.goto(address);
      await other.getByRole('textbox', { name: 'Token' }).waitFor();
    } finally {
      await stop();
    }
  });
});
