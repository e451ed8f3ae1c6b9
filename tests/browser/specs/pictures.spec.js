// The pictures of the book, `docs/book/images`: FLUJO_SCREENSHOTS=overwrite .ci/run browser
import { mkdirSync, statSync } from 'node:fs';
import { expect, test as base } from '@playwright/test';
import { Site } from '../support/site.js';

const folder = new URL('../../../docs/book/images/', import.meta.url).pathname;
// The most bytes of a picture.
const MOST = 150_000;

const test = base.extend({
  site: async ({}, use) => {
    const site = await new Site().start();
    await use(site);
    await site.end();
  },
});

async function picture(page, name, options = {}) {
  const path = `${folder}${name}.png`;
  await page.screenshot({ path, animations: 'disabled', ...options });
  expect(statSync(path).size).toBeLessThan(MOST);
}

test('the pictures of the book', async ({ site, browser }) => {
  test.skip(process.env.FLUJO_SCREENSHOTS !== 'overwrite', 'FLUJO_SCREENSHOTS=overwrite takes pictures');
  mkdirSync(folder, { recursive: true });
  const visit = (colorScheme, width, height) =>
    browser.newPage({ baseURL: site.address, colorScheme, viewport: { width, height }, locale: 'en-US', timezoneId: 'UTC' });
  const page = await visit('light', 1200, 800);

  await site.run('count', 'count-1', [1], { tenant: 'initech' });
  site.release('count-1', 1);
  await page.goto('/?text=o');
  await expect(page.locator('#runs tbody .state.running')).toBeVisible();
  await picture(page, 'console-runs');

  await page.goto('/runs/post-tides');
  await expect(page.locator('svg.graph .waiting')).toBeVisible();
  await picture(page, 'console-run', { fullPage: true, clip: { x: 0, y: 0, width: 1200, height: 1280 } });
  await page.goto('/runs/post-tides?node=post%2Fdraft');
  await page.locator('#node').scrollIntoViewIfNeeded();
  await page.locator('#node').screenshot({ path: `${folder}console-node.png` });
  expect(statSync(`${folder}console-node.png`).size).toBeLessThan(MOST);
  await page.goto('/inbox?pipeline=post');
  await picture(page, 'console-inbox');
  await page.goto('/pipelines/post');
  await picture(page, 'console-pipeline');
  await page.goto('/compare?a=post-tides&b=post-glaciers');
  await picture(page, 'console-compare');
  await page.goto('/usage?label=tenant&pipeline=post');
  await picture(page, 'console-usage');

  const dark = await visit('dark', 1200, 800);
  await dark.goto('/runs/post-tides');
  await picture(dark, 'console-dark');
  const phone = await visit('light', 360, 740);
  await phone.goto('/runs/post-tides');
  await picture(phone, 'console-phone');
});
