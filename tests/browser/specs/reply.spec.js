import { expect, fresh, guard, pageOf, test } from '../support/test.js';

// Sends the form of the open question.
async function send(page) {
  await page.getByRole('button', { name: 'Reply', exact: true }).click();
}

async function asked(page, question) {
  await expect(page.getByRole('heading', { level: 3, name: question })).toBeVisible();
}

test('every kind of schema has a form, and a wrong reply is refused at its field', async ({ page, site }) => {
  const id = await site.run('questions', fresh('questions'), ['someone']);
  await page.goto(pageOf(id));

  await asked(page, 'Are you sure?');
  await send(page);
  await expect(page.getByText('choose yes or no')).toBeVisible();
  await page.getByRole('radio', { name: 'yes' }).check();
  await send(page);

  await asked(page, 'Who reads it?');
  await send(page);
  await expect(page.getByText('choose one of these')).toBeVisible();
  await page.getByRole('radio', { name: 'children' }).check();
  await send(page);

  await asked(page, 'In which month?');
  await send(page);
  await expect(page.getByText('choose one of these')).toBeVisible();
  await page.getByRole('combobox').selectOption('May');
  await send(page);

  await asked(page, 'How many percent?');
  const reply = page.getByLabel('Reply');
  for (const [wrong, message] of [
    ['', 'write a whole number'],
    ['1.5', 'this is not a whole number'],
    ['-1', 'this must be at least 0'],
    ['256', 'this must be at most 255'],
  ]) {
    await reply.fill(wrong);
    await send(page);
    await expect(reply).toHaveAccessibleDescription(new RegExp(message));
    await expect(reply).toHaveValue(wrong);
  }
  await reply.fill('77');
  await send(page);

  await asked(page, 'Which ratio?');
  await reply.fill('much');
  await send(page);
  await expect(reply).toHaveAccessibleDescription(/this is not a number/);
  await reply.fill('0.25');
  await send(page);

  await asked(page, 'Any remark?');
  await page.getByRole('checkbox').check();
  await page.getByLabel('value').fill('two\nlines');
  await send(page);

  await asked(page, 'Which words?');
  for (const word of ['one', 'two', 'three']) {
    await page.getByRole('button', { name: 'Add an item' }).click();
    const items = page.locator('.item textarea');
    await expect(items.last()).toHaveValue('');
    await items.last().fill(word);
  }
  await page.getByRole('button', { name: 'Remove item 2' }).click();
  await expect(page.locator('.item textarea')).toHaveCount(2);
  await send(page);

  await asked(page, 'Who is it?');
  await page.getByLabel('name').fill('A');
  await page.getByLabel('street').fill('Main Street 1');
  await page.getByLabel('code').fill('12');
  await send(page);
  await expect(page.getByLabel('name')).toHaveAccessibleDescription(/As on the passport.*write at least 2 characters/s);
  await expect(page.getByLabel('code')).toHaveAccessibleDescription(/this must be at least 1000/);
  await page.getByLabel('name').fill('Ada');
  await page.getByLabel('code').fill('1234');
  await page.getByRole('checkbox', { name: /born/ }).check();
  await page.getByRole('combobox').selectOption('July');
  await page.getByRole('button', { name: 'Add an item' }).click();
  await page.locator('.item textarea').fill('poet');
  await send(page);

  await asked(page, 'And the verdict?');
  await page.getByRole('radio', { name: 'reject' }).check();
  await page.getByLabel('reason').fill('no');
  await send(page);
  await expect(page.getByLabel('reason')).toHaveAccessibleDescription(/write at least 3 characters/);
  await page.getByLabel('reason').fill('not now');
  await send(page);

  await expect(page.getByRole('status').locator('.state')).toHaveText('done');
  const output = page.locator('#now pre').first();
  await expect(output).toContainText('true Children May 77 0.25');
  await expect(output).toContainText('Some("two\\nlines") ["one", "three"]');
  await expect(output).toContainText('name: "Ada"');
  await expect(output).toContainText('code: 1234');
  await expect(output).toContainText('born: Some(July), tags: ["poet"]');
  await expect(output).toContainText('Reject { reason: "not now" }');
});

test('what is being typed is not replaced while the run goes on', async ({ page, site }) => {
  const id = await site.run('questions', fresh('typed'), ['someone']);
  await page.goto(pageOf(id));
  await page.getByRole('radio', { name: 'no' }).check();
  // The part is asked for again by an event; the answer must not take the choice away.
  await page.evaluate(() => htmx.trigger('#questions', 'sse:record'));
  await page.waitForResponse((answer) => answer.url().includes('/questions'));
  await expect(page.getByRole('radio', { name: 'no' })).toBeChecked();
});

test('of two browsers that reply to one question one is told that it was answered', async ({ page, site, browser }) => {
  const id = await site.run('questions', fresh('two'), ['someone']);
  const context = await browser.newContext({ baseURL: site.address });
  const wrong = await guard(context, site.address);
  const other = await context.newPage();
  for (const one of [page, other]) {
    await one.goto(pageOf(id));
    await one.getByRole('radio', { name: one === page ? 'yes' : 'no' }).check();
  }
  // Both have the form open. A choice that was made stays until it is sent.
  await send(page);
  await asked(page, 'Who reads it?');
  await send(other);
  await expect(other.getByRole('alert')).toContainText('This question was answered before: your reply was not used.');
  await expect(other.getByRole('alert')).toContainText('true');
  await other.getByRole('link', { name: 'Show the run' }).click();
  await asked(other, 'Who reads it?');
  await context.close();
  expect(wrong).toEqual([]);
});

test('the inbox leads to the form, and a reply finishes the run', async ({ page, site }) => {
  const id = await site.run('post', fresh('inbox'), ['snow', 'beginners']);
  await page.goto('/inbox');
  const question = page.getByRole('article').filter({ has: page.getByRole('link', { name: id }) });
  await expect(question).toContainText('Publish this post?');
  await expect(question).toContainText('nobody had time to read it');
  await question.getByRole('link', { name: 'Reply' }).click();
  await page.getByRole('radio', { name: 'publish' }).check();
  await send(page);
  await expect(page.getByRole('status').locator('.state')).toHaveText('done');
  await expect(page.locator('#now pre').first()).toContainText('snow-1.jpg');
  await page.goto('/inbox');
  await expect(page.getByRole('article').filter({ has: page.getByRole('link', { name: id }) })).toHaveCount(0);
});

test('a question that is asked while the inbox is open appears in it', async ({ page, site }) => {
  await page.goto('/inbox?pipeline=questions');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Inbox');
  const id = await site.run('questions', fresh('live'), ['x']);
  await expect(page.getByRole('article').filter({ has: page.getByRole('link', { name: id }) })).toContainText('Are you sure?');
});
