/** `wherry etcdctl` as a process: how it ends, and what scripts see of that. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { etcdctl, startOurs, type TestServer } from '../conformance/store/servers.ts';
import { run, tool, wherryMain } from './harness.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startOurs();
});
afterAll(() => server.stop());

const ours = (...args: string[]) =>
  run(process.execPath, [wherryMain, 'etcdctl', '--endpoints', server.address, ...args]);

describe.skipIf(etcdctl === undefined)('a command that fails', () => {
  it.each([
    ['for want of a word', ['get']],
    ['for a flag that nobody knows', ['get', 'a', '--far']],
    ['for a word that is no number', ['lease', 'revoke', 'zz']],
    ['for flags that exclude each other', ['get', 'a', '--prefix', '--from-key']],
    ['for a format', ['lease', 'list', '-w', 'table']],
    ['for a format that is none', ['-w', 'x', 'get', 'a']],
    ['for an order', ['get', 'a', '--order', 'x']],
    ['for a revision', ['compaction', 'x']],
    ['for what the server says', ['lease', 'revoke', '77']],
    ['for its input', ['txn']],
  ])('has the exit code of etcdctl: %s', async (_, args) => {
    const input = 'no such comparison\n';
    const given = ['--endpoints', server.address, ...args];
    const stock = await run(etcdctl!, given, { env: { ETCDCTL_API: '3' }, input });
    const mine = await run(process.execPath, [wherryMain, 'etcdctl', ...given], { input });
    expect(stock.code).toBeGreaterThan(0);
    expect(mine.code).toBe(stock.code);
    expect(mine.stderr).toMatch(/^Error: .+\n(See '.+' for usage\.\n)?$/);
  });
});

it('goes on without a user where nobody asks for one', async () => {
  const { stdout, code } = await ours('--user', 'somebody:secret', 'put', 'a', '1');
  expect({ stdout, code }).toEqual({ stdout: 'OK\n', code: 0 });
});

describe.skipIf(tool('script') === undefined)('on a terminal', () => {
  it('reads no further than the line of a password', async () => {
    const command = `'${process.execPath}' '${wherryMain}' etcdctl --endpoints ${server.address}`;
    const args = ['-qec', `${command} user add typist --interactive=false`, '/dev/null'];
    const terminal = spawn('script', args, { stdio: ['pipe', 'pipe', 'inherit'] });
    let shown = '';
    terminal.stdout.setEncoding('utf8').on('data', (text: string) => (shown += text));
    terminal.stdin.write('secret\n');
    const [code] = (await once(terminal, 'close')) as [number];
    terminal.stdin.destroy();
    expect(code).toBe(0);
    expect(shown).toContain('User typist created');
  }, 30_000);

  it('ends with its transaction, though the terminal stays open', async () => {
    const command = `'${process.execPath}' '${wherryMain}' etcdctl --endpoints ${server.address}`;
    const args = ['-qec', `${command} txn --interactive`, '/dev/null'];
    const terminal = spawn('script', args, { stdio: ['pipe', 'pipe', 'inherit'] });
    let shown = '';
    terminal.stdout.setEncoding('utf8').on('data', (text: string) => {
      shown += text;
      if (/requests \(get, put, del\):|compares:/.test(text)) terminal.stdin.write('\n');
    });
    const [code] = (await once(terminal, 'close')) as [number];
    terminal.stdin.destroy();
    expect(code).toBe(0);
    expect(shown).toContain('SUCCESS');
  }, 30_000);
});
