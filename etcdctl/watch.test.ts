/** watch, by its arguments and line by line, beside etcdctl; and over a server that goes away. */
import { spawn } from 'node:child_process';
import { connect, createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BoundedStream } from '../platform/stream.ts';
import { eventually } from '../test/e2e/harness.ts';
import { runEtcdctl, type Given, type Said } from '../test/support/etcdctl.ts';
import { RawClient } from '../test/conformance/store/raw-client.ts';
import { etcdctl, startOurs } from '../test/conformance/store/servers.ts';
import type { TestServer } from '../test/conformance/store/servers.ts';

let server: TestServer;
let client: RawClient;
beforeAll(async () => {
  server = await startOurs();
  client = new RawClient(server.address);
});
afterAll(async () => {
  client.close();
  await server.stop();
});

/** A command that goes on: what it printed so far, and lines for it. */
interface Running {
  readonly all: () => string;
  readonly type: (line: string) => void;
  /** No more lines; resolves once it has ended. */
  readonly end: () => Promise<void>;
}

function ours(args: readonly string[], given: Given = {}): Running & { said: Promise<Said> } {
  let all = '';
  const lines = new BoundedStream<string>(100);
  const onPrinted = (text: string): void => void (all = text);
  const said = runEtcdctl(args, { lines, onPrinted, ...given });
  const end = async (): Promise<void> => {
    lines.end();
    await said;
  };
  return { all: () => all, type: (line) => void lines.push(line), end, said };
}

function stock(args: readonly string[]): Running {
  let all = '';
  const child = spawn(etcdctl!, args, { env: { ...process.env, ETCDCTL_API: '3' } });
  for (const output of [child.stdout, child.stderr])
    output.setEncoding('utf8').on('data', (text: string) => (all += text));
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const end = (): Promise<void> => {
    child.stdin.end();
    return ended;
  };
  return { all: () => all, type: (line) => void child.stdin.write(`${line}\n`), end };
}

const put = (key: string, value: string): Promise<unknown> => client.call('Put', { key, value });

async function revision(): Promise<number> {
  const { header } = await client.call('Range', { key: 'none' });
  return Number((header as { revision: string }).revision);
}

describe.skipIf(etcdctl === undefined)('watch -i', () => {
  it('obeys its lines as etcdctl does', async () => {
    const args = ['watch', '-i', '--endpoints', server.address];
    const both = [ours(args), stock(args)];
    const say = async (line: string, answer: string): Promise<void> => {
      for (const each of both) each.type(line);
      const isShown = (): boolean => both.every((each) => each.all().endsWith(answer));
      await eventually(answer, () => Promise.resolve(isShown() || undefined));
    };
    const first = (await revision()) + 1;
    await put('i/a', '0');
    await put('i/p/1', 'one');
    await put('i/p/1', 'two words');
    await client.call('DeleteRange', { key: 'i/p/1' });
    await say('', 'Invalid command:  (watch and progress supported)\n');
    await say('get a', 'Invalid command get a (only support watch)\n');
    await say('watch', 'Invalid command watch (command type or key is not provided)\n');
    await say(`watch i/a --rev ${first}`, 'PUT\ni/a\n0\n');
    const changed = 'PUT\ni/p/1\none\ni/p/1\ntwo words\nDELETE\ni/p/1\ntwo words\ni/p/1\n\n';
    await say(`watch "i/p/" --prefix --prev-kv --rev ${first + 2}`, changed);
    await say('progress', `progress notify: ${first + 3}\n`.repeat(2));
    await put('i/a', '');
    await say(`watch i/a "i/b" --rev=${first + 4}`, 'PUT\ni/a\n\n'.repeat(2));
    await client.call('Compact', { revision: first + 2 });
    const compacted = 'etcdserver: mvcc: required revision has been compacted';
    await say('watch i/a --rev 1', `watch was canceled (${compacted})\n`);
    for (const each of both) await each.end();
    const [mine, theirs] = both.map((each) => each.all());
    expect(theirs!.replace(/Error: +Error reading.*\n$/, '')).toBe(mine);
  }, 60_000);

  it('ends with its input, and when it is told to', async () => {
    const { said, end } = ours(['watch', '-i', '--endpoints', server.address]);
    await end();
    expect((await said).error).toBe('error reading watch request line: EOF');
    const termination = new AbortController();
    const given = { terminated: termination.signal, lines: until(termination.signal) };
    const stopped = ours(['watch', '-i', '--endpoints', server.address], given);
    termination.abort();
    expect((await stopped.said).error).toBeUndefined();
  });
});

async function* until(signal: AbortSignal): AsyncGenerator<string> {
  if (!signal.aborted) await new Promise((end) => signal.addEventListener('abort', end));
}

describe('watch', () => {
  it('takes its key from the environment, and refuses two', async () => {
    await put('env/1', 'x');
    const programs = {
      run: () => Promise.resolve({ code: 3, out: '' }),
      files: () => Promise.resolve([]),
    };
    const env = { ETCDCTL_WATCH_KEY: 'env/', ETCDCTL_WATCH_RANGE_END: 'env0' };
    const rev = `--rev=${await revision()}`;
    const at = ['--endpoints', server.address];
    const said = await runEtcdctl(['watch', rev, ...at, '--', 'tell'], { env, programs });
    expect(said.out).toBe('PUT\nenv/1\nx\n');
    const two = await runEtcdctl(['watch', 'a', ...at], { env });
    expect(two.error).toBe('bad number of arguments (found conflicting environment key)');
    expect((await runEtcdctl(['watch', ...at])).error).toBe('bad number of arguments');
    expect((await runEtcdctl(['watch', 'a', ...at, '--'])).error).toContain('but no commands');
  });

  it('goes on where it was when the connection is lost, and repeats nothing', async () => {
    const [host, port] = server.address.split(':');
    const sockets = new Set<Socket>();
    const between = createServer((socket) => {
      const onwards = connect(Number(port), host);
      for (const each of [socket, onwards]) sockets.add(each.on('error', () => {}));
      socket.pipe(onwards).pipe(socket);
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => between.once('listening', resolve));
    const address = `127.0.0.1:${(between.address() as { port: number }).port}`;
    const termination = new AbortController();
    const args = ['watch', 'lost', '--rev', String(await revision()), '--endpoints', address];
    const { all, said } = ours(args, { terminated: termination.signal });
    const shown = (text: string): Promise<true> =>
      eventually(text, () => Promise.resolve(all() === text || undefined));
    await put('lost', '1');
    await shown('PUT\nlost\n1\n');
    for (const socket of sockets) socket.destroy();
    await put('lost', '2');
    await shown('PUT\nlost\n1\nPUT\nlost\n2\n');
    termination.abort();
    expect((await said).error).toBeUndefined();
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => between.close(resolve));
  }, 60_000);
});
