import AxeBuilder from '@axe-core/playwright';
import { expect, fresh, pageOf, test } from '../support/test.js';

// Every kind of page, with runs in every state.
const pages = {
  'the list of runs': '/',
  'a filtered list': '/?state=failed&label=odd&order=changed',
  'a run that waits': '/runs/post-tides',
  'a node with messages': '/runs/post-tides?node=post%2Fdraft',
  'a run that failed': '/runs/broken-1',
  'a run that is done': '/runs/shout-001',
  'a fork': '/runs/shout-001/fork',
  'a comparison': '/compare?a=shout-001&b=shout-002',
  'the inbox': '/inbox?pipeline=post',
  'the pipelines': '/pipelines',
  'a pipeline with a form': '/pipelines/post',
  'the usage': '/usage?label=tenant',
  'a login': '/login?wrong',
  'something that is not there': '/runs/none',
};

// Lets axe look at a page; what it finds is said with the elements.
async function unobjected(page) {
  const found = await new AxeBuilder({ page }).analyze();
  const nodes = (one) => one.nodes.map((node) => `${node.html}\n${node.failureSummary}`).join('\n');
  expect(found.violations.map((one) => `${one.id}: ${one.help}\n${nodes(one)}`)).toEqual([]);
  // It did look, at colours among others.
  expect(found.passes.map((one) => one.id)).toContain('color-contrast');
}

for (const scheme of ['light', 'dark']) {
  test.describe(scheme, () => {
    test.use({ colorScheme: scheme });
    for (const [name, address] of Object.entries(pages)) {
      test(`${name} has no violation that axe finds`, async ({ page }) => {
        await page.goto(address);
        await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
        await unobjected(page);
      });
    }

    test('a form of every kind with errors has no violation that axe finds', async ({ page, site }) => {
      const id = await site.run('questions', fresh('axe'), ['x']);
      await page.goto(pageOf(id));
      await page.getByRole('button', { name: 'Reply', exact: true }).click();
      await expect(page.getByText('choose yes or no')).toBeVisible();
      await unobjected(page);
    });
  });
}

test.describe('a screen of 360 pixels', () => {
  test.use({ viewport: { width: 360, height: 740 }, hasTouch: true });
  for (const [name, address] of Object.entries({ ...pages, 'hostile contents': '/?pipeline=outbreak', 'a hostile run': '/runs/evil-long' })) {
    test(`shows ${name} without scrolling aside`, async ({ page }) => {
      await page.goto(address);
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
      const [wide, screen] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
      expect(wide).toBeLessThanOrEqual(screen);
    });
  }
});

// Presses the tabulator until something has the focus.
async function tabTo(page, target) {
  for (let i = 0; i < 80; i += 1) {
    await page.keyboard.press('Tab');
    if (await target.evaluate((element) => element === document.activeElement)) return;
  }
  throw new Error(`the keyboard does not reach ${target}`);
}

test('a keyboard is enough: a run is started, watched, looked into, answered and cancelled', async ({ page }) => {
  const id = fresh('keys');
  await page.goto('/');
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to the content' })).toBeFocused();
  await tabTo(page, page.getByRole('link', { name: 'Pipelines', exact: true }));
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Pipelines');
  await tabTo(page, page.getByRole('link', { name: 'questions', exact: true }));
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Pipeline questions');
  await tabTo(page, page.getByLabel('name'));
  await page.keyboard.type('somebody');
  await tabTo(page, page.getByLabel('Id', { exact: true }));
  await page.keyboard.press('Control+A');
  await page.keyboard.type(id);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(`Run ${id}`);
  await expect(page.getByRole('heading', { name: 'Are you sure?' })).toBeVisible();

  await tabTo(page, page.getByRole('radio', { name: 'yes' }));
  await page.keyboard.press('Space');
  await tabTo(page, page.getByRole('button', { name: 'Reply', exact: true }));
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Who reads it?' })).toBeVisible();

  await tabTo(page, page.locator('svg.graph a', { hasText: 'sure' }));
  await page.keyboard.press('Enter');
  await expect(page.getByRole('region', { name: 'The selected node' })).toContainText('Replied');

  await tabTo(page, page.getByRole('button', { name: 'Cancel' }));
  page.once('dialog', (dialog) => dialog.accept());
  await page.keyboard.press('Enter');
  await expect(page.getByRole('status').locator('.state')).toHaveText('cancelled');
});
