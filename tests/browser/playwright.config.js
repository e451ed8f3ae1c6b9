// What is to be visited and with which browser stands in the environment:
//
//   FLUJO_SITE       the command that starts the site of `tools/server/examples/browser_site`; a file and a port follow it
//   FLUJO_CHROMIUM   the browser
//   FLUJO_SCREENSHOTS=overwrite   writes the pictures of the book
import { defineConfig } from '@playwright/test';

export default defineConfig({
  testDir: 'specs',
  outputDir: '../../target/browser/results',
  timeout: 60_000,
  expect: { timeout: 15_000 },
  workers: 2,
  retries: 0,
  forbidOnly: Boolean(process.env.CI),
  reporter: [['list']],
  use: {
    locale: 'en-US',
    timezoneId: 'UTC',
    viewport: { width: 1280, height: 900 },
    trace: 'retain-on-failure',
    launchOptions: {
      executablePath: process.env.FLUJO_CHROMIUM ?? '/usr/bin/chromium',
      // Nothing is asked of anybody but the site.
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
});
