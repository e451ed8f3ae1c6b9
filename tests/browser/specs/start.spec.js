import { expect, fresh, test } from '../support/test.js';

test('a run is started from the form and watched until it asks', async ({ page }) => {
  const id = fresh('post');
  await page.goto('/pipelines');
  await page.getByRole('link', { name: 'post', exact: true }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Pipeline post');

  await page.getByLabel('topic').fill('rain');
  await page.getByRole('radio', { name: 'experts' }).check();
  await page.getByLabel('Id', { exact: true }).fill(id);
  await page.getByLabel('Labels').fill('tenant=acme');
  await page.getByRole('button', { name: 'Start' }).click();

  await expect(page.getByRole('heading', { level: 1 })).toHaveText(`Run ${id}`);
  // Nobody loads the page again: the graph and the state follow the run.
  const gather = page.getByRole('link', { name: /^step gather/ });
  await expect(gather).toHaveClass(/done/);
  await expect(page.locator('svg.graph a', { hasText: 'verdict' })).toHaveClass(/waiting/);
  await expect(page.getByRole('status')).toContainText('It waits for a reply at post/verdict.');
  await expect(page.getByRole('heading', { name: 'Publish this post?' })).toBeVisible();
  // An attempt failed, was waited for, and there was another one.
  const timeline = page.getByRole('region', { name: 'Timeline' });
  await expect(timeline.getByRole('row', { name: /find_pictures step 1 failed/ })).toBeVisible();
  await expect(timeline.getByRole('row', { name: /find_pictures step 2 done/ })).toBeVisible();

  await page.locator('svg.graph a', { hasText: 'draft' }).click();
  const node = page.getByRole('region', { name: 'The selected node' });
  await expect(node.getByText('You write short posts for Experts.').first()).toBeVisible();
  await expect(node.getByText('look_up').first()).toBeVisible();
  await gather.click();
  await expect(node.getByText('gathered facts about rain')).toBeVisible();
});

test('what does not fit the schema is said at its field, and nothing is lost', async ({ page }) => {
  await page.goto('/pipelines/shout');
  const id = fresh('shout');
  await page.getByLabel('Id', { exact: true }).fill(id);
  await page.getByLabel('text').fill('kept');
  await page.getByLabel('times').fill('256');
  await page.getByRole('button', { name: 'Start' }).click();
  await expect(page.getByLabel('times')).toHaveAttribute('aria-invalid', 'true');
  await expect(page.getByLabel('times')).toHaveAccessibleDescription(/this must be at most 255/);
  await expect(page.getByLabel('text')).toHaveValue('kept');
  await page.getByLabel('times').fill('2');
  await page.getByRole('button', { name: 'Start' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(`Run ${id}`);
  await expect(page.getByText('KEPTKEPT')).toBeVisible();
});

test('a run that is slow is followed step by step, over a reload in the middle', async ({ page, site }) => {
  const id = await site.run('count', fresh('count'), [1]);
  const node = (name) => page.locator('svg.graph a', { hasText: name });
  await page.goto(`/runs/${id}`);
  await expect(node('tick')).toHaveClass(/running/);
  await expect(node('second')).toHaveClass(/idle/);
  site.release(id, 1);
  await expect(node('tick')).toHaveClass(/done/);
  await expect(node('second')).toHaveClass(/running/);
  await expect(page.getByRole('status')).toContainText('It runs at count/second.');
  // Who looks at a table or types elsewhere on the page still sees what goes on, and loses nothing.
  const table = page.getByRole('group', { name: 'Table of the timeline' });
  await table.click({ position: { x: 5, y: 5 } });
  await page.getByLabel('Compare with').fill('another');
  await table.focus();
  site.release(id, 2);
  await expect(node('third')).toHaveClass(/running/);
  await expect(table).toBeFocused();
  await expect(page.getByLabel('Compare with')).toHaveValue('another');
  await node('tick').focus();
  site.release(id, 3);
  await expect(node('fourth')).toHaveClass(/running/);
  await expect(node('tick')).toBeFocused();
  await page.reload();
  await expect(node('fourth')).toHaveClass(/running/);
  site.release(id, 4, 5);
  await expect(page.getByRole('status').locator('.state')).toHaveText('done');
  await expect(page.locator('#now pre').first()).toHaveText('6');
});

test('a text is on the page while a model writes it', async ({ page, site }) => {
  const id = fresh('slow');
  await site.run('outbreak', id, [`slowly ${id}`]);
  await page.goto(`/runs/${id}`);
  const writing = page.getByRole('region', { name: 'Texts that are being written' });
  await expect(page.locator('svg.graph a', { hasText: 'repeat_after_me' })).toHaveClass(/running/);
  site.release(id, 0);
  await expect(writing.getByRole('heading')).toHaveText('outbreak/repeat_after_me writes');
  await expect(writing.locator('pre')).toHaveText(/^test:small says: *$/);
  site.release(id, 2);
  await expect(page.getByRole('heading', { name: /go on/ })).toBeVisible();
  await expect(writing.getByRole('heading')).toHaveCount(0);
});
