// The first command of the README, with the button that kills it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test as base } from '@playwright/test';
import { example, launch } from '../support/site.js';
import { expect, guard } from '../support/test.js';

// A process that may die and come back at the same address, with its file.
class Moderation {
  folder = mkdtempSync(join(tmpdir(), 'flujo-moderation-'));
  port = 0;

  async start(pace) {
    const words = ['serve', '--address', `127.0.0.1:${this.port}`, '--pace', String(pace)];
    this.process = await launch(example('moderation'), words, this.folder);
    this.port = Number(new URL(this.process.address).port);
    return this;
  }

  async end() {
    await this.process.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const test = base.extend({
  moderation: async ({}, use) => {
    const moderation = await new Moderation().start(250);
    await use(moderation);
    await moderation.end();
  },
});

test('posts are moderated live, through a crash, and a reply finishes a run', async ({ moderation, browser }) => {
  test.setTimeout(120_000);
  const context = await browser.newContext({ baseURL: moderation.process.address });
  const wrong = await guard(context, moderation.process.address);
  const page = await context.newPage();
  await page.goto('/');
  // Posts arrive on the page without a reload.
  await expect(page.getByRole('link', { name: 'post-9', exact: true })).toBeVisible();
  page.once('dialog', (dialog) => dialog.accept());
  await page.getByRole('button', { name: 'Crash' }).click();
  await moderation.process.ended;

  await moderation.start(20);
  // The same page goes on by itself, and so does each run.
  const count = (state) => page.locator('#runs').getByRole('link', { name: new RegExp(`^${state} `) });
  await expect(count('paused')).toHaveText(/6$/, { timeout: 60_000 });
  await expect(count('done')).toHaveText(/35$/);
  await expect(count('failed')).toHaveText(/2$/);

  await page.getByRole('link', { name: 'Inbox' }).click();
  const questions = page.locator('.question');
  await expect(questions).toHaveCount(6);
  const first = questions.first();
  const run = await first.getByRole('link').first().innerText();
  await first.getByRole('link').first().click();
  await page.getByRole('radio', { name: 'neutral' }).check();
  await page.getByRole('button', { name: 'Reply', exact: true }).click();
  await expect(page.getByRole('status').locator('.state')).toHaveText('done');
  await expect(page.getByRole('heading', { level: 1 })).toContainText(run);
  await page.getByRole('link', { name: 'Inbox' }).click();
  await expect(questions).toHaveCount(5);
  await context.close();
  expect(wrong).toEqual([]);
});
