/** What streams between a terminal and a pod, against a server that speaks the subprotocols. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Terminal } from '../../platform/terminal.ts';
import { type FakeStreams, startFakeStreams } from '../support/fake-streams.ts';
import { type LiteOptions, runLite, type Said } from '../support/kubectl-lite.ts';

let server: FakeStreams;
let folder: string;

beforeAll(async () => {
  server = await startFakeStreams();
  folder = await mkdtemp(join(tmpdir(), 'wherry-streams-'));
});
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

const say = (line: readonly string[], more: Partial<LiteOptions> = {}): Promise<Said> =>
  runLite([`--server=${server.url}`, ...line], { folder, ...more });

/** A terminal at which somebody types, or a pipe that holds what is typed. */
function terminal(typed: string, isTerminal: boolean): Terminal & { raw: number } {
  return {
    isTerminal,
    raw: 0,
    async *input() {
      yield Buffer.from(typed);
    },
    makeRaw() {
      this.raw++;
      return () => void this.raw--;
    },
    size: () => ({ width: 80, height: 24 }),
    onResize(listener) {
      listener({ width: 100, height: 30 });
      return () => {};
    },
  };
}

describe('exec', () => {
  it('prints what the command prints, and ends as it ends', async () => {
    const shell = ['exec', 'web', '-c', 'main', '--', 'sh', '-c'];
    expect(await say([...shell, 'echo out; echo err >&2'])).toEqual({
      code: 0,
      out: 'out\n',
      err: 'err\n',
    });
    expect(await say([...shell, 'exit 3'])).toEqual({
      code: 3,
      out: '',
      err: 'command terminated with exit code 3\n',
    });
  });

  it('says which container it took, and finds the pod of a workload', async () => {
    const { out, err } = await say(['exec', 'deploy/web', '--', 'echo', 'hi']);
    expect(out).toBe('hi\n');
    expect(err).toBe('Defaulted container "main" out of: main, side\n');
  });

  it('passes standard input on, and its end', async () => {
    const line = ['exec', '-i', 'web', '-c', 'main', '--', 'wc', '-c'];
    const { out } = await say(line, { terminal: terminal('x'.repeat(200_000), false) });
    expect(out.trim()).toBe('200000');
  });

  it('makes the terminal raw meanwhile, and tells its size', async () => {
    // It ends only when it has read a line, which comes after the sizes.
    const seat = terminal('go\n', true);
    const line = ['exec', '-it', 'web', '-c', 'main', '--', 'head', '-n', '1'];
    const { code } = await say(line, { terminal: seat });
    expect({ code, raw: seat.raw }).toEqual({ code: 0, raw: 0 });
    expect(server.sizes).toEqual(['{"Width":80,"Height":24}', '{"Width":100,"Height":30}']);
  });

  it('tells a refusal in the words of the server', async () => {
    const said = await say(['exec', 'web', '-c', 'side', '--', 'true']);
    expect(said).toEqual({
      code: 1,
      out: '',
      err: 'Error from server (Forbidden): pods "web" is forbidden: no\n',
    });
  });

  it.each([
    [['exec'], 'pod, type/name or --filename must be specified'],
    [['exec', 'web'], 'you must specify at least one command for the container'],
    [['exec', 'web', 'ls'], 'Use exec [POD] -- [COMMAND] instead'],
  ])('%j is refused', async (line, message) => {
    const said = await say(line);
    expect(said.code).toBe(1);
    expect(said.err).toContain(message);
  });
});

describe('attach', () => {
  it('shows what the container prints', async () => {
    const options = { terminal: terminal('echo attached\n', false) };
    const { out, err } = await say(['attach', '-i', 'web', '-c', 'main'], options);
    expect(out).toBe('attached\n');
    expect(err).toContain("If you don't see a command prompt, try pressing enter.");
  });
});

describe('cp', () => {
  it('copies a folder there and back', async () => {
    const there = join(folder, 'there');
    await mkdir(join(folder, 'src', 'deep'), { recursive: true });
    await mkdir(there);
    const long = `${'a'.repeat(120)}.txt`;
    await writeFile(join(folder, 'src', 'one.txt'), 'one');
    await writeFile(join(folder, 'src', 'deep', long), Buffer.from([0, 255, 10, 13]));
    const up = await say(['cp', join(folder, 'src'), `web:${there}/copy`, '-c', 'main']);
    expect(up).toEqual({ code: 0, out: '', err: '' });
    expect(await readFile(join(there, 'copy', 'one.txt'), 'utf8')).toBe('one');
    const back = join(folder, 'back');
    const down = await say(['cp', `default/web:${there}/copy`, back, '-c', 'main']);
    expect(down).toEqual({ code: 0, out: '', err: '' });
    expect(await readFile(join(back, 'one.txt'), 'utf8')).toBe('one');
    expect([...(await readFile(join(back, 'deep', long)))]).toEqual([0, 255, 10, 13]);
    const one = join(folder, 'one-more');
    await say(['cp', `web:${there}/copy/one.txt`, one, '-c', 'main']);
    expect(await readFile(one, 'utf8')).toBe('one');
  });

  it.each([
    [['cp', 'a'], 'source and destination are required'],
    [['cp', 'a', 'b'], 'one of src or dest must be a remote file specification'],
    [['cp', 'x:a', 'y:b'], 'one of src or dest must be a local file specification'],
    [['cp', '/no/such/file', 'web:/tmp'], "/no/such/file doesn't exist in local filesystem"],
  ])('%j is refused', async (line, message) => {
    const said = await say(line);
    expect(said.code).toBe(1);
    expect(said.err).toContain(message);
  });
});

describe('logs', () => {
  const both = (from: string): string => `first of ${from}\nsecond of ${from}\n`;

  it.each([
    [['logs', 'web', '-c', 'main'], both('web/main')],
    [['logs', 'web', 'side'], both('web/side')],
    [['logs', 'web', '--all-containers'], both('web/main') + both('web/side')],
    [
      ['logs', 'web', '-c', 'main', '--prefix'],
      '[pod/web/main] first of web/main\n[pod/web/main] second of web/main\n',
    ],
    [['logs', '-l', 'app=web', '-c', 'main'], both('web/main') + both('web-2/main')],
  ])('%j', async (line, expected) => {
    expect(await say(line)).toMatchObject({ code: 0, out: expected });
  });

  it('says which pod of a workload it took, unless all are asked for', async () => {
    const one = await say(['logs', 'deploy/web', '-c', 'main']);
    expect(one.err).toBe('Found 2 pods, using pod/web\n');
    const all = await say(['logs', 'deploy/web', '-c', 'main', '--all-pods']);
    expect(all.out).toContain('[pod/web-2/main] first of web-2/main');
  });

  it('asks the server for what the flags say', async () => {
    server.logQueries.length = 0;
    await say(['logs', 'web', '-c', 'main', '-p', '--tail=5', '--since=90s', '--timestamps']);
    await say(['logs', '-l', 'app=web', '-c', 'main', '-f', '--limit-bytes=10']);
    expect(server.logQueries.map((query) => query.toString())).toEqual([
      'previous=true&timestamps=true&sinceSeconds=90&tailLines=5&container=main',
      'follow=true&tailLines=10&limitBytes=10&container=main',
      'follow=true&tailLines=10&limitBytes=10&container=main',
    ]);
  });

  it.each([
    [['logs'], 'POD or TYPE/NAME is a required argument for the logs command'],
    [['logs', 'web', '-l', 'a=b'], 'only a selector (-l) or a POD name is allowed'],
    [['logs', 'web', '--since=1s', '--since-time=x'], 'at most one of `sinceTime`'],
    [['logs', 'web', '--tail=-2'], '--tail must be greater than or equal to -1'],
    [['logs', '-f', '-l', 'app=web', '-c', 'main', '--max-log-requests=1'], 'maximum allowed'],
  ])('%j is refused', async (line, message) => {
    const said = await say(line);
    expect(said.code).toBe(1);
    expect(said.err).toContain(message);
  });
});

/** Runs until what it printed matches, then does `then`, then is interrupted. */
async function meanwhile(
  line: readonly string[],
  shown: RegExp,
  then: (match: RegExpExecArray) => Promise<void>,
): Promise<Said> {
  const stop = new AbortController();
  let out = '';
  let started = false;
  return new Promise((resolve, reject) => {
    const running = say(line, {
      signal: stop.signal,
      onOut(text) {
        out += text;
        const match = shown.exec(out);
        if (match === null || started) return;
        started = true;
        then(match)
          .catch(reject)
          .finally(() => stop.abort());
      },
    });
    running.then(resolve, reject);
  });
}

function talk(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    socket.once('data', (data) => {
      resolve(data.toString());
      socket.destroy();
    });
    socket.once('error', reject);
  });
}

describe('port-forward', () => {
  it.each([
    ['web', ':http', 80],
    ['web', ':81', 81],
    ['svc/web', ':8080', 80],
  ])('%s %s reaches port %d of the pod', async (target, port, remote) => {
    const shown = /Forwarding from 127\.0\.0\.1:(\d+) -> (\d+)\n/;
    let answer = '';
    const said = await meanwhile(['port-forward', target, port], shown, async ([, local, to]) => {
      expect(Number(to)).toBe(remote);
      answer = await talk(Number(local), 'hello');
    });
    expect(answer).toBe(`${remote}: HELLO`);
    expect(said.code).toBe(0);
    expect(said.out).toMatch(/Handling connection for \d+/);
  });

  it.each([
    [['port-forward', 'web'], 'TYPE/NAME and list of ports are required for port-forward'],
    [['port-forward', 'web', ':none'], "does not have a named port 'none'"],
    [['port-forward', 'svc/web', ':9'], 'does not have a service port 9'],
  ])('%j is refused', async (line, message) => {
    const said = await say(line);
    expect(said.code).toBe(1);
    expect(said.err).toContain(message);
  });
});

describe('proxy', () => {
  it('passes requests on, but for those that could run commands or come from elsewhere', async () => {
    const shown = /Starting to serve on 127\.0\.0\.1:(\d+)\n/;
    await meanwhile(['proxy', '--port=0'], shown, async ([, port]) => {
      const at = `http://127.0.0.1:${port}/api/v1/namespaces/default/pods/web`;
      expect(((await (await fetch(at)).json()) as { kind: string }).kind).toBe('Pod');
      expect((await fetch(`${at}/exec`)).status).toBe(403);
      const log = await fetch(`${at}/log?container=main`);
      expect(await log.text()).toBe('first of web/main\nsecond of web/main\n');
      expect(
        (await talk(Number(port), 'GET / HTTP/1.1\r\nhost: evil.example\r\n\r\n')).split('\r\n')[0],
      ).toBe('HTTP/1.1 403 Forbidden');
    });
  });
});

describe('top', () => {
  it('shows what nodes and pods use', async () => {
    expect((await say(['top', 'node'])).out).toBe(
      'NAME   CPU(cores)   CPU(%)   MEMORY(bytes)   MEMORY(%)\n' +
        'n1     1500m        37%      2048Mi          25%\n',
    );
    expect((await say(['top', 'pod'])).out).toBe(
      'NAME   CPU(cores)   MEMORY(bytes)\n' +
        'idle   0m           0Mi\n' +
        'web    252m         129Mi\n',
    );
    const containers = await say([
      'top',
      'pod',
      '--containers',
      '--sort-by=memory',
      '--no-headers',
    ]);
    expect(containers.out.split('\n').map((line) => line.split(/ +/).slice(0, 2))).toEqual([
      ['web', 'main'],
      ['web', 'side'],
      ['idle', 'main'],
      [''],
    ]);
  });

  it('says that there is no metrics API where there is none', async () => {
    const said = await say(['top', 'pod', '--sort-by=disk']);
    expect(said).toMatchObject({ code: 1 });
    expect(said.err).toContain('--sort-by accepts only cpu or memory');
  });
});
