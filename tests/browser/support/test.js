// The tests' `test`: a site for each worker, and a page on which nothing may happen that a page must never do.
import { test as base, expect } from '@playwright/test';
import { Site } from './site.js';

// What the browser finds to be wrong, on every page of a context.
export async function guard(context, address) {
  const wrong = [];
  await context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      console.error(`refused by the policy: ${event.violatedDirective} ${event.sample}`);
    });
  });
  context.on('page', (page) => {
    page.on('pageerror', (error) => wrong.push(`an error of a script: ${error}`));
    page.on('console', (message) => {
      const text = message.text();
      if (text.startsWith('refused by the policy') || text.includes('Content Security Policy')) wrong.push(text);
    });
    page.on('request', (request) => {
      const url = request.url();
      const own = url.startsWith(address) || url.startsWith('data:') || url.startsWith('about:') || url.startsWith('blob:');
      if (!own) wrong.push(`something of somebody else: ${url}`);
    });
  });
  return wrong;
}

export const test = base.extend({
  site: [
    async ({}, use) => {
      const site = await new Site().start();
      await use(site);
      await site.end();
    },
    { scope: 'worker', timeout: 120_000 },
  ],
  baseURL: async ({ site }, use) => use(site.address),
  context: async ({ context, site }, use) => {
    const wrong = await guard(context, site.address);
    await use(context);
    expect(wrong).toEqual([]);
  },
});

let counted = 0;

// An id that no other test has.
export function fresh(name) {
  counted += 1;
  return `${name}-${process.pid}-${counted}`;
}

// The address of the page of a run.
export function pageOf(id) {
  return `/runs/${encodeURIComponent(id)}`;
}

export { expect };
