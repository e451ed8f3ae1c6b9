import { expect, fresh, pageOf, test } from '../support/test.js';

const state = (page) => page.getByRole('status').locator('.state');

test('a run is forked with edited input and another model, and compared', async ({ page, site }) => {
  const id = await site.run('post', fresh('origin'), ['sand', 'beginners']);
  await page.goto(pageOf(id));
  await page.getByRole('radio', { name: 'publish' }).check();
  await page.getByRole('button', { name: 'Reply', exact: true }).click();
  await expect(state(page)).toHaveText('done');

  await page.locator('svg.graph a', { hasText: 'draft' }).click();
  await page.getByRole('link', { name: 'Fork from here' }).first().click();
  await expect(page.getByLabel('From the node')).toHaveValue('post/draft');
  await expect(page.getByLabel('topic')).toHaveValue('sand');
  await page.getByLabel('topic').fill('gravel');
  const other = fresh('fork');
  await page.getByLabel('Id of the new run').fill(other);
  await page.getByLabel('post/draft').fill('large');
  await page.getByRole('button', { name: 'Fork', exact: true }).click();
  await expect(page.getByLabel('post/draft')).toHaveAccessibleDescription(/write the provider and the model/);
  await expect(page.getByLabel('topic')).toHaveValue('gravel');
  await page.getByLabel('post/draft').fill('test:large');
  await page.getByRole('button', { name: 'Fork', exact: true }).click();

  await expect(page.getByRole('heading', { level: 1 })).toHaveText(`Run ${other}`);
  await expect(page.getByText('post/draft asks test:large')).toBeVisible();
  await expect(state(page)).toHaveText('paused');
  await expect(page.locator('.question pre')).toContainText('test:large (gravel)');
  await page.getByRole('radio', { name: 'publish' }).check();
  await page.getByRole('button', { name: 'Reply', exact: true }).click();
  await expect(state(page)).toHaveText('done');

  await page.getByRole('link', { name: 'compare the two' }).click();
  const table = page.getByRole('table');
  await expect(table.getByRole('row', { name: /^post\/gather/ })).toContainText('same');
  const drafted = table.getByRole('row').filter({ has: page.getByRole('rowheader', { name: 'post/draft', exact: true }) });
  await expect(drafted).toContainText('differs');
  await expect(drafted.locator('ins')).toContainText('test:large (gravel)');
  await expect(drafted.locator('del')).toContainText('test:small (sand)');
});

test('a run is cancelled, after a question whether that is meant', async ({ page, site }) => {
  const id = await site.run('questions', fresh('cancel'), ['someone']);
  await page.goto(pageOf(id));
  page.once('dialog', (dialog) => dialog.dismiss());
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(state(page)).toHaveText('paused');
  page.once('dialog', (dialog) => dialog.accept());
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(state(page)).toHaveText('cancelled');
  await expect(page.getByRole('cell', { name: 'cancelled' })).toBeVisible();
});

test('a run that failed is retried', async ({ page, site }) => {
  const id = await site.run('broken', fresh('broken'), ['parcel']);
  await page.goto(pageOf(id));
  await expect(state(page)).toHaveText('failed');
  await expect(page.locator('#now .notice')).toContainText('nobody is at home to take `parcel`');
  await page.getByRole('button', { name: 'Retry' }).click();
  await expect(state(page)).toHaveText('done');
});

test('a run is exported', async ({ page, site }) => {
  const id = await site.run('shout', fresh('export'), ['x', 1]);
  await page.goto(pageOf(id));
  await expect(state(page)).toHaveText('done');
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Export' }).click()]);
  const stream = await file.createReadStream();
  let text = '';
  for await (const part of stream) text += part;
  expect(text).toContain(id);
});

test('runs are filtered by what is in the address, and paged', async ({ page }) => {
  await page.goto('/');
  await page.getByLabel('Pipeline').selectOption('shout');
  await page.getByLabel('Label').fill('tenant=acme');
  await page.getByLabel('Id contains').fill('shout-');
  await page.getByLabel('Order').selectOption('id');
  await page.getByRole('button', { name: 'Filter' }).click();
  await expect(page).toHaveURL(/pipeline=shout&.*label=tenant%3Dacme/);
  const rows = page.locator('#runs tbody tr');
  await expect(rows).toHaveCount(40);
  await page.getByRole('link', { name: 'failed' }).or(page.getByRole('link', { name: 'all 40' })).first().click();
  await expect(rows).toHaveCount(40);

  await page.goto('/?pipeline=shout&text=shout-1&order=id');
  await expect(rows).toHaveCount(20);
  await page.goto('/?pipeline=shout&label=&text=shout-&order=id');
  await expect(rows).toHaveCount(50);
  await expect(rows.first()).toContainText('shout-000');
  await page.getByRole('link', { name: 'Next page' }).click();
  await expect(rows.first()).toContainText('shout-050');
  await page.getByRole('link', { name: 'Next page' }).click();
  await expect(rows.first()).toContainText('shout-100');
  await page.getByRole('link', { name: 'First page' }).click();
  await expect(rows.first()).toContainText('shout-000');
  await page.goBack();
  await expect(rows.first()).toContainText('shout-100');
});

test('the list is live, and many runs are cancelled at once', async ({ page, site }) => {
  const name = fresh('many');
  await page.goto(`/?text=${name}`);
  await expect(page.getByText('No runs are here.')).toBeVisible();
  for (const i of [1, 2, 3]) await site.run('questions', `${name}-${i}`, ['x']);
  const rows = page.locator('#runs tbody tr');
  await expect(rows).toHaveCount(3);
  await expect(rows.locator('.state.paused')).toHaveCount(3);
  await page.getByRole('checkbox', { name: 'Select all runs of this page' }).check();
  await page.getByRole('checkbox', { name: `Select run ${name}-2` }).uncheck();
  page.once('dialog', (dialog) => dialog.accept());
  await page.getByRole('button', { name: 'Cancel selected' }).click();
  await expect(page.getByRole('status')).toHaveText('2 of 2 runs were cancelled.');
  await page.getByRole('link', { name: 'Back to the list' }).click();
  await expect(rows.locator('.state.cancelled')).toHaveCount(2);
  await expect(rows.locator('.state.paused')).toHaveCount(1);
});

test('usage is summed by model and label, and budgets show what is left', async ({ page, site }) => {
  const id = await site.run('post', fresh('usage'), ['ice', 'experts'], { tenant: 'acme' });
  await page.goto(pageOf(id));
  await expect(state(page)).toHaveText('paused');
  await page.goto('/usage');
  await page.getByLabel('By the label').fill('tenant');
  await page.getByRole('button', { name: 'Show' }).click();
  await expect(page.getByRole('group', { name: 'Table by model' })).toContainText('test:small');
  await expect(page.getByRole('group', { name: 'Table by label' })).toContainText('tenant=acme');
  const budget = page.getByRole('group', { name: 'Table of budgets' });
  await expect(budget.getByRole('row', { name: /all runs of this process money/ })).toContainText(/\$20\.00\$1\d\.\d+/);
});
