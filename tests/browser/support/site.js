// Sites: servers that a test starts, kills and starts again.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

const root = new URL('../../../', import.meta.url).pathname;
// An example that `.ci/run browser` has built.
export function example(name) {
  return resolve(root, process.env.CARGO_TARGET_DIR ?? 'target', 'debug/examples', name);
}

// Starts a command, and waits for the first address that it prints.
export function launch(command, args = [], cwd = root) {
  const [program, ...first] = command.split(' ');
  const child = spawn(program, [...first, ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.on('data', (text) => (said = `${said}${text}`.slice(-10_000)));
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const address = new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const found = line.match(/http:\/\/[^\s]+/);
      if (found) resolve(found[0].replace(/\/$/, ''));
    });
    child.once('error', reject);
    ended.then((code) => reject(new Error(`${command} ended with ${code} before it printed an address\n${said}`)));
  });
  const kill = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  // A site that does not start is not left behind.
  return address.then(
    (address) => ({ address, kill, ended }),
    async (error) => {
      await kill();
      throw error;
    },
  );
}

// The site of the tests, with a file of its own. It may die and come back at the same address.
export class Site {
  // `more` are further words for the command: `empty` for a site without the runs that are there otherwise.
  constructor(...more) {
    this.more = more;
    this.folder = mkdtempSync(join(tmpdir(), 'flujo-browser-'));
    this.port = 0;
  }

  async start() {
    const command = process.env.FLUJO_SITE ?? example('browser_site');
    this.process = await launch(command, [join(this.folder, 'runs.db'), String(this.port), ...this.more]);
    this.address = this.process.address;
    this.port = Number(new URL(this.address).port);
    return this;
  }

  async kill() {
    await this.process?.kill();
  }

  async end() {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  // Lets a run of `count` go on from a number.
  release(id, ...numbers) {
    for (const n of numbers) writeFileSync(join(this.folder, `${id}.${n}`), '');
  }

  // Starts a run as a program would, and returns its id.
  async run(pipeline, id, input, labels = {}) {
    const answer = await fetch(`${this.address}/api/v1/runs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ pipeline, id, input, labels }),
    });
    if (!answer.ok) throw new Error(await answer.text());
    return id;
  }
}
