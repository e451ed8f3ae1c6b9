import { expect, guard, pageOf, test } from '../support/test.js';
import { Site } from '../support/site.js';

// A server of their own: it is killed.
const lone = test.extend({
  mortal: async ({}, use) => {
    const site = await new Site('empty').start();
    await use(site);
    await site.end();
  },
});

lone('the server is killed and started again while pages are open, and they go on by themselves', async ({ mortal, browser }) => {
  const context = await browser.newContext({ baseURL: mortal.address });
  const wrong = await guard(context, mortal.address);
  const [run, list] = [await context.newPage(), await context.newPage()];
  await mortal.run('count', 'killed', [10]);
  mortal.release('killed', 10);
  await run.goto(pageOf('killed'));
  await list.goto('/?text=killed');
  await expect(run.locator('svg.graph a', { hasText: 'second' })).toHaveClass(/running/);
  await mortal.kill();
  await mortal.start();
  // The run goes on in the new process, and both pages show it without a reload.
  mortal.release('killed', 11);
  await expect(run.locator('svg.graph a', { hasText: 'third' })).toHaveClass(/running/, { timeout: 40_000 });
  mortal.release('killed', 12, 13, 14);
  await expect(run.getByRole('status').locator('.state')).toHaveText('done', { timeout: 40_000 });
  await expect(run.locator('#now pre').first()).toHaveText('15');
  await expect(list.locator('#runs tbody .state')).toHaveText('done', { timeout: 40_000 });
  await context.close();
  expect(wrong).toEqual([]);
});

lone('a question that was open before a crash is answered after it on the same page', async ({ mortal, browser }) => {
  const context = await browser.newContext({ baseURL: mortal.address });
  const page = await context.newPage();
  await mortal.run('questions', 'asked', ['x']);
  await page.goto(pageOf('asked'));
  await expect(page.getByRole('heading', { name: 'Are you sure?' })).toBeVisible();
  const before = await page.locator('.question input[name=csrf]').inputValue();
  await mortal.kill();
  await mortal.start();
  // The forms of the server that died are not those of the new one: the page gets new ones.
  await expect(page.locator('.question input[name=csrf]')).not.toHaveValue(before, { timeout: 40_000 });
  await page.getByRole('radio', { name: 'yes' }).check();
  await page.getByRole('button', { name: 'Reply', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'Who reads it?' })).toBeVisible();
  await context.close();
});
