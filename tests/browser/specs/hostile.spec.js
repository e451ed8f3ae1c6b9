import { expect, fresh, pageOf, test } from '../support/test.js';

const EVIL = `</textarea></script><script>window.broken=1</script><img src=x onerror="window.broken=1">\u202egnirts`;

async function unharmed(page) {
  expect(await page.evaluate(() => window.broken)).toBeUndefined();
  expect(await page.locator('main script, main img, main b, main i, main svg[onload], a[href^="javascript:"]').count()).toBe(0);
}

test.beforeEach(async ({ page }) => {
  page.on('dialog', (dialog) => {
    throw new Error(`a script ran: ${dialog.message()}`);
  });
});

test('ids, labels, prompts, outputs, errors and questions are shown as text', async ({ page }) => {
  await page.goto('/?pipeline=outbreak');
  await expect(page.getByRole('link', { name: /<script>window.broken=1<\/script>/ }).first()).toBeVisible();
  await expect(page.locator('.label', { hasText: '<i>name</i>' }).first()).toBeVisible();
  await unharmed(page);
  await page.getByRole('link', { name: /^evil\// }).first().click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Run evil/</textarea>');
  await expect(page.getByRole('heading', { level: 3, name: 'May <i>this</i> go on?' })).toBeVisible();
  await expect(page.locator('.question pre')).toContainText('<img src=x onerror=');
  // Of a sign that no page may hold a picture is shown.
  await expect(page.locator('.question pre')).toContainText('\u2400');
  await unharmed(page);

  await page.locator('svg.graph a', { hasText: 'repeat_after_me' }).click();
  await expect(page.getByRole('region', { name: 'The selected node' })).toContainText('test:small says: </textarea>');
  await unharmed(page);

  await page.getByLabel('Reply').fill(EVIL);
  await page.getByRole('button', { name: 'Reply', exact: true }).click();
  await expect(page.getByRole('status').locator('.state')).toHaveText('failed');
  await expect(page.locator('#now .notice')).toContainText('<script>window.broken=1</script>');
  await unharmed(page);
  for (const address of ['/', '/inbox', '/usage?label=tenant', '/pipelines/outbreak']) {
    await page.goto(address);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await unharmed(page);
  }
});

test('what is sent by forms and addresses is text as well', async ({ page }) => {
  const id = fresh('evil');
  await page.goto('/pipelines/shout');
  await page.getByLabel('text').fill(EVIL);
  await page.getByLabel('times').fill(EVIL);
  await page.getByLabel('Id', { exact: true }).fill(`${id}/${EVIL}`);
  await page.getByLabel('Labels').fill(`<b>=${EVIL}\n${EVIL}`);
  await page.getByRole('button', { name: 'Start' }).click();
  await expect(page.getByLabel('times')).toHaveAttribute('aria-invalid', 'true');
  await unharmed(page);
  await page.getByLabel('times').fill('1');
  await page.getByLabel('Labels').fill(`<b>=${EVIL.slice(0, 60)}`);
  await page.getByRole('button', { name: 'Start' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText(`Run ${id}/</textarea>`);
  await expect(page.getByRole('status').locator('.state')).toHaveText('done');
  await unharmed(page);
  const part = encodeURIComponent(EVIL);
  for (const address of [`/?text=${part}&label=a%3D${part}&from=${part}&state=${part}&after=${part}`, `${pageOf('evil-long')}?node=${part}`, `/compare?a=${part}&b=x`, `/usage?label=${part}&from=${part}`, `/runs/${part}`, `/login?next=${part}`]) {
    await page.goto(address);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await unharmed(page);
  }
});

test('of ten megabytes the beginning is shown, and all of it is a file', async ({ page }) => {
  await page.goto('/runs/evil-long');
  await expect(page.locator('.question pre')).toContainText('</textarea>');
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.locator('.question').getByRole('link', { name: 'Download the whole text' }).click(),
  ]);
  expect(file.suggestedFilename()).toBe('text.txt');
  let size = 0;
  for await (const part of await file.createReadStream()) size += part.length;
  expect(size).toBeGreaterThan(10_000_000);
  await page.goto('/runs/evil-long?node=outbreak%2Frepeat_after_me');
  await expect(page.getByRole('region', { name: 'The selected node' })).toContainText('The first 65536 of');
  const weight = await page.evaluate(() => document.documentElement.outerHTML.length);
  expect(weight).toBeLessThan(2_000_000);
  await unharmed(page);
});

test('a form of somebody else is refused, and the page says what to do', async ({ page, site }) => {
  const id = await site.run('questions', fresh('forged'), ['x']);
  await page.goto(pageOf(id));
  await page.locator('.question input[name=csrf]').evaluate((input) => (input.value = '0000'));
  await page.getByRole('radio', { name: 'yes' }).check();
  await page.getByRole('button', { name: 'Reply', exact: true }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Forbidden');
  await expect(page.getByRole('alert')).toContainText('load the page again');
  await page.goto(pageOf(id));
  await expect(page.getByRole('heading', { name: 'Are you sure?' })).toBeVisible();
});
